// Names for objects, safe for several threads at once.

package .internal;

class directory {
    private .internal.container.map entries;

    void directory() {
        entries = new .internal.container.map();
    }

    void put(string name, any object) [8] {
        synchronized (this) {
            entries.set(name, object);
        }
    }

    // null where there is no such name.
    any get(string name) [9] {
        synchronized (this) {
            return entries.get(name);
        }
    }

    any remove(string name) [10] {
        synchronized (this) {
            return entries.remove(name);
        }
    }

    int size() [11] {
        synchronized (this) {
            return entries.size();
        }
    }

    // Over the names.
    any iterator() [12] {
        synchronized (this) {
            return entries.iterator();
        }
    }

    boolean has(string name) {
        synchronized (this) {
            return entries.has(name);
        }
    }
}
