/*
 * assemble.c - modules for tests, written as text.
 *
 * Two passes over the lines: the first finds where labels stand, the second
 * writes. The pool grows as things are named; every entry is shared.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/assemble.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "format/bytecode.h"
#include "format/module.h"
#include "vm/signature.h"

#define TOKENS_MAX 64
#define LABELS_MAX 256

struct bytes {
    uint8_t *at;
    size_t count, room;
};

struct label {
    char name[64];
    uint32_t pc;
};

struct assembler {
    const char *next; /* of the text */
    unsigned line;
    char *tokens[TOKENS_MAX];
    unsigned token_count;
    char *copy; /* of the line, that tokens point into */
    bool measuring;
    struct bytes pool; /* entries 1, 2, ... */
    size_t starts[65536];
    unsigned pool_count;
    struct bytes classes;
    unsigned class_count;
    char source[128];
    unsigned entry;
    struct label labels[LABELS_MAX];
    unsigned label_count;
};

static const struct {
    const char *name;
    uint8_t number, operands;
} instructions[] = {
#define OP(number, name, operands, effect) { #name, number, OPERANDS_##operands },
#include "format/bytecode.def"
#undef OP
};

static _Noreturn __attribute__((format(printf, 2, 3))) void
fail(const struct assembler *a, const char *text, ...)
{
    va_list values;

    fprintf(stderr, "assemble: line %u: ", a->line);
    va_start(values, text);
    vfprintf(stderr, text, values);
    va_end(values);
    fputc('\n', stderr);
    abort();
}

/* ---- bytes ---- */

static void
put(struct bytes *bytes, const void *from, size_t count)
{
    if (bytes->count + count > bytes->room) {
        bytes->room = 2 * (bytes->count + count) + 64;
        bytes->at = realloc(bytes->at, bytes->room);
        if (bytes->at == NULL)
            abort();
    }
    if (count > 0)
        memcpy(bytes->at + bytes->count, from, count);
    bytes->count += count;
}

static void
put_number(struct bytes *bytes, uint64_t value, unsigned count)
{
    put(bytes, &value, count); /* tests run on little-endian machines */
}

/* ---- the pool ---- */

/* The entry with these bytes, new or not. */
static unsigned
enter(struct assembler *a, const struct bytes *entry)
{
    for (unsigned i = 1; i < a->pool_count; i++) {
        size_t end = i + 1 < a->pool_count ? a->starts[i + 1] : a->pool.count;

        if (end - a->starts[i] == entry->count &&
            memcmp(a->pool.at + a->starts[i], entry->at, entry->count) == 0)
            return i;
    }
    if (a->pool_count == 65535)
        fail(a, "the pool is full");
    a->starts[a->pool_count] = a->pool.count;
    put(&a->pool, entry->at, entry->count);
    return a->pool_count++;
}

static unsigned
enter_number(struct assembler *a, enum module_pool_tag tag, uint64_t value, unsigned count)
{
    struct bytes entry = { 0 };
    unsigned index;

    put_number(&entry, tag, 1);
    put_number(&entry, value, count);
    index = enter(a, &entry);
    free(entry.at);
    return index;
}

static unsigned
enter_text(struct assembler *a, const char *text)
{
    struct bytes entry = { 0 };
    unsigned index;

    put_number(&entry, POOL_UTF8, 1);
    put_number(&entry, strlen(text), 4);
    put(&entry, text, strlen(text));
    index = enter(a, &entry);
    free(entry.at);
    return index;
}

static unsigned
enter_named(struct assembler *a, enum module_pool_tag tag, const char *text)
{
    return enter_number(a, tag, enter_text(a, text), 2);
}

static unsigned
enter_member(struct assembler *a, enum module_pool_tag tag, char **tokens)
{
    uint64_t class = enter_named(a, POOL_CLASS, tokens[0]);
    uint64_t name = enter_text(a, tokens[1]), type = enter_text(a, tokens[2]);

    return enter_number(a, tag, class | name << 16 | type << 32, 6);
}

/* ---- lines ---- */

static const char *
copy_string(struct assembler *a, char **to, const char *at)
{
    *(*to)++ = '"';
    for (at++; *at != '"'; at++) {
        if (*at == 0 || *at == '\n')
            fail(a, "a text has no end");
        if (at[0] == '\\' && at[1] == 'n') {
            *(*to)++ = '\n';
            at++;
        } else {
            *(*to)++ = *at;
        }
    }
    return at + 1;
}

/* Cut the next line into tokens; false at the end. A text keeps its first quote. */
static bool
read_line(struct assembler *a)
{
    const char *at = a->next;
    char *to;

    if (*at == 0)
        return false;
    a->copy = realloc(a->copy, 2 * strcspn(at, "\n") + 2);
    to = a->copy;
    a->token_count = 0;
    a->line++;
    while (*at != 0 && *at != '\n') {
        if (*at == ' ' || *at == '\t') {
            at++;
            continue;
        }
        if (at[0] == '#' && (at[1] < '0' || at[1] > '9')) {
            at += strcspn(at, "\n");
            break;
        }
        if (a->token_count == TOKENS_MAX)
            fail(a, "the line has too many words");
        a->tokens[a->token_count++] = to;
        if (*at == '"')
            at = copy_string(a, &to, at);
        else
            while (*at != 0 && *at != ' ' && *at != '\t' && *at != '\n')
                *to++ = *at++;
        *to++ = 0;
    }
    a->next = *at == '\n' ? at + 1 : at;
    return true;
}

static int64_t
number_of(const struct assembler *a, const char *token)
{
    char *end;
    int64_t value = (int64_t)strtoull(token, &end, 0);

    if (token[0] == '-')
        value = strtoll(token, &end, 0);
    if (end == token || *end != 0)
        fail(a, "%s is no number", token);
    return value;
}

static void
want(const struct assembler *a, unsigned count)
{
    if (a->token_count < count)
        fail(a, "%s wants %u operands", a->tokens[0], count - 1);
}

/* ---- instructions ---- */

static uint32_t
label_of(const struct assembler *a, const char *name)
{
    for (unsigned i = 0; i < a->label_count; i++) {
        if (strcmp(a->labels[i].name, name) == 0)
            return a->labels[i].pc;
    }
    if (!a->measuring)
        fail(a, "no label %s", name);
    return 0;
}

static unsigned
constant_of(struct assembler *a)
{
    const char *kind = a->tokens[1];
    float single;
    double number;
    uint64_t bits = 0;

    if (kind[0] == '"')
        return enter_named(a, POOL_STRING, kind + 1);
    want(a, 3);
    if (strcmp(kind, "class") == 0)
        return enter_named(a, POOL_CLASS, a->tokens[2]);
    if (strcmp(kind, "float") == 0) {
        single = strtof(a->tokens[2], NULL);
        memcpy(&bits, &single, sizeof single);
        return enter_number(a, POOL_FLOAT, bits, 4);
    }
    if (strcmp(kind, "double") == 0) {
        number = strtod(a->tokens[2], NULL);
        memcpy(&bits, &number, sizeof number);
        return enter_number(a, POOL_DOUBLE, bits, 8);
    }
    bits = (uint64_t)number_of(a, a->tokens[2]);
    if (strcmp(kind, "int") == 0)
        return enter_number(a, POOL_INT, bits, 4);
    if (strcmp(kind, "long") == 0)
        return enter_number(a, POOL_LONG, bits, 8);
    if (strcmp(kind, "bool") == 0)
        return enter_number(a, POOL_BOOLEAN, bits, 1);
    if (strcmp(kind, "char") == 0)
        return enter_number(a, POOL_CHAR, bits, 2);
    if (strcmp(kind, "point") == 0)
        return enter_number(a, POOL_CODE_POINT, bits, 4);
    fail(a, "%s is no kind of constant", kind);
}

/* The pool entry that the operands name; `used` tokens of them. */
static unsigned
pool_of(struct assembler *a, unsigned op, unsigned *used)
{
    *used = 1;
    want(a, 2);
    if (a->tokens[1][0] == '#')
        return (unsigned)number_of(a, a->tokens[1] + 1);
    switch (op) {
    case BC_WCONST:
        return constant_of(a);
    case BC_GETFIELD:
    case BC_PUTFIELD:
    case BC_GETSTATIC:
    case BC_PUTSTATIC:
        want(a, 4);
        *used = 3;
        return enter_member(a, POOL_FIELD, a->tokens + 1);
    case BC_INVOKEVIRTUAL:
    case BC_INVOKESPECIAL:
    case BC_INVOKESTATIC:
    case BC_INVOKEINTERFACE:
        want(a, 4);
        *used = 3;
        return enter_member(a, POOL_METHOD, a->tokens + 1);
    case BC_INVOKENAME:
        return enter_named(a, POOL_NAME, a->tokens[1]);
    case BC_INVOKENUMBER:
        return enter_number(a, POOL_INT, (uint64_t)number_of(a, a->tokens[1]), 4);
    default:
        return enter_named(a, POOL_CLASS, a->tokens[1]);
    }
}

static uint64_t
bits_of(const struct assembler *a, unsigned op, const char *token)
{
    uint64_t bits = 0;

    if (op == BC_FCONST) {
        float value = strtof(token, NULL);

        memcpy(&bits, &value, sizeof value);
    } else if (op == BC_DCONST) {
        double value = strtod(token, NULL);

        memcpy(&bits, &value, sizeof value);
    } else {
        bits = (uint64_t)number_of(a, token);
    }
    return bits;
}

static void
put_switch(struct assembler *a, struct bytes *code, unsigned op, uint32_t pc)
{
    bool is_table = op == BC_TABLESWITCH;
    unsigned first = is_table ? 3 : 2;
    unsigned count = (a->token_count - first) / (is_table ? 1 : 2);

    want(a, first);
    put_number(code, label_of(a, a->tokens[1]) - pc, 4);
    if (is_table)
        put_number(code, (uint64_t)number_of(a, a->tokens[2]), 4);
    put_number(code, count, 4);
    for (unsigned i = 0; i < count; i++) {
        unsigned at = first + (is_table ? i : 2 * i);

        if (!is_table)
            put_number(code, (uint64_t)number_of(a, a->tokens[at++]), 4);
        put_number(code, label_of(a, a->tokens[at]) - pc, 4);
    }
}

static void
put_operands(struct assembler *a, struct bytes *code, unsigned op, unsigned operands)
{
    uint32_t pc = (uint32_t)code->count - 1;
    unsigned used;

    if (operands != OPERANDS_NONE)
        want(a, 2);
    switch (operands) {
    case OPERANDS_NONE:
        break;
    case OPERANDS_I8:
    case OPERANDS_U8:
        put_number(code, (uint64_t)number_of(a, a->tokens[1]), 1);
        break;
    case OPERANDS_I32:
        put_number(code, bits_of(a, op, a->tokens[1]), 4);
        break;
    case OPERANDS_I64:
        put_number(code, bits_of(a, op, a->tokens[1]), 8);
        break;
    case OPERANDS_LOCAL_I16:
        want(a, 3);
        put_number(code, (uint64_t)number_of(a, a->tokens[1]), 2);
        put_number(code, (uint64_t)number_of(a, a->tokens[2]), 2);
        break;
    case OPERANDS_LOCAL:
        put_number(code, (uint64_t)number_of(a, a->tokens[1]), 2);
        break;
    case OPERANDS_POOL:
    case OPERANDS_POOL_U8:
        put_number(code, pool_of(a, op, &used), 2);
        if (operands == OPERANDS_POOL_U8) {
            want(a, used + 2);
            put_number(code, (uint64_t)number_of(a, a->tokens[used + 1]), 1);
        }
        break;
    case OPERANDS_BRANCH:
        put_number(code, label_of(a, a->tokens[1]) - pc, 4);
        break;
    default:
        put_switch(a, code, op, pc);
        break;
    }
}

static void
put_instruction(struct assembler *a, struct bytes *code)
{
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
        if (strcmp(instructions[i].name, a->tokens[0]) != 0)
            continue;
        put_number(code, instructions[i].number, 1);
        put_operands(a, code, instructions[i].number, instructions[i].operands);
        return;
    }
    fail(a, "%s is no instruction", a->tokens[0]);
}

/* ---- methods ---- */

struct body {
    struct bytes code, handlers, lines;
    unsigned handler_count, line_count;
};

static void
put_handler(struct assembler *a, struct body *body)
{
    want(a, 4);
    for (unsigned i = 1; i <= 3; i++)
        put_number(&body->handlers, label_of(a, a->tokens[i]), 4);
    put_number(&body->handlers, a->token_count > 4 ? enter_named(a, POOL_CLASS, a->tokens[4]) : 0,
               2);
    body->handler_count++;
}

static void
put_body_line(struct assembler *a, struct body *body)
{
    char *first = a->tokens[0];
    size_t length = strlen(first);

    if (strcmp(first, ".line") == 0) {
        want(a, 2);
        put_number(&body->lines, body->code.count, 4);
        put_number(&body->lines, (uint64_t)number_of(a, a->tokens[1]), 4);
        body->line_count++;
    } else if (strcmp(first, ".catch") == 0) {
        put_handler(a, body);
    } else if (strcmp(first, ".byte") == 0) {
        for (unsigned i = 1; i < a->token_count; i++)
            put_number(&body->code, (uint64_t)number_of(a, a->tokens[i]), 1);
    } else if (first[length - 1] == ':') {
        if (a->measuring) {
            struct label *label = &a->labels[a->label_count++];

            if (a->label_count == LABELS_MAX || length >= sizeof label->name)
                fail(a, "too many labels, or too long a label");
            memcpy(label->name, first, length - 1);
            label->name[length - 1] = 0;
            label->pc = (uint32_t)body->code.count;
        }
    } else {
        put_instruction(a, &body->code);
    }
}

static void
read_body(struct assembler *a, struct body *body)
{
    *body = (struct body){ 0 };
    for (;;) {
        if (!read_line(a))
            fail(a, "a method has no end");
        if (a->token_count == 0)
            continue;
        if (strcmp(a->tokens[0], "end") == 0)
            return;
        put_body_line(a, body);
    }
}

static void
body_free(struct body *body)
{
    free(body->code.at);
    free(body->handlers.at);
    free(body->lines.at);
}

static unsigned
flag_of(const char *token)
{
    static const struct {
        const char *name;
        unsigned flag;
    } flags[] = {
        { "public", MEMBER_PUBLIC },     { "private", MEMBER_PRIVATE },
        { "static", MEMBER_STATIC },     { "final", MEMBER_FINAL },
        { "abstract", METHOD_ABSTRACT }, { "synchronized", METHOD_SYNCHRONIZED },
    };

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(flags[i].name, token) == 0)
            return flags[i].flag;
    }
    return 0;
}

struct method {
    unsigned name, signature, flags, ordinal, primitive;
    unsigned numbers[4]; /* word and raw locals, word and raw stack */
};

static void
read_method_head(struct assembler *a, struct method *method)
{
    *method = (struct method){ .ordinal = MODULE_NO_ORDINAL, .numbers = { 8, 8, 8, 8 } };
    want(a, 3);
    method->name = enter_text(a, a->tokens[1]);
    method->signature = enter_text(a, a->tokens[2]);
    for (unsigned i = 3; i < a->token_count; i++) {
        const char *token = a->tokens[i];
        unsigned flag = flag_of(token);

        method->flags |= flag;
        if (flag != 0)
            continue;
        if (i + 1 >= a->token_count)
            fail(a, "%s: what is that?", token);
        if (strcmp(token, "ordinal") == 0) {
            method->ordinal = (unsigned)number_of(a, a->tokens[++i]);
        } else if (strcmp(token, "primitive") == 0) {
            method->primitive = (unsigned)number_of(a, a->tokens[++i]);
            method->flags |= METHOD_PRIMITIVE;
        } else if (strcmp(token, "locals") == 0 || strcmp(token, "stack") == 0) {
            unsigned *numbers = method->numbers + (token[0] == 's' ? 2 : 0);

            want(a, i + 3);
            numbers[0] = (unsigned)number_of(a, a->tokens[++i]);
            numbers[1] = (unsigned)number_of(a, a->tokens[++i]);
        } else {
            fail(a, "%s: what is that?", token);
        }
    }
}

static void
read_method(struct assembler *a, struct bytes *out)
{
    struct method method;
    struct body body = { 0 };

    read_method_head(a, &method);
    if ((method.flags & (METHOD_ABSTRACT | METHOD_PRIMITIVE)) == 0) {
        const char *begin = a->next;
        unsigned line = a->line;

        a->label_count = 0;
        a->measuring = true;
        read_body(a, &body);
        body_free(&body);
        a->next = begin;
        a->line = line;
        a->measuring = false;
        read_body(a, &body);
    }
    put_number(out, method.name, 2);
    put_number(out, method.signature, 2);
    put_number(out, method.flags, 2);
    put_number(out, method.ordinal, 2);
    put_number(out, method.primitive, 2);
    for (unsigned i = 0; i < 4; i++)
        put_number(out, method.numbers[i], 2);
    put_number(out, body.code.count, 4);
    put(out, body.code.at, body.code.count);
    put_number(out, body.handler_count, 2);
    put(out, body.handlers.at, body.handlers.count);
    put_number(out, body.line_count, 4);
    put(out, body.lines.at, body.lines.count);
    body_free(&body);
}

/* ---- classes ---- */

static void
read_class_head(struct assembler *a, struct bytes *out)
{
    unsigned name, super = 0, flags = 0, count = 0;
    struct bytes interfaces = { 0 };
    bool listing = false;

    want(a, 2);
    name = enter_named(a, POOL_CLASS, a->tokens[1]);
    for (unsigned i = 2; i < a->token_count; i++) {
        const char *token = a->tokens[i];

        if (strcmp(token, "implements") == 0) {
            listing = true;
        } else if (listing) {
            put_number(&interfaces, enter_named(a, POOL_CLASS, token), 2);
            count++;
        } else if (strcmp(token, "extends") == 0) {
            want(a, i + 2);
            super = enter_named(a, POOL_CLASS, a->tokens[++i]);
        } else if (strcmp(token, "public") == 0) {
            flags |= CLASS_PUBLIC;
        } else if (strcmp(token, "interface") == 0) {
            flags |= CLASS_INTERFACE;
        } else if (strcmp(token, "abstract") == 0) {
            flags |= CLASS_ABSTRACT;
        } else if (strcmp(token, "final") == 0) {
            flags |= CLASS_FINAL;
        } else {
            fail(a, "%s: what is that?", token);
        }
    }
    put_number(out, name, 2);
    put_number(out, super, 2);
    put_number(out, flags, 2);
    put_number(out, count, 2);
    put(out, interfaces.at, interfaces.count);
    free(interfaces.at);
}

struct members {
    struct bytes fields, methods;
    unsigned field_count, method_count;
};

static void
end_class(struct assembler *a, struct members *members)
{
    if (a->class_count > 0) {
        put_number(&a->classes, members->field_count, 2);
        put(&a->classes, members->fields.at, members->fields.count);
        put_number(&a->classes, members->method_count, 2);
        put(&a->classes, members->methods.at, members->methods.count);
    }
    free(members->fields.at);
    free(members->methods.at);
    *members = (struct members){ 0 };
}

static void
read_field(struct assembler *a, struct members *members)
{
    unsigned flags = 0;

    want(a, 3);
    for (unsigned i = 3; i < a->token_count; i++)
        flags |= flag_of(a->tokens[i]);
    put_number(&members->fields, enter_text(a, a->tokens[1]), 2);
    put_number(&members->fields, enter_text(a, a->tokens[2]), 2);
    put_number(&members->fields, flags, 2);
    members->field_count++;
}

static void
read_classes(struct assembler *a)
{
    struct members members = { 0 };

    while (read_line(a)) {
        const char *first = a->token_count > 0 ? a->tokens[0] : "";

        if (first[0] == 0)
            continue;
        if (strcmp(first, "source") == 0) {
            want(a, 2);
            snprintf(a->source, sizeof a->source, "%s", a->tokens[1]);
        } else if (strcmp(first, "entry") == 0) {
            want(a, 2);
            a->entry = enter_named(a, POOL_CLASS, a->tokens[1]);
        } else if (strcmp(first, "class") == 0) {
            end_class(a, &members);
            read_class_head(a, &a->classes);
            a->class_count++;
        } else if (strcmp(first, "field") == 0) {
            read_field(a, &members);
        } else if (strcmp(first, "method") == 0) {
            read_method(a, &members.methods);
            members.method_count++;
        } else {
            fail(a, "%s: what is that?", first);
        }
    }
    end_class(a, &members);
}

struct assembled
assemble(const char *text)
{
    struct assembler *a = calloc(1, sizeof *a);
    struct bytes out = { 0 };
    struct assembled module;
    unsigned source;

    if (a == NULL)
        abort();
    a->next = text;
    a->pool_count = 1;
    snprintf(a->source, sizeof a->source, "test.ph");
    read_classes(a);
    source = enter_text(a, a->source);
    put_number(&out, MODULE_MAGIC, 4);
    put_number(&out, MODULE_VERSION, 4);
    put_number(&out, 0, 8); /* length and checksum: see assemble_seal */
    put_number(&out, source, 2);
    put_number(&out, a->entry, 2);
    put_number(&out, a->pool_count, 2);
    put(&out, a->pool.at, a->pool.count);
    put_number(&out, a->class_count, 2);
    put(&out, a->classes.at, a->classes.count);
    free(a->pool.at);
    free(a->classes.at);
    free(a->copy);
    free(a);
    module = (struct assembled){ out.at, out.count };
    assemble_seal(&module);
    return module;
}

void
assemble_seal(struct assembled *module)
{
    uint32_t count = (uint32_t)module->count, crc;

    if (module->count < MODULE_HEADER_BYTES)
        return;
    crc = crc32c(module->bytes + MODULE_HEADER_BYTES, module->count - MODULE_HEADER_BYTES);
    memcpy(module->bytes + 8, &count, 4);
    memcpy(module->bytes + 12, &crc, 4);
}

void
assemble_free(struct assembled *module)
{
    free(module->bytes);
    *module = (struct assembled){ 0 };
}

#define MACHINES(name) "class .internal." name " extends .internal.object public final\n"
#define ERROR(name)                                                                                \
    "class .internal.error." name " extends .internal.error public\n"                              \
    "method <new> ()v public locals 1 0 stack 1 0\n"                                               \
    "  WLOAD 0\n"                                                                                  \
    "  INVOKESPECIAL .internal.error <new> ()v\n"                                                  \
    "  RETURN\n"                                                                                   \
    "end\n"

const char assemble_library[] =
    "source library.ph\n"
    "class .internal.object public\n"
    "method <new> ()v public locals 1 0 stack 0 0\n"
    "  RETURN\n"
    "end\n"
    "method toString ()L.internal.string; public locals 1 0 stack 1 0\n"
    "  WCONST \"object\"\n"
    "  WRETURN\n"
    "end\n"
    "method equals (w)z public locals 2 0 stack 2 1\n"
    "  WLOAD 0\n"
    "  WLOAD 1\n"
    "  IF_SAME same\n"
    "  ICONST8 0\n"
    "  RRETURN\n"
    "same:\n"
    "  ICONST8 1\n"
    "  RRETURN\n"
    "end\n" MACHINES("class") MACHINES("field") MACHINES("method") MACHINES("string")
        MACHINES("int") MACHINES("long") MACHINES("float") MACHINES("double") MACHINES("char")
            MACHINES("code_point") MACHINES("boolean") MACHINES("stack") MACHINES("thread")
                MACHINES("application") MACHINES("channel")
                    MACHINES("monitor") "class .internal.error extends .internal.object public\n"
                                        "field message L.internal.string; public\n"
                                        "method <new> ()v public locals 1 0 stack 1 0\n"
                                        "  WLOAD 0\n"
                                        "  INVOKESPECIAL .internal.object <new> ()v\n"
                                        "  RETURN\n"
                                        "end\n" ERROR("null") ERROR("bounds") ERROR("cast")
                                            ERROR("arithmetic") ERROR("argument") ERROR("state")
                                                ERROR("no_method") ERROR("access")
                                                    ERROR("stack_overflow") ERROR("memory")
                                                        ERROR("space") ERROR("damage")
                                                            ERROR("static");
