"""sieve.py - the primes up to 5000, by the sieve of Eratosthenes.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys


def primes_up_to(limit):
    is_composite = [False] * (limit + 1)
    count = 0
    for i in range(2, limit + 1):
        if is_composite[i]:
            continue
        count += 1
        for k in range(i + i, limit + 1, i):
            is_composite[k] = True
    return count


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = primes_up_to(5000)
        if found != 669:
            sys.exit(f"sieve: {found} is wrong")
    print(f"sieve: {rounds}")


main()
