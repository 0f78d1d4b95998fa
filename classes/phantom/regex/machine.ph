// Runs the threads of a program over a text, all at once, in order of preference.

package .phantom.regex;

// The threads at one place of the text, the most preferred first.
class threads {
    .internal.ints pcs;
    .internal.ints slots;  // of thread i at i * slotCount
    .internal.ints marks;  // the round in which an instruction has got its thread
    int count;
    int round;

    void threads(int size, int slotCount) {
        pcs = new .internal.ints(size);
        slots = new .internal.ints(size * slotCount);
        marks = new .internal.ints(size);
    }

    void clear() {
        count = 0;
        round++;
    }
}

class machine {
    private program program;
    private string text;
    private .internal.chars units;
    private threads now;
    private threads next;
    private .internal.ints work;  // the slots of the thread that is being added
    private .internal.ints stack; // what is left to follow: an instruction; or -1 - slot, and above it its value
    private .internal.ints best;  // the slots of the best match so far
    private boolean found;

    void machine(program program0, string text0) {
        program = program0;
        text = text0;
        units = program.folds ? text.toUpper().toLower().toChars() : text.toChars();
        now = new threads(program.count, program.slots);
        next = new threads(program.count, program.slots);
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
            threads swap = now;
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
                    if (unit >= 0 && ((charset) program.sets.get(program.xs[pc])).has(pointAt(at), program.folds))
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
    private void add(threads threads, int start, int at) {
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
        if (at == 0 || at == units.size())
            return false;
        int unit = units[at];
        return unit >= 0xdc00 && unit < 0xe000 && isFirst(at - 1);
    }

    private int pointAt(int at) {
        return isFirst(at) ? text.codePointAt(at) : (int) units[at];
    }
}
