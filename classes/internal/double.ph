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

    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    boolean isNaN() {
        double me = (double) this;
        return me != me;
    }

    static double parse(string text) @primitive(double_parse);
    static long bits(double number) @primitive(double_bits);
    static double fromBits(long bits) @primitive(double_from_bits);
}
