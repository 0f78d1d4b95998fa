/*
 * havlak.java - the loops of a graph of jumps, and which lies in which, after Havlak.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.ArrayList;
import java.util.Arrays;

final class Havlak {
    static final int PLAIN = 0;
    static final int OF_ITSELF = 1;
    static final int REDUCIBLE = 2;
    static final int IRREDUCIBLE = 3;

    static final class Block {
        final int id;
        final ArrayList<Block> sources = new ArrayList<>();
        final ArrayList<Block> targets = new ArrayList<>();

        Block(int id) {
            this.id = id;
        }
    }

    static final class Graph {
        final ArrayList<Block> blocks = new ArrayList<>();

        Block add() {
            Block one = new Block(blocks.size());
            blocks.add(one);
            return one;
        }

        void connect(Block from, Block to) {
            from.targets.add(to);
            to.sources.add(from);
        }

        Block row(Block from, int count) {
            Block last = from;
            for (int i = 0; i < count; i++) {
                Block next = add();
                connect(last, next);
                last = next;
            }
            return last;
        }

        Block diamond(Block from) {
            Block left = add();
            Block right = add();
            Block end = add();
            connect(from, left);
            connect(from, right);
            connect(left, end);
            connect(right, end);
            return end;
        }

        Block smallLoop(Block from) {
            Block header = row(from, 1);
            Block end = row(diamond(header), 1);
            connect(end, header);
            connect(end, end);
            return row(end, 1);
        }

        Block nested(Block from, int depth) {
            if (depth == 0)
                return smallLoop(from);
            Block header = row(from, 1);
            Block at = header;
            for (int i = 0; i < 3; i++)
                at = nested(diamond(at), depth - 1);
            connect(at, header);
            if (depth == 2)
                connect(from, at);
            return row(at, 1);
        }
    }

    static final class Loop {
        private final boolean isReducible;
        final ArrayList<Block> blocks = new ArrayList<>();
        private final ArrayList<Loop> inner = new ArrayList<>();
        Loop outer;

        Loop(Block header, boolean isReducible) {
            this.isReducible = isReducible;
            blocks.add(header);
        }

        void putInto(Loop other) {
            outer = other;
            other.inner.add(this);
        }

        int weight(int depth) {
            int sum = depth * blocks.size() + (isReducible ? 0 : 1000);
            for (Loop one : inner)
                sum += one.weight(depth + 1);
            return sum;
        }
    }

    static final class Node {
        final Block block;
        final int number;
        Node parent;
        Loop loop;
        int last;
        int kind = PLAIN;
        int pool = -1;
        final ArrayList<Integer> back = new ArrayList<>();
        final ArrayList<Integer> others = new ArrayList<>();

        Node(Block block, int number) {
            this.block = block;
            this.number = number;
            parent = this;
            last = number;
        }

        Node find() {
            Node top = this;
            while (top.parent != top)
                top = top.parent;
            Node one = this;
            while (one.parent != top) {
                Node next = one.parent;
                one.parent = top;
                one = next;
            }
            return top;
        }

        boolean isAbove(Node lower) {
            return number <= lower.number && lower.number <= last;
        }
    }

    private final Graph graph;
    private final ArrayList<Node> nodes = new ArrayList<>();
    private final int[] numbers;
    private final ArrayList<Loop> loops = new ArrayList<>();

    Havlak(Graph graph) {
        this.graph = graph;
        numbers = new int[graph.blocks.size()];
        Arrays.fill(numbers, -1);
    }

    private void visit(Block block) {
        Node node = new Node(block, nodes.size());
        nodes.add(node);
        numbers[block.id] = node.number;
        for (Block target : block.targets)
            if (numbers[target.id] < 0)
                visit(target);
        node.last = nodes.size() - 1;
    }

    private void sortEdges() {
        for (Node node : nodes) {
            for (Block source : node.block.sources) {
                int number = numbers[source.id];
                if (number < 0)
                    continue;
                if (node.isAbove(nodes.get(number)))
                    node.back.add(number);
                else
                    node.others.add(number);
            }
        }
    }

    private void put(ArrayList<Node> body, Node one, Node header) {
        if (one.pool != header.number) {
            one.pool = header.number;
            body.add(one);
        }
    }

    private ArrayList<Node> bodyOf(Node header) {
        ArrayList<Node> body = new ArrayList<>();
        for (int number : header.back) {
            if (number == header.number)
                header.kind = OF_ITSELF;
            else
                put(body, nodes.get(number).find(), header);
        }
        if (!body.isEmpty())
            header.kind = REDUCIBLE;
        for (int at = 0; at < body.size(); at++) {
            for (int number : body.get(at).others) {
                Node above = nodes.get(number).find();
                if (!header.isAbove(above)) {
                    header.kind = IRREDUCIBLE;
                    header.others.add(above.number);
                } else if (above != header) {
                    put(body, above, header);
                }
            }
        }
        return body;
    }

    private void makeLoop(Node header, ArrayList<Node> body) {
        Loop loop = new Loop(header.block, header.kind != IRREDUCIBLE);
        header.loop = loop;
        loops.add(loop);
        for (Node one : body) {
            one.parent = header;
            if (one.loop != null)
                one.loop.putInto(loop);
            else
                loop.blocks.add(one.block);
        }
    }

    void find() {
        visit(graph.blocks.get(0));
        sortEdges();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node header = nodes.get(i);
            ArrayList<Node> body = bodyOf(header);
            if (!body.isEmpty() || header.kind == OF_ITSELF)
                makeLoop(header, body);
        }
    }

    int result() {
        int sum = 0;
        for (Loop loop : loops)
            if (loop.outer == null)
                sum += loop.weight(1);
        return sum * 1000 + loops.size();
    }

    static int loopsOfAGraph() {
        Graph graph = new Graph();
        Block last = graph.add();
        for (int i = 0; i < 3; i++)
            last = graph.nested(last, 3);
        Havlak finder = new Havlak(graph);
        finder.find();
        return finder.result();
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = loopsOfAGraph();
            if (found != 12027201)
                throw new IllegalStateException("havlak: " + found + " is wrong");
        }
        System.out.println("havlak: " + rounds);
    }
}
