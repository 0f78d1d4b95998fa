// A number of 32 bits with a point that floats (IEEE 754).

package .internal;

class float {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    // The shortest text that reads back as the same number.
    string toString() [5] @primitive(float_text);

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    // Is it no number at all?
    boolean isNaN() {
        float me = (float) this;
        return me != me;
    }

    // All of the text is a number, or an argument error is thrown.
    static float parse(string text) @primitive(float_parse);
    // The 32 bits of the number.
    static int bits(float number) @primitive(float_bits);
    // The number of these 32 bits.
    static float fromBits(int bits) @primitive(float_from_bits);
}
