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

    // Take in the interface of one more text.
    void add(string interfaceText) {
        declarations added = new declarations(interfaceText);
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
