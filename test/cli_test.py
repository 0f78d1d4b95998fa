#!/usr/bin/env python3
"""cli_test - the command: verbs, options, exit statuses, messages, signals, the socket.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import pathlib
import pty
import re
import resource
import shlex
import signal
import socket
import subprocess
import threading
import time
import unittest

from phantom_support import (PHANTOM, ROOT, VOLUME_SIZE, Ended, VolumeTest, kill, phantom,
                             wait_for)

VERBS = ["new", "run", "shell", "boot", "exec", "app", "put", "get", "ls", "rm", "ps", "stat", "profile", "show", "log", "history", "rewind", "clone", "send",
         "receive", "check", "grow", "migrate", "compile", "fmt", "lint"]

# Their first argument is no volume, or need not be one: what they are given is refused elsewhere, in this test and in sources_test.py,
# boot_test.py, and for streams below.
NO_VOLUME = ["new", "boot", "exec", "receive", "compile", "fmt", "lint"]

# They need no argument.
WITHOUT = ["fmt"]

# What must follow the first argument.
MORE = {"rewind": ["3"], "clone": ["3", "w"], "app": ["list"], "put": ["f"], "get": ["p"], "rm": ["p"]}

HELLO = 'println("hello");\n'

# Counts for ever, and says so now and then.
COUNTER = """
var n = 0;
while (true) {
    n = n + 1;
    println("n = " + n);
    sleep(20);
}
"""

READER = """
var all = new .internal.longs(8388608);
for (int i = 0; i < 8388608; i = i + 512) all[i] = i;
long sum = 0L;
for (int i = 0; i < 8388608; i = i + 512) sum = sum + all[i];
println("ready");
sleep(1000000L);
"""
SLEEPER = "sleep(3600000);\n"

# Nearly all of its time is spent in one line of one function.
BURNER = """
int busy(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++) sum += i;
    return sum;
}
int idle(int n) {
    return n;
}
println("begins");
ROUNDS
    idle(busy(100000));
"""


def takes(pid, number):
    """Would a signal not end the process? It keeps it waiting, or waits for it (which shows as not blocked)."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    blocked = int(re.search(r"SigBlk:\s*(\w+)", status)[1], 16) >> (number - 1) & 1
    return blocked or "sigtimedwait" in pathlib.Path(f"/proc/{pid}/wchan").read_text(encoding="ascii")


def numbers(text):
    return [int(line[4:]) for line in text.splitlines() if line.startswith("n = ")]


class Usage(unittest.TestCase):
    def check(self, words, status, *parts):
        ended = phantom(*words)
        self.assertEqual(ended.status, status, ended)
        for part in parts:
            self.assertIn(part, ended.out + ended.err)
        return ended

    def test_without_a_verb_it_says_how_to_use_it(self):
        self.check([], 2, "Usage:")

    def test_help_lists_every_verb(self):
        said = self.check(["--help"], 0).out
        self.assertEqual(re.findall(r"^  (\w+) +[a-z]", said, re.M)[:-2], VERBS)

    def test_each_verb_has_help(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.check([verb, "--help"], 0, f"phantom {verb}", "Usage:")

    def test_help_is_found_behind_options_but_not_among_the_words_of_a_program(self):
        for words in (["run", "--interval", "100", "v"], ["exec", "--memory", "1G"], ["exec", "--memory=1G"],
                      ["run", "--interval"], ["run", "v"], ["new", "--size", "1G", "v"]):
            with self.subTest(words=words):
                self.check([*words, "--help"], 0, f"phantom {words[0]}", "Usage:")
        for words in (["run", "--interval", "100", "/no/v", "/no/p.ph"], ["exec", "--memory", "1G", "/no/p.ph"]):
            with self.subTest(words=words):
                self.check([*words, "--help"], 1, "/no/p.ph: No such file")

    def test_what_is_said_of_the_options_of_a_verb_stands_in_one_column(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                options = self.check([verb, "--help"], 0).out.partition("\nOptions:\n")[2]
                columns = {found.end() for found in (re.match(r"  --?[a-z-]+(?: [A-Z.]+)? +", line)
                                                     for line in options.splitlines())}
                self.assertLessEqual(len(columns), 1, options)

    def test_the_version_is_one_line(self):
        self.assertRegex(self.check(["--version"], 0).out, r"^phantom \S+\n$")

    def test_an_unknown_verb_is_wrong_usage(self):
        for words in ([], ["help"], ["--help"], ["-h"]):
            with self.subTest(words=words):
                self.check([*words, "frobnicate"], 2, "no verb 'frobnicate'", "phantom --help")

    def test_an_unknown_option_is_wrong_usage(self):
        self.check(["run", "--frobnicate", "v"], 2, "--frobnicate", "--help")

    def test_a_missing_argument_is_wrong_usage(self):
        for verb in set(VERBS) - set(WITHOUT):
            with self.subTest(verb=verb):
                self.check([verb], 2, "missing")

    def test_too_many_arguments_are_wrong_usage(self):
        self.check(["ps", "a", "b"], 2, "too many")

    def test_bad_values_are_wrong_usage(self):
        for words in (["run", "--interval", "soon", "v"], ["run", "--interval", "0", "v"],
                      ["run", "--interval"], ["new", "v", "--size", "12Q"],
                      ["new", "v", "--size", "1K"], ["new", "v", "--size", "-5"],
                      ["run", "--workers", "1000000", "v"], ["run", "--strict=yes", "v"],
                      ["app", "v", "dance"], ["app", "v", "stop"], ["app", "v", "stop", "x"],
                      ["app", "v", "limit", "1"], ["app", "--cpu", "50", "v", "list"],
                      ["app", "v", "limit", "1", "--memory", "100K"], ["app", "v", "limit", "1", "--cpu", "x"],
                      ["history", "v", "dance"], ["history", "v", "drop"],
                      ["history", "v", "drop", "x"], ["history", "v", "pin", "7"],
                      ["history", "--keep", "often", "v"], ["history", "--keep", "hourly=", "v"],
                      ["history", "--keep", "hourly=200", "v"],
                      ["history", "--keep", "hourly=2,", "v"], ["history", "--keep", "", "v"],
                      ["history", "--keep", "last=2,last=3", "v"],
                      ["history", "--keep", "last=-2", "v"],
                      ["history", "--keep", "none", "v", "pin"],
                      ["rewind", "v", "yesterday"], ["clone", "v", "-1", "w"],
                      ["send", "v", "--from", "0"], ["send", "v", "--to", "now"],
                      ["show", "v", "--at", "now"], ["show", "v", "x" * 300],
                      ["grow", "v", "--size", "much"], ["grow", "--size", "1M", "v"]):
            with self.subTest(words=words):
                self.check(words, 2)

    def test_an_empty_argument_is_wrong_usage(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.check([verb, "", *MORE.get(verb, [])], 2, "empty")
        self.check(["run", "v", ""], 2, "empty")

    def test_output_that_nobody_takes_is_trouble(self):
        for words in (["--version"], ["--help"], ["run", "--help"], ["--man"]):
            with self.subTest(words=words), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([PHANTOM, *words], stdout=full, stderr=subprocess.PIPE,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn("standard output: cannot write", done.stderr)

    def test_the_manual_and_the_completion_know_every_verb_and_option(self):
        man = phantom("--man").out
        completion = phantom("--completion").out
        for verb in VERBS:
            self.assertIn(f"phantom {verb}", man)
            self.assertIn(f"{verb})", completion)
        for option in ("gated", "interval", "strict", "safe", "again"):
            self.assertIn(f"\\-\\-{option}", man)
            self.assertIn(f"--{option}", completion)

    def test_bash_takes_the_completion(self):
        completion = phantom("--completion").out
        for words, offered in ((["ru"], ["run"]), (["app", "v", ""], ["list", "stop", "remove", "limit"]),
                               (["history", "v", ""], ["list", "pin", "drop"])):
            script = f"{completion}\nCOMP_WORDS=(phantom {shlex.join(words)}); COMP_CWORD={len(words)}\n" \
                "_phantom; echo ${COMPREPLY[@]}\n"
            done = subprocess.run(["bash"], input=script, capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.split(), offered)


class Install(VolumeTest):
    def test_install_and_uninstall_leave_nothing(self):
        make = ["make", "-s", "-C", str(ROOT), f"DESTDIR={self.folder}", "PREFIX=/usr",
                f"B={pathlib.Path(PHANTOM).parent}", "SETUP=no"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        subprocess.run([*make, "install"], check=True, capture_output=True, env=environment)
        for path in ("bin/phantom", "share/man/man1/phantom.1",
                     "share/bash-completion/completions/phantom",
                     "share/vim/vimfiles/syntax/phantom.vim", "share/phantom/vscode/package.json"):
            self.assertTrue((self.folder / "usr" / path).stat().st_size > 0, path)
        subprocess.run([*make, "uninstall"], check=True, capture_output=True, env=environment)
        self.assertEqual([p for p in self.folder.rglob("*") if p.is_file()], [])


class New(VolumeTest):
    def test_a_new_volume_is_sparse_and_sound(self):
        self.new("64G")
        self.assertEqual(self.volume.stat().st_size, 64 << 30)
        self.assertLess(self.volume.stat().st_blocks * 512, 64 << 20)
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_each_verb_refuses_what_is_no_volume_and_leaves_it(self):
        path = self.folder / "thing"
        file = self.program("x", "f")
        for content in (None, b"", b"println(1);\n", bytes(range(256)) * 5000, "a folder"):
            if content == "a folder":
                path.unlink()
                path.mkdir()
            elif content is not None:
                path.write_bytes(content)
            for verb in sorted(set(VERBS) - set(NO_VOLUME)):
                words = [str(file) if word == "f" else word for word in MORE.get(verb, [])]
                words = ["--seconds", "1", path] if verb == "profile" else [path, *words]
                with self.subTest(verb=verb, content=content and content[:10]):
                    self.assertClear(phantom(verb, *words), 1, f"phantom: error: {path}: ")
                    if isinstance(content, bytes):
                        self.assertEqual(path.read_bytes(), content)
                    self.assertEqual({entry.name for entry in self.folder.iterdir()},
                                     {"f"} if content is None else {"f", "thing"})

    def test_an_existing_file_is_never_overwritten(self):
        self.volume.write_text("precious")
        self.assertClear(phantom("new", self.volume), 1, str(self.volume))
        self.assertEqual(self.volume.read_text(), "precious")

    def test_a_folder_is_no_volume(self):
        for verb in ("run", "ps", "check"):
            self.assertClear(phantom(verb, self.folder), 1, "it is a folder")

    def test_a_size_that_no_file_system_takes(self):
        self.assertClear(phantom("new", self.volume, "--size", "4096T"), 1, "so large")
        self.assertFalse(self.volume.exists())

    def test_what_a_person_may_copy_is_in_quotes(self):
        self.volume = self.folder / "my mother's \u00fcbung"
        ended = phantom("new", self.volume, "--size", VOLUME_SIZE)
        self.assertIn("phantom run " + shlex.quote(str(self.volume)).replace("'\"'\"'", "'\\''"), ended.err)
        program = self.program(HELLO, "a b.ph")
        self.assertEqual(phantom("run", self.volume, program).out, "hello\n")

    def test_no_name_ends_a_line_or_commands_the_terminal(self):
        for name in ("a\nb", "\x1b[2Jc", "d\x7f\t'\\"):
            self.volume = self.folder / name
            quoted = "".join(f"\\x{ord(c):02x}" if c < " " or c == "\x7f" else "\\" + c if c in "'\\" else c
                             for c in str(self.volume))
            ended = phantom("ps", self.volume)
            self.assertClear(ended, 1, "there is no such volume")
            made = phantom("new", self.volume, "--size", VOLUME_SIZE)
            self.assertClear(made, 0, f"phantom run $'{quoted}' PROGRAM.ph")
            shell = subprocess.run(["bash", "-c", f"printf %s $'{quoted}'"], capture_output=True, text=True, check=True)
            self.assertEqual(shell.stdout, str(self.volume))
            for said in (ended.err, made.err):
                self.assertRegex(said, r"\Aphantom: [^\x00-\x1f\x7f]+\n\Z")

    def test_however_long_a_name_is_the_reason_is_told(self):
        deep = self.folder
        for _ in range(10):
            deep = deep / ("d" * 200)
        for words, reason in ((["ps", deep / "v"], "there is no such volume"),
                              (["new", deep / "v"], "its folder does not exist"),
                              (["exec", deep / "p.ph"], "No such file"),
                              (["run", "x/" * 3000], "File name too long")):
            with self.subTest(words=words[0]):
                self.assertClear(phantom(*words), 1, reason)

    def test_a_volume_that_looks_like_an_option_is_named_so_that_it_is_none(self):
        ended = subprocess.run([os.path.abspath(PHANTOM), "new", "--size", VOLUME_SIZE, "--", "--gated"],
                               cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertIn("phantom run ./'--gated' PROGRAM.ph", ended.stderr)

    def test_a_signal_or_a_kill_while_it_is_made_leaves_a_whole_volume_or_none(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            whole = 0
            for i in range(60):
                volume = self.folder / f"v{i}"
                process = self.start("new", volume, "--size", VOLUME_SIZE)
                time.sleep(0.002 * 1.12**i)
                process.send_signal(number)
                process.wait(timeout=20)
                if volume.exists():
                    ended = phantom("run", volume, self.program(HELLO))
                    self.assertEqual((ended.status, ended.out), (0, "hello\n"), ended)
                    volume.unlink()
                    whole += 1
                if whole == 3:
                    break
            self.assertEqual(whole, 3, "it is never done")

    def test_a_new_volume_that_is_damaged_is_never_called_sound(self):
        self.new()
        content = bytearray(self.volume.read_bytes())
        at = next(at for at in range(25 * 4096, len(content)) if content[at] != 0)
        content[at] ^= 1
        self.volume.write_bytes(content)
        for words in (("check",), ("check", "--repair", "--yes"), ("run",)):
            self.assertClear(phantom(*words, self.volume), 1, "making it was cut off", "make it anew")
        self.assertEqual(self.volume.read_bytes(), content)

    def test_a_folder_that_is_not_there(self):
        self.assertClear(phantom("new", self.folder / "no" / "v"), 1, "no/v")


class ProfileTest(VolumeTest):
    def assertProfile(self, text, busy, caller, line):
        """Most of the time is spent in one method and its line, and all of it below the caller."""
        method = re.search(rf"^ *(\d+)\.\d % +(\d+)\.\d % +\.main\.{busy} \(\S*program\.ph\)$", text, re.M)
        self.assertGreater(int(method[1]), 80, text)
        self.assertGreaterEqual(int(method[2]), int(method[1]), text)
        caller = re.search(rf"^ *(\d+)\.\d % +(\d+)\.\d % +\.main\.{caller} ", text, re.M)
        self.assertLess(int(caller[1]), 20, text)
        self.assertGreater(int(caller[2]), 95, text)
        at = re.search(rf"^ *(\d+)\.\d % +\.main\.{busy} \(\S*program\.ph:{line}\)$", text, re.M)
        self.assertGreater(int(at[1]), 80, text)


class Exec(ProfileTest):
    def exec(self, source, *words, before=(), **options):
        return phantom("exec", *before, self.program(source), *words, **options)

    def test_a_program_is_run_and_its_output_shown(self):
        ended = self.exec(HELLO)
        self.assertEqual((ended.status, ended.out), (0, "hello\n"), ended)

    def test_the_status_is_the_programs_own(self):
        self.assertEqual(self.exec("exit(42);\n").status, 42)

    def test_an_uncaught_exception_ends_with_1_and_a_trace(self):
        ended = self.exec('void f(int n) { if (n == 0) throw "oops"; f(n - 1); }\nf(2);\n')
        self.assertEqual(ended.status, 1, ended)
        self.assertIn("oops", ended.err)
        self.assertIn("program.ph:1", ended.err)

    def test_arguments_reach_the_program(self):
        ended = self.exec("foreach (a in args()) println(a);\n", "one", "--two", "three four")
        self.assertEqual(ended.out, "one\n--two\nthree four\n", ended)

    def test_input_reaches_the_program_and_its_end_is_null(self):
        ended = self.exec('var s = readln();\nwhile (s != null) { println("<" + s + ">");'
                          ' s = readln(); }\nprintln("end");\n', text="a\nb c\nlast")
        self.assertEqual(ended.out, "<a>\n<b c>\n<last>\nend\n", ended)

    def test_nothing_is_left_behind(self):
        ended = self.exec(HELLO, env={"TMPDIR": str(self.folder)})
        self.assertEqual(ended.status, 0, ended)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["program.ph"])

    def test_errors_of_the_program_have_line_and_caret_and_come_together(self):
        for text in ("int x = ;\nvar y = = 2;\n", "var x = undefined_thing;\nint y = \"text\";\n"):
            ended = self.exec(text)
            self.assertEqual(ended.status, 1, ended)
            self.assertIn("program.ph:1:", ended.err)
            self.assertIn("program.ph:2:", ended.err)
            self.assertIn("^", ended.err)

    def test_a_closed_stream_is_neither_the_volume_nor_forgotten(self):
        path = self.program("string s = readln(); println(s == null);\n")
        for streams, status, out in (("<&-", 0, "true\n"), ("2>&-", 0, "true\n"), (">&-", 1, ""),
                                     ("<&- >&- 2>&-", 1, "")):
            for _ in range(5):
                with self.subTest(streams=streams):
                    done = subprocess.run(["sh", "-c", f'"$0" exec "$1" {streams}', PHANTOM, path],
                                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                          timeout=60, check=False)
                    self.assertEqual((done.returncode, done.stdout), (status, out), done)

    def test_a_profile_says_where_the_time_went(self):
        ended = self.exec(BURNER.replace("ROUNDS", "for (int k = 0; k < 500; k++)"), "7",
                          before=["--profile"])
        self.assertEqual((ended.status, ended.out), (0, "begins\n"), ended)
        self.assertProfile(ended.err, r"program\.busy", r"program\.run", 4)
        self.assertNotIn("ITSELF", self.exec(HELLO).err)

    def test_a_signal_ends_it_with_the_status_of_a_signal(self):
        path = self.program("println(1);\nsleep(3600000);\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start("exec", path)
            self.assertEqual(process.stdout.readline(), "1\n")
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=20), 128 + number)
            self.assertEqual(process.stderr.read(), "")

    def test_a_signal_at_any_moment_ends_it_and_leaves_nothing_behind(self):
        path = self.program(SLEEPER)
        for i in range(40):
            number = (signal.SIGTERM, signal.SIGKILL)[i % 2]
            process = self.start("exec", path, env=dict(os.environ, TMPDIR=str(self.folder)))
            time.sleep(0.002 * i)
            process.send_signal(number)
            self.assertIn(process.wait(timeout=20), (-number, 128 + number))
            self.assertEqual([*self.folder.iterdir()], [path])

    def test_what_a_killed_one_left_behind_is_in_nobodys_way(self):
        path = self.program(HELLO)
        script = ': > "$TMPDIR/phantom-exec-$$"; exec "$0" exec "$1"'  # the same process number
        done = subprocess.run(["sh", "-c", script, PHANTOM, path], capture_output=True, text=True,
                              env=dict(os.environ, TMPDIR=str(self.folder)), check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello\n", ""))

    def test_a_volume_is_no_program(self):
        self.assertClear(phantom("exec", self.new()), 1, "it is a volume")

    def test_what_is_shown_of_a_program_does_not_command_the_terminal(self):
        path = self.program('int x = "\x1b[2J\x07\x9b" y;\n')
        ended = phantom("exec", path)
        self.assertClear(ended, 1, 'int x = "?[2J??" y;')

    def test_strange_programs_get_one_clear_error(self):
        for source, status, word in ((b"", 1, "nothing to start"),
                                     (b"\xef\xbb\xbf", 1, "nothing to start"),
                                     (b"\xef\xbb\xbfprintln(1);\r\n", 0, ""),
                                     (b"println(1);\rprintln(2);", 1, "carriage return"),
                                     (b"println(1);\0", 1, "zero byte"),
                                     (b'println("\xff");', 1, "UTF-8"),
                                     (b'println("' + b"x" * 1000000 + b'".length());', 0, ""),
                                     (b"int x = 5 " + b" " * 1000000 + b"y;", 1, "    y;\n"),
                                     (b"(" * 100000, 1, "nested"),
                                     (b'println("' + b'\\{"' * 100, 1, "16 deep"),
                                     (b'println("abc\n', 1, "no end"),
                                     (b"/*", 1, "no end")):
            with self.subTest(source=source[:30]):
                path = self.folder / "strange.ph"
                path.write_bytes(source)
                ended = phantom("exec", path)
                self.assertClear(ended, status, word)

    def test_no_colour_in_a_pipe(self):
        self.assertNotIn("\033", self.exec("int x = ;\n").err)

    def said_to_a_terminal(self, **environment):
        ours, theirs = pty.openpty()
        subprocess.run([PHANTOM, "exec", self.program("int x = ;\n")], stderr=theirs, check=False,
                       env={"TERM": "xterm", **environment}, stdin=subprocess.DEVNULL)
        os.close(theirs)
        said = os.read(ours, 4096)
        os.close(ours)
        return said

    def test_colour_on_a_terminal_that_shows_it_and_may(self):
        self.assertIn(b"\033[", self.said_to_a_terminal())
        self.assertNotIn(b"\033", self.said_to_a_terminal(NO_COLOR="1"))
        self.assertNotIn(b"\033", self.said_to_a_terminal(TERM="dumb"))

    def test_a_program_that_is_not_there(self):
        self.assertClear(phantom("exec", self.folder / "none.ph"), 1, "none.ph", "No such file")

    def test_files_that_are_called_like_classes_of_the_library_hide_none(self):
        text = ('any[] list = [3, 1];\nvar names = {"a": 1};\nprintln("\\{list.sorted()} \\{names} "\n'
                '    + json.print([new duration(2L) == null, .phantom.json.parse("1")]));\n')
        text = text.replace("new duration(2L)", "duration.ofSeconds(2)")
        path = self.program(text, "main.ph")
        for other in ("println(1);\n", "class array { }\nclass map { }\nprintln(2);\n", "syntax error (\n", ""):
            for name in ("array", "map", "string", "object", "function", "json", "duration", "collection"):
                self.program(other, f"{name}.ph")
            with self.subTest(other=other):
                ended = phantom("exec", path)
                self.assertEqual((ended.status, ended.out, ended.err), (0, "[1, 3] {a: 1} [false,1]\n", ""))

    def test_a_class_of_ones_own_hides_one_of_the_library(self):
        self.program('class json { static string print(any x) { return "mine"; } }\n', "json.ph")
        path = self.program('println(json.print(1) + .phantom.json.print([1]));\n', "main.ph")
        ended = phantom("exec", path)
        self.assertEqual((ended.status, ended.out), (0, "mine[1]\n"), ended)

    def test_an_import_that_cannot_be_read_is_not_taken_for_one_that_is_not_there(self):
        (self.folder / "folder.ph").mkdir()
        (self.folder / "loop.ph").symlink_to("loop.ph")
        (self.folder / "json.ph").symlink_to("json.ph")  # it might hide the one of the library
        for name, why in (("folder", "Is a directory"), ("loop", "Too many levels of symbolic links"),
                          ("json", "Too many levels of symbolic links")):
            path = self.program(f"import .{name};\nprintln(new {name}());\n", "main.ph")
            for verb in ("exec", "lint"):
                ended = phantom(verb, path)
                self.assertEqual(ended.status, 1, ended)
                said = ended.out + ended.err
                self.assertIn(f"{self.folder}/{name}.ph: error: this source cannot be read: {why}\n", said)
                self.assertNotIn("there is no class", said)
        path = self.program('println(import "folder.ph");\n')
        self.assertClear(phantom("exec", path), 1, "program.ph:1:16", "this file cannot be read: Is a directory")
        path = self.program("println(new absent.thing());\n")
        self.assertIn("there is no", phantom("exec", path).err)

    def test_a_file_becomes_a_string_of_the_program(self):
        (self.folder / "text").write_bytes("zw\u00f6lf\n".encode() * 1000)
        (self.folder / "bytes").write_bytes(bytes(range(256)))
        path = self.program('string s = import "text";\nprintln("\\{s.length()} \\{s.charAt(2)}");\n'
                            'int n = 0;\nforeach (c in import "bytes") n += (int) c;\n'
                            'println(n);\n')
        self.assertEqual(phantom("exec", path).out, "6000 \u00f6\n32640\n")
        (self.folder / "text").unlink()
        self.assertClear(phantom("exec", path), 1, "program.ph:1:19", "this file cannot be read")

    def test_an_empty_file_is_an_empty_string(self):
        (self.folder / "empty").write_bytes(b"")
        self.assertEqual(self.exec('println((import "empty").length());\n').out, "0\n")
        self.assertClear(self.exec('any o = 1;\no.(import "empty")();\n'), 1, "has no method called")

    def test_a_module_never_takes_the_place_of_its_source(self):
        path = self.program(HELLO)
        for output in (path, self.folder / "." / path.name):
            self.assertClear(phantom("compile", "--output", output, path), 1, "name another file")
        self.assertEqual(path.read_text(), HELLO)

    def test_a_module_takes_no_place_but_that_of_a_file(self):
        path = self.program(HELLO)
        self.assertEqual(phantom("compile", path).status, 0)
        module = path.with_suffix(".pm").read_bytes()
        link, target, pipe = (self.folder / name for name in ("link", "target", "pipe"))
        link.symlink_to("target")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        for output in (link, pipe):
            self.assertEqual(phantom("compile", "--output", output, path).status, 0)
        self.assertTrue(link.is_symlink() and pipe.is_fifo())
        self.assertEqual(target.read_bytes(), module)
        self.assertEqual(os.read(reader, 1 << 20), module)
        (self.folder / "loop").symlink_to("loop")
        self.assertClear(phantom("compile", "--output", self.folder / "loop", path), 1, "loop")
        self.assertClear(phantom("compile", "--output", self.folder, path), 1, "directory")
        (self.folder / "full").symlink_to("/dev/full")
        self.assertClear(phantom("compile", "--output", self.folder / "full", path), 1,
                         "No space left")

    def test_a_signal_while_it_is_compiled_leaves_a_module_or_nothing(self):
        source = self.program("println(1);\n" * 2000)
        module = self.folder / "program.pm"
        for i in range(40):
            process = self.start("compile", source)
            self.assertTrue(wait_for(lambda: process.poll() is not None or len([*self.folder.iterdir()]) > 1))
            process.send_signal((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[i % 3])
            process.wait(20)
            self.assertLessEqual({path.name for path in self.folder.iterdir()}, {"program.ph", "program.pm"})
            module.unlink(missing_ok=True)

    def test_nothing_beside_a_module_is_touched(self):
        path = self.program(HELLO)
        beside = self.folder / "program.pm.new"
        beside.write_text("mine")
        self.assertEqual(phantom("compile", path).status, 0)
        self.assertEqual(beside.read_text(), "mine")
        self.assertEqual(sorted(file.name for file in self.folder.iterdir()),
                         ["program.ph", "program.pm", "program.pm.new"])

    def test_a_compiled_module_runs_like_its_source(self):
        source = self.program(HELLO)
        module = self.folder / "program.pm"
        self.assertEqual(phantom("compile", source).status, 0)
        self.assertEqual(phantom("exec", module).out, "hello\n")
        self.assertIn("RETURN", phantom("compile", "--list", source).out)


class Run(VolumeTest):
    def test_a_program_ends_and_so_does_run(self):
        self.new()
        ended = phantom("run", self.volume, self.program(HELLO))
        self.assertEqual((ended.status, ended.out), (0, "hello\n"), ended)

    def test_an_uncaught_exception_is_status_1(self):
        self.new()
        ended = phantom("run", self.volume, self.program('throw "no";\n'))
        self.assertClear(ended, 1, "no")

    def limited(self, limit, *words):
        return subprocess.run(["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", PHANTOM,
                               *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)

    def test_a_string_without_end_is_an_exception(self):
        self.new("64M")
        program = self.program('string s = "x";\ntry { while (true) s = s + s; }\n'
                               'catch (.internal.error.space e) { println("full"); }\n'
                               's = s + 1; println("and on");\n')
        ended = phantom("run", self.volume, program)
        self.assertEqual((ended.status, ended.out), (0, "full\nand on\n"), ended)
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_limits_of_the_shell_are_no_crash(self):
        program = self.program(HELLO)
        # The environment and the loader have their part of the stack: less than 64 is not ours.
        for limit in ("-n 10", "-s 128", "-S -s 64"):
            with self.subTest(limit=limit):
                done = self.limited(limit, "exec", program)
                self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done)
        done = self.limited("-f 100", "new", self.volume, "--size", VOLUME_SIZE)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("so large", done.stderr)
        self.assertFalse(self.volume.exists())
        done = self.limited("-v 20000000", "exec", program)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("ulimit -v unlimited", done.stderr)
        done = self.limited("-s 64", "exec", program)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("ulimit -s unlimited", done.stderr)

    def test_an_old_failure_is_not_the_status_of_a_new_run(self):
        self.new()
        self.assertEqual(phantom("run", self.volume, self.program('throw "x";\n')).status, 1)
        self.assertEqual(phantom("run", self.volume).status, 0)
        self.assertEqual(phantom("run", self.volume, self.program(HELLO)).status, 0)

    def test_a_signal_at_any_moment_is_heard(self):
        self.new()
        phantom("run", "--quiet", self.volume, self.program('throw "x";\n'))
        for i in range(25):
            process = self.start("run", "--again", self.volume, self.program(SLEEPER))
            time.sleep(0.003 * i)
            process.send_signal(signal.SIGTERM)
            self.assertIn(process.wait(timeout=20), (-signal.SIGTERM, 0))

    def test_signals_take_a_last_snapshot_and_end_with_0(self):
        self.new()
        program = self.program(COUNTER)
        last = 0
        for i, number in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP)):
            words = ["run", self.volume] + ([program] if i == 0 else [])
            process = self.start(*words)
            first = [process.stdout.readline() for _ in range(5)]  # however busy the machine is
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, err)
            self.assertIn("stopped", err)
            seen = numbers("".join(first) + out)
            self.assertGreaterEqual(len(seen), 5, err)
            if i > 0:
                self.assertIn("resumed", err)
                self.assertEqual(seen[0], last + 1)
            self.assertEqual(seen, list(range(seen[0], seen[-1] + 1)))
            last = seen[-1]

    def test_under_nohup_it_outlives_its_terminal(self):
        self.new()
        process = self.start("run", self.volume, self.program(COUNTER),
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        seen = numbers(process.stdout.readline())
        process.send_signal(signal.SIGHUP)
        while len(seen) < 20:
            line = process.stdout.readline()
            self.assertTrue(line, "it has ended")
            seen += numbers(line)
        process.send_signal(signal.SIGTERM)
        self.assertIn("Terminated: stopped", process.communicate(timeout=30)[1])
        self.assertEqual(process.returncode, 0)

    def test_a_killed_program_goes_on_from_a_snapshot(self):
        self.new()
        process = self.start("run", "--interval", "50", self.volume, self.program(COUNTER))
        first = [process.stdout.readline() for _ in range(40)]
        kill(process)
        process = self.start("run", self.volume)
        again = [process.stdout.readline() for _ in range(5)]
        kill(process)
        before, after = numbers("".join(first)), numbers("".join(again))
        self.assertGreater(after[0], 1, "it began anew")
        self.assertLessEqual(after[0], before[-1] + 10)
        self.assertEqual(after, list(range(after[0], after[0] + 5)))

    def test_a_second_program_is_refused_with_a_hint(self):
        self.new()
        process = self.start("run", self.volume, self.program(SLEEPER))
        self.assertTrue(wait_for(lambda: self.stat()["snapshots"] > 0))
        kill(process)
        generation = self.stat()["generation"]
        hello = self.program(HELLO, "hello.ph")
        self.assertClear(phantom("run", self.volume, hello), 1, "--again")
        self.assertEqual(self.stat()["generation"], generation)
        process = self.start("run", "--again", self.volume, hello)
        self.assertEqual(process.stdout.readline(), "hello\n")
        kill(process)

    def test_a_file_with_the_name_of_the_control_socket_is_left_alone(self):
        self.new()
        other = self.folder / (self.volume.name + ".control")
        other.write_text("mine")
        ended = phantom("run", self.volume, self.program(HELLO))
        self.assertEqual((ended.status, ended.out), (0, "hello\n"), ended)
        self.assertIn("no other verb reaches", ended.err)
        self.assertEqual(other.read_text(), "mine")

    def test_a_name_that_no_socket_can_have_is_no_trouble_but_for_other_verbs(self):
        self.volume = self.folder / ("v" * 200)
        self.new()
        process = self.start("run", self.volume, self.program(SLEEPER), stderr=subprocess.PIPE)
        self.assertRegex(process.stderr.readline(), r"v\.control: File name too long; no other verb reaches")
        self.assertClear(phantom("ps", self.volume), 1, f"process {process.pid} ")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)

    def test_a_second_process_is_refused_and_told_who_has_the_volume(self):
        self.new()
        process = self.start("run", self.volume, self.program(SLEEPER))
        self.assertTrue(wait_for(lambda: self.stat()["running"]))
        self.assertClear(phantom("run", self.volume), 1, str(process.pid))

    def test_an_allocation_that_is_made_to_fail_is_told_and_the_heap_stays_whole(self):
        self.new()
        text = 'string s = ""; for (int i = 0; i < 2000; i++) s = "\\{s.length()} and \\{i}"; println(s);'
        program = self.program(text)
        ended = phantom("run", "--walk", "--fail-allocation", "700", self.volume, program)
        self.assertEqual(ended.status, 1, ended)
        self.assertIn(".internal.error.memory", ended.err)
        ended = phantom("run", "--walk", "--again", self.volume, program)
        self.assertEqual(ended.status, 0, ended)
        self.assertEqual(phantom("check", "--heap", self.volume).status, 0)

    def test_safe_runs_nothing_and_answers(self):
        self.new()
        process = self.start("run", "--interval", "50", self.volume, self.program(COUNTER))
        process.stdout.readline()
        time.sleep(0.5)
        kill(process)
        process = self.start("run", "--safe", self.volume)
        self.assertTrue(wait_for(lambda: self.stat()["running"]))
        self.assertIn("program.ph", phantom("ps", self.volume).out)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(out, "")
        self.assertEqual(process.returncode, 0)

    def test_gated_output_is_shown_whole_and_in_order(self):
        self.new()
        text = "for (int i = 0; i < 200; i++) println(\"n = \" + i);\n"
        ended = phantom("run", "--gated", self.volume, self.program(text))
        self.assertEqual(ended.status, 0, ended)
        self.assertEqual(numbers(ended.out), list(range(200)))

    def test_a_broken_pipe_is_no_crash(self):
        self.new()
        process = self.start("run", self.volume, self.program(COUNTER))
        process.stdout.readline()
        process.stdout.close()
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        self.assertIn(process.wait(30), (0, 1))


class Look(VolumeTest):
    def setUp(self):
        super().setUp()
        self.new()
        self.process = self.start("run", "--interval", "50", self.volume, self.program(COUNTER))
        self.process.stdout.readline()
        self.assertTrue(wait_for(lambda: self.stat()["snapshots"] > 2))

    def look(self, *words):
        ended = phantom(*words)
        self.assertEqual(ended.status, 0, ended)
        return ended.out

    def test_running_and_stopped_it_answers(self):
        for running in (True, False):
            with self.subTest(running=running):
                if not running:
                    kill(self.process)
                self.assertIn("program.ph", self.look("ps", self.volume))
                self.assertIn("program.ph", self.look("app", self.volume, "list"))
                self.assertIn("interval", self.look("log", self.volume))
                self.assertRegex(self.look("show", self.volume), r"^1 program.ph\n    n = \d+\n$")
                self.assertIn("generation", self.look("stat", self.volume))
                self.assertEqual(self.stat()["running"], running)

    def test_the_figures_of_a_run_are_null_when_it_is_stopped(self):
        figures = self.stat()
        for name in ("pause_ns", "safepoint_ns", "commit_ns"):
            self.assertEqual(set(figures[name]), {"count", "p50", "p99", "max"})
            self.assertGreater(figures[name]["count"], 0)
            self.assertLessEqual(figures[name]["p50"], figures[name]["p99"])
            self.assertLessEqual(figures[name]["p99"], figures[name]["max"])
        for name in ("generation", "snapshots", "pages_written", "bytes_written", "live_bytes"):
            self.assertGreater(figures[name], 0, name)
        self.assertEqual(set(figures["stalls_ns"]), {"room", "copy", "page"})
        for name, stall in figures["stalls_ns"].items():
            self.assertEqual(set(stall), {"count", "total", "max"}, name)
            self.assertLessEqual(stall["max"], stall["total"], name)
        kill(self.process)
        for name in ("pause_ns", "safepoint_ns", "commit_ns", "stalls_ns"):
            self.assertIsNone(self.stat()[name])

    def test_what_a_program_waits_for_is_in_the_figures(self):
        kill(self.process)
        self.volume.unlink()
        self.new("512M")
        self.process = self.start("run", "--memory", "16M", self.volume, self.program(READER))
        self.assertEqual(self.process.stdout.readline(), "ready\n")
        stalls = self.stat()["stalls_ns"]
        self.assertTrue(wait_for(lambda: self.stat()["pages_resident"] * 4096 <= 16 << 20), self.stat())
        for name in ("room", "page"): # four times what the memory holds went out, and came in again
            self.assertGreater(stalls[name]["count"], 0, stalls)
            self.assertGreater(stalls[name]["total"], stalls[name]["max"], stalls)
        self.assertRegex(self.look("stat", self.volume), r"(?m)^for pages +[1-9]\d* +\d+ +[1-9]\d*$")

    def test_a_program_is_stopped_and_removed_while_it_runs(self):
        self.assertIn("stopped", self.look("app", self.volume, "stop", "1"))
        self.assertEqual(self.process.wait(30), 0)
        self.assertIn("stopped", self.look("app", self.volume, "list"))
        self.look("app", self.volume, "remove", "1")
        self.assertNotIn("program.ph", self.look("app", self.volume, "list"))
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_a_program_that_is_not_there_cannot_be_stopped(self):
        self.assertClear(phantom("app", self.volume, "stop", "77"), 1, "no such program")

    def test_a_limit_is_kept_whether_the_volume_runs_or_not(self):
        self.look("app", self.volume, "limit", "1", "--memory", "64M")
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
        self.look("app", self.volume, "limit", "1", "--cpu", "50")
        listed = self.look("app", self.volume, "list")
        self.assertIn("(at most 64.0 MiB)  (at most 50 % of a processor)", listed)
        self.look("app", "--memory=0", "--cpu=0", self.volume, "limit", "1")
        self.assertNotIn("at most", self.look("app", self.volume, "list"))
        ended = phantom("app", self.volume, "limit", "77", "--cpu", "1")
        self.assertClear(ended, 1, "no such program")

    def test_half_an_answer_of_who_was_killed_meanwhile_is_none(self):
        kill(self.process)
        os.unlink(f"{self.volume}.control")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(f"{self.volume}.control")
        server.listen()

        def answer():
            for _ in range(2):
                client, _ = server.accept()
                client.recv(100)
                client.sendall(b"0 100\nTHREAD  half of a li")
                client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        self.assertIn("program.ph", self.look("ps", self.volume))
        self.assertIn("program.ph", self.look("app", self.volume))
        thread.join()

    def test_looking_changes_nothing(self):
        kill(self.process)
        before = self.volume.read_bytes()
        for verb in ("ps", "stat", "show", "log", "history", "check"):
            self.look(verb, self.volume)
        self.look("app", self.volume, "list")
        self.assertEqual(self.volume.read_bytes(), before)


class Profile(ProfileTest):
    def setUp(self):
        super().setUp()
        self.new()

    def test_a_running_volume_is_looked_at_for_a_while(self):
        process = self.start("run", self.volume, self.program(BURNER.replace("ROUNDS", "while (true)")))
        process.stdout.readline()
        ended = phantom("profile", "--seconds", "1", self.volume)
        self.assertEqual(ended.status, 0, ended)
        self.assertProfile(ended.out, r"program\.busy", r"program\.run", 4)
        samples = int(ended.out.split()[0])
        self.assertGreater(samples, 50)
        self.assertLess(samples, 3000)
        again = phantom("profile", "--seconds", "1", self.volume)  # anew: not the sum
        self.assertLess(int(again.out.split()[0]), samples * 1.7 + 500, again)
        kill(process)

    def test_who_has_seen_enough_gets_what_was_seen_and_nobody_looks_on(self):
        process = self.start("run", self.volume, self.program(BURNER.replace("ROUNDS", "while (true)")))
        process.stdout.readline()
        for number in (signal.SIGINT, signal.SIGTERM):
            looking = self.start("profile", "--seconds", "1000", self.volume)
            self.assertTrue(wait_for(lambda: takes(looking.pid, number)))
            looking.send_signal(number)
            out, err = looking.communicate(timeout=30)
            self.assertEqual((looking.returncode, err), (0, ""))
            self.assertRegex(out, r"^\d+ samples")
        kill(process)

    def test_where_nothing_runs_there_is_nothing_to_wait_for(self):
        began = time.monotonic()
        ended = phantom("profile", "--seconds", "1000", self.volume)
        self.assertEqual((ended.status, ended.out), (0, "nothing runs in it\n"), ended)
        self.assertLess(time.monotonic() - began, 60)

    def test_what_sleeps_is_not_counted(self):
        process = self.start("run", self.volume, self.program("println(1);\n" + SLEEPER))
        process.stdout.readline()
        ended = phantom("profile", "--seconds", "1", self.volume)
        self.assertRegex(ended.out, r"^\d samples")
        kill(process)


class Counting(VolumeTest):
    """Programs that count: what a generation holds is what they have counted to."""

    def setUp(self):
        super().setUp()
        self.new()

    def run_for(self, count, *words, volume=None):
        """Run until that much more was counted; all that was seen."""
        process = self.start("run", "--interval", "30", volume or self.volume, *words)
        seen = []
        while len(seen) < count:
            line = process.stdout.readline()
            if not line:
                self.fail(process.stderr.read())
            seen += numbers(line)
        process.send_signal(signal.SIGINT)
        seen += numbers(process.stdout.read())
        self.assertEqual(process.wait(30), 0)
        return seen

    def pin(self):
        """Keep the present; its generation."""
        ended = phantom("history", self.volume, "pin")
        self.assertEqual(ended.status, 0, ended)
        return ended.out.split()[1]

    def kept(self, volume=None):
        """Generations that are kept, newest first: {generation: the rest of the line}."""
        ended = phantom("history", volume or self.volume)
        self.assertEqual(ended.status, 0, ended)
        rows = [line.split(maxsplit=1) for line in ended.out.splitlines()]
        return {row[0]: row[1] for row in rows if len(row) == 2 and row[0].isdigit()
                and "are kept that" not in row[1]}

    def sound(self, *volumes):
        for volume in volumes:
            ended = phantom("check", volume)
            self.assertEqual(ended.status, 0, ended)
            self.assertNotIn("note:", ended.out)


# Writes many pages, none beside the one before; and again for each line.
SCATTERER = """
var kept = new .internal.longs(16001 * 512);
int round = 0;
while (true) {
    round++;
    for (int i = 0; i < 16001; i++)
        kept[i * 7919 % 16001 * 512] = round;
    println("written");
    readln();
}
"""


class History(Counting):
    def test_a_program_goes_back_and_forth(self):
        before = self.run_for(5, self.program(COUNTER))
        generation = self.pin()
        later = self.run_for(20)
        self.assertGreater(later[0], 1)
        ended = phantom("rewind", self.volume, generation)
        self.assertEqual(ended.status, 0, ended)
        undo = ended.err.split()[-1]
        self.assertIn(undo, self.kept())
        self.sound(self.volume)
        again = self.run_for(3)
        self.assertLessEqual(again[0], before[-1] + 2)
        ended = phantom("rewind", self.volume, undo)
        self.assertEqual(ended.status, 0, ended)
        self.assertGreaterEqual(self.run_for(3)[0], later[-1])
        self.sound(self.volume)

    def test_a_clone_goes_on_by_itself(self):
        before = self.run_for(5, self.program(COUNTER))
        generation = self.pin()
        self.run_for(20)
        clone = self.folder / "clone.phantom"
        ended = phantom("clone", self.volume, generation, clone)
        self.assertEqual(ended.status, 0, ended)
        self.sound(self.volume, clone)
        self.assertEqual(self.kept(clone), {})
        self.assertLessEqual(self.run_for(3, volume=clone)[0], before[-1] + 2)
        self.assertClear(phantom("clone", self.volume, generation, clone), 1, "exists")
        self.assertLess(clone.stat().st_blocks * 512, 64 << 20)

    def test_a_generation_that_fills_its_volume_is_cloned(self):
        self.volume = self.folder / "full.phantom"
        self.new("32M")
        filler = self.program("var all = [];\n"
                              'try { while (true) { string s = "x"; while (s.length() < 20000) s += s;\n'
                              "                     all.add(s); } }\n"
                              'catch (.internal.error.space e) { println("full"); }\n'
                              "sleep(3600000);\n")
        process = self.start("run", self.volume, filler)
        self.assertEqual(process.stdout.readline(), "full\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 0)
        clone = self.folder / "clone.phantom"
        ended = phantom("clone", self.volume, self.pin(), clone)
        self.assertEqual(ended.status, 0, ended)
        self.assertIn("program.ph", phantom("app", clone, "list").out)
        self.sound(self.volume, clone)

    def test_a_clone_that_is_cut_off_leaves_nothing(self):
        self.run_for(5, self.program(COUNTER))
        generation = self.pin()
        clone = self.folder / "clone.phantom"
        begin = time.monotonic()
        self.assertEqual(phantom("clone", self.volume, generation, clone).status, 0)
        seconds = time.monotonic() - begin
        clone.unlink()
        whole = 0
        for i in range(12):
            process = self.start("clone", self.volume, generation, clone)
            time.sleep(seconds * i / 12)
            process.send_signal((signal.SIGINT, signal.SIGKILL)[i % 2])
            process.wait(20)
            if clone.exists():  # it was whole before that
                self.sound(clone)
                self.assertEqual(phantom("ps", clone).status, 0)
                clone.unlink()
                whole += 1
        self.assertLess(whole, 12)
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {self.volume.name, "program.ph"})

    def test_what_is_not_kept_is_refused_and_nothing_changes(self):
        before = self.volume.read_bytes()
        clone = self.folder / "clone.phantom"
        self.assertClear(phantom("rewind", self.volume, "1"), 1, "not kept", "history")
        self.assertClear(phantom("clone", self.volume, "1", clone), 1, "not kept", "history")
        self.assertClear(phantom("history", self.volume, "drop", "1"), 1, "not kept", "history")
        self.assertFalse(clone.exists())
        self.assertEqual(self.volume.read_bytes(), before)

    def test_a_clone_is_never_made_over_something(self):
        generation = self.pin()
        link, hard, empty = (self.folder / name for name in ("link", "hard", "empty"))
        link.symlink_to(self.volume)
        hard.hardlink_to(self.volume)
        empty.touch()
        before = self.volume.read_bytes()
        for path in (self.volume, link, hard, empty, self.folder, "/dev/null"):
            with self.subTest(path=path):
                self.assertClear(phantom("clone", self.volume, generation, path), 1, "exists")
        self.assertClear(phantom("clone", self.volume, generation, self.folder / "no" / "x"), 1,
                         "folder does not exist")
        self.assertEqual(self.volume.read_bytes(), before)
        self.assertEqual(empty.stat().st_size, 0)

    def test_variables_are_shown_as_they_were(self):
        early = self.run_for(3, self.program(COUNTER))
        generation = self.pin()
        late = self.run_for(10)
        before = self.volume.read_bytes()
        self.assertGreaterEqual(self.shown(), late[-1])
        self.assertLess(self.shown("--at", generation), late[0])
        self.assertGreaterEqual(self.shown("n", "--at", generation), early[-1])
        self.assertClear(phantom("show", self.volume, "m"), 1, "no such variable")
        self.assertClear(phantom("show", self.volume, "--at", "1"), 1, "not kept", "history")
        self.assertClear(phantom("show", self.volume, "--at", "x"), 2, "--at")
        self.assertEqual(self.volume.read_bytes(), before)
        process = self.start("run", self.volume)
        process.stdout.readline()
        self.assertGreaterEqual(self.shown("n"), late[-1])
        self.assertClear(phantom("show", self.volume, "--at", generation), 1, "has it open")

    def shown(self, *words):
        """What `n` is shown to be."""
        ended = phantom("show", self.volume, *words)
        self.assertEqual(ended.status, 0, ended)
        return numbers(ended.out.splitlines()[-1].strip())[0]

    def test_a_damaged_generation_is_neither_gone_back_to_nor_cloned(self):
        self.run_for(3, self.program(COUNTER))
        generation = self.pin()
        self.run_for(10)
        bad = [i for i, page in self.pages() if b"n = " in page]
        self.assertTrue(bad)
        clone = self.folder / "clone.phantom"
        with open(self.volume, "r+b") as file:
            for block in bad:
                file.seek(4096 * block + 4000)
                byte = file.read(1)[0]
                file.seek(4096 * block + 4000)
                file.write(bytes([byte ^ 1]))
        self.assertClear(phantom("clone", self.volume, generation, clone), 1, "damaged")
        self.assertFalse(clone.exists())
        self.assertClear(phantom("rewind", self.volume, generation), 1, "damaged")
        self.assertNotIn("rewind", phantom("log", self.volume).out)

    def pages(self):
        """All blocks that hold anything, with their numbers."""
        with open(self.volume, "rb") as file:
            block = 0
            while page := file.read(4096):
                if any(page):
                    yield block, page
                block += 1

    def test_running_and_stopped_it_is_kept_and_let_go_of(self):
        process = self.start("run", "--interval", "30", self.volume, self.program(COUNTER))
        process.stdout.readline()
        for running in (True, False):
            with self.subTest(running=running):
                if not running:
                    kill(process)
                generation = self.pin()
                self.assertIn("held", self.kept()[generation])
                log = phantom("log", self.volume).out.splitlines()
                row = [line for line in log if line.split()[0] == generation]
                self.assertTrue(not row or " kept " in row[0], row)
                ended = phantom("history", self.volume, "drop", generation)
                self.assertEqual(ended.status, 0, ended)
                self.assertNotIn("held", self.kept().get(generation, ""))
                ended = phantom("history", "--keep", "last=1,daily=3", self.volume)
                self.assertEqual(ended.status, 0, ended)
                self.assertIn("last=1,hourly=0,daily=3", phantom("history", self.volume).out)
        self.sound(self.volume)

    def test_what_was_let_go_of_is_free_soon_though_nothing_is_written(self):
        ended = phantom("history", "--keep", "none", self.volume)
        self.assertEqual(ended.status, 0, ended)
        process = self.writes_all(self.program(SCATTERER))
        for running in (False, True):
            with self.subTest(running=running):
                self.stops(process)
                generation = self.pin()
                process = self.writes_all()
                # Each is kept by itself, and one commit does not let go of so many.
                self.assertTrue(wait_for(lambda: self.blocks_kept() > 15000))
                if not running:
                    self.stops(process)
                ended = phantom("history", self.volume, "drop", generation)
                self.assertEqual(ended.status, 0, ended)
                if running:
                    self.assertTrue(wait_for(lambda: self.blocks_kept() == 0))
                self.assertEqual(self.blocks_kept(), 0)
                self.assertEqual(self.kept(), {})
                if not running:
                    process = self.writes_all()
        kill(process)
        self.sound(self.volume)

    def writes_all(self, *program):
        """The scatterer, in the volume; it has written, and waits."""
        process = self.start("run", self.volume, *program, stdin=subprocess.PIPE)
        if not program:
            process.stdin.write("again\n")
            process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "written\n")
        return process

    def stops(self, process):
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)

    def blocks_kept(self):
        said = phantom("history", self.volume).out.splitlines()[-1]
        self.assertIn("are kept that the present does not need", said)
        return int(said.split()[0])

    def test_who_needs_the_volume_alone_is_refused_while_it_runs_and_disturbs_nobody(self):
        self.run_for(3, self.program(COUNTER))
        generation = self.pin()
        stream, other = self.folder / "stream", self.folder / "other.phantom"
        process = self.start("run", "--interval", "30", self.volume)
        first = numbers(process.stdout.readline())[0]
        asked = (("rewind", self.volume, generation), ("clone", self.volume, generation, other),
                 ("send", self.volume, "--output", stream),
                 ("send", self.volume, "--to", generation, "--output", stream),
                 ("check", "--repair", "--yes", self.volume), ("check", "--heap", self.volume),
                 ("grow", "--size", "1G", self.volume), ("migrate", self.volume))
        # Side by side, as each waits for a while whether the volume becomes free.
        for words, refused in [(words, self.start(*words)) for words in asked]:
            with self.subTest(words=words):
                _, err = refused.communicate(timeout=60)
                self.assertEqual(refused.returncode, 1, err)
                self.assertIn(f"process {process.pid} ", err)
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {self.volume.name, self.volume.name + ".control", "program.ph"})
        process.send_signal(signal.SIGINT)
        seen = numbers(process.stdout.read())
        self.assertEqual(process.wait(30), 0)
        self.assertEqual([first, *seen], list(range(first, first + len(seen) + 1)))
        self.assertGreater(len(seen), 10)
        self.sound(self.volume)

    def test_an_idle_volume_is_kept_at_its_present(self):
        process = self.start("run", self.volume, self.program(SLEEPER))
        self.assertTrue(wait_for(lambda: self.stat()["running"]))
        generation = self.pin()
        self.assertIn("held", self.kept()[generation])
        self.assertClear(phantom("rewind", self.volume, generation), 1, "has it open")
        kill(process)
        self.sound(self.volume)


# Counts, and holds many pages that are never the same.
HOARDER = """
var kept = new longs(4000000);
var n = 0;
while (true) {
    n = n + 1;
    for (var i = 0; i < 4000000; i = i + 500)
        kept[i] = n;
    println("n = " + n);
    sleep(20);
}
"""


class Transfer(Counting):
    """What a volume holds goes on in another one."""

    def setUp(self):
        super().setUp()
        self.copy = self.folder / "copy.phantom"

    def send(self, name, *words):
        """A stream of the present, in a file, and the generation that was sent."""
        path = self.folder / name
        ended = phantom("send", self.volume, "--output", path, *words)
        self.assertEqual(ended.status, 0, ended)
        return path, ended.err.split("generation ")[1].split()[0]

    def receive(self, path, *words):
        ended = phantom("receive", self.copy, path, *words)
        self.assertEqual(ended.status, 0, ended)
        self.sound(self.copy)

    def test_a_program_goes_on_elsewhere_again_and_again(self):
        seen = self.run_for(5, self.program(COUNTER))
        stream, last = self.send("whole")
        self.receive(stream)
        for _ in range(2):
            more = self.run_for(5)
            self.assertGreaterEqual(more[0], seen[-1])
            stream, last = self.send("since-" + last, "--from", last)
            self.assertLess(stream.stat().st_size, (self.folder / "whole").stat().st_size / 2)
            self.receive(stream)
            seen = more
        self.receive(self.send("idle", "--from", last)[0])
        self.assertIn("received", phantom("log", self.copy).out)
        for generation in list(self.kept(self.copy))[1:]:
            self.assertEqual(phantom("history", self.copy, "drop", generation).status, 0)
        self.receive(self.send("idle-still", "--from", last)[0])
        self.assertLessEqual(self.run_for(3, volume=self.copy)[0], seen[-1] + 2)
        self.sound(self.volume, self.copy)
        self.run_for(3)
        stream, _ = self.send("last", "--from", last)
        ended = phantom("receive", self.copy, stream)
        self.assertClear(ended, 1, "has changed", "phantom rewind")
        back = ended.err.split("phantom rewind ")[1].split(",")[0].split()
        self.assertEqual(phantom("rewind", *back).status, 0)
        self.receive(stream)
        self.assertGreater(self.run_for(3, volume=self.copy)[0], seen[-1])

    def test_a_stream_goes_through_a_pipe_and_an_old_one_is_refused(self):
        self.run_for(3, self.program(COUNTER))
        whole, first = self.send("whole")
        self.run_for(3)
        sender = self.start("send", self.volume)
        ended = subprocess.run([PHANTOM, "receive", self.copy], stdin=sender.stdout,
                               capture_output=True, text=True, check=False)
        self.assertEqual((ended.returncode, sender.wait(30)), (0, 0), ended)
        self.sound(self.copy)
        second = sender.stderr.read().split("generation ")[1].split()[0]
        self.run_for(3)
        stream, _ = self.send("increment", "--from", first)
        before = self.copy.read_bytes()
        self.assertClear(phantom("receive", self.copy, stream), 1, f"--from {second}")
        self.assertClear(phantom("receive", self.volume, stream), 1, "not received")
        self.assertClear(phantom("receive", self.copy, whole), 1, "exists")
        self.assertEqual(self.copy.read_bytes(), before)

    def test_a_stream_that_is_not_whole_changes_nothing(self):
        self.run_for(3, self.program(COUNTER))
        whole, first = self.send("whole")
        self.run_for(3)
        stream, _ = self.send("increment", "--from", first)
        cut, flipped = self.folder / "cut", self.folder / "flipped"
        for path in (whole, stream):
            sent = path.read_bytes()
            cut.write_bytes(sent[:-30])
            flipped.write_bytes(sent[:9000] + bytes([sent[9000] ^ 4]) + sent[9001:])
            before = self.stat(self.copy) if self.copy.exists() else None
            for bad, word in ((cut, "cut off"), (flipped, "damaged"), ("/dev/null", "head"),
                              (self.volume, "not what 'phantom send' writes")):
                self.assertClear(phantom("receive", self.copy, bad), 1, word)
                self.assertEqual(self.copy.exists(), before is not None)
                if before is not None:
                    self.assertEqual(self.stat(self.copy)["generation"], before["generation"])
                    self.sound(self.copy)
            self.receive(path)

    def test_a_kill_or_a_full_disk_while_it_receives_changes_nothing(self):
        self.run_for(3, self.program(HOARDER))
        whole, first = self.send("whole")
        self.kill_while_it_receives(whole.read_bytes()[:-5000])
        if self.copy.exists():  # where files have a name at once
            self.assertClear(phantom("run", self.copy), 1, "making it was cut off")
            self.copy.unlink()
        self.receive(whole)
        seen = self.run_for(3)
        stream, _ = self.send("increment", "--from", first)
        generation = self.stat(self.copy)["generation"]
        sent = stream.read_bytes()
        most = len(sent) // 4  # wherever there is room, a part of it lies behind this
        ended = subprocess.run(
            [PHANTOM, "receive", self.copy, stream], capture_output=True, text=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
        self.assertClear(Ended(ended), 1, "full")
        self.assertEqual(self.stat(self.copy)["generation"], generation)
        self.sound(self.copy)
        for part in (len(sent) // 3, len(sent) - 5000):
            self.kill_while_it_receives(sent[:part])
            self.assertEqual(self.stat(self.copy)["generation"], generation)
            self.sound(self.copy)
        self.receive(stream)
        self.assertGreaterEqual(self.run_for(2, volume=self.copy)[0], seen[-1])

    def test_a_file_that_is_sent_is_there_when_it_is_whole(self):
        self.run_for(3, self.program(HOARDER))
        stream, generation = self.send("whole")
        sent = stream.read_bytes()
        cut = self.folder / "cut"
        begin = time.monotonic()
        self.assertEqual(phantom("send", self.volume, "--to", generation, "--output", cut).status, 0)
        seconds = time.monotonic() - begin
        missing = 0
        for i in range(12):
            cut.unlink(missing_ok=True)
            process = self.start("send", self.volume, "--to", generation, "--output", cut)
            time.sleep(seconds * i / 12)
            process.send_signal((signal.SIGINT, signal.SIGKILL)[i % 2])
            process.wait(20)
            missing += not cut.exists()
            if cut.exists():
                self.assertEqual(cut.read_bytes(), sent)
        self.assertGreater(missing, 0)
        cut.unlink(missing_ok=True)
        self.assertEqual({path.name for path in self.folder.iterdir()},
                         {self.volume.name, "program.ph", "whole"})

    def kill_while_it_receives(self, sent):
        """It has read all of `sent` but what a pipe holds, and waits for more."""
        process = self.start("receive", self.copy, stdin=subprocess.PIPE)
        process.stdin.buffer.write(sent)
        process.stdin.buffer.flush()
        kill(process)

    def test_what_stands_in_the_way_is_said_and_nothing_changes(self):
        self.run_for(3, self.program(COUNTER))
        before = self.volume.read_bytes()
        there = self.program("not to be lost", "there")
        self.assertClear(phantom("send", self.volume, "--output", there), 1, "exists")
        self.assertClear(phantom("send", self.volume, "--from", "1", "--output",
                                 self.folder / "none"), 1, "not kept")
        self.assertFalse((self.folder / "none").exists())
        self.assertEqual(there.read_text(), "not to be lost")
        self.assertEqual(self.volume.read_bytes(), before)
        with open("/dev/full", "w", encoding="ascii") as full:
            process = self.start("send", self.volume, stdout=full)
            self.assertEqual(process.wait(30), 1)
            self.assertIn("cannot write", process.stderr.read())
        main, worker = pty.openpty()
        for words in (["send", self.volume], ["receive", self.copy]):
            process = self.start(*words, stdin=worker, stdout=worker)
            self.assertEqual(process.wait(30), 2)
            self.assertIn("terminal", process.stderr.read())
        os.close(main)
        os.close(worker)


class Grow(VolumeTest):
    SIZE = 64 << 20

    # Holds 80 MB of numbers, and says now and then whether they are still right.
    HOLDER = """
    var all = new int[][]();
    for (int part = 0; part < 20; part++) {
        var some = new int[]();
        for (int i = 0; i < 1000000; i++) some.add(part + i);
        all.add(some);
    }
    while (true) {
        var bad = 0;
        for (int part = 0; part < 20; part++) {
            int[] some = all[part];
            for (int i = 0; i < 1000000; i += 1000) {
                int v = some[i];
                if (v != part + i) bad++;
            }
        }
        println("held, bad " + bad);
        sleep(100);
    }
    """

    def setUp(self):
        super().setUp()
        self.new("64M")

    def grow(self, *words):
        return phantom("grow", *words, self.volume)

    def run_for(self, count, *words, beyond=0, stop=signal.SIGKILL):
        """Run until that much was counted, that far, and is safe, and stop or pull the plug; the last number."""
        process = self.start("run", "--gated", "--interval", "30", self.volume, *words)
        seen = []
        while len(seen) < count or seen[-1] <= beyond:
            line = process.stdout.readline()
            self.assertTrue(line, process.stderr.read() if process.poll() is not None else "")
            self.assertNotIn("bad", line)
            seen += numbers(line)
        process.send_signal(stop)
        process.wait(30)
        return seen[-1]

    def sound(self):
        self.assertClear(phantom("check", "--heap", self.volume), 0)

    def test_a_volume_grows_and_its_programs_go_on(self):
        seen = self.run_for(3, self.program(COUNTER))
        pinned = phantom("history", self.volume, "pin").out.split()[1]
        self.run_for(3)
        self.assertClear(self.grow("--size", "512M"), 0, "can hold 512.0 MiB", "64.0 MiB before")
        self.assertEqual(self.volume.stat().st_size, 512 << 20)
        self.sound()
        self.assertIn(f" {pinned} ", phantom("history", self.volume).out)
        held = int(phantom("show", self.volume, "n").out.split(" = ")[1])
        self.assertGreaterEqual(held, seen)
        self.run_for(1, beyond=held)  # what was shown before a kill may be shown once more
        # More than it could hold before, beside all that goes on in it.
        removed = phantom("app", self.volume, "remove", "1")
        self.assertEqual(removed.status, 0, removed)
        self.held(self.program(self.HOLDER, "holder.ph"))
        self.assertGreater(self.stat()["pages_mapped"] * 4096, self.SIZE)
        self.held()
        self.sound()

    def held(self, *words):
        """Run until the holder has said what it holds, and stop cleanly."""
        process = self.start("run", self.volume, *words)
        for _ in range(2000):
            line = process.stdout.readline()
            if not line or line.startswith("held"):
                break
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        self.assertEqual(line, "held, bad 0\n")

    def test_it_never_becomes_smaller(self):
        before = self.volume.read_bytes()
        self.assertClear(self.grow("--size", "32M"), 1, "64.0 MiB", "32.0 MiB", "less")
        for words in ((), ("--size", "64M")):
            self.assertClear(self.grow(*words), 0, "already")
        self.assertEqual(self.volume.read_bytes(), before)

    def test_it_becomes_as_large_as_its_file(self):
        os.truncate(self.volume, self.SIZE * 3)
        self.assertClear(self.grow(), 0, "can hold 192.0 MiB")
        self.sound()

    def test_what_its_file_system_cannot_hold_is_refused(self):
        before = self.volume.read_bytes()
        limited = f'ulimit -f {self.SIZE // 512}; exec "$0" "$@"'
        ended = subprocess.run(["bash", "-c", limited, PHANTOM, "grow", "--size", "1G", self.volume],
                               capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertIn("cannot hold a file of 1.0 GiB", ended.stderr)
        self.assertEqual(self.volume.read_bytes(), before)

    def test_a_running_volume_is_refused(self):
        process = self.start("run", self.volume, self.program(SLEEPER))
        self.assertTrue(wait_for(lambda: self.stat()["running"]))
        self.assertClear(self.grow("--size", "512M"), 1, "has it open")
        kill(process)

    def test_a_kill_in_the_middle_leaves_one_size_or_the_other(self):
        self.run_for(3, self.program(COUNTER))
        size = self.SIZE
        for i in range(12):
            process = self.start("grow", "--size", f"{(size + (8 << 20)) >> 20}M", self.volume)
            time.sleep(0.002 * i)
            kill(process)
            self.sound()
            now = self.stat()["blocks"] * 4096
            self.assertIn(now, (size, size + (8 << 20)))
            size = now
        self.assertClear(self.grow("--size", "512M"), 0)
        self.run_for(3)
        self.sound()


if __name__ == "__main__":
    unittest.main()
