"""bounce.py - a hundred balls in a box for fifty steps.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys

SIDE = 500


class Dice:
    def __init__(self):
        self.seed = 42

    def next(self, n):
        self.seed = (self.seed * 3877 + 29573) % 139968
        return self.seed % n


class Ball:
    def __init__(self, chance):
        self.x = chance.next(SIDE)
        self.y = chance.next(SIDE)
        self.dx = chance.next(300) - 150
        self.dy = chance.next(300) - 150

    def step(self):
        is_bounced = False
        self.x += self.dx
        self.y += self.dy
        if self.x > SIDE:
            self.x = SIDE
            self.dx = -self.dx if self.dx > 0 else self.dx
            is_bounced = True
        if self.x < 0:
            self.x = 0
            self.dx = -self.dx if self.dx < 0 else self.dx
            is_bounced = True
        if self.y > SIDE:
            self.y = SIDE
            self.dy = -self.dy if self.dy > 0 else self.dy
            is_bounced = True
        if self.y < 0:
            self.y = 0
            self.dy = -self.dy if self.dy < 0 else self.dy
            is_bounced = True
        return is_bounced


def bounces(count, steps):
    chance = Dice()
    balls = [Ball(chance) for _ in range(count)]
    found = 0
    for _ in range(steps):
        for ball in balls:
            if ball.step():
                found += 1
    return found


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = bounces(100, 50)
        if found != 1330:
            sys.exit(f"bounce: {found} is wrong")
    print(f"bounce: {rounds}")


main()
