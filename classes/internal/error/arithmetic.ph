// A division of whole numbers by zero.

package .internal.error;

class arithmetic extends .internal.error {
    void arithmetic() {
    }

    void arithmetic(string text) {
        message = text;
    }
}
