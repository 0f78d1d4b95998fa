"""havlak.py - the loops of a graph of jumps, and which lies in which, after Havlak.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys

PLAIN, OF_ITSELF, REDUCIBLE, IRREDUCIBLE = range(4)


class Block:
    def __init__(self, ident):
        self.id = ident
        self.sources = []
        self.targets = []


class Graph:
    def __init__(self):
        self.blocks = []

    def add(self):
        one = Block(len(self.blocks))
        self.blocks.append(one)
        return one

    def connect(self, start, to):
        start.targets.append(to)
        to.sources.append(start)

    def row(self, start, count):
        last = start
        for _ in range(count):
            following = self.add()
            self.connect(last, following)
            last = following
        return last

    def diamond(self, start):
        left, right, end = self.add(), self.add(), self.add()
        self.connect(start, left)
        self.connect(start, right)
        self.connect(left, end)
        self.connect(right, end)
        return end

    def small_loop(self, start):
        header = self.row(start, 1)
        end = self.row(self.diamond(header), 1)
        self.connect(end, header)
        self.connect(end, end)
        return self.row(end, 1)

    def nested(self, start, depth):
        if depth == 0:
            return self.small_loop(start)
        header = self.row(start, 1)
        at = header
        for _ in range(3):
            at = self.nested(self.diamond(at), depth - 1)
        self.connect(at, header)
        if depth == 2:
            self.connect(start, at)
        return self.row(at, 1)


class Loop:
    def __init__(self, header, is_reducible):
        self.header = header
        self.is_reducible = is_reducible
        self.blocks = [header]
        self.inner = []
        self.outer = None

    def put_into(self, other):
        self.outer = other
        other.inner.append(self)

    def weight(self, depth):
        total = depth * len(self.blocks) + (0 if self.is_reducible else 1000)
        for one in self.inner:
            total += one.weight(depth + 1)
        return total


class Node:
    def __init__(self, block, number):
        self.block = block
        self.number = number
        self.parent = self
        self.loop = None
        self.last = number
        self.kind = PLAIN
        self.pool = -1
        self.back = []
        self.others = []

    def find(self):
        top = self
        while top.parent is not top:
            top = top.parent
        one = self
        while one.parent is not top:
            following = one.parent
            one.parent = top
            one = following
        return top


class Finder:
    def __init__(self, graph):
        self.graph = graph
        self.nodes = []
        self.numbers = [-1] * len(graph.blocks)
        self.loops = []

    def visit(self, block):
        node = Node(block, len(self.nodes))
        self.nodes.append(node)
        self.numbers[block.id] = node.number
        for target in block.targets:
            if self.numbers[target.id] < 0:
                self.visit(target)
        node.last = len(self.nodes) - 1

    def is_above(self, upper, lower):
        return upper.number <= lower.number <= upper.last

    def sort_edges(self):
        for node in self.nodes:
            for source in node.block.sources:
                number = self.numbers[source.id]
                if number < 0:
                    continue
                if self.is_above(node, self.nodes[number]):
                    node.back.append(number)
                else:
                    node.others.append(number)

    def body_of(self, node):
        body = []
        for number in node.back:
            if number == node.number:
                node.kind = OF_ITSELF
                continue
            self.put(body, self.nodes[number].find(), node)
        if body:
            node.kind = REDUCIBLE
        at = 0
        while at < len(body):
            for number in body[at].others:
                above = self.nodes[number].find()
                if not self.is_above(node, above):
                    node.kind = IRREDUCIBLE
                    node.others.append(above.number)
                elif above is not node:
                    self.put(body, above, node)
            at += 1
        return body

    def put(self, body, one, header):
        if one.pool != header.number:
            one.pool = header.number
            body.append(one)

    def make_loop(self, node, body):
        loop = Loop(node.block, node.kind != IRREDUCIBLE)
        node.loop = loop
        self.loops.append(loop)
        for one in body:
            one.parent = node
            if one.loop is not None:
                one.loop.put_into(loop)
            else:
                loop.blocks.append(one.block)

    def find(self):
        self.visit(self.graph.blocks[0])
        self.sort_edges()
        for i in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[i]
            body = self.body_of(node)
            if body or node.kind == OF_ITSELF:
                self.make_loop(node, body)

    def result(self):
        total = 0
        for loop in self.loops:
            if loop.outer is None:
                total += loop.weight(1)
        return total * 1000 + len(self.loops)


def loops_of_a_graph():
    graph = Graph()
    last = graph.add()
    for _ in range(3):
        last = graph.nested(last, 3)
    finder = Finder(graph)
    finder.find()
    return finder.result()


def main():
    sys.setrecursionlimit(10000)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = loops_of_a_graph()
        if found != 12027201:
            sys.exit(f"havlak: {found} is wrong")
    print(f"havlak: {rounds}")


main()
