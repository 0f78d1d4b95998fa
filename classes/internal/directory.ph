// Names for objects, safe for several threads at once. A directory may hold others, so names make a tree, as files do
// elsewhere: a path is names with / between them. Methods that take a path walk down from this directory and lock one
// after the other, so a path is not one step.
//
// Each volume has one directory that all its programs share, the root, into which `phantom put` brings files.

package .internal;

class directory {
    private static directory top = new directory();
    private .internal.container.map entries;

    // The root of this volume's tree, which every program can reach, and the commands `phantom put`, `get`, `ls`, `rm`.
    static directory root() {
        return top;
    }

    // An empty directory.
    void directory() {
        entries = new .internal.container.map();
    }

    // Give an object a name, which has no / and is not "", "." or "..".
    void put(string name, any object) [8] {
        checkName(name);
        synchronized (this) {
            entries.set(name, object);
        }
    }

    // The object of a name, or null where there is no such name.
    any get(string name) [9] {
        synchronized (this) {
            return entries.get(name);
        }
    }

    // Take a name away; the object that it had, or null.
    any remove(string name) [10] {
        synchronized (this) {
            return entries.remove(name);
        }
    }

    // How many names there are.
    int size() [11] {
        synchronized (this) {
            return entries.size();
        }
    }

    // Over the names as they are when it begins.
    any iterator() [12] {
        return names().iterator();
    }

    // Is there such a name?
    boolean has(string name) {
        synchronized (this) {
            return entries.has(name);
        }
    }

    // Give an object a name that is not there yet; false if it is.
    boolean putNew(string name, any object) {
        checkName(name);
        synchronized (this) {
            if (entries.has(name))
                return false;
            entries.set(name, object);
            return true;
        }
    }

    // The names in an array, in rising order.
    string[] names() {
        synchronized (this) {
            return entries.keys().sorted();
        }
    }

    // ---- the tree ----

    // The object at a path, or null; "" is the directory itself.
    any find(string path) {
        any at = this;
        foreach (name in partsOf(path)) {
            if (!(at instanceof directory))
                return null;
            at = ((directory) at).get(name);
        }
        return at;
    }

    // The directory at a path, made where it is missing; a state error if something else is in the way.
    directory makeDirectory(string path) {
        directory at = this;
        foreach (name in partsOf(path))
            at = at.child(name);
        return at;
    }

    // Put an object at a path, and make the directories that lead to it.
    void putAt(string path, any object) {
        string[] parts = partsOf(path);
        if (parts.isEmpty())
            throw new .internal.error.argument("a path to put something at is not empty");
        string last = parts.pop();
        makeDirectory("/".join(parts)).put(last, object);
    }

    // Take away what is at a path; the object that was there, or null.
    any removeAt(string path) {
        string[] parts = partsOf(path);
        if (parts.isEmpty())
            throw new .internal.error.argument("a path to take something away from is not empty");
        string last = parts.pop();
        any above = find("/".join(parts));
        return above instanceof directory ? ((directory) above).remove(last) : null;
    }

    // Call a function with the path and the object of each name here and below, a directory before what is in it.
    void walk(any action) {
        walkBelow("", action);
    }

    private void walkBelow(string path, any action) {
        foreach (name in names()) {
            any object = get(name);
            if (object == null && !has(name))
                continue;
            action.call(path + name, object);
            if (object instanceof directory)
                ((directory) object).walkBelow(path + name + "/", action);
        }
    }

    private directory child(string name) {
        checkName(name);
        synchronized (this) {
            if (!entries.has(name))
                entries.set(name, new directory());
            any there = entries.get(name);
            if (!(there instanceof directory))
                throw new .internal.error.state("\{name} is no directory");
            return there;
        }
    }

    private static string[] partsOf(string path) {
        return path.split("/").filter(fun (part) { return part != ""; });
    }

    private static void checkName(string name) {
        if (name == null || name.isEmpty() || name == "." || name == ".." || name.contains("/"))
            throw new .internal.error.argument("not a name in a directory: \"\{name}\"");
    }
}
