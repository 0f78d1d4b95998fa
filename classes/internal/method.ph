// A method of a class: what it is called and takes; and calls of methods by name.

package .internal;

class method {
    private static const int PRIVATE = 2;
    private static const int STATIC = 4;
    private static const int FINAL = 8;
    private static const int ABSTRACT = 16;
    private static const int SYNCHRONIZED = 64;

    // Its name; a constructor is called like its class.
    string name() {
        return isConstructor() ? lastName(owner().name()) : given();
    }

    // The class that declares it.
    .internal."class" owner() @primitive(method_owner);

    // The types of its arguments, as the language writes them: "int", "any", ".internal.string".
    string[] parameters() {
        string[] result = [];
        string text = signature();
        int at = 1;
        while (text.charAt(at) != ')') {
            int end = typeEnd(text, at);
            result.add(typeName(text.substring(at, end - at)));
            at = end;
        }
        return result;
    }

    // The type of what it gives: "void" if that is nothing.
    string result() {
        string text = signature();
        return typeName(text.substring(text.indexOf(")") + 1));
    }

    // Its number, for calls by number; -1 if it has none of its own.
    int number() @primitive(method_number);

    // Does it belong to the class, not to an object?
    boolean isStatic() {
        return (flags() & STATIC) != 0;
    }

    // May only its class call it?
    boolean isPrivate() {
        return (flags() & PRIVATE) != 0;
    }

    // Has it no body here?
    boolean isAbstract() {
        return (flags() & ABSTRACT) != 0;
    }

    // Can it not be overridden?
    boolean isFinal() {
        return (flags() & FINAL) != 0;
    }

    // Does it hold the lock of its object, or of its class, while it runs?
    boolean isSynchronized() {
        return (flags() & SYNCHRONIZED) != 0;
    }

    // Does it make an object of its class?
    boolean isConstructor() {
        return given() == "<new>";
    }

    // Is it one that no source can name: a constructor, or what the compiler adds?
    boolean isSpecial() {
        return given().startsWith("<");
    }

    // Call it. What overrides it in the receiver's class is called instead. A static method and a constructor, whose result
    // is a new object, look at no receiver. The arguments become what the parameters want, as in an untyped
    // call. Gives null if the method gives nothing. A null error without a receiver; a cast error if that, or an argument,
    // does not fit; a no_method error for another number of arguments; an access error if it is private.
    any call(any receiver, any[] arguments) {
        return callIt(receiver, unshared(arguments));
    }

    // Call the method of an object that has this name, as receiver.name(...) would where no types are known.
    static any invoke(any receiver, string name, any[] arguments) {
        return callNamed(receiver, name, unshared(arguments));
    }

    // For the machine: what it works on must stay as it is, whatever others do to the array.
    static .internal.words unshared(any[] arguments) {
        .internal.words from = arguments.toWords();
        .internal.words result = new .internal.words(from.size());
        .internal.system.copyArray(from, 0, result, 0, from.size());
        return result;
    }

    // What is the same in all methods that override each other: the name, and the arguments.
    string key() {
        string text = signature();
        return given() + text.substring(0, text.indexOf(")"));
    }

    // Such as `static int .twice.of(int)`.
    string toString() [5] {
        string front = isConstructor() ? "new " : isStatic() ? "static \{result()} " : "\{result()} ";
        string called = isConstructor() ? "" : ".\{given()}";
        return front + owner().name() + called + "(" + parameters().join(", ") + ")";
    }

    // ---- types ----

    // A type of the machine as the language writes it: "L.a.b;" is .a.b, "[i" is ints.
    static string typeName(string type) {
        switch (type) {
            case "v": return "void";
            case "w": return "any";
            case "z": return "boolean";
            case "b": return "byte";
            case "s": return "short";
            case "c": return "char";
            case "i": return "int";
            case "l": return "long";
            case "f": return "float";
            case "d": return "double";
            case "[w": return "words";
        }
        if (type.charAt(0) == 'L')
            return type.substring(1, type.length() - 2);
        string element = typeName(type.substring(1));
        return type.length() == 2 ? element + "s" : "words of " + element;
    }

    // Behind the type that begins at `at`.
    private static int typeEnd(string text, int at) {
        while (text.charAt(at) == '[')
            at++;
        return text.charAt(at) == 'L' ? text.indexOf(";", at) + 1 : at + 1;
    }

    private static string lastName(string name) {
        return name.substring(name.lastIndexOf(".") + 1);
    }

    private string given() @primitive(method_name);
    private string signature() @primitive(method_signature);
    private int flags() @primitive(method_flags);
    private any callIt(any receiver, .internal.words arguments) @primitive(method_call);
    private static any callNamed(any receiver, string name, .internal.words arguments) @primitive(method_call_named);
}
