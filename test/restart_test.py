#!/usr/bin/env python3
"""restart_test - programs that want to know of restarts hear of each once, however the process ended.

Source: classes/internal/machine.ph, docs/LANGUAGE.md section 14

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import re
import threading
import unittest

from phantom_support import SECONDS_MAX, VolumeTest, kill, phantom

# What a waiter has been told lies in the program: a run of the machine that comes twice is a mistake.
WAITERS = """
int told = 0;
void watch(long first) {
    long known = first;
    while (true) {
        long now = .internal.machine.awaitRestart(known);
        if (now == known) {
            println("twice");
            exit(1);
        }
        known = now;
        told++;
        .internal.snapshot.commit();
        println("told \\{told}");
    }
}
long now = .internal.machine.run();
spawn(fun () { watch(now); });
int called = 0;
.internal.machine.onRestart(fun () {
    called++;
    .internal.snapshot.commit();
    println("called \\{called}");
});
.internal.snapshot.commit();
println("ready");
"""

WHERE = """
println(.internal.machine.kind() + " " + .internal.machine.version());
println(.internal.machine.processors() >= 1 && .internal.machine.memory() > 1000000L);
println(.internal.machine.volume() + " " + (.internal.machine.volumeFree() < .internal.machine.volume()));
println(.internal.machine.uptime() < 60000000000L);
"""


class RestartTest(VolumeTest):
    def life(self, *lines):
        """One life of the process, which says these lines in any order, and is killed then."""
        process = self.start("run", self.volume, *self.program_words)
        self.program_words = []
        late = threading.Timer(SECONDS_MAX, process.kill)
        late.start()
        left = set(lines)
        said = []
        while left:
            line = process.stdout.readline()
            self.assertTrue(line, f"the process ended; it said {said}: {process.poll()}")
            said.append(line.strip())
            left.discard(said[-1])
        late.cancel()
        kill(process)
        rest = process.stdout.read().split("\n")
        self.assertNotIn("twice", said + rest)
        return said

    def test_each_restart_is_told_once(self):
        self.new()
        self.program_words = [self.program(WAITERS)]
        self.life("ready")
        for i in range(1, 6):
            said = self.life(f"told {i}", f"called {i}")
            # What was said last may be said again, but nothing of another restart is.
            self.assertNotIn(f"told {i + 1}", said)
            self.assertNotIn(f"called {i + 1}", said)

    def test_kills_before_anybody_reacts_are_one_restart(self):
        self.new()
        self.program_words = [self.program(WAITERS)]
        self.life("ready")
        for _ in range(4):
            process = self.start("run", self.volume)
            process.stderr.readline()  # resumed ...
            kill(process)
        # Some of these lives may have come so far that what they were told is safe.
        told, called = (self.number(name) for name in ("told", "called"))
        self.assertLessEqual(max(told, called), 4)
        said = self.life(f"told {told + 1}", f"called {called + 1}")
        self.assertNotIn(f"told {told + 2}", said)
        self.assertNotIn(f"called {called + 2}", said)

    def number(self, name):
        """The value of a variable in the newest snapshot."""
        shown = phantom("show", self.volume, name).out
        return int(re.search(rf"\b{name} = (\d+)", shown)[1])

    def test_a_program_learns_what_it_runs_on(self):
        self.new()
        ended = phantom("run", self.volume, self.program(WHERE))
        version = phantom("--version").out.split()[1]
        self.assertEqual(ended.out, f"linux {version}\ntrue\n{256 << 20} true\ntrue\n", ended)


if __name__ == "__main__":
    unittest.main()
