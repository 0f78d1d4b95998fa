// The machine that runs this volume: what it is, whether it is another one now, and, for the shell, what it knows
// of programs, threads and snapshots.

package .internal;

class machine {
    // Ask a question: ps, stat, log, app list, app stop N, app remove N, app limit N BYTES PERCENT, history list, show,
    // show PATTERN. Gives the answer, or why there is none, as text. Only the shell may.
    static string ask(string question) {
        return (string) answer(question);
    }

    // What is in an object, some levels deep, also what its class keeps to itself. Nothing is called for it. Only the
    // shell may.
    static string look(any object) {
        return object == null ? "null" : (string) inside(object);
    }

    // ---- restarts ----

    // The number of this run of the machine. Every start gives another one, be it after a stop or after a kill, so a
    // program that has kept the number sees that there was one. Programs need not care: they go on all the same.
    static long run() @primitive(machine_run);

    // Wait until the machine runs under another number than `known`, and give that. At once, if it does already: so who
    // waits in a loop, with the number that it got last, hears of each restart once, also if the machine is
    // killed again before it could do anything; of several in a row it hears as of one.
    static long awaitRestart(long known) @primitive(machine_await_restart);

    // Have a function called once after each restart from here on. That is done by a thread of its own, which is given;
    // interrupt() ends it, as does an exception of the function.
    static .internal.thread onRestart(any action) {
        long known = run();
        return .internal.thread.start(fun () { .internal.machine.listen(known, action); }, "restart");
    }

    private static void listen(long first, any action) {
        long known = first;
        try {
            while (true) {
                known = awaitRestart(known);
                action.call();
            }
        } catch (.internal.error.interrupt e) {
            return;
        }
    }

    // ---- what it is: each of these may be another one after a restart ----

    // Its kind: "linux" for a process, "amd64" for bare metal, "sim" for the simulation.
    static string kind() @primitive(machine_kind);

    // The release that runs.
    static string version() @primitive(machine_version);

    // Processors that run threads at the same time.
    static int processors() @primitive(machine_processors);

    // Bytes of memory that it can give to the objects in use; the others lie on the disk. Changes all the time.
    static long memory() @primitive(machine_memory);

    // Bytes that the volume holds in all.
    static long volume() @primitive(machine_volume);

    // Bytes of these that are free, about: what the history keeps goes when room is short.
    static long volumeFree() @primitive(machine_volume_free);

    // Nanoseconds since it was started. nanos() is the personal time of all its runs together.
    static long uptime() @primitive(machine_uptime);

    // The newest snapshot that is safe on the disk.
    static long generation() {
        return .internal.snapshot.generation();
    }

    private static any inside(any object) @primitive(machine_look);
    private static any answer(string question) @primitive(machine_ask);
}
