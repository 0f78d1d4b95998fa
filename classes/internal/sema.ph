// A number of permits that threads take and give back.

package .internal;

class sema {
    private int permits;

    void sema(int count) {
        permits = count;
    }

    void acquire() [8] {
        synchronized (this) {
            while (permits == 0)
                .internal.system.wait(this);
            permits--;
        }
    }

    void release() [9] {
        synchronized (this) {
            permits++;
            .internal.system.notify(this);
        }
    }

    boolean tryAcquire() [10] {
        synchronized (this) {
            if (permits == 0)
                return false;
            permits--;
            return true;
        }
    }
}
