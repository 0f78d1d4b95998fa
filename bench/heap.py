"""heap - a GiB of trees, of which each step replaces one of about a thousand nodes: how long the world stands still
for a collection or a snapshot, how long the longest step takes, and what of memory is left when it is over.

Beside Java's ZGC and G1 and Go, which do the same one after the other in the same run, where they are installed. A
step is timed by the program itself, its own stops included; what a machine says of its stops is printed too.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import time

import trees
from report import PHANTOM, target

TREES = 32000
SECONDS = 15

PROGRAM = trees.PROGRAM + """
var trees = new .internal.words(%(trees)d);
for (int i = 0; i < %(trees)d; i++)
    trees[i] = make(10, i);
println("ready");
.phantom.stopwatch whole = new .phantom.stopwatch();
long worst = 0L;
int steps = 0, seed = 1;
while (steps %% 64 != 0 || whole.elapsed().millis() < %(seconds)d000L) {
    .phantom.stopwatch step = new .phantom.stopwatch();
    seed = seed * 1103515245 + 12345;
    trees[(seed >>> 8) %% %(trees)d] = make(10, steps);
    long took = step.elapsed().nanos();
    if (took > worst)
        worst = took;
    steps++;
}
println("steps \\{steps} worst \\{worst}");
gc();
println("collected");
while (true)
    sleep(1000);
"""

JAVA = """
public class Trees {
    static final class Node { Node left, right; int value; }
    static Node make(int depth, int value) {
        Node n = new Node();
        n.value = value;
        if (depth > 1) { n.left = make(depth - 1, value); n.right = make(depth - 1, value); }
        return n;
    }
    public static void main(String[] args) {
        Node[] trees = new Node[%(trees)d];
        for (int i = 0; i < trees.length; i++) trees[i] = make(10, i);
        long from = System.nanoTime(), worst = 0;
        int steps = 0, seed = 1;
        while (steps %% 64 != 0 || System.nanoTime() - from < %(seconds)d000000000L) {
            long step = System.nanoTime();
            seed = seed * 1103515245 + 12345;
            trees[(seed >>> 8) %% trees.length] = make(10, steps);
            worst = Math.max(worst, System.nanoTime() - step);
            steps++;
        }
        System.out.println("steps " + steps + " worst " + worst);
    }
}
"""

GO = """
package main

import ("fmt"; "runtime"; "time")

type node struct { left, right *node; value int32 }

func make_(depth int, value int32) *node {
    n := &node{value: value}
    if depth > 1 { n.left = make_(depth - 1, value); n.right = make_(depth - 1, value) }
    return n
}

func main() {
    trees := make([]*node, %(trees)d)
    for i := range trees { trees[i] = make_(10, int32(i)) }
    from := time.Now()
    worst := time.Duration(0)
    steps, seed := 0, uint32(1)
    for steps %% 64 != 0 || time.Since(from) < %(seconds)d * time.Second {
        step := time.Now()
        seed = seed * 1103515245 + 12345
        trees[(seed >> 8) %% %(trees)d] = make_(10, int32(steps))
        if took := time.Since(step); took > worst { worst = took }
        steps++
    }
    var stats runtime.MemStats
    runtime.ReadMemStats(&stats)
    pause := uint64(0)
    for _, p := range stats.PauseNs { if p > pause { pause = p } }
    fmt.Println("steps", steps, "worst", worst.Nanoseconds())
    fmt.Println("pause", pause)
}
"""

VALUES = {"trees": TREES, "seconds": SECONDS}
GAP_SECONDS = 5
GAP_NS = 2_000_000

RESULT = re.compile(r"steps (\d+) worst (\d+)")


def tell(name, text, stop_ns):
    """Print one line; the worst step in ms."""
    match = RESULT.search(text)
    if match is None:
        sys.exit(f"bench: {name} said {text!r}")
    steps, worst = map(int, match.groups())
    print(f"  {name:<34} {steps:9d} steps, longest {worst / 1e6:8.2f} ms, longest stop {stop_ns / 1e6:8.2f} ms",
          flush=True)
    return worst / 1e6


def run(*words, folder):
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def peers(folder):
    if shutil.which("javac"):
        (folder / "Trees.java").write_text(JAVA % VALUES)
        run("javac", "Trees.java", folder=folder)
        for name in "UseZGC", "UseG1GC":
            text = run("java", f"-XX:+{name}", "-Xmx3g", "-Xlog:safepoint", "Trees", folder=folder)
            tell(f"java -XX:+{name}", text, max(map(int, re.findall(r"Total: *(\d+) ns", text)), default=0))
    else:
        print("  java is not installed")
    if shutil.which("go"):
        (folder / "trees.go").write_text(GO % VALUES)
        run("go", "build", "-o", "trees-go", "trees.go", folder=folder)
        text = run("./trees-go", folder=folder)
        tell("go", text, int(re.search(r"pause (\d+)", text).group(1)))
    else:
        print("  go is not installed")


def phantom(folder):
    volume = folder / "heap.phantom"
    program = folder / "trees.ph"
    program.write_text(PROGRAM % VALUES)
    subprocess.run([PHANTOM, "new", volume, "--size", "16G"], check=True, stderr=subprocess.DEVNULL)
    with subprocess.Popen([PHANTOM, "run", "--quiet", volume, program], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True) as process:
        text = ""
        stats = {}
        for line in process.stdout:
            text += line
            if line.startswith("steps "):
                stats = json.loads(run(PHANTOM, "stat", "--json", volume, folder=folder))
            if line.startswith("collected"):
                break
        else:
            sys.exit(f"bench: the program ended: {text!r}")
        time.sleep(1)
        live = json.loads(run(PHANTOM, "stat", "--json", volume, folder=folder))["live_bytes"]
        process.send_signal(signal.SIGINT)
        process.communicate()
    volume.unlink()
    return text, stats, live


def tell_gaps():
    """How long this machine holds up who does nothing but look at the clock: no stop can be sure to be shorter."""
    longest = many = 0
    last = time.perf_counter_ns()
    end = last + GAP_SECONDS * 1_000_000_000
    while last < end:
        now = time.perf_counter_ns()
        longest = max(longest, now - last)
        many += now - last > GAP_NS
        last = now
    print(f"    who only looks at the clock is held up for {longest / 1e6:.2f} ms at most, and {many / GAP_SECONDS:.1f} "
          f"times a second for more than {GAP_NS / 1e6:.0f} ms", flush=True)


def measure(folder):
    print(f"  {TREES} trees of {trees.NODES} nodes; each step replaces one; {SECONDS} s")
    text, stats, live = phantom(folder)
    stop_ns = max(stats["pause_ns"]["max"], stats["collection_ns"]["max"])
    worst_ms = tell("phantom", text, stop_ns)
    for name in "pause_ns", "collection_ns":
        row = stats[name]
        print(f"    {name[:-3]:<32} p50 {row['p50'] / 1e6:8.2f} ms, p99 {row['p99'] / 1e6:8.2f} ms (n={row['count']})")
    cycles = stats["collector"]
    print(f"    collector: {cycles['cycles']} cycles, {cycles['vain']} in vain, the last took {cycles['ns_last'] / 1e9:.2f} s",
          flush=True)
    tell_gaps()
    peers(folder)
    missed = target("longest stop in ms", stop_ns / 1e6, 2)
    missed += target("longest step in ms", worst_ms, 20)
    return missed + target("live / reachable, after gc()", live / (TREES * trees.NODES * trees.NODE_BYTES), 1.3)
