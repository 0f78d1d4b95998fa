/*
 * shape.c - methods of a known shape: what they do is known, and done at once when they are called.
 *
 * A shape is the method's instructions, one by one. So nothing is taken for granted of a class
 * or of its name: the library of an older volume, whose methods differ, is interpreted as any
 * other code, and a program may have methods of these shapes, too.
 *
 * Keeps true: where a shape's way does not do (the index is not there, the array is full, a key
 * must be asked), nothing has changed, and the method is entered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/array.h"
#include "vm/equal_priv.h"
#include "vm/worker_priv.h"

/* What the operand of an instruction has to be. */
enum operand {
    NOTHING, /* there is none, or it does not matter */
    IS,      /* this number */
    LOCAL,   /* the raw local of that number */
    FIELD,   /* the same as everywhere in the shape under this number, and not volatile */
    TO,      /* a branch to the part with this index */
};

struct part {
    uint16_t op;
    uint16_t cells; /* that it takes */
    int16_t operand;
    int16_t number;
};

#define WORD(i)                                                                                    \
    {                                                                                              \
        OP_WLOAD, 3, IS, i                                                                         \
    }
#define RAW(i)                                                                                     \
    {                                                                                              \
        OP_RLOAD, 3, LOCAL, i                                                                      \
    }
#define STORE_RAW(i)                                                                               \
    {                                                                                              \
        OP_RSTORE, 3, LOCAL, i                                                                     \
    }
#define NUMBER(i)                                                                                  \
    {                                                                                              \
        OP_RCONST_1, 2, IS, i                                                                      \
    }
#define FIELD_W(i)                                                                                 \
    {                                                                                              \
        OP_GET_W, 3, FIELD, i                                                                      \
    }
#define FIELD_I(i)                                                                                 \
    {                                                                                              \
        OP_GET_I, 3, FIELD, i                                                                      \
    }
#define PUT_FIELD_I(i)                                                                             \
    {                                                                                              \
        OP_PUT_I, 3, FIELD, i                                                                      \
    }
#define BRANCH(op, i)                                                                              \
    {                                                                                              \
        OP_##op, 5, TO, i                                                                          \
    }
#define PLAIN(op)                                                                                  \
    {                                                                                              \
        OP_##op, 1, NOTHING, 0                                                                     \
    }
#define CALL_SPECIAL                                                                               \
    {                                                                                              \
        OP_INVOKESPECIAL, 3, NOTHING, 0                                                            \
    }

enum {
    ITEMS,
    COUNT,
};

/* if (index < 0 || index >= this.count) this.refuse(index); */
#define INDEX_IS_THERE                                                                             \
    RAW(0), BRANCH(IFLT, 6), RAW(0), WORD(0), FIELD_I(COUNT), BRANCH(IF_ICMPLT, 9), WORD(0),       \
        RAW(0), CALL_SPECIAL

/* return this.items[index]; */
static const struct part array_get[] = {
    INDEX_IS_THERE, WORD(0), FIELD_W(ITEMS), RAW(0), PLAIN(WALOAD), PLAIN(WRETURN),
};

/* this.items[index] = value; */
static const struct part array_set[] = {
    INDEX_IS_THERE, WORD(0), FIELD_W(ITEMS), RAW(0), WORD(1), PLAIN(WASTORE), PLAIN(RETURN),
};

/* if (this.count == this.items.size()) this.reserve(1); */
#define THERE_IS_ROOM                                                                              \
    WORD(0), FIELD_I(COUNT), WORD(0), FIELD_W(ITEMS), PLAIN(ARRAYLENGTH), BRANCH(IF_ICMPNE, 9),    \
        WORD(0), NUMBER(1), CALL_SPECIAL

/* this.items[this.count] = value; this.count++; */
static const struct part array_add[] = {
    THERE_IS_ROOM,      WORD(0),       FIELD_W(ITEMS), WORD(0),        FIELD_I(COUNT), WORD(1),
    PLAIN(WASTORE),     WORD(0),       WORD(0),        FIELD_I(COUNT), NUMBER(1),      PLAIN(IADD),
    PUT_FIELD_I(COUNT), PLAIN(RETURN),
};

enum {
    BUCKETS,
    LINKS,
    HASHES,
    KEYS,
};

/* int at = this.buckets[hash & (this.buckets.size() - 1)] - 1; */
#define FIRST_OF_BUCKET                                                                            \
    WORD(0), FIELD_W(BUCKETS), RAW(0), WORD(0), FIELD_W(BUCKETS), PLAIN(ARRAYLENGTH), NUMBER(1),   \
        PLAIN(ISUB), PLAIN(IAND), PLAIN(IALOAD), NUMBER(1), PLAIN(ISUB), STORE_RAW(1),             \
        BRANCH(GOTO, 36)

/* if (this.hashes[at] == hash && this.keys[at] == key) return at; */
#define FOUND_IT                                                                                   \
    WORD(0), FIELD_W(HASHES), RAW(1), PLAIN(IALOAD), RAW(0), BRANCH(IF_ICMPNE, 29), WORD(0),       \
        FIELD_W(KEYS), RAW(1), PLAIN(WALOAD), WORD(1), PLAIN(DYN_EQUALS), BRANCH(IFEQ, 29),        \
        RAW(1), PLAIN(RRETURN_I)

/* while (at >= 0) { ...; at = this.links[at] - 1; } return -1; */
static const struct part map_find[] = {
    FIRST_OF_BUCKET,    FOUND_IT,   WORD(0),          FIELD_W(LINKS), RAW(1),
    PLAIN(IALOAD),      NUMBER(1),  PLAIN(ISUB),      STORE_RAW(1),   RAW(1),
    BRANCH(IFGE_B, 14), NUMBER(-1), PLAIN(RRETURN_I),
};

#define PARTS_MAX  48
#define FIELDS_MAX 4

#define SHAPE(name, words, raws, entry)                                                            \
    {                                                                                              \
        name, sizeof name / sizeof name[0], words, raws, entry                                     \
    }

static const struct shape {
    const struct part *parts;
    uint16_t count;
    uint16_t word_args, raw_args;
    enum interp_op entry;
} shapes[] = {
    SHAPE(array_get, 1, 1, OP_ENTER_ARRAY_GET),
    SHAPE(array_set, 2, 1, OP_ENTER_ARRAY_SET),
    SHAPE(array_add, 2, 0, OP_ENTER_ARRAY_ADD),
    SHAPE(map_find, 2, 1, OP_ENTER_MAP_FIND),
};

struct match {
    const struct code *code;
    const uint64_t *cells;
    uint32_t starts[PARTS_MAX];
    uint64_t fields[FIELDS_MAX]; /* offset; 0: not seen yet */
};

static bool
operand_fits(struct match *match, const struct part *part, uint32_t at)
{
    uint64_t operand = part->operand == NOTHING ? 0 : match->cells[at + 1];

    switch ((enum operand)part->operand) {
    case NOTHING:
        return true;
    case IS:
        return (int32_t)operand == part->number;
    case LOCAL:
        return operand == 2u + match->code->raw_locals - (uint32_t)part->number;
    case FIELD:
        if (match->cells[at + 2] != 0 || operand > UINT16_MAX)
            return false;
        if (match->fields[part->number] == 0)
            match->fields[part->number] = operand;
        return match->fields[part->number] == operand;
    case TO:
        return at + operand == match->starts[part->number];
    }
    return false;
}

static bool
has_shape(struct match *match, const struct shape *shape, uint32_t cell_count)
{
    uint32_t at = 0;

    for (unsigned i = 0; i < shape->count; i++) {
        match->starts[i] = at;
        at += shape->parts[i].cells;
    }
    if (at != cell_count || match->code->word_args != shape->word_args ||
        match->code->raw_args != shape->raw_args || match->code->is_static)
        return false;
    for (unsigned i = 0; i < shape->count; i++) {
        const struct part *part = &shape->parts[i];

        if (match->cells[match->starts[i]] != part->op ||
            !operand_fits(match, part, match->starts[i]))
            return false;
    }
    return true;
}

bool
shape_entry(const struct code *code, const uint64_t *cells, uint32_t count,
            struct code_entry *entry)
{
    for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct match match = { .code = code, .cells = cells };

        if (!has_shape(&match, &shapes[i], count))
            continue;
        *entry = (struct code_entry){ shapes[i].entry, 0 };
        for (unsigned k = 0; k < FIELDS_MAX; k++)
            entry->quick |= match.fields[k] << (16 * k);
        return true;
    }
    return false;
}

/* ---- what a map's find does ---- */

/* Entries of a bucket that are looked at without a poll. */
#define LOOKED_AT_MAX 100

static bool
is_in(word_t array, int32_t index)
{
    return array != WORD_NULL && (uint32_t)index < array_length(array);
}

static int32_t
int_at(ref_t array, int32_t index)
{
    return (int32_t)pmem_load32(array_at(array, KIND_RAW32, (uint64_t)index));
}

int32_t
shape_map_find(ref_t map, word_t key, int32_t hash, uint64_t fields)
{
    word_t buckets = obj_load_word(map, fields & 0xffff);
    word_t links = obj_load_word(map, fields >> 16 & 0xffff);
    word_t hashes = obj_load_word(map, fields >> 32 & 0xffff);
    word_t keys = obj_load_word(map, fields >> 48);
    int32_t at;

    if (!is_in(buckets, 0))
        return SHAPE_FIND_SLOWLY;
    at = int_at(buckets, hash & (int32_t)(array_length(buckets) - 1)) - 1;
    for (unsigned i = 0; i < LOOKED_AT_MAX && at >= 0; i++) {
        if (!is_in(hashes, at) || !is_in(links, at) || !is_in(keys, at))
            return SHAPE_FIND_SLOWLY;
        if (int_at(hashes, at) == hash) {
            enum equal equal = equal_words(array_load_word(keys, (uint32_t)at), key);

            if (equal != EQUAL_NO)
                return equal == EQUAL_YES ? at : SHAPE_FIND_SLOWLY;
        }
        at = int_at(links, at) - 1;
    }
    return at < 0 ? -1 : SHAPE_FIND_SLOWLY;
}
