// The interface of one text: what it declares, in the language itself, as .internal.compiler gives it.
//
// Its first class holds the variables and the functions, a line for each; the others are the classes.

package .phantom.shell;

class declarations {
    private string source;
    private .internal."class" code;    // that the text became
    private string[] declared = [];    // names of variables and functions, with those that come twice
    private string[] variables = [];
    private string[] shown = [];       // the line for each, for people
    private string[] classes = [];     // heads of classes
    private int left;                  // names that no later text has declared again

    // What an interface declares, and the class that its text became.
    void declarations(string source0, .internal."class" code0) {
        source = source0;
        code = code0;
        boolean holder = true;
        boolean head = true;
        foreach (string line in source0.split("\n")) {
            if (line == "}") {
                holder = false;
                head = true;
            } else if (head && line != "") {
                if (!holder)
                    classes.add(plain(line.substring(0, line.length() - 2)));
                head = false;
            } else if (holder && line != "") {
                take(line);
            }
        }
        left = names().size();
    }

    private void take(string line) {
        boolean variable = line.endsWith(";");
        int end = variable ? line.length() - 1 : line.indexOf("(");
        string front = line.substring(0, end);
        string name = front.substring(front.lastIndexOf(" ") + 1);
        declared.add(name);
        if (variable)
            variables.add(name);
        int cut = variable ? 1 : 3;
        shown.add(plain(line.substring(0, line.length() - cut)));
    }

    // Without what only the compiler wants: public static int n is int n.
    private static string plain(string line) {
        return line.replace("public static ", "").replace(".internal.", "").replace("\"", "");
    }

    // Does it declare nothing?
    boolean isEmpty() {
        return declared.isEmpty() && classes.isEmpty();
    }

    // Such as point, of `abstract class .line3.point extends .line2.thing`.
    string[] classNames() {
        return fullNames().map(fun (string name) { return lastName(name); });
    }

    // The class of the text that is called so, as its code may name it: .line3.point; null if it has none.
    string fullName(string name) {
        foreach (string full in fullNames())
            if (lastName(full) == name)
                return full;
        return null;
    }

    private string[] fullNames() {
        string[] result = [];
        foreach (string head in classes) {
            string[] words = head.words();
            int i = 0;
            while (words[i] != "class" && words[i] != "interface")
                i++;
            result.add(words[i + 1]);
        }
        return result;
    }

    private static string lastName(string full) {
        return full.substring(full.lastIndexOf(".") + 1);
    }

    // The class that the text became: its static fields are the variables.
    .internal."class" text() {
        return code;
    }

    // Is a variable of it called that?
    boolean hasVariable(string name) {
        return variables.has(name);
    }

    // Each name once.
    string[] names() {
        string[] result = [];
        foreach (string name in declared)
            if (!result.has(name))
                result.add(name);
        return result;
    }

    // One of its names was declared again: true if nothing here can be used any more.
    boolean lose() {
        left--;
        return left == 0 && classes.isEmpty();
    }

    // For people; of variables and functions those whose name `counts`.
    string[] lines(any counts) {
        string[] result = [];
        foreach (string line in classes)
            result.add(line);
        for (int i = 0; i < declared.size(); i++)
            if (counts.call(declared[i]))
                result.add(shown[i]);
        return result;
    }

    string toString() [5] {
        return source;
    }
}
