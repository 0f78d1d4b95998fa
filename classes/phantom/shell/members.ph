// What may stand behind a dot: the methods and fields of what the names before it stand for now.
//
// Nothing is run for it. A variable has the class of its value, or its type while it is null; a field of that the same, but
// that only a public one is looked into.

package .phantom.shell;

class members {
    private scope known;
    private .internal."class" of;   // the class of what stands before the dot; null: nobody knows
    private any value;              // that itself, if it could be looked at
    private boolean isClass;        // it is the class that stands there

    // Names mean what they mean to the next text.
    void members(scope known0) {
        known = known0;
    }

    // The names that may follow a text which ends in a dot; none if it is not known what that stands for.
    string[] behind(string before) {
        string chain = chainOf(before.substring(0, before.length() - 1));
        string[] result = [];
        if (!resolve(chain, before))
            return result;
        gather(result);
        result.sort();
        return result;
    }

    // The names with dots between them that end a text.
    private static string chainOf(string text) {
        int from = text.length();
        while (from > 0 && (editor.isOfWord(text.charAt(from - 1)) || text.charAt(from - 1) == '.'))
            from--;
        return text.substring(from);
    }

    private boolean resolve(string chain, string before) {
        if (chain == "" && before.endsWith("\"."))
            return see("");
        string[] names = chain.split(".");
        if (chain == "" || !begin(names[0]))
            return false;
        for (int i = 1; i < names.size(); i++)
            if (isClass || !follow(fieldOf(names[i]), value))
                return false;
        return true;
    }

    private boolean begin(string name) {
        if (follow(known.variable(name), null))
            return true;
        of = known.classNamed(name);
        isClass = true;
        return of != null;
    }

    private .internal.field fieldOf(string name) {
        for (.internal."class" at = of; at != null; at = at.parent())
            foreach (.internal.field field in at.fields())
                if (field.name() == name)
                    return field;
        return null;
    }

    // From an object, or from a class, to what its field holds.
    private boolean follow(.internal.field field, any from) {
        if (field == null)
            return false;
        if (field.isPublic() && (from != null || field.isStatic()) && see(field.get(from)))
            return true;
        value = null;
        of = scope.typeOf(field);
        if (of == null)
            of = boxOf(field.type());
        return of != null;
    }

    private boolean see(any object) {
        value = object;
        of = object == null ? null : object.getClass();
        return of != null;
    }

    private static .internal."class" boxOf(string type) {
        return .internal."class".find(".internal." + type);
    }

    private void gather(string[] result) {
        foreach (.internal.method method in of.allMethods())
            if (!method.isPrivate() && method.isStatic() == isClass)
                add(method.name(), result);
        for (.internal."class" at = of; at != null; at = at.parent())
            foreach (.internal.field field in at.fields())
                if (!field.isPrivate() && field.isStatic() == isClass)
                    add(field.name(), result);
    }

    private static void add(string name, string[] result) {
        if (!name.contains("$") && !result.has(name))
            result.add(name);
    }
}
