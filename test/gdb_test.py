#!/usr/bin/env python3
"""gdb_test - a debugger that is attached to a booted machine shows threads, frames, objects and pages.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import subprocess
import unittest

from boot_support import KERNEL, BootTest
from phantom_support import ROOT

PROGRAM = """
class sleeper {
    int deep(int n) { if (n == 0) { println("asleep"); sleep(3600000L); } return n == 0 ? 0 : deep(n - 1) + 1; }
    void run() { deep(3); }
};
spawn(new sleeper(), "the sleeper").join();
"""

SHOW = """
found = [t for t in program_threads() if string(field("thread_object", t, "name")) == "the sleeper"]
gdb.execute("phantom frames %d" % found[0])
gdb.execute("phantom object %d" % found[0])
gdb.execute("phantom page %d" % found[0])
"""


class Gdb(BootTest):
    def test_it_shows_threads_frames_objects_and_pages(self):
        self.new()
        socket = self.folder / "gdb"
        process = self.boot(self.volume, self.program(PROGRAM), "--", "-gdb",
                            f"unix:{socket},server=on,wait=off")
        self.saw(process.output, "asleep")
        show = self.folder / "show.py"
        show.write_text(SHOW)
        ended = subprocess.run(
            ["gdb", "-q", "-nx", "-batch", KERNEL, "-x", str(ROOT / "kernel" / "gdb" / "phantom.py"),
             "-ex", f"target remote {socket}", "-ex", "phantom threads", "-x", str(show), "-ex",
             "detach"], capture_output=True, text=True, timeout=60, check=False)
        said = ended.stdout + ended.stderr
        for word in ("KTHREAD_WAITING    flusher", 'sleeping   .sleeper.deep "the sleeper"',
                     "  #4   ", ".internal.thread (plain)", "in memory, "):
            self.assertIn(word, said)
        self.assertEqual(said.count(".sleeper.deep at "), 4, said)
        self.assertNotIn("Error", said)


if __name__ == "__main__":
    unittest.main()
