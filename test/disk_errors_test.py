#!/usr/bin/env python3
"""disk_errors_test - a machine whose disk fails: it says so, it does not panic, and nothing committed is lost.

QEMU's blkdebug makes reads, writes and flushes fail, once or from some moment on, with an I/O error
or for lack of space. The program and the judge are those of powercut_test.py.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import errno
import json
import shutil
import signal
import socket
import subprocess
import time
import unittest

from boot_support import DONE, PANIC, TROUBLE, BootTest
from phantom_support import phantom, wait_for
from powercut_test import LINE, goes_on, volume_make

# Commits before the disk begins to fail; each of them flushes twice.
FLUSHES = 12

# Goes through more than the machine's memory, again and again, and says how it went.
READER = """
class row { .internal.ints cells; void row(int n) {
    cells = new .internal.ints(4096); for (int i = 0; i < 4096; i++) cells[i] = n * i; } };
var rows = [];
for (int n = 0; n < 6000; n++)
    rows.add(new row(n));
println("built");
while (true) {
    int wrong = 0;
    for (int n = 0; n < 6000; n++) {
        if (((row) rows[n]).cells[77] != n * 77)
            wrong++;
    }
    println("round: \\{wrong} wrong");
}
"""

# Once it is told to, fills the volume until it is refused; then lets go, and goes on.
FILLER = """
println("begun");
readln();
any kept = null;
int most = 0;
for (int round = 0; round < 3; round++) {
    int count = 0;
    try {
        while (round == 0 || count < most / 3) {
            kept = [kept, new .internal.ints(30000)];
            for (int i = 0; i < 30000; i += 500)
                ((.internal.ints) kept[1])[i] = count + i;
            count++;
        }
        println("went on");
    } catch (.internal.error.space e) {
        most = count;
        println("refused");
    }
    kept = null;
}
"""


def failing(volume, errors, states=()):
    """The words of QEMU for a disk with rules for blkdebug."""
    debug = {"driver": "blkdebug", "node-name": "debug", "image": "file", "inject-error": errors}
    if states:
        debug["set-state"] = list(states)
    return ["-blockdev", f"driver=file,node-name=file,filename={volume}",
            "-blockdev", json.dumps(debug),
            "-blockdev", "driver=raw,node-name=disk,file=debug",
            "-device", "virtio-blk-pci,drive=disk,disable-legacy=on,werror=report,rerror=report"]


def after_flushes(count, **error):
    """Rules for an error that begins after so many flushes."""
    states = [{"event": "flush_to_disk", "state": i, "new_state": i + 1} for i in range(1, count)]
    return [dict(error, state=count)], states


class DiskErrors(BootTest):
    def setUp(self):
        super().setUp()
        self.texts = {}

    def on_line(self, line):
        match = LINE.fullmatch(line)
        if match:
            self.texts[int(match[1])] = line

    def start_failing(self, errors, states):
        """The program on a disk that will fail; with a QMP socket."""
        self.texts = dict(volume_make(self.volume, self.folder / "program.ph"))
        self.socket = self.folder / "qmp"
        return self.machine(*failing(self.volume, errors, states), "-qmp",
                            f"unix:{self.socket},server=on,wait=off", line="gated interval=40",
                            on_line=self.on_line)

    def power_off(self):
        with socket.socket(socket.AF_UNIX) as qmp:
            qmp.connect(str(self.socket))
            with qmp.makefile("rw") as file:
                file.readline()
                for command in ("qmp_capabilities", "system_powerdown"):
                    file.write(json.dumps({"execute": command}))
                    file.flush()
                    while "return" not in json.loads(file.readline()):
                        pass  # errors of the disk are events, and come between

    def judged(self):
        """Nothing that was seen is lost, in a copy, and then in the volume itself."""
        newest = max(self.texts)
        copy = self.folder / "copy"
        shutil.copy(self.volume, copy)
        goes_on(str(copy), self.texts, newest, "after the errors")

    def one_error(self, **error):
        """It fails once: the machine goes on."""
        machine = self.start_failing(*after_flushes(FLUSHES, once=True, **error))
        self.assertTrue(wait_for(lambda: machine.output.has("phantom: error: ")
                                 or machine.output.has("phantom: warning: "), 60),
                        f"no word about the error:\n{machine.output}")
        before = max(self.texts)
        self.assertTrue(wait_for(lambda: max(self.texts) > before + 20, 60),
                        f"no output any more:\n{machine.output}")
        self.assertIsNone(machine.process.poll())
        self.power_off()
        self.assertEqual(machine.end(), DONE, str(machine.output))
        self.judged()

    def errors_for_ever(self, **error):
        """From some moment on nothing can be committed: no panic, and it can be switched off."""
        machine = self.start_failing(*after_flushes(FLUSHES, once=False, **error))
        self.saw(machine.output, "phantom: error: ")
        time.sleep(3)
        self.assertIsNone(machine.process.poll(), str(machine.output))
        self.power_off()
        status = machine.end(90)
        self.assertNotEqual(status, PANIC, str(machine.output))
        self.assertEqual(status, TROUBLE, str(machine.output))
        self.judged()

    def test_one_failed_write(self):
        self.one_error(event="write_aio", errno=errno.EIO)

    def test_one_failed_flush(self):
        self.one_error(event="flush_to_disk", errno=errno.EIO)

    def test_one_write_without_room(self):
        self.one_error(event="write_aio", errno=errno.ENOSPC)

    def test_writes_that_fail_for_ever(self):
        self.errors_for_ever(event="write_aio", errno=errno.EIO)

    def test_flushes_that_fail_for_ever(self):
        self.errors_for_ever(event="flush_to_disk", errno=errno.EIO)

    def test_no_room_for_ever(self):
        self.errors_for_ever(event="write_aio", errno=errno.ENOSPC)

    def filler_make(self):
        """A volume in which the filler waits to be told."""
        self.new("256M")
        process = self.start("run", self.volume, self.program(FILLER), stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "begun\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)

    def fill(self, chunks):
        """Boot it on a disk that gets no more room after so many times."""
        states = [{"event": "pwritev_zero", "state": i, "new_state": i + 1}
                  for i in range(1, chunks + 1)]
        full = [{"event": "pwritev_zero", "iotype": "write-zeroes", "errno": errno.ENOSPC,
                 "state": chunks + 1}]
        machine = self.machine(*failing(self.volume, full, states), line="interval=100")
        machine.process.stdin.write(b"go\n")
        machine.process.stdin.flush()
        return machine

    def test_a_full_disk_below_refuses_the_program_that_asked(self):
        self.filler_make()
        machine = self.fill(2)
        self.assertEqual(machine.end(), DONE, str(machine.output))
        said = [line for line in machine.output.lines if not line.startswith("phantom: ")]
        self.assertEqual(said, ["refused", "went on", "went on"], str(machine.output))
        self.assertEqual(str(machine.output).count("gets no more room"), 1, str(machine.output))
        self.assertFalse(machine.output.has("phantom: error: "), str(machine.output))
        self.assertSound()

    def test_a_disk_below_that_was_full_from_the_start_costs_nothing(self):
        self.filler_make()
        machine = self.fill(0)
        self.assertEqual(machine.end(), TROUBLE, str(machine.output))
        self.assertTrue(machine.output.has("the volume is full"), str(machine.output))
        self.assertSound()
        ended = phantom("run", self.volume, text="go\n")
        self.assertEqual((ended.status, ended.out), (0, "refused\nwent on\nwent on\n"), ended)

    def test_a_disk_that_cannot_be_read(self):
        self.new()
        machine = self.machine(*failing(self.volume, [{"event": "read_aio", "errno": errno.EIO}]))
        self.assertEqual(machine.end(), TROUBLE, str(machine.output))
        self.assertTrue(machine.output.has("reports an error"), str(machine.output))

    def test_a_page_that_cannot_be_read_stops_the_program_and_not_the_machine(self):
        self.new("512M")
        process = self.boot("--memory", "64M", "--interval", "200", self.volume, self.program(READER))
        self.saw(process.output, "round: 0 wrong", 120)
        process.send_signal(signal.SIGINT)
        self.ends(process, 0)
        # One sector in the middle of what the program has: whoever reads it fails.
        self.socket = self.folder / "qmp"
        sector = (256 << 20) // 2 // 512
        errors = [{"event": "read_aio", "errno": errno.EIO, "sector": sector + 8 * i}
                  for i in range(0, 64)]
        machine = self.machine(*failing(self.volume, errors), "-qmp",
                               f"unix:{self.socket},server=on,wait=off", memory="64M")
        self.saw(machine.output, "phantom: ", 60)
        time.sleep(8)
        self.assertNotEqual(machine.process.poll(), PANIC, str(machine.output))
        if machine.process.poll() is None:
            self.power_off()
        self.assertIn(machine.end(), (DONE, TROUBLE), str(machine.output))
        self.assertSound()


if __name__ == "__main__":
    unittest.main()
