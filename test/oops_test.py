#!/usr/bin/env python3
"""oops_test - the kernel's own tests, and its deaths: each says of what, and writes nothing.

The tests inside the kernel are kernel/selftest; here they are started and judged.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import hashlib
import json
import socket
import subprocess
import time
import unittest

from boot_support import BootTest, DONE, KERNEL, KERNEL_CHECKED, PANIC, TROUBLE, disk
from phantom_support import PHANTOM, ROOT

BANK = ROOT / "examples" / "bank.ph"

# How to die, what must be said of it, and a function that the backtrace must name.
DEATHS = [
    ("assert", "does not hold: two == 3", "die_assert"),
    ("null", "a write at address 0, which is a null pointer", "die_null"),
    ("wild", "a write at address 0x700000000000, where nothing is", "die_wild"),
    ("opcode", "invalid opcode", "die_opcode"),
    ("stack", "stack overflow", "recurse"),
    ("text", "which forbids it", "die_text"),
    ("protection", "general protection", "die_protection"),
    ("data", "which forbids it", "selftest_die"),
    ("locked", "interrupts are off", "die_locked"),
    ("deaf", "the other processor is deaf", "die_deaf"),
    ("two", "two at once", "die_two_thread"),
]


class SelfTest(BootTest):
    def passes(self, **options):
        machine = self.machine(line="selftest", **options)
        self.assertEqual(machine.end(120), DONE, str(machine.output))
        self.assertTrue(machine.output.has(f"tests passed on {options['cpus']} processors"),
                        str(machine.output))

    def test_one_processor(self):
        self.passes(cpus=1)

    def test_two_processors(self):
        self.passes(cpus=2)

    def test_four_processors(self):
        self.passes(cpus=4)

    def test_two_processors_checked(self):
        self.passes(cpus=2, kernel=KERNEL_CHECKED)

    def test_64_mib(self):
        self.passes(cpus=2, memory="64M")


class Deaths(BootTest):
    def dies(self, name, says, function, kernel=KERNEL):
        machine = self.machine(line=f"selftest={name}", kernel=kernel)
        self.assertEqual(machine.end(), PANIC, str(machine.output))
        panics = [line for line in machine.output.lines if line.startswith("panic: ")]
        self.assertEqual(len(panics), 1, str(machine.output))
        self.assertIn(says, panics[0])
        self.assertTrue(machine.output.has(f" {function}"), str(machine.output))
        self.assertTrue(machine.output.has("thread_begin+"), str(machine.output))

    def test_each_death_says_of_what_and_where(self):
        for death in DEATHS:
            if death[0] == "stack":  # too deep to be shown down to its beginning
                continue
            with self.subTest(death=death[0]):
                self.dies(*death)

    def test_a_stack_that_overflows_is_not_some_other_memory(self):
        machine = self.machine(line="selftest=stack")
        self.assertEqual(machine.end(), PANIC, str(machine.output))
        self.assertTrue(machine.output.has("stack overflow"), str(machine.output))
        self.assertTrue(machine.output.has(" recurse"), str(machine.output))

    def test_the_checked_kernel_dies_of_undefined_behaviour(self):
        self.dies("undefined", "undefined behaviour: a shift by", "die_undefined", KERNEL_CHECKED)

    def test_an_ordered_end_is_no_panic(self):
        machine = self.machine(line="selftest=halt")
        self.assertEqual(machine.end(), TROUBLE, str(machine.output))
        self.assertFalse(machine.output.has("panic"), str(machine.output))


class Oops(BootTest):
    def qmp(self, path, command):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            stream = connection.makefile("rw")
            stream.readline()
            for word in ("qmp_capabilities", command):
                stream.write(json.dumps({"execute": word}))
                stream.flush()
                stream.readline()

    def contents(self):
        return hashlib.sha256(self.volume.read_bytes()).hexdigest()

    def test_a_panic_in_the_middle_of_everything_writes_nothing_more(self):
        self.new("64M")
        with subprocess.Popen([PHANTOM, "run", self.volume, BANK], stdout=subprocess.PIPE) as first:
            first.stdout.readline()
            first.kill()
        path = self.folder / "qmp"
        # The second -append counts: without exit=debug the machine stands still, and can be looked at.
        machine = self.machine(*disk(self.volume), "-qmp", f"unix:{path},server=on,wait=off",
                               "-append", "interval=100")
        self.saw(machine.output, "so far: ")
        time.sleep(1)
        self.qmp(path, "inject-nmi")
        self.saw(machine.output, "The machine stands still.")
        self.assertTrue(machine.output.has("panic: non-maskable interrupt: asked for"),
                        str(machine.output))
        lines = len(machine.output.lines)
        time.sleep(0.5)  # what QEMU had taken before
        before = self.contents()
        time.sleep(3)
        self.assertEqual(self.contents(), before)
        self.assertEqual(len(machine.output.lines), lines, str(machine.output))
        machine.kill()
        self.assertSound()
        with subprocess.Popen([PHANTOM, "run", self.volume], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as again:
            out, _ = again.communicate("end\n", timeout=60)
        self.assertEqual(again.returncode, 0, out)
        self.assertIn("verdict: the sum is right", out)


if __name__ == "__main__":
    unittest.main()
