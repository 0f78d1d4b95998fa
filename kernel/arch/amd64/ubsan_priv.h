/*
 * ubsan_priv.h - the names that compilers call under -fsanitize=undefined.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

struct ubsan_place;
struct ubsan_type_mismatch;

void __ubsan_handle_add_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right);
void __ubsan_handle_sub_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right);
void __ubsan_handle_mul_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right);
void __ubsan_handle_negate_overflow(const struct ubsan_place *place, uint64_t value);
void __ubsan_handle_divrem_overflow(const struct ubsan_place *place, uint64_t left, uint64_t right);
void __ubsan_handle_shift_out_of_bounds(const struct ubsan_place *place, uint64_t left,
                                        uint64_t right);
void __ubsan_handle_out_of_bounds(const struct ubsan_place *place, uint64_t value);
void __ubsan_handle_pointer_overflow(const struct ubsan_place *place, uint64_t left,
                                     uint64_t right);
void __ubsan_handle_load_invalid_value(const struct ubsan_place *place, uint64_t value);
void __ubsan_handle_vla_bound_not_positive(const struct ubsan_place *place, uint64_t value);
void __ubsan_handle_nonnull_arg(const struct ubsan_place *place);
void __ubsan_handle_builtin_unreachable(const struct ubsan_place *place);
void __ubsan_handle_missing_return(const struct ubsan_place *place);
void __ubsan_handle_invalid_builtin(const struct ubsan_place *place, uint64_t value);
void __ubsan_handle_type_mismatch_v1(const struct ubsan_type_mismatch *data, uint64_t pointer);
void __ubsan_handle_alignment_assumption(const struct ubsan_place *place, uint64_t pointer,
                                         uint64_t alignment, uint64_t offset);
