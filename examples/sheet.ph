// sheet.ph - a spreadsheet whose cells simply stay.
//
// There is no file, no format, no "save": a cell is an object that refers to its formula, and the list of what can be
// undone is an array of functions, which remember what they have to bring back. Elsewhere a program forgets that list
// when it ends; here the first thing you ever typed can still be undone, years and power cuts later. Try:
//
//     phantom new sheet.phantom
//     phantom run sheet.phantom examples/sheet.ph
//
// and type: A1 = 1200, A2 = 350.50, A3 = sum(A1:A2), copy A3 B3, show, undo, why A3, help. Leave with Ctrl-C (or kill -9),
// and go on with phantom run sheet.phantom. What stands behind the program's name is obeyed before what is typed.
//
// Numbers are fractions: 0.1 + 0.2 is 0.3, and 1 / 3 * 3 is 1.

// The value of a cell that has none, and why.
class trouble {
    const string why;

    void trouble(string why0) {
        why = why0;
    }

    boolean equals(any other) {
        return other instanceof trouble && ((trouble) other).why == why;
    }

    string toString() {
        return "#\{why}";
    }
}

// Where a cell is: "C7" is column 2, row 6.
class address {
    const int column;
    const int row;

    void address(int column0, int row0) {
        if (column0 < 0 || column0 > 25 || row0 < 0 || row0 > 998)
            throw new trouble("beyond the edge");
        column = column0;
        row = row0;
    }

    static address parse(string text) {
        if (!new regex("[A-Za-z][0-9]{1,3}").matches(text))
            throw new trouble("`\{text}` is no cell");
        return new address(text.toUpper()[0] - 'A', text.substring(1).toInt() - 1);
    }

    address shifted(int columns, int rows) {
        return new address(column + columns, row + rows);
    }

    boolean equals(any other) {
        return other instanceof address && compareTo(other) == 0;
    }

    int hashCode() {
        return row * 26 + column;
    }

    int compareTo(any other) {
        address that = other;
        return row != that.row ? row - that.row : column - that.column;
    }

    string toString() {
        return "\{(char) ('A' + column)}\{row + 1}";
    }
}

// Formulas

// What a cell is told to be. Formulas never change; whoever copies one makes a shifted one.
abstract class formula {
    // Throws a trouble where there is none.
    abstract any value(sheet cells);
    abstract formula shifted(int columns, int rows);

    // The addresses of all cells that the value depends on are added to `found`.
    abstract void collect(any found);

    // How tightly the text of it binds.
    int priority() {
        return 10;
    }
}

class literal extends formula {
    private const any is;

    void literal(any is0) {
        is = is0;
    }

    any value(sheet cells) {
        return is;
    }

    formula shifted(int columns, int rows) {
        return this;
    }

    void collect(any found) {
    }

    string toString() {
        return is instanceof string ? json.quote(is) : shown(is);
    }
}

class reference extends formula {
    private const address to;

    void reference(address to0) {
        to = to0;
    }

    address target() {
        return to;
    }

    any value(sheet cells) {
        return cells.at(to).value(cells);
    }

    formula shifted(int columns, int rows) {
        return new reference(to.shifted(columns, rows));
    }

    void collect(any found) {
        found.add(to);
    }

    string toString() {
        return to.toString();
    }
}

// A rectangle of cells. Its value is an array of theirs, without the empty ones.
class area extends formula {
    private const address from;
    private const address to;

    void area(address a, address b) {
        from = new address(math.min(a.column, b.column), math.min(a.row, b.row));
        to = new address(math.max(a.column, b.column), math.max(a.row, b.row));
    }

    static area parse(string text) {
        return new area(address.parse(text.before(":")), address.parse(text.contains(":") ? text.after(":") : text));
    }

    address[] addresses() {
        address[] found = [];
        collect(found);
        return found;
    }

    any value(sheet cells) {
        any values = [];
        foreach (where in addresses()) {
            any value = cells.at(where).value(cells);
            if (value != null)
                values.add(value);
        }
        return values;
    }

    formula shifted(int columns, int rows) {
        return new area(from.shifted(columns, rows), to.shifted(columns, rows));
    }

    void collect(any found) {
        foreach (row in from.row..to.row)
            foreach (column in from.column..to.column)
                found.add(new address(column, row));
    }

    string toString() {
        return "\{from}:\{to}";
    }
}

class operation extends formula {
    private static any priorities = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4,
        "/": 4};
    private const string sign;
    private const formula left;
    private const formula right;

    void operation(string sign0, formula left0, formula right0) {
        sign = sign0;
        left = left0;
        right = right0;
    }

    // 0 for what is no operation.
    static int priorityOf(string sign) {
        return priorities.get(sign, 0);
    }

    int priority() {
        return priorityOf(sign);
    }

    any value(sheet cells) {
        any a = left.value(cells);
        any b = right.value(cells);
        switch (sign) {
            case "&":
                return shown(a) + shown(b);
            case "=":
                return a == b;
            case "<>":
                return a != b;
            case "+":
                return number(a).add(number(b));
            case "-":
                return number(a).subtract(number(b));
            case "*":
                return number(a).multiply(number(b));
            case "/":
                if (number(b).sign() == 0)
                    throw new trouble("divided by zero");
                return number(a).divide(number(b));
        }
        int order = number(a).compareTo(number(b));
        return sign == "<" ? order < 0 : sign == ">" ? order > 0 : sign == "<=" ? order <= 0 : order >= 0;
    }

    formula shifted(int columns, int rows) {
        return new operation(sign, left.shifted(columns, rows), right.shifted(columns, rows));
    }

    void collect(any found) {
        left.collect(found);
        right.collect(found);
    }

    string toString() {
        return "\{inside(left, priority())} \{sign} \{inside(right, priority() + 1)}";
    }

    // Operations group from the left, so what stands to the right needs parentheses sooner.
    private string inside(formula part, int least) {
        return part.priority() < least ? "(\{part})" : part.toString();
    }
}

class call extends formula {
    // Each takes all values of its arguments, those of areas one by one.
    private static any functions = {
        "sum": fun (v) { return total(v); },
        "count": fun (v) { return rational.of(v.size()); },
        "mean": fun (v) { return total(v).divide(some(v).size()); },
        "min": fun (v) { return some(v).min(); },
        "max": fun (v) { return some(v).max(); },
        "round": fun (v) { return rational.of(number(v[0]).round()); },
        "text": fun (v) { return v.map(shownOf).join(""); },
    };
    private static any shownOf = fun (v) { return shown(v); };
    private const string name;
    private const formula[] arguments;

    void call(string name0, formula[] arguments0) {
        name = name0.toLower();
        arguments = arguments0;
        if (name == "if" ? arguments.size() != 3 : !functions.has(name))
            throw new trouble("no function \{name} of \{arguments.size()}");
    }

    private static rational total(any values) {
        rational sum = rational.of(0);
        foreach (value in values)
            sum = sum.add(number(value));
        return sum;
    }

    private static any some(any values) {
        if (values.isEmpty())
            throw new trouble("of nothing");
        return values;
    }

    any value(sheet cells) {
        // Only one of the two is looked at, so the other may be a trouble.
        if (name == "if")
            return (truth(arguments[0].value(cells)) ? arguments[1] : arguments[2]).value(cells);
        any values = [];
        foreach (argument in arguments) {
            any value = argument.value(cells);
            if (argument instanceof area)
                values.addAll(value);
            else
                values.add(value);
        }
        return functions[name](values);
    }

    formula shifted(int columns, int rows) {
        formula[] moved = [];
        foreach (argument in arguments)
            moved.add(argument.shifted(columns, rows));
        return new call(name, moved);
    }

    void collect(any found) {
        foreach (argument in arguments)
            argument.collect(found);
    }

    string toString() {
        return "\{name}(\{arguments.join(", ")})";
    }
}

rational number(any value) {
    if (value == null)
        return rational.of(0);
    if (!(value instanceof rational))
        throw new trouble("\{shown(value)} is no number");
    return value;
}

boolean truth(any value) {
    if (!(value instanceof boolean))
        throw new trouble("\{shown(value)} is neither yes nor no");
    return value;
}

// A value as a person likes to see it.
string shown(any value) {
    if (value == null)
        return "";
    if (value instanceof boolean)
        return value ? "yes" : "no";
    if (!(value instanceof rational))
        return value.toString();
    rational exact = value;
    if (exact.denominator() == 1)
        return exact.toString();
    string text = exact.toDouble().toFixed(6);
    while (text.endsWith("0"))
        text = text.withoutSuffix("0");
    return text.withoutSuffix(".");
}

// The text of a formula becomes one: each method takes what it knows from the words, and leaves the rest.
class parser {
    private static regex word = new regex("[0-9]+(\\.[0-9]+)?|\"[^\"]*\"|[A-Za-z]+[0-9]*|<=|>=|<>|\\S");
    private const deque words = new deque();

    private void parser(string text) {
        foreach (match in word.findAll(text))
            words.add(match.text());
    }

    static formula parse(string text) {
        parser it = new parser(text);
        formula all = it.operations(1);
        if (!it.words.isEmpty())
            throw new trouble("what is `\{it.words.first()}`?");
        return all;
    }

    private string next() {
        if (words.isEmpty())
            throw new trouble("something is missing at the end");
        return words.removeFirst();
    }

    private boolean take(string wanted) {
        if (words.isEmpty() || words.first() != wanted)
            return false;
        words.removeFirst();
        return true;
    }

    private void need(string wanted) {
        if (!take(wanted))
            throw new trouble("`\{wanted}` is missing");
    }

    private int nextPriority() {
        return words.isEmpty() ? 0 : operation.priorityOf(words.first());
    }

    // What binds at least so tightly.
    private formula operations(int least) {
        formula left = operand();
        while (nextPriority() >= least) {
            int priority = nextPriority();
            string sign = next();
            left = new operation(sign, left, operations(priority + 1));
        }
        return left;
    }

    private formula operand() {
        string first = next();
        if (first[0].isDigit())
            return new literal(rational.parse(first));
        if (first[0] == '"' && first.length() > 1)
            return new literal(first.slice(1, first.length() - 1));
        if (first == "-")
            return new operation("-", new literal(rational.of(0)), operations(5));
        if (first == "(") {
            formula inner = operations(1);
            need(")");
            return inner;
        }
        if (take("("))
            return new call(first, arguments());
        address from = address.parse(first);
        return take(":") ? new area(from, address.parse(next())) : new reference(from);
    }

    private formula[] arguments() {
        formula[] found = [];
        if (take(")"))
            return found;
        do found.add(operations(1)); while (take(","));
        need(")");
        return found;
    }
}

// Cells

class cell {
    private static const int STALE = 0, BUSY = 1, FRESH = 2;
    const address where;
    formula content;        // null in an empty cell
    private int state;
    private any result;

    void cell(address where0) {
        where = where0;
    }

    void forget() {
        state = STALE;
    }

    // Computed when it is asked for and something has changed. Who asks a cell that is busy computing stands in a circle.
    any value(sheet cells) {
        if (state == BUSY)
            throw new trouble("circle");
        if (state == STALE) {
            state = BUSY;
            result = computed(cells);
            state = FRESH;
        }
        if (result instanceof trouble)
            throw result;
        return result;
    }

    private any computed(sheet cells) {
        try {
            return content == null ? null : content.value(cells);
        } catch (trouble why) {
            return why;
        }
    }

    // The value, or the trouble itself.
    any valueOrTrouble(sheet cells) {
        try {
            return value(cells);
        } catch (trouble why) {
            return why;
        }
    }
}

class sheet {
    private const any cells = new sorted_map();     // address -> cell, those that were ever used
    private const any users = {};                   // address -> set of the addresses that depend on it directly
    private const any[] undos = [];
    private const any[] redos = [];

    cell at(address where) {
        return cells.getOrSet(where, fun () { return new cell(where); });
    }

    // Give cells new contents in one step that can be undone.
    void change(address[] places, formula[] contents) {
        formula[] before = [];
        foreach (where in places)
            before.add(at(where).content);
        putAll(places, contents);
        undos.add(fun () {
            putAll(places, before);
            redos.add(fun () { change(places, contents); });
        });
    }

    void clearRedos() {
        redos.clear();
    }

    boolean undo() {
        return lastOf(undos);
    }

    boolean redo() {
        return lastOf(redos);
    }

    private boolean lastOf(any[] steps) {
        if (steps.isEmpty())
            return false;
        steps.pop()();
        return true;
    }

    int stepCount() {
        return undos.size();
    }

    private void putAll(address[] places, formula[] contents) {
        any affected = affectedBy(places);
        any before = affected.map(fun (where) { return at(where).valueOrTrouble(this); });
        foreach (i in 0..<places.size())
            put(at(places[i]), contents[i]);
        foreach (where in affected)
            at(where).forget();
        foreach (pair in affected.zip(before))
            report(pair[0], pair[1]);
    }

    private void report(address where, any before) {
        any value = at(where).valueOrTrouble(this);
        if (value != before)
            println("  \{where} is \{value == null ? "empty" : shown(value)}");
    }

    private void put(cell changed, formula content) {
        foreach (used in referencesOf(changed.content))
            users[used].remove(changed.where);
        changed.content = content;
        foreach (used in referencesOf(content))
            users.getOrSet(used, fun () { return new set(); }).add(changed.where);
    }

    private static any referencesOf(formula content) {
        set found = new set();
        if (content != null)
            content.collect(found);
        return found;
    }

    // The cells at these places and all that depend on them, in the order of their addresses.
    private any affectedBy(address[] places) {
        sorted_set found = new sorted_set();
        address[] open = places.clone();
        while (!open.isEmpty()) {
            address where = open.pop();
            if (found.add(where) && users.has(where))
                open.addAll(users[where]);
        }
        return found;
    }

    // A cell, and below it the cells that its value comes from, and so on.
    void explain(address where, int depth) {
        cell it = at(where);
        println("\{"  ".repeat(depth)}\{where} is \{shown(it.valueOrTrouble(this))}, from \{it.content}");
        if (depth > 8)
            return;
        foreach (used in referencesOf(it.content))
            if (at(used).content != null)
                explain(used, depth + 1);
    }

    // Numbers stand to the right, everything else to the left.
    void show() {
        any used = cells.values().filter(fun (cell c) { return c.content != null; });
        if (used.isEmpty()) {
            println("(nothing yet)");
            return;
        }
        int lastColumn = used.map(fun (cell c) { return c.where.column; }).max();
        int lastRow = used.map(fun (cell c) { return c.where.row; }).max();
        int[] widths = [];
        foreach (column in 0..lastColumn) {
            any inColumn = used.filter(fun (cell c) { return c.where.column == column; });
            widths.add(inColumn.reduce(4, fun (int w, cell c) { return math.max(w, textAt(c.where).length()); }));
        }
        string head = "   ";
        foreach (column in 0..lastColumn)
            head += " | " + ((char) ('A' + column)).toString().center(widths[column]);
        println(head.trimEnd());
        foreach (row in 0..lastRow)
            println(lineOf(row, widths).trimEnd());
    }

    private string lineOf(int row, int[] widths) {
        string line = (row + 1).toString().padLeft(3);
        foreach (column in 0..<widths.size()) {
            address where = new address(column, row);
            string text = textAt(where);
            boolean isNumber = at(where).valueOrTrouble(this) instanceof rational;
            line += " | " + (isNumber ? text.padLeft(widths[column]) : text.padRight(widths[column]));
        }
        return line;
    }

    private string textAt(address where) {
        return shown(at(where).valueOrTrouble(this));
    }
}

// What is typed

sheet page = new sheet();

void fill(address[] places, formula[] contents) {
    page.clearRedos();
    page.change(places, contents);
}

// To the first place as it is, to the others with its references moved along.
void copy(string from, string to) {
    address source = address.parse(from);
    address[] places = area.parse(to).addresses();
    formula[] contents = [];
    foreach (where in places) {
        formula content = page.at(source).content;
        contents.add(content == null ? null
            : content.shifted(where.column - source.column, where.row - source.row));
    }
    fill(places, contents);
}

void clear(string what) {
    address[] places = area.parse(what).addresses();
    formula[] nothing = [];
    foreach (where in places)
        nothing.add(null);
    fill(places, nothing);
}

void obey(string line) {
    if (line.contains("=") && !line.before("=").trim().contains(" ")) {
        fill([address.parse(line.before("=").trim())], [parser.parse(line.after("="))]);
        return;
    }
    string[] words = line.words();
    switch (words.isEmpty() ? "" : "\{words[0]} \{words.size() - 1}") {
        case "":
            break;
        case "show 0":
            page.show();
            break;
        case "why 1":
            page.explain(address.parse(words[1]), 0);
            break;
        case "copy 2":
            copy(words[1], words[2]);
            break;
        case "clear 1":
            clear(words[1]);
            break;
        case "undo 0":
            println(page.undo() ? "undone; \{page.stepCount()} steps can still be undone" : "there is nothing to undo");
            break;
        case "redo 0":
            println(page.redo() ? "done again" : "there is nothing to do again");
            break;
        case "help 0":
            println("A1 = FORMULA, copy A1 B1:B9, clear A1:B9, show, why A1, undo, redo");
            println("formulas: 1.5 \"text\" A1 A1:B9 ( ) + - * / & = <> < > <= >= if(c, a, b)");
            println("          sum count mean min max round text");
            break;
        default:
            println("I do not know `\{line}`; try help");
    }
}

void tryTo(string line) {
    try {
        obey(line.trim());
    } catch (trouble t) {
        println("no: \{t.why}");
    }
}

println("an empty sheet (help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
