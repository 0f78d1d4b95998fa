#!/usr/bin/env python3
"""full_test - a volume that is full can be cleaned up: by the program that filled it, and by a person.

Volumes of several sizes, down to the smallest, are filled with data of several shapes.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import random
import select
import signal
import subprocess
import time
import unittest

from phantom_support import VolumeTest, kill, phantom, wait_for

SHAPES = ("nodes", "ints", "strings", "maps")

# The smallest volume there may be, and some in which other parts become tight.
CASES = [("10M", shape) for shape in SHAPES] + [
    ("11M", "ints"), ("11M", "strings"), ("16M", "nodes"), ("16M", "maps"), ("27M", "ints"),
    ("64M", "ints")]

# more(): one more thing of the shape; `kept` is all that holds them.
MORE = """
class node { public node next; public int a; public int b; };
string shape = args()[0];
any kept = null;
int count = 0;

void more() {
    if (shape == "nodes") {
        for (int i = 0; i < 100; i++) {
            node one = new node();
            one.next = kept;
            one.a = count + i;
            kept = one;
        }
    } else if (shape == "ints") {
        var numbers = new .internal.ints(3000);
        for (int i = 0; i < 3000; i++)
            numbers[i] = count + i;
        kept = [kept, numbers];
    } else if (shape == "strings") {
        var text = "";
        for (int i = 0; i < 40; i++)
            text = text + "line \\{count}, part \\{i} of a text that is rather long; ";
        kept = [kept, text];
    } else {
        any map = {};
        for (int i = 0; i < 20; i++)
            map["key \\{i}"] = "value \\{count} \\{i}";
        kept = [kept, map];
    }
    count++;
}
"""

# Fills the volume until it is refused, again and again, and then lets go in time.
CATCHES = MORE + """
int most = 0;
for (int round = 0; round < 3; round++) {
    count = 0;
    try {
        while (true)
            more();
    } catch (.internal.error.space e) {
    }
    kept = null;
    if (count < most / 2)
        println("only \\{count} after \\{most}");
    most = count > most ? count : most;
}
for (int round = 0; round < 4; round++) {
    count = 0;
    kept = null;
    try {
        while (count < most / 3)
            more();
    } catch (.internal.error.space e) {
        println("refused at \\{count} of \\{most}");
    }
}
kept = null;
println(most > 20 ? "done" : "no more than \\{most}");
"""

# A map that has to grow where there is room for a part of what that takes: it stays what it was.
GROWS = """
map m = {};
int wanted = 0;
int refused = 0;
any chunks = [];
void fill() {
    try {
        while (true)
            chunks.add(new binary(100000));
    } catch (.internal.error.space e) {
    }
}
fill();
for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 2 && !chunks.isEmpty(); i++)
        chunks.pop();
    try {
        for (int i = 0; i < 4000; i++) {
            m.set(wanted, wanted);
            wanted++;
        }
    } catch (.internal.error.space e) {
        refused++;
    }
    if (m.size() != wanted)
        println("\\{m.size()} keys of \\{wanted}");
    for (int i = 0; i < wanted; i++) {
        if (m.get(i) != i) {
            println("\\{i} is \\{m.get(i)} in round \\{round}");
            exit(1);
        }
    }
}
println(refused > 0 ? "refused, and whole" : "never refused");
"""

# Fills it and dies of it.
DIES = MORE + """
while (true)
    more();
"""

# Fills and lets go for ever, and says so after each round.
GOES_ON = MORE + """
while (true) {
    count = 0;
    try {
        while (true)
            more();
    } catch (.internal.error.space e) {
        kept = null;
        println(count > 20 ? "round" : "only \\{count}");
    }
}
"""

# Fills it and lets nothing go, though it is told again and again.
INSISTS = MORE + """
for (int told = 0; told < 100; told++) {
    try {
        while (true)
            more();
    } catch (.internal.error.space e) {
    }
}
println("told");
"""

# An array that takes no room until it is written to, and far more of it than there is.
WRITES = """
var numbers = new .internal.ints(16000000);
int at = 0;
void more() {
    numbers[at] = at + 1;
    at += 512;
}
"""

# Is told once, while it writes, and lets go.
WRITES_AND_IS_TOLD = WRITES + """
try {
    while (true)
        more();
} catch (.internal.error.space e) {
    numbers = null;
    println(at > 200000 ? "told" : "told at \\{at}");
}
"""

# Is told, and writes on.
WRITES_ON = WRITES + """
while (true) {
    try {
        while (true)
            more();
    } catch (.internal.error.space e) {
    }
}
"""

# A string that is twice as long each time; and then one more of what fitted last.
DOUBLES = """
string s = "x";
try {
    while (true)
        s = s + s;
} catch (.internal.error.space e) {
    println("full");
}
s = s + 1;
println(s.length() > 10000000 ? "and on" : "only \\{s.length()}");
"""

# A list whose array is copied to one twice as large whenever it is full, and lets go in the end.
LISTS = """
for (int round = 0; round < 2; round++) {
    any list = [];
    try {
        while (true)
            list.add(0.5);
    } catch (.internal.error.space e) {
        println(list.size() > 400000 ? "full" : "only \\{list.size()}");
    }
}
"""

# Fills it, and keeps all of that; after each line once more. A line takes room as well: while there is none it stays.
KEEPS = MORE + """
void hear() {
    try {
        readln();
    } catch (.internal.error.space e) {
        sleep(100);
    }
}
while (true) {
    try {
        while (true)
            more();
    } catch (.internal.error.space e) {
        println("full");
    }
    hear();
}
"""

# Fills it, and lets go of that when a line finds no room.
HEARS = MORE + """
try {
    while (true)
        more();
} catch (.internal.error.space e) {
    println("full");
}
while (true) {
    try {
        println(readln().length());
    } catch (.internal.error.space e) {
        kept = null;
        println("no room");
    }
}
"""

# Needs a tenth of a MiB.
MODEST = """
any texts = [];
for (int i = 0; i < 2000; i++)
    texts.add("text \\{i}");
println("room for \\{texts.size()}");
"""

LINE_LONG = 200_000  # more than is kept for who shall be told that there is no room


def line_of(process, seconds=20):
    """The next line that it says; "" when it says none."""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    return process.stdout.readline() if ready else ""


class Full(VolumeTest):
    def check(self):
        ended = phantom("check", self.volume)
        self.assertEqual(ended.status, 0, ended)

    def remove(self, number):
        """A program can be removed; then there is room for another."""
        ended = phantom("app", self.volume, "remove", number)
        self.assertEqual(ended.status, 0, ended)
        self.check()
        self.modest()

    def fails(self, why):
        """A program has failed, and that is why."""
        return any("failed" in line and line.endswith(why)
                   for line in phantom("app", self.volume, "list").out.splitlines())

    def modest(self):
        ended = phantom("run", "--again", self.volume, self.program(MODEST, "modest.ph"))
        self.assertEqual((ended.status, ended.out), (0, "room for 2000\n"), ended)
        self.check()

    @contextlib.contextmanager
    def case(self, size, shape):
        with self.subTest(size=size, shape=shape):
            self.volume.unlink(missing_ok=True)
            self.new(size)
            yield

    def test_who_fills_a_volume_lets_go_or_is_removed(self):
        for size, shape in CASES:
            with self.case(size, shape):
                ended = phantom("run", self.volume, self.program(CATCHES), shape)
                self.assertEqual((ended.status, ended.out), (0, "done\n"), ended)
                self.check()
                self.remove(1)
                dies = self.program(DIES, "dies.ph")
                ended = phantom("run", "--again", self.volume, dies, shape)
                self.assertClear(ended, 1, "the volume is full")
                self.check()
                self.remove(3)

    def in_few_commits(self, most):
        """It was not told page by page that there is no room, a commit for each."""
        self.assertLess(self.stat()["generation"], most)
        self.check()

    def test_what_is_too_large_is_refused_before_it_is_filled(self):
        for size in ("64M", "80M", "95M", "110M"):
            with self.case(size, "string"):
                ended = phantom("run", self.volume, self.program(DOUBLES))
                self.assertEqual((ended.status, ended.out), (0, "full\nand on\n"), ended)
                self.in_few_commits(100)

    def test_who_fills_to_the_last_page_does_so_in_few_commits(self):
        for size in ("27M", "48M"):
            with self.case(size, "list"):
                ended = phantom("run", self.volume, self.program(LISTS))
                self.assertEqual((ended.status, ended.out), (0, "full\nfull\n"), ended)
                self.in_few_commits(1000)

    def test_who_lets_nothing_go_is_told_each_time(self):
        for size, shape in (("10M", "strings"), ("16M", "nodes"), ("27M", "ints")):
            with self.case(size, shape):
                ended = phantom("run", self.volume, self.program(INSISTS), shape)
                self.assertEqual((ended.status, ended.out), (0, "told\n"), ended)
                self.remove(1)

    def test_a_map_that_has_no_room_to_grow_stays_what_it_was(self):
        for size in ("11M", "16M"):
            with self.case(size, "map"):
                ended = phantom("run", self.volume, self.program(GROWS))
                self.assertEqual((ended.status, ended.out), (0, "refused, and whole\n"), ended)

    def test_who_fills_an_array_that_is_there_already_is_told(self):
        for size in ("10M", "16M"):
            with self.case(size, "untouched"):
                ended = phantom("run", self.volume, self.program(WRITES_AND_IS_TOLD))
                self.assertEqual((ended.status, ended.out), (0, "told\n"), ended)
                self.check()
                self.modest()

    def test_who_was_told_and_writes_on_is_stopped_and_nobody_else(self):
        for size in ("10M", "16M"):
            with self.case(size, "untouched"):
                patient = self.program("println(readln());\n", "patient.ph")
                process = self.start("run", self.volume, patient, stdin=subprocess.PIPE)
                self.assertTrue(wait_for(lambda: self.stat()["snapshots"] > 0))
                kill(process)
                process = self.start("run", "--again", self.volume, self.program(WRITES_ON),
                                     stdin=subprocess.PIPE)
                self.assertTrue(wait_for(lambda: self.fails("the volume is full")))
                ended = phantom("app", self.volume, "remove", 2)
                self.assertEqual(ended.status, 0, ended)
                out, _ = process.communicate("still here\n", timeout=30)
                self.assertEqual(out, "still here\n")
                self.check()
                self.modest()

    def test_who_was_killed_meanwhile_goes_on_and_can_be_removed(self):
        chance = random.Random(4711)
        for size, shape in (("10M", "ints"), ("16M", "strings"), ("16M", "nodes")):
            with self.case(size, shape):
                self.kill_often(chance, self.program(GOES_ON), shape)
                self.remove(1)

    def kill_often(self, chance, *program):
        for _ in range(4):
            process = self.start("run", "--interval", "20", self.volume, *program)
            self.assertEqual(line_of(process), "round\n")
            program = []  # it is in the volume
            time.sleep(chance.uniform(0, 0.2))
            kill(process)
            self.check()

    def done(self, *words):
        """Something is done to the full volume; it is sound, and so is what was made."""
        ended = phantom(*words)
        self.assertEqual(ended.status, 0, ended)
        self.check()
        return ended

    def keeps(self, *program):
        """A life of a program that keeps all that it has filled the volume with."""
        process = self.start("run", self.volume, *program, stdin=subprocess.PIPE)
        if not program:
            process.stdin.write("again\n")
            process.stdin.flush()
        self.assertEqual(line_of(process), "full\n")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)

    def test_a_line_that_finds_no_room_stays(self):
        for size, shape in CASES[:4]:
            with self.case(size, shape):
                process = self.start("run", self.volume, self.program(HEARS), shape, stdin=subprocess.PIPE)
                self.assertEqual(line_of(process), "full\n")
                process.stdin.write("x" * LINE_LONG + "\n")
                process.stdin.flush()
                self.assertEqual(line_of(process), "no room\n")
                self.assertEqual(line_of(process), f"{LINE_LONG}\n")
                kill(process)
                self.check()

    def damage_twin(self):
        with open(self.volume, "r+b") as file:
            file.seek(4096 + 40)  # the second copy of a superblock
            file.write(b"x")
        self.assertEqual(phantom("check", self.volume).status, 1)

    def test_all_that_is_done_to_a_volume_is_done_to_a_full_one(self):
        for size, shape in (("11M", "ints"), ("16M", "strings"), ("16M", "nodes")):
            with self.case(size, shape):
                copy, clone = self.folder / "copy.phantom", self.folder / "clone.phantom"
                stream = self.folder / "stream"
                for path in (copy, clone, stream):
                    path.unlink(missing_ok=True)
                self.keeps(self.program(KEEPS), shape)
                generation = self.done("history", self.volume, "pin").out.split()[1]
                self.done("send", self.volume, "--to", generation, "--output", stream)
                self.done("receive", copy, stream)
                self.done("clone", self.volume, generation, clone)
                self.done("rewind", self.volume, generation)
                self.keeps()
                self.damage_twin()
                self.done("check", "--repair", "--yes", self.volume)
                self.done("migrate", self.volume)
                for volume in (copy, clone, self.volume):
                    self.assertEqual(phantom("check", "--heap", volume).status, 0)
                self.done("grow", "--size", "32M", self.volume)
                self.keeps()
                self.remove(1)

    def test_who_fills_a_volume_is_removed_while_it_does(self):
        for size, shape in (("10M", "maps"), ("11M", "ints"), ("16M", "nodes")):
            with self.case(size, shape):
                process = self.start("run", self.volume, self.program(GOES_ON), shape)
                self.assertEqual(line_of(process), "round\n")
                ended = phantom("app", self.volume, "remove", 1)
                self.assertEqual(ended.status, 0, ended)
                self.assertTrue(wait_for(lambda: process.poll() is not None), "it runs on")
                self.assertEqual(process.returncode, 0)
                self.check()
                self.modest()


if __name__ == "__main__":
    unittest.main()
