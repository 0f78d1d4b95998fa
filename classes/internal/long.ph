// A whole number of 64 bits. Arithmetic wraps; .phantom.bigint has no limits.

package .internal;

class long {
    // 9223372036854775807, the largest.
    public const static long MAX = 9223372036854775807L;
    // -9223372036854775808, the least.
    public const static long MIN = -9223372036854775807L - 1L;

    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] @primitive(long_text);
    // With digits below `radix`, 2 to 36.
    string toString(int radix) @primitive(long_text_radix);

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    // How many of its bits are 1.
    int bitCount() {
        long x = (long) this;
        return ((int) x).bitCount() + ((int) (x >>> 32)).bitCount();
    }

    // All of the text is a number with digits below `radix`, or an argument error is thrown.
    static long parse(string text, int radix) @primitive(long_parse);

    // The same in decimal.
    static long parse(string text) {
        return parse(text, 10);
    }
}
