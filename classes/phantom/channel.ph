// A channel between threads: what is sent on one side is received on the other, in order. send waits while it is
// full, receive while it is empty; foreach receives until it is closed and empty. It lies in the volume with what
// was sent and not yet received.

package .phantom;

import .internal.container.array;

class channel extends .internal.container.queue {
    private array watchers = new array();
    private int watching; // as many as there are

    // A channel with room for 64.
    void channel() {
    }

    // A channel with room for so many.
    void channel(int capacity) {
        super(capacity);
    }

    // Send an item, and wait for room; a state error if the channel is closed.
    void send(any item) {
        put(item);
    }

    // Send an item if there is room; false if there is none.
    boolean trySend(any item) {
        return tryPut(item, 0L);
    }

    // The same, but wait at most so long for room.
    boolean trySend(any item, long ms) {
        return tryPut(item, ms);
    }

    // Receive an item, and wait for one; null once the channel is closed and empty.
    any receive() {
        return takeOr(null);
    }

    // Receive an item if there is one; else `otherwise`.
    any tryReceive(any otherwise) {
        return tryTake(otherwise, 0L);
    }

    // The same, but wait at most so long for one.
    any tryReceive(any otherwise, long ms) {
        return tryTake(otherwise, ms);
    }

    // For foreach: each item as it comes, until the channel is closed and empty.
    .internal.container.cursor iterator() {
        return new channel_iterator(this);
    }

    // A channel that gives what this one gives, each item once a snapshot is safe that holds all that led to it. For
    // a receiver that hands items to somebody outside: whatever that does with one is never undone here. One snapshot lets
    // all pass that wait for it. A thread of its own sees to it, until this channel is closed and empty.
    channel gated() {
        channel safe = new channel(capacity());
        .internal.system.spawn(fun () { pass(this, safe); }, "gate");
        return safe;
    }

    private static void pass(channel from, channel to) {
        any end = new .internal.object();
        try {
            for (any item = from.takeOr(end); item :!= end; item = from.takeOr(end)) {
                array waiting = new array();
                for (; item :!= end; item = from.tryTake(end, 0L))
                    waiting.add(item);
                .internal.snapshot.commit();
                foreach (each in waiting)
                    to.send(each);
            }
        } finally {
            to.close();
        }
    }

    // Wait until one of several channels has an item, and receive it, from the first in the row that has one. The
    // answer has index() of the channel in the row, channel() and item(); null once all are closed and empty.
    static selection select(any channels) {
        return select(channels, -1L);
    }

    // The same for at most so many milliseconds; null also if the time is over. Less than 0 is for ever.
    static selection select(any channels, long ms) {
        array all = channels.toArray();
        channel_watcher watcher = new channel_watcher();
        .internal.deadline limit = new .internal.deadline(ms < 0L ? .internal.long.MAX : ms);
        if (all.isEmpty())
            throw new .internal.error.argument("select of no channel");
        foreach (one in all)
            ((channel) one).watch(watcher);
        try {
            for (;;) {
                selection found = look(all);
                if (found != null || isOver(all))
                    return found;
                if (!watcher.await(limit))
                    return look(all);
            }
        } finally {
            foreach (one in all)
                ((channel) one).unwatch(watcher);
        }
    }

    void changed() {
        if (watching > 0) {
            foreach (watcher in watchers)
                watcher.ring();
        }
    }

    private void watch(any watcher) {
        synchronized (this) {
            watchers.add(watcher);
            watching = watchers.size();
        }
    }

    private void unwatch(any watcher) {
        synchronized (this) {
            watchers.removeValue(watcher);
            watching = watchers.size();
        }
    }

    private static selection look(array all) {
        any nothing = new .internal.object();
        for (int i = 0; i < all.size(); i++) {
            channel one = all.get(i);
            any item = one.tryTake(nothing, 0L);
            if (item :!= nothing)
                return new selection(i, one, item);
        }
        return null;
    }

    private static boolean isOver(array all) {
        foreach (one in all) {
            if (!((channel) one).isOver())
                return false;
        }
        return true;
    }
}

// Somebody who waits for several channels. A ring that comes before the wait is kept.
class channel_watcher {
    private boolean rung;

    void ring() {
        synchronized (this) {
            rung = true;
            .internal.system.notifyAll(this);
        }
    }

    // False if the time is over.
    boolean await(.internal.deadline limit) {
        synchronized (this) {
            while (!rung && limit.waitOn(this)) {
            }
            boolean was = rung;
            rung = false;
            return was;
        }
    }
}

class channel_iterator extends .internal.container.cursor {
    private any end = new .internal.object();
    private channel over;
    private any item;
    private boolean asked;

    void channel_iterator(channel over0) {
        over = over0;
    }

    boolean hasNext() {
        if (!asked)
            item = over.takeOr(end);
        asked = true;
        return item :!= end;
    }

    any next() {
        if (asked ? item :== end : !hasNext())
            throw new .internal.error.bounds("no more items");
        asked = false;
        return item;
    }
}
