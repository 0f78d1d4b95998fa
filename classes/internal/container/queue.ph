// A queue between threads: put waits while it is full, take while it is empty.

package .internal.container;

class queue {
    private .internal.words ring;
    private int first;
    private int count;
    private boolean closed;

    void queue() {
        ring = new .internal.words(64);
    }

    void queue(int capacity) {
        if (capacity < 1)
            throw new .internal.error.argument("a queue with room for \{capacity}");
        ring = new .internal.words(capacity);
    }

    void put(any item) {
        synchronized (this) {
            while (count == ring.size() && !closed)
                .internal.system.wait(this);
            if (closed)
                throw new .internal.error.state("the queue is closed");
            ring[(first + count) % ring.size()] = item;
            count++;
            .internal.system.notifyAll(this);
        }
    }

    // null once the queue is closed and empty.
    any take() {
        synchronized (this) {
            while (count == 0 && !closed)
                .internal.system.wait(this);
            if (count == 0)
                return null;
            any item = ring[first];
            ring[first] = null;
            first = (first + 1) % ring.size();
            count--;
            .internal.system.notifyAll(this);
            return item;
        }
    }

    // Nothing more will be put.
    void close() {
        synchronized (this) {
            closed = true;
            .internal.system.notifyAll(this);
        }
    }

    int size() {
        synchronized (this) {
            return count;
        }
    }
}
