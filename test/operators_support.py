"""operators_support - programs with every operator and conversion on values of every type, and what they print.

What is expected is computed here, in Python, from what docs/LANGUAGE.md says, and from nothing of the compiler. Each
program has everything three times: on variables with types, on constants (which the compiler computes), and
untyped. Results are shown by class and bits, so that -0.0 and the last bit of a double count.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import itertools
import math
import struct

TYPES = ["boolean", "char", "int", "long", "float", "double"]
BITS = {"char": 16, "int": 32, "long": 64}

# Values of each type, as they are written; FLT is what 3e38f is.
FLT = struct.unpack("f", struct.pack("f", 3e38))[0]
VALUES = {
    "boolean": {"true": True, "false": False},
    "char": {"'\\0'": 0, "'a'": 97, "'\\uffff'": 65535},
    "int": {"0": 0, "7": 7, "-3": -3, "2147483647": 2147483647, "-2147483648": -2147483648, "33": 33},
    "long": {"0L": 0, "-7L": -7, "8589934597L": 8589934597, "9223372036854775807L": 2**63 - 1,
             "-9223372036854775807L": 1 - 2**63},
    "float": {"0.0f": 0.0, "-0.0f": -0.0, "1.5f": 1.5, "-2.25f": -2.25, "3e38f": FLT},
    "double": {"0.0": 0.0, "-0.0": -0.0, "2.5": 2.5, "-1e300": -1e300, "1e18": 1e18, "0.1": 0.1},
}

ARITHMETIC = ["+", "-", "*", "/", "%"]
BITWISE = ["&", "|", "^"]
SHIFTS = ["<<", ">>", ">>>"]
COMPARISONS = ["==", "!=", "<", ">", "<=", ">="]
IDENTITIES = [":==", ":!="]


class Throws(Exception):
    """The program throws here."""


def wrap(value, kind):
    """A whole number in the bits that the type has."""
    value &= (1 << BITS[kind]) - 1
    signed = kind != "char" and value >> (BITS[kind] - 1)
    return value - (1 << BITS[kind]) if signed else value


def to_float(value):
    """The nearest float."""
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def convert(value, kind):
    """A cast to a type of numbers."""
    if kind in ("float", "double"):
        value = float(value)
        return to_float(value) if kind == "float" else value
    if isinstance(value, float):
        wide = "long" if kind == "long" else "int"
        if math.isnan(value):
            value = 0
        elif math.isinf(value) or abs(value) >= 2 ** (BITS[wide] - 1):
            value = 2 ** (BITS[wide] - 1) - 1 if value > 0 else -(2 ** (BITS[wide] - 1))
        value = int(value)
    return wrap(int(value), kind)


def promoted(*kinds):
    """The type that arithmetic happens in."""
    return max((*kinds, "int"), key=TYPES.index)


def divide(a, b, kind):
    if kind in BITS:
        if b == 0:
            raise Throws
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def remainder(a, b, kind):
    if kind in BITS:
        return a - b * divide(a, b, kind)
    return math.nan if b == 0 or math.isinf(a) else math.fmod(a, b)


def arithmetic(op, a, b, kind):
    if op == "/":
        result = divide(a, b, kind)
    elif op == "%":
        result = remainder(a, b, kind)
    else:
        result = {"+": a + b, "-": a - b, "*": a * b}[op] if kind in BITS else floating(op, a, b)
    return convert(result, kind) if kind not in BITS else wrap(result, kind)


def floating(op, a, b):
    try:
        return {"+": a + b, "-": a - b, "*": a * b}[op]
    except OverflowError:
        return math.inf


def shift(op, a, count, kind):
    count &= BITS[kind] - 1
    if op == "<<":
        return wrap(a << count, kind)
    if op == ">>":
        return a >> count
    return wrap((a & ((1 << BITS[kind]) - 1)) >> count, kind)


def binary(op, a, kind_a, b, kind_b):
    """(type, value) of `a op b`; None where the compiler refuses it."""
    if op in IDENTITIES:
        same = kind_a == kind_b and bits(a, kind_a) == bits(b, kind_b)
        return "boolean", same == (op == ":==")
    if op in BITWISE and kind_a == kind_b == "boolean":
        return "boolean", bool({"&": a & b, "|": a | b, "^": a ^ b}[op])
    kind = promoted(kind_a) if op in SHIFTS else promoted(kind_a, kind_b)
    if op in SHIFTS:
        if kind not in BITS or promoted(kind_b) not in BITS:
            return None
        return kind, shift(op, int(a), int(b), kind)
    if op in BITWISE and kind not in BITS:
        return None
    a, b = convert(a, kind), convert(b, kind)
    if op in COMPARISONS:
        return "boolean", {"==": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[op]
    if op in BITWISE:
        return kind, {"&": a & b, "|": a | b, "^": a ^ b}[op]
    return kind, arithmetic(op, a, b, kind)


def unary(op, a, kind_a):
    if op == "!":
        return ("boolean", not a) if kind_a in ("boolean", "char", "int") else None
    kind = promoted(kind_a)
    if op == "~":
        return (kind, ~int(a)) if kind in BITS else None
    value = convert(a, kind)
    if op == "-":
        value = wrap(-value, kind) if kind in BITS else -value
    return kind, value


def cast(kind, a, kind_a):
    """(kind) a"""
    if kind == "boolean":
        return (kind, a) if kind_a == "boolean" else None
    return kind, convert(a, kind)


def bits(value, kind):
    """The value as `show` of the program has it."""
    if kind in ("float", "double") and math.isnan(value):
        return "NaN"
    if kind == "float":
        return struct.unpack("i", struct.pack("f", value))[0]
    if kind == "double":
        return struct.unpack("q", struct.pack("d", value))[0]
    return int(value)


def shown(result):
    kind, value = result
    return f"{kind[0]}{bits(value, kind)}"


HEAD = """
string show(any x) {
    if (x instanceof boolean) return x ? "b1" : "b0";
    if (x instanceof char) return "c" + (int) (char) x;
    if (x instanceof int) return "i" + x;
    if (x instanceof long) return "l" + x;
    if (x instanceof float) return x != x ? "fNaN" : "f" + .internal.float.bits(x);
    if (x instanceof double) return x != x ? "dNaN" : "d" + .internal.double.bits(x);
    return "?" + x;
}
string line = "";
void say(any x) { line += show(x) + " "; }
void end(string what) { println(what + ": " + line); line = ""; }
"""

CALLS_MAX = 150


class Program:
    """Statements, in functions that are not too large."""

    def __init__(self):
        self.functions = []
        self.statements = []
        self.expected = []

    def add(self, statement, expected):
        self.statements.append(statement)
        self.expected.append(expected)

    def text(self):
        groups = [self.statements[i:i + CALLS_MAX] for i in range(0, len(self.statements), CALLS_MAX)]
        text = HEAD + "".join(self.functions)
        for number, group in enumerate(groups):
            text += f"void group{number}() {{\n" + "".join(group) + "}\n"
        return text + "".join(f"group{number}();\n" for number in range(len(groups)))


def saying(expression, may_throw):
    say = f"say({expression});"
    return f'try {{ {say} }} catch (.internal.error.arithmetic e) {{ line += "! "; }}' if may_throw else say


def outcome(compute):
    try:
        return shown(compute())
    except Throws:
        return "!"


def pair_program(kind_a, kind_b):
    """All binary operators on values of two types."""
    ops = [op for op in ARITHMETIC + BITWISE + SHIFTS + COMPARISONS + IDENTITIES
           if binary(op, convert_one(kind_a), kind_a, convert_one(kind_b), kind_b) is not None]
    program = Program()
    body = " ".join(saying(f"a {op} b", op in "/%") for op in ops)
    program.functions = [f"void typed({kind_a} a, {kind_b} b) {{ {body} }}\n",
                         f"void untyped(any a, any b) {{ {body} }}\n"]
    for (text_a, a), (text_b, b) in itertools.product(VALUES[kind_a].items(), VALUES[kind_b].items()):
        results = [outcome(lambda op=op: binary(op, a, kind_a, b, kind_b)) for op in ops]
        what = f"{text_a} {text_b}".replace("\\", "\\\\")
        line = f"{text_a} {text_b}: " + " ".join(results) + " "
        for call in (f"typed({text_a}, {text_b});", f"untyped({text_a}, {text_b});",
                     " ".join(saying(f"({text_a}) {op} ({text_b})", op in "/%") for op in ops)):
            program.add(f'{call} end("{what}");\n', line)
    return program


def convert_one(kind):
    """Some value of a type that nothing throws at."""
    return True if kind == "boolean" else convert(1, kind)


def single_program(kind_a):
    """All unary operators, casts, steps and assignments on values of one type."""
    program = Program()
    ops = [op for op in ("-", "+", "~", "!") if unary(op, convert_one(kind_a), kind_a)]
    untyped_ops = [op for op in ops if op != "!" or kind_a != "char"]
    casts = [kind for kind in TYPES if cast(kind, convert_one(kind_a), kind_a)]
    wider = [kind for kind in TYPES[TYPES.index(kind_a):] if kind != "char" or kind_a == "char"]
    program.functions = [
        f"void typed({kind_a} a) {{ " + " ".join(f"say({op}a);" for op in ops)
        + " ".join(f"say(({kind}) a);" for kind in casts)
        + " ".join(f"{{ {kind} w = a; say(w); }}" for kind in wider) + " }\n",
        "void untyped(any a) { " + " ".join(f"say({op}a);" for op in untyped_ops) + " }\n"]
    for text, a in VALUES[kind_a].items():
        what = text.replace("\\", "\\\\")
        unaries = {op: shown(unary(op, a, kind_a)) for op in ops}
        converted = [shown(cast(kind, a, kind_a)) for kind in casts] + \
                    [shown((kind, a if kind == kind_a else convert(a, kind))) for kind in wider]
        program.add(f'typed({text}); end("{what}");\n',
                    f"{text}: " + " ".join([*unaries.values(), *converted]) + " ")
        program.add(f'untyped({text}); end("{what}");\n',
                    f"{text}: " + " ".join(unaries[op] for op in untyped_ops) + " ")
        program.add(" ".join(f"say({op}({text}));" for op in ops) + f' end("{what}");\n',
                    f"{text}: " + " ".join(unaries.values()) + " ")
        program.add(" ".join(f"say(({kind}) ({text}));" for kind in casts) + f' end("{what}");\n',
                    f"{text}: " + " ".join(converted[:len(casts)]) + " ")
        if kind_a != "boolean":
            add_steps(program, kind_a, text, a)
            add_assignments(program, kind_a, text, a)
    return program


def add_steps(program, kind, text, a):
    """a++ and its like, which give the old value or the new one."""
    more, less = (shown((kind, convert(binary(op, a, kind, 1, "int")[1], kind))) for op in "+-")
    old = shown((kind, a))
    program.add(f'{{ {kind} a = {text}; say(a++); say(a); a = {text}; say(a--); say(a); a = {text}; say(++a); '
                f'a = {text}; say(--a); }} end("steps");\n',
                f"steps: {old} {more} {old} {less} {more} {less} ")


def add_assignments(program, kind, text, a):
    """a op= b is a = (kind) (a op b)."""
    for kind_b in TYPES[1:]:
        text_b, b = list(VALUES[kind_b].items())[1]
        ops = [op for op in ARITHMETIC + BITWISE + SHIFTS if binary(op, a, kind, b, kind_b) and (b or op not in "/%")]
        results = [shown((kind, convert(binary(op, a, kind, b, kind_b)[1], kind))) for op in ops]
        body = " ".join(f"a = {text}; say(a {op}= {text_b});" for op in ops)
        program.add(f'{{ {kind} a; {body} }} end("{kind_b}");\n', f"{kind_b}: " + " ".join(results) + " ")


def programs():
    """(name, text, the lines it prints) of each program."""
    for kind_a, kind_b in itertools.product(TYPES, TYPES):
        program = pair_program(kind_a, kind_b)
        yield f"{kind_a} and {kind_b}", program.text(), program.expected
    for kind in TYPES:
        program = single_program(kind)
        yield kind, program.text(), program.expected
