/*
 * towers.java - the towers of Hanoi with thirteen disks, each an object that knows the one below it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Towers {
    static final class Disk {
        final int size;
        Disk below;

        Disk(int size) {
            this.size = size;
        }
    }

    private final Disk[] piles = new Disk[3];
    private int moves;

    int count(int disks) {
        for (int size = disks; size > 0; size--)
            push(new Disk(size), 0);
        move(disks, 0, 1);
        return moves;
    }

    private void push(Disk disk, int pile) {
        Disk top = piles[pile];
        if (top != null && disk.size >= top.size)
            throw new IllegalStateException("a disk lies on a smaller one");
        disk.below = top;
        piles[pile] = disk;
    }

    private Disk pop(int pile) {
        Disk top = piles[pile];
        if (top == null)
            throw new IllegalStateException("there is no disk");
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

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = new Towers().count(13);
            if (found != 8191)
                throw new IllegalStateException("towers: " + found + " is wrong");
        }
        System.out.println("towers: " + rounds);
    }
}
