#!/usr/bin/env python3
"""readme_test.py - the sessions in README.md and docs/TUTORIAL.md are what really happens.

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

FIGURE = r"\d+(?:\.\d+)?(?: m?s\b)?"


def blocks(page, kinds):
    """The first code blocks of a page that are of these kinds."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```(?:{kinds})\n(.*?)^```\n", text, re.S | re.M)


def shape(line):
    """A line as a pattern, in which every figure is any figure."""
    return re.compile(FIGURE.join(map(re.escape, re.split(FIGURE, line))))


class SessionTest(VolumeTest):
    """A session with a program that counts in one of its lines."""

    COUNTED = re.compile("")

    def numbers_in(self, lines):
        return [int(match.group(1)) for match in map(self.COUNTED.search, lines) if match]

    def run_until(self, count, *words):
        """Run the command, gather what it says, and leave it when it has counted so often."""
        process = subprocess.Popen([PHANTOM, *words], cwd=self.folder, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if len(self.numbers_in(lines)) == count:
                break
        return process, lines

    def session_happens(self, name, program, session):
        """The program NAME.ph in NAME.phantom is killed, loses its source, goes on, and is stopped."""
        told = [line for line in session.splitlines() if line.startswith("phantom: ")]
        self.assertGreaterEqual(len(told), 3)
        (self.folder / f"{name}.ph").write_text(program, encoding="utf-8")
        os.chdir(self.folder)
        self.addCleanup(os.chdir, ROOT)

        made = phantom("new", f"{name}.phantom")
        self.assertEqual(made.status, 0, made)
        process, first = self.run_until(3, "run", f"{name}.phantom", f"{name}.ph")
        kill(process)
        os.unlink(f"{name}.ph")
        process, second = self.run_until(3, "run", f"{name}.phantom")
        process.send_signal(signal.SIGINT)
        second += process.stdout.read().splitlines()
        self.assertEqual(process.wait(), 0, second)

        happened = made.err.splitlines() + first + second
        for line in told:
            self.assertTrue(any(map(shape(line).fullmatch, happened)), f"{line}\n{happened}")
        return first, second

    def goes_on_without_a_gap(self, name, program):
        """However often it is killed, it counts on; a little of it twice."""
        (self.folder / f"{name}.ph").write_text(program.replace("1000", "100"), encoding="utf-8")
        self.assertEqual(phantom("new", self.folder / f"{name}.phantom").status, 0)
        numbers = []
        words = ["run", f"{name}.phantom", f"{name}.ph"]
        for _ in range(4):
            process, lines = self.run_until(12, *words)
            kill(process)
            new = self.numbers_in(lines)
            self.assertEqual(new, list(range(new[0], new[0] + len(new))))
            self.assertLessEqual(new[0], (numbers or [0])[-1] + 1)
            numbers += new
            words = ["run", f"{name}.phantom"]
        self.assertGreater(numbers[-1], 12)


class Readme(SessionTest):
    COUNTED = re.compile(r"seen (\d+) times")

    def test_the_session_happens_as_it_is_told(self):
        program, session = blocks("README.md", "")[:2]
        self.session_happens("life", program, session.replace("count.ph", "life.ph"))

    def test_what_was_seen_goes_on_without_a_gap(self):
        self.goes_on_without_a_gap("life", blocks("README.md", "")[0])


class Tutorial(SessionTest):
    COUNTED = re.compile(r"day (\d+): rose \d+ cm, bean \d+ cm")

    def test_the_garden_happens_as_it_is_told(self):
        program, = blocks("docs/TUTORIAL.md", "phantom garden.ph")
        session = "".join(blocks("docs/TUTORIAL.md", "console"))
        self.session_happens("garden", program, session)

    def test_the_garden_goes_on_without_a_gap(self):
        self.goes_on_without_a_gap("garden", blocks("docs/TUTORIAL.md", "phantom garden.ph")[0])


if __name__ == "__main__":
    unittest.main()
