// A number of 64 bits with a point that floats (IEEE 754).

package .internal;

class double {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    // The shortest text that reads back as the same number.
    string toString() [5] @primitive(double_text);

    // With that many digits behind the point, rounded from the shortest text, half away from zero.
    string toFixed(int digits) @primitive(double_text_fixed);

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    // Is it no number at all, such as 0.0 / 0.0?
    boolean isNaN() {
        double me = (double) this;
        return me != me;
    }

    // Is it neither infinite nor no number?
    boolean isFinite() {
        double me = (double) this;
        return me - me == 0.0;
    }

    // All of the text is a number, or an argument error is thrown.
    static double parse(string text) @primitive(double_parse);
    // The 64 bits of the number.
    static long bits(double number) @primitive(double_bits);
    // The number of these 64 bits.
    static double fromBits(long bits) @primitive(double_from_bits);
}
