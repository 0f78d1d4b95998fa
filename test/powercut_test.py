#!/usr/bin/env python3
"""powercut_test - the power goes anywhere in a recorded run of a machine; each disk that may be left opens.

A machine runs in QEMU with its disk behind blklogwrites, which records each write and flush. From
that record disks are made as a power cut may have left them:

  - the writes up to some flush, and not one more
  - the writes up to some flush, and of those after it any: some lost, one torn between two
    sectors, so in effect also reordered

What was said by then is known too: the program numbers its lines, and puts the time on each, so a
line that is said twice must be the same twice, and a line that was seen must not be said anew.
Each disk must pass `phantom check`, open under Linux, and go on with the line after the last one
that was seen by the time of the cut, or before it.

    --images N    how many disks (120)
    --seconds S   how long the machine runs (4)
    --seed N      of what is lost (else chosen, and printed)
    --sabotage    the disk lies: a flush does not keep all writes before it; so this run must fail

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from boot_support import Machine
from phantom_support import PHANTOM, ROOT, wait_for

BUILD = ROOT / os.environ.get("B", "build")  # where a disk that shows a fault is kept
VOLUME_BYTES = 64 << 20
SECTOR = 512
BLOCK = 4096

# The format of the log, as of the Linux kernel's Documentation/device-mapper/log-writes.
LOG_MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8

# Numbered lines with the time; between them, pages change, and two threads have a sum to keep.
PROGRAM = """
class pair { int left = 500; int right = 500; };
var pairs = [];
var junk = [];
boolean broken = false;
void churn() {
    int n = 0;
    while (true) {
        pair p = (pair) pairs[random(200)];
        synchronized (p) { p.left -= 1; p.right += 1; }
        junk[n % 300] = [n, "text \\{n}", [n, n + 1]];
        n++;
        if (n % 200 == 0)
            sleep(1);
    }
}
for (int i = 0; i < 200; i++)
    pairs.add(new pair());
for (int i = 0; i < 300; i++)
    junk.add(null);
spawn(fun () { churn(); });
spawn(fun () { churn(); });
int n = 0;
while (true) {
    for (int i = 0; i < 200; i++) {
        pair p = (pair) pairs[i];
        synchronized (p) { if (p.left + p.right != 1000) println("BROKEN"); }
    }
    n++;
    println("line \\{n} at \\{time()}");
    sleep(3);
}
"""
LINE = re.compile(r"line (\d+) at (\d+)")


class Trouble(Exception):
    """The test has failed, and this is why."""


class Entry:
    """A write or a flush."""

    def __init__(self, offset, data, flush):
        self.offset = offset
        self.data = data
        self.flush = flush


def log_read(path):
    """Entries up to the last whole one, and at which byte of the log each of them was complete."""
    entries, ends = [], []
    with open(path, "rb") as file:
        magic, version, _, sector = struct.unpack("<QQQI", file.read(28))
        if magic != LOG_MAGIC or version != 1 or sector != SECTOR:
            raise Trouble("this is no log of writes")
        size = os.fstat(file.fileno()).st_size
        at = SECTOR
        while at + SECTOR <= size:
            file.seek(at)
            number, count, flags, _ = struct.unpack("<QQQQ", file.read(32))
            if not count and not flags:
                break
            data = b""
            at += SECTOR
            if count and not flags & (DISCARD | MARK):
                file.seek(at)
                data = file.read(count * SECTOR)
                at += count * SECTOR
                if len(data) < count * SECTOR:
                    break
            if flags & DISCARD:
                raise Trouble("blocks were discarded; this test does not know what that leaves")
            entries.append(Entry(number * SECTOR, data, bool(flags & (FLUSH | FUA))))
            ends.append(at)
    return entries, ends


def volume_make(volume, program):
    """A volume with the program in it, which has begun. The lines that were seen, by number."""
    with open(program, "w", encoding="ascii") as file:
        file.write(PROGRAM)
    subprocess.run([PHANTOM, "new", volume, "--size", str(VOLUME_BYTES)], check=True,
                   stderr=subprocess.DEVNULL)
    ended = subprocess.run(["timeout", "-s", "TERM", "0.5", PHANTOM, "run", "--gated", "--quiet",
                            volume, program], capture_output=True, text=True, check=False)
    lines = [LINE.fullmatch(line) for line in ended.stdout.splitlines()]
    if not lines or None in lines:
        raise Trouble(f"it does not begin: {ended}")
    return [(int(match[1]), match[0]) for match in lines]


def run_recorded(folder, volume, seconds):
    """Boot, and record. Lines that were seen, each with the length of the log at that moment."""
    log = os.path.join(folder, "log")
    with open(log, "wb"):
        pass
    seen = []

    def on_line(line):
        match = LINE.fullmatch(line)
        if match:
            seen.append((int(match[1]), line, os.stat(log).st_size))

    machine = Machine(
        "-blockdev", f"driver=file,node-name=file,filename={volume}",
        "-blockdev", "driver=raw,node-name=plain,file=file",
        "-blockdev", f"driver=file,node-name=log,filename={log}",
        "-blockdev", "driver=blklogwrites,node-name=disk,file=plain,log=log,log-sector-size=512",
        "-device", "virtio-blk-pci,drive=disk,disable-legacy=on,request-merging=off,"
        "werror=report,rerror=report", line="gated interval=40", on_line=on_line)
    try:
        if not wait_for(lambda: len(seen) > 10, 60):
            raise Trouble(f"the machine says too little:\n{machine.output}")
        time.sleep(seconds)
    finally:
        machine.kill()
    if machine.output.has("BROKEN"):
        raise Trouble("the program found its data broken")
    return log, seen


class Disk:
    """A disk as a dictionary: what was written, by sector, over the volume as it was before."""

    def __init__(self, base):
        self.base = base
        self.sectors = {}

    def write(self, entry, first=0, last=None):
        """The sectors `first` to `last` of a write."""
        count = len(entry.data) // SECTOR
        for i in range(first, count if last is None else last):
            self.sectors[entry.offset // SECTOR + i] = entry.data[i * SECTOR:(i + 1) * SECTOR]

    def copy(self):
        other = Disk(self.base)
        other.sectors = dict(self.sectors)
        return other

    def save(self, path):
        subprocess.run(["cp", "--sparse=always", self.base, path], check=True)
        with open(path, "r+b") as file:
            numbers = sorted(self.sectors)
            at = 0
            while at < len(numbers):
                end = at + 1
                while end < len(numbers) and numbers[end] == numbers[end - 1] + 1:
                    end += 1
                file.seek(numbers[at] * SECTOR)
                file.write(b"".join(self.sectors[number] for number in numbers[at:end]))
                at = end


def goes_on(path, texts, acknowledged, what):
    """Check a volume, open it, and let it go on until it says something new."""
    checked = subprocess.run([PHANTOM, "check", path], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        raise Trouble(f"{what}: `phantom check` says\n{checked.stdout}{checked.stderr}")
    process = subprocess.Popen([PHANTOM, "run", "--gated", "--quiet", path], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    before = None
    try:
        for line in process.stdout:
            match = LINE.fullmatch(line.rstrip("\n"))
            if not match:
                raise Trouble(f"{what}: it says {line!r}")
            number = int(match[1])
            if before is not None and number != before + 1:
                raise Trouble(f"{what}: after line {before} comes {number}")
            if before is None and number - 1 > acknowledged and number - 1 not in texts:
                raise Trouble(f"{what}: it begins with line {number}, {acknowledged} was seen")
            if number <= acknowledged and line.rstrip("\n") != texts[number]:
                raise Trouble(f"{what}: line {number} was seen as '{texts[number]}', and now as "
                              f"'{line.rstrip()}': the disk is older than what was seen")
            before = number
            if number > acknowledged:
                return
        raise Trouble(f"{what}: it does not go on: {process.stderr.read()}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


class Cutter:
    """Makes disks from a record, and judges them."""

    def __init__(self, folder, base, entries, ends, seen, chance, sabotage):
        self.folder = folder
        self.entries = entries
        self.ends = ends
        self.seen = seen
        self.random = chance
        self.sabotage = sabotage
        self.disk = Disk(base)
        self.flushes = [i for i, entry in enumerate(entries) if entry.flush]
        self.texts = {number: line for number, line, _ in seen}
        self.counts = {"at a flush": 0, "inside": 0, "lost": 0, "torn": 0}

    def acknowledged(self, index):
        """The newest line that was seen when the log had no more than the entries before `index`."""
        length = self.ends[index - 1] if index else 0
        return max((number for number, _, size in self.seen if size <= length), default=0)

    def left_over(self, flush, cut):
        """The disk after a cut before entry `cut`, the last flush before which is `flush`."""
        left = self.disk.copy()
        keep = self.random.choice((0.0, 0.3, 0.5, 0.9, 1.0))
        torn = self.random.randrange(flush + 1, cut) if cut > flush + 1 else None
        for i in range(flush + 1, cut):
            entry = self.entries[i]
            sectors = len(entry.data) // SECTOR
            if i == torn and sectors > 1 and self.random.random() < 0.7:
                at = self.random.randrange(1, sectors)
                whole = self.random.random() < 0.5
                left.write(entry, 0 if whole else at, at if whole else None)
                self.counts["torn"] += 1
            elif self.random.random() < keep:
                left.write(entry)
            else:
                self.counts["lost"] += 1
        return left

    def judge(self, left, acknowledged, what):
        path = os.path.join(self.folder, "image")
        left.save(path)
        try:
            goes_on(path, self.texts, acknowledged, what)
        except Trouble:
            if not self.sabotage:
                kept = os.path.join(tempfile.mkdtemp(prefix="powercut-", dir=BUILD), "disk.phantom")
                shutil.copy(path, kept)
                print(f"the disk is kept as {kept}")
            raise

    def cuts(self, images):
        """Walk through the record; at some flushes, and inside some of the spans between them, cut."""
        spans = list(zip([-1, *self.flushes], [*self.flushes, len(self.entries)]))
        each = max(1, -(-images // len(spans)))
        chosen = set(self.random.sample(range(len(spans)), min(images // each, len(spans))))
        made = 0
        for n, (flush, following) in enumerate(spans):
            if n in chosen:
                for k in range(each):
                    inside = k > 0 or self.random.random() < 0.6
                    cut = self.random.randrange(flush + 1, following + 1) if inside else flush + 1
                    self.counts["inside" if inside else "at a flush"] += 1
                    left = self.left_over(flush, cut)
                    self.judge(left, self.acknowledged(cut), f"image {made}, cut before entry {cut}, "
                               f"the flush before it is {flush}")
                    made += 1
                    if made % 100 == 0:
                        print(f"{made} images", flush=True)
            for entry in self.entries[flush + 1:following]:
                if not self.sabotage or self.random.random() < 0.9:
                    self.disk.write(entry)
        return made


def ordeal(folder, arguments, chance):
    volume = os.path.join(folder, "volume.phantom")
    base = os.path.join(folder, "base.phantom")
    program = os.path.join(folder, "program.ph")
    lines = volume_make(volume, program)
    shutil.copy(volume, base)
    log, seen = run_recorded(folder, volume, arguments.seconds)
    entries, ends = log_read(log)
    flushes = sum(entry.flush for entry in entries)
    print(f"{len(entries)} entries, {flushes} flushes, {len(seen)} lines", flush=True)
    if flushes < 20 or len(seen) < 20:
        raise Trouble("too little happened")
    seen = [(number, line, 0) for number, line in lines] + seen
    cutter = Cutter(folder, base, entries, ends, seen, chance, arguments.sabotage)
    made = cutter.cuts(arguments.images)
    print(f"{made} images: " + ", ".join(f"{n} {what}" for what, n in cutter.counts.items()))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--sabotage", action="store_true")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="phantom-powercut-")
    try:
        made = ordeal(folder, arguments, random.Random(arguments.seed))
    except Trouble as trouble:
        print(f"powercut_test: {trouble} (seed {arguments.seed})\n0 passed, 1 failed")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{made} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
