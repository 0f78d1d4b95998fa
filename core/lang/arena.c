/*
 * arena.c - the memory and the names of one compilation.
 *
 * Invariant: lang_alloc() never fails. When the machine gives no more, it
 * serves from a reserve and sets `stopped`. Each walk over the program polls
 * that flag before it goes deeper, so what is asked for after that is bounded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/lang_priv.h"

#include "base/assert.h"
#include "base/format.h"
#include "plat/memory.h"

#define CHUNK_BYTES   (256u << 10)
#define RESERVE_BYTES (1u << 20)
#define TEXT_BYTES    400

struct arena_chunk {
    struct arena_chunk *next;
    size_t bytes;
};

static void *
chunk_create(struct lang *lang, size_t bytes)
{
    struct arena_chunk *chunk = plat_alloc(bytes);

    if (chunk == NULL)
        return NULL;
    chunk->bytes = bytes;
    chunk->next = lang->chunks;
    lang->chunks = chunk;
    return chunk + 1;
}

err_t
lang_begin(struct lang *lang, const struct lang_host *host)
{
    *lang =
        (struct lang){ .host = host, .depth_max = LANG_DEPTH_MAX, .height_max = LANG_HEIGHT_MAX };
    lang->reserve = chunk_create(lang, RESERVE_BYTES);
    lang->bucket_count = 16384;
    lang->buckets = lang_alloc_large(lang, lang->bucket_count * sizeof(*lang->buckets));
    if (lang->reserve == NULL || lang->buckets == NULL)
        return ERR_NOMEM;
#define LANG_NAME(field, text) lang->names.field = lang_symbol(lang, text, sizeof(text) - 1);
    LANG_NAMES(LANG_NAME)
#undef LANG_NAME
    return lang->no_memory ? ERR_NOMEM : OK;
}

void
lang_end(struct lang *lang)
{
    struct arena_chunk *next;

    for (struct arena_chunk *chunk = lang->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;
        plat_free(chunk, chunk->bytes);
    }
    hash_table_free(&lang->classes);
    hash_table_free(&lang->members);
    *lang = (struct lang){ 0 };
}

void
lang_no_memory(struct lang *lang)
{
    lang->no_memory = true;
    lang->stopped = true;
}

/* Find another chunk, or start with the reserve. */
static void
arena_grow(struct lang *lang)
{
    uint8_t *memory = chunk_create(lang, CHUNK_BYTES);

    if (memory != NULL) {
        lang->arena_at = memory;
        lang->arena_end = memory + CHUNK_BYTES - sizeof(struct arena_chunk);
        return;
    }
    lang_no_memory(lang);
    assert(lang->reserve != NULL);
    lang->arena_at = lang->reserve;
    lang->arena_end = lang->reserve + RESERVE_BYTES - sizeof(struct arena_chunk);
    lang->reserve = NULL;
}

void *
lang_alloc(struct lang *lang, size_t bytes)
{
    void *memory;

    assert(bytes <= LANG_ALLOC_BYTES_MAX);
    bytes = (bytes + 7) & ~(size_t)7;
    if (lang->arena_at == NULL || (size_t)(lang->arena_end - lang->arena_at) < bytes)
        arena_grow(lang);
    memory = lang->arena_at;
    lang->arena_at += bytes;
    return memory;
}

void *
lang_alloc_large(struct lang *lang, size_t bytes)
{
    void *memory;

    if (bytes <= LANG_ALLOC_BYTES_MAX)
        return lang_alloc(lang, bytes);
    memory = chunk_create(lang, bytes + sizeof(struct arena_chunk));
    if (memory == NULL)
        lang_no_memory(lang);
    return memory;
}

struct symbol *
lang_symbol(struct lang *lang, const char *text, size_t byte_count)
{
    uint32_t hash = 2166136261u;
    struct symbol **bucket;
    struct symbol *symbol;

    assert(byte_count <= LANG_SYMBOL_BYTES_MAX);
    for (size_t i = 0; i < byte_count; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    bucket = &lang->buckets[(hash ^ hash >> 15) & (lang->bucket_count - 1)];
    for (symbol = *bucket; symbol != NULL; symbol = symbol->next) {
        if (symbol->hash == hash && symbol->byte_count == byte_count &&
            __builtin_memcmp(symbol->text, text, byte_count) == 0)
            return symbol;
    }
    symbol = lang_alloc(lang, sizeof(*symbol) + byte_count + 1);
    symbol->hash = hash;
    symbol->id = ++lang->symbol_count;
    symbol->byte_count = (uint32_t)byte_count;
    __builtin_memcpy(symbol->text, text, byte_count);
    symbol->next = *bucket;
    *bucket = symbol;
    return symbol;
}

struct symbol *
lang_symbol_format(struct lang *lang, const char *text, ...)
{
    char buffer[LANG_SYMBOL_BYTES_MAX + 1];
    va_list values;
    size_t count;

    va_start(values, text);
    count = format_list(buffer, sizeof(buffer), text, values);
    va_end(values);
    if (count > LANG_SYMBOL_BYTES_MAX)
        count = LANG_SYMBOL_BYTES_MAX;
    return lang_symbol(lang, buffer, count);
}

const char *
lang_text(struct lang *lang, const char *text, ...)
{
    char buffer[TEXT_BYTES];
    va_list values;
    size_t count;
    char *copy;

    va_start(values, text);
    count = format_list(buffer, sizeof(buffer), text, values);
    va_end(values);
    if (count >= sizeof(buffer))
        count = sizeof(buffer) - 1;
    copy = lang_alloc(lang, count + 1);
    __builtin_memcpy(copy, buffer, count);
    return copy;
}
