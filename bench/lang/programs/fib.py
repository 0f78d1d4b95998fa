"""fib.py - the numbers of Fibonacci, by calls: what a call costs.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def total(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    found = fib(n)
    if found != total(n):
        sys.exit(f"fib: {found} is wrong")
    print(f"fib: {n}")


main()
