// A value that a method cannot work with.

package .internal.error;

class argument extends .internal.error {
    void argument() {
    }

    void argument(string text) {
        message = text;
    }
}
