// weakreferences.ph - weak references: kept while somebody has the object, cleared together when nobody has.

import .support.check;

class thing {
    int v;
    any other;
}

void kept() {
    thing t = new thing();
    t.v = 7;
    weak w = new weak(t);
    for (int i = 0; i < 3; i++) {
        gc();
        thing there = w.get();
        check.good(there :== t, "it is the object");
        check.same(there.v, 7, "and what it was");
    }
}

weak alone() {
    thing t = new thing();
    t.other = t;
    return new weak(t);
}

void cleared() {
    weak a = alone();
    weak b = new weak(a.get());
    gc();
    gc();
    check.good(a.get() == null, "it is gone");
    check.good(b.get() == null, "for everybody");
}

void values() {
    weak w = new weak(5), text = new weak("text"), none = new weak(null);
    gc();
    check.same(w.get(), 5, "a number stays");
    check.good(none.get() == null, "null is null");
    check.good(text.get() == null || text.get() == "text", "a string may go");
    check.part("weak references");
}

kept();
cleared();
values();
