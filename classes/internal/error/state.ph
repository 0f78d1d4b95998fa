// A thing cannot be done now, such as letting go of a lock that one does not hold.

package .internal.error;

class state extends .internal.error {
    void state() {
    }

    void state(string text) {
        message = text;
    }
}
