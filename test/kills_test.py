#!/usr/bin/env python3
"""kills_test - kill a program with many threads, again and again, and see that it never notices.

Runs examples/bank.ph, gated, in a volume, and kills the process at random moments. What is checked:

  - each restart goes on: the program's own counters, once shown, never go back (lines may be
    shown again, in order), and grow in the end
  - the invariant that the program checks itself (the sum of its accounts) holds each time
  - `phantom check --heap` finds nothing, every few kills and at the end
  - told to end, the program ends with a good verdict and status 0

    --kills N    how many (1000)
    --check N    check after so many kills (50)
    --volume V   keep the volume there
    --seed N     of the moments of the kills (else chosen, and printed)
    --strict     every store that misses the write barrier is a crash
    --sabotage   a thief is among the threads: the program must find out, so this run must fail

The command is $PHANTOM, or build/phantom.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PHANTOM = os.environ.get("PHANTOM", "build/phantom")
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../examples/bank.ph")
REPORT = re.compile(r"so far: moves (\d+) refused (\d+) audits (\d+) ticks (\d+) dives (\d+) lists (\d+)")
NAMES = ("moves", "refused", "audits", "ticks", "dives", "lists")

# So many kills in a row without any progress are too many.
IDLE_KILLS_MAX = 60
END_SECONDS_MAX = 60


class Trouble(Exception):
    """The test has failed, and this is why."""


class Bank:
    """The volume, and what its program has told so far."""

    SIZE = ()

    def __init__(self, arguments, volume, log):
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.volume = volume
        self.log = log
        self.installed = False
        self.kills = 0
        self.refusals = 0
        self.counters = (0,) * len(NAMES)
        self.shown = []  # all counters that were ever shown, in order
        self.idle_kills = 0
        self.began = time.monotonic()

    def say(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def start(self):
        words = [PHANTOM, "run", "--gated"]
        if self.arguments.strict:
            words.append("--strict")
        words.append(self.volume)
        if not self.installed:
            words += [PROGRAM, "0"]
            if self.arguments.sabotage:
                words.append("thief")
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)

    def hear(self, output):
        """What one life has said: whole lines only. It may begin with what was said before, in order."""
        again = None
        for line in output.decode(errors="replace").splitlines(keepends=True):
            if not line.endswith("\n"):
                break
            line = line.rstrip("\n")
            report = REPORT.fullmatch(line)
            if line.startswith(("BROKEN", "verdict: broken")):
                raise Trouble(f"the program says: {line}")
            if report is None:
                if line != "verdict: the sum is right":
                    raise Trouble(f"a line that nobody expects: {line!r}")
                continue
            self.installed = True
            counters = tuple(map(int, report.groups()))
            if again is None and counters in self.shown:
                again = self.shown.index(counters)
            elif again is not None and self.shown[again + 1:again + 2] == [counters]:
                again += 1
            else:
                self.compare(counters)
                again = len(self.shown) - 1

    def compare(self, counters):
        """Shown is committed: no counter may go back."""
        for name, old, new in zip(NAMES, self.counters, counters):
            if new < old:
                raise Trouble(f"{name} went back from {old} to {new}")
        if counters != self.counters:
            self.idle_kills = 0
        self.counters = counters
        self.shown.append(counters)

    def moment(self):
        """How long a life lasts, in seconds."""
        return self.random.choice((0.02, 0.1, 0.3, 0.5)) * self.random.random() + 0.002

    def linger(self):
        """Let a life last; others do other things with the volume meanwhile."""
        time.sleep(self.moment())

    def cut(self, process):
        """Kill it; false if it has ended by itself."""
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def kill_once(self):
        process = self.start()
        output = []
        reader = threading.Thread(target=lambda: output.append(process.stdout.read()))
        reader.start()
        self.linger()
        killed = self.cut(process)
        reader.join()
        process.stdin.close()
        process.stdout.close()
        self.hear(b"".join(output))
        if not killed:
            self.refusals += 1
            if self.installed or self.refusals > 5:
                raise Trouble(f"it ended by itself with status {process.returncode}: {output}")
            self.installed = True  # a kill before its first report had left the program there
            return
        self.kills += 1
        self.idle_kills += 1
        if self.idle_kills > IDLE_KILLS_MAX:
            raise Trouble(f"no progress in {IDLE_KILLS_MAX} kills: {self.counters}")

    def check(self):
        subprocess.run([PHANTOM, "check", "--heap", self.volume], check=True, stdout=subprocess.DEVNULL)

    def end(self):
        """Let it run a while, then ask it to end."""
        process = self.start()
        try:
            time.sleep(1)
            output, _ = process.communicate(b"end\n", timeout=END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Trouble(f"it did not end in {END_SECONDS_MAX} s") from None
        self.hear(output)
        if process.returncode != 0 or b"verdict: the sum is right\n" not in output:
            raise Trouble(f"a bad end, status {process.returncode}: {output[-300:]!r}")

    def tell(self):
        self.say(f"{self.kills} kills, " + ", ".join(
            f"{count} {name}" for name, count in zip(NAMES, self.counters)))

    def ordeal(self):
        while self.kills < self.arguments.kills:
            self.kill_once()
            if self.kills % self.arguments.check == 0:
                self.check()
                self.tell()
        self.end()
        self.check()
        self.tell()
        if min(self.counters) == 0:
            raise Trouble(f"something never happened: {dict(zip(NAMES, self.counters))}")


def run(arguments, kind, name):
    """The whole ordeal of one kind of bank. Returns an exit status."""
    folder = tempfile.mkdtemp(prefix="phantom-kills-")
    volume = arguments.volume or os.path.join(folder, "bank.phantom")
    try:
        with open(os.path.join(folder, "log"), "w+b") as log:
            if not os.path.exists(volume):
                subprocess.run([PHANTOM, "new", volume, *kind.SIZE], check=True,
                               stdout=subprocess.DEVNULL, stderr=log)
            bank = kind(arguments, volume, log)
            bank.say(f"{arguments.kills} kills, seed {arguments.seed}")
            try:
                bank.ordeal()
            except (Trouble, subprocess.CalledProcessError) as trouble:
                log.seek(0)
                for line in log.read().decode(errors="replace").splitlines()[-20:]:
                    print(f"    | {line}")
                print(f"{name}: {trouble} (after {bank.kills} kills, seed {arguments.seed})")
                print("0 passed, 1 failed")
                return 1
        print("1 passed, 0 failed")
        return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(kind=Bank, name="kills_test"):
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--check", type=int, default=50)
    parser.add_argument("--volume")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--sabotage", action="store_true")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1 << 32)
    return run(arguments, kind, name)


if __name__ == "__main__":
    sys.exit(main())
