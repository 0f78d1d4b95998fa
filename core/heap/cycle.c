/*
 * cycle.c - the collector: full collections in the background, on a thread of its own.
 *
 *   resting -> asked -> picture -> marking -> judging -> resting
 *
 * Asked, when as much went into old space as was alive after the last one. Then it waits for a
 * snapshot, marks what that reaches (picture.c), and frees the rest of what there was at its
 * instant (judge.c). Programs run all the time: they stop for the snapshot, as for any other, and
 * are worked beside in a few stretches of some 100 us.
 *
 * Nothing is lost with a cycle that does not come to its end: what it had freed was garbage, and
 * the next one finds the rest. So a kill, a full volume, a machine that is taken down end it
 * anywhere. When it could not be for want of room or memory the next collection stops the world
 * instead.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/cycle_priv.h"

#include "base/trace.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "pmem/still.h"

#define LOG_MODULE "heap"
#include "base/log.h"

#define ROOM_BLOCKS   4096 /* more than there are: what comes until the instant */
#define PACE_NS       2000000u
#define PACE_BEHIND   2 /* thresholds of old space: who allocates is held up a little */
#define PACE_TOO_LATE 4 /* and from here on until the cycle is over */
#define ROOT_CREDIT   2
#define RETRY_NS      1000000u /* without memory to stop the world */

static struct {
    struct plat_thread *thread;
    struct event kick; /* a cycle is asked for, or the thread shall end */
    struct event over; /* a cycle has ended */
    _Atomic bool ending;
    _Atomic bool asked;           /* and not begun yet */
    _Atomic bool busy;            /* asked, or under way */
    _Atomic bool called_off;      /* the one under way */
    _Atomic bool was_vain;        /* the last one could not be: stop the world next time */
    _Atomic bool exact;           /* the next one shall find all that is garbage */
    _Atomic uint64_t begun;       /* cycles */
    _Atomic uint64_t begun_exact; /* of which that was wanted */
    _Atomic uint64_t inherited;   /* of old_bytes, what earlier lives left: nobody waits for that */
    _Atomic err_t outcome;        /* of the last one */
    struct heap_cycle now;
} collector;

bool
heap_cycle_is_called_off(void)
{
    return atomic_load_explicit(&collector.called_off, memory_order_relaxed);
}

/* ---- the instant ---- */

/* The world stands still, and the epoch is about to close. */
static void
instant(void *argument)
{
    struct heap_cycle *cycle = argument;
    uint64_t block_count = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);

    cycle->crowded = block_count > cycle->marks.block_room;
    if (cycle->crowded)
        return;
    cycle->marks.block_count = block_count;
    cycle->old_bytes = atomic_load_explicit(&heap.old_bytes, memory_order_relaxed);
    heap_births_begin(block_count);
    heap_compact_begin();
    heap.weak_watch = true; /* guard: weak-watch */
    for (struct heap_handle *handle = heap.handles; handle != NULL; handle = handle->next)
        heap_picture_root(cycle, handle->word); /* guard: instant-handles */
    heap_picture_roots(cycle);
}

/* ---- one cycle ---- */

static uint64_t
pending_bytes(const struct heap_cycle *cycle)
{
    return (cycle->marks.block_room / 8 + PAGE_BYTES) & ~(PAGE_BYTES - 1);
}

static uint64_t
block_bytes_bytes(const struct heap_cycle *cycle)
{
    return (cycle->marks.block_room * 8 + PAGE_BYTES) & ~(PAGE_BYTES - 1);
}

static err_t
cycle_open(struct heap_cycle *cycle)
{
    uint64_t used = atomic_load_explicit(&heap.blocks_used, memory_order_relaxed);
    uint64_t room = used + used / 4 + ROOM_BLOCKS;

    if (room > HEAP_BLOCK_COUNT)
        room = HEAP_BLOCK_COUNT;
    *cycle = (struct heap_cycle){ 0 };
    TRY(heap_marks_open(&cycle->marks, room));
    cycle->marks.block_count = 0;
    TRY(heap_births_open(&heap.births, room));
    TRY(heap_weak_open(cycle));
    cycle->pending = plat_reserve(pending_bytes(cycle));
    cycle->summed = plat_reserve(pending_bytes(cycle));
    cycle->block_bytes = plat_reserve(block_bytes_bytes(cycle));
    if (cycle->pending == NULL || cycle->summed == NULL || cycle->block_bytes == NULL ||
        !heap_mark_stack_grow(&cycle->stack)) /* now, and not at the instant */
        return ERR_NOMEM;
    return OK;
}

static void
cycle_close(struct heap_cycle *cycle)
{
    heap_births_close(&heap.births);
    heap_compact_close();
    heap_weak_close(cycle);
    heap_mark_stack_free(&cycle->stack);
    plat_release(cycle->pending, pending_bytes(cycle));
    plat_release(cycle->summed, pending_bytes(cycle));
    plat_release(cycle->block_bytes, block_bytes_bytes(cycle));
    heap_marks_close(&cycle->marks);
}

/* With its picture at hand. */
static err_t
cycle_paint(struct heap_cycle *cycle)
{
    struct painter *painter = heap_picture_open(cycle);
    err_t err = ERR_NOMEM;

    if (painter != NULL)
        err = heap_picture_mark(painter);
    if (err == OK)
        err = heap_weak_settle(cycle, painter);
    heap_picture_close(painter);
    return err;
}

static err_t
cycle_mark(struct heap_cycle *cycle)
{
    err_t err;

    heap_at_point(HEAP_POINT_BEGUN, 0);
    pmem_still_begin(instant, cycle);
    heap_at_point(HEAP_POINT_ANNOUNCED, 0);
    err = heap_cycle_is_called_off() ? ERR_CANCELLED : pmem_still_wait_instant();
    if (err == ERR_IO)
        err = ERR_NOSPACE; /* there was no snapshot; that is not what a damaged page would mean */
    if (err == OK && cycle->crowded)
        err = ERR_NOMEM;
    if (err == OK)
        err = cycle_paint(cycle);
    pmem_still_end();
    return err;
}

static void
prove(void *cycle)
{
    heap_judge_prove(cycle);
}

/* In the stopped world: all was judged; or called off at last, and what it would count is counted.
 */
static void
settle(void *argument)
{
    struct heap_cycle *cycle = argument;
    uint64_t from_ns = plat_monotonic_ns();

    if (heap_cycle_is_called_off())
        return;
    heap.bytes_live = cycle->bytes_marked;
    atomic_fetch_sub(&heap.old_bytes, cycle->old_bytes);
    atomic_store(&collector.inherited, 0);
    heap.stats.full_collections++;
    heap_surplus_find();
    cycle->settled = true;
    heap_stop_took(from_ns);
}

/* In the stopped world, however it ended. */
static void
end(void *argument)
{
    struct heap_cycle *cycle = argument;
    struct heap_cycle_stats *stats = &heap.stats.cycles;

    heap_births_end();
    heap_compact_end();
    heap.weak_watch = false;
    heap.stats.freed_blocks += cycle->blocks_freed;
    stats->freed_bytes += cycle->blocks_freed << HEAP_BLOCK_SHIFT;
    stats->pages_read += cycle->reading.pages;
    stats->pages_twice += cycle->reading.twice;
    stats->pages_again += cycle->reading.again;
    stats->blocks_known += cycle->blocks_known;
    heap_summaries_count(&stats->summaries, &stats->summary_bytes);
    stats->ns_last = plat_monotonic_ns() - cycle->asked_ns;
    if (stats->ns_last > stats->ns_max)
        stats->ns_max = stats->ns_last;
    if (cycle->settled)
        stats->marked_bytes = cycle->bytes_marked;
    stats->count += cycle->settled;
    stats->vain += !cycle->settled;
    if (heap.options.check_always)
        heap_check();
    heap_stats_show();
    trace(COLLECT, heap.blocks_used - heap.free_count, heap.bytes_live);
}

/* The root is told, as far as there is credit: it counts only for lives to come. */
static void
root_tell(const struct pmem_worker *worker)
{
    if (worker->credit < ROOT_CREDIT)
        return;
    pmem_store64(heap_root_at(HEAP_ROOT_OLD_BYTES), atomic_load(&heap.old_bytes));
    pmem_store64(SPACE_ROOT + offsetof(struct space_root, bytes_live), heap.bytes_live);
}

static err_t
cycle_judge(struct heap_cycle *cycle)
{
    struct pmem_worker worker = { 0 };
    err_t err;

    TRY(pmem_worker_join(&worker));
    err = heap.options.prove_cycles ? pmem_world_do(&worker, prove, cycle, 0) : OK;
    if (err == OK)
        err = heap_judge(cycle, &worker);
    for (uint64_t block = 0; block < cycle->marks.block_count; block++) {
        if (!ref_is_young(heap_block_at(block)))
            cycle->bytes_marked += cycle->block_bytes[block];
    }
    heap_at_point(HEAP_POINT_JUDGED, 0);
    if (err == OK)
        err = pmem_world_do(&worker, settle, cycle, 0);
    if (err == OK)
        root_tell(&worker);
    pmem_worker_leave(&worker);
    return err;
}

/* In the stopped world: it cannot be read, and will be tried again after as much again. */
static void
give_up(void *argument)
{
    (void)argument;
    heap.bytes_live += heap.old_bytes;
    heap.old_bytes = 0;
    atomic_store(&collector.inherited, 0);
}

static void
cycle_failed(err_t err)
{
    if (heap_cycle_is_called_off())
        return;
    if (err == ERR_CORRUPT || err == ERR_IO) {
        log_warn("full collection given up, nothing was freed: %s", err_text(err));
        IGNORE(pmem_world_do(NULL, give_up, NULL, 0), "it takes no credit");
    } else {
        atomic_store(&collector.was_vain, true);
    }
}

static void
cycle_log(const struct heap_cycle *cycle, bool exact, err_t err)
{
    heap_log_add((struct heap_log_row){
        .ns = plat_monotonic_ns() - cycle->asked_ns,
        .err = err,
        .exact = exact,
        .live_bytes = cycle->bytes_marked,
        .freed_bytes = cycle->blocks_freed << HEAP_BLOCK_SHIFT,
        .pages_read = cycle->reading.pages,
        .pages_twice = cycle->reading.twice,
        .pages_again = cycle->reading.again,
        .blocks_known = cycle->blocks_known,
        .blocks_emptied = cycle->blocks_emptied,
    });
}

/* `exact`: nothing is taken for granted of what earlier ones have marked. */
static void
cycle_run(bool exact)
{
    static const _Atomic uint32_t nothing;
    struct heap_cycle *cycle = &collector.now;
    uint64_t asked_ns = plat_monotonic_ns();
    err_t err = cycle_open(cycle);

    cycle->asked_ns = asked_ns;
    heap_summaries_begin(exact);
    if (err == OK) {
        heap_compact_choose(cycle);
        err = cycle_mark(cycle);
    }
    heap_summaries_end(err == OK);
    if (err == OK)
        err = cycle_judge(cycle);
    if (err == OK)
        heap_compact();
    heap_at_point(HEAP_POINT_OVER, 0);
    while (pmem_world_do(NULL, end, cycle, 0) != OK)
        plat_wait(&nothing, 0, plat_monotonic_ns() + RETRY_NS);
    cycle_log(cycle, exact, err);
    cycle_close(cycle);
    atomic_store(&collector.outcome, err);
    if (err == OK)
        atomic_store(&collector.was_vain, false);
    else
        cycle_failed(err);
}

static void
collector_main(void *argument)
{
    (void)argument;
    for (;;) {
        uint32_t seen = event_get(&collector.kick);
        bool exact;

        if (atomic_load(&collector.ending))
            return;
        if (!atomic_exchange(&collector.asked, false)) {
            event_wait(&collector.kick, seen, PLAT_NO_DEADLINE);
            continue;
        }
        atomic_store(&collector.called_off, false);
        if (atomic_load(&collector.ending)) /* heap_cycle_stop() may have called off too early */
            return;
        exact = atomic_exchange(&collector.exact, false);
        atomic_fetch_add(&collector.begun, 1);
        atomic_fetch_add(&collector.begun_exact, exact);
        cycle_run(exact);
        atomic_store(&collector.busy, false);
        event_raise(&collector.over);
    }
}

/* ---- what others ask ---- */

err_t
heap_cycle_start(void)
{
    if (!heap.options.background)
        return OK;
    atomic_store(&collector.ending, false);
    atomic_store(&collector.asked, false);
    atomic_store(&collector.exact, false);
    atomic_store(&collector.busy, false);
    atomic_store(&collector.called_off, false);
    atomic_store(&collector.was_vain, false);
    atomic_store(&collector.inherited, atomic_load(&heap.old_bytes));
    heap_reading_start();
    heap_summaries_start();
    return plat_thread_create(&collector.thread, "collector", collector_main, NULL);
}

void
heap_cycle_stop(void)
{
    if (collector.thread != NULL) {
        atomic_store(&collector.ending, true);
        heap_cycle_call_off();
        event_raise(&collector.kick);
        plat_thread_join(collector.thread);
        collector.thread = NULL;
    }
    heap_reading_stop();
    heap_summaries_stop();
}

void
heap_cycle_call_off(void)
{
    if (!atomic_load(&collector.busy))
        return;
    atomic_store(&collector.called_off, true);
    pmem_still_cancel();
}

bool
heap_cycle_is_possible(void)
{
    return heap.options.background && !atomic_load(&collector.was_vain);
}

void
heap_cycle_stopped_world_did_it(void)
{
    heap_summaries_distrust();
    heap_compact_void();
    heap_cycle_call_off();
    atomic_store(&collector.was_vain, false);
    atomic_store(&collector.inherited, 0);
}

void
heap_cycle_ask(void)
{
    if (!heap.options.background || !heap_nursery_is_open() ||
        atomic_exchange(&collector.busy, true))
        return;
    atomic_store(&collector.asked, true);
    event_raise(&collector.kick);
}

/*
 * How many thresholds of old space were taken in while a cycle is on its way. Who has only just
 * gone on after a start is not to blame for what lies there of earlier lives, and is not held up
 * for it.
 */
static uint64_t
behind(void)
{
    uint64_t old = atomic_load_explicit(&heap.old_bytes, memory_order_relaxed);
    uint64_t inherited = atomic_load_explicit(&collector.inherited, memory_order_relaxed);

    if (!atomic_load_explicit(&collector.busy, memory_order_relaxed) || old < inherited)
        return 0;
    return (old - inherited) / heap_full_threshold();
}

bool
heap_cycle_is_outrun(void)
{
    return behind() >= PACE_TOO_LATE;
}

/* Wait, away, until no cycle is under way, or the deadline has passed. */
static void
over_wait(struct heap_local *local, uint64_t deadline_ns)
{
    pmem_worker_away(local->worker);
    for (;;) {
        uint32_t seen = event_get(&collector.over);

        if (!atomic_load(&collector.busy) || plat_monotonic_ns() >= deadline_ns)
            break;
        event_wait(&collector.over, seen, deadline_ns);
    }
    pmem_worker_back(local->worker);
}

void
heap_cycle_keep_pace(struct heap_local *local)
{
    uint64_t thresholds = behind();

    if (thresholds >= PACE_TOO_LATE)
        over_wait(local, PLAT_NO_DEADLINE);
    else if (thresholds >= PACE_BEHIND)
        over_wait(local, plat_monotonic_ns() + thresholds * PACE_NS);
}

err_t
heap_cycle_complete(struct heap_local *local, bool exact)
{
    _Atomic uint64_t *count = exact ? &collector.begun_exact : &collector.begun;
    uint64_t begun;

    if (!heap_cycle_is_possible() || !heap_nursery_is_open())
        return ERR_UNSUPPORTED;
    over_wait(local, PLAT_NO_DEADLINE);
    if (!heap_cycle_is_possible())
        return atomic_load(&collector.outcome);
    begun = atomic_load(count);
    do {
        if (exact)
            atomic_store(&collector.exact, true);
        heap_cycle_ask();
        over_wait(local, PLAT_NO_DEADLINE);
    } while (atomic_load(count) == begun);
    return atomic_load(&collector.outcome);
}
