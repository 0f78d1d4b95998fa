/*
 * fib.java - the numbers of Fibonacci, by calls: what a call costs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Fib {
    static int fib(int n) {
        return n < 2 ? n : fib(n - 1) + fib(n - 2);
    }

    static int sum(int n) {
        int a = 0;
        int b = 1;
        for (int i = 0; i < n; i++) {
            int next = a + b;
            a = b;
            b = next;
        }
        return a;
    }

    public static void main(String[] args) {
        int n = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        int found = fib(n);
        if (found != sum(n))
            throw new IllegalStateException("fib: " + found + " is wrong");
        System.out.println("fib: " + n);
    }
}
