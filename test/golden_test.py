#!/usr/bin/env python3
"""golden_test - volumes that earlier builds have left go on in this one.

Each file of test/golden is a volume whose process was killed while examples/bank.ph was in the
middle of everything: threads, locks, sleeps, recursion, exceptions. This build must find it
sound, resume it, and bring the program to a good end: its sum is right, and so is the volume.

    --make NAME   leave another one, test/golden/NAME.xz, by the build at hand

SPDX-License-Identifier: LGPL-2.1-or-later
"""

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


def make(name):
    with tempfile.TemporaryDirectory(prefix="phantom-golden-") as folder:
        volume = pathlib.Path(folder) / "volume.phantom"
        subprocess.run([PHANTOM, "new", volume, "--size", SIZE], check=True)
        process = subprocess.Popen([PHANTOM, "run", "--gated", volume, PROGRAM, "0"], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        reports(process, REPORTS)
        time.sleep(0.1)
        kill(process)
        process.stdout.close()
        GOLDEN.mkdir(exist_ok=True)
        with open(volume, "rb") as source, lzma.open(GOLDEN / f"{name}.xz", "wb", preset=9) as target:
            shutil.copyfileobj(source, target)
    print(f"{GOLDEN / name}.xz: {(GOLDEN / f'{name}.xz').stat().st_size} bytes")


class Golden(VolumeTest):
    def goes_on(self, packed):
        expand(packed, self.volume)
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

    def assert_sound(self):
        ended = phantom("check", "--heap", self.volume)
        self.assertEqual(ended.status, 0, ended)

    def test_each_goes_on(self):
        packed = sorted(GOLDEN.glob("*.xz"))
        self.assertTrue(packed, "there are none")
        for path in packed:
            with self.subTest(path.name):
                self.goes_on(path)

    def test_there_is_one_of_this_version(self):
        text = (ROOT / "core/format/volume.h").read_text()
        version = re.search(r"#define SUPER_VERSION\s+(\d+)", text).group(1)
        self.assertIn(f"{version}.xz", [path.name for path in GOLDEN.glob("*.xz")])


if __name__ == "__main__":
    if "--make" in sys.argv:
        make(sys.argv[sys.argv.index("--make") + 1])
    else:
        unittest.main()
