// An object is of another class than was said.

package .internal.error;

class cast extends .internal.error {
    void cast() {
    }

    void cast(string text) {
        message = text;
    }
}
