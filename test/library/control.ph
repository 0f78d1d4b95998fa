// control.ph - threads from outside, the machine, restarts, and output that waits until it is safe.

import .support.check;

void inner(any lock) {
    synchronized (lock) {
        sleep(600000);
    }
}

void outer(any lock) {
    inner(lock);
}

void threads() {
    any lock = new object();
    thread t = spawn(fun () { outer(lock); }, "sleeper");
    while (t.state() != "sleeping")
        sleep(1);
    check.good(t.trace()[0].startsWith(".main.control.inner (") && t.trace()[0].endsWith("control.ph:7)"), "where it is");
    check.good(t.trace()[1].endsWith("control.ph:12)"), "and who called that");
    check.good(t.trace().last().startsWith(".internal.thread.enter"), "where it began");
    check.same(t.join(1L), false, "it does not end");
    thread w = spawn(fun () { synchronized (lock) { return; } });
    while (w.state() != "waiting")
        sleep(1);
    t.stop();
    t.join();
    w.join();
    check.same([t.state(), w.state(), t.trace(), t.isAlive()], ["ended", "ended", [], false], "stopped");
    check.same(thread.current().state(), "runnable", "this one runs");
    check.part("threads");
}

void theMachine() {
    check.good(machine.kind() == "linux" || machine.kind() == "amd64", "kind");
    check.good(machine.version() != "unknown", "version");
    check.good(machine.processors() > 0 && machine.memory() > 0L, "processors and memory");
    check.good(machine.volume() > machine.volumeFree() && machine.volumeFree() > 0L, "volume");
    check.good(machine.uptime() <= nanos(), "uptime");
    check.good(machine.generation() <= snapshot.generation(), "generation");
    thread t = machine.onRestart(fun () { return; });
    t.interrupt();
    t.join();
    check.part("the machine");
}

void safeOutput() {
    for (int i = 0; i < 5; i++) {
        snapshot.println("safe \{i}");
        println("behind it \{i}");
    }
    snapshot.print("one ");
    snapshot.print(2);
    snapshot.println([3]);
    .phantom.channel raw = new .phantom.channel(4);
    .phantom.channel safe = raw.gated();
    spawn(fun () {
        for (int i = 0; i < 12; i++)
            raw.send(i);
        raw.close();
    });
    int[] got = [];
    foreach (item in safe)
        got.add(item);
    check.same(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], "all, in order");
    check.good(safe.isOver(), "and no more");
    check.part("safe output");
}

threads();
theMachine();
safeOutput();
