"""queens.py - every way to place eight queens so that none attacks another.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Board:
    def __init__(self, size):
        self.size = size
        self.column = [False] * size
        self.rising = [False] * (2 * size)
        self.falling = [False] * (2 * size)
        self.ways = 0

    def count(self):
        self.place(0)
        return self.ways

    def is_free(self, row, at):
        return not self.column[at] and not self.rising[row + at] and not self.falling[row - at + self.size]

    def mark(self, row, at, value):
        self.column[at] = value
        self.rising[row + at] = value
        self.falling[row - at + self.size] = value

    def place(self, row):
        if row == self.size:
            self.ways += 1
            return
        for at in range(self.size):
            if self.is_free(row, at):
                self.mark(row, at, True)
                self.place(row + 1)
                self.mark(row, at, False)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = Board(8).count()
        if found != 92:
            sys.exit(f"queens: {found} is wrong")
    print(f"queens: {rounds}")


main()
