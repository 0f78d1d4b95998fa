// permute.ph - all permutations of six numbers, by swapping: recursive calls, and two fields.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class permuter {
    private ints items;
    private int calls;

    // How many calls it takes to bring `size` numbers into every order.
    int count(int size) {
        items = new ints(size);
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
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = new permuter().count(6);
    if (found != 8660)
        throw "permute: \{found} is wrong";
}
println("permute: \{rounds}");
