/*
 * model.c - the oracle's copies.
 *
 * Each page has a chain of versions, newest first; a version says from which
 * instant on it holds. A generation is an instant: the one of its snapshot.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/hash.h"
#include "format/space.h"
#include "plat/machine.h"
#include "pmem/pmem.h"
#include "sim/disk.h"
#include "store/history.h"

#define PAGE_SLOTS    (1u << 16)
#define PAGE_MAX      (PAGE_SLOTS / 2)
#define NEIGHBOURS    64u /* pages in a row have slots in a row */
#define VERSION_MAX   (1u << 18)
#define INSTANT_MAX   (1u << 14)
#define ADDED_MAX     16u
#define NO_VERSION    UINT32_MAX
#define NO_GENERATION 0

struct version {
    uint32_t instant;
    uint32_t older; /* or NO_VERSION */
    bool zero;
};

struct page_slot {
    uint64_t page_plus_1; /* 0: unused */
    uint32_t newest;
};

/* A generation that was told of. */
struct added {
    uint64_t generation;
    uint64_t instant;
};

struct sim_model {
    uint64_t instants; /* snapshots seen */
    uint64_t commits;
    uint64_t newest; /* generation */
    uint64_t version_count;
    uint64_t page_count;
    uint64_t pages_mapped; /* that are not zero by their newest version */
    uint64_t added_count;
    struct added added[ADDED_MAX];
    uint64_t generations[INSTANT_MAX]; /* by instant; NO_GENERATION: never committed */
    uint32_t epochs[INSTANT_MAX];      /* by instant */
    uint32_t mapped[INSTANT_MAX];      /* pages that were not zero, by instant */
    uint32_t used[PAGE_MAX];           /* the slots in use, oldest first */
    struct page_slot slots[PAGE_SLOTS];
    struct version versions[VERSION_MAX];
    uint8_t bytes[VERSION_MAX][PAGE_BYTES];
};

static sim_model_ranges_fn *watched_ranges;
static struct store *watched_store;
static struct sim_record *watched_record;
static struct pmem_observer observer;

struct sim_model *
sim_model_create(void)
{
    struct sim_model *model = mmap(NULL, sizeof *model, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return model == MAP_FAILED ? NULL : model;
}

void
sim_model_clear(struct sim_model *model)
{
    if (madvise(model, sizeof *model, MADV_REMOVE) != 0)
        plat_panic("sim: a model cannot be emptied");
}

static struct page_slot *
slot_find(struct sim_model *model, uint64_t page)
{
    uint64_t at = hash_mix(page / NEIGHBOURS) * NEIGHBOURS + page % NEIGHBOURS;

    for (;; at++) {
        struct page_slot *slot = &model->slots[at % PAGE_SLOTS];

        if (slot->page_plus_1 == page + 1)
            return slot;
        if (slot->page_plus_1 == 0) {
            if (model->page_count == PAGE_MAX)
                plat_panic("sim: the model has no room for more pages");
            model->used[model->page_count++] = (uint32_t)(at % PAGE_SLOTS);
            slot->page_plus_1 = page + 1;
            slot->newest = NO_VERSION;
            return slot;
        }
    }
}

static bool
is_zero(const uint8_t *bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, PAGE_BYTES - 1) == 0;
}

/* Keep the page as it is now, if that is news. */
static void
page_keep(struct sim_model *model, uint64_t page, const uint8_t *now)
{
    struct page_slot *slot = slot_find(model, page);
    uint32_t newest = slot->newest;
    bool was_zero = newest == NO_VERSION || model->versions[newest].zero;
    bool zero;

    if (newest != NO_VERSION && memcmp(model->bytes[newest], now, PAGE_BYTES) == 0)
        return;
    zero = is_zero(now);
    if (newest == NO_VERSION && zero)
        return;
    if (model->version_count == VERSION_MAX)
        plat_panic("sim: the model has no room for more versions");
    slot->newest = (uint32_t)model->version_count++;
    model->versions[slot->newest] =
        (struct version){ .instant = (uint32_t)model->instants, .older = newest, .zero = zero };
    model->pages_mapped += was_zero && !zero;
    model->pages_mapped -= !was_zero && zero;
    memcpy(model->bytes[slot->newest], now, PAGE_BYTES);
}

/* The world stands still: an absent page is as the store has it, and stays so. */
static const uint8_t *
page_now(uint64_t address)
{
    static _Alignas(PAGE_BYTES) uint8_t buffer[PAGE_BYTES];
    unsigned char present = 0;

    if (mincore((void *)address, PAGE_BYTES, &present) == 0 && (present & 1) != 0)
        return (const uint8_t *)address;
    if (store_page_read(watched_store, space_page_of(address), buffer) != OK)
        plat_panic("sim: a page cannot be read");
    return buffer;
}

static void
range_keep(void *context, uint64_t from, uint64_t to)
{
    struct sim_model *model = context;

    for (uint64_t address = from & ~(PAGE_BYTES - 1); address < to; address += PAGE_BYTES)
        page_keep(model, space_page_of(address), page_now(address));
}

static void
instant_add(struct sim_model *model, uint64_t generation, uint32_t epoch)
{
    if (model->instants == INSTANT_MAX)
        plat_panic("sim: the model has no room for more instants");
    model->generations[model->instants] = generation;
    model->epochs[model->instants] = epoch;
    model->mapped[model->instants] = (uint32_t)model->pages_mapped;
    model->instants++;
}

/* The world stands still, and the epoch is about to close: this is the instant. */
static void
instant_keep(void *context, uint32_t epoch)
{
    struct sim_model *model = context;

    watched_ranges(range_keep, model);
    instant_add(model, NO_GENERATION, epoch);
}

/* The epoch was committed; epochs that failed before it went into it. */
static void
instant_committed(void *context, uint32_t epoch, const struct store_note *note)
{
    struct sim_model *model = context;

    for (uint64_t i = model->instants; i-- > 0;) {
        if (model->epochs[i] != epoch)
            continue;
        model->generations[i] = note->generation;
        break;
    }
    model->commits++;
    model->newest = note->generation;
    sim_record_mark(watched_record, note->generation);
}

static void
opened_keep(void *argument)
{
    struct sim_model *model = argument;

    watched_ranges(range_keep, model);
    instant_add(model, model->newest, UINT32_MAX /* of no epoch of this life */);
}

err_t
sim_model_watch(struct sim_model *model, sim_model_ranges_fn *ranges, struct store *store,
                struct sim_record *record, uint64_t generation)
{
    watched_ranges = ranges;
    watched_store = store;
    watched_record = record;
    model->newest = generation;
    TRY(pmem_world_do(NULL, opened_keep, model, 0));
    observer = (struct pmem_observer){ .before = instant_keep,
                                       .after = instant_committed,
                                       .context = model };
    pmem_observe(&observer);
    return OK;
}

void
sim_model_page(struct sim_model *model, uint64_t page, const void *bytes)
{
    page_keep(model, page, bytes);
}

void
sim_model_instant(struct sim_model *model, uint64_t generation)
{
    instant_add(model, generation, UINT32_MAX);
    model->newest = generation;
}

uint64_t
sim_model_instants(const struct sim_model *model)
{
    return model->instants;
}

uint64_t
sim_model_commits(const struct sim_model *model)
{
    return model->commits;
}

uint64_t
sim_model_newest(const struct sim_model *model)
{
    return model->newest;
}

/* The instant of a generation, or UINT64_MAX. */
static uint64_t
generation_instant(const struct sim_model *model, uint64_t generation)
{
    for (uint64_t i = model->instants; i-- > 0;)
        if (model->generations[i] == generation)
            return i;
    for (uint64_t i = model->added_count; i-- > 0;)
        if (model->added[i].generation == generation)
            return model->added[i].instant;
    return UINT64_MAX;
}

void
sim_model_add(struct sim_model *model, uint64_t generation, uint64_t like)
{
    if (model->added_count == ADDED_MAX)
        plat_panic("sim: the model has no room for more generations");
    model->added[model->added_count++] =
        (struct added){ .generation = generation, .instant = generation_instant(model, like) };
}

/* What the page held at that instant; zeroes if it had no version then. */
static const uint8_t *
page_at(const struct sim_model *model, const struct page_slot *slot, uint64_t instant)
{
    static const uint8_t zeroes[PAGE_BYTES];
    uint32_t version = slot->newest;

    while (version != NO_VERSION && model->versions[version].instant > instant)
        version = model->versions[version].older;
    return version == NO_VERSION ? zeroes : model->bytes[version];
}

typedef err_t read_fn(void *from, uint64_t page, void *buffer);

static err_t
newest_read(void *store, uint64_t page, void *buffer)
{
    return store_page_read(store, page, buffer);
}

static err_t
view_read(void *view, uint64_t page, void *buffer)
{
    return store_view_read(view, page, buffer);
}

/* The first page that differs, or UINT64_MAX; `err` says if it could not even be read. */
static uint64_t
difference_find(const struct sim_model *model, read_fn *read_page, void *from, uint64_t instant,
                uint64_t *lost, err_t *err)
{
    static _Alignas(PAGE_BYTES) uint8_t got[PAGE_BYTES];

    for (uint64_t i = 0; i < model->page_count; i++) {
        const struct page_slot *slot = &model->slots[model->used[i]];

        *err = read_page(from, slot->page_plus_1 - 1, got);
        if (lost != NULL && (*err == ERR_CORRUPT || *err == ERR_IO))
            (*lost)++;
        else if (*err != OK || memcmp(got, page_at(model, slot, instant), PAGE_BYTES) != 0)
            return slot->page_plus_1 - 1;
    }
    return UINT64_MAX;
}

static bool
instant_equals(const struct sim_model *model, read_fn *read_page, void *from, uint64_t pages_mapped,
               uint64_t instant, uint64_t *lost)
{
    err_t err = OK;
    uint64_t page = difference_find(model, read_page, from, instant, lost, &err);
    uint64_t mapped = lost != NULL && *lost > 0 ? pages_mapped : model->mapped[instant];

    if (page != UINT64_MAX)
        fprintf(stderr, "sim: page %" PRIu64 " %s (error %d)\n", page,
                err == OK ? "differs from the copy of its snapshot" : "cannot be read", (int)err);
    else if (pages_mapped != mapped)
        fprintf(stderr, "sim: %" PRIu64 " pages are mapped, %" PRIu64 " should be\n", pages_mapped,
                mapped);
    return page == UINT64_MAX && pages_mapped == mapped;
}

bool
sim_model_knows(const struct sim_model *model, uint64_t generation)
{
    return generation_instant(model, generation) != UINT64_MAX;
}

bool
sim_model_equals(const struct sim_model *model, struct store *store, uint64_t generation,
                 uint64_t *lost)
{
    struct store_stats stats;

    store_stats_get(store, &stats);
    return instant_equals(model, newest_read, store, stats.pages_mapped,
                          generation_instant(model, generation), lost);
}

bool
sim_model_equals_view(const struct sim_model *model, struct store_view *view, uint64_t generation,
                      uint64_t *lost)
{
    return instant_equals(model, view_read, view, store_view_pin(view).pages_mapped,
                          generation_instant(model, generation), lost);
}

bool
sim_model_has_unnumbered(const struct sim_model *model, struct store *store)
{
    err_t err;

    for (uint64_t i = model->instants; i-- > 0;)
        if (model->generations[i] == NO_GENERATION &&
            difference_find(model, newest_read, store, i, NULL, &err) == UINT64_MAX)
            return true;
    return false;
}
