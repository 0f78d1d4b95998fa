// records.ph - a database of JSON documents, with indexes, queries and transactions, and without a storage engine.
//
// Most of a database elsewhere moves things between memory and disk: pages, a log, a cache, a format, recovery. Here a
// table is a map, an index is a sorted map, a transaction is an array of functions that take back what was done,
// and that is all, because memory is what lasts. Even a transaction that is open when the power fails is open
// afterwards, and can still be rolled back. Try:
//
//     phantom new people.phantom
//     phantom run people.phantom examples/records.ph
//
// and type: insert people {"name": "Ida", "age": 41}, index people age, find people where age > 30 order name,
// explain people where age > 30, begin, delete people where age > 30, rollback; help tells the rest. Leave with Ctrl-C or kill
// -9, and go on with phantom run people.phantom. What stands behind the program's name is obeyed before what is typed.

class refused {
    const string why;

    void refused(string why0) {
        why = why0;
    }
}

// Values

// JSON knows no order between kinds of values; this is one: null, false, true, numbers, texts, all else.
int kindOf(any value) {
    if (value == null)
        return 0;
    if (value instanceof boolean)
        return 1;
    if (value instanceof string)
        return 3;
    return value instanceof array || value instanceof map ? 4 : 2;
}

int order(any a, any b) {
    int kind = kindOf(a);
    if (kind != kindOf(b))
        return kind - kindOf(b);
    if (kind == 0)
        return 0;
    if (kind == 4)
        return json.print(a).compareTo(json.print(b));
    return a.compareTo(b);
}

// The value at a path such as "address.city"; null where there is none.
any valueAt(any document, string path) {
    any value = document;
    foreach (name in path.split("."))
        value = value instanceof map ? value[name] : null;
    return value;
}

// Questions

// One comparison, such as age >= 30.
class condition {
    const string path;
    const string sign;
    const any value;

    void condition(string path0, string sign0, any value0) {
        path = path0;
        sign = sign0;
        value = value0;
    }

    boolean holds(any document) {
        any there = valueAt(document, path);
        if (sign == "has")
            return there instanceof array && there.has(value)
                || there instanceof string && value instanceof string && there.contains(value);
        int result = order(there, value);
        switch (sign) {
            case "=":
                return result == 0;
            case "!=":
                return result != 0;
        }
        if (kindOf(there) != kindOf(value))
            return false;
        return sign == "<" ? result < 0 : sign == "<=" ? result <= 0 : sign == ">" ? result > 0 : result >= 0;
    }

    string toString() {
        return "\{path} \{sign} \{json.print(value)}";
    }
}

// What stands behind find, count and the like: TABLE [where ...] [order PATH [down]] [limit N]
class query {
    private static regex word = new regex("\"([^\"\\\\]|\\\\.)*\"|<=|>=|!=|[<>=]|[^\\s<>=!\"]+");
    const string table;
    const condition[] conditions = [];
    string sortPath;
    boolean isDown;
    int limit = int.MAX;
    private const deque words = new deque();

    void query(string text) {
        foreach (match in word.findAll(text))
            words.add(match.text());
        table = next("a table");
        if (take("where"))
            do conditions.add(oneCondition()); while (take("and"));
        if (take("order")) {
            sortPath = next("what to order by");
            isDown = take("down");
        }
        if (take("limit"))
            limit = next("a number").toInt();
        if (!words.isEmpty())
            throw new refused("what is `\{words.first()}`?");
    }

    private string next(string wanted) {
        if (words.isEmpty())
            throw new refused("\{wanted} is missing");
        return words.removeFirst();
    }

    private boolean take(string wanted) {
        if (words.isEmpty() || words.first() != wanted)
            return false;
        words.removeFirst();
        return true;
    }

    private condition oneCondition() {
        string path = next("the name of a value");
        string sign = next("a comparison");
        if (!["=", "!=", "<", "<=", ">", ">=", "has"].has(sign))
            throw new refused("`\{sign}` is no comparison");
        return new condition(path, sign, json.parse(next("a value")));
    }
}

// Tables

// Which documents have which value at a path.
class index {
    const string path;
    private const sorted_map places = new sorted_map(fun (a, b) { return order(a, b); });   // value -> set of ids

    void index(string path0) {
        path = path0;
    }

    void add(int id, any document) {
        places.getOrSet(valueAt(document, path), fun () { return new sorted_set(); }).add(id);
    }

    void remove(int id, any document) {
        any value = valueAt(document, path);
        any ids = places[value];
        ids.remove(id);
        if (ids.isEmpty())
            places.remove(value);
    }

    static boolean canAnswer(condition asked) {
        return ["=", "<", "<=", ">", ">="].has(asked.sign);
    }

    // The ids of at least all documents for which it holds.
    any candidates(condition asked) {
        any value = asked.value;
        if (asked.sign == "=")
            return places.get(value, []);
        any values = asked.sign.startsWith("<") ? places.to(value) : places.from(value);
        any ids = values.flatMap(fun (v) { return places[v]; });
        if (asked.sign == "<=")
            ids.addAll(places.get(value, []));
        return ids;
    }
}

class table {
    const string name;
    private const sorted_map documents = new sorted_map();      // id -> map
    private const index[map] indexes = new index[map]();        // by their paths
    private int newest;

    void table(string name0) {
        name = name0;
    }

    int size() {
        return documents.size();
    }

    any get(int id) {
        return documents[id];
    }

    // All changes go through here: null stands for no document.
    void put(int id, any document) {
        any before = documents[id];
        foreach (path in indexes) {
            if (before != null)
                indexes[path].remove(id, before);
            if (document != null)
                indexes[path].add(id, document);
        }
        if (document == null)
            documents.remove(id);
        else
            documents[id] = document;
        openTransaction.did(fun () { put(id, before); });
    }

    int insert(any document) {
        newest++;
        put(newest, document);
        return newest;
    }

    void addIndex(string path) {
        index made = new index(path);
        foreach (id in documents)
            made.add(id, documents[id]);
        indexes[path] = made;
    }

    // The condition that an index answers best: equality before a range. Null if none is of use.
    private condition best(query asked) {
        any usable = asked.conditions.filter(fun (condition c) { return indexes.has(c.path) && index.canAnswer(c); });
        any equal = usable.find(fun (condition c) { return c.sign == "="; });
        return equal != null || usable.isEmpty() ? equal : usable[0];
    }

    string explain(query asked) {
        condition first = best(asked);
        if (first == null)
            return "looks at all \{size()} of \{name}";
        return "asks the index of \{first.path} for \{first}, looks at \{indexes[first.path].candidates(first).size()}";
    }

    // The ids of all documents that a query is about, in its order.
    any find(query asked) {
        condition first = best(asked);
        any ids = first == null ? documents.keys() : indexes[first.path].candidates(first);
        any found = ids.filter(fun (id) {
            return asked.conditions.all(fun (condition c) { return c.holds(documents[id]); });
        });
        found.sort();
        if (asked.sortPath != null)
            found.sort(fun (a, b) {
                int result = order(valueAt(documents[a], asked.sortPath), valueAt(documents[b], asked.sortPath));
                return asked.isDown ? -result : result;
            });
        return found.take(asked.limit);
    }
}

// Transactions

// Remembers how to take back what was done since `begin`.
class transaction {
    private const any[] undos = [];
    boolean isOpen;

    void did(any undo) {
        if (isOpen)
            undos.add(undo);
    }

    void begin() {
        if (isOpen)
            throw new refused("a transaction is open");
        isOpen = true;
    }

    int end() {
        if (!isOpen)
            throw new refused("no transaction is open");
        isOpen = false;
        int count = undos.size();
        undos.clear();
        return count;
    }

    int takeBack() {
        any steps = undos.reversed();
        int count = end();
        foreach (step in steps)
            step();
        return count;
    }
}

// What is typed

table[map] tables = new table[map]();
transaction openTransaction = new transaction();

table tableOf(string name) {
    if (!tables.has(name))
        throw new refused("there is no table \{name}");
    return tables[name];
}

void insert(string rest) {
    string name = rest.before(" ");
    any content = json.parse(rest.after(" "));
    any documents = content instanceof array ? content : [content];
    if (!documents.all(fun (d) { return d instanceof map; }))
        throw new refused("a document is an object, or an array of them");
    table into = tables.getOrSet(name, fun () { return new table(name); });
    foreach (document in documents)
        into.insert(document);
    println("\{into.size()} in \{name}");
}

void find(query asked) {
    table from = tableOf(asked.table);
    any ids = from.find(asked);
    foreach (id in ids)
        println("\{id.toString().padLeft(4)} \{json.print(from.get(id))}");
    println("\{ids.size()} found");
}

// set CHANGES in TABLE [where ...]: the values of CHANGES take the place of those that are there.
void change(string rest) {
    int middle = rest.lastIndexOf("} in ");
    if (middle < 0)
        throw new refused("set {...} in TABLE where ...");
    any changes = json.parse(rest.substring(0, middle + 1));
    query asked = new query(rest.substring(middle + 5));
    any ids = tableOf(asked.table).find(asked);
    foreach (id in ids) {
        any document = tableOf(asked.table).get(id).clone();
        document.putAll(changes);
        tableOf(asked.table).put(id, document);
    }
    println("\{ids.size()} changed");
}

void delete(query asked) {
    any ids = tableOf(asked.table).find(asked);
    foreach (id in ids)
        tableOf(asked.table).put(id, null);
    println("\{ids.size()} deleted");
}

// How many documents there are for each value at a path.
void group(string path, query asked) {
    table from = tableOf(asked.table);
    any groups = from.find(asked).groupBy(fun (id) { return valueAt(from.get(id), path); });
    foreach (value in groups.keys().sorted(fun (a, b) { return order(a, b); }))
        println("\{groups[value].size().toString().padLeft(4)} \{json.print(value)}");
}

void obey(string line) {
    string rest = line.after(" ");
    switch (line.before(" ")) {
        case "":
            break;
        case "insert":
            insert(rest);
            break;
        case "find":
            find(new query(rest));
            break;
        case "count":
            println(tableOf(new query(rest).table).find(new query(rest)).size());
            break;
        case "explain":
            println(tableOf(new query(rest).table).explain(new query(rest)));
            break;
        case "group":
            group(rest.before(" "), new query(rest.after(" ")));
            break;
        case "set":
            change(rest);
            break;
        case "delete":
            delete(new query(rest));
            break;
        case "index":
            tableOf(rest.before(" ")).addIndex(rest.after(" "));
            println("\{rest.before(" ")} is indexed by \{rest.after(" ")}");
            break;
        case "begin":
            openTransaction.begin();
            println("from here on all can be rolled back");
            break;
        case "commit":
            println("\{openTransaction.end()} changes stay");
            break;
        case "rollback":
            println("\{openTransaction.takeBack()} changes are taken back");
            break;
        case "help":
            println("insert TABLE {...} or [{...}, ...], set {...} in QUERY, delete QUERY, find QUERY, count QUERY,");
            println("group PATH QUERY, index TABLE PATH, explain QUERY, begin, commit, rollback");
            println("QUERY: TABLE [where PATH = VALUE and ...] [order PATH [down]] [limit N]; also != < <= > >= has");
            break;
        default:
            println("I do not know `\{line.before(" ")}`; try help");
    }
}

void tryTo(string line) {
    try {
        obey(line.trim());
    } catch (refused r) {
        println("no: \{r.why}");
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

println("a database without files (help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
