// Where a pattern has matched, and what its groups have: group 0 is all of the match.

package .phantom;

import .internal.container.array;

class regex_match {
    private string whole;
    private .internal.ints slots;
    private .internal.container.map names;

    // A match in a text: slots hold begin and end of each group, or -1.
    void regex_match(string text, .internal.ints slots0, .internal.container.map names0) {
        whole = text;
        slots = slots0;
        names = names0;
    }

    // Where the match begins.
    int start() {
        return slots[0];
    }

    // Where it has ended: the place behind its last unit.
    int end() {
        return slots[1];
    }

    // What has matched.
    string text() {
        return whole.slice(slots[0], slots[1]);
    }

    // How many groups the pattern has, group 0 not counted.
    int groupCount() {
        return slots.size() / 2 - 1;
    }

    // What a group has, by number; null if it took no part in the match.
    string group(int number) {
        int from = start(number);
        return from < 0 ? null : whole.slice(from, end(number));
    }

    // The same by name.
    string group(string name) {
        any number = names.get(name);
        if (number == null)
            throw new .internal.error.argument("regex: there is no group called \{name}");
        return group((int) number);
    }

    // All groups in an array, with group 0 first.
    array groups() {
        return new range(0, groupCount()).map(fun (n) { return group((int) n); });
    }

    // Where a group begins, or -1.
    int start(int number) {
        check(number);
        return slots[2 * number];
    }

    // Where a group has ended, or -1.
    int end(int number) {
        check(number);
        return slots[2 * number + 1];
    }

    string toString() [5] {
        return text();
    }

    private void check(int number) {
        if (number < 0 || number > groupCount())
            throw new .internal.error.bounds("regex: group \{number} of \{groupCount()}");
    }
}
