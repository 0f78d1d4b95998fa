// sparse.ph - much is made, most of it let go of, and what is left is moved together while threads go on.

int checks = 0;

void same(any got, any wanted, string what) {
    checks++;
    if (got != wanted)
        println("WRONG: \{what}: \{got}, not \{wanted}");
}

class node {
    int id;
    node next;
    any extra;
    node(int i, node n) {
        id = i;
        next = n;
        extra = "node \{i}";
    }
}

class keeper {
    static any things;
    static node list;
}

// A list of every `every`th of `count` nodes; the others die when all of them are old.
node thinned(int count, int every) {
    node kept = null;
    any others = [];
    for (int i = 0; i < count; i++) {
        if (i % every == 0)
            kept = new node(i, kept);
        else
            others.add(new node(i, null));
    }
    gc();
    same(others.size(), count - (count + every - 1) / every, "so many are to die");
    return kept;
}

void look(node list, int count, int every, string what) {
    int wanted = (count - 1) / every * every;
    for (node at = list; at != null; at = at.next) {
        if (at.id != wanted || at.extra != "node \{wanted}")
            println("WRONG: \{what}: \{at.id} and not \{wanted}");
        wanted -= every;
    }
    same(wanted, 0 - every, what);
}

// Hashes of objects stay, so whoever keeps them by identity finds them.
void hashes(node list) {
    any hashes = [];
    for (node at = list; at != null; at = at.next)
        hashes.add(at.hashCode());
    gc();
    gc();
    int i = 0;
    for (node at = list; at != null; at = at.next)
        same(at.hashCode(), hashes[i++], "the hash of node \{at.id}");
}

void beside(int count, int every) {
    any threads = [];
    any stop = [false];
    node shared = thinned(count, every);
    int total = 0;
    for (node at = shared; at != null; at = at.next)
        total += at.id;
    for (int t = 0; t < 3; t++) {
        threads.add(spawn(fun () {
            int turns = 0;
            while (!stop[0] || turns < 3) {
                node mine = null;
                any map = {};
                for (int i = 0; i < 300; i++) {
                    mine = new node(i, mine);
                    map[i] = mine;
                    synchronized (mine) {
                        mine.extra = "mine \{i}";
                    }
                }
                int sum = 0;
                for (node at = shared; at != null; at = at.next)
                    sum += at.id;
                if (sum != total)
                    println("WRONG: a list that threads look at has the sum \{sum}");
                for (int i = 0; i < 300; i++) {
                    node there = map[i];
                    if (there.id != i || there.extra != "mine \{i}")
                        println("WRONG: what a thread has");
                }
                turns++;
            }
        }));
    }
    for (int i = 0; i < 4; i++) {
        gc();
        look(shared, count, every, "a list that threads look at");
        shared.extra = "node \{shared.id}";
    }
    stop[0] = true;
    foreach (thread in threads)
        thread.join();
}

int count = 6000;
for (int round = 0; round < 4; round++) {
    keeper.list = thinned(count, 17);
    keeper.things = [];
    node local = thinned(count, 23);
    any weaks = [];
    for (node at = local; at != null; at = at.next) {
        keeper.things.add(at);
        weaks.add(new weak(at));
    }
    for (int i = 0; i < 3; i++) {
        gc();
        look(keeper.list, count, 17, "a static list");
        look(local, count, 23, "a local list");
        int n = 0;
        for (node at = local; at != null; at = at.next) {
            if (!(keeper.things[n] :== at) || !(weaks[n].get() :== at))
                println("WRONG: \{at.id} is in two places");
            n++;
        }
        same(n, keeper.things.size(), "they are as many");
    }
    hashes(local);
}
println("one thread: \{checks} checks");
checks = 0;
beside(count, 19);
println("beside threads: \{checks} checks");
