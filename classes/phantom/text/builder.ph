// A text that grows: cheaper than + in a loop.

package .phantom.text;

class builder {
    private .internal.chars units;
    private int count;

    // An empty text.
    void builder() {
        units = new .internal.chars(32);
    }

    // Put a text behind it. This and its like give the builder, so that calls stand in a row.
    builder add(string text) {
        int length = text.length();
        if (length > units.size() - count)
            reserve(length);
        text.copyChars(0, units, count, length);
        count += length;
        return this;
    }

    // Any object as text, null too.
    builder addAny(any object) {
        return add("\{object}");
    }

    // One unit.
    builder addChar(char c) {
        if (count == units.size())
            reserve(1);
        units[count] = c;
        count++;
        return this;
    }

    // A text, and the end of a line.
    builder addLine(string text) {
        return add(text).addChar('\n');
    }

    // A text with values in it, as string.format makes it.
    builder addFormat(string pattern, any[] values) {
        return add(pattern.format(values));
    }

    // Put a text before the unit at `index`.
    builder insert(int index, string text) {
        if (index < 0 || index > count)
            throw new .internal.error.bounds("place \{index} of a text of \{count}");
        int length = text.length();
        reserve(length);
        .internal.system.copyArray(units, index, units, index + length, count - index);
        text.copyChars(0, units, index, length);
        count += length;
        return this;
    }

    // Take `length` units out, from `from` on.
    builder remove(int from, int length) {
        if (from < 0 || length < 0 || length > count - from)
            throw new .internal.error.bounds("\{length} characters from \{from} of a text of \{count}");
        .internal.system.copyArray(units, from + length, units, from, count - from - length);
        count -= length;
        return this;
    }

    // How many units it has.
    int length() {
        return count;
    }

    // Has it no unit?
    boolean isEmpty() {
        return count == 0;
    }

    // The unit at `index`.
    char charAt(int index) {
        if (index < 0 || index >= count)
            throw new .internal.error.bounds("character \{index} of a text of \{count}");
        return units[index];
    }

    // Put another unit in place of the one at `index`.
    void set(int index, char c) {
        charAt(index);
        units[index] = c;
    }

    // Forget all but the first `length` units.
    void cut(int length) {
        if (length < 0 || length > count)
            throw new .internal.error.bounds("cut a text of \{count} to \{length}");
        count = length;
    }

    // Forget all.
    void clear() {
        count = 0;
    }

    // The text as it is now.
    string toString() [5] {
        return .internal.string.fromChars(units, 0, count);
    }

    private void reserve(int more) {
        int room = units.size();
        if (more <= room - count)
            return;
        if (count > 2147483647 - more)
            throw new .internal.error.memory("a text is too long");
        while (room - count < more)
            room = room > 1073741823 ? 2147483647 : room * 2;
        .internal.chars larger = new .internal.chars(room);
        .internal.system.copyArray(units, 0, larger, 0, count);
        units = larger;
    }
}
