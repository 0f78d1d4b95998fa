// Calls are nested too deep.

package .internal.error;

class stack_overflow extends .internal.error {
    void stack_overflow() {
    }

    void stack_overflow(string text) {
        message = text;
    }
}
