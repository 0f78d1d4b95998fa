// storage.ph - a tree of arrays, which is garbage at once: what memory costs.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class grower {
    private int seed = 42;
    private int arrays;
    private int room;

    private int next(int n) {
        seed = (seed * 3877 + 29573) % 139968;
        return seed % n;
    }

    // A tree of arrays of four; the leaves are arrays of one to ten.
    private words tree(int depth) {
        words made = new words(depth == 1 ? next(10) + 1 : 4);
        arrays++;
        room += made.size();
        if (depth > 1)
            for (int i = 0; i < 4; i++)
                made[i] = tree(depth - 1);
        return made;
    }

    // How many arrays, and how many elements in all: as one number.
    int grow(int depth) {
        words kept = tree(depth);
        return kept.size() == 4 ? arrays * 100000 + room : 0;
    }
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = new grower().grow(7);
    if (found != 546128318)
        throw "storage: \{found} is wrong";
}
println("storage: \{rounds}");
