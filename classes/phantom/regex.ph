// Patterns for text. A search takes time in proportion to the text and the pattern, whatever they are.
//
//   abc            these characters         a|b         one or the other
//   .              any but a line end       (a) (?:a)   a group; one that is not numbered
//   [a-z_] [^0-9]  one of these; none       (?<name>a)  a group with a name
//   \d \w \s       a digit, a letter or     a* a+ a?    as many as there are; at least one; one or none
//   \D \W \S       the like, a space; not   a{2} a{2,5} so many; a{2,} at least
//   ^ $            begin and end of text    a*? a+? ... as few as possible
//   \b \B          a word begins or ends    \. \n \x41 \u20ac   what is not meant as above
//
// Flags: i makes capitals and small letters the same, m lets ^ and $ stand at each line, s lets . be a line end.
// In what replaces, $1 and ${name} are groups, $0 is all, $$ is the sign itself.
//
// How: the pattern becomes a program (regex_compiler), whose threads all walk over the text at once, in order of
// preference; each instruction has one thread at most (regex_machine).

package .phantom;

import .internal.container.array;
import .phantom.text.builder;

class regex {
    private string source;
    private regex_program program;

    // A pattern; an argument error that names the place if it is none.
    void regex(string pattern) {
        source = pattern;
        program = new regex_compiler(pattern, "").compile();
    }

    // A pattern with flags, some of "ims".
    void regex(string pattern, string flags) {
        source = pattern;
        program = new regex_compiler(pattern, flags).compile();
    }

    // The pattern.
    string pattern() {
        return source;
    }

    // Does all of the text match?
    boolean matches(string text) {
        return match(text) != null;
    }

    // The match of all of the text, or null.
    regex_match match(string text) {
        return new regex_machine(program, text).search(0, true);
    }

    // Does the text match anywhere?
    boolean isIn(string text) {
        return find(text, 0) != null;
    }

    // The first match in the text, or null.
    regex_match find(string text) {
        return find(text, 0);
    }

    // The first match at or behind `from`, or null.
    regex_match find(string text, int from) {
        if (from < 0 || from > text.length())
            throw new .internal.error.bounds("search from \{from} in a text of \{text.length()}");
        return new regex_machine(program, text).search(from, false);
    }

    // All matches, side by side.
    array findAll(string text) {
        return findSome(text, .internal.int.MAX);
    }

    // The text with something else in place of each match: a text with $1 and the like, or what a function
    // makes of the match.
    string replace(string text, any with) {
        return put(text, findAll(text), with);
    }

    // The same for the first match only.
    string replaceFirst(string text, any with) {
        return put(text, findSome(text, 1), with);
    }

    // The parts of the text between matches. Matches of nothing separate nothing.
    string[] split(string text) {
        string[] parts = [];
        int from = 0;
        foreach (match in findAll(text)) {
            regex_match found = match;
            if (found.end() > found.start()) {
                parts.add(text.substring(from, found.start() - from));
                from = found.end();
            }
        }
        parts.add(text.substring(from));
        return parts;
    }

    // A pattern that matches exactly this text.
    static string escape(string text) {
        builder out = new builder();
        foreach (c in text) {
            if ("\\^$.|?*+()[]\{"{"}}".indexOfChar(c) >= 0)
                out.addChar('\\');
            out.addChar(c);
        }
        return out.toString();
    }

    string toString() [5] {
        return "/\{source}/";
    }

    private array findSome(string text, int most) {
        regex_machine machine = new regex_machine(program, text);
        array found = new array();
        int from = 0;
        while (found.size() < most && from <= text.length()) {
            regex_match match = machine.search(from, false);
            if (match == null)
                break;
            found.add(match);
            from = match.end();
            if (match.end() == match.start())
                from++;
        }
        return found;
    }

    private static string put(string text, array matches, any with) {
        builder out = new builder();
        int from = 0;
        foreach (found in matches) {
            regex_match match = found;
            out.add(text.substring(from, match.start() - from));
            if (with instanceof .internal.function)
                out.addAny(with.call(match));
            else
                fillIn(out, match, with);
            from = match.end();
        }
        return out.add(text.substring(from)).toString();
    }

    // `with` with the groups of a match in place of $1 and the like.
    private static void fillIn(builder out, regex_match match, string with) {
        int from = 0;
        for (int at = with.indexOfChar('$'); at >= 0; at = with.indexOfChar('$', from)) {
            char next = at + 1 < with.length() ? with.charAt(at + 1) : ' ';
            out.add(with.substring(from, at - from));
            from = at + 2;
            if (next == '$') {
                out.addChar('$');
            } else if (next.isDigit()) {
                while (from < with.length() && from < at + 3 && with.charAt(from).isDigit() &&
                       with.slice(at + 1, from + 1).toInt() <= match.groupCount())
                    from++;
                addGroup(out, match.group(with.slice(at + 1, from).toInt()));
            } else if (next == '{' && with.indexOfChar('}', from) > 0) {
                int end = with.indexOfChar('}', from);
                addGroup(out, match.group(with.slice(from, end)));
                from = end + 1;
            } else {
                throw new .internal.error.argument("replace: $ at \{at} should be $1, ${name} or $$");
            }
        }
        out.add(with.substring(from));
    }

    private static void addGroup(builder out, string group) {
        if (group != null)
            out.add(group);
    }
}

// ---- the program ----

// Instruction i is ops[i] with xs[i] and ys[i]. What may take a character of two units has an instruction 2
// behind it, for the second one.
//
//   c  the unit x                              j  go on at x
//   .  any character; x is 1: no line end      |  go on at x, and with less preference at y
//   [  a character of the set x                s  the place goes to slot x
//   2  the second unit of a character          a  the place is as the char x says
//   m  a match
class regex_program {
    .internal.chars ops;
    .internal.ints xs;
    .internal.ints ys;
    array sets = new array();
    int count;
    int slots = 2;
    .internal.container.map names = {};
    boolean folds;
    string prefix = "";          // each match begins with it
    .internal.bytes firsts;      // or with one of these units, if it is not null; all above 255 may be
}

class regex_set {
    private array ranges = new array(); // from, to, from, to ...
    private string kinds = "";          // dwsDWS
    private .internal.bytes low = new .internal.bytes(256);
    boolean negated;

    void addRange(int from, int to) {
        ranges.add(from);
        ranges.add(to);
    }

    void addKind(char kind) {
        kinds = kinds + kind;
    }

    // All is added: from here on `has` is quick for Latin-1.
    void finish(boolean folds) {
        for (int i = 0; i < 256; i++)
            low[i] = isIn(i, folds) ? 1 : 0;
    }

    boolean has(int point, boolean folds) {
        return point < 256 ? low[point] != 0 : isIn(point, folds);
    }

    private boolean isIn(int point, boolean folds) {
        boolean there = holds(point);
        if (!there && folds && point < 65536)
            there = holds((int) ((char) point).toUpper()) || holds((int) ((char) point).toLower());
        return there != negated;
    }

    private boolean holds(int point) {
        for (int i = 0; i < ranges.size(); i += 2) {
            if (point >= (int) ranges.get(i) && point <= (int) ranges.get(i + 1))
                return true;
        }
        for (int i = 0; i < kinds.length(); i++) {
            char kind = kinds.charAt(i);
            if (isOfKind(point, kind.toLower()) == kind.isLower())
                return true;
        }
        return false;
    }

    static boolean isOfKind(int point, char kind) {
        if (point > 65535)
            return kind == 'w';
        char c = (char) point;
        return kind == 'd' ? c.isDigit() : kind == 'w' ? c.isWord() : c.isSpace();
    }
}

// ---- from the pattern to the program ----

//   c  the code point a      r  the parts, one behind the other
//   .  any character         |  one of the parts
//   [  one of the set        (  the part, a group with the number a; -1: without one
//   a  a place: one of       *  the part, a to b times; b is -1: without end
//      ^ $ b B, or A and Z, the ends of the text
class regex_node {
    char kind;
    int a;
    int b;
    boolean lazy;
    regex_set set;
    array parts;

    void regex_node(char kind0, int a0) {
        kind = kind0;
        a = a0;
        if ("r|(*".indexOfChar(kind) >= 0)
            parts = new array();
    }
}

class regex_compiler {
    private const static int SIZE_MAX = 20000;
    private const static int COUNT_MAX = 1000;
    private const static int DEPTH_MAX = 200;

    private string pattern;
    private .internal.chars units;
    private int at;
    private int depth;
    private int groups;
    private boolean multiline;
    private boolean dotAll;
    private regex_program program = new regex_program();

    void regex_compiler(string pattern0, string flags) {
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

    regex_program compile() {
        regex_node tree = readChoice();
        if (at < units.size())
            refuse("`)` without `(`", at);
        program.ops = new .internal.chars(64);
        program.xs = new .internal.ints(64);
        program.ys = new .internal.ints(64);
        program.slots = 2 * groups + 2;
        put('s', 0, 0);
        emit(tree);
        put('s', 1, 0);
        put('m', 0, 0);
        program.prefix = program.folds ? "" : prefixOf(tree);
        if (program.prefix.isEmpty())
            program.firsts = new regex_firsts(program).find();
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

    private regex_node readChoice() {
        regex_node choice = new regex_node('|', 0);
        depth++;
        if (depth > DEPTH_MAX)
            refuse("groups are too deep in each other", at);
        do {
            choice.parts.add(readRow());
        } while (takes('|'));
        depth--;
        return choice.parts.size() == 1 ? choice.parts.first() : choice;
    }

    private regex_node readRow() {
        regex_node row = new regex_node('r', 0);
        while (at < units.size() && !sees('|') && !sees(')'))
            row.parts.add(readRepeat());
        return row.parts.size() == 1 ? row.parts.first() : row;
    }

    private regex_node readRepeat() {
        regex_node node = readOne();
        if (!isRepeat())
            return node;
        if (node.kind == 'a')
            refuse("there is nothing to repeat", at);
        regex_node repeat = new regex_node('*', 0);
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

    private void readBounds(regex_node repeat) {
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

    private regex_node readOne() {
        char c = units[at];
        switch (c) {
            case '(': return readGroup();
            case '[': return readSet();
            case '\\': return readEscape();
            case '.': at++; return new regex_node('.', 0);
            case '^': case '$': at++; return new regex_node('a', multiline ? (int) c : c == '^' ? 'A' : 'Z');
            case '*': case '+': case '?': refuse("there is nothing to repeat", at); break;
        }
        int point = pattern.codePointAt(at);
        at += point > 65535 ? 2 : 1;
        return new regex_node('c', point);
    }

    private regex_node readGroup() {
        int from = at;
        regex_node group = new regex_node('(', -1);
        at++;
        if (!sees('?')) {
            groups++;
            group.a = groups;
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
        groups++;
        program.names[name] = groups;
        return groups;
    }

    private regex_node readEscape() {
        int from = at;
        at++;
        if (at >= units.size())
            refuse("`\\` at the end", from);
        char c = units[at];
        if ("dwsDWS".indexOfChar(c) >= 0) {
            at++;
            regex_node node = new regex_node('[', 0);
            node.set = new regex_set();
            node.set.addKind(c);
            node.set.finish(program.folds);
            return node;
        }
        if (c == 'b' || c == 'B') {
            at++;
            return new regex_node('a', c);
        }
        return new regex_node('c', readEscaped(from));
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

    private regex_node readSet() {
        int from = at;
        regex_node node = new regex_node('[', 0);
        node.set = new regex_set();
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
    private void readItem(regex_set set, int from) {
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

    private int put(char op, int x, int y) {
        int here = program.count;
        if (here == SIZE_MAX)
            throw new .internal.error.argument("regex: the pattern is too large: /\{pattern}/");
        if (here == program.ops.size()) {
            .internal.chars ops = new .internal.chars(2 * here);
            .internal.system.copyArray(program.ops, 0, ops, 0, here);
            program.ops = ops;
            program.xs = longer(program.xs);
            program.ys = longer(program.ys);
        }
        program.ops[here] = op;
        program.xs[here] = x;
        program.ys[here] = y;
        program.count++;
        return here;
    }

    private static .internal.ints longer(.internal.ints row) {
        .internal.ints result = new .internal.ints(2 * row.size());
        .internal.system.copyArray(row, 0, result, 0, row.size());
        return result;
    }

    private void emit(regex_node node) {
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

    private void emitGroup(regex_node node) {
        if (node.a >= 0)
            put('s', 2 * node.a, 0);
        emit(node.parts.first());
        if (node.a >= 0)
            put('s', 2 * node.a + 1, 0);
    }

    private void emitChoice(regex_node node) {
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

    private void emitRepeat(regex_node node) {
        regex_node part = node.parts.first();
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

    private static string prefixOf(regex_node tree) {
        builder text = new builder();
        if (tree.kind == 'c')
            return .internal.string.fromCodePoint(tree.a);
        if (tree.kind != 'r')
            return "";
        foreach (part in tree.parts) {
            regex_node node = part;
            if (node.kind != 'c')
                break;
            text.add(.internal.string.fromCodePoint(node.a));
        }
        return text.toString();
    }
}

// The units of Latin-1 with which a match can begin.
class regex_firsts {
    private regex_program program;
    private .internal.bytes seen;
    private .internal.bytes firsts = new .internal.bytes(256);
    private boolean everything;

    void regex_firsts(regex_program program0) {
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

    private void addSet(regex_set set) {
        for (int i = 0; i < 256; i++) {
            if (set.has(i, program.folds))
                firsts[i] = 1;
        }
    }
}

// ---- running ----

// The threads at one place of the text, the most preferred first.
class regex_threads {
    .internal.ints pcs;
    .internal.ints slots;  // of thread i at i * slotCount
    .internal.ints marks;  // the round in which an instruction has got its thread
    int count;
    int round;

    void regex_threads(int size, int slotCount) {
        pcs = new .internal.ints(size);
        slots = new .internal.ints(size * slotCount);
        marks = new .internal.ints(size);
    }

    void clear() {
        count = 0;
        round++;
    }
}

class regex_machine {
    private regex_program program;
    private string text;
    private .internal.chars units;
    private regex_threads now;
    private regex_threads next;
    private .internal.ints work;  // the slots of the thread that is being added
    private .internal.ints stack; // what is left to follow: an instruction; or -1 - slot, and above it its value
    private .internal.ints best;  // the slots of the best match so far
    private boolean found;

    void regex_machine(regex_program program0, string text0) {
        program = program0;
        text = text0;
        units = program.folds ? text.toUpper().toLower().toChars() : text.toChars();
        now = new regex_threads(program.count, program.slots);
        next = new regex_threads(program.count, program.slots);
        work = new .internal.ints(program.slots);
        stack = new .internal.ints(3 * program.count + 2);
    }

    // The first match at or behind `from`, or null. `whole`: it begins there and ends with the text.
    regex_match search(int from, boolean whole) {
        int end = units.size();
        found = false;
        now.clear();
        for (int at = from; at <= end; at++) {
            if (now.count == 0) {
                if (found || (whole && at > from))
                    break;
                if (!whole)
                    at = skip(at);
                if (at < 0)
                    break;
            }
            if (!found && (!whole || at == from) && !isSecond(at)) {
                for (int i = 0; i < work.size(); i++)
                    work[i] = -1;
                add(now, 0, at);
            }
            next.clear();
            step(at, whole);
            regex_threads swap = now;
            now = next;
            next = swap;
        }
        return found ? new regex_match(text, best, program.names) : null;
    }

    // No thread is on its way: where a match may begin at the earliest, or -1.
    private int skip(int from) {
        if (!program.prefix.isEmpty())
            return text.indexOf(program.prefix, from);
        .internal.bytes firsts = program.firsts;
        if (firsts == null)
            return from;
        int end = units.size();
        for (int at = from; at < end; at++) {
            if (units[at] > 255 || firsts[units[at]] != 0)
                return at;
        }
        return -1;
    }

    // Each thread takes the unit at `at`, or dies.
    private void step(int at, boolean whole) {
        int end = units.size();
        int unit = at < end ? (int) units[at] : -1;
        int count = now.count;
        int slotCount = program.slots;
        .internal.ints pcs = now.pcs;
        for (int i = 0; i < count; i++) {
            int pc = pcs[i];
            int to = -1;
            switch (program.ops[pc]) {
                case 'c':
                    if (unit == program.xs[pc])
                        to = pc + 1;
                    break;
                case '.':
                    if (unit >= 0 && !(unit == '\n' && program.xs[pc] == 1))
                        to = isFirst(at) ? pc + 1 : pc + 2;
                    break;
                case '[':
                    if (unit >= 0 && ((regex_set) program.sets.get(program.xs[pc])).has(pointAt(at), program.folds))
                        to = isFirst(at) ? pc + 1 : pc + 2;
                    break;
                case '2':
                    to = pc + 1;
                    break;
                default:
                    if (!whole || at == end) {
                        take(i * slotCount);
                        return;
                    }
            }
            if (to >= 0) {
                .internal.system.copyArray(now.slots, i * slotCount, work, 0, slotCount);
                add(next, to, at + 1);
            }
        }
    }

    // A match; the less preferred threads end.
    private void take(int from) {
        best = new .internal.ints(program.slots);
        .internal.system.copyArray(now.slots, from, best, 0, program.slots);
        found = true;
    }

    // A thread at an instruction, with the slots of `work`: follow it to all that wait for a character.
    private void add(regex_threads threads, int start, int at) {
        .internal.chars ops = program.ops;
        .internal.ints xs = program.xs;
        int depth = 1;
        stack[0] = start;
        while (depth > 0) {
            depth--;
            int pc = stack[depth];
            if (pc < 0) {
                depth--;
                work[-1 - pc] = stack[depth];
                continue;
            }
            while (pc >= 0 && threads.marks[pc] != threads.round) {
                threads.marks[pc] = threads.round;
                char op = ops[pc];
                if (op == '|') {
                    stack[depth] = program.ys[pc];
                    depth++;
                    pc = xs[pc];
                } else if (op == 'j') {
                    pc = xs[pc];
                } else if (op == 's') {
                    stack[depth] = work[xs[pc]];
                    stack[depth + 1] = -1 - xs[pc];
                    depth += 2;
                    work[xs[pc]] = at;
                    pc++;
                } else if (op == 'a') {
                    pc = holds(xs[pc], at) ? pc + 1 : -1;
                } else {
                    threads.pcs[threads.count] = pc;
                    .internal.system.copyArray(work, 0, threads.slots, threads.count * work.size(), work.size());
                    threads.count++;
                    pc = -1;
                }
            }
        }
    }

    private boolean holds(int kind, int at) {
        int end = units.size();
        switch (kind) {
            case 'A': return at == 0;
            case 'Z': return at == end;
            case '^': return at == 0 || units[at - 1] == '\n';
            case '$': return at == end || units[at] == '\n';
        }
        boolean before = at > 0 && units[at - 1].isWord();
        boolean behind = at < end && units[at].isWord();
        return (before != behind) == (kind == 'b');
    }

    // Is it the first unit of a character of two?
    private boolean isFirst(int at) {
        int unit = units[at];
        return unit >= 0xd800 && unit < 0xdc00 && text.codePointAt(at) > 65535;
    }

    private boolean isSecond(int at) {
        return at > 0 && at < units.size() && units[at] >= (char) 0xdc00 && units[at] < (char) 0xe000 && isFirst(at - 1);
    }

    private int pointAt(int at) {
        return isFirst(at) ? text.codePointAt(at) : (int) units[at];
    }
}
