// collections.ph - what works on every collection, and arrays, maps, sets, deques, priority queues, ranges.

import .support.check;

class person {
    string name;
    int age;

    void person(string name0, int age0) {
        name = name0;
        age = age0;
    }

    string name() { return name; }
    int age() { return age; }
    string toString() { return name; }
}

// A collection of somebody's own.
class countdown extends .internal.container.collection {
    private int from;

    void countdown(int from0) {
        from = from0;
    }

    int size() {
        return from;
    }

    any iterator() {
        return new range(from, 1, -1).iterator();
    }
}

// Equal to a text, as it says itself, while no text is equal to it.
class alias {
    const string text;

    void alias(string text0) {
        text = text0;
    }

    int hashCode() { return text.hashCode(); }
    boolean equals(any other) { return other == text; }
}

void common() {
    any numbers = [3, 1, 4, 1, 5];
    check.same(numbers.any(fun (n) { return n > 4; }), true, "any");
    check.same(numbers.any(fun (n) { return n > 5; }), false, "not any");
    check.same(numbers.all(fun (n) { return n > 0; }), true, "all");
    check.same(numbers.all(fun (n) { return n > 1; }), false, "not all");
    check.same(numbers.count(fun (n) { return n == 1; }), 2, "count");
    check.same(numbers.find(fun (n) { return n > 3; }), 4, "find");
    check.same(numbers.find(fun (n) { return n > 9; }), null, "find nothing");
    check.same(numbers.map(fun (n) { return n * n; }), [9, 1, 16, 1, 25], "map");
    check.same(numbers.flatMap(fun (n) { return new range(1, n); }).size(), 14, "flatMap");
    check.same(numbers.filter(fun (n) { return n % 2 == 0; }), [4], "filter");
    check.same(numbers.partition(fun (n) { return n > 2; }), [[3, 4, 5], [1, 1]], "partition");
    check.same(numbers.takeWhile(fun (n) { return n < 4; }), [3, 1], "takeWhile");
    check.same(numbers.take(2), [3, 1], "take");
    check.same(numbers.take(9).size(), 5, "take too many");
    check.same(numbers.drop(3), [1, 5], "drop");
    check.same(numbers.drop(9), [], "drop too many");
    check.same(numbers.zip(["a", "b"]), [[3, "a"], [1, "b"]], "zip");
    check.same(["a", "b"].withIndex().toString(), "[0: a, 1: b]", "withIndex");
    check.same(numbers.chunks(2), [[3, 1], [4, 1], [5]], "chunks");
    check.fails("chunks of 0", fun () { return numbers.chunks(0); });
    check.same(numbers.distinct(), [3, 1, 4, 5], "distinct");
    check.same(numbers.groupBy(fun (n) { return n % 2; }), {1: [3, 1, 1, 5], 0: [4]}, "groupBy");
    check.same(numbers.indexBy(fun (n) { return "k\{n}"; }).size(), 4, "indexBy");
    check.same(numbers.toSet().size(), 4, "toSet");
    check.same(numbers.sorted(), [1, 1, 3, 4, 5], "sorted");
    check.same(numbers.sorted(fun (a, b) { return b - a; }), [5, 4, 3, 1, 1], "sorted by an order");
    check.same(numbers, [3, 1, 4, 1, 5], "and it stays as it was");
    check.same(numbers.reduce(fun (a, b) { return a * b; }), 60, "reduce");
    check.same(numbers.reduce("", fun (a, b) { return a + b; }), "31415", "reduce from a start");
    check.same(numbers.sum(), 14, "sum");
    check.same([2147483647, 1].sum(), 2147483648L, "a sum does not wrap");
    check.same([0.5, 1].sum(), 1.5, "a sum of doubles");
    check.same([].sum(), 0, "a sum of nothing");
    check.same(numbers.mean(), 2.8, "mean");
    check.same(numbers.min(), 1, "min");
    check.same(numbers.max(), 5, "max");
    any people = [new person("Ann", 50), new person("Bob", 20), new person("Cy", 50)];
    check.same(people.minBy(fun (p) { return p.age(); }).name(), "Bob", "minBy");
    check.same(people.maxBy(fun (p) { return p.age(); }).name(), "Ann", "maxBy takes the first");
    check.same(people.join("+"), "Ann+Bob+Cy", "join");
    any seen = [];
    people.each(fun (p) { seen.add(p.age()); });
    check.same(seen, [50, 20, 50], "each");
    check.same(new countdown(3).map(fun (n) { return n; }), [3, 2, 1], "a collection of one's own");
    check.same(new countdown(3).toString(), "[3, 2, 1]", "as text");
    check.same(new countdown(3).has(2), true, "has");
    check.same(new countdown(0).isEmpty(), true, "isEmpty");
    check.fails("min of nothing", fun () { return [].min(); });
    check.fails("mean of nothing", fun () { return [].mean(); });
    check.fails("reduce of nothing", fun () { return [].reduce(fun (a, b) { return a; }); });
    check.part("common");
}

void arrays() {
    array a = [5, 2, 8, 2];
    array old = [1];
    old.push(2);
    old.setAt(7, 0);
    check.same(old, [7, 2], "push and setAt");
    check.fails("element 2 of an array of 2", fun () { old.setAt(7, 2); return null; });
    check.same([array.compare(1, 2, null) < 0, array.compare(1, 2, fun (x, y) { return y - x; }) > 0], [true, true], "compare");
    check.same(a.lastIndexOf(2), 3, "lastIndexOf");
    check.same(a.indexWhere(fun (n) { return n > 5; }), 2, "indexWhere");
    check.same(a.removeValue(2), true, "removeValue");
    check.same(a.removeValue(7), false, "removeValue of nothing");
    check.same(a, [5, 8, 2], "what is left");
    check.same(a.reversed(), [2, 8, 5], "reversed");
    a.swap(0, 2);
    check.same(a, [2, 8, 5], "swap");
    check.same(a.slice(1, 3), [8, 5], "slice");
    a.addAll(a);
    check.same(a, [2, 8, 5, 2, 8, 5], "addAll of itself");
    check.same(a.removeIf(fun (n) { return n == 8; }), 2, "removeIf");
    check.same(a, [2, 5, 2, 5], "what is left of it");
    a.fill(0);
    check.same(a, [0, 0, 0, 0], "fill");
    check.same(array.filled(3, "x"), ["x", "x", "x"], "filled");
    array words = ["pear", "fig", "apple", "kiwi"];
    words.sortBy(fun (w) { return w.length(); });
    check.same(words, ["fig", "pear", "kiwi", "apple"], "sortBy is stable");
    array sorted = [1, 3, 5, 7];
    check.same(sorted.binarySearch(5), 2, "binarySearch");
    check.same(sorted.binarySearch(0), -1, "before the first");
    check.same(sorted.binarySearch(6), -4, "in between");
    check.same(sorted.binarySearch(9), -5, "behind the last");
    check.same([9, 5, 1].binarySearch(5, fun (x, y) { return y - x; }), 1, "in another order");
    check.good([1, 2].compareTo([1, 3]) < 0, "compareTo");
    check.good([1, 2].compareTo([1]) > 0, "the longer one is larger");
    any grows = [1, 2];
    int met = 0;
    foreach (n in grows) {
        met++;
        if (grows.size() < 4)
            grows.add(n);
    }
    check.same(met, 4, "what is added behind is met");
    check.fails("element 4 of an array of 4", fun () { return grows.get(4); });
    check.fails("element -1 of an array of 0", fun () { return [].pop(); });
    check.fails("3 elements from 2 of an array of 4", fun () { return grows.slice(2, 5); });
    check.fails("an array of -1", fun () { return array.filled(-1, null); });
    check.fails("the array has changed while it was walked over", fun () {
        return grows.removeIf(fun (n) { grows.clear(); return false; });
    });
    array changing = [2, 1];
    check.fails("the array has changed while it was sorted", fun () {
        changing.sort(fun (x, y) { changing.add(0); return x - y; });
        return null;
    });
    check.part("arrays");
}

void maps() {
    map m = {"a": 1, "b": 2};
    check.same(m.getOrSet("c", fun () { return 3; }), 3, "getOrSet");
    check.same(m.getOrSet("c", fun () { return 4; }), 3, "getOrSet again");
    check.same(m.update("a", fun (v) { return v + 10; }), 11, "update");
    check.same(m.update("z", fun (v) { return v == null; }), true, "update of nothing");
    check.same(m.remove("z"), true, "remove");
    check.same(m.add("d", 2), 2, "add to nothing");
    check.same(m.add("d", 3), 5, "add");
    check.same(m.entries().toString(), "[a: 11, b: 2, c: 3, d: 5]", "entries");
    check.same(m.entries().first().key(), "a", "key");
    check.same(m.entries().first().value(), 11, "value");
    entry pair = new entry("k", 1);
    check.good(pair == new entry("k", 1) && pair != new entry("k", 2), "entries are equal by both");
    check.good(pair.compareTo(new entry("m", 0)) < 0, "and in order by their keys");
    check.same(pair.hashCode(), new entry("k", 1).hashCode(), "hashCode of an entry");
    check.same(m.entries().maxBy(fun (e) { return e.value(); }).key(), "a", "entries as a collection");
    check.same(m.filter(fun (k, v) { return v > 3; }), {"a": 11, "d": 5}, "filter");
    check.same(m.mapValues(fun (k, v) { return k + v; })["b"], "b2", "mapValues");
    check.same(m.any(fun (k, v) { return v == 3; }), true, "any");
    check.same(m.all(fun (k, v) { return v > 2; }), false, "all");
    check.same(m.count(fun (k, v) { return v > 2; }), 3, "count");
    check.same(m.find(fun (k, v) { return v == 3; }).key(), "c", "find");
    check.same(m.find(fun (k, v) { return v == 99; }), null, "find nothing");
    any copy = m.clone();
    copy.put("e", 0);
    check.same(copy.size(), 5, "clone");
    check.same(m.size(), 4, "and the first stays");
    copy.putAll({"a": 0, "f": 1});
    check.same(copy["a"], 0, "putAll");
    check.same(copy.removeIf(fun (k, v) { return v < 2; }), 3, "removeIf");
    check.same({"x": 1, "y": 2}.hashCode(), {"y": 2, "x": 1}.hashCode(), "hashCode in any order");
    foreach (key in m)
        m[key] = 0;
    check.same(m.values(), [0, 0, 0, 0], "new values during a walk");
    check.fails("the map has changed while it was walked over", fun () { foreach (k in m) m.remove(k); return null; });
    check.fails("the map has changed while it was walked over", fun () { foreach (k in m) m[k + k] = 1; return null; });
    check.fails("no more keys", fun () { return {}.iterator().next(); });
    check.good(new map() instanceof dictionary && new sorted_map() instanceof dictionary, "both are dictionaries");
    check.fails("class .internal.container.dictionary is abstract", fun () { return dictionary.make(); });
    check.part("maps");
}

// A map finds exactly what == says of the key that is there, whoever is asked for that.
void keys() {
    double nan = 0.0 / 0;
    string long = "x".repeat(5000);
    person ann = new person("Ann", 41);
    any all = [5, 5L, 5.0, 5.0f, '5', 53, 0, 0.0, -0.0, false, true, 1, null, nan, 1L << 40, 1.0e300, "5", "", "Aa", "BB",
        "\u00e9", "\u65e5\u672c", long, "x".repeat(4999) + "x", ann, new person("Ann", 41), new alias("5"), new alias("Aa"), [1], [1]];
    foreach (there in all) {
        map lone = new map();
        map crowd = new map();
        for (int i = 100; i < 200; i++)
            crowd[i] = i;
        lone[there] = "one";
        crowd[there] = "one";
        crowd[there] = "two";
        foreach (key in all) {
            check.same(lone.has(key), there == key, "has \{key} beside \{there}");
            check.same(lone[key], there == key ? "one" : null, "\{key} of \{there}");
            check.same(crowd.get(key, 0), there == key ? "two" : 0, "\{key} of \{there} among others");
        }
    }
    map texts = new map();
    for (int i = 0; i < 1000; i++)
        texts["Aa".repeat(i % 4) + "BB".repeat(3 - i % 4) + i] = i;
    for (int i = 0; i < 1000; i++)
        check.same(texts["Aa".repeat(i % 4) + "BB".repeat(3 - i % 4) + i], i, "texts with equal hashes");
    map same = new map();
    for (int i = 0; i < 64; i++)
        same[bits(i)] = i;
    for (int i = 0; i < 64; i++)
        check.same(same[bits(i)], i, "many texts with one hash");
    map empty = new map();
    check.same(empty.get(1), null, "get of an empty map");
    check.same(empty.get("a", 2), 2, "get otherwise of an empty map");
    check.same(empty.has(ann), false, "has of an empty map");
    check.same(empty.remove("a"), null, "remove of an empty map");
    check.same(empty.keys(), [], "keys of an empty map");
    check.same(empty.clone(), empty, "clone of an empty map");
    foreach (key in empty)
        check.good(false, "a key of an empty map");
    empty["a"] = 1;
    empty.clear();
    check.same(empty.has("a"), false, "cleared");
    empty["b"] = 2;
    check.same(empty.toString(), "{b: 2}", "used again");
    check.part("keys");
}

// One of 64 texts that all have the same hash.
string bits(int n) {
    string text = "";
    for (int bit = 1; bit < 64; bit *= 2)
        text += (n & bit) != 0 ? "Aa" : "BB";
    return text;
}

// An iterator that is no cursor, of a collection that works all the same.
class letters extends .internal.container.collection {
    int size() { return 3; }
    any iterator() { return new letter_walk(); }
}

class letter_walk {
    private int at;

    boolean hasNext() { return at < 3; }
    char next() { return (char) ('a' + at++); }
}

void cursors() {
    letters three = new letters();
    check.same(three.map(fun (c) { return "\{c}!"; }), ["a!", "b!", "c!"], "map over an iterator of one's own");
    check.same(three.join("-"), "a-b-c", "join");
    check.same(",".join(three), "a,b,c", "join from outside");
    string seen = "";
    foreach (c in .internal.container.cursor.over(three))
        seen += c;
    check.same(seen, "abc", "a cursor over it");
    .internal.container.cursor one = new range(7, 7).iterator();
    check.same([one.hasNext(), one.next(), one.hasNext()], [true, 7L, false], "hasNext and next");
    check.fails("no more numbers", fun () { return one.next(); });
    check.good(.internal.container.cursor.of(three.iterator()) instanceof .internal.container.cursor, "is one");
    any walk = new range(1, 2).iterator();
    check.good(.internal.container.cursor.of(walk) :== walk, "a cursor is itself");
    check.good(walk instanceof .internal.container.cursor && walk.iterator() :== walk, "and its own iterator");
    check.part("cursors");
}

void sets() {
    set a = [1, 2, 3].toSet();
    check.same(a.union([3, 4]).toArray(), [1, 2, 3, 4], "union");
    check.same(a.intersection([3, 4, 1]).toArray(), [3, 1], "intersection");
    check.same(a.difference([3, 4]).toArray(), [1, 2], "difference");
    check.same([1, 3].toSet().isSubsetOf(a), true, "isSubsetOf");
    check.same(a.isSubsetOf([1, 3]), false, "not isSubsetOf");
    check.same(a.removeIf(fun (n) { return n > 2; }), 1, "removeIf");
    check.same(a == [2, 1].toSet(), true, "equal in any order");
    check.same(a.clone() == a, true, "clone");
    check.same(a.map(fun (n) { return -n; }), [-1, -2], "map");
    check.same(a.toString(), "[1, 2]", "toString");
    check.fails("the map has changed while it was walked over", fun () { foreach (n in a) a.add(n + 10); return null; });

    sorted_set s = new sorted_set();
    s.addAll([5, 1, 9, 1]);
    check.same(s.toArray(), [1, 5, 9], "a sorted set");
    check.same(s.first(), 1, "first");
    check.same(s.last(), 9, "last");
    check.same(s.floor(6), 5, "floor");
    check.same(s.ceiling(6), 9, "ceiling");
    check.same(s.range(1, 9).toArray(), [1, 5], "range");
    check.same(s.union([4]).toArray(), [1, 4, 5, 9], "union of sorted sets");
    check.same(s.removeFirst(), 1, "removeFirst");
    check.same(s.removeLast(), 9, "removeLast");
    check.same(s.toArray(), [5], "what is left");
    sorted_set backward = new sorted_set(fun (x, y) { return y - x; });
    backward.addAll([1, 2, 3]);
    check.same(backward.toArray(), [3, 2, 1], "in another order");
    check.same(backward.clone().toArray(), [3, 2, 1], "and so is its clone");
    check.same([a.emptyOne().size(), s.emptyOne() instanceof sorted_set, a.emptyOne() instanceof sorted_set], [0, true, false], "emptyOne");
    check.part("sets");
}

void sortedMaps() {
    sorted_map m = new sorted_map();
    foreach (word in ["m", "c", "x", "a", "q"])
        m[word] = word + word;
    check.same(m.keys(), ["a", "c", "m", "q", "x"], "keys rise");
    check.same(m["q"], "qq", "get");
    check.same(m["b"], null, "get nothing");
    check.same(m.get("b", 0), 0, "get otherwise");
    check.same(m.firstKey(), "a", "firstKey");
    check.same(m.lastKey(), "x", "lastKey");
    check.same(m.floorKey("d"), "c", "floorKey");
    check.same(m.floorKey("c"), "c", "floorKey of a key");
    check.same(m.lowerKey("c"), "a", "lowerKey");
    check.same(m.lowerKey("a"), null, "nothing is lower");
    check.same(m.ceilingKey("d"), "m", "ceilingKey");
    check.same(m.higherKey("m"), "q", "higherKey");
    check.same(m.range("b", "q").toArray(), ["c", "m"], "range");
    check.same(m.range("b", "q").size(), 2, "size of a range");
    check.same(m.from("m").toArray(), ["m", "q", "x"], "from");
    check.same(m.to("m").toArray(), ["a", "c"], "to");
    check.same(m.removeFirst().key(), "a", "removeFirst");
    check.same(m.removeLast().value(), "xx", "removeLast");
    check.same(m.toString(), "{c: cc, m: mm, q: qq}", "toString");
    check.same(m == {"q": "qq", "c": "cc", "m": "mm"}, true, "equal to a map");
    check.same(m.filter(fun (k, v) { return k > "c"; }).firstKey(), "m", "filter makes a sorted map");
    check.same(new sorted_map().removeFirst(), null, "removeFirst of nothing");
    check.fails("the map has changed while it was walked over", fun () { foreach (k in m) m[k + k] = 1; return null; });

    sorted_map odd = new sorted_map();
    check.fails("class .internal.mutex has no method with so many arguments called compareTo", fun () { odd[new mutex()] = 1; return null; });
    check.same(odd.size(), 0, "what has no order is refused");

    random chance = new random(11L);
    sorted_map large = new sorted_map();
    map model = new map();
    int wrong = 0;
    for (int i = 0; i < 1000; i++) {
        int key = chance.next(200);
        if (chance.next(3) == 0) {
            if (large.remove(key) != model.remove(key))
                wrong++;
        } else {
            large[key] = i;
            model[key] = i;
        }
        if (i % 250 == 0 && (large != model || large.keys() != model.keys().sorted()))
            wrong++;
    }
    check.same(wrong, 0, "as a map does it");
    check.same(large.keys(), model.keys().sorted(), "and in order");
    check.same(large.range(50, 150).toArray(), model.keys().filter(fun (k) { return k >= 50 && k < 150; }).sorted(), "a large range");
    check.same([new sorted_map().compare("a", "b") < 0, new sorted_map(fun (x, y) { return y - x; }).compare(1, 2)], [true, 1], "compare");
    check.part("sorted maps");
}

void deques() {
    deque d = new deque();
    for (int i = 0; i < 20; i++) {
        d.addLast(i);
        d.addFirst(-i);
    }
    check.same(d.size(), 40, "size");
    check.same(d.first(), -19, "first");
    check.same(d.last(), 19, "last");
    check.same(d[0], -19, "get");
    check.same(d[20], 0, "get in the middle");
    d[20] = 100;
    check.same(d[20], 100, "set");
    check.same(d.removeFirst(), -19, "removeFirst");
    check.same(d.removeLast(), 19, "removeLast");
    check.same(d.sum(), 100, "sum");
    check.same(d.clone() == d, true, "clone");
    d.clear();
    check.same(d.toString(), "[]", "clear");
    d.addAll([1, 2]);
    check.same(d.map(fun (n) { return n * 2; }), [2, 4], "map");
    check.fails("item 2 of a deque of 2", fun () { return d[2]; });
    check.fails("item 0 of a deque of 0", fun () { return new deque().removeFirst(); });
    check.fails("the deque has changed while it was walked over", fun () { foreach (n in d) d.add(n); return null; });
    check.part("deques");
}

void queues() {
    priority_queue q = new priority_queue();
    q.addAll([5, 1, 4, 2, 3]);
    check.same(q.first(), 1, "first");
    check.same(q.size(), 5, "size");
    array out = [];
    while (!q.isEmpty())
        out.add(q.removeFirst());
    check.same(out, [1, 2, 3, 4, 5], "the least comes first");
    priority_queue jobs = new priority_queue(fun (a, b) { return b.age() - a.age(); });
    foreach (p in [new person("x", 1), new person("a", 9), new person("y", 1), new person("b", 9)])
        jobs.add(p);
    check.same(jobs.sorted().join(""), "abxy", "sorted");
    check.same(jobs.removeFirst().name() + jobs.removeFirst().name(), "ab", "equal ones as they came");
    random chance = new random(3L);
    priority_queue many = new priority_queue();
    for (int i = 0; i < 300; i++)
        many.add(chance.next(100));
    int wrong = 0;
    for (int last = -1; !many.isEmpty();) {
        int next = many.removeFirst();
        if (next < last)
            wrong++;
        last = next;
    }
    check.same(wrong, 0, "many");
    check.fails("the first of an empty queue", fun () { return many.removeFirst(); });
    check.fails("class .internal.mutex has no method with so many arguments called compareTo", fun () { many.add(new mutex()); return null; });
    check.same(many.size(), 0, "what has no order is refused");
    check.part("priority queues");
}

// Tells how often something came.
class counted extends queue {
    int changes = 0;

    void counted(int room) {
        super(room);
    }

    void changed() {
        changes++;
    }
}

void queuesOfThreads() {
    counted q = new counted(2);
    check.same([q.tryPut(1), q.tryPut(null), q.tryPut(3), q.tryPut(3, 5)], [true, true, false, false], "tryPut");
    check.same([q.tryTake("none"), q.tryTake("none", 5), q.tryTake("none"), q.tryTake("none", 5)], [1, null, "none", "none"], "tryTake");
    any slow = spawn(fun () { sleep(3); q.put("late"); q.close(); });
    check.same([q.takeOr("over"), q.takeOr("over"), q.takeOr("over")], ["late", "over", "over"], "takeOr");
    slow.join();
    check.same(q.changes, 4, "changed: three that came, and the end");
    check.fails("the queue is closed", fun () { return q.tryPut(1); });
    check.part("queues of threads");
}

void ranges() {
    check.same(new range(1, 4).toArray(), [1, 2, 3, 4], "a range");
    check.same(new range(1, 10, 4).toArray(), [1, 5, 9], "with a step");
    check.same(new range(3, 1, -1).toArray(), [3, 2, 1], "downward");
    check.same(new range(3, 1).toArray(), [], "an empty one");
    check.same(range.below(3).toArray(), [0, 1, 2], "below");
    check.same(new range(1, 10, 4).size(), 3, "size");
    check.same(new range(1, 10, 4).has(5), true, "has");
    check.same(new range(1, 10, 4).has(6), false, "has not");
    check.same(new range(1, 10, 4).has("5"), false, "has no text");
    check.same(new range(1L, 4000000000L).has(3999999999L), true, "a long one");
    check.same(new range(long.MAX - 1L, long.MAX).toArray().size(), 2, "up to the largest");
    range wide = new range(long.MIN, long.MAX, long.MAX);
    check.same([wide.size(), wide.toArray().size()], [3, 3], "from the least to the largest");
    check.same([wide.has(-1L), wide.has(0L), wide.has(long.MAX - 1L)], [true, false, true], "and what is in it");
    check.same(new range(0L, long.MIN, long.MIN).size(), 2, "one step down to the least");
    check.same(new range(long.MIN, long.MAX, 3L).has(long.MAX), true, "a third of all numbers");
    check.fails("a range with more than 2147483647 numbers", fun () { return new range(long.MIN, long.MAX).size(); });
    check.fails("a range with more than 2147483647 numbers", fun () { return new range(long.MIN, long.MAX, 2L).size(); });
    check.fails("a range with more than 2147483647 numbers", fun () { return new range(0L, long.MIN, -1L).size(); });
    check.same(new range(1, 100).sum(), 5050, "sum");
    check.same(new range(1, 10).filter(fun (n) { return n % 5 == 0; }), [5, 10], "filter");
    check.same(new range(1, 3).toString(), "1..3", "toString");
    check.same(new range(1, 3) == new range(1, 3), true, "equals");
    check.fails("a range with a step of 0", fun () { return new range(1, 2, 0); });
    check.fails("a range with more than 2147483647 numbers", fun () { return new range(0L, 4000000000L).size(); });
    check.fails("no more numbers", fun () { return new range(2, 1).iterator().next(); });
    check.part("ranges");
}

common();
arrays();
maps();
keys();
cursors();
sets();
sortedMaps();
deques();
queues();
queuesOfThreads();
ranges();
