/*
 * symbol.c - one string for each name.
 *
 * The root's `symbols` is an array of words with a power of two of places: a hash
 * table with linear probing, null where there is nothing, at most three quarters full.
 * Nothing is ever taken out of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/text.h"
#include "object/array.h"

#define PLACES_MIN 1024

static ref_t
table_get(void)
{
    return GET_WORD(space_root, SPACE_ROOT, symbols);
}

/* What is asked for: a text outside the space, or a string. */
struct wanted {
    const char *text; /* NULL: a string */
    size_t bytes;
    ref_t string;
    uint32_t hash;
};

static bool
is_wanted(const struct wanted *wanted, ref_t symbol)
{
    if (wanted->text == NULL)
        return string_equal(symbol, wanted->string);
    return string_equal_utf8(symbol, wanted->text, wanted->bytes);
}

/* The place where it is, or the free place where it would be. */
static uint32_t
place_of(ref_t table, const struct wanted *wanted)
{
    uint32_t mask = array_length(table) - 1;
    uint32_t place = wanted->hash & mask;
    word_t symbol;

    while ((symbol = array_load_word(table, place)) != WORD_NULL) {
        if (string_hash(symbol) == wanted->hash && is_wanted(wanted, symbol))
            break;
        place = (place + 1) & mask;
    }
    return place;
}

static void
move_all(ref_t to, ref_t from)
{
    uint32_t mask = array_length(to) - 1;

    for (uint32_t i = 0; i < array_length(from); i++) {
        word_t symbol = array_load_word(from, i);
        uint32_t place;

        if (symbol == WORD_NULL)
            continue;
        place = string_hash(symbol) & mask;
        while (array_load_word(to, place) != WORD_NULL)
            place = (place + 1) & mask;
        array_store_word(to, place, symbol);
    }
}

/* A table with room for one more; 0 when a collection is needed first. */
static ref_t
table_ready(struct heap_local *local)
{
    uint32_t count = GET_U32(space_root, SPACE_ROOT, symbol_count);
    ref_t table = table_get();
    uint32_t places = table == 0 ? 0 : array_length(table);
    ref_t larger;

    if (table != 0 && count + 1 <= places / 4 * 3)
        return table;
    places = places == 0 ? PLACES_MIN : 2 * places;
    larger = heap_alloc_old(local, array_bytes(KIND_WORDS, places), CLASS_WORDS);
    if (larger == 0)
        return 0;
    array_length_set(larger, places);
    if (table != 0)
        move_all(larger, table);
    SET_WORD(space_root, SPACE_ROOT, symbols, larger);
    return larger;
}

/* A string like the wanted one, in old space. */
static ref_t
symbol_make(struct heap_local *local, const struct wanted *wanted)
{
    struct string_form form;
    ref_t symbol;

    if (wanted->text == NULL)
        form =
            (struct string_form){ array_length(wanted->string), string_is_utf16(wanted->string) };
    else if (!string_measure_utf8(wanted->text, wanted->bytes, &form))
        panic("symbol_intern: text that was not measured");
    symbol = heap_alloc_old(local, string_object_bytes(form), CLASS_STRING);
    if (symbol == 0)
        return 0;
    string_begin(symbol, form);
    if (wanted->text == NULL)
        string_fill_part(symbol, 0, wanted->string, 0, form.units);
    else
        string_fill_utf8(symbol, wanted->text, wanted->bytes);
    return symbol;
}

static ref_t
intern(struct heap_local *local, const struct wanted *wanted)
{
    ref_t table = table_get();
    word_t symbol = WORD_NULL;
    uint32_t place;

    if (table != 0)
        symbol = array_load_word(table, place_of(table, wanted));
    if (symbol != WORD_NULL)
        return symbol;
    table = table_ready(local);
    if (table == 0)
        return 0;
    symbol = symbol_make(local, wanted);
    if (symbol == WORD_NULL)
        return 0;
    place = place_of(table, wanted);
    array_store_word(table, place, symbol);
    SET_U32(space_root, SPACE_ROOT, symbol_count,
            GET_U32(space_root, SPACE_ROOT, symbol_count) + 1);
    return symbol;
}

ref_t
symbol_intern(struct heap_local *local, const char *text, size_t bytes)
{
    struct wanted wanted = { .text = text, .bytes = bytes, .hash = string_hash_utf8(text, bytes) };

    return intern(local, &wanted);
}

ref_t
symbol_of_string(struct heap_local *local, ref_t string)
{
    struct wanted wanted = { .string = string, .hash = string_hash(string) };

    return intern(local, &wanted);
}

ref_t
symbol_find(const char *text, size_t bytes)
{
    struct wanted wanted = { .text = text, .bytes = bytes, .hash = string_hash_utf8(text, bytes) };
    ref_t table = table_get();

    return table == 0 ? 0 : array_load_word(table, place_of(table, &wanted));
}
