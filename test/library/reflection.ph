// reflection.ph - classes, methods and fields as objects: what they say, and calls and values by name.

import .support.check;

interface noisy {
    void bark();
}

abstract class pet {
    public string name;
    public static int made;
    private int age = 3;
    abstract int legs();
}

class dog extends pet implements noisy {
    public const double weight = 2.5;

    void dog(string n) {
        name = n;
        made++;
    }

    int legs() {
        return 4;
    }

    void bark() {
        name = name + "!";
    }

    string speak(int times, any to) [20] {
        return "\{name} to \{to}: " + "woof ".repeat(times).trim();
    }

    private int secret() {
        return 1;
    }

    static int twice(int n) {
        return 2 * n;
    }
}

class kennel {
    int plain;
    ints many;

    synchronized void enter() {
        plain++;
    }
}

string texts(any things) {
    return things.map(fun (thing) { return thing.toString(); }).join("; ");
}

void whatClassesSay() {
    check.same(texts(pet.fields()), ".internal.string .pet.name; static int .pet.made; int .pet.age", "fields");
    check.same(texts(dog.methods()), "int .dog.legs(); void .dog.bark(); .internal.string .dog.speak(int, any); "
        + "int .dog.secret(); static int .dog.twice(int)", "methods");
    check.same(texts(dog.constructors()), "new .dog(.internal.string)", "constructors");
    check.same(texts(dog.interfaces()), ".noisy", "interfaces");
    check.same([noisy.isAbstract(), pet.isAbstract(), dog.isAbstract(), dog.isFinal()], [true, true, false, false], "is");
    check.same(dog.methods("legs").map(fun (m) { return m.owner(); }), [dog], "an overridden method is once there");
    check.good(dog.allMethods().any(fun (m) { return m.name() == "hashCode"; }), "methods from above");
    check.same(dog.toString(), ".dog", "a class is an object, too");
    check.same(.internal."class".find(".dog"), dog, "find");
    check.same(.internal."class".find(".phantom.channel"), channel, "find in the library");
    check.same(.internal."class".find(".nothing"), null, "find nothing");
    check.same(.internal."class".find("dog"), null, "a name is absolute");
    check.fails("class .dog has no field called wings", fun () { return dog.field("wings"); });
    check.fails("class .dog has no method called fly", fun () { return dog.method("fly"); });
    check.fails("class .internal.string has 2 methods called substring", fun () { return string.method("substring"); });
    check.part("what classes say");
}

void whatMembersSay() {
    .internal.method speak = dog.method("speak");
    check.same([speak.name(), speak.owner(), speak.result(), speak.number()], ["speak", dog, ".internal.string", 20], "speak");
    check.same(speak.parameters(), ["int", "any"], "parameters");
    check.same([speak.isStatic(), speak.isPrivate(), speak.isAbstract(), speak.isFinal()], [false, false, false, false], "is not");
    check.good(dog.method("twice").isStatic() && dog.method("secret").isPrivate(), "static and private");
    check.good(pet.method("legs").isAbstract(), "abstract");
    .internal.method born = dog.constructors()[0];
    check.same([born.isConstructor(), born.isSpecial(), speak.isConstructor(), speak.isSpecial()], [true, true, false, false], "isConstructor and isSpecial");
    check.same([kennel.method("enter").isSynchronized(), speak.isSynchronized()], [true, false], "isSynchronized");
    .internal.field weight = dog.field("weight");
    check.same([weight.type(), weight.isConst(), weight.isPublic(), weight.isPrivate()], ["double", true, true, false], "what fields say");
    check.same([kennel.field("plain").isPublic(), kennel.field("plain").isPrivate(), kennel.field("many").type()], [false, false, "ints"], "and others");
    check.same(["L.a.b;", "[i", "[[l", "w"].map(fun (type) { return .internal.method.typeName(type); }), [".a.b", "ints", "words of longs", "any"], "typeName");
    any[] some = [1];
    .internal.words alone = .internal.method.unshared(some);
    some[0] = 2;
    check.same([alone.size(), alone[0]], [1, 1], "unshared");
    check.part("what members say");
}

void calls() {
    dog rex = new dog("rex");
    .internal.method speak = dog.method("speak");
    check.same(speak.call(rex, [2, null]), "rex to null: woof woof", "call");
    check.same(speak(rex, [1, 5]), "rex to 5: woof", "a method is called like a function");
    check.same(.internal.method.invoke(rex, "speak", [1, "me"]), "rex to me: woof", "invoke");
    check.same(pet.method("legs").call(rex, []), 4, "what overrides is called");
    check.same(noisy.method("bark").call(rex, []), null, "void gives null");
    check.same(rex.name, "rex!", "and has happened");
    check.same(dog.method("twice").call(null, [21]), 42, "static");
    check.same(string.method("length").call("four", []), 4, "a method in C");
    check.same(((dog) dog.make(["tim"])).name, "tim", "make");
    check.same(((dog) dog.constructors()[0].call(null, ["tom"])).name, "tom", "a constructor");
    check.fails("class .dog wants another number of arguments for speak", fun () { return speak.call(rex, [1]); });
    check.fails("class .dog wants other arguments for speak", fun () { return speak.call(rex, ["x", 1]); });
    check.fails("class .dog keeps to itself its method secret", fun () { return dog.method("secret").call(rex, []); });
    check.fails("class .internal.string is not a .dog", fun () { return speak.call("x", [1, 2]); });
    check.fails("null has no methods", fun () { return speak.call(null, [1, 2]); });
    check.fails("class .dog has no method called fly", fun () { return .internal.method.invoke(rex, "fly", []); });
    check.same(kennel.newClass().getClass(), kennel, "newClass");
    check.fails("class .pet is abstract", fun () { return pet.newClass(); });
    check.fails("class .pet is abstract", fun () { return pet.make(); });
    check.fails("class .internal.string has objects that only the machine makes", fun () { return string.make(); });
    check.part("calls");
}

void values() {
    dog rex = new dog("rex");
    check.same(dog.field("name").get(rex), "rex", "get");
    dog.field("name").set(rex, "max");
    check.same(rex.name, "max", "set");
    dog.field("made").set(null, 7);
    check.same([pet.made, dog.field("made").get(null)], [7, 7], "static");
    check.same(dog.field("weight").get(rex), 2.5, "a constant");
    check.fails("field weight of class .dog is constant", fun () { dog.field("weight").set(rex, 1); return 0; });
    check.fails("field age of class .pet is not public", fun () { return dog.field("age").get(rex); });
    check.fails("field name of class .pet does not take this value", fun () { dog.field("name").set(rex, 5); return 0; });
    check.fails("field name of class .pet belongs to an object, not to null", fun () { return dog.field("name").get(null); });
    check.fails("field name of class .pet is not in this object", fun () { return dog.field("name").get("x"); });
    check.part("values");
}

// Enough that snapshots and kills fall into it.
void often() {
    dog rex = new dog("");
    .internal.field name = dog.field("name");
    .internal.method sleeps = .internal.thread.method("sleep");
    for (int i = 0; i < 40; i++) {
        name.set(rex, (string) name.get(rex) + dog.method("twice").call(null, [i]));
        if (i % 8 == 0)
            sleeps.call(null, [2L]);
    }
    string expected = "";
    for (int i = 0; i < 40; i++)
        expected = expected + 2 * i;
    check.same(rex.name, expected, "often");
    check.part("often");
}

whatClassesSay();
whatMembersSay();
calls();
values();
often();
