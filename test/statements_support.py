"""statements_support - a program of random statements, written in Phantom and in Python, which says what is right.

Each function leaves a trail of letters through loops, choices, exceptions and jumps, for several arguments. A number
decides all of it, so that the same program comes every time.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import random

FUNCTIONS = 60
ARGUMENTS = 6
DEPTH_MAX = 5
STATEMENTS_MAX = 30


class Thrown(Exception):
    """What the program throws."""


class Writer:
    """Writes the same statements in both languages."""

    def __init__(self, chance):
        self.chance = chance
        self.phantom = []
        self.python = []
        self.letters = 0
        self.variables = 0
        self.room = 0  # for statements in the function that is written

    def line(self, depth, phantom, python):
        if phantom is not None:
            self.phantom.append("    " * depth + phantom)
        if python is not None:
            self.python.append("    " * depth + python)

    def mark(self, depth):
        self.letters += 1
        text = f"{self.letters}."
        self.line(depth, f'trail += "{text}";', f'trail.append("{text}")')

    def name(self):
        self.variables += 1
        return f"v{self.variables}"

    def condition(self):
        modulus = self.chance.randint(2, 4)
        rest = self.chance.randint(0, modulus - 1)
        return f"(n + {self.letters}) % {modulus} == {rest}"

    def block(self, depth, loop, jumps=True):
        """Statements; `loop` if a loop is around them, `jumps` if they may leave by a jump."""
        for _ in range(self.chance.randint(1, 3)):
            self.statement(depth, loop, jumps)

    def statement(self, depth, loop, jumps):
        kinds = [self.mark_only, self.choice, self.choice]
        self.room -= 1
        if depth < DEPTH_MAX and self.room > 0:
            kinds += [self.while_loop, self.do_loop, self.for_loop, self.foreach, self.switch, self.attempt,
                      self.attempt, self.locked]
        if jumps:
            kinds += [self.jump, self.jump]
        self.chance.choice(kinds)(depth, loop, jumps)

    def mark_only(self, depth, loop, jumps):
        del loop, jumps
        self.mark(depth)

    def choice(self, depth, loop, jumps):
        condition = self.condition()
        self.line(depth, f"if ({condition}) {{", f"if {condition}:")
        self.mark(depth + 1)
        if depth < DEPTH_MAX:
            self.block(depth + 1, loop, jumps)
        if self.chance.random() < 0.5:
            self.line(depth, "} else {", "else:")
            self.mark(depth + 1)
            if depth < DEPTH_MAX:
                self.block(depth + 1, loop, jumps)
        self.line(depth, "}", None)

    def while_loop(self, depth, loop, jumps):
        del loop
        name = self.name()
        self.line(depth, f"int {name} = 0;", f"{name} = 0")
        self.line(depth, f"while ({name}++ < 3) {{", f"while {name} < 3:")
        self.line(depth + 1, None, f"{name} += 1")
        self.mark(depth + 1)
        self.block(depth + 1, True, jumps)
        self.line(depth, "}", None)

    def do_loop(self, depth, loop, jumps):
        """do S1 while (e) S2, without jumps in S1."""
        del loop
        name = self.name()
        self.line(depth, f"int {name} = 0;", f"{name} = 0")
        self.line(depth, "do {", "while True:")
        self.line(depth + 1, f"{name}++;", f"{name} += 1")
        self.mark(depth + 1)
        self.line(depth, f"}} while ({name} < 3) {{", None)
        self.line(depth + 1, None, f"if not {name} < 3:")
        self.line(depth + 2, None, "break")
        self.mark(depth + 1)
        self.block(depth + 1, True, jumps)
        self.line(depth, "}", None)

    def for_loop(self, depth, loop, jumps):
        del loop
        name = self.name()
        self.line(depth, f"for (int {name} = 0; {name} < 3; {name}++) {{", f"for {name} in range(3):")
        self.mark(depth + 1)
        self.block(depth + 1, True, jumps)
        self.line(depth, "}", None)

    def foreach(self, depth, loop, jumps):
        del loop
        name = self.name()
        walked = self.chance.choice([("[4, 5, 6]", "[4, 5, 6]"), ("1..3", "range(1, 4)"), ("1..<3", "range(1, 3)"),
                                     ('{"a": 1, "b": 2}', '{"a": 1, "b": 2}'), ('"xy"', '"xy"')])
        self.line(depth, f"foreach ({name} in {walked[0]}) {{", f"for {name} in {walked[1]}:")
        self.line(depth + 1, f'trail += "\\{{{name}}}";', f"trail.append(str({name}))")
        self.block(depth + 1, True, jumps)
        self.line(depth, "}", None)

    def switch(self, depth, loop, jumps):
        """Python has none that falls through: a label is an `if`, and a break ends a loop of one round."""
        del loop
        name = self.name()
        labels = self.chance.sample(range(5), 3)
        self.line(depth, "switch (n % 5) {", f"{name} = n % 5 not in {labels}")
        self.line(depth, None, "for _ in range(1):")
        for label in [*labels, None]:
            if label is None:
                self.line(depth + 1, "default:", "if True:")
            else:
                self.line(depth + 1, f"case {label}:", f"{name}_met = {'False' if label == labels[0] else name + '_met'}"
                          f" or n % 5 == {label}")
                self.line(depth + 1, None, f"if {name}_met:")
            self.mark(depth + 2)
            if self.chance.random() < 0.5:
                self.line(depth + 2, "break;", "break")
        self.line(depth, "}", None)
        if jumps:
            self.mark(depth)

    def attempt(self, depth, loop, jumps):
        caught = self.chance.random() < 0.7
        last = not caught or self.chance.random() < 0.5
        name = self.name()
        self.line(depth, "try {", "try:")
        self.mark(depth + 1)
        self.block(depth + 1, loop, jumps)
        if caught:
            self.line(depth, f"}} catch (string {name}) {{", f"except Thrown as {name}:")
            self.line(depth + 1, f"trail += {name};", f"trail.append(str({name}))")
            self.block(depth + 1, loop, jumps)
        if last:
            self.line(depth, "} finally {", "finally:")
            self.mark(depth + 1)
            self.block(depth + 1, False, False)
        self.line(depth, "}", None)

    def locked(self, depth, loop, jumps):
        self.line(depth, 'synchronized (lock) {', "if True:")
        self.mark(depth + 1)
        self.block(depth + 1, loop, jumps)
        self.line(depth, "}", None)

    def jump(self, depth, loop, jumps):
        """Behind a condition, so that something may follow."""
        del jumps
        condition = self.condition()
        kinds = [("return {};", "return {}"), ('throw "t{} ";', 'raise Thrown("t{} ")')]
        if loop:
            kinds += [("break;", "break"), ("continue;", "continue")] * 2
        phantom, python = self.chance.choice(kinds)
        self.line(depth, f"if ({condition})", f"if {condition}:")
        self.line(depth + 1, phantom.format(self.letters), python.format(self.letters))

    def function(self, number):
        self.room = STATEMENTS_MAX
        self.line(0, f"int f{number}(int n) {{", f"def f{number}(n, trail):")
        self.mark(1)
        self.block(1, False)
        self.line(1, "return 0;", "return 0")
        self.line(0, "}", None)


HEAD = """string trail = "";
var lock = new .internal.object();
"""


def program(seed):
    """(text, the lines it prints)"""
    writer = Writer(random.Random(seed))
    for number in range(FUNCTIONS):
        writer.function(number)
    text = HEAD + "\n".join(writer.phantom) + "\n"
    known = {"Thrown": Thrown}
    exec("\n".join(writer.python), known)  # pylint: disable=exec-used  # written above, of nothing but that
    expected = []
    for number in range(FUNCTIONS):
        text += f"for (int n = 0; n < {ARGUMENTS}; n++) {{\n    trail = \"\";\n"
        text += f'    try {{ int r = f{number}(n); trail += "=" + r; }} catch (string s) {{ trail += "!" + s; }}\n'
        text += f'    println("f{number} \\{{n}}: \\{{trail}}");\n}}\n'
        for n in range(ARGUMENTS):
            trail = []
            try:
                trail.append(f"={known[f'f{number}'](n, trail)}")
            except Thrown as thrown:
                trail.append(f"!{thrown}")
            expected.append(f"f{number} {n}: " + "".join(trail))
    return text, expected
