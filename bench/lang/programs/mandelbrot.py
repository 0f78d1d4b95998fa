"""mandelbrot.py - how many points of a grid lie in the set of Mandelbrot.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


def is_inside(cx, cy):
    x = 0.0
    y = 0.0
    for _ in range(50):
        xx = x * x
        yy = y * y
        if xx + yy > 4.0:
            return False
        y = 2.0 * x * y + cy
        x = xx - yy + cx
    return True


def count_inside(side):
    count = 0
    for row in range(side):
        cy = 2.0 * row / side - 1.0
        for column in range(side):
            cx = 2.0 * column / side - 1.5
            if is_inside(cx, cy):
                count += 1
    return count


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = count_inside(64)
        if found != 1628:
            sys.exit(f"mandelbrot: {found} is wrong")
    print(f"mandelbrot: {rounds}")


main()
