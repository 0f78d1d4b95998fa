"""storage.py - a tree of arrays, which is garbage at once.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Grower:
    def __init__(self):
        self.seed = 42
        self.arrays = 0
        self.room = 0

    def next(self, n):
        self.seed = (self.seed * 3877 + 29573) % 139968
        return self.seed % n

    def tree(self, depth):
        made = [None] * (self.next(10) + 1 if depth == 1 else 4)
        self.arrays += 1
        self.room += len(made)
        if depth > 1:
            for i in range(4):
                made[i] = self.tree(depth - 1)
        return made

    def grow(self, depth):
        kept = self.tree(depth)
        return self.arrays * 100000 + self.room if len(kept) == 4 else 0


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = Grower().grow(7)
        if found != 546128318:
            sys.exit(f"storage: {found} is wrong")
    print(f"storage: {rounds}")


main()
