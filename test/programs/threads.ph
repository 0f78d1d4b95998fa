// threads.ph - threads, locks, conditions, semaphores, queues, waits with a limit.

int checks = 0;

void same(any got, any wanted, string what) {
    checks++;
    if (got != wanted)
        println("WRONG: \{what}: \{got}, not \{wanted}");
}

class counter {
    int n;
}

void counting() {
    counter c = new counter();
    .internal.mutex lock = new .internal.mutex();
    any threads = [];
    for (int i = 0; i < 8; i++) {
        threads.add(spawn(fun () {
            for (int k = 0; k < 500; k++) {
                lock.lock();
                int n = c.n;
                .internal.thread.yield();
                c.n = n + 1;
                lock.unlock();
            }
        }));
    }
    foreach (thread in threads)
        thread.join();
    same(c.n, 4000, "a sum under a mutex");

    counter d = new counter();
    threads = [];
    for (int i = 0; i < 8; i++) {
        threads.add(spawn(fun () {
            for (int k = 0; k < 1000; k++) {
                synchronized (d) {
                    d.n++;
                }
            }
        }));
    }
    foreach (thread in threads)
        thread.join();
    same(d.n, 8000, "a sum of eight threads");
}

void handing() {
    .internal.container.queue queue = new .internal.container.queue(3);
    long sum = 0L;
    any producer = spawn(fun () {
        for (int i = 1; i <= 1000; i++)
            queue.put(i);
        queue.close();
    }, "producer");
    any item = queue.take();
    while (item != null) {
        sum += (int) item;
        item = queue.take();
    }
    same(sum, 500500L, "what came through a queue");
    same(producer.name(), "producer", "a thread's name");
    producer.join();
    same(producer.isAlive(), false, "it has ended");
}

void waiting() {
    any thing = new .internal.object();
    long before = nanos();
    synchronized (thing) {
        wait(thing, 30L);
    }
    same(nanos() - before >= 30000000L, true, "a wait with a limit");

    counter state = new counter();
    any waiter = spawn(fun () {
        synchronized (state) {
            while (state.n == 0)
                wait(state);
            state.n = 2;
            notifyAll(state);
        }
    });
    synchronized (state) {
        state.n = 1;
        notifyAll(state);
        while (state.n != 2)
            wait(state);
    }
    waiter.join();
    same(state.n, 2, "wait and notify");

    try {
        wait(thing);
        println("WRONG: a wait without the lock");
    } catch (.internal.error.state e) {
        checks++;
    }
    try {
        notify(thing);
        println("WRONG: a notify without the lock");
    } catch (.internal.error.state e) {
        checks++;
    }
}

void conditions() {
    .internal.mutex lock = new .internal.mutex();
    .internal.cond cond = new .internal.cond();
    counter state = new counter();
    any threads = [];
    for (int i = 0; i < 5; i++) {
        threads.add(spawn(fun () {
            lock.lock();
            while (state.n == 0)
                cond.wait(lock);
            state.n++;
            lock.unlock();
        }));
    }
    sleep(20);
    lock.lock();
    state.n = 1;
    cond.broadcast();
    lock.unlock();
    foreach (thread in threads)
        thread.join();
    same(state.n, 6, "a condition woke five");

    lock.lock();
    lock.lock();
    cond.timedWait(lock, 5L);
    lock.unlock();
    lock.unlock();
    checks++;
    try {
        lock.unlock();
        println("WRONG: unlocked once too often");
    } catch (.internal.error.state e) {
        checks++;
    }
    lock.lock();
    any other = spawn(fun () { same(lock.tryLock(), false, "tryLock of a held one"); });
    other.join();
    lock.unlock();
    same(lock.tryLock(), true, "tryLock of a free one");
    lock.unlock();
    same(lock.hold(fun () { return 5; }), 5, "hold");
}

void semaphores() {
    .internal.sema permits = new .internal.sema(2);
    counter inside = new counter();
    counter most = new counter();
    any threads = [];
    for (int i = 0; i < 6; i++) {
        threads.add(spawn(fun () {
            permits.acquire();
            synchronized (inside) {
                inside.n++;
                if (inside.n > most.n)
                    most.n = inside.n;
            }
            sleep(3);
            synchronized (inside) {
                inside.n -= 1;
            }
            permits.release();
        }));
    }
    foreach (thread in threads)
        thread.join();
    same(most.n <= 2, true, "never more than two inside");
    same(permits.tryAcquire(), true, "a permit is left");
}

class runner {
    int n;

    void run() [8] {
        n = 7;
    }
}

void many() {
    runner r = new runner();
    spawn(r).join();
    same(r.n, 7, "an object that runs");

    .internal.sema gate = new .internal.sema(0);
    counter through = new counter();
    any threads = [];
    for (int i = 0; i < 500; i++) {
        threads.add(spawn(fun () {
            gate.acquire();
            synchronized (through) {
                through.n++;
            }
        }));
    }
    any last = threads.last();
    same(last.join(1L), false, "it still waits");
    for (int i = 0; i < 500; i++)
        gate.release();
    foreach (thread in threads)
        thread.join();
    same(through.n, 500, "five hundred threads");
    same(.internal.thread.current() == .internal.thread.current(), true, "this thread");
    .internal.snapshot.commit();
    same(.internal.snapshot.generation() > 0L, true, "a snapshot on demand");
    gc();
    checks++;
}

counting();
handing();
waiting();
conditions();
semaphores();
many();
println("\{checks} checks");
