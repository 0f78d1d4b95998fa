// What was typed so far, as the compiler wants it for the next text: the interfaces of those texts that still have a
// name to themselves. A name that is declared again is the newer text's.
//
// A class stays known for ever, because variables of its type may be.

package .phantom.shell;

import .phantom.text.builder;

class scope {
    private declarations[] texts = [];
    private .internal.container.map owners = new .internal.container.map();    // name -> declarations
    private string joined = "";
    int count; // of texts that became code, for their names

    // Take in one more text: its interface, and the class that it became.
    void add(string interfaceText, .internal."class" code) {
        declarations added = new declarations(interfaceText, code);
        if (added.isEmpty())
            return;
        foreach (name in added.names()) {
            declarations before = (declarations) owners.get(name);
            owners.set(name, added);
            if (before != null && before.lose())
                texts.remove(texts.indexOf(before));
        }
        texts.add(added);
        join();
    }

    // The interfaces, one behind the other, the oldest first.
    string text() {
        return joined;
    }

    // Is a variable called that?
    boolean hasVariable(string name) {
        declarations owner = (declarations) owners.get(name);
        return owner != null && owner.hasVariable(name);
    }

    // The field of a variable; null if there is no variable of that name.
    .internal.field variable(string name) {
        if (!hasVariable(name))
            return null;
        return ((declarations) owners.get(name)).text().field(name);
    }

    // The class that a text means by a name, with its package or without, or that it declares; null if there is none.
    .internal."class" classNamed(string name) {
        for (int i = texts.size() - 1; i >= 0; i--) {
            string full = texts[i].fullName(name);
            if (full != null)
                return beside(texts[i].text(), full);
        }
        foreach (string front in ["", ".phantom.", ".internal.", ".internal.container."]) {
            .internal."class" found = .internal."class".find(front + name);
            if (found != null)
                return found;
        }
        return null;
    }

    // The class with a full name, such as the type of a field of another one; null if there is none.
    static .internal."class" typeOf(.internal.field field) {
        return beside(field.owner(), field.type());
    }

    private static .internal."class" beside(.internal."class" one, string name) @primitive(class_find_beside);

    // Of variables, functions and classes.
    string[] names() {
        string[] result = owners.keys();
        foreach (text in texts)
            foreach (name in ((declarations) text).classNames())
                result.add(name);
        return result;
    }

    // What a person may use, a line for each.
    string list() {
        builder result = new builder();
        foreach (text in texts)
            foreach (line in text.lines(fun (name) { return owners.get(name) :== text; }))
                result.addAny(line).add("\n");
        return result.toString();
    }

    private void join() {
        builder result = new builder();
        foreach (text in texts)
            result.addAny(text);
        joined = result.toString();
    }
}
