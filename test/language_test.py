#!/usr/bin/env python3
"""language_test - the language is what its pages say.

Each program in docs/LANGUAGE.md and docs/TUTORIAL.md prints what the page says, killed and with snapshots, too. Operators, conversions and statements, in programs that are
made, do what Python says. Each message of the compiler stands in a test.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import glob
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest

import examples_test
import operators_support
import statements_support

PHANTOM = os.environ.get("PHANTOM", "build/phantom")
PAGE = "docs/LANGUAGE.md"
TUTORIAL = "docs/TUTORIAL.md"
SECONDS_MAX = 60
MESSAGES = "test/lang/wrong.txt"
FINDINGS = "test/lang/lint.txt"
TOKENS = "core/lang/lexer_priv.h"
MACHINES = "core/vm/known.c"
STATEMENT_SEEDS = range(1, 7)
EXAMPLE = re.compile(r"^```phantom\n(.*?)^```\n```output\n(.*?)^```$", re.M | re.S)
PIECE = re.compile(r'''/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'|[^"'/]+|.''', re.S)
DIRECTIVE = re.compile(r"%[-0-9.*]*(?:z|l|ll)?[suidxc]")
ESCAPE = re.compile(r"\\(.)")


def literals_of(path):
    """(line, the code before it, text) of each string in a C file; adjacent ones are one."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    line = 1
    code = ""
    adjacent = False
    found = []
    for piece in PIECE.findall(text):
        if piece.startswith('"'):
            plain = ESCAPE.sub(lambda escape: {"n": "\n"}.get(escape[1], escape[1]), piece[1:-1])
            if adjacent:
                found[-1] = (*found[-1][:2], found[-1][2] + plain)
            else:
                found.append((line, code, plain))
            adjacent = True
        elif piece.strip() and not piece.startswith(("/*", "//")):
            code = (code + piece)[-200:]
            adjacent = False
        line += piece.count("\n")
    return found


def token_names():
    """How messages call the tokens."""
    with open(TOKENS, encoding="utf-8") as file:
        text = file.read()
    names = dict(re.findall(r'\bTOKEN\((\w+), "(.*?)"\)', text))
    return names | {name: f"`{word}`" for name, word in re.findall(r'\bKEYWORD\((\w+), "(\w+)"\)', text)}


def pattern_of(text, code):
    """What to look for, for a string behind this code; None if it is no message."""
    if len(re.findall(r"[a-z]{1,}", DIRECTIVE.sub("", text))) < 2 or " " not in text.strip() \
            or code.rstrip().endswith("panic("):
        return None
    pattern = ".*".join(re.escape(part) for part in DIRECTIVE.split(text))
    token = re.search(r"lang_expect\(parser, T_(\w+),\s*$", code)
    if token:
        return f"expected {re.escape(token_names()[token[1]])} {pattern}, found"
    if re.search(r"lang_(syntax_error\(parser, [^;]*|expect_(name|part)\(parser),\s*$", code):
        return f"expected {pattern}, (found|and)"
    return pattern


def messages_of(path):
    """(path, line, text, pattern) of each message in a C file."""
    for line, code, text in literals_of(path):
        pattern = pattern_of(text, code)
        if pattern:
            yield path, line, text, pattern


def said_in_tests():
    """All that the tests expect the compiler to say."""
    said = ""
    for path in (MESSAGES, FINDINGS):
        with open(path, encoding="utf-8") as file:
            said += file.read()
    return said + "\n".join(text for path in glob.glob("test/unit/lang/*_test.c")
                            for _, _, text in literals_of(path))


class Language(unittest.TestCase):
    def written(self, folder, text):
        """A program as a file."""
        path = os.path.join(folder, "page.ph")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def execute(self, text):
        """Run a program to its end, which has to be a good one."""
        with tempfile.TemporaryDirectory() as folder:
            path = self.written(folder, text)
            done = subprocess.run([PHANTOM, "exec", path], capture_output=True, text=True, check=False,
                                  timeout=SECONDS_MAX, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def programs_of(self, path, least):
        """(line, text, what it should print) of each program of a page."""
        with open(path, encoding="utf-8") as file:
            page = file.read()
        examples = list(EXAMPLE.finditer(page))
        self.assertGreaterEqual(len(examples), least)
        self.assertEqual(len(examples), page.count("\n```phantom\n"), "a program without output")
        return [(page.count("\n", 0, example.start()) + 2, *example.groups()) for example in examples]

    def run_programs_of(self, path, least):
        for line, text, expected in self.programs_of(path, least):
            with self.subTest(line=line):
                done = self.execute(text)
                self.assertEqual(done.stderr, "")
                self.assertEqual(done.stdout, expected)

    def test_each_program_of_the_reference_prints_what_stands_below_it(self):
        self.run_programs_of(PAGE, 30)

    def test_each_program_of_the_tutorial_prints_what_stands_below_it(self):
        self.run_programs_of(TUTORIAL, 15)

    def test_they_print_the_same_where_each_store_is_watched_and_snapshots_are_taken_all_the_time(self):
        with tempfile.TemporaryDirectory() as folder:
            volume = os.path.join(folder, "pages.phantom")
            subprocess.run([PHANTOM, "new", volume, *examples_test.SIZE], check=True, capture_output=True)
            for line, text, expected in self.programs_of(PAGE, 30) + self.programs_of(TUTORIAL, 15):
                with self.subTest(line=line):
                    path = self.written(folder, text)
                    done = subprocess.run([PHANTOM, "run", "--quiet", "--strict", "--interval", "1", volume, path],
                                          capture_output=True, text=True, check=False,
                                          timeout=SECONDS_MAX, stdin=subprocess.DEVNULL)
                    self.assertEqual((done.stdout, done.returncode), (expected, 0), done.stderr)

    def test_they_print_the_same_with_a_snapshot_at_each_100th_safepoint(self):
        with tempfile.TemporaryDirectory() as folder:
            volume = os.path.join(folder, "pages.phantom")
            subprocess.run([PHANTOM, "new", volume, *examples_test.SIZE], check=True, capture_output=True)
            for line, text, expected in self.programs_of(PAGE, 30) + self.programs_of(TUTORIAL, 15):
                with self.subTest(line=line):
                    path = self.written(folder, text)
                    said = examples_test.run(["run", "--quiet", "--every", "100", volume, path], path)
                    self.assertEqual(said.decode(), expected)

    def test_they_print_the_same_however_often_they_are_killed(self):
        for line, text, expected in self.programs_of(PAGE, 30) + self.programs_of(TUTORIAL, 15):
            with self.subTest(line=line), tempfile.TemporaryDirectory() as folder:
                volume = os.path.join(folder, "pages.phantom")
                subprocess.run([PHANTOM, "new", volume, *examples_test.SIZE], check=True, capture_output=True)
                examples_test.live(volume, f"line {line}", [self.written(folder, text)],
                                   expected.splitlines(keepends=True), random.Random(line))

    def test_the_grammar_on_the_page_has_every_keyword_and_operator(self):
        with open(PAGE, encoding="utf-8") as file:
            grammar = file.read().split("## 17. Grammar", 1)[1]
        words = [name[1:-1] for name in token_names().values() if name.startswith("`")]
        self.assertGreater(len(words), 80)
        self.assertEqual([word for word in words if f'"{word}"' not in grammar and word != ".="], [])

    def test_operators_and_conversions_do_what_they_should_on_every_type(self):
        results = 0
        for name, text, expected in operators_support.programs():
            with self.subTest(types=name):
                self.assertEqual(self.execute(text).stdout.splitlines(), expected)
            results += sum(len(line.split()) for line in expected)
        self.assertGreater(results, 35000)

    def test_statements_leave_the_trail_that_they_leave_in_python(self):
        for seed in STATEMENT_SEEDS:
            with self.subTest(seed=seed):
                text, expected = statements_support.program(seed)
                self.assertEqual(self.execute(text).stdout.splitlines(), expected)

    def test_an_untyped_call_chooses_among_many_methods(self):
        for count, said in ((64, "63"), (65, "class .many has too many methods for an untyped call of f")):
            classes = "".join(f"class k{i} {{ }}\n" for i in range(count))
            methods = "".join(f'string f(k{i} x) {{ return "{i}"; }}\n' for i in range(count))
            call = f"any u = new many();\ntry {{ println(u.f(new k{count - 1}())); }}"
            program = f"{classes}class many {{\n{methods}}}\n{call} catch (.internal.error e) {{ println(e.message); }}\n"
            self.assertEqual(self.execute(program).stdout, said + "\n")

    def test_the_compiler_knows_each_class_that_the_machine_lays_out(self):
        with open(MACHINES, encoding="utf-8") as file:
            names = set(re.findall(r'\{ "\.internal\.(\w+)"', file.read())) - {"object"}
        self.assertGreater(len(names), 12)
        for name in names:
            with self.subTest(name=name), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "heir.ph")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f'class heir extends .internal."{name}" {{ }}\nprintln(new heir());\n')
                done = subprocess.run([PHANTOM, "compile", path], capture_output=True, text=True, check=False)
                self.assertIn(f".internal.{name} is made by the machine, so nothing extends it", done.stderr)

    def test_each_message_of_the_compiler_stands_in_a_test(self):
        said = said_in_tests()
        messages = [message for path in sorted(glob.glob("core/lang/*.c")) if "disasm" not in path
                    for message in messages_of(path)]
        self.assertGreater(len(messages), 300)
        self.assertEqual([f"{path}:{line}: {text}" for path, line, text, pattern in messages
                          if not re.search(pattern, said)], [],
                         f"write a program that gets it into {MESSAGES} or {FINDINGS}")

    def test_a_message_without_a_test_is_found(self):
        pattern = pattern_of("nobody has ever said `%s`", "lang_error(lang, file, place, NULL,")
        self.assertIsNone(re.search(pattern, said_in_tests()))
        self.assertIsNone(pattern_of("s", "f("))
        self.assertTrue(re.search(pattern_of("a type", "lang_syntax_error(parser, place,"),
                                  "expected a type, found `x`"))


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    sys.argv[0] = "language_test"
    unittest.main()
