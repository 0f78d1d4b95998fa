/*
 * list.java - Takeuchi's function on linked lists instead of numbers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class List {
    static final class Node {
        final Node next;

        Node(Node next) {
            this.next = next;
        }

        int length() {
            return next == null ? 1 : 1 + next.length();
        }
    }

    static Node listOf(int length) {
        return length == 0 ? null : new Node(listOf(length - 1));
    }

    static boolean isShorter(Node a, Node b) {
        while (b != null) {
            if (a == null)
                return true;
            a = a.next;
            b = b.next;
        }
        return false;
    }

    static Node take(Node x, Node y, Node z) {
        if (!isShorter(y, x))
            return z;
        return take(take(x.next, y, z), take(y.next, z, x), take(z.next, x, y));
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = take(listOf(15), listOf(10), listOf(6)).length();
            if (found != 10)
                throw new IllegalStateException("list: " + found + " is wrong");
        }
        System.out.println("list: " + rounds);
    }
}
