/*
 * threads_test.c - several workers allocate, store and collect at the same time; snapshots are
 * taken meanwhile. Meant for ThreadSanitizer, too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/heap_space.h"

#include <pthread.h>

#include "heap/heap_priv.h"
#include "heap/text.h"

#define WORKERS 4
#define SHARED  512

#ifdef __SANITIZE_THREAD__
#define STEPS 20000
#else
#define STEPS 100000
#endif

struct mutator {
    struct pmem_worker worker;
    struct heap_local local;
    struct heap_handle handle;
    pthread_t thread;
    unsigned number;
};

static struct heap_handle shared;

static void
setup(void)
{
    space_heap = (struct heap_options){ .nursery_bytes = 512 << 10 };
    space_start();
    space_make_pair_class();
    heap_handle_open(&shared, space_alloc_old(array_bytes(KIND_WORDS, SHARED), CLASS_WORDS));
    array_length_set(shared.word, SHARED);
    heap.full_bytes_min = 1 << 20;
}

static void
teardown(void)
{
    space_check();
    heap_handle_close(&shared);
    space_stop();
}

static void
safepoint(struct mutator *mutator)
{
    ck_assert_int_eq(pmem_safepoint(&mutator->worker), OK);
    if (heap_wants_scavenge())
        ck_assert_int_eq(heap_collect(&mutator->local, 0), OK);
}

static ref_t
alloc(struct mutator *mutator, uint64_t bytes, uint32_t class_number)
{
    for (;;) {
        ref_t object = heap_alloc(&mutator->local, bytes, class_number);

        if (object != 0)
            return object;
        ck_assert_int_eq(heap_collect(&mutator->local, bytes), OK);
    }
}

static void
alloc_old(struct mutator *mutator)
{
    while (heap_alloc_old(&mutator->local, PAIR_BYTES, CLASS_PAIR) == 0)
        ck_assert_int_eq(heap_collect(&mutator->local, PAIR_BYTES), OK);
}

/* Its own list is as long as it should be, newest first. */
static void
check_own_list(struct mutator *mutator, uint64_t length)
{
    uint64_t i = STEPS;

    for (word_t at = mutator->handle.word; at != WORD_NULL; at = pair_get(at, 0), length--)
        ck_assert_uint_eq(pair_id(at), (uint64_t)mutator->number << 32 | --i);
    ck_assert_uint_eq(length, 0);
}

/* A list of the worker's own, thrown away now and then; and pairs that all may see. */
static void *
mutate(void *argument)
{
    struct mutator *mutator = argument;
    uint64_t length = 0;

    ck_assert_int_eq(pmem_worker_join(&mutator->worker), OK);
    heap_local_join(&mutator->local, &mutator->worker);
    heap_local_charge(&mutator->local, mutator->number);
    heap_handle_open(&mutator->handle, WORD_NULL);
    for (unsigned i = 0; i < STEPS; i++) {
        ref_t pair = alloc(mutator, PAIR_BYTES, CLASS_PAIR);
        uint32_t place = (i * 31 + mutator->number * 7) % SHARED;
        word_t seen;

        SET_U64(pair_object, pair, id, (uint64_t)mutator->number << 32 | i);
        pair_set(pair, 0, mutator->handle.word);
        mutator->handle.word = ++length > 1000 ? WORD_NULL : pair;
        if (length > 1000)
            length = 0;
        if (i % 3 == 0) {
            pair = alloc(mutator, PAIR_BYTES, CLASS_PAIR);
            SET_U64(pair_object, pair, id, 0x5eed000000000000ull | i);
            atomic_thread_fence(memory_order_release); /* a reference is published behind one */
            array_store_word(shared.word, place, pair);
        }
        seen = array_load_word(shared.word, (place + 100) % SHARED);
        if (seen != WORD_NULL)
            ck_assert_uint_eq(heap_class_of(seen), CLASS_PAIR);
        if (i % 997 == 0)
            alloc(mutator, 20000 + i % 7 * 5000, CLASS_BYTES);
        if (i % 7 == 0)
            alloc_old(mutator); /* in a hole, while others count what holes there are */
        if (pmem_poll() || heap_wants_scavenge())
            safepoint(mutator);
    }
    check_own_list(mutator, length);
    heap_handle_close(&mutator->handle);
    heap_local_leave(&mutator->local);
    pmem_worker_leave(&mutator->worker);
    return NULL;
}

START_TEST(workers_allocate_and_collect_beside_each_other)
{
    static struct mutator mutators[WORKERS];
    struct heap_stats stats;

    for (unsigned i = 0; i < WORKERS; i++) {
        mutators[i].number = i + 1;
        ck_assert_int_eq(pthread_create(&mutators[i].thread, NULL, mutate, &mutators[i]), 0);
    }
    for (unsigned i = 0; i < 8; i++) {
        space_check();
        ck_assert_int_eq(commit(&space_worker), OK);
    }
    pmem_worker_away(&space_worker);
    for (unsigned i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(mutators[i].thread, NULL), 0);
    pmem_worker_back(&space_worker);
    heap_stats_get(&stats);
    ck_assert_uint_gt(stats.scavenges, 10);
    ck_assert_uint_gt(stats.full_collections, 0);
}
END_TEST

/* ---- */

static void *
open_and_close(void *argument)
{
    static struct heap_handle handles[WORKERS][50];
    struct heap_handle *own = handles[(uintptr_t)argument];

    for (unsigned round = 0; round < 200; round++) {
        for (unsigned i = 0; i < 50; i++)
            heap_handle_open(&own[i], word_from_int((int32_t)i));
        for (unsigned i = 0; i < 50; i++) {
            ck_assert_uint_eq(own[i * 7 % 50].word, word_from_int((int32_t)(i * 7 % 50)));
            heap_handle_close(&own[i * 7 % 50]);
        }
    }
    return NULL;
}

static _Atomic bool filler_runs, filler_may_end;

/* Waits until somebody wants to stop the world, and only then fills the nursery. */
static void *
fill_late(void *argument)
{
    struct mutator *mutator = argument;
    uint64_t length = 0;

    ck_assert_int_eq(pmem_worker_join(&mutator->worker), OK);
    heap_local_join(&mutator->local, &mutator->worker);
    heap_handle_open(&mutator->handle, WORD_NULL);
    atomic_store(&filler_runs, true);
    while ((atomic_load(&pmem_stop_wanted) & 1) == 0) /* a stop, not a lack of credit */
        ;
    for (;;) {
        ref_t pair = heap_alloc(&mutator->local, PAIR_BYTES, CLASS_PAIR);

        if (pair == 0)
            break;
        SET_U64(pair_object, pair, id, length++);
        pair_set(pair, 0, mutator->handle.word);
        mutator->handle.word = pair;
    }
    while (!atomic_load(&filler_may_end))
        ck_assert_int_eq(pmem_safepoint(&mutator->worker), OK);
    for (word_t at = mutator->handle.word; at != WORD_NULL; at = pair_get(at, 0))
        ck_assert_uint_eq(pair_id(at), --length);
    heap_handle_close(&mutator->handle);
    heap_local_leave(&mutator->local);
    pmem_worker_leave(&mutator->worker);
    return NULL;
}

START_TEST(what_is_allocated_while_the_world_stops_is_counted_too)
{
    static struct mutator mutator;

    heap_handle_close(&shared);
    space_stop();
    fake_clear(&fake.committed);
    fake.generation = 1;
    space_heap = (struct heap_options){ .nursery_bytes = 16 << 20, .move_always = true };
    space_start();
    space_make_pair_class();
    heap_handle_open(&shared, space_pair(1));
    space_scavenge();
    ck_assert_int_eq(pthread_create(&mutator.thread, NULL, fill_late, &mutator), 0);
    while (!atomic_load(&filler_runs))
        ;
    space_scavenge();
    ck_assert_uint_eq(pair_id(shared.word), 1);
    ck_assert_uint_gt(heap.stats.promoted_bytes, 8 << 20);
    atomic_store(&filler_may_end, true);
    pmem_worker_away(&space_worker);
    ck_assert_int_eq(pthread_join(mutator.thread, NULL), 0);
    pmem_worker_back(&space_worker);
}
END_TEST

START_TEST(handles_are_opened_and_closed_by_any_thread)
{
    pthread_t threads[WORKERS];

    for (uintptr_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, open_and_close, (void *)i), 0);
    for (unsigned i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tcase = tcase_create("threads");

    suite_add_tcase(suite, tcase);
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, workers_allocate_and_collect_beside_each_other);
    tcase_add_test(tcase, what_is_allocated_while_the_world_stops_is_counted_too);
    tcase_add_test(tcase, handles_are_opened_and_closed_by_any_thread);
    return run(suite);
}
