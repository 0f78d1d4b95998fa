package .internal;

class float {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] @primitive(float_text);

    int compareTo(any other) {
        any me = this;
        return me < other ? -1 : me > other ? 1 : 0;
    }

    static float parse(string text) @primitive(float_parse);
    static int bits(float number) @primitive(float_bits);
    static float fromBits(int bits) @primitive(float_from_bits);
}
