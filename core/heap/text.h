/*
 * text.h - new strings, boxes and symbols: what object/ knows how to fill and
 * heap/ finds the memory for.
 *
 * Every function answers 0 (null) when a collection is needed first, and then
 * nothing has changed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/heap.h"
#include "object/string.h"

/* An empty string of this form, to be filled before anyone else sees it. */
ref_t heap_string(struct heap_local *local, struct string_form form);

/*
 * A string from text outside the space. The text is well-formed and not too long:
 * string_measure_... has said so.
 */
ref_t heap_string_utf8(struct heap_local *local, const char *text, size_t bytes);
ref_t heap_string_latin1(struct heap_local *local, const uint8_t *units, size_t count);
ref_t heap_string_utf16(struct heap_local *local, const uint16_t *units, size_t count);

/* A string of units [from, from + count) of another. */
ref_t heap_string_part(struct heap_local *local, ref_t string, uint32_t from, uint32_t count);

/* One string behind the other; string_measure_join has said that it is not too long. */
ref_t heap_string_join(struct heap_local *local, ref_t first, ref_t second);

/* A long or double as a word: immediate where it fits, else a box. */
word_t heap_word_from_long(struct heap_local *local, int64_t value);
word_t heap_word_from_double(struct heap_local *local, uint64_t bits);

/*
 * The one string with this text: equal symbols are the same word. Symbols live in old
 * space, never move and never die. One caller at a time: the loader's lock sees to that.
 *
 *   text  `bytes` bytes of well-formed UTF-8 outside the space
 */
ref_t symbol_intern(struct heap_local *local, const char *text, size_t bytes);

/* The symbol with the text of this string. */
ref_t symbol_of_string(struct heap_local *local, ref_t string);

/* The symbol with this text, or 0 if there is none. Beside symbol_intern by others: no. */
ref_t symbol_find(const char *text, size_t bytes);
