// A map from keys to values that remembers in which order the keys came. {"a": 1} makes one. What else it can
// do stands at .internal.container.dictionary.
//
// Keys are equal as == says. Entries lie in a row; those that were removed leave a hole (their link is
// -1) until the row is full. Each bucket is a list of entries, by links that are one more than an index.

package .internal.container;

class map extends dictionary {
    // What find answers where there is no such key, and where it cannot tell without asking keys.
    private const static int ABSENT = -1;
    private const static int ASK = -2;

    private .internal.ints buckets; // null, as are all five, before the first key comes
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
        int at = find(buckets, links, hashes, keyRow, key);
        if (at == ASK)
            at = ask(key, hashOf(key));
        return at < 0 ? null : valueRow[at];
    }

    any get(any key, any otherwise) {
        int at = find(buckets, links, hashes, keyRow, key);
        if (at == ASK)
            at = ask(key, hashOf(key));
        return at < 0 ? otherwise : valueRow[at];
    }

    void set(any key, any value) {
        int hash = 0;
        int at = find(buckets, links, hashes, keyRow, key);
        if (at < 0) {
            hash = hashOf(key);
            if (at == ASK)
                at = ask(key, hash);
        }
        if (at >= 0) {
            valueRow[at] = value;
            return;
        }
        if (keyRow == null || used == keyRow.size())
            grow();
        append(key, value, hash);
    }

    boolean has(any key) {
        int at = find(buckets, links, hashes, keyRow, key);
        return (at == ASK ? ask(key, hashOf(key)) : at) >= 0;
    }

    any remove(any key) {
        int hash = hashOf(key);
        int at = ask(key, hash);
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
        buckets = null;
        links = null;
        hashes = null;
        keyRow = null;
        valueRow = null;
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

    cursor iterator() {
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

    // The index of the key's entry, or ABSENT, or ASK.
    private static int find(.internal.ints buckets, .internal.ints links, .internal.ints hashes, .internal.words keys,
        any key) @primitive(map_find);

    // The index of the key's entry, or ABSENT; by the methods of keys.
    private int ask(any key, int hash) {
        if (buckets == null)
            return ABSENT;
        int at = buckets[hash & (buckets.size() - 1)] - 1;
        while (at >= 0) {
            if (hashes[at] == hash && keyRow[at] == key)
                return at;
            at = links[at] - 1;
        }
        return ABSENT;
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

    // A new row without holes, with room for as many again. It takes the place of the old one when it is whole, in a
    // few steps among which nobody can stop it: a full volume, or an interrupt, leaves the map as it was.
    private void grow() {
        int room = 8;
        if (live > 268435456)
            throw new .internal.error.memory("a map is too large");
        while (room < 2 * live)
            room *= 2;
        .internal.ints newBuckets = new .internal.ints(room);
        .internal.ints newLinks = new .internal.ints(room);
        .internal.ints newHashes = new .internal.ints(room);
        .internal.words newKeys = new .internal.words(room);
        .internal.words newValues = new .internal.words(room);
        int count = 0;
        for (int i = 0; i < used; i++) {
            if (links[i] >= 0) {
                int bucket = hashes[i] & (room - 1);
                newKeys[count] = keyRow[i];
                newValues[count] = valueRow[i];
                newHashes[count] = hashes[i];
                newLinks[count] = newBuckets[bucket];
                count++;
                newBuckets[bucket] = count;
            }
        }
        buckets = newBuckets;
        links = newLinks;
        hashes = newHashes;
        keyRow = newKeys;
        valueRow = newValues;
        used = count;
        changes++;
    }
}

class map_iterator extends cursor {
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
