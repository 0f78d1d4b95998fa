// Text. Strings never change. Positions count units of UTF-16; upper and lower case are those of Latin-1.

package .internal;

import .phantom.text.builder;

class string {
    any clone() [3] {
        return this;
    }

    boolean equals(any other) [4] @primitive(string_equals);

    string toString() [5] {
        return this;
    }

    string substring(int from, int length) [8] @primitive(string_substring);
    char charAt(int index) [9] @primitive(string_char_at);
    string concat(string other) [10] @primitive(string_concat);
    int length() [11] @primitive(string_length);

    // Where `part` begins, or -1.
    int strstr(string part) [12] {
        return indexOf(part, 0);
    }

    int hashCode() [15] @primitive(string_hash);

    // A number is all of the text but spaces around it; else an argument error is thrown.
    int toInt() [16] {
        return .internal.int.parse(trim(), 10);
    }

    long toLong() [17] {
        return .internal.long.parse(trim(), 10);
    }

    float toFloat() [18] {
        return .internal.float.parse(trim());
    }

    double toDouble() [19] {
        return .internal.double.parse(trim());
    }

    char get(int index) {
        return charAt(index);
    }

    int size() {
        return length();
    }

    // Over the units. Where the type is known, foreach does without.
    any iterator() {
        return new string_iterator(this);
    }

    boolean isEmpty() {
        return length() == 0;
    }

    // From `from` to the end.
    string substring(int from) {
        return substring(from, length() - from);
    }

    int codePointAt(int index) @primitive(string_code_point_at);

    int indexOf(string part, int from) @primitive(string_index_of);

    int indexOf(string part) {
        return indexOf(part, 0);
    }

    int indexOfChar(char c, int from) @primitive(string_index_of_char);

    int indexOfChar(char c) {
        return indexOfChar(c, 0);
    }

    // Where `part` begins for the last time, or -1.
    int lastIndexOf(string part) {
        for (int at = length() - part.length(); at >= 0; at--) {
            if (matchesAt(part, at))
                return at;
        }
        return -1;
    }

    boolean contains(string part) {
        return indexOf(part, 0) >= 0;
    }

    boolean matchesAt(string part, int at) @primitive(string_matches_at);

    boolean startsWith(string part) {
        return matchesAt(part, 0);
    }

    boolean endsWith(string part) {
        return matchesAt(part, length() - part.length());
    }

    string toUpper() @primitive(string_upper);
    string toLower() @primitive(string_lower);

    // Without spaces at both ends.
    string trim() {
        int from = 0;
        int to = length();
        while (from < to && charAt(from).isSpace())
            from++;
        while (to > from && charAt(to - 1).isSpace())
            to--;
        return substring(from, to - from);
    }

    // The parts between separators; there is one more than there are separators.
    string[] split(string separator) {
        string[] parts = new .internal.container.array();
        int from = 0;
        int step = separator.length();
        if (step == 0)
            throw new .internal.error.argument("an empty separator");
        for (int at = indexOf(separator, 0); at >= 0; at = indexOf(separator, from)) {
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

    string replace(string old, string with) {
        int from = 0;
        int at = indexOf(old, 0);
        if (at < 0 || old.length() == 0)
            return this;
        builder text = new builder();
        while (at >= 0) {
            text.add(substring(from, at - from)).add(with);
            from = at + old.length();
            at = indexOf(old, from);
        }
        return text.add(substring(from)).toString();
    }

    string repeat(int count) {
        builder text = new builder();
        for (int i = 0; i < count; i++)
            text.add(this);
        return text.toString();
    }

    // With spaces before or behind it, so that it takes `width` places.
    string padLeft(int width) {
        return " ".repeat(width - length()).concat(this);
    }

    string padRight(int width) {
        return concat(" ".repeat(width - length()));
    }

    // The items with this string between them.
    string join(any items) {
        builder text = new builder();
        boolean first = true;
        foreach (item in items) {
            if (!first)
                text.add(this);
            first = false;
            text.addAny(item);
        }
        return text.toString();
    }

    // Less than, equal to, or greater than 0, unit by unit.
    int compareTo(any other) {
        return compare((string) other);
    }

    int compare(string other) @primitive(string_compare);

    .internal.binary toUtf8() {
        return new .internal.binary(utf8());
    }

    private .internal.bytes utf8() @primitive(string_to_utf8);

    // For those who build strings.
    void copyChars(int from, .internal.chars to, int at, int count) @primitive(string_copy_chars);
    static string fromChars(.internal.chars units, int from, int count) @primitive(string_from_chars);
    static string fromUtf8(.internal.bytes bytes, int from, int count) @primitive(string_from_utf8);
    static string fromCodePoint(int value) @primitive(string_from_code_point);
}

class string_iterator {
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
