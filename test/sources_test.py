#!/usr/bin/env python3
"""sources_test - what works on sources of the host: fmt and lint.

How sources are laid out stands in test/lang/layout.txt, and what is said of them in lint.txt; this
is about files.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import resource
import subprocess
import unittest

from phantom_support import PHANTOM, ROOT, VolumeTest, phantom

UGLY = 'if(1){println( "a" );}\n'
PRETTY = 'if (1) { println("a"); }\n'
WRONG = 'println("a");\nx = ;\n'

# It opens, and nobody can read it, not even root.
UNREADABLE = "/proc/self/mem"


class Fmt(VolumeTest):
    def ugly(self, name="ugly.ph"):
        return self.program(UGLY, name)

    def test_a_file_is_laid_out_in_its_place(self):
        path = self.ugly()
        other = self.ugly("other.ph")
        path.chmod(0o751)
        ended = phantom("fmt", path, other)
        self.assertEqual((ended.status, ended.out, ended.err), (0, "", ""), ended)
        self.assertEqual((path.read_text(), other.read_text()), (PRETTY, PRETTY))
        self.assertEqual(path.stat().st_mode & 0o777, 0o751)
        self.assertEqual(len(list(self.folder.iterdir())), 2)

    def test_what_is_laid_out_is_not_touched(self):
        path = self.program(PRETTY)
        before = path.stat()
        self.assertEqual(phantom("fmt", path).status, 0)
        self.assertEqual((path.stat().st_ino, path.stat().st_mtime_ns), (before.st_ino, before.st_mtime_ns))

    def test_without_files_it_stands_between_input_and_output(self):
        ended = phantom("fmt", text=UGLY)
        self.assertEqual((ended.status, ended.out, ended.err), (0, PRETTY, ""), ended)
        self.assertEqual(phantom("fmt", text="").out, "")

    def test_check_names_what_would_change_and_changes_nothing(self):
        ugly, pretty = self.ugly(), self.program(PRETTY)
        ended = phantom("fmt", "--check", ugly, pretty)
        self.assertEqual((ended.status, ended.out, ended.err), (1, f"{ugly}\n", ""), ended)
        self.assertEqual(ugly.read_text(), UGLY)
        self.assertEqual(phantom("fmt", "--check", pretty).status, 0)
        self.assertEqual(phantom("fmt", "--check", text=UGLY).status, 1)
        self.assertEqual(phantom("fmt", "--check", text=PRETTY).status, 0)
        emptied = self.program("\n\n", "emptied.ph")
        self.assertEqual(phantom("fmt", "--check", emptied).out, f"{emptied}\n")

    def test_what_does_not_parse_stays_as_it_is_and_the_others_do_not(self):
        wrong, ugly = self.program(WRONG, "wrong.ph"), self.ugly()
        ended = phantom("fmt", wrong, ugly)
        self.assertEqual(ended.status, 1)
        self.assertIn(f"{wrong}:2:5: error: expected an expression", ended.err)
        self.assertIn("    x = ;\n        ^\n", ended.err)
        self.assertEqual((wrong.read_text(), ugly.read_text()), (WRONG, PRETTY))
        ended = phantom("fmt", text=WRONG)
        self.assertEqual((ended.status, ended.out), (1, ""))
        self.assertIn("<stdin>:2:5: error:", ended.err)

    def test_what_is_no_source_is_refused_and_stays(self):
        module = self.folder / "ugly.pm"
        self.assertEqual(phantom("compile", self.ugly()).status, 0)
        before = module.read_bytes()
        self.assertClear(phantom("fmt", module), 1, f"{module}:", "error:")
        self.assertEqual(module.read_bytes(), before)
        volume = self.new()
        self.assertClear(phantom("fmt", volume), 1, str(volume))
        self.assertClear(phantom("fmt", self.folder / "none.ph"), 1, "none.ph: No such file")
        self.assertClear(phantom("fmt", self.folder), 1, "Is a directory")
        self.assertClear(phantom("fmt", UNREADABLE), 1, f"{UNREADABLE}: Input/output error")

    def test_lines_may_end_as_in_dos_and_be_long(self):
        path = self.folder / "dos.ph"
        path.write_bytes(b'if(1){\r\nprintln("a\r\nb");\r\n}\r\n')
        self.assertEqual(phantom("fmt", path).status, 0)
        self.assertEqual(path.read_bytes(), b'if (1) {\n    println("a\r\nb");\n}\n')
        long = self.program("x = [" + "1," * 500000 + "1];\n")
        self.assertEqual(phantom("fmt", long).status, 0)
        self.assertEqual(long.read_text(), "x = [" + "1, " * 500000 + "1];\n")

    def test_a_link_stays_and_what_it_leads_to_changes(self):
        path, link = self.ugly(), self.folder / "link.ph"
        link.symlink_to(path)
        self.assertEqual(phantom("fmt", link).status, 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(path.read_text(), PRETTY)

    def test_a_full_disk_leaves_the_file_as_it_was(self):
        path = self.program(UGLY * 1000)

        def no_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        done = subprocess.run([PHANTOM, "fmt", path], preexec_fn=no_room, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}: File too large", done.stderr)
        self.assertEqual(path.read_text(), UGLY * 1000)
        self.assertEqual(list(self.folder.iterdir()), [path])

    def test_output_that_nobody_takes_is_trouble(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([PHANTOM, "fmt"], input=UGLY, stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output: cannot write", done.stderr)


class Lint(VolumeTest):
    def said(self, status, *paths):
        ended = phantom("lint", *paths)
        self.assertEqual((ended.status, ended.err), (status, ""), ended)
        return ended.out

    def test_nothing_is_said_of_what_is_clean(self):
        clean = self.program('println("a");\n')
        self.assertEqual(self.said(0, clean, clean), "")

    def test_findings_come_in_the_order_of_the_lines_as_the_compiler_shows_them(self):
        path = self.program("import .internal.int;\nclass a { private int n; }\n"
                            "if (1) { int m = 1; }\nint a = 1; a = a;\n")
        out = self.said(1, path)
        places = [line.split(" ")[0] for line in out.splitlines() if line.startswith(str(path))]
        self.assertEqual(places, [f"{path}:{place}:" for place in ("1:8", "2:23", "3:14", "4:14")])
        self.assertIn(f"{path}:3:14: warning: the variable `m` is never read\n"
                      "    if (1) { int m = 1; }\n                 ^\n", out)

    def test_an_error_is_a_finding_and_ends_it_for_that_file(self):
        wrong, clean = self.program(WRONG, "wrong.ph"), self.program("int x = 1; x = x;\n")
        out = self.said(1, wrong, clean)
        self.assertIn(f"{wrong}:2:5: error: expected an expression", out)
        self.assertIn(f"{clean}:1:14: warning:", out)

    def test_what_is_imported_is_found_and_not_spoken_of(self):
        self.program("class careless { int f() { int unread = 1; return 2; } }\n", "careless.ph")
        self.assertEqual(self.said(0, self.program("println(new careless().f());\n")), "")
        self.assertIn("unread", self.said(1, self.folder / "careless.ph"))

    def test_a_file_of_the_class_library_is_looked_at_among_the_others(self):
        name = "classes/internal/string.ph"
        self.assertEqual(self.said(0, ROOT / name), "")
        careless = self.folder / name
        careless.parent.mkdir(parents=True)
        text = (ROOT / name).read_text().replace("int strstr(string part) [12] {",
                                                 "int strstr(string part) [12] { int unread = 1;")
        careless.write_text(text)
        self.assertIn("`unread` is never read", self.said(1, careless))

    def test_what_is_no_source_is_trouble(self):
        module = self.folder / "program.pm"
        self.assertEqual(phantom("compile", self.program(PRETTY)).status, 0)
        self.assertIn(f"{module}:", self.said(1, module))
        self.assertClear(phantom("lint", self.folder / "none.ph"), 1, "none.ph: No such file")
        self.assertClear(phantom("lint", self.folder), 1, "Is a directory")
        self.assertClear(phantom("lint", UNREADABLE), 1, "Input/output error")

    def test_lines_may_end_as_in_dos_and_be_long(self):
        path = self.folder / "dos.ph"
        path.write_bytes(b"int x = 1;\r\nx = x;\r\n// " + b"x" * 1000000 + b"\r\nx = " + b"1 + " * 500
                         + b"(x == x ? 1 : 0);\r\n")
        out = self.said(1, path)
        self.assertIn(f"{path}:2:3: warning: this is assigned to itself\n    x = x;\n      ^\n", out)
        self.assertIn(f"{path}:4:2008: warning: this compares a value with itself\n    ...", out)


if __name__ == "__main__":
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    unittest.main()
