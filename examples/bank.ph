// bank.ph - many threads, and a sum that must always be right.
//
// Movers carry money between accounts under locks, and run into exceptions on the way; sleepers sleep; a diver goes
// deep into recursion; a builder builds a list that is half done most of the time. An auditor locks
// everything from time to time and counts. Money neither appears nor vanishes, however often the machine is
// killed: test/kills_test.py does it a thousand times. Try:
//
//     phantom run v.phantom examples/bank.ph            it goes on until you type: end
//     phantom exec examples/bank.ph 2000                it ends after so many moves
//     phantom exec examples/bank.ph 2000 thief          somebody steals; the auditor must find out

const int ACCOUNTS = 16;
const int START = 1000;
const int MOVERS = 4;

class account {
    int number;
    int balance;

    void account(int n, int amount) {
        number = n;
        balance = amount;
    }

    void take(int amount) {
        if (amount > balance)
            throw new .internal.error.state("account \{number} has only \{balance}");
        balance -= amount;
    }
}

class bank {
    account[] accounts = [];
    int goal;
    boolean stopped;
    boolean broken;
    long moves;
    long refused;
    long audits;
    long ticks;
    long dives;
    long lists;
    .internal.mutex counters = new .internal.mutex();

    void bank(int moveCount) {
        goal = moveCount;
        for (int i = 0; i < ACCOUNTS; i++)
            accounts.add(new account(i, START));
    }

    boolean isOver() {
        return stopped || broken || (goal > 0 && moves >= (long) goal);
    }

    void count(boolean moved) {
        counters.lock();
        try {
            if (moved)
                moves++;
            else
                refused++;
        } finally {
            counters.unlock();
        }
    }

    // Both accounts are locked, the one with the lower number first. The money is in nobody's account for a
    // moment, and comes back if something goes wrong then.
    void move(account from, account to, int amount) {
        account low = from.number < to.number ? from : to;
        account high = from.number < to.number ? to : from;
        synchronized (low) {
            synchronized (high) {
                from.take(amount);
                boolean arrived = false;
                try {
                    if (amount % 7 == 0)
                        throw "the number is unlucky";
                    to.balance += amount;
                    arrived = true;
                } finally {
                    if (!arrived)
                        from.balance += amount;
                }
            }
        }
    }

    void mover() {
        while (!isOver()) {
            int from = random(ACCOUNTS);
            int to = (from + 1 + random(ACCOUNTS - 1)) % ACCOUNTS;
            try {
                move(accounts[from], accounts[to], 1 + random(400));
                count(true);
            } catch (.internal.error.state e) {
                count(false);
            } catch (string text) {
                count(false);
            }
            if (random(50) == 0)
                sleep(1);
        }
    }

    // All accounts, locked from the lowest number up.
    int sumFrom(int first) {
        if (first == ACCOUNTS)
            return 0;
        account a = accounts[first];
        synchronized (a) {
            return a.balance + sumFrom(first + 1);
        }
    }

    void fail(string why) {
        println("BROKEN: " + why);
        broken = true;
    }

    void audit() {
        int sum = sumFrom(0);
        if (sum != ACCOUNTS * START)
            fail("the accounts hold \{sum}, not \{ACCOUNTS * START}");
        audits++;
    }

    void auditor() {
        while (!isOver()) {
            audit();
            sleep(3);
        }
    }

    void sleeper() {
        while (!isOver()) {
            sleep(1 + random(20));
            ticks++;
        }
    }

    int dive(int depth) {
        if (depth == 0) {
            sleep(random(10));
            return 0;
        }
        int below = dive(depth - 1);
        if (below != depth - 1)
            fail("a dive of \{depth - 1} came back with \{below}");
        return below + 1;
    }

    void diver() {
        while (!isOver()) {
            int depth = 100 + random(2000);
            if (dive(depth) != depth)
                fail("a dive of \{depth}");
            dives++;
        }
    }

    // A list, tail first, with numbers that only make sense once it is done.
    void builder() {
        while (!isOver()) {
            int length = 500 + random(3000);
            any list = null;
            for (int i = 0; i < length; i++) {
                list = [length - i, list];
                if (i % 500 == 0)
                    .internal.thread.yield();
            }
            int n = 0;
            for (any at = list; at != null; at = at[1]) {
                n++;
                if ((int) at[0] != n)
                    fail("number \{n} of a list is \{at[0]}");
            }
            if (n != length)
                fail("a list of \{length} has \{n}");
            lists++;
        }
    }

    void thief() {
        while (moves < 100L)
            sleep(5);
        synchronized (accounts[3]) {
            accounts[3].balance -= 1;
        }
    }

    void reporter() {
        while (!isOver()) {
            sleep(100);
            report();
        }
    }

    void report() {
        println("so far: moves \{moves} refused \{refused} audits \{audits} ticks \{ticks} dives \{dives} lists \{lists}");
    }
}

int goal = args().size() > 0 ? args()[0].toInt() : 0;
boolean steals = args().size() > 1 && args()[1] == "thief";
bank ours = new bank(goal);
any threads = [];

for (int i = 1; i <= MOVERS; i++)
    threads.add(spawn(fun () { ours.mover(); }, "mover \{i}"));
threads.add(spawn(fun () { ours.auditor(); }, "auditor"));
threads.add(spawn(fun () { ours.sleeper(); }, "sleeper 1"));
threads.add(spawn(fun () { ours.sleeper(); }, "sleeper 2"));
threads.add(spawn(fun () { ours.diver(); }, "diver"));
threads.add(spawn(fun () { ours.builder(); }, "builder"));
threads.add(spawn(fun () { ours.reporter(); }, "reporter"));
if (steals)
    threads.add(spawn(fun () { ours.thief(); }, "thief"));

if (goal == 0) {
    string line = readln();
    while (line == null || line != "end") {
        if (line == null)
            sleep(1000);            // nobody is there; perhaps in a later run
        line = readln();
    }
    ours.stopped = true;
}
foreach (thread in threads)
    thread.join();
ours.audit();
if (ours.broken) {
    println("verdict: broken");
    exit(3);
}
println("verdict: the sum is right");
