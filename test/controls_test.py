#!/usr/bin/env python3
"""controls_test - the tests that kill can fail: each is given something that it must find.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


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


class BootControlsTest(unittest.TestCase):
    def test_the_power_cuts_find_a_disk_that_lies(self):
        done = run(os.path.join(HERE, "powercut_test.py"), "--images", "60", "--sabotage")
        self.assertEqual(done.returncode, 1, done.stdout)
        # What is missing of the last commit makes it one that never was; the check finds the rest.
        self.assertRegex(done.stdout, "the disk is older than what was seen|`phantom check` says")
        self.assertIn("0 passed, 1 failed", done.stdout)


if __name__ == "__main__":
    unittest.main()
