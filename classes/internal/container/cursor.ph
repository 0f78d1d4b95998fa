// A walk over a collection, as its iterator() gives it and foreach wants it. An iterator of one's own need not be one, but
// one that is is asked faster.

package .internal.container;

abstract class cursor {
    // Is there another item?
    abstract boolean hasNext();

    // The next item.
    abstract any next();

    // Itself, so that foreach goes on with it.
    cursor iterator() {
        return this;
    }

    // What an iterator gives, as a cursor: itself, if it is one.
    static cursor of(any iterator) {
        return iterator instanceof cursor ? (cursor) iterator : new untyped_cursor(iterator);
    }

    // A walk over anything that has iterator().
    static cursor over(any items) {
        return of(items.iterator());
    }
}

// An iterator that has the methods, and is of any class.
class untyped_cursor extends cursor {
    private const any walk;

    void untyped_cursor(any walk0) {
        walk = walk0;
    }

    boolean hasNext() {
        return walk.hasNext();
    }

    any next() {
        return walk.next();
    }
}
