#!/usr/bin/env python3
"""language_test - each program in docs/LANGUAGE.md prints what the page says.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

PHANTOM = os.environ.get("PHANTOM", "build/phantom")
PAGE = "docs/LANGUAGE.md"
SECONDS_MAX = 60
EXAMPLE = re.compile(r"^```phantom\n(.*?)^```\n```output\n(.*?)^```$", re.M | re.S)


class Language(unittest.TestCase):
    def test_each_program_on_the_page_prints_what_stands_below_it(self):
        with open(PAGE, encoding="utf-8") as file:
            page = file.read()
        examples = list(EXAMPLE.finditer(page))
        self.assertGreater(len(examples), 10)
        self.assertEqual(len(examples), page.count("\n```phantom\n"), "a program without output")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "page.ph")
            for example in examples:
                line = page.count("\n", 0, example.start()) + 2
                with self.subTest(line=line), open(path, "w", encoding="utf-8") as file:
                    file.write(example.group(1))
                    file.flush()
                    result = subprocess.run([PHANTOM, "exec", path], capture_output=True, text=True,
                                            timeout=SECONDS_MAX, check=False,
                                            stdin=subprocess.DEVNULL)
                    self.assertEqual(result.stderr, "")
                    self.assertEqual(result.stdout, example.group(2))
                    self.assertEqual(result.returncode, 0)


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    sys.argv[0] = "language_test"
    unittest.main()
