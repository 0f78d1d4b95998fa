/*
 * monitor_priv.h - what the two halves of monitors share: entering and leaving, and lending.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "vm/monitor.h"
#include "vm/thread.h"
#include "vm/worker_priv.h"

/* True if the thread can be read. For one in the middle of a change: the world waits for pages. */
static inline bool
thread_is_there(ref_t thread)
{
    return pmem_readable(thread, sizeof(struct thread_object));
}

/* ---- monitor.c ---- */

/*
 * The lock stack of a thread, which may be running, and how many entries of it count; 0: it has
 * none, or that cannot be read. In a commit.
 */
ref_t monitor_lock_stack(ref_t thread, uint32_t *count);

/* ---- monitor_queue.c ---- */

#define ENTRY_QUEUE                                                                                \
    offsetof(struct monitor_object, entry_head), offsetof(struct monitor_object, entry_tail)
#define WAIT_QUEUE                                                                                 \
    offsetof(struct monitor_object, wait_head), offsetof(struct monitor_object, wait_tail)

/* As thread_queue_push and thread_queue_pop; out of whichever queue it stands in. All guarded. */
void monitor_queue_push(ref_t monitor, uint64_t head, uint64_t tail, ref_t thread);
word_t monitor_queue_pop(ref_t monitor, uint64_t head, uint64_t tail);
void monitor_queues_leave(ref_t monitor, ref_t thread);

/* ---- monitor_lend.c ---- */

/* The thread has taken the monitor of the object. */
void monitor_lend_note(ref_t object, ref_t thread);

/*
 * A thread of this level waits for the object. Its holder runs at this level from now on, and so
 * does who has what that one waits for. Where the holder is not found, he sees it himself
 * when his time slice ends; and nobody waits for ever in a run queue. In a commit.
 */
void monitor_lend(ref_t object, unsigned level);

/* The highest level, plus one, of those at the head of a monitor's entry queue. Guarded. */
unsigned monitor_lend_level(ref_t monitor);
