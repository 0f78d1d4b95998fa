// Something that runs beside the rest. It is an object like any other: it lies in the volume, and goes on
// after a restart in the middle of what it was doing.

package .internal;

class thread {
    // Make a thread that calls `run` of an object, or a function, and start it.
    static thread start(any target, string name) @primitive(thread_start);

    // The thread that asks.
    static thread current() @primitive(thread_current);

    // Let others run.
    static void yield() @primitive(thread_yield);

    // Wait so many milliseconds of personal time.
    static void sleep(long ms) @primitive(thread_sleep);

    // Wait until it has ended.
    void join() {
        await(-1L);
    }

    // Wait at most that long; true if it has ended.
    boolean join(long ms) {
        return await(ms < 0L ? 0L : ms);
    }

    private boolean await(long ms) @primitive(thread_join);

    // Have .internal.error.interrupt thrown in it: where it sleeps or waits, or in the middle of what it does.
    void interrupt() @primitive(thread_interrupt);

    // Was the running thread to be interrupted? Then it no longer is, and nothing is thrown.
    static boolean interrupted() @primitive(thread_interrupted);

    // How urgent it is: -2 to 2, at first that of the thread that started it, and 0 for the first one. Of the threads
    // that could run those of a higher priority go first; the others still get a turn now and then. A thread that
    // waits for the lock of an object (synchronized) lends its priority to the thread that holds it.
    int priority() @primitive(thread_priority);
    // Change that; an argument error if there is no such priority.
    void setPriority(int priority) @primitive(thread_set_priority);

    // The name it was started with, or null.
    string name() @primitive(thread_name);
    // Has it not ended?
    boolean isAlive() @primitive(thread_is_alive);
    // Its number, which no other thread of the volume has.
    long id() @primitive(thread_id);

    string toString() [5] {
        return name() == null ? "thread \{id()}" : "thread \{id()} (\{name()})";
    }

    // Where every thread begins.
    private static void enter(any target) {
        if (target instanceof .internal.function)
            target.call();
        else
            target.run();
    }
}
