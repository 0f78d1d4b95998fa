// What arrays, sets, deques, ranges and the like have in common: each can be walked over, so all of this works
// on it. A class of one's own gets it by extending this one, with `iterator` and `size`.

package .internal.container;

import .phantom.text.builder;

abstract class collection {
    // An object with hasNext() and next(), as foreach wants it.
    abstract any iterator();

    // How many items there are.
    abstract int size();

    // Is there no item?
    boolean isEmpty() {
        return size() == 0;
    }

    // Is an equal item there?
    boolean has(any value) {
        foreach (item in cursor.of(iterator())) {
            if (item == value)
                return true;
        }
        return false;
    }

    // ---- questions: `test` is a function of one item ----

    // Is the test true of any item?
    boolean any(any test) {
        foreach (item in cursor.of(iterator())) {
            if (test.call(item))
                return true;
        }
        return false;
    }

    // Is the test true of all items?
    boolean all(any test) {
        foreach (item in cursor.of(iterator())) {
            if (!test.call(item))
                return false;
        }
        return true;
    }

    // Of how many items is the test true?
    int count(any test) {
        int n = 0;
        foreach (item in cursor.of(iterator())) {
            if (test.call(item))
                n++;
        }
        return n;
    }

    // The first item of which the test is true, or null.
    any find(any test) {
        foreach (item in cursor.of(iterator())) {
            if (test.call(item))
                return item;
        }
        return null;
    }

    // ---- others made of it ----

    // What a function makes of each item.
    array map(any change) {
        array result = new array();
        foreach (item in cursor.of(iterator()))
            result.add(change.call(item));
        return result;
    }

    // All that a function makes of each item, where it makes a collection of each.
    array flatMap(any change) {
        array result = new array();
        foreach (item in cursor.of(iterator()))
            result.addAll(change.call(item));
        return result;
    }

    // The items of which a test is true.
    array filter(any test) {
        array result = new array();
        foreach (item in cursor.of(iterator())) {
            if (test.call(item))
                result.add(item);
        }
        return result;
    }

    // An array of two: the items of which a test is true, and the others.
    array partition(any test) {
        array yes = new array();
        array no = new array();
        foreach (item in cursor.of(iterator())) {
            if (test.call(item))
                yes.add(item);
            else
                no.add(item);
        }
        array both = new array();
        both.add(yes);
        both.add(no);
        return both;
    }

    // The first items, as long as a test is true.
    array takeWhile(any test) {
        array result = new array();
        foreach (item in cursor.of(iterator())) {
            if (!test.call(item))
                break;
            result.add(item);
        }
        return result;
    }

    // The first `most` items, or all if there are no more.
    array take(int most) {
        array result = new array();
        foreach (item in cursor.of(iterator())) {
            if (result.size() >= most)
                break;
            result.add(item);
        }
        return result;
    }

    // All but the first `count` items.
    array drop(int count) {
        array result = new array();
        int at = 0;
        foreach (item in cursor.of(iterator())) {
            if (at >= count)
                result.add(item);
            at++;
        }
        return result;
    }

    // Pairs [a, b] of the first of both, the second of both, and so on, until one of them ends.
    array zip(any other) {
        array result = new array();
        any others = other.iterator();
        foreach (item in cursor.of(iterator())) {
            if (!others.hasNext())
                break;
            array pair = new array();
            pair.add(item);
            pair.add(others.next());
            result.add(pair);
        }
        return result;
    }

    // Entries of a number, from 0, and the item: key() and value().
    array withIndex() {
        array result = new array();
        foreach (item in cursor.of(iterator()))
            result.add(new entry(result.size(), item));
        return result;
    }

    // Arrays of `size` items each, the last one of what is left.
    array chunks(int size) {
        array result = new array();
        if (size < 1)
            throw new .internal.error.argument("chunks of \{size}");
        foreach (item in cursor.of(iterator())) {
            if (result.isEmpty() || ((array) result.last()).size() == size)
                result.add(new array());
            ((array) result.last()).add(item);
        }
        return result;
    }

    // Each item once, in the order in which they come first.
    array distinct() {
        .internal.container.set seen = new .internal.container.set();
        seen.addAll(this);
        return seen.toArray();
    }

    // A map from what a function makes of the items to the array of those items.
    .internal.container.map groupBy(any key) {
        .internal.container.map groups = new .internal.container.map();
        foreach (item in cursor.of(iterator())) {
            any name = key.call(item);
            any group = groups.get(name);
            if (group == null) {
                group = new array();
                groups.set(name, group);
            }
            group.add(item);
        }
        return groups;
    }

    // A map from what a function makes of each item to the item; the last one counts.
    .internal.container.map indexBy(any key) {
        .internal.container.map index = new .internal.container.map();
        foreach (item in cursor.of(iterator()))
            index.set(key.call(item), item);
        return index;
    }

    // The items in an array.
    array toArray() {
        array result = new array();
        foreach (item in cursor.of(iterator()))
            result.add(item);
        return result;
    }

    // The items in a set.
    .internal.container.set toSet() {
        .internal.container.set result = new .internal.container.set();
        result.addAll(this);
        return result;
    }

    // An array of the items in rising order.
    array sorted() {
        return sorted(null);
    }

    // The same in another order: see array.sort.
    array sorted(any order) {
        array result = toArray();
        result.sort(order);
        return result;
    }

    // ---- one value of all ----

    // Call a function with each item.
    void each(any action) {
        foreach (item in cursor.of(iterator()))
            action.call(item);
    }

    // f(... f(f(start, first), second) ..., last)
    any reduce(any start, any f) {
        any result = start;
        foreach (item in cursor.of(iterator()))
            result = f.call(result, item);
        return result;
    }

    // The same, beginning with the first item; a state error if there is none.
    any reduce(any f) {
        any result = null;
        boolean begun = false;
        foreach (item in cursor.of(iterator())) {
            result = begun ? f.call(result, item) : item;
            begun = true;
        }
        if (!begun)
            refuseEmpty("reduce");
        return result;
    }

    // The items added up: a long if all are whole numbers, else a double.
    any sum() {
        any total = 0L;
        foreach (item in cursor.of(iterator()))
            total = total + item;
        return total;
    }

    // The mean of the items, a double; a state error if there are none.
    double mean() {
        if (isEmpty())
            refuseEmpty("mean");
        double total = sum();
        return total / size();
    }

    // The least item, the first of equal ones; a state error if there is none.
    any min() {
        return extreme(null, -1, "min");
    }

    // The largest item, the first of equal ones; a state error if there is none.
    any max() {
        return extreme(null, 1, "max");
    }

    // The item of which a function makes the least.
    any minBy(any key) {
        return extreme(key, -1, "minBy");
    }

    // The item of which a function makes the largest.
    any maxBy(any key) {
        return extreme(key, 1, "maxBy");
    }

    // The items as text, with another text between them.
    string join(string between) {
        return between.join(this);
    }

    string toString() [5] {
        builder text = new builder();
        boolean first = true;
        text.add("[");
        foreach (item in cursor.of(iterator())) {
            if (!first)
                text.add(", ");
            first = false;
            text.addAny(item :== this ? "(this collection)" : item);
        }
        return text.add("]").toString();
    }

    // `wanted` is -1 for the least and 1 for the largest.
    private any extreme(any key, int wanted, string what) {
        any best = null;
        any bestKey = null;
        boolean begun = false;
        foreach (item in cursor.of(iterator())) {
            any itemKey = key == null ? item : key.call(item);
            int order = begun ? itemKey.compareTo(bestKey) : wanted;
            if ((wanted < 0 && order < 0) || (wanted > 0 && order > 0)) {
                best = item;
                bestKey = itemKey;
            }
            begun = true;
        }
        if (!begun)
            refuseEmpty(what);
        return best;
    }

    private static void refuseEmpty(string what) {
        throw new .internal.error.state(what + " of nothing");
    }
}
