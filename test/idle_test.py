#!/usr/bin/env python3
"""idle_test - an idle volume writes nothing and burns no processor.

A minute by default; --seconds N for another length.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import subprocess
import sys
import time
import unittest

from phantom_support import VolumeTest, wait_for

SECONDS = 60

# Waits for a line that never comes, with some data behind it and a thread that sleeps long.
IDLE = """
class sleeper { void run() { sleep(86400000L * 365L); } };
var list = [1, 2, 3];
spawn(new sleeper());
println("waiting");
readln();
println("never " + list);
"""


def io_bytes(pid):
    """Bytes that the process caused to be written, as the kernel counts them."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        fields = dict(line.split(": ") for line in file.read().splitlines())
    return int(fields["write_bytes"]), int(fields["wchar"])


def cpu_ticks(pid):
    """Processor time of the process so far, in ticks of 10 ms."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Idle(VolumeTest):
    def test_an_idle_volume_writes_nothing_and_burns_nothing(self):
        self.new()
        process = self.start("run", self.volume, self.program(IDLE), stdin=subprocess.PIPE)
        self.assertEqual(process.stdout.readline(), "waiting\n")
        settled = self.settle()
        time.sleep(2)
        self.assertEqual(self.stat()["snapshots"], settled, "it did not come to rest")
        before_io, before_ticks = io_bytes(process.pid), cpu_ticks(process.pid)
        time.sleep(SECONDS)
        after_io, after_ticks = io_bytes(process.pid), cpu_ticks(process.pid)
        print(f"{SECONDS} s idle: {after_io[0] - before_io[0]} bytes to the disk, "
              f"{(after_ticks - before_ticks) * 10} ms of processor", flush=True)
        self.assertEqual(after_io, before_io)
        self.assertLessEqual(after_ticks - before_ticks, 1, "ticks of 10 ms")

    def settle(self):
        """Wait until for a second nothing was written and no snapshot taken; how many there were."""
        last = [-1, time.monotonic()]

        def quiet():
            stat = self.stat()
            if stat["snapshots"] != last[0] or stat["pages_dirty"] > 0:
                last[:] = [stat["snapshots"], time.monotonic()]
            return time.monotonic() - last[1] > 1

        self.assertTrue(wait_for(quiet, 40), "snapshots do not end")
        return last[0]


if __name__ == "__main__":
    if "--seconds" in sys.argv:
        at = sys.argv.index("--seconds")
        SECONDS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main()
