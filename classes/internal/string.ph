// Text. Strings never change. Positions count units of UTF-16, from 0; upper and lower case are those of
// Unicode as far as one unit becomes one unit.

package .internal;

import .phantom.text.builder;
import .phantom.text.format;

class string {
    // The string itself: it never changes.
    any clone() [3] {
        return this;
    }

    // True for a string of the same units.
    boolean equals(any other) [4] @primitive(string_equals);

    string toString() [5] {
        return this;
    }

    // `length` units from `from` on.
    string substring(int from, int length) [8] @primitive(string_substring);
    // The unit at `index`; text[index] is the same.
    char charAt(int index) [9] @primitive(string_char_at);
    // This text with `other` behind it.
    string concat(string other) [10] @primitive(string_concat);
    // How many units it has.
    int length() [11] @primitive(string_length);

    // Where `part` begins, or -1.
    int strstr(string part) [12] {
        return indexOf(part, 0);
    }

    int hashCode() [15] @primitive(string_hash);

    // ---- numbers: all of the text but spaces around it, else an argument error is thrown ----

    // The int that this is the decimal text of.
    int toInt() [16] {
        return .internal.int.parse(trim(), 10);
    }

    // The long that this is the decimal text of.
    long toLong() [17] {
        return .internal.long.parse(trim(), 10);
    }

    // The float that this is the text of.
    float toFloat() [18] {
        return .internal.float.parse(trim());
    }

    // The double that this is the text of.
    double toDouble() [19] {
        return .internal.double.parse(trim());
    }

    // The int with digits below `radix`, 2 to 36.
    int toInt(int radix) {
        return .internal.int.parse(trim(), radix);
    }

    // The long with digits below `radix`, 2 to 36.
    long toLong(int radix) {
        return .internal.long.parse(trim(), radix);
    }

    // The int, or `otherwise` where the text is none.
    int toIntOr(int otherwise) {
        try {
            return toInt();
        } catch (.internal.error.argument e) {
            return otherwise;
        }
    }

    // The double, or `otherwise` where the text is none.
    double toDoubleOr(double otherwise) {
        try {
            return toDouble();
        } catch (.internal.error.argument e) {
            return otherwise;
        }
    }

    // ---- looking ----

    // The unit at `index`.
    char get(int index) @primitive(string_char_at);
    // How many units it has.
    int size() @primitive(string_length);

    // Over the units. Where the type is known, foreach does without.
    any iterator() {
        return new string_iterator(this);
    }

    // Has it no unit?
    boolean isEmpty() {
        return length() == 0;
    }

    // Has it nothing but spaces?
    boolean isBlank() {
        return firstSolid() == length();
    }

    // The character at `index`, also where it takes two units.
    int codePointAt(int index) @primitive(string_code_point_at);

    // The characters, as an array of ints.
    int[] codePoints() {
        int[] points = new .internal.container.array();
        int end = length();
        for (int at = 0; at < end; at++) {
            int point = codePointAt(at);
            points.add(point);
            if (point > 65535)
                at++;
        }
        return points;
    }

    // How many columns of a terminal it takes: two for each Chinese character or emoji, none for an accent that stands
    // on the character before.
    int columns() {
        int result = 0;
        int length = length();
        for (int i = 0; i < length; i++) {
            int point = codePointAt(i);
            if (point > 65535)
                i++;
            result += point >= ' ' && point <= '~' ? 1 : code_point.columnsOf(point);
        }
        return result;
    }

    // Where `part` begins for the first time at or behind `from`, or -1.
    int indexOf(string part, int from) @primitive(string_index_of);

    // Where `part` begins for the first time, or -1.
    int indexOf(string part) {
        return indexOf(part, 0);
    }

    // Where a unit stands for the first time at or behind `from`, or -1.
    int indexOfChar(char c, int from) @primitive(string_index_of_char);

    // Where a unit stands for the first time, or -1.
    int indexOfChar(char c) {
        return indexOfChar(c, 0);
    }

    // Where `part` begins for the last time, or -1.
    int lastIndexOf(string part) {
        return lastIndexOf(part, length());
    }

    // Where `part` begins for the last time at or before `from`, or -1.
    int lastIndexOf(string part, int from) {
        int last = length() - part.length();
        for (int at = from < last ? from : last; at >= 0; at--) {
            if (matchesAt(part, at))
                return at;
        }
        return -1;
    }

    // How often `part` stands in it, side by side.
    int count(string part) {
        int n = 0;
        int step = part.length();
        if (step == 0)
            throw new .internal.error.argument("count of an empty text");
        for (int at = indexOf(part, 0); at >= 0; at = indexOf(part, at + step))
            n++;
        return n;
    }

    // Does `part` stand anywhere in it?
    boolean contains(string part) {
        return indexOf(part, 0) >= 0;
    }

    // Does `part` stand at `at`?
    boolean matchesAt(string part, int at) @primitive(string_matches_at);

    // Does it begin with `part`?
    boolean startsWith(string part) {
        return matchesAt(part, 0);
    }

    // Does it end with `part`?
    boolean endsWith(string part) {
        return matchesAt(part, length() - part.length());
    }

    // ---- parts ----

    // From `from` to the end.
    string substring(int from) {
        return substring(from, length() - from);
    }

    // From `from` up to, but without, `to`.
    string slice(int from, int to) {
        return substring(from, to - from);
    }

    // What stands before the first `part`; all of it, if there is none.
    string before(string part) {
        int at = indexOf(part, 0);
        return at < 0 ? this : substring(0, at);
    }

    // What stands behind the first `part`; nothing, if there is none.
    string after(string part) {
        int at = indexOf(part, 0);
        return at < 0 ? "" : substring(at + part.length());
    }

    // Without `part` at its beginning, if it is there.
    string withoutPrefix(string part) {
        return startsWith(part) ? substring(part.length()) : this;
    }

    // Without `part` at its end, if it is there.
    string withoutSuffix(string part) {
        return endsWith(part) ? substring(0, length() - part.length()) : this;
    }

    // Without spaces at both ends.
    string trim() {
        int end = length();
        if (end > 0 && isSolid(charAt(0)) && isSolid(charAt(end - 1)))
            return this;
        int from = firstSolid();
        return substring(from, endOfSolid(from) - from);
    }

    // Without spaces at its beginning.
    string trimStart() {
        return substring(firstSolid());
    }

    // Without spaces at its end.
    string trimEnd() {
        return substring(0, endOfSolid(0));
    }

    // The parts between separators; there is one more than there are separators.
    string[] split(string separator) {
        return split(separator, 2147483647);
    }

    // The same, but at most `most` parts: the last one is all that is left.
    string[] split(string separator, int most) {
        string[] parts = new .internal.container.array();
        int from = 0;
        int step = separator.length();
        if (step == 0)
            throw new .internal.error.argument("an empty separator");
        if (most < 1)
            throw new .internal.error.argument("split into \{most} parts");
        for (int at = indexOf(separator, 0); at >= 0 && parts.size() < most - 1; at = indexOf(separator, from)) {
            parts.add(substring(from, at - from));
            from = at + step;
        }
        parts.add(substring(from));
        return parts;
    }

    // The parts between spaces, none of them empty.
    string[] words() {
        string[] parts = new .internal.container.array();
        int end = length();
        int at = 0;
        while (at < end) {
            while (at < end && charAt(at).isSpace())
                at++;
            int from = at;
            while (at < end && !charAt(at).isSpace())
                at++;
            if (at > from)
                parts.add(substring(from, at - from));
        }
        return parts;
    }

    // The lines, without their ends (LF or CR LF). A line end at the very end begins no other line.
    string[] lines() {
        string[] parts = new .internal.container.array();
        int end = length();
        int from = 0;
        while (from < end) {
            int at = indexOfChar('\n', from);
            int stop = at < 0 ? end : at;
            int length = at > from && charAt(at - 1) == '\r' ? stop - 1 - from : stop - from;
            parts.add(substring(from, length));
            from = stop + 1;
        }
        return parts;
    }

    // ---- other texts made of it ----

    // In capital letters.
    string toUpper() @primitive(string_upper);
    // In small letters.
    string toLower() @primitive(string_lower);

    // With its first letter as a capital.
    string capitalize() {
        return isEmpty() ? this : substring(0, 1).toUpper() + substring(1);
    }

    // With `with` wherever `old` stands.
    string replace(string old, string with) {
        return replace(old, with, 2147483647);
    }

    // The same, but no more than `most` times.
    string replace(string old, string with, int most) {
        int from = 0;
        int at = indexOf(old, 0);
        if (at < 0 || old.length() == 0)
            return this;
        builder text = new builder();
        for (int n = 0; at >= 0 && n < most; n++) {
            text.add(substring(from, at - from)).add(with);
            from = at + old.length();
            at = indexOf(old, from);
        }
        return text.add(substring(from)).toString();
    }

    // `count` times.
    string repeat(int count) {
        builder text = new builder();
        if (count < 0)
            throw new .internal.error.argument("repeat \{count} times");
        for (int i = 0; i < count; i++)
            text.add(this);
        return text.toString();
    }

    // The characters from the last to the first.
    string reverse() {
        builder text = new builder();
        for (int at = length() - 1; at >= 0; at--) {
            if (at > 0 && codePointAt(at - 1) > 65535)
                at--;
            text.add(.internal.string.fromCodePoint(codePointAt(at)));
        }
        return text.toString();
    }

    // With spaces before it, so that it takes `width` places.
    string padLeft(int width) {
        return padLeft(width, ' ');
    }

    // The same with another unit than a space.
    string padLeft(int width, char with) {
        return width <= length() ? this : with.toString().repeat(width - length()).concat(this);
    }

    // With spaces behind it, so that it takes `width` places.
    string padRight(int width) {
        return padRight(width, ' ');
    }

    // The same with another unit than a space.
    string padRight(int width, char with) {
        return width <= length() ? this : concat(with.toString().repeat(width - length()));
    }

    // With spaces on both sides, so that it takes `width` places; one more of them behind it than before it.
    string center(int width) {
        return padLeft((width + length()) / 2).padRight(width);
    }

    // The items with this string between them.
    string join(any items) {
        builder text = new builder();
        boolean first = true;
        foreach (item in .internal.container.cursor.over(items)) {
            if (!first)
                text.add(this);
            first = false;
            text.addAny(item);
        }
        return text.toString();
    }

    // This text with values in place of "%5d", "%-8s", "%.2f" ...: read .phantom.text.format.
    string format(any[] values) {
        return format.of(this, values);
    }

    // ---- order ----

    // Less than, equal to, or greater than 0, unit by unit.
    int compareTo(any other) {
        return compare((string) other);
    }

    // The same for a string.
    int compare(string other) @primitive(string_compare);

    // The same, but capitals and small letters are equal.
    int compareIgnoringCase(string other) {
        return toUpper().toLower().compare(other.toUpper().toLower());
    }

    // Equal but for capitals and small letters?
    boolean equalsIgnoringCase(string other) {
        return other != null && length() == other.length() && compareIgnoringCase(other) == 0;
    }

    // ---- bytes and units ----

    // The bytes of its UTF-8.
    .internal.binary toUtf8() {
        return new .internal.binary(utf8());
    }

    // The units, as an array of the machine.
    .internal.chars toChars() {
        .internal.chars units = new .internal.chars(length());
        copyChars(0, units, 0, length());
        return units;
    }

    private .internal.bytes utf8() @primitive(string_to_utf8);

    // Copy `count` units from `from` on into an array of the machine, at `at`.
    void copyChars(int from, .internal.chars to, int at, int count) @primitive(string_copy_chars);
    // The string of `count` units of an array, from `from` on.
    static string fromChars(.internal.chars units, int from, int count) @primitive(string_from_chars);
    // The string of `count` bytes of UTF-8, from `from` on; bad ones become U+FFFD.
    static string fromUtf8(.internal.bytes bytes, int from, int count) @primitive(string_from_utf8);
    // The string of one character, 0 to 0x10ffff.
    static string fromCodePoint(int value) @primitive(string_from_code_point);

    // The string of characters that are given as ints.
    static string fromCodePoints(any points) {
        builder text = new builder();
        foreach (point in points)
            text.add(.internal.string.fromCodePoint(point));
        return text.toString();
    }

    // Is it surely no space? Most texts begin and end with such a unit.
    private static boolean isSolid(char c) {
        return c > ' ' && c < '\x7f';
    }

    private int firstSolid() {
        int at = 0;
        int end = length();
        while (at < end && charAt(at).isSpace())
            at++;
        return at;
    }

    // Behind the last unit that is no space, but not before `from`.
    private int endOfSolid(int from) {
        int at = length();
        while (at > from && charAt(at - 1).isSpace())
            at--;
        return at;
    }
}

class string_iterator extends .internal.container.cursor {
    private string text;
    private int at;

    void string_iterator(string walked) {
        text = walked;
    }

    boolean hasNext() {
        return at < text.length();
    }

    any next() {
        return text.charAt(at++);
    }
}
