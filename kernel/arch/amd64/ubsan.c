/*
 * ubsan.c - what code compiled with -fsanitize=undefined calls when it meets
 * undefined behaviour. Each is a panic that names the line: the program is
 * wrong, and here a wrong step would be written down.
 *
 * Every description of the compiler begins with the place in the source, except
 * where a comment says otherwise. The names and arguments are the compilers';
 * gcc 12 and clang 14 agree on them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdint.h>

#include "arch/amd64/ubsan_priv.h"
#include "base/assert.h"

struct ubsan_place {
    const char *file;
    uint32_t line;
    uint32_t column;
};

__attribute__((noreturn, cold)) static void
undefined(const struct ubsan_place *place, const char *what)
{
    panic("%s:%u:%u: undefined behaviour: %s", place->file != 0 ? place->file : "?", place->line,
          place->column, what);
}

#define UBSAN_1(name, what)                                                                        \
    void ubsan_##name(const struct ubsan_place *place)                                             \
    {                                                                                              \
        undefined(place, what);                                                                    \
    }

#define UBSAN_2(name, what)                                                                        \
    void ubsan_##name(const struct ubsan_place *place, uint64_t value)                             \
    {                                                                                              \
        (void)value;                                                                               \
        undefined(place, what);                                                                    \
    }

#define UBSAN_3(name, what)                                                                        \
    void ubsan_##name(const struct ubsan_place *place, uint64_t left, uint64_t right)              \
    {                                                                                              \
        (void)left;                                                                                \
        (void)right;                                                                               \
        undefined(place, what);                                                                    \
    }

UBSAN_3(add_overflow, "an addition overflows")
UBSAN_3(sub_overflow, "a subtraction overflows")
UBSAN_3(mul_overflow, "a multiplication overflows")
UBSAN_2(negate_overflow, "a negation overflows")
UBSAN_3(divrem_overflow, "a division by zero, or one that overflows")
UBSAN_3(shift_out_of_bounds, "a shift by a negative amount or by too much")
UBSAN_2(out_of_bounds, "an index is out of bounds")
UBSAN_3(pointer_overflow, "a pointer overflows")
UBSAN_2(load_invalid_value, "a value that its type cannot have")
UBSAN_2(vla_bound_not_positive, "an array of no size")
UBSAN_1(nonnull_arg, "NULL where an argument must not be")
UBSAN_1(builtin_unreachable, "a place that cannot be reached")
UBSAN_1(missing_return, "a function ends without its value")
UBSAN_2(invalid_builtin, "a builtin of an argument for which it is undefined")

struct ubsan_type_mismatch {
    struct ubsan_place place;
    const void *type;
    uint8_t alignment_log2;
    uint8_t access;
};

void
ubsan_type_mismatch_v1(const struct ubsan_type_mismatch *data, uint64_t pointer)
{
    uint64_t mask = (1ull << data->alignment_log2) - 1;

    if (pointer == 0)
        undefined(&data->place, "NULL is followed");
    undefined(&data->place,
              pointer & mask ? "a misaligned pointer is followed" : "an object is too small");
}

void
ubsan_alignment_assumption(const struct ubsan_place *place, uint64_t pointer, uint64_t alignment,
                           uint64_t offset)
{
    (void)pointer;
    (void)alignment;
    (void)offset;
    undefined(place, "a pointer is not aligned as was promised");
}
