#!/usr/bin/env python3
"""setup_test.py - scripts/setup asks for what is missing, and for nothing else; and what
scripts/run-tests makes of a program.

The package tools are replaced by small scripts that say what they were asked.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SETUP = os.path.join(HERE, "scripts", "setup")


class Setup(unittest.TestCase):
    """Each test has its own set of package tools."""

    def setUp(self):
        tools = tempfile.TemporaryDirectory(prefix="phantom-setup-")
        self.addCleanup(tools.cleanup)
        self.tools = tools.name
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


class RunTests(unittest.TestCase):
    """What is said of programs that are small shell scripts."""

    def setUp(self):
        path = os.path.join(HERE, "scripts", "run-tests")
        loader = importlib.machinery.SourceFileLoader("run_tests", path)
        self.runner = importlib.util.module_from_spec(
            importlib.util.spec_from_loader("run_tests", loader))
        loader.exec_module(self.runner)

    def verdict(self, script, seconds_max=60):
        program = self.runner.Program("it", ["/bin/sh", "-c", script], {}, seconds_max, False)
        with contextlib.redirect_stdout(io.StringIO()):
            return self.runner.run("suite", program, self.runner.Terminal()).verdict

    def test_what_it_says_that_it_tested_is_counted(self):
        self.assertEqual(self.verdict("echo 3 passed, 0 failed"), (3, 0, ""))
        self.assertEqual(self.verdict("echo 3 passed, 1 failed; exit 1"), (3, 1, ""))
        self.assertEqual(self.verdict("echo 0 passed, 0 failed")[1], 1)
        self.assertEqual(self.verdict("echo 3 passed, 0 failed; exit 1")[1], 1)
        self.assertEqual(self.verdict("echo 3 passed, 0 failed; kill -9 $$")[1], 1)

    def test_what_it_leaves_behind_is_a_failure(self):
        verdict = self.verdict('mkdir "$TMPDIR/mess"; echo 3 passed, 0 failed')
        self.assertEqual(verdict, (3, 1, "left behind: mess"))
        self.assertEqual(self.verdict('mkdir "$TMPDIR/mess"; rmdir "$TMPDIR/mess"; echo 3 passed, 0 '
                                      'failed'), (3, 0, ""))

    def test_its_files_go_with_it_however_it_ends(self):
        folders = os.path.join(tempfile.gettempdir(), "phantom-run-*")
        for script in ('touch "$TMPDIR/file"; kill -9 $$', 'touch "$TMPDIR/file"; sleep 60'):
            with tempfile.NamedTemporaryFile("r") as said:
                self.verdict(f'echo "$TMPDIR" > {said.name}; {script}', seconds_max=1)
                folder = said.read().strip()
            self.assertTrue(folder.startswith(folders[:-1]), folder)
            self.assertFalse(os.path.exists(folder))

    def test_programs_hear_ctrl_c_though_it_was_started_in_the_background(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        program = self.runner.Program("it", ["/bin/sh", "-c", "kill -INT $$; echo 1 passed, 0 failed"], {}, 60, False)
        with (unittest.mock.patch.object(self.runner, "unit_suites", lambda: {"suite": [program]}),
              unittest.mock.patch.object(self.runner, "script_suites", dict),
              unittest.mock.patch.object(self.runner, "orphans", list),
              unittest.mock.patch.object(sys, "argv", ["run-tests", "suite"]),
              contextlib.redirect_stdout(io.StringIO()) as said):
            self.runner.main()
        self.assertRegex(said.getvalue(), "FAIL it .*0 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
