// A moment of personal time until which somebody waits: the time while the machine is off does not count.

package .internal;

class deadline {
    private long at;

    // So many milliseconds from now on; less than 0 is 0.
    void deadline(long ms) {
        long now = .internal.system.nanos();
        long most = (.internal.long.MAX - now) / 1000000L;
        at = now + (ms < 0L ? 0L : ms < most ? ms : most) * 1000000L;
    }

    // Milliseconds that are left, rounded up; 0 when it is over.
    long left() {
        long ns = at - .internal.system.nanos();
        return ns <= 0L ? 0L : (ns - 1L) / 1000000L + 1L;
    }

    // Is it over?
    boolean isOver() {
        return left() == 0L;
    }

    // Inside synchronized (object): wait until somebody notifies, or it is over. False if it was over before.
    boolean waitOn(any object) {
        long ms = left();
        if (ms == 0L)
            return false;
        .internal.system.wait(object, ms);
        return true;
    }
}
