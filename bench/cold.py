"""cold - a volume with sixteen times more live data than memory: how many pages the collector reads to go through it
once, how many of them it reads a second time in the same cycle, and how many the next cycles read of what nobody has
written to meanwhile. Pages, not seconds: these are the same on any machine, whatever else runs on it.

Near: trees, whose nodes lie beside each other, and tables of chains, each within some 200 KiB. Far: one table of chains
through all of it, so that hardly two references lead to the same block; what a first cycle reads then is told, and
has no target.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import signal
import subprocess
import sys
import time

import trees
from report import PHANTOM, target

GIB = 16
MEMORY_SHARE = 16  # the volume's live data is so many times larger than the memory
MEMORY_MIB_LEAST = 16
FAR_SHARE = 64  # the far one is so many times smaller
CYCLES = 3
CYCLE_S = 3600  # one that takes longer will not come
LINKS = 4  # nodes in a chain, on average
BUCKETS = 1536
NEAR_BYTES = 4 * 1023 * 32 + BUCKETS * (LINKS * 32 + 8)  # of one step of the program
PAGE_BYTES = 4096

CHAINS = """
class link {
    link next;
    long value;
    string name;
}

.internal.words chains(int buckets, int seed) {
    var heads = new .internal.words(buckets);
    for (int i = 0; i < %(links)d * buckets; i++) {
        seed = seed * 1103515245 + 12345;
        int at = (seed >>> 1) %% buckets;
        var l = new link();
        l.next = (link) heads[at];
        l.value = i;
        heads[at] = l;
    }
    return heads;
}
"""

NEAR = trees.PROGRAM + """
var trees = new .internal.words(%(count)d * 4);
var tables = new .internal.words(%(count)d);
for (int i = 0; i < %(count)d; i++) {
    for (int j = 0; j < 4; j++)
        trees[i * 4 + j] = make(10, i);
    tables[i] = chains(%(buckets)d, i);
}
"""

FAR = """
var table = chains(%(count)d, 1);
"""

# In its next life, garbage that nobody writes to, so that cycles come by themselves, but not two at once.
REST = """
gc();
println("ready");
sleep(5000);
println("on");
while (true) {
    new .internal.longs(1048576);
    sleep(20);
}
"""


def stat(volume):
    result = subprocess.run([PHANTOM, "stat", "--json", volume], check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def fill(volume, source, text, mib):
    """A volume whose program has made so many MiB, and waits. Returns how many bytes are alive."""
    source.write_text(text)
    subprocess.run([PHANTOM, "new", volume, "--size", f"{mib * 3 + 4096}M"], check=True, stderr=subprocess.DEVNULL)
    with subprocess.Popen([PHANTOM, "run", "--quiet", volume, source], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        if not process.stdout.readline().startswith("ready"):
            sys.exit("bench: the program ended")
        live = stat(volume)["live_bytes"]
        process.send_signal(signal.SIGINT)
        process.communicate()
    return live


def cycles(volume, memory_mib):
    """The collector's figures after each cycle of a life that began with nothing in memory."""
    rows = []
    end = time.monotonic() + CYCLE_S
    with subprocess.Popen([PHANTOM, "run", "--quiet", "--memory", f"{memory_mib}M", volume], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        if not process.stdout.readline().startswith("on"):
            sys.exit("bench: the program did not go on")
        while len(rows) < CYCLES and time.monotonic() < end:
            time.sleep(0.2)
            row = stat(volume)["collector"]
            if row["cycles"] > len(rows):
                rows.append(row)
                end = time.monotonic() + CYCLE_S
        process.send_signal(signal.SIGINT)
        process.communicate()
    if len(rows) < CYCLES:
        sys.exit(f"bench: only {len(rows)} cycles came to their end")
    return rows


def tell(rows, pages):
    """Print a line for each cycle. For each, what share of all pages it read twice, and again though unchanged."""
    names = "pages_read", "pages_twice", "pages_again", "blocks_known"
    before = dict.fromkeys(names, 0)
    shares = []
    for i, row in enumerate(rows):
        read, twice, again, known = (row[name] - before[name] for name in names)
        print(f"  cycle {i + 1}: {read:9d} pages read, {twice:9d} of them twice, {again:9d} again though unchanged; "
              f"{known:7d} blocks not read; {row['summary_bytes'] / 2**20:6.1f} MiB of summaries, "
              f"{row['ns_last'] / 1e9:.1f} s", flush=True)
        shares.append((twice / pages, again / pages))
        before = row
    return shares


def case(folder, name, text, mib):
    """One volume. What tell() says, and the share of memory that summaries took."""
    volume = folder / f"{name}.phantom"
    memory_mib = max(MEMORY_MIB_LEAST, mib // MEMORY_SHARE)
    live = fill(volume, folder / f"{name}.ph", text, mib)
    print(f"  {name}: {live / 2**20:.0f} MiB of live data, {live / PAGE_BYTES:.0f} pages; {memory_mib} MiB of memory",
          flush=True)
    rows = cycles(volume, memory_mib)
    volume.unlink()
    return tell(rows, live / PAGE_BYTES), rows[-1]["summary_bytes"] / 2**20 / memory_mib


def measure(folder, size=GIB):
    mib = int(size * 1024)
    values = {"links": LINKS, "buckets": BUCKETS}
    far_mib = max(mib // FAR_SHARE, MEMORY_MIB_LEAST * 4)
    far = (CHAINS + FAR + REST) % (values | {"count": far_mib * 2**20 // (LINKS * 32 + 8)})
    shares, memory = case(folder, "near", (CHAINS + NEAR + REST) % (values | {"count": mib * 2**20 // NEAR_BYTES}), mib)
    missed = target("first: read twice / live pages", shares[0][0], 0.05)
    missed += target("later: again / live pages", max(share[1] for share in shares[1:]), 0.01)
    missed += target("memory of summaries / memory", memory, 1 / 8)
    shares, memory = case(folder, "far", far, far_mib)
    return missed + target("memory of summaries / memory", memory, 1 / 8)
