// A set in rising order: of the items' compareTo, or of an order of one's own (see array.sort).

package .phantom;

class sorted_set extends .internal.container.set {
    private sorted_map tree;

    // An empty set, in the order of the items' compareTo.
    void sorted_set() {
        this.begin(null);
    }

    // An empty set in the order of a function of two items, or of an object with a method compare.
    void sorted_set(any order) {
        this.begin(order);
    }

    .internal.container.set emptyOne() {
        sorted_set result = new sorted_set();
        result.tree = (sorted_map) tree.emptyOne();
        result.items = result.tree;
        return result;
    }

    // The least item, or null.
    any first() {
        return tree.firstKey();
    }

    // The largest item, or null.
    any last() {
        return tree.lastKey();
    }

    // The largest item that is not above `item`, or null.
    any floor(any item) {
        return tree.floorKey(item);
    }

    // The least item that is not below `item`, or null.
    any ceiling(any item) {
        return tree.ceilingKey(item);
    }

    // Take the least item out, and give it back; null if there is none.
    any removeFirst() {
        any item = tree.firstKey();
        tree.removeFirst();
        return item;
    }

    // Take the largest item out, and give it back; null if there is none.
    any removeLast() {
        any item = tree.lastKey();
        tree.removeLast();
        return item;
    }

    // The items from `from` up to, but without, `to`, as a collection. It sees what the set becomes.
    .internal.container.collection range(any from, any to) {
        return tree.range(from, to);
    }

    private void begin(any order) {
        tree = new sorted_map(order);
        items = tree;
    }
}
