// Something that is done later, or again and again. A timer is a thread that sleeps, so it lies in the volume and
// goes on after a restart; its time is personal time, which stands still while the machine is off.

package .phantom;

class timer {
    private any action;
    private boolean cancelled;
    private long fired;
    private .internal.thread runner;

    // A timer that nobody has started; `after` and `every` make those that run.
    private void timer(any action0) {
        action = action0;
    }

    // Call a function once, after so many milliseconds.
    static timer after(long ms, any action) {
        timer made = new timer(action);
        made.start(ms, -1L);
        return made;
    }

    // Call a function every `ms` milliseconds, the first time after as many. A call that takes longer delays the
    // next one; none is made up for.
    static timer every(long ms, any action) {
        if (ms < 1L)
            throw new .internal.error.argument("a timer every \{ms} ms");
        timer made = new timer(action);
        made.start(ms, ms);
        return made;
    }

    // Call it no more. A call that has begun goes on. True if it would have been called again.
    boolean cancel() {
        synchronized (this) {
            boolean was = !cancelled;
            cancelled = true;
            .internal.system.notifyAll(this);
            return was;
        }
    }

    // Will it be called no more?
    boolean isOver() {
        synchronized (this) {
            return cancelled;
        }
    }

    // How often it was called.
    long count() {
        synchronized (this) {
            return fired;
        }
    }

    // Wait until it will be called no more, and the last call has ended.
    void join() {
        runner.join();
    }

    private void start(long ms, long period) {
        runner = .internal.system.spawn(fun () { live(ms, period); }, "timer");
    }

    private void live(long ms, long period) {
        .internal.deadline next = new .internal.deadline(ms);
        while (waitFor(next, period)) {
            next = new .internal.deadline(period);
            action.call();
        }
    }

    // False if it was cancelled instead.
    private boolean waitFor(.internal.deadline next, long period) {
        synchronized (this) {
            while (!cancelled && next.waitOn(this)) {
            }
            if (cancelled)
                return false;
            cancelled = period < 0L;
            fired++;
            return true;
        }
    }
}
