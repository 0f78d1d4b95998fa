#!/usr/bin/env python3
"""hop_test - one volume moves between Linux and bare metal, killed each time, and never notices.

The ordeal of kills_test.py (examples/bank.ph: threads, locks, sleeps, deep recursion, exceptions),
but every other life is a machine in QEMU. Each life ends by SIGKILL, of the Linux process, of
QEMU, or of the command that holds QEMU; `phantom check` follows after each.

    --moves N     how many lives (10)
    --bare        all of them on bare metal
    --check N     `phantom check` after so many (1)
    --seed N      of the moments (else chosen, and printed)
    --volume V    keep the volume there

The command is $PHANTOM, or build/phantom.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import argparse
import os
import random
import signal
import subprocess
import sys

import kills_test
from boot_support import children
from kills_test import PHANTOM, PROGRAM, Bank, Trouble


class Traveller(Bank):
    """A bank that lives now here, now there."""

    def __init__(self, arguments, volume, log):
        super().__init__(arguments, volume, log)
        self.arguments.strict = False
        self.lives = {"run": 0, "boot": 0}
        self.verb = "run"

    def start(self):
        self.verb = "boot" if self.arguments.bare or self.kills % 2 == 1 else "run"
        words = [PHANTOM, self.verb, "--gated"]
        if self.verb == "boot":
            words += ["--cpus", str(self.random.choice((1, 2)))]
            words += ["--memory", self.random.choice(("64M", "256M"))]
        words.append(self.volume)
        if not self.installed:
            words += [PROGRAM, "0"]
        return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)

    def hear(self, output):
        """The machine's own lines stand among the program's."""
        lines = output.split(b"\n")
        if any(b"panic" in line for line in lines):
            raise Trouble("the machine panicked:\n" + output.decode(errors="replace"))
        super().hear(b"\n".join(line for line in lines if not line.startswith(b"phantom: ")))

    def moment(self):
        """How long a life lasts: often until it has just begun, sometimes long enough to get on."""
        if self.verb == "run":
            return self.random.choice((0.02, 0.1, 0.3, 0.5)) * self.random.random() + 0.002
        return self.random.choice((0.3, 1.0, 2.0)) * self.random.random() + 0.05

    def cut(self, process):
        """SIGKILL, for QEMU or for the command; false if it has ended by itself."""
        machines = children(process.pid) if self.verb == "boot" else []
        self.lives[self.verb] += 1
        if not machines or self.random.random() < 0.5:
            return super().cut(process)
        os.kill(machines[0], signal.SIGKILL)
        return process.wait() == 1

    def tell(self):
        super().tell()
        self.say(f"  {self.lives['run']} lives under Linux, {self.lives['boot']} on bare metal")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--moves", type=int, default=10)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--check", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--volume")
    arguments = parser.parse_args()
    arguments.kills = arguments.moves
    arguments.sabotage = False
    return kills_test.run(arguments, Traveller, "hop_test")


if __name__ == "__main__":
    sys.exit(main())
