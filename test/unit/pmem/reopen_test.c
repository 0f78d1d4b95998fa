/*
 * reopen_test.c - the space over a real store on a real file: what is found after
 * opening again is what stood there at the instant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "linux/disk.h"
#include "pmem/pmem_priv.h"
#include "start.h"
#include "support/folder.h"

#define VOLUME_BYTES (64ull << 20)
#define ACCOUNTS     300
#define MONEY        1000

/* A disk that stands before another, and fails when told to. */
struct frail_disk {
    struct plat_disk disk;
    struct plat_disk *behind;
    _Atomic int writes_left; /* negative: no limit; then one write fails */
    _Atomic int flushes_left;
};

static struct frail_disk frail;
static struct store *store;
static struct pmem_worker worker;
static char folder[FOLDER_BYTES], path[300];

static uint64_t
frail_block_count(const struct plat_disk *disk)
{
    (void)disk;
    return plat_disk_block_count(frail.behind);
}

static bool
frail_read_only(const struct plat_disk *disk)
{
    (void)disk;
    return plat_disk_read_only(frail.behind);
}

static bool
frail_fails(const struct plat_io *io)
{
    if (io->kind == PLAT_WRITE && frail.writes_left >= 0)
        return atomic_fetch_sub(&frail.writes_left, 1) == 0;
    if (io->kind == PLAT_FLUSH && frail.flushes_left >= 0)
        return atomic_fetch_sub(&frail.flushes_left, 1) == 0;
    return false;
}

static void
frail_submit(struct plat_disk *disk, struct plat_io *io)
{
    struct plat_io *next;

    (void)disk;
    for (; io; io = next) {
        next = io->next;
        io->next = NULL;
        if (frail_fails(io)) {
            io->result = ERR_IO;
            atomic_store(&io->done, 1);
        } else {
            plat_disk_submit(frail.behind, io);
        }
    }
}

static err_t
frail_wait(struct plat_disk *disk, struct plat_io *io)
{
    (void)disk;
    return plat_disk_wait(frail.behind, io);
}

static err_t
frail_run(struct plat_disk *disk, struct plat_io *io)
{
    frail_submit(disk, io);
    return frail_wait(disk, io);
}

static err_t
frail_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    (void)disk;
    return plat_disk_reserve(frail.behind, block, block_count);
}

static void
frail_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    (void)disk;
    plat_disk_discard(frail.behind, block, block_count);
}

static const struct linux_disk_ops frail_ops = {
    frail_block_count, frail_read_only, frail_submit,  frail_wait,
    frail_run,         frail_reserve,   frail_discard,
};

static void
disk_open(bool create)
{
    struct linux_disk_options options = { .create = create, .create_bytes = VOLUME_BYTES };
    char message[256];

    ck_assert_msg(linux_disk_open(path, &options, &frail.behind, message, sizeof(message)) == OK,
                  "%s", message);
    ck_assert_int_eq(linux_disk_keep(frail.behind, message, sizeof(message)), OK);
    frail.disk.ops = &frail_ops;
    frail.writes_left = frail.flushes_left = -1;
}

static void
up(struct pmem_options options)
{
    struct store_opened opened;

    disk_open(false);
    ck_assert_int_eq(store_open(&frail.disk, false, &store, &opened), OK);
    ck_assert(!opened.fell_back);
    options.on_demand_only = true;
    start(store, options);
    join(&worker);
}

static void
down(void)
{
    ck_assert_int_eq(pmem_world_do(&worker, check_in_world, NULL, 0), OK);
    pmem_worker_leave(&worker);
    pmem_stop();
    store_close(store);
    linux_disk_close(frail.behind);
}

static void
setup(void)
{
    ck_assert(folder_make(folder));
    snprintf(path, sizeof(path), "%s/volume", folder);
    disk_open(true);
    ck_assert_int_eq(store_format(&frail.disk, VOLUME_BYTES / PLAT_BLOCK_BYTES), OK);
    linux_disk_close(frail.behind);
}

static void
finding(void *context, const struct store_finding *found)
{
    (void)context;
    ck_assert_msg(!found->damage, "%s", found->what);
}

static void
teardown(void)
{
    disk_open(false);
    ck_assert_int_eq(store_open(&frail.disk, true, &store, NULL), OK);
    ck_assert_int_eq(store_check(store, finding, NULL, NULL), OK);
    store_close(store);
    linux_disk_close(frail.behind);
    unlink(path);
    rmdir(folder);
}

START_TEST(what_was_committed_is_there_and_what_was_not_is_not)
{
    up((struct pmem_options){ 0 });
    for (uint64_t page = 0; page < 1000; page++) {
        pmem_store64(at(page * 7, 3), page + 1);
        if (pmem_poll())
            ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    ck_assert_int_eq(commit(&worker), OK);
    for (uint64_t page = 0; page < 40; page++)
        pmem_store64(at(page * 7, 3), 0);
    down();
    up((struct pmem_options){ 0 });
    for (uint64_t page = 0; page < 1000; page++)
        ck_assert_uint_eq(pmem_load64(at(page * 7, 3)), page + 1);
    down();
}
END_TEST

/* Transfers between accounts, all of them between two safepoints each. */
struct clerk {
    uint64_t from, to, seed;
    bool failed;
};

static _Atomic bool finish;

static void *
transfer(void *argument)
{
    struct clerk *clerk = argument;
    struct pmem_worker own;

    join(&own);
    while (!atomic_load(&finish)) {
        uint64_t count = clerk->to - clerk->from, a, b, sum;

        if (pmem_safepoint(&own) != OK)
            clerk->failed = true;
        clerk->seed = clerk->seed * 6364136223846793005u + 1442695040888963407u;
        a = at(clerk->from + (clerk->seed >> 40) % count, 0);
        b = at(clerk->from + (clerk->seed >> 50) % count, 0);
        sum = (clerk->seed >> 30) % 10;
        pmem_store64(a, pmem_load64(a) - sum);
        pmem_store64(b, pmem_load64(b) + sum);
    }
    pmem_worker_leave(&own);
    return NULL;
}

static uint64_t
balance(void)
{
    uint64_t sum = 0;

    for (uint64_t page = 0; page < ACCOUNTS; page++) {
        sum += pmem_load64(at(page, 0));
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    return sum;
}

static void
bank(struct pmem_options options, bool disk_fails)
{
    unsigned done = 0;

    up(options);
    for (uint64_t page = 0; page < ACCOUNTS; page++) {
        pmem_store64(at(page, 0), MONEY);
        ck_assert_int_eq(pmem_safepoint(&worker), OK);
    }
    ck_assert_int_eq(commit(&worker), OK);
    for (unsigned round = 0; round < 8; round++) {
        struct clerk clerks[2] = { { 0, ACCOUNTS, round, false }, { 0, ACCOUNTS, 99, false } };
        pthread_t threads[2];

        clerks[0].to = clerks[1].from = ACCOUNTS / 2;
        atomic_store(&finish, false);
        pmem_worker_away(&worker);
        for (unsigned i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, transfer, &clerks[i]);
        for (unsigned i = 0; i < 12; i++) {
            while (!pmem_snapshot_due())
                usleep(100);
            if (disk_fails && i % 4 == 1)
                frail.writes_left = (int)(round + i);
            if (disk_fails && i % 4 == 3)
                frail.flushes_left = (int)(i & 4) / 4;
            done += pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)) == OK;
        }
        atomic_store(&finish, true);
        for (unsigned i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        pmem_worker_back(&worker);
        ck_assert(!clerks[0].failed);
        ck_assert(!clerks[1].failed);
        ck_assert_uint_eq(balance(), ACCOUNTS * MONEY);
        frail.writes_left = frail.flushes_left = -1;
        down(); /* without a last snapshot: back to an instant between two moves */
        up(options);
        ck_assert_uint_eq(balance(), ACCOUNTS * MONEY);
    }
    ck_assert_uint_gt(done, 20);
    down();
}

START_TEST(each_restart_finds_one_instant)
{
    bank((struct pmem_options){ 0 }, false);
}
END_TEST

START_TEST(each_restart_finds_one_instant_though_memory_is_short)
{
    bank((struct pmem_options){ .resident_bytes_max = 100 * PAGE_BYTES }, false);
}
END_TEST

START_TEST(each_restart_finds_one_instant_in_a_strict_space)
{
    bank((struct pmem_options){ .strict = true, .resident_bytes_max = 100 * PAGE_BYTES }, false);
}
END_TEST

START_TEST(each_restart_finds_one_instant_though_the_disk_fails)
{
    bank((struct pmem_options){ .resident_bytes_max = 100 * PAGE_BYTES }, true);
}
END_TEST

START_TEST(a_full_volume_refuses_and_keeps_what_it_has)
{
    uint64_t page = 0, written;

    up((struct pmem_options){ 0 });
    for (;;) {
        pmem_store64(at(page, 0), page + 1);
        page++;
        if (page % 16 == 0 && pmem_safepoint(&worker) != OK)
            break;
        ck_assert_uint_lt(page, VOLUME_BYTES / PAGE_BYTES);
    }
    written = page;
    pmem_worker_away(&worker);
    ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)), OK);
    pmem_worker_back(&worker);
    down();
    up((struct pmem_options){ 0 });
    for (page = 0; page < written; page++)
        ck_assert_uint_eq(pmem_load64(at(page, 0)), page + 1);
    /* Most of the volume was of use. */
    ck_assert_uint_gt(written, VOLUME_BYTES / PAGE_BYTES / 2);
    down();
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("pmem/reopen");
    TCase *tcase = tcase_create("reopen");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, what_was_committed_is_there_and_what_was_not_is_not);
    tcase_add_test(tcase, each_restart_finds_one_instant);
    tcase_add_test(tcase, each_restart_finds_one_instant_though_memory_is_short);
    tcase_add_test(tcase, each_restart_finds_one_instant_in_a_strict_space);
    tcase_add_test(tcase, each_restart_finds_one_instant_though_the_disk_fails);
    tcase_add_test(tcase, a_full_volume_refuses_and_keeps_what_it_has);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
