// Carries bytes between the tree of names and the host, for `phantom put`, `get`, `ls` and `rm`.
//
// The machine starts a thread of its own for each errand (core/vm/errand.c) and waits for its end. That thread belongs
// to no program, and runs no code of one: of directories, binaries and strings it knows what they are, and of all other
// objects, those of classes below these included, no more than the name of the class.
//
// What an errand changes it changes in one step, with all locks held that it needs.

package .internal;

import .phantom.text.builder;

class porter {
    // What lies where in an order, as core/vm/errand.c has it.
    private static const int ACT = 0;
    private static const int PATH = 1;
    private static const int NAME = 2;      // under which something goes into a directory that PATH leads to
    private static const int DATA = 3;      // bytes that are put
    private static const int TEXT = 4;      // they become a string
    private static const int FORCE = 5;     // they may take the place of anything but a directory
    private static const int ALL = 6;       // a directory goes with all that is in it
    private static const int DETAILS = 7;   // classes and sizes are listed, too
    private static const int BEGUN = 8;     // it has what it waited for, and will end by itself
    private static const int OFF = 9;       // nobody waits for it: it may not begin
    private static const int DONE = 10;
    private static const int RESULT = 11;   // bytes for the host
    private static const int TROUBLE = 12;  // why it was not done

    private .internal.words order;
    private string[] names;                 // of the path

    private void porter(.internal.words order0) {
        order = order0;
    }

    // Where the thread of an errand begins.
    private static void serve(.internal.words order) {
        try {
            new porter(order).work();
        } catch (.internal.error e) {
            if (order[DONE] == null)
                order[TROUBLE] = e.message == null ? e.toString() : e.message;
        }
    }

    private void work() {
        string act = (string) order[ACT];
        names = ((string) order[PATH]).split("/").filter(fun (name) { return name != ""; });
        if (act == "put")
            put();
        else if (act == "get")
            fetch();
        else if (act == "ls")
            list();
        else
            remove();
    }

    // It has all that it waited for. False: it is too late.
    private boolean begin() {
        order[BEGUN] = true;
        return order[OFF] == null;
    }

    private boolean asks(int what) {
        return (boolean) order[what];
    }

    private static .internal.error no(string why) {
        return new .internal.error.state(why);
    }

    // ---- what things are ----

    private static .internal."class" classOf(any object) @primitive(class_of);

    private static boolean isLike(any object, any other) {
        return object != null && classOf(object) :== classOf(other);
    }

    // The object, if it is a directory and nothing more; else null.
    private static directory asDirectory(any object) {
        return isLike(object, .internal.directory.root()) ? (directory) object : null;
    }

    private static boolean isBinary(any object) {
        return object instanceof .internal.binary && classOf(object).name() == ".internal.binary";
    }

    private static string nameOfClass(any object) {
        return object == null ? "null" : classOf(object).name();
    }

    // ---- the way ----

    private string pathTo(int count) {
        return "/".join(names.slice(0, count));
    }

    private .internal.error missing(int count) {
        return no("there is no \{pathTo(count)} in the tree of names");
    }

    private .internal.error blocked(int count, any object) {
        return no("\{pathTo(count)} is no directory, it is a \{nameOfClass(object)}");
    }

    // What is in a directory under the name at `at` of the path.
    private any step(directory from, int at) {
        any object = from.get(names[at]);
        if (object == null && !from.has(names[at]))
            throw missing(at + 1);
        return object;
    }

    // What the first `count` names lead to.
    private any find(int count) {
        any object = .internal.directory.root();
        for (int i = 0; i < count; i++) {
            directory from = asDirectory(object);
            if (from == null)
                throw blocked(i, object);
            object = step(from, i);
        }
        return object;
    }

    private directory findDirectory(int count) {
        any object = find(count);
        directory found = asDirectory(object);
        if (found == null)
            throw blocked(count, object);
        return found;
    }

    // ---- get ----

    private void fetch() {
        any object = find(names.size());
        if (!begin())
            return;
        if (asDirectory(object) != null)
            throw no("\{shown()} is a directory; 'phantom ls' shows what is in it");
        if (object instanceof .internal.string)
            order[RESULT] = ((string) object).toUtf8().bytes();
        else if (isBinary(object))
            order[RESULT] = ((.internal.binary) object).bytes();
        else
            throw no("\{shown()} is a \{nameOfClass(object)}; only a .internal.binary or a .internal.string can leave");
        order[DONE] = true;
    }

    // The path for people.
    private string shown() {
        return names.isEmpty() ? "/" : pathTo(names.size());
    }

    // ---- put ----

    private void put() {
        .internal.bytes data = (.internal.bytes) order[DATA];
        any object = null;
        if (asks(TEXT))
            object = .internal.string.fromUtf8(data, 0, data.size());
        else
            object = new .internal.binary(data);
        enterDirectory();
        while (!place(object))
            .internal.thread.yield();
    }

    // A path that leads to a directory, or ends like one, means a name in it.
    private void enterDirectory() {
        string name = (string) order[NAME];
        boolean inside = names.isEmpty() || ((string) order[PATH]).endsWith("/") || asDirectory(there()) != null;
        if (!inside)
            return;
        if (name == "")
            throw no("\{shown()} is a directory; say the name that it gets there");
        names.add(name);
    }

    // What the path leads to; null, too, if it leads nowhere yet.
    private any there() {
        any object = .internal.directory.root();
        for (int i = 0; i < names.size() && object != null; i++) {
            directory from = asDirectory(object);
            object = from == null ? null : from.get(names[i]);
        }
        return object;
    }

    // Put it into its place, with the directories that are missing. False: somebody else has just changed the way.
    private boolean place(any object) {
        directory at = .internal.directory.root();
        int last = names.size() - 1;
        int depth = 0;
        while (depth < last) {
            any next = at.get(names[depth]);
            if (next == null && !at.has(names[depth]))
                break;
            at = asDirectory(next);
            depth++;
            if (at == null)
                throw blocked(depth, next);
        }
        for (int i = last; i > depth; i--) {
            directory above = new directory();
            above.put(names[i], object);
            object = above;
        }
        synchronized (at) {
            if (depth < last && at.has(names[depth]))
                return false;
            checkPlace(at.get(names[depth]), at.has(names[depth]));
            if (!begin())
                return true;
            at.put(names[depth], object);
            order[DONE] = true;
        }
        return true;
    }

    // May what is there go?
    private void checkPlace(any object, boolean taken) {
        if (!taken || object instanceof .internal.string || isBinary(object))
            return;
        if (asDirectory(object) != null)
            throw no("\{shown()} is a directory, and a file does not take its place");
        if (!asks(FORCE))
            throw no("\{shown()} is a \{nameOfClass(object)}; with --force the file takes its place");
    }

    // ---- rm ----

    private void remove() {
        if (names.isEmpty())
            throw no("/ is the root of the tree, and stays");
        int last = names.size() - 1;
        directory at = findDirectory(last);
        synchronized (at) {
            directory goes = asDirectory(step(at, last));
            if (goes != null && goes.size() > 0 && !asks(ALL))
                throw no("\{shown()} is not empty; with -r it goes, and all that is in it");
            if (!begin())
                return;
            at.remove(names[last]);
            order[DONE] = true;
        }
    }

    // ---- ls ----

    private void list() {
        any object = find(names.size());
        directory from = asDirectory(object);
        string[] listed = from == null ? [names.last()] : from.names();
        any[] objects = [];
        foreach (string name in listed)
            objects.add(from == null ? object : from.get(name));
        if (!begin())
            return;
        .internal.binary bytes = (asks(DETAILS) ? table(listed, objects) : column(listed, objects)).toUtf8();
        order[RESULT] = bytes.bytes();
        order[DONE] = true;
    }

    // A name as a line of a list has it: characters that would command a terminal are left out.
    private static string entry(string name, any object) {
        builder text = new builder();
        foreach (c in name)
            text.addChar(c < ' ' || (c >= '\x7f' && c < '\xa0') ? '?' : c);
        return asDirectory(object) == null ? text.toString() : text.addChar('/').toString();
    }

    private static string column(string[] listed, any[] objects) {
        builder text = new builder();
        for (int i = 0; i < listed.size(); i++)
            text.addLine(entry(listed[i], objects[i]));
        return text.toString();
    }

    // Of what has one: bytes of a binary, units of a string, names of a directory.
    private static string sizeOf(any object) {
        directory inside = asDirectory(object);
        if (inside != null)
            return inside.size().toString();
        if (object instanceof .internal.string)
            return ((string) object).length().toString();
        return isBinary(object) ? ((.internal.binary) object).size().toString() : "-";
    }

    private static string table(string[] listed, any[] objects) {
        string[] classes = ["CLASS"];
        string[] sizes = ["SIZE"];
        string[] entries = ["NAME"];
        int classWidth = 0;
        int sizeWidth = 0;
        builder text = new builder();
        for (int i = 0; i < listed.size(); i++) {
            classes.add(nameOfClass(objects[i]));
            sizes.add(sizeOf(objects[i]));
            entries.add(entry(listed[i], objects[i]));
        }
        for (int i = 0; i < classes.size(); i++) {
            classWidth = .internal.math.max(classWidth, classes[i].length());
            sizeWidth = .internal.math.max(sizeWidth, sizes[i].length());
        }
        for (int i = 0; i < classes.size(); i++)
            text.addLine("\{classes[i].padRight(classWidth)}  \{sizes[i].padLeft(sizeWidth)}  \{entries[i]}");
        return text.toString();
    }
}
