/*
 * history.h - generations that stay readable: pins.
 *
 * Any commit can pin its generation, if it is asked to before it ends: it folds then, as a
 * pin is the root of a page map and no more. What dies after it and is still reached by it
 * is kept in a list of its own, so that letting go of a pin frees exactly what nothing
 * else reaches: a little with each fold, and safe from cuts like all else.
 *
 * When space is short the oldest pins go first, by themselves: a volume is never full
 * because of its history.
 *
 * A policy pins generations by itself, when commits are made anyway, and thins them out. What
 * somebody asked for is held: only that, or want of space, lets go of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/store.h"

#define STORE_PINS_MAX 124 /* four blocks of them */

struct store_pin {
    struct store_note note;
    uint64_t pages_mapped; /* pages of the space that have a block in it */
    uint64_t blocks;       /* that died before the next pin and are kept for this and older ones */
    bool held;             /* somebody asked for it: the policy lets it be */
    bool going;            /* let go of: not readable any more; its blocks become free bit by bit */
};

/*
 * How many pins stay, by three rules; a pin stays if one of them keeps it. The next pin that the
 * policy makes displaces what none keeps any more. All 0: none is made, and none stays.
 */
struct store_policy {
    uint32_t last;   /* each fold is pinned, and the newest stay */
    uint32_t hourly; /* an hour from each other */
    uint32_t daily;  /* a day from each other */
};

#define STORE_POLICY_MAX 100 /* all three together, so that there is room for what is asked for */

struct store_policy store_policy_get(struct store *store);

/* Say what is to be kept. Safe with the next commit. Returns OK or ERR_RANGE. Any thread. */
must_use err_t store_policy_set(struct store *store, const struct store_policy *policy);

/*
 * Pin the generation of the next commit that succeeds; it folds. Not kept over a restart. Where
 * there are STORE_PINS_MAX pins the oldest goes first, and the pin comes with a later commit. Any
 * thread.
 */
void store_pin_ask(struct store *store);

/*
 * Let go of a pin with the next commit, which folds; while a view of it is open, with one after
 * that is closed. Returns OK or ERR_NOT_FOUND. Any thread.
 */
must_use err_t store_unpin(struct store *store, uint64_t generation);

/* The pins, oldest first, those that are going among them; returns how many. Any thread. */
size_t store_pins_get(struct store *store, struct store_pin *pins, size_t pin_max);

/*
 * How much is left to be let go of: 0 if no pin goes, or was asked to go and may, else a number
 * that becomes less with each commit that brings some of it. So who makes commits as long as it
 * does comes to an end, also where a list cannot be read. Any thread.
 */
uint64_t store_history_left(struct store *store);

/* A pinned generation that is being read. It is not let go of meanwhile. */
struct store_view;

/*
 * Open a pinned generation for reading, beside whatever the store does.
 *
 *   view  filled on OK; for store_view_close before the store is closed
 *
 * Returns OK, ERR_NOT_FOUND (not pinned, or let go of), ERR_NOMEM.
 */
must_use err_t store_view_open(struct store *store, uint64_t generation, struct store_view **view);

/* NULL is fine. */
void store_view_close(struct store_view *view);

/* As store_page_read, of the pinned generation. Any number of threads may read one view. */
must_use err_t store_view_read(struct store_view *view, uint64_t page, void *buffer);

/*
 * The first page from `from` on that is not known to be zeroes.
 *
 *   buffer  PAGE_BYTES, aligned to 4096; what is in it then means nothing
 *   page    filled on OK
 *
 * Returns OK, ERR_END (there is none), ERR_CORRUPT, ERR_IO.
 */
must_use err_t store_view_next(struct store_view *view, uint64_t from, void *buffer,
                               uint64_t *page);

/* What the view is of. */
struct store_pin store_view_pin(const struct store_view *view);

/*
 * Let a store that is read-only show a pinned generation instead of the newest: from now on
 * whatever reads the store, a space over it included, sees that one. For one that was just opened.
 *
 *   note  filled on OK: what that generation says about itself
 *
 * Returns OK, ERR_NOT_FOUND (not pinned, or let go of).
 */
must_use err_t store_turn_back(struct store *store, uint64_t generation, struct store_note *note);

/*
 * Do what was asked of pins and policy: make a generation of what is committed already. For a store
 * over which no space is up: no commit is under way, and nothing was written early.
 *
 *   note  wall time is the caller's; the rest is filled on OK
 *
 * Returns what store_commit_finish() returns.
 */
must_use err_t store_history_commit(struct store *store, enum store_cause cause,
                                    struct store_note *note);

/*
 * Keep what is committed already: pin it, by a commit of its own, if it is not pinned and held. For
 * a store as store_history_commit() wants it.
 *
 *   generation  filled on OK: the one that is pinned, and is the present
 *
 * Returns OK, ERR_READ_ONLY, or what store_commit_finish() returns.
 */
must_use err_t store_pin_present(struct store *store, uint64_t wall_ns, uint64_t *generation);

/*
 * Go back: make a new generation that holds what a pinned one holds, byte for byte. The present
 * is pinned first, so this too can be undone. No commit is under way, and nothing was written
 * early. Takes blocks, and time, for the pages that differ.
 *
 *   note  wall time is the caller's; the rest is filled on OK, for the new generation
 *   kept  filled on OK: the generation that was the present
 *
 * Returns OK; or, and the present is what it was (but may be pinned), ERR_NOT_FOUND,
 * ERR_CORRUPT (a page of the pin is damaged; the log says which), ERR_NOSPACE, ERR_IO, ERR_NOMEM,
 * ERR_READ_ONLY.
 */
must_use err_t store_rewind(struct store *store, uint64_t generation, struct store_note *note,
                            uint64_t *kept);
