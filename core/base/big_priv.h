/*
 * big_priv.h - natural numbers of up to 8,192 bits, for format_double.c: a row of
 * 32-bit words, lowest first, with no zero word at its top.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/*
 * Any double ends before its 768th digit, and so does the middle between
 * two; what comes later only says whether the number lies beyond it.
 */
#define DECIMAL_DIGITS_MAX 780

/* 10^(780 + 330) has 3,688 bits, and a shift by as many may follow. */
#define BIG_WORDS 256

struct big {
    unsigned count; /* words in use */
    uint32_t words[BIG_WORDS];
};

void big_set(struct big *big, uint64_t value);
void big_multiply(struct big *big, uint32_t factor);
void big_add_small(struct big *big, uint32_t value);
void big_shift(struct big *big, unsigned bits); /* to the left */
void big_add(struct big *sum, const struct big *a, const struct big *b);
void big_subtract(struct big *big, const struct big *less); /* big >= less */
int big_compare(const struct big *a, const struct big *b);
int big_bits(const struct big *big);

/* top = top mod bottom; returns the quotient, which is below 10. */
unsigned big_divide_small(struct big *top, const struct big *bottom);
