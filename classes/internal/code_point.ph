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

    // How many columns of a terminal it takes: 2 for the wide ones, such as Chinese characters and emoji, 0 for accents
    // that stand on the character before, and for control characters.
    int columns() {
        return columnsOf(value());
    }

    // The same of a number; an argument error if there is no such character.
    static int columnsOf(int value) @primitive(code_point_columns);

    // The character of a number; an argument error if there is none.
    static code_point of(int value) @primitive(code_point_make);
}
