// list.ph - Takeuchi's function on linked lists instead of numbers: calls, and links that are followed.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class node {
    const node next;

    void node(node next0) {
        next = next0;
    }

    int length() {
        return next == null ? 1 : 1 + next.length();
    }
}

node listOf(int length) {
    return length == 0 ? null : new node(listOf(length - 1));
}

boolean isShorter(node a, node b) {
    while (b != null) {
        if (a == null)
            return true;
        a = a.next;
        b = b.next;
    }
    return false;
}

node take(node x, node y, node z) {
    if (!isShorter(y, x))
        return z;
    return take(take(x.next, y, z), take(y.next, z, x), take(z.next, x, y));
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = take(listOf(15), listOf(10), listOf(6)).length();
    if (found != 10)
        throw "list: \{found} is wrong";
}
println("list: \{rounds}");
