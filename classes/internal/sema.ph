// A number of permits that threads take and give back.

package .internal;

class sema {
    private int permits;

    // So many permits, 0 or more.
    void sema(int count) {
        if (count < 0)
            throw new .internal.error.argument("a semaphore with \{count} permits");
        permits = count;
    }

    // Take a permit, and wait for one.
    void acquire() [8] {
        synchronized (this) {
            while (permits == 0)
                .internal.system.wait(this);
            permits--;
        }
    }

    // Give a permit back.
    void release() [9] {
        release(1);
    }

    // Take a permit if there is one; false if there is none.
    boolean tryAcquire() [10] {
        return tryAcquire(0L);
    }

    // The same, but wait at most so long for one.
    boolean tryAcquire(long ms) {
        .internal.deadline limit = new .internal.deadline(ms);
        synchronized (this) {
            while (permits == 0 && limit.waitOn(this)) {
            }
            if (permits == 0)
                return false;
            permits--;
            return true;
        }
    }

    // Give so many permits back.
    void release(int count) {
        if (count < 0)
            throw new .internal.error.argument("\{count} permits given back");
        synchronized (this) {
            permits += count;
            for (int i = 0; i < count; i++)
                .internal.system.notify(this);
        }
    }

    // How many permits are there now.
    int available() {
        synchronized (this) {
            return permits;
        }
    }

    // Run a function with a permit; what it gives.
    any hold(any action) {
        acquire();
        try {
            return action.call();
        } finally {
            release();
        }
    }
}
