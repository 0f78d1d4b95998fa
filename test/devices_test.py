#!/usr/bin/env python3
"""devices_test - the bare machine and its devices: kinds, limits, failures, a person at the console.

Each test boots build/kernel/phantom.elf in QEMU, without KVM. A machine that ends
by exit=debug gives a status: done, trouble or panic.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

from boot_support import DONE, KERNEL, TROUBLE
from phantom_support import SECONDS_MAX, VolumeTest, phantom, wait_for

QBOOT = "/usr/share/qemu/qboot.rom"  # a firmware that gives no addresses

COUNTER = """
int count = 0;
while (true) {
    count++;
    println("counted to \\{count}");
    sleep(100);
}
"""

ECHO = """
println("ready");
string line = readln();
while (line != null) {
    println("[\\{line}]");
    line = readln();
}
println("no more");
"""


class Board:
    """QEMU with a kernel in it; its serial line is `out`, as it came, and somebody can type there."""

    def __init__(self, folder, words, arguments, machine="q35", cpu="max", memory="128M", cpus=2,
                 reads=True):
        self.control = str(folder / "qmp")
        self.bytes = b""
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-M", machine, "-cpu", cpu, "-m", memory, "-smp", str(cpus),
             "-nodefaults", "-vga", "none", "-display", "none", "-no-reboot", "-serial", "stdio",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", KERNEL,
             "-append", words, "-qmp", f"unix:{self.control},server=on,wait=off", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self.read, daemon=True)
        if reads:
            self.reader.start()

    def read(self):
        while True:
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                return
            self.bytes += piece

    @property
    def out(self):
        return self.bytes.decode(errors="replace")

    def says(self, text, seconds=SECONDS_MAX):
        return wait_for(lambda: text in self.out, seconds)

    def type(self, text):
        os.write(self.process.stdin.fileno(), text.encode())

    def command(self, execute, **arguments):
        """One command to QEMU itself."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.control)
            with control.makefile("rw", encoding="utf-8") as file:
                file.readline()
                for line in ({"execute": "qmp_capabilities"},
                             {"execute": execute, "arguments": arguments}):
                    file.write(json.dumps(line) + "\n")
                    file.flush()
                    file.readline()

    def wait(self, seconds=SECONDS_MAX):
        """Its status; None if it did not end by itself."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        self.reader.join()
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.reader.is_alive():
            self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


def drive(path, name="d0", options="", device=""):
    return ["-drive", f"file={path},if=none,format=raw,id={name}{options}",
            "-device", f"virtio-blk-pci,drive={name}{device}"]


class DeviceTest(VolumeTest):
    def boot(self, arguments, words="exit=debug", **options):
        machine = Board(self.folder, words, arguments, **options)
        self.addCleanup(machine.close)
        return machine

    def scratch(self, size=16 << 20):
        path = self.folder / "scratch"
        with open(path, "wb") as file:
            file.truncate(size)
        return path

    def volume_with(self, text):
        """A volume whose program has come as far as its first line."""
        self.new("64M")
        process = self.start("run", self.volume, self.program(text), stdin=subprocess.PIPE)
        self.assertTrue(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.stdout.read()  # a clean stop waits until the output has left
        process.wait(SECONDS_MAX)
        return self.volume

    def goes_on(self, arguments, **options):
        """The volume's program goes on, and the machine stops in order by Ctrl-C."""
        machine = self.boot(arguments, **options)
        self.assertTrue(machine.says("counted to"), machine.out)
        machine.type("\x03")
        self.assertEqual(machine.wait(), DONE, machine.out)
        self.assertIn("stopped disk", machine.out)
        return machine.out

    def refused(self, arguments, *texts, **options):
        machine = self.boot(arguments, **options)
        self.assertEqual(machine.wait(), TROUBLE, machine.out)
        for text in texts:
            self.assertIn(text, machine.out)


class Disks(DeviceTest):
    def writes_and_reads(self, device, options=""):
        machine = self.boot(drive(self.scratch(), options=options, device=device) +
                            ["-device", "virtio-rng-pci"], "exit=debug selftest=disks")
        self.assertEqual(machine.wait(), DONE, machine.out)
        self.assertIn("ok: disk 0 (virtio, 16.0 MiB)", machine.out)
        self.assertNotIn("warning", machine.out)

    def test_what_is_written_is_read_with_all_features(self):
        self.writes_and_reads("", ",discard=unmap")

    def test_what_is_written_is_read_with_a_short_queue_and_no_features(self):
        self.writes_and_reads(",queue-size=8,indirect_desc=off,event_idx=off,discard=off")

    def test_what_is_written_is_read_with_the_shortest_queue_in_large_blocks(self):
        self.writes_and_reads(",queue-size=4,logical_block_size=4096,physical_block_size=4096")

    def test_a_disk_of_an_odd_size_is_used_as_far_as_blocks_go(self):
        path = self.scratch((16 << 20) + 512)
        machine = self.boot(drive(path), "exit=debug selftest=disks")
        self.assertEqual(machine.wait(), DONE, machine.out)

    def test_a_volume_is_never_taken_for_an_empty_disk(self):
        self.new("64M")
        before = self.volume.read_bytes()
        machine = self.boot(drive(self.volume), "exit=debug selftest=disks")
        self.assertEqual(machine.wait(), TROUBLE, machine.out)
        self.assertEqual(self.volume.read_bytes(), before)

    def test_the_disk_with_a_volume_is_taken_wherever_it_is(self):
        volume = self.volume_with(COUNTER)
        out = self.goes_on(drive(self.scratch(), "d0") + drive(volume, "d1"))
        self.assertIn("resumed disk 1", out)

    def test_a_disk_behind_a_bridge_is_found(self):
        volume = self.volume_with(COUNTER)
        self.goes_on(["-device", "pcie-root-port,id=bridge"] + drive(volume, device=",bus=bridge"))

    def test_regions_without_addresses_get_some(self):
        volume = self.volume_with(COUNTER)
        self.goes_on(drive(volume) + ["-bios", QBOOT], memory="1G")

    def test_an_old_machine_without_its_memory_for_configuration_is_no_obstacle(self):
        self.goes_on(drive(self.volume_with(COUNTER)), machine="pc")

    def test_one_vector_is_enough(self):
        self.goes_on(drive(self.volume_with(COUNTER), device=",vectors=1"))

    def test_a_disk_without_flush_says_so(self):
        volume = self.volume_with(COUNTER)
        out = self.goes_on(drive(volume, device=",write-cache=off,config-wce=off"))
        self.assertIn("knows no flush", out)

    def test_devices_that_cannot_be_used_are_named(self):
        volume = self.volume_with(COUNTER)
        self.refused(drive(volume, device=",vectors=0"), "no message interrupts",
                     "virtio-blk is not used", "there is no disk")
        self.refused(drive(volume, device=",disable-modern=on,disable-legacy=off"),
                     "virtio device of the old kind", "there is no disk")
        self.refused(drive(volume, options=",readonly=on"), "can only be read")


class Failures(DeviceTest):
    def failing(self, volume, kind):
        """A disk that fails every request of one kind."""
        rules = self.folder / "rules"
        rules.write_text(f'[inject-error]\nevent = "none"\niotype = "{kind}"\nerrno = "5"\n')
        return ["-blockdev", f"driver=file,node-name=file,filename={volume}",
                "-blockdev", "driver=raw,node-name=raw,file=file",
                "-blockdev", f"driver=blkdebug,node-name=bad,image=raw,config={rules}",
                "-device", "virtio-blk-pci,drive=bad,werror=report,rerror=report"]

    def test_failed_reads_writes_and_flushes_are_named_and_end_in_order(self):
        volume = self.volume_with(COUNTER)
        for kind, text in (("read", "a read of"), ("write", "a write of"), ("flush", "a flush")):
            with self.subTest(kind):
                machine = self.boot(self.failing(volume, kind))
                self.assertTrue(machine.says(text), machine.out)
                if kind != "read":  # else it cannot even begin
                    machine.type("\x03")
                self.assertEqual(machine.wait(), TROUBLE, machine.out)
                self.assertNotIn("panic", machine.out)

    def test_a_disk_that_keeps_silent_is_named_and_waited_for(self):
        volume = self.volume_with(COUNTER)
        path = self.folder / "nbd"
        server = subprocess.Popen(["qemu-nbd", "-k", str(path), "-f", "raw", str(volume)])
        try:
            self.assertTrue(wait_for(path.exists))
            machine = self.boot(["-blockdev", "driver=nbd,node-name=far,server.type=unix,"
                                 f"server.path={path}", "-device", "virtio-blk-pci,drive=far"])
            self.assertTrue(machine.says("counted to"), machine.out)
            server.send_signal(signal.SIGSTOP)
            self.assertTrue(machine.says("no answer for 5 s; still waiting"), machine.out)
            server.send_signal(signal.SIGCONT)
            machine.type("\x03")
            self.assertEqual(machine.wait(), DONE, machine.out)
        finally:
            server.kill()
            server.wait()

    def test_a_disk_that_grows_meanwhile_does_no_harm(self):
        volume = self.volume_with(COUNTER)
        machine = self.boot(drive(volume))
        self.assertTrue(machine.says("counted to"), machine.out)
        machine.command("block_resize", device="d0", size=80 << 20)
        self.assertTrue(machine.says("has another size now"), machine.out)
        machine.type("\x03")
        self.assertEqual(machine.wait(), DONE, machine.out)

    def test_entropy_that_does_not_come_is_done_without(self):
        volume = self.volume_with(COUNTER)
        silent = ["-chardev", "null,id=null", "-object", "rng-egd,chardev=null,id=egd",
                  "-device", "virtio-rng-pci,rng=egd"]
        out = self.goes_on(drive(volume) + silent, cpu="Nehalem")
        self.assertIn("gives no random numbers", out)
        self.assertIn("no source of random numbers", out)


class Console(DeviceTest):
    def test_a_line_is_edited_before_the_program_sees_it(self):
        machine = self.boot(drive(self.volume_with(ECHO)))
        self.assertTrue(machine.says("resumed"), machine.out)
        machine.type("hullo w\u00f6rld\x1b[H\x1b[C\x1b[3~e\x05\x7f\x7f\u4e2d\r")
        self.assertTrue(machine.says("[hello w\u00f6r\u4e2d]"), machine.out)
        machine.type("gone\x15kept\r")
        self.assertTrue(machine.says("[kept]"), machine.out)
        machine.type("\x04")
        self.assertEqual(machine.wait(), DONE, machine.out)
        self.assertIn("no more\r\n", machine.out)

    def test_the_shell_is_the_same_as_in_a_process(self):
        self.new("64M")
        ended = phantom("shell", self.volume, text="int twice(int x) { return 2 * x; } var n = 20\n")
        self.assertEqual(ended.status, 0, ended)
        machine = self.boot(drive(self.volume))
        self.assertTrue(machine.says("> "), machine.out)
        machine.type("twice(n) \x7f + 2\r")
        self.assertTrue(machine.says("\r\n42\r\n"), machine.out)
        # Typed before there is a prompt it is shown by the machine, else by the shell.
        machine.type("println(\"on\"); while (true) { n++; }\r")
        self.assertTrue(machine.says("\r\non\r\n"), machine.out)
        machine.type("\x03")
        self.assertTrue(machine.says(".internal.error.interrupt"), machine.out)
        machine.type("n > 20\rlook n\rprograms\r")
        self.assertTrue(machine.says("\r\ntrue\r\n"), machine.out)
        self.assertTrue(machine.says(".internal.int "), machine.out)
        self.assertTrue(machine.says("  shell\r\n"), machine.out)
        machine.type("\x04")
        self.assertEqual(machine.wait(), DONE, machine.out)
        self.assertIn("stopped disk", machine.out)
        ended = phantom("shell", self.volume, text="n > 20\n")
        self.assertIn("> true\n", ended.out)

    def test_plain_input_passes_unchanged_and_unseen(self):
        machine = self.boot(drive(self.volume_with(ECHO)), "exit=debug console=plain")
        long = "x" * 20000
        self.assertTrue(machine.says("resumed"), machine.out)
        machine.type(f"one\n\x1b[A\x7f\n{long}\nlast\x04never")
        self.assertEqual(machine.wait(), DONE, machine.out)
        for text in ("[one]\r\n", "[\x1b[A\x7f]\r\n", f"[{long}]\r\n", "[last]\r\n", "no more"):
            self.assertIn(text, machine.out)
        self.assertNotIn("never", machine.out)
        self.assertEqual(machine.out.count("one"), 1)

    def test_the_power_button_stops_the_machine_and_switches_it_off(self):
        machine = self.boot(drive(self.volume_with(COUNTER)), "")
        self.assertTrue(machine.says("counted to"), machine.out)
        machine.command("system_powerdown")
        self.assertEqual(machine.wait(), 0, machine.out)
        self.assertIn("stopped disk", machine.out)

    def test_a_terminal_that_does_not_read_holds_the_program_and_not_the_power_button(self):
        volume = self.volume_with(COUNTER.replace("sleep(100)", "print(\"x\".repeat(1000))"))
        machine = self.boot(drive(volume), "", reads=False)
        time.sleep(4)
        self.assertIsNone(machine.process.poll())
        machine.command("system_powerdown")  # a clean stop waits until the output has left
        time.sleep(1)
        self.assertIsNone(machine.process.poll())
        machine.command("system_powerdown")
        self.assertEqual(machine.process.wait(30), 0)

    def test_a_reset_starts_the_machine_anew(self):
        for machine in ("q35", "pc"):
            with self.subTest(machine):
                board = self.boot([], "selftest=reset", machine=machine)
                self.assertEqual(board.wait(), 0, board.out)  # by -no-reboot

    def test_a_machine_in_trouble_can_be_switched_off(self):
        machine = self.boot([], "")
        self.assertTrue(machine.says("there is no disk"), machine.out)
        machine.command("system_powerdown")
        self.assertEqual(machine.wait(), 0, machine.out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
