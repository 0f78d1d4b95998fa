// One unit of UTF-16. Case and letters are those of Latin-1; outside of it all but spaces and
// punctuation counts as a letter.

package .internal;

class char {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] @primitive(char_text);

    int compareTo(any other) {
        return (int) (char) this - (int) (char) other;
    }

    char toUpper() {
        return upper((char) this);
    }

    char toLower() {
        return lower((char) this);
    }

    boolean isLetter() {
        return letter((char) this);
    }

    boolean isDigit() {
        char me = (char) this;
        return me >= '0' && me <= '9';
    }

    boolean isSpace() {
        int me = (char) this;
        return me == 32 || (me >= 9 && me <= 13) || me == 160;
    }

    private static char upper(char c) @primitive(char_upper);
    private static char lower(char c) @primitive(char_lower);
    private static boolean letter(char c) @primitive(char_is_letter);
}
