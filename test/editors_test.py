#!/usr/bin/env python3
"""editors_test - what is in editors/ knows the language as the compiler has it.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
VIM = ROOT / "editors/vim"
CODE = ROOT / "editors/vscode"
PHANTOM = os.path.abspath(os.environ.get("PHANTOM", ROOT / "build" / "phantom"))
SECONDS_MAX = 120

SAMPLE = r"""#!/usr/bin/env phantom
@const private class a extends .internal.class { } // "b"
x = "s \{c + {"k": "t"}["k"]} \n" + 0x1F + 1.5e3 + 'c' + this.if(1);
foreach (i in 1..this.n) return null; /* for
else */ y = "two
lines" + true;
"""

# Pieces of the sample, and the groups of vim that they are in; "" is in none.
GROUPS = [(1, "#!/usr/bin/env", "phantomShebang"), (2, "@const", "phantomAttribute"), (2, "private", "phantomModifier"),
          (2, "class a", "phantomStructure"), (2, ".internal", "phantomMember"), (2, ".class", "phantomMember"),
          (2, '// "b"', "phantomComment"), (3, '"s ', "phantomString"), (3, r"\{c", "phantomBrace"),
          (3, "c +", "phantomPiece"), (3, '"t"', "phantomString"), (3, r"\n", "phantomEscape"), (3, "0x1F", "phantomNumber"),
          (3, "1.5e3", "phantomFloat"), (3, "'c'", "phantomCharacter"), (3, "this", "phantomSelf"),
          (3, ".if", "phantomMember"), (4, "foreach", "phantomRepeat"), (4, "this", "phantomSelf"), (4, "return", "phantomStatement"),
          (4, "null", "phantomConstant"), (4, "for\n", "phantomComment"), (5, "else", "phantomComment"), (5, "y", ""),
          (6, "lines", "phantomString"), (6, "true", "phantomConstant")]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


def words_of_the_compiler():
    """Its keywords, the words with a meaning in some places, and the types of the machine's arrays."""
    names = re.search(r"#define LANG_WORDS\(X\).*?\n\n", text("core/lang/lang_priv.h"), re.S).group()
    words = re.findall(r'KEYWORD\(\w+, "(\w+)"\)', text("core/lang/lexer_priv.h"))
    words += re.findall(r'X\(\w+, "(\w+)"\)', names)
    words += re.findall(r'TYPE_VECTOR,\s*\.text = "(\w+)"', text("core/lang/type.c"))
    return set(words) | {"string"}


def walk(tree):
    """Every object in a tree of JSON."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from walk(child)


class Words(unittest.TestCase):
    def test_vim_knows_those_of_the_compiler(self):
        lines = re.findall(r"^syntax keyword phantom(?!Todo)\w+ (.*)$", text("editors/vim/syntax/phantom.vim"), re.M)
        self.assertGreater(len(words_of_the_compiler()), 50)
        self.assertEqual(set(" ".join(lines).split()), words_of_the_compiler())

    def test_the_grammar_knows_those_of_the_compiler(self):
        grammar = json.loads(text("editors/vscode/syntaxes/phantom.tmLanguage.json"))
        words = set()
        for rule in grammar["repository"]["words"]["patterns"]:
            words |= set(re.fullmatch(r"\\b\(\?:([a-z|]+)\)\\b", rule["match"]).group(1).split("|"))
        self.assertEqual(words, words_of_the_compiler())


class Code(unittest.TestCase):
    def test_each_file_is_json_and_what_they_name_is_there(self):
        package, *_ = (json.loads(path.read_text(encoding="utf-8")) for path in
                       (CODE / "package.json", CODE / "language-configuration.json"))
        parts = package["contributes"]
        for path in [parts["languages"][0]["configuration"], parts["grammars"][0]["path"]]:
            self.assertTrue((CODE / path).is_file(), path)

    def test_each_rule_is_an_expression_and_includes_what_is_there(self):
        grammar = json.loads(text("editors/vscode/syntaxes/phantom.tmLanguage.json"))
        for rule in walk(grammar):
            for name in ("match", "begin", "end", "firstLineMatch"):
                re.compile(rule.get(name, ""))
            self.assertEqual("begin" in rule, "end" in rule, rule)
            if "include" in rule:
                self.assertIn(rule["include"][1:], grammar["repository"])


class Vim(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="phantom-vim-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def vim(self, path, *commands):
        """Edit a file with what is in editors/ alone; what vim has printed."""
        self.assertTrue(shutil.which("vim"), "vim is not there: apt-get install vim")
        words = ["vim", "-Nu", "NONE", "-i", "NONE", "-n", "-es", "--cmd", f"set runtimepath^={VIM}"]
        for command in ("filetype plugin indent on", "syntax on", f"edit {path}", *commands, "qall!"):
            words += ["-c", command]
        path = os.path.dirname(PHANTOM) + os.pathsep + os.environ["PATH"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
                              stdin=subprocess.DEVNULL, env=dict(os.environ, PATH=path))
        self.assertEqual(done.returncode, 0, done)
        return done.stdout + done.stderr

    def test_it_colours_what_the_compiler_reads(self):
        path = self.folder / "sample.ph"
        path.write_text(SAMPLE)
        found = self.folder / "found"
        lines = SAMPLE.split("\n")
        places = [[line, (lines[line - 1] + "\n").index(piece) + 1] for line, piece, _ in GROUPS]
        self.vim(path, f"call writefile(map({places}, 'synIDattr(synID(v:val[0], v:val[1], 1), \"name\")'), '{found}')")
        self.assertEqual(list(zip(GROUPS, found.read_text().split("\n"))),
                         [(group, group[2]) for group in GROUPS])

    def test_it_indents_as_phantom_fmt_does(self):
        for name in ("errors", "functions", "philosophers", "todo"):
            with self.subTest(name=name):
                source = text(f"examples/{name}.ph")
                copy = self.folder / f"{name}.ph"
                copy.write_text(re.sub(r"^ +", "", source, flags=re.M))
                self.vim(copy, "normal! gg=G", "write")
                self.assertEqual(copy.read_text(), source)

    def edited(self, source, *commands):
        """What a file is after these commands."""
        path = self.folder / "edited.ph"
        path.write_text(source)
        self.vim(path, *commands, "write")
        return path.read_text()

    def test_gq_lays_out_the_file_by_phantom_fmt(self):
        self.assertEqual(self.edited("if(1)\n{\na();\n\n\n}\n", "normal! gggqG"), "if (1) {\n    a();\n}\n")

    def test_gq_leaves_what_does_not_parse_as_it_is(self):
        self.assertEqual(self.edited("if(1)\n{ x = ;\n}\n", "normal! gggqG"), "if(1)\n{ x = ;\n}\n")

    def test_make_goes_to_what_phantom_lint_finds(self):
        found = self.folder / "found"
        self.edited("import .internal.int;\nif (1) {\n    int m = 1;\n}\n", "write", "silent make",
                    f"call writefile(map(getqflist(), 'v:val.lnum . \":\" . v:val.col . v:val.type'), '{found}')")
        self.assertEqual(found.read_text(), "1:8w\n3:9w\n")


if __name__ == "__main__":
    unittest.main()
