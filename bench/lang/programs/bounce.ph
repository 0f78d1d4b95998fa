// bounce.ph - a hundred balls in a box for fifty steps: objects with a few fields, in an array.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const int SIDE = 500;

class dice {
    private int seed = 42;

    int next(int n) {
        seed = (seed * 3877 + 29573) % 139968;
        return seed % n;
    }
}

class ball {
    private int x;
    private int y;
    private int dx;
    private int dy;

    void ball(dice chance) {
        x = chance.next(SIDE);
        y = chance.next(SIDE);
        dx = chance.next(300) - 150;
        dy = chance.next(300) - 150;
    }

    // One step; has the ball met a wall?
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

int bounces(int count, int steps) {
    dice chance = new dice();
    ball[] balls = [];
    for (int i = 0; i < count; i++)
        balls.add(new ball(chance));
    int found = 0;
    for (int step = 0; step < steps; step++)
        foreach (one in balls)
            if (one.step())
                found++;
    return found;
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = bounces(100, 50);
    if (found != 1330)
        throw "bounce: \{found} is wrong";
}
println("bounce: \{rounds}");
