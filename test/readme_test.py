#!/usr/bin/env python3
"""readme_test.py - the session in README.md is what really happens.

The program is taken from the page and run as the page does it. Every line that the page shows must
come, in that order, if numbers may differ.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re
import signal
import subprocess
import unittest

from phantom_support import PHANTOM, ROOT, VolumeTest, kill, phantom

SEEN = re.compile(r"seen (\d+) times")
FIGURE = r"\d+(?:\.\d+)?(?: m?s\b)?"


def blocks():
    """The code blocks of README.md: first the program, then the session."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    program, session = re.findall(r"^```\n(.*?)^```\n", text, re.S | re.M)[:2]
    return program, session


def shape(line):
    """A line as a pattern, in which every figure is any figure."""
    return re.compile(FIGURE.join(map(re.escape, re.split(FIGURE, line))))


class Readme(VolumeTest):
    def run_until(self, count, *words):
        """Run the command, gather what it says, and leave it at its line number `count`."""
        process = subprocess.Popen([PHANTOM, *words], cwd=self.folder, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if sum(map(bool, map(SEEN.search, lines))) == count:
                break
        return process, lines

    def test_the_session_happens_as_it_is_told(self):
        program, session = blocks()
        told = [line for line in session.splitlines() if line.startswith("phantom: ")]
        (self.folder / "count.ph").write_text(program, encoding="utf-8")
        os.chdir(self.folder)
        self.addCleanup(os.chdir, ROOT)

        made = phantom("new", "life.phantom")
        self.assertEqual(made.status, 0, made)
        process, first = self.run_until(3, "run", "life.phantom", "count.ph")
        kill(process)
        os.unlink("count.ph")
        process, second = self.run_until(3, "run", "life.phantom")
        process.send_signal(signal.SIGINT)
        second += process.stdout.read().splitlines()
        self.assertEqual(process.wait(), 0, second)

        happened = made.err.splitlines() + first + second
        for line in told:
            self.assertTrue(any(map(shape(line).fullmatch, happened)), f"{line}\n{happened}")

    def test_what_was_seen_goes_on_without_a_gap(self):
        program, _ = blocks()
        (self.folder / "count.ph").write_text(program.replace("1000", "100"), encoding="utf-8")
        self.assertEqual(phantom("new", self.folder / "life.phantom").status, 0)
        numbers = []
        words = ["run", "life.phantom", "count.ph"]
        for _ in range(4):
            process, lines = self.run_until(12, *words)
            kill(process)
            new = [int(match.group(1)) for match in map(SEEN.search, lines) if match]
            self.assertEqual(new, list(range(new[0], new[0] + len(new))))
            self.assertLessEqual(new[0], (numbers or [0])[-1] + 1)
            numbers += new
            words = ["run", "life.phantom"]
        self.assertGreater(numbers[-1], 12)


if __name__ == "__main__":
    unittest.main()
