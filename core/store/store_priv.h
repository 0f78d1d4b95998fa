/*
 * store_priv.h - an open volume, for the files of this folder.
 *
 * Two locks matter. `commit_lock` is held by whoever commits, folds or checks, also
 * across I/O. `lock` guards all tables that readers look at and is never held
 * across I/O. The committer alone changes overlay, pending, map root, log and
 * slots; it takes `lock` when it does, and may read them without.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/hash.h"
#include "base/lock.h"
#include "format/space.h"
#include "store/blocks_priv.h"
#include "store/extent_list_priv.h"
#include "store/history_priv.h"
#include "store/hold_priv.h"
#include "store/page_set_priv.h"
#include "store/store.h"
#include "store/super_priv.h"
#include "store/volume_priv.h"
#include "store/writer_priv.h"

#define CACHE_FRAMES      4096         /* map nodes in memory: 16 MiB, of 4 GiB of pages */
#define EARLY_PAGES_MAX   (512u << 10) /* 2 GiB written early in an epoch */
#define FOLD_BYTES        (4u << 20)   /* of delta records */
#define FOLD_RECORDS      256
#define DELTA_EXTENT      64   /* blocks taken for records at a time */
#define RUN_BLOCKS        256  /* pages are written in runs of so many */
#define AT_ONCE_PAGES_MAX 1024 /* of a commit with one flush: as much is read when it is opened */
#define EARLY_RUN_BLOCKS  16
#define NOTES_MAX         256
#define LOW_SPACE         16          /* space is low when less than one part in so many is free */
#define NEWS_SLOTS        (64u << 10) /* hashes of pages that did not change lately */

/* Where the delta records lie, and where the next one goes. */
struct delta_log {
    struct block_ref tail; /* the newest record */
    uint64_t tail_extent;
    uint64_t extent; /* the extent that is being filled */
    uint64_t extent_count;
    uint64_t extent_used;
    uint64_t records;
    uint64_t blocks;
    struct extent_list extents;
};

/* A map node in memory. Found by its block; valid only with its checksum. */
struct cache_frame {
    uint64_t block;
    uint32_t crc;
    bool referenced;
};

struct node_cache {
    struct map_node_disk *nodes; /* CACHE_FRAMES */
    struct cache_frame *frames;
    struct hash_table places; /* block -> frame */
    size_t used;
    size_t hand;
};

/* What a page holds in the newest generation, for dropping pages that did not change. */
struct page_news {
    uint64_t key; /* page + 1; 0: nothing */
    struct hash128 hash;
};

enum commit_state {
    COMMIT_IDLE,
    COMMIT_OPEN, /* begun; pages are handed over */
};

/* What a fold prepares and a successful commit takes over. */
struct fold {
    bool active;
    struct block_ref map;
    uint64_t map_birth;
    struct block_ref bitmap;
    struct block_ref waiting;
    struct block_ref notes;
    uint64_t free;
    struct extent_list taken; /* blocks it wrote to */
    struct extent_list died;  /* blocks it replaces */
    struct extent_list waiting_blocks, notes_blocks;
    uint64_t *keys; /* page << 32 | place in the overlay and the commit, sorted */
    size_t key_count;
    struct map_node_disk *nodes; /* one for each level */
    struct block_run run;
    uint64_t generation;
    const struct store_note *note; /* of that generation */
    uint64_t nodes_written;
    struct history_fold *history; /* NULL: there are no pins, before it and after it */
};

/* How a volume is opened; store_open() is all zero but for `read_only`. */
struct store_how {
    bool read_only;
    uint64_t last;        /* the newest generation that counts, 0: any; a writer counts all */
    bool without_records; /* as of the fold: the newest may be nowhere else */
    bool find_free;       /* what is in use is found out anew, whatever the bitmap says */
    bool find_unlisted;   /* what a check finds that no list tells of is listed by the next fold */
    bool older;           /* also if there are superblocks of an older version of the format */
    uint64_t grow_to;     /* so many blocks it shall have, and has for this store; 0: as it is */
};

/* Blocks that a pin reaches, and that no list tells of: a check has found them, a fold lists them.
 */
struct unlisted {
    uint64_t *pins; /* generation of the newest pin that reaches each of the extents */
    size_t room;
    struct extent_list extents; /* with the generation of their birth */
};

struct store {
    struct plat_disk *disk;
    struct store_how how;
    bool read_only;
    struct lock commit_lock;
    struct lock lock;

    struct super super; /* of the newest committed generation */
    struct super_slot slots[SUPER_SLOTS];
    int slot_last, slot_before, slot_failed;
    unsigned slots_bad, copies_bad; /* as found at opening */
    bool rebuilt;                   /* the bitmap was found out anew, and no fold has written it */
    bool repaired;                  /* that, or a part of a list was passed over */
    bool waiting_damaged, notes_damaged; /* the lists, as found at opening */
    uint64_t generation_next;
    bool doubtful;         /* what is being opened may be half there */
    uint64_t floor;        /* super_floor() of the slots when no commit was under way */
    uint8_t *super_buffer; /* 2 * SUPER_SLOTS blocks */

    struct block_ref map;
    struct node_cache cache;
    struct page_set overlay;  /* committed since the last fold */
    struct page_set pending;  /* the commit under way */
    struct page_set early[2]; /* written early: of the running and of the closed epoch */
    unsigned early_running;   /* which of the two is the running one's */
    bool early_closed;        /* the other one counts: a commit is under way */
    struct page_set spare;    /* empty; becomes pending next */
    struct hash_table leaves; /* map leaves that the overlay touches; the committer's */
    uint64_t leaf_count;

    struct blocks blocks;
    struct history history;
    struct hold hold;
    struct block_run early_run;
    struct lock early_lock; /* one early write at a time; held across I/O */
    uint8_t *early_buffer;
    uint64_t credit_pages;

    /* The committer's own. */
    enum commit_state state;
    uint64_t generation;                 /* of the commit under way */
    err_t commit_err;                    /* why it cannot succeed any more */
    const struct store_origin *received; /* where all that it holds comes from; NULL: from here */
    uint64_t handed;                     /* credit that was used up, to be given back on failure */
    uint64_t blocks_counted;             /* of the writer's, already in stats */
    struct delta_log log_before;         /* the log as it was, while a commit adds to it */
    struct dead_extent log_extent_before;
    struct writer writer;
    struct block_run page_run;
    struct extent_list taken;       /* blocks that the commit wrote to */
    struct extent_list quarantined; /* of burnt generations, for the next record */
    struct delta_log log;
    struct extent_list waiting_blocks, notes_blocks; /* chains of the last fold */
    struct fold fold;
    uint64_t fold_not_before; /* generation: after a fold that could not be done */
    uint64_t fold_pause;      /* how long it was put off for that; 0: it could be done */
    bool fold_wanted;         /* the next commit folds, or fails */
    struct unlisted unlisted;
    struct hash_table given_up; /* nodes of the map that a fold makes anew: map_node_key() */
    uint8_t *record;            /* DELTA_BLOCKS_MAX blocks */
    uint8_t *scratch;           /* one block */
    struct page_news *news;
    uint64_t news_key;
    struct store_note *notes; /* NOTES_MAX, a ring; guarded by lock */
    uint64_t note_count;      /* ever put in */
    struct store_stats stats; /* counters; guarded by lock */
};

/* ---- map.c ---- */

must_use err_t cache_init(struct node_cache *cache);
void cache_destroy(struct node_cache *cache);

/*
 * Find a page in the map below `root` as far as it is in memory. True: `entry` is the
 * page's. False: `entry` is the node that must be read first. The lock is held.
 */
bool map_find_locked(struct store *store, struct block_ref root, uint64_t page,
                     struct map_entry *entry);

/* The same, and how many levels lie below `entry`: it may stand for many pages that are alike. */
bool map_find_level_locked(struct store *store, struct block_ref root, uint64_t page,
                           struct map_entry *entry, unsigned *found_level);

/*
 * Find a page, reading what is not in memory. On failure `entry` is the node that cannot be had,
 * and `level` says how far it is above the page.
 *
 *   node  one aligned block, for nodes on the way
 */
must_use err_t map_find_level(struct store *store, struct block_ref root, uint64_t page, void *node,
                              struct map_entry *entry, unsigned *level);

/* Read a node, verify it, and keep it in the cache. `node`: one aligned block. */
must_use err_t map_node_read(struct store *store, const struct map_entry *entry, void *node);

/* Keep a node that was just made: `entry` says where it will lie. */
void map_node_keep(struct store *store, const struct map_entry *entry, const void *node);

/* A node that is being replaced: its frame goes first. */
void map_node_retire(struct store *store, const struct map_entry *entry);

/* A name for the node above `level` levels that leads to a page. */
static inline uint64_t
map_node_key(uint64_t page, unsigned level)
{
    return page >> level * MAP_WAYS_BITS << 3 | level;
}

/* The committed entry of a page, overlay first. For the committer; does I/O. */
must_use err_t map_lookup(struct store *store, uint64_t page, struct map_entry *entry);

/* True if an entry that was read from disk makes sense. */
bool map_entry_valid(const struct store *store, const struct map_entry *entry);

/* ---- fold.c ---- */

/*
 * Write overlay and pending pages, bitmap, waiting list and notes to new places. On failure
 * nothing is taken over and fold_undo() must follow, as after a failed commit.
 */
must_use err_t fold_run(struct store *store, const struct store_note *note);
void fold_undo(struct store *store, bool give_back);
void fold_free(struct store *store);

/* A block for what a fold writes; a block that it replaces and nothing else reaches. */
must_use err_t fold_block(struct store *store, uint64_t *block);
must_use err_t fold_died(struct store *store, uint64_t block, uint64_t count);

/* See to it that `list` has blocks for `links` links; `found` becomes true if it had not. */
must_use err_t chain_place(struct store *store, struct extent_list *list, uint64_t links,
                           bool *found);

/* How many links `items` items take. */
uint64_t chain_links(uint64_t items, size_t item_bytes);

/*
 * Write a chain of `items` items to `places`, in their order; all links but the first are full.
 *
 *   put    makes an item; is given `context`
 *   first  what the chain goes on with (count 0: nothing), and then its first link
 */
typedef void chain_item_fn(const struct store *store, const void *context, size_t index,
                           uint8_t *item);
must_use err_t chain_write(struct store *store, const struct extent_list *places, size_t items,
                           size_t item_bytes, chain_item_fn *put, const void *context,
                           struct block_ref *first);

/* ---- delta.c ---- */

/* How many blocks a record of the pending pages takes, or a little less. */
uint64_t delta_blocks(const struct store *store);

/* Write the pending pages as records of `note`'s generation; changes `log`. */
must_use err_t delta_write(struct store *store, const struct store_note *note,
                           struct delta_log *log);

/* A record as read at opening. */
struct delta_record {
    const struct delta_disk *header;
    uint64_t block;
    uint32_t block_count;
};

struct delta_chain {
    struct delta_record *records; /* newest first */
    size_t count, room;
    struct delta_buffer *buffers;
};

/* Read and verify all records that a superblock leads to. OK, ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
must_use err_t delta_chain_read(struct plat_disk *disk, const struct super *super,
                                struct delta_chain *chain);
void delta_chain_free(struct delta_chain *chain);

static inline const struct delta_page_disk *
delta_pages(const struct delta_disk *header)
{
    return (const void *)(header + 1);
}

static inline const struct dead_extent_disk *
delta_dead(const struct delta_disk *header)
{
    return (const void *)(delta_pages(header) + le32_get(header->page_count));
}

/* ---- store.c ---- */

/* Read the page that `entry` names, and verify it. OK, ERR_CORRUPT, ERR_IO. */
must_use err_t page_entry_read(struct store *store, const struct map_entry *entry, void *buffer);

/* ---- whole.c ---- */

/*
 * Is all there that the generation of this superblock wrote, if it was written at once?
 *
 *   chain  its records
 *
 * Returns OK, ERR_CORRUPT (it is not), ERR_IO.
 */
must_use err_t whole_check(struct store *store, const struct delta_chain *chain);

/*
 * True if the generation of one of the superblocks that were read may be half there: it was written
 * at once, and none of them knows it committed, or one knows its number burnt.
 */
bool whole_is_doubtful(const struct super_scan *scan, const struct super *super);

/* ---- rebuild.c ---- */

/* Blocks in a row that are still to be marked as in use; zeroes: none. */
struct block_row {
    uint64_t block, count;
};

must_use err_t block_row_add(struct store *store, struct block_row *row, uint64_t block);
must_use err_t block_row_end(struct store *store, struct block_row *row);

/* Forget the bitmap, index and all: what the map leads to is in use. OK, ERR_IO, ERR_NOMEM. */
must_use err_t rebuild_index(struct store *store);

/*
 * After rebuild_index(), and after the lists: they, what is `waiting`, and what pins reach are in
 * use too.
 */
must_use err_t rebuild_lists(struct store *store, const struct extent_list *waiting);

/* A list could be read up to `err`: damage is told about, remembered in `damaged`, and is OK. */
must_use err_t rebuild_list_check(struct store *store, err_t err, const char *what, bool *damaged);

/* ---- open.c, once more ---- */

/* store_open(), in one of several ways. */
must_use err_t store_open_how(struct plat_disk *disk, const struct store_how *how,
                              struct store **store, struct store_opened *opened);

/* Walk a chain of blocks; `link` sees each. `buffer`: one block. */
typedef err_t chain_fn(struct store *store, uint64_t block, const struct chain_disk *link);
must_use err_t chain_walk(struct store *store, struct block_ref first, chain_fn *visit);

void note_add_locked(struct store *store, const struct store_note *note);

/* ---- commit.c ---- */

/* Blocks that must stay free for the fold and for what was promised. The lock is held. */
uint64_t store_reserve_locked(const struct store *store);

/* Pages of the space that have a block when the commit under way is done. */
uint64_t commit_pages_mapped(const struct store *store);

/* A block for a page of the commit under way. */
must_use err_t commit_block(struct store *store, uint64_t *block);

/* Free what no slot reaches any more, and open chunks ahead of need. Errors only mean less room. */
void store_make_room(struct store *store);

/* ---- early.c ---- */

/* Early pages of the closed epoch become pages of the commit, but those handed over since. */
must_use err_t early_join(struct store *store);

/* The commit is safe: they are forgotten. It failed: they belong to the running epoch. */
void early_forget(struct store *store);
void early_carry_over(struct store *store);

/* The committed entry of a page; one that cannot be read counts as having no block. */
struct map_entry entry_before(struct store *store, uint64_t page, bool *known);
