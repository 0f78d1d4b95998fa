#!/usr/bin/env python3
"""lint_test.py - each check of `make lint` can fail, and passes where it should.

A small tree with the project's own Makefile and scripts is made in a temporary directory. It is
clean; then each test breaks one rule in it, runs that check, and looks for the message.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PHANTOM = os.path.abspath(os.environ.get("PHANTOM", os.path.join(HERE, "build", "phantom")))

GOOD = {
    "core/plat/plat.h": """/*
 * plat.h - the contract.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Let others run. */
void plat_yield(void);
""",
    "core/plat/README.md": "# plat\n",
    "core/base/ring.h": """/*
 * ring.h - a ring.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* How far the ring goes. */
int ring_turn(int steps);
""",
    "core/base/ring.c": """/*
 * ring.c - a ring.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/ring.h"

#include "plat/plat.h"

int
ring_turn(int steps)
{
    plat_yield();
    return steps + 1;
}
""",
    "core/base/README.md": "# base\n",
    "core/store/store.h": """/*
 * store.h - a store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

int store_size(void);
""",
    "core/store/store.c": """/*
 * store.c - a store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/store.h"

#include "base/ring.h"

int
store_size(void)
{
    return ring_turn(2);
}
""",
    "core/store/README.md": "# store\n",
    "hosted/linux/linux.c": """/*
 * linux.c - a machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/plat.h"

#include <sched.h>

void
plat_yield(void)
{
    (void)sched_yield();
}
""",
    "hosted/linux/README.md": "# linux\n",
    "hosted/embed/README.md": "# embed\n",
    "kernel/boot/entry.S": """    .section .multiboot2, "a"
    .balign 8
    .long 0xe85250d6, 0, 24, -(0xe85250d6 + 24)
    .short 0, 0
    .long 8
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad boot_start
    .section .boot.text, "ax"
    .global boot_start
boot_start:
    jmp kernel_main
    .section .note.GNU-stack, "", @progbits
""",
    "kernel/main.h": """/*
 * main.h - the machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

void kernel_main(void);
""",
    "kernel/main.c": """/*
 * main.c - the machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "main.h"

#include "plat/plat.h"
#include "store/store.h"

void
plat_yield(void)
{
}

void
kernel_main(void)
{
    for (;;)
        (void)store_size();
}
""",
    "kernel/README.md": "# kernel\n",
    "examples/ring.ph": """while (true) {
    println("a ring");
}
""",
    "scripts/layers.txt": """core plat plat
core base ring
core store store
part hosted/embed core
part hosted/linux core
part kernel core hosted/embed
""",
}


class Lint(unittest.TestCase):
    """Each test has a fresh copy of a clean tree."""

    def setUp(self):
        tree = tempfile.TemporaryDirectory(prefix="phantom-lint-")
        self.addCleanup(tree.cleanup)
        self.tree = tree.name
        shutil.copytree(os.path.join(HERE, "scripts"), os.path.join(self.tree, "scripts"))
        for folder in ("kernel", "hosted/embed"):
            os.makedirs(os.path.join(self.tree, folder))
        for name in ("Makefile", "config.mk", ".clang-format", ".clang-tidy",
                     "kernel/phantom.ld", "hosted/embed/embedded.h"):
            shutil.copy(os.path.join(HERE, name), os.path.join(self.tree, name))
        for path in ("scripts/cppcheck.txt", "scripts/long-files.txt"):
            self.write(path, "")
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        """Put a file into the tree."""
        path = os.path.join(self.tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def change(self, path, old, new):
        """Replace `old`, which must be there, in a file of the tree."""
        with open(os.path.join(self.tree, path), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new))

    def lint(self, check):
        """Run one check; its status and all that it said."""
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "B")}
        environment["PHANTOM"] = PHANTOM
        result = subprocess.run(["make", "SETUP=no", "B=build", check], cwd=self.tree, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                                env=environment, timeout=120)
        return result.returncode, result.stdout

    def assert_refused(self, check, message):
        """The check fails, and says why."""
        status, output = self.lint(check)
        self.assertNotEqual(status, 0, output)
        self.assertIn(message, output)

    def test_a_clean_tree_passes_every_check(self):
        status, output = self.lint("lint")
        self.assertEqual(status, 0, output)
        self.assertIn("checks passed", output)

    def test_one_failing_check_fails_the_whole_lint(self):
        self.change("core/base/ring.h", "#pragma once\n", "")
        self.assert_refused("lint", "has no #pragma once")

    def test_format_refuses_another_layout(self):
        self.change("core/base/ring.c", "    return steps", "  return   steps")
        self.assert_refused("lint-format", "clang-format")

    def test_sources_refuses_another_layout(self):
        self.change("examples/ring.ph", "    println", "  println")
        self.assert_refused("lint-sources", "examples/ring.ph")

    def test_sources_refuses_what_is_surely_a_mistake(self):
        self.change("examples/ring.ph", "println", "int unread = 1;\n    println")
        self.assert_refused("lint-sources", "the variable `unread` is never read")

    def test_names_refuses_camel_case(self):
        self.change("core/base/ring.c", "    plat_yield();", "    int someSteps = steps;")
        self.change("core/base/ring.c", "return steps + 1", "return someSteps")
        self.assert_refused("lint-names", "invalid case style for variable 'someSteps'")

    def test_names_refuses_a_function_of_71_lines(self):
        self.change("core/base/ring.c", "    plat_yield();\n", "    plat_yield();\n" * 71)
        self.assert_refused("lint-names", "exceeds recommended size")

    def test_warnings_refuses_an_unused_variable(self):
        self.change("core/base/ring.c", "    plat_yield();", "    int unused;")
        self.assert_refused("lint-warnings", "unused")

    def test_cppcheck_refuses_an_index_out_of_bounds(self):
        self.change("core/base/ring.c", "return steps + 1;",
                    "int turns[2] = { 1, 2 };\n    return turns[2] + steps;")
        self.assert_refused("lint-cppcheck", "arrayIndexOutOfBounds")

    def test_layers_refuses_an_include_from_below(self):
        self.change("core/base/ring.c", '#include "plat/plat.h"',
                    '#include "plat/plat.h"\n#include "store/store.h"')
        self.assert_refused("lint-layers", "stands below core/base")

    def test_layers_refuses_a_private_header_of_another_folder(self):
        self.write("core/base/ring_priv.h", "#pragma once\n")
        self.change("core/store/store.c", '#include "base/ring.h"',
                    '#include "base/ring.h"\n#include "base/ring_priv.h"')
        self.assert_refused("lint-layers", "is private to its folder")

    def test_layers_refuses_a_header_of_the_c_library_in_the_core(self):
        self.change("core/base/ring.c", '#include "plat/plat.h"',
                    '#include "plat/plat.h"\n#include <string.h>')
        self.assert_refused("lint-layers", "<string.h> is not a freestanding header")

    def test_layers_refuses_a_port_in_the_core(self):
        self.write("hosted/linux/linux.h", "#pragma once\n")
        self.change("core/base/ring.c", '#include "plat/plat.h"',
                    '#include "plat/plat.h"\n#include "../../hosted/linux/linux.h"')
        self.assert_refused("lint-layers", "lies outside the core")

    def test_layers_refuses_a_port_in_another_part(self):
        self.write("hosted/linux/linux.h", "#pragma once\n")
        self.write("tools/phantom/main.c", '#include "linux/linux.h"\n')
        self.change("scripts/layers.txt", "part hosted/linux core",
                    "part hosted/linux core\npart tools/phantom core")
        self.assert_refused("lint-layers", "may not be seen from tools/phantom")

    def test_layers_refuses_a_question_about_the_machine_in_the_core(self):
        self.change("core/base/ring.c", "    plat_yield();", "#ifdef __linux__\n#endif")
        self.assert_refused("lint-layers", "does not know where it runs")

    def test_layers_refuses_assembly_in_the_core(self):
        self.change("core/base/ring.c", "    plat_yield();", '    __asm__("nop");')
        self.assert_refused("lint-layers", "assembly outside core/jit")

    def test_layers_refuses_a_folder_that_it_does_not_know(self):
        self.write("core/util/util.h", "#pragma once\n")
        self.assert_refused("lint-layers", "is not in scripts/layers.txt")

    def test_headers_refuses_one_that_needs_another_first(self):
        self.change("core/base/ring.h", "int ring_turn", "uint32_t ring_turn")
        self.assert_refused("lint-headers", "does not compile alone with clang")

    def test_symbols_refuses_a_need_that_is_not_in_the_contract(self):
        self.change("core/base/ring.c", "    plat_yield();",
                    "    extern int puts(const char *);\n    plat_yield();\n    puts(\"x\");")
        self.assert_refused("lint-symbols", "the core needs puts")

    def test_symbols_allows_memory_and_the_math_of_musl(self):
        self.change("core/base/ring.c", "int\nring_turn(int steps)\n{",
                    "double fmod(double x, double y);\n\nint\nring_turn(int steps)\n{\n"
                    "    steps += (int)fmod(steps, 3.0);")
        status, output = self.lint("lint-symbols")
        self.assertEqual(status, 0, output)

    def test_symbols_refuses_a_promise_of_the_contract_that_nobody_uses(self):
        self.change("core/plat/plat.h", "void plat_yield(void);",
                    "void plat_yield(void);\nvoid plat_dance(void);")
        self.assert_refused("lint-symbols", "plat_dance, which the core never calls")

    def test_symbols_refuses_an_export_with_a_foreign_name(self):
        self.change("core/base/ring.c", "int\nring_turn", "int rung;\n\nint\nring_turn")
        self.assert_refused("lint-symbols", "exports rung")

    def test_kernel_refuses_a_need_that_nobody_has(self):
        self.change("kernel/main.c", "    for (;;)",
                    "    extern void nobody(void);\n\n    nobody();\n    for (;;)")
        self.assert_refused("lint-kernel", "undefined reference to `nobody'")

    def test_kernel_refuses_a_register_that_interrupts_do_not_save(self):
        self.change("kernel/main.c", "    for (;;)",
                    '    __asm__("movaps %xmm1, %xmm0");\n    for (;;)')
        self.assert_refused("lint-kernel", "kernel_main uses a register")

    def test_kernel_refuses_an_image_that_nobody_can_start(self):
        self.change("kernel/boot/entry.S", "0xe85250d6, 0", "0xe85250d7, 0")
        self.assert_refused("lint-kernel", "has no header of Multiboot2")
        self.change("kernel/boot/entry.S", '.section .note.pvh, "a", @note', '.section .rodata')
        self.assert_refused("lint-kernel", "has no note")

    def test_files_refuses_a_file_of_1001_lines(self):
        self.change("core/base/ring.c", "{\n", "{\n" + "\n" * 1000)
        self.assert_refused("lint-files", "core/base/ring.c: 10")
        self.write("scripts/long-files.txt", "core/base/ring.c  it is a table\n")
        self.assertEqual(self.lint("lint-files")[0], 0)

    def test_files_refuses_a_file_without_its_opening_or_its_licence(self):
        self.change("core/base/ring.c", "ring.c - ", "rang.c - ")
        self.assert_refused("lint-files", "calls itself rang.c")
        self.change("core/base/ring.c", "rang.c - ", "")
        self.assert_refused("lint-files", "does not open with a comment")
        self.change("core/base/ring.h", " * SPDX-License-Identifier: LGPL-2.1-or-later\n", "")
        self.assert_refused("lint-files", "licence line")

    def test_files_refuses_a_folder_without_a_readme(self):
        os.unlink(os.path.join(self.tree, "core/base/README.md"))
        self.assert_refused("lint-files", "core/base: has no README.md")

    def test_files_refuses_a_todo_without_an_issue(self):
        self.change("core/base/ring.c", "{\n", "{\n    /* TODO: later */\n")
        self.assert_refused("lint-files", "a TODO names an issue")

    def test_docs_refuses_a_link_and_a_name_that_lead_nowhere(self):
        self.write("README.md", "[the ring](core/base/ring.h), and `core/base/ring.c`\n")
        self.assertEqual(self.lint("lint-docs")[0], 0)
        self.write("README.md", "[the ring](core/base/rung.h)\n")
        self.assert_refused("lint-docs", "the link to core/base/rung.h leads nowhere")
        self.write("README.md", "")
        self.write("core/base/README.md", "Read `rung.c` first.\n")
        self.assert_refused("lint-docs", "`rung.c` is not there")

    def test_classes_refuses_what_has_no_comment_and_a_page_that_is_out_of_date(self):
        good = """// A lamp.

package .phantom;

class lamp {
    // Let there be light.
    void on() {
    }

    private void burn() {
    }
}
"""
        self.write("classes/phantom/lamp.ph", good)
        self.assert_refused("lint-classes", "docs/CLASSES.md: not what the comments say")
        self.write("docs/CLASSES.md", "")
        self.assert_refused("lint-classes", "docs/CLASSES.md: not what the comments say")
        self.assertEqual(self.lint("docs")[0], 0)
        self.assertEqual(self.lint("lint-classes")[0], 0)
        self.change("classes/phantom/lamp.ph", "    // Let there be light.\n", "")
        self.assert_refused("lint-classes", "classes/phantom/lamp.ph: `void on()` has no comment")
        self.write("classes/phantom/lamp.ph", good.removeprefix("// A lamp."))
        self.assert_refused("lint-classes", "classes/phantom/lamp.ph: no comment opens it")

    def test_files_refuses_scripts_that_do_not_parse(self):
        self.write("scripts/broken", "#!/bin/sh\nif true; then\n")
        self.assert_refused("lint-files", "scripts/broken")
        self.write("scripts/broken", "")
        self.write("test/broken_test.py", "def f(:\n")
        self.assert_refused("lint-files", "test/broken_test.py:1")


if __name__ == "__main__":
    unittest.main()
