// A map from keys to values that remembers in which order the keys came. {"a": 1} makes one. What else it can
// do stands at .internal.container.dictionary.
//
// Keys are equal as == says. Entries lie in a row; those that were removed leave a hole (their link is
// -1) until the row is full. Each bucket is a list of entries, by links that are one more than an index.

package .internal.container;

class map extends dictionary {
    private .internal.ints buckets;
    .internal.ints links;
    private .internal.ints hashes;
    .internal.words keyRow;
    private .internal.words valueRow;
    int used;
    private int live;
    int changes; // how often a key came or went

    // An empty map.
    void map() {
        clear();
    }

    any get(any key) {
        int at = find(key, hashOf(key));
        return at < 0 ? null : valueRow[at];
    }

    any get(any key, any otherwise) {
        int at = find(key, hashOf(key));
        return at < 0 ? otherwise : valueRow[at];
    }

    void set(any key, any value) {
        int hash = hashOf(key);
        int at = find(key, hash);
        if (at >= 0) {
            valueRow[at] = value;
            return;
        }
        if (used == keyRow.size())
            grow();
        append(key, value, hash);
    }

    boolean has(any key) {
        return find(key, hashOf(key)) >= 0;
    }

    any remove(any key) {
        int hash = hashOf(key);
        int at = find(key, hash);
        if (at < 0)
            return null;
        any value = valueRow[at];
        int bucket = hash & (buckets.size() - 1);
        if (buckets[bucket] == at + 1) {
            buckets[bucket] = links[at];
        } else {
            int before = buckets[bucket] - 1;
            while (links[before] != at + 1)
                before = links[before] - 1;
            links[before] = links[at];
        }
        links[at] = -1;
        keyRow[at] = null;
        valueRow[at] = null;
        live--;
        changes++;
        return value;
    }

    int size() {
        return live;
    }

    void clear() {
        buckets = new .internal.ints(8);
        links = new .internal.ints(8);
        hashes = new .internal.ints(8);
        keyRow = new .internal.words(8);
        valueRow = new .internal.words(8);
        used = 0;
        live = 0;
        changes++;
    }

    array keys() {
        array result = new array();
        for (int i = 0; i < used; i++) {
            if (links[i] >= 0)
                result.add(keyRow[i]);
        }
        return result;
    }

    array values() {
        array result = new array();
        for (int i = 0; i < used; i++) {
            if (links[i] >= 0)
                result.add(valueRow[i]);
        }
        return result;
    }

    any iterator() {
        return new map_iterator(this);
    }

    dictionary emptyOne() {
        return new map();
    }

    private static int hashOf(any key) {
        if (key == null)
            return 0;
        int hash = key.hashCode();
        hash *= -1640531527;
        return hash ^ (hash >>> 15);
    }

    // The index of the key's entry, or -1.
    private int find(any key, int hash) {
        int at = buckets[hash & (buckets.size() - 1)] - 1;
        while (at >= 0) {
            if (hashes[at] == hash && keyRow[at] == key)
                return at;
            at = links[at] - 1;
        }
        return -1;
    }

    private void append(any key, any value, int hash) {
        int bucket = hash & (buckets.size() - 1);
        keyRow[used] = key;
        valueRow[used] = value;
        hashes[used] = hash;
        links[used] = buckets[bucket];
        used++;
        live++;
        changes++;
        buckets[bucket] = used;
    }

    // A new row without holes, with room for as many again.
    private void grow() {
        .internal.ints oldLinks = links;
        .internal.ints oldHashes = hashes;
        .internal.words oldKeys = keyRow;
        .internal.words oldValues = valueRow;
        int old = used;
        int room = 8;
        if (live > 268435456)
            throw new .internal.error.memory("a map is too large");
        while (room < 2 * live)
            room *= 2;
        buckets = new .internal.ints(room);
        links = new .internal.ints(room);
        hashes = new .internal.ints(room);
        keyRow = new .internal.words(room);
        valueRow = new .internal.words(room);
        used = 0;
        live = 0;
        for (int i = 0; i < old; i++) {
            if (oldLinks[i] >= 0)
                append(oldKeys[i], oldValues[i], oldHashes[i]);
        }
    }
}

class map_iterator {
    private map over;
    private int changes;
    private int at;

    void map_iterator(.internal.container.map over0) {
        over = over0;
        changes = over.changes;
    }

    boolean hasNext() {
        if (over.changes != changes)
            throw new .internal.error.state("the map has changed while it was walked over");
        while (at < over.used && over.links[at] < 0)
            at++;
        return at < over.used;
    }

    any next() {
        if (!hasNext())
            throw new .internal.error.bounds("no more keys");
        at++;
        return over.keyRow[at - 1];
    }
}
