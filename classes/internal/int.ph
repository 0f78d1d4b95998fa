// A whole number of 32 bits. Arithmetic wraps.

package .internal;

class int {
    // 2147483647, the largest.
    public const static int MAX = 2147483647;
    // -2147483648, the least.
    public const static int MIN = -2147483647 - 1;

    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] @primitive(int_text);
    // With digits below `radix`, 2 to 36.
    string toString(int radix) @primitive(int_text_radix);

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    // How many of its bits are 1.
    int bitCount() {
        int x = (int) this;
        x = x - ((x >>> 1) & 0x55555555);
        x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
        return (((x + (x >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
    }

    // All of the text is a number with digits below `radix`, or an argument error is thrown.
    static int parse(string text, int radix) @primitive(int_parse);

    // The same in decimal.
    static int parse(string text) {
        return parse(text, 10);
    }
}
