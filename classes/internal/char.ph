// One unit of UTF-16: a character, or half of one that takes two units. Case and letters are those of Unicode.

package .internal;

class char {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] @primitive(char_text);

    // Less than, equal to, or greater than 0.
    int compareTo(any other) {
        return (int) (char) this - (int) (char) other;
    }

    // Its capital letter, or itself.
    char toUpper() {
        return upper((char) this);
    }

    // Its small letter, or itself.
    char toLower() {
        return lower((char) this);
    }

    // Is it a letter?
    boolean isLetter() {
        return letter((char) this);
    }

    // Is it a letter that has a small one?
    boolean isUpper() {
        return lower((char) this) != (char) this;
    }

    // Is it a letter that has a capital?
    boolean isLower() {
        return upper((char) this) != (char) this;
    }

    // Is it one of 0 to 9?
    boolean isDigit() {
        char me = (char) this;
        return me >= '0' && me <= '9';
    }

    // Is it a letter, one of 0 to 9, or _?
    boolean isWord() {
        char me = (char) this;
        return (me >= '0' && me <= '9') || me == '_' || letter(me);
    }

    // Does it leave a place empty, or end a line?
    boolean isSpace() {
        int me = (char) this;
        if (me < 128)
            return me == 32 || (me >= 9 && me <= 13);
        return me == 160 || me == 0x1680 || (me >= 0x2000 && me <= 0x200a) || me == 0x2028 || me == 0x2029 ||
            me == 0x202f || me == 0x205f || me == 0x3000;
    }

    // What the digit counts in numbers with digits below `radix`; -1 if it is none.
    int digit(int radix) {
        int me = (char) this;
        int value = -1;
        if (me >= 48 && me <= 57)
            value = me - 48;
        else if (me >= 97 && me <= 122)
            value = me - 87;
        else if (me >= 65 && me <= 90)
            value = me - 55;
        return value < radix ? value : -1;
    }

    private static char upper(char c) @primitive(char_upper);
    private static char lower(char c) @primitive(char_lower);
    private static boolean letter(char c) @primitive(char_is_letter);
}
