// How much personal time has passed: the time that a program has lived, which stands still while the machine is off.

package .phantom;

class stopwatch {
    private long began;

    // It starts at once.
    void stopwatch() {
        began = .internal.system.nanos();
    }

    // The time since it was started.
    duration elapsed() {
        return duration.ofNanos(.internal.system.nanos() - began);
    }

    // The time since it was started; it starts anew.
    duration restart() {
        long now = .internal.system.nanos();
        duration passed = duration.ofNanos(now - began);
        began = now;
        return passed;
    }

    string toString() [5] {
        return elapsed().toString();
    }
}
