"""fannkuch.py - of each permutation of seven numbers, how often its begin can be turned round, by as many as its first
number says.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


def flips_of(items):
    flips = 0
    first = items[0]
    while first != 0:
        low = 0
        high = first
        while low < high:
            item = items[low]
            items[low] = items[high]
            items[high] = item
            low += 1
            high -= 1
        flips += 1
        first = items[0]
    return flips


def fannkuch(size):
    order = list(range(size))
    items = [0] * size
    left = list(range(1, size + 1))
    most = 0
    total = 0
    sign = 1
    while True:
        for i in range(size):
            items[i] = order[i]
        flips = flips_of(items)
        total += sign * flips
        if flips > most:
            most = flips
        sign = -sign
        width = 1
        while True:
            if width == size:
                return total * 100 + most
            first = order[0]
            for i in range(width):
                order[i] = order[i + 1]
            order[width] = first
            left[width] -= 1
            if left[width] > 0:
                break
            left[width] = width + 1
            width += 1


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = fannkuch(7)
        if found != 22816:
            sys.exit(f"fannkuch: {found} is wrong")
    print(f"fannkuch: {rounds}")


main()
