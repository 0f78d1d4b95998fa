// sieve.ph - the primes up to 5000, by the sieve of Eratosthenes. Each round makes an array of bytes and walks over it.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

int primesUpTo(int limit) {
    bytes isComposite = new bytes(limit + 1);
    int count = 0;
    for (int i = 2; i <= limit; i++) {
        if (isComposite[i] != 0)
            continue;
        count++;
        for (int k = i + i; k <= limit; k += i)
            isComposite[k] = 1;
    }
    return count;
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = primesUpTo(5000);
    if (found != 669)
        throw "sieve: \{found} is wrong";
}
println("sieve: \{rounds}");
