"""phantom.py - gdb commands for a machine that runs Phantom: threads, frames, objects, pages.

Everything is read from memory, and no function of the machine is called. A page of the space that is
not in memory reads as an error, which is said. Objects of the space are no C types; their layout is
taken from core/object/layout.h, where each field has its natural alignment.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import os
import re

import gdb

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPACE = 0x200000000000
CLASS_TABLE = SPACE + (1 << 30)
METHOD_TABLE = SPACE + (2 << 30)
THREAD_TABLE = SPACE + (3 << 30)
SPACE_PAGES = (16 << 40) >> 12
STRING_UTF16 = 2
FRAME_BOTTOM = 1 << 58
THREAD_STATES = ("new", "runnable", "waiting", "sleeping", "suspended", "ended")
KINDS = ("plain", "string", "words", "raw8", "raw16", "raw32", "raw64", "stack")


def layouts():
    """{struct: {field: (offset, bytes)}} of core/object/layout.h."""
    result = {}
    with open(os.path.join(ROOT, "core", "object", "layout.h"), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    for name, body in re.findall(r"^struct (\w+_object) \{\n(.*?)^\};", text, re.S | re.M):
        at, fields = 0, {}
        for kind, field, count in re.findall(r"^ {4}(\w+) (\w+)(?:\[(\d+)\])?;", body, re.M):
            size = 8 if kind == "word_t" else int(re.search(r"\d+", kind)[0]) // 8
            at = -(-at // size) * size
            fields[field] = (at, size)
            at += size * int(count or 1)
        result[name] = fields
    return result


LAYOUT = layouts()


def read(address, size):
    """An unsigned number in memory; gdb.MemoryError if it is not there."""
    data = gdb.selected_inferior().read_memory(address, size).tobytes()
    return int.from_bytes(data, "little")


def field(kind, address, name):
    offset, size = LAYOUT[kind][name]
    return read(address + offset, size)


def string(address):
    """The text of a string of the space."""
    if address == 0:
        return ""
    header, length = read(address, 8), read(address + 8, 4)
    wide = header & STRING_UTF16
    count = min(length, 200) * (2 if wide else 1)
    data = gdb.selected_inferior().read_memory(address + 16, count).tobytes() if count else b""
    return data.decode("utf-16-le" if wide else "latin-1", "replace")


def class_of(address):
    return read(CLASS_TABLE + 8 * (read(address, 8) >> 42), 8)


def method_name(number):
    """Class and name, or the number where the pages of these have not come in."""
    try:
        method = read(METHOD_TABLE + 8 * number, 8)
        owner = field("method_object", method, "owner")
        return string(field("class_object", owner, "name")) + "." + string(
            field("method_object", method, "name"))
    except gdb.MemoryError:
        return f"method {number}"


def word_text(word):
    """A word as a person reads it: a reference with its class, else as it is."""
    if word == 0:
        return "null"
    if word & 7:
        return f"immediate {word:#x}"
    try:
        name = string(field("class_object", class_of(word), "name"))
        text = f" {string(word)!r}" if name == ".internal.string" else ""
        return f"{word:#x} {name}{text}"
    except gdb.MemoryError:
        return f"{word:#x} (not in memory)"


def kernel_threads():
    """Every struct kthread."""
    head = gdb.parse_and_eval("&'thread.c'::all")
    kind = gdb.lookup_type("struct kthread")
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == "all")
    at = head["next"]
    while at != head:
        yield gdb.Value(int(at) - offset).cast(kind.pointer())
        at = at["next"]


def program_threads():
    """Addresses of the threads of programs that have not ended."""
    for slot in range(1 << 16):
        try:
            thread = read(THREAD_TABLE + 8 * slot, 8)
        except gdb.MemoryError:
            return
        if thread:
            yield thread


def frames(thread):
    """(method number, place in its code) from the top frame on."""
    stack = field("thread_object", thread, "stack")
    end = stack + LAYOUT["stack_object"]["raw_top"][0] + 4
    end += 8 * field("stack_object", stack, "slot_count")
    record = end - 8 * field("thread_object", thread, "frame_raw")
    own = read(record, 8)
    yield own & 0x3FFFFFFF, own >> 32
    while True:
        places, caller = read(record + 8, 8), read(record + 16, 8)
        if caller & FRAME_BOTTOM:
            return
        record += 8 * (places >> 16 & 0xFFFFFF)
        yield caller >> 32 & 0x3FFFFFFF, caller & 0xFFFFFFFF


def number(text):
    return int(gdb.parse_and_eval(text)) & 0xFFFFFFFFFFFFFFFF


class Phantom(gdb.Command):
    """Look into Phantom: threads, frames THREAD, object ADDRESS, page ADDRESS."""

    def __init__(self):
        super().__init__("phantom", gdb.COMMAND_DATA, prefix=True)


class Threads(gdb.Command):
    """phantom threads: the kernel's, and the programs'."""

    def __init__(self):
        super().__init__("phantom threads", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print("kernel threads")
        for thread in kernel_threads():
            print(f"  {int(thread):#018x}  cpu {int(thread['cpu'])}  {str(thread['state']):<18} "
                  f"{thread['name'].string()}")
        print("threads of programs")
        for thread in program_threads():
            try:
                state = field("thread_object", thread, "state") & 0xFF
                top = next(frames(thread))
                print(f"  {thread:#018x}  {field('thread_object', thread, 'id'):>4}  "
                      f"{THREAD_STATES[state]:<10} {method_name(top[0])} "
                      f"\"{string(field('thread_object', thread, 'name'))}\"")
            except gdb.MemoryError:
                print(f"  {thread:#018x}  (not in memory)")


class Frames(gdb.Command):
    """phantom frames THREAD: the frames of a thread of a program that does not run just now."""

    def __init__(self):
        super().__init__("phantom frames", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        try:
            for depth, (method, place) in enumerate(frames(number(argument))):
                print(f"  #{depth:<3} {method_name(method)} at {place}")
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"{error}; of a thread that runs just now, the space does not know "
                               "all, and its worker does") from None


class Object(gdb.Command):
    """phantom object ADDRESS: class and fields of an object."""

    def __init__(self):
        super().__init__("phantom object", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        address = number(argument)
        owner = class_of(address)
        kind = KINDS[field("class_object", owner, "kind")]
        print(f"{address:#x}: {string(field('class_object', owner, 'name'))} ({kind}), "
              f"header {read(address, 8):#018x}")
        if kind == "string":
            print(f"  {string(address)!r}")
        elif kind == "plain":
            for offset in range(8, field("class_object", owner, "instance_bytes"), 8):
                print(f"  +{offset:<4} {word_text(read(address + offset, 8))}")
        elif kind == "words":
            length = read(address + 8, 4)
            for i in range(min(length, 64)):
                print(f"  [{i}] {word_text(read(address + 16 + 8 * i, 8))}")
            if length > 64:
                print(f"  ... {length} in all")
        elif kind.startswith("raw"):
            print(f"  {read(address + 8, 4)} elements")


class Page(gdb.Command):
    """phantom page ADDRESS: the state of a page of the space."""

    def __init__(self):
        super().__init__("phantom page", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        page = (number(argument) - SPACE) >> 12
        if not 0 <= page < SPACE_PAGES:
            raise gdb.GdbError("this address is not in the space")
        now = int(gdb.parse_and_eval("pmem_epoch_now"))
        try:
            epoch = read(int(gdb.parse_and_eval("pmem_epoch_of")) + 4 * page, 4)
        except gdb.MemoryError:
            epoch = 0
        try:
            read(SPACE + (page << 12), 8)
            there = "in memory"
        except gdb.MemoryError:
            there = "absent"
        state = "dirty in this epoch" if epoch == now else f"last written in epoch {epoch}"
        print(f"page {page:#x}: {there}, {state if epoch else 'clean since it came in'}; "
              f"the epoch is {now}")


Phantom()
Threads()
Frames()
Object()
Page()
