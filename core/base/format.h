/*
 * format.h - text made of values, and values made of text, without a C library.
 *
 * format() knows %s %c %d %i %u %x %X %o %p %% with the flags - 0 + space #, a
 * width, a precision (both may be *), and the lengths hh h l ll z t j; so the
 * PRI*64 macros work. It knows no floating point: format_double() is the one
 * that is exact.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The freestanding compiler has no inttypes.h; these are its macros where long has 64 bits. */
#ifndef PRId64
#define PRId64 "ld"
#define PRIi64 "li"
#define PRIu64 "lu"
#define PRIx64 "lx"
#define PRIX64 "lX"
#define PRIo64 "lo"
#endif

/*
 * Write text to `buffer`, at most `buffer_bytes` bytes with the ending zero.
 * Returns how many characters the whole text has, as snprintf does.
 */
__attribute__((format(printf, 3, 4))) size_t format(char *buffer, size_t buffer_bytes,
                                                    const char *text, ...);
size_t format_list(char *buffer, size_t buffer_bytes, const char *text, va_list values);

/* Room for the longest text of format_long(). */
#define FORMAT_LONG_BYTES 20

/* Write a number in decimal, without a zero behind it, as format("%ld") does. Returns the number of
 * characters. */
size_t format_long(char text[FORMAT_LONG_BYTES], int64_t value);

/* Room for the longest text of the two below, with the zero. */
#define FORMAT_UNIT_BYTES 32

/* A duration for people: "850 ms", "3 s", "5 min", "2 h", "12 days". Returns `buffer`. */
const char *format_duration(char buffer[FORMAT_UNIT_BYTES], uint64_t ns);

/* A size for people, to a tenth: "512 B", "4.0 KiB", "1.5 GiB". Returns `buffer`. */
const char *format_bytes(char buffer[FORMAT_UNIT_BYTES], uint64_t bytes);

/* Room for the longest text of format_double, with the zero. */
#define FORMAT_DOUBLE_BYTES 32

/*
 * The shortest decimal digits that read back as the same number, nearest to
 * it among those; value = 0.d1d2d3... * 10^exponent.
 *
 *   digits    room for 17; '0' to '9', no zero at the end but for 0 itself
 *   exponent  filled
 *
 * `value` is finite; its sign is ignored. Returns the number of digits.
 * Source: Steele and White, "How to print floating-point numbers accurately", 1990.
 */
unsigned format_double_digits(double value, char *digits, int *exponent);
unsigned format_float_digits(float value, char *digits, int *exponent);

/*
 * The text that Java's Double.toString gives since Java 19: 1.0, -0.5, 1.0E7, NaN,
 * Infinity. Zero-terminated. Returns its length.
 */
size_t format_double(char buffer[FORMAT_DOUBLE_BYTES], double value);
size_t format_float(char buffer[FORMAT_DOUBLE_BYTES], float value);

/*
 * The double nearest to a decimal number, ties to even: exact for any number
 * of digits. Form: [+-] digits [. digits] [(e|E) [+-] digits], with at least one digit,
 * or [+-] (NaN | Infinity). Too large is an infinity, too small a zero.
 *
 *   text, bytes  all of it is the number; no spaces
 *   value        filled if true is returned
 */
bool parse_double(const char *text, size_t bytes, double *value);
bool parse_float(const char *text, size_t bytes, float *value);
