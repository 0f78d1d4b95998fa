"""bounds - a program that allocates 200 GB in all, while 64 MiB are alive: how much memory is resident and how large the
volume's file is when a tenth of it was allocated, half of it, and all of it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import signal
import subprocess
import sys

import trees
from report import PHANTOM, target

GB = 200
TREES = 2048
TREE_BYTES = trees.NODES * trees.NODE_BYTES
PERCENTS = 10, 50, 100

PROGRAM = trees.PROGRAM + """
var trees = new .internal.words(%(trees)d);
for (int i = 0; i < %(trees)d; i++)
    trees[i] = make(10, i);
int seed = 1;
for (int percent = 1; percent <= 100; percent++) {
    for (int i = 0; i < %(steps)d; i++) {
        seed = seed * 1103515245 + 12345;
        trees[(seed >>> 8) %% %(trees)d] = make(10, i);
    }
    println("\\{percent}");
}
while (true)
    sleep(1000);
"""


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    sys.exit("bench: the machine has no memory")


def rows(volume, source):
    """Percent, MiB resident, MiB of the volume's file."""
    result = []
    with subprocess.Popen([PHANTOM, "run", "--quiet", volume, source], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout:
            percent = int(line)
            if percent in PERCENTS:
                result.append((percent, resident_mib(process.pid), volume.stat().st_blocks * 512 / 2**20))
                print(f"  {percent:3d} %: {result[-1][1]:8.1f} MiB resident, {result[-1][2]:8.1f} MiB of the volume",
                      flush=True)
            if percent == PERCENTS[-1]:
                break
        process.send_signal(signal.SIGINT)
        process.communicate()
    if len(result) != len(PERCENTS):
        sys.exit("bench: the program ended")
    return result


def measure(folder, size=GB):
    volume = folder / "bounds.phantom"
    source = folder / "bounds.ph"
    source.write_text(PROGRAM % {"trees": TREES, "steps": max(1, int(size * 1e9) // TREE_BYTES // 100)})
    subprocess.run([PHANTOM, "new", volume, "--size", "2G"], check=True, stderr=subprocess.DEVNULL)
    print(f"  {size} GB are allocated, {TREES * TREE_BYTES / 2**20:.0f} MiB are alive")
    first, *_, last = rows(volume, source)
    volume.unlink()
    missed = target(f"resident, at {last[0]} % / at {first[0]} %", last[1] / first[1], 1.1)
    return missed + target(f"volume, at {last[0]} % / at {first[0]} %", last[2] / first[2], 1.1)
