/*
 * permute.java - all permutations of six numbers, by swapping.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Permute {
    private int[] items;
    private int calls;

    int count(int size) {
        items = new int[size];
        for (int i = 0; i < size; i++)
            items[i] = i;
        calls = 0;
        permute(size);
        return calls;
    }

    private void permute(int n) {
        calls++;
        if (n == 0)
            return;
        permute(n - 1);
        for (int i = n - 1; i >= 0; i--) {
            swap(n - 1, i);
            permute(n - 1);
            swap(n - 1, i);
        }
    }

    private void swap(int i, int k) {
        int item = items[i];
        items[i] = items[k];
        items[k] = item;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = new Permute().count(6);
            if (found != 8660)
                throw new IllegalStateException("permute: " + found + " is wrong");
        }
        System.out.println("permute: " + rounds);
    }
}
