// life.ph - Conway's game of life, in a world that never ends and is never stopped.
//
// A cell lives on with two or three neighbours, and comes to life with three. The world has no edge: only living cells are
// kept, each with its place, so a glider may fly for years, and here it does. While you look at it, it lives in a
// thread of its own; kill it, and it is in the same generation afterwards, in the middle of counting the neighbours of
// some cell. There are no pictures of it on a disk. Try:
//
//     phantom new life.phantom
//     phantom run life.phantom examples/life.ph
//
// and type: add acorn, run, show, pause, census, add gun 40 0, step 20; help tells the rest. Leave with Ctrl-C or kill -9, and
// go on with phantom run life.phantom. What stands behind the program's name is obeyed before what is typed.

const any PATTERNS = {
    "block": "OO/OO",
    "blinker": "OOO",
    "glider": ".O./..O/OOO",
    "ship": ".O..O/O..../O...O/OOOO.",
    "pentomino": ".OO/OO./.O.",
    "acorn": ".O...../...O.../OO..OOO",
    "gun": "........................O.........../......................O.O.........../............OO......OO............OO/"
    + "...........O...O....OO............OO/OO........O.....O...OO............../OO........O...O.OO....O.O.........../"
    + "..........O.....O.......O.........../...........O...O..................../............OO......................",
};

// Where a cell is: both coordinates in one long, so that it is found fast in a map.
class spot {
    private static const long MIDDLE = 1L << 31;

    static long at(int x, int y) {
        return ((long) y + MIDDLE) << 32 | ((long) x + MIDDLE);
    }

    static int x(long spot) {
        return (int) ((spot & 0xFFFFFFFFL) - MIDDLE);
    }

    static int y(long spot) {
        return (int) ((spot >>> 32) - MIDDLE);
    }
}

// A window on the world.
class view {
    const int left, top, columns, rows;

    void view(int left0, int top0, int columns0, int rows0) {
        left = left0;
        top = top0;
        columns = columns0;
        rows = rows0;
    }

    // The smallest that has all of these cells in it.
    static view around(any cells) {
        any xs = cells.map(fun (long s) { return spot.x(s); });
        any ys = cells.map(fun (long s) { return spot.y(s); });
        return new view(xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1);
    }
}

class world {
    private any cells = {};         // spot -> true
    private any born = {};          // picture -> the generation that had it first, to notice what returns
    long generation;
    string fate;                    // once it is known: it has died out, or repeats itself

    synchronized int population() {
        return cells.size();
    }

    // With the upper left corner of a pattern there. Rows are separated by /.
    synchronized void add(string rows, int left, int top) {
        foreach (row in rows.split("/").withIndex())
            foreach (i in 0..<row.value().length())
                if (row.value()[i] == 'O')
                    cells[spot.at(left + i, top + row.key())] = true;
        startAnew();
    }

    synchronized void clear() {
        cells = {};
        startAnew();
    }

    // Somebody has changed it: what was known of its fate is true no longer.
    private void startAnew() {
        born = {};
        fate = null;
    }

    // The next generation. Only cells beside a living one can change, so only those are counted.
    synchronized void step() {
        any neighbours = {};        // spot -> how many
        foreach (long cell in cells)
            foreach (dy in -1..1)
                foreach (dx in -1..1)
                    neighbours.add(cell + ((long) dy << 32) + dx, dx == 0 && dy == 0 ? 0 : 1);
        any next = {};
        foreach (cell in neighbours) {
            int count = (int) neighbours[cell];
            if (count == 3 || count == 2 && cells.has(cell))
                next[cell] = true;
        }
        cells = next;
        generation++;
        watchFate();
    }

    private void watchFate() {
        if (fate != null)
            return;
        if (cells.isEmpty())
            fate = "died out in generation \{generation}";
        string now = picture();
        if (born.has(now))
            fate = "repeats itself every \{generation - (long) born[now]} generations";
        born[now] = generation;
        // What has not come back after so long may be forgotten; else the memory of an endless world would be endless.
        if (born.size() > 64)
            born.remove(born.keys().first());
    }

    // All of it as text; two worlds of equal pictures differ at most in their place.
    private string picture() {
        if (cells.isEmpty())
            return "";
        view all = view.around(cells.keys());
        return cells.keys().sorted().map(fun (long s) { return "\{spot.x(s) - all.left},\{spot.y(s) - all.top}"; }).join(" ");
    }

    synchronized view whole() {
        return cells.isEmpty() ? new view(0, 0, 1, 1) : view.around(cells.keys());
    }

    synchronized string[] lines(view part) {
        string[] lines = [];
        foreach (y in part.top..<part.top + part.rows) {
            .phantom.text.builder line = new .phantom.text.builder();
            foreach (x in part.left..<part.left + part.columns)
                line.add(cells.has(spot.at(x, y)) ? "O" : ".");
            lines.add(line.toString());
        }
        return lines;
    }

    // Groups of cells that touch each other, by their sizes.
    synchronized any groupSizes() {
        set open = cells.keys().toSet();
        int[] sizes = [];
        while (!open.isEmpty()) {
            any group = [open.iterator().next()];
            open.remove(group[0]);
            foreach (long cell in group)        // and what is added meanwhile
                foreach (dy in -1..1)
                    foreach (dx in -1..1)
                        if (open.remove(cell + ((long) dy << 32) + dx))
                            group.add(cell + ((long) dy << 32) + dx);
            sizes.add(group.size());
        }
        sizes.sort();
        return sizes;
    }
}

// The thread in which it lives.
class clock {
    private const world ticking;
    private boolean isRunning;
    private int pause = 100;

    void clock(world ticking0) {
        ticking = ticking0;
        spawn(this, "life");
    }

    void run() {
        while (true) {
            int ms = await();
            ticking.step();
            sleep(ms);
        }
    }

    private synchronized int await() {
        while (!isRunning)
            wait(this);
        return pause;
    }

    synchronized void go(int ms) {
        pause = ms;
        isRunning = true;
        notifyAll(this);
    }

    synchronized void stop() {
        isRunning = false;
    }
}

// What is typed

world garden = new world();
clock ticks = new clock(garden);

// Smaller than a terminal: what is larger is shown from its upper left corner on.
void show(view part) {
    view shown = new view(part.left, part.top, math.min(part.columns, 76), math.min(part.rows, 20));
    println("generation \{garden.generation}, \{garden.population()} cells, from \{shown.left} \{shown.top}");
    foreach (line in garden.lines(shown))
        println("  \{line}");
}

void step(int count) {
    foreach (i in 1..count)
        garden.step();
    println("generation \{garden.generation}, \{garden.population()} cells");
}

void census() {
    any sizes = garden.groupSizes().groupBy(fun (n) { return n; });
    foreach (size in sizes)
        println("  \{sizes[size].size()} x \{size} cells");
    println(garden.fate == null ? "  nobody knows where it will end" : "  it \{garden.fate}");
}

int numberAt(string[] words, int index, int otherwise) {
    return words.size() > index ? words[index].toInt() : otherwise;
}

void obey(string[] words) {
    switch (words.isEmpty() ? "" : words[0]) {
        case "":
            break;
        case "add":
            string what = words.size() > 1 ? words[1] : "";
            garden.add(PATTERNS.get(what, what), numberAt(words, 2, 0), numberAt(words, 3, 0));
            println("\{garden.population()} cells");
            break;
        case "clear":
            garden.clear();
            println("an empty world");
            break;
        case "step":
            step(numberAt(words, 1, 1));
            break;
        case "run":
            ticks.go(numberAt(words, 1, 100));
            break;
        case "pause":
            ticks.stop();
            break;
        case "show":
            show(words.size() > 2 ? new view(words[1].toInt(), words[2].toInt(), 76, 20) : garden.whole());
            break;
        case "census":
            census();
            break;
        case "help":
            println("add PATTERN [X Y], step [N], run [MS], pause, show [X Y], census, clear");
            println("PATTERN: \{PATTERNS.keys().join(", ")}, or rows of your own, such as .O./..O/OOO");
            break;
        default:
            println("I do not know `\{words[0]}`; try help");
    }
}

void tryTo(string line) {
    try {
        obey(line.words());
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

println("an empty world (help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
exit(0);        // the clock would go on
