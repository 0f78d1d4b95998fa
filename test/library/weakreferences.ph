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

void watch(cleaner watcher, .internal.container.array log, int i) {
    thing t = new thing();
    t.v = i;
    watcher.watch(t, fun () { log.add(i); });
}

void cleaned() {
    cleaner watcher = new cleaner();
    var log = new .internal.container.array();
    thing stays = new thing();
    watcher.watch(stays, fun () { log.add("wrong"); });
    for (int i = 0; i < 10; i++)
        watch(watcher, log, i);
    check.same(watcher.run(), 0, "nobody is gone yet");
    check.same(watcher.size(), 11, "all are watched");
    gc();
    gc();
    check.same(watcher.run(), 10, "ten are gone");
    for (int i = 0; i < 10; i++)
        check.same(log[i], i, "in order");
    check.same(watcher.size(), 1, "one stays");
    check.same(watcher.run(), 0, "and nobody is gone twice");
    check.good(stays.v == 0, "it is there");
    check.fails("nothing to watch, or nothing to do", fun () { watcher.watch(null, log); });
    check.part("cleaners");
}

void lined() {
    cleaner watcher = new cleaner();
    var log = new .internal.container.array();
    watch(watcher, log, 0);
    watcher.watch(new thing(), fun () { throw new .internal.error.state("the second one"); });
    watch(watcher, log, 2);
    gc();
    gc();
    check.fails("the second one", fun () { watcher.run(); });
    check.same(log.size(), 1, "it came in between");
    check.same(watcher.size(), 1, "one stands in line");
    watch(watcher, log, 3);
    gc();
    gc();
    check.same(watcher.run(), 2, "the rest");
    check.same(log[1] * 10 + log[2], 23, "in order");
    check.same(watcher.size(), 0, "all were called");
    check.part("a line of actions");
}

void asked() {
    weak w = alone();
    check.good(!w.isGone(), "not gone yet");
    gc();
    gc();
    check.good(w.isGone(), "gone, though it was asked");
    check.part("asking");
}

kept();
cleared();
values();
cleaned();
lined();
asked();
