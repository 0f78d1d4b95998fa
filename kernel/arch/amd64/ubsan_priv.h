/*
 * ubsan_priv.h - the names that compilers call under -fsanitize=undefined.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* The name that compilers call is not one that we would choose. */
#define UBSAN_NAME(name) __asm__("__ubsan_handle_" #name)

struct ubsan_place;
struct ubsan_type_mismatch;

void ubsan_add_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right)
    UBSAN_NAME(add_overflow);
void ubsan_sub_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right)
    UBSAN_NAME(sub_overflow);
void ubsan_mul_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right)
    UBSAN_NAME(mul_overflow);
void ubsan_negate_overflow(const struct ubsan_place *place, uint64_t value)
    UBSAN_NAME(negate_overflow);
void ubsan_divrem_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right)
    UBSAN_NAME(divrem_overflow);
void ubsan_shift_out_of_bounds(const struct ubsan_place *place, uint64_t left, uint64_t right)
    UBSAN_NAME(shift_out_of_bounds);
void ubsan_out_of_bounds(const struct ubsan_place *place, uint64_t value) UBSAN_NAME(out_of_bounds);
void ubsan_pointer_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right)
    UBSAN_NAME(pointer_overflow);
void ubsan_load_invalid_value(const struct ubsan_place *place, uint64_t value)
    UBSAN_NAME(load_invalid_value);
void ubsan_vla_bound_not_positive(const struct ubsan_place *place, uint64_t value)
    UBSAN_NAME(vla_bound_not_positive);
void ubsan_nonnull_arg(const struct ubsan_place *place) UBSAN_NAME(nonnull_arg);
void ubsan_builtin_unreachable(const struct ubsan_place *place) UBSAN_NAME(builtin_unreachable);
void ubsan_missing_return(const struct ubsan_place *place) UBSAN_NAME(missing_return);
void ubsan_invalid_builtin(const struct ubsan_place *place, uint64_t value)
    UBSAN_NAME(invalid_builtin);
void ubsan_type_mismatch_v1(const struct ubsan_type_mismatch *data, uint64_t pointer)
    UBSAN_NAME(type_mismatch_v1);
void ubsan_alignment_assumption(const struct ubsan_place *place, uint64_t pointer,
                                uint64_t alignment, uint64_t offset)
    UBSAN_NAME(alignment_assumption);
