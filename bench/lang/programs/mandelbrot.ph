// mandelbrot.ph - how many points of a grid lie in the set of Mandelbrot: arithmetic of doubles, and nothing else.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

boolean isInside(double cx, double cy) {
    double x = 0.0;
    double y = 0.0;
    for (int step = 0; step < 50; step++) {
        double xx = x * x;
        double yy = y * y;
        if (xx + yy > 4.0)
            return false;
        y = 2.0 * x * y + cy;
        x = xx - yy + cx;
    }
    return true;
}

int countInside(int side) {
    int count = 0;
    for (int row = 0; row < side; row++) {
        double cy = 2.0 * row / side - 1.0;
        for (int column = 0; column < side; column++) {
            double cx = 2.0 * column / side - 1.5;
            if (isInside(cx, cy))
                count++;
        }
    }
    return count;
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = countInside(64);
    if (found != 1628)
        throw "mandelbrot: \{found} is wrong";
}
println("mandelbrot: \{rounds}");
