/*
 * bounce.java - a hundred balls in a box for fifty steps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.ArrayList;

final class Bounce {
    static final int SIDE = 500;

    static final class Dice {
        private int seed = 42;

        int next(int n) {
            seed = (seed * 3877 + 29573) % 139968;
            return seed % n;
        }
    }

    static final class Ball {
        private int x;
        private int y;
        private int dx;
        private int dy;

        Ball(Dice chance) {
            x = chance.next(SIDE);
            y = chance.next(SIDE);
            dx = chance.next(300) - 150;
            dy = chance.next(300) - 150;
        }

        boolean step() {
            boolean isBounced = false;
            x += dx;
            y += dy;
            if (x > SIDE) {
                x = SIDE;
                dx = dx > 0 ? -dx : dx;
                isBounced = true;
            }
            if (x < 0) {
                x = 0;
                dx = dx < 0 ? -dx : dx;
                isBounced = true;
            }
            if (y > SIDE) {
                y = SIDE;
                dy = dy > 0 ? -dy : dy;
                isBounced = true;
            }
            if (y < 0) {
                y = 0;
                dy = dy < 0 ? -dy : dy;
                isBounced = true;
            }
            return isBounced;
        }
    }

    static int bounces(int count, int steps) {
        Dice chance = new Dice();
        ArrayList<Ball> balls = new ArrayList<>();
        for (int i = 0; i < count; i++)
            balls.add(new Ball(chance));
        int found = 0;
        for (int step = 0; step < steps; step++)
            for (Ball ball : balls)
                if (ball.step())
                    found++;
        return found;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = bounces(100, 50);
            if (found != 1330)
                throw new IllegalStateException("bounce: " + found + " is wrong");
        }
        System.out.println("bounce: " + rounds);
    }
}
