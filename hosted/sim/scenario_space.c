/*
 * scenario_space.c - the space without a machine on top: fibres that move
 * money between accounts spread over many pages, clear pages, and ask for
 * snapshots. Generations are pinned and let go of meanwhile, and at the end it may
 * go back to one.
 *
 * Invariant of the program: between two safepoints of a fibre the sum of all
 * accounts is what it was at the start. So it holds at every instant.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/space.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "sim/fibre.h"
#include "sim/scenario.h"
#include "store/history.h"

#define ACCOUNT_PAGES  300u
#define ACCOUNT_COUNT  (ACCOUNT_PAGES * 8u) /* eight to a page */
#define OPENING_AMOUNT 1000u
#define SCRATCH_PAGES  40u
#define SCRATCH_TIGHT  600u /* in the smallest volumes: so many that space gets low */
#define WORKER_COUNT   3u

#define LEDGER_MAGIC   0x6c6564676572ull
#define LEDGER_BASE    SPACE_ROOT
#define ACCOUNTS_BASE  SPACE_HEAP
#define SCRATCH_BASE   (SPACE_HEAP + (1ull << 30))

struct teller {
    struct pmem_worker worker;
    struct plat_thread *thread;
    struct sim_random random;
    unsigned number; /* accounts are its own if their number leaves this over */
    bool failed;
};

static _Atomic uint32_t closing_time;
static uint64_t scratch_pages;

static uint64_t
account_address(uint64_t account)
{
    return ACCOUNTS_BASE + (account % ACCOUNT_PAGES) * PAGE_BYTES + (account / ACCOUNT_PAGES) * 512;
}

static void
ranges(sim_model_take_fn *take, void *context)
{
    take(context, LEDGER_BASE, LEDGER_BASE + PAGE_BYTES);
    take(context, ACCOUNTS_BASE, ACCOUNTS_BASE + ACCOUNT_PAGES * PAGE_BYTES);
    take(context, SCRATCH_BASE, SCRATCH_BASE + scratch_pages * PAGE_BYTES);
}

/* ---- making the volume ---- */

static void
accounts_open(void *argument)
{
    (void)argument;
    for (uint64_t i = 0; i < ACCOUNT_COUNT; i++)
        pmem_store64(account_address(i), OPENING_AMOUNT);
    pmem_store64(LEDGER_BASE, LEDGER_MAGIC);
}

static bool
prepare(struct plat_disk *disk)
{
    struct pmem_options options = { .on_demand_only = true };
    struct store *store = NULL;
    err_t err = store_format(disk, plat_disk_block_count(disk));

    if (err != OK)
        return sim_trouble("format", err);
    err = store_open(disk, false, &store, NULL);
    if (err != OK)
        return sim_trouble("open", err);
    err = pmem_start(store, &options);
    if (err != OK)
        return sim_trouble("bring up the space", err);
    err = pmem_world_do(NULL, accounts_open, NULL, ACCOUNT_PAGES + 1);
    if (err == OK)
        err = pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_NEW));
    pmem_stop();
    store_close(store);
    return err == OK ? true : sim_trouble("open the accounts", err);
}

/* ---- living ---- */

static void
accounts_sum(void *argument)
{
    uint64_t *sum = argument;

    *sum = 0;
    if (pmem_load64(LEDGER_BASE) != LEDGER_MAGIC)
        return;
    /* Page by page: memory is smaller than they are. */
    for (uint64_t page = 0; page < ACCOUNT_PAGES; page++)
        for (uint64_t i = page; i < ACCOUNT_COUNT; i += ACCOUNT_PAGES)
            *sum += pmem_load64(account_address(i));
}

static bool
accounts_check(const char *when)
{
    uint64_t sum = 0;
    err_t err = pmem_world_do(NULL, accounts_sum, &sum, 0);

    if (err != OK)
        return sim_trouble("sum up", err);
    if (sum != (uint64_t)ACCOUNT_COUNT * OPENING_AMOUNT) {
        fprintf(stderr, "sim: %s the accounts sum up to %" PRIu64 "\n", when, sum);
        return false;
    }
    return true;
}

/* One of the teller's own accounts; three times in four one of a few that are used a lot. */
static uint64_t
account_pick(struct teller *teller)
{
    uint64_t hot = sim_random_chance(&teller->random, 3, 4) ? 64 : ACCOUNT_COUNT / WORKER_COUNT;

    return account_address(sim_random_below(&teller->random, hot) * WORKER_COUNT + teller->number);
}

/* Both stores lie between two safepoints, so no instant sees only one of them. */
static void
money_move(struct teller *teller)
{
    struct sim_random *random = &teller->random;
    uint64_t from = account_pick(teller);
    uint64_t to = account_pick(teller);
    uint64_t amount = pmem_load64(from);

    if (amount == 0 || from == to)
        return;
    amount = 1 + sim_random_below(random, amount);
    pmem_store64(from, pmem_load64(from) - amount);
    plat_switch_point();
    pmem_store64(to, pmem_load64(to) + amount);
}

/* Pages that are filled and cleared, so that blocks are taken and given back. */
static void
scratch_use(struct sim_random *random)
{
    uint64_t page = SCRATCH_BASE + sim_random_below(random, scratch_pages) * PAGE_BYTES;
    uint64_t words[16];

    if (sim_random_chance(random, 1, 2)) {
        pmem_zero(page, PAGE_BYTES);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        words[i] = sim_random_next(random);
    pmem_copy_in(page + sim_random_below(random, 30) * 128, words, sizeof words);
}

static void
teller_main(void *argument)
{
    struct teller *teller = argument;

    if (pmem_worker_join(&teller->worker) != OK) {
        teller->failed = true;
        return;
    }
    while (atomic_load(&closing_time) == 0) {
        if (pmem_safepoint(&teller->worker) != OK)
            continue; /* the volume is full: nothing may be written now */
        money_move(teller);
        if (sim_random_chance(&teller->random, 1, 4))
            scratch_use(&teller->random);
        plat_switch_point();
        if (sim_random_chance(&teller->random, 1, 64)) {
            pmem_worker_away(&teller->worker);
            plat_yield();
            pmem_worker_back(&teller->worker);
        }
    }
    pmem_worker_leave(&teller->worker);
}

/* Tellers share pages, but no account: they take no locks. */
static bool
tellers_start(struct teller *tellers, struct sim_random *random)
{
    for (unsigned i = 0; i < WORKER_COUNT; i++) {
        tellers[i] = (struct teller){ .number = i, .random = sim_random_split(random, i + 1) };
        if (plat_thread_create(&tellers[i].thread, "teller", teller_main, &tellers[i]) != OK)
            return sim_trouble("start a teller", ERR_NOMEM);
    }
    return true;
}

/* ---- history ---- */

/* A pin that can be read and that the model knows, or 0. */
static uint64_t
pin_pick(struct store *store, const struct sim_model *model, struct sim_random *random)
{
    struct store_pin pins[STORE_PINS_MAX];
    size_t count = store_pins_get(store, pins, STORE_PINS_MAX);
    const struct store_pin *pin;

    if (count == 0)
        return 0;
    pin = &pins[sim_random_below(random, count)];
    return !pin->going && sim_model_knows(model, pin->note.generation) ? pin->note.generation : 0;
}

/* Read a pinned generation while the space is written to and committed. */
static bool
past_check(struct store *store, const struct sim_model *model, uint64_t generation)
{
    struct store_view *view;
    bool equal;

    if (store_view_open(store, generation, &view) != OK)
        return true; /* the flusher has just let go of it */
    equal = sim_model_equals_view(model, view, generation, NULL);
    store_view_close(view);
    if (!equal)
        fprintf(stderr, "sim: pinned generation %" PRIu64 " differs while it runs\n", generation);
    return equal;
}

/* Pins come and go while commits are under way. */
static bool
history_use(struct store *store, const struct sim_model *model, struct sim_random *random)
{
    uint64_t generation = pin_pick(store, model, random);

    if (sim_random_chance(random, 1, 8))
        store_pin_ask(store);
    if (generation == 0)
        return true;
    if (sim_random_chance(random, 1, 12))
        IGNORE(store_unpin(store, generation), "it may be going since it was picked");
    return sim_random_chance(random, 15, 16) || past_check(store, model, generation);
}

/* In some lives folds are pinned by themselves, and thinned out. */
static void
policy_choose(struct store *store, struct sim_random *random)
{
    const struct store_policy policy = { .last = (uint32_t)sim_random_below(random, 3) };

    IGNORE(store_policy_set(store, &policy), "it is small");
}

/* The space is down. Its next life begins in the past, or, after a cut, where this one ended. */
static bool
go_back(struct plat_disk *disk, struct sim_model *model, struct sim_record *record,
        struct sim_random *random)
{
    struct store_note note = { .wall_ns = plat_wall_ns() };
    struct store_opened opened;
    struct store *store = NULL;
    uint64_t generation, next, kept;
    err_t err = store_open(disk, false, &store, &opened);

    if (err != OK)
        return sim_trouble("open, to go back", err);
    generation = pin_pick(store, model, random);
    next = store_generation_running(store);
    if (generation != 0) {
        sim_model_add(model, next, opened.generation);
        sim_model_add(model, next + 1, generation);
        err = store_rewind(store, generation, &note, &kept);
        sim_tally->rewinds += err == OK;
    }
    store_close(store);
    if (err != OK)
        return sim_trouble("go back", err);
    if (generation != 0 && (kept != next || note.generation != next + 1)) {
        fprintf(stderr, "sim: going back took more than two generations\n");
        return false;
    }
    if (generation != 0)
        sim_record_mark(record, note.generation);
    return true;
}

/* As if somebody would stop it: after enough records such a commit folds. At the end it must. */
static enum store_cause
cause_pick(struct sim_random *random, uint64_t left)
{
    return left <= 6 || sim_random_chance(random, 1, 4) ? STORE_CAUSE_STOP : STORE_CAUSE_DEMAND;
}

/* Wait, in virtual time, until the model has seen that many commits. */
static bool
commits_wait(struct store *store, const struct sim_model *model, struct sim_random *random,
             uint64_t commits, bool faulty)
{
    _Atomic uint32_t never = 0;
    unsigned rounds = 0;
    uint64_t left;

    while (sim_model_commits(model) < commits) {
        plat_wait(&never, 0, plat_monotonic_ns() + 1 + sim_random_below(random, 3000000));
        left = commits - sim_model_commits(model);
        if (!history_use(store, model, random))
            return false;
        if (sim_random_chance(random, left <= 6 ? 3 : 1, 3)) {
            err_t err = pmem_snapshot_wait(pmem_snapshot_ask(cause_pick(random, left)));

            if (err != OK && !faulty)
                return sim_trouble("take a snapshot", err);
        }
        if (++rounds > 100000) {
            fprintf(stderr, "sim: snapshots do not come\n");
            return false;
        }
    }
    return true;
}

static bool
live(const struct sim_life *life)
{
    struct pmem_options options = { .resident_bytes_max = sim_scenario_space.resident_bytes,
                                    .interval_ms = 1 + (uint32_t)sim_random_below(life->random, 20),
                                    .strict = sim_random_chance(life->random, 1, 2) };
    struct teller tellers[WORKER_COUNT];
    struct store_opened opened;
    struct store *store = NULL;
    uint64_t commits = sim_model_commits(life->model) + life->snapshots;
    bool done = false;
    err_t err = sim_store_open(life->disk, life->faulty, &store, &opened);

    if (err != OK)
        return sim_trouble("open", err);
    scratch_pages = plat_disk_block_count(life->disk) > sim_scenario_space.block_count_min
                        ? SCRATCH_PAGES
                        : SCRATCH_TIGHT;
    policy_choose(store, life->random);
    err = pmem_start(store, &options);
    if (err == OK)
        err = sim_model_watch(life->model, ranges, store, life->record, opened.generation);
    if (err != OK)
        return sim_trouble("bring up the space", err);
    atomic_store(&closing_time, 0);
    done = accounts_check("after opening") && tellers_start(tellers, life->random) &&
           commits_wait(store, life->model, life->random, commits, life->faulty);
    atomic_store(&closing_time, 1);
    for (unsigned i = 0; i < WORKER_COUNT && done; i++)
        plat_thread_join(tellers[i].thread);
    done = done && accounts_check("at the end");
    if (done && pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_STOP)) != OK && !life->faulty)
        done = sim_trouble("commit at the end", ERR_IO);
    sim_tally_take(store);
    pmem_stop();
    store_close(store);
    if (done && !life->faulty && scratch_pages == SCRATCH_PAGES &&
        sim_random_chance(life->random, 1, 2))
        done = go_back(life->disk, life->model, life->record, life->random);
    return done;
}

const struct sim_scenario sim_scenario_space = {
    .name = "space",
    .about = "fibres write to a space larger than its memory; no machine on top",
    .block_count = 4096,
    .block_count_min = 2048,
    .resident_bytes = 200 * PAGE_BYTES,
    .faults = 1u << SIM_WRITE_ERROR | 1u << SIM_NO_SPACE | 1u << SIM_FLUSH_ERROR | 1u << SIM_SLOW,
    .prepare = prepare,
    .live = live,
};
