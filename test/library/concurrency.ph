// concurrency.ph - channels, futures, timers, and waits with a limit.

import .support.check;

void channels() {
    channel c = new channel(2);
    any sender = spawn(fun () {
        for (int i = 1; i <= 100; i++)
            c.send(i);
        c.close();
    });
    long sum = 0L;
    foreach (item in c)
        sum += (int) item;
    check.same(sum, 5050L, "all that was sent");
    sender.join();
    check.same(c.receive(), null, "a channel that is over");
    check.same(c.isClosed(), true, "isClosed");
    check.same(c.isOver(), true, "isOver");
    channel d = new channel(1);
    check.same(d.capacity(), 1, "capacity");
    check.same(d.trySend("a"), true, "trySend");
    check.same(d.trySend("b"), false, "trySend of a full one");
    check.same(d.trySend("b", 5), false, "and after a while");
    check.same(d.size(), 1, "size");
    check.same(d.tryReceive("none"), "a", "tryReceive");
    check.same(d.tryReceive("none"), "none", "tryReceive of an empty one");
    check.same(d.tryReceive("none", 5), "none", "and after a while");
    d.send(null);
    d.close();
    check.same(d.tryReceive("none"), null, "null is an item");
    check.same(d.tryReceive("none", -5), "none", "and then nothing");
    check.fails("the queue is closed", fun () { d.send(1); return null; });
    check.fails("the queue is closed", fun () { return d.trySend(1); });
    check.fails("a queue with room for 0", fun () { return new channel(0); });
    check.fails("no more items", fun () { return d.iterator().next(); });
    check.part("channels");
}

void selecting() {
    channel a = new channel();
    channel b = new channel();
    check.same(channel.select([a, b], 5), null, "nothing comes");
    b.send("x");
    any found = channel.select([a, b]);
    check.good(found instanceof selection, "a selection");
    check.same(found.index(), 1, "index");
    check.same(found.item(), "x", "item");
    check.good(found.channel() :== b, "channel");
    any senders = [spawn(fun () { for (int i = 0; i < 50; i++) a.send(1); a.close(); }),
        spawn(fun () { for (int i = 0; i < 50; i++) b.send(100); b.close(); })];
    long sum = 0L;
    for (any got = channel.select([a, b]); got != null; got = channel.select([a, b]))
        sum += (int) got.item();
    check.same(sum, 5050L, "all of both");
    foreach (sender in senders)
        sender.join();
    channel late = new channel();
    any waiter = future.run(fun () { return channel.select([a, late]).item(); });
    sleep(5);
    late.send("late");
    check.same(waiter.get(), "late", "a channel that is over is no answer");
    check.fails("select of no channel", fun () { return channel.select([]); });
    check.part("select");
}

void futures() {
    check.same(future.run(fun () { return 6 * 7; }).get(), 42, "run");
    future f = new future();
    check.same(f.isDone(), false, "not done");
    check.same(f.await(5), false, "await");
    check.fails("the value is not there after 5 ms", fun () { return f.get(5); });
    future twice = f.then(fun (x) { return x * 2; });
    future slow = future.run(fun () { return f.get() + 1; });
    f.set(10);
    check.same(f.get(), 10, "get");
    check.same(f.get(1), 10, "get with a limit");
    check.same(twice.get(), 20, "then");
    check.same(f.then(fun (x) { return x + 5; }).get(), 15, "then, afterwards");
    check.same(slow.get(), 11, "a thread that waited");
    check.fails("the future has its value already", fun () { f.set(1); return null; });
    future bad = future.run(fun () { throw new .internal.error.argument("no luck"); });
    check.fails("no luck", fun () { return bad.get(); });
    check.same(bad.isFailed(), true, "isFailed");
    check.fails("no luck", fun () { return bad.then(fun (x) { return x; }).get(); });
    array parts = new range(1, 5).map(fun (n) { return future.run(fun () { sleep(5 - n); return n * n; }); });
    check.same(future.all(parts).get(), [1, 4, 9, 16, 25], "all");
    parts.add(bad);
    check.fails("no luck", fun () { return future.all(parts).get(); });
    future settled = new future();
    settled.settle(fun () { throw "odd"; });
    string odd;
    try {
        settled.get();
    } catch (string thrown) {
        odd = thrown;
    }
    check.same(odd, "odd", "settle, with any object as the error");
    future failed = new future();
    failed.fail(new .internal.error.state("given up"));
    check.fails("given up", fun () { return failed.get(); });
    check.fails("the future has its value already", fun () { failed.fail("again"); return null; });
    check.same([failed.isFailed(), failed.isDone()], [true, true], "fail");
    array log = [];
    f.whenDone(fun () { log.add("now"); });
    check.same(log, ["now"], "whenDone");
    check.part("futures");
}

void timers() {
    channel ticks = new channel();
    timer.after(5, fun () { ticks.send("once"); });
    check.same(ticks.receive(), "once", "after");
    timer t = timer.every(2, fun () { ticks.trySend("tick"); });
    for (int i = 0; i < 3; i++)
        check.same(ticks.receive(), "tick", "every");
    check.same(t.isOver(), false, "it goes on");
    check.same(t.cancel(), true, "cancel");
    check.same(t.cancel(), false, "cancel again");
    t.join();
    check.good(t.count() >= 3L, "count");
    timer never = timer.after(3600000, fun () { ticks.send("never"); });
    check.same(never.cancel(), true, "cancel before");
    never.join();
    check.same(never.count(), 0L, "it was never called");
    check.fails("a timer every 0 ms", fun () { return timer.every(0, null); });
    check.part("timers");
}

void limits() {
    mutex lock = new mutex();
    cond ready = new cond();
    sema permits = new sema(1);
    array box = [];
    lock.lock();
    check.same(lock.isMine(), true, "isMine");
    any other = future.run(fun () { return [lock.tryLock(), lock.tryLock(5), lock.isMine()]; });
    check.same(other.get(), [false, false, false], "tryLock of a held one");
    check.same(ready.timedWait(lock, 5), false, "timedWait");
    check.same(ready.waitUntil(lock, fun () { return box.size() > 0; }, 5), false, "waitUntil with a limit");
    any filler = spawn(fun () { lock.hold(fun () { box.add(1); ready.broadcast(); return null; }); });
    ready.waitUntil(lock, fun () { return box.size() > 0; });
    check.same(box, [1], "waitUntil");
    check.same(lock.isMine(), true, "and the lock is held again");
    lock.unlock();
    filler.join();
    check.same(future.run(fun () { return lock.tryLock(1000); }).get(), true, "tryLock of a free one");
    check.same(permits.available(), 1, "available");
    check.same(permits.tryAcquire(), true, "tryAcquire");
    check.same(permits.tryAcquire(5), false, "tryAcquire of none");
    permits.release(3);
    check.same(permits.hold(fun () { return permits.available(); }), 2, "hold");
    check.same(permits.available(), 3, "and it is given back");
    check.fails("a semaphore with -1 permits", fun () { return new sema(-1); });
    check.fails("-1 permits given back", fun () { permits.release(-1); return null; });
    check.fails("this thread does not hold the lock", fun () { lock.unlock(); return null; });
    check.part("limits");
}

void wakes() {
    mutex lock = new mutex();
    cond ready = new cond();
    int woken = 0;
    int waiting = 0;
    any waiters = new range(1, 3).map(fun (n) {
        return spawn(fun () {
            lock.lock();
            lock.lock();
            waiting++;
            ready.wait(lock);
            woken++;
            lock.unlock();
            lock.unlock();
        });
    });
    while (lock.hold(fun () { return waiting; }) < 3)
        sleep(1);
    for (int i = 1; i <= 3; i++) {
        lock.hold(fun () { ready.signal(); return null; });
        while (lock.hold(fun () { return woken; }) < i)
            sleep(1);
    }
    foreach (waiter in waiters)
        waiter.join();
    check.same(woken, 3, "signal wakes one after the other");
    lock.lock();
    lock.lock();
    int held = lock.release();
    check.same([held, lock.isMine()], [2, false], "release lets go of all");
    lock.regain(held);
    lock.unlock();
    check.same(lock.isMine(), true, "regain takes it as often");
    lock.unlock();
    check.fails("this thread does not hold the lock", fun () { return lock.release(); });
    check.part("wakes");
}

void urgency() {
    thread me = thread.current();
    check.same(me.priority(), 0, "priority at first");
    me.setPriority(-1);
    thread child = spawn(fun () { sleep(1); });
    check.same([me.priority(), child.priority()], [-1, -1], "a thread has that of the one that started it");
    me.setPriority(0);
    check.fails("a priority is -2 to 2, not 3", fun () { me.setPriority(3); return null; });
    check.fails("a priority is -2 to 2, not -3", fun () { me.setPriority(-3); return null; });
    check.same(me.priority(), 0, "what was refused has changed nothing");
    child.join();
    check.part("urgency");
}

void interrupts() {
    array said = [];
    thread t = spawn(fun () {
        said.add(thread.interrupted());
        try {
            sleep(1000000);
        } catch (.internal.error.interrupt e) {
            said.add(thread.interrupted());
        }
    });
    while (t.state() != "sleeping")
        sleep(1);
    t.interrupt();
    t.join();
    check.same(said, [false, false], "what was thrown is not to be thrown again");
    array itself = [];
    spawn(fun () {
        try {
            thread.current().interrupt();
            itself.add(thread.interrupted());
            itself.add(thread.interrupted());
        } catch (.internal.error.interrupt e) {
            itself.add(true);
            itself.add(thread.interrupted());
        }
    }).join();
    check.same(itself, [true, false], "interrupted, or thrown before that");
    check.part("interrupts");
}

// Whoever waits for a condition, and is interrupted before that, or while somebody else has the mutex, has it afterwards.
void interruptedWaits() {
    mutex lock = new mutex();
    cond ready = new cond();
    array said = [];
    any action = fun () {
        lock.lock();
        lock.lock();
        try {
            ready.wait(lock);
            sleep(0);
        } catch (.internal.error.interrupt e) {
            said.add("interrupted");
        }
        said.add(lock.isMine());
        lock.unlock();
        lock.unlock();
    };
    thread before = spawn(fun () {
        try {
            thread.current().interrupt();
        } catch (.internal.error.interrupt e) {
            thread.current().interrupt();
        }
        action.call();
    });
    check.same([before.join(20000), said, lock.tryLock()], [true, ["interrupted", true], true], "interrupted before");
    lock.unlock();
    said.clear();
    thread meanwhile = spawn(action);
    while (meanwhile.state() != "waiting")
        sleep(1);
    lock.lock();
    meanwhile.interrupt();
    while (meanwhile.isAlive() && said.isEmpty() && meanwhile.state() != "waiting")
        sleep(1);
    sleep(20);
    lock.unlock();
    check.same([meanwhile.join(20000), said, lock.tryLock()], [true, ["interrupted", true], true], "and meanwhile");
    lock.unlock();
    check.part("interrupted waits");
}

void deadlines() {
    .internal.deadline soon = new .internal.deadline(3L);
    any lock = new object();
    synchronized (lock) {
        check.same(soon.waitOn(lock), true, "waitOn");
        while (soon.waitOn(lock))
            continue;
    }
    check.same([soon.isOver(), soon.left()], [true, 0L], "it is over");
    check.good(new .internal.deadline(100000L).left() > 90000L, "left");
    check.same(new .internal.deadline(-5L).isOver(), true, "one before now");
    check.same(new .internal.deadline(.internal.long.MAX).isOver(), false, "one that never comes");
    check.fails("this thread does not hold the monitor", fun () { return new .internal.deadline(5L).waitOn(lock); });
    check.part("deadlines");
}

channels();
selecting();
futures();
timers();
limits();
wakes();
urgency();
interrupts();
interruptedWaits();
deadlines();
