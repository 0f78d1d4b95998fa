/*
 * thread.c - threads, waiting and the scheduler.
 *
 * One lock guards everything here, and one run queue serves all processors: a
 * thread that becomes ready runs on the first processor that is free, and none
 * is free while one is ready. The lock is held across a switch and let go by
 * the thread that was switched to; so nobody sees a thread in a state that
 * its stack has not reached yet.
 *
 * No tick. The timer of a processor is armed for the nearest deadline of those
 * who went to sleep there, and for the end of the running thread's time slice
 * once somebody is ready and no processor is free.
 *
 * Who runs next is who has spent least. Each thread counts the time that it ran;
 * the run queue is sorted by that. A thread that becomes ready when all
 * processors are busy takes, at once, that of the thread which has spent most, if
 * it is MARGIN_NS ahead; else one whose slice ends first. So a thread that
 * sleeps most of the time (the flusher, the console) need not wait for those
 * that compute, and whoever computes still gets his share: what was not spent
 * while asleep counts for one slice at most.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sched/thread.h"

#include <stdbool.h>

#include "arch/amd64/cpu.h"
#include "arch/amd64/switch.h"
#include "arch/amd64/trap.h"
#include "base/assert.h"
#include "irq/apic.h"
#include "irq/clock.h"
#include "mm/map.h"
#include "plat/memory.h"
#include "sched/sched.h"
#include "sched/spin.h"

#define SLICE_NS     5000000ull
#define MARGIN_NS    1000000ull
#define BUCKETS_LOG2 8
#define BUCKETS      (1u << BUCKETS_LOG2)

/* What the scheduler knows of a processor. */
struct sched_cpu {
    struct cpu *cpu; /* NULL: it does not run */
    struct kthread idle;
    struct kthread_link timed; /* threads with deadlines that went to sleep here */
    bool halted;               /* it idles, and nobody has sent it anything since */
    uint64_t until_ns; /* when the running thread shall give way; no deadline: nobody waits */
    uint64_t armed_ns; /* what the timer is set to; KTHREAD_NO_DEADLINE: nothing */
};

static struct spin sched_lock = SPIN_INIT; /* guards all that follows */
static struct sched_cpu sched_cpus[CPU_COUNT_MAX];
static unsigned sched_cpu_count;
static struct kthread_link ready = { &ready, &ready }; /* sorted by spent_ns */
static uint64_t floor_ns; /* what the last one that was taken from there had spent; only grows */
static struct kthread_link all = { &all, &all };
static struct kthread_link waiting[BUCKETS]; /* zero until first used */

static void
link_init(struct kthread_link *link)
{
    link->next = link;
    link->prev = link;
}

static bool
link_is_empty(const struct kthread_link *link)
{
    return link->next == link;
}

static void
link_insert_before(struct kthread_link *where, struct kthread_link *link)
{
    link->next = where;
    link->prev = where->prev;
    where->prev->next = link;
    where->prev = link;
}

static void
link_remove(struct kthread_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link_init(link);
}

#define thread_of(link, member)                                                                    \
    ((struct kthread *)((char *)(link) - __builtin_offsetof(struct kthread, member)))

static struct kthread_link *
bucket_of(const _Atomic uint32_t *word)
{
    uint64_t hash = (uint64_t)(uintptr_t)word * 0x9e3779b97f4a7c15ull;
    struct kthread_link *bucket = &waiting[hash >> (64 - BUCKETS_LOG2)];

    if (bucket->next == NULL)
        link_init(bucket);
    return bucket;
}

static struct sched_cpu *
here(void)
{
    return &sched_cpus[cpu_index()];
}

static bool
is_idle(const struct kthread *thread)
{
    return thread >= &sched_cpus[0].idle && thread <= &sched_cpus[CPU_COUNT_MAX - 1].idle;
}

/* Arm this processor's timer for what comes first, or for nothing. */
static void
timer_set_locked(struct sched_cpu *own)
{
    uint64_t deadline_ns = own->cpu->reschedule == 0 ? own->until_ns : KTHREAD_NO_DEADLINE;

    if (!link_is_empty(&own->timed) && thread_of(own->timed.next, timed)->deadline_ns < deadline_ns)
        deadline_ns = thread_of(own->timed.next, timed)->deadline_ns;
    if (deadline_ns == own->armed_ns)
        return;
    own->armed_ns = deadline_ns;
    if (deadline_ns == KTHREAD_NO_DEADLINE)
        apic_timer_disarm();
    else
        apic_timer_arm(deadline_ns);
}

/* A processor that idles, and is then told to look; NULL when none does. */
static struct sched_cpu *
find_halted_locked(unsigned preferred)
{
    struct sched_cpu *chosen = NULL;

    if (sched_cpus[preferred].halted)
        chosen = &sched_cpus[preferred];
    for (unsigned i = 0; i < sched_cpu_count && chosen == NULL; i++)
        if (sched_cpus[i].halted)
            chosen = &sched_cpus[i];
    if (chosen != NULL)
        chosen->halted = false;
    return chosen;
}

/*
 * A busy processor that shall be given to a thread with this much spent, with
 * its until_ns set; NULL when all that could be have been told already.
 */
static struct sched_cpu *
find_busy_locked(uint64_t spent_ns)
{
    uint64_t now = clock_ns();
    uint64_t most_ns = spent_ns + MARGIN_NS;
    struct sched_cpu *most = NULL;   /* whose thread has spent most */
    struct sched_cpu *oldest = NULL; /* of those where nobody waits, the slice that began first */

    for (unsigned i = 0; i < sched_cpu_count; i++) {
        struct sched_cpu *each = &sched_cpus[i];
        const struct kthread *current = each->cpu->current;
        uint64_t each_ns = current->spent_ns + (now - current->began_ns);

        if (is_idle(current) || each->until_ns <= now)
            continue;
        if (each_ns >= most_ns) {
            most_ns = each_ns;
            most = each;
        }
        if (each->until_ns == KTHREAD_NO_DEADLINE &&
            (oldest == NULL || current->began_ns < oldest->cpu->current->began_ns))
            oldest = each;
    }
    if (most != NULL) {
        most->until_ns = now;
        return most;
    }
    if (oldest != NULL)
        oldest->until_ns = oldest->cpu->current->began_ns + SLICE_NS;
    return oldest;
}

static void
make_ready_locked(struct kthread *thread)
{
    struct sched_cpu *own = here();
    struct sched_cpu *chosen;
    struct kthread_link *at = ready.prev;

    if (thread->spent_ns + SLICE_NS < floor_ns)
        thread->spent_ns = floor_ns - SLICE_NS;
    thread->state = KTHREAD_READY;
    while (at != &ready && thread_of(at, queue)->spent_ns > thread->spent_ns)
        at = at->prev;
    link_insert_before(at->next, &thread->queue);

    chosen = find_halted_locked(thread->cpu);
    if (chosen == own)
        return; /* this is an interrupt in its idle loop, which looks next */
    if (chosen == NULL)
        chosen = find_busy_locked(thread->spent_ns);
    if (chosen == own)
        timer_set_locked(own);
    else if (chosen != NULL)
        apic_send(chosen->cpu->apic_id, TRAP_RESCHEDULE);
}

/* Take a waiting thread out of its lists and make it ready. */
static void
end_wait_locked(struct kthread *thread)
{
    assert(thread->state == KTHREAD_WAITING);
    link_remove(&thread->queue);
    link_remove(&thread->timed);
    make_ready_locked(thread);
}

/*
 * Give this processor to the first ready thread, or to its idle thread. The
 * caller has said in what state the current one stays behind, and put it
 * where that state wants it. Returns when it runs again, maybe elsewhere.
 */
static void
switch_locked(void)
{
    struct sched_cpu *own = here();
    struct kthread *from = own->cpu->current;
    struct kthread *to = &own->idle;
    uint64_t now = clock_ns();

    if (!link_is_empty(&ready)) {
        to = thread_of(ready.next, queue);
        link_remove(&to->queue);
    }
    assert(to->state == KTHREAD_READY);
    own->cpu->reschedule = 0;
    own->halted = false;
    own->until_ns =
        !link_is_empty(&ready) && to != &own->idle ? now + SLICE_NS : KTHREAD_NO_DEADLINE;
    from->spent_ns += now - from->began_ns;
    to->began_ns = now;
    if (to != &own->idle && to->spent_ns > floor_ns)
        floor_ns = to->spent_ns;
    to->state = KTHREAD_RUNNING;
    to->cpu = own->cpu->index;
    own->cpu->current = to;
    timer_set_locked(own);
    if (to != from)
        thread_switch(&from->rsp, to->rsp);
}

void
kthread_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct kthread *current = kthread_current();
    uint64_t flags;

    /* Looked at once without the lock, so that a page of a table that nobody has touched comes in.
     */
    if (atomic_load_explicit(word, memory_order_acquire) != expected)
        return;
    if (is_idle(current)) {
        kthread_yield();
        cpu_pause();
        return;
    }
    flags = spin_lock(&sched_lock);
    assert(flags & CPU_INTERRUPT_FLAG); /* nobody sleeps with interrupts off */
    if (atomic_load_explicit(word, memory_order_acquire) == expected &&
        (deadline_ns == KTHREAD_NO_DEADLINE || clock_ns() < deadline_ns)) {
        current->state = KTHREAD_WAITING;
        current->word = word;
        link_insert_before(bucket_of(word), &current->queue);
        current->deadline_ns = deadline_ns;
        if (deadline_ns != KTHREAD_NO_DEADLINE) {
            struct kthread_link *timed = &here()->timed;
            struct kthread_link *at = timed->prev;

            while (at != timed && thread_of(at, timed)->deadline_ns > deadline_ns)
                at = at->prev;
            link_insert_before(at->next, &current->timed);
        }
        switch_locked();
    }
    spin_unlock(&sched_lock, flags);
}

unsigned
kthread_wake(const _Atomic uint32_t *word, unsigned count)
{
    uint64_t flags = spin_lock(&sched_lock);
    struct kthread_link *bucket = bucket_of(word);
    struct kthread_link *at = bucket->next;
    unsigned woken = 0;

    while (at != bucket && woken < count) {
        struct kthread *thread = thread_of(at, queue);

        at = at->next;
        if (thread->word == word) {
            end_wait_locked(thread);
            woken++;
        }
    }
    spin_unlock(&sched_lock, flags);
    return woken;
}

/* Put the running thread back, at the place of what it has spent, but not first. */
static void
queue_behind_first_locked(struct kthread *current)
{
    uint64_t now = clock_ns();
    uint64_t first_ns = thread_of(ready.next, queue)->spent_ns;
    struct kthread_link *at = ready.prev;

    current->spent_ns += now - current->began_ns;
    current->began_ns = now;
    if (current->spent_ns < first_ns)
        current->spent_ns = first_ns;
    while (thread_of(at, queue)->spent_ns > current->spent_ns)
        at = at->prev;
    link_insert_before(at->next, &current->queue);
}

void
kthread_yield(void)
{
    uint64_t flags = spin_lock(&sched_lock);
    struct kthread *current = kthread_current();

    here()->cpu->reschedule = 0;
    if (!link_is_empty(&ready)) {
        current->state = KTHREAD_READY;
        if (!is_idle(current))
            queue_behind_first_locked(current);
        switch_locked();
    }
    spin_unlock(&sched_lock, flags);
}

void
kthread_sleep_until(uint64_t deadline_ns)
{
    _Atomic uint32_t never = 0;

    while (clock_ns() < deadline_ns)
        kthread_wait(&never, 0, deadline_ns);
}

void
kthread_interrupt(void)
{
    uint64_t flags = spin_lock(&sched_lock);
    struct sched_cpu *own = here();
    uint64_t now = clock_ns();

    while (!link_is_empty(&own->timed)) {
        struct kthread *first = thread_of(own->timed.next, timed);

        if (first->deadline_ns > now)
            break;
        end_wait_locked(first);
    }
    if (link_is_empty(&ready))
        own->until_ns = KTHREAD_NO_DEADLINE;
    if (own->until_ns <= clock_ns())
        own->cpu->reschedule = 1;
    /* It may have come early or for something that is gone: it is armed anew in any case. */
    own->armed_ns = 0;
    timer_set_locked(own);
    spin_unlock(&sched_lock, flags);
}

bool
kthread_must_yield(void)
{
    const struct cpu *cpu = cpu_self();

    return cpu->reschedule != 0 && cpu->pinned == 0 && !is_idle(cpu->current);
}

void
kthread_yield_if_asked(void)
{
    uint64_t flags = interrupts_save();
    bool must = kthread_must_yield();

    interrupts_restore(flags);
    if (must)
        kthread_yield();
}

/* Where a new thread comes from its first switch, with the lock held. */
static void
thread_begin(void)
{
    struct kthread *current = kthread_current();

    spin_unlock(&sched_lock, CPU_INTERRUPT_FLAG);
    current->entry(current->argument);

    spin_lock(&sched_lock);
    current->state = KTHREAD_ENDED;
    link_remove(&current->all);
    atomic_store_explicit(&current->ended, 1, memory_order_release);
    struct kthread_link *bucket = bucket_of(&current->ended);
    for (struct kthread_link *at = bucket->next; at != bucket;) {
        struct kthread *joiner = thread_of(at, queue);

        at = at->next;
        if (joiner->word == &current->ended)
            end_wait_locked(joiner);
    }
    switch_locked();
    assert(!"an ended thread runs");
    __builtin_unreachable();
}

err_t
kthread_create(struct kthread **thread, const char *name, void (*entry)(void *), void *argument)
{
    struct kthread *made = plat_alloc(sizeof *made);
    void *stack = made != NULL ? stack_alloc(KTHREAD_STACK_BYTES) : NULL;
    uint64_t flags;

    if (stack == NULL) {
        plat_free(made, sizeof *made);
        return ERR_NOMEM;
    }
    made->name = name;
    made->entry = entry;
    made->argument = argument;
    made->stack = (uintptr_t)stack;
    made->stack_bytes = KTHREAD_STACK_BYTES;
    made->rsp = thread_switch_prepare(made->stack + made->stack_bytes, thread_begin);
    link_init(&made->timed);
    *thread = made;

    flags = spin_lock(&sched_lock);
    link_insert_before(&all, &made->all);
    made->cpu = cpu_index();
    made->spent_ns = floor_ns;
    make_ready_locked(made);
    spin_unlock(&sched_lock, flags);
    return OK;
}

void
kthread_join(struct kthread *thread)
{
    if (thread == NULL)
        return;
    assert(thread != kthread_current());
    while (atomic_load_explicit(&thread->ended, memory_order_acquire) == 0)
        kthread_wait(&thread->ended, 0, KTHREAD_NO_DEADLINE);
    /* It holds the lock until it is off its stack. */
    spin_unlock(&sched_lock, spin_lock(&sched_lock));
    stack_free((void *)thread->stack, thread->stack_bytes);
    plat_free(thread, sizeof *thread);
}

void
kthread_adopt(struct cpu *cpu, uint64_t stack, size_t stack_bytes)
{
    uint64_t flags = spin_lock(&sched_lock);
    struct sched_cpu *own = &sched_cpus[cpu->index];

    own->cpu = cpu;
    own->idle.name = "idle";
    own->idle.state = KTHREAD_RUNNING;
    own->idle.stack = stack;
    own->idle.stack_bytes = stack_bytes;
    own->idle.cpu = cpu->index;
    own->armed_ns = KTHREAD_NO_DEADLINE;
    own->until_ns = KTHREAD_NO_DEADLINE;
    link_init(&own->timed);
    cpu->current = &own->idle;
    assert(cpu->index == sched_cpu_count);
    sched_cpu_count++;
    spin_unlock(&sched_lock, flags);
}

void
kthread_idle(void)
{
    for (;;) {
        spin_lock(&sched_lock);
        if (!link_is_empty(&ready)) {
            here()->idle.state = KTHREAD_READY;
            switch_locked();
        }
        here()->halted = link_is_empty(&ready);
        spin_unlock(&sched_lock, 0); /* interrupts stay off */
        if (here()->halted)
            cpu_halt();
        interrupts_off();
    }
}

uint64_t
kthread_busy_ns(void)
{
    uint64_t flags = spin_lock(&sched_lock);
    uint64_t now = clock_ns(); /* the same for all, and not before any began_ns */
    uint64_t busy_ns = 0;

    for (unsigned i = 0; i < sched_cpu_count; i++) {
        const struct sched_cpu *each = &sched_cpus[i];

        busy_ns += now - each->idle.spent_ns;
        if (each->cpu->current == &each->idle)
            busy_ns -= now - each->idle.began_ns;
    }
    spin_unlock(&sched_lock, flags);
    return busy_ns;
}

void
kthread_each(void (*visit)(const struct kthread *thread))
{
    for (const struct kthread_link *at = all.next; at != &all && at != NULL; at = at->next)
        visit(thread_of(at, all));
}
