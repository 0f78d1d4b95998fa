/*
 * heap.h - memory for objects: a nursery that moves, old blocks that seldom do.
 *
 * What it keeps true
 *   1. Allocation never collects. When it has no room it answers 0, nothing
 *      has changed, and the instruction is run again after heap_collect. So C
 *      holds plain references from one safepoint to the next, and no longer;
 *      but for what heap_alloc_old() made, which never moves.
 *   2. Memory that was handed out is zero behind the header.
 *   3. Every old slot that holds a young reference is in the remembered set;
 *      stacks of threads that ran since the last scavenge are listed instead.
 *   4. Nursery and block descriptors lie in the space, so any snapshot holds a
 *      whole heap. After a restart the nursery's blocks are old blocks, and the
 *      first allocation begins a new one; so nothing is young at first, and
 *      the remembered set need not outlive the machine.
 *   5. Remembered set, free lines, mark bits and counters lie outside the space.
 *   6. Each block belongs to one application.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "object/layout.h"
#include "plat/err.h"
#include "pmem/pmem.h"

/* Larger objects get blocks of their own in old space. */
#define HEAP_LARGE_BYTES 8192u

/*
 * The allocation takes the credit for filling the object right away, up to this size. Who fills
 * a larger one writes at most PMEM_WORKER_CREDIT / 2 pages between two safepoints.
 */
#define HEAP_FILLED_BYTES_MAX (4u << 20)

/* Where the collector is in a cycle, in the order of the road; some are come by often. */
enum heap_point {
    HEAP_POINT_BEGUN,     /* nobody has been told of the cycle yet */
    HEAP_POINT_ANNOUNCED, /* a snapshot was asked for; its instant may be over */
    HEAP_POINT_INSTANT,   /* it is over; the snapshot need not be committed */
    HEAP_POINT_LOOK,      /* an object comes off the stack, and is looked at */
    HEAP_POINT_HELD,      /* the snapshot is committed */
    HEAP_POINT_WAITED,    /* an object of a block that waited is looked at */
    HEAP_POINT_MARKED,    /* nothing is left to mark */
    HEAP_POINT_LAST,      /* the world is about to be stopped, to clear weak words; it runs */
    HEAP_POINT_JUDGE,     /* a block is about to be judged; it runs */
    HEAP_POINT_JUDGED,    /* all were; it runs */
    HEAP_POINT_EMPTY,     /* sparse blocks are about to be emptied, this one first; it runs */
    HEAP_POINT_OVER,      /* births are told of until the next stop of the world, and no longer */
    HEAP_POINT_COUNT,
};

/*
 * Called by the collector's thread where it is, with the object or block that is next, or 0. It may
 * wait there. Where it "runs" it is a RUNNING worker: who wants to stop the world waits for it.
 */
typedef void heap_point_fn(enum heap_point point, uint64_t next);

/* Which sparse blocks a cycle empties: what lives there moves to where others have room. */
enum heap_compacting {
    HEAP_COMPACT_NEVER,
    HEAP_COMPACT_SURPLUS, /* those whose room is not soon filled up */
    HEAP_COMPACT_ALL,     /* test builds: all that can be */
};

struct heap_options {
    uint64_t nursery_bytes; /* 0: 2 MiB; a multiple of HEAP_BLOCK_BYTES */
    bool move_always;       /* test builds: scavenge at every safepoint */
    uint64_t limit_bytes;   /* live data at most, 0: no limit */
    bool background;        /* full collections beside the programs, by a thread of its own */
    bool prove_cycles;      /* test builds: what such a one is about to free is proved garbage */
    enum heap_compacting compact; /* of such a one */
    uint64_t summary_bytes; /* memory for what cycles know of unchanged blocks; 0: all is read */
    uint64_t stay_bytes;    /* test builds: every second object stays young, up to so much */
    bool check_always;      /* test builds: walk all of the heap after each collection */
    uint64_t fail_every; /* test builds: each nth of programs finds no room before a collection */
    bool collect_often;  /* test builds: of programs nearly each finds none before that */
    uint64_t fail_allocation; /* test builds: the nth finds none even then; 0: no such one */
    heap_point_fn *watch;     /* tests: told where the collector is; NULL: nobody is */
};

/* The nursery_bytes that suit a volume of this size: a 128th of it, 256 KiB to 2 MiB. */
uint64_t heap_nursery_for(uint64_t volume_bytes);

/* The summary_bytes that suit a machine which has so much memory for pages: an eighth of it. */
uint64_t heap_summaries_for(uint64_t memory_bytes);

/*
 * A worker's share of the nursery. Embedded in the worker; volatile: what it
 * handed out is in the block's descriptor whenever the world stands still.
 */
struct heap_local {
    uint64_t at;          /* next free byte */
    uint64_t limit;       /* end of the zeroed stretch */
    uint32_t application; /* who pays; set by heap_local_charge */
    bool is_programs;     /* who allocates runs programs: fail_every is about that */
    uint64_t large_bytes; /* given to large objects since the owner has looked, who sets it to 0 */
    bool fails;           /* tests: its last allocation is to find no room after a collection too */
    uint32_t spared;      /* tests: so many allocations are not made to collect first */
    uint32_t made_to;     /* tests: so many were */
    struct pmem_worker *worker;
    struct heap_local *next;
};

/*
 * Make the heap of an empty space (heap_format) or find the one that is there. Starting writes
 * nothing. OK, ERR_NOMEM; ERR_FOREIGN (there is none), ERR_CORRUPT, ERR_IO (its root cannot be).
 */
must_use err_t heap_format(void);
must_use err_t heap_start(const struct heap_options *options);
void heap_stop(void);

/* No more collections beside the programs: whoever ran them is gone. heap_stop does that, too. */
void heap_cycle_stop(void);

/* A RUNNING worker begins, or no longer wants, to allocate. */
void heap_local_join(struct heap_local *local, struct pmem_worker *worker);
void heap_local_leave(struct heap_local *local);

/* From now on `application` pays (0: the system). Cheap when it is the same as before. */
void heap_local_charge(struct heap_local *local, uint32_t application);

/*
 * Memory for a young object (or, when it is large, an old one).
 *
 *   bytes         whole object, header included, any size up to 2^40; rounded up to 8
 *   class_number  goes into the header; an array's length is the caller's to set
 *
 * Returns its address; 0 when a collection is needed first, and nothing has changed.
 */
ref_t heap_alloc_slow(struct heap_local *local, uint64_t bytes, uint32_t class_number);

static inline ref_t
heap_alloc(struct heap_local *local, uint64_t bytes, uint32_t class_number)
{
    uint64_t rounded = (bytes + 7) & ~7ull;
    uint64_t at = local->at;

    if (rounded > local->limit - at)
        return heap_alloc_slow(local, bytes, class_number);
    local->at = at + rounded;
    pmem_store64(at, header_make(class_number));
    return at;
}

/* The same for an array or string of `length` elements of `kind`; sets the length. */
ref_t heap_alloc_array(struct heap_local *local, uint32_t class_number, enum object_kind kind,
                       uint32_t length);

/*
 * Memory in old space, for what must never move: classes, methods, stacks,
 * threads. Same answers.
 */
ref_t heap_alloc_old(struct heap_local *local, uint64_t bytes, uint32_t class_number);

/*
 * Make room: scavenge, and a full collection when old space has grown enough.
 * The caller is a RUNNING worker at a safepoint: every word it has is in its
 * thread's frames or in handles.
 *
 *   bytes  what the failed allocation wants; 0: heap_wants_scavenge() said so
 *
 * Returns OK; ERR_NOMEM or ERR_NOSPACE when there is no room even then: the
 * program that asked gets an exception. ERR_CORRUPT, ERR_IO: a page that had to be
 * read cannot be; nothing has changed.
 */
must_use err_t heap_collect(struct heap_local *local, uint64_t bytes);

/*
 * Tests: the nth allocation from now on finds no room, and the collection that follows none
 * either; 0: no such one. Every allocation is slow while there may be one.
 */
void heap_fail_allocation(uint64_t n);

/*
 * So many bytes are going to be allocated in old space in one go: the next full collection is not
 * wanted before. For who begins anew after each collection.
 */
void heap_expect(uint64_t bytes);

/* Collect all of it now (a full mark of old space, cycles included). */
must_use err_t heap_collect_full(struct heap_local *local);

/*
 * Begin a cycle, if none is under way or asked for. What died in blocks that nobody writes to it
 * may leave to one of the HEAP_SUMMARY_CYCLES that follow. Any thread; the world may stand still.
 */
void heap_cycle_ask(void);

/* Tests: of the cycles that begin from now on. Any thread. */
void heap_compact_set(enum heap_compacting how);

/*
 * A program is told that there is no room: until the next scavenge it may use what is kept back
 * for that, to clean up. The caller is a RUNNING worker at a safepoint. heap_collect() does so
 * itself.
 */
void heap_open_reserve(struct heap_local *local);

/*
 * Credit for `pages` was refused: give blocks of the volume back that nobody needs. Collects
 * without moving, zeroes free blocks, waits for commits. The caller is a RUNNING worker at a
 * safepoint. Returns true if there is more room than before, so that it is worth a try.
 */
bool heap_make_room(struct heap_local *local, uint64_t pages);

/*
 * At a safepoint: true if a scavenge should come first (the nursery is nearly full; or tests, and
 * anything is young).
 */
bool heap_wants_scavenge(void);

/*
 * A safepoint of a worker that allocates: a scavenge if one should come first, then
 * pmem_safepoint(), and its answers. The caller's words are where heap_collect() wants them.
 */
must_use err_t heap_safepoint(struct heap_local *local);

/*
 * The thread ran: its stack may hold young references from now on. To be
 * called before it runs, each time, and again before it goes on after a stop of the
 * world; and before anyone stores into its stack while it does not run (a new
 * thread's arguments, a waker's result). Cheap when already listed. The thread
 * has its slot of SPACE_THREAD_TABLE. It stays listed while its stack holds a young
 * reference.
 */
void heap_thread_ran(ref_t thread);

/*
 * A handle: a word that C keeps across safepoints. The collector updates it.
 * Opened and closed by any RUNNING worker; cheap, not free.
 */
struct heap_handle {
    word_t word;
    struct heap_handle *next;
    struct heap_handle **link;
};

void heap_handle_open(struct heap_handle *handle, word_t word);
void heap_handle_close(struct heap_handle *handle);

/*
 * What the first word of a weak object refers to, or null: from now on as strongly as from any
 * other word. There is no other way to read it. A RUNNING worker.
 */
word_t heap_weak_get(ref_t weak);

/* Is it null? Who asks this has got nothing. A RUNNING worker. */
bool heap_weak_is_null(ref_t weak);

/* Size in bytes of the object, by its class. Any RUNNING worker. */
uint64_t heap_object_bytes(ref_t object);

/* The class number of any word but null. */
static inline uint32_t
heap_class_of(word_t word)
{
    static const uint8_t immediate[8] = {
        [TAG_INT] = CLASS_INT,         [TAG_LONG] = CLASS_LONG, [TAG_FLOAT] = CLASS_FLOAT,
        [TAG_DOUBLE] = CLASS_DOUBLE,   [TAG_CHAR] = CLASS_CHAR, [TAG_CODE_POINT] = CLASS_CODE_POINT,
        [TAG_BOOLEAN] = CLASS_BOOLEAN,
    };

    if (word_tag(word) == TAG_REF)
        return header_class_number(obj_header(word));
    return immediate[word_tag(word)];
}

/* Full collections beside the programs, since the start. */
struct heap_cycle_stats {
    uint64_t count;        /* that came to their end */
    uint64_t vain;         /* that did not */
    uint64_t ns_last;      /* from the wish to the end, the wait for the snapshot included */
    uint64_t ns_max;       /* of any */
    uint64_t marked_bytes; /* found alive by the last one */
    uint64_t freed_bytes;  /* in whole blocks, by all */
    uint64_t pages_read;   /* from the volume, by all */
    uint64_t pages_twice;  /* of them in a cycle that had read them before */
    uint64_t pages_again;  /* of them read by an earlier cycle, and not written to since */
    uint64_t blocks_known; /* that were not read, because nobody had written to them, by all */
    uint64_t summaries;    /* of blocks, that are kept now */
    uint64_t summary_bytes;
    uint64_t blocks_emptied; /* sparse ones, by all */
    uint64_t bytes_moved;    /* for that */
    uint64_t empty_ns_max;   /* the world stood still for a few of them, at most */
};

struct heap_stats {
    struct heap_cycle_stats cycles;
    struct pmem_durations stops; /* of the world, for collections of any kind */
    uint64_t nursery_bytes;
    uint64_t old_blocks;
    uint64_t live_bytes; /* allocated and not known dead */
    uint64_t scavenges;
    uint64_t full_collections; /* cycles, and those in the stopped world */
    uint64_t promoted_bytes;
    uint64_t freed_blocks;
    uint64_t scavenge_ns_max;
    uint64_t full_ns_max;
};

/* live_bytes as of now, the rest as of the last collection. Any thread. */
void heap_stats_get(struct heap_stats *stats);

/* So many of the last full collections are remembered. */
#define HEAP_LOG_ROWS 32

/* One full collection. */
struct heap_log_row {
    uint64_t number;   /* from 1 on, in this life */
    uint64_t ended_ns; /* plat_monotonic_ns() */
    uint64_t ns;       /* from the wish to the end */
    err_t err;         /* OK: it came to its end; else why not */
    bool stopped;      /* the world stood still for it; else beside the programs */
    bool exact;        /* somebody asked for all that is garbage */
    uint64_t live_bytes;
    uint64_t freed_bytes; /* in whole blocks */
    uint64_t pages_read;  /* from the volume; and as in struct heap_cycle_stats: */
    uint64_t pages_twice, pages_again, blocks_known, blocks_emptied;
};

/* The last ones, up to `row_max` of them, the newest first; how many. Any thread. */
unsigned heap_log_get(struct heap_log_row *rows, unsigned row_max);

/* Something that is wrong in a heap. */
struct heap_finding {
    uint64_t address;     /* of the word, or of the object */
    uint32_t application; /* that owns the object; 0: the system, or not known */
    char what[320];       /* one line: the place, whose it is, and the trouble */
};

typedef void heap_finding_fn(void *context, const struct heap_finding *finding);

/*
 * Walk all that is reachable, whatever it holds, and tell of each word that is not null, an
 * immediate, or the start of an object of a sound class where objects may lie; of entries of tables
 * that do not belong there; of an old slot that points into the nursery unremembered; of
 * objects in free lines or inside each other. Changes nothing.
 *
 *   finding  called while the world stands still
 *
 * Stops the world for as long as that takes. Not as a RUNNING worker. Returns OK when it could look
 * everywhere that can be read, found or not; ERR_NOMEM.
 */
must_use err_t heap_examine(heap_finding_fn *finding, void *context);

/* The same, and panics at the first finding. Only while the world stands still. */
void heap_check(void);

/*
 * From now on an allocation that would give the application, which is not 0, more than so many
 * bytes finds no room: heap_collect() collects all, and if that is not enough, or leaves hardly
 * anything, answers ERR_NOMEM. 0: no limit. Any thread. OK, or ERR_RANGE: too many have limits.
 */
must_use err_t heap_limit_set(uint32_t application, uint64_t bytes_max);

/*
 * Bytes of the blocks that `application` owns. Looks at every descriptor. A RUNNING worker, or
 * in the stopped world.
 */
uint64_t heap_application_bytes(uint32_t application);
