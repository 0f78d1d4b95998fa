// A text that grows: cheaper than + in a loop.

package .phantom.text;

class builder {
    private .internal.chars units;
    private int count;

    void builder() {
        units = new .internal.chars(32);
    }

    builder add(string text) {
        int length = text.length();
        reserve(length);
        text.copyChars(0, units, count, length);
        count += length;
        return this;
    }

    // Any object as text, null too.
    builder addAny(any object) {
        return add("\{object}");
    }

    builder addChar(char c) {
        reserve(1);
        units[count] = c;
        count++;
        return this;
    }

    int length() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    char charAt(int index) {
        if (index < 0 || index >= count)
            throw new .internal.error.bounds("character \{index} of a text of \{count}");
        return units[index];
    }

    // Forget all but the first `length` units.
    void cut(int length) {
        if (length < 0 || length > count)
            throw new .internal.error.bounds("cut a text of \{count} to \{length}");
        count = length;
    }

    void clear() {
        count = 0;
    }

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
