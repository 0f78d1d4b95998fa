/*
 * fit.c - which parameters a word fits, and how well: untyped calls choose by that.
 *
 * The costs are those by which the compiler chooses (lang/check_call.c), so that a call means the
 * same method whether the types of its arguments are known or not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/worker_priv.h"

#define FIT_TRUTH   3  /* an int, where a condition is wanted */
#define FIT_CUT     4  /* an int that a narrower type holds, too */
#define FIT_WIDER   10 /* an object of a class below, and null */
#define FIT_ANY     12 /* an object, where anything is taken */
#define FIT_BOX     30 /* a number, where its class is taken or one above */
#define FIT_BOX_ANY 40

/* As what a number, character or Boolean is passed: a type character; 0 for other objects. */
static char
type_of_word(word_t word)
{
    switch (word_tag(word)) {
    case TAG_INT:
        return 'i';
    case TAG_LONG:
        return 'l';
    case TAG_FLOAT:
        return 'f';
    case TAG_DOUBLE:
        return 'd';
    case TAG_CHAR:
        return 'c';
    case TAG_CODE_POINT:
        return 'p';
    case TAG_BOOLEAN:
        return 'z';
    case TAG_REF:
        break;
    }
    if (!word_is_ref(word))
        return 0;
    switch (header_class_number(obj_header(word))) {
    case CLASS_LONG:
        return 'l';
    case CLASS_DOUBLE:
        return 'd';
    default:
        return 0;
    }
}

/* How wide a raw type is; a code point is as wide as a character. */
static int
width(char type)
{
    switch (type) {
    case 'z':
        return 0;
    case 'c':
    case 'p':
        return 1;
    case 'i':
        return 2;
    case 'l':
        return 3;
    case 'f':
        return 4;
    default:
        return 5;
    }
}

/* Widening of raw types: how far, or -1. */
static int
widening(char from, char to)
{
    if (from == to)
        return 0;
    if (to == 'z')
        return from == 'i' ? FIT_TRUTH : -1;
    return width(to) >= width('i') && width(from) < width(to) ? width(to) - width(from) : -1;
}

/* A word in a parameter that is one. */
static int
fit_word(word_t word, const struct parameter *parameter)
{
    bool raw = word != WORD_NULL && type_of_word(word) != 0;
    struct class_mirror *class;

    if (parameter->type == 'w')
        return raw ? FIT_BOX_ANY : FIT_ANY;
    if (word == WORD_NULL)
        return FIT_WIDER;
    class = mirror_of_class(word_class_number(word));
    if (class == NULL || !mirror_is_subclass(class, parameter->class))
        return -1;
    return raw ? FIT_BOX : class == parameter->class ? 0 : FIT_WIDER;
}

bool
fit_is_narrower(const struct parameter *parameter, const struct parameter *other)
{
    if (other->type == 'w')
        return true;
    if (parameter->class != NULL && other->class != NULL)
        return mirror_is_subclass(parameter->class, other->class);
    return parameter->class == NULL && other->class == NULL && parameter->type != 'w' &&
           widening(parameter->type, other->type) >= 0;
}

int
fit_of_word(word_t word, const struct parameter *parameter)
{
    char type = parameter->type, from;

    if (type == 'w' || type == 'L' || type == '[')
        return fit_word(word, parameter);
    from = type_of_word(word);
    if (from == 0)
        return -1;
    if (type == 'b' || type == 's' || (type == 'c' && from == 'i')) {
        uint32_t whole = (uint32_t)word_to_int(word);

        if (from != 'i')
            return -1;
        return frame_cut(whole, type) == whole ? FIT_CUT : -1;
    }
    return widening(from, type);
}
