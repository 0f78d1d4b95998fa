"""boot_support - what the tests that boot a machine share.

`phantom boot` is what people use; Machine starts QEMU by itself, where a test wants a disk of
another making.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import signal
import subprocess
import threading
import time

from phantom_support import PHANTOM, VolumeTest, wait_for

KERNEL = os.path.join(os.path.dirname(PHANTOM), "kernel", "phantom.elf")
KERNEL_CHECKED = os.path.join(os.path.dirname(PHANTOM), "kernel-checked", "phantom.elf")

# How QEMU ends by isa-debug-exit.
DONE, TROUBLE, PANIC = 33, 35, 37


def children(pid):
    """The processes that a process has started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


class Output:
    """All that a stream says, collected by a thread, as whole lines with the time of each."""

    def __init__(self, stream):
        self.lines = []
        self.times = []
        self.rest = ""
        self.on_line = None
        self.stream = stream
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        for line in iter(self.stream.readline, b""):
            text = line.decode(errors="replace").replace("\r", "")
            if not text.endswith("\n"):
                self.rest = text
                break
            if self.on_line:
                self.on_line(text[:-1])
            self.lines.append(text[:-1])
            self.times.append(time.monotonic())

    def has(self, word):
        return any(word in line for line in self.lines)

    def end(self):
        """Wait until nothing more can come; give back all lines."""
        self.thread.join()
        self.stream.close()
        return self.lines

    def __str__(self):
        return "\n".join([*self.lines, self.rest])


class Machine:
    """QEMU with our kernel, and disks as its words say."""

    def __init__(self, *words, kernel=KERNEL, cpus=2, memory="256M", line="", on_line=None):
        command = ["qemu-system-x86_64", "-no-user-config", "-nodefaults", "-no-reboot",
                   "-machine", "q35", "-cpu", "max", "-smp", str(cpus), "-m", memory, "-vga", "none",
                   "-display", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                   "-kernel", kernel, "-append", f"exit=debug console=plain {line}".strip(),
                   "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console", *words]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.output = Output(self.process.stdout)
        self.output.on_line = on_line

    def end(self, seconds=60):
        """Wait for its end; QEMU's status."""
        try:
            return self.process.wait(seconds)
        finally:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.output.end()


def disk(volume, **options):
    """The words of QEMU for a plain disk."""
    more = "".join(f",{key}={value}" for key, value in options.items())
    return ["-blockdev", f"driver=file,node-name=file,filename={volume}",
            "-blockdev", "driver=raw,node-name=disk,file=file",
            "-device", f"virtio-blk-pci,drive=disk,disable-legacy=on,werror=report,rerror=report{more}"]


class BootTest(VolumeTest):
    """A test that boots machines."""

    def boot(self, *words, **options):
        """`phantom boot ...`, under way; with its output as `process.output`."""
        return self.command("boot", *words, **options)

    def command(self, *words, stdin=subprocess.PIPE):
        """The command, under way; with its output as `process.output`."""
        process = subprocess.Popen([PHANTOM, *map(str, words)], stdin=stdin,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        process.output = Output(process.stdout)

        def end():
            for child in children(process.pid):
                os.kill(child, signal.SIGKILL)
            if process.poll() is None:
                process.kill()
            process.wait()
            process.output.end()
            if process.stdin:
                process.stdin.close()

        self.addCleanup(end)
        return process

    def machine(self, *words, **options):
        machine = Machine(*map(str, words), **options)
        self.addCleanup(machine.kill)
        return machine

    def saw(self, output, word, seconds=60):
        """Wait for a word in the output."""
        self.assertTrue(wait_for(lambda: output.has(word), seconds),
                        f"'{word}' was not said:\n{output}")

    def ends(self, process, status, seconds=60):
        process.wait(seconds)
        process.output.thread.join()
        self.assertEqual(process.returncode, status, str(process.output))

    def assertSound(self, volume=None):
        ended = subprocess.run([PHANTOM, "check", volume or self.volume], capture_output=True,
                               text=True, check=False)
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        return ended.stdout
