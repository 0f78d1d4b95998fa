/*
 * limit.c - what a person allows a program: memory, which the heap sees to, and processor time.
 *
 * What was said lies in the space, in root.limits: two longs for each program. What is done about
 * time is volatile. It is counted in periods. A thread of a program that has used up its period is
 * held: it stays RUNNABLE, stands in no run queue, and is put into one when the next period begins.
 * What was used beyond it counts for the next one, so that the share is right over a second.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/heap.h"
#include "object/array.h"
#include "plat/machine.h"
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define PERIOD_NS         100000000ull
#define DEBT_PERIODS      10 /* that a program pays back at most */
#define SHARES_MAX        256

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))

enum {
    LIMIT_MEMORY,  /* bytes */
    LIMIT_PERCENT, /* of one processor */
    LIMIT_WORDS,
};

/* A program whose time is limited. A place whose percent is 0 is free. */
struct share {
    uint32_t application;
    uint32_t percent;
    uint64_t period_end_ns;
    uint64_t used_ns; /* of the period that ends there */
    uint32_t first;   /* slot + 1 of those that are held, linked by half.next */
};

static struct lock shares_lock;
static struct share shares[SHARES_MAX];
static uint32_t share_count;
static _Atomic bool any_share;
static _Atomic uint64_t release_ns; /* when the first period ends for which threads are held */

/* ---- processor time ---- */

static uint64_t
budget_ns(const struct share *share)
{
    return PERIOD_NS / 100 * share->percent;
}

static struct share *
share_of_locked(uint32_t application)
{
    for (uint32_t i = 0; i < share_count; i++) {
        if (shares[i].application == application && shares[i].percent != 0)
            return &shares[i];
    }
    return NULL;
}

/* Periods have passed: what was used beyond them is left over. */
static void
period_turn(struct share *share, uint64_t now_ns)
{
    uint64_t periods, paid, most = DEBT_PERIODS * budget_ns(share);

    if (now_ns < share->period_end_ns)
        return;
    if (share->period_end_ns == 0)
        share->period_end_ns = now_ns;
    periods = (now_ns - share->period_end_ns) / PERIOD_NS + 1;
    paid = periods < DEBT_PERIODS ? periods * budget_ns(share) : most;
    share->used_ns = share->used_ns > most ? most : share->used_ns;
    share->used_ns = share->used_ns > paid ? share->used_ns - paid : 0;
    share->period_end_ns += periods * PERIOD_NS;
}

void
limit_used(uint32_t application, uint64_t ns)
{
    struct share *share;

    if (!atomic_load_explicit(&any_share, memory_order_relaxed))
        return;
    lock_acquire(&shares_lock);
    share = share_of_locked(application);
    if (share != NULL)
        share->used_ns += ns;
    lock_release(&shares_lock);
}

bool
limit_is_used_up(uint32_t application, uint64_t now_ns)
{
    struct share *share;
    bool over = false;

    if (!atomic_load_explicit(&any_share, memory_order_relaxed))
        return false;
    lock_acquire(&shares_lock);
    share = share_of_locked(application);
    if (share != NULL) {
        period_turn(share, now_ns);
        over = share->used_ns >= budget_ns(share);
    }
    lock_release(&shares_lock);
    return over;
}

void
limit_hold(uint32_t application, uint32_t slot, unsigned level)
{
    struct share *share;

    lock_acquire(&shares_lock);
    share = share_of_locked(application);
    if (share != NULL) {
        sched_halves[slot].next = share->first;
        sched_halves[slot].level = (uint8_t)level;
        share->first = slot + 1;
        if (share->period_end_ns < atomic_load(&release_ns))
            atomic_store(&release_ns, share->period_end_ns);
    }
    lock_release(&shares_lock);
    if (share == NULL) /* that was lifted meanwhile */
        sched_queue_push(slot, slot, level);
    sched_call_idle(); /* somebody must know when to let it go on */
}

uint64_t
limit_release_ns(void)
{
    return atomic_load(&release_ns);
}

/* Take one of those whose period is over: slot + 1, or 0. */
static uint32_t
take_released(uint64_t now_ns)
{
    uint64_t next_ns = UINT64_MAX;
    uint32_t taken = 0;

    lock_acquire(&shares_lock);
    for (uint32_t i = 0; i < share_count && taken == 0; i++) {
        struct share *share = &shares[i];

        if (share->first == 0)
            continue;
        if (share->percent == 0 || now_ns >= share->period_end_ns) {
            taken = share->first;
            share->first = sched_halves[taken - 1].next;
            sched_halves[taken - 1].next = 0;
        } else if (share->period_end_ns < next_ns) {
            next_ns = share->period_end_ns;
        }
    }
    if (taken == 0)
        atomic_store(&release_ns, next_ns);
    lock_release(&shares_lock);
    return taken;
}

void
limit_release(unsigned queue, uint64_t now_ns)
{
    uint32_t slot;

    if (now_ns < atomic_load_explicit(&release_ns, memory_order_relaxed))
        return;
    while ((slot = take_released(now_ns)) != 0)
        sched_queue_push(queue, slot - 1, sched_halves[slot - 1].level);
}

void
limit_forgive(uint32_t application)
{
    struct share *share;

    if (!atomic_load_explicit(&any_share, memory_order_relaxed))
        return;
    lock_acquire(&shares_lock);
    share = share_of_locked(application);
    if (share != NULL) {
        share->used_ns = 0;
        share->period_end_ns = 0;
        atomic_store(&release_ns, 0);
    }
    lock_release(&shares_lock);
    sched_call_idle();
}

/* 0 percent lifts it. ERR_RANGE: too many have one. */
static err_t
share_set(uint32_t application, uint32_t percent)
{
    struct share *share = NULL;

    lock_acquire(&shares_lock);
    for (uint32_t i = 0; i < share_count && share == NULL; i++) {
        if (shares[i].application == application)
            share = &shares[i];
    }
    for (uint32_t i = 0; i < share_count && share == NULL; i++) {
        if (shares[i].percent == 0 && shares[i].first == 0)
            share = &shares[i];
    }
    if (share == NULL && percent != 0 && share_count < SHARES_MAX)
        share = &shares[share_count++];
    if (share != NULL) {
        share->application = application;
        share->percent = percent;
        share->used_ns = 0;
        share->period_end_ns = plat_monotonic_ns() + PERIOD_NS;
        atomic_store(&any_share, true);
        if (share->first != 0)
            atomic_store(&release_ns, 0);
    }
    lock_release(&shares_lock);
    return share != NULL || percent == 0 ? OK : ERR_RANGE;
}

/* ---- what was said ---- */

static uint64_t
limit_at(uint32_t application, unsigned word)
{
    ref_t table = pmem_load64(root_field(limits));
    uint64_t index = ((uint64_t)application - 1) * LIMIT_WORDS + word;

    if (table == WORD_NULL || index >= array_length(table))
        return 0;
    return pmem_load64(array_at(table, KIND_RAW64, (uint32_t)index));
}

struct vm_limits
limit_get(uint32_t application)
{
    return (struct vm_limits){ limit_at(application, LIMIT_MEMORY),
                               (uint32_t)limit_at(application, LIMIT_PERCENT) };
}

static err_t
limit_apply(uint32_t application)
{
    struct vm_limits limits = limit_get(application);
    err_t err = heap_limit_set(application, limits.memory_bytes);

    return err == OK ? share_set(application, limits.cpu_percent) : err;
}

err_t
limit_start(void)
{
    uint32_t count = pmem_load32(root_field(application_count));

    lock_init(&shares_lock, LOCK_RANK_SCHED);
    share_count = 0;
    atomic_store(&any_share, false);
    atomic_store(&release_ns, UINT64_MAX);
    for (uint32_t i = 0; i < SHARES_MAX; i++)
        shares[i] = (struct share){ 0 };
    for (uint32_t id = 1; pmem_load64(root_field(limits)) != WORD_NULL && id <= count; id++)
        TRY(limit_apply(id));
    return OK;
}

/* A table with room for the application; may collect, and so move what words refer to. */
static err_t
table_reserve(struct vm_worker *worker, uint32_t application)
{
    ref_t table = pmem_load64(root_field(limits)), larger;
    uint32_t wanted = application * LIMIT_WORDS;
    uint32_t room = table != WORD_NULL ? array_length(table) : 0, old = room;

    if (wanted <= room)
        return OK;
    for (room = room == 0 ? 32 : room; room < wanted;)
        room *= 2;
    while ((larger = heap_alloc_array(&worker->heap, CLASS_LONGS, KIND_RAW64, room)) == WORD_NULL)
        TRY(heap_collect(&worker->heap, array_bytes(KIND_RAW64, room)));
    table = pmem_load64(root_field(limits));
    for (uint32_t i = 0; i < old; i++)
        pmem_store64(array_at(larger, KIND_RAW64, i), pmem_load64(array_at(table, KIND_RAW64, i)));
    SET_WORD(space_root, SPACE_ROOT, limits, larger);
    return OK;
}

err_t
limit_set(struct vm_worker *worker, uint32_t application, const struct vm_limits *limits)
{
    struct vm_limits was = limit_get(application);
    uint32_t first = (application - 1) * LIMIT_WORDS;
    ref_t table;
    err_t err;

    TRY(table_reserve(worker, application));
    table = pmem_load64(root_field(limits));
    pmem_store64(array_at(table, KIND_RAW64, first + LIMIT_MEMORY), limits->memory_bytes);
    pmem_store64(array_at(table, KIND_RAW64, first + LIMIT_PERCENT), limits->cpu_percent);
    err = limit_apply(application);
    if (err == OK)
        return OK;
    pmem_store64(array_at(table, KIND_RAW64, first + LIMIT_MEMORY), was.memory_bytes);
    pmem_store64(array_at(table, KIND_RAW64, first + LIMIT_PERCENT), was.cpu_percent);
    return err;
}
