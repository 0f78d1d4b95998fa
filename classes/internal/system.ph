// What every program can call by name alone: println("hello"); sleep(100); and so on.

package .internal;

class system {
    private static .internal.random chance;

    // ---- the console ----

    // A text.
    static void print(string text) {
        write(text == null ? "null" : text, false);
    }

    // Any object as text.
    static void print(any object) {
        write("\{object}", false);
    }

    // A text, and the end of the line.
    static void println(string text) {
        write(text == null ? "null" : text, true);
    }

    // Any object as text, and the end of the line.
    static void println(any object) {
        write("\{object}", true);
    }

    // The end of a line.
    static void println() {
        write("", true);
    }

    // A line of input without its end; null when there is no more. The end belongs to the terminal, the
    // pipe or the file that is attached now: a later run of the volume may have more.
    static string readln() @primitive(console_read_line);

    private static void write(string text, boolean newline) @primitive(console_print);

    // ---- time ----

    // Milliseconds of personal time: the time that passes while the machine is off is not counted.
    static void sleep(long ms) @primitive(thread_sleep);

    // Milliseconds since 1970, as far as the machine knows.
    static long time() @primitive(system_wall_ms);

    // Nanoseconds of personal time.
    static long nanos() @primitive(system_personal_ns);

    // ---- threads ----

    // A thread that calls `run` of an object, or a function.
    static .internal.thread spawn(any target) {
        return .internal.thread.start(target, null);
    }

    // The same with a name, as `phantom ps` shows it.
    static .internal.thread spawn(any target, string name) {
        return .internal.thread.start(target, name);
    }

    // Inside synchronized (object): let it go, and sleep until somebody notifies. May end for no reason, so
    // it stands in a loop.
    static void wait(any object) {
        monitorWait(object, -1L);
    }

    // The same for at most so long.
    static void wait(any object, long ms) {
        monitorWait(object, ms < 0L ? 0L : ms);
    }

    // Inside synchronized (object): wake one who waits.
    static void notify(any object) @primitive(monitor_notify);
    // Inside synchronized (object): wake all who wait.
    static void notifyAll(any object) @primitive(monitor_notify_all);

    private static void monitorWait(any object, long ms) @primitive(monitor_wait);

    // ---- chance ----

    // 0 to n - 1.
    static int random(int n) {
        if (chance == null)
            chance = new .internal.random();
        return chance.next(n);
    }

    // ---- the program ----

    // The words behind the program's name.
    static string[] args() {
        .internal.words words = arguments();
        string[] result = new .internal.container.array();
        if (words != null)
            result = .internal.container.array.ofWords(words);
        return result;
    }

    private static .internal.words arguments() @primitive(system_arguments);

    // End the program with all its threads.
    static void exit(int status) @primitive(system_exit);

    // Collect garbage now; for tests.
    static void gc() @primitive(system_collect);

    // ---- arrays of the machine ----

    // `count` elements; both arrays are of one class, and may be the same.
    static void copyArray(any from, int at, any to, int toAt, int count) @primitive(array_copy);

    // Make elements null or zero.
    static void clearArray(any array, int from, int count) @primitive(array_clear);
}
