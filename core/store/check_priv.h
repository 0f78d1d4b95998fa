/*
 * check_priv.h - what the parts of a check share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/store_priv.h"

#define CHECK_NO_PAGE UINT64_MAX
#define CHECK_BATCH   256

/* Bits, one for each block of the volume. */
struct check_marks {
    uint64_t *words;
    uint64_t bytes;
};

/* What of the space a block holds or leads to, in all generations from `first` to `last`. */
struct check_touch {
    uint64_t page, page_count;
    uint64_t first, last; /* first 0: not known */
};

/* A page that waits to be compared with its checksum. */
struct check_item {
    struct check_touch touch;
    uint32_t crc;
};

struct check {
    struct store *store;
    store_finding_fn *finding;
    store_progress_fn *progress;
    void *context;
    struct check_marks seen; /* in use, by the present or by history */
    uint64_t done, total;
    uint8_t *node;  /* a block for each level, and one more */
    uint8_t *batch; /* CHECK_BATCH pages that lie behind each other */
    uint64_t batch_block;
    uint32_t batch_count;
    struct check_item batch_items[CHECK_BATCH];
    bool cannot_tell; /* something that names blocks was damaged: unreached blocks mean nothing */

    /* Of history. */
    struct check_marks kept;    /* in the list of a pin that was looked at */
    struct check_marks reached; /* of these, by the pin that is being looked at */
    struct check_marks read;    /* pages that were compared with their checksum */
    uint8_t *present;           /* a block for each level: nodes of the present, beside the pin's */
    const struct pin *pin;
    bool list_damaged; /* of a pin that was looked at */
    bool collect;      /* blocks that no list tells of go to the store's `unlisted` */
};

static inline bool
check_marked(const struct check_marks *marks, uint64_t block)
{
    return marks->words[block / 64] >> block % 64 & 1;
}

static inline void
check_mark(struct check_marks *marks, uint64_t block)
{
    marks->words[block / 64] |= 1ull << block % 64;
}

must_use err_t check_marks_create(struct check_marks *marks, uint64_t block_count);
void check_marks_free(struct check_marks *marks);

/* Tell of something that was found. */
__attribute__((format(printf, 5, 6))) void check_report(struct check *check, bool damage,
                                                        uint64_t block, uint64_t page,
                                                        const char *text, ...);

/* Tell of damage that touches pages of the space. */
__attribute__((format(printf, 4, 5))) void check_damage(struct check *check, uint64_t block,
                                                        const struct check_touch *touch,
                                                        const char *text, ...);

/* The blocks are in use by `user`; nothing else may be. */
void check_use(struct check *check, uint64_t block, uint64_t count, uint64_t page,
               const char *user);

/* Read one block and compare it; false (and reported) if it is not what was written. */
bool check_block(struct check *check, uint64_t block, uint32_t crc, void *buffer, const char *user);

/* The same for a node of a page map. */
bool check_node(struct check *check, const struct map_entry *entry, const struct check_touch *touch,
                void *buffer, const char *user);

/* Compare a page with its checksum, now or when the next are; and at last all that are left. */
void check_page_later(struct check *check, uint64_t block, uint32_t crc,
                      const struct check_touch *touch);
void check_pages_end(struct check *check);

/*
 * An entry in the node at `block`: does it name nothing, because that was lost, or makes no sense?
 * Then that is told, and the answer is true.
 */
bool check_entry_lost(struct check *check, uint64_t block, const struct map_entry *entry,
                      const struct check_touch *touch);

/* Pins, their lists, and what they lead to. The present was looked at. OK, ERR_NOMEM. */
must_use err_t check_history(struct check *check);
