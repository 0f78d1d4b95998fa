"""phantom_support - what the tests that drive the command share.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import atexit
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
import weakref

ROOT = pathlib.Path(__file__).resolve().parent.parent
PHANTOM = os.path.abspath(os.environ.get("PHANTOM", ROOT / "build" / "phantom"))
SECONDS_MAX = 60

# Small enough to make quickly, large enough for the class library and a program.
VOLUME_SIZE = "256M"


# A test that is told to end does so as after Ctrl-C: it removes its files, and ends what it started.
signal.signal(signal.SIGTERM, signal.default_int_handler)

# What it starts hears of a hangup, though it may run under nohup itself.
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)
started = weakref.WeakSet()


@atexit.register
def end_started():
    for process in started:
        if process.poll() is None:
            process.kill()


class Ended:
    """How a command ended: status, standard output, standard error."""

    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def __repr__(self):
        return f"status {self.status}\n--- out\n{self.out}\n--- err\n{self.err}"


def phantom(*words, text="", seconds=SECONDS_MAX, env=None):
    """Run the command to its end."""
    environment = dict(os.environ, **(env or {}))
    process = subprocess.run([PHANTOM, *map(str, words)], input=text, capture_output=True,
                             text=True, errors="replace", timeout=seconds, env=environment,
                             check=False)
    return Ended(process)


def start(*words, **options):
    """Start the command and come back at once."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    process = subprocess.Popen([PHANTOM, *map(str, words)], text=True, **options)
    started.add(process)
    return process


def wait_for(condition, seconds=20):
    """Wait until `condition()` is true; say whether it came true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def kill(process):
    """A power cut, as far as a process can have one."""
    process.send_signal(signal.SIGKILL)
    process.wait()


class VolumeTest(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="phantom-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.volume = self.folder / "volume.phantom"

    def new(self, size=VOLUME_SIZE):
        ended = phantom("new", self.volume, "--size", size)
        self.assertEqual(ended.status, 0, ended)
        return self.volume

    def program(self, text, name="program.ph"):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *words, **options):
        """Start the command; it is ended with the test, whatever happens."""
        process = start(*words, **options)

        def end():
            if process.poll() is None:
                kill(process)
            for stream in (process.stdout, process.stderr, process.stdin):
                if stream is not None:
                    stream.close()

        self.addCleanup(end)
        return process

    def assertClear(self, ended, status, *words):
        """The status, and one message that has these words; no crash, no noise."""
        self.assertEqual(ended.status, status, ended)
        for word in words:
            self.assertIn(word, ended.err, ended)
        self.assertNotIn("panic", ended.err)
        self.assertNotIn("Sanitizer", ended.err)

    def stat(self, volume=None):
        ended = phantom("stat", "--json", volume or self.volume)
        self.assertEqual(ended.status, 0, ended)
        return json.loads(ended.out)
