// names.ph - directories, and the tree that they make.

import .support.check;

void flat() {
    directory d = new directory();
    d.put("b", 2);
    d.put("a", 1);
    check.same(d.get("a"), 1, "get");
    check.same(d.get("x"), null, "get nothing");
    check.same(d.has("b"), true, "has");
    check.same(d.names(), ["a", "b"], "names in order");
    check.same(d.putNew("a", 5), false, "putNew of one that is there");
    check.same(d.putNew("c", 3), true, "putNew");
    check.same(d.remove("c"), 3, "remove");
    check.same(d.remove("c"), null, "remove again");
    check.same(d.size(), 2, "size");
    foreach (name in d)
        d.remove(name);
    check.same(d.size(), 0, "names may go during a walk");
    check.fails("not a name in a directory: \"\"", fun () { d.put("", 1); return null; });
    check.fails("not a name in a directory: \"null\"", fun () { d.put(null, 1); return null; });
    check.fails("not a name in a directory: \"a/b\"", fun () { d.put("a/b", 1); return null; });
    check.fails("not a name in a directory: \"..\"", fun () { return d.putNew("..", 1); });
    check.part("flat");
}

void tree() {
    directory root = new directory();
    root.putAt("home/ann/notes", "text");
    root.putAt("/home/ann//count", 5);
    root.putAt("motd", "hello");
    check.same(root.find("home/ann/notes"), "text", "find");
    check.same(root.find("/home/ann/count/"), 5, "find with slashes");
    check.same(root.find("home/bob/notes"), null, "find nothing");
    check.same(root.find("motd/x"), null, "nothing is below a text");
    check.good(root.find("") :== root, "the directory itself");
    check.good(root.makeDirectory("home/ann") :== root.find("home/ann"), "makeDirectory of one that is there");
    string[] seen = [];
    root.walk(fun (path, object) { seen.add(path); });
    check.same(seen, ["home", "home/ann", "home/ann/count", "home/ann/notes", "motd"], "walk");
    check.same(root.removeAt("home/ann/notes"), "text", "removeAt");
    check.same(root.removeAt("home/ann/notes"), null, "removeAt again");
    check.same(root.removeAt("motd/x"), null, "removeAt below a text");
    check.fails("motd is no directory", fun () { root.putAt("motd/x", 1); return null; });
    check.fails("not a name in a directory: \"..\"", fun () { root.putAt("../x", 1); return null; });
    check.fails("a path to put something at is not empty", fun () { root.putAt("/", 1); return null; });
    check.fails("a path to take something away from is not empty", fun () { return root.removeAt(""); });
    check.part("tree");
}

void together() {
    directory root = new directory();
    any threads = new range(1, 8).map(fun (n) {
        return spawn(fun () {
            for (int i = 0; i < 20; i++)
                root.putAt("d\{i % 4}/t\{n}/i\{i}", i);
        });
    });
    threads.each(fun (thread) { thread.join(); });
    int count = 0;
    root.walk(fun (path, object) { if (object instanceof int) count++; });
    check.same(count, 160, "eight threads");
    check.part("together");
}

// The root is one for all, and a directory like any other.
void root() {
    check.good(directory.root() :== directory.root(), "one root");
    directory.root().putAt("names/test", 5);
    any seen = null;
    spawn(fun () { seen = directory.root().find("names/test"); }).join();
    check.same(seen, 5, "another thread sees the same");
    check.good(directory.root().removeAt("names") instanceof directory, "removeAt");
    check.same(directory.root().find("names/test"), null, "gone");
    check.part("root");
}

flat();
tree();
together();
root();
