// Snapshots are taken all the time; a program asks for one only where it must know.

package .internal;

class snapshot {
    // Take one now, and wait until it is safe on the disk: whatever happens after this, what the program did
    // before it has happened.
    static void commit() @primitive(snapshot_commit);

    // Have one taken soon, without waiting for it.
    static void ask() @primitive(snapshot_ask);

    // Print a text that leaves the machine only when a snapshot is safe that holds all that led to it: what somebody has
    // seen is never undone. One is taken at once, and nobody waits for it here. What is printed behind it, by
    // whomever, waits, too. (With `phantom run --gated` all output does.) It may be seen twice, as other output may.
    static void print(string text) {
        write(text == null ? "null" : text, false);
    }

    // Any object as text, in the same way.
    static void print(any object) {
        write("\{object}", false);
    }

    // A text and the end of the line, in the same way.
    static void println(string text) {
        write(text == null ? "null" : text, true);
    }

    // Any object as text and the end of the line, in the same way.
    static void println(any object) {
        write("\{object}", true);
    }

    private static void write(string text, boolean newline) @primitive(console_print_gated);

    // The number of the newest snapshot that is safe on the disk.
    static long generation() @primitive(snapshot_generation);
}
