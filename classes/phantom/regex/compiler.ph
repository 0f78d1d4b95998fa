// From a pattern to its program: the pattern becomes a tree, the tree instructions.

package .phantom.regex;

import .internal.container.array;
import .phantom.text.builder;

// A node of the tree, by its kind:
//
//   c  the code point a      r  the parts, one behind the other
//   .  any character         |  one of the parts
//   [  one of the set        (  the part, a group with the number a; -1: without one
//   a  a place: one of       *  the part, a to b times; b is -1: without end
//      ^ $ b B, or A and Z, the ends of the text
class node {
    char kind;
    int a;
    int b;
    boolean lazy;
    charset set;
    array parts;

    void node(char kind0, int a0) {
        kind = kind0;
        a = a0;
        if ("r|(*".indexOfChar(kind) >= 0)
            parts = new array();
    }
}

class compiler {
    private const static int SIZE_MAX = 20000;
    private const static int COUNT_MAX = 1000;
    private const static int DEPTH_MAX = 200;
    private const static int GROUPS_MAX = 200;

    private string pattern;
    private .internal.chars units;
    private int at;
    private int depth;
    private int groups;
    private boolean multiline;
    private boolean dotAll;
    private program program = new program();

    void compiler(string pattern0, string flags) {
        pattern = pattern0;
        units = pattern.toChars();
        foreach (flag in flags) {
            switch (flag) {
                case 'i': program.folds = true; break;
                case 'm': multiline = true; break;
                case 's': dotAll = true; break;
                default: throw new .internal.error.argument("regex: there is no flag \{flag}, only i, m and s");
            }
        }
    }

    program compile() {
        node tree = readChoice();
        if (at < units.size())
            refuse("`)` without `(`", at);
        int size = sizeOf(tree) + 3;
        if (size > SIZE_MAX)
            throw new .internal.error.argument("regex: the pattern is too large: /\{pattern}/");
        program.ops = new .internal.chars(size);
        program.xs = new .internal.ints(size);
        program.ys = new .internal.ints(size);
        program.slots = 2 * groups + 2;
        put('s', 0, 0);
        emit(tree);
        put('s', 1, 0);
        put('m', 0, 0);
        program.prefix = program.folds ? "" : prefixOf(tree);
        if (program.prefix.isEmpty())
            program.firsts = new firsts_finder(program).find();
        return program;
    }

    // ---- reading ----

    private void refuse(string what, int place) {
        throw new .internal.error.argument("regex: \{what}, at \{place} of /\{pattern}/");
    }

    private boolean sees(char c) {
        return at < units.size() && units[at] == c;
    }

    private boolean takes(char c) {
        if (!sees(c))
            return false;
        at++;
        return true;
    }

    private node readChoice() {
        node choice = new node('|', 0);
        depth++;
        if (depth > DEPTH_MAX)
            refuse("groups are too deep in each other", at);
        do {
            choice.parts.add(readRow());
        } while (takes('|'));
        depth--;
        return choice.parts.size() == 1 ? choice.parts.first() : choice;
    }

    private node readRow() {
        node row = new node('r', 0);
        while (at < units.size() && !sees('|') && !sees(')'))
            row.parts.add(readRepeat());
        return row.parts.size() == 1 ? row.parts.first() : row;
    }

    private node readRepeat() {
        node node = readOne();
        if (!isRepeat())
            return node;
        if (node.kind == 'a')
            refuse("there is nothing to repeat", at);
        node repeat = new node('*', 0);
        repeat.parts.add(node);
        readBounds(repeat);
        repeat.lazy = takes('?');
        if (isRepeat())
            refuse("there is nothing to repeat", at);
        return repeat;
    }

    // A brace that does not begin a count stands for itself.
    private boolean isRepeat() {
        if (sees('*') || sees('+') || sees('?'))
            return true;
        return sees('{') && at + 1 < units.size() && units[at + 1].isDigit();
    }

    private void readBounds(node repeat) {
        int from = at;
        char c = units[at];
        at++;
        repeat.b = -1;
        if (c == '+') {
            repeat.a = 1;
        } else if (c == '?') {
            repeat.b = 1;
        } else if (c == '{') {
            repeat.a = readCount();
            repeat.b = repeat.a;
            if (takes(','))
                repeat.b = sees('}') ? -1 : readCount();
            if (!takes('}'))
                refuse("a count should end in `}`", from);
            if (repeat.b >= 0 && repeat.b < repeat.a)
                refuse("a count from \{repeat.a} to \{repeat.b}", from);
        }
    }

    private int readCount() {
        int from = at;
        int n = 0;
        while (at < units.size() && units[at].isDigit()) {
            n = n * 10 + (units[at] - '0');
            if (n > COUNT_MAX)
                refuse("a count above \{COUNT_MAX}", from);
            at++;
        }
        if (at == from)
            refuse("a number should be here", at);
        return n;
    }

    private node readOne() {
        char c = units[at];
        switch (c) {
            case '(': return readGroup();
            case '[': return readSet();
            case '\\': return readEscape();
            case '.': at++; return new node('.', 0);
            case '^': case '$': at++; return new node('a', multiline ? (int) c : c == '^' ? 'A' : 'Z');
            case '*': case '+': case '?': refuse("there is nothing to repeat", at); break;
        }
        int point = pattern.codePointAt(at);
        at += point > 65535 ? 2 : 1;
        return new node('c', point);
    }

    private node readGroup() {
        int from = at;
        node group = new node('(', -1);
        at++;
        if (!sees('?')) {
            group.a = nextGroup(from);
        } else if (pattern.matchesAt("?:", at)) {
            at += 2;
        } else if (pattern.matchesAt("?<", at) && at + 2 < units.size() && units[at + 2].isWord()) {
            group.a = readName();
        } else {
            refuse("a group begins with `(`, `(?:` or `(?<name>`", from);
        }
        group.parts.add(readChoice());
        if (!takes(')'))
            refuse("`(` without `)`", from);
        return group;
    }

    private int readName() {
        int from = at + 2;
        at = from;
        while (at < units.size() && units[at].isWord())
            at++;
        string name = pattern.slice(from, at);
        if (!takes('>'))
            refuse("a group's name should end in `>`", from);
        if (program.names.has(name))
            refuse("there are two groups called \{name}", from);
        program.names[name] = nextGroup(from);
        return groups;
    }

    private int nextGroup(int from) {
        if (groups == GROUPS_MAX)
            refuse("more than \{GROUPS_MAX} groups that are numbered", from);
        groups++;
        return groups;
    }

    private node readEscape() {
        int from = at;
        at++;
        if (at >= units.size())
            refuse("`\\` at the end", from);
        char c = units[at];
        if ("dwsDWS".indexOfChar(c) >= 0) {
            at++;
            node node = new node('[', 0);
            node.set = new charset();
            node.set.addKind(c);
            node.set.finish(program.folds);
            return node;
        }
        if (c == 'b' || c == 'B') {
            at++;
            return new node('a', c);
        }
        return new node('c', readEscaped(from));
    }

    // Behind the backslash: the code point that is meant.
    private int readEscaped(int from) {
        char c = units[at];
        at++;
        switch (c) {
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'f': return 12;
            case '0': return 0;
            case 'x': return readHex(2, from);
            case 'u': return readHex(4, from);
        }
        if (c.isWord())
            refuse("there is no escape \\\{c}", from);
        return c;
    }

    private int readHex(int digits, int from) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < units.size() ? units[at].digit(16) : -1;
            if (digit < 0)
                refuse("\{digits} hexadecimal digits should be here", from);
            value = value * 16 + digit;
            at++;
        }
        return value;
    }

    private node readSet() {
        int from = at;
        node node = new node('[', 0);
        node.set = new charset();
        at++;
        node.set.negated = takes('^');
        do {
            if (at >= units.size())
                refuse("`[` without `]`", from);
            readItem(node.set, from);
        } while (!takes(']'));
        node.set.finish(program.folds);
        return node;
    }

    // One character, range or kind of a set; `]` is one as the first.
    private void readItem(charset set, int from) {
        if (sees('\\') && at + 1 < units.size() && "dwsDWS".indexOfChar(units[at + 1]) >= 0) {
            set.addKind(units[at + 1]);
            at += 2;
            return;
        }
        int begin = at;
        int first = readMember(from);
        int last = first;
        if (sees('-') && at + 1 < units.size() && units[at + 1] != ']') {
            at++;
            last = readMember(from);
        }
        if (last < first)
            refuse("a range that falls", begin);
        set.addRange(first, last);
    }

    private int readMember(int from) {
        if (at >= units.size())
            refuse("`[` without `]`", from);
        if (takes('\\')) {
            if (at >= units.size())
                refuse("`\\` at the end", at - 1);
            return readEscaped(at - 1);
        }
        int point = pattern.codePointAt(at);
        at += point > 65535 ? 2 : 1;
        return point;
    }

    // ---- writing ----

    // How many instructions a node becomes; more than SIZE_MAX is as much as any.
    private static int sizeOf(node tree) {
        long size = 0L;
        if (tree.parts != null) {
            foreach (part in tree.parts)
                size += sizeOf(part);
        }
        switch (tree.kind) {
            case 'c': size = tree.a > 65535 ? 2 : 1; break;
            case '.': case '[': size = 2; break;
            case 'a': size = 1; break;
            case '(': size += 2L; break;
            case '|': size += 2L * tree.parts.size(); break;
            case '*': size = tree.b < 0 ? size * (tree.a + 1) + 2 : size * tree.b + tree.b; break;
        }
        return size > SIZE_MAX ? SIZE_MAX + 1 : (int) size;
    }

    private int put(char op, int x, int y) {
        int here = program.count;
        program.ops[here] = op;
        program.xs[here] = x;
        program.ys[here] = y;
        program.count++;
        return here;
    }

    private void emit(node node) {
        switch (node.kind) {
            case 'c': emitChar(node.a); break;
            case '.':
                put('.', dotAll ? 0 : 1, 0);
                put('2', 0, 0);
                break;
            case '[':
                program.sets.add(node.set);
                put('[', program.sets.size() - 1, 0);
                put('2', 0, 0);
                break;
            case 'r': foreach (part in node.parts) emit(part); break;
            case '|': emitChoice(node); break;
            case '(': emitGroup(node); break;
            case '*': emitRepeat(node); break;
            case 'a': put('a', node.a, 0); break;
        }
    }

    private void emitChar(int point) {
        string text = .internal.string.fromCodePoint(point);
        if (program.folds)
            text = text.toUpper().toLower();
        foreach (unit in text)
            put('c', unit, 0);
    }

    private void emitGroup(node node) {
        if (node.a >= 0)
            put('s', 2 * node.a, 0);
        emit(node.parts.first());
        if (node.a >= 0)
            put('s', 2 * node.a + 1, 0);
    }

    private void emitChoice(node node) {
        array ends = new array();
        for (int i = 0; i < node.parts.size() - 1; i++) {
            int split = put('|', program.count + 1, 0);
            emit(node.parts.get(i));
            ends.add(put('j', 0, 0));
            program.ys[split] = program.count;
        }
        emit(node.parts.last());
        foreach (end in ends)
            program.xs[(int) end] = program.count;
    }

    private void emitRepeat(node node) {
        node part = node.parts.first();
        array splits = new array();
        for (int i = 0; i < node.a - (node.b < 0 ? 1 : 0); i++)
            emit(part);
        if (node.b < 0 && node.a > 0) {
            int again = program.count;
            emit(part);
            splits.add(putSplit(again, node.lazy));
        } else if (node.b < 0) {
            int split = putSplit(program.count + 1, node.lazy);
            emit(part);
            put('j', split, 0);
            splits.add(split);
        }
        for (int i = node.a; i < node.b; i++) {
            splits.add(putSplit(program.count + 1, node.lazy));
            emit(part);
        }
        foreach (split in splits) {
            if (node.lazy)
                program.xs[(int) split] = program.count;
            else
                program.ys[(int) split] = program.count;
        }
    }

    // Once more, or on: where that is, is filled in later.
    private int putSplit(int again, boolean lazy) {
        return lazy ? put('|', 0, again) : put('|', again, 0);
    }

    private static string prefixOf(node tree) {
        builder text = new builder();
        if (tree.kind == 'c')
            return .internal.string.fromCodePoint(tree.a);
        if (tree.kind != 'r')
            return "";
        foreach (part in tree.parts) {
            node node = part;
            if (node.kind != 'c')
                break;
            text.add(.internal.string.fromCodePoint(node.a));
        }
        return text.toString();
    }
}

// The units of Latin-1 with which a match can begin.
class firsts_finder {
    private program program;
    private .internal.bytes seen;
    private .internal.bytes firsts = new .internal.bytes(256);
    private boolean everything;

    void firsts_finder(program program0) {
        program = program0;
        seen = new .internal.bytes(program.count);
    }

    // null if it can be anything.
    .internal.bytes find() {
        array left = [0];
        while (!left.isEmpty() && !everything) {
            int pc = left.pop();
            if (seen[pc] == 0) {
                seen[pc] = 1;
                visit(pc, left);
            }
        }
        return everything ? null : firsts;
    }

    private void visit(int pc, array left) {
        int x = program.xs[pc];
        switch (program.ops[pc]) {
            case 'c': if (x < 256) firsts[x] = 1; break;
            case '[': addSet(program.sets.get(x)); break;
            case '|': left.add(x); left.add(program.ys[pc]); break;
            case 'j': left.add(x); break;
            case 's': case 'a': left.add(pc + 1); break;
            default: everything = true;
        }
    }

    private void addSet(charset set) {
        for (int i = 0; i < 256; i++) {
            if (set.has(i, program.folds))
                firsts[i] = 1;
        }
    }
}
