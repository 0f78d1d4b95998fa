#!/usr/bin/env python3
"""torture [--status] [--report] [--only NAME] [--hours H] - the long versions of the tests.

Work is cut into pieces; what has been done is kept in build/torture.json, so a torture
that was stopped (Ctrl-C is fine: the piece under way is given up and leaves nothing behind)
goes on with the next piece. What was done counts as long as the sources that it tests are what
they were, byte for byte; each work has its own, so a change in the kernel costs no cut of the
simulator. Each piece has seeds of its own. --report prints what was done as docs/RELIABILITY.md
cites it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("B", "build"))
STATE = ROOT / BUILD / "torture.json"
STOP_SECONDS_MAX = 30
EXHAUSTIVE_PARTS = 200
RACES_PARTS = {2: 100, 3: 10_000}
# What the works test, by folder or file: the programs are made of these.
COMMON = ("Makefile", "config.mk", "core", "classes", "hosted/embed")
SIMULATOR = (*COMMON, "hosted/sim", "hosted/linux/space.c")
PROCESS = (*COMMON, "hosted/linux", "tools/phantom")
MACHINE = (*PROCESS, "kernel")
HEAP = (*SIMULATOR, "scripts/mutate-store", "scripts/mutate-heap")
STORE = ("core/base", "core/format", "core/plat", "core/store", "test/support", "test/unit/store",
         "hosted/sim", "scripts/mutate-store")


class Work:
    """Something to do in pieces: `total` units, `piece` of them at a time."""

    def __init__(self, name, unit, total, piece, sources, command, environment=None):
        self.name = name
        self.unit = unit
        self.total = total
        self.piece = piece
        self.sources = sources  # folders and files
        self.command = command  # (done so far, units of this piece) -> argv
        self.environment = environment or {}


def counted(output, units):
    """How many units a piece really did: the simulator says so, others do what is asked."""
    cuts = re.findall(r"^(\d+) cuts in", output, re.MULTILINE)
    return int(cuts[-1]) if cuts else units


def sim(scenario):
    def command(done, units):
        # A seed is never used twice: a seed makes more than a thousand cuts.
        return [str(ROOT / BUILD / "sim"), "--scenario", scenario, "--seed", str(1000 + done // 1000),
                "--cuts", str(units)]
    return command


def exhaustive(done, units):
    return [str(ROOT / BUILD / "sim"), "--exhaustive", "3", "--part", f"{done}/{EXHAUSTIVE_PARTS}"]


def races(acts):
    def command(done, units):
        return [str(ROOT / BUILD / "sim"), "--races", str(acts), "--part",
                f"{done}/{RACES_PARTS[acts]}"]
    return command


def races_seed(done, units):
    """The cases of one act, where fibres switch also as a seed says."""
    return [str(ROOT / BUILD / "sim"), "--races", "1", "--seed", str(1000 + done)]


def script(path, *words):
    def command(done, units):
        return [sys.executable, str(ROOT / path), "--kills", str(units), "--seed",
                str(1000 + done), *words]
    return command


def guards(of="store"):
    """The guards of the store, or of the heap, that are taken out, by name."""
    return subprocess.run([ROOT / f"scripts/mutate-{of}", "--list"], capture_output=True, text=True,
                          check=True).stdout.split()


def mutations(done, units):
    return [str(ROOT / "scripts/mutate-store"), "--sim", *guards()[done:done + units]]


def mutations_heap(done, units):
    return [str(ROOT / "scripts/mutate-heap"), *guards("heap")[done:done + units]]


def flips(done, units):
    return ["env", f"FLIPS={units}", f"FLIPS_SEED={1000 + done}", sys.executable,
            str(ROOT / "test/damage_test.py"), "Flips"]


def hop(*words):
    def command(done, units):
        return [sys.executable, str(ROOT / "test/hop_test.py"), "--moves", str(units), "--seed",
                str(1000 + done), "--check", "10", *words]
    return command


def powercut(done, units):
    return [sys.executable, str(ROOT / "test/powercut_test.py"), "--images", str(units), "--seed",
            str(1000 + done), "--seconds", "15"]


CHECKED = {"PHANTOM": str(ROOT / BUILD / "checked" / "phantom")}

WORKS = [
    Work("sim-space", "cuts", 500_000, 20_000, SIMULATOR, sim("space")),
    Work("sim-program", "cuts", 500_000, 20_000, SIMULATOR, sim("program")),
    Work("sim-store", "cuts", 500_000, 20_000, SIMULATOR, sim("store")),
    Work("sim-cleaner", "cuts", 500_000, 20_000, SIMULATOR, sim("cleaner")),
    Work("sim-exhaustive", "parts of all scripts of three commits", EXHAUSTIVE_PARTS, 1, SIMULATOR,
         exhaustive),
    Work("races", "parts of all cases of two acts", RACES_PARTS[2], 1, SIMULATOR, races(2)),
    Work("races-three", "ten-thousandths of all cases of three acts", 500, 1, SIMULATOR, races(3)),
    Work("races-seeds", "seeds", 200, 1, SIMULATOR, races_seed),
    Work("kills", "kills", 3000, 50, PROCESS, script("test/kills_test.py")),
    Work("kills-verbs", "kills", 500, 50, (*PROCESS, "test/golden"),
         script("test/verbs_kills_test.py")),
    Work("kills-strict", "kills", 500, 50, PROCESS, script("test/kills_test.py", "--strict")),
    Work("kills-checked", "kills", 500, 50, PROCESS, script("test/kills_test.py"), CHECKED),
    Work("fire", "kills", 1000, 200, PROCESS, script("scripts/concordance-under-fire")),
    Work("hop", "moves", 500, 50, MACHINE, hop()),
    Work("hop-bare", "kills", 1000, 100, MACHINE, hop("--bare")),
    Work("powercut", "images", 10_000, 500, MACHINE, powercut),
    Work("damage", "flipped bits", 1000, 100, PROCESS, flips),
    Work("mutations", "guards of the store taken out", len(guards()), 4, STORE, mutations),
    Work("mutations-heap", "guards of the collector taken out", len(guards("heap")), 4, HEAP,
         mutations_heap),
    Work("idle", "seconds", 600, 600, PROCESS,
         lambda done, units: [sys.executable, str(ROOT / "test/idle_test.py"), "--seconds",
                              str(units)]),
]

# The units that docs/RELIABILITY.md adds up.
TOTALS = ("cuts", "kills", "images", "moves")


def source_files(source):
    path = ROOT / source
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and file.suffix != ".md")


def fingerprint(work):
    """A number for all that this work tests; pages about it are no part of that."""
    digest = hashlib.sha256()
    for source in work.sources:
        for path in source_files(source):
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def state_load():
    """What was done, by the name of the work; of other sources nothing."""
    try:
        kept = json.loads(STATE.read_text())["works"]
    except (OSError, ValueError, KeyError):
        kept = {}
    state = {}
    for work in WORKS:
        begun = {"sources": fingerprint(work), "done": 0, "seconds": 0}
        known = kept.get(work.name, begun)
        state[work.name] = known if known.get("sources") == begun["sources"] else begun
    return state


def state_save(state):
    new = STATE.with_suffix(".new")
    new.write_text(json.dumps({"works": state}, indent=1))
    new.replace(STATE)


def status(state):
    for work in WORKS:
        done = state[work.name]["done"]
        print(f"  {work.name:<14} {done:>8} of {work.total} {work.unit}"
              f"{'  done' if done >= work.total else ''}")
    print(f"  together {totals(state)}; {hours(state):.2f} hours of work on these sources",
          flush=True)


def totals(state):
    sums = {unit: sum(state[work.name]["done"] for work in WORKS if work.unit == unit)
            for unit in TOTALS}
    return ", ".join(f"{count:,} {unit}" for unit, count in sums.items())


def hours(state):
    return sum(kept["seconds"] for kept in state.values()) / 3600


def git(*words):
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def sources_name():
    """What was tested, for the page: the commit (with a word, if there is more in the tree), and
    the trees that are the same in any commit that has these sources."""
    trees = " and ".join(f"`{folder}` is tree {git('rev-parse', '--short=12', 'HEAD:' + folder)}"
                         for folder in ("core/store", "hosted/sim"))
    return f"{git('describe', '--always', '--dirty', '--abbrev=12')} ({trees})"


def report(state):
    """A table for the page, of what was run."""
    print(f"With commit {sources_name()}: {totals(state)}, without one violation, "
          f"in {hours(state):.1f} hours.\n")
    print("| work | done | of |\n|---|---|---|")
    for work in WORKS:
        done = state[work.name]["done"]
        if done > 0:
            print(f"| {work.name} | {done:,} {work.unit} | {work.total:,} |")


def run_whole(argv, environment):
    """Run a command; its status and output. Stopped: it and all that it started end first."""
    process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate()
        return process.returncode, output
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)  # it takes its files away
            try:
                process.communicate(timeout=STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                print(f"torture: {argv[0]} does not stop; it is killed")
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def stop(number, frame):
    raise KeyboardInterrupt


def piece_run(work, state):
    """Do one piece; true if it passed."""
    done = state[work.name]["done"]
    units = min(work.piece, work.total - done)
    argv = work.command(done, units)
    started = time.monotonic()
    returned, output = run_whole(argv, dict(os.environ, **work.environment))
    seconds = time.monotonic() - started
    if returned != 0:
        print(f"torture: {work.name} FAILED: {' '.join(argv)}\n{output}")
        return False
    state[work.name]["done"] = done + counted(output, units)
    state[work.name]["seconds"] += seconds
    state_save(state)
    print(f"torture: {work.name}: {state[work.name]['done']} of {work.total} {work.unit} "
          f"({seconds:.0f} s)", flush=True)
    return True


def torture(works, state, seconds_max):
    """A piece at a time, of the work of which the least is done. Returns an exit status."""
    end = time.monotonic() + seconds_max

    def share(work):
        return state[work.name]["done"] / work.total

    while time.monotonic() < end:
        work = min(works, key=share)
        if share(work) >= 1:
            break
        if not piece_run(work, state):
            return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--status", action="store_true", help="say what was done, and do nothing")
    parser.add_argument("--report", action="store_true",
                        help="say what was done as a page cites it, and do nothing")
    parser.add_argument("--only", metavar="NAME", help="only this work: "
                        + ", ".join(work.name for work in WORKS))
    parser.add_argument("--hours", type=float, default=1e6, help="stop after so long")
    options = parser.parse_args()
    works = [w for w in WORKS if options.only in (None, w.name)]
    if not works:
        parser.error(f"there is no work called {options.only}")
    state = state_load()
    if options.report:
        report(state)
        return 0
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)  # a background job would ignore it, and its children too
    status_code = 0
    try:
        if not options.status:
            status_code = torture(works, state, options.hours * 3600)
    except KeyboardInterrupt:
        print("\ntorture: stopped; 'make torture' goes on")
    status(state)
    return status_code


if __name__ == "__main__":
    sys.exit(main())
