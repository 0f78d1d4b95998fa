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
    // waits for the lock of an object (synchronized), or for a mutex, lends its priority to the thread that holds it.
    int priority() @primitive(thread_priority);
    // Change that; an argument error if there is no such priority.
    void setPriority(int priority) @primitive(thread_set_priority);

    // The name it was started with, or null.
    string name() @primitive(thread_name);
    // Has it not ended?
    boolean isAlive() @primitive(thread_is_alive);
    // Its number, which no other thread of the volume has.
    long id() @primitive(thread_id);

    // "new", "runnable", "waiting", "sleeping", "suspended" (a page of the volume that it needs cannot be read now), or
    // "ended". What it was a moment ago, unless it is this thread.
    string state() {
        switch (stateNumber()) {
            case 0: return "new";
            case 1: return "runnable";
            case 2: return "waiting";
            case 3: return "sleeping";
            case 4: return "suspended";
            default: return "ended";
        }
    }

    // Where it is now: a line for each call, the innermost first, such as ".main.f (file.ph:12)". Empty once it has ended.
    string[] trace() {
        string[] none = [];
        string text = (string) frames();
        return text == "" ? none : text.substring(0, text.length() - 1).split("\n");
    }

    // End it where it is, without an exception: no `catch` and no `finally` of it runs any more. It lets go of the locks
    // of `synchronized` and of mutexes, and of nothing else; what it was changing stays half changed. interrupt() is kinder.
    void stop() @primitive(thread_stop);

    private int stateNumber() @primitive(thread_state);
    private any frames() @primitive(thread_trace);

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
