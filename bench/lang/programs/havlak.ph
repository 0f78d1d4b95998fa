// havlak.ph - the loops of a graph of jumps, and which lies in which, after Havlak: many small objects, and arrays of them
// and of numbers.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const int PLAIN = 0;
const int OF_ITSELF = 1;
const int REDUCIBLE = 2;
const int IRREDUCIBLE = 3;

class block {
    const int id;
    const block[] sources = [];
    const block[] targets = [];

    void block(int id0) {
        id = id0;
    }
}

class graph {
    const block[] blocks = [];

    block add() {
        block one = new block(blocks.size());
        blocks.add(one);
        return one;
    }

    void connect(block from, block to) {
        from.targets.add(to);
        to.sources.add(from);
    }

    // Each of these adds blocks behind one, and gives the last of them.
    block line(block from, int count) {
        block last = from;
        for (int i = 0; i < count; i++) {
            block next = add();
            connect(last, next);
            last = next;
        }
        return last;
    }

    block diamond(block from) {
        block left = add();
        block right = add();
        block end = add();
        connect(from, left);
        connect(from, right);
        connect(left, end);
        connect(right, end);
        return end;
    }

    block smallLoop(block from) {
        block header = line(from, 1);
        block end = line(diamond(header), 1);
        connect(end, header);
        connect(end, end);
        return line(end, 1);
    }

    block nested(block from, int depth) {
        if (depth == 0)
            return smallLoop(from);
        block header = line(from, 1);
        block at = header;
        for (int i = 0; i < 3; i++)
            at = nested(diamond(at), depth - 1);
        connect(at, header);
        // A jump into the middle of the loop makes it irreducible.
        if (depth == 2)
            connect(from, at);
        return line(at, 1);
    }
}

class loop {
    private const boolean isReducible;
    const block[] blocks = [];
    private const loop[] inner = [];
    loop outer;

    void loop(block header, boolean isReducible0) {
        isReducible = isReducible0;
        blocks.add(header);
    }

    void putInto(loop other) {
        outer = other;
        other.inner.add(this);
    }

    // How many blocks, those of inner loops counting more.
    int weight(int depth) {
        int sum = depth * blocks.size() + (isReducible ? 0 : 1000);
        foreach (one in inner)
            sum += one.weight(depth + 1);
        return sum;
    }
}

// A block as the search has come to it. Nodes whose loop is known are sets, whose tops are their headers.
class node {
    const block place;
    const int number;
    node parent;
    loop mine;
    int last;               // the last node below this one
    int kind = PLAIN;
    int pool = -1;          // the header in whose body it was put last
    const int[] back = [];
    const int[] others = [];

    void node(block place0, int number0) {
        place = place0;
        number = number0;
        parent = this;
        last = number0;
    }

    node find() {
        node top = this;
        while (top.parent :!= top)
            top = top.parent;
        node one = this;
        while (one.parent :!= top) {
            node next = one.parent;
            one.parent = top;
            one = next;
        }
        return top;
    }

    boolean isAbove(node lower) {
        return number <= lower.number && lower.number <= last;
    }
}

class finder {
    private const graph over;
    private const node[] nodes = [];
    private const ints numbers;
    private const loop[] loops = [];

    void finder(graph over0) {
        over = over0;
        numbers = new ints(over.blocks.size());
        for (int i = 0; i < numbers.size(); i++)
            numbers[i] = -1;
    }

    private void visit(block place) {
        node one = new node(place, nodes.size());
        nodes.add(one);
        numbers[place.id] = one.number;
        foreach (target in place.targets)
            if (numbers[target.id] < 0)
                visit(target);
        one.last = nodes.size() - 1;
    }

    private void sortEdges() {
        foreach (one in nodes) {
            foreach (source in one.place.sources) {
                int number = numbers[source.id];
                if (number < 0)
                    continue;
                if (one.isAbove(nodes[number]))
                    one.back.add(number);
                else
                    one.others.add(number);
            }
        }
    }

    private void put(node[] body, node one, node header) {
        if (one.pool != header.number) {
            one.pool = header.number;
            body.add(one);
        }
    }

    // What lies in the loop of a header, if there is one.
    private node[] bodyOf(node header) {
        node[] body = [];
        foreach (number in header.back) {
            if (number == header.number)
                header.kind = OF_ITSELF;
            else
                put(body, nodes[number].find(), header);
        }
        if (!body.isEmpty())
            header.kind = REDUCIBLE;
        for (int at = 0; at < body.size(); at++) {
            foreach (number in body[at].others) {
                node above = nodes[number].find();
                if (!header.isAbove(above)) {
                    header.kind = IRREDUCIBLE;
                    header.others.add(above.number);
                } else if (above :!= header) {
                    put(body, above, header);
                }
            }
        }
        return body;
    }

    private void makeLoop(node header, node[] body) {
        loop made = new loop(header.place, header.kind != IRREDUCIBLE);
        header.mine = made;
        loops.add(made);
        foreach (one in body) {
            one.parent = header;
            if (one.mine != null)
                one.mine.putInto(made);
            else
                made.blocks.add(one.place);
        }
    }

    void find() {
        visit(over.blocks[0]);
        sortEdges();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            node header = nodes[i];
            node[] body = bodyOf(header);
            if (!body.isEmpty() || header.kind == OF_ITSELF)
                makeLoop(header, body);
        }
    }

    // The weight of all loops, times 1000, and how many they are.
    int result() {
        int sum = 0;
        foreach (one in loops)
            if (one.outer == null)
                sum += one.weight(1);
        return sum * 1000 + loops.size();
    }
}

int loopsOfAGraph() {
    graph jumps = new graph();
    block last = jumps.add();
    for (int i = 0; i < 3; i++)
        last = jumps.nested(last, 3);
    finder search = new finder(jumps);
    search.find();
    return search.result();
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = loopsOfAGraph();
    if (found != 12027201)
        throw "havlak: \{found} is wrong";
}
println("havlak: \{rounds}");
