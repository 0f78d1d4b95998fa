"""trees - the trees that benchmarks of the collector make, so that they can be compared.

make(10, value) gives a tree of NODES objects of NODE_BYTES, made together.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

NODES = 1023
NODE_BYTES = 32

PROGRAM = """
class node {
    node left;
    node right;
    int value;
}

node make(int depth, int value) {
    node n = new node();
    n.value = value;
    if (depth > 1) {
        n.left = make(depth - 1, value);
        n.right = make(depth - 1, value);
    }
    return n;
}
"""
