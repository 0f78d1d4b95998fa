"""layers.py - read scripts/layers.txt, for the checks that enforce it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import sys


class Law:
    """What scripts/layers.txt says."""

    def __init__(self):
        self.folders = []  # of the core, from the ground up
        self.nouns = {}  # folder of the core -> what its exports are called
        self.parts = {}  # any other folder -> what it may include
        self.unused = {}  # function of the contract -> why the core does not call it

    def allowed(self, path):
        """What the file at `path`, outside the core, may include; None if nobody says."""
        folder = os.path.dirname(path)
        while folder and folder not in self.parts:
            folder = os.path.dirname(folder)
        return self.parts.get(folder)


def read(path):
    """The law in the file at `path`; a line that makes no sense ends the program."""
    law = Law()
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            kind, rest = words[0], words[1:]
            if kind == "core" and rest:
                if rest[0] not in law.folders:
                    law.folders.append(rest[0])
                law.nouns.setdefault(rest[0], []).extend(rest[1:])
            elif kind == "part" and rest:
                law.parts[rest[0]] = [word for word in rest[1:] if word != "-"]
            elif kind == "unused" and len(rest) > 1:
                law.unused[rest[0]] = " ".join(rest[1:])
            else:
                sys.exit(f"{path}:{number}: not a line of this file")
    return law
