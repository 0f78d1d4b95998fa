"""permute.py - all permutations of six numbers, by swapping.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Permuter:
    def __init__(self):
        self.items = None
        self.calls = 0

    def count(self, size):
        self.items = list(range(size))
        self.calls = 0
        self.permute(size)
        return self.calls

    def permute(self, n):
        self.calls += 1
        if n == 0:
            return
        self.permute(n - 1)
        for i in range(n - 1, -1, -1):
            self.swap(n - 1, i)
            self.permute(n - 1)
            self.swap(n - 1, i)

    def swap(self, i, k):
        items = self.items
        item = items[i]
        items[i] = items[k]
        items[k] = item


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = Permuter().count(6)
        if found != 8660:
            sys.exit(f"permute: {found} is wrong")
    print(f"permute: {rounds}")


main()
