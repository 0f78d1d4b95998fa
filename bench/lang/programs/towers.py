"""towers.py - the towers of Hanoi with thirteen disks, each an object that knows the one below it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Disk:
    def __init__(self, size):
        self.size = size
        self.below = None


class Towers:
    def __init__(self):
        self.piles = [None, None, None]
        self.moves = 0

    def count(self, disks):
        for size in range(disks, 0, -1):
            self.push(Disk(size), 0)
        self.move(disks, 0, 1)
        return self.moves

    def push(self, disk, pile):
        top = self.piles[pile]
        if top is not None and disk.size >= top.size:
            raise ValueError("a disk lies on a smaller one")
        disk.below = top
        self.piles[pile] = disk

    def pop(self, pile):
        top = self.piles[pile]
        if top is None:
            raise ValueError("there is no disk")
        self.piles[pile] = top.below
        top.below = None
        return top

    def move(self, disks, start, to):
        if disks == 1:
            self.push(self.pop(start), to)
            self.moves += 1
            return
        other = 3 - start - to
        self.move(disks - 1, start, other)
        self.move(1, start, to)
        self.move(disks - 1, other, to)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = Towers().count(13)
        if found != 8191:
            sys.exit(f"towers: {found} is wrong")
    print(f"towers: {rounds}")


main()
