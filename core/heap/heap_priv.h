/*
 * heap_priv.h - the heap's own structures, shared by the files of this folder.
 *
 * In the space: the block table and a few words of the root. All else is
 * volatile and is either rebuilt by a full collection or begins empty.
 *
 *   nursery:  | survivors 0 | survivors 1 | eden                              |
 *
 * Eden's blocks are handed to workers one by one. A scavenge copies what lives
 * in eden and in the survivors that are in use to the other survivors, or,
 * what has survived once already, to old space; then eden is empty.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>

#include "base/histogram.h"
#include "base/lock.h"
#include "heap/heap.h"

#define HEAP_STEP_BYTES         8192ull      /* zeroed at a time, for one worker */
#define HEAP_NURSERY_BYTES      (2ull << 20) /* unless the options say otherwise */
#define HEAP_NURSERY_BLOCKS_MIN 4            /* two of survivors, two of eden */
#define HEAP_PROMOTE_AGE        2            /* a second survival makes an object old */
#define HEAP_STAYS_AGE          15           /* that of an object which stays young */
#define HEAP_SURVIVOR_BYTES_MAX 4096         /* larger ones are promoted at once */
#define HEAP_FULL_NURSERIES     4            /* promoted before a full collection, at least */
#define HEAP_RECYCLE_LINES_MIN  16           /* free lines that make a block worth filling up */
#define HEAP_PAGES_PER_BLOCK    (HEAP_BLOCK_BYTES / PAGE_BYTES)
#define HEAP_HOLE_PAGES_MAX     128 /* pages of holes that one scavenge may fill */
#define HEAP_HOLE_PAGES_FEW     16  /* when the volume is nearly full */
#define HEAP_SWEEP_PAGES        48  /* descriptors that a full volume's sweep may write */
#define HEAP_SWEEP_KEPT         64  /* credit that scavenges leave to that, and to zeroing */
#define HEAP_CURSOR_COUNT       64
#define HEAP_FILL_BYTES         (HEAP_BLOCK_BYTES - HEAP_LARGE_BYTES) /* a block is filled so far */
#define HEAP_LINE_WORDS         (HEAP_LINES_PER_BLOCK / 64)
#define HEAP_NO_BLOCK           UINT64_MAX
#define HEAP_LIMITS_MAX         256 /* applications that have a limit */
#define HEAP_REMEMBERED_MAX     (1ull << 28)
#define HEAP_SUMMARY_CYCLES     8    /* one in so many reads all, whatever is known of it */
#define HEAP_SCAN_BLOCKS        1024 /* descriptors looked at after a restart, per scavenge */

/* ---- in the space ---- */

enum heap_block_kind {
    BLOCK_FREE,    /* also every block behind the first of a large object */
    BLOCK_NURSERY, /* in the run that the root names; old after a restart */
    BLOCK_OLD,     /* small and medium objects, by lines */
    BLOCK_LARGE,   /* the first block of one large object */
};

/* A map of the space: entry `block` of SPACE_BLOCK_TABLE. */
struct heap_descriptor {
    uint32_t kind;
    uint32_t application;
    uint32_t block_count; /* of a large object */
    uint32_t spare;       /* zero */
};

static_assert(sizeof(struct heap_descriptor) == 16, "the block table's format");
static_assert(HEAP_BLOCK_COUNT * sizeof(struct heap_descriptor) <= SPACE_HEAP - SPACE_BLOCK_TABLE,
              "a descriptor for every block");

/* Words of space_root.collector. */
enum heap_root {
    HEAP_ROOT_NURSERY,       /* its first block plus one; 0: there is none */
    HEAP_ROOT_NURSERY_COUNT, /* its blocks */
    HEAP_ROOT_OLD_BYTES,     /* gone into old space since the last full collection */
};

static inline uint64_t
heap_root_at(enum heap_root word)
{
    return SPACE_ROOT + offsetof(struct space_root, collector) + 8 * (uint64_t)word;
}

static inline uint64_t
heap_block_at(uint64_t block)
{
    return SPACE_HEAP + (block << HEAP_BLOCK_SHIFT);
}

static inline uint64_t
heap_block_of(uint64_t address)
{
    return (address - SPACE_HEAP) >> HEAP_BLOCK_SHIFT;
}

static inline uint64_t
heap_descriptor_at(uint64_t block)
{
    return SPACE_BLOCK_TABLE + block * sizeof(struct heap_descriptor);
}

/* ---- how objects of a class look ---- */

#define HEAP_RUNS_MAX 12

struct heap_shape {
    _Atomic uint32_t ready; /* release: the rest is filled */
    uint32_t bytes;         /* of a plain object */
    uint16_t kind;          /* enum object_kind */
    uint16_t run_count;
    bool weak; /* the first word does not keep what it refers to */
    struct {
        uint32_t offset;
        uint32_t count;
    } runs[HEAP_RUNS_MAX];
};

static_assert(sizeof((struct heap_shape){ 0 }.runs) == sizeof((struct class_object){ 0 }.word_runs),
              "a shape has room for all that a class says");

/* The shape of a class; it is loaded, or one that C knows. */
const struct heap_shape *heap_shape_of(uint32_t class_number);

/*
 * Bring in what heap_shape_of() has to read for a class that it was not asked for before. A RUNNING
 * worker; or in the stopped world, where `worker` is NULL. Returns OK, or ERR_CORRUPT or ERR_IO: it
 * cannot be asked.
 */
must_use err_t heap_shape_page_in(struct pmem_worker *worker, uint32_t class_number);

/* What makes no sense in what a class object says of its objects; NULL: all does. */
const char *heap_shape_trouble(ref_t class);

/* True if heap_shape_of() was asked for it before; and if it cannot do without a class object. */
bool heap_shape_stands(uint32_t class_number);
bool heap_shape_needs_class(uint32_t class_number);

/* The size of an object, whose header is given because a scavenge may have taken it away. */
uint64_t heap_shape_bytes(const struct heap_shape *shape, ref_t object, uint64_t header);

/* Word slots [*from, *to) of run `i`; false if there is no such run. */
static inline bool
heap_shape_run(const struct heap_shape *shape, ref_t object, unsigned i, uint64_t *from,
               uint64_t *to)
{
    if (shape->kind == KIND_PLAIN) {
        if (i >= shape->run_count)
            return false;
        *from = object + shape->runs[i].offset;
        *to = *from + 8ull * shape->runs[i].count;
        return true;
    }
    if (i != 0)
        return false;
    if (shape->kind == KIND_WORDS) {
        *from = object + ARRAY_HEADER_BYTES;
        *to = *from + 8ull * array_length(object);
        return true;
    }
    if (shape->kind == KIND_STACK) {
        *from = object + offsetof(struct stack_object, slots);
        *to = *from + 8ull * GET_U32(stack_object, object, word_top);
        return true;
    }
    return false;
}

static inline bool
heap_shape_has_words(const struct heap_shape *shape)
{
    return shape->kind == KIND_WORDS || shape->kind == KIND_STACK ||
           (shape->kind == KIND_PLAIN && shape->run_count != 0);
}

/* ---- old space ---- */

/*
 * Where one application's next old objects go: into the holes of a block, one
 * after the other; objects longer than a line that do not fit the hole go to
 * a block of their own kind, so that they do not waste holes.
 */
struct heap_cursor {
    bool used;
    uint32_t application;
    uint64_t at, limit;             /* the hole */
    bool fresh, wide_fresh;         /* the block was zero: no page behind `at` was written since */
    uint64_t block;                 /* that it lies in, or HEAP_NO_BLOCK */
    unsigned line;                  /* where to look for the next hole of that block */
    uint64_t wide_at, wide_limit;   /* for those that did not fit */
    uint64_t recycle_from;          /* next block to ask for holes */
    uint64_t young_at, young_limit; /* survivors, during a scavenge */
};

/* A block that was given out and whose descriptor must be written. */
struct heap_taken {
    uint64_t block; /* HEAP_NO_BLOCK: none */
    uint32_t kind;
    uint32_t application;
    uint32_t block_count;
    bool fresh; /* never used: its pages are zero */
};

/* What an application may have; a place whose bytes_max is 0 is free. */
struct heap_limit {
    _Atomic uint32_t application;
    _Atomic uint64_t bytes_max;  /* 0: no limit */
    _Atomic uint64_t bytes_used; /* at most: see limit.c */
};

/* What came into old space since the instant of a cycle's picture (births.c). */
struct heap_births {
    bool on;              /* changed in the stopped world */
    uint64_t block_count; /* that are judged; nothing is told of others */
    uint64_t block_room;
    uint64_t *blocks;                   /* one bit a block: taken since */
    uint64_t (*lines)[HEAP_LINE_WORDS]; /* bit set: in a hole that was open, or was opened since */
};

/*
 * Everything volatile. `lock` guards the cursors, the bitmaps and the list of
 * locals; whoever stopped the world needs no lock.
 */
struct heap {
    struct heap_options options;
    struct lock lock;
    struct lock handle_lock;
    struct heap_local *locals;
    struct heap_handle *handles;

    /* the nursery; changed only in the stopped world but for eden_at */
    uint64_t eden_from, eden_to;
    _Atomic bool reserve_open; /* eden goes to the end of the nursery; else it ends before that */
    _Atomic uint64_t eden_at;  /* next block to hand out; may run past eden_to */
    uint64_t eden_share;       /* so much of it is used between two scavenges */
    uint64_t survivor_from[2];
    uint64_t survivor_bytes;
    unsigned survivor_now;     /* which of the two is in use */
    uint64_t survivor_used_to; /* end of what is in use of it */

    /* blocks */
    _Atomic uint64_t blocks_used;       /* as in the root */
    uint64_t scan_at;                   /* descriptors below were looked at since the start */
    uint64_t scan_to;                   /* blocks in use at the start */
    uint64_t *free_bits;                /* one bit a block: known to be free */
    uint64_t *zero_bits;                /* free, and known to be zero */
    uint64_t *recycle_bits;             /* known to have holes that nobody took */
    uint64_t (*lines)[HEAP_LINE_WORDS]; /* of those with holes: bit set, line in use */
    /* Of nursery blocks, and of blocks with holes. A guess at credit reads it without the lock. */
    _Atomic uint32_t *owners;
    uint64_t free_count;
    uint64_t free_from; /* no free bit below */
    uint64_t dirty_to;  /* no block from here on is free and not known to be zero */
    uint64_t surplus;   /* so many of those are to be given back to the volume */
    struct heap_cursor cursors[HEAP_CURSOR_COUNT];
    struct heap_births births;
    _Atomic uint32_t compact; /* enum heap_compacting */
    bool compacting;          /* births are told to compact.c, too; changed in the stopped world */
    bool weak_watch; /* what get() of a weak word answers is told; changed in the stopped world */
    uint64_t weak_pages_wanted; /* the last full collection in the stopped world had too few */
    uint64_t weak_turn;         /* how often that was so */
    unsigned cursor_victim;     /* whose is taken next when all are in use */
    uint64_t hole_pages_left;   /* UINT64_MAX but in a scavenge */

    /* roots */
    _Atomic uint64_t *slot_bits;      /* remembered set: one bit a word of the space */
    _Atomic uint64_t *slot_words;     /* indices of words of slot_bits that are not 0 */
    _Atomic uint64_t slot_word_count; /* may run past slot_word_max: then all bits are looked at */
    uint64_t slot_word_max;
    _Atomic uint64_t *thread_bits; /* by thread slot: listed */
    _Atomic uint32_t *thread_slots;
    _Atomic uint64_t thread_count;

    struct heap_limit limits[HEAP_LIMITS_MAX];
    _Atomic uint32_t limit_count; /* places of it that were ever used */

    _Atomic uint64_t allocations; /* counted where one of them is to fail */
    _Atomic uint64_t fails_at;    /* of these; 0: none */

    struct heap_shape *shapes;
    uint64_t *young_bits; /* one bit for every 8 bytes of the nursery */
    uint64_t *scan_stack; /* copied, their words not yet looked at */
    uint64_t scan_max;
    uint64_t mark_chunks_max;        /* of the mark stack; small in tests */
    _Atomic bool marks_late;         /* tests: nothing is marked before the snapshot is committed */
    _Atomic uint64_t full_bytes_min; /* of HEAP_FULL_NURSERIES */

    _Atomic uint64_t old_bytes;    /* gone into old space since the last full collection */
    uint64_t bytes_live;           /* after it */
    _Atomic uint64_t unasked;      /* bytes of huge objects since credit for one was asked for */
    _Atomic uint64_t unasked_max;  /* so many may come, until it is again */
    _Atomic uint64_t refused_left; /* heap_eden_left() when a scavenge was last refused */
    _Atomic bool room_making;      /* a worker makes room; room_refused is its own */
    struct event room_made;        /* it is done, with or without success */
    uint32_t room_refused;         /* quiet epoch in which that was in vain, or 0 */
    struct histogram stops;        /* how long the world stood still */
    struct heap_stats stats;       /* changed in the stopped world */
    struct heap_stats shown;       /* a copy for everybody; under `lock`, as the next two */
    uint64_t shown_eden_from, shown_eden_bytes;
};

extern struct heap heap;

static inline bool
heap_is_scavenging(void)
{
    return heap.hole_pages_left != UINT64_MAX;
}

/* Pages of [address, address + bytes) that were not written in this epoch yet. */
uint64_t heap_pages_unwritten(uint64_t address, uint64_t bytes);

/* blocks.c: bitmaps, descriptors, cursors */
must_use err_t heap_blocks_start(void);
void heap_blocks_stop(void);
uint64_t heap_blocks_take(uint64_t count, bool *fresh);
uint64_t heap_blocks_take_new(uint64_t count);
void heap_blocks_give(uint64_t block, uint64_t count);
void heap_blocks_forget(void);
void heap_blocks_give_again(uint64_t block);
bool heap_block_is_free(uint64_t block);
uint64_t heap_blocks_dirty(void);
uint64_t heap_blocks_take_dirty(void);
void heap_blocks_give_zero(uint64_t block);
void heap_block_describe(const struct heap_taken *taken);
void heap_block_own(uint64_t block, uint32_t application);
struct heap_cursor *heap_cursor_of(uint32_t application);
void heap_cursors_ready(void);
void heap_cursors_drop(void);
void heap_cursors_leave(uint64_t block);
uint64_t heap_cursor_take(struct heap_cursor *cursor, uint64_t bytes, struct heap_taken *taken);
void heap_blocks_scan(uint64_t block_max);

/* births.c */
must_use err_t heap_births_open(struct heap_births *births, uint64_t block_room);
void heap_births_close(struct heap_births *births);
void heap_births_begin(uint64_t block_count);
void heap_births_end(void);
void heap_births_blocks(uint64_t block, uint64_t count);
void heap_births_hole(uint64_t from, uint64_t to);
bool heap_born_block(const struct heap_births *births, uint64_t block);
bool heap_is_born(ref_t object);

/*
 * compact.c: while heap.compacting, an object of old space is there: its header is; and before
 * that, of a large one, so many blocks are.
 */
void heap_compact_born(ref_t object);
void heap_compact_large(uint64_t block, uint64_t count);

/* In the stopped world: something was freed by other marks than the cycle's. */
void heap_compact_void(void);

/* roots.c: remembered set, threads, handles */
must_use err_t heap_roots_start(void);
void heap_roots_stop(void);
bool heap_is_remembered(uint64_t slot_address);
bool heap_thread_is_listed(uint32_t slot);
ref_t heap_thread_at(uint32_t slot);
uint64_t heap_roots_pages(void);
must_use err_t heap_roots_page_in(struct pmem_worker *worker);

typedef word_t heap_forward_fn(word_t word);
void heap_roots_forward(heap_forward_fn *forward);
void heap_forget_slots(uint64_t address, uint64_t bytes);

/* nursery.c */
uint64_t heap_nursery_pages(void);
uint64_t heap_nursery_blocks(void);
void heap_nursery_open(void);
bool heap_nursery_is_open(void);
void heap_reserve_keep(void);
void heap_eden_adapt(uint64_t used, uint64_t copied);
void heap_reserve_open(void *unused);
uint64_t heap_eden_take(void);
uint64_t heap_eden_left(void);
uint64_t heap_nursery_used(void);
bool heap_young_is_in_use(uint64_t address);

/* scavenge.c */
struct heap_plan {       /* what a scavenge must be ready for */
    uint64_t objects;    /* alive in the nursery, at most */
    uint64_t bytes;      /* of them */
    uint64_t hole_pages; /* that it may fill */
};

struct heap_plan heap_plan_worst(void);
struct heap_plan heap_plan_exact(void);
uint64_t heap_scavenge_pages(const struct heap_plan *plan);
uint64_t heap_cursor_pages(void);
uint64_t heap_old_take(struct heap_cursor *cursor, uint64_t bytes);
void heap_object_copy(uint64_t to, uint64_t from, uint64_t bytes, uint64_t header);

/* In the stopped world: of each word of what lives in the nursery, unless that is more bytes. */
typedef void heap_slot_fn(uint64_t slot);
bool heap_young_slots(heap_slot_fn *see, uint64_t bytes_max);
uint64_t heap_kept_pages(void);
void heap_scavenge(bool promote_all, const struct heap_plan *plan);

/* limit.c */
void heap_limit_took(uint32_t application, uint64_t bytes);
bool heap_limit_allows(uint32_t application, uint64_t bytes);
bool heap_limit_is_met(uint32_t application, uint64_t bytes);

/* room.c */
bool heap_room_make(struct heap_local *local, uint64_t pages);
void heap_surplus_find(void);
bool heap_surplus_give_back(struct heap_local *local);

/* heap.c */
void heap_stats_show(void);

/* In the stopped world: a collection has kept it so since then. */
void heap_stop_took(uint64_t from_ns);

/* log.c: a full collection is over; its number, and when, are filled in there. */
void heap_log_start(void);
void heap_log_add(struct heap_log_row row);

/* collect.c */
uint64_t heap_full_threshold(void);
bool heap_wants_full(void);
bool heap_wants_stopped(void);

/* cycle.c: the collector's thread */
must_use err_t heap_cycle_start(void);

/* The one under way ends without freeing more. */
void heap_cycle_call_off(void);

/* May a full collection be left to it? */
bool heap_cycle_is_possible(void);

/* In the stopped world: what a cycle was for, or could not do, is done. */
void heap_cycle_stopped_world_did_it(void);

/* Old space has grown so much since a cycle was asked for that it must be waited for. */
bool heap_cycle_is_outrun(void);

/* Who allocates faster than the cycle goes on waits a little, or for its end. At a safepoint. */
void heap_cycle_keep_pace(struct heap_local *local);

/*
 * Wait, at a safepoint, for the end of a cycle whose instant is later than now.
 *
 *   exact  it leaves nothing of what was garbage then, wherever that lies
 *
 * Returns how it ended: OK, or ERR_CORRUPT, ERR_IO (what cannot be read); or another error: it
 * could not be.
 */
must_use err_t heap_cycle_complete(struct heap_local *local, bool exact);

/* alloc.c */
void heap_old_grown(uint64_t bytes);
bool heap_huge_must_ask(uint64_t bytes);
void heap_huge_asked(void);
uint64_t heap_wanted_pages(uint64_t bytes);

/* mark.c, sweep.c */
struct heap_marks {
    uint64_t *bits;                     /* one bit for every 8 bytes */
    uint64_t (*lines)[HEAP_LINE_WORDS]; /* as heap.lines, of this cycle */
    uint64_t block_count;
    uint64_t block_room; /* for so many blocks; at least block_count */
    uint64_t bytes_live;
};

static inline bool
heap_mark_get(const struct heap_marks *marks, uint64_t address)
{
    uint64_t i = (address - SPACE_HEAP) / 8;

    return marks->bits[i / 64] >> (i % 64) & 1;
}

/* True if the mark was not there. */
static inline bool
heap_mark_set(const struct heap_marks *marks, uint64_t address)
{
    uint64_t i = (address - SPACE_HEAP) / 8;
    uint64_t bit = 1ull << (i % 64);

    if (marks->bits[i / 64] & bit)
        return false;
    marks->bits[i / 64] |= bit;
    return true;
}

must_use err_t heap_marks_open(struct heap_marks *marks, uint64_t block_room);
void heap_marks_close(struct heap_marks *marks);
void heap_mark_lines(struct heap_marks *marks, ref_t object, uint64_t bytes);
must_use err_t heap_page_in(uint64_t address);
uint64_t heap_sweep_pages(void);
must_use err_t heap_full(uint64_t pages);
