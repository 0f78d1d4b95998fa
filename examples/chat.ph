// chat.ph - a chat of threads and channels: rooms, people, and machines that listen.
//
// Each room and each machine is a thread that waits at a channel. What was said and not yet read lies in a channel, an
// alarm is a timer, a poll that is half counted is a machine in the middle of its work. A server elsewhere loses all that
// when it is restarted, or keeps a second copy of it in a database for that day. Here nobody leaves when the power fails:
// all are still in their rooms, with their unread lines. Try:
//
//     phantom new chat.phantom
//     phantom run chat.phantom examples/chat.ph
//
// and type: /as ida, /join garden, hello, /as bo, /join garden, !roll 2d6, !in 5000 tea is ready, /as ida ... help is /help. Leave
// with Ctrl-C or kill -9, and go on with phantom run chat.phantom. What stands behind the program's name is done before
// what is typed.

// How much was sent and not yet dealt with, so that a person can wait for the answers of machines.
class traffic {
    private int open;

    synchronized void more() {
        open++;
    }

    synchronized void less() {
        open--;
        if (open == 0)
            notifyAll(this);
    }

    synchronized void awaitQuiet() {
        while (open > 0)
            wait(this);
    }
}

class message {
    const room where;
    const string from;
    const string text;

    void message(room where0, string from0, string text0) {
        where = where0;
        from = from0;
        text = text0;
    }

    string toString() {
        return "[\{where.name}] \{from}: \{text}";
    }
}

// Who can be in rooms

abstract class member {
    const string name;
    const channel inbox = new channel(200);

    void member(string name0) {
        name = name0;
    }

    // Somebody has said something in a room; it is called by the room's thread, and must not wait long.
    abstract void hear(message said);
}

class person extends member {
    room here;          // where what is typed goes
    int missed;         // lines that did not fit into the inbox any more

    void person(string name0) {
        super(name0);
    }

    void hear(message said) {
        if (!inbox.trySend(said))
            missed++;
    }

    void readAll() {
        for (any said = inbox.tryReceive(null); said != null; said = inbox.tryReceive(null))
            println("  \{said}");
        if (missed > 0)
            println("  (and \{missed} more, which are lost)");
        missed = 0;
    }
}

// A member with a thread of its own, which answers to a word.
abstract class machine extends member {
    private const string word;

    void machine(string name0, string word0) {
        super(name0);
        word = word0;
        spawn(this, name);
    }

    // What stands behind the word, and what to say to it; null for nothing.
    abstract string answer(string rest, message said);

    void hear(message said) {
        if (said.text.before(" ") != word)
            return;
        busy.more();
        inbox.send(said);
    }

    void run() {
        foreach (message said in inbox) {
            string text = answerOrTrouble(said);
            if (text != null)
                said.where.say(name, text);
            busy.less();
        }
    }

    private string answerOrTrouble(message said) {
        try {
            return answer(said.text.after(" ").trim(), said);
        } catch (.internal.error e) {
            return "sorry, \{said.from}: \{e.message}";
        }
    }
}

class dice extends machine {
    private static regex shape = new regex("(\\d{1,2})d(\\d{1,3})");
    private const .internal.random chance = new .internal.random(6L);

    void dice() {
        super("dice", "!roll");
    }

    string answer(string rest, message said) {
        any found = shape.match(rest);
        if (found == null || found.group(2).toInt() == 0)
            return "!roll 2d6";
        int[] thrown = [];
        foreach (i in 1..found.group(1).toInt())
            thrown.add(chance.next(found.group(2).toInt()) + 1);
        return "\{said.from} rolls \{thrown.join(" + ")} = \{thrown.sum()}";
    }
}

// Never forgets, and needs nothing for that but a map.
class scribe extends machine {
    private const any notes = {};

    void scribe() {
        super("scribe", "!note");
    }

    string answer(string rest, message said) {
        string about = rest.before(" ");
        if (rest.contains(" ")) {
            notes[about] = "\{rest.after(" ")} (says \{said.from})";
            return "noted";
        }
        return notes.has(about) ? "\{about}: \{notes[about]}" : "nobody has told me about \{about}";
    }
}

// One poll in each room: !poll tea or coffee - !poll tea - !poll
class teller extends machine {
    private const any polls = {};       // name of a room -> who -> what

    void teller() {
        super("teller", "!poll");
    }

    string answer(string rest, message said) {
        any votes = polls.getOrSet(said.where.name, fun () { return {}; });
        if (rest.contains(" or ")) {
            votes.clear();
            return "a poll: \{rest}?";
        }
        if (rest != "")
            votes[said.from] = rest;
        any groups = votes.keys().groupBy(fun (who) { return votes[who]; });
        return groups.isEmpty() ? "nobody has voted"
            : groups.entries().sorted().map(fun (e) { return "\{e.key()} \{e.value().size()}"; }).join(", ");
    }
}

// !in 5000 tea is ready: says so then. The time that the machine is off does not count.
class alarm extends machine {
    void alarm() {
        super("alarm", "!in");
    }

    string answer(string rest, message said) {
        long ms = rest.before(" ").toLong();
        said.where.say(name, "I shall, \{said.from}");
        waiting.more();
        timer.after(ms, fun () {
            said.where.say(name, "\{said.from}, \{rest.after(" ")}");
            waiting.less();
        });
        return null;
    }
}

// Carries what people say from each of two rooms to the other.
class bridge extends member {
    private const room one, other;
    private const channel fromOne = new channel(), fromOther = new channel();

    void bridge(room one0, room other0) {
        super("bridge");
        one = one0;
        other = other0;
        one.join(this);
        other.join(this);
        spawn(this, "bridge from \{one.name} to \{other.name}");
    }

    void hear(message said) {
        if (!people.has(said.from) || said.text.startsWith("!"))
            return;
        busy.more();
        (said.where :== one ? fromOne : fromOther).send(said);
    }

    void run() {
        while (true) {
            any got = channel.select([fromOne, fromOther]);
            message said = got.item();
            (got.index() == 0 ? other : one).say(name, "\{said.from} says \{said.text}");
            busy.less();
        }
    }
}

// Rooms

// What is said in a room goes through one thread, so all members hear it in the same order.
class room {
    const string name;
    private const any members = {};
    private const deque history = new deque();
    private const channel said = new channel(100);

    void room(string name0) {
        name = name0;
        spawn(this, "room \{name}");
    }

    // False if it was there before.
    synchronized boolean join(member it) {
        if (members.has(it.name))
            return false;
        members[it.name] = it;
        return true;
    }

    synchronized boolean leave(member it) {
        return members.remove(it.name) != null;
    }

    synchronized string[] names() {
        return members.keys().sorted();
    }

    synchronized any last(int count) {
        return history.drop(math.max(history.size() - count, 0));
    }

    void say(string from, string text) {
        busy.more();
        said.send(new message(this, from, text));
    }

    void run() {
        foreach (message it in said) {
            foreach (member listener in record(it))
                if (listener.name != it.from)
                    listener.hear(it);
            busy.less();
        }
    }

    // Those who hear it.
    private synchronized any record(message it) {
        history.add(it);
        if (history.size() > 500)
            history.removeFirst();
        return members.values();
    }
}

// What is typed

traffic busy = new traffic();           // what machines and rooms have to deal with
traffic waiting = new traffic();        // alarms
person[map] people = new person[map]();
room[map] rooms = new room[map]();
member[] machines = [new dice(), new scribe(), new teller(), new alarm()];
person me;

void be(string name) {
    if (!new regex("\\w+").matches(name) || machines.any(fun (member m) { return m.name == name; }))
        throw new .internal.error.argument("nobody can be called `\{name}`");
    me = people.getOrSet(name, fun () { return new person(name); });
}

room roomOf(string name) {
    if (!rooms.has(name))
        throw new .internal.error.argument("there is no room `\{name}`");
    return rooms[name];
}

// Machines are in all rooms from the first day.
room makeRoom(string name) {
    room made = new room(name);
    foreach (each in machines)
        made.join(each);
    return made;
}

person somebody() {
    if (me == null)
        throw new .internal.error.argument("who are you? /as NAME");
    return me;
}

void join(string name) {
    room there = rooms.getOrSet(name, fun () { return makeRoom(name); });
    if (there.join(somebody()))
        there.say("room", "\{me.name} comes in");
    me.here = there;
}

void leave() {
    if (somebody().here == null)
        throw new .internal.error.argument("you are nowhere");
    me.here.leave(me);
    me.here.say("room", "\{me.name} has left");
    me.here = null;
}

void say(string text) {
    if (somebody().here == null)
        throw new .internal.error.argument("you are nowhere; /join ROOM");
    me.here.say(me.name, text);
}

void who() {
    foreach (name in rooms)
        println("  \{name}: \{rooms[name].names().join(", ")}");
}

void obey(string line) {
    string[] words = line.words();
    string first = words.size() > 1 ? words[1] : "";
    switch (line.startsWith("/") ? words[0] : line) {
        case "":
            break;
        case "/as":
            be(first);
            break;
        case "/join":
            join(first);
            break;
        case "/leave":
            leave();
            break;
        case "/who":
            who();
            break;
        case "/last":
            foreach (said in somebody().here.last(first == "" ? 10 : first.toInt()))
                println("  \{said}");
            break;
        case "/bridge":
            new bridge(roomOf(first), roomOf(words.size() > 2 ? words[2] : ""));
            break;
        case "/wait":
            waiting.awaitQuiet();
            break;
        case "/help":
            println("/as NAME, /join ROOM, /leave, /who, /last [N], /bridge ROOM ROOM, /wait (for alarms); all else is said");
            println("machines hear: !roll 2d6, !note WHAT [TEXT], !poll THIS or THAT, !poll [THIS], !in MS TEXT");
            break;
        default:
            if (line.startsWith("/"))
                throw new .internal.error.argument("I do not know \{words[0]}; try /help");
            say(line);
    }
}

// After each line the person reads what has come, the answers of machines included.
void tryTo(string line) {
    try {
        obey(line.trim());
        busy.awaitQuiet();
        if (me != null)
            me.readAll();
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

println("nobody is here yet (/help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
exit(0);        // rooms and machines would wait for ever
