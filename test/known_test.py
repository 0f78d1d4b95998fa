#!/usr/bin/env python3
"""known_test - bench/lang/run: which programs there are, what it says of them, and how it ends.

What the programs in Phantom do is tested by examples_test.py, in all its ways.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUN = ROOT / "bench" / "lang" / "run"


def load():
    """bench/lang/run as a module."""
    sys.path[:0] = [str(RUN.parent), str(RUN.parent.parent)]
    loader = importlib.machinery.SourceFileLoader("known_run", str(RUN))
    spec = importlib.util.spec_from_loader("known_run", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


run = load()
Language = sys.modules["languages"].Language
LICENCE = "SPDX-License-Identifier: LGPL-2.1-or-later"


class Shell(Language):
    """A language for tests: programs are shell scripts in a folder of their own."""

    def __init__(self, folder, name="phantom", command="/bin/sh"):
        super().__init__(name, "sh", command, "no-such-package")
        self.folder = pathlib.Path(folder)

    def source(self, program):
        return self.folder / f"{program}.sh"

    def version(self):
        return "a shell"


class ProgramsTest(unittest.TestCase):
    """What lies in bench/lang/programs."""

    def files(self, ending):
        return {path.stem for path in (RUN.parent / "programs").glob(f"*.{ending}")}

    def test_each_known_program_is_there_in_each_language(self):
        self.assertGreaterEqual(len(run.KNOWN), 14)
        for ending in ("ph", "lua", "py", "java"):
            self.assertLessEqual(set(run.KNOWN) | set(run.CALLS), self.files(ending), ending)
        for ending in ("ph", "go", "erl"):
            self.assertLessEqual(set(run.THREADS), self.files(ending), ending)

    def test_each_file_belongs_to_a_program_and_names_its_licence(self):
        for path in (RUN.parent / "programs").iterdir():
            self.assertIn(path.stem, run.PROGRAMS)
            self.assertIn(LICENCE, path.read_text(encoding="utf-8"), path.name)


class RunTest(unittest.TestCase):
    """What is said, with programs whose times are known."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="phantom-known-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def program(self, name, text):
        (self.folder / f"{name}.sh").write_text(text, encoding="utf-8")
        return Shell(self.folder)

    def said(self, function, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            result = function(*arguments)
        return result, out.getvalue()

    def test_a_right_result_is_the_name_and_the_argument(self):
        language = self.program("sieve", 'echo "sieve: $1"\n')
        self.assertEqual(self.said(run.check, ["sieve"], [language]), (0, "1 passed, 0 failed\n"))

    def test_a_wrong_result_is_a_failure_that_says_what_was_said(self):
        language = self.program("sieve", 'echo "sieve: 99"; echo "why" >&2\n')
        status, text = self.said(run.check, ["sieve"], [language])
        self.assertEqual(status, 1)
        self.assertIn("FAIL sieve in phantom: status 0, said 'sieve: 99\\n', and\nwhy\n", text)
        self.assertIn("0 passed, 1 failed\n", text)

    def test_a_program_that_fails_ends_the_measurement(self):
        language = self.program("sieve", "exit 3\n")
        with self.assertRaisesRegex(run.Failure, "sieve in phantom: status 3"):
            self.said(run.known, ["sieve"], [language], 1)

    def test_time_is_that_of_the_whole_less_that_of_the_start(self):
        times = iter([10.0, 10.5, 20.0, 23.0, 30.0, 30.7, 40.0, 44.0])
        language = self.program("sieve", 'echo "sieve: $1"\n')
        with unittest.mock.patch.object(run, "processor_s", lambda: next(times)):
            found = run.median_times("sieve", [language], 2)
        self.assertAlmostEqual(found["phantom"], 3.5 - 0.6)

    def test_targets_are_of_geometric_means_and_say_whether_they_were_met(self):
        table = {"a": {"phantom": 1.0, "lua5.4": 4.0, "python3": 1.0},
                 "b": {"phantom": 1.0, "lua5.4": 1.0, "python3": 1.0}, "c": {"phantom": 5.0}}
        missed, text = self.said(run.mean_targets, table)
        self.assertEqual(missed, 1)
        self.assertRegex(text, r"geometric mean / lua5\.4 \(n=2\) +0\.50 \(target: at most 0\.67\) ok\n")
        self.assertRegex(text, r"geometric mean / python3 \(n=2\) +1\.00 \(target: at most 0\.50\) MISSED\n")
        self.assertNotIn("java", text)

    def test_who_is_not_installed_is_left_out_and_named(self):
        here, away = Shell(self.folder), Shell(self.folder, "lua5.4", None)
        kept, text = self.said(run.installed, [here, away])
        self.assertEqual(kept, [here])
        self.assertIn("lua5.4         is not installed (package no-such-package): its column is left out\n", text)

    def test_nothing_is_measured_without_phantom(self):
        with self.assertRaisesRegex(SystemExit, "phantom is not built"):
            self.said(run.installed, [Shell(self.folder, "phantom", None)])


class CommandTest(unittest.TestCase):
    """The command itself."""

    def command(self, *words):
        return subprocess.run([RUN, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)

    def test_help_names_every_program_and_language(self):
        done = self.command("--help")
        self.assertEqual(done.returncode, 0)
        for word in [*run.PROGRAMS, *(language.name for language in run.LANGUAGES)]:
            self.assertIn(word, done.stdout)

    def test_what_is_not_known_is_wrong_usage(self):
        for words in (["--program", "chess"], ["--language", "cobol"], ["--turns", "0"], ["sieve"]):
            done = self.command(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn("error: ", done.stderr)

    def test_ctrl_c_ends_it_and_what_it_has_started(self):
        with subprocess.Popen([RUN, "--language", "phantom", "--program", "fib", "--turns", "1000"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              start_new_session=True) as process:
            while "phantom" not in process.stdout.readline():
                pass
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(errors.strip().split("\n")[-1], "bench: stopped")
        self.assertNotIn("Traceback", errors)
        with self.assertRaises(ProcessLookupError):
            os.killpg(process.pid, 0)


if __name__ == "__main__":
    unittest.main()
