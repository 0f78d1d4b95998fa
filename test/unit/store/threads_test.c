/*
 * threads_test.c - readers, early writers and credit beside a committer that folds.
 *
 * Worth most under ThreadSanitizer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"
#include "support/disk.h"
#include "support/suite.h"

#define BLOCKS  (1u << 14)
#define PAGES   600u
#define EARLIES 40u /* the last pages are only written early */
#define COMMITS 320u
#define PAGE    4096

static struct store *store;
static _Atomic uint32_t floors[PAGES]; /* a page never again reads older than this */
static _Atomic bool done;

static uint64_t
page_of(unsigned index)
{
    return (uint64_t)index * 131;
}

static void
fill(unsigned index, uint32_t version, uint32_t *words)
{
    for (unsigned i = 0; i < PAGE / 4; i++)
        words[i] = version * 1009u + index;
}

/* The version that a page holds; every word of it must agree. */
static uint32_t
version_of(unsigned index, const uint32_t *words)
{
    for (unsigned i = 1; i < PAGE / 4; i++)
        ck_assert_uint_eq(words[i], words[0]);
    return words[0] == 0 ? 0 : (words[0] - index) / 1009u;
}

static void *
reader(void *argument)
{
    uint32_t *words = aligned_alloc(PAGE, PAGE);
    uint64_t state = (uint64_t)(uintptr_t)argument;

    while (!atomic_load(&done)) {
        unsigned index;
        uint32_t floor;

        state = state * 6364136223846793005ull + 1442695040888963407ull;
        index = (unsigned)(state >> 33) % PAGES;
        floor = atomic_load(&floors[index]);
        ck_assert_int_eq(store_page_read(store, page_of(index), words), OK);
        ck_assert_uint_ge(version_of(index, words), floor);
        if (floor > 0)
            ck_assert(!store_page_is_zero(store, page_of(index)));
    }
    free(words);
    return NULL;
}

static void *
early_writer(void *argument)
{
    uint32_t *words = aligned_alloc(PAGE, PAGE);

    (void)argument;
    for (uint32_t version = 1; !atomic_load(&done); version++) {
        unsigned index = PAGES - 1 - version % EARLIES;
        err_t err;

        if (store_credit_take(store, 3) != OK)
            continue;
        fill(index, version, words);
        err = store_page_write_early(store, store_generation_running(store), page_of(index), words);
        if (err == OK)
            atomic_store(&floors[index], version);
        else
            ck_assert_int_eq(err, ERR_CANCELLED);
        store_credit_give(store, err == OK ? 2 : 3);
    }
    free(words);
    return NULL;
}

static void
commit_one(uint32_t version, uint32_t *words)
{
    struct store_note note = { .cause = STORE_CAUSE_INTERVAL };

    ck_assert_int_eq(store_credit_take(store, 10), OK);
    store_commit_begin(store);
    for (unsigned i = 0; i < 10; i++) {
        unsigned index = (version * 7 + i * 13) % (PAGES - EARLIES);

        fill(index, version, words);
        ck_assert_int_eq(store_commit_page(store, page_of(index), words), OK);
        atomic_store(&floors[index], version);
    }
    ck_assert_int_eq(store_commit_finish(store, &note), OK);
}

static void
count_damage(void *context, const struct store_finding *finding)
{
    (void)finding;
    ++*(unsigned *)context;
}

START_TEST(readers_and_early_writers_run_beside_commits_and_folds)
{
    struct plat_disk *disk = test_disk_create(BLOCKS);
    uint32_t *words = aligned_alloc(PAGE, PAGE);
    pthread_t threads[3];
    struct store_stats stats;
    unsigned damage = 0;

    ck_assert_int_eq(store_format(disk, BLOCKS), OK);
    ck_assert_int_eq(store_open(disk, false, &store, NULL), OK);
    pthread_create(&threads[0], NULL, reader, (void *)1);
    pthread_create(&threads[1], NULL, reader, (void *)2);
    pthread_create(&threads[2], NULL, early_writer, NULL);
    for (uint32_t version = 1; version <= COMMITS; version++)
        commit_one(version, words);
    atomic_store(&done, true);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    store_stats_get(store, &stats);
    ck_assert_uint_ge(stats.folds, 1);
    ck_assert_int_eq(store_check(store, count_damage, NULL, &damage), OK);
    ck_assert_uint_eq(damage, 0);
    store_close(store);
    test_disk_free(disk);
    free(words);
}
END_TEST

UNIT_TESTS_WITHIN("store/threads", 120, readers_and_early_writers_run_beside_commits_and_folds)
