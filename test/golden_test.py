#!/usr/bin/env python3
"""golden_test - volumes that earlier builds have left go on in this one.

Each file of test/golden is a volume whose process was killed while examples/bank.ph was in the
middle of everything: threads, locks, sleeps, recursion, exceptions. Its name is the version of the
format. One of an older version is refused, and brought here by migrate. Then this build must find it
sound, resume it, and bring the program to a good end: its sum is right, and so is the volume.

    --make NAME [REPORTS]   leave another one, test/golden/NAME.xz, after so many lines of the
                            program, by the build at hand (PHANTOM): test/golden/README.md

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import lzma
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from kills_test import PROGRAM, REPORT
from phantom_support import PHANTOM, ROOT, VolumeTest, kill, phantom

GOLDEN = ROOT / "test" / "golden"
SIZE = "16M"
REPORTS = 3
BLOCK = 4096
KILLS = 12
KILL_STEP_S = 0.002


def expand(packed, path):
    """Unpack a volume as a sparse file."""
    with lzma.open(packed) as source, open(path, "wb") as target:
        while block := source.read(4096):
            if block.strip(b"\0"):
                target.write(block)
            else:
                target.seek(len(block), 1)
        target.truncate()


def reports(process, count):
    """Read until so many reports have come; every line before."""
    lines = []
    while sum(REPORT.fullmatch(line) is not None for line in lines) < count:
        line = process.stdout.readline()
        if not line:
            raise AssertionError(f"it ended: {lines}")
        lines.append(line.rstrip("\n"))
    return lines


def make(name, count):
    with tempfile.TemporaryDirectory(prefix="phantom-golden-") as folder:
        volume = pathlib.Path(folder) / "volume.phantom"
        subprocess.run([PHANTOM, "new", volume, "--size", SIZE], check=True)
        process = subprocess.Popen([PHANTOM, "run", "--gated", volume, PROGRAM, "0"], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        reports(process, count)
        time.sleep(0.1)
        kill(process)
        process.stdout.close()
        GOLDEN.mkdir(exist_ok=True)
        with open(volume, "rb") as source, lzma.open(GOLDEN / f"{name}.xz", "wb", preset=9) as target:
            shutil.copyfileobj(source, target)
    print(f"{GOLDEN / name}.xz: {(GOLDEN / f'{name}.xz').stat().st_size} bytes")


def this_version():
    text = (ROOT / "core/format/volume.h").read_text()
    return int(re.search(r"#define SUPER_VERSION\s+(\d+)", text).group(1))


class Golden(VolumeTest):
    def goes_on(self, packed):
        expand(packed, self.volume)
        self.comes_here(int(packed.stem))
        self.goes_on_from_here()

    def goes_on_from_here(self):
        self.assert_sound()
        process = self.start("run", self.volume, stdin=subprocess.PIPE)
        lines = reports(process, REPORTS)
        out, err = process.communicate("end\n", timeout=60)
        lines += out.splitlines()
        self.assertEqual(process.returncode, 0, lines)
        self.assertEqual(lines[-1], "verdict: the sum is right")
        self.assertRegex(err, r"resumed .* at generation \d+")
        counters = [tuple(map(int, report.groups()))
                    for line in lines if (report := REPORT.fullmatch(line))]
        self.assertEqual(counters, sorted(counters), "a counter went back")
        self.assert_sound()
        self.volume.unlink()

    def comes_here(self, version):
        """Bring a volume to this version: it is refused before, and nothing is to be done after."""
        if version != this_version():
            with self.unchanged():
                for verb in ("run", "check", "ps", "log"):
                    self.assertClear(phantom(verb, self.volume), 1, f"format version {version};",
                                     "'phantom migrate'")
            self.assertClear(self.migrate(), 0, f"was of version {version};")
        with self.unchanged():
            self.assertClear(self.migrate(), 0, f"is of format version {this_version()} already")

    @contextlib.contextmanager
    def unchanged(self):
        before = self.volume.read_bytes()
        yield
        self.assertEqual(self.volume.read_bytes(), before, "it was changed")

    def migrate(self):
        return phantom("migrate", self.volume)

    def assert_sound(self):
        ended = phantom("check", "--heap", self.volume)
        self.assertEqual(ended.status, 0, ended)

    def test_each_goes_on(self):
        packed = sorted(GOLDEN.glob("*.xz"))
        self.assertTrue(packed, "there are none")
        for path in packed:
            with self.subTest(path.name):
                self.goes_on(path)

    def test_there_is_one_of_each_version(self):
        self.assertEqual(sorted(int(path.stem) for path in GOLDEN.glob("*.xz")),
                         list(range(1, this_version() + 1)))

    def older(self):
        return [GOLDEN / f"{version}.xz" for version in range(1, this_version())]

    def test_a_kill_while_one_is_brought_here_costs_nothing(self):
        whole = self.folder / "whole.phantom"
        for packed in self.older():
            expand(packed, whole)
            for i in range(KILLS):
                with self.subTest(packed.name, kill=i):
                    subprocess.run(["cp", "--sparse=always", whole, self.volume], check=True)
                    process = self.start("migrate", self.volume)
                    time.sleep(KILL_STEP_S * i)
                    kill(process)
                    opens = phantom("check", self.volume)
                    if opens.status != 0:
                        self.assertClear(opens, 1, f"format version {packed.stem};")
                    self.assertClear(self.migrate(), 0)
                    self.assert_sound()
            self.goes_on_from_here()

    def test_a_class_library_without_a_tree_of_names_is_told(self):
        path = self.folder / "file"
        path.write_text("x")
        expand(GOLDEN / f"{this_version()}.xz", self.volume)
        for words in (["ls", self.volume], ["put", self.volume, path], ["get", self.volume, "file", "-"],
                      ["rm", self.volume, "file"]):
            with self.subTest(words=words), self.unchanged():
                self.assertClear(phantom(*words), 1, "of an older release, and has no tree of names")

    def test_one_that_runs_is_not_brought_anywhere(self):
        expand(GOLDEN / f"{this_version()}.xz", self.volume)
        process = self.start("run", self.volume, stdin=subprocess.PIPE)
        reports(process, 1)
        self.assertClear(self.migrate(), 1, "has it open")

    def test_one_that_is_damaged_is_refused_unless_that_is_asked_for(self):
        for packed in self.older():
            with self.subTest(packed.name):
                expand(packed, self.volume)
                self.newest_slot_damage()
                with self.unchanged():
                    self.assertClear(self.migrate(), 1, "damaged", "migrate --damaged")
                self.assertClear(phantom("migrate", "--damaged", self.volume), 0,
                                 "going on from generation")
                self.assert_sound()

    def newest_slot_damage(self):
        with open(self.volume, "r+b") as file:
            supers = file.read(8 * BLOCK)
            newest = max(range(0, 8 * BLOCK, 2 * BLOCK),
                         key=lambda at: int.from_bytes(supers[at + 72:at + 80], "little"))
            for at in (newest, newest + BLOCK):
                file.seek(at + 100)
                file.write(b"rot")


if __name__ == "__main__":
    if "--make" in sys.argv:
        name, *count = sys.argv[sys.argv.index("--make") + 1:]
        make(name, int(count[0]) if count else REPORTS)
    else:
        unittest.main()
