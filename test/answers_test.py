#!/usr/bin/env python3
"""answers_test - a running volume answers ps, stat, app and log, as a process and on bare metal.

The first half holds for both. Then what only a machine in QEMU has: a serial line, on which
anything may come, and which nobody may read.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import random
import re
import signal
import socket
import stat
import threading
import time
import unittest

from boot_support import BootTest, DONE, children, disk
from phantom_support import kill, phantom, wait_for

# Ends by any line; until then there are threads to be seen.
SLEEPERS = """
class sleeper { void run() { sleep(86400000L * 365L); } };
for (int i = 0; i < args()[0].toInt(); i++)
    spawn(new sleeper());
println("waiting");
readln();
exit(0);
"""

FIGURES = ("generation", "snapshots", "pages_written", "bytes_written", "live_bytes")
DURATIONS = ("pause_ns", "safepoint_ns", "commit_ns")


class Answers:
    """What holds wherever the volume runs; `verb` is how it is started."""

    verb = ""

    def up(self, *options, program=None, threads=3):
        """A volume that runs, has a program, and answers."""
        if not self.volume.exists():
            self.new()
        words = [self.volume] if program is None else [self.volume, program, threads]
        process = self.command(self.verb, *options, *words)
        self.answers()
        return process

    def sleepers(self, *options, **more):
        process = self.up(*options, program=self.program(SLEEPERS), **more)
        self.saw(process.output, "waiting")
        self.answers()
        self.assertTrue(wait_for(lambda: b"runnable" not in self.ask(b"ps\n"), 30), "they do not sleep")
        return process

    def answers(self, seconds=30):
        path = f"{self.volume}.control"
        self.assertTrue(wait_for(lambda: os.path.exists(path) and self.ask(b"stat\n")[:1] == b"0",
                                 seconds), "it does not answer")

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.connect(f"{self.volume}.control")
        client.settimeout(30)
        return client

    def ask(self, request):
        """All that the socket says to these bytes; nothing, if nobody is there."""
        said = b""
        try:
            client = self.connect()
            client.sendall(request)
            while piece := client.recv(65536):
                said += piece
            client.close()
        except OSError:
            pass
        return said

    def look(self, *words):
        ended = phantom(*words)
        self.assertEqual(ended.status, 0, ended)
        return ended.out

    def test_ps_shows_each_thread(self):
        self.sleepers()
        rows = self.look("ps", self.volume).splitlines()
        self.assertRegex(rows[0], "THREAD +PROGRAM +STATE")
        self.assertEqual(len(rows), 5, rows)
        self.assertEqual(sum(".sleeper.run" in row and "program.ph:2)" in row for row in rows), 3, rows)

    def test_show_has_the_variables(self):
        self.sleepers()
        self.assertTrue(self.look("show", self.volume).startswith("1 program.ph\n"))
        self.assertClear(phantom("show", self.volume, "nothing*"), 1, "no such variable")

    def test_stat_has_the_figures_of_this_run(self):
        self.sleepers()
        self.assertTrue(wait_for(lambda: self.stat()["snapshots"] > 0))
        figures = self.stat()
        self.assertTrue(figures["running"])
        for name in FIGURES:
            self.assertGreater(figures[name], 0, name)
        self.assertGreaterEqual(figures["pages_dirty"], 0)
        self.assertIn(" written since the last snapshot;", self.look("stat", self.volume))
        for name in DURATIONS:
            self.assertEqual(set(figures[name]), {"count", "p50", "p99", "max"})
            self.assertGreater(figures[name]["count"], 0, name)
            self.assertLessEqual(figures[name]["p50"], figures[name]["p99"])
            self.assertLessEqual(figures[name]["p99"], figures[name]["max"])
        self.assertRegex(self.look("stat", self.volume), r"generation \d+, running\n(?s:.*)\npause ")

    def test_log_tells_the_generations_in_local_time(self):
        self.sleepers()
        rows = self.look("log", self.volume).splitlines()
        self.assertRegex(rows[0], "GENERATION +TIME +PAGES +SIZE +RUNNING +KEPT +CAUSE")
        self.assertRegex(rows[-1], r"^ +2  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} .* new volume$")

    def test_one_program_is_removed_and_the_other_goes_on(self):
        process = self.sleepers()
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        self.sleepers("--again", threads=1)
        self.assertEqual(self.look("app", self.volume, "remove", "1"), "program 1: removed\n")
        rows = self.look("app", self.volume, "list").splitlines()[1:]
        self.assertEqual(len(rows), 1, rows)
        self.assertRegex(rows[0], "^ +2  running +2 .* program.ph$")

    def test_who_stops_the_last_program_is_told_before_all_ends(self):
        process = self.sleepers()
        self.assertEqual(self.look("app", self.volume, "stop", "1"), "program 1: stopped\n")
        self.ends(process, 0)
        self.assertRegex(self.look("app", self.volume), "1  stopped")
        self.assertSound()

    def test_what_is_not_there_is_a_clear_message(self):
        self.sleepers()
        self.assertClear(phantom("app", self.volume, "stop", "77"), 1, "no such program")
        self.assertEqual(self.ask(b"dance\n"), b"1 36\na volume does not understand 'dance'")
        self.assertIn("running", self.look("app", self.volume))

    def test_a_volume_of_which_nothing_runs_answers_and_obeys(self):
        process = self.sleepers()
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        self.up("--safe")
        self.assertEqual(len(self.look("ps", self.volume).splitlines()), 5)
        self.assertEqual(self.look("app", self.volume, "stop", "1"), "program 1: stopped\n")

    def test_the_socket_is_its_users_alone_and_goes_with_the_run(self):
        path = f"{self.volume}.control"
        process = self.sleepers()
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        self.assertFalse(os.path.exists(path))

    def test_a_socket_that_a_killed_run_left_behind_is_replaced(self):
        kill(self.sleepers())
        self.assertTrue(os.path.exists(f"{self.volume}.control"))
        self.assertIn('"main"', self.look("ps", self.volume))  # wherever it is at the moment
        self.up()
        self.assertTrue(self.stat()["running"])

    def test_bad_clients_get_nothing_and_keep_nobody_waiting_for_long(self):
        self.sleepers()
        for bytes_sent in (b"", b"st", b"x" * 100000, os.urandom(5000).replace(b"\n", b"")):
            client = self.connect()
            try:
                client.sendall(bytes_sent)
            except OSError:
                pass  # it was cut off, which is an answer
            self.assertIn("THREAD", self.look("ps", self.volume))
        for _ in range(30):
            self.ask(os.urandom(100) + b"\n")
        for _ in range(30):
            self.connect().sendall(b"ps\n")  # and does not wait for the answer
        self.assertIn("THREAD", self.look("ps", self.volume))

    def test_who_never_comes_to_the_point_is_cut_off(self):
        self.sleepers()
        client = self.connect()
        for _ in range(60):
            try:
                client.sendall(b"s")
            except OSError:
                return
            time.sleep(0.3)  # so that it never keeps silent for long
        self.fail("it is still listened to")

    def test_many_clients_are_all_answered(self):
        self.sleepers()
        ended = []
        threads = [threading.Thread(target=lambda: ended.append(phantom("ps", self.volume)))
                   for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in ended:
            self.assertEqual(one.status, 0, one)
            self.assertEqual(one.out.count(".sleeper.run"), 3, one)


class OnLinux(Answers, BootTest):
    verb = "run"


class OnBareMetal(Answers, BootTest):
    verb = "boot"

    def test_the_figures_have_the_same_names_as_those_of_a_process(self):
        process = self.sleepers()
        there = self.stat()
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        self.verb = "run"
        self.up()
        here = self.stat()
        self.assertEqual(list(here), list(there))
        self.assertEqual([type(value) for value in here.values()],
                         [type(value) for value in there.values()])

    def test_a_machine_that_hangs_is_said_and_its_late_answer_is_nobodys(self):
        process = self.sleepers()
        qemu = children(process.pid)[0]
        os.kill(qemu, signal.SIGSTOP)
        self.assertClear(phantom("stat", self.volume), 1, "the machine does not answer")
        os.kill(qemu, signal.SIGCONT)
        self.assertIn("THREAD", self.look("ps", self.volume))


class Line:
    """The other end of the machine's second serial port, without the command between."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        assert wait_for(lambda: self.socket.connect_ex(str(path)) == 0)
        self.said = b""

    def line(self):
        while b"\n" not in self.said:
            piece = self.socket.recv(65536)
            assert piece, f"the line ended after {self.said}"
            self.said += piece
        line, self.said = self.said.split(b"\n", 1)
        return line

    def answer(self, number):
        """Status and text of the next answer, which has this number."""
        head = re.fullmatch(rb"!(\d+) (\d) (\d+)", self.line())
        assert int(head[1]) == number, head[0]
        while len(self.said) < int(head[3]):
            self.said += self.socket.recv(65536)
        text, self.said = self.said[:int(head[3])], self.said[int(head[3]):]
        return int(head[2]), text.decode()

    def ask(self, number, request):
        self.socket.sendall(b"?%d %s\n" % (number, request))
        return self.answer(number)


class OnTheLine(BootTest):
    """Anything may come on the line, and nothing hurts the machine."""

    def up(self, threads=3):
        """A machine whose second port is ours; it has said that it answers."""
        self.new()
        process = self.command("run", self.volume, self.program(SLEEPERS), threads)
        self.saw(process.output, "waiting")
        process.send_signal(signal.SIGTERM)
        self.ends(process, 0)
        path = self.folder / "line"
        self.machine_up = self.machine(
            *disk(self.volume), "-chardev", f"socket,id=line,path={path},server=on,wait=on",
            "-serial", "chardev:line")
        line = Line(path)
        self.addCleanup(line.socket.close)
        self.assertEqual(line.answer(0), (2, ""))
        return line

    def ends_well(self):
        self.machine_up.process.stdin.write(b"the end\n")
        self.machine_up.process.stdin.flush()
        self.assertEqual(self.machine_up.end(), DONE, str(self.machine_up.output))
        self.assertSound()

    def test_garbage_is_passed_over_and_questions_among_it_are_answered(self):
        line = self.up()
        noise = random.Random(4711)
        for number in range(1, 40):
            garbage = noise.randbytes(noise.randrange(3000)).replace(b"?", b"!")
            line.socket.sendall(garbage + b"\n")
            self.assertEqual(line.ask(number, b"ps")[1].count(".sleeper.run"), 3)
        self.ends_well()

    def test_what_is_nearly_a_question_does_nothing(self):
        line = self.up()
        for number, words in enumerate((b"?9 app stop 1" + b" " * 3000, b"?9", b"?", b"",
                                        b"? 9 app stop 1", b"app stop 1", b"x" * 60000), 1):
            line.socket.sendall(words + b"\n")
            self.assertIn("running", line.ask(100 + number, b"app list")[1])
        line.socket.sendall(b"?9 app st")  # whoever sent it is gone
        line.socket.sendall(b"?10 app stop 1\n")
        self.assertEqual(line.answer(9)[0], 1)
        self.assertIn("running", line.ask(11, b"app list")[1])
        self.ends_well()

    def test_what_comes_back_from_the_other_end_is_not_answered(self):
        line = self.up()
        status, text = line.ask(1, b"ps")
        line.socket.sendall(b"!1 %d %d\n" % (status, len(text)) + text.encode())
        self.assertEqual(line.ask(2, b"stat")[0], 0)
        self.ends_well()

    def test_a_flood_of_questions_is_answered_in_order(self):
        line = self.up()
        count = 300
        sender = threading.Thread(target=lambda: line.socket.sendall(
            b"".join(b"?%d ps\n" % number for number in range(1, count + 1))))
        sender.start()
        for number in range(1, count + 1):
            self.assertEqual(line.answer(number)[0], 0)
        sender.join()
        self.ends_well()

    def test_who_does_not_read_the_answer_does_not_hold_the_machine(self):
        line = self.up(threads=8000)
        line.socket.sendall(b"?1 ps\n?2 ps\n?3 app list\n")
        self.assertTrue(wait_for(lambda: line.socket.recv(1, socket.MSG_PEEK)))
        self.ends_well()


if __name__ == "__main__":
    unittest.main()
