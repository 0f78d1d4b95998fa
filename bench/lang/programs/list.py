"""list.py - Takeuchi's function on linked lists instead of numbers.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


class Node:
    def __init__(self, following):
        self.next = following

    def length(self):
        return 1 if self.next is None else 1 + self.next.length()


def list_of(length):
    return None if length == 0 else Node(list_of(length - 1))


def is_shorter(a, b):
    while b is not None:
        if a is None:
            return True
        a = a.next
        b = b.next
    return False


def take(x, y, z):
    if not is_shorter(y, x):
        return z
    return take(take(x.next, y, z), take(y.next, z, x), take(z.next, x, y))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = take(list_of(15), list_of(10), list_of(6)).length()
        if found != 10:
            sys.exit(f"list: {found} is wrong")
    print(f"list: {rounds}")


main()
