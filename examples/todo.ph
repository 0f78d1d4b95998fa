// todo.ph - a program with data and without files.
//
// A list of things to do. There is no "save": the list is an array, and arrays do not forget. Try:
//
//     phantom new todo.phantom
//     phantom run todo.phantom examples/todo.ph
//
// and type: add buy milk, add call home, done 1, list, help. End the input with Ctrl-D, or kill it; after
// phantom run todo.phantom --again examples/todo.ph another list begins; a killed one is continued by
// phantom run todo.phantom

class item {
    string text;
    boolean done;

    void item(string what) {
        text = what;
    }
}

item[] items = [];

item pick(string number) {
    int n = number.trim().toInt();
    if (n < 1 || n > items.size())
        throw new .internal.error.argument("there is no number \{n}");
    return items[n - 1];
}

void list() {
    int open = 0;
    for (int i = 0; i < items.size(); i++) {
        item it = items[i];
        if (!it.done)
            open++;
        println("\{(i + 1).toString().padLeft(3)} [\{it.done ? "x" : " "}] \{it.text}");
    }
    println("\{open} of \{items.size()} to do");
}

void obey(string command) {
    int space = command.indexOf(" ");
    string word = space < 0 ? command : command.substring(0, space);
    string rest = space < 0 ? "" : command.substring(space + 1).trim();
    switch (word) {
        case "":
            break;
        case "add":
            items.add(new item(rest));
            println("number \{items.size()}");
            break;
        case "done":
            pick(rest).done = true;
            println("well done: \{pick(rest).text}");
            break;
        case "drop":
            println("dropped: \{pick(rest).text}");
            items.remove(rest.toInt() - 1);
            break;
        case "list":
            list();
            break;
        case "help":
            println("add TEXT, done NUMBER, drop NUMBER, list");
            break;
        default:
            println("I do not know `\{word}`; try help");
    }
}

println("what is to be done? (help tells more)");
string line = readln();
while (line != null) {
    try {
        obey(line.trim());
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
    line = readln();
}
println("\{items.size()} things in all");
