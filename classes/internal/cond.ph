// A condition: threads that hold a mutex wait for something that the mutex guards. A wait may end for no
// reason, so it stands in a loop.

package .internal;

class cond {
    // Let the mutex go, and sleep until there is a signal; then hold it again.
    void wait(.internal.mutex mutex) [8] {
        await(mutex, -1L);
    }

    // The same for at most so long; false if the time is over.
    boolean timedWait(.internal.mutex mutex, long ms) [9] {
        .internal.deadline limit = new .internal.deadline(ms);
        await(mutex, ms < 0L ? 0L : ms);
        return !limit.isOver();
    }

    // Wait until a function, which is called while the mutex is held, says true.
    void waitUntil(.internal.mutex mutex, any holds) {
        while (!holds.call())
            await(mutex, -1L);
    }

    // The same for at most so long; what the function said at last.
    boolean waitUntil(.internal.mutex mutex, any holds, long ms) {
        .internal.deadline limit = new .internal.deadline(ms);
        boolean held = holds.call();
        while (!held && !limit.isOver()) {
            await(mutex, limit.left());
            held = holds.call();
        }
        return held;
    }

    // Wake all who wait.
    void broadcast() [10] {
        synchronized (this) {
            .internal.system.notifyAll(this);
        }
    }

    // Wake one who waits.
    void signal() [11] {
        synchronized (this) {
            .internal.system.notify(this);
        }
    }

    // A signal needs this object's lock, so none is lost between the release and the wait. Who is interrupted holds the
    // mutex again when it hears of that.
    private void await(.internal.mutex mutex, long ms) {
        int held = 0;
        any thrown = null;
        try {
            synchronized (this) {
                held = mutex.release();
                if (ms < 0L)
                    .internal.system.wait(this);
                else
                    .internal.system.wait(this, ms);
            }
        } catch (e) {
            thrown = e;
        }
        while (held > 0) {
            try {
                mutex.regain(held);
                held = 0;
            } catch (.internal.error.interrupt e) {
                thrown = e;
            }
        }
        if (thrown != null)
            throw thrown;
    }
}
