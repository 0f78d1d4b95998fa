/*
 * big.c - schoolbook arithmetic. Numbers here have a few dozen words.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/big_priv.h"

#include "base/assert.h"

static void
big_push(struct big *big, uint32_t word)
{
    assert(big->count < BIG_WORDS);
    big->words[big->count++] = word;
}

static void
big_trim(struct big *big)
{
    while (big->count > 0 && big->words[big->count - 1] == 0)
        big->count--;
}

void
big_set(struct big *big, uint64_t value)
{
    big->count = 2;
    big->words[0] = (uint32_t)value;
    big->words[1] = (uint32_t)(value >> 32);
    big_trim(big);
}

void
big_multiply(struct big *big, uint32_t factor)
{
    uint64_t carry = 0;

    for (unsigned i = 0; i < big->count; i++) {
        carry += (uint64_t)big->words[i] * factor;
        big->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0)
        big_push(big, (uint32_t)carry);
}

void
big_add_small(struct big *big, uint32_t value)
{
    uint64_t carry = value;

    for (unsigned i = 0; i < big->count && carry != 0; i++) {
        carry += big->words[i];
        big->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0)
        big_push(big, (uint32_t)carry);
}

void
big_shift(struct big *big, unsigned bits)
{
    unsigned words = bits / 32, rest = bits % 32;

    if (big->count == 0 || bits == 0)
        return;
    assert(big->count + words + 1 <= BIG_WORDS);
    big->words[big->count] = 0;
    for (unsigned i = big->count + 1; i-- > 0;) {
        uint32_t low = i > 0 && rest > 0 ? big->words[i - 1] >> (32 - rest) : 0;

        big->words[i + words] = big->words[i] << rest | low;
    }
    for (unsigned i = 0; i < words; i++)
        big->words[i] = 0;
    big->count += words + 1;
    big_trim(big);
}

void
big_add(struct big *sum, const struct big *a, const struct big *b)
{
    unsigned count = a->count > b->count ? a->count : b->count;
    uint64_t carry = 0;

    for (unsigned i = 0; i < count; i++) {
        carry += i < a->count ? a->words[i] : 0;
        carry += i < b->count ? b->words[i] : 0;
        sum->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    sum->count = count;
    if (carry != 0)
        big_push(sum, (uint32_t)carry);
}

void
big_subtract(struct big *big, const struct big *less)
{
    uint64_t borrow = 0;

    assert_slow(big_compare(big, less) >= 0);
    for (unsigned i = 0; i < big->count; i++) {
        uint64_t take = (i < less->count ? less->words[i] : 0) + borrow;

        borrow = big->words[i] < take;
        big->words[i] -= (uint32_t)take;
    }
    assert(borrow == 0);
    big_trim(big);
}

int
big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;) {
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    }
    return 0;
}

int
big_bits(const struct big *big)
{
    if (big->count == 0)
        return 0;
    return (int)(32 * big->count) - __builtin_clz(big->words[big->count - 1]);
}

unsigned
big_divide_small(struct big *top, const struct big *bottom)
{
    unsigned quotient = 0;

    while (big_compare(top, bottom) >= 0) {
        big_subtract(top, bottom);
        quotient++;
    }
    assert(quotient < 10);
    return quotient;
}
