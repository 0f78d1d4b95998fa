/*
 * fake_store.h - a store in memory that does what store.h says and fails when
 * told to. Linked in place of core/store, so that tests of pmem see what was
 * handed over, and when.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/space.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "store/history.h"
#include "store/store.h"

#define FAKE_SLOTS      (1u << 15)
#define FAKE_WATCHED_US 500u

/*
 * Pages by number; open addressing, nothing is ever taken out but all at once. What is done to all
 * pages costs what there are of them: most commits have a few.
 */
struct fake_map {
    struct fake_slot {
        uint64_t page; /* plus 1 */
        bool early;
        uint8_t *bytes;
    } slots[FAKE_SLOTS];
    unsigned taken[FAKE_SLOTS]; /* the slots with a page, as they came */
    unsigned count;
};

struct store {
    int dummy;
};

static struct fake {
    pthread_mutex_t lock;
    struct fake_map committed, closing, early, held;
    bool holds, hold_lost;
    _Atomic bool lose_holds; /* an order: each hold is lost at once */
    bool under_way;
    _Atomic uint64_t generation;
    _Atomic uint64_t begun; /* commits */
    _Atomic uint64_t asked; /* those that somebody asked for: the clock did not */
    _Atomic int64_t credit; /* left; taken ones are in credit_out */
    _Atomic int64_t credit_out;
    int64_t handed;                   /* to the commit under way: comes back when it is given up */
    _Atomic uint64_t pages_committed; /* handed to commits */
    _Atomic uint64_t pages_early;
    _Atomic uint64_t held_reads;
    _Atomic uint64_t requests; /* to read pages, one or more each */
    _Atomic uint64_t waited;   /* those for `watched` pages by one for whom the world waits */
    _Atomic enum store_cause cause;
    /* orders */
    _Atomic bool fills;               /* what is written takes room for ever */
    _Atomic unsigned fail_finishes;   /* so many finishes fail */
    _Atomic unsigned fail_page_after; /* the n-th page from now on fails, once */
    _Atomic unsigned page_delay_us;   /* each page of a commit takes so long */
    _Atomic unsigned early_delay_us;
    _Atomic bool fail_early;
    _Atomic uint64_t history_left;  /* of history to be let go of: a part with each commit */
    _Atomic bool history_stays;     /* none of it goes */
    _Atomic uint64_t corrupt_page;  /* plus 1: reading it gives ERR_CORRUPT */
    _Atomic uint64_t silent_page;   /* plus 1: reading it gives ERR_IO */
    _Atomic uint64_t silences;      /* so often it did */
    bool (*watched)(uint64_t page); /* these take long to be read; NULL: none is */
} fake;

static struct store fake_store;

/* By a function: with values of its own all of it, which is megabytes of nothing, would lie in each
 * program. */
__attribute__((constructor)) static void
fake_init(void)
{
    pthread_mutex_init(&fake.lock, NULL);
    fake.credit = 1000000;
    fake.generation = 1;
}

static unsigned
fake_find(struct fake_map *map, uint64_t page)
{
    unsigned at = (unsigned)(page * 2654435761u) % FAKE_SLOTS;

    while (map->slots[at].page && map->slots[at].page != page + 1)
        at = (at + 1) % FAKE_SLOTS;
    return at;
}

static void
fake_put(struct fake_map *map, uint64_t page, const void *bytes, bool early)
{
    unsigned at = fake_find(map, page);

    ck_assert_uint_lt(map->count, FAKE_SLOTS - 1);
    if (!map->slots[at].page) {
        map->taken[map->count++] = at;
        map->slots[at].bytes = malloc(PAGE_BYTES);
    }
    map->slots[at].page = page + 1;
    map->slots[at].early = early;
    memcpy(map->slots[at].bytes, bytes, PAGE_BYTES);
}

/* Let go of the pages, or only forget them. */
static void
fake_empty(struct fake_map *map, bool release)
{
    for (unsigned i = 0; i < map->count; i++) {
        struct fake_slot *slot = &map->slots[map->taken[i]];

        if (release)
            free(slot->bytes);
        *slot = (struct fake_slot){ 0 };
    }
    map->count = 0;
}

static void
fake_clear(struct fake_map *map)
{
    fake_empty(map, true);
}

/* `to` is empty. */
static void
fake_move(struct fake_map *to, struct fake_map *from)
{
    ck_assert_uint_eq(to->count, 0);
    for (; to->count < from->count; to->count++) {
        unsigned at = from->taken[to->count];

        to->taken[to->count] = at;
        to->slots[at] = from->slots[at];
    }
    fake_empty(from, false);
}

static void
fake_copy(struct fake_map *to, const struct fake_map *from)
{
    for (unsigned i = 0; i < from->count; i++) {
        const struct fake_slot *slot = &from->slots[from->taken[i]];

        fake_put(to, slot->page - 1, slot->bytes, false);
    }
}

/* The word at `address` in the newest committed generation. */
static inline uint64_t
fake_committed_word(uint64_t address)
{
    uint64_t word = 0;
    unsigned at;

    pthread_mutex_lock(&fake.lock);
    at = fake_find(&fake.committed, space_page_of(address));
    if (fake.committed.slots[at].page)
        memcpy(&word, fake.committed.slots[at].bytes + address % PAGE_BYTES, 8);
    pthread_mutex_unlock(&fake.lock);
    return word;
}

/* Count an order down; true if there was one. The test may change it meanwhile. */
static bool
fake_fails(_Atomic unsigned *orders)
{
    unsigned left = *orders;

    while (left > 0)
        if (atomic_compare_exchange_weak(orders, &left, left - 1))
            return true;
    return false;
}

err_t
store_page_read(struct store *store, uint64_t page, void *buffer)
{
    struct fake_map *maps[] = { &fake.early, &fake.closing, &fake.committed };
    err_t err = OK;

    (void)store;
    pthread_mutex_lock(&fake.lock);
    memset(buffer, 0, PAGE_BYTES);
    for (unsigned i = 0; i < 3; i++) {
        unsigned at = fake_find(maps[i], page);

        if (maps[i]->slots[at].page) {
            memcpy(buffer, maps[i]->slots[at].bytes, PAGE_BYTES);
            break;
        }
    }
    if (fake.corrupt_page == page + 1)
        err = ERR_CORRUPT;
    if (fake.silent_page == page + 1) {
        fake.silences++;
        err = ERR_IO;
    }
    pthread_mutex_unlock(&fake.lock);
    return err;
}

bool
store_page_is_zero(struct store *store, uint64_t page)
{
    bool zero;

    (void)store;
    pthread_mutex_lock(&fake.lock);
    zero = !fake.early.slots[fake_find(&fake.early, page)].page &&
           !fake.closing.slots[fake_find(&fake.closing, page)].page &&
           !fake.committed.slots[fake_find(&fake.committed, page)].page;
    pthread_mutex_unlock(&fake.lock);
    return zero;
}

/* The calling thread counts as one that runs, or acts in the stopped world. */
static inline bool
fake_keeps_waiting(void)
{
    const struct pmem_worker *worker = plat_self();

    return worker == NULL || atomic_load(&worker->state) != PMEM_AWAY;
}

/* Pages lie behind each other here; each but the last comes as long as it is good. */
err_t
store_pages_read(struct store *store, uint64_t page, uint32_t count, void *buffer, uint32_t *got)
{
    err_t err = store_page_read(store, page, buffer);

    fake.requests++;
    if (fake.watched != NULL && fake.watched(page)) {
        fake.waited += fake_keeps_waiting();
        usleep(FAKE_WATCHED_US);
    }
    for (*got = 1; err == OK && *got < count && !store_page_is_zero(store, page + *got); ++*got) {
        if (store_page_read(store, page + *got, (uint8_t *)buffer + *got * PAGE_BYTES) != OK)
            break;
    }
    return err;
}

err_t
store_credit_take(struct store *store, uint64_t pages)
{
    err_t err = ERR_NOSPACE;

    (void)store;
    pthread_mutex_lock(&fake.lock);
    if (fake.credit >= (int64_t)pages) {
        fake.credit -= (int64_t)pages;
        fake.credit_out += (int64_t)pages;
        err = OK;
    }
    pthread_mutex_unlock(&fake.lock);
    return err;
}

uint64_t
store_credit_possible(struct store *store)
{
    (void)store;
    return fake.credit > 0 ? (uint64_t)fake.credit : 0;
}

void
store_credit_give(struct store *store, uint64_t pages)
{
    (void)store;
    pthread_mutex_lock(&fake.lock);
    fake.credit += (int64_t)pages;
    fake.credit_out -= (int64_t)pages;
    ck_assert_int_ge(fake.credit_out, 0);
    pthread_mutex_unlock(&fake.lock);
}

/* One credit becomes a block. The lock is held. */
static void
fake_credit_use(void)
{
    if (!fake.fills)
        fake.credit++;
    fake.credit_out--;
    ck_assert_int_ge(fake.credit_out, 0);
}

uint64_t
store_generation_running(struct store *store)
{
    (void)store;
    return fake.begun;
}

err_t
store_page_write_early(struct store *store, uint64_t generation, uint64_t page, const void *bytes)
{
    (void)store;
    if (fake.early_delay_us)
        usleep(fake.early_delay_us);
    pthread_mutex_lock(&fake.lock);
    if (fake.fail_early) {
        pthread_mutex_unlock(&fake.lock);
        return ERR_IO;
    }
    if (generation != fake.begun) {
        pthread_mutex_unlock(&fake.lock);
        return ERR_CANCELLED;
    }
    fake_credit_use();
    fake_put(&fake.early, page, bytes, true);
    fake.pages_early++;
    pthread_mutex_unlock(&fake.lock);
    return OK;
}

void
store_commit_begin(struct store *store)
{
    (void)store;
    pthread_mutex_lock(&fake.lock);
    ck_assert(!fake.under_way);
    fake.under_way = true;
    fake.begun++;
    fake.handed = 0;
    fake_move(&fake.closing, &fake.early);
    pthread_mutex_unlock(&fake.lock);
}

err_t
store_commit_page(struct store *store, uint64_t page, const void *bytes)
{
    (void)store;
    if (fake.page_delay_us)
        usleep(fake.page_delay_us);
    pthread_mutex_lock(&fake.lock);
    ck_assert(fake.under_way);
    if (fake_fails(&fake.fail_page_after) && fake.fail_page_after == 0) {
        pthread_mutex_unlock(&fake.lock);
        return ERR_IO;
    }
    fake_credit_use();
    fake.handed++;
    fake_put(&fake.closing, page, bytes, false);
    fake.pages_committed++;
    pthread_mutex_unlock(&fake.lock);
    return OK;
}

static void
fake_give_up(void)
{
    for (unsigned i = 0; i < fake.closing.count; i++) {
        const struct fake_slot *slot = &fake.closing.slots[fake.closing.taken[i]];

        if (slot->early && !fake.early.slots[fake_find(&fake.early, slot->page - 1)].page)
            fake_put(&fake.early, slot->page - 1, slot->bytes, true);
    }
    fake_clear(&fake.closing);
    fake.under_way = false;
    fake.credit_out += fake.handed;
    if (!fake.fills)
        fake.credit -= fake.handed;
}

err_t
store_commit_finish(struct store *store, struct store_note *note)
{
    (void)store;
    pthread_mutex_lock(&fake.lock);
    ck_assert(fake.under_way);
    fake.generation++;
    fake.asked += note->cause != STORE_CAUSE_INTERVAL;
    if (fake_fails(&fake.fail_finishes)) {
        fake_give_up();
        pthread_mutex_unlock(&fake.lock);
        return ERR_IO;
    }
    if (fake.history_left > 0 && !fake.history_stays)
        fake.history_left--;
    note->generation = fake.generation;
    note->page_count = fake.closing.count;
    fake.cause = note->cause;
    fake_copy(&fake.committed, &fake.closing);
    fake_clear(&fake.closing);
    fake.under_way = false;
    pthread_mutex_unlock(&fake.lock);
    return OK;
}

void
store_commit_abandon(struct store *store)
{
    (void)store;
    pthread_mutex_lock(&fake.lock);
    fake_give_up();
    pthread_mutex_unlock(&fake.lock);
}

uint64_t
store_history_left(struct store *store)
{
    (void)store;
    return fake.history_left;
}

/* ---- what is held ---- */

err_t
store_hold_begin(struct store *store)
{
    (void)store;
    pthread_mutex_lock(&fake.lock);
    ck_assert(!fake.under_way);
    ck_assert(!fake.holds);
    fake_clear(&fake.held);
    fake_copy(&fake.held, &fake.committed);
    fake.holds = true;
    fake.hold_lost = false;
    pthread_mutex_unlock(&fake.lock);
    return OK;
}

void
store_hold_end(struct store *store)
{
    (void)store;
    pthread_mutex_lock(&fake.lock);
    fake.holds = false;
    fake_clear(&fake.held);
    pthread_mutex_unlock(&fake.lock);
}

err_t
store_hold_read(struct store *store, uint64_t page, void *buffer)
{
    err_t err = OK;
    unsigned at;

    (void)store;
    pthread_mutex_lock(&fake.lock);
    ck_assert(fake.holds);
    at = fake_find(&fake.held, page);
    memset(buffer, 0, PAGE_BYTES);
    if (fake.held.slots[at].page)
        memcpy(buffer, fake.held.slots[at].bytes, PAGE_BYTES);
    if (fake.corrupt_page == page + 1)
        err = ERR_CORRUPT;
    if (fake.hold_lost || fake.lose_holds)
        err = ERR_CANCELLED;
    fake.held_reads++;
    pthread_mutex_unlock(&fake.lock);
    return err;
}

/* The machine stops: what was not committed is forgotten. */
static inline void
fake_restart(void)
{
    fake_clear(&fake.early);
    fake_clear(&fake.closing);
    fake.under_way = false;
    fake.credit += fake.credit_out;
    fake.credit_out = 0;
}
