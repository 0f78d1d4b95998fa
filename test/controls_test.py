#!/usr/bin/env python3
"""controls_test - the tests that kill, and that cut, can fail: each is given what it must find.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SIM = os.path.join(os.environ.get("B", "build"), "sim")


def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False)


class ControlsTest(unittest.TestCase):
    def test_the_fire_finds_a_line_that_lost_its_words(self):
        done = run(os.path.join(HERE, "../scripts/concordance-under-fire"), "--kills", "3",
                   "--lines", "600", "--sabotage")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("the concordances differ", done.stdout)
        self.assertIn("0 passed, 1 failed", done.stdout)

    def test_the_ordeal_finds_a_thief(self):
        done = run(os.path.join(HERE, "kills_test.py"), "--kills", "30", "--sabotage")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, "the program says: BROKEN: the accounts hold 15999, not 16000")


class SimControlsTest(unittest.TestCase):
    """A simulator whose store lacks something must fail, and make little of it."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def build(self, guard, script="mutate-store"):
        program = os.path.join(self.folder.name, "sim")
        done = run(os.path.join(HERE, "../scripts", script), "--build", guard, program)
        self.assertEqual(done.returncode, 0, done.stdout)
        return program

    def shrunk(self, guard, *words):
        """Let it fail, and do what it says would repeat the shortest failure; the words for that."""
        program = self.build(guard)
        done = run(program, *words, "--shrink")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("the shortest that fails:", done.stdout)
        again = re.findall("^repeat it with: sim (.*)$", done.stdout, re.M)[-1]
        for _ in range(2):  # it is no accident
            done = run(program, *again.split())
            self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("0 passed, 1 failed", done.stdout)
        done = run(SIM, *again.split())  # and it is the store that fails, not the simulator
        self.assertEqual(done.returncode, 0, done.stdout)
        return again

    def test_a_flush_that_is_missing_is_found_in_the_first_commit(self):
        again = self.shrunk("flush-super", "--scenario", "store", "--seed", "6")
        self.assertRegex(again, "--snapshots 1 --at [0-9]+ --end cut-none$")

    def test_of_many_faults_the_one_that_matters_is_left(self):
        again = self.shrunk("crc-page", "--scenario", "store", "--seed", "2")
        self.assertRegex(again, "--faults [a-z-]+@[0-9]+$")

    def test_the_search_says_what_was_lost_and_kept(self):
        done = run(self.build("crc-whole"), "--exhaustive", "1")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, "failed: once of groups 0x1; cut after event [0-9]+; loose .*lost")

    def test_a_thread_that_finds_fault_with_its_program_is_heard(self):
        done = run(SIM, "--scenario", "broken", "--cuts", "1")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("a thread of it, does not run: this was to come", done.stdout)
        self.assertIn("0 passed, 1 failed", done.stdout)

    def test_a_race_that_is_lost_is_found_and_repeats_alone(self):
        program = self.build("weak-tell", "mutate-heap")
        done = run(program, "--races", "1")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("0 passed, 1 failed", done.stdout)
        case = re.findall("^repeat it with: sim --race '(.*)'$", done.stdout, re.M)[-1]
        self.assertRegex(case, "get@[0-9]+$")
        for _ in range(2):  # it is no accident
            self.assertEqual(run(program, "--race", case).returncode, 1)
        done = run(SIM, "--race", case)  # and it is the collector that fails, not the simulator
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("1 cases", done.stdout)

    def test_a_case_that_makes_no_sense_is_refused(self):
        for case in ("", "held", "held-old-old get", "held-old-old get@x", "held-old-old sit@1",
                     "held-old-old get@5 drop@4", "held-old-old get@1 get@1 get@1 get@1 get@1"):
            done = run(SIM, "--race", case)
            self.assertEqual(done.returncode, 2, done.stdout)


class BootControlsTest(unittest.TestCase):
    def test_the_power_cuts_find_a_disk_that_lies(self):
        done = run(os.path.join(HERE, "powercut_test.py"), "--images", "60", "--sabotage")
        self.assertEqual(done.returncode, 1, done.stdout)
        # What is missing of the last commit makes it one that never was; the check finds the rest.
        self.assertRegex(done.stdout, "the disk is older than what was seen|`phantom check` says")
        self.assertIn("0 passed, 1 failed", done.stdout)


if __name__ == "__main__":
    unittest.main()
