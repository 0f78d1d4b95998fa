/*
 * store.h - a volume: pages in, generations out, nothing ever in place.
 *
 * A store maps page numbers to checksummed blocks. It changes only by
 * commits: pages are written to free blocks, and one superblock, when a flush
 * has made it safe, makes all of them the newest generation at once. Until then,
 * and whatever fails, the generation before stays the truth.
 *
 * One commit is under way at a time. Reads may run beside it, from any
 * thread, and see the newest contents that were handed to the store: early
 * pages of the running epoch, then pages of the commit under way, then what
 * is committed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"
#include "plat/err.h"

struct store;

/* Why a generation was made; shown by `phantom log`. Lies on disk as a number. */
enum store_cause {
    STORE_CAUSE_NEW = 1,      /* the volume was made */
    STORE_CAUSE_INTERVAL = 2, /* time had passed */
    STORE_CAUSE_DEMAND = 3,   /* a program asked and waits */
    STORE_CAUSE_OUTPUT = 4,   /* gated output waits for it */
    STORE_CAUSE_STOP = 5,     /* the system was stopped cleanly */
    STORE_CAUSE_SPACE = 6,    /* to let go of blocks of older generations */
    STORE_CAUSE_CLOCK = 7,    /* personal time while a timer is armed */
    STORE_CAUSE_PIN = 8,      /* to pin it, or to let go of one that was */
    STORE_CAUSE_REWIND = 9,   /* somebody went back to an older one */
    STORE_CAUSE_RECEIVE = 10, /* it was received from another volume */
    STORE_CAUSE_MIGRATE = 11, /* to bring the volume to this version of the format */
};

/* What a generation says about itself. */
struct store_note {
    uint64_t generation; /* filled by the store */
    uint64_t wall_ns;    /* when its instant was */
    uint64_t personal_ns;
    uint64_t page_count; /* pages it changed; filled by the store */
    enum store_cause cause;
};

/* What opening found out. */
struct store_opened {
    uint32_t version;       /* of the format: this one, but for who brings it to this one */
    uint64_t generation;    /* the one that was opened */
    uint64_t delta_count;   /* commits replayed on top of the map */
    unsigned slots_bad;     /* slots of which no copy was good though they were once written */
    unsigned copies_bad;    /* slots that were read from their twin */
    bool fell_back;         /* a newer generation than this one once existed, or may have */
    bool unfinished;        /* one newer had been begun, is not all there, and as if it never was */
    bool repaired;          /* what tells of free space or of old generations was damaged */
    struct store_note note; /* of that generation */
};

struct store_stats {
    uint64_t generation;      /* newest committed */
    uint64_t block_count;     /* in the volume */
    uint64_t blocks_free;     /* can be allocated now */
    uint64_t blocks_promised; /* of these, given out as credit */
    uint64_t blocks_waiting;  /* dead, but reached by an older slot */
    uint64_t pages_mapped;    /* pages of the space that have a block */
    uint64_t commits;         /* since opening; the same for all below */
    uint64_t folds;
    uint64_t pages_written;
    uint64_t blocks_written; /* pages, records, map nodes, superblocks */
    uint64_t flushes;
    uint64_t pages_unchanged; /* dropped because they were as before */
};

/*
 * Make an empty volume on `disk`: generation 1, no page. What the disk held
 * before is gone.
 *
 *   block_count  at least STORE_BLOCKS_MIN, at most what the disk has
 *
 * Returns OK, ERR_RANGE, ERR_NOSPACE, ERR_IO, ERR_NOMEM, ERR_READ_ONLY.
 */
#define STORE_BLOCKS_MIN 2048
must_use err_t store_format(struct plat_disk *disk, uint64_t block_count);

/*
 * Open the newest whole generation. Flushes before it believes anything. A
 * read-only store writes nothing, not even that flush when the disk refuses.
 *
 *   store   filled on OK
 *   opened  filled on OK; may be NULL
 *
 * Returns OK, or
 *   ERR_FOREIGN    no slot looks like a Phantom superblock
 *   ERR_VERSION    another format version, an incompatible feature, or another space;
 *                  store_version() tells which, store_migrate() is for older ones
 *   ERR_CORRUPT    there were slots, but none leads to a whole generation
 *   ERR_RANGE      the disk is shorter than the volume says
 *   ERR_READ_ONLY  the volume has a feature that this release may only read
 *   ERR_IO, ERR_NOMEM
 */
must_use err_t store_open(struct plat_disk *disk, bool read_only, struct store **store,
                          struct store_opened *opened);

/*
 * Let a volume hold more, by one commit. No store is open over the disk.
 *
 *   block_count  more than it has; at most what the disk has
 *   note         wall time is the caller's; the rest is filled on OK, for the new generation
 *
 * Returns OK, or, and it holds what it held, ERR_RANGE, ERR_CORRUPT (something is to be repaired
 * first), what store_open returns, or what a commit returns.
 */
must_use err_t store_grow(struct plat_disk *disk, uint64_t block_count, struct store_note *note);

/* Let go of the store. Commits nothing. NULL is fine. */
void store_close(struct store *store);

void store_stats_get(struct store *store, struct store_stats *stats);

/*
 * Read the newest contents of a page.
 *
 *   page    page number in the space
 *   buffer  PAGE_BYTES, aligned to 4096, outside the space
 *
 * Returns OK (a page without a block reads as zeroes), ERR_CORRUPT when the
 * checksum says no, ERR_IO. May block on the disk. Any thread, fault handlers
 * included: no allocation.
 */
must_use err_t store_page_read(struct store *store, uint64_t page, void *buffer);

#define STORE_RUN_MAX 16

/*
 * Read a page, and in the same request those after it that lie behind it on the disk.
 *
 *   count   of pages, at most STORE_RUN_MAX
 *   buffer  `count` times PAGE_BYTES, aligned to 4096, outside the space
 *   got     filled on OK: how many were read, at least one
 *
 * Returns what store_page_read() returns for the first page. Any thread, fault handlers included.
 */
must_use err_t store_pages_read(struct store *store, uint64_t page, uint32_t count, void *buffer,
                                uint32_t *got);

/*
 * True if the page certainly reads as zeroes, told without any I/O. False
 * says nothing. Any thread, fault handlers included.
 */
bool store_page_is_zero(struct store *store, uint64_t page);

/*
 * Credit: the promise that `pages` more pages can be written in the next
 * commits, with their map nodes and records. Returns OK or ERR_NOSPACE.
 * A page that is handed to store_commit_page or store_page_write_early uses
 * one up; what is not needed is given back.
 */
must_use err_t store_credit_take(struct store *store, uint64_t pages);
void store_credit_give(struct store *store, uint64_t pages);

/*
 * How many pages of credit could still be had if all blocks that wait were let go: what
 * commits may bring at best, but for what the pages of credit that is out now would leave over.
 */
uint64_t store_credit_possible(struct store *store);

/* The number of the commit that begins next. Moves on in store_commit_begin(). Any thread. */
uint64_t store_generation_running(struct store *store);

/*
 * Write a page of the running epoch early, because its memory is needed. It
 * becomes part of the next commit that begins. Writing it again replaces it.
 *
 *   generation  store_generation_running(), asked before the bytes were taken
 *   bytes       PAGE_BYTES outside the space; not used after the return
 *
 * Returns OK; or ERR_CANCELLED when a commit has begun since, which the page was too late
 * for (in the next one it might be older than what it had become); or ERR_IO, ERR_NOSPACE. Then
 * the page must stay in memory, and no credit was used. Blocks on the disk.
 */
must_use err_t store_page_write_early(struct store *store, uint64_t generation, uint64_t page,
                                      const void *bytes);

/*
 * Close the running epoch and begin its commit: early pages so far belong to
 * it, later ones to the next. Called while the world stands still: constant
 * time, takes no lock that is held across I/O. No commit is under way.
 */
void store_commit_begin(struct store *store);

/*
 * Hand a page of the closed epoch to the commit. An all-zero page takes no
 * block; one that is byte for byte as before is dropped. Writes are gathered
 * into long runs and are under way when this returns.
 *
 *   bytes  PAGE_BYTES outside the space; copied
 *
 * Returns OK or ERR_IO, ERR_NOSPACE, ERR_NOMEM: the commit cannot succeed any more and
 * must be given up, by store_commit_finish() or store_commit_abandon().
 */
must_use err_t store_commit_page(struct store *store, uint64_t page, const void *bytes);

/*
 * Make the closed epoch the newest generation: write what is left, the record and
 * the superblock, and flush (commit.c says when once, when twice); fold when it is time.
 *
 *   note  generation and page_count are filled on OK; the rest is the caller's
 *
 * Returns OK, or ERR_IO, ERR_NOSPACE, ERR_NOMEM: the generation before stays the
 * truth, the number is burnt, the blocks are out of use until it is known that
 * no slot names them, early pages of the closed epoch go over to the running
 * one, and every page that was handed over must be handed over again.
 */
must_use err_t store_commit_finish(struct store *store, struct store_note *note);

/* Give a commit up, with the same consequences as a failed finish. */
void store_commit_abandon(struct store *store);

/*
 * Hold the newest committed generation, in memory: it stays readable while later ones are
 * committed, until it is let go of, or until room for credit is short; then it is lost. One at a
 * time. No commit is under way, and none begins meanwhile: for who commits, between two commits.
 *
 * Returns OK or ERR_EXISTS.
 */
must_use err_t store_hold_begin(struct store *store);

/* Let go of it. What it kept is free after the next commits. Any thread. */
void store_hold_end(struct store *store);

/* Is there one that is not lost? Any thread. */
bool store_hold_stands(struct store *store);

/*
 * As store_page_read, of the generation that is held; and ERR_CANCELLED when it was lost. Any
 * thread but fault handlers.
 */
must_use err_t store_hold_read(struct store *store, uint64_t page, void *buffer);

/*
 * The generations that can be told about, newest first.
 *
 *   notes   room for `note_max`
 *   note_count  filled
 */
must_use err_t store_log_read(struct store *store, struct store_note *notes, size_t note_max,
                              size_t *note_count);

/*
 * One finding of a check. `what` names the place and the trouble in one line, and the generations
 * that it touches: each from the first to the last leads to the block.
 */
struct store_finding {
    bool damage;          /* false: worth knowing, but nothing is lost */
    uint64_t block;       /* where, or 0 */
    uint64_t page;        /* the first page of the space that it holds or leads to, or UINT64_MAX */
    uint64_t page_count;  /* how many there may be; 0: none, or not known */
    uint64_t first, last; /* generations; 0: none, or not known */
    char what[200];
};

typedef void store_finding_fn(void *context, const struct store_finding *finding);
typedef void store_progress_fn(void *context, uint64_t blocks_done, uint64_t blocks_total);

/*
 * Verify all of a volume from the outside: slots and twins, records, map,
 * free space (nothing used twice, nothing used that is free), every live page.
 * Works on a store that was opened read-only. `progress` may be NULL.
 *
 * Returns OK when it could look everywhere (found or not), ERR_IO, ERR_NOMEM.
 */
must_use err_t store_check(struct store *store, store_finding_fn *finding,
                           store_progress_fn *progress, void *context);
