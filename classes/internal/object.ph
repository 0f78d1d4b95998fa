// The class that every other extends. Numbers of methods are those of the original Phantom.

package .internal;

class object {
    // The class that it is of.
    .internal."class" getClass() [2] @primitive(object_class);

    // Objects that can be copied say how.
    any clone() [3] {
        throw new .internal.error.state("a " + getClass().name() + " cannot be cloned");
    }

    // What == asks, but for numbers and strings, which are compared by value.
    boolean equals(any other) [4] {
        return this :== other;
    }

    string toString() [5] {
        return getClass().name() + "@" + hashCode().toString(16);
    }

    // Equal objects have equal hashes; a number's follows from its value, others keep theirs for ever.
    int hashCode() [15] @primitive(object_hash);

    // True for the same object; for numbers the same class and value.
    static boolean same(any a, any b) @primitive(object_same);
}
