// The person at the console. Printing and reading lines are functions of .internal.system.

package .internal;

class console {
    // Can somebody press keys? Else the input is a file, or comes from another program.
    static boolean isPerson() @primitive(console_is_person);

    // Whoever sees what is printed from here on can press keys, which are not shown by the terminal.
    static void expectKeys() @primitive(console_expect_keys);

    // The keys that were pressed since the last call, at least one, as they come from the terminal; they are shown
    // nowhere. null when there is nobody any more. "" after a restart: there may be another terminal, or none.
    static string readKeys() @primitive(console_read_keys);

    // How many columns the terminal has now; 0 where nobody knows.
    static int columns() @primitive(console_columns);

    // Wait until somebody presses Ctrl-C. From the first call on that no longer stops the machine.
    static void awaitBreak() @primitive(console_await_break);

    // Does the thread talk to a person who has attached to the running machine (`phantom shell`), and is still there?
    static boolean isAttached() @primitive(console_is_attached);

    // That person wants to type no more: the session is over. Nothing where there is none.
    static void detach() @primitive(console_detach);

    // Nobody wants to type any more: let the machine stop, if it runs only for that, and wait until somebody is
    // there again. False, at once, where the console cannot be left.
    static boolean leave() @primitive(console_leave);
}
