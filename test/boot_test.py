#!/usr/bin/env python3
"""boot_test - a volume boots on bare metal: processors, memory, troubles, power, the terminal.

All in QEMU. What needs hundreds of boots is in hop_test.py and powercut_test.py.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import pathlib
import pty
import signal
import subprocess
import termios
import time
import unittest

from boot_support import BootTest, DONE, KERNEL_CHECKED, Output, TROUBLE, children, disk
from phantom_support import PHANTOM, ROOT, kill, phantom, wait_for

BANK = ROOT / "examples" / "bank.ph"

# Says what it hears, and ends by a word.
ECHO = """
println("ready");
string line = readln();
while (line != null && line != "end") {
    println("heard " + line);
    line = readln();
}
println(line == null ? "no more" : "the end");
"""

# Works on more than a small machine's memory, and knows what must come out.
LARGE = """
class row { int number; .internal.ints cells; void row(int n) {
    number = n; cells = new .internal.ints(4096); for (int i = 0; i < 4096; i++) cells[i] = n * i; } };
var rows = [];
int count = args()[0].toInt();
for (int n = 0; n < count; n++)
    rows.add(new row(n));
long wrong = 0L;
for (int round = 0; round < 2; round++) {
    for (int n = 0; n < count; n++) {
        row r = (row) rows[n];
        if (r.number != n || r.cells[4095] != n * 4095 || r.cells[17] != n * 17)
            wrong++;
    }
}
println("wrong: \\{wrong}");
"""

IDLE = """
class sleeper { void run() { sleep(86400000L * 365L); } };
var list = [1, 2, 3];
spawn(new sleeper());
println("waiting");
readln();
println("never " + list);
"""

# Anything that a processor might round in its own way.
FLOATS = """
long sum = 0L;
double x = 0.37;
for (int i = 1; i <= 4000; i++) {
    x = x * 3.7 * (1.0 - x) + 1.0 / (double) (i * 1000003);
    double y = .internal.math.sin(x * (double) i) + .internal.math.cos(x / 3.0) * .internal.math.sqrt(x)
        + .internal.math.pow(x, 1.7) + .internal.math.exp(-x) + .internal.math.log(x + 1.0) + (double) (float) x;
    sum = sum * 31L + .internal.double.bits(y);
    if (i % 500 == 0)
        println("\\{i} \\{y} \\{.internal.double.bits(y)} \\{sum}");
    if (x <= 0.0 || x >= 1.0)
        x = 0.41;
}
println("bits \\{sum}");
"""


def is_dead(pid):
    """Gone, or left for somebody to reap. It may go while it is looked at."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rsplit(")", 1)[1].split()[0] == "Z"


def cpu_seconds(pid):
    """Processor time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bytes_written(pid):
    """Bytes that a process caused to be written to disks."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return int(dict(line.split(": ") for line in file.read().splitlines())["write_bytes"])


class Sizes(BootTest):
    def bank_runs(self, *words):
        self.new()
        process = self.boot(*words, self.volume, BANK, "300")
        self.ends(process, 0)
        self.assertIn("verdict: the sum is right", process.output.lines)
        self.assertSound()

    def test_one_processor_runs_many_threads(self):
        self.bank_runs("--cpus", "1")

    def test_two_processors_run_many_threads(self):
        self.bank_runs("--cpus", "2")

    def test_four_processors_run_many_threads(self):
        self.bank_runs("--cpus", "4", "--strict")

    def test_the_checked_kernel_runs_many_threads(self):
        self.bank_runs("--kernel", KERNEL_CHECKED)

    def test_64_mib_page_what_does_not_fit(self):
        self.new("512M")
        process = self.boot("--memory", "64M", self.volume, self.program(LARGE), "6000")
        self.ends(process, 0, 120)
        self.assertIn("wrong: 0", process.output.lines)
        self.assertSound()

    def test_64_mib_and_a_slow_disk(self):
        """What was written leaves slowly, and tables and buffers are needed until it has."""
        self.new("512M")
        first = self.boot("--memory", "64M", self.volume, self.program(LARGE), "3000")
        self.saw(first.output, "resumed")
        kill(first)
        slow = self.machine(
            "-object", "throttle-group,id=slow,x-bps-write=5000000,x-iops-write=400",
            "-blockdev", f"driver=file,node-name=file,filename={self.volume},cache.direct=on",
            "-blockdev", "driver=throttle,node-name=throttled,file=file,throttle-group=slow",
            "-blockdev", "driver=raw,node-name=disk,file=throttled",
            "-device", "virtio-blk-pci,drive=disk,disable-legacy=on", memory="64M")
        self.assertEqual(slow.end(240), DONE, str(slow.output))
        self.assertIn("wrong: 0", slow.output.lines)
        self.assertSound()

    def test_2_gib_are_all_there(self):
        self.new("512M")
        process = self.boot("--memory", "2G", self.volume, self.program(LARGE), "4000")
        self.ends(process, 0)
        self.assertIn("wrong: 0", process.output.lines)
        self.assertTrue(process.output.has("2 processors, 20"), str(process.output))


class Same(BootTest):
    def test_floating_point_has_the_same_bits_on_both_machines(self):
        source = self.program(FLOATS)
        here = phantom("exec", source)
        self.assertEqual(here.status, 0, here)
        self.new()
        process = self.boot(self.volume, source)
        self.ends(process, 0)
        there = [line for line in process.output.lines if not line.startswith("phantom: ")]
        self.assertEqual(there, here.out.splitlines())

    def test_a_program_goes_on_under_linux_and_back(self):
        self.new()
        process = self.boot("--gated", self.volume, BANK)
        self.saw(process.output, "so far: ")
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        for verb in ("run", "boot", "run"):
            process = self.command(verb, "--gated", self.volume)
            self.saw(process.output, "so far: ")
            process.send_signal(signal.SIGINT)
            self.ends(process, 0)
            self.assertFalse(process.output.has("BROKEN"), str(process.output))
            self.assertSound()


class Power(BootTest):
    def test_ctrl_c_is_the_power_button_and_loses_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                self.volume.unlink(missing_ok=True)
                self.new()
                process = self.boot(self.volume, BANK)
                self.saw(process.output, "so far: ")
                process.send_signal(number)
                self.ends(process, 0)
                self.saw(process.output, "stopped ")
                ended = phantom("log", self.volume)
                self.assertIn("stop", ended.out.splitlines()[1], ended)
                self.assertSound()

    def test_a_second_ctrl_c_pulls_the_plug(self):
        self.new()
        process = self.boot(self.volume, BANK)
        self.saw(process.output, "so far: ")
        process.send_signal(signal.SIGSTOP)  # so that both are there when it looks
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGQUIT)
        process.send_signal(signal.SIGCONT)
        process.wait(20)
        self.assertEqual(process.returncode, 130)
        self.assertSound()

    def test_a_button_that_is_pressed_at_once_is_not_forgotten(self):
        self.new()
        process = self.boot(self.volume, BANK)
        self.assertTrue(wait_for(lambda: children(process.pid)))
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)

    def test_nothing_survives_the_command(self):
        self.new()
        process = self.boot(self.volume, BANK)
        self.saw(process.output, "so far: ")
        qemu = children(process.pid)[0]
        process.kill()
        process.wait()
        self.assertTrue(wait_for(lambda: is_dead(qemu)))
        self.assertSound()

    def test_a_booted_volume_is_in_use(self):
        self.new()
        process = self.boot(self.volume, BANK)
        self.saw(process.output, "so far: ")
        for words in (["check", "--heap"], ["boot"], ["run"]):
            self.assertClear(phantom(*words, self.volume, env={}), 1, "has it open")
        live = phantom("check", self.volume)
        self.assertClear(live, 0)
        self.assertIn("it runs", live.out)

    # A QEMU that somebody else has started: it takes locks of its own.

    def all_refused(self, *verbs):
        """Each of these is, while somebody has the volume; they wait for it side by side."""
        started = [(words, self.start(words[0], self.volume, *words[1:])) for words in verbs]
        for words, process in started:
            with self.subTest(words=words):
                _, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 1, err)
                self.assertIn("has it open", err)

    def qemu_refused(self):
        machine = self.machine(*disk(self.volume))
        self.assertEqual(machine.end(), 1, str(machine.output))
        self.assertIn("lock", str(machine.output))

    def test_who_writes_or_reads_is_refused_while_qemu_has_it(self):
        self.new()
        process = self.start("run", self.volume, self.program(ECHO), stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        machine = self.machine(*disk(self.volume))
        self.saw(machine.output, "resumed")
        machine.process.stdin.write(b"something\n")
        machine.process.stdin.flush()
        self.saw(machine.output, "heard something")
        self.all_refused(("run",), ("check",), ("check", "--heap"), ("stat",), ("ps",), ("history",), ("show",),
                         ("clone", "1", self.folder / "clone"), ("boot",), ("grow", "--size", "1G"))
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {self.volume.name, "program.ph"})
        machine.process.stdin.write(b"end\n")
        machine.process.stdin.flush()
        self.assertEqual(machine.end(), DONE, str(machine.output))
        self.assertSound()

    def test_qemu_is_refused_while_somebody_writes_or_reads(self):
        self.new()
        process = self.start("run", self.volume, self.program(ECHO), stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.qemu_refused()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        generation = phantom("history", self.volume, "pin").out.split()[1]
        reader = self.start("send", self.volume, "--to", generation)  # into a pipe that nobody empties
        reader.stdout.buffer.read(1)
        self.qemu_refused()
        self.all_refused(("run",))
        self.assertIsNone(reader.poll())
        kill(reader)
        self.assertSound()

    def test_an_idle_machine_halts_and_writes_nothing(self):
        self.new()
        process = self.boot(self.volume, self.program(IDLE))
        self.saw(process.output, "waiting")
        qemu = children(process.pid)[0]
        self.assertTrue(wait_for(lambda: phantom("ps", self.volume).status == 0))
        time.sleep(8)  # the last snapshots
        seconds = 20
        cpu, written = cpu_seconds(qemu), bytes_written(qemu)
        time.sleep(seconds)
        cpu, written = cpu_seconds(qemu) - cpu, bytes_written(qemu) - written
        print(f"{seconds} s idle: {written} bytes to the disk, {cpu / seconds * 100:.1f} % of a core",
              flush=True)
        self.assertEqual(written, 0)
        self.assertLess(cpu / seconds, 0.03)
        self.assertEqual(self.stat()["running"], True, "it sleeps, and answers")


class Console(BootTest):
    def test_lines_go_in_and_their_end_is_seen(self):
        self.new()
        process = self.boot(self.volume, self.program(ECHO))
        process.stdin.write("one\nzwölf €\n".encode())
        process.stdin.close()
        self.ends(process, 0)
        said = [line for line in process.output.lines if not line.startswith("phantom: ")]
        self.assertEqual(said, ["ready", "heard one", "heard zwölf €", "no more"])

    def test_the_terminal_edits_and_is_put_back_as_it_was(self):
        self.new()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        before = termios.tcgetattr(theirs)
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen(
                ["setsid", "-w", "-c", PHANTOM, "boot", str(self.volume), str(self.program(ECHO))],
                stdin=theirs, stdout=theirs, stderr=log)
        self.addCleanup(process.kill)
        seen = self.terminal_reads(ours, b"ready")
        os.write(ours, "grün\x7f\x7fau\r".encode())
        seen += self.terminal_reads(ours, "heard grau".encode())
        self.assertEqual(termios.tcgetattr(theirs)[3] & (termios.ICANON | termios.ISIG), termios.ISIG)
        os.write(ours, b"\x03")  # Ctrl-C
        seen += self.terminal_reads(ours, b"stopped ")
        self.assertEqual(process.wait(30), 0, seen)
        self.assertEqual(termios.tcgetattr(theirs), before)
        os.close(theirs)

    def terminal_reads(self, terminal, word, seconds=60):
        """Read until a word was there."""
        os.set_blocking(terminal, False)
        seen = b""
        end = time.monotonic() + seconds
        while word not in seen:
            self.assertLess(time.monotonic(), end, f"no {word} in {seen}")
            try:
                seen += os.read(terminal, 4096)
            except BlockingIOError:
                time.sleep(0.02)
        return seen


class Demonstration(BootTest):
    """What `make boot` does, in a folder of its own."""

    def demo(self):
        process = subprocess.Popen([ROOT / "scripts" / "demo", "boot"], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=dict(os.environ, PHANTOM=PHANTOM, B=str(self.folder)))
        process.output = Output(process.stdout)
        self.addCleanup(process.output.end)
        self.addCleanup(process.kill)
        return process

    def test_a_first_boot_says_one_line_of_its_own_and_then_the_machine_speaks(self):
        process = self.demo()
        self.saw(process.output, ": resumed ")
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        first, second = process.output.lines[:2]
        self.assertIn("demo: making ./demo.phantom", first)
        self.assertIn("phantom: machine: ", second)

    def test_what_stands_in_its_way_is_shown(self):
        (self.folder / "demo.phantom").symlink_to(self.folder / "none" / "there")
        process = self.demo()
        self.ends(process, 1)
        self.assertTrue(process.output.has("phantom: error: "), str(process.output))


class Troubles(BootTest):
    def ends_with(self, machine, status, *words):
        self.assertEqual(machine.end(), status, str(machine.output))
        for word in words:
            self.assertTrue(machine.output.has(word), f"no '{word}' in:\n{machine.output}")

    def test_no_disk(self):
        self.ends_with(self.machine(), TROUBLE, "there is no disk")

    def test_an_empty_disk(self):
        with open(self.volume, "wb") as file:
            file.truncate(64 << 20)
        self.ends_with(self.machine(*disk(self.volume)), TROUBLE, "it is empty")

    def test_a_foreign_disk(self):
        with open(self.volume, "wb") as file:
            file.write(os.urandom(8 << 20))
        self.ends_with(self.machine(*disk(self.volume)), TROUBLE, "not a Phantom volume")

    def test_a_volume_that_may_only_be_read(self):
        self.new()
        words = [word.replace("node-name=disk", "node-name=disk,read-only=on")
                 for word in disk(self.volume)]
        self.ends_with(self.machine(*words), TROUBLE, "may only be read")

    def test_a_damaged_volume(self):
        self.new()
        with open(self.volume, "r+b") as file:
            for block in range(4096):
                file.seek(block * 4096)
                file.write(b"\xa5" * 512)
        ended = self.machine(*disk(self.volume))
        self.ends_with(ended, TROUBLE, "phantom: error: ")

    def test_a_truncated_volume(self):
        self.new()
        os.truncate(self.volume, 128 << 20)
        self.ends_with(self.machine(*disk(self.volume)), TROUBLE, "truncated")

    def test_too_little_memory(self):
        self.new()
        machine = self.machine(*disk(self.volume), memory="16M")
        self.ends_with(machine, TROUBLE, "memory")

    def test_a_machine_in_trouble_can_be_switched_off(self):
        """Without exit=debug it waits for its power button, and ACPI switches it off."""
        socket = self.folder / "qmp"
        machine = self.machine("-qmp", f"unix:{socket},server=on,wait=off", "-append", "columns=80")
        self.saw(machine.output, "power button")
        subprocess.run(
            ["python3", "-c", "import socket,sys; s = socket.socket(socket.AF_UNIX); "
             "s.connect(sys.argv[1]); f = s.makefile('rw'); f.readline(); "
             "[(f.write('{\"execute\":\"%s\"}' % c), f.flush(), f.readline()) "
             "for c in ('qmp_capabilities', 'system_powerdown')]", str(socket)], check=True)
        self.assertEqual(machine.end(), 0, str(machine.output))

    def test_a_missing_qemu_is_said(self):
        self.new()
        self.assertClear(phantom("boot", self.volume, env={"PATH": str(self.folder)}), 1,
                         "is not installed", "apt install")

    def test_a_missing_kernel_is_said(self):
        self.new()
        self.assertClear(phantom("boot", "--kernel", self.folder / "none", self.volume), 1, "none")

    def test_wrong_words_are_wrong_usage(self):
        self.assertClear(phantom("boot", "--cpus", "0", self.volume), 2, "--cpus")
        self.assertClear(phantom("boot"), 2, "an argument is missing")

    def test_words_of_qemu_are_qemus(self):
        self.new()
        self.assertClear(phantom("boot", self.volume, "--", "-no-such-thing"), 1, "no-such-thing")

    def test_a_program_that_does_not_compile_boots_nothing(self):
        self.new()
        self.assertClear(phantom("boot", self.volume, self.program("int x = ;")), 1, "not compiled")


if __name__ == "__main__":
    unittest.main()
