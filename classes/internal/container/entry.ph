// A key of a map and its value, as they were when somebody asked for entries.

package .internal.container;

class entry {
    private any theKey;
    private any theValue;

    // An entry by itself.
    void entry(any key, any value) {
        theKey = key;
        theValue = value;
    }

    // The key.
    any key() {
        return theKey;
    }

    // The value.
    any value() {
        return theValue;
    }

    boolean equals(any other) [4] {
        return other instanceof entry && ((entry) other).theKey == theKey && ((entry) other).theValue == theValue;
    }

    int hashCode() [15] {
        return (theKey == null ? 0 : theKey.hashCode()) ^ (theValue == null ? 0 : theValue.hashCode());
    }

    // By the keys.
    int compareTo(any other) {
        return theKey.compareTo(((entry) other).theKey);
    }

    string toString() [5] {
        return "\{theKey}: \{theValue}";
    }
}
