/*
 * fuse.c - faster forms of what was decoded: superinstructions for runs of
 * instructions, and calls that need no frame for methods that are shorter than one.
 *
 * Keeps true: only the first cell of a run changes, so a branch into its middle finds what it
 * did, and a pc stays the index of a byte of the bytecode.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/worker_priv.h"

#define NONE UINT16_MAX

enum {
#define PRIMITIVE(number, name, kind, signature) PRIM_##name = (number),
#include "format/primitives.def"
#undef PRIMITIVE
};

/* A build that counts what could be joined (interp_count.c) joins nothing. */
#if defined(INTERP_COUNTS) && INTERP_COUNTS == 1
#define COUNTS_PARTS true
#else
#define COUNTS_PARTS false
#endif

struct fusion {
    uint16_t op;
    uint16_t parts[FUSE_MAX]; /* ended by OP_NOP, where there are fewer */
};

static const struct fusion fusions[] = {
#define PARTS(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SUPER(name, parts, ...) { OP_##name, parts },
#include "vm/interp_super.def"
#undef SUPER
#undef PARTS
};

#define FUSION_COUNT (sizeof fusions / sizeof fusions[0])

static_assert(FUSION_COUNT < NONE, "they are numbered in 16 bits");

/* By the first part: the fusions that begin with it, linked. */
static uint16_t first_of[OP_COUNT], next_of[FUSION_COUNT];

static unsigned
part_count(const struct fusion *fusion)
{
    unsigned count = 0;

    while (count < FUSE_MAX && fusion->parts[count] != OP_NOP)
        count++;
    return count;
}

void
fuse_init(void)
{
    for (unsigned i = 0; i < OP_COUNT; i++)
        first_of[i] = NONE;
    if (COUNTS_PARTS)
        return;
    for (unsigned i = 0; i < FUSION_COUNT; i++) {
        uint16_t *link = &first_of[fusions[i].parts[0]];

        next_of[i] = *link;
        *link = (uint16_t)i;
    }
}

/* An access to a volatile field needs its fence, which no superinstruction has. */
static bool
is_volatile(const uint64_t *cells)
{
    return cells[0] >= OP_GET_W && cells[0] <= OP_PUT_Z && cells[2] != 0;
}

static bool
fits(const struct fusion *fusion, const uint64_t *cells, const uint32_t *starts, uint32_t count)
{
    unsigned parts = part_count(fusion);

    if (parts > count)
        return false;
    for (unsigned i = 0; i < parts; i++) {
        if (cells[starts[i]] != fusion->parts[i] || is_volatile(&cells[starts[i]]))
            return false;
    }
    return true;
}

/* From the end: what follows an instruction is known when it is chosen. */
void
fuse_all(const uint64_t *cells, struct fused *fused, const uint32_t *starts, uint32_t count)
{
    for (uint32_t at = count; at-- > 0;) {
        enum interp_op op = (enum interp_op)cells[starts[at]];

        fused[at] = (struct fused){ (uint16_t)op, 1 + (at + 1 < count ? fused[at + 1].steps : 0) };
        for (uint16_t i = first_of[op]; i != NONE; i = next_of[i]) {
            uint32_t behind = at + part_count(&fusions[i]);
            uint32_t steps = 1 + (behind < count ? fused[behind].steps : 0);

            if (steps < fused[at].steps && fits(&fusions[i], cells, starts + at, count - at))
                fused[at] = (struct fused){ fusions[i].op, steps };
        }
    }
}

/* ---- methods that are not entered ---- */

/* The cells of the instructions that these methods are made of. */
#define LOAD_CELLS   3
#define FIELD_CELLS  3
#define RETURN_CELLS 1

/* RLOAD's operand for raw argument 0 of a method without other raw locals. */
#define RAW_ARGUMENT_0 3

/* `this.field` is returned. */
static bool
is_getter(const struct code *code, const uint64_t *cells, uint32_t count, struct code_entry *entry)
{
    static const struct {
        uint16_t get, leave, entry;
    } kinds[] = {
        { OP_GET_W, OP_WRETURN, OP_ENTER_GET_W },   { OP_GET_L, OP_RRETURN, OP_ENTER_GET_L },
        { OP_GET_I, OP_RRETURN, OP_ENTER_GET_I },   { OP_GET_I, OP_RRETURN_I, OP_ENTER_GET_I },
        { OP_GET_Z, OP_RRETURN_Z, OP_ENTER_GET_Z },
    };
    const uint64_t *get = cells + LOAD_CELLS, *leave = get + FIELD_CELLS;

    if (count != LOAD_CELLS + FIELD_CELLS + RETURN_CELLS || code->word_args != 1 ||
        code->raw_args != 0 || cells[0] != OP_WLOAD || cells[1] != 0 || is_volatile(get))
        return false;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (get[0] != kinds[i].get || leave[0] != kinds[i].leave)
            continue;
        *entry = (struct code_entry){ (enum interp_op)kinds[i].entry, get[1] };
        return true;
    }
    return false;
}

/* The one argument goes to `this.field`. */
static bool
is_setter(const struct code *code, const uint64_t *cells, uint32_t count, struct code_entry *entry)
{
    static const struct {
        uint16_t load, put, entry;
    } kinds[] = {
        { OP_WLOAD, OP_PUT_W, OP_ENTER_PUT_W },
        { OP_RLOAD, OP_PUT_L, OP_ENTER_PUT_L },
        { OP_RLOAD, OP_PUT_I, OP_ENTER_PUT_I },
    };
    const uint64_t *load = cells + LOAD_CELLS, *put = load + LOAD_CELLS;
    bool takes_word = code->word_args == 2 && code->raw_args == 0;
    bool takes_raw = code->word_args == 1 && code->raw_args == 1 && code->raw_locals == 1;

    if (count < 2 * LOAD_CELLS + FIELD_CELLS + RETURN_CELLS || (!takes_word && !takes_raw) ||
        cells[0] != OP_WLOAD || cells[1] != 0 || is_volatile(put) ||
        put[FIELD_CELLS] != OP_RETURN || load[1] != (takes_word ? 1 : RAW_ARGUMENT_0))
        return false;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (load[0] != kinds[i].load || put[0] != kinds[i].put)
            continue;
        *entry = (struct code_entry){ (enum interp_op)kinds[i].entry, put[1] };
        return true;
    }
    return false;
}

/* Nothing is done, or a constant or the object itself is returned. */
static bool
is_constant(const struct code *code, const uint64_t *cells, uint32_t count,
            struct code_entry *entry)
{
    unsigned length = cells[0] == OP_RCONST_1 ? 2 : cells[0] == OP_RCONST_4 ? 5 : 9;
    bool is_raw = cells[0] == OP_RCONST_1 || cells[0] == OP_RCONST_4 || cells[0] == OP_RCONST_8;

    *entry = (struct code_entry){ OP_ENTER_EMPTY, 0 };
    if (cells[0] == OP_RETURN)
        return true;
    *entry = (struct code_entry){ OP_ENTER_THIS, 0 };
    if (cells[0] == OP_WLOAD && cells[1] == 0 && count > LOAD_CELLS &&
        cells[LOAD_CELLS] == OP_WRETURN)
        return code->word_args > 0;
    if (!is_raw || count <= length)
        return false;
    *entry = (struct code_entry){ OP_ENTER_RCONST, cells[1] };
    if (cells[length] == OP_RRETURN_Z)
        entry->quick &= 1;
    return cells[length] == OP_RRETURN || cells[length] == OP_RRETURN_I ||
           cells[length] == OP_RRETURN_Z;
}

struct code_entry
fuse_entry(const struct code *code, const uint64_t *cells, uint32_t count)
{
    struct code_entry entry;
    bool has_fields = !code->is_static && !class_is_machines(code->mirror->owner->number);

    if (is_constant(code, cells, count, &entry))
        return entry;
    if (has_fields &&
        (is_getter(code, cells, count, &entry) || is_setter(code, cells, count, &entry) ||
         shape_entry(code, cells, count, &entry)))
        return entry;
    return (struct code_entry){ OP_ENTER_PLAIN, 0 };
}

enum interp_op
fuse_primitive_entry(uint32_t primitive)
{
    switch (primitive) {
    case PRIM_string_length:
        return OP_ENTER_STRING_LENGTH;
    case PRIM_string_char_at:
        return OP_ENTER_STRING_CHAR_AT;
    case PRIM_string_equals:
        return OP_ENTER_STRING_EQUALS;
    case PRIM_string_hash:
        return OP_ENTER_STRING_HASH;
    case PRIM_object_hash:
        return OP_ENTER_OBJECT_HASH;
    case PRIM_math_sqrt:
        return OP_ENTER_SQRT;
    default:
        return OP_ENTER_PRIMITIVE;
    }
}
