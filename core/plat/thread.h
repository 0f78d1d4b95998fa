/*
 * thread.h - the part of the contract that gives native threads and the one
 * way to wait. Every lock of the core (base/lock.h) is built on wait and wake.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "plat/err.h"

struct plat_thread;

#define PLAT_NO_DEADLINE UINT64_MAX

/*
 * Start a native thread (in the simulator: a fibre).
 *
 *   thread    filled on OK
 *   name      at most 15 characters, for debuggers; must stay valid
 *   entry     runs with `argument`; returning ends the thread
 *
 * Returns OK or ERR_NOMEM.
 */
must_use err_t plat_thread_create(struct plat_thread **thread, const char *name,
                                  void (*entry)(void *), void *argument);

/* Wait until `thread` has ended, and free it. NULL is fine. */
void plat_thread_join(struct plat_thread *thread);

/* One pointer that belongs to the calling thread; NULL until it was set. */
void *plat_self(void);
void plat_self_set(void *self);

/*
 * Sleep while *word == expected, until woken or until the deadline.
 *
 *   deadline_ns  plat_monotonic_ns() time, or PLAT_NO_DEADLINE
 *
 * May return early for no reason: the caller looks again. Wakes with
 * plat_wake() on the same word; the change of the word happens before it.
 */
void plat_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* Wake up to `count` threads that sleep on `word`. */
void plat_wake(const _Atomic uint32_t *word, unsigned count);

/* Let others run. */
void plat_yield(void);

/*
 * A place where the simulator may switch to another fibre. Locks call it, so
 * most code need not. Costs an empty call on a real machine.
 */
void plat_switch_point(void);

/* How many processors run threads at the same time; at least 1. */
unsigned plat_processor_count(void);

/*
 * One number that belongs to the calling thread (in the simulator: to the
 * fibre), 0 at first. base/lock.c keeps there which ranks of locks the thread
 * holds; only checked builds ask for it.
 */
uint64_t *plat_lock_ranks(void);
