// A member that is private elsewhere.

package .internal.error;

class access extends .internal.error {
    void access() {
    }

    void access(string text) {
        message = text;
    }
}
