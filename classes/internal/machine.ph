// The machine that runs this volume, and what it knows of programs, threads and snapshots.

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

    private static any inside(any object) @primitive(machine_look);
    private static any answer(string question) @primitive(machine_ask);
}
