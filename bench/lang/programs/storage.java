/*
 * storage.java - a tree of arrays, which is garbage at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Storage {
    private int seed = 42;
    private int arrays;
    private int room;

    private int next(int n) {
        seed = (seed * 3877 + 29573) % 139968;
        return seed % n;
    }

    private Object[] tree(int depth) {
        Object[] made = new Object[depth == 1 ? next(10) + 1 : 4];
        arrays++;
        room += made.length;
        if (depth > 1)
            for (int i = 0; i < 4; i++)
                made[i] = tree(depth - 1);
        return made;
    }

    int grow(int depth) {
        Object[] kept = tree(depth);
        return kept.length == 4 ? arrays * 100000 + room : 0;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = new Storage().grow(7);
            if (found != 546128318)
                throw new IllegalStateException("storage: " + found + " is wrong");
        }
        System.out.println("storage: " + rounds);
    }
}
