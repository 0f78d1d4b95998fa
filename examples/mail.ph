// mail.ph - a queue of letters that are tried again until they arrive, and survive everything meanwhile.
//
// A mail server elsewhere is mostly care for its spool: write the letter, flush it, note the try, flush that, read it all
// at the next start, and find out what was under way. Here the queue is a channel, "again in four minutes" is a timer,
// and a delivery under way is a thread in the middle of `deliver`. A kill stops all of them at one instant, and
// the next run finds them so: no letter is lost or delivered twice, and no minute of a pause is waited for again. Try:
//
//     phantom new mail.phantom
//     phantom run mail.phantom examples/mail.ph
//
// and type: minute 1000, watch, send ida@meadow bo@hill Hello!, send ida@meadow cy@cave Anybody there? ... then kill -9 it,
// and phantom run mail.phantom. help tells the rest. What stands behind the program's name is obeyed before what is typed.
//
// The hosts are played: meadow works, hill turns everybody away at first (as hosts do against junk), ferry takes a letter
// and forgets to say so, bog takes none, and cave is down until somebody says: up cave.

// Not this time; perhaps the next.
class temporary {
    const string why;

    void temporary(string why0) {
        why = why0;
    }
}

// Never.
class permanent {
    const string why;

    void permanent(string why0) {
        why = why0;
    }
}

class letter {
    const string id;
    const string sender;
    const string receiver;
    const string text;
    const string[] journal = [];
    int tries;

    void letter(string id0, string sender0, string receiver0, string text0) {
        id = id0;
        sender = sender0;
        receiver = receiver0;
        text = text0;
    }

    boolean isReturned() {
        return id.endsWith("r");
    }

    void note(string what) {
        journal.add(what);
        if (isWatched)
            println("letter \{id} to \{receiver}: \{what}");
    }
}

// The other side, as far as this side can see it.
class host {
    const string name;
    boolean isUp = true;
    private const any boxes = {};           // who -> letters by their id
    private const any greeting;             // of a letter; throws, or lets it pass
    private const any farewell;             // the same once the letter is in its box

    void host(string name0, any greeting0, any farewell0) {
        name = name0;
        greeting = greeting0;
        farewell = farewell0;
    }

    // A letter that is known is taken again, and stays one letter.
    synchronized void accept(letter it) {
        if (!isUp)
            throw new temporary("\{name} does not answer");
        greeting(it);
        boxes.getOrSet(it.receiver.before("@"), fun () { return new sorted_map(); })[it.id] = it;
        farewell(it);
    }

    synchronized any letters(string who) {
        return boxes.has(who) ? boxes[who].values() : [];
    }
}

// What waits for one host, and the thread that carries it there.
class lane {
    private const office home;
    private const host there;
    private const channel waiting = new channel(1000);

    void lane(office home0, host there0) {
        home = home0;
        there = there0;
        spawn(this, "to \{there.name}");
    }

    void put(letter it) {
        waiting.send(it);
    }

    void run() {
        foreach (it in waiting)
            deliver(it);
    }

    private void deliver(letter it) {
        it.tries++;
        try {
            sleep((long) minute / 10);      // a line to a host takes its time
            there.accept(it);
            it.note("try \{it.tries}: delivered");
            home.settled();
        } catch (temporary t) {
            again(it, t.why);
        } catch (permanent p) {
            it.note("try \{it.tries}: \{p.why}");
            home.giveBack(it, p.why);
        }
    }

    // Later and later, until it is enough.
    private void again(letter it, string why) {
        if (it.tries == TRIES_MAX) {
            it.note("try \{it.tries}: \{why}; given up");
            home.giveBack(it, "\{why}, \{it.tries} times");
            return;
        }
        int minutes = 1 << (it.tries - 1);
        it.note("try \{it.tries}: \{why}; again in \{minutes} min");
        timer.after((long) minutes * minute, fun () { put(it); });
    }
}

class office {
    private const host[map] hosts = new host[map]();
    private const lane[map] lanes = new lane[map]();    // by the names of their hosts
    private const letter[] letters = [];
    private int open;                       // letters whose fate is not known
    private int sent;

    void office() {
        any nothing = fun (it) { };
        addHost("meadow", nothing, nothing);
        addHost("hill", fun (letter it) {
            if (it.tries < 3)
                throw new temporary("hill is busy");
        }, nothing);
        addHost("ferry", nothing, fun (letter it) {
            if (it.tries == 1)
                throw new temporary("ferry hung up");
        });
        addHost("bog", fun (letter it) { throw new permanent("bog takes no letters"); }, nothing);
        addHost("cave", nothing, nothing);
        hosts["cave"].isUp = false;
    }

    private void addHost(string name, any greeting, any farewell) {
        host there = new host(name, greeting, farewell);
        hosts[name] = there;
        lanes[name] = new lane(this, there);
    }

    host hostOf(string address) {
        string name = address.after("@");
        if (!hosts.has(name))
            throw new .internal.error.argument("there is no host `\{name}`");
        return hosts[name];
    }

    void send(string sender, string receiver, string text) {
        hostOf(sender);
        hostOf(receiver);
        sent++;
        submit(new letter(sent.toString().padLeft(3), sender, receiver, text));
    }

    private void submit(letter it) {
        synchronized (this) {
            letters.add(it);
            open++;
        }
        lanes[hostOf(it.receiver).name].put(it);
    }

    // A letter has come to its end.
    synchronized void settled() {
        open--;
        notifyAll(this);
    }

    // To its sender; but what cannot be given back lies where it lies.
    void giveBack(letter it, string why) {
        if (it.isReturned())
            it.note("nobody wants it");
        else
            submit(new letter(it.id + "r", "post@office", it.sender, "not delivered to \{it.receiver}: \{why}"));
        settled();
    }

    synchronized void awaitAll() {
        while (open > 0)
            wait(this);
    }

    synchronized void report() {
        foreach (letter it in letters.sorted(fun (letter a, letter b) { return a.id.compareTo(b.id); })) {
            println("\{it.id} \{it.sender} to \{it.receiver}: \{it.text}");
            foreach (what in it.journal)
                println("      \{what}");
        }
        println("\{open} under way");
    }
}

const int TRIES_MAX = 5;
int minute = 60000;             // as many milliseconds
boolean isWatched = false;
office ours = new office();

// What is typed

void showBox(string address) {
    any letters = ours.hostOf(address).letters(address.before("@"));
    println("\{address} has \{letters.size()}");
    foreach (letter it in letters)
        println("  \{it.id} from \{it.sender}: \{it.text}");
}

void obey(string line) {
    string[] words = line.split(" ", 4);
    string first = words.size() > 1 ? words[1] : "";
    switch ("\{words[0]} \{words.size() - 1}") {
        case " 0":
            break;
        case "send 3":
            ours.send(first, words[2], words[3]);
            break;
        case "box 1":
            showBox(first);
            break;
        case "up 1":
        case "down 1":
            ours.hostOf("@" + first).isUp = words[0] == "up";
            println("\{first} is \{words[0]}");
            break;
        case "queue 0":
            ours.report();
            break;
        case "wait 0":
            ours.awaitAll();
            println("everything has come to its end");
            break;
        case "watch 0":
            isWatched = !isWatched;
            break;
        case "minute 1":
            minute = math.max(first.toInt(), 1);
            break;
        case "help 0":
            println("send FROM TO TEXT, queue, box WHO, up HOST, down HOST, watch, wait, minute MILLISECONDS");
            break;
        default:
            println("I do not know `\{line}`; try help");
    }
}

void tryTo(string line) {
    try {
        obey(line.trim());
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

println("the post office is open; a minute has \{minute} ms (help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
ours.awaitAll();
println("closed");
exit(0);
