// What the programs that test the class library share: checks that say what is wrong, and count.

package .support;

class check {
    private static int checks;

    // `got` is `wanted`.
    static void same(any got, any wanted, string what) {
        checks++;
        if (got != wanted)
            println("WRONG: \{what}: \{got}, not \{wanted}");
    }

    static void good(boolean holds, string what) {
        same(holds, true, what);
    }

    // The function throws an error with this message.
    static void fails(string message, any action) {
        string said;
        checks++;
        try {
            said = "nothing, and gave \{action.call()}";
        } catch (.internal.error e) {
            said = e.message;
        } catch (any other) {
            said = "something else: \{other}";
        }
        if (said != message)
            println("WRONG: the error is not `\{message}` but `\{said}`");
    }

    // One part of the test is over.
    static void part(string name) {
        println("\{name}: \{checks} checks");
        checks = 0;
    }
}
