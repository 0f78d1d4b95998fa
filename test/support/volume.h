/*
 * volume.h - a volume with a model beside it: what each page held in each
 * generation, so that any generation can be compared byte for byte.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/history.h"
#include "store/store.h"
#include "support/disk.h"

#define MODEL_PAGES       96
#define MODEL_GENERATIONS 1024

struct model {
    struct plat_disk *disk;
    struct store *store;
    struct store_opened opened;
    uint64_t random;
    uint32_t now[MODEL_PAGES];                      /* what the running epoch holds */
    uint32_t taken[MODEL_GENERATIONS][MODEL_PAGES]; /* what a generation must hold */
    bool known[MODEL_GENERATIONS];
    uint64_t committed;            /* newest generation that was acknowledged */
    uint64_t wall_ns, personal_ns; /* of the notes of commits */
    uint32_t version;
};

/* Make a volume of `block_count` blocks on a new disk and open it. */
struct model *model_create(uint64_t block_count);

/* The same on this disk, which may be larger, and is the model's from now on. */
struct model *model_create_on(struct plat_disk *disk, uint64_t block_count);

/* A model with the same knowledge for another disk; no store is open. */
struct model *model_copy(const struct model *model, struct plat_disk *disk);
void model_free(struct model *model);

/* Close and open the store. */
err_t model_open(struct model *model, bool read_only);
void model_close(struct model *model);

/*
 * Make its superblocks what they would be in an older version of the format, or one that is not
 * known; nothing is pinned, and no store is open.
 */
void model_make_version(struct model *model, uint32_t version);

/* The page of the space that the model's page `index` is. */
uint64_t model_page(unsigned index);

/* The bytes of a version; 0 is all zeroes. */
void model_fill(unsigned index, uint32_t version, void *bytes);

/* Give page `index` new contents (version 0: zeroes) and remember them. Not written yet. */
void model_change(struct model *model, unsigned index, bool zero);

/* Write a page of the running epoch early. */
err_t model_early(struct model *model, unsigned index);

/*
 * Commit `count` pages with new contents. On OK the generation is the newest
 * acknowledged; on failure the pages keep their new contents, to be handed over again.
 */
err_t model_commit(struct model *model, unsigned count, enum store_cause cause);

/* Commit exactly the pages whose bit is set in `pages` (MODEL_PAGES of them). */
err_t model_commit_pages(struct model *model, const bool *pages, enum store_cause cause);

/* True if the open store holds exactly what `generation` must; says what differs. */
bool model_matches(struct model *model, uint64_t generation);

/* True if each pin that can be read holds exactly what its generation must; says what differs. */
bool model_pins_match(struct model *model);

/* Go back to a pinned generation; its contents are the newest acknowledged ones on OK. */
err_t model_rewind(struct model *model, uint64_t generation, uint64_t *kept);

/* Let the n-th write, flush, or allocation from now fail; and let all of them work again. */
void model_break_write(struct model *model, unsigned n);
void model_break_flush(struct model *model, unsigned n);
void model_break_memory(struct model *model, unsigned n);
void model_mend(struct model *model);

/* How many findings a check makes that are damage; others are added to `notes` (may be NULL). */
unsigned model_check(struct model *model, unsigned *notes);

/* The pages and blocks of the last damage findings. */
bool model_check_named_page(uint64_t page);
bool model_check_named_block(uint64_t block);
