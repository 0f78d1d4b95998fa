// An object has no such method, or several that fit.

package .internal.error;

class no_method extends .internal.error {
    void no_method() {
    }

    void no_method(string text) {
        message = text;
    }
}
