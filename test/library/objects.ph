// objects.ph - what every object has, classes as objects, errors, code points, and the functions of the system.

import .support.check;

class pet {
    string name = "rex";
}

class dog extends pet {
    boolean equals(any other) {
        return other instanceof dog;
    }
}

interface noisy {
    void bark();
}

void everything() {
    pet p = new pet();
    check.good(p == p, "equals itself");
    check.good(p != new pet(), "and nobody else");
    check.good(new dog() == new dog(), "unless it says so");
    check.same(p.hashCode(), p.hashCode(), "hashCode");
    check.good(p.toString().startsWith(".pet@"), "toString");
    check.good(object.same(p, p), "same");
    check.good(!object.same(new dog(), new dog()), "not same");
    check.good(!object.same(5, 5L), "numbers of two classes are not the same");
    check.same((fun () { return 1; }).toString(), "a function", "a function");
    check.same([true.toString(), true.compareTo(false), true.equals(true)], ["true", 1, true], "boolean");
    check.fails("a .pet cannot be cloned", fun () { return p.clone(); });
    check.part("everything");
}

void classes() {
    any c = new dog().getClass();
    check.same(c.name(), ".dog", "name");
    check.same(c.parent().name(), ".pet", "parent");
    check.same(object.parent(), null, "nothing is above object");
    check.good(pet.has(new dog()), "has");
    check.good(!dog.has(new pet()), "has not");
    check.same([noisy.isInterface(), dog.isInterface()], [true, false], "isInterface");
    check.same(c.toString(), ".dog", "toString");
    check.good(new *(c)() instanceof dog, "an object of it");
    check.part("classes");
}

void errors() {
    .internal.error.argument e = new .internal.error.argument("too small");
    check.same(e.getMessage(), "too small", "getMessage");
    check.same(e.toString(), ".internal.error.argument: too small", "toString");
    check.same(new .internal.error.state().toString(), ".internal.error.state", "without a message");
    check.same(e.details(), e.toString(), "never thrown");
    try {
        throw e;
    } catch (.internal.error caught) {
        check.good(caught :== e, "it is the same");
        check.good(caught.trace.size() > 0, "a trace");
        check.good(caught.details().contains("objects.ph"), "with the place");
    }
    check.fails("no code point: 1114112", fun () { return code_point.of(0x110000); });
    check.fails("no code point: -1", fun () { return string.fromCodePoint(-1); });
    check.fails("division by zero", fun () { int none = 0; return 1 / none; });
    kinds();
    check.part("errors");
}

// Each class of errors: made by itself, and thrown by the machine where a program can bring that about.
void kinds() {
    foreach (kind in [.internal.error.access, .internal.error.argument, .internal.error.arithmetic, .internal.error.bounds,
        .internal.error.cast, .internal.error.damage, .internal.error.interrupt, .internal.error.memory,
        .internal.error.no_method, .internal.error.space, .internal.error.stack_overflow, .internal.error.state]) {
        check.same(kind.make(["told"]).toString(), "\{kind.name()}: told", "with a message");
        check.same(kind.make().toString(), kind.name(), "without one");
    }
    any no = null;
    any text = "text";
    same(.internal.error.null, fun () { return no.length(); });
    same(.internal.error.bounds, fun () { return "abc"[3]; });
    same(.internal.error.cast, fun () { return (int) text; });
    same(.internal.error.no_method, fun () { return text.fly(); });
    same(.internal.error.access, fun () { return text.firstSolid(); });
    same(.internal.error.stack_overflow, fun () { return deep(1); });
}

int deep(int n) {
    return deep(n + 1) + 1;
}

void same(.internal."class" kind, any action) {
    try {
        action();
        println("nothing is thrown where a \{kind} should be");
    } catch (.internal.error e) {
        check.same(e.getClass(), kind, "what is thrown");
    }
}

void points() {
    code_point smile = code_point.of(0x1f600);
    check.same(smile.value(), 0x1f600, "value");
    check.same(smile.toString(), "😀", "toString");
    check.same(smile.columns(), 2, "columns");
    check.same(code_point.of(97).columns() + code_point.columnsOf(0x301) + code_point.columnsOf(0xad), 2, "columnsOf");
    check.fails("no code point: 1114112", fun () { return code_point.columnsOf(0x110000); });
    check.fails("no code point: -1", fun () { return code_point.columnsOf(-1); });
    check.good(smile == code_point.of(0x1f600), "equals");
    check.good(smile.compareTo(code_point.of(97)) > 0, "compareTo");
    check.part("code points");
}

void theSystem() {
    check.good(time() > 1700000000000L, "time");
    long before = nanos();
    sleep(2);
    check.good(nanos() - before >= 2000000L, "sleep");
    int n = random(3);
    check.good(n >= 0 && n < 3, "random");
    check.same(args().size(), 0, "args");
    gc();
    check.good(new world().getMyThread() :== thread.current(), "the world");
    bootstrap boot = new bootstrap();
    check.same(boot.createBinary(3).size(), 3, "createBinary");
    boot.sleep(1);
    boot.16("a line of the original");
    any ran = [];
    boot.startThread(fun () { ran.add(1); }).join();
    check.same(ran, [1], "startThread");
    snapshot.ask();
    check.good(snapshot.generation() >= 0L, "generation");
    thread me = thread.current();
    check.good(me.isAlive() && me.id() > 0L, "this thread");
    any named = spawn(fun () { thread.yield(); thread.sleep(1); }, "worker");
    check.same(named.toString(), "thread \{named.id()} (worker)", "a named thread");
    check.same(named.join(60000), true, "join with a limit");
    check.same(named.isAlive(), false, "it has ended");
    check.fails("random(0)", fun () { return random(0); });
    check.part("the system");
}

void machineArrays() {
    ints a = new ints(4);
    a[0] = 1;
    a[1] = 2;
    system.copyArray(a, 0, a, 1, 3);
    check.same([a[0], a[1], a[2], a[3]], [1, 1, 2, 0], "copyArray onto itself");
    system.clearArray(a, 1, 2);
    check.same([a[0], a[1], a[2]], [1, 0, 0], "clearArray");
    check.same(array.ofWords([1, "x"].toWords()), [1, "x"], "toWords and ofWords");
    check.fails("3 elements from 2 of an array of 4", fun () { system.copyArray(a, 2, a, 0, 3); return null; });
    check.fails("-1 elements from 0 of an array of 4", fun () { system.clearArray(a, 0, -1); return null; });
    check.part("arrays of the machine");
}

everything();
classes();
errors();
points();
theSystem();
machineArrays();
