/*
 * fannkuch.java - of each permutation of seven numbers, how often its begin can be turned round, by as many as its
 * first number says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Fannkuch {
    static int flipsOf(int[] items) {
        int flips = 0;
        for (int first = items[0]; first != 0; first = items[0]) {
            int low = 0;
            int high = first;
            while (low < high) {
                int item = items[low];
                items[low] = items[high];
                items[high] = item;
                low++;
                high--;
            }
            flips++;
        }
        return flips;
    }

    static int fannkuch(int size) {
        int[] order = new int[size];
        int[] items = new int[size];
        int[] left = new int[size];
        int most = 0;
        int sum = 0;
        int sign = 1;
        for (int i = 0; i < size; i++) {
            order[i] = i;
            left[i] = i + 1;
        }
        for (;;) {
            for (int i = 0; i < size; i++)
                items[i] = order[i];
            int flips = flipsOf(items);
            sum += sign * flips;
            if (flips > most)
                most = flips;
            sign = -sign;
            int width = 1;
            for (;;) {
                if (width == size)
                    return sum * 100 + most;
                int first = order[0];
                for (int i = 0; i < width; i++)
                    order[i] = order[i + 1];
                order[width] = first;
                left[width]--;
                if (left[width] > 0)
                    break;
                left[width] = width + 1;
                width++;
            }
        }
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = fannkuch(7);
            if (found != 22816)
                throw new IllegalStateException("fannkuch: " + found + " is wrong");
        }
        System.out.println("fannkuch: " + rounds);
    }
}
