"""languages - what the known programs are written in: how a language is found, prepared, and started.

A language that is not installed is left out of the table, and said to be so. What has to be compiled beforehand is
compiled into build/bench/lang, once for each change.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import shutil
import subprocess
import sys

from report import BUILD, PHANTOM, ROOT

PROGRAMS = ROOT / "bench" / "lang" / "programs"
MADE = BUILD / "bench" / "lang"


def found(*names):
    """The path of the first of these commands that is there, or None. Debian's own come first."""
    for name in names:
        path = shutil.which(name, path="/usr/bin:/bin") or shutil.which(name)
        if path:
            return path
    return None


def first_line(words):
    """What a command says of itself, in one line."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.stdout.strip().split("\n")[0]


def prepare(source, target, words, **environment):
    """Have a compiler make `target` of `source`, unless it is there and newer."""
    if target.exists() and target.stat().st_mtime > source.stat().st_mtime:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(words, env=dict(os.environ, **environment), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {words[0]} does not compile {source}:\n{done.stdout}")


class Language:
    """One column of the table."""

    def __init__(self, name, ending, command, package):
        self.name = name
        self.ending = ending
        self.command = command
        self.package = package

    def has(self, program):
        return self.source(program).exists()

    def source(self, program):
        return PROGRAMS / f"{program}.{self.ending}"

    def is_installed(self):
        return self.command is not None

    def version(self):
        return first_line([self.command, "--version"])

    def words(self, program, argument):
        """The command that runs a program; what has to be made for it is made."""
        return [self.command, self.source(program), str(argument)]


class Phantom(Language):
    """Threads share one processor, as in the other languages: what they cost is what counts, not how many there are."""

    def __init__(self):
        super().__init__("phantom", "ph", PHANTOM if PHANTOM.exists() else None, "")

    def words(self, program, argument):
        return [self.command, "exec", "--workers", "1", self.source(program), str(argument)]


class LuaJit(Language):
    """LuaJIT's interpreter, without what it has its name from."""

    def __init__(self):
        super().__init__("luajit -joff", "lua", found("luajit"), "luajit")

    def version(self):
        return first_line([self.command, "-v"])

    def words(self, program, argument):
        return [self.command, "-joff", self.source(program), str(argument)]


class Lua(Language):
    """The reference implementation."""

    def __init__(self):
        super().__init__("lua5.4", "lua", found("lua5.4"), "lua5.4")

    def version(self):
        return first_line([self.command, "-v"])


class Python(Language):
    """Isolated: a program is not to import another one because it has the name of a module."""

    def __init__(self):
        super().__init__("python3", "py", found("python3"), "python3")

    def words(self, program, argument):
        return [self.command, "-I", self.source(program), str(argument)]


class Java(Language):
    """The interpreter of a virtual machine that has compilers. One collector thread, so that only one processor counts."""

    def __init__(self):
        super().__init__("java -Xint", "java", found("java") if found("javac") else None, "openjdk-17-jdk-headless")

    def words(self, program, argument):
        source = self.source(program)
        name = program.title().replace("_", "")
        prepare(source, MADE / "java" / f"{name}.class", [found("javac"), "-d", MADE / "java", source])
        return [self.command, "-Xint", "-XX:+UseSerialGC", "-cp", MADE / "java", name, str(argument)]


class Go(Language):
    """Compiled; it is here for its threads."""

    def __init__(self):
        super().__init__("go", "go", found("go"), "golang-go")

    def version(self):
        return first_line([self.command, "version"])

    def words(self, program, argument):
        source, target = self.source(program), MADE / "go" / program
        prepare(source, target, [self.command, "build", "-o", target, source], GO111MODULE="off",
                GOCACHE=str(MADE / "go-cache"))
        return [target, str(argument)]


class Erlang(Language):
    """Of the same family: a machine for many threads that share nothing."""

    def __init__(self):
        super().__init__("erlang", "erl", found("erl") if found("erlc") else None, "erlang-base")

    def version(self):
        return first_line([self.command, "-noshell", "-eval",
                           'io:format("Erlang/OTP ~s~n", [erlang:system_info(otp_release)]), halt().'])

    def words(self, program, argument):
        source, folder = self.source(program), MADE / "erlang"
        prepare(source, folder / f"{program}.beam", [found("erlc"), "-o", folder, source])
        return [self.command, "+S", "1", "-noshell", "-pa", folder, "-run", program, "main", str(argument)]


LANGUAGES = [Phantom(), Lua(), Python(), Java(), LuaJit(), Go(), Erlang()]
