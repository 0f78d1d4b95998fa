"""binary_trees.py - many small trees while a large one stays.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Tree:
    def __init__(self, depth):
        self.left = Tree(depth - 1) if depth > 0 else None
        self.right = Tree(depth - 1) if depth > 0 else None

    def count(self):
        return 1 if self.left is None else 1 + self.left.count() + self.right.count()


def nodes_of(depth_max):
    nodes = Tree(depth_max + 1).count()
    kept = Tree(depth_max)
    for depth in range(4, depth_max + 1, 2):
        times = 1 << (depth_max - depth + 4)
        for _ in range(times):
            nodes += Tree(depth).count()
    return nodes + kept.count()


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = nodes_of(10)
        if found != 135854:
            sys.exit(f"binary_trees: {found} is wrong")
    print(f"binary_trees: {rounds}")


main()
