// The volume is full.

package .internal.error;

class space extends .internal.error {
    void space() {
    }

    void space(string text) {
        message = text;
    }
}
