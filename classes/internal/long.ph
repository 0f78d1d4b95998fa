package .internal;

class long {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] @primitive(long_text);
    string toString(int radix) @primitive(long_text_radix);

    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    // All of the text is a number with digits below `radix`, or an argument error is thrown.
    static long parse(string text, int radix) @primitive(long_parse);
}
