// What goes wrong. Anything may be thrown; what the machine throws is of the classes below this one.
//
// `trace` is an array of strings, innermost call first; the machine fills it in when the object is thrown.

package .internal;

class error {
    // What is wrong, or null.
    public string message;
    // Where it was thrown, an array of strings with the innermost call first; null if it never was.
    public .internal.words trace;

    // Without a message.
    void error() {
    }

    // With a message.
    void error(string text) {
        message = text;
    }

    // What is wrong, or null.
    string getMessage() {
        return message;
    }

    string toString() [5] {
        string name = getClass().name();
        return message == null ? name : name + ": " + message;
    }

    // The message and where it was thrown, line by line.
    string details() {
        string text = toString();
        if (trace == null)
            return text;
        for (int i = 0; i < trace.size(); i++)
            text = text + "\n    at " + trace[i];
        return text;
    }
}
