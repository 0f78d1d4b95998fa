#!/usr/bin/env python3
"""damage_test - bad volumes and bad programs: one clear message, the right status, never a
crash, never a change to the volume, and never a damaged byte believed.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import random
import re
import stat
import subprocess
import time
import unittest

from phantom_support import PHANTOM, VolumeTest, kill, phantom, start

BLOCK = 4096

# Holds a few hundred KiB of numbers, and says once a turn whether they are still right.
LEDGER = """
var ledger = new int[]();
for (int i = 0; i < 60000; i++) ledger.add(i * 7 + 3);
var turn = 0;
while (true) {
    var bad = 0;
    for (int i = 0; i < 60000; i++) {
        int v = ledger[i];
        if (v != i * 7 + 3) bad++;
    }
    turn++;
    println("turn " + turn + " bad " + bad);
    sleep(10);
}
"""

# Forms that a compiler, a loader or a verifier must refuse or bear.
BAD_SOURCES = {
    "empty": "",
    "only a comment": "// nothing\n",
    "an open comment": "/* never closed",
    "an open string": 'println("never closed);\n',
    "an open block": "if (1) {\n",
    "a stray brace": "}\n",
    "a missing semicolon": "var a = 1\nvar b = 2\n",
    "an unknown name": "println(whatever);\n",
    "an unknown class": "var x = new .no.such.thing();\n",
    "an unknown import": "import .no.such.thing;\nprintln(1);\n",
    "types that do not fit": 'int x = "text";\n',
    "a missing return": "int f() { }\nprintln(f());\n",
    "a class twice": "class a { }; class a { };\nprintln(1);\n",
    "a class that is its own super": "class a extends a { };\nprintln(1);\n",
    "classes that are each other's super": "class a extends b { }; class b extends a { };\nprintln(1);\n",
    "a break outside": "break;\n",
    "zero bytes": "println(1);\0\0\n",
    "no text at all": "\x7fELF\x02\x01\x01" + "\x00" * 64,
    "deep nesting": "var x = " + "(" * 100000 + "1" + ")" * 100000 + ";\n",
    "a huge number": "var x = 99999999999999999999999999;\n",
    "a field twice": "class a { int x; int x; };\nprintln(1);\n",
    "a private field from outside": "class a { private int x; };\nvar y = new a();\na z = new a();\nprintln(z.x);\n",
    "nothing to start": "class a { void f() { } };\n",
}


def crc32c(data):
    """The checksum of the format, a bit at a time: it is only ever fed a few blocks."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class BadVolume(VolumeTest):
    def refused(self, *words_of_message, verbs=("run", "check", "ps", "stat", "log")):
        before = self.volume.read_bytes()
        for verb in verbs:
            with self.subTest(verb=verb):
                self.assertClear(phantom(verb, self.volume), 1, str(self.volume),
                                 *words_of_message)
        self.assertEqual(self.volume.read_bytes(), before, "it was changed")

    def test_no_file(self):
        for verb in ("run", "check", "ps", "stat", "log"):
            self.assertClear(phantom(verb, self.volume), 1, str(self.volume))

    def test_a_folder(self):
        self.volume.mkdir()
        self.assertClear(phantom("run", self.volume), 1, str(self.volume))

    def test_an_empty_file(self):
        self.volume.write_bytes(b"")
        self.refused()

    def test_a_foreign_file(self):
        self.volume.write_bytes(random.Random(1).randbytes(32 << 20))
        self.refused("not a Phantom volume")

    def test_a_file_of_zeroes(self):
        self.volume.write_bytes(bytes(32 << 20))
        self.refused("not a Phantom volume")

    def test_a_truncated_volume(self):
        self.new()
        for size in (100 << 20, 40 << 20, 1 << 20, BLOCK, 100):
            with self.subTest(size=size):
                os.truncate(self.volume, size)
                self.refused(verbs=("run", "check"))

    def superblocks_patch(self, offset, value):
        """Write a little-endian u32 into every superblock, and the checksum that fits it."""
        data = bytearray(self.volume.read_bytes()[:16 * BLOCK])
        for at in range(0, len(data), BLOCK):
            if data[at:at + 8] == b"PHANTOM\0":
                data[at + offset:at + offset + 4] = value.to_bytes(4, "little")
                data[at + 508:at + 512] = crc32c(data[at:at + 508]).to_bytes(4, "little")
        with open(self.volume, "r+b") as file:
            file.write(data)

    def test_a_volume_of_another_version(self):
        self.new("64M")
        self.superblocks_patch(8, 99)
        self.refused("format version 99,", verbs=("run", "check", "ps", "stat", "log", "migrate"))

    def test_a_volume_with_a_feature_that_nobody_may_ignore(self):
        self.new("64M")
        self.superblocks_patch(24, 1 << 30)
        self.refused("version", verbs=("run", "check", "ps", "stat", "log", "migrate"))

    def test_a_volume_of_another_space(self):
        self.new("64M")
        self.superblocks_patch(52, 0x1234)
        self.refused("space")

    def test_a_volume_that_may_only_be_read(self):
        self.new()
        self.volume.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
        self.folder.chmod(0o755)
        done = subprocess.run([PHANTOM, "run", self.volume], user=65534, capture_output=True,
                              text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(self.volume), done.stderr)

    def test_a_volume_too_small_to_make(self):
        ended = phantom("new", self.volume, "--size", "1M")
        self.assertEqual(ended.status, 2, ended)
        self.assertFalse(self.volume.exists())


class ForgedHeap(VolumeTest):
    """A word of the heap that no program wrote, under checksums that are all good."""

    HEAP = 0x200400000000

    def block_change(self, data, block, offset, value):
        """Put bytes into a block, and into all that lead to it the checksums that fit."""
        begin, end = block * BLOCK, (block + 1) * BLOCK
        before = crc32c(data[begin:end]).to_bytes(4, "little")
        data[begin + offset:begin + offset + len(value)] = value
        if data[begin:begin + 8] == b"PHANTOM\0":
            data[begin + 508:begin + 512] = crc32c(data[begin:begin + 508]).to_bytes(4, "little")
            return
        after = crc32c(data[begin:end]).to_bytes(4, "little")
        at = data.find(before)
        while at >= 0:
            self.block_change(data, at // BLOCK, at % BLOCK, after)
            at = data.find(before, at + 4)

    def is_table(self, page):
        """Many references behind each other: a table of the space, or an array of words."""
        words = [int.from_bytes(page[i:i + 8], "little") for i in range(80, 880, 8)]
        return all(self.HEAP <= word < self.HEAP + (1 << 30) for word in words)

    def test_a_forged_word_is_named_by_check_heap_alone(self):
        self.new("64M")
        self.assertEqual(phantom("history", self.volume, "pin").status, 0) # no records are left
        sound = phantom("check", "--heap", self.volume)
        self.assertClear(sound, 0)
        self.assertIn("heap: sound", sound.out)
        data = bytearray(self.volume.read_bytes())
        tables = [n for n in range(16, len(data) // BLOCK)
                  if self.is_table(data[n * BLOCK:(n + 1) * BLOCK])]
        self.assertGreater(len(tables), 0)
        for block in tables:
            self.block_change(data, block, 400, (0x123450).to_bytes(8, "little"))
        self.volume.write_bytes(data)
        self.assertEqual(phantom("check", self.volume).status, 0)
        forged = phantom("check", "--heap", self.volume)
        self.assertClear(forged, 1)
        self.assertIn("0x123450", forged.out)
        self.assertIn("leads out of the heap", forged.out)
        self.assertEqual(self.volume.read_bytes(), data, "it was changed")


class BadProgram(VolumeTest):
    def test_bad_sources_are_refused_with_a_message_and_change_nothing(self):
        self.new("64M")
        before = self.volume.read_bytes()
        for name, text in BAD_SOURCES.items():
            with self.subTest(name=name):
                ended = phantom("run", self.volume, self.program(text))
                self.assertEqual(ended.status, 1, ended)
                self.assertIn("program.ph", ended.err)
                self.assertNotIn("panic", ended.err)
                self.assertLess(len(ended.err), 20000)
        self.assertEqual(self.volume.read_bytes(), before)

    def test_bad_modules_are_refused_and_change_nothing(self):
        """Any byte of a module may be wrong: it runs as it should, or it is refused."""
        self.new("64M")
        source = self.program('var s = 0;\nfor (int i = 0; i < 10; i++) s += i;\n'
                              'println("sum " + s);\n')
        module = self.folder / "program.pm"
        self.assertEqual(phantom("compile", source).status, 0)
        good = module.read_bytes()
        before = self.volume.read_bytes()
        chance = random.Random(7)
        for i in range(25):
            bad = bytearray(good)
            at = chance.randrange(len(bad))
            bad[at] ^= 1 << chance.randrange(8)
            module.write_bytes(bad if i % 5 else good[:at])
            with self.subTest(at=at, cut=i % 5 == 0):
                ended = phantom("run", self.volume, module)
                self.assertEqual(ended.status, 1, ended)
                self.assertIn("program.pm", ended.err)
                self.assertNotIn("panic", ended.err)
        self.assertEqual(self.volume.read_bytes(), before)


class Flips(VolumeTest):
    """One bit, anywhere in what the volume holds."""

    FLIPS = int(os.environ.get("FLIPS", "40"))
    SEED = int(os.environ.get("FLIPS_SEED", "11"))

    def setUp(self):
        super().setUp()
        self.new("128M")
        process = self.start("run", "--interval", "50", self.volume, self.program(LEDGER))
        for _ in range(3):
            self.assertIn("bad 0", process.stdout.readline())
        time.sleep(0.5)
        kill(process)
        self.assertEqual(phantom("check", self.volume).status, 0)
        self.good = self.volume.read_bytes()

    def used_blocks(self):
        zero = bytes(BLOCK)
        return [n for n in range(len(self.good) // BLOCK)
                if self.good[n * BLOCK:(n + 1) * BLOCK] != zero]

    def flip(self, at, bit):
        with open(self.volume, "r+b") as file:
            file.seek(at)
            file.write(bytes([self.good[at] ^ (1 << bit)]))

    def restore(self):
        """Every block that differs gets its old bytes back."""
        now = self.volume.read_bytes()
        with open(self.volume, "r+b") as file:
            for at in range(0, len(self.good), 1 << 20):
                if now[at:at + (1 << 20)] != self.good[at:at + (1 << 20)]:
                    file.seek(at)
                    file.write(self.good[at:at + (1 << 20)])

    def run_a_while(self):
        """Some turns of the program, or its end."""
        process = start("run", self.volume)
        lines = []
        for _ in range(2):
            line = process.stdout.readline()
            if not line:
                break
            lines.append(line)
        if process.poll() is None and len(lines) == 2:
            kill(process)
            err = process.stderr.read()
            status = None
        else:
            _, err = process.communicate(timeout=60)
            status = process.returncode
        process.stdout.close()
        process.stderr.close()
        return lines, err, status

    def test_a_flipped_bit_is_found_or_harmless_and_never_believed(self):
        chance = random.Random(self.SEED)
        blocks = self.used_blocks()
        found = 0
        named = 0
        stopped = 0
        for i in range(self.FLIPS):
            at = chance.choice(blocks) * BLOCK + chance.randrange(BLOCK)
            self.flip(at, chance.randrange(8))
            with self.subTest(at=at):
                check = phantom("check", self.volume)
                self.assertIn(check.status, (0, 1), check)
                self.assertNotIn("panic", check.err)
                found += check.status
                named += bool(re.search("^damage: page .*; in generation.*; it holds .*$",
                                        check.out, re.MULTILINE))
                lines, err, status = self.run_a_while()
                self.assertNotIn("panic", err)
                for line in lines:
                    self.assertIn("bad 0", line)
                if status is not None:
                    stopped += 1
                    self.assertEqual(status, 1, err)
                    self.assertNotEqual(check.status, 0, "it stopped where check found nothing")
                    self.assertTrue(err.strip(), "it said nothing")
            self.restore()
        print(f"{self.FLIPS} bits flipped: {found} in live blocks, {named} in pages whose owner is "
              f"told, {stopped} runs refused or ended with an exception", flush=True)
        self.assertGreater(named, self.FLIPS // 8)
        self.assertGreater(found, self.FLIPS // 4)
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_a_damaged_copy_of_each_superblock_is_read_from_its_twin(self):
        magic_blocks = [n for n in self.used_blocks()
                        if self.good[n * BLOCK:n * BLOCK + 8] == self.good[:8]]
        self.assertGreaterEqual(len(magic_blocks), 2, "no superblocks found")
        for n in magic_blocks:
            self.flip(n * BLOCK + 40, 3)
            with self.subTest(block=n):
                check = phantom("check", self.volume)
                self.assertEqual(check.status, 1, check)
                lines, err, status = self.run_a_while()
                self.assertIsNone(status, err)
                self.assertIn("bad 0", lines[0])
            self.restore()


class Repair(VolumeTest):
    """check --repair: it says what that costs, asks, and goes back to what is whole."""

    # Once a turn a page or more that were not there before.
    GROWING = """
    var all = new int[]();
    var turn = 0;
    while (true) {
        for (int i = 0; i < 1000; i++) all.add(turn * 1000 + i);
        turn++;
        var bad = 0;
        for (int i = 0; i < turn * 1000; i += 100) {
            int v = all[i];
            if (v != i) bad++;
        }
        println("turn " + turn + " bad " + bad);
        sleep(20);
    }
    """

    def turns(self, count):
        process = self.start("run", "--interval", "40", self.volume)
        lines = [process.stdout.readline() for _ in range(count)]
        kill(process)
        self.assertTrue(all("bad 0" in line for line in lines), lines)
        return int(lines[0].split()[1])

    def test_a_sound_volume_is_left_alone(self):
        self.new("64M")
        before = self.volume.read_bytes()
        for options in (("--repair",), ("--repair", "--yes")):
            done = phantom("check", *options, self.volume)
            self.assertClear(done, 0, "nothing to repair")
        self.assertEqual(self.volume.read_bytes(), before)

    def test_a_damaged_twin_is_written_anew(self):
        self.new("64M")
        with open(self.volume, "r+b") as file:
            file.seek(BLOCK + 40) # the second copy of a slot
            file.write(b"x")
        self.assertEqual(phantom("check", self.volume).status, 1)
        self.assertClear(phantom("check", "--repair", self.volume), 1, "nothing is given up",
                         "was not changed")
        self.assertClear(phantom("check", "--repair", "--yes", self.volume), 0, "repaired")
        self.assertClear(phantom("check", "--heap", self.volume), 0)

    def test_the_newest_undamaged_generation_is_gone_back_to(self):
        self.new("128M")
        start_turn = self.start("run", "--interval", "40", self.volume, self.program(self.GROWING))
        for _ in range(10):
            self.assertIn("bad 0", start_turn.stdout.readline())
        kill(start_turn)
        self.assertEqual(phantom("history", self.volume, "pin").status, 0)
        pinned = max(int(line.split()[0])
                     for line in phantom("history", self.volume).out.splitlines()[2:-1])
        for _ in range(3):
            self.turns(20)
        last = self.turns(20)
        self.damage_a_page_since(pinned)
        before = self.volume.read_bytes()
        asked = phantom("check", "--repair", self.volume)
        self.assertClear(asked, 1, f"is generation {pinned}, which is kept", "given up",
                         "was not changed", "--yes")
        self.assertEqual(self.volume.read_bytes(), before)
        done = phantom("check", "--repair", "--yes", self.volume)
        self.assertClear(done, 0, f"as generation {pinned} was")
        kept = re.search("kept as generation ([0-9]+)", done.err).group(1)
        self.assertLess(self.turns(5), last)
        self.assertClear(phantom("history", self.volume, "drop", kept), 0)
        for _ in range(2):
            self.turns(5)
        self.assertClear(phantom("check", "--heap", self.volume), 0)

    def damage_a_page_since(self, generation):
        """Turn over a bit of a page that was written soon after a generation, and is still there."""
        data = self.volume.read_bytes()
        blocks = [n for n in range(16, len(data) // BLOCK) if any(data[n * BLOCK:(n + 1) * BLOCK])]
        random.Random(5).shuffle(blocks)
        newest = self.stat()["generation"]
        for block in blocks:
            for byte in (data[block * BLOCK + 9] ^ 1, data[block * BLOCK + 9]):
                with open(self.volume, "r+b") as file:
                    file.seek(block * BLOCK + 9)
                    file.write(bytes([byte]))
                found = re.findall("^damage: page .*; in generations ([0-9]+) to ([0-9]+)",
                                   phantom("check", self.volume).out, re.MULTILINE)
                if found and generation < int(found[0][0]) < newest - 8:
                    return
        self.fail("there is no such page")

    def test_damage_is_found_while_the_volume_runs(self):
        self.new("128M")
        self.start_and_turn(3)
        self.assertEqual(phantom("history", self.volume, "pin").status, 0)
        process = self.start("run", "--interval", "40", self.volume)
        self.assertIn("bad 0", process.stdout.readline())
        sound = phantom("check", self.volume)
        self.assertClear(sound, 0)
        self.assertIn("it runs", sound.out)
        self.assertGreater(int(re.search("([0-9]+) live pages", sound.out).group(1)), 30)
        data = self.volume.read_bytes()
        classes = [n for n in range(16, len(data) // BLOCK)
                   if b".internal." in data[n * BLOCK:(n + 1) * BLOCK]]
        self.assertGreater(len(classes), 0)
        with open(self.volume, "r+b") as file:
            for block in classes:
                file.seek(block * BLOCK + 9)
                file.write(bytes([data[block * BLOCK + 9] ^ 1]))
        found = phantom("check", self.volume)
        self.assertEqual(found.status, 1, found)
        self.assertRegex(found.out, "damage: page .*; it holds old objects of the system")
        kill(process)

    def start_and_turn(self, count):
        process = self.start("run", "--interval", "40", self.volume, self.program(self.GROWING))
        for _ in range(count):
            self.assertIn("bad 0", process.stdout.readline())
        kill(process)

    def test_options_that_make_no_sense_are_refused(self):
        self.assertClear(phantom("check", "--yes", self.volume), 2, "--repair")
        self.assertClear(phantom("check", "--heap", "--repair", self.volume), 2, "one at a time")


if __name__ == "__main__":
    unittest.main()
