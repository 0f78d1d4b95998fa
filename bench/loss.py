"""loss - how much slower a program that does little but store becomes by 1, 10 and 100 snapshots
a second, against the same program with none.

It stores at random into 4 MiB, so that even in ten milliseconds every page is written. Stretches with
snapshots take turns with stretches without, all in one process: two processes differ by several per cent
through where their memory lies. A stretch is compared with the two beside it, so that a machine that
becomes slower or faster meanwhile does not count.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import statistics
import subprocess

from report import PHANTOM, target

STRETCHES = 15
STRETCH_MS = 2000
NEVER_MS = 3600000
# Milliseconds between snapshots, and the share of the stores that they may cost.
TARGETS = [(1000, 0.01), (100, 0.03), (10, 0.15)]

# Its arguments: how many stretches, how long each is, and the milliseconds between snapshots. It says the millions of
# stores a second of each stretch, with and without by turns, and how many snapshots there were.
PROGRAM = """
class shared {
    static int period = 1000;
    static bool asks = false;
    static long steps = 0;
}

class storing {
    void run() {
        var room = new .internal.longs(524288);
        int x = 1;
        while (true) {
            for (int i = 0; i < 200000; i++) {
                x = x * 1103515245 + 12345;
                room[(x >> 8) & 524287] = x;
            }
            shared.steps++;
        }
    }
}

class asking {
    void run() {
        while (true) {
            if (shared.asks) .internal.snapshot.ask();
            sleep(shared.period);
        }
    }
}

class measuring {
    int stretch;
    void measuring(int stretch) { this.stretch = stretch; }
    void say(bool asks) {
        shared.asks = asks;
        long generation = .internal.snapshot.generation(), steps = shared.steps, begin = nanos();
        sleep(stretch);
        double stores = (shared.steps - steps) * 200000.0 * 1000.0 / (nanos() - begin);
        println("\\{stores} \\{.internal.snapshot.generation() - generation}");
    }
}

string[] words = args();
var measure = new measuring(words[1].toInt());
shared.period = words[2].toInt();
spawn(new storing());
spawn(new asking());
sleep(measure.stretch);
measure.say(false);
for (int i = 0; i < words[0].toInt(); i++) {
    measure.say(true);
    measure.say(false);
}
exit(0);
"""


def losses(rates):
    """The share that each stretch with snapshots lost against those before and behind it."""
    return [1 - rates[i] / statistics.mean((rates[i - 1], rates[i + 1])) for i in range(1, len(rates), 2)]


def measure(folder):
    """Print the losses; how many targets were missed."""
    volume, program = folder / "loss.phantom", folder / "loss.ph"
    program.write_text(PROGRAM)
    subprocess.run([PHANTOM, "new", volume, "--size", "1G"], check=True, stderr=subprocess.DEVNULL)
    missed = 0
    for period_ms, limit in TARGETS:
        said = subprocess.run(
            [PHANTOM, "run", "--quiet", "--interval", str(NEVER_MS), volume, program,
             str(STRETCHES), str(STRETCH_MS), str(period_ms)],
            check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True).stdout.split()
        rates, snapshots = [float(word) for word in said[::2]], [int(word) for word in said[1::2]]
        print(f"  {1000 // period_ms} snapshots a second: {statistics.median(snapshots[1::2]) * 1000 / STRETCH_MS:.1f} "
              f"were taken, and {sum(snapshots[::2])} in all beside them; "
              f"{statistics.median(rates):.0f} million stores a second")
        missed += target(f"lost to {1000 // period_ms} snapshots a second, median",
                         100 * statistics.median(losses(rates)), 100 * limit, " %")
    return missed
