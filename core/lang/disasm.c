/*
 * disasm.c - a module as text: pool, classes, methods, bytecode.
 *
 * Invariant: nothing is read outside the bytes given, whatever they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lang.h"

#include "base/crc32c.h"
#include "base/format.h"
#include "format/bytecode.h"
#include "format/module.h"
#include "plat/memory.h"

static const struct {
    const char *name;
    uint8_t operands;
} ops[256] = {
#define NONE                                 OPERANDS_NONE
#define I8                                   OPERANDS_I8
#define I32                                  OPERANDS_I32
#define I64                                  OPERANDS_I64
#define LOCAL                                OPERANDS_LOCAL
#define LOCAL_I16                            OPERANDS_LOCAL_I16
#define POOL                                 OPERANDS_POOL
#define POOL_U8                              OPERANDS_POOL_U8
#define U8                                   OPERANDS_U8
#define BRANCH                               OPERANDS_BRANCH
#define TABLE                                OPERANDS_TABLE
#define LOOKUP                               OPERANDS_LOOKUP
#define OP(number, name_, operands_, effect) [number] = { #name_, operands_ },
#include "format/bytecode.def"
#undef OP
};

#define POOL_ENTRIES_MAX 65536
#define TEXT_SHOWN       120

struct reader {
    const uint8_t *bytes;
    size_t count;
    size_t at;
    bool broken;       /* something was cut short or made no sense */
    uint32_t *offsets; /* of the pool entries, behind their tags */
    uint8_t *tags;
    unsigned pool_count;
    struct buffer *text;
    bool no_memory;
};

__attribute__((format(printf, 2, 3))) static void
say(struct reader *reader, const char *text, ...)
{
    char line[400];
    va_list values;
    size_t count;

    va_start(values, text);
    count = format_list(line, sizeof(line), text, values);
    va_end(values);
    if (count >= sizeof(line))
        count = sizeof(line) - 1;
    if (buffer_append(reader->text, line, count) != OK)
        reader->no_memory = true;
}

static uint64_t
read_number(struct reader *reader, unsigned bytes)
{
    uint64_t value = 0;

    if (reader->count - reader->at < bytes) {
        reader->broken = true;
        reader->at = reader->count;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)reader->bytes[reader->at + i] << (8 * i);
    reader->at += bytes;
    return value;
}

static uint64_t
number_at(const struct reader *reader, size_t at, unsigned bytes)
{
    struct reader copy = *reader;

    copy.at = at;
    return read_number(&copy, bytes);
}

/* The text of a UTF8 entry, with what cannot be printed as dots. */
static void
say_text(struct reader *reader, unsigned index)
{
    uint32_t count;
    size_t at;

    if (index >= reader->pool_count || reader->tags[index] != POOL_UTF8) {
        say(reader, "?%u", index);
        return;
    }
    at = reader->offsets[index];
    count = (uint32_t)number_at(reader, at, 4);
    for (uint32_t i = 0; i < count && i < TEXT_SHOWN; i++) {
        uint8_t byte = reader->bytes[at + 4 + i];

        say(reader, "%c", byte < 0x20 || byte == 0x7f ? '.' : byte);
    }
    if (count > TEXT_SHOWN)
        say(reader, "...");
}

/* What a pool entry means, in one line. */
static void
say_entry(struct reader *reader, unsigned index)
{
    size_t at;
    unsigned parts[3] = { 0 };

    if (index >= reader->pool_count || index == 0) {
        say(reader, "?%u", index);
        return;
    }
    at = reader->offsets[index];
    switch (reader->tags[index]) {
    case POOL_UTF8:
        say_text(reader, index);
        return;
    case POOL_CLASS:
    case POOL_NAME:
        say_text(reader, (unsigned)number_at(reader, at, 2));
        return;
    case POOL_STRING:
        say(reader, "\"");
        say_text(reader, (unsigned)number_at(reader, at, 2));
        say(reader, "\"");
        return;
    case POOL_FIELD:
    case POOL_METHOD:
        for (unsigned i = 0; i < 3; i++)
            parts[i] = (unsigned)number_at(reader, at + 2 * i, 2);
        if (parts[0] < reader->pool_count && reader->tags[parts[0]] == POOL_CLASS)
            say_entry(reader, parts[0]);
        else
            say(reader, "?%u", parts[0]);
        say(reader, " ");
        say_text(reader, parts[1]);
        say(reader, " ");
        say_text(reader, parts[2]);
        return;
    case POOL_INT:
        say(reader, "%d", (int)number_at(reader, at, 4));
        return;
    default:
        say(reader, "constant %u", reader->tags[index]);
    }
}

/* The bytes of an entry behind its tag; UTF8 apart. 0: there is no such tag. */
static unsigned
entry_bytes(unsigned tag)
{
    static const uint8_t bytes[] = {
        [POOL_CLASS] = 2,  [POOL_FIELD] = 6,   [POOL_METHOD] = 6, [POOL_NAME] = 2,
        [POOL_STRING] = 2, [POOL_INT] = 4,     [POOL_LONG] = 8,   [POOL_FLOAT] = 4,
        [POOL_DOUBLE] = 8, [POOL_BOOLEAN] = 1, [POOL_CHAR] = 2,   [POOL_CODE_POINT] = 4,
    };

    return tag < sizeof(bytes) ? bytes[tag] : 0;
}

static void
read_pool(struct reader *reader)
{
    reader->pool_count = (unsigned)read_number(reader, 2);
    for (unsigned i = 1; i < reader->pool_count && !reader->broken; i++) {
        unsigned tag = (unsigned)read_number(reader, 1);
        size_t bytes = entry_bytes(tag);

        reader->tags[i] = (uint8_t)tag;
        reader->offsets[i] = (uint32_t)reader->at;
        if (tag == POOL_UTF8)
            bytes = 4 + number_at(reader, reader->at, 4);
        if (bytes == 0 || bytes > reader->count - reader->at)
            reader->broken = true;
        else
            reader->at += bytes;
    }
}

static void
say_table(struct reader *reader, size_t from, bool lookup)
{
    int32_t otherwise = (int32_t)read_number(reader, 4);
    int32_t key = lookup ? 0 : (int32_t)read_number(reader, 4);
    uint32_t count = (uint32_t)read_number(reader, 4);

    for (uint32_t i = 0; i < count && !reader->broken; i++) {
        if (lookup)
            key = (int32_t)read_number(reader, 4);
        say(reader, " %d:%d", lookup ? key : key + (int32_t)i,
            (int32_t)(from + read_number(reader, 4)));
    }
    say(reader, " else:%d", (int32_t)(from + (uint32_t)otherwise));
}

/* One instruction; `start` is where the code of its method begins. */
static void
say_instruction(struct reader *reader, size_t start)
{
    size_t from = reader->at - start;
    unsigned op = (unsigned)read_number(reader, 1);
    unsigned number;

    if (ops[op].name == NULL) {
        say(reader, "      %5u  ? 0x%02x\n", (unsigned)from, op);
        reader->broken = true;
        return;
    }
    say(reader, "      %5u  %s", (unsigned)from, ops[op].name);
    switch (ops[op].operands) {
    case OPERANDS_I8:
        say(reader, " %d", (int8_t)read_number(reader, 1));
        break;
    case OPERANDS_I32:
        say(reader, " %d", (int32_t)read_number(reader, 4));
        break;
    case OPERANDS_I64:
        say(reader, " %" PRId64, (int64_t)read_number(reader, 8));
        break;
    case OPERANDS_LOCAL:
        say(reader, " %u", (unsigned)read_number(reader, 2));
        break;
    case OPERANDS_LOCAL_I16:
        number = (unsigned)read_number(reader, 2);
        say(reader, " %u %d", number, (int16_t)read_number(reader, 2));
        break;
    case OPERANDS_POOL:
    case OPERANDS_POOL_U8:
        say(reader, " ");
        say_entry(reader, (unsigned)read_number(reader, 2));
        if (ops[op].operands == OPERANDS_POOL_U8)
            say(reader, " %u", (unsigned)read_number(reader, 1));
        break;
    case OPERANDS_U8:
        say(reader, " %u", (unsigned)read_number(reader, 1));
        break;
    case OPERANDS_BRANCH:
        say(reader, " %d", (int32_t)((uint32_t)from + (uint32_t)read_number(reader, 4)));
        break;
    case OPERANDS_TABLE:
    case OPERANDS_LOOKUP:
        say_table(reader, from, ops[op].operands == OPERANDS_LOOKUP);
        break;
    default:
        break;
    }
    say(reader, "\n");
}

static void
say_flags(struct reader *reader, unsigned flags, bool class)
{
    static const char *const of_class[] = { "public", "interface", "abstract", "final" };
    static const char *const of_member[] = { "public",   "private",   "static",      "final",
                                             "abstract", "primitive", "synchronized" };

    for (unsigned i = 0; i < 7; i++) {
        if ((flags & (1u << i)) != 0)
            say(reader, "%s ", class ? i < 4 ? of_class[i] : "?" : of_member[i]);
    }
}

static void
say_code(struct reader *reader)
{
    uint32_t bytes = (uint32_t)read_number(reader, 4);
    size_t start = reader->at;
    unsigned handlers;
    uint32_t lines;

    if (bytes > reader->count - reader->at)
        reader->broken = true;
    while (!reader->broken && reader->at < start + bytes)
        say_instruction(reader, start);
    if (reader->at != start + bytes)
        reader->broken = true;
    handlers = (unsigned)read_number(reader, 2);
    for (unsigned i = 0; i < handlers && !reader->broken; i++) {
        unsigned from = (unsigned)read_number(reader, 4);
        unsigned to = (unsigned)read_number(reader, 4);
        unsigned handler = (unsigned)read_number(reader, 4);
        unsigned class = (unsigned)read_number(reader, 2);

        say(reader, "      catch %u..%u at %u ", from, to, handler);
        if (class == 0)
            say(reader, "any");
        else
            say_entry(reader, class);
        say(reader, "\n");
    }
    lines = (uint32_t)read_number(reader, 4);
    for (uint32_t i = 0; i < lines && !reader->broken; i++) {
        unsigned pc = (unsigned)read_number(reader, 4);

        say(reader, "%s%u:%u", i == 0 ? "      lines " : " ", pc, (unsigned)read_number(reader, 4));
    }
    if (lines != 0)
        say(reader, "\n");
}

static void
say_method(struct reader *reader)
{
    unsigned name = (unsigned)read_number(reader, 2);
    unsigned signature = (unsigned)read_number(reader, 2);
    unsigned flags = (unsigned)read_number(reader, 2);
    unsigned ordinal = (unsigned)read_number(reader, 2);
    unsigned primitive = (unsigned)read_number(reader, 2);
    unsigned sizes[4];

    say(reader, "    method ");
    say_flags(reader, flags, false);
    say_text(reader, name);
    say(reader, " ");
    say_text(reader, signature);
    if (ordinal != MODULE_NO_ORDINAL)
        say(reader, " [%u]", ordinal);
    if ((flags & METHOD_PRIMITIVE) != 0)
        say(reader, " primitive %u", primitive);
    for (unsigned i = 0; i < 4; i++)
        sizes[i] = (unsigned)read_number(reader, 2);
    say(reader, " locals w%u r%u stack w%u r%u\n", sizes[0], sizes[1], sizes[2], sizes[3]);
    say_code(reader);
}

static void
say_class(struct reader *reader)
{
    unsigned name = (unsigned)read_number(reader, 2);
    unsigned super = (unsigned)read_number(reader, 2);
    unsigned flags = (unsigned)read_number(reader, 2);
    unsigned count = (unsigned)read_number(reader, 2);

    say(reader, "  class ");
    say_flags(reader, flags, true);
    say_entry(reader, name);
    if (super != 0) {
        say(reader, " extends ");
        say_entry(reader, super);
    }
    for (unsigned i = 0; i < count && !reader->broken; i++) {
        say(reader, i == 0 ? " implements " : ", ");
        say_entry(reader, (unsigned)read_number(reader, 2));
    }
    say(reader, "\n");
    count = (unsigned)read_number(reader, 2);
    for (unsigned i = 0; i < count && !reader->broken; i++) {
        unsigned field = (unsigned)read_number(reader, 2);
        unsigned type = (unsigned)read_number(reader, 2);

        say(reader, "    field ");
        say_flags(reader, (unsigned)read_number(reader, 2), false);
        say_text(reader, field);
        say(reader, " ");
        say_text(reader, type);
        say(reader, "\n");
    }
    count = (unsigned)read_number(reader, 2);
    for (unsigned i = 0; i < count && !reader->broken; i++)
        say_method(reader);
}

static void
say_module(struct reader *reader)
{
    unsigned source;
    unsigned entry;
    unsigned count;
    uint32_t magic = (uint32_t)read_number(reader, 4);
    uint32_t version = (uint32_t)read_number(reader, 4);
    uint32_t bytes = (uint32_t)read_number(reader, 4);
    uint32_t crc = (uint32_t)read_number(reader, 4);

    if (reader->broken || magic != MODULE_MAGIC || version != MODULE_VERSION ||
        bytes != reader->count ||
        crc != crc32c(reader->bytes + MODULE_HEADER_BYTES, reader->count - MODULE_HEADER_BYTES)) {
        say(reader, "no module: magic, version, length or checksum is wrong\n");
        reader->broken = true;
        return;
    }
    source = (unsigned)read_number(reader, 2);
    entry = (unsigned)read_number(reader, 2);
    read_pool(reader);
    if (reader->broken)
        return;
    say(reader, "module ");
    say_text(reader, source);
    if (entry != 0) {
        say(reader, " entry ");
        say_entry(reader, entry);
    }
    say(reader, "\n");
    count = (unsigned)read_number(reader, 2);
    for (unsigned i = 0; i < count && !reader->broken; i++)
        say_class(reader);
    if (reader->at != reader->count)
        reader->broken = true;
}

err_t
lang_disassemble(const uint8_t *module, size_t byte_count, struct buffer *text)
{
    size_t table_bytes = POOL_ENTRIES_MAX * (sizeof(uint32_t) + 1);
    struct reader reader = { .bytes = module, .count = byte_count, .text = text };
    err_t err = ERR_NOMEM;

    reader.offsets = plat_alloc(table_bytes);
    if (reader.offsets == NULL)
        goto out;
    reader.tags = (uint8_t *)(reader.offsets + POOL_ENTRIES_MAX);
    say_module(&reader);
    if (reader.broken)
        say(&reader, "the module makes no sense at byte %u\n", (unsigned)reader.at);
    err = reader.no_memory ? ERR_NOMEM : reader.broken ? ERR_CORRUPT : OK;
out:
    plat_free(reader.offsets, table_bytes);
    return err;
}
