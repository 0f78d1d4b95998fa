"""json.py - a text of JSON is read into objects, walked over, and written again.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys

ESCAPES = {"\"": "\"", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Literal:
    def __init__(self, text):
        self.text = text

    def write(self, out):
        out.append(self.text)

    def sum(self):
        return 0.0


class Number:
    def __init__(self, text):
        self.text = text
        self.value = float(text)

    def write(self, out):
        out.append(self.text)

    def sum(self):
        return self.value


class Text:
    def __init__(self, text):
        self.text = text

    def write(self, out):
        write_quoted(self.text, out)

    def sum(self):
        return 0.0


class Items:
    def __init__(self):
        self.items = []

    def write(self, out):
        out.append("[")
        for i, item in enumerate(self.items):
            if i > 0:
                out.append(",")
            item.write(out)
        out.append("]")

    def sum(self):
        total = 0.0
        for item in self.items:
            total += item.sum()
        return total


class Members:
    def __init__(self):
        self.names = []
        self.values = {}

    def add(self, name, value):
        self.names.append(name)
        self.values[name] = value

    def write(self, out):
        out.append("{")
        for i, name in enumerate(self.names):
            if i > 0:
                out.append(",")
            write_quoted(name, out)
            out.append(":")
            self.values[name].write(out)
        out.append("}")

    def sum(self):
        total = 0.0
        for name in self.names:
            total += self.values[name].sum()
        return total


def write_quoted(text, out):
    begin = 0
    out.append("\"")
    for at in range(len(text)):
        c = text[at]
        if c not in "\"\\\n":
            continue
        out.append(text[begin:at])
        out.append("\\n" if c == "\n" else "\\" + c)
        begin = at + 1
    out.append(text[begin:])
    out.append("\"")


class Parser:
    def __init__(self, text):
        self.text = text
        self.at = -1
        self.current = ""
        self.read()

    def read(self):
        self.at += 1
        self.current = self.text[self.at] if self.at < len(self.text) else ""

    def skip_space(self):
        while self.current == " " or self.current == "\n":
            self.read()

    def refuse(self, wanted):
        raise ValueError(f"{wanted} should be at {self.at}")

    def expect(self, c):
        if self.current != c:
            self.refuse(c)
        self.read()

    def all(self):
        value = self.value()
        self.skip_space()
        if self.current != "":
            self.refuse("the end")
        return value

    def value(self):
        self.skip_space()
        c = self.current
        if c == "{":
            return self.members()
        if c == "[":
            return self.items()
        if c == "\"":
            return Text(self.string())
        if c == "t":
            return self.literal("true")
        if c == "f":
            return self.literal("false")
        if c == "n":
            return self.literal("null")
        return self.number()

    def members(self):
        made = Members()
        self.read()
        self.skip_space()
        while self.current != "}":
            name = self.string()
            self.skip_space()
            self.expect(":")
            made.add(name, self.value())
            self.skip_space()
            if self.current != "}":
                self.expect(",")
                self.skip_space()
        self.read()
        return made

    def items(self):
        made = Items()
        self.read()
        self.skip_space()
        while self.current != "]":
            made.items.append(self.value())
            self.skip_space()
            if self.current != "]":
                self.expect(",")
        self.read()
        return made

    def literal(self, word):
        for c in word:
            self.expect(c)
        return Literal(word)

    def is_digit(self):
        return "0" <= self.current <= "9"

    def digits(self):
        if not self.is_digit():
            self.refuse("a digit")
        while self.is_digit():
            self.read()

    def number(self):
        begin = self.at
        if self.current == "-":
            self.read()
        self.digits()
        if self.current == ".":
            self.read()
            self.digits()
        return Number(self.text[begin:self.at])

    def string(self):
        self.expect("\"")
        begin = self.at
        parts = None
        while self.current != "\"":
            if self.current == "":
                self.refuse("a quote")
            if self.current == "\\":
                if parts is None:
                    parts = []
                parts.append(self.text[begin:self.at])
                self.read()
                if self.current not in ESCAPES:
                    self.refuse("an escape")
                parts.append(ESCAPES[self.current])
                begin = self.at + 1
            self.read()
        last = self.text[begin:self.at]
        self.read()
        if parts is None:
            return last
        parts.append(last)
        return "".join(parts)


def source(count, space):
    out = ["["]
    for i in range(count):
        if i > 0:
            out.append("," + space)
        out.append("{\"id\":" + space + str(i))
        out.append("," + space + "\"name\":" + space + "\"thing \\\"" + str(i) + "\\\"\"")
        out.append("," + space + "\"price\":" + space + str(i % 90 + 10) + ".25")
        out.append("," + space + "\"tags\":" + space + "[\"first\"," + space + "\"sec\\nond\"," + space + "\"third\"]")
        out.append("," + space + "\"stock\":" + space + "{\"here\":" + space + str(i * 7 % 50))
        out.append("," + space + "\"open\":" + space + ("true" if i % 3 == 0 else "false"))
        out.append("," + space + "\"note\":" + space + "null}}")
    out.append("]")
    return "".join(out)


def written(value):
    out = []
    value.write(out)
    return "".join(out)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    spaced = source(60, " ")
    close = source(60, "")
    for _ in range(rounds):
        value = Parser(spaced).all()
        if written(value) != close:
            sys.exit("json: what was read is not what is written")
        found = value.sum()
        if found != 5595.0:
            sys.exit(f"json: {found} is wrong")
    print(f"json: {rounds}")


main()
