// There is no room for what was asked.

package .internal.error;

class memory extends .internal.error {
    void memory() {
    }

    void memory(string text) {
        message = text;
    }
}
