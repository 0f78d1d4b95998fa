// What the original Phantom asks for its thread.

package .internal;

class world {
    // The thread that asks.
    .internal.thread getMyThread() [8] {
        return .internal.thread.current();
    }
}
