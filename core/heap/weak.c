/*
 * weak.c - words that do not keep what they refer to, beside the programs.
 *
 * Two colours: what the picture reaches by other words is marked; what only weak words lead to is
 * not. A program may still take such an object into its hands, by get() of a weak word, and then
 * it is as good as any other. So from the instant on get() tells what it answers, each object
 * once, and that is marked with all that it leads to. When nothing is left to mark the world is
 * stopped: if nothing was told meanwhile, what is not marked can be reached by nobody any more, and
 * all weak words to it become null, together. Else it goes on, and is stopped again later.
 *
 * Where there is no credit to clear them all a little is taken of what is kept for those who clean
 * up, and only a share of all objects goes, by turns, as in the stopped world (sweep.c): so each
 * goes in the end, though the volume stays full. When there is not even that, or too much was told,
 * nothing is cleared: weak words keep what they refer to until the next cycle. A weak word of an
 * object that was young at the instant does so, too, since the object may have moved.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/cycle_priv.h"

#include "base/hash.h"
#include "plat/machine.h"
#include "plat/memory.h"

#define TOLD_MAX                                                                                   \
    (64u << 10) /* objects that get() may answer in a cycle and that are not marked                \
                 */
#define TRIES       32
#define SLACK_PAGES 16
#define FEW_PAGES   16         /* of what is kept, where there is no other credit */
#define SHARES_MAX  (1u << 16) /* of objects that only weak words lead to; then all are kept */

static struct {
    _Atomic uint64_t *bits; /* one for every 8 bytes: told already */
    uint64_t bits_bytes;
    _Atomic word_t *words;  /* TOLD_MAX; null while one is being told */
    _Atomic uint64_t count; /* may run past TOLD_MAX */

    /* The collector's own. */
    uint64_t seen;  /* of the words */
    word_t *older;  /* TOLD_MAX: of those that were seen last, what the picture has */
    uint64_t pages; /* that the action would write to, as far as that is known */
    uint64_t given; /* credit that it has */
    uint64_t last;  /* page of the weak word that was counted last */
    bool few;       /* no credit but what is kept is to be had */
    bool again;     /* the world was stopped too soon, or with too little of it */
    uint64_t turn;  /* how often only a share could go */
} told;

static uint64_t
weak_slot(ref_t weak)
{
    return weak + OBJECT_HEADER_BYTES;
}

err_t
heap_weak_open(struct heap_cycle *cycle)
{
    told.bits_bytes =
        (cycle->marks.block_room * (HEAP_BLOCK_BYTES / 64) + PAGE_BYTES) & ~(PAGE_BYTES - 1);
    told.bits = plat_reserve(told.bits_bytes);
    told.words = plat_reserve(TOLD_MAX * sizeof told.words[0]);
    told.older = plat_reserve(TOLD_MAX * sizeof told.older[0]);
    told.count = told.seen = 0;
    return told.bits != NULL && told.words != NULL && told.older != NULL ? OK : ERR_NOMEM;
}

void
heap_weak_close(struct heap_cycle *cycle)
{
    plat_release((void *)told.bits, told.bits_bytes);
    plat_release((void *)told.words, TOLD_MAX * sizeof told.words[0]);
    plat_release(told.older, TOLD_MAX * sizeof told.older[0]);
    told.bits = NULL;
    told.words = NULL;
    told.older = NULL;
    heap_mark_stack_free(&cycle->weak);
}

/* ---- the programs' side ---- */

static void
tell(word_t word)
{
    uint64_t i = (word - SPACE_HEAP) / 8, place;
    uint64_t bit = 1ull << (i % 64);

    if (heap_block_of(word) >= heap.births.block_count ||
        (atomic_load_explicit(&told.bits[i / 64], memory_order_relaxed) & bit) != 0 ||
        (atomic_fetch_or(&told.bits[i / 64], bit) & bit) != 0)
        return;
    place = atomic_fetch_add(&told.count, 1);
    if (place < TOLD_MAX)
        atomic_store_explicit(&told.words[place], word, memory_order_release);
}

word_t
heap_weak_get(ref_t weak)
{
    word_t word = pmem_load64(weak_slot(weak));

    /* Both change only while the world stands still, and this has no safepoint. */
    if (heap.weak_watch && word_is_ref(word) && !ref_is_young(word)) /* guard: weak-tell */
        tell(word);
    return word;
}

bool
heap_weak_is_null(ref_t weak)
{
    return pmem_load64(weak_slot(weak)) == WORD_NULL;
}

/* ---- the collector's side ---- */

static bool
too_much(void)
{
    return atomic_load(&told.count) > TOLD_MAX;
}

/*
 * What was told since the last time, as far as it is all there, but for what is born. By a RUNNING
 * worker, so that no scavenge tells of births meanwhile. Returns how many are in `older`.
 */
static uint64_t
told_take(void)
{
    uint64_t end = atomic_load(&told.count), kept = 0;

    if (end > TOLD_MAX)
        end = TOLD_MAX;
    lock_acquire(&heap.lock);
    for (; told.seen < end; told.seen++) {
        word_t word = atomic_load_explicit(&told.words[told.seen], memory_order_acquire);

        if (word == WORD_NULL)
            break;
        if (!heap_is_born(word)) /* guard: weak-told-marked */
            told.older[kept++] = word;
    }
    lock_release(&heap.lock);
    return kept;
}

/* In the stopped world: can nobody reach what this word refers to? */
static bool
is_lost(const struct heap_cycle *cycle, word_t word)
{
    if (!word_is_ref(word))
        return false;
    if (ref_is_young(word)) /* guard: weak-young-referent */
        return false;
    if (heap_is_born(word)) /* guard: weak-born */
        return false;
    return !heap_mark_get(&cycle->marks, word);
}

typedef bool weak_fn(const struct heap_cycle *cycle, ref_t weak);

/* Ask of each weak object; how many said yes. */
static uint64_t
weak_each(const struct heap_cycle *cycle, weak_fn *ask)
{
    uint64_t yes = 0;

    for (const struct mark_chunk *chunk = cycle->weak.top; chunk != NULL; chunk = chunk->below) {
        for (uint64_t i = 0; i < chunk->count; i++)
            yes += ask(cycle, chunk->objects[i]);
    }
    return yes;
}

static bool
takes_page(const struct heap_cycle *cycle, ref_t weak)
{
    uint64_t slot = weak_slot(weak);

    if (!is_lost(cycle, pmem_load64(slot)) || space_page_of(slot) == told.last)
        return false;
    told.last = space_page_of(slot);
    return heap_pages_unwritten(slot, 8) != 0;
}

static bool
clear(const struct heap_cycle *cycle, ref_t weak)
{
    if (!is_lost(cycle, pmem_load64(weak_slot(weak))))
        return false;
    pmem_store64(weak_slot(weak), WORD_NULL);
    return true;
}

/* The action: clear them all, or say why not. */
static void
clear_all(void *argument)
{
    struct heap_cycle *cycle = argument;
    uint64_t from_ns = plat_monotonic_ns(), pages;

    told.again = told.seen != atomic_load(&told.count);
    if (told.again) /* guard: weak-told-again */
        return;
    told.last = 0;
    pages = weak_each(cycle, takes_page);
    told.again = pages > told.given;
    if (told.again) {
        told.pages = pages;
        return;
    }
    cycle->weak_cleared = weak_each(cycle, clear);
    heap.weak_watch = false;
    heap_stop_took(from_ns);
}

/* They come in before the world stands still for them. */
static err_t
weak_page_in(const struct heap_cycle *cycle, struct pmem_worker *worker)
{
    for (const struct mark_chunk *chunk = cycle->weak.top; chunk != NULL; chunk = chunk->below) {
        for (uint64_t i = 0; i < chunk->count; i++) {
            if (!pmem_resident(weak_slot(chunk->objects[i])))
                TRY(pmem_page_in(worker, weak_slot(chunk->objects[i])));
        }
        IGNORE(pmem_safepoint(worker), "it writes nothing by itself");
    }
    return OK;
}

static err_t
clear_in_world(struct heap_cycle *cycle, struct pmem_worker *worker)
{
    err_t err = ERR_NOSPACE;

    told.given = told.pages + SLACK_PAGES;
    if (!told.few)
        err = pmem_world_do(worker, clear_all, cycle, told.given);
    if (err != ERR_NOSPACE)
        return err;
    told.few = true;
    told.given = FEW_PAGES;
    return pmem_world_do_kept(worker, clear_all, cycle, told.given, HEAP_SWEEP_KEPT);
}

/* `*told_count` is filled: so many were told meanwhile. */
static err_t
clear_try(struct heap_cycle *cycle, uint64_t *told_count)
{
    struct pmem_worker worker = { 0 };
    err_t err;

    *told_count = 0;
    TRY(pmem_worker_join(&worker));
    err = weak_page_in(cycle, &worker);
    heap_at_point(HEAP_POINT_LAST, 0);
    if (err == OK)
        err = clear_in_world(cycle, &worker);
    if (err == OK && told.again)
        *told_count = told_take();
    pmem_worker_leave(&worker);
    return err;
}

/* Weak words are as good as others in this cycle: so is whatever get() answers. */
static err_t
keep_all(struct heap_cycle *cycle, struct painter *painter)
{
    cycle->weak_keeps = true;
    for (ref_t weak; (weak = mark_pop(&cycle->weak)) != 0;)
        TRY(heap_picture_mark_slot(painter, weak_slot(weak)));
    return OK;
}

/* Of so many shares of all objects, is it the turn of the one that has this object? */
static bool
is_of_turn(word_t word, uint64_t shares)
{
    return (hash_mix(word) + told.turn) % shares == 0;
}

/* What only weak words lead to and is not of the turn's share is kept, with all that it leads to.
 */
static err_t
others_keep(const struct heap_cycle *cycle, struct painter *painter, uint64_t shares)
{
    for (const struct mark_chunk *chunk = cycle->weak.top; chunk != NULL; chunk = chunk->below) {
        for (uint64_t i = 0; i < chunk->count; i++) {
            word_t word;

            TRY(heap_picture_word(painter, weak_slot(chunk->objects[i]), &word));
            if (word_is_ref(word) && !heap_mark_get(&cycle->marks, word) &&
                !is_of_turn(word, shares))
                TRY(heap_picture_mark_more(painter, &word, 1));
        }
    }
    return OK;
}

err_t
heap_weak_settle(struct heap_cycle *cycle, struct painter *painter)
{
    uint64_t count, shares = 1;
    err_t err;

    told.pages = 0;
    told.few = false;
    for (unsigned i = 0; i < TRIES && !too_much(); i++) {
        heap_at_point(HEAP_POINT_MARKED, 0);
        err = clear_try(cycle, &count);
        if (err == ERR_NOSPACE || (err == OK && told.again && shares >= SHARES_MAX))
            break;
        if (err != OK || !told.again)
            return err;
        TRY(heap_picture_mark_more(painter, told.older, count));
        if (!told.few || told.pages <= FEW_PAGES)
            continue;
        told.turn += shares == 1;
        shares *= 2;
        TRY(others_keep(cycle, painter, shares));
    }
    return keep_all(cycle, painter);
}
