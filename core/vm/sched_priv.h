/*
 * sched_priv.h - what the files of the scheduler share: the volatile half of a
 * thread, run queues, timers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "vm/thread.h"
#include "vm/worker_priv.h"

/* Levels of priority, the lowest first. */
#define SCHED_LEVELS       5
#define SCHED_LEVEL_NORMAL 2

/* More workers than this share queues. */
#define SCHED_QUEUES_MAX 64

/* The volatile half of a thread, by its slot. */
struct sched_half {
    uint32_t next, before;   /* slot + 1 of its neighbours in its run queue; guarded by that one */
    _Atomic bool timer;      /* it has one. Changed under the lock of timers */
    _Atomic uint8_t queue;   /* that it stands in, + 1; 0: in none. Changed under that one's lock */
    uint8_t level;           /* at which it stands there */
    _Atomic uint8_t lent;    /* level + 1 that those who wait for it lend it; 0: none */
    bool lost;               /* guarded by the lock of who is lost */
    _Atomic bool stands;     /* it does not go on where programs stand still */
    bool seen;               /* it goes on after the start; guarded by restart.c */
    _Atomic uint8_t unheard; /* looks since it was interrupted */
    _Atomic uint64_t cpu_ns; /* of whoever runs it, and of who has just let go of it */
};

extern struct sched_half *sched_halves;

/* ---- sched_queue.c: who may run, and stands in line; by slots ---- */

/* Queues for so many workers; all are empty. */
void sched_queue_init(unsigned count);

/* Put a thread that stands in no queue at the end of its level. */
void sched_queue_push(unsigned queue, uint32_t slot, unsigned level);

/* Threads in a queue. A guess, unless the caller knows that nobody changes it. */
uint32_t sched_queue_count(unsigned queue);

/* If the thread stands in a queue at another level (with `raise`: a lower one): now at the end of
 * this. */
void sched_queue_move(uint32_t slot, unsigned level, bool raise);

/*
 * True if a thread waits in any queue: exactly, by their locks. Who has made known that he sleeps
 * is seen by whoever puts a thread there after this has looked. And a guess.
 */
bool sched_queue_any(void);
bool sched_queue_has_any(void);

/* The highest level at which a thread waits in any queue, plus one; 0: none waits. A guess. */
unsigned sched_queue_best(void);

/*
 * Take the next thread for the worker whose queue is `own`.
 *
 *   afar   look at all queues alike, so that each thread gets its turn whichever it stands in
 *   slot   filled
 *   level  filled: at which it waited
 *
 * False if there is none.
 */
bool sched_queue_take(unsigned own, bool afar, uint32_t *slot, unsigned *level);

/* ---- sched.c, sched_still.c ---- */

/* The worker's thread goes to the end of the run queue. */
void sched_give_back(struct vm_worker *worker);

/* It was killed, or its program is over. */
bool sched_is_over(ref_t thread);

void sched_still_init(void);

/* May it not be queued, where programs stand still? */
bool sched_must_stand(ref_t thread);

/* ---- sched_timer.c ---- */

must_use err_t sched_timer_init(void);
void sched_timer_close(void);

/*
 * The thread whose timer is due at this personal time, disarmed; 0 if there is none, or, of a
 * crowd, not yet: sched_timer_first() tells.
 */
ref_t sched_timer_take_due(uint64_t personal_ns);

/* ---- limit.c: a program's share of processor time ---- */

/* The program has used so much. */
void limit_used(uint32_t application, uint64_t ns);

/* True if its threads must wait for the next period. Monotonic time. */
bool limit_is_used_up(uint32_t application, uint64_t now_ns);

/* They do: hold this one, which stands in no queue and is RUNNABLE, until then. */
void limit_hold(uint32_t application, uint32_t slot, unsigned level);

/* When threads that are held may go on; UINT64_MAX: there are none. */
uint64_t limit_release_ns(void);

/* Put those whose time has come into a queue. */
void limit_release(unsigned queue, uint64_t now_ns);

/* ---- restart.c: threads of the run before go on ---- */

/* They do from now on, if there are `any` workers. A RUNNING worker; before anybody can wake one.
 */
void restart_begin(bool any);

/* True until all go on; and while there is one that nobody sees to yet. */
bool restart_is_going(void);
bool restart_has_turns(void);

/* See to some of them. The worker has no thread, is at a safepoint, and may go away meanwhile. */
void restart_some(struct vm_worker *worker);

/* To be called before a thread's state is changed, and before a slot is given to a new thread. */
void restart_before_wake(ref_t thread);
void restart_slot_given(uint32_t slot);

/* ---- sched_aside.c: what is done beside the programs, in pieces ---- */

/* First writes that waking a thread may take. */
#define SCHED_WAKE_PAGES 16

/* One piece; zeroed when it begins. */
struct sched_piece {
    uint64_t until_ns;
    unsigned slots;
};

/* Before each slot of a piece: true while there is time and credit for it, and nobody waits. */
bool sched_piece_goes_on(struct vm_worker *worker, struct sched_piece *piece);

void sched_aside_init(void);

/* True while a worker that has nothing else to do has something to do there. A guess. */
bool sched_has_aside(void);

/* Do a piece of it. The worker has no thread, is at a safepoint, and may go away meanwhile. */
void sched_aside(struct vm_worker *worker);

/* ---- sched_room.c ---- */

/* True if a worker should see to its credit before it goes on. */
bool sched_lacks_credit(const struct vm_worker *worker);

/* Away from the space for a moment, because something has to get better first. */
void sched_pause(struct vm_worker *worker);

/* ---- sched.c ---- */

/* True from the moment the machine stops. */
bool sched_is_stopping(void);

/* Wake a worker that sleeps, if there is one: there is a thread, or an earlier timer. */
void sched_call_idle(void);

/* Take up the running state of the worker's thread again, as the space has it. */
void sched_load_again(struct vm_worker *worker);

/*
 * True if the thread and its program can be read, as far as it takes to end it. Brings pages in;
 * the worker is away meanwhile.
 */
bool sched_can_be_seen(struct vm_worker *worker, ref_t thread);

/* The thread of the slot cannot be read: see sched_find_lost. */
void sched_lost_add(uint32_t slot);

/* It is over for the worker's thread. */
void sched_end_over(struct vm_worker *worker);
