/*
 * volume.c - a volume with a model beside it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/volume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 4096

struct model *
model_create(uint64_t block_count)
{
    struct model *model = calloc(1, sizeof *model);

    model->disk = test_disk_create(block_count);
    model->random = 88172645463325252ull;
    model->known[1] = true;
    model->committed = 1;
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

err_t
model_commit_pages(struct model *model, const bool *pages, enum store_cause cause)
{
    static __thread _Alignas(PAGE) uint8_t bytes[PAGE];
    struct store_note note = { .cause = cause, .wall_ns = 1000 + model->version };
    struct store_stats stats;
    unsigned count = 0;
    uint64_t next;
    err_t err = OK;

    for (unsigned i = 0; i < MODEL_PAGES; i++)
        count += pages[i];
    if (store_credit_take(model->store, count) != OK)
        return ERR_NOSPACE;
    store_stats_get(model->store, &stats);
    store_commit_begin(model->store);
    /* What a cut may bring back although nobody heard of it: found by number. */
    next = stats.generation + 1;
    while (next < MODEL_GENERATIONS && model->known[next])
        next++;
    if (next < MODEL_GENERATIONS)
        memcpy(model->taken[next], model->now, sizeof model->now);
    for (unsigned i = 0; i < MODEL_PAGES && err == OK; i++) {
        if (!pages[i])
            continue;
        model_fill(i, model->now[i], bytes);
        err = store_commit_page(model->store, model_page(i), bytes);
    }
    err = store_commit_finish(model->store, &note);
    if (next < MODEL_GENERATIONS)
        model->known[next] = true;
    if (err != OK)
        return err;
    if (note.generation < MODEL_GENERATIONS) {
        memcpy(model->taken[note.generation], model->now, sizeof model->now);
        model->known[note.generation] = true;
    }
    model->committed = note.generation;
    test_disk_mark(model->disk, note.generation);
    return OK;
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

bool
model_matches(struct model *model, uint64_t generation)
{
    static __thread _Alignas(PAGE) uint8_t read[PAGE], wanted[PAGE];

    if (generation >= MODEL_GENERATIONS || !model->known[generation]) {
        fprintf(stderr, "generation %lu was never made\n", (unsigned long)generation);
        return false;
    }
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        err_t err = store_page_read(model->store, model_page(i), read);

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

/* ---- check ---- */

#define NAMED_MAX 256

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
