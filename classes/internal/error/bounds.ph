// An index outside an array or a string.

package .internal.error;

class bounds extends .internal.error {
    void bounds() {
    }

    void bounds(string text) {
        message = text;
    }
}
