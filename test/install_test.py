#!/usr/bin/env python3
"""install_test - a kill while a program is put into a volume leaves all of it, running, or nothing.

A program of many classes is installed with a snapshot every millisecond, and killed at moments
spread over all of the time that takes. Then the volume either lists no program, and the same
command works, or lists one that runs and goes on.

    --kills N    how many (60)

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

from phantom_support import phantom, start

CLASSES = 400
SPREAD = 14  # times what it takes until it runs: its commit takes longer; most kills come early
WORDS = ["run", "--interval", "1", "--quiet"]


class Trouble(Exception):
    """The test has failed, and this is why."""


def program(folder):
    """A module that takes a while to install; then it says so, and sleeps."""
    source = os.path.join(folder, "many.ph")
    module = os.path.join(folder, "many.phm")
    with open(source, "w", encoding="ascii") as file:
        for i in range(CLASSES):
            file.write(f"class c{i} {{ int a; int f(int x) {{ return x + a + {i}; }}\n"
                       f" string g(string s) {{ return s + \"text {i}\"; }} }}\n")
        file.write('println("up");\nsleep(3600000L);\n')
    ended = phantom("compile", "--output", module, source)
    if ended.status != 0:
        raise Trouble(ended)
    return module


class Ordeal:
    def __init__(self, folder, volume):
        self.volume = volume
        self.module = program(folder)
        self.full = 0
        self.empty = 0

    def life(self, words, seconds=None):
        """Run until `seconds` have passed, or until it says `up`; then kill. True if it said so."""
        process = start(*WORDS, self.volume, *words, stderr=subprocess.STDOUT)
        said = False
        try:
            if seconds is None:
                said = process.stdout.readline() == "up\n"
            else:
                time.sleep(seconds)
        finally:
            process.kill()
            rest = process.communicate()[0]
        # What the one before had said, and nobody may have seen, is said again.
        if rest not in ("", "up\n", "up\nup\n"):
            raise Trouble(f"it says {rest!r}")
        return said or rest != ""

    def programs(self):
        ended = phantom("app", self.volume, "list")
        if ended.status != 0:
            raise Trouble(ended)
        return [line.split() for line in ended.out.splitlines()
                if line.split() and line.split()[0].isdigit()]

    def remove(self):
        for row in self.programs():
            ended = phantom("app", self.volume, "remove", row[0])
            if ended.status != 0:
                raise Trouble(ended)

    def kill_once(self, seconds):
        self.life([self.module], seconds)
        rows = self.programs()
        if not rows:
            self.empty += 1
            if not self.life([self.module]):
                raise Trouble("after a kill that left nothing it cannot be installed")
            self.remove()
            return
        if len(rows) != 1 or "running" not in rows[0]:
            raise Trouble(f"killed after {seconds:.4f} s, it left behind {rows}")
        self.full += 1
        self.remove()

    def run(self, kills):
        began = time.monotonic()
        if not self.life([self.module]):
            raise Trouble("it does not start")
        whole = time.monotonic() - began
        self.remove()
        for i in range(kills):
            self.kill_once(SPREAD * whole * ((i + random.random()) / kills) ** 2)
        ended = phantom("check", self.volume)
        if ended.status != 0:
            raise Trouble(ended)
        print(f"{kills} kills in the first {1000 * SPREAD * whole:.0f} ms: {self.empty} left nothing, "
              f"{self.full} left it running")
        if self.empty == 0 or self.full == 0:
            raise Trouble("the moments were badly chosen")


def main():
    parser = argparse.ArgumentParser(description="Kill a program while it is installed.")
    parser.add_argument("--kills", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phantom-install-") as folder:
        volume = os.path.join(folder, "volume.phantom")
        try:
            ended = phantom("new", volume, "--size", "1G")
            if ended.status != 0:
                raise Trouble(ended)
            Ordeal(folder, volume).run(arguments.kills)
        except Trouble as trouble:
            print(f"install_test: {trouble}")
            print("0 passed, 1 failed")
            return 1
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
