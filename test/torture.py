#!/usr/bin/env python3
"""torture [--status] [--only NAME] [--hours H] - the long versions of the tests.

Work is cut into pieces; what has been done is kept in build/torture.json, so a torture
that was stopped (Ctrl-C is fine) goes on with the next piece. What was done with
another build of the command or of the simulator does not count: then it begins anew.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("B", "build"))
STATE = ROOT / BUILD / "torture.json"
BUILT = [ROOT / BUILD / "phantom", ROOT / BUILD / "sim", ROOT / BUILD / "checked" / "phantom"]


class Work:
    """Something to do in pieces: `total` units, `piece` of them at a time."""

    def __init__(self, name, unit, total, piece, command, environment=None):
        self.name = name
        self.unit = unit
        self.total = total
        self.piece = piece
        self.command = command  # (done so far, units of this piece) -> argv
        self.environment = environment or {}

    def counted(self, output):
        """How many units the piece really did: the simulator says so, others do what is asked."""
        cuts = re.findall(r"^(\d+) cuts in", output, re.MULTILINE)
        return int(cuts[-1]) if cuts else self.piece


def sim(scenario):
    def command(done, units):
        # A seed is never used twice: a seed makes more than a thousand cuts.
        return [str(ROOT / BUILD / "sim"), "--scenario", scenario, "--seed", str(1000 + done // 1000),
                "--cuts", str(units)]
    return command


def script(path, *words):
    def command(done, units):
        return [sys.executable, str(ROOT / path), "--kills", str(units), "--seed",
                str(1000 + done), *words]
    return command


CHECKED = {"PHANTOM": str(ROOT / BUILD / "checked" / "phantom")}

WORKS = [
    Work("sim-space", "cuts", 500_000, 20_000, sim("space")),
    Work("sim-program", "cuts", 500_000, 20_000, sim("program")),
    Work("kills", "kills", 1000, 50, script("test/kills_test.py")),
    Work("kills-strict", "kills", 200, 50, script("test/kills_test.py", "--strict")),
    Work("kills-checked", "kills", 200, 50, script("test/kills_test.py"), CHECKED),
    Work("fire", "kills", 1000, 200, script("scripts/concordance-under-fire")),
    Work("damage", "flipped bits", 1000, 200,
         lambda done, units: [sys.executable, str(ROOT / "test/damage_test.py"), "Flips"]),
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
        print(f"  {work.name:<14} {min(done, work.total):>8} of {work.total} {work.unit}"
              f"{'  done' if done >= work.total else ''}")
    print(f"  in {state['seconds'] / 3600:.2f} hours of work on this build", flush=True)


def piece_run(work, state):
    """Do one piece; true if it passed."""
    done = state["done"].get(work.name, 0)
    units = min(work.piece, work.total - done)
    argv = work.command(done, units)
    started = time.monotonic()
    environment = dict(os.environ, FLIPS=str(units), **work.environment)
    ended = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True,
                           check=False)
    seconds = time.monotonic() - started
    output = ended.stdout + ended.stderr
    if ended.returncode != 0:
        print(f"torture: {work.name} FAILED: {' '.join(argv)}\n{output}")
        return False
    state["done"][work.name] = done + max(work.counted(output), units)
    state["seconds"] += seconds
    state_save(state)
    print(f"torture: {work.name}: {state['done'][work.name]} of {work.total} {work.unit} "
          f"({seconds:.0f} s)", flush=True)
    return True


def torture(works, state, seconds_max):
    """Every work in turn, a piece at a time. Returns an exit status."""
    end = time.monotonic() + seconds_max
    while True:
        open_works = [w for w in works if state["done"].get(w.name, 0) < w.total]
        if not open_works:
            return 0
        for work in open_works:
            if time.monotonic() > end:
                return 0
            if not piece_run(work, state):
                return 1


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
