// The language, piece by piece: each line says what was asked, what came, and complains if it is not what should.

var wrong = 0;

void expect(string what, any got, any wanted) {
    if (got == wanted && (got == null || got.getClass() :== wanted.getClass())) {
        println("\{what}: \{got}");
        return;
    }
    wrong++;
    println("\{what}: \{got}, and not \{wanted}");
}

// ---- statements and their ways out ----

string trail = "";

int leave(int how) {
    trail = "";
    for (int i = 0; i < 3; i++) {
        try {
            try {
                trail += "a\{i}";
                if (how == 1) continue;
                if (how == 2) break;
                if (how == 3) return 30;
                if (how == 4) throw "t";
                if (how == 5) throw 5;
            } finally {
                trail += "f";
                if (how == 6 && i == 1) return 60;
            }
            trail += "b";
        } catch (string s) {
            trail += "c" + s;
            if (i == 1) return 40;
        } finally {
            trail += ".";
        }
    }
    return 0;
}

int nested() {
    int n = 0;
    try {
        while (true) {
            try {
                foreach (x in [1, 2, 3]) {
                    try {
                        if (x == 2) continue;
                        n += x;
                        if (x == 3) break;
                    } finally {
                        n += 10;
                    }
                }
                break;
            } finally {
                n += 100;
            }
        }
        throw "end";
    } catch (string s) {
        return n;
    } finally {
        n = 0;
    }
}

string replaced() {
    try {
        try {
            throw "first";
        } finally {
            throw "second";
        }
    } catch (string s) {
        return s;
    }
}

int unlocked(any lock) {
    synchronized (lock) {
        synchronized (lock) {
            foreach (i in 0..<10) {
                synchronized ("x") {
                    if (i == 4) return i;
                }
            }
        }
    }
    return -1;
}

int once(int x) {
    do {
        if (x > 1) { x -= 2; continue; }
        if (x == 1) return 10;
        do { return 20; } while (x < 5);
    } while (x > 0);
    return 30;
}

void ways_out() {
    expect("out of do", "\{once(0)} \{once(1)} \{once(2)} \{once(3)} \{once(5)}", "20 10 30 10 10");
    expect("leave 0", leave(0) + trail, "0a0fb.a1fb.a2fb.");
    expect("continue", leave(1) + trail, "0a0f.a1f.a2f.");
    expect("break", leave(2) + trail, "0a0f.");
    expect("return", leave(3) + trail, "30a0f.");
    expect("catch", leave(4) + trail, "40a0fct.a1fct.");
    try { leave(5); } catch (int n) { expect("through", n + trail, "5a0f."); }
    expect("return in finally", leave(6) + trail, "60a0fb.a1f.");
    expect("nested", nested(), 134);
    expect("replaced", replaced(), "second");
    var lock = new .internal.object();
    expect("unlocked", unlocked(lock) + unlocked(lock), 8);
}

string chosen(any x) {
    string s = "";
    switch (x) {
        case 1: s += "one ";
        case 2: s += "two "; break;
        case "three": s += "three ";
        case null: s += "null "; break;
        case 'c': { int inner = 4; s += inner; } break;
        default: s += "other ";
        case 9L: s += "nine";
    }
    return s;
}

int dense(int x) {
    switch (x) {
        case -1: return 1;
        case 0: int y = 2; return y;
        case 2: y = 7; return y;
        default: y = -1; return y + 100;
    }
}

const int TWO = 2;
const string NAME = "name";

class limits {
    static const int LOW = TWO + 1;
    static const long HIGH = LOW;
    static const double HALF = 0.5;
    const char own = 'o';
}

string named(any x) {
    switch (x) {
        case NAME: return "a name";
        case limits.HALF: return "a half";
    }
    switch ((int) x) {
        case TWO: return "two";
        case limits.LOW: return "low";
        case limits.LOW + TWO: return "both";
    }
    return "none";
}

void choices() {
    expect("named labels", named("na" + "me") + named(0.5) + named(2) + named(3) + named(5) + named(6),
        "a namea halftwolowbothnone");
    expect("constants", "" + (limits.HIGH + limits.HALF) + new limits().own, "3.5o");
    expect("switch 1", chosen(1), "one two ");
    expect("switch 2", chosen(2), "two ");
    expect("switch three", chosen("th" + "ree"), "three null ");
    expect("switch null", chosen(null), "null ");
    expect("switch c", chosen('c'), "4");
    expect("switch other", chosen(2.5), "other nine");
    expect("switch 9", chosen(9), "nine");
    expect("dense", "\{dense(-1)} \{dense(0)} \{dense(1)} \{dense(2)} \{dense(3)}", "1 2 99 7 99");
}

// ---- classes ----

class base {
    static int made;
    static var log = "";
    int n = 5;
    string seen = "\{name()} \{n}";   // the one below answers, before its own fields have values
    void base() { made++; log += "b"; }
    string name() { return "base"; }
    string who() { return name(); }
    any copy() { return new base(); }
    int pick(int a) { return 1; }
    int pick(double a) { return 2; }
    int pick(any a) { return 3; }
    int pick(string a) { return 4; }
    int pick(base a) { return 5; }
    int pick(int a, any b) { return 6; }
}

class heir extends base {
    int m = n * 2;
    const string fixed;
    void heir(int m0) { log += "h"; fixed = "f\{m0}"; m += m0; }
    string name() { return "heir " + m; }
    string who() { return "[" + super.who() + "]"; }
    heir copy() { return new heir(m); }
    int pick(base a) { return 50 + super.pick(a); }
    boolean equals(any o) { return o instanceof heir && ((heir) o).m == m; }
    int hashCode() { return m; }
}

interface left { int value(); }
interface right { int value(); string name(); }
interface both extends left, right { }
class it implements both {
    int value() { return 7; }
    string name() { return "it"; }
    int value(int times) { return value() * times; }
}

// Results that are not those of the methods above, and become them.
interface gives { any get(int i); long size(); double scale(); boolean ok(); int count(); }
class first implements gives {
    int get(int i) { return 2 * i; }
    int size() { return 3; }
    int scale() { return -7; }
    int ok() { return 4; }
    boolean count() { return true; }
}
class second extends first {
    int get(int i) { return super.get(i) + 1; }
    int size() { return 9; }
    int scale() { return super.scale() - 1; }
    boolean count() { return !super.count(); }
    int equals(any o) { return o instanceof second ? 2 : 0; }
}

string given(gives g) { return "\{g.get(4)} \{g.size()} \{g.scale()} \{g.ok()} \{g.count()}"; }

void results() {
    second s = new second();
    any loose = s;
    int sum = s.get(1) + s.size() + s.scale();
    boolean none = s.count();

    s.get(5);
    s.size();
    expect("results of an interface", given(new first()), "8 3 -7.0 true 1");
    expect("and below", given(s), "9 9 -8.0 true 0");
    expect("back again", sum, 4);
    expect("and a boolean", none, false);
    expect("by name", "\{loose.get(3)} \{loose.size()} \{loose.scale()}", "7 9 -8.0");
    expect("an int that says whether", s == new second(), true);
    expect("or not", s == new first(), false);
}

class lazy {
    static int first = later(1);
    static int second = first + later(10);
    static int calls;
    static int later(int x) { calls += 1; return x * 2; }
}

class counter {
    private int count;
    synchronized int step(int by) { return count += by; }
    int get(int i) { return i * i; }
    void set(int i, int v) { count = i * v; }
    int size() { return 4; }
}

void classes() {
    base b = new heir(1);
    expect("seen", b.seen, "heir 0 5");
    expect("who", b.who(), "[heir 11]");
    expect("fixed", ((heir) b).fixed, "f1");
    expect("log", base.log + base.made, "bh1");
    expect("copy", b.copy(), new heir(1).copy());
    expect("picks", "\{b.pick(1)} \{b.pick('c')} \{b.pick(2L)} \{b.pick(1.5f)} \{b.pick(true)} \{b.pick("s")} \{b.pick(b)} \{b.pick(1, 2)} \{b.pick([1])}",
        "1 1 2 2 1 4 55 6 3");
    any u = b;
    expect("untyped picks", "\{u.pick(1)} \{u.pick(1.5)} \{u.pick("s")} \{u.pick(u)}", "1 2 4 55");
    any s = "s";
    expect("an untyped argument", b.pick(s), 3);
    both o = new it();
    left l = o;
    expect("interfaces", l.value() + o.value() + ((right) l).name() + o.toString().length(), "14it" + o.toString().length());
    expect("instance of", (o instanceof left) && !(b instanceof right) && !(null instanceof left), true);
    expect("overloads", new it().value(3), 21);
    expect("lazy", lazy.second + lazy.calls * 1000, 2022);
    var c = new counter();
    c.step(3);
    expect("synchronized", c.step(4), 7);
    c[3] = 5;
    expect("get and set", c[9] + c.step(0), 96);
    expect("set as a value", (c[2] = 8) + c.step(0), 24);
    int sum = 0;
    foreach (x in c) sum += x;
    expect("walked by index", sum, 14);
    try {
        heir h = (heir) new base();
        expect("a cast", h, null);
    } catch (.internal.error.cast e) {
        expect("a cast is checked", true, true);
    }
}

// ---- values ----

int calls = 0;
boolean yes() { calls++; return true; }
boolean no() { calls += 10; return false; }
int[] shared = [1, 2, 3];
int[] fetch() { calls += 100; return shared; }

void values() {
    calls = 0;
    boolean r = yes() || no();
    r = r && (no() && yes());
    expect("short circuit", "\{r} \{calls}", "false 11");
    r = yes() & no() | yes() ^ no();
    expect("both sides", "\{r} \{calls}", "true 33");
    calls = 0;
    fetch()[calls / 100] += 5;
    expect("computed once", "\{shared} \{calls}", "[1, 7, 3] 100");
    fetch()[0]++;
    int old = fetch()[0]--;
    expect("steps", "\{shared} \{old} \{calls}", "[1, 7, 3] 2 300");
    int i = 1;
    i = i++ + i++ * i--;
    expect("order", i, 7);
    int j = i-- - --i;
    expect("before and behind", "\{i} \{j}", "5 2");
    long big = 1L << 40;
    i += big;
    expect("narrowed by +=", i, 5);
    char c = 'a';
    c++;
    c += 1;
    expect("chars", c, 'c');
    expect("unary", -(-5) + ~~3 - +1 + (!true ? 1 : 2), 9);
    expect("chains", 1 < 2 == true ? 10 - 3 - 2 : 0, 5);
    expect("mixed", 1 + 2 + "x" + 1 + 2 + ('a' + 1) + 'b' + 1.0f + 5L + true + null, "3x1298b1.05truenull");
    expect("nan", (0.0 / 0 == 0.0 / 0) || 0.0 / 0 < 1 || 0.0 / 0 >= 1 || !(0.0 / 0 != 0), false);
    expect("wrap", 2147483647 + 1, -2147483648);
    expect("long wrap", 9223372036854775807L + 1L < 0L, true);
    expect("shifts", "\{-1 >>> 28} \{-1 >> 28} \{1 << 35} \{-1L >>> 60} \{5 >> 1L}", "15 -1 8 15 2");
    expect("division", "\{-7 / 2} \{-7 % 2} \{7 % -2} \{7.5 % 2} \{-2147483648 / -1}", "-3 -1 1 1.5 -2147483648");
    expect("casts", "\{(int) 'x'} \{(char) 66} \{(int) -2.9} \{(long) 1e30} \{(float) 0.1} \{(int) 5000000000L}",
        "120 B -2 9223372036854775807 0.1 705032704");
    any n = 5;
    expect("untyped", n * 2 + 1, 11);
    expect("untyped text", n + "!", "5!");
    expect("untyped compare", n > 4.5 && n <= 5L && n == 5.0 && !(n != 5), true);
    expect("identity", (n :== 5) && !(n :== 5L) && !(n :== 5.0) && ("ab" :!= n), true);
    n += 0.5;
    expect("untyped add", n, 5.5);
    double d = n;
    int cut = n;
    expect("back", "\{d} \{cut}", "5.5 5");
    expect("methods of numbers", 5.toString() + (-3).toString() + 2.5.toString() + 'x'.toString(), "5-32.5x");
    expect("null", "\{null == null} \{null :== null} \{"x" == null}", "true true false");
    string none = null;
    expect("null text", none + "|" + null, "null|null");
    expect("choice", (n > 5 ? 1 : 2.0), 1.0);
    expect("choice of objects", (n > 9 ? "a" : null), null);
    expect("bool as int", true + true + (no() ? 1 : 0), 2);
}

// ---- functions ----

void functions() {
    any[] makers = [];
    foreach (i in 1..3) {
        int own = i * 10;
        makers.add(fun (add) { own += add; return own + i; });
    }
    expect("cells", "\{makers[0](1)} \{makers[0](1)} \{makers[1](1)} \{makers[2](1)}", "12 13 23 34");
    int shared_by_two = 0;
    var up = fun () { shared_by_two++; };
    var read = fun () { return shared_by_two; };
    up();
    up();
    shared_by_two *= 10;
    expect("shared", read(), 20);
    var curry = fun (a) { return fun (b) { return fun (c) { return a + b + c; }; }; };
    expect("curry", curry("x")(1)('c'), "x1c");
    var even = fun (int n) { return n == 0 ? true : n == 1 ? false : even(n - 2); };
    expect("recursion", even(101), false);
    switch (1) {
        case 1:
            int k = 1;
            var f = fun () { return ++k; };
            f();
            expect("cell in a switch", f() + k, 6);
    }
    expect("caught", fun () { try { throw "e"; } catch (string e) { return fun () { return e + "!"; }; } }()(), "e!");
}

void strings_and_lists() {
    string[] words = ["b", "a"];
    words.add("c");
    string last = words.removeLast();
    expect("typed elements", words[1] + last + words.size(), "ac2");
    try {
        any sneaky = words;
        sneaky.add(5);
        string s = words[2];
        expect("a wrong element", s, null);
    } catch (e) {
        expect("elements are checked", true, true);
    }
    var map = {"a": [1, 2], 5: {"x": null}, 'c': 1.5};
    map["a"][1] += 40;
    expect("maps of arrays", "\{map["a"]} \{map[5]} \{map['c']}", "[1, 42] {x: null} 1.5");
    string text = "";
    foreach (c in "aé€😀") text += c + "|";
    expect("units", text.length(), 10);
    string keys = "";
    foreach (k in {"x": 1, "y": 2}) keys += k;
    expect("keys", keys, "xy");
    int n = 0;
    foreach (x in 9223372036854775806L..9223372036854775807L) n++;
    foreach (x in 5..4) n += 100;
    foreach (x in 3..<3) n += 100;
    expect("ranges", n, 2);
    expect("lines", "a
b", "a\nb");
}

// ---- classes and methods that are values ----

class leaf {
    string text = "leaf";
    long sum;
    void leaf() { }
    void leaf(int a, string b, double c, long d) {
        for (int i = 0; i < 50; i++)        // time for a snapshot, a kill, or a collection
            text += b + i % 10;
        sum = (long) a + d + (long) c;
    }
    synchronized string both(string a, int n) { return a + n + text.length(); }
}

class bud extends leaf {
    static int made = 0;
    void bud() { super(1, "-", 2.0, 3L); made++; }
}

void values_that_choose() {
    any kinds = [leaf, bud];
    for (int i = 0; i < 40; i++) {
        any made = new *(kinds[i % 2])();
        string name = i % 3 == 0 ? "both" : "b" + "oth";
        if (made.(name)("x", i) != "x\{i}\{i % 2 == 0 ? 4 : 104}")
            wrong++;
    }
    expect("objects of classes that are values", bud.made, 20);
    leaf made = new *(kinds[0]) : leaf (1, "+", 2, 3);
    expect("arguments find their places", made.text.length() + made.sum, 110L);
    try {
        new *(kinds[1])("no such");
    } catch (.internal.error.no_method e) {
        expect("a constructor is not inherited", true, true);
    }
}

// ---- names and types as the original writes them ----

class drawer {
    int[.internal.container.map] counts;
    int[*(this.getClass())] loose;
    static int opened = 3;
}

string walked(any over) {
    string seen = "";
    foreach (x in over)
        seen += "\{x};";
    return seen;
}

void old_names() {
    drawer d = new drawer();
    d.counts = new int[.internal.container.map]();
    d.counts["a"] = 5;
    int sum = d.counts["a"] + 1;
    foreach (key in d.counts)
        sum += key.length();
    expect("a container of numbers with names", sum, 7);
    d.loose = "anything";
    expect("a type that is computed", d.loose, "anything");
    expect("a class by its whole name", "" + .internal."class" + .internal.string, ".internal.class.internal.string");
    expect("its members", .internal.int.parse("17", 8), 15);
    expect("untyped, walked over", walked("ab") + walked([1, 2]) + walked({"k": 1}), "a;b;1;2;k;");
    any n = -0.0;
    expect("+ of untyped numbers", "\{+n} \{+(any) 'a'} \{+(any) 5L}", "-0.0 97 5");
}

// ---- several methods of one name: typed or not, the same one is meant ----

class low { }
class mid extends low { }
class high extends mid { }

class many {
    string a(int x) { return "int"; }
    string a(double x) { return "double"; }
    string a(any x) { return "any"; }
    string b(low x) { return "low"; }
    string b(mid x) { return "mid"; }
    string b(any x) { return "any"; }
    string c(long x) { return "long"; }
    string c(double x) { return "double"; }
    string d(low x, mid y) { return "low mid"; }
    string d(mid x, low y) { return "mid low"; }
    string d(mid x, mid y) { return "mid mid"; }
    string e(low x, mid y) { return "low mid"; }
    string e(mid x, low y) { return "mid low"; }
}

void overloads() {
    many m = new many();
    any u = m;
    high h = new high();
    expect("numbers", "\{m.a(1)} \{m.a('c')} \{m.a(1L)} \{m.a(1.5f)} \{m.a(true)} \{m.a("s")}",
        "int int double double int any");
    expect("numbers, untyped", "\{u.a(1)} \{u.a('c')} \{u.a(1L)} \{u.a(1.5f)} \{u.a(true)} \{u.a("s")}",
        "int int double double int any");
    expect("the nearest class", "\{m.b(h)} \{m.b(new low())} \{m.b(null)} \{m.b(1)}", "mid low mid any");
    expect("the nearest class, untyped", "\{u.b(h)} \{u.b(new low())} \{u.b(null)} \{u.b(1)}", "mid low mid any");
    expect("wider numbers", "\{m.c(1)} \{m.c('c')} \{m.c(1.5f)}", "long long double");
    expect("wider numbers, untyped", "\{u.c(1)} \{u.c('c')} \{u.c(1.5f)}", "long long double");
    expect("the narrowest of three", m.d(h, h) + ", " + u.d(h, h), "mid mid, mid mid");
    expect("one fits", m.e(h, new low()) + ", " + u.e(h, new low()), "mid low, mid low");
    try {
        expect("none is the narrowest", u.e(h, h), null);
    } catch (.internal.error.no_method e) {
        expect("none is the narrowest", true, true);
    }
}

ways_out();
choices();
overloads();
old_names();
classes();
results();
values();
functions();
strings_and_lists();
values_that_choose();
println(wrong == 0 ? "all is well" : "\{wrong} are wrong");
