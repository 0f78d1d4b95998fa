#!/usr/bin/env python3
"""shell_test - a person at the prompt: what is typed runs, stays, and can be stopped.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
import unicodedata
import unittest

from phantom_support import PHANTOM, VolumeTest, kill, phantom, started, wait_for

SECONDS_MAX = 30
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")
ROWS_OF_A_MATCH = 100  # no pattern goes over more

# A thread that keeps the volume busy.
TICK = "any tick = spawn(fun () { int i = 0; while (true) { sleep(20); i++; } })"

LEFT, DELETE = "\x1b[D", "\x1b[3~"

PROMPT = r"^> $"
MORE = r"^\.\.\. $"


def take_terminal():
    """In the new process: keys such as Ctrl-C are meant for it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Screen:
    """A terminal as far as the shell uses one: what stands on its rows, which have no end."""

    def __init__(self):
        self.rows = [""]
        self.cells = []  # of the last row: what stands in each column; "" behind a wide character
        self.column = 0
        self.went_up = 0  # rows, to clear all from there on
        self.partial = ""

    def feed(self, text):
        text = self.partial + text
        self.partial = ""
        at = 0
        while at < len(text):
            sequence = SEQUENCE.match(text, at)
            if sequence:
                self.command(sequence[2], int(sequence[1] or 1))
                at = sequence.end()
            elif text[at] == "\x1b":
                self.partial = text[at:]
                break
            else:
                self.put(text[at])
                at += 1
        self.rows[-1] = "".join(self.cells)

    def command(self, letter, number):
        if letter == "K":
            del self.cells[self.column:]
        elif letter == "C":
            self.column += number
        elif letter == "A":
            self.went_up += number

    def put(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.rows[-1] = "".join(self.cells)
            self.rows.append("")
            self.cells = []
        elif unicodedata.combining(letter):
            self.cells[self.column - 1] += letter
        elif letter >= " ":
            wide = unicodedata.east_asian_width(letter) in "WF"
            self.cells += [" "] * (self.column - len(self.cells))
            self.cells[self.column: self.column + 1 + wide] = [letter] + [""] * wide
            self.column += 1 + wide


class Talk:
    """`phantom shell` on a terminal of its own."""

    def __init__(self, volume, *options):
        self.terminal, inside = pty.openpty()
        self.process = subprocess.Popen([PHANTOM, "shell", *options, str(volume)], stdin=inside,
                                        stdout=inside, stderr=inside, start_new_session=True,
                                        preexec_fn=take_terminal)
        started.add(self.process)
        self.inside = inside
        self.screen = Screen()
        self.passed = 0  # rows that were looked at

    def read(self, until, seconds=SECONDS_MAX):
        """What is shown up to a pattern; what stands on rows before its end is passed."""
        end = time.monotonic() + seconds
        first, seen = self.passed, self.passed  # rows before `seen` have been searched
        while True:
            shown = "\n".join(self.screen.rows[seen:])
            found = re.search(until, shown, re.MULTILINE)
            if found:
                self.passed = seen + shown.count("\n", 0, found.end())
                return "\n".join(self.screen.rows[first:seen] + [shown[: found.end()]])
            seen = max(seen, len(self.screen.rows) - ROWS_OF_A_MATCH)
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {until!r} in {shown[-2000:]!r}")
            try:
                piece = os.read(self.terminal, 65536)
            except OSError:  # the other side has gone
                piece = b""
            if not piece:
                raise AssertionError(f"the end, and no {until!r} in {shown[-2000:]!r}")
            self.screen.feed(piece.decode(errors="replace"))

    def echoes(self):
        """The terminal shows what is typed by itself, and gives it out in lines."""
        return bool(termios.tcgetattr(self.inside)[3] & (termios.ECHO | termios.ICANON))

    def close(self):
        os.close(self.terminal)
        os.close(self.inside)

    def take(self):
        """What has come meanwhile; false: nothing."""
        ready, _, _ = select.select([self.terminal], [], [], 0.05)
        if ready:
            self.screen.feed(os.read(self.terminal, 65536).decode(errors="replace"))
        return bool(ready)

    def settles_at(self, *columns):
        """The cursor comes to one of these columns, and stays there."""
        return wait_for(lambda: not self.take() and self.screen.column in columns)

    def resize(self, columns):
        """Somebody makes the terminal wider, or narrower."""
        fcntl.ioctl(self.inside, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))

    def type(self, text):
        os.write(self.terminal, text.encode())

    def enter(self, text):
        """Type a line, and pass what shows it."""
        self.type(text + "\n")
        self.read(r"^(> |\.\.\. )" + re.escape(text) + r"\n")

    def ask(self, text):
        """Type a line; what is shown between it and the next prompt."""
        self.enter(text)
        return self.read(PROMPT)[:-2].rstrip("\n")

    def come_to(self):
        """After a restart, what was shown last may be shown again: pass over it."""
        self.type('"he" + "re"\n')
        self.read('^"here"\n> ')

    def leave(self):
        """Leave with Ctrl-D; the status."""
        self.type("\x04")
        self.read("phantom: left")
        status = self.process.wait(SECONDS_MAX)
        self.close()
        return status

    def kill(self):
        """Nothing for one that has ended."""
        if self.process.returncode is None:
            kill(self.process)
            self.close()


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

    def test_what_was_answered_is_safe_already(self):
        self.new()
        for i in range(5):
            talk = self.talk("--interval", "60000")
            self.ask_all(talk, (f"var kept{i} = {i}", ""), (f"kept{i} + {10 * i}", str(11 * i)))
            talk.kill()
        talk = self.talk()
        self.ask_all(talk, ("kept0 + kept1 + kept2 + kept3 + kept4", "10"))

    def test_a_text_goes_on_after_a_kill_in_its_middle(self):
        self.new()
        talk = self.talk("--interval", "20")
        talk.ask("int i = 0")
        talk.enter("while (i < 40) { i++; sleep(50); }")
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
        talk.enter("int f(int x) {")
        talk.read(MORE)
        talk.enter("return x + 1;")
        talk.read(MORE)
        self.ask_all(talk, ("}", ""), ("f(1)", "2"))
        talk.enter("var s = \"a")
        talk.read(MORE)
        self.ask_all(talk, ('b"', ""), ("s", '"a\\nb"'), (TICK, ""))
        talk.enter("{")
        talk.read(MORE)
        self.settle()
        talk.kill()
        talk = Talk(self.volume)
        self.addCleanup(talk.kill)
        talk.read(MORE)
        talk.type("println(f(2)); }\n")  # the terminal may not know yet that it shall not echo
        talk.read(r"^3\n> $")
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
            talk.enter(text)
            self.pass_time(0.2)
            talk.type("\x03")
            talk.read("interrupt")
            talk.read(PROMPT)
            self.ask_all(talk, ("1", "1"))
        talk.enter("while (true) try { while (true) { } } catch (e) { }")
        self.pass_time(0.2)
        talk.type("\x03")
        talk.read("it does not stop")
        talk.read(PROMPT)
        talk.type("int half = ")
        talk.read("half")
        talk.type("\x03")
        talk.read(r"\^C\n> ")
        talk.enter("{")
        talk.read(MORE)
        talk.type("\x03")
        talk.read(r"\^C\n> ")
        self.ask_all(talk, ("n > 0", "true"))
        self.assertEqual(talk.leave(), 0)

    def test_ctrl_c_is_heard_whenever_it_comes(self):
        """Before the text runs, and while the terminal has no room for what it shows."""
        self.new()
        talk = self.talk()
        for turn in range(24):
            talk.enter("while (true) println(1);")
            self.pass_time([0, 0.01, 0.03, 0.1, 0.15, 0.2][turn % 6])
            talk.type("\x03")
            talk.read(r"error\.interrupt: |^\^C$")
            talk.read(PROMPT)
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
        rows = talk.ask("log").splitlines()
        self.assertLessEqual(len(rows), 20)
        for row in rows:
            self.assertRegex(row, r"^generation \d+, \d+ s old, \d+ pages, taken for [a-z ]+$")
        self.assertEqual(phantom("app", self.volume, "limit", "3", "--memory", "1G").status, 0)
        self.ask_all(talk, ("stop 3", "program 3 is this shell, with all that you have defined; it stays"))
        for command, words in (("stat", "live objects"), ("help", "what is in an object"),
                               ("names", "int n")):
            if command == "names":
                talk.ask("int n")
            self.assertIn(words, talk.ask(command))
        self.ask_all(talk, ("var stat = 5", ""), ("stat", "5"),
                     ("exit(3)", "type `exit` alone to leave; the shell itself goes on"))
        talk.enter("exit")
        talk.read("phantom: left")

    def test_only_the_shell_asks_the_machine(self):
        self.new()
        text = 'try { println(.internal.machine.ask("ps")); } catch (e) { println(e); }'
        ended = phantom("run", self.volume, self.program(text))
        self.assertIn(".internal.error.access: only the shell may ask", ended.out)
        text = 'try { println(.internal.machine.look("")); } catch (e) { println(e); }'
        ended = phantom("run", "--again", self.volume, self.program(text))
        self.assertIn(".internal.error.access: only the shell may ask", ended.out)

    def test_keys_edit_the_line(self):
        self.new()
        talk = self.talk()
        left, right, home, end, delete = "\x1b[D", "\x1b[C", "\x1b[H", "\x1b[F", "\x1b[3~"
        for keys, line in (("12" + left + "3", "132"), ("2+3" + home + "1+" + end + "4", "1+2+34"),
                           ("123" + "\x7f\x7f4", "14"), ("123" + home + delete + right + "5", "253"),
                           ("12 + 34\x1756\x19", "12 + 5634"), ("12 + 34\x15\x19\x19", "12 + 3412 + 34"),
                           ("1 + 2\x01\x0b7\x19", "71 + 2"), ("12+34\x1bb\x1bb5\x1bf6", "5126+34"),
                           ("9" + "\x02" + "8" + "\x06" + "7", "897"), ("1\x1b[Z2\x00", "12"),
                           ("\u00e9".join(['"', '"']) + left + "\x7f\u20ac\U0001f600", None)):
            with self.subTest(line=line):
                for key in re.findall(r"\x1b\[[0-9]*.|\x1b.|.", keys, re.DOTALL):
                    talk.type(key)
                talk.type("\n")
                shown = talk.read("^> .+\n")
                if line is not None:
                    self.assertEqual(shown, f"> {line}\n")
                talk.read(PROMPT)
        self.assertIn('"\u20ac\U0001f600"', "\n".join(talk.screen.rows))
        self.assertEqual(talk.leave(), 0)

    def test_a_line_that_is_wider_than_the_terminal_scrolls(self):
        self.new()
        talk = self.talk()
        number = "1" + "+1" * 60
        for key in number:
            talk.type(key)
        talk.read(r"^> [+1]{60,77}$")
        talk.type("\x01" + "2+" + "\n")
        self.assertEqual(talk.read(f"^> 2\\+{re.escape(number)}\n")[2:].strip(), "2+" + number)
        talk.read(r"^63\n> $")

    def test_the_cursor_stands_right_behind_wide_characters_and_accents(self):
        self.new()
        talk = self.talk()
        for text, keys, line, columns in (
                ('"\u6f22\u5b57 ab"', LEFT * 4, None, 7), ('"\u6f22\u5b57 ab"', LEFT * 5, None, 5),
                ('"\u6f22\u5b57 ab"', LEFT * 4 + "\x7f", '"\u6f22 ab"', 5),
                ('"\U0001f600b"', LEFT * 2, None, 5), ('"\U0001f600b"', LEFT * 2 + DELETE, '"\U0001f600"', 5),
                ('"\U0001f600b"', LEFT * 3 + DELETE, '"b"', 3), ('"\U0001f600b"', LEFT * 2 + "\x7f", '"b"', 3),
                ('"e\u0301a"', LEFT * 2, None, 4), ('"e\u0301a"', LEFT * 3 + DELETE, '"a"', 3),
                ('"\u009b\x07a"', LEFT, '"a"', 4)):
            with self.subTest(text=text, keys=keys):
                talk.type(text + keys)
                talk.read("^> " + (line or text) + "$")
                self.assertTrue(talk.settles_at(columns), talk.screen.column)
                talk.type("\x05\x15")
                talk.read("^> $")
        talk.ask('string wide = "\u6f22\u5b57\u0301"')
        self.ask_all(talk, ("wide.columns()", "4"), ("wide.length()", "3"))

    def test_the_line_takes_no_more_than_the_terminal_has(self):
        self.new()
        talk = self.talk()
        for wide in (False, True):
            for columns in (33, 20, 50):
                talk.resize(columns)
                for key in ("\u5b57" if wide else "1") * 60:
                    talk.type(key)
                least = (columns - 3) // (1 + wide) - 1
                talk.read("^> (1|\u5b57){%d,%d}$" % (least, least + 1))
                self.assertTrue(talk.settles_at(columns - 1, columns - 2))
                talk.type("\x01")
                talk.read("^> (1|\u5b57){%d,%d}$" % (least, least + 1))
                self.assertTrue(talk.settles_at(2))
                talk.type("\x05\x15")
                talk.read("^> $")
        self.assertEqual(talk.leave(), 0)

    def test_a_terminal_that_becomes_narrow_shows_the_line_once(self):
        """It makes rows of the row; the shell goes to the first of them."""
        self.new()
        talk = self.talk()
        talk.resize(80)
        talk.type("1" + "+1" * 30)
        talk.read(r"^> 1(\+1){30}$")
        talk.resize(20)
        talk.type("+2")
        self.assertTrue(wait_for(lambda: talk.take() and talk.screen.went_up == 3))
        talk.type("\n")
        talk.read(r"^33\n> $")

    def test_help_and_completions_fit_the_terminal(self):
        self.new()
        talk = self.talk()
        for line in talk.ask("help").splitlines():
            self.assertLess(len(line), 80)
        talk.resize(50)
        talk.ask('string s = "x"')
        talk.type("s.\t")
        rows = talk.read(r"^words\n> s\.$").splitlines()[1:-1]
        self.assertGreater(len(rows), 10)
        self.assertEqual([row for row in rows if len(row) >= 50], [])
        self.assertEqual(len({row.find(row.split()[1]) for row in rows if len(row.split()) > 1}), 1)

    def test_what_was_typed_before_can_be_found_again(self):
        self.new()
        talk = self.talk()
        self.ask_all(talk, ("1 + 1", "2"), ("20 + 2", "22"), ("3 * 3", "9"))
        up, down = "\x1b[A", "\x1b[B"
        for keys, line in ((up, "3 * 3"), (up * 2, "20 + 2"), (up * 9 + down, "20 + 2"),
                           ("7" + up + down + "0", "70"), ("\x1220", "20 + 2"),
                           ("\x12+\x12\x12\x12", "1 + 1"), ("\x12*\x1b[C0", "3 * 30")):
            talk.type(keys + "\n")
            self.assertEqual(talk.read("^> .+\n"), f"> {line}\n")
            talk.read(PROMPT)
        self.assertEqual(talk.leave(), 0)
        talk = self.talk()
        talk.type(up + "\n")
        self.assertEqual(talk.read("^> .+\n"), "> 3 * 30\n")

    def test_tab_completes_names(self):
        self.new()
        talk = self.talk()
        self.ask_all(talk, ("var counter = 5", ""), ("var country = 6", ""),
                     ("class countess { }", ""))
        talk.type("cou\t")
        talk.read("^> count$")
        talk.type("\t")
        talk.read("^counter  countess  country\n> count$")
        talk.type("r\t")
        talk.read("^> country$")
        talk.type(" + 1\n")
        talk.read("^7\n> $")
        talk.type("xyzz\t")
        talk.read("^> xyzz$")
        talk.type("\x15if (true) {\n\tprintln(\"pasted\");\n}\n")
        talk.read("^pasted\n> $")

    def test_tab_completes_behind_a_dot(self):
        self.new()
        talk = self.talk()
        self.ask_all(talk, ("class node { public node next; node hidden; int number; private int secret; "
                            "static int made; int numberOfAll() { return 1; } private void own() { } "
                            "static node first() { return null; } }", ""),
                     ("var chain = new node()", ""), ("chain.next = new node()", ""),
                     ("any loose = [1]", ""), ("string none = null", ""), ("int n = 5", ""))
        for typed, shown in (("chain.nu\t", "chain.number"), ("chain.next.hidd\t", "chain.next.hidden"),
                             ("1 + chain.hidden.numberO\t", "1 + chain.hidden.numberOfAll"),
                             ("node.ma\t", "node.made"), ("node.fi\t", "node.first"),
                             ("loose.removeF\t", "loose.removeFirst"), ("none.lastIn\t", "none.lastIndexOf"),
                             ("\"abc\".toUp\t", "\"abc\".toUpper"), ("n.hashC\t", "n.hashCode"),
                             ("math.sqr\t", "math.sqrt"), ("chain.se\t", "chain.se"), ("chain.ow\t", "chain.ow"),
                             ("what.is\t", "what.is"), ("f().\t", "f()."), ("5.\t", "5.")):
            talk.type("\x15" + typed)
            talk.read("> " + re.escape(shown) + "$")
        talk.type("\x15chain.n\t")
        talk.read(r"^next  number  numberOfAll\n> chain\.n$")
        talk.type("\x15chain.next.numberOfAll()\n")
        talk.read("1\n> $")

    def test_a_line_in_the_making_outlives_a_kill(self):
        self.new()
        talk = self.talk("--interval", "50")
        talk.ask(TICK)
        talk.type("40 + 2")
        talk.read(r"^> 40 \+ 2$")
        self.settle()
        talk.kill()
        talk = Talk(self.volume)
        self.addCleanup(talk.kill)
        talk.read(r"^> 40 \+ 2$")
        self.assertTrue(wait_for(lambda: not talk.echoes()))
        talk.type("00\n")
        talk.read(r"^240\n> $")

    def test_the_terminal_is_left_as_it_was(self):
        self.new()
        talk = self.talk()
        self.assertFalse(talk.echoes())
        talk.enter("readln()")
        self.assertTrue(wait_for(talk.echoes))
        talk.type("typed\n")
        talk.read('^"typed"\n> $')
        self.assertFalse(talk.echoes())
        talk.type("\x1a")
        self.assertTrue(wait_for(talk.echoes))
        talk.process.send_signal(signal.SIGCONT)
        self.assertTrue(wait_for(lambda: not talk.echoes()))
        talk.process.terminate()
        talk.read("phantom: Terminated")
        talk.process.wait(SECONDS_MAX)
        self.assertTrue(talk.echoes())
        talk.close()

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


# Counts, and says so.
COUNTER = """
println("runs");
int ticks = 0;
while (true) {
    ticks++;
    sleep(5);
}
"""


class Attached(VolumeTest):
    """More prompts for a volume that runs."""

    def setUp(self):
        super().setUp()
        self.new()
        self.process = self.run_volume(self.program(COUNTER))

    def run_volume(self, *words):
        process = self.start("run", self.volume, *words)
        if words:
            self.assertEqual(process.stdout.readline(), "runs\n")
        self.assertTrue(wait_for(lambda: phantom("ps", self.volume).status == 0))
        return process

    def talk(self):
        talk = Talk(self.volume)
        self.addCleanup(talk.kill)
        talk.read(PROMPT)
        return talk

    def ticks(self):
        return int(phantom("show", self.volume, "ticks").out.rsplit("= ", 1)[1])

    def threads(self):
        return phantom("ps", self.volume).out

    def gone(self):
        """No thread of a session is left."""
        return wait_for(lambda: "attached" not in self.threads() and self.threads().count("break") < 2)

    def test_definitions_stay_and_the_volume_goes_on(self):
        talk = self.talk()
        self.assertEqual(talk.ask("int n = 20"), "")
        self.assertEqual(talk.ask("n * 2 + 2"), "42")
        self.assertEqual(talk.ask('println("shown here")'), "shown here")
        self.assertEqual(talk.ask("int x = ;").count("^"), 1)
        before = self.ticks()
        self.assertEqual(talk.leave(), 0)
        self.assertTrue(self.gone())
        self.assertTrue(wait_for(lambda: self.ticks() > before))
        talk = self.talk()
        self.assertEqual(talk.ask("n"), "20")
        self.assertEqual(talk.leave(), 0)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(20), 0)
        self.assertEqual(self.process.stdout.read(), "")
        alone = Talk(self.volume)
        self.addCleanup(alone.kill)
        alone.come_to()
        self.assertEqual(alone.ask("n + 1"), "21")

    def test_several_prompts_have_one_world_and_each_its_own_line(self):
        first, second = self.talk(), self.talk()
        self.assertEqual(first.ask("int twice(int x) { return 2 * x; }"), "")
        self.assertEqual(second.ask("twice(21)"), "42")
        second.type("twice(10")
        first.enter("for (int i = 0; i < 3; i++) {")
        first.read(MORE)
        second.type("0)\n")
        self.assertIn("200\n", second.read(r"^200\n> "))
        first.enter("println(i); }")
        self.assertIn("0\n1\n2\n", first.read(PROMPT))
        for i in range(20):
            for talk in (first, second):
                talk.type(f"int v{i}{'a' if talk is first else 'b'} = {i}\n")
        for talk in (first, second):
            talk.type("v19a + v19b + v0a\n") if talk is second else talk.type("v19a\n")
        first.read(r"^19\n> ")
        second.read(r"^(38\n|.*v19a.*\n)")
        self.assertEqual(first.ask("v19a"), "19")

    def test_beside_the_prompt_of_the_volume_itself(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        main = self.talk()
        self.assertEqual(main.ask("int n = 1"), "")
        other = self.talk()
        self.assertEqual(other.ask("n = n + 1"), "")
        self.assertEqual(main.ask("n"), "2")
        self.assertEqual(other.leave(), 0)
        self.assertEqual(main.ask("n"), "2")
        ended = phantom("shell", self.volume, text="n + 40\n")
        self.assertEqual(ended.status, 0, ended)
        self.assertIn("42\n", ended.out)
        other = self.talk()
        self.assertEqual(main.leave(), 0)
        other.read("cut off")
        self.assertEqual(other.process.wait(20), 1)

    def test_ctrl_c_stops_what_was_typed_there(self):
        first, second = self.talk(), self.talk()
        first.enter("while (true) sleep(1)")
        second.enter("while (true) sleep(1)")
        time.sleep(0.3)
        first.type("\x03")
        self.assertIn("interrupt", first.read(PROMPT))
        self.assertEqual(first.ask("1 + 1"), "2")
        second.type("\x03")
        self.assertIn("interrupt", second.read(PROMPT))
        second.type("half a li\x03")
        second.read(r"\^C\n> ")
        self.assertEqual(second.ask("2 + 2"), "4")
        self.assertIsNone(self.process.poll())

    def test_the_line_takes_no_more_than_each_terminal_has(self):
        first, second = self.talk(), self.talk()
        for columns in (30, 60):
            first.resize(columns)
            second.resize(columns + 10)
            for talk, room in ((first, columns - 3), (second, columns + 7)):
                self.assertTrue(wait_for(lambda: self.row_of(talk) == "> " + "1" * room), (columns, room))
        first.type("\x15")
        self.assertEqual(first.leave(), 0)

    def row_of(self, talk):
        """A terminal tells its size in its own time; so the line is typed again."""
        talk.type("\x15" + "1" * 100)
        talk.read("^> 1+$")
        talk.type("\x01\x05")
        wait_for(lambda: not talk.take(), 1)
        return talk.screen.rows[-1]

    def test_what_a_text_reads_is_typed_there(self):
        talk = self.talk()
        talk.enter('string line = readln(); println("<" + line + ">")')
        self.assertTrue(wait_for(talk.echoes))
        talk.type("zw\u00f6lf\n")
        self.assertIn("<zw\u00f6lf>\n", talk.read(PROMPT))
        self.assertTrue(wait_for(lambda: not talk.echoes()))
        talk.leave()

    def test_the_terminal_is_left_as_it_was(self):
        for end in ("\x04", signal.SIGTERM):
            talk = self.talk()
            self.assertTrue(wait_for(lambda: not talk.echoes()))
            if isinstance(end, str):
                talk.type(end)
            else:
                talk.process.send_signal(end)
            talk.process.wait(20)
            self.assertTrue(talk.echoes())
            talk.close()

    def test_much_is_shown_whole(self):
        talk = self.talk()
        talk.enter("for (int i = 0; i < 30000; i++) println(i)")
        shown = talk.read(PROMPT)
        self.assertEqual([int(line) for line in shown.splitlines() if line.isdigit()],
                         list(range(30000)))

    def test_a_client_that_is_killed_harms_nothing(self):
        for text in ("", "sleep(100)", "for (int i = 0; i < 3000; i++) println(i)", "int half("):
            talk = self.talk()
            talk.type(text + "\n" if text else "half a line")
            time.sleep(0.05)
            kill(talk.process)
            talk.close()
            talk.process.returncode = -9
        self.assertIsNone(self.process.poll())
        self.assertTrue(self.gone())
        talk = self.talk()
        self.assertEqual(talk.ask("1 + 1"), "2")
        before = self.ticks()
        self.assertTrue(wait_for(lambda: self.ticks() > before))
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_after_a_kill_of_the_volume_nobody_is_attached(self):
        talk = self.talk()
        self.assertEqual(talk.ask("int n = 7"), "")
        talk.type("half a line")
        time.sleep(0.5)
        kill(self.process)
        talk.read("cut off from ")
        self.assertEqual(talk.process.wait(20), 1)
        self.process = self.run_volume()
        self.assertTrue(self.gone())
        talk = self.talk()
        self.assertEqual(talk.ask("n"), "7")
        self.assertEqual(talk.leave(), 0)
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(20), 0)

    def test_who_ends_the_shell_ends_its_prompts(self):
        talk = self.talk()
        self.assertEqual(phantom("app", self.volume, "stop", "2").status, 0)
        talk.read("cut off from ")
        self.assertEqual(talk.process.wait(20), 1)
        talk = self.talk()
        self.assertEqual(talk.ask("int n = 3"), "")
        self.assertEqual(talk.ask("n"), "3")

    def test_input_that_is_no_terminal(self):
        ended = phantom("shell", self.volume, text="int n = 20\nn + 22\nreadln()\nabc\n")
        self.assertEqual(ended.status, 0, ended)
        self.assertIn("> 42\n", ended.out)
        self.assertIn('"abc"\n', ended.out)
        self.assertIn("which goes on running", ended.err)

    def test_more_than_can_be_typed_ahead_waits(self):
        line = "n = n + 1; // " + "x" * 100_000 + "\n"
        ended = phantom("shell", self.volume, text="int n = 0; sleep(500)\n" + line * 30 + "n\n")
        self.assertEqual(ended.status, 0, ended.err)
        self.assertIn("> 30\n", ended.out)

    def test_who_leaves_while_much_is_typed_ahead_is_gone(self):
        process = self.start("shell", self.volume, stdin=subprocess.PIPE)
        process.stdin.write("while (true) sleep(10);\n" + "x" * 1_100_000)
        process.stdin.flush()
        kill(process)
        self.assertTrue(self.gone())

    def test_nonsense_on_the_socket_harms_nobody(self):
        for frames in (b"", b"x\0\0", b"i\xff\xff", b"i\x03\x00ab", b"b\0\0" * 50, b"e\0\0" * 3,
                       b"i\x05\x00\xff\xfe\x00\x80\n" * 20):
            with self.subTest(frames=frames[:12]), socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(f"{self.volume}.control")
                client.sendall(b"attach p\n")
                self.assertEqual(client.recv(2), b"0\n")
                client.sendall(frames)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
        self.assertTrue(self.gone())
        self.assertIsNone(self.process.poll())
        self.assertEqual(self.talk().ask("1 + 1"), "2")

    def test_where_nothing_runs_there_is_no_prompt(self):
        kill(self.process)
        self.process = self.start("run", "--safe", self.volume)
        self.assertTrue(wait_for(lambda: self.stat()["running"]))
        self.assertClear(phantom("shell", self.volume), 1, "run --safe")


if __name__ == "__main__":
    unittest.main()
