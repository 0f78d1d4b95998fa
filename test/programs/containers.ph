// containers.ph - arrays, maps, sets, sorting.

int checks = 0;

void same(any got, any wanted, string what) {
    checks++;
    if (got != wanted)
        println("WRONG: \{what}: \{got}, not \{wanted}");
}

void fails(string what, any action) {
    checks++;
    try {
        any got = action();
        println("WRONG: \{what} gave \{got}");
    } catch (.internal.error e) {
    }
}

void arrays() {
    any a = [3, 1, 2];
    same(a.size(), 3, "size");
    same(a[1], 1, "get");
    a[1] = 7;
    same(a, [3, 7, 2], "set");
    a.add(9);
    a.insert(0, 0);
    a.insert(5, 10);
    same(a, [0, 3, 7, 2, 9, 10], "insert");
    same(a.remove(1), 3, "remove");
    same(a.removeFirst(), 0, "removeFirst");
    same(a.pop(), 10, "pop");
    same(a, [7, 2, 9], "what is left");
    same(a.indexOf(9), 2, "indexOf");
    same(a.indexOf(9.0), 2, "indexOf by value");
    same(a.indexOf("9"), -1, "indexOf nothing");
    same(a.first(), 7, "first");
    same(a.last(), 9, "last");
    same(a.subarray(1, 2), [2, 9], "subarray");
    same(a.join("-"), "7-2-9", "join");
    a.reverse();
    same(a, [9, 2, 7], "reverse");
    same([1, [2, null], "x"].toString(), "[1, [2, null], x]", "toString");
    same([1, 2].hashCode(), [1, 2].hashCode(), "hashCode");
    same([[1], [2]] == [[1], [2]], true, "equal inside");
    same([1, 2] == [1, 3], false, "not equal");
    same([1, 2] == [1], false, "not as long");
    same([1, 2, 3, 4].filter(fun (n) { return n % 2 == 0; }), [2, 4], "filter");
    same([1, 2, 3].map(fun (n) { return n * n; }), [1, 4, 9], "map");
    fails("get behind the end", fun () { return a[3]; });
    fails("get below 0", fun () { return a[-1]; });
    fails("set behind the end", fun () { a[3] = 1; return 1; });
    fails("pop of nothing", fun () { return [].pop(); });

    any large = [];
    for (int i = 0; i < 20000; i++)
        large.add(i);
    large.insert(0, -1);
    same(large[20000], 19999, "a large insert");
    large.remove(0);
    same(large[19999], 19999, "a large remove");
    same(large.size(), 20000, "a large size");
    long sum = 0L;
    foreach (n in large)
        sum += (int) n;
    same(sum, 199990000L, "foreach");
}

class point {
    int x;
    int y;

    void point(int a, int b) {
        x = a;
        y = b;
    }

    boolean equals(any other) {
        return other instanceof point && ((point) other).x == x && ((point) other).y == y;
    }

    int hashCode() {
        return 31 * x + y;
    }

    int compareTo(any other) {
        point that = (point) other;
        return x != that.x ? x - that.x : y - that.y;
    }

    string toString() {
        return "(\{x} \{y})";
    }
}

class byLength {
    int compare(string a, string b) {
        return a.length() - b.length();
    }
}

void sorting() {
    any a = [5, 3, 9, 1];
    a.sort();
    same(a, [1, 3, 5, 9], "sort");
    a.sort(fun (x, y) { return y - x; });
    same(a, [9, 5, 3, 1], "sort by a function");
    any words = ["ccc", "a", "bb", "d", "ee"];
    words.sort(new byLength());
    same(words, ["a", "d", "bb", "ee", "ccc"], "sort by an object, stable");
    words.sort();
    same(words, ["a", "bb", "ccc", "d", "ee"], "sort strings");
    any mixed = [2.5, 1, 3L, 2];
    mixed.sort();
    same(mixed, [1, 2, 2.5, 3], "sort numbers");
    any points = [new point(2, 1), new point(1, 2), new point(1, 1)];
    points.sort();
    same(points.toString(), "[(1 1), (1 2), (2 1)]", "sort objects");
    any none = [];
    none.sort();
    same(none, [], "sort nothing");
    fails("sort what has no order", fun () { any x = [1, "a"]; x.sort(); return x; });

    .internal.random chance = new .internal.random(7L);
    any large = [];
    for (int i = 0; i < 5000; i++)
        large.add(chance.next(100000));
    large.sort();
    int wrong = 0;
    for (int i = 1; i < large.size(); i++) {
        if (large[i - 1] > large[i])
            wrong++;
    }
    same(wrong, 0, "sort many");
    chance.shuffle(large);
    large.sort();
    same(large.size(), 5000, "shuffle and sort again");
}

void maps() {
    any m = {"one": 1, "two": 2};
    same(m["one"], 1, "get");
    same(m["three"], null, "get nothing");
    same(m.get("three", 3), 3, "get otherwise");
    m["three"] = 3;
    m["one"] = 11;
    same(m.size(), 3, "size");
    same(m.keys(), ["one", "two", "three"], "keys in their order");
    same(m.values(), [11, 2, 3], "values");
    same(m.has("two"), true, "has");
    same(m.remove("two"), 2, "remove");
    same(m.remove("two"), null, "remove again");
    same(m.has("two"), false, "has no more");
    same(m.toString(), "{one: 11, three: 3}", "toString");
    same(m == {"three": 3, "one": 11}, true, "equal in any order");
    m[1] = "int";
    same(m[1L], "int", "1 is 1L");
    same(m[1.0], "int", "1 is 1.0");
    m[null] = "nothing";
    same(m[null], "nothing", "null as a key");
    m[new point(1, 2)] = "here";
    same(m[new point(1, 2)], "here", "an object as a key");
    same(m[new point(2, 1)], null, "and another one");
    m[m] = "itself";
    same(m.get("one"), 11, "still there");
    m.clear();
    same(m.size(), 0, "clear");
    same(m.keys(), [], "no keys");

    any large = {};
    for (int i = 0; i < 10000; i++)
        large["k\{i}"] = i;
    for (int i = 0; i < 10000; i += 2)
        large.remove("k\{i}");
    for (int i = 0; i < 10000; i += 4)
        large["k\{i}"] = -i;
    int wrong = 0;
    for (int i = 0; i < 10000; i++) {
        any wanted = i % 2 == 1 ? i : null;
        if (i % 4 == 0)
            wanted = -i;
        if (large["k\{i}"] != wanted)
            wrong++;
    }
    same(wrong, 0, "many keys");
    same(large.size(), 7500, "how many");
    int count = 0;
    foreach (key in large)
        count++;
    same(count, 7500, "foreach over a map");
}

void others() {
    .internal.container.set s = new .internal.container.set();
    same(s.add("a"), true, "a set takes it");
    same(s.add("a"), false, "once");
    s.add("b");
    same(s.size(), 2, "size of a set");
    same(s.has("b"), true, "has");
    same(s.remove("a"), true, "remove");
    same(s.toArray(), ["b"], "what is left of a set");
    any d = new .internal.directory();
    d.put("x", 5);
    same(d.get("x"), 5, "a directory");
    same(d.size(), 1, "its size");
    same(d.remove("x"), 5, "and without");
    any q = new .internal.container.queue(2);
    q.put(1);
    q.put(2);
    same(q.take(), 1, "first in, first out");
    q.close();
    same(q.take(), 2, "what was there stays");
    same(q.take(), null, "then the end");
    any bytes = new .internal.binary(4);
    bytes.setByte(300, 1);
    same(bytes.getByte(1), 44, "a byte");
    any more = new .internal.binary(4);
    more.setRange(bytes, 2, 0, 2);
    same(more.getByte(3), 44, "setRange");
    fails("setRange behind the end", fun () { more.setRange(bytes, 3, 0, 2); return 1; });
}

arrays();
sorting();
maps();
others();
println("\{checks} checks");
