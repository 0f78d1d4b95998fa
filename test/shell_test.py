#!/usr/bin/env python3
"""shell_test - a person at the prompt: what is typed runs, stays, and can be stopped.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
import unittest

from phantom_support import PHANTOM, VolumeTest, kill, phantom, started, wait_for

SECONDS_MAX = 30

# A thread that keeps the volume busy.
TICK = "any tick = spawn(fun () { int i = 0; while (true) { sleep(20); i++; } })"

# The newline that ends what was typed is the terminal's, not the shell's: for that one several prompts
# stand on one line, and are shown again after a restart.
PROMPT = r"(?m)^((>|\.\.\.) )*> "
MORE = r"(?m)^((>|\.\.\.) )*\.\.\. "


def take_terminal():
    """In the new process: keys such as Ctrl-C are meant for it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Talk:
    """`phantom shell` on a terminal of its own."""

    def __init__(self, volume, *options):
        self.terminal, inside = pty.openpty()
        self.process = subprocess.Popen([PHANTOM, "shell", *options, str(volume)], stdin=inside,
                                        stdout=inside, stderr=inside, start_new_session=True,
                                        preexec_fn=take_terminal)
        started.add(self.process)
        os.close(inside)
        self.seen = ""

    def read(self, until, seconds=SECONDS_MAX):
        """What is shown up to a pattern, which is taken too."""
        end = time.monotonic() + seconds
        while not re.search(until, self.seen):
            ready, _, _ = select.select([self.terminal], [], [], end - time.monotonic())
            if not ready:
                raise AssertionError(f"no {until!r} in {self.seen!r}")
            try:
                piece = os.read(self.terminal, 65536)
            except OSError:  # the other side has gone
                piece = b""
            if not piece:
                raise AssertionError(f"the end, and no {until!r} in {self.seen!r}")
            self.seen += piece.decode(errors="replace").replace("\r\n", "\n")
        at = re.search(until, self.seen).end()
        text, self.seen = self.seen[:at], self.seen[at:]
        return text

    def type(self, text):
        os.write(self.terminal, text.encode())

    def ask(self, text):
        """Type a line; what is shown between its echo and the next prompt."""
        self.type(text + "\n")
        self.read(re.escape(text) + "\n")
        return self.read(PROMPT)[:-2].rstrip("\n")

    def come_to(self):
        """After a restart, what was shown last may be shown again: pass over it."""
        self.type('"he" + "re"\n')
        self.read('"here"\n> ')

    def leave(self):
        """Leave with Ctrl-D; the status."""
        self.type("\x04")
        self.read("phantom: left")
        status = self.process.wait(SECONDS_MAX)
        os.close(self.terminal)
        return status

    def kill(self):
        """Nothing for one that has ended."""
        if self.process.returncode is None:
            kill(self.process)
            os.close(self.terminal)


class ShellTest(VolumeTest):
    def talk(self, *options):
        """At the prompt of a shell, wherever that stands in its life."""
        talk = Talk(self.volume, *options)
        self.addCleanup(talk.kill)
        talk.read(PROMPT)
        return talk

    def resume(self):
        """Go on after a kill."""
        talk = Talk(self.volume, "--interval", "50")
        self.addCleanup(talk.kill)
        talk.come_to()
        return talk

    def settle(self):
        """Wait until a snapshot has all that happened. Something runs, so there is always a next one."""
        generation = self.stat()["generation"]
        self.assertTrue(wait_for(lambda: self.stat()["generation"] >= generation + 2))

    def ask_all(self, talk, *pairs):
        for text, answer in pairs:
            self.assertEqual(talk.ask(text), answer, text)

    def pass_time(self, seconds):
        """The text that runs does something meanwhile; how much does not matter."""
        select.select([], [], [], seconds)

    def test_the_value_of_an_expression_is_shown(self):
        self.new()
        talk = self.talk("--strict")
        self.ask_all(talk, ("6 * 7", "42"), ("\"a\\n\" + 1", '"a\\n1"'), ("2 / 4.0", "0.5"),
                     ("[1, 2]", "[1, 2]"), ("null", ""), ("println(\"x\");", "x"), ("", ""),
                     ("var n = 5", ""), ("n += 2", ""), ("n", "7"), ("5 :== 5.0", "false"))
        self.assertEqual(talk.leave(), 0)

    def test_what_was_defined_outlives_leaving_and_kills(self):
        self.new()
        talk = self.talk()
        self.ask_all(talk, ("var n = 1", ""), ("int twice(int x) { return 2 * x; }", ""),
                     ("class point { int x; void point(int x0) { x = x0; } }", ""),
                     ("var p = new point(n)", ""))
        self.assertEqual(talk.leave(), 0)
        talk = self.talk("--interval", "50")
        talk.ask(TICK)
        for i in range(1, 6):
            self.ask_all(talk, ("p.x", str(i)), ("p.x = twice(p.x) - n * (p.x - 1)", ""),
                         (f"int f{i}() {{ return p.x; }}", ""), (f"f{i}()", str(i + 1)))
            self.settle()
            talk.kill()
            talk = self.resume()

    def test_a_text_goes_on_after_a_kill_in_its_middle(self):
        self.new()
        talk = self.talk("--interval", "20")
        talk.ask("int i = 0")
        talk.type("while (i < 40) { i++; sleep(50); }\n")
        talk.read("\n")
        for _ in range(3):
            self.pass_time(0.3)
            talk.kill()
            talk = Talk(self.volume)
            self.addCleanup(talk.kill)
        talk.come_to()
        self.ask_all(talk, ("i", "40"))
        self.assertEqual(talk.leave(), 0)

    def test_a_text_may_take_several_lines(self):
        self.new()
        talk = self.talk()
        talk.type("int f(int x) {\n")
        talk.read(MORE)
        talk.type("return x + 1;\n")
        talk.read(MORE)
        self.ask_all(talk, ("}", ""), ("f(1)", "2"))
        talk.type("var s = \"a\n")
        talk.read(MORE)
        self.ask_all(talk, ('b"', ""), ("s", '"a\\nb"'), (TICK, ""))
        talk.type("{\n")
        talk.read(MORE)
        self.settle()
        talk.kill()
        talk = Talk(self.volume)
        self.addCleanup(talk.kill)
        talk.read(MORE)
        self.ask_all(talk, ("println(f(2)); }", "3"))
        self.assertEqual(talk.leave(), 0)

    def test_errors_show_the_line_and_a_caret_and_change_nothing(self):
        self.new()
        talk = self.talk()
        self.ask_all(talk, ("var n = 1", ""),
                     ("n = m + 1", "line3:1:5: error: no variable, field or class is called `m`\n"
                      "    n = m + 1\n        ^"),
                     ("n", "1"), ("}", "line4:1:1: error: this `}` closes nothing\n    }\n    ^"))

    def test_what_is_thrown_is_shown_with_where(self):
        self.new()
        talk = self.talk()
        self.ask_all(talk, ("int n = 0", ""), ("int f() { return 1 / n; }", ""),
                     ("f()", ".internal.error.arithmetic: division by zero\n"
                      "    at .main.line3.f (line3:1)\n    at .main.line4.<line> (line4:1)"),
                     ("throw \"bang\"", "thrown: bang"), ("n", "0"))

    def test_ctrl_c_stops_what_runs_and_nothing_else(self):
        self.new()
        talk = self.talk()
        talk.ask("int n = 0")
        for text in ("while (true) { n++; }", "sleep(1000000)", "readln()",
                     "while (true) println(n);"):
            talk.type(text + "\n")
            talk.read("\n")
            self.pass_time(0.2)
            talk.type("\x03")
            talk.read("interrupt")
            talk.read(PROMPT)
            self.ask_all(talk, ("1", "1"))
        talk.type("while (true) try { while (true) { } } catch (e) { }\n")
        self.pass_time(0.2)
        talk.type("\x03")
        talk.read("it does not stop")
        talk.read(PROMPT)
        talk.type("int half = ")
        talk.type("\x03")
        talk.read(r"\^C\n> ")
        talk.type("{\n")
        talk.read(MORE)
        talk.type("\x03")
        talk.read(r"\^C\n> ")
        self.ask_all(talk, ("n > 0", "true"))
        self.assertEqual(talk.leave(), 0)

    def test_an_object_can_be_looked_into(self):
        self.new()
        talk = self.talk()
        talk.ask("class point { private int x = 3; point next; }")
        self.ask_all(talk, ("var p = new point()", ""), ("p.next = p", ""),
                     ("look p", ".line2.point point{x: 3, next: point(see above)}"),
                     ("look 5", ".internal.int 5"), ("look null", "null"),
                     ("look", "look EXPRESSION: what is in an object"),
                     ("look (", "the expression is not complete"), ("1", "1"))

    def test_commands_tell_of_programs_threads_and_snapshots(self):
        self.new()
        ended = phantom("run", self.volume, self.program("println(1);"))
        self.assertEqual(ended.status, 0, ended)
        other = self.start("run", "--again", self.volume,
                           self.program("sleep(100000000);", "sleeper.ph"))
        self.assertTrue(wait_for(lambda: "sleeper.ph" in phantom("app", self.volume, "list").out))
        other.terminate()
        other.wait(SECONDS_MAX)
        talk = self.talk()
        self.assertRegex(talk.ask("programs"), r"2  running .* sleeper.ph\n.* 3  running .* shell")
        self.assertIn("sleeping", talk.ask("threads"))
        self.ask_all(talk, ("stop 2", "program 2: stopped"), ("remove 2", "program 2: removed"),
                     ("stop 3", "program 3 is this shell, with all that you have defined; it stays"),
                     ("stop 99", "there is no such program; 'phantom app VOLUME list' lists them"),
                     ("stop", "stop N: the number of a program; `programs` lists them"))
        self.assertRegex(talk.ask("snapshot"), r"^generation \d+ is safe$")
        self.assertRegex(talk.ask("keep"), r"^generation \d+ is kept$")
        self.assertIn("kept held", talk.ask("snapshots"))
        for command, words in (("stat", "live objects"), ("help", "what is in an object"),
                               ("names", "int n")):
            if command == "names":
                talk.ask("int n")
            self.assertIn(words, talk.ask(command))
        self.ask_all(talk, ("var stat = 5", ""), ("stat", "5"),
                     ("exit(3)", "type `exit` alone to leave; the shell itself goes on"))
        talk.type("exit\n")
        talk.read("phantom: left")

    def test_only_the_shell_asks_the_machine(self):
        self.new()
        text = 'try { println(.internal.machine.ask("ps")); } catch (e) { println(e); }'
        ended = phantom("run", self.volume, self.program(text))
        self.assertIn(".internal.error.access: only the shell may ask", ended.out)
        text = 'try { println(.internal.machine.look("")); } catch (e) { println(e); }'
        ended = phantom("run", "--again", self.volume, self.program(text))
        self.assertIn(".internal.error.access: only the shell may ask", ended.out)

    def test_input_that_is_no_terminal_is_read_to_its_end(self):
        self.new()
        ended = phantom("shell", self.volume, text="var n = 20\nn + 22\n")
        self.assertEqual((ended.status, "> 42\n" in ended.out), (0, True), ended)
        self.assertIn("phantom: left", ended.err)
        ended = phantom("shell", self.volume, text="n\n")
        self.assertIn("20\n", ended.out)

    def test_wrong_volumes_and_options_are_refused(self):
        self.assertClear(phantom("shell"), 2, "VOLUME")
        self.assertClear(phantom("shell", self.folder / "none"), 1, "none")
        self.assertClear(phantom("shell", self.volume, "x"), 2)
        self.new()
        self.assertClear(phantom("shell", self.volume, "--interval", "0"), 2, "interval")


if __name__ == "__main__":
    unittest.main()
