// towers.ph - the towers of Hanoi with thirteen disks, each an object that knows the one below it.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class disk {
    const int size;
    disk below;

    void disk(int size0) {
        size = size0;
    }
}

class towers {
    private disk[] piles = [null, null, null];
    private int moves;

    // How many moves it takes to bring a tower from one pile to another.
    int count(int disks) {
        for (int size = disks; size > 0; size--)
            push(new disk(size), 0);
        move(disks, 0, 1);
        return moves;
    }

    private void push(disk one, int pile) {
        disk top = piles[pile];
        if (top != null && one.size >= top.size)
            throw "a disk lies on a smaller one";
        one.below = top;
        piles[pile] = one;
    }

    private disk pop(int pile) {
        disk top = piles[pile];
        if (top == null)
            throw "there is no disk";
        piles[pile] = top.below;
        top.below = null;
        return top;
    }

    private void move(int disks, int from, int to) {
        if (disks == 1) {
            push(pop(from), to);
            moves++;
            return;
        }
        int other = 3 - from - to;
        move(disks - 1, from, other);
        move(1, from, to);
        move(disks - 1, other, to);
    }
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = new towers().count(13);
    if (found != 8191)
        throw "towers: \{found} is wrong";
}
println("towers: \{rounds}");
