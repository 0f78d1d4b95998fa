// A class as an object. What it has can be asked for, and used by name as far as any code could use it by naming it.

package .internal;

class "class" {
    private static const int INTERFACE = 2;
    private static const int ABSTRACT = 4;
    private static const int FINAL = 8;

    // The class with this name, such as ".internal.string": one of the program whose code asks, or of the class
    // library; null if that sees none. So nothing is found that could not have been named in the source.
    static .internal."class" find(string name) @primitive(class_find);

    // Its name, such as ".internal.string".
    string name() @primitive(class_name);
    // The class that it extends; null for .internal.object.
    .internal."class" parent() @primitive(class_super);
    // Is the object one of this class, or of one below it?
    boolean has(any object) [14] @primitive(class_has);
    // Is it an interface?
    boolean isInterface() @primitive(class_is_interface);

    // Is there no object of this class itself? An interface is abstract, too.
    boolean isAbstract() {
        return (flags() & (ABSTRACT | INTERFACE)) != 0;
    }

    // Can no class extend it?
    boolean isFinal() {
        return (flags() & FINAL) != 0;
    }

    // The interfaces that its objects have, also by what it extends.
    .internal."class"[] interfaces() {
        .internal."class"[] result = [];
        for (int i = 0; interfaceAt(i) != null; i++)
            result.add(interfaceAt(i));
        return result;
    }

    // ---- fields ----

    // The fields that it declares itself, in their order.
    .internal.field[] fields() {
        .internal.field[] result = [];
        for (int i = 0; fieldAt(i) != null; i++)
            result.add(fieldAt(i));
        return result;
    }

    // The field of its objects, or its static field, that is called so: its own, or that of the nearest class above.
    // An argument error if there is none.
    .internal.field field(string name) {
        for (.internal."class" at = this; at != null; at = at.parent())
            for (int i = 0; at.fieldAt(i) != null; i++)
                if (at.fieldAt(i).name() == name)
                    return at.fieldAt(i);
        throw new .internal.error.argument("class \{this} has no field called \{name}");
    }

    // ---- methods ----

    // The methods that it declares itself, in their order; constructors are not among them.
    .internal.method[] methods() {
        .internal.method[] result = [];
        for (int i = 0; methodAt(i) != null; i++)
            if (!methodAt(i).isSpecial())
                result.add(methodAt(i));
        return result;
    }

    // All methods that a call of its objects or of the class can mean: its own, then those from above that it does not
    // override, but for what these keep private.
    .internal.method[] allMethods() {
        .internal.method[] result = [];
        .internal.container.set seen = new .internal.container.set();
        for (.internal."class" at = this; at != null; at = at.parent())
            gather(at, result, seen);
        foreach (.internal."class" above in interfaces())
            gather(above, result, seen);
        return result;
    }

    private void gather(.internal."class" from, .internal.method[] result, .internal.container.set seen) {
        foreach (.internal.method method in from.methods())
            if ((from :== this || !method.isPrivate()) && seen.add(method.key()))
                result.add(method);
    }

    // Those of allMethods() that are called so.
    .internal.method[] methods(string name) {
        .internal.method[] result = [];
        foreach (.internal.method method in allMethods())
            if (method.name() == name)
                result.add(method);
        return result;
    }

    // The one method that is called so. A no_method error if there is none, or if there are several.
    .internal.method method(string name) {
        .internal.method[] found = methods(name);
        if (found.isEmpty())
            throw new .internal.error.no_method("class \{this} has no method called \{name}");
        if (found.size() > 1)
            throw new .internal.error.no_method("class \{this} has \{found.size()} methods called \{name}");
        return found[0];
    }

    // How its objects are made; `call(null, arguments)` of one makes one.
    .internal.method[] constructors() {
        .internal.method[] result = [];
        for (int i = 0; methodAt(i) != null; i++)
            if (methodAt(i).isConstructor())
                result.add(methodAt(i));
        return result;
    }

    // ---- objects ----

    // A new object. Its constructor is chosen by the arguments, as by new *(c)(...). A no_method, cast or access
    // error if there is none for them, or no object of the class.
    any make(any[] arguments) {
        return construct(.internal.method.unshared(arguments));
    }

    // A new object, by the constructor without arguments.
    any make() {
        return construct(new .internal.words(0));
    }

    // The original's way to say that.
    any newClass() [8] {
        return make();
    }

    private int flags() @primitive(class_flags);
    private .internal."class" interfaceAt(int i) @primitive(class_interface_at);
    private .internal.field fieldAt(int i) @primitive(class_field_at);
    private .internal.method methodAt(int i) @primitive(class_method_at);
    private any construct(.internal.words arguments) @primitive(class_make);

    string toString() [5] {
        return name();
    }
}
