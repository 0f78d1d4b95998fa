#!/usr/bin/env python3
"""library_test - nothing of the class library is without a test.

Each class that docs/CLASSES.md shows is used by a program in test/library/ or test/programs/, which examples_test runs in
all its ways, killed and with a snapshot at every 500th safepoint; so is each method. Each message of the library
stands in a test.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import glob
import os
import re
import sys
import unittest

PAGE = "docs/CLASSES.md"
SECTION = re.compile(r"^### (\w+)\n\n`([\w.\"]+)`(.*?)(?=^##|\Z)", re.M | re.S)
METHOD = re.compile(r"^- `(?:static )?(?!new )[\w.\[\]\"]+ (\w+)\(", re.M)
MESSAGE = re.compile(r'(?:\.error\.\w+|\bno|\bmissing|\brefuse|\bcheckText)\("((?:[^"\\]|\\.)*)"')
PLACE = re.compile(r"\\\{[^}]*\}")
ADJACENT = re.compile(r'"\n *f?"')  # where two strings of Python are one
ESCAPE = re.compile(r"\\([\"\\])")

# Classes of the shell, and what only it can use: shell_test.py and console_test.py talk to them.
TALKED_TO = (".phantom.shell.", ".internal.console", ".internal.compiler")

# Methods that no program in a volume can use and go on.
ELSEWHERE = {
    "exit": "cli_test.py",
    "readln": "console_test.py",
    "ask": "shell_test.py",
    "look": "shell_test.py",
    "awaitRestart": "restart_test.py",
}

# What is put around another message.
AROUND = ("regex: \\{what}, at \\{place} of /\\{pattern}/",)

# What needs a text or a collection of two thousand million items.
TOO_LARGE = ("a text is too long", "a buffer is too long", "a deque is too long", "a map is too large", "an array is too long")


def read(*patterns):
    text = ""
    for pattern in patterns:
        for path in sorted(glob.glob(pattern, recursive=True)):
            with open(path, encoding="utf-8") as file:
                text += file.read()
    return text


def plain(text):
    """A text of a source as it is, without its escapes."""
    return ESCAPE.sub(r"\1", text)


def pattern_of(message):
    """What to look for; None for a word that is part of another message."""
    if " " not in message.strip() or len(re.findall("[a-z]{2,}", PLACE.sub("", message))) < 2:
        return None
    return ".*".join(re.escape(plain(part)) for part in PLACE.split(message))


def classes():
    """(name, full name, its methods) of each class of the page."""
    for name, full, rest in SECTION.findall(read(PAGE)):
        if not full.startswith(TALKED_TO):
            yield name, full, METHOD.findall(rest)


def messages():
    """(where, what) of each message of the library."""
    for path in sorted(glob.glob("classes/**/*.ph", recursive=True)):
        text = read(path)
        for found in MESSAGE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            if not path.startswith("classes/phantom/shell/"):
                yield f"{path}:{line}", found[1]


class Library(unittest.TestCase):
    programs = read("test/library/*.ph", "test/programs/*.ph")

    def test_each_class_is_used(self):
        names = [name for name, _, _ in classes()]
        self.assertGreater(len(names), 70)
        self.assertEqual([name for name in names if not re.search(rf"\b{name}\b", self.programs)], [],
                         "use it in a program in test/library")

    def test_each_method_is_called(self):
        called = set(re.findall(r"(\w+)\(", self.programs))
        missing = [f"{full}.{method}" for _, full, methods in classes() for method in methods
                   if method not in called and method not in ELSEWHERE]
        self.assertEqual(missing, [], "call it in a program in test/library")

    def test_each_message_stands_in_a_test(self):
        said = plain(self.programs + ADJACENT.sub("", read("test/*.py")) + read("test/examples/*.out"))
        patterns = [(where, what, pattern_of(what)) for where, what in messages() if what not in TOO_LARGE + AROUND]
        patterns = [entry for entry in patterns if entry[2] is not None]
        self.assertGreater(len(patterns), 110)
        self.assertEqual([f"{where}: {what}" for where, what, pattern in patterns if not re.search(pattern, said)], [],
                         "bring it about in a program in test/library")

    def test_what_is_missing_is_found(self):
        self.assertIsNone(re.search(pattern_of("nobody ever said \\{this}" + " of it"), self.programs))
        self.assertIsNone(pattern_of("x"))
        self.assertEqual([what for _, what in messages() if what == "an empty separator"], ["an empty separator"])
        self.assertNotIn("neverCalled", set(re.findall(r"(\w+)\(", self.programs)))


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    sys.argv[0] = "library_test"
    unittest.main()
