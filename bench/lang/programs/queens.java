/*
 * queens.java - every way to place eight queens so that none attacks another.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Queens {
    private final int size;
    private final boolean[] column;
    private final boolean[] rising;
    private final boolean[] falling;
    private int ways;

    Queens(int size) {
        this.size = size;
        column = new boolean[size];
        rising = new boolean[2 * size];
        falling = new boolean[2 * size];
    }

    int count() {
        place(0);
        return ways;
    }

    private boolean isFree(int row, int at) {
        return !column[at] && !rising[row + at] && !falling[row - at + size];
    }

    private void mark(int row, int at, boolean value) {
        column[at] = value;
        rising[row + at] = value;
        falling[row - at + size] = value;
    }

    private void place(int row) {
        if (row == size) {
            ways++;
            return;
        }
        for (int at = 0; at < size; at++) {
            if (isFree(row, at)) {
                mark(row, at, true);
                place(row + 1);
                mark(row, at, false);
            }
        }
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = new Queens(8).count();
            if (found != 92)
                throw new IllegalStateException("queens: " + found + " is wrong");
        }
        System.out.println("queens: " + rounds);
    }
}
