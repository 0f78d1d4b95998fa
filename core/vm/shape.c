/*
 * shape.c - methods of a known shape: what they do is known, and done at once when they are called.
 *
 * A shape is the method's instructions, one by one. So nothing is taken for granted of a class
 * or of its name: the library of an older volume, whose methods differ, is interpreted as any
 * other code, and a program may have methods of these shapes, too.
 *
 * Keeps true: where a shape's way does not do (the index is not there, the array is full),
 * nothing has changed, and the method is entered.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
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

#define PARTS_MAX  32
#define FIELDS_MAX 2

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
