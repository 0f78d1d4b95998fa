// Snapshots are taken all the time; a program asks for one only where it must know.

package .internal;

class snapshot {
    // Take one now, and wait until it is safe on the disk: whatever happens after this, what the program did
    // before it has happened.
    static void commit() @primitive(snapshot_commit);

    // Have one taken soon, without waiting for it.
    static void ask() @primitive(snapshot_ask);

    // The number of the newest snapshot that is safe on the disk.
    static long generation() @primitive(snapshot_generation);
}
