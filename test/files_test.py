#!/usr/bin/env python3
"""files_test - put, get, ls, rm: files of the host in a volume's tree of names, running or not.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import ctypes
import os
import pty
import random
import resource
import signal
import socket
import subprocess
import time
import unittest

from phantom_support import PHANTOM, ROOT, VolumeTest, kill, phantom, start, wait_for

# linux/prctl.h, linux/capability.h
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1

# Runs for ever, and says what it finds.
WATCHER = """
println("runs");
while (true) {
    any found = directory.root().find("in/order");
    if (found != null) {
        directory.root().removeAt("in/order"); // before anybody hears of it, and puts the next one there
        println("order: \\{found instanceof string ? found : ((binary) found).toText()}");
    }
    sleep(10);
}
"""

# Objects of all kinds.
OBJECTS = """
class mine extends binary { void mine() { super(3); } };
class yours extends directory { any get(string name) { println("called"); return 1; } };
directory root = directory.root();
root.putAt("things/map", {"a": 1});
root.putAt("things/number", 42);
root.putAt("things/nothing", null);
root.putAt("things/text", "zw\\u00f6lf");
root.putAt("things/mine", new mine());
root.putAt("things/yours", new yours());
root.putAt("things/bad\\u001b[2Jname\\n", "x");
root.putAt("empty/x", 1);
root.removeAt("empty/x");
println("made");
"""

# Holds the lock of a directory for ever.
HOLDER = """
directory held = directory.root().makeDirectory("held");
held.put("inner", "text");
synchronized (held) {
    .internal.snapshot.commit();
    println("held");
    sleep(3600000);
}
"""


class FilesTest(VolumeTest):
    def done(self, *words, **options):
        ended = phantom(*words, **options)
        self.assertEqual((ended.status, ended.err), (0, ""), ended)
        return ended.out

    def file(self, content, name="file"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def got(self, path):
        target = self.folder / "got"
        target.unlink(missing_ok=True)
        self.done("get", self.volume, path, target)
        return target.read_bytes()

    def names(self, path=""):
        return self.done("ls", self.volume, path or "/").splitlines()

    def run_program(self, text, *words):
        process = self.start("run", *words, self.volume, self.program(text))
        self.assertTrue(process.stdout.readline())
        return process


class Stopped(FilesTest):
    """Of a volume that nobody runs; and below, the same of one that runs."""

    def volume_make(self):
        self.new()

    def setUp(self):
        super().setUp()
        self.volume_make()

    def test_bytes_come_back_as_they_went(self):
        for content in (b"", b"x", bytes(range(256)), random.Random(5).randbytes(300_000)):
            with self.subTest(bytes=len(content)):
                self.done("put", self.volume, self.file(content), "a/b")
                self.assertEqual(self.got("a/b"), content)
                self.assertEqual(self.done("ls", "-l", self.volume, "a"),
                                 f"CLASS             {'SIZE':>{max(4, len(str(len(content))))}}  NAME\n"
                                 f".internal.binary  {len(content):>4}  b\n")

    def test_text_is_a_string(self):
        for content in ("", "plain", "zw\u00f6lf", "\u2713 \U0001f600\n", "a\0b"):
            with self.subTest(text=content):
                self.done("put", "--text", self.volume, self.file(content), "t")
                self.assertEqual(self.got("t").decode(), content)
                self.assertIn(".internal.string", self.done("ls", "-l", self.volume))

    def test_what_is_no_text_is_refused(self):
        self.done("put", "--text", self.volume, self.file("before"), "t")
        for content, at in ((b"abc\xff", 3), (b"\xc3", 0), (b"\xed\xa0\x80", 0), (b"ab\xc0\x80", 2),
                            (b"x" * 200_000 + b"\xe2\x82", 200_000), (b"\xf4\x90\x80\x80", 0)):
            with self.subTest(content=content[-8:]):
                ended = phantom("put", "--text", self.volume, self.file(content), "t")
                self.assertClear(ended, 1, f"no UTF-8 from byte {at} on", "without --text",
                                 "nothing was put")
        self.assertEqual(self.got("t"), b"before")

    def test_a_character_may_lie_across_pieces(self):
        content = ("x" * 65535 + "\u20ac" * 30000).encode()
        self.done("put", "--text", self.volume, self.file(content), "t")
        self.assertEqual(self.got("t"), content)

    def test_the_name_is_that_of_the_file_where_none_is_given(self):
        self.done("put", self.volume, self.file("1", "one"))
        self.done("put", self.volume, self.file("2", "two"), "d/")
        self.done("put", self.volume, self.file("3", "three"), "d")
        self.done("put", self.volume, self.file("4", "four"), "/")
        self.done("put", self.volume, self.file("5", "five"), "//e//f")
        self.assertEqual(self.names(), ["d/", "e/", "four", "one"])
        self.assertEqual(self.names("d"), ["three", "two"])
        self.assertEqual(self.names("e"), ["f"])

    def test_what_is_a_file_is_replaced(self):
        self.done("put", self.volume, self.file("1"), "a")
        self.done("put", "--text", self.volume, self.file("2"), "a")
        self.assertEqual(self.got("a"), b"2")
        self.done("put", self.volume, self.file("3"), "a")
        self.assertEqual(self.got("a"), b"3")

    def test_standard_input_and_output(self):
        self.done("put", self.volume, "-", "in", text="from a pipe")
        self.assertEqual(self.done("get", self.volume, "in", "-"), "from a pipe")
        with open(self.file("xyz from a file"), encoding="ascii") as file:
            file.read(0)
            os.lseek(file.fileno(), 4, os.SEEK_SET)
            subprocess.run([PHANTOM, "put", self.volume, "-", "in"], stdin=file, check=True)
        self.assertEqual(self.got("in"), b"from a file")
        self.assertClear(phantom("put", self.volume, "-"), 2, "standard input needs a PATH")
        self.done("put", self.volume, self.file("x"), "d/x")
        self.assertClear(phantom("put", self.volume, "-", "d", text="y"), 1,
                         "d is a directory; say the name that it gets there")
        self.assertEqual(self.names("d"), ["x"])

    def test_get_names_its_file_as_cp_does(self):
        self.done("put", self.volume, self.file("content"), "a/b")
        for words, path in ((["a/b"], "b"), (["a/b", "c"], "c"), (["/a/b", "sub"], "sub/b"),
                            (["a/b", "sub/d"], "sub/d")):
            (self.folder / "sub").mkdir(exist_ok=True)
            with self.subTest(words=words):
                subprocess.run([PHANTOM, "get", self.volume, *words], cwd=self.folder, check=True)
                self.assertEqual((self.folder / path).read_text(), "content")
        self.assertClear(phantom("get", self.volume, "a/"), 2, "a name of a file is missing")

    def test_get_replaces_a_file_and_keeps_its_mode(self):
        self.done("put", self.volume, self.file("new"), "a")
        old = self.file("old and longer", "old")
        old.chmod(0o640)
        self.done("get", self.volume, "a", old)
        self.assertEqual((old.read_text(), old.stat().st_mode & 0o777), ("new", 0o640))

    def test_get_writes_where_a_link_leads(self):
        self.done("put", self.volume, self.file("new"), "a")
        old, link, lost = self.file("old", "old"), self.folder / "link", self.folder / "lost"
        link.symlink_to("old")
        lost.symlink_to("nowhere")
        self.done("get", self.volume, "a", link)
        self.assertEqual((os.readlink(link), old.read_text()), ("old", "new"))
        self.assertClear(phantom("get", self.volume, "a", lost), 1, f"{lost}: No such file")
        self.assertEqual(os.readlink(lost), "nowhere")
        self.assertEqual(self.done("get", self.volume, "a", "/dev/fd/1"), "new")  # a link to a pipe

    def test_get_that_cannot_write_leaves_what_was_there(self):
        self.done("put", self.volume, self.file(b"x" * 100_000), "a")
        old = self.file("old", "old")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

        ended = subprocess.run([PHANTOM, "get", self.volume, "a", old], preexec_fn=limit,
                               capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("cannot write", ended.stderr)
        self.assertEqual(old.read_text(), "old")
        self.assertEqual([p for p in self.folder.iterdir() if "old." in p.name], [])
        self.assertClear(phantom("get", self.volume, "a", self.folder / "no" / "b"), 1,
                         "No such file")
        with open("/dev/full", "w", encoding="ascii") as full:
            ended = subprocess.run([PHANTOM, "get", self.volume, "a", "-"], stdout=full,
                                   stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("cannot write", ended.stderr)

    def test_what_is_not_there(self):
        self.done("put", self.volume, self.file("x"), "a/b")
        for words in (["get", "no"], ["get", "a/no"], ["get", "no/b", "-"], ["ls", "a/no"],
                      ["rm", "no"], ["rm", "a/no"]):
            with self.subTest(words=words):
                self.assertClear(phantom(words[0], self.volume, *words[1:]), 1,
                                 f"there is no {words[1].replace('no/b', 'no')} in the tree of names")
        self.assertEqual([*self.folder.glob("no*")], [])
        for words in (["get", "a/b/c"], ["ls", "a/b/c"], ["rm", "a/b/c"]):
            with self.subTest(words=words):
                self.assertClear(phantom(words[0], self.volume, *words[1:]), 1,
                                 "a/b is no directory, it is a .internal.binary")
        self.assertClear(phantom("put", self.volume, self.file("x"), "a/b/c"), 1,
                         "a/b is no directory")
        self.assertClear(phantom("get", self.volume, "a", "-"), 1,
                         "a is a directory; 'phantom ls' shows what is in it")
        self.assertEqual(self.names("a"), ["b"])

    def test_bad_paths(self):
        path = self.file("x")
        for bad in ("..", "a/../b", ".", "a/./b"):
            with self.subTest(path=bad):
                self.assertClear(phantom("put", self.volume, path, bad), 1, "not a name")
        for bad in ("a\nb", "a" * 901, b"\xff".decode(errors="surrogateescape")):
            for words in (["put", path, bad], ["get", bad], ["ls", bad], ["rm", bad]):
                with self.subTest(words=words):
                    self.assertClear(phantom(words[0], self.volume, *words[1:]), 2, "a path")
        self.assertEqual(self.names(), [])
        self.done("put", self.volume, path, "a" * 900)
        self.assertEqual(self.got("a" * 900), b"x")

    def test_files_of_the_host_that_cannot_be_put(self):
        self.assertClear(phantom("put", self.volume, self.folder / "none"), 1, "No such file")
        self.assertClear(phantom("put", self.volume, self.folder), 1, "it is a folder")
        large = self.folder / "large"
        with open(large, "wb") as file:
            file.truncate((2 << 30) + 1)
        self.assertClear(phantom("put", self.volume, large), 1, "larger than 2 GiB")
        self.assertClear(phantom("put", self.volume, "/dev/zero"), 1, "/dev/zero: it is larger than 2 GiB")
        self.assertEqual(self.names(), [])

    def test_rm(self):
        self.done("put", self.volume, self.file("x"), "a/b/c")
        self.assertClear(phantom("rm", self.volume, "a"), 1, "a is not empty; with -r it goes, and all that is in it")
        self.assertClear(phantom("rm", self.volume, "/"), 1, "/ is the root of the tree, and stays")
        self.assertClear(phantom("rm", "-r", self.volume, "/"), 1, "stays")
        self.done("rm", self.volume, "a/b/c")
        self.done("rm", self.volume, "a/b")
        self.assertEqual(self.names(), ["a/"])
        self.done("put", self.volume, self.file("x"), "a/b/c")
        self.done("rm", "-r", self.volume, "a")
        self.assertEqual(self.names(), [])

    def test_a_volume_that_is_full_says_so_and_is_as_before(self):
        self.done("put", self.volume, self.file("small"), "a")
        large = self.folder / "large"
        with open(large, "wb") as file:
            file.truncate(300 << 20)
        before = self.stat()["generation"]
        ended = phantom("put", self.volume, large, "d/e/large")
        self.assertClear(ended, 1, "the volume is full")
        self.assertEqual(self.names(), ["a"])
        self.assertEqual(self.got("a"), b"small")
        self.assertLess(self.stat()["generation"], before + 4)

    def test_room_comes_back(self):
        large = self.file(random.Random(7).randbytes(60 << 20), "large")
        for i in range(6):
            self.done("put", self.volume, large, "large")
        self.assertEqual(self.got("large"), large.read_bytes())

    def test_help_says_what_cp_does(self):
        for verb, words in (("put", ("--text", "--force", "replaced", "standard input")),
                            ("get", ("replaced", "standard output")), ("ls", ("-l",)),
                            ("rm", ("-r",))):
            text = self.done(verb, "--help")
            for word in words:
                self.assertIn(word, text)
        self.assertClear(phantom("ls", "-x", self.volume), 2, "there is no option -x")
        self.assertClear(phantom("ls", "--l", self.volume), 2, "there is no option --l")
        self.assertClear(phantom("rm", "-force", self.volume, "a"), 2, "there is no option -force")


class Nobody(FilesTest):
    """Who may not write the volume, or does not come to the end."""

    def setUp(self):
        super().setUp()
        self.new()

    def humbly(self, *words):
        """The command, without what lets root write to any file (CAP_DAC_OVERRIDE)."""
        def humble():
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)

        return subprocess.run([PHANTOM, *map(str, words)], capture_output=True, text=True, check=False,
                              preexec_fn=humble, stdin=subprocess.DEVNULL)

    def test_what_may_only_be_read_can_be_looked_into(self):
        self.done("put", self.volume, self.file("kept"), "a/b")
        self.done("put", self.volume, self.file("x" * 100_000, "large"), "large")
        self.volume.chmod(0o444)
        before = self.volume.stat().st_mtime_ns
        for words, shown in ((["ls"], "a/\nlarge\n"), (["ls", "a"], "b\n"), (["get", "a/b", "-"], "kept"),
                             (["get", "large", "-"], "x" * 100_000)):
            ended = self.humbly(words[0], self.volume, *words[1:])
            self.assertEqual((ended.returncode, ended.stdout), (0, shown), ended)
        for words in (["put", "/dev/null", "c"], ["rm", "large"]):
            ended = self.humbly(words[0], self.volume, *words[1:])
            self.assertEqual(ended.returncode, 1, ended)
            self.assertIn("it may not be written", ended.stderr)
        self.assertEqual(self.volume.stat().st_mtime_ns, before)

    def test_get_that_is_killed_leaves_nothing(self):
        """Somebody has the volume who gives half of what was asked for, and no more."""
        self.file("old", "replaced")
        volume = self.folder / "half"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(f"{volume}.control")
            listener.listen()
            before = sorted(path.name for path in self.folder.iterdir())
            for name in ("new", "replaced"):
                for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
                    process = self.start("get", volume, "a", self.folder / name)
                    client, _ = listener.accept()
                    with client:
                        self.assertEqual(client.makefile("rb").readline(), b"get a\n")
                        client.sendall(b"+1000\n" + b"x" * 500)
                        process.send_signal(end)
                        self.assertEqual(process.wait(20), -end)
                    self.assertEqual(sorted(path.name for path in self.folder.iterdir()), before)
        self.assertEqual((self.folder / "replaced").read_text(), "old")


class Running(Stopped):
    """All of that, while a program runs."""

    def volume_make(self):
        self.new()
        self.process = self.run_program(WATCHER)

    def test_a_program_sees_what_was_put(self):
        self.done("put", "--text", self.volume, self.file("two pizzas"), "in/order")
        self.assertEqual(self.process.stdout.readline(), "order: two pizzas\n")
        self.done("put", self.volume, self.file("and a salad"), "in/order")
        self.assertEqual(self.process.stdout.readline(), "order: and a salad\n")
        self.assertEqual(self.names("in"), [])

    def test_a_put_that_was_answered_outlives_a_kill(self):
        for i in range(12):
            content = random.Random(i).randbytes(1000 * i)
            self.done("put", self.volume, self.file(content), f"d/{i}")
            kill(self.process)
            if i % 2:
                self.process = self.start("run", self.volume)
                self.assertTrue(wait_for(lambda: phantom("ps", self.volume).status == 0))
            self.assertEqual(self.got(f"d/{i}"), content)
        self.assertEqual(len(self.names("d")), 12)

    def test_a_client_that_is_killed_harms_nobody(self):
        large = self.file(random.Random(1).randbytes(20 << 20), "large")
        chance = random.Random(3)
        for _ in range(25):
            process = self.start("put", self.volume, large, "large")
            time.sleep(0.15 * chance.random())
            kill(process)
        self.assertIn(self.names(), ([], ["large"]))
        self.done("put", self.volume, large, "large")
        for _ in range(10):
            process = self.start("get", self.volume, "large", self.folder / "out")
            time.sleep(0.1 * chance.random())
            kill(process)
        self.assertEqual(self.got("large"), large.read_bytes())
        self.assertIsNone(self.process.poll())
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_what_get_gave_outlives_a_kill(self):
        counter = self.program('int n = 0;\nwhile (true) {\n    n++;\n    directory.root().put("n", "\\{n}");\n}\n')
        for i in range(6):
            kill(self.process)
            words = ["--again", self.volume, counter] if i == 0 else [self.volume]
            self.process = self.start("run", "--interval", "3600000", *words)
            self.assertTrue(wait_for(lambda: "n" in phantom("ls", self.volume).out))
            seen = int(self.got("n"))
            kill(self.process)
            self.assertGreaterEqual(int(self.got("n")), seen)

    def conversation(self, request):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(client.close)
        client.settimeout(30)
        client.connect(str(self.volume) + ".control")
        client.sendall(request)
        return client

    def test_whoever_keeps_silent_does_not_make_others_wait(self):
        clients = [self.conversation(b"put - 1000000 0 x\n") for _ in range(5)]
        for client in clients:
            self.assertEqual(client.recv(100), b"+1000000\n")
        begin = time.monotonic()
        self.done("put", self.volume, self.file("y"), "y")
        self.done("ps", self.volume)
        self.assertLess(time.monotonic() - begin, 5)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(self.names(), ["y"])

    def test_nonsense_on_the_socket(self):
        for request in (b"put\n", b"put - x 0 y\n", b"put - 5 900 y\n", b"put z 5 0 y\n", b"get\n",
                        b"put - 99999999999 0 y\n", b"put - 5 0 \xff\n", b"ls\n", b"rm \n", b"ls x y\n",
                        b"put - 5 0\n"):
            with self.subTest(request=request):
                answer = self.conversation(request).recv(1000)
                self.assertRegex(answer, rb"^(1( \d+)?\n|\+5\n)")
        self.assertEqual(self.names(), [])
        self.assertIsNone(self.process.poll())

    def test_a_volume_that_stops_meanwhile_gets_it_all_the_same(self):
        large = self.file(random.Random(1).randbytes(30 << 20), "large")
        put = self.start("put", self.volume, large, "large")
        time.sleep(0.05)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(put.wait(timeout=60), 0, put.stderr.read())
        self.process.wait(timeout=20)
        self.assertEqual(self.got("large"), large.read_bytes())


class Objects(FilesTest):
    """What is no file."""

    def setUp(self):
        super().setUp()
        self.new()
        self.assertEqual(phantom("run", self.volume, self.program(OBJECTS)).out, "made\n")

    def test_they_are_listed_by_their_class(self):
        self.assertEqual(self.done("ls", "-l", self.volume, "things"),
                         "CLASS                    SIZE  NAME\n"
                         ".internal.string            1  bad?[2Jname?\n"
                         ".internal.container.map     -  map\n"
                         ".mine                       -  mine\n"
                         "null                        -  nothing\n"
                         ".internal.int               -  number\n"
                         ".internal.string            5  text\n"
                         ".yours                      -  yours\n")

    def test_they_cannot_leave(self):
        for name, kind in (("map", ".internal.container.map"), ("number", ".internal.int"),
                           ("mine", ".mine"), ("nothing", "null"), ("yours", ".yours")):
            with self.subTest(name=name):
                ended = phantom("get", self.volume, f"things/{name}", self.folder / name)
                self.assertClear(ended, 1, f"things/{name} is a {kind}; "
                                 "only a .internal.binary or a .internal.string can leave")
                self.assertFalse((self.folder / name).exists())
        self.assertEqual(self.got("things/text").decode(), "zw\u00f6lf")

    def test_they_are_not_replaced_but_by_force(self):
        path = self.file("file")
        for name in ("map", "number", "mine", "nothing", "yours"):
            with self.subTest(name=name):
                ended = phantom("put", self.volume, path, f"things/{name}")
                self.assertClear(ended, 1, f"things/{name} is a ", "; with --force the file takes its place")
                self.assertClear(phantom("get", self.volume, f"things/{name}", "-"), 1, "can leave")
                self.done("put", "--force", self.volume, path, f"things/{name}")
                self.assertEqual(self.got(f"things/{name}"), b"file")

    def test_a_directory_is_never_replaced(self):
        path = self.file("x", "empty")
        for options in ([], ["--force"]):
            self.assertClear(phantom("put", *options, self.volume, self.file("x", "things"), "/"), 1,
                             "things is a directory, and a file does not take its place")
        self.done("put", self.volume, path, "empty")
        self.assertEqual(self.names("empty"), ["empty"])

    def test_no_code_of_programs_runs(self):
        self.assertClear(phantom("ls", self.volume, "things/yours/x"), 1,
                         "things/yours is no directory, it is a .yours")
        self.assertEqual(phantom("run", self.volume).out, "")

    def test_who_says_something_while_it_holds_a_lock_says_nothing_where_it_stands_still(self):
        works = "int n = 0; while (true) { n++; if (n % 2000000 == 0) println(n); }"
        process = self.run_program(HOLDER.replace("sleep(3600000);", works), "--again")
        generation = self.stat()["generation"]
        self.assertTrue(wait_for(lambda: self.stat()["generation"] > generation + 1))
        kill(process)
        ended = phantom("put", self.volume, self.file("x"), "held/new")
        self.assertClear(ended, 1, "locked (if it runs it may let go)", "nothing was changed")
        self.assertEqual(ended.out, "")

    def test_a_directory_that_somebody_keeps_locked(self):
        process = self.run_program(HOLDER, "--again")
        begin = time.monotonic()
        ended = phantom("put", self.volume, self.file("x"), "held/inner")
        self.assertClear(ended, 1, "locked", "nothing was changed")
        self.assertLess(time.monotonic() - begin, 20)
        self.assertIn("held/", self.names())
        kill(process)
        self.assertClear(phantom("rm", self.volume, "held/inner"), 1, "locked", "nothing was changed")
        self.done("put", self.volume, self.file("x"), "beside")
        process = self.start("run", self.volume)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        self.assertEqual(phantom("app", self.volume, "stop", "2").status, 0)
        self.assertEqual(self.got("held/inner"), b"text")


class Example(FilesTest):
    def test_a_letterbox(self):
        self.new()
        process = self.start("run", self.volume, ROOT / "examples" / "inbox.ph")
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.volume}.control")))
        self.done("put", self.volume, self.file("one two\nthree\n", "letter"), "in/")
        self.assertEqual(process.stdout.readline(),
                         'letter: 2 lines, 3 words, the longest is "three"\n')
        self.assertEqual((self.names("in"), self.names("done")), ([], ["letter"]))
        self.assertEqual(self.got("out/letter"), b'2 lines, 3 words, the longest is "three"\n')
        kill(process)
        self.done("put", "--text", self.volume, self.file("four", "note"), "in/")
        process = self.start("run", self.volume)
        self.assertTrue(wait_for(lambda: "note" in self.names("out")))


class Still(FilesTest):
    """A volume that is stopped is not run by what is done to it."""

    def test_programs_stand_still_and_so_does_their_time(self):
        self.new()
        process = self.run_program('println("x"); int n = 0; while (true) { n++; sleep(1); }')
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        shown = phantom("show", self.volume).out
        threads = phantom("ps", self.volume).out
        for i in range(3):
            self.done("put", self.volume, self.file("x"), f"a{i}")
            self.done("ls", self.volume)
            time.sleep(0.2)
        self.assertEqual(phantom("show", self.volume).out, shown)
        self.assertEqual(phantom("ps", self.volume).out, threads)

    def test_looking_changes_nothing(self):
        self.new()
        self.done("put", self.volume, self.file("x"), "a")
        before = self.stat()["generation"]
        self.done("ls", self.volume)
        self.got("a")
        self.assertClear(phantom("rm", self.volume, "b"), 1, "there is no b")
        self.assertEqual(self.stat()["generation"], before)

    def test_a_kill_while_it_is_put_leaves_all_or_nothing(self):
        self.new()
        large = self.file(random.Random(1).randbytes(8 << 20), "large")
        chance = random.Random(9)
        for i in range(30):
            process = start("put", self.volume, large, f"d{i}/large")
            time.sleep(0.12 * chance.random())
            kill(process)
            process.stdout.close()
            process.stderr.close()
            if f"d{i}/" in self.names():
                self.assertEqual(self.got(f"d{i}/large"), large.read_bytes())
                self.done("rm", "-r", self.volume, f"d{i}")
        self.assertEqual(phantom("check", "--heap", self.volume).status, 0)

    def test_a_disk_below_that_is_full(self):
        self.new()
        self.done("put", self.volume, self.file("before"), "a")
        room = 6 << 20  # so far the blocks go that are written first
        large = self.file(random.Random(1).randbytes(8 << 20), "large")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        ended = subprocess.run([PHANTOM, "put", self.volume, large], preexec_fn=limit,
                               capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(ended.returncode, 1, ended)
        self.assertIn("no snapshot can be committed (no room left): nothing was changed", ended.stderr)
        self.assertEqual(self.names(), ["a"])
        self.assertEqual(self.got("a"), b"before")
        self.assertEqual(phantom("check", self.volume).status, 0)

    def test_what_is_damaged_does_not_come_out(self):
        self.new()
        content = b"".join(b"a line of no other file, number %d\n" % i for i in range(20_000))
        self.done("put", self.volume, self.file(content), "bytes")
        self.done("put", "--text", self.volume, self.file(content.replace(b"no", b"yo")), "text")
        for _ in range(3):  # what the newest commits have written is looked at when it is opened
            self.done("put", self.volume, self.file(b"x"), "later")
        whole = self.volume.read_bytes()
        for name, needle in (("bytes", b"no other file, number 15000\n"),
                             ("text", b"yo other file, number 15000\n")):
            with self.subTest(name=name):
                at = whole.index(needle)
                with open(self.volume, "r+b") as file:
                    file.seek(at)
                    file.write(b"x")
                ended = phantom("get", self.volume, name, self.folder / "out")
                self.assertClear(ended, 1, "damaged")
                self.assertFalse((self.folder / "out").exists())
        self.assertIn("bytes", self.names())

    def test_a_volume_that_runs_nothing(self):
        self.new()
        self.start("run", "--safe", self.volume)
        self.assertTrue(wait_for(lambda: os.path.exists(f"{self.volume}.control")))
        for words in (["ls"], ["put", self.file("x")], ["get", "a", "-"], ["rm", "a"]):
            self.assertClear(phantom(words[0], self.volume, *words[1:]), 1, "run --safe")

    def test_progress_is_for_a_person(self):
        self.new("1G")
        large = self.folder / "large"
        with open(large, "wb") as file:
            file.truncate(400 << 20)
        ours, theirs = pty.openpty()
        process = subprocess.Popen([PHANTOM, "put", self.volume, large], stderr=theirs)
        os.close(theirs)
        said = b""
        while True:
            try:
                got = os.read(ours, 4096)
            except OSError:
                break
            if not got:
                break
            said += got
        os.close(ours)
        self.assertEqual(process.wait(), 0)
        self.assertRegex(said, rb"(?s)^(|.*phantom: [\d.]+ [KM]iB of 400.0 MiB.*\r\x1b\[K)$")


if __name__ == "__main__":
    unittest.main()
