/*
 * fibre.c - fibres over ucontext, and the scheduler that chooses among them.
 *
 * Invariants
 *   1. Exactly one fibre runs; it is `current`, and it alone is not in `waiting`
 *      state.
 *   2. No choice depends on anything but the seed and the history of the run.
 *   3. If nothing can run and nothing is due, that is a deadlock of the core,
 *      and the run fails naming every fibre and the word it waits on.
 *
 * A fibre's stack holds everything of it, signal frames of page faults
 * included, so a fibre may be switched away inside a fault handler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/fibre.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "plat/machine.h"
#include "plat/thread.h"
#include "sim/random.h"

#define FIBRE_STACK_BYTES (256u * 1024u)
#define FIBRE_MAX         64

enum fibre_state {
    FIBRE_FREE,     /* no fibre */
    FIBRE_RUNNABLE, /* may be chosen */
    FIBRE_WAITING,  /* on a word, with or without a deadline */
    FIBRE_ENDED,    /* not joined yet */
};

struct plat_thread {
    enum fibre_state state;
    const char *name;
    void (*entry)(void *);
    void *argument;
    void *self;
    const _Atomic uint32_t *word; /* it waits on this one */
    uint64_t deadline_ns;
    _Atomic uint32_t ended; /* for join */
    void *stack;
    ucontext_t context;
};

static struct {
    struct plat_thread fibres[FIBRE_MAX]; /* 0 is the first one */
    unsigned fibre_end;                   /* from here on there was never one */
    struct plat_thread *current;
    struct sim_device *devices;
    struct sim_schedule schedule;
    struct sim_random random;
    uint64_t now_ns;
    uint64_t switches;
} sim;

void
sim_fibres_start(uint64_t seed, const struct sim_schedule *schedule)
{
    sim.schedule = *schedule;
    sim.random = (struct sim_random){ .state = seed };
    sim.now_ns = 1000000000ull;
    sim.fibre_end = 1;
    sim.current = &sim.fibres[0];
    sim.current->state = FIBRE_RUNNABLE;
    sim.current->name = "first";
}

void
sim_device_add(struct sim_device *device)
{
    device->next = sim.devices;
    sim.devices = device;
}

void
sim_device_remove(struct sim_device *device)
{
    struct sim_device **at = &sim.devices;

    while (*at != device)
        at = &(*at)->next;
    *at = device->next;
}

uint64_t
sim_now_ns(void)
{
    return sim.now_ns;
}

uint64_t
sim_switches(void)
{
    return sim.switches;
}

static void
devices_act(void)
{
    for (struct sim_device *device = sim.devices; device != NULL; device = device->next)
        device->act(device->context, sim.now_ns);
}

static void
deadlines_expire(void)
{
    for (unsigned i = 0; i < sim.fibre_end; i++) {
        struct plat_thread *fibre = &sim.fibres[i];

        if (fibre->state == FIBRE_WAITING && fibre->deadline_ns <= sim.now_ns)
            fibre->state = FIBRE_RUNNABLE;
    }
}

static uint64_t
next_due_ns(void)
{
    uint64_t due = PLAT_NO_DEADLINE;

    for (struct sim_device *device = sim.devices; device != NULL; device = device->next) {
        uint64_t device_due = device->next_due_ns(device->context);

        if (device_due < due)
            due = device_due;
    }
    for (unsigned i = 0; i < sim.fibre_end; i++)
        if (sim.fibres[i].state == FIBRE_WAITING && sim.fibres[i].deadline_ns < due)
            due = sim.fibres[i].deadline_ns;
    return due;
}

static __attribute__((noreturn)) void
deadlock(void)
{
    for (unsigned i = 0; i < FIBRE_MAX; i++)
        if (sim.fibres[i].state == FIBRE_WAITING)
            fprintf(stderr, "sim: fibre %s waits on %p\n", sim.fibres[i].name,
                    (const void *)sim.fibres[i].word);
    plat_panic("deadlock: every fibre waits and nothing is due");
}

/* Some runnable fibre by chance, or NULL. */
static struct plat_thread *
choose(void)
{
    struct plat_thread *runnable[FIBRE_MAX];
    unsigned count = 0;

    for (unsigned i = 0; i < sim.fibre_end; i++)
        if (sim.fibres[i].state == FIBRE_RUNNABLE)
            runnable[count++] = &sim.fibres[i];
    return count == 0 ? NULL : runnable[sim_random_below(&sim.random, count)];
}

/* Let something else run, if the chooser wants; time leaps when nothing can. */
static void
reschedule(void)
{
    struct plat_thread *from = sim.current;
    struct plat_thread *to;

    devices_act();
    deadlines_expire();
    while ((to = choose()) == NULL) {
        uint64_t due = next_due_ns();

        if (due == PLAT_NO_DEADLINE)
            deadlock();
        if (due > sim.now_ns)
            sim.now_ns = due;
        devices_act();
        deadlines_expire();
    }
    if (to == from)
        return;
    sim.switches++;
    sim.current = to;
    swapcontext(&from->context, &to->context);
}

static void
fibre_main(void)
{
    struct plat_thread *self = sim.current;

    self->entry(self->argument);
    atomic_store(&self->ended, 1);
    self->state = FIBRE_ENDED;
    plat_wake(&self->ended, UINT32_MAX);
    reschedule();
    plat_panic("an ended fibre was chosen");
}

err_t
plat_thread_create(struct plat_thread **thread, const char *name, void (*entry)(void *),
                   void *argument)
{
    struct plat_thread *fibre = NULL;
    void *stack;

    for (unsigned i = 1; i < FIBRE_MAX && fibre == NULL; i++)
        if (sim.fibres[i].state == FIBRE_FREE)
            fibre = &sim.fibres[i];
    if (fibre == NULL)
        return ERR_NOMEM;
    stack = mmap(NULL, FIBRE_STACK_BYTES, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED)
        return ERR_NOMEM;
    memset(fibre, 0, sizeof *fibre);
    if (fibre == &sim.fibres[sim.fibre_end])
        sim.fibre_end++;
    fibre->name = name;
    fibre->entry = entry;
    fibre->argument = argument;
    fibre->stack = stack;
    getcontext(&fibre->context);
    fibre->context.uc_stack.ss_sp = stack;
    fibre->context.uc_stack.ss_size = FIBRE_STACK_BYTES;
    makecontext(&fibre->context, fibre_main, 0);
    fibre->state = FIBRE_RUNNABLE;
    *thread = fibre;
    plat_switch_point();
    return OK;
}

void
plat_thread_join(struct plat_thread *thread)
{
    if (thread == NULL)
        return;
    while (atomic_load(&thread->ended) == 0)
        plat_wait(&thread->ended, 0, PLAT_NO_DEADLINE);
    munmap(thread->stack, FIBRE_STACK_BYTES);
    thread->state = FIBRE_FREE;
}

void *
plat_self(void)
{
    return sim.current->self;
}

void
plat_self_set(void *self)
{
    sim.current->self = self;
}

void
plat_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct plat_thread *self = sim.current;

    if (atomic_load(word) != expected || deadline_ns <= sim.now_ns) {
        plat_switch_point();
        return;
    }
    self->word = word;
    self->deadline_ns = deadline_ns;
    self->state = FIBRE_WAITING;
    reschedule();
    self->word = NULL;
}

void
plat_wake(const _Atomic uint32_t *word, unsigned count)
{
    unsigned start = (unsigned)sim_random_below(&sim.random, sim.fibre_end);

    for (unsigned i = 0; i < sim.fibre_end && count > 0; i++) {
        struct plat_thread *fibre = &sim.fibres[(start + i) % sim.fibre_end];

        if (fibre->state == FIBRE_WAITING && fibre->word == word) {
            fibre->state = FIBRE_RUNNABLE;
            count--;
        }
    }
}

void
plat_yield(void)
{
    sim.now_ns += 1 + sim_random_below(&sim.random, sim.schedule.tick_ns_max);
    reschedule();
}

void
plat_switch_point(void)
{
    sim.now_ns += 1 + sim_random_below(&sim.random, sim.schedule.tick_ns_max);
    if (sim_random_chance(&sim.random, sim.schedule.switch_per_1024, 1024))
        reschedule();
}

unsigned
plat_processor_count(void)
{
    return sim.schedule.processor_count;
}
