/*
 * volume.c - a volume with a model beside it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "format/volume_older.h"
#include "support/memory.h"

#define PAGE 4096

struct model *
model_create(uint64_t block_count)
{
    return model_create_on(test_disk_create(block_count), block_count);
}

struct model *
model_create_on(struct plat_disk *disk, uint64_t block_count)
{
    struct model *model = calloc(1, sizeof *model);

    model->disk = disk;
    model->random = 88172645463325252ull;
    model->known[1] = true;
    model->committed = 1;
    model->wall_ns = 1000;
    if (store_format(model->disk, block_count) != OK || model_open(model, false) != OK)
        abort();
    return model;
}

struct model *
model_copy(const struct model *model, struct plat_disk *disk)
{
    struct model *copy = malloc(sizeof *copy);

    *copy = *model;
    copy->disk = disk;
    copy->store = NULL;
    return copy;
}

void
model_free(struct model *model)
{
    store_close(model->store);
    test_disk_free(model->disk);
    free(model);
}

err_t
model_open(struct model *model, bool read_only)
{
    err_t err;

    model_close(model);
    err = store_open(model->disk, read_only, &model->store, &model->opened);
    if (err == OK && model->opened.generation < MODEL_GENERATIONS)
        memcpy(model->now, model->taken[model->opened.generation], sizeof model->now);
    return err;
}

void
model_close(struct model *model)
{
    store_close(model->store);
    model->store = NULL;
}

/* What version 3 has added, what version 2 had. */
static void
super_make_version(struct super_disk *super, uint32_t version)
{
    size_t end = version == 1 ? SUPER_1_END : SUPER_2_END;

    memset((uint8_t *)super + end, 0, offsetof(struct super_disk, crc) - end);
    if (version == 1)
        super->flags = le32_put(0);
    super->version = le32_put(version);
    super->crc = le32_put(crc32c(super, offsetof(struct super_disk, crc)));
}

void
model_make_version(struct model *model, uint32_t version)
{
    for (unsigned place = 0; place < SUPER_SLOTS * SUPER_COPIES; place++) {
        struct super_disk *super = (void *)test_disk_bytes(model->disk, place);

        if (super->magic[0] != 0)
            super_make_version(super, version);
    }
}

/* Some lie close together, some far apart, so that every level of the map has several nodes. */
uint64_t
model_page(unsigned index)
{
    static const uint64_t bases[] = { 0, 3, 250, 70000, 16777216 * 2 };

    return bases[index % 5] + (uint64_t)index * (index % 3 == 0 ? 1 : 257);
}

void
model_fill(unsigned index, uint32_t version, void *bytes)
{
    uint32_t *words = bytes;

    memset(bytes, 0, PAGE);
    if (version == 0)
        return;
    for (unsigned i = 0; i < PAGE / 4; i++)
        words[i] = (version * 2654435761u) ^ (index * 40503u + i * 0x9e3779b9u);
}

static uint64_t
random_next(struct model *model)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return model->random >> 11;
}

void
model_change(struct model *model, unsigned index, bool zero)
{
    model->now[index] = zero ? 0 : ++model->version;
}

err_t
model_early(struct model *model, unsigned index)
{
    static __thread _Alignas(PAGE) uint8_t bytes[PAGE];

    if (store_credit_take(model->store, 1) != OK)
        return ERR_NOSPACE;
    model_fill(index, model->now[index], bytes);
    return store_page_write_early(model->store, store_generation_running(model->store),
                                  model_page(index), bytes);
}

/* The number that the next commit will have, as far as is known. */
static uint64_t
number_next(struct model *model)
{
    return store_generation_running(model->store);
}

/* What a cut may bring back although nobody heard of it: found by number. */
static void
foresee(struct model *model, uint64_t generation, const uint32_t *contents)
{
    if (generation >= MODEL_GENERATIONS)
        return;
    memmove(model->taken[generation], contents, sizeof model->now);
    model->known[generation] = true;
}

static void
acknowledge(struct model *model, uint64_t generation, const uint32_t *contents)
{
    foresee(model, generation, contents);
    model->committed = generation;
    test_disk_mark(model->disk, generation);
}

err_t
model_rewind(struct model *model, uint64_t generation, uint64_t *kept)
{
    struct store_note note = { .wall_ns = model->wall_ns };
    uint64_t next = number_next(model), end;
    err_t err;

    foresee(model, next, model->taken[model->committed]);
    foresee(model, next + 1, model->taken[generation]);
    err = store_rewind(model->store, generation, &note, kept);
    /* It may have taken several commits to pin the present, or to make room. */
    end = err == OK ? note.generation : number_next(model);
    for (uint64_t made = next; made < end; made++)
        foresee(model, made, model->taken[model->committed]);
    if (err != OK)
        return err;
    memcpy(model->now, model->taken[generation], sizeof model->now);
    acknowledge(model, note.generation, model->now);
    return OK;
}

err_t
model_commit_pages(struct model *model, const bool *pages, enum store_cause cause)
{
    static __thread _Alignas(PAGE) uint8_t bytes[PAGE];
    struct store_note note = { .cause = cause,
                               .wall_ns = model->wall_ns,
                               .personal_ns = model->personal_ns };
    unsigned count = 0;
    uint64_t next;
    err_t err = OK;

    for (unsigned i = 0; i < MODEL_PAGES; i++)
        count += pages[i];
    if (store_credit_take(model->store, count) != OK)
        return ERR_NOSPACE;
    next = number_next(model);
    foresee(model, next, model->now);
    store_commit_begin(model->store);
    for (unsigned i = 0; i < MODEL_PAGES && err == OK; i++) {
        if (!pages[i])
            continue;
        model_fill(i, model->now[i], bytes);
        err = store_commit_page(model->store, model_page(i), bytes);
    }
    err = store_commit_finish(model->store, &note);
    if (err == OK)
        acknowledge(model, note.generation, model->now);
    return err;
}

err_t
model_commit(struct model *model, unsigned count, enum store_cause cause)
{
    bool pages[MODEL_PAGES] = { false };

    for (unsigned i = 0; i < count; i++) {
        unsigned index = (unsigned)(random_next(model) % MODEL_PAGES);

        model_change(model, index, random_next(model) % 11 == 0);
        pages[index] = true;
    }
    return model_commit_pages(model, pages, cause);
}

typedef err_t read_fn(void *from, uint64_t page, void *buffer);

static bool
contents_match(struct model *model, uint64_t generation, read_fn *read_page, void *from)
{
    static __thread _Alignas(PAGE) uint8_t read[PAGE], wanted[PAGE];

    if (generation >= MODEL_GENERATIONS || !model->known[generation]) {
        fprintf(stderr, "generation %lu was never made\n", (unsigned long)generation);
        return false;
    }
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        err_t err = read_page(from, model_page(i), read);

        if (err != OK) {
            fprintf(stderr, "generation %lu: page %u cannot be read: %d\n",
                    (unsigned long)generation, i, err);
            return false;
        }
        model_fill(i, model->taken[generation][i], wanted);
        if (memcmp(read, wanted, PAGE) != 0) {
            fprintf(stderr, "generation %lu: page %u differs\n", (unsigned long)generation, i);
            return false;
        }
    }
    return true;
}

static err_t
read_newest(void *store, uint64_t page, void *buffer)
{
    return store_page_read(store, page, buffer);
}

static err_t
read_view(void *view, uint64_t page, void *buffer)
{
    return store_view_read(view, page, buffer);
}

bool
model_matches(struct model *model, uint64_t generation)
{
    return contents_match(model, generation, read_newest, model->store);
}

bool
model_pins_match(struct model *model)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(model->store, pins, STORE_PINS_MAX);
    bool match = true;

    for (size_t i = 0; i < count && match; i++) {
        struct store_view *view;

        if (pins[i].going)
            continue;
        match = store_view_open(model->store, pins[i].note.generation, &view) == OK &&
                contents_match(model, pins[i].note.generation, read_view, view);
        store_view_close(view);
    }
    return match;
}

/* ---- check ---- */

#define NAMED_MAX 1024

static struct {
    unsigned damage, notes, named;
    uint64_t pages[NAMED_MAX], blocks[NAMED_MAX];
    bool quiet;
} found;

static void
finding(void *context, const struct store_finding *one)
{
    (void)context;
    if (!one->damage) {
        found.notes++;
        if (!found.quiet)
            fprintf(stderr, "check: %s\n", one->what);
        return;
    }
    found.damage++;
    if (found.named < NAMED_MAX) {
        found.pages[found.named] = one->page;
        found.blocks[found.named++] = one->block;
    }
}

unsigned
model_check(struct model *model, unsigned *notes)
{
    memset(&found, 0, sizeof found);
    found.quiet = notes != NULL;
    if (store_check(model->store, finding, NULL, NULL) != OK)
        return 1000000;
    if (notes != NULL)
        *notes = found.notes;
    return found.damage + (notes == NULL ? found.notes : 0);
}

bool
model_check_named_page(uint64_t page)
{
    for (unsigned i = 0; i < found.named; i++) {
        if (found.pages[i] == page)
            return true;
    }
    return false;
}

bool
model_check_named_block(uint64_t block)
{
    for (unsigned i = 0; i < found.named; i++) {
        if (found.blocks[i] == block)
            return true;
    }
    return false;
}

/* ---- trouble ---- */

void
model_break_write(struct model *model, unsigned n)
{
    test_disk_fail_write(model->disk, n, n % 2 ? ERR_IO : ERR_NOSPACE);
}

void
model_break_flush(struct model *model, unsigned n)
{
    test_disk_fail_flush(model->disk, n);
}

void
model_break_memory(struct model *model, unsigned n)
{
    (void)model;
    test_memory_fail(n);
}

void
model_mend(struct model *model)
{
    test_memory_fail(0);
    test_disk_fail_write(model->disk, 0, OK);
    test_disk_fail_flush(model->disk, 0);
}
