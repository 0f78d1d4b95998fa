// What maps from keys to values have in common, however they find a key. foreach walks over the keys.
//
// Whoever adds or removes a key during a walk makes the walk end with a state error; a new value for a key that
// is there does no harm. keys(), values() and entries() give arrays, which stay as they are.

package .internal.container;

import .phantom.text.builder;

abstract class dictionary {
    // The value of a key, or null where there is no such key. m[key] is the same.
    abstract any get(any key);

    // Give a key a value. m[key] = value is the same.
    abstract void set(any key, any value);

    // Is the key there?
    abstract boolean has(any key);

    // Take a key out; what it had, or null.
    abstract any remove(any key);

    // How many keys there are.
    abstract int size();

    // Take all keys out.
    abstract void clear();

    // Over the keys, for foreach.
    abstract any iterator();

    // An empty one of the same kind.
    abstract dictionary emptyOne();

    // The value of a key, or `otherwise` where there is no such key.
    any get(any key, any otherwise) {
        return has(key) ? get(key) : otherwise;
    }

    // The value of a key; where it is missing, what a function without arguments makes, which stays there.
    any getOrSet(any key, any make) {
        if (!has(key))
            set(key, make.call());
        return get(key);
    }

    // Give a key what a function makes of its value, or of null where it is missing; the new value.
    any update(any key, any change) {
        any value = change.call(get(key));
        set(key, value);
        return value;
    }

    // Add a number to the value of a key, which is 0 where it is missing; the new value.
    any add(any key, any number) {
        any value = get(key, 0) + number;
        set(key, value);
        return value;
    }

    // The same as set.
    void put(any key, any value) {
        set(key, value);
    }

    // All keys and values of another map.
    void putAll(any other) {
        foreach (key in other)
            set(key, other.get(key));
    }

    // Is there no key?
    boolean isEmpty() {
        return size() == 0;
    }

    // The keys in an array.
    array keys() {
        array result = new array();
        foreach (key in cursor.of(iterator()))
            result.add(key);
        return result;
    }

    // The values in an array, in the order of the keys.
    array values() {
        array result = new array();
        foreach (key in cursor.of(iterator()))
            result.add(get(key));
        return result;
    }

    // An array of the entries, each with key() and value().
    array entries() {
        array result = new array();
        foreach (key in cursor.of(iterator()))
            result.add(new entry(key, get(key)));
        return result;
    }

    // ---- functions of a key and its value ----

    // Call a function with each key and its value; it may change the map.
    void each(any action) {
        foreach (key in keys())
            action.call(key, get(key));
    }

    // A map of the keys for which a test is true.
    any filter(any test) {
        dictionary result = emptyOne();
        foreach (key in cursor.of(iterator())) {
            any value = get(key);
            if (test.call(key, value))
                result.set(key, value);
        }
        return result;
    }

    // A map of the same keys, each with what a function makes of the key and its value.
    any mapValues(any change) {
        dictionary result = emptyOne();
        foreach (key in cursor.of(iterator()))
            result.set(key, change.call(key, get(key)));
        return result;
    }

    // Is the test true of any key?
    boolean any(any test) {
        foreach (key in cursor.of(iterator())) {
            if (test.call(key, get(key)))
                return true;
        }
        return false;
    }

    // Is the test true of all keys?
    boolean all(any test) {
        foreach (key in cursor.of(iterator())) {
            if (!test.call(key, get(key)))
                return false;
        }
        return true;
    }

    // Of how many keys is the test true?
    int count(any test) {
        int n = 0;
        foreach (key in cursor.of(iterator())) {
            if (test.call(key, get(key)))
                n++;
        }
        return n;
    }

    // The first entry of which the test is true, or null.
    any find(any test) {
        foreach (key in cursor.of(iterator())) {
            any value = get(key);
            if (test.call(key, value))
                return new entry(key, value);
        }
        return null;
    }

    // Take out the keys of which a test is true; how many there were.
    int removeIf(any test) {
        int before = size();
        foreach (key in keys()) {
            if (test.call(key, get(key)))
                remove(key);
        }
        return before - size();
    }

    // ---- as an object ----

    // A new map of the same kind with the same keys and values.
    any clone() [3] {
        dictionary result = emptyOne();
        result.putAll(this);
        return result;
    }

    // True for a map with equal keys and values, in whatever order.
    boolean equals(any other) [4] {
        if (!(other instanceof dictionary))
            return false;
        dictionary that = (dictionary) other;
        if (that.size() != size())
            return false;
        foreach (key in cursor.of(iterator())) {
            if (!that.has(key) || get(key) != that.get(key))
                return false;
        }
        return true;
    }

    int hashCode() [15] {
        int hash = 0;
        foreach (key in cursor.of(iterator())) {
            any value = get(key);
            int keyHash = key == null ? 0 : key.hashCode();
            hash += keyHash * -1640531527 ^ (value == null ? 0 : value.hashCode());
        }
        return hash;
    }

    string toString() [5] {
        builder text = new builder();
        boolean first = true;
        text.add("{");
        foreach (key in cursor.of(iterator())) {
            any value = get(key);
            if (!first)
                text.add(", ");
            first = false;
            text.addAny(key).add(": ").addAny(value :== this ? "(this map)" : value);
        }
        return text.add("}").toString();
    }
}
