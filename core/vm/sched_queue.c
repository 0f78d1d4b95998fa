/*
 * sched_queue.c - run queues: one for each worker, and in it a list for each
 * level of priority.
 *
 * A worker puts the threads that it wakes into its own queue and takes from there, so two
 * threads that talk to each other stay on one processor, and its lock is hardly ever
 * wanted by somebody else. Who finds his own empty takes half of the longest. Now and then he
 * looks at all queues alike: so no thread waits for ever in the queue of a worker that is
 * away, and long queues do not stay longer than others.
 *
 * Order is volatile. The space says who is RUNNABLE, not who comes first; a restart
 * queues them by their slots, and a thread waits for one round more at worst.
 *
 * Keeps true
 *   1. A thread stands in one queue at most, and half.queue says in which.
 *   2. `count` and `levels` are those of the lists whenever the lock is free.
 *   3. Of two levels the higher goes first, but a thread at the head of its level is passed by at
 *      most PASSED_MAX times, and then once more for each level below it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "vm/sched_priv.h"

#define PASSED_MAX 16
#define STEAL_MAX  8
#define TURN_EVERY 4 /* looks at all queues, of which one goes by turns and not by length */

struct list {
    uint32_t first, last; /* slot + 1 */
};

struct queue {
    struct lock lock;
    _Atomic uint32_t count;
    _Atomic uint32_t levels; /* a bit for each that has a thread */
    uint32_t looks;          /* of its worker, at all queues; only that worker's */
    uint32_t turn;
    uint8_t passed[SCHED_LEVELS]; /* how often others went before the first of the level */
    struct list lists[SCHED_LEVELS];
} __attribute__((aligned(128)));

struct sched_half *sched_halves;

static struct queue queues[SCHED_QUEUES_MAX];
static unsigned queue_count;    /* from a start to the next */
static _Atomic uint32_t ranked; /* threads in queues at other levels than the usual one */

void
sched_queue_init(unsigned count)
{
    for (unsigned i = 0; i < SCHED_QUEUES_MAX; i++) {
        queues[i] = (struct queue){ .count = 0 };
        lock_init(&queues[i].lock, LOCK_RANK_QUEUE);
    }
    atomic_store(&ranked, 0);
    queue_count = count < SCHED_QUEUES_MAX ? count : SCHED_QUEUES_MAX;
}

/* ---- one queue; under its lock ---- */

static void
link_last(struct queue *queue, uint32_t slot, unsigned level)
{
    struct list *list = &queue->lists[level];
    struct sched_half *half = &sched_halves[slot];

    half->next = 0;
    half->before = list->last;
    if (list->last == 0)
        list->first = slot + 1;
    else
        sched_halves[list->last - 1].next = slot + 1;
    list->last = slot + 1;
    half->level = (uint8_t)level;
    atomic_store_explicit(&half->queue, (uint8_t)(queue - queues + 1), memory_order_relaxed);
    atomic_store_explicit(&queue->levels, queue->levels | 1u << level, memory_order_relaxed);
    atomic_store_explicit(&queue->count, queue->count + 1, memory_order_relaxed);
    if (level != SCHED_LEVEL_NORMAL)
        atomic_fetch_add_explicit(&ranked, 1, memory_order_relaxed);
}

static void
link_out(struct queue *queue, uint32_t slot)
{
    struct sched_half *half = &sched_halves[slot];
    struct list *list = &queue->lists[half->level];

    if (half->before == 0)
        list->first = half->next;
    else
        sched_halves[half->before - 1].next = half->next;
    if (half->next == 0)
        list->last = half->before;
    else
        sched_halves[half->next - 1].before = half->before;
    if (list->first == 0)
        atomic_store_explicit(&queue->levels, queue->levels & ~(1u << half->level),
                              memory_order_relaxed);
    atomic_store_explicit(&half->queue, 0, memory_order_relaxed);
    atomic_store_explicit(&queue->count, queue->count - 1, memory_order_relaxed);
    if (half->level != SCHED_LEVEL_NORMAL)
        atomic_fetch_sub_explicit(&ranked, 1, memory_order_relaxed);
}

static unsigned
top_level(uint32_t levels)
{
    return 31 - (unsigned)__builtin_clz(levels);
}

/* The highest level, or one below it that was passed by often enough. */
static unsigned
level_choose(struct queue *queue)
{
    unsigned top = top_level(queue->levels), chosen = top;

    if ((queue->levels & (queue->levels - 1)) == 0)
        return top;
    for (unsigned level = top; level-- > 0;) {
        if ((queue->levels >> level & 1) != 0 && ++queue->passed[level] > PASSED_MAX)
            chosen = level;
    }
    return chosen;
}

/* Take the next one; there is one. */
static uint32_t
take_locked(struct queue *queue, unsigned *level)
{
    uint32_t slot;

    *level = level_choose(queue);
    queue->passed[*level] = 0;
    slot = queue->lists[*level].first - 1;
    link_out(queue, slot);
    return slot;
}

void
sched_queue_push(unsigned queue, uint32_t slot, unsigned level)
{
    struct queue *to = &queues[queue % queue_count];

    lock_acquire(&to->lock);
    assert(atomic_load_explicit(&sched_halves[slot].queue, memory_order_relaxed) == 0);
    link_last(to, slot, level);
    lock_release(&to->lock);
}

void
sched_queue_move(uint32_t slot, unsigned level, bool raise)
{
    struct sched_half *half = &sched_halves[slot];
    uint8_t place = atomic_load_explicit(&half->queue, memory_order_relaxed);
    struct queue *queue;

    if (place == 0)
        return; /* it runs, or whoever puts it into a queue sees what was lent */
    queue = &queues[place - 1];
    lock_acquire(&queue->lock);
    if (atomic_load_explicit(&half->queue, memory_order_relaxed) == place &&
        (raise ? half->level < level : half->level != level)) {
        link_out(queue, slot);
        link_last(queue, slot, level);
    }
    lock_release(&queue->lock);
}

/* ---- all of them ---- */

static uint32_t
count_of(unsigned queue)
{
    return atomic_load_explicit(&queues[queue].count, memory_order_relaxed);
}

uint32_t
sched_queue_count(unsigned queue)
{
    return count_of(queue % queue_count);
}

bool
sched_queue_any(void)
{
    bool any = false;

    for (unsigned i = 0; i < queue_count && !any; i++) {
        lock_acquire(&queues[i].lock);
        any = queues[i].count > 0;
        lock_release(&queues[i].lock);
    }
    return any;
}

bool
sched_queue_has_any(void)
{
    for (unsigned i = 0; i < queue_count; i++) {
        if (count_of(i) > 0)
            return true;
    }
    return false;
}

unsigned
sched_queue_best(void)
{
    uint32_t levels = 0;

    for (unsigned i = 0; i < queue_count; i++)
        levels |= atomic_load_explicit(&queues[i].levels, memory_order_relaxed);
    return levels == 0 ? 0 : top_level(levels) + 1;
}

/* Is it better to take from queue `a` than from `b`? The longer one, where lengths count. */
static bool
is_better(unsigned a, unsigned b, bool by_length)
{
    uint32_t levels_a = atomic_load_explicit(&queues[a].levels, memory_order_relaxed);
    uint32_t levels_b = atomic_load_explicit(&queues[b].levels, memory_order_relaxed);

    if (levels_a == 0 || levels_b == 0)
        return levels_a != 0;
    if (top_level(levels_a) != top_level(levels_b))
        return top_level(levels_a) > top_level(levels_b);
    return by_length && count_of(a) > count_of(b);
}

/* Which queue is next for the worker whose own it is. */
static unsigned
queue_choose(unsigned own, bool afar)
{
    bool has = count_of(own) > 0;
    unsigned best = own;

    if (has && !afar && atomic_load_explicit(&ranked, memory_order_relaxed) == 0)
        return own;
    if (afar && ++queues[own].looks % TURN_EVERY == 0) {
        best = queues[own].turn++ % queue_count;
        if (count_of(best) > 0)
            return best;
        best = own;
    }
    for (unsigned i = 0; i < queue_count; i++) {
        if (is_better(i, best, afar || !has))
            best = i;
    }
    return best;
}

/* Take one, and with it others for the own queue if that is empty: half of what is there. */
static unsigned
steal(unsigned from, bool many, uint32_t slots[STEAL_MAX], unsigned levels[STEAL_MAX])
{
    struct queue *queue = &queues[from];
    unsigned count = 0, wanted;

    lock_acquire(&queue->lock);
    wanted = queue->count > 0;
    if (many)
        wanted = (queue->count + 1) / 2 < STEAL_MAX ? (queue->count + 1) / 2 : STEAL_MAX;
    for (; count < wanted; count++)
        slots[count] = take_locked(queue, &levels[count]);
    lock_release(&queue->lock);
    return count;
}

bool
sched_queue_take(unsigned own, bool afar, uint32_t *slot, unsigned *level)
{
    uint32_t slots[STEAL_MAX];
    unsigned levels[STEAL_MAX];

    own %= queue_count;
    for (;;) {
        unsigned from = queue_choose(own, afar), count;

        if (count_of(from) == 0)
            return false;
        count = steal(from, from != own && count_of(own) == 0, slots, levels);
        for (unsigned i = 1; i < count; i++)
            sched_queue_push(own, slots[i], levels[i]);
        if (count > 0) {
            *slot = slots[0];
            *level = levels[0];
            return true;
        }
    }
}
