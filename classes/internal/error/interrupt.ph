// Somebody wants this thread to stop what it is doing.

package .internal.error;

class interrupt extends .internal.error {
    void interrupt() {
    }

    void interrupt(string text) {
        message = text;
    }
}
