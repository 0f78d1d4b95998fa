// Texts become code while the system runs. Each may use what earlier ones declared: their variables, functions and
// classes are known to it by its scope, and by nothing else.

package .internal;

class compiler {
    // Compile a text, and load it into this program.
    //
    //   name   for messages and traces; letters and digits that no text of this program had before
    //   scope  the interfaces of the texts that it may use, one behind the other, the oldest first
    //
    // Gives the class that the text became; or the errors, as a string of lines; or null, if the text is only the
    // begin of something.
    static any compile(string name, string text, string scope) {
        return line(name, text, scope, new .internal.words(1));
    }

    // Run the statements of a text. Gives the value of the last one, if that is an expression; else null.
    static any run(.internal."class" text) @primitive(compile_run);

    // What later texts may use of it, as declarations.
    static string interfaceOf(.internal."class" text) {
        return (string) scope(text);
    }

    private static any scope(.internal."class" text) @primitive(compile_scope);
    private static any line(string name, string text, string scope, .internal.words result) @primitive(compile_line);
}
