// fib.ph - the numbers of Fibonacci, by calls: what a call costs.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

int fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

// The same without calls.
int sum(int n) {
    int a = 0;
    int b = 1;
    for (int i = 0; i < n; i++) {
        int next = a + b;
        a = b;
        b = next;
    }
    return a;
}

int which = args().size() > 0 ? args()[0].toInt() : 20;
int found = fib(which);
if (found != sum(which))
    throw "fib: \{found} is wrong";
println("fib: \{which}");
