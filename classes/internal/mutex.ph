// A lock that one thread holds at a time; the same thread may take it again. A thread that ends lets go of it, and
// one that waits for it lends its priority to the one that holds it.

package .internal;

class mutex {
    // Take the lock, and wait for it.
    void lock() [8] {
        take(this, -1L);
    }

    // Let it go; a state error if this thread does not hold it.
    void unlock() [9] {
        if (drop(this, false) == 0)
            throw notHeld();
    }

    // Take the lock if it is free; false if it is not.
    boolean tryLock() [10] {
        return take(this, 0L);
    }

    // The same, but wait at most so long for it.
    boolean tryLock(long ms) {
        return take(this, ms < 0L ? 0L : ms);
    }

    // Does this thread hold it?
    boolean isMine() {
        return mine(this);
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
        int held = drop(this, true);
        if (held == 0)
            throw notHeld();
        return held;
    }

    // Take it again after a release.
    void regain(int held) {
        for (int i = 0; i < held; i++)
            lock();
    }

    private static .internal.error notHeld() {
        return new .internal.error.state("this thread does not hold the lock");
    }

    private static boolean take(any lock, long ms) @primitive(monitor_take);
    private static int drop(any lock, boolean wholly) @primitive(monitor_drop);
    private static boolean mine(any lock) @primitive(monitor_is_mine);
}
