// Things that are there once, in the order in which they came.

package .internal.container;

class set {
    private map items;

    void set() {
        items = new map();
    }

    // True if it was not there before.
    boolean add(any item) {
        if (items.has(item))
            return false;
        items.set(item, true);
        return true;
    }

    boolean has(any item) {
        return items.has(item);
    }

    boolean remove(any item) {
        boolean there = items.has(item);
        items.remove(item);
        return there;
    }

    int size() {
        return items.size();
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    void clear() {
        items.clear();
    }

    array toArray() {
        return items.keys();
    }

    any iterator() {
        return items.iterator();
    }

    boolean equals(any other) [4] {
        return other instanceof .internal.container.set && ((.internal.container.set) other).items == items;
    }

    int hashCode() [15] {
        return items.hashCode();
    }

    string toString() [5] {
        return toArray().toString();
    }
}
