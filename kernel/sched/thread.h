/*
 * thread.h - the kernel's threads, and the one way to wait.
 *
 * (The names are kthread_..., since thread_... are the threads of the virtual
 * machine, in core/vm.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

#define KTHREAD_STACK_BYTES ((size_t)256 << 10)
#define KTHREAD_NO_DEADLINE UINT64_MAX

/*
 * READY <-> RUNNING -> ENDED, and RUNNING -> WAITING -> READY.
 *
 *   READY    in the run queue, or the idle thread of a processor that does not idle
 *   RUNNING  current on one processor
 *   WAITING  in the list of a word, and if it has a deadline also in the list of a processor
 *   ENDED    off its stack for ever; its joiner frees it
 */
enum kthread_state {
    KTHREAD_READY,
    KTHREAD_RUNNING,
    KTHREAD_WAITING,
    KTHREAD_ENDED,
};

struct kthread_link {
    struct kthread_link *next;
    struct kthread_link *prev;
};

struct kthread {
    /* the port's, of the thread itself */
    void *self;
    uint64_t lock_ranks;

    /* the scheduler's, under its lock */
    uint64_t rsp; /* while it does not run */
    enum kthread_state state;
    struct kthread_link queue; /* run queue, or those who wait for a word */
    struct kthread_link timed; /* those with a deadline, nearest first */
    struct kthread_link all;   /* every thread, for debuggers and the panic */
    const _Atomic uint32_t *word;
    uint64_t deadline_ns;
    uint64_t spent_ns; /* processor time up to began_ns, as far as it counts: see thread.c */
    uint64_t began_ns; /* when it was put on a processor */
    _Atomic uint32_t ended;
    unsigned cpu; /* where it runs or ran last */

    /* fixed */
    const char *name;
    void (*entry)(void *);
    void *argument;
    uint64_t stack; /* lowest address; all of it is mapped, and a guard lies below */
    uint64_t stack_bytes;
};

/* The calling thread; on a processor that idles or starts, its idle thread. Never NULL. */
static inline struct kthread *
kthread_current(void)
{
    struct kthread *current;

    /* One instruction: the thread may be moved before and after it, not within. */
    __asm__ volatile("movq %%gs:8, %0" : "=r"(current));
    return current;
}

/*
 * Start a thread.
 *
 *   thread  filled on OK; to be joined
 *   name    must stay valid
 *   entry   runs with `argument`, interrupts on; returning ends the thread
 *
 * Returns OK or ERR_NOMEM. Not in interrupts.
 */
must_use err_t kthread_create(struct kthread **thread, const char *name, void (*entry)(void *),
                              void *argument);

/* Wait until `thread` has ended, and free it. NULL is fine. */
void kthread_join(struct kthread *thread);

/*
 * Sleep while *word == expected, until woken or until the deadline.
 *
 *   word         not in the space
 *   deadline_ns  clock_ns() time, or KTHREAD_NO_DEADLINE
 *
 * May return early for no reason: the caller looks again.
 */
void kthread_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/*
 * Wake up to `count` threads that sleep on `word`, the longest waiting first;
 * returns how many. Also in interrupts and under spin locks.
 */
unsigned kthread_wake(const _Atomic uint32_t *word, unsigned count);

/* Let the next ready thread run; returns at once if there is none. */
void kthread_yield(void);

/* Sleep until a clock_ns() time. */
void kthread_sleep_until(uint64_t deadline_ns);
