/*
 * lock_rank.h - the order in which locks are taken: only upward. A thread
 * that holds a lock of rank N may take only locks of a rank greater than N.
 * Checked builds enforce it. Two locks of one rank are never held together.
 *
 * Add a lock where it belongs; the numbers are free to change.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

enum lock_rank {
    LOCK_RANK_NONE = 0,

    /* machine, vm, prim: what runs above the space */
    LOCK_RANK_CONTROL = 2,  /* who answers questions */
    LOCK_RANK_VM = 4,       /* the virtual machine's global state */
    LOCK_RANK_LOADER = 6,   /* volatile forms of code, inline caches */
    LOCK_RANK_MONITOR = 8,  /* words of the space that workers share: queues of threads */
    LOCK_RANK_THREADS = 9,  /* the table of threads */
    LOCK_RANK_RESTART = 10, /* who of the run before goes on already */
    LOCK_RANK_SCHED = 11,   /* workers that sleep */
    LOCK_RANK_QUEUE = 12,   /* one run queue, and the volatile half of who stands in it */
    LOCK_RANK_TIMER = 13,
    LOCK_RANK_GATE = 14, /* gated output */
    LOCK_RANK_CONSOLE = 16,
    LOCK_RANK_HEAP = 20, /* block lists of the heap */
    LOCK_RANK_HANDLE = 22,

    /* pmem */
    LOCK_RANK_WORLD = 28,    /* who asked the world to stop */
    LOCK_RANK_WORKERS = 30,  /* the list of workers */
    LOCK_RANK_SNAPSHOT = 32, /* state of the snapshot machine */
    LOCK_RANK_STILL = 33,    /* the picture that is being read */
    LOCK_RANK_PAGE = 34,     /* one page of the space */
    LOCK_RANK_FRAMES = 36,   /* frames and copies */
    LOCK_RANK_DIRTY = 38,

    /* store */
    LOCK_RANK_STORE_COMMIT = 44, /* one commit at a time; held across I/O */
    LOCK_RANK_STORE_EARLY = 45,  /* one early write at a time; held across I/O */
    LOCK_RANK_STORE_GROW = 46,   /* more blocks are made ready; held across I/O */
    LOCK_RANK_STORE = 48,        /* its tables; never held across I/O */

    /* leaves: may be taken while holding anything */
    LOCK_RANK_LEAF = 60,
    LOCK_RANK_TRACE = 62,
};
