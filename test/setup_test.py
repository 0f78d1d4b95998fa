#!/usr/bin/env python3
"""setup_test.py - scripts/setup asks for what is missing, and for nothing else.

The package tools are replaced by small scripts that say what they were asked.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SETUP = os.path.join(HERE, "scripts", "setup")


class Setup(unittest.TestCase):
    """Each test has its own set of package tools."""

    def setUp(self):
        self.tools = tempfile.mkdtemp(prefix="phantom-setup-")
        self.addCleanup(shutil.rmtree, self.tools)
        self.tool("apt-get", 'echo "apt-get: $*"')
        self.tool("id", "echo 0")

    def tool(self, name, body):
        """Put a command in front of the real one."""
        path = os.path.join(self.tools, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)

    def installed(self, answer):
        """Let the shell function `answer` decide whether package $1 is installed."""
        self.tool("dpkg-query", f"""shift 3
for package; do
    {answer} && echo "$package installed"
done
exit 1""")

    def setup(self, *kinds):
        """Run scripts/setup; its status and all that it said."""
        environment = dict(os.environ, PATH=f"{self.tools}:{os.environ['PATH']}")
        result = subprocess.run([SETUP, *kinds], env=environment, text=True, check=False,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return result.returncode, result.stdout

    def test_nothing_is_said_or_done_when_all_is_there(self):
        self.installed("true")
        self.assertEqual(self.setup("build", "test", "lint"), (0, ""))

    def test_root_gets_what_is_missing_installed_with_its_reason(self):
        self.installed('[ "$package" != musl-dev ]')
        status, output = self.setup("build", "test")
        self.assertEqual(status, 0)
        self.assertIn("the math functions of the core", output)
        self.assertIn("apt-get: -q update", output)
        self.assertRegex(output, r"apt-get: .*install.* musl-dev\n")
        self.assertNotIn(" check", output)

    def test_anybody_else_is_told_the_command(self):
        self.tool("id", "echo 1000")
        self.installed('[ "$package" != check ]')
        status, output = self.setup("build", "test")
        self.assertEqual(status, 1)
        self.assertIn("sudo apt-get update && sudo apt-get install "
                      "--no-install-recommends check\n", output)
        self.assertNotIn("apt-get: ", output)

    def test_a_package_with_a_longer_name_does_not_count(self):
        self.installed('package="lib$package"')
        self.assertIn("gcc", self.setup("build")[1])

    def test_a_build_asks_for_no_lint(self):
        self.installed("false")
        status, output = self.setup("build")
        self.assertEqual(status, 0)
        self.assertNotIn("cppcheck", output)

    def test_a_failed_installation_is_a_failure(self):
        self.tool("apt-get", "exit 100")
        self.installed("false")
        self.assertNotEqual(self.setup("build")[0], 0)


if __name__ == "__main__":
    unittest.main()
