// queens.ph - every way to place eight queens so that none attacks another: recursion, and arrays of bytes.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class board {
    private int size;
    private bytes column;
    private bytes rising;
    private bytes falling;
    private int ways;

    void board(int size0) {
        size = size0;
        column = new bytes(size);
        rising = new bytes(2 * size);
        falling = new bytes(2 * size);
    }

    int count() {
        place(0);
        return ways;
    }

    private boolean isFree(int row, int at) {
        return column[at] == 0 && rising[row + at] == 0 && falling[row - at + size] == 0;
    }

    private void mark(int row, int at, int value) {
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
                mark(row, at, 1);
                place(row + 1);
                mark(row, at, 0);
            }
        }
    }
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = new board(8).count();
    if (found != 92)
        throw "queens: \{found} is wrong";
}
println("queens: \{rounds}");
