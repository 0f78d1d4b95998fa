// A row that grows and shrinks at both ends, each in a few steps. d[i] is get(i), d[i] = v is set(i, v).
//
// A walk ends with a state error if an item came or went meanwhile.

package .phantom;

class deque extends .internal.container.collection {
    private .internal.words ring;
    private int begin;
    private int count;
    int changes; // how often an item came or went

    // An empty deque.
    void deque() {
        ring = new .internal.words(8);
    }

    // Put an item before the first.
    void addFirst(any item) {
        if (count == ring.size())
            grow();
        begin = (begin - 1) & (ring.size() - 1);
        ring[begin] = item;
        count++;
        changes++;
    }

    // Put an item behind the last.
    void addLast(any item) {
        if (count == ring.size())
            grow();
        ring[(begin + count) & (ring.size() - 1)] = item;
        count++;
        changes++;
    }

    // The same as addLast.
    void add(any item) {
        addLast(item);
    }

    // Put all that can be walked over behind the last.
    void addAll(any items) {
        foreach (item in .internal.container.cursor.over(items))
            addLast(item);
    }

    // Take the first item out, and give it back; a bounds error if there is none.
    any removeFirst() {
        any item = get(0);
        ring[begin] = null;
        begin = (begin + 1) & (ring.size() - 1);
        count--;
        changes++;
        return item;
    }

    // Take the last item out, and give it back; a bounds error if there is none.
    any removeLast() {
        any item = get(count - 1);
        ring[(begin + count - 1) & (ring.size() - 1)] = null;
        count--;
        changes++;
        return item;
    }

    // The first item; a bounds error if there is none.
    any first() {
        return get(0);
    }

    // The last item; a bounds error if there is none.
    any last() {
        return get(count - 1);
    }

    // The item at `index`, from the first; a bounds error if there is none.
    any get(int index) {
        if (index < 0 || index >= count)
            throw new .internal.error.bounds("item \{index} of a deque of \{count}");
        return ring[(begin + index) & (ring.size() - 1)];
    }

    // Put another item in place of the one at `index`.
    void set(int index, any item) {
        get(index);
        ring[(begin + index) & (ring.size() - 1)] = item;
    }

    int size() {
        return count;
    }

    // Take all items out.
    void clear() {
        ring = new .internal.words(8);
        begin = 0;
        count = 0;
        changes++;
    }

    .internal.container.cursor iterator() {
        return new deque_iterator(this);
    }

    // A new deque of the same items.
    any clone() [3] {
        deque result = new deque();
        result.addAll(this);
        return result;
    }

    // True for a deque of equal items.
    boolean equals(any other) [4] {
        return other instanceof deque && toArray() == ((deque) other).toArray();
    }

    int hashCode() [15] {
        return toArray().hashCode();
    }

    // The ring is as long as a power of two, so that a place is found by masking.
    private void grow() {
        int room = ring.size();
        if (room > 536870912)
            throw new .internal.error.memory("a deque is too long");
        .internal.words larger = new .internal.words(2 * room);
        .internal.system.copyArray(ring, begin, larger, 0, room - begin);
        .internal.system.copyArray(ring, 0, larger, room - begin, begin);
        ring = larger;
        begin = 0;
    }
}

class deque_iterator extends .internal.container.cursor {
    private deque over;
    private int changes;
    private int at;

    void deque_iterator(deque over0) {
        over = over0;
        changes = over.changes;
    }

    boolean hasNext() {
        if (over.changes != changes)
            throw new .internal.error.state("the deque has changed while it was walked over");
        return at < over.size();
    }

    any next() {
        hasNext();
        at++;
        return over.get(at - 1);
    }
}
