// A lock that one thread holds at a time; the same thread may take it again.

package .internal;

class mutex {
    private .internal.thread owner;
    private int depth;

    // Take the lock, and wait for it.
    void lock() [8] {
        .internal.thread me = .internal.thread.current();
        synchronized (this) {
            while (owner != null && owner :!= me)
                .internal.system.wait(this);
            owner = me;
            depth++;
        }
    }

    // Let it go; a state error if this thread does not hold it.
    void unlock() [9] {
        synchronized (this) {
            if (owner :!= .internal.thread.current())
                throw new .internal.error.state("this thread does not hold the lock");
            depth--;
            if (depth == 0) {
                owner = null;
                .internal.system.notify(this);
            }
        }
    }

    // Take the lock if it is free; false if it is not.
    boolean tryLock() [10] {
        return tryLock(0L);
    }

    // The same, but wait at most so long for it.
    boolean tryLock(long ms) {
        .internal.thread me = .internal.thread.current();
        .internal.deadline limit = new .internal.deadline(ms);
        synchronized (this) {
            while (owner != null && owner :!= me && limit.waitOn(this)) {
            }
            if (owner != null && owner :!= me)
                return false;
            owner = me;
            depth++;
            return true;
        }
    }

    // Does this thread hold it?
    boolean isMine() {
        synchronized (this) {
            return owner :== .internal.thread.current();
        }
    }

    // Run a function while the lock is held; what it gives.
    any hold(any action) {
        lock();
        try {
            return action.call();
        } finally {
            unlock();
        }
    }

    // Let go of it entirely; how often it was held.
    int release() {
        synchronized (this) {
            if (owner :!= .internal.thread.current())
                throw new .internal.error.state("this thread does not hold the lock");
            int held = depth;
            owner = null;
            depth = 0;
            .internal.system.notify(this);
            return held;
        }
    }

    // Take it again after a release.
    void regain(int held) {
        lock();
        synchronized (this) {
            depth = held;
        }
    }
}
