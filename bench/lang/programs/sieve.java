/*
 * sieve.java - the primes up to 5000, by the sieve of Eratosthenes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Sieve {
    static int primesUpTo(int limit) {
        boolean[] isComposite = new boolean[limit + 1];
        int count = 0;
        for (int i = 2; i <= limit; i++) {
            if (isComposite[i])
                continue;
            count++;
            for (int k = i + i; k <= limit; k += i)
                isComposite[k] = true;
        }
        return count;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = primesUpTo(5000);
            if (found != 669)
                throw new IllegalStateException("sieve: " + found + " is wrong");
        }
        System.out.println("sieve: " + rounds);
    }
}
