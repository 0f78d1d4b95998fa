// A field of a class: what it is called and holds, and its value, if it is public.

package .internal;

class field {
    private static const int PUBLIC = 1;
    private static const int PRIVATE = 2;
    private static const int STATIC = 4;
    private static const int CONST = 8;

    // Its name.
    string name() @primitive(field_name);

    // The class that declares it.
    .internal."class" owner() @primitive(field_owner);

    // What it holds, as the language writes the type: "int", "any", ".internal.string".
    string type() {
        return .internal.method.typeName(machineType());
    }

    // Does it belong to the class, not to each object?
    boolean isStatic() {
        return (flags() & STATIC) != 0;
    }

    // May everybody use it? If it is neither public nor private: its class, those below, its file and its package.
    boolean isPublic() {
        return (flags() & PUBLIC) != 0;
    }

    // May only its class use it?
    boolean isPrivate() {
        return (flags() & PRIVATE) != 0;
    }

    // Does it never change?
    boolean isConst() {
        return (flags() & CONST) != 0;
    }

    // Its value in an object; of a static field no object is looked at. An access error if it is not public; a null error
    // for null, a cast error for an object that does not have it.
    any get(any object) @primitive(field_get);

    // Give it a value, which becomes what its type wants as an argument would. As get, and an access error if it is
    // constant, a cast error for a value that does not fit.
    void set(any object, any value) @primitive(field_set);

    // Such as `static int .twice.made`.
    string toString() [5] {
        return (isStatic() ? "static " : "") + "\{type()} \{owner().name()}.\{name()}";
    }

    private string machineType() @primitive(field_type);
    private int flags() @primitive(field_flags);
}
