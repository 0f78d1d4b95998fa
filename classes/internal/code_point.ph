// A character of Unicode, 0 to 0x10ffff.

package .internal;

class code_point {
    int value() @primitive(code_point_value);

    boolean equals(any other) [4] {
        return other instanceof code_point && ((code_point) other).value() == value();
    }

    string toString() [5] {
        return .internal.string.fromCodePoint(value());
    }

    int compareTo(any other) {
        return value() - ((code_point) other).value();
    }

    static code_point of(int value) @primitive(code_point_make);
}
