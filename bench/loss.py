"""loss - how much slower a program that does little but store becomes by 1, 10 and 100 snapshots
a second, against the same program with none.

It stores at random into 4 MiB, so that even in ten milliseconds every page is written. A run with
snapshots takes turns with one without; each is a process of its own on the same volume.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import signal
import statistics
import subprocess
import time

from report import PHANTOM, target

ROUNDS = 9
SECONDS = 3
NEVER_MS = 3600000
# Milliseconds between snapshots, and the share of the stores that they may cost.
TARGETS = [(1000, 0.01), (100, 0.03), (10, 0.15)]

PROGRAM = """
var room = new .internal.longs(524288);
int x = 1;
while (true) {
    for (int i = 0; i < 200000; i++) {
        x = x * 1103515245 + 12345;
        room[(x >> 8) & 524287] = x;
    }
    println("on");
}
"""


def stores_per_second(volume, interval_ms, *program):
    """Steps of 200,000 stores a second."""
    with subprocess.Popen([PHANTOM, "run", "--quiet", "--interval", str(interval_ms), volume, *program],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        process.stdout.readline()
        begin = time.monotonic()
        steps = 0
        while time.monotonic() - begin < SECONDS:
            process.stdout.readline()
            steps += 1
        rate = steps / (time.monotonic() - begin)
        process.send_signal(signal.SIGINT)
        process.communicate()
    return rate


def measure(folder):
    """Print the losses; how many targets were missed."""
    volume, program = folder / "loss.phantom", folder / "loss.ph"
    program.write_text(PROGRAM)
    subprocess.run([PHANTOM, "new", volume, "--size", "1G"], check=True, stderr=subprocess.DEVNULL)
    stores_per_second(volume, NEVER_MS, program)
    missed = 0
    for interval_ms, limit in TARGETS:
        losses = []
        for _ in range(ROUNDS):
            without = stores_per_second(volume, NEVER_MS)
            losses.append(1 - stores_per_second(volume, interval_ms) / without)
        missed += target(f"lost to {1000 // interval_ms} snapshots a second, median",
                         100 * statistics.median(losses), 100 * limit, " %")
    return missed
