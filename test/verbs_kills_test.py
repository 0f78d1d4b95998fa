#!/usr/bin/env python3
"""verbs_kills_test - whatever is done to a volume may be cut off, or find the disk full.

As kills_test, with the same options; and between the kills of the program the volume is gone back
in, copied, sent, received, mended, made larger, brought here from an older version, given files, each first cut off
by a kill at a random moment or by a disk that is full at a random size. After that

  - the volume is sound, with its heap, and what was to be made is whole or not there
  - the same, done again, is done
  - the program goes on in it, and its sum is right, in copies too

While the program runs, generations are kept and let go of, and the volume is checked.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

from golden_test import GOLDEN, expand
from kills_test import NAMES, PHANTOM, Bank, Trouble, main

SECONDS_MAX = 120
LIFE_SECONDS = 0.3
OLDER = ("1", "2")
KEPT_MAX = 4
BLOCK = 4096
NOTHING = (0,) * len(NAMES)
LASTED_SECONDS = 0.02  # what is not known yet


class Keeper(Bank):
    """A bank with whose volume everything is done that can be done with one."""

    SIZE = ("--size", "192M")

    def __init__(self, arguments, volume, log):
        super().__init__(arguments, volume, log)
        self.folder = pathlib.Path(volume).parent
        self.lasted = {}  # seconds, by verb
        self.kept = {}    # generation -> what was shown when it was kept, or before; the last are its counters
        self.given = self.folder / "given"
        self.given.write_bytes(b"first")
        self.done = {verb: 0 for verb in (self.keep, self.rewind, self.clone, self.transfer,
                                          self.grow, self.repair, self.migrate, self.put)}

    # ---- a verb that does not come to its end, and one that does ----

    def run_verb(self, *words, size_max=None):
        def limit():
            if size_max is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (size_max, size_max))

        begin = time.monotonic()
        ended = subprocess.run([PHANTOM, *map(str, words)], capture_output=True, text=True,
                               errors="replace", timeout=SECONDS_MAX, check=False, preexec_fn=limit)
        self.lasted[words[0]] = time.monotonic() - begin
        return ended

    def whole(self, *words):
        """Do it, to the end."""
        ended = self.run_verb(*words)
        if ended.returncode != 0:
            raise Trouble(f"phantom {' '.join(map(str, words))}: status {ended.returncode}\n"
                          f"{ended.stdout}{ended.stderr}")
        return ended.stdout + ended.stderr

    def broken_off(self, *words):
        """Do it, but a kill or a full disk comes in between, or is too late."""
        if self.random.random() < 0.3:
            size = pathlib.Path(self.volume).stat().st_size
            ended = self.run_verb(*words, size_max=self.random.randrange(2 * size))
            if ended.returncode not in (0, 1):
                raise Trouble(f"phantom {words[0]} ended with {ended.returncode} on a full disk\n"
                              f"{ended.stderr}")
            return
        with subprocess.Popen([PHANTOM, *map(str, words)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(1.2 * self.random.random() * self.lasted.get(words[0], LASTED_SECONDS))
            self.kills += self.cut(process)

    def sound(self, volume):
        self.whole("check", "--heap", volume)

    def lives(self, volume, shown):
        """The program goes on in a copy: what it shows was shown before or goes on from there, and its sum is right."""
        with subprocess.Popen([PHANTOM, "run", "--gated", volume], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=self.log) as process:
            time.sleep(LIFE_SECONDS)
            output, _ = process.communicate(b"end\n", timeout=SECONDS_MAX)
        copy = Bank(self.arguments, volume, self.log)
        copy.counters, copy.shown = shown[-1], list(shown)
        copy.hear(output)
        if process.returncode != 0 or b"verdict: the sum is right\n" not in output:
            raise Trouble(f"a copy ends badly, status {process.returncode}: {output[-300:]!r}")

    # ---- while the program runs ----

    def linger(self):
        """Something is asked of the running volume, and whoever asks may be killed, too."""
        if not self.installed or self.random.random() < 0.5:
            super().linger()
            return
        words = self.random.choice((("history", self.volume, "pin"), ("stat", self.volume),
                                    ("check", self.volume), ("history", self.volume),
                                    ("put", self.volume, self.given, "box/live"), ("ls", self.volume)))
        with subprocess.Popen([PHANTOM, *words], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            super().linger()
            self.cut(process)

    # ---- what is done between ----

    def keep(self):
        """Keep the present; a generation, and the counters that it has at least."""
        self.broken_off("history", self.volume, "pin")
        said = self.whole("history", self.volume, "pin")
        generation = int(re.search(r"generation (\d+) is kept", said).group(1))
        self.kept[generation] = [NOTHING, *self.shown]
        while len(self.kept) > KEPT_MAX:
            self.drop(min(self.kept))
        return generation

    def drop(self, generation):
        self.broken_off("history", self.volume, "drop", generation)
        if generation in self.listed():
            self.whole("history", self.volume, "drop", generation)
        del self.kept[generation]

    def listed(self):
        return {int(row.split()[0]) for row in self.whole("history", self.volume).splitlines()
                if re.match(r"\s*\d+ ", row)}

    def one_kept(self):
        """A generation that is still kept: when space is short some go."""
        there = self.listed()
        self.kept = {key: value for key, value in self.kept.items() if key in there}
        return self.random.choice(list(self.kept)) if self.kept else self.keep()

    def rewind(self):
        generation = self.one_kept()
        self.broken_off("rewind", self.volume, generation)
        self.sound(self.volume)
        self.whole("rewind", self.volume, generation)
        self.shown = list(self.kept[generation])
        self.counters = self.shown[-1]

    def made(self, path, *words):
        """What makes a volume leaves a whole one or none."""
        self.broken_off(*words)
        if path.exists():
            self.sound(path)
            path.unlink()
        self.whole(*words)
        self.sound(path)

    def clone(self):
        generation, copy = self.one_kept(), self.folder / "clone.phantom"
        self.made(copy, "clone", self.volume, generation, copy)
        self.lives(copy, self.kept[generation])
        copy.unlink()

    def transfer(self):
        """Send the volume, and then what has changed; both are received, in the end."""
        copy, stream = self.folder / "received.phantom", self.folder / "stream"
        first = self.keep()
        self.send(stream, "--to", first)
        self.made(copy, "receive", copy, stream)
        stream.unlink()
        self.kill_once()
        second = self.keep()
        if first in self.listed():
            self.send(stream, "--from", first, "--to", second)
            self.broken_off("receive", copy, stream)
            self.sound(copy)
            self.receive_again(copy, stream, second)
            self.lives(copy, self.kept[second])
            stream.unlink()
        copy.unlink()

    def receive_again(self, copy, stream, generation):
        """It may have been received before it could be cut off."""
        ended = self.run_verb("receive", copy, stream)
        if ended.returncode != 0 and f"it holds generation {generation};" not in ended.stderr:
            raise Trouble(f"phantom receive: status {ended.returncode}\n{ended.stderr}")

    def send(self, stream, *words):
        """Who is cut off leaves nothing, or all of it, which shows when it is received."""
        self.broken_off("send", self.volume, "--output", stream, *words)
        if not stream.exists():
            self.whole("send", self.volume, "--output", stream, *words)

    def grow(self):
        size = pathlib.Path(self.volume).stat().st_size + (1 << 20)
        self.broken_off("grow", self.volume, "--size", size)
        self.sound(self.volume)
        if pathlib.Path(self.volume).stat().st_size < size:
            self.whole("grow", self.volume, "--size", size)

    def flip(self, path):
        """One bit, somewhere where something is or was."""
        with open(path, "r+b") as file:
            block = b""
            while not any(block):
                file.seek(self.random.randrange(path.stat().st_size // BLOCK) * BLOCK)
                block = file.read(BLOCK)
            at = file.tell() - BLOCK + self.random.randrange(BLOCK)
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << self.random.randrange(8)]))

    def repair(self):
        """Bits of a copy are flipped until it is damaged. It is mended, if a generation is whole."""
        copy = self.folder / "damaged.phantom"
        shutil.copyfile(self.volume, copy)
        while self.run_verb("check", copy).returncode == 0:
            self.flip(copy)
        self.broken_off("check", "--repair", "--yes", copy)
        ended = self.run_verb("check", "--repair", "--yes", copy)
        if ended.returncode == 0 or "the newest generation is sound" in ended.stderr:
            self.lives(copy, [NOTHING])
        elif not any(words in ended.stderr for words in ("and so are all older ones", "there is none to go back to",
                                                         "making it was cut off")):
            raise Trouble(f"repair: status {ended.returncode}\n{ended.stdout}{ended.stderr}")
        copy.unlink()

    def migrate(self):
        older = self.folder / "older.phantom"
        expand(GOLDEN / f"{self.random.choice(OLDER)}.xz", older)
        for _ in range(3):
            self.broken_off("migrate", older)
        self.whole("migrate", older)
        self.sound(older)
        self.lives(older, [NOTHING])
        older.unlink()

    def read(self, path):
        """The bytes of a file in the volume; None: there is none."""
        target = self.folder / "taken"
        target.unlink(missing_ok=True)
        ended = self.run_verb("get", self.volume, path, target)
        if ended.returncode != 0 and "there is no " not in ended.stderr:
            raise Trouble(f"phantom get {path}: status {ended.returncode}\n{ended.stderr}")
        return target.read_bytes() if ended.returncode == 0 else None

    def one_of(self, path, *allowed):
        content = self.read(path)
        if content not in allowed:
            raise Trouble(f"{path} is {content and len(content)} bytes, and none of what was put")

    def put(self):
        """A file is put, replaced, and taken away; it is all there or as before."""
        before = self.read("box/file")
        after = self.random.randbytes(self.random.randrange(2 << 20))
        self.given.write_bytes(after)
        self.broken_off("put", self.volume, self.given, "box/file")
        self.one_of("box/file", before, after)
        self.whole("put", self.volume, self.given, "box/file")
        self.kill_once()
        self.one_of("box/file", after)
        if self.random.random() < 0.3:
            self.broken_off("rm", "-r", self.volume, "box")
            self.one_of("box/file", None, after)

    def choose(self):
        """Something, and rather what was done least."""
        if self.random.random() < 0.5:
            return min(self.done, key=self.done.get)
        return self.random.choice(list(self.done))

    def ordeal(self):
        while not self.installed:
            self.kill_once()
        while self.kills < self.arguments.kills or min(self.done.values()) == 0:
            self.kill_once()
            verb = self.choose()
            verb()
            self.done[verb] += 1
            self.sound(self.volume)
            self.idle_kills = 0  # the kills of verbs count as well
        self.end()
        self.sound(self.volume)
        self.say(f"{self.kills} kills, " + ", ".join(
            f"{count} {verb.__name__}" for verb, count in self.done.items()))


if __name__ == "__main__":
    sys.exit(main(Keeper, "verbs_kills_test"))
