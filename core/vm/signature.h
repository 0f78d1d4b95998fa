/*
 * signature.h - the texts that say types: "i", "L.a.b;", "[[d", "(iw)L.a.b;".
 *
 * The grammar is in format/module.h. Nothing here allocates, and everything
 * takes any bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Dimensions of an array type, and arguments of a method, at most. */
#define TYPE_DIMENSIONS_MAX     255
#define SIGNATURE_ARGUMENTS_MAX 255

/* The longest signature, in bytes. */
#define SIGNATURE_BYTES_MAX 4096

/*
 * The length in bytes of the type that `text` begins with; 0 if it begins
 * with none. 'v' is no type here.
 */
size_t type_length(const char *text, size_t bytes);

/* True if all of the text is one class name: ".a.b". */
bool class_name_valid(const char *text, size_t bytes);

/* True if all of the text is a class name or an array type, what POOL_CLASS may name. */
bool class_type_valid(const char *text, size_t bytes);

/* True if all of the text is "(" types ")" type. */
bool signature_valid(const char *text, size_t bytes);

/* The area of a type by its first character: w, i, l, f, d; v stays v. */
char type_area(char type);

/* Bytes that a field of this type takes in an object: 1, 2, 4 or 8. */
unsigned type_bytes(char type);

/*
 * Walks over the arguments of a valid signature.
 *
 *     struct signature_walk walk = signature_begin(text, bytes);
 *     while (signature_next(&walk))
 *         walk.type, walk.type_bytes ...
 *     and now these are the result's
 */
struct signature_walk {
    const char *at;
    const char *end;
    const char *type; /* not terminated */
    size_t type_bytes;
};

struct signature_walk signature_begin(const char *text, size_t bytes);
bool signature_next(struct signature_walk *walk);

/* How many arguments of each area a valid signature has, without the receiver. */
void signature_count(const char *text, size_t bytes, unsigned *words, unsigned *raws);

/* Bytes of "(" types ")", which is what overriding compares; the result's type follows. */
size_t signature_arguments_bytes(const char *text, size_t bytes);
