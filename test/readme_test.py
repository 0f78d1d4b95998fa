#!/usr/bin/env python3
"""readme_test.py - the sessions in README.md and docs/TUTORIAL.md are what really happens.

README's first minute is typed into a terminal, line by line, and each line of the page must come to
stand there. As for the others, the program is taken from the page and run as the page does it. Every
line that the page shows must come, in that order, if numbers may differ.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re
import signal
import subprocess
import unittest

from phantom_support import PHANTOM, ROOT, VolumeTest, kill, phantom, wait_for

FIGURE = r"\d+(?:\.\d+)?(?: m?s\b)?"


def blocks(page, kinds):
    """The first code blocks of a page that are of these kinds."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^```([^\n]*)\n(.*?)^```\n", text, re.S | re.M)
    return [block for kind, block in found if re.fullmatch(kinds, kind)]


def shape(line):
    """A line as a pattern, in which every figure is any figure."""
    return re.compile(FIGURE.join(map(re.escape, re.split(FIGURE, line))))


class Terminal:
    """A terminal with a command interpreter in it, by tmux, in a server of its own."""

    def __init__(self, folder):
        self.words = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        (folder / "bin").mkdir()
        (folder / "bin" / "phantom").symlink_to(PHANTOM)
        environment = dict(os.environ, PATH=f"{folder / 'bin'}:{os.environ['PATH']}")
        environment.pop("TMUX", None)
        self.tmux("new-session", "-d", "-x", "140", "-y", "50", "-c", str(folder),
                  "bash", "--norc", "--noprofile",
                  env=environment)
        self.type("PS1='$ '; clear")

    def tmux(self, *words, env=None):
        return subprocess.run(self.words + list(words), env=env, check=True, text=True,
                              capture_output=True).stdout

    def type(self, text, key="Enter"):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", key)

    def rows(self):
        return self.tmux("capture-pane", "-p").rstrip("\n").split("\n")

    def child(self):
        """The process that the command interpreter has started."""
        shell = self.tmux("list-panes", "-F", "#{pane_pid}").strip()
        with open(f"/proc/{shell}/task/{shell}/children", encoding="ascii") as children:
            return int(children.read())

    def close(self):
        self.tmux("kill-server")


class FirstMinute(VolumeTest):
    def test_a_new_user_sees_what_the_page_shows(self):
        terminal = Terminal(self.folder)
        self.addCleanup(terminal.close)
        passed = 0
        for line in blocks("README.md", "console")[0].splitlines():
            with self.subTest(line=line):
                prompt, text = line[:2], line[2:]
                if prompt in ("$ ", "> "):
                    self.wait_for_row(terminal, passed, re.compile(re.escape(prompt.strip())))
                if line == "> Killed":
                    self.settle()
                    os.kill(terminal.child(), signal.SIGKILL)
                elif line == "> ^D":
                    terminal.tmux("send-keys", "C-d")
                elif prompt in ("$ ", "> "):
                    terminal.type(text)
                row = shape(line.replace("^D", "").rstrip())
                passed = self.wait_for_row(terminal, passed, row) + 1

    def settle(self):
        """Nobody is so fast that nothing was committed since the last line, but this test is."""
        volume = self.folder / "life.phantom"
        generation = self.stat(volume)["generation"]
        self.assertTrue(wait_for(lambda: self.stat(volume)["generation"] >= generation + 2))

    def wait_for_row(self, terminal, passed, pattern):
        """The row of the screen, below those that are passed, that the pattern is all of."""
        found = []

        def look():
            found[:] = [i for i, row in enumerate(terminal.rows())
                        if i >= passed and pattern.fullmatch(row.rstrip())]
            return found

        self.assertTrue(wait_for(look), f"{pattern}\n" + "\n".join(terminal.rows()))
        return found[0]


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
