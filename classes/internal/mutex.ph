// A lock that one thread holds at a time; the same thread may take it again.

package .internal;

class mutex {
    private .internal.thread owner;
    private int depth;

    void lock() [8] {
        .internal.thread me = .internal.thread.current();
        synchronized (this) {
            while (owner != null && owner :!= me)
                .internal.system.wait(this);
            owner = me;
            depth++;
        }
    }

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

    // True if the lock was free, and is held now.
    boolean tryLock() [10] {
        .internal.thread me = .internal.thread.current();
        synchronized (this) {
            if (owner != null && owner :!= me)
                return false;
            owner = me;
            depth++;
            return true;
        }
    }

    // Run a function while the lock is held.
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

    void regain(int held) {
        lock();
        synchronized (this) {
            depth = held;
        }
    }
}
