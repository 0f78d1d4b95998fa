#!/usr/bin/env python3
"""console_test - what goes in and out of a program, from outside.

Source: docs/notes/007-primitives-and-console.md

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import select
import signal
import subprocess
import tempfile
import time
import unittest

PHANTOM = os.environ.get("PHANTOM", "build/phantom")
SECONDS_MAX = 60

ECHO = """
string line = readln();
while (line != null) {
    println(line);
    line = readln();
}
println("end");
"""

COUNT = """
int n = 0;
while (n < 100000) {
    n++;
    println("line \\{n}");
    if (n % 10 == 0)
        sleep(2);
}
"""

SHOUT = """
void shout(string letter) {
    string text = letter.repeat(30000);
    for (int i = 0; i < 20; i++)
        println(text);
}
any a = spawn(fun () { shout("a"); });
any b = spawn(fun () { shout("b"); });
any c = spawn(fun () { shout("é"); });
a.join();
b.join();
c.join();
"""

ASK_AGAIN = """
int asked = 0;
while (asked < 3) {
    string line = readln();
    if (line == null) {
        sleep(20);
    } else {
        asked++;
        println("\\{asked}: \\{line}");
    }
}
"""

ENDLESS = """
string text = "a".repeat(300000);
while (true)
    println(text);
"""

# Who does something again, after a kill, does it in another run of the machine.
SAFE = """
for (int n = 0; n < 100000; n++) {
    .internal.snapshot.println("safe \\{n} \\{.internal.machine.run()}");
    println("other \\{n}");
    if (n % 10 == 0)
        sleep(2);
}
"""

SAFE_CHANNEL = """
any raw = new .phantom.channel(8);
any safe = raw.gated();
spawn(fun () {
    for (int n = 0; n < 100000; n++)
        raw.send("safe \\{n} \\{.internal.machine.run()}");
});
foreach (line in safe)
    println(line);
"""

READERS = """
any lines = new .internal.container.queue(1000);
any readers = [];
for (int i = 0; i < 4; i++) {
    readers.add(spawn(fun () {
        string line = readln();
        while (line != null) {
            lines.put(line.toInt());
            line = readln();
        }
    }));
}
foreach (reader in readers)
    reader.join();
lines.close();
any all = [];
any line = lines.take();
while (line != null) {
    all.add(line);
    line = lines.take();
}
all.sort();
println(all.size());
println(all.join(" "));
"""


def wait_until_full(pipe):
    """Until a writer that nobody reads from cannot go on: however much of each page is used."""
    deadline = time.monotonic() + SECONDS_MAX
    writer = os.open(f"/proc/self/fd/{pipe.fileno()}", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while select.select([], [writer], [], 0)[1]:
            if time.monotonic() > deadline:
                raise AssertionError(f"there is still room after {SECONDS_MAX} s")
            time.sleep(0.02)
    finally:
        os.close(writer)


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="phantom-console-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.volume = os.path.join(self.folder, "v.phantom")

    def program(self, text):
        path = os.path.join(self.folder, "p.ph")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def execute(self, text, data=b""):
        done = subprocess.run([PHANTOM, "exec", self.program(text)], input=data, timeout=SECONDS_MAX,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        return done.stdout

    def make(self):
        subprocess.run([PHANTOM, "new", self.volume], check=True, stderr=subprocess.DEVNULL)

    def start(self, *words, **settings):
        return subprocess.Popen([PHANTOM, "run", *words], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, **settings)

    def test_a_line_of_a_mebibyte_comes_back_whole(self):
        line = bytes(97 + i % 26 for i in range(1 << 20))
        self.assertEqual(self.execute(ECHO, line[:-1] + b"\nx\n"), line[:-1] + b"\nx\nend\n")

    def test_a_longer_line_loses_nothing(self):
        line = "aé€😀".encode() * 400000
        self.assertEqual(self.execute(ECHO, line + b"\n").replace(b"\n", b""), line + b"end")

    def test_line_ends_do_not_belong_to_the_line(self):
        self.assertEqual(self.execute(ECHO, b"one\r\ntwo\n\nlast"), b"one\ntwo\n\nlast\nend\n")

    def test_no_input_is_the_end_of_input(self):
        self.assertEqual(self.execute(ECHO), b"end\n")

    def test_bytes_that_are_no_text_are_replaced(self):
        self.assertEqual(self.execute(ECHO, b"a\xff\xe2\x82z\xc3\n"),
                         "a\ufffd\ufffdz\ufffd\nend\n".encode())

    def test_half_a_pair_is_replaced_on_its_way_out(self):
        self.assertEqual(self.execute('println("a\\{"😀".substring(0, 1)}b");\n'),
                         "a\ufffdb\n".encode())

    def test_text_without_a_newline_leaves_too(self):
        self.assertEqual(self.execute('print("a"); print(1); print(null);\n'), b"a1null")

    def test_lines_of_several_threads_do_not_mix(self):
        lines = self.execute(SHOUT).decode().splitlines()
        self.assertEqual(len(lines), 60)
        for line in lines:
            self.assertEqual(line, line[0] * 30000)

    def test_a_slow_reader_slows_the_program_down(self):
        process = subprocess.Popen([PHANTOM, "exec", self.program(SHOUT)], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        output, _ = process.communicate(timeout=SECONDS_MAX)
        self.assertEqual(len(output), 20 * (30001 + 30001 + 60001))
        self.assertEqual(process.returncode, 0)

    def test_each_line_goes_to_one_of_several_readers(self):
        data = b"".join(b"%d\n" % i for i in range(500))
        output = self.execute(READERS, data).split()
        self.assertEqual([int(word) for word in output], [500, *range(500)])

    def test_the_end_of_input_belongs_to_the_attachment(self):
        self.make()
        program = self.program(ASK_AGAIN)
        said = b""
        for i, word in enumerate((b"first", b"second", b"third")):
            process = self.start("--gated", self.volume, *([program] if i == 0 else []),
                                 stdin=subprocess.PIPE)
            process.stdin.write(word + b"\n")
            process.stdin.close()
            said += process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            said += process.stdout.read()
            self.assertEqual(process.wait(SECONDS_MAX), 0)
            process.stdout.close()
        self.assertEqual(said, b"1: first\n2: second\n3: third\n")

    def test_a_program_that_is_stopped_in_the_middle_of_a_text_lets_others_print(self):
        self.make()
        process = self.start(self.volume, self.program(ENDLESS), stdin=subprocess.DEVNULL)
        process.stdout.read(1000)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        self.assertEqual(process.wait(SECONDS_MAX), 0)
        process.stdout.close()

        process = self.start("--again", self.volume, self.program('println("b");\n'.join([""] * 21)),
                             stdin=subprocess.DEVNULL)
        before = process.stdout.read(1000000)
        subprocess.run([PHANTOM, "app", self.volume, "stop", "1"], check=True,
                       stdout=subprocess.DEVNULL)
        output, _ = process.communicate(timeout=SECONDS_MAX)
        self.assertEqual(process.returncode, 0)
        self.assertEqual((before + output).count(b"b\n"), 20)

    def test_a_second_interrupt_leaves_at_once(self):
        self.make()
        process = self.start(self.volume, self.program(ENDLESS), stdin=subprocess.DEVNULL)
        wait_until_full(process.stdout)
        process.send_signal(signal.SIGINT)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1)  # what it has said must leave first, and nobody takes it
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(5), 130)
        process.stdout.close()
        subprocess.run([PHANTOM, "check", self.volume], check=True, stdout=subprocess.DEVNULL)

    def lives(self, options, count):
        """Stop a counting program cleanly a few times; all that its lives said."""
        self.make()
        program = self.program(COUNT)
        said = b""
        for i in range(count):
            process = self.start(*options, self.volume, *([program] if i == 0 else []),
                                 stdin=subprocess.DEVNULL)
            said += process.stdout.readline()
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            said += process.stdout.read()
            self.assertEqual(process.wait(SECONDS_MAX), 0)
            process.stdout.close()
        return said.decode().splitlines()

    def test_a_clean_stop_repeats_nothing_and_loses_nothing(self):
        lines = self.lives([], 5)
        self.assertEqual(lines, [f"line {n + 1}" for n in range(len(lines))])

    def see_nothing_undone(self, text):
        """What a program has said of itself stays true, and in order, however often it is killed."""
        seen = {}
        self.make()
        for life in range(8):
            process = self.start(self.volume, *([self.program(text)] if life == 0 else []),
                                 stdin=subprocess.DEVNULL)
            before = len(seen)
            last = None
            while len(seen) < before + 40:  # what may not have left is said again first
                last = self.see(process.stdout.readline(), last, seen)
            process.send_signal(signal.SIGKILL)
            for line in process.stdout.read().split(b"\n")[:-1]:  # the last may be cut off
                last = self.see(line, last, seen)
            process.stdout.close()
            process.wait()

    def see(self, line, last, seen):
        """One line; the number of the last safe one."""
        self.assertTrue(line, "the process ended")
        word, number, *run = line.split()
        if word != b"safe":
            return last
        self.assertEqual(seen.setdefault(number, run), run, f"{number} was undone")
        self.assertIn(int(number), range(len(seen)) if last is None else (last + 1,))
        return int(number)

    def test_a_text_that_is_gated_by_the_program_is_not_undone(self):
        self.see_nothing_undone(SAFE)

    def test_nor_is_what_came_through_a_gated_channel(self):
        self.see_nothing_undone(SAFE_CHANNEL)

    def test_nor_does_it_when_gated(self):
        lines = self.lives(["--gated"], 5)
        self.assertEqual(lines, [f"line {n + 1}" for n in range(len(lines))])

    def test_what_nobody_takes_stays_in_the_volume(self):
        self.make()
        process = self.start("--gated", self.volume, self.program(COUNT), stdin=subprocess.DEVNULL)
        first = [process.stdout.readline() for _ in range(5)]
        process.stdout.close()  # the reader is gone, and the system stops: trouble of the world
        self.assertEqual(process.wait(SECONDS_MAX), 1)
        process = self.start("--gated", self.volume, stdin=subprocess.DEVNULL)
        second = [process.stdout.readline() for _ in range(2000)]
        process.kill()
        process.wait()
        process.stdout.close()
        self.assertEqual(first, [b"line %d\n" % (n + 1) for n in range(5)])
        begin = int(second[0].split()[1])
        # At least once: what was on its way when the reader left may have been taken or not.
        self.assertGreaterEqual(begin, 1)
        self.assertEqual(second, [b"line %d\n" % (begin + n) for n in range(2000)])


if __name__ == "__main__":
    unittest.main()
