/*
 * format_double.c - doubles to text and back, exactly, with big integers.
 *
 * To text: a number is the fraction R/S; M+ and M- are half the way to its
 * neighbours, on the same scale. Digits are produced until the rest is nearer
 * than a neighbour: then they are the shortest that read back as the same.
 * To a number: the text is a fraction too; 53 (or 24) bits of it are
 * taken by long division in base two, and the rest decides how to round.
 *
 * Most numbers have few digits, and then one operation on doubles does the same, both ways: it
 * rounds once, as IEEE 754 has it, and what goes into it is exact.
 *
 * Source: Steele and White 1990; Burger and Dybvig, "Printing Floating-Point
 * Numbers Quickly and Accurately", 1996, figure 3; IEEE 754-2019, 4.3.1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"

#include "base/assert.h"
#include "base/big_priv.h"
#include "base/bits.h"
#include "base/memory.h"

/* A binary format: what differs between double and float. */
struct binary {
    int mantissa_bits; /* with the hidden one */
    int exponent_min;  /* of the lowest bit of a subnormal */
    int exponent_max;  /* of the lowest bit of the largest finite number */
};

static const struct binary binary64 = { 53, -1074, 971 };
static const struct binary binary32 = { 24, -149, 104 };

/* The powers of ten that a double holds exactly. */
static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

#define TENS_MAX 22

/* Whole numbers with so many digits are exact as doubles, and two of them never round to the same
 * double. */
#define EXACT_DIGITS 15

/* Places behind the point that few_digits() tries. */
#define PLACES_MAX 8

/* ---- to text ---- */

/*
 * The digits of a number that is the nearest to one of few digits, with few places behind the
 * point; their number, or 0 if it is none. With the fewest places that do, these are
 * the shortest digits; no others of that length are so near.
 */
static unsigned
few_digits(double value, char *digits, int *exponent)
{
    char text[FORMAT_LONG_BYTES];
    size_t length;

    if (!(value >= 1e-5))
        return 0;
    for (int places = 0; places <= PLACES_MAX; places++) {
        double scaled = value * tens[places];
        int64_t number;

        if (!(scaled < tens[EXACT_DIGITS] - 1))
            return 0;
        number = (int64_t)(scaled + 0.5);
        if (number == 0 || (double)number / tens[places] != value)
            continue;
        length = format_long(text, number);
        *exponent = (int)length - places;
        while (text[length - 1] == '0')
            length--;
        memcpy(digits, text, length);
        return (unsigned)length;
    }
    return 0;
}

/* value = mantissa * 2^exponent, mantissa > 0; figure 3 of Burger and Dybvig. */
static unsigned
shortest_digits(const struct binary *binary, uint64_t mantissa, int exponent, char *digits,
                int *decimal_exponent)
{
    /* An uneven neighbourhood: the number below a power of two is only half as far. */
    bool uneven =
        mantissa == 1ull << (binary->mantissa_bits - 1) && exponent > binary->exponent_min;
    bool even = (mantissa & 1) == 0; /* the ends of the interval round to it */
    struct big r, s, high, low, sum;
    unsigned count = 0;
    int k = 0;

    big_set(&r, mantissa);
    big_set(&s, 1);
    big_set(&high, 1);
    big_set(&low, 1);
    big_shift(&r, 1 + uneven + (exponent > 0 ? (unsigned)exponent : 0));
    big_shift(&s, 1 + uneven + (exponent < 0 ? (unsigned)-exponent : 0));
    big_shift(&high, uneven + (exponent > 0 ? (unsigned)exponent : 0));
    big_shift(&low, exponent > 0 ? (unsigned)exponent : 0);

    /* Scale: find k with 10^(k-1) <= (r + high) / s < 10^k, or <= where the end counts. */
    for (;;) {
        big_add(&sum, &r, &high);
        if (big_compare(&sum, &s) >= (even ? 0 : 1)) {
            big_multiply(&s, 10);
            k++;
            continue;
        }
        break;
    }
    for (;;) {
        big_add(&sum, &r, &high);
        big_multiply(&sum, 10);
        if (big_compare(&sum, &s) < (even ? 0 : 1)) {
            big_multiply(&r, 10);
            big_multiply(&high, 10);
            big_multiply(&low, 10);
            k--;
            continue;
        }
        break;
    }
    *decimal_exponent = k;
    for (;;) {
        unsigned digit;
        bool down, up;

        big_multiply(&r, 10);
        big_multiply(&high, 10);
        big_multiply(&low, 10);
        digit = big_divide_small(&r, &s);
        big_add(&sum, &r, &high);
        down = big_compare(&r, &low) < (even ? 1 : 0);
        up = big_compare(&sum, &s) >= (even ? 0 : 1);
        if (down && up) { /* either reads back: take the nearer, and the even one of two */
            big_shift(&r, 1);
            int side = big_compare(&r, &s);

            digit += side > 0 || (side == 0 && digit % 2 == 1);
        } else if (up) {
            digit++;
        }
        assert(digit <= 9);
        assert(count < 17);
        digits[count++] = (char)('0' + digit);
        if (down || up)
            return count;
    }
}

/*
 * The two digits nearest to the value; Java wants them where one would do, because it
 * writes two anyway. A zero at the end is left out.
 */
static unsigned
two_digits(uint64_t mantissa, int exponent, char *digits, int *decimal_exponent)
{
    struct big r, s;
    unsigned number;
    int k = 0, side;

    big_set(&r, mantissa);
    big_set(&s, 1);
    big_shift(exponent > 0 ? &r : &s, (unsigned)(exponent > 0 ? exponent : -exponent));
    for (; big_compare(&r, &s) >= 0; k++)
        big_multiply(&s, 10);
    for (big_multiply(&r, 10); big_compare(&r, &s) < 0; k--)
        big_multiply(&r, 10);
    number = 10 * big_divide_small(&r, &s);
    big_multiply(&r, 10);
    number += big_divide_small(&r, &s);
    big_shift(&r, 1);
    side = big_compare(&r, &s);
    number += side > 0 || (side == 0 && number % 2 == 1);
    if (number == 100) {
        number = 10;
        k++;
    }
    digits[0] = (char)('0' + number / 10);
    digits[1] = (char)('0' + number % 10);
    *decimal_exponent = k;
    return number % 10 == 0 ? 1 : 2;
}

static unsigned
digits_of_bits(const struct binary *binary, uint64_t bits, bool java, char *digits, int *exponent)
{
    unsigned stored = (unsigned)binary->mantissa_bits - 1, count;
    uint64_t mantissa = bits & ((1ull << stored) - 1);
    int field = (int)(bits >> stored), low = binary->exponent_min;

    if (mantissa == 0 && field == 0) {
        digits[0] = '0';
        *exponent = 1;
        return 1;
    }
    if (binary == &binary64) {
        count = few_digits(bits_to_double(bits), digits, exponent);
        if (count > 0)
            return count;
    }
    if (field > 0) {
        mantissa |= 1ull << stored;
        low += field - 1;
    }
    count = shortest_digits(binary, mantissa, low, digits, exponent);
    return count == 1 && java ? two_digits(mantissa, low, digits, exponent) : count;
}

unsigned
format_double_digits(double value, char *digits, int *exponent)
{
    return digits_of_bits(&binary64, bits_of_double(value) & INT64_MAX, false, digits, exponent);
}

unsigned
format_float_digits(float value, char *digits, int *exponent)
{
    return digits_of_bits(&binary32, bits_of_float(value) & INT32_MAX, false, digits, exponent);
}

static size_t
put_fixed(char *buffer, const char *digits, int count, int exponent)
{
    size_t n = 0;

    if (exponent <= 0) {
        buffer[n++] = '0';
        buffer[n++] = '.';
        for (int i = exponent; i < 0; i++)
            buffer[n++] = '0';
        for (int i = 0; i < count; i++)
            buffer[n++] = digits[i];
        return n;
    }
    for (int i = 0; i < exponent; i++)
        buffer[n++] = i < count ? digits[i] : '0';
    buffer[n++] = '.';
    for (int i = exponent; i < count; i++)
        buffer[n++] = digits[i];
    if (count <= exponent)
        buffer[n++] = '0';
    return n;
}

/* From 10^-3 to below 10^7 plainly, else with an exponent: the rule of Java. */
static size_t
put_java(char *buffer, const char *digits, int count, int exponent, bool negative)
{
    size_t n = 0;

    if (negative)
        buffer[n++] = '-';
    if (exponent > -3 && exponent <= 7) {
        n += put_fixed(buffer + n, digits, count, exponent);
        buffer[n] = 0;
        return n;
    }
    n += put_fixed(buffer + n, digits, count, 1);
    n += format(buffer + n, FORMAT_DOUBLE_BYTES - n, "E%d", exponent - 1);
    return n;
}

size_t
format_double(char buffer[FORMAT_DOUBLE_BYTES], double value)
{
    char digits[17];
    unsigned count;
    int exponent;
    uint64_t bits = bits_of_double(value);

    if (value != value)
        return format(buffer, FORMAT_DOUBLE_BYTES, "NaN");
    if ((bits & INT64_MAX) == 0x7ffull << 52)
        return format(buffer, FORMAT_DOUBLE_BYTES, "%sInfinity", bits >> 63 ? "-" : "");
    count = digits_of_bits(&binary64, bits & INT64_MAX, true, digits, &exponent);
    return put_java(buffer, digits, (int)count, exponent, bits >> 63);
}

size_t
format_float(char buffer[FORMAT_DOUBLE_BYTES], float value)
{
    char digits[17];
    unsigned count;
    int exponent;
    uint32_t bits = bits_of_float(value);

    if (value != value)
        return format(buffer, FORMAT_DOUBLE_BYTES, "NaN");
    if ((bits & INT32_MAX) == 0xffu << 23)
        return format(buffer, FORMAT_DOUBLE_BYTES, "%sInfinity", bits >> 31 ? "-" : "");
    count = digits_of_bits(&binary32, bits & INT32_MAX, true, digits, &exponent);
    return put_java(buffer, digits, (int)count, exponent, bits >> 31);
}

/* ---- to a number ---- */

/* A decimal number as read: 0.d1d2d3... * 10^exponent. */
struct decimal {
    bool negative;
    bool infinite, nan;
    bool sticky; /* digits were left out, and one of them was not zero */
    int count;
    int64_t exponent;
    char digits[DECIMAL_DIGITS_MAX];
};

static void
decimal_add_digit(struct decimal *decimal, char c, bool fraction)
{
    if (decimal->count == 0 && c == '0') {
        if (fraction)
            decimal->exponent--;
        return;
    }
    if (decimal->count < DECIMAL_DIGITS_MAX)
        decimal->digits[decimal->count++] = c;
    else if (c != '0')
        decimal->sticky = true;
    if (!fraction)
        decimal->exponent++;
}

static bool
text_is(const char *text, size_t bytes, const char *word)
{
    return bytes == text_length(word) && memcmp(text, word, bytes) == 0;
}

static bool
read_exponent(const char *text, size_t bytes, struct decimal *decimal)
{
    bool negative = false;
    int64_t exponent = 0;
    size_t i = 0;

    if (i < bytes && (text[i] == '+' || text[i] == '-'))
        negative = text[i++] == '-';
    if (i == bytes)
        return false;
    for (; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (exponent < 1000000000)
            exponent = exponent * 10 + (text[i] - '0');
    }
    decimal->exponent += negative ? -exponent : exponent;
    return true;
}

static bool
read_decimal(const char *text, size_t bytes, struct decimal *decimal)
{
    size_t i = 0;
    bool any = false, fraction = false;

    decimal->negative = decimal->infinite = decimal->nan = decimal->sticky = false;
    decimal->count = 0;
    decimal->exponent = 0;
    if (i < bytes && (text[i] == '+' || text[i] == '-'))
        decimal->negative = text[i++] == '-';
    decimal->nan = text_is(text + i, bytes - i, "NaN");
    decimal->infinite = text_is(text + i, bytes - i, "Infinity");
    if (decimal->nan || decimal->infinite)
        return true;
    for (; i < bytes; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            decimal_add_digit(decimal, text[i], fraction);
            any = true;
        } else if (text[i] == '.' && !fraction) {
            fraction = true;
        } else {
            break;
        }
    }
    if (!any)
        return false;
    if (i == bytes)
        return true;
    return (text[i] == 'e' || text[i] == 'E') &&
           read_exponent(text + i + 1, bytes - i - 1, decimal);
}

/*
 * Divide top by bottom with `bits` bits of result; true if a rest is left.
 * On entry bottom <= top < 2 * bottom.
 */
static bool
divide_bits(struct big *top, const struct big *bottom, int bits, uint64_t *quotient)
{
    uint64_t result = 0;

    for (int i = 0; i < bits; i++) {
        result <<= 1;
        if (big_compare(top, bottom) >= 0) {
            big_subtract(top, bottom);
            result |= 1;
        }
        big_shift(top, 1);
    }
    *quotient = result;
    return top->count > 0;
}

/* False if it has too many digits, or lies too far from the point. */
static bool
round_few_digits(const struct decimal *decimal, uint64_t *bits)
{
    int64_t scale = decimal->exponent - decimal->count, number = 0;

    if (decimal->count > EXACT_DIGITS || decimal->sticky || scale > TENS_MAX || scale < -TENS_MAX)
        return false;
    for (int i = 0; i < decimal->count; i++)
        number = number * 10 + (decimal->digits[i] - '0');
    *bits =
        bits_of_double(scale < 0 ? (double)number / tens[-scale] : (double)number * tens[scale]);
    return true;
}

/* The bits of the nearest number of the format; the decimal is finite and not zero. */
static uint64_t
decimal_round(const struct binary *binary, const struct decimal *decimal)
{
    struct big top, bottom;
    int64_t scale = decimal->exponent - decimal->count;
    uint64_t infinity = (uint64_t)(binary->exponent_max - binary->exponent_min + 2)
                        << (binary->mantissa_bits - 1);
    uint64_t mantissa, half;
    int exponent, bits;
    bool rest;

    if (decimal->exponent > 310)
        return infinity;
    if (decimal->exponent < -330)
        return 0;
    big_set(&top, 0);
    big_set(&bottom, 1);
    for (int i = 0; i < decimal->count; i++) {
        big_multiply(&top, 10);
        big_add_small(&top, (uint32_t)(decimal->digits[i] - '0'));
    }
    for (int64_t i = 0; i < scale; i++)
        big_multiply(&top, 10);
    for (int64_t i = 0; i > scale; i--)
        big_multiply(&bottom, 10);

    /* Now value = top / bottom. Find exponent with 2^exponent <= value < 2^(exponent + 1). */
    exponent = big_bits(&top) - big_bits(&bottom);
    if (exponent >= 0)
        big_shift(&bottom, (unsigned)exponent);
    else
        big_shift(&top, (unsigned)-exponent);
    if (big_compare(&top, &bottom) < 0) {
        big_shift(&top, 1);
        exponent--;
    }

    /* One bit more than the mantissa: it and the rest say how to round. */
    bits = binary->mantissa_bits + 1;
    if (exponent - (binary->mantissa_bits - 1) < binary->exponent_min)
        bits = exponent - binary->exponent_min + 2;
    if (bits <= 0)
        return 0; /* below half of the smallest */
    rest = divide_bits(&top, &bottom, bits, &mantissa) || decimal->sticky;
    half = mantissa & 1;
    mantissa >>= 1;
    if (half && (rest || (mantissa & 1)))
        mantissa++;

    /* mantissa * 2^(exponent - bits + 2); the field grows by itself when the mantissa overflows. */
    exponent = exponent - bits + 2 - binary->exponent_min;
    if (bits < binary->mantissa_bits + 1)
        return mantissa;
    mantissa += (uint64_t)exponent << (binary->mantissa_bits - 1);
    return mantissa < infinity ? mantissa : infinity;
}

static bool
parse_bits(const struct binary *binary, const char *text, size_t bytes, uint64_t *bits,
           bool *negative)
{
    unsigned stored = (unsigned)binary->mantissa_bits - 1;
    uint64_t infinity = (uint64_t)(binary->exponent_max - binary->exponent_min + 2) << stored;
    struct decimal decimal;

    if (!read_decimal(text, bytes, &decimal))
        return false;
    *negative = decimal.negative && !decimal.nan;
    if (decimal.nan)
        *bits = infinity | 1ull << (stored - 1);
    else if (decimal.infinite)
        *bits = infinity;
    else if (decimal.count == 0)
        *bits = 0;
    else if (binary != &binary64 || !round_few_digits(&decimal, bits))
        *bits = decimal_round(binary, &decimal);
    return true;
}

bool
parse_double(const char *text, size_t bytes, double *value)
{
    uint64_t bits;
    bool negative;

    if (!parse_bits(&binary64, text, bytes, &bits, &negative))
        return false;
    bits |= (uint64_t)negative << 63;
    memcpy(value, &bits, sizeof bits);
    return true;
}

bool
parse_float(const char *text, size_t bytes, float *value)
{
    uint64_t bits;
    uint32_t word;
    bool negative;

    if (!parse_bits(&binary32, text, bytes, &bits, &negative))
        return false;
    word = (uint32_t)bits | (uint32_t)negative << 31;
    memcpy(value, &word, sizeof word);
    return true;
}
