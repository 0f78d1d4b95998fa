/*
 * compact_priv.h - emptying sparse blocks, for the files that do it: compact.c chooses and waits,
 * written.c looks where something was written, empty.c moves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/cycle_priv.h"

#define SPARSE_MAX        1024u       /* blocks chosen for one cycle */
#define SPARSE_SLOTS_MAX  2048u       /* that refer into one of them; more, and it is left alone */
#define SPARSE_GROUP_MAX  16u         /* emptied in one stop */
#define SPARSE_BYTES_MAX  (64u << 10) /* moved in one stop */
#define SPARSE_STACKS_MAX 1024u       /* stacks that refer into any of them */

/*
 * CHOSEN -> GROUP -> EMPTIED, and from CHOSEN and GROUP to LEFT; GROUP goes back to CHOSEN when the
 * world was busy. GONE: from CHOSEN, it is as any other block; nothing is known of it here.
 */
enum sparse_state {
    SPARSE_CHOSEN,
    SPARSE_GROUP,   /* it is one of those that are emptied next */
    SPARSE_LEFT,    /* it stays as it is */
    SPARSE_EMPTIED, /* free, but nobody gets it before the compaction is over */
    SPARSE_GONE,
};

struct heap_sparse {
    uint64_t block;
    uint32_t application; /* that owns it */
    enum sparse_state state;
    uint64_t *slots; /* addresses of words that refer into it, or did; some more than once */
    uint32_t slot_count, slot_room;
    uint32_t place; /* of GROUP: in the group */
};

/*
 * From the instant of a cycle's picture to the cycle's end. The collector's own but where said;
 * what is done in the stopped world is done for it.
 */
struct heap_compaction {
    bool on;              /* changed in the stopped world */
    _Atomic bool is_void; /* the stopped world has freed by other marks: nothing of this is true */
    struct heap_sparse sparse[SPARSE_MAX];
    uint32_t count;
    uint16_t *index; /* by block: one more than its place in `sparse`; 0: it is not chosen */
    _Atomic uint32_t *heads; /* by block: so far behind the first block of a large object it lies */
    uint64_t block_room;
    uint64_t *moved;        /* of a group: where what began at each word of its blocks is now */
    _Atomic uint64_t *born; /* one bit for 8 bytes: an object that came since begins there */
    _Atomic bool crowded;   /* something was born behind what there is room for */
    uint64_t stacks[2 * SPARSE_STACKS_MAX]; /* a hash table; 0: free */
    uint32_t stack_count;
    bool stacks_full;
    bool in_stop;     /* only what refers into the group is noted */
    uint32_t since;   /* pages that were written last in this epoch or before are looked at */
    uint32_t running; /* and those of later ones but this one, too */
    uint32_t emptied; /* blocks */
    uint64_t moved_bytes;
    struct heap_cycle *cycle;
};

extern struct heap_compaction heap_compaction;

static inline struct heap_sparse *
heap_sparse_at(uint64_t address)
{
    uint64_t block = heap_block_of(address); /* of what lies below the heap it is too large */
    uint16_t place = block < heap_compaction.block_room ? heap_compaction.index[block] : 0;

    return place == 0 ? NULL : &heap_compaction.sparse[place - 1];
}

/* Does it begin there, as far as this cycle knows: marked, or born since? */
static inline uint64_t
heap_starts_word(uint64_t i)
{
    /* Acquire: pairs with the release of who made the object. */
    return heap_compaction.cycle->marks.bits[i] |
           atomic_load_explicit(&heap_compaction.born[i], memory_order_acquire);
}

/* Shall it end? Nothing has changed by then but what was emptied as a whole. */
bool heap_compact_is_unwanted(void);

/* ---- written.c ---- */

/*
 * Note what refers into chosen blocks on pages that were written since the picture, or since this
 * was asked last, but for those of the running epoch. By a RUNNING worker. Returns OK;
 * ERR_CANCELLED: it is unwanted, or too much; ERR_CORRUPT, ERR_IO.
 */
must_use err_t heap_written_look(struct pmem_worker *worker);

/* In the stopped world: and on those of the running one. ERR_NOMEM: they are too many for a stop.
 */
must_use err_t heap_written_look_last(void);

/* ---- empty.c ---- */

struct heap_emptying {
    struct heap_sparse *group[SPARSE_GROUP_MAX];
    uint32_t count;
    uint64_t pages; /* of credit that was taken; if that was not enough, that is needed */
    err_t err; /* OK: done; ERR_NOMEM: too much was written for one stop; ERR_NOT_FOUND: to be tried
                  again, with more credit or without a block; ERR_RANGE: with fewer; or another: it
                  cannot be */
};

/* Can all that lives in the block be moved? Its pages come in. By a RUNNING worker. */
must_use err_t heap_empty_prepare(struct pmem_worker *worker, struct heap_sparse *sparse,
                                  bool *movable);

/* The action; its argument is a struct heap_emptying. */
void heap_empty(void *argument);
