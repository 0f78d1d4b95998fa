// A character of Unicode, 0 to 0x10ffff.

package .internal;

class code_point {
    // Its number.
    int value() @primitive(code_point_value);

    boolean equals(any other) [4] {
        return other instanceof code_point && ((code_point) other).value() == value();
    }

    string toString() [5] {
        return .internal.string.fromCodePoint(value());
    }

    // By their numbers.
    int compareTo(any other) {
        return value() - ((code_point) other).value();
    }

    // The character of a number; an argument error if there is none.
    static code_point of(int value) @primitive(code_point_make);
}
