#!/usr/bin/env python3
"""soak [--minutes M] - a booted machine under stress for an hour: it neither stalls nor grows.

examples/bank.ph on a machine with 64 MiB, with snapshots all the time: threads, garbage, deep stacks,
exceptions. Each report of the program must come within 20 seconds and count on. Every so often the
machine is switched off and on, and the volume looked at: sound, and never larger than what is alive
in it and what a collector is owed. In half an hour and more it does not grow by half, either. (Memory that
leaks would end a machine of 64 MiB.)

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from boot_support import Output
from kills_test import REPORT
from phantom_support import PHANTOM, ROOT

SILENCE_SECONDS_MAX = 20
PERIODS = 6
# A MiB is alive; 8 MiB of garbage ask for a full collection; as much waits to be used again, at
# most; and there are two nurseries of 2 MiB, that of this life and that of the one before.
PAGES_MAX = (1 + 8 + 8 + 2 * 2) * 256
GROWTH_MINUTES_MIN = 30
GROWTH_MAX = 1.5


class Trouble(Exception):
    """The soak has failed, and this is why."""


def period(volume, words, seconds, before):
    """One stretch of the machine's life; the counters at its end."""
    process = subprocess.Popen([PHANTOM, "boot", "--gated", "--memory", "64M", volume, *words],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = Output(process.stdout)
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < seconds:
            time.sleep(0.5)
            newest = output.times[-1] if output.times else begun
            if process.poll() is not None:
                raise Trouble(f"it ended with status {process.returncode}:\n{output}")
            if time.monotonic() - newest > SILENCE_SECONDS_MAX:
                raise Trouble(f"no word for {SILENCE_SECONDS_MAX} s:\n{output}")
        process.send_signal(signal.SIGINT)
        if process.wait(60) != 0:
            raise Trouble(f"it stopped with status {process.returncode}:\n{output}")
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdin.close()
        lines = output.end()
    if any("BROKEN" in line for line in lines):
        raise Trouble("the program found its data broken")
    reports = [match for match in map(REPORT.fullmatch, lines) if match]
    if not reports:
        raise Trouble(f"no report:\n{output}")
    counters = tuple(map(int, reports[-1].groups()))
    if any(new <= old for new, old in zip(counters, before)):
        raise Trouble(f"something stood still: {before}, and then {counters}")
    return counters


def soak(volume, minutes):
    words = [str(ROOT / "examples" / "bank.ph")]
    counters = (0,) * 6
    pages = []
    subprocess.run([PHANTOM, "new", volume, "--size", "1G"], check=True, stderr=subprocess.DEVNULL)
    for n in range(PERIODS):
        counters = period(volume, words, minutes * 60 / PERIODS, counters)
        words = []
        ended = subprocess.run([PHANTOM, "check", volume], capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise Trouble(ended.stdout + ended.stderr)
        told = subprocess.run([PHANTOM, "stat", "--json", volume], capture_output=True, check=True)
        pages.append(json.loads(told.stdout)["pages_mapped"])
        print(f"{n + 1} of {PERIODS}: {counters[0]} moves, {counters[5]} lists, {pages[-1]} pages",
              flush=True)
        if pages[-1] > PAGES_MAX:
            raise Trouble(f"{pages[-1]} pages are mapped, of {PAGES_MAX} that are enough")
    half = PERIODS // 2
    if minutes >= GROWTH_MINUTES_MIN and max(pages[half:]) > GROWTH_MAX * max(pages[:half]):
        raise Trouble(f"the volume grows: {pages} pages")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phantom-soak-") as folder:
        try:
            soak(str(pathlib.Path(folder) / "volume.phantom"), arguments.minutes)
        except Trouble as trouble:
            print(f"soak: {trouble}\n0 passed, 1 failed")
            return 1
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
