// Things that are there once, in the order in which they came. They are equal as == says.

package .internal.container;

class set extends collection {
    dictionary items;

    // An empty set.
    void set() {
        items = new map();
    }

    // A set over another kind of map, for classes below this one.
    void set(dictionary items0) {
        items = items0;
    }

    // An empty one of the same kind.
    .internal.container.set emptyOne() {
        return new .internal.container.set();
    }

    // True if it was not there before.
    boolean add(any item) {
        if (items.has(item))
            return false;
        items.set(item, true);
        return true;
    }

    // Add all that can be walked over.
    void addAll(any others) {
        foreach (item in cursor.over(others))
            items.set(item, true);
    }

    boolean has(any item) {
        return items.has(item);
    }

    // True if it was there.
    boolean remove(any item) {
        boolean there = items.has(item);
        items.remove(item);
        return there;
    }

    // Take out the items of which a test is true; how many there were.
    int removeIf(any test) {
        return items.removeIf(fun (item, there) { return test.call(item); });
    }

    int size() {
        return items.size();
    }

    // Take all items out.
    void clear() {
        items.clear();
    }

    array toArray() {
        return items.keys();
    }

    any iterator() {
        return items.iterator();
    }

    // ---- sets of two sets; the other one is any collection ----

    // What is in this one or the other.
    .internal.container.set union(any other) {
        .internal.container.set result = emptyOne();
        result.addAll(this);
        result.addAll(other);
        return result;
    }

    // What is in both.
    .internal.container.set intersection(any other) {
        .internal.container.set result = emptyOne();
        foreach (item in other) {
            if (has(item))
                result.add(item);
        }
        return result;
    }

    // What is in this one and not in the other.
    .internal.container.set difference(any other) {
        .internal.container.set result = emptyOne();
        foreach (item in cursor.of(iterator())) {
            if (!other.has(item))
                result.add(item);
        }
        return result;
    }

    // Is everything here in the other one too?
    boolean isSubsetOf(any other) {
        foreach (item in cursor.of(iterator())) {
            if (!other.has(item))
                return false;
        }
        return true;
    }

    // A new set of the same kind with the same items.
    any clone() [3] {
        .internal.container.set result = emptyOne();
        result.addAll(this);
        return result;
    }

    // True for a set of the same items, in whatever order.
    boolean equals(any other) [4] {
        return other instanceof .internal.container.set && ((.internal.container.set) other).items == items;
    }

    int hashCode() [15] {
        return items.hashCode();
    }
}
