// binary_trees.ph - many small trees while a large one stays: allocation, and a collector at work.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class tree {
    private const tree left;
    private const tree right;

    void tree(int depth) {
        if (depth > 0) {
            left = new tree(depth - 1);
            right = new tree(depth - 1);
        }
    }

    int count() {
        return left == null ? 1 : 1 + left.count() + right.count();
    }
}

int nodesOf(int depthMax) {
    int nodes = new tree(depthMax + 1).count();
    tree kept = new tree(depthMax);
    for (int depth = 4; depth <= depthMax; depth += 2) {
        int times = 1 << (depthMax - depth + 4);
        for (int i = 0; i < times; i++)
            nodes += new tree(depth).count();
    }
    return nodes + kept.count();
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = nodesOf(10);
    if (found != 135854)
        throw "binary_trees: \{found} is wrong";
}
println("binary_trees: \{rounds}");
