/*
 * mandelbrot.java - how many points of a grid lie in the set of Mandelbrot.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Mandelbrot {
    static boolean isInside(double cx, double cy) {
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

    static int countInside(int side) {
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

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = countInside(64);
            if (found != 1628)
                throw new IllegalStateException("mandelbrot: " + found + " is wrong");
        }
        System.out.println("mandelbrot: " + rounds);
    }
}
