// true or false.

package .internal;

class boolean {
    boolean equals(any other) [4] {
        any me = this;
        return me == other;
    }

    string toString() [5] {
        any me = this;
        return me == true ? "true" : "false";
    }

    // false comes before true.
    int compareTo(any other) {
        return (int) (boolean) this - (int) (boolean) other;
    }
}
