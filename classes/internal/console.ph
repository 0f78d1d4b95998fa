// The person at the console. Printing and reading lines are functions of .internal.system.

package .internal;

class console {
    // Wait until somebody presses Ctrl-C. From the first call on that no longer stops the machine.
    static void awaitBreak() @primitive(console_await_break);

    // Nobody wants to type any more: let the machine stop, if it runs only for that, and wait until somebody is
    // there again. False, at once, where the console cannot be left.
    static boolean leave() @primitive(console_leave);
}
