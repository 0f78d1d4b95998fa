// planner.ph - finds out how to get from here to there, however long it takes to find out.
//
// It is told facts, what can be done, what must never be, and a goal, and looks for a short row of steps (A*). A
// hard problem takes days. Elsewhere a search of days needs checkpoints: a format for the open states, code to write them
// and to read them back, and luck. This one has an ordinary loop over an ordinary priority queue, and is killed as
// often as you like: it goes on in the middle of the state that it was looking at. Try:
//
//     phantom new plan.phantom
//     phantom run plan.phantom examples/planner.ph
//
// and type: example river, plan, and then: example house, plan, with kill -9 in the middle and phantom run plan.phantom. Or tell
// it a world of your own, in the way of the examples below. What stands behind the program's name is obeyed before what is
// typed; help tells the rest.

const any EXAMPLES = {
    "river": "
fact at farmer left, at wolf left, at goat left, at cabbage left, other left right, other right left
action row from ?a to ?b : at farmer ?a, other ?a ?b -> not at farmer ?a, at farmer ?b
action take ?x from ?a to ?b : at farmer ?a, at ?x ?a, differ ?x farmer, other ?a ?b
    -> not at farmer ?a, at farmer ?b, not at ?x ?a, at ?x ?b
never at wolf ?a, at goat ?a, not at farmer ?a
never at goat ?a, at cabbage ?a, not at farmer ?a
goal at wolf right, at goat right, at cabbage right",
    "blocks": "
fact on c a, on a table, on b table, clear c, clear b, block a, block b, block c
action put ?x onto ?z : clear ?x, clear ?z, on ?x ?y, block ?z, differ ?x ?z, differ ?y ?z
    -> not on ?x ?y, on ?x ?z, not clear ?z, clear ?y
action put ?x down from ?y : clear ?x, on ?x ?y, block ?y -> not on ?x ?y, on ?x table, clear ?y
goal on a b, on b c",
    "tower": "
fact on d1 d2, on d2 d3, on d3 d4, on d4 left, clear d1, clear middle, clear right, disc d1, disc d2, disc d3, disc d4
fact less d1 d2, less d1 d3, less d1 d4, less d2 d3, less d2 d4, less d3 d4
fact less d1 left, less d2 left, less d3 left, less d4 left, less d1 middle, less d2 middle, less d3 middle
fact less d4 middle, less d1 right, less d2 right, less d3 right, less d4 right
action move ?x to ?z : disc ?x, clear ?x, clear ?z, less ?x ?z, on ?x ?y, differ ?y ?z
    -> not on ?x ?y, on ?x ?z, clear ?y, not clear ?z
goal on d1 d2, on d2 d3, on d3 d4, on d4 right",
    "house": "
fact at rob hall, empty rob, parcel p1, parcel p2, parcel p3, parcel p4, parcel p5
fact at p1 attic, at p2 attic, at p3 hall, at p4 cellar, at p5 kitchen
fact way hall kitchen, way kitchen hall, way hall stairs, way stairs hall, way stairs attic, way attic stairs
fact way stairs cellar, way cellar stairs
action go from ?a to ?b : at rob ?a, way ?a ?b -> not at rob ?a, at rob ?b
action take ?p : at rob ?a, empty rob, at ?p ?a, parcel ?p -> not at ?p ?a, not empty rob, holds rob ?p
action leave ?p in ?a : at rob ?a, holds rob ?p -> at ?p ?a, empty rob, not holds rob ?p
goal at p1 cellar, at p2 kitchen, at p3 attic, at p4 hall, at p5 attic",
};

class nonsense {
    const string why;

    void nonsense(string why0) {
        why = why0;
    }
}

// Worlds

// "at ?x left": some words, of which those with a question mark stand for anything. `isNot` is the word in front of it.
class pattern {
    const string[] words;
    const boolean isNot;

    void pattern(string text) {
        string[] all = text.words();
        isNot = !all.isEmpty() && all[0] == "not";
        words = isNot ? all.drop(1) : all;
        if (words.isEmpty())
            throw new nonsense("a fact is missing");
    }

    static pattern[] parseAll(string text) {
        return text.split(",").map(fun (part) { return new pattern(part); });
    }

    static boolean isVariable(string word) {
        return word.startsWith("?");
    }

    // The fact that it is with these values for its variables.
    string fill(any values) {
        return words.map(fun (w) { return values.get(w, w); }).join(" ");
    }

    // Could the words be it? Then with these values; else null.
    any match(string[] fact, any values) {
        if (fact.size() != words.size())
            return null;
        any found = values.clone();
        foreach (i in 0..<fact.size()) {
            string wanted = found.get(words[i], words[i]);
            if (isVariable(wanted))
                found[wanted] = fact[i];
            else if (wanted != fact[i])
                return null;
        }
        return found;
    }
}

// What is true at a time. It never changes.
class state {
    private const set facts;
    private const any groups = {};      // first word -> facts as arrays of words
    private string key;

    void state(any facts0) {
        facts = facts0.toSet();
        foreach (fact in facts) {
            string[] words = fact.split(" ");
            groups.getOrSet(words[0], fun () { return []; }).add(words);
        }
    }

    boolean has(string fact) {
        return facts.has(fact);
    }

    any startingWith(string word) {
        return groups.get(word, []);
    }

    state with(any gone, any added) {
        return new state(facts.difference(gone).union(added));
    }

    // The same for states in which the same is true.
    string text() {
        if (key == null)
            key = facts.sorted().join(", ");
        return key;
    }
}

// A row of patterns, all of which have to fit. What is not to be, and differ, are looked at with the values found so far.
class conditions {
    private const pattern[] patterns;

    void conditions(pattern[] patterns0) {
        patterns = patterns0;
    }

    // All ways to give the variables values.
    any waysIn(state now) {
        any found = [];
        search(now, 0, {}, found);
        return found;
    }

    private void search(state now, int at, any values, any found) {
        if (at == patterns.size()) {
            found.add(values);
            return;
        }
        pattern next = patterns[at];
        if (next.isNot || next.words[0] == "differ") {
            if (next.isNot ? !now.has(next.fill(values)) : isDifferent(next, values))
                search(now, at + 1, values, found);
            return;
        }
        foreach (fact in now.startingWith(next.words[0])) {
            any more = next.match(fact, values);
            if (more != null)
                search(now, at + 1, more, found);
        }
    }

    private static boolean isDifferent(pattern p, any values) {
        string[] words = p.fill(values).split(" ");
        return words.size() != 3 || words[1] != words[2];
    }
}

// NAME : CONDITIONS -> EFFECTS
class action {
    private const pattern name;
    private const conditions needed;
    private const pattern[] effects;

    void action(string text) {
        if (!text.contains(":") || !text.contains("->"))
            throw new nonsense("action NAME : FACT, FACT -> FACT, not FACT");
        name = new pattern(text.before(":"));
        needed = new conditions(pattern.parseAll(text.after(":").before("->")));
        effects = pattern.parseAll(text.after("->"));
    }

    // Call a function with each step that can be taken now, and the state that it leads to.
    void eachStep(state now, any use) {
        foreach (values in needed.waysIn(now)) {
            any gone = effects.filter(fun (pattern e) { return e.isNot; });
            any added = effects.filter(fun (pattern e) { return !e.isNot; });
            use(name.fill(values), now.with(gone.map(fun (pattern e) { return e.fill(values); }),
                added.map(fun (pattern e) { return e.fill(values); })));
        }
    }
}

class world {
    const set facts = new set();
    const set goals = new set();
    const action[] actions = [];
    const conditions[] nevers = [];

    boolean isAllowed(state there) {
        return nevers.all(fun (conditions c) { return c.waysIn(there).isEmpty(); });
    }

    int missing(state there) {
        return goals.count(fun (goal) { return !there.has(goal); });
    }
}

// The search

class node {
    const state there;
    const node before;
    const string step;      // that led here; null at the start
    const int depth;
    const int estimate;     // steps in all, at a guess

    void node(state there0, node before0, string step0, int missing) {
        there = there0;
        before = before0;
        step = step0;
        depth = before == null ? 0 : before.depth + 1;
        estimate = depth + missing;
    }

    // The better guess comes first; of two equal ones that which has come further.
    int compareTo(any other) {
        node that = other;
        return estimate != that.estimate ? estimate - that.estimate : that.depth - depth;
    }

    string[] steps() {
        string[] found = [];
        for (node at = this; at.step != null; at = at.before)
            found.add(at.step);
        return found.reversed();
    }
}

class search {
    private const world given;
    private const priority_queue open = new priority_queue();
    private const any depths = {};      // text of a state -> in how many steps it was reached
    int seen;

    void search(world given0) {
        given = given0;
    }

    // The last node of a plan, or null if there is none.
    node run() {
        add(new state(given.facts), null, null);
        while (!open.isEmpty()) {
            node best = open.removeFirst();
            if (given.missing(best.there) == 0)
                return best;
            seen++;
            if (seen % 50 == 0)
                println("  \{seen} states seen, \{open.size()} are waiting, the guess is \{best.estimate} steps");
            foreach (action possible in given.actions)
                possible.eachStep(best.there, fun (step, there) { add(there, best, step); });
        }
        return null;
    }

    private void add(state there, node before, string step) {
        node next = new node(there, before, step, given.missing(there));
        if (next.depth < (int) depths.get(there.text(), int.MAX) && given.isAllowed(there)) {
            depths[there.text()] = next.depth;
            open.add(next);
        }
    }
}

// What is typed

world known = new world();
string[] plan = [];

void find() {
    search looking = new search(known);
    node end = looking.run();
    plan = end == null ? [] : end.steps();
    println(end == null ? "there is no way"
        : "a plan of \{plan.size()}, found among \{looking.seen} states\{plan.isEmpty() ? "" : ":"}");
    foreach (entry in plan.withIndex())
        println("  \{entry.key() + 1}. \{entry.value()}");
}

// As somebody would who has all the time in the world.
void carryOut(int ms) {
    foreach (step in plan) {
        println("  now: \{step}");
        sleep(ms);
    }
    println("done");
}

// Facts of one line, without variables.
string[] factsIn(string text) {
    pattern[] patterns = pattern.parseAll(text);
    if (patterns.any(fun (pattern p) { return p.isNot || p.words.any(fun (w) { return pattern.isVariable(w); }); }))
        throw new nonsense("`\{text}` is no row of facts");
    return patterns.map(fun (pattern p) { return p.fill({}); });
}

void show(string name) {
    known = new world();
    plan = [];
    if (!EXAMPLES.has(name))
        throw new nonsense("there are \{EXAMPLES.keys().join(", ")}");
    // A line that is set in goes on with the one before it.
    foreach (line in EXAMPLES[name].replace("\n    ", " ").lines())
        obey(line);
}

void obey(string line) {
    string rest = line.after(" ");
    switch (line.before(" ")) {
        case "":
            break;
        case "fact":
            known.facts.addAll(factsIn(rest));
            break;
        case "goal":
            known.goals.addAll(factsIn(rest));
            break;
        case "action":
            known.actions.add(new action(rest));
            break;
        case "never":
            known.nevers.add(new conditions(pattern.parseAll(rest)));
            break;
        case "plan":
            find();
            break;
        case "do":
            carryOut(rest == "" ? 1000 : rest.toInt());
            break;
        case "example":
            show(rest);
            break;
        case "forget":
            known = new world();
            plan = [];
            break;
        case "help":
            println("fact FACT, ...   goal FACT, ...   action NAME : FACT, ... -> FACT, not FACT, ...   never FACT, ...");
            println("plan, do [MS], forget, example \{EXAMPLES.keys().join(" or ")}; a word with ? in front stands for any");
            break;
        default:
            println("I do not know `\{line.before(" ")}`; try help");
    }
}

void tryTo(string line) {
    try {
        obey(line.trim());
    } catch (nonsense n) {
        println("no: \{n.why}");
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

println("where are we, and where do we want to be? (help tells how to say it)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
