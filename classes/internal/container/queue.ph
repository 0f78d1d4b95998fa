// A queue between threads: put waits while it is full, take while it is empty. .phantom.channel can do more.

package .internal.container;

class queue {
    private .internal.words ring;
    private int first;
    private int count;
    private boolean closed;
    private boolean awaited; // somebody may wait for a change

    // A queue with room for 64.
    void queue() {
        ring = new .internal.words(64);
    }

    // A queue with room for so many.
    void queue(int capacity) {
        if (capacity < 1)
            throw new .internal.error.argument("a queue with room for \{capacity}");
        ring = new .internal.words(capacity);
    }

    // Put an item in, and wait for room; a state error if the queue is closed.
    void put(any item) {
        synchronized (this) {
            while (count == ring.size() && !closed)
                await(null);
            append(item);
        }
    }

    // Put an item in if there is room; false if there is none.
    boolean tryPut(any item) {
        return tryPut(item, 0L);
    }

    // The same, but wait at most so long for room.
    boolean tryPut(any item, long ms) {
        .internal.deadline limit = new .internal.deadline(ms);
        synchronized (this) {
            while (count == ring.size() && !closed && await(limit)) {
            }
            if (count == ring.size() && !closed)
                return false;
            append(item);
            return true;
        }
    }

    // Take an item out, and wait for one; null once the queue is closed and empty.
    any take() {
        return takeOr(null);
    }

    // The same, but `otherwise` once the queue is closed and empty: null may be an item.
    any takeOr(any otherwise) {
        synchronized (this) {
            while (count == 0 && !closed)
                await(null);
            return count == 0 ? otherwise : removeFirst();
        }
    }

    // Take an item out if there is one; else `otherwise`.
    any tryTake(any otherwise) {
        return tryTake(otherwise, 0L);
    }

    // The same, but wait at most so long for one.
    any tryTake(any otherwise, long ms) {
        .internal.deadline limit = new .internal.deadline(ms);
        synchronized (this) {
            while (count == 0 && !closed && await(limit)) {
            }
            return count == 0 ? otherwise : removeFirst();
        }
    }

    // Nothing more will be put. What is there can still be taken.
    void close() {
        synchronized (this) {
            closed = true;
            .internal.system.notifyAll(this);
            changed();
        }
    }

    // Will nothing more be put?
    boolean isClosed() {
        synchronized (this) {
            return closed;
        }
    }

    // Is it closed, and has all been taken?
    boolean isOver() {
        synchronized (this) {
            return closed && count == 0;
        }
    }

    // How many items are waiting.
    int size() {
        synchronized (this) {
            return count;
        }
    }

    // How many have room.
    int capacity() {
        return ring.size();
    }

    // The lock is held, and an item came or the queue was closed: for classes below this one.
    void changed() {
    }

    // Until something changes, or the time is over; false if it was over before.
    private boolean await(.internal.deadline limit) {
        awaited = true;
        if (limit != null)
            return limit.waitOn(this);
        .internal.system.wait(this);
        return true;
    }

    // Whoever waits looks again, and says so if that is not enough.
    private void stir() {
        awaited = false;
        .internal.system.notifyAll(this);
    }

    private void append(any item) {
        if (closed)
            throw new .internal.error.state("the queue is closed");
        int at = first + count;
        if (at >= ring.size())
            at -= ring.size();
        ring[at] = item;
        count++;
        if (awaited)
            stir();
        changed();
    }

    private any removeFirst() {
        any item = ring[first];
        ring[first] = null;
        first++;
        if (first == ring.size())
            first = 0;
        count--;
        if (awaited)
            stir();
        return item;
    }
}
