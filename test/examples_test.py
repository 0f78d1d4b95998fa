#!/usr/bin/env python3
"""examples_test - each program in examples/, test/programs/, test/library/ and bench/lang/programs/ says what it should,
however it is run.

The ways:
  plain     phantom exec
  strict    in a volume with --strict: a store that misses the write barrier is a crash
  often     in a volume with a snapshot every few milliseconds
  each      in a volume with a snapshot at every 500th safepoint of each worker
  killed    in a volume with --gated, killed at random moments and started again until it ends; what
            the lives say, laid end to end where they overlap, must be the same text

    --strict        only the strict way (the suite `strict`)
    --only WORD     only examples with WORD in their name; several of these: with any of them
    --way WAY       only this way; several of these: each of them
    --seed N        of the moments of the kills

What is expected lies in test/examples/NAME.out, the input in NAME.in. With --write, the plain way writes NAME.out.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PHANTOM = os.environ.get("PHANTOM", "build/phantom")
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SECONDS_MAX = 120

# To look at all of a volume takes the longer the larger it is, under ThreadSanitizer most of all.
SIZE = ("--size", "256M")

# Arguments that make each program end, and soon.
ARGUMENTS = {
    "adventure": [],
    "bank": ["300"],
    "chat": [],
    "concordance": [],
    "counter": ["25"],
    "demo": ["40"],
    "errors": [],
    "functions": [],
    "hanoi": ["6", "5"],
    "inbox": ["a rose is a rose", "line one\nline two"],
    "life": [],
    "lisp": [],
    "mail": [],
    "matchboxes": [],
    "orders": [],
    "philosophers": ["5"],
    "pipeline": ["120"],
    "planner": [],
    "queens": ["6"],
    "records": [],
    "sheet": [],
    "sleeper": ["3", "4", "40"],
    "todo": [],
    "words": ["8"],
    # programs that test the class library
    "containers": [],
    "fast": [],
    "language": [],
    "numbers": [],
    "original": [],
    "sparse": [],
    "strings": [],
    "threads": [],
}

# One program for each class of the class library, or a few; they take no arguments.
LIBRARY = "test/library"

# Programs that are measured beside other languages. Without arguments they do little; here their names begin with `known_`.
KNOWN = "bench/lang/programs"

# Programs that read are not killed: what was read ahead is lost with the process, as it is meant to be.
# scripts/concordance-under-fire kills one of them and sends again what was not answered.
READS = {"concordance", "terminal", "todo", "words"}

# Programs that obey their arguments before what they read. Who is killed is told all of it by arguments.
TOLD = {"adventure", "chat", "life", "lisp", "mail", "matchboxes", "orders", "planner", "records", "sheet"}

# Programs that collect before nearly every allocation and move at every safepoint; two are short enough to have
# all of the heap walked each time.
HARD = {"bytes": [], "concurrency": [], "errors": [], "functions": ["--walk"], "names": [], "objects": [], "patterns": [],
        "reflection": [], "sparse": [], "text": [], "threads": [], "weakreferences": ["--walk"]}

# Lines that depend on the clock.
CHANGING = ("so far: ",)


class Trouble(Exception):
    """The example has failed, and this is why."""


def path_of(name, kind):
    return os.path.join(ROOT, "test", "examples", f"{name}.{kind}")


def input_of(name):
    if not os.path.exists(path_of(name, "in")):
        return b""
    with open(path_of(name, "in"), "rb") as file:
        return file.read()


def steady(output):
    """The output as lines, without those that change from time to time."""
    lines = output.decode(errors="replace").splitlines(keepends=True)
    return [line for line in lines if not line.startswith(CHANGING)]


def run(words, name, seconds_max=SECONDS_MAX):
    try:
        done = subprocess.run([PHANTOM, *words], input=input_of(name), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=seconds_max)
    except subprocess.TimeoutExpired as late:
        raise Trouble(f"no end in {seconds_max} s; so far: {(late.stdout or b'')[-300:]!r}") from None
    if done.returncode != 0:
        raise Trouble(f"status {done.returncode}: {done.stderr.decode(errors='replace')[-600:]}")
    return done.stdout


def compare(expected, got):
    for number, (a, b) in enumerate(zip(expected, got), 1):
        if a != b:
            raise Trouble(f"line {number} should be {a!r} and is {b!r}")
    if len(expected) != len(got):
        raise Trouble(f"{len(expected)} lines should be there, and {len(got)} are")


def programs():
    """The programs' paths by their names."""
    found = {}
    for folder in ("examples", "test/programs", LIBRARY, KNOWN):
        for file in os.listdir(os.path.join(ROOT, folder)):
            name, ending = os.path.splitext(file)
            if ending == ".ph":
                found["known_" * (folder == KNOWN) + name] = os.path.join(ROOT, folder, file)
    return found


def arguments_of(name):
    if name not in ARGUMENTS and not programs()[name].startswith((os.path.join(ROOT, LIBRARY), os.path.join(ROOT, KNOWN))):
        raise Trouble("test/examples_test.py does not know its arguments")
    return ARGUMENTS.get(name, [])


def program(name):
    return [programs()[name], *arguments_of(name)]


def told_program(name):
    """The same, with the lines of the input as arguments, for a program that is not to read."""
    told = input_of(name).decode().splitlines() if name in TOLD else []
    return [*program(name), *told]


def plain(name, folder, chance):
    del folder, chance
    return steady(run(["exec", *program(name)], name))


def in_volume(name, folder, options):
    volume = os.path.join(folder, f"{name}.phantom")
    run(["new", volume, *SIZE], name)
    output = run(["run", *options, volume, *program(name)], name)
    run(["check", "--heap", volume], name)
    os.remove(volume)
    return steady(output)


def strict(name, folder, chance):
    del chance
    return in_volume(name, folder, ["--strict"])


def often(name, folder, chance):
    del chance
    return in_volume(name, folder, ["--interval", "5"])


def each(name, folder, chance):
    del chance
    return in_volume(name, folder, ["--every", "500"])


def hard(name, folder, chance):
    """With all at once that makes a machine worse than it is."""
    del chance
    return in_volume(name, folder, ["--collect", "--move", "--every", "500", *HARD[name]])


def places(expected, said, ends):
    """Where the text may end after a life that said this: it begins at or before an end so far."""
    found = set()
    for begin in range(max(ends) + 1):
        if expected[begin:begin + len(said)] == said:
            found.add(begin + len(said))
    return found


def is_installed(volume, name):
    """Is a program in the volume? It may have ended, with all that it said still waiting to go out."""
    return len(run(["app", volume, "list"], name).splitlines()) > 1


def live(volume, name, words, expected, chance):
    """A program in a new volume, killed again and again until it has ended, says this."""
    installed = False
    ends = {0}
    lives = 0
    while True:
        lives += 1
        installed = installed or (lives > 1 and is_installed(volume, name))
        # Gated, so that what was said is certainly in the volume, the program itself included.
        process = subprocess.Popen([PHANTOM, "run", "--gated", "--interval", "20", volume, *([] if installed else words)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        moment = chance.uniform(0.005, 0.1) * (1 + lives / 4)
        try:
            output, errors = process.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            output, errors = process.communicate()
        if process.returncode not in (0, -signal.SIGKILL):
            raise Trouble(f"life {lives}, status {process.returncode}: "
                          f"{errors.decode(errors='replace')[-600:]}")
        said = [line for line in steady(output) if line.endswith("\n")]
        ends_now = places(expected, said, ends)
        if not ends_now:
            raise Trouble(f"life {lives} said what does not follow: {''.join(said[:3])!r} ...")
        ends = ends_now | (ends if not said else set())
        if process.returncode == 0:
            break
        if lives > 200:
            raise Trouble("it never ends")
    if len(expected) not in ends:
        raise Trouble(f"ended after {max(ends)} of {len(expected)} lines")
    run(["check", "--heap", volume], name)


def killed(name, folder, chance):
    """Like `plain`, but for the kills; compares by itself, because lives overlap."""
    volume = os.path.join(folder, f"{name}.phantom")
    with open(path_of(name, "out"), "rb") as file:
        expected = steady(file.read())
    run(["new", volume, *SIZE], name)
    live(volume, name, told_program(name), expected, chance)
    os.remove(volume)
    return None


WAYS = {"plain": plain, "strict": strict, "often": often, "each": each, "killed": killed, "hard": hard}


def main():
    parser = argparse.ArgumentParser(description="Run the examples in several ways.")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    seed = arguments.seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 32)

    names = sorted(programs())
    ways = ["strict"] if arguments.strict else arguments.way or list(WAYS)
    ways = ["plain"] if arguments.write else ways
    passed = failed = 0
    folder = tempfile.mkdtemp(prefix="phantom-examples-")
    print(f"seed {seed}", flush=True)
    try:
        for name in names:
            if arguments.only and not any(word in name for word in arguments.only):
                continue
            for way in ways:
                if (way == "killed" and name in READS) or (way == "hard" and name not in HARD):
                    continue
                began = time.monotonic()
                try:
                    got = WAYS[way](name, folder, random.Random(f"{seed} {name}"))
                    if arguments.write:
                        with open(path_of(name, "out"), "w", encoding="utf-8") as file:
                            file.write("".join(got))
                    if got is not None:
                        with open(path_of(name, "out"), "rb") as file:
                            compare(steady(file.read()), got)
                    passed += 1
                    print(f"ok   {name}, {way}: {time.monotonic() - began:.1f} s", flush=True)
                except (Trouble, OSError) as trouble:
                    failed += 1
                    print(f"FAIL {name}, {way}: {trouble}", flush=True)
                    shutil.rmtree(folder, ignore_errors=True)
                    os.makedirs(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
