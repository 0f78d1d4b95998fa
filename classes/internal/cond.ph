// A condition: threads that hold a mutex wait for something that the mutex guards. A wait may end for no
// reason, so it stands in a loop.

package .internal;

class cond {
    void wait(.internal.mutex mutex) [8] {
        await(mutex, -1L);
    }

    void timedWait(.internal.mutex mutex, long ms) [9] {
        await(mutex, ms < 0L ? 0L : ms);
    }

    void broadcast() [10] {
        synchronized (this) {
            .internal.system.notifyAll(this);
        }
    }

    void signal() [11] {
        synchronized (this) {
            .internal.system.notify(this);
        }
    }

    // A signal needs this object's lock, so none is lost between the release and the wait.
    private void await(.internal.mutex mutex, long ms) {
        int held;
        synchronized (this) {
            held = mutex.release();
            if (ms < 0L)
                .internal.system.wait(this);
            else
                .internal.system.wait(this, ms);
        }
        mutex.regain(held);
    }
}
