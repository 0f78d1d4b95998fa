// demo.ph - a world that goes on from run to run.
//
// Each line is one more generation of a row of cells (Wolfram's rule 110, with now and then a spark), and depends on
// nothing but the line before. Stop it, kill it, pull the plug: the next run prints the next generation. The
// program has no line that saves or loads anything. Beside it, a second thread hunts for primes.

const int WIDTH = 64;

class world {
    .internal.ints cells = new .internal.ints(WIDTH);
    .internal.random chance = new .internal.random(110L);
    long generation;

    void world() {
        cells[WIDTH - 1] = 1;
    }

    // A cell lives on or begins to live unless all three, none, or only the left of it were alive.
    void step() {
        .internal.ints next = new .internal.ints(WIDTH);
        for (int i = 0; i < WIDTH; i++) {
            int left = cells[(i + WIDTH - 1) % WIDTH];
            int right = cells[(i + 1) % WIDTH];
            int three = left * 4 + cells[i] * 2 + right;
            next[i] = 110 >> three & 1;
        }
        if (generation % 97L == 96L)
            next[chance.next(WIDTH)] = 1;
        cells = next;
        generation++;
    }

    string picture() {
        .phantom.text.builder row = new .phantom.text.builder();
        for (int i = 0; i < WIDTH; i++)
            row.add(cells[i] == 1 ? "#" : " ");
        return row.toString();
    }
}

class hunter {
    int found;
    int newest;

    boolean isPrime(int n) {
        for (int i = 2; i * i <= n; i++) {
            if (n % i == 0)
                return false;
        }
        return true;
    }

    void run() [8] {
        for (int n = 2; n > 0; n++) {
            if (isPrime(n)) {
                found++;
                newest = n;
            }
            if (n % 64 == 0)
                sleep(20);
        }
    }
}

int limit = args().size() > 0 ? args()[0].toInt() : 0;
world cells = new world();
hunter primes = new hunter();
long wall = time();
long age = nanos();

if (limit == 0)
    spawn(primes, "hunter");
println("a world begins; stop it with Ctrl-C or kill -9, and start it again");
while (limit == 0 || cells.generation < (long) limit) {
    cells.step();
    println("\{cells.generation.toString().padLeft(7)} |\{cells.picture()}|");
    if (cells.generation % 50L == 0L && limit == 0)
        println("          \{primes.found} primes found, the newest is \{primes.newest}");
    sleep(limit == 0 ? 150 : 1);

    // Nobody in here notices a restart but by comparing clocks: personal time stands still meanwhile.
    long away = time() - wall - (nanos() - age) / 1000000L;
    if (away > 1000L && limit == 0)
        println("          the machine was away for \{away / 1000L} s; nobody here noticed");
    wall = time();
    age = nanos();
}
