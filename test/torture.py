#!/usr/bin/env python3
"""torture [--status] [--only NAME] [--hours H] - the long versions of the tests.

Work is cut into pieces; what has been done is kept in build/torture.json, so a torture
that was stopped (Ctrl-C is fine: the piece under way is given up and leaves nothing behind)
goes on with the next piece. What was done with another build of the command or of the
simulator does not count: then it begins anew. Each piece has seeds of its own.

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
BUILT = [ROOT / BUILD / "phantom", ROOT / BUILD / "sim", ROOT / BUILD / "checked" / "phantom",
         ROOT / BUILD / "kernel" / "phantom.elf"]


class Work:
    """Something to do in pieces: `total` units, `piece` of them at a time."""

    def __init__(self, name, unit, total, piece, command, environment=None):
        self.name = name
        self.unit = unit
        self.total = total
        self.piece = piece
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


def script(path, *words):
    def command(done, units):
        return [sys.executable, str(ROOT / path), "--kills", str(units), "--seed",
                str(1000 + done), *words]
    return command


def guards():
    """The flushes and checksum tests of the store that are taken out, by name."""
    return subprocess.run([ROOT / "scripts/mutate-store", "--list"], capture_output=True, text=True,
                          check=True).stdout.split()


def mutations(done, units):
    return [str(ROOT / "scripts/mutate-store"), *guards()[done:done + units]]


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
    Work("sim-space", "cuts", 500_000, 20_000, sim("space")),
    Work("sim-program", "cuts", 500_000, 20_000, sim("program")),
    Work("sim-store", "cuts", 500_000, 20_000, sim("store")),
    Work("sim-exhaustive", "parts of all scripts of three commits", EXHAUSTIVE_PARTS, 1, exhaustive),
    Work("kills", "kills", 1000, 50, script("test/kills_test.py")),
    Work("kills-strict", "kills", 200, 50, script("test/kills_test.py", "--strict")),
    Work("kills-checked", "kills", 200, 50, script("test/kills_test.py"), CHECKED),
    Work("fire", "kills", 1000, 200, script("scripts/concordance-under-fire")),
    Work("hop", "moves", 500, 50, hop()),
    Work("hop-bare", "kills", 1000, 100, hop("--bare")),
    Work("powercut", "images", 10_000, 500, powercut),
    Work("damage", "flipped bits", 1000, 100, flips),
    Work("mutations", "guards of the store taken out", len(guards()), 4, mutations),
    Work("idle", "seconds", 600, 600,
         lambda done, units: [sys.executable, str(ROOT / "test/idle_test.py"), "--seconds",
                              str(units)]),
]


def fingerprint():
    digest = hashlib.sha256()
    for path in BUILT:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def state_load():
    try:
        state = json.loads(STATE.read_text())
    except (OSError, ValueError):
        state = {}
    if state.get("build") != fingerprint():
        state = {"build": fingerprint(), "done": {}, "seconds": 0}
    return state


def state_save(state):
    new = STATE.with_suffix(".new")
    new.write_text(json.dumps(state, indent=1))
    new.replace(STATE)


def status(state):
    for work in WORKS:
        done = state["done"].get(work.name, 0)
        print(f"  {work.name:<14} {done:>8} of {work.total} {work.unit}"
              f"{'  done' if done >= work.total else ''}")
    print(f"  in {state['seconds'] / 3600:.2f} hours of work on this build", flush=True)


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
    done = state["done"].get(work.name, 0)
    units = min(work.piece, work.total - done)
    argv = work.command(done, units)
    started = time.monotonic()
    returned, output = run_whole(argv, dict(os.environ, **work.environment))
    seconds = time.monotonic() - started
    if returned != 0:
        print(f"torture: {work.name} FAILED: {' '.join(argv)}\n{output}")
        return False
    state["done"][work.name] = done + counted(output, units)
    state["seconds"] += seconds
    state_save(state)
    print(f"torture: {work.name}: {state['done'][work.name]} of {work.total} {work.unit} "
          f"({seconds:.0f} s)", flush=True)
    return True


def torture(works, state, seconds_max):
    """A piece at a time, of the work of which the least is done. Returns an exit status."""
    end = time.monotonic() + seconds_max

    def share(work):
        return state["done"].get(work.name, 0) / work.total

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
    parser.add_argument("--only", metavar="NAME", help="only this work: "
                        + ", ".join(work.name for work in WORKS))
    parser.add_argument("--hours", type=float, default=1e6, help="stop after so long")
    options = parser.parse_args()
    works = [w for w in WORKS if options.only in (None, w.name)]
    if not works:
        parser.error(f"there is no work called {options.only}")
    state = state_load()
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
