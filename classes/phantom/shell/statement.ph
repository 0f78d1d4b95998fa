// A text that was typed, while it runs.

package .phantom.shell;

class statement {
    private .internal."class" code;
    private boolean looks;   // show what is in the value, instead of what it says of itself
    private string shown;    // its value, for people
    private any failure;     // what it threw
    private boolean failed;
    private boolean ended;
    private boolean stopped; // nobody waits for it any more

    // A text that .internal.compiler gave. `looks`: what is in its value is to be shown, not what that says of itself.
    void statement(.internal."class" code0, boolean looks0) {
        code = code0;
        looks = looks0;
    }

    // Run it, in a thread of its own.
    void run() {
        try {
            show(.internal.compiler.run(code));
        } catch (e) {
            failure = e;
            failed = true;
        }
        end();
    }

    private synchronized void end() {
        ended = true;
        notifyAll(this);
    }

    // Wait until it has ended, or was stopped.
    synchronized void await() {
        while (!ended && !stopped)
            wait(this);
    }

    // Nobody waits for it any more.
    synchronized void stop() {
        stopped = true;
        notifyAll(this);
    }

    // Here, and not in the shell: to make a text of a value may take for ever.
    private void show(any value) {
        if (looks)
            shown = .internal.machine.look(value);
        else if (value instanceof .internal.string)
            shown = quoted((string) value);
        else if (value != null)
            shown = "\{value}";
    }

    private static string quoted(string text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t") + "\"";
    }

    // Say how it went, once it has ended.
    void report() {
        if (failed)
            print(describe(failure));
        else if (shown != null)
            println(shown);
    }

    // What was thrown, and where, for people.
    static string describe(any thrown) {
        if (!(thrown instanceof .internal.error))
            return "thrown: \{thrown}\n";
        .internal.error error = (.internal.error) thrown;
        string text = "\{error}\n";
        if (error.trace == null || error instanceof .internal.error.interrupt)
            return text;
        for (int i = 0; i < error.trace.size(); i++) {
            string place = (string) error.trace[i];
            if (place.startsWith(".phantom.shell.") || place.startsWith(".internal.compiler."))
                break;
            text = text + "    at \{place}\n";
        }
        return text;
    }
}
