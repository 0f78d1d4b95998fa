// inbox.ph - a letterbox between the files of the host and the objects of a volume.
//
// What is put into `in` is counted, and moved to `done`; what was counted lies in `out` then:
//
//     phantom run life.phantom examples/inbox.ph &
//     phantom put life.phantom README.md in/
//     phantom get life.phantom out/README.md -
//
// There is nothing to open, to poll for half a file, or to clean up after a crash: a name is there when all of it is
// there, and safe, and the table of all that was ever counted is a variable. With arguments these are put into `in`
// first, as texts, and it ends when they are done.

directory root = directory.root();
directory inbox = root.makeDirectory("in");
map total = {};

class count {
    public int lines;
    public int words;
    public string longest = "";

    void count(string text) {
        lines = text.lines().size();
        foreach (string word in text.words()) {
            words++;
            if (word.length() > longest.length())
                longest = word;
        }
    }

    string toString() {
        return "\{lines} lines, \{words} words, the longest is \"\{longest}\"";
    }
}

// A file is a binary, or a string if it was put with --text.
string textOf(any file) {
    return file instanceof binary ? ((binary) file).toText() : (string) file;
}

void take(string name) {
    any file = inbox.get(name);
    if (!(file instanceof binary) && !(file instanceof string))
        return;
    count counted = new count(textOf(file));
    total[name] = counted;
    root.putAt("out/\{name}", "\{counted}\n");
    root.putAt("done/\{name}", file);
    inbox.remove(name);
    println("\{name}: \{counted}");
}

string[] given = args();
for (int i = 0; i < given.size(); i++)
    inbox.put("text \{i + 1}", given[i]);
do {
    foreach (string name in inbox.names())
        take(name);
    if (given.isEmpty())
        sleep(200);
} while (given.isEmpty());
int words = 0;
foreach (name in total.keys())
    words += ((count) total[name]).words;
println("\{total.size()} files with \{words} words; out has \{((directory) root.find("out")).names().join(", ")}");
