// adventure.ph - a text adventure without "save game".
//
// Whoever writes a game elsewhere turns everything that lives in it into numbers that can be stored: the cat is in state
// 4 of 7, three turns to go. Here the cat is a thread. Its life is written down as a life, one thing after the
// other (see the class cat), and where it is in the middle of it is where its thread stands: that lies in the volume with
// its whole stack, like the rooms, the oil in the lantern, and you. Try:
//
//     phantom new night.phantom
//     phantom run night.phantom examples/adventure.ph
//
// and play; help tells how. Leave with Ctrl-C, or pull the plug in the middle of a move; phantom run night.phantom goes on
// there. What stands behind the program's name is played before what is typed.

const string[] DIRECTIONS = ["north", "south", "east", "west", "up", "down"];

// Places and things

class thing {
    const string name;
    const string text;
    const boolean isFixed;

    void thing(string name0, string text0, boolean isFixed0) {
        name = name0;
        text = text0;
        isFixed = isFixed0;
    }

    string toString() {
        return name;
    }
}

class place {
    const string name;
    const string text;
    const thing[] things = [];
    boolean isDark;
    private const any exits = {};       // direction -> place
    private const any closed = {};      // direction -> what is in the way

    void place(string name0, string text0) {
        name = name0;
        text = text0;
    }

    // A way there, and the way back.
    place join(string direction, place other) {
        int index = DIRECTIONS.indexOf(direction);
        exits[direction] = other;
        other.exits[DIRECTIONS[index % 2 == 0 ? index + 1 : index - 1]] = this;
        return other;
    }

    void close(string direction, string why) {
        closed[direction] = why;
    }

    void open(string direction) {
        closed.remove(direction);
    }

    string obstacle(string direction) {
        return closed[direction];
    }

    place exit(string direction) {
        return exits[direction];
    }

    string ways() {
        return exits.keys().sorted(fun (a, b) { return DIRECTIONS.indexOf(a) - DIRECTIONS.indexOf(b); }).join(", ");
    }

    thing find(string what) {
        return things.find(fun (thing t) { return t.name == what; });
    }
}

// Whoever lives

// Somebody whose life goes on by one step with each turn of the game. A life is a thread, and the game and the lives take
// turns: one goes on when it is handed the word, until it gives it back.
abstract class actor {
    const string name;
    private const channel turns = new channel(1);
    private const channel answers = new channel(1);
    boolean isOver;

    void actor(string name0) {
        name = name0;
    }

    abstract void live();

    void begin() {
        spawn(this, name);
    }

    void run() {
        turns.receive();
        live();
        isOver = true;
        answers.send(true);
    }

    // For the game: one step of this life.
    void turn() {
        turns.send(true);
        answers.receive();
    }

    // For the life: let so many turns pass.
    void rest(int count) {
        foreach (i in 1..count) {
            answers.send(true);
            turns.receive();
        }
    }
}

class cat extends actor {
    private const game world;
    place where;
    boolean isFed;

    void cat(game world0, place where0) {
        super("cat");
        world = world0;
        where = where0;
    }

    void live() {
        while (!isFed) {
            nap(3);
            foreach (way in ["east", "west", "north", "south"]) {
                rest(1);
                if (!isFed)
                    walk(way);
            }
            if (!isFed)
                tell("The cat looks at you as if you were late with something.");
        }
        tell("The cat eats the fish, head first, and purrs like a small machine.");
        rest(2);
        // Gratitude takes the way by the garden, where it has buried what shines.
        while (where != world.garden) {
            walk(where == world.kitchen ? "west" : where == world.hall ? "south" : "north");
            rest(1);
        }
        world.garden.things.add(world.key);
        tell("The cat scratches in the rosemary, and up comes a key. It sits down beside it.");
    }

    private void nap(int turns) {
        tell("The cat curls up.");
        foreach (i in 1..turns)
            if (!isFed)
                rest(1);
    }

    private void walk(string way) {
        place next = where.exit(way);
        if (next == null || where.obstacle(way) != null || next.isDark)
            return;
        tell("The cat walks off to the \{way}.");
        where = next;
        tell("The cat comes in.");
    }

    private void tell(string what) {
        if (world.here == where)
            println(what);
    }
}

// The lantern's flame.
class flame extends actor {
    private const game world;
    int oil = 12;
    boolean isLit;

    void flame(game world0) {
        super("flame");
        world = world0;
    }

    void live() {
        while (true) {
            rest(1);
            if (!isLit)
                continue;
            oil--;
            if (oil == 3)
                println("The lantern flickers.");
            if (oil == 0) {
                println("The lantern goes out.");
                isLit = false;
            }
        }
    }
}

class ship extends actor {
    private const game world;

    void ship(game world0) {
        super("ship");
        world = world0;
    }

    void live() {
        rest(12);
        println("Far out on the water, a horn.");
        rest(14);
        println("The horn again, nearer. There are lights out there, and they make for the reef.");
        rest(18);
        println("You hear the engines now.");
        rest(6);
        if (world.isBeaconLit)
            world.end("The lights turn aside, slowly, one after the other. The horn says thank you.");
        else
            world.end("A long, grinding noise comes from the reef. You should have been faster.");
    }
}

// The game

class game {
    place here;
    place quay, garden, hall, kitchen, cellar, stairs, top;
    const thing[] carried = [];
    const thing key = new thing("key", "It is heavy, and older than the door.", false);
    const actor[] lives = [];
    flame light;
    cat tom;
    boolean isBeaconLit;
    boolean isOver;
    int turns;

    void game() {
        makePlaces();
        makeThings();
        light = new flame(this);
        tom = new cat(this, kitchen);
        foreach (life in [light, tom, new ship(this)]) {
            lives.add(life);
            life.begin();
        }
        here = quay;
    }

    private void makePlaces() {
        quay = new place("the quay", "Wet stones, and a boat that knocks against them. The lighthouse is dark.");
        garden = new place("the garden", "Rosemary and sand. It smells of summer, though it is none.");
        hall = new place("the hall", "A round room at the foot of the tower, with a row of empty hooks.");
        kitchen = new place("the kitchen", "The stove is warm. Somebody left in a hurry.");
        cellar = new place("the cellar", "Barrels. It drips.");
        stairs = new place("the stairs", "A hundred and twelve steps, and no railing.");
        top = new place("the lamp room", "Glass all around, the sea all around the glass, and the great lamp in the middle.");
        quay.join("north", garden).join("north", hall).join("east", kitchen).join("down", cellar);
        hall.join("up", stairs).join("up", top);
        hall.close("up", "The door to the stairs is locked.");
        cellar.isDark = stairs.isDark = true;
    }

    private void makeThings() {
        quay.things.add(new thing("fish", "A herring. It looks surprised.", false));
        kitchen.things.add(new thing("lantern", "A storm lantern.", false));
        kitchen.things.add(new thing("stove", "Cast iron, still warm.", true));
        cellar.things.add(new thing("oil", "A can of it, nearly full.", false));
        cellar.things.add(new thing("barrel", "Empty. You checked.", true));
        top.things.add(new thing("lamp", "As tall as you are. Its tank is dry.", true));
    }

    boolean has(string what) {
        return carried.any(fun (thing t) { return t.name == what; });
    }

    boolean canSee() {
        return !here.isDark || (light.isLit && has("lantern"));
    }

    void end(string how) {
        println(how);
        println("(after \{turns} turns)");
        isOver = true;
    }

    // Everybody else's turn. Whose life is over has none any more.
    void pass() {
        turns++;
        foreach (life in lives)
            if (!isOver)
                life.turn();
        lives.removeIf(fun (actor life) { return life.isOver; });
    }

    // What can be done: each does it, or says why not, and tells whether it took a turn

    boolean look() {
        if (!canSee()) {
            println("It is dark. Something drips.");
            return false;
        }
        println("\{here.name.capitalize()}. \{here.text}");
        if (!here.things.isEmpty())
            println("Here: \{here.things.join(", ")}.");
        if (tom.where == here)
            println("There is a cat.");
        println("Ways: \{here.ways()}.");
        return false;
    }

    boolean go(string direction) {
        place next = here.exit(direction);
        if (next == null)
            return no("There is no way \{direction}.");
        if (here.obstacle(direction) != null)
            return no(here.obstacle(direction));
        if (next == top && !canSee())
            return no("Not up there without a light.");
        here = next;
        look();
        return true;
    }

    boolean take(string what) {
        thing it = canSee() ? here.find(what) : null;
        if (it == null)
            return no(what == "cat" ? "Nobody takes the cat." : "You see no \{what} here.");
        if (it.isFixed)
            return no("The \{what} stays where it is.");
        here.things.removeValue(it);
        carried.add(it);
        return done("Taken.");
    }

    boolean drop(string what) {
        if (!has(what))
            return no("You have no \{what}.");
        here.things.add(lose(what));
        return done("Dropped.");
    }

    boolean give(string what) {
        if (!has(what))
            return no("You have no \{what}.");
        if (tom.where != here)
            return no("There is nobody who would want it.");
        if (what != "fish")
            return no("The cat looks through the \{what}.");
        lose(what);
        tom.isFed = true;
        return done("The cat has made a friend. You, too.");
    }

    boolean open(string what) {
        if (what != "door" || here.obstacle("up") == null)
            return no("There is nothing to open.");
        if (!has("key"))
            return no("It is locked, and you have no key.");
        here.open("up");
        return done("The key turns. Behind the door it is dark.");
    }

    boolean light(string what) {
        if (what == "lamp" && here == top)
            return isBeaconLit ? no("It burns.") : lightLamp();
        if (what != "lantern" || !has(what))
            return no("You have nothing like that to light.");
        if (light.oil == 0)
            return no("It is empty.");
        light.isLit = true;
        return done("The lantern burns.");
    }

    private boolean lightLamp() {
        if (!has("oil"))
            return no("The tank is dry.");
        lose("oil");
        isBeaconLit = true;
        return done("You pour, you turn the wick, and the whole night turns white.");
    }

    boolean quench(string what) {
        if (what != "lantern" || !light.isLit)
            return no("It does not burn.");
        light.isLit = false;
        return done("It is out.");
    }

    boolean fill(string what) {
        if (what != "lantern" || !has("oil") || !has(what))
            return no("You need a lantern and oil for that.");
        light.oil = 12;
        return done("Full again. There is plenty left in the can.");
    }

    boolean examine(string what) {
        thing it = has(what) ? carried.find(fun (thing t) { return t.name == what; }) : here.find(what);
        return no(it == null || !canSee() ? "You see no \{what}." : it.text);
    }

    boolean inventory() {
        return no(carried.isEmpty() ? "You have nothing." : "You have: \{carried.join(", ")}.");
    }

    private thing lose(string what) {
        return carried.remove(carried.indexWhere(fun (thing t) { return t.name == what; }));
    }

    private boolean done(string what) {
        println(what);
        return true;
    }

    private boolean no(string why) {
        println(why);
        return false;
    }
}

// What is typed

const any SHORT = {"n": "north", "s": "south", "e": "east", "w": "west", "u": "up", "d": "down", "i": "inventory",
    "l": "look", "z": "wait", "x": "examine", "get": "take", "feed": "give"};
const set SMALL = ["the", "a", "to", "at", "cat's", "with"].toSet();

// True if it took a turn.
boolean obey(game night, string line) {
    string[] words = line.toLower().words().filter(fun (w) { return !SMALL.has(w); });
    string verb = words.isEmpty() ? "" : SHORT.get(words[0], words[0]);
    string what = words.size() > 1 ? words[1] : "";
    if (verb == "go")
        verb = SHORT.get(what, what);
    if (DIRECTIONS.has(verb))
        return night.go(verb);
    if (["look", "inventory"].has(verb))
        return night.(verb)();
    if (["take", "drop", "give", "open", "light", "quench", "fill", "examine"].has(verb) && what != "")
        return night.(verb)(what);
    switch (verb) {
        case "":
            return false;
        case "wait":
            println("Time passes.");
            return true;
        case "help":
            println("north south east west up down, look, examine, inventory, wait,");
            println("take, drop, give, open, light, quench, fill - and no save: nothing here needs it");
            return false;
    }
    println("You do not know how to `\{line}`.");
    return false;
}

void play(game night, string line) {
    if (!night.isOver && obey(night, line.trim()))
        night.pass();
}

game tonight = new game();
println("The keeper's note says: back tomorrow, light the lamp, feed the cat. (help tells more)");
tonight.look();
foreach (line in args())
    play(tonight, line);
for (string line = readln(); line != null && !tonight.isOver; line = readln())
    play(tonight, line);
exit(0);        // the lives would go on
