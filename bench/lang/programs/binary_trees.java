/*
 * binary_trees.java - many small trees while a large one stays.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class BinaryTrees {
    static final class Tree {
        private Tree left;
        private Tree right;

        Tree(int depth) {
            if (depth > 0) {
                left = new Tree(depth - 1);
                right = new Tree(depth - 1);
            }
        }

        int count() {
            return left == null ? 1 : 1 + left.count() + right.count();
        }
    }

    static int nodesOf(int depthMax) {
        int nodes = new Tree(depthMax + 1).count();
        Tree kept = new Tree(depthMax);
        for (int depth = 4; depth <= depthMax; depth += 2) {
            int times = 1 << (depthMax - depth + 4);
            for (int i = 0; i < times; i++)
                nodes += new Tree(depth).count();
        }
        return nodes + kept.count();
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = nodesOf(10);
            if (found != 135854)
                throw new IllegalStateException("binary_trees: " + found + " is wrong");
        }
        System.out.println("binary_trees: " + rounds);
    }
}
