/*
 * history_priv.h - the table of pins in memory, and what a fold does to it.
 *
 * A block is born in the generation that wrote it and dies in the first that does not
 * lead to it. A pin reaches it if it was born up to the pin and dies after it. Blocks that died
 * between a pin and the next (or the present), and that the pin reaches, are in the pin's
 * list. So a block is in one list at most, that of the newest pin that reaches it; when that
 * goes, the block goes over to the next older one, if it was born up to that, or waits to be free.
 *
 * Pins and lists change only in folds, which write what changed to new places. What died since the
 * fold in a commit with a record is in no list yet: the leaf of the map as of the fold still
 * names it, and the next fold finds it there. Its bit says that it is in use, and the record
 * that it is kept (DELTA_OLD_KEPT), so it does not wait to be free meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/blocks_priv.h"
#include "store/extent_list_priv.h"
#include "store/history.h"
#include "store/super_priv.h"

struct store;

/* Links of lists that a fold works off at most: that many are read and, at most, written anew. */
#define HISTORY_LINKS 64

/* Folds that find a link unreadable, as the disk says, before it counts as lost. */
#define HISTORY_TRIES 8

struct pin {
    struct store_note note;
    struct block_ref map;
    uint64_t pages_mapped;
    struct block_ref dead; /* first link of its list; count 0: empty */
    uint64_t dead_blocks;
    uint32_t head_items; /* in the first link */
    uint64_t age_ns;     /* of one that the policy made */
    bool held;
    bool going; /* as the disk has it */
    bool asked; /* it shall go; no view of it can be opened any more */
    unsigned views;
    unsigned unread; /* folds in a row that could not read the first link of its list */
};

struct history {
    struct pin *pins; /* STORE_PINS_MAX, oldest first; guarded by the store's lock */
    size_t count;
    bool pin_asked;
    bool damaged;               /* a part of the table was passed over at opening */
    struct store_policy policy; /* guarded by the store's lock; goes into the next superblock */
    unsigned links;             /* HISTORY_LINKS, or fewer */
    uint64_t opened;            /* the first number that was free at opening */
    uint64_t newest;            /* generation of the newest pin that is not going, or 0 */
    uint64_t kept_since;        /* blocks that died since the fold and are kept */
    uint64_t refused;           /* the most that was refused since the last commit, and that letting
                                   go of history may bring; in blocks */
    struct extent_list blocks;  /* where the table lies; the committer's */
};

/* What a fold adds to the list of a pin, and where. */
struct pin_growth {
    struct extent_list items;  /* with the generation of their birth */
    struct extent_list places; /* blocks for the new links */
};

/* The table as a fold makes it. */
struct history_fold {
    struct pin pins[STORE_PINS_MAX];
    struct pin_growth growth[STORE_PINS_MAX];
    size_t count;
    uint64_t newest_before; /* as struct history has it while no fold has changed it */
    size_t newest; /* place of the newest pin that is not going; `count` if there is none */
    bool pin;      /* this generation shall be pinned: somebody asked */
    bool due;      /* or the policy says so */
    struct history_clock clock;
    bool entered; /* and has its place */
    struct extent_list places;
    struct block_ref root;
};

must_use err_t history_create(struct history *history);
void history_destroy(struct history *history);

/* Whose view it is, and where its page map begins. */
struct store *view_store(const struct store_view *view);
struct block_ref view_map(const struct store_view *view);

/* ---- opening ---- */

/* Read the table, up to damage: that part counts. OK, ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
must_use err_t history_load(struct store *store);
void history_unload(struct store *store);

/* Visit each link of a pin's list that can be read. Uses the store's scratch block. */
typedef err_t history_link_fn(void *context, uint64_t block, const struct chain_disk *link);
must_use err_t history_list_walk(struct store *store, const struct pin *pin, history_link_fn *visit,
                                 void *context);

/* ---- commits ---- */

/* Pin what is committed already, as a new generation. Returns what a commit does. */
must_use err_t history_pin(struct store *store, uint64_t wall_ns, uint64_t *generation);

/*
 * The credit that a commit of so many pages takes, of which what is `written` takes a block: those
 * that are not zeroes, and the nodes of the page map above all. Zeroes alone take records only.
 */
uint64_t history_credit_wanted(uint64_t pages, uint64_t written);

/*
 * That credit, for a store over which no space is up. Where there is none older pins let go of
 * what they keep, by commits that change nothing else; but not if all of it would be too little.
 * Returns what store_credit_take() does, or what a commit does.
 */
must_use err_t history_credit_take(struct store *store, uint64_t wall_ns, uint64_t pages);

/* Does a pin reach a block that was born in `birth` and dies now? For the committer. */
bool history_keeps(const struct store *store, uint64_t birth);

/* So many open blocks were wanted, and there are not. The next commit sees whether pins shall go.
 */
void history_refuse(struct store *store, uint64_t blocks);

/*
 * Is there something that only a fold can do? Decides which pins go when space is short. Once
 * for each commit.
 */
bool history_wants_fold(struct store *store, const struct store_note *note);

/* Does the policy want a pin of this generation if it folds? The lock is held. */
bool history_pins_locked(const struct store *store, const struct store_note *note);

/* Blocks that the next fold needs for tables and lists. The lock is held. */
uint64_t history_reserve_locked(const struct store *store);

/* Blocks that only pins keep. The lock is held. */
uint64_t history_blocks_locked(const struct store *store);

/* ---- history_policy.c ---- */

extern const struct store_policy history_policy_default;

/* Is it time for a pin, even if it takes a fold of its own? The lock is held. */
bool history_is_due_locked(const struct store *store, const struct store_note *note);

/* What is remembered if the policy pins the note's generation. */
struct history_clock history_clock_next(const struct store *store, const struct store_note *note);

/* Let go of what no rule keeps, as one of `age_ns` is about to be added. */
void history_thin(struct history_fold *history, const struct store_policy *policy, uint64_t age_ns);

/* ---- a fold, in this order ---- */

must_use err_t history_fold_begin(struct store *store);

/* A page of the map as of the last fold, or (`node`) a node, is replaced. */
must_use err_t history_fold_replaced(struct store *store, uint64_t block, uint64_t birth,
                                     bool node);

/* All deaths are known: lists of pins that go are worked off, and the new pin gets its place. */
must_use err_t history_fold_settle(struct store *store);

/* Places for new links and the table; called until it finds nothing to do any more. */
must_use err_t history_fold_place(struct store *store, bool *found);
must_use err_t history_fold_write(struct store *store);

/*
 * A block that a pin of this generation is the newest to reach, and that no list tells of: the next
 * fold puts it into that pin's list. OK, ERR_NOMEM.
 */
must_use err_t history_unlisted_add(struct store *store, uint64_t pin, uint64_t block,
                                    uint64_t birth);
void history_unlisted_free(struct store *store);

/* The fold is committed. */
void history_fold_take_over(struct store *store);

/* In every case; what was asked for and not done stays asked for. */
void history_fold_free(struct store *store);
