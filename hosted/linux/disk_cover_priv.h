/*
 * disk_cover_priv.h - what is written over a disk that stays as it is.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct disk_cover;

/* Nothing lies over a disk of so many blocks. NULL: there is no memory. */
struct disk_cover *disk_cover_create(uint64_t block_count);

/* All is gone that was written. NULL is fine. */
void disk_cover_destroy(struct disk_cover *cover);

/* The descriptor of the file in which a block lies where it lies on the disk. */
int disk_cover_file(const struct disk_cover *cover);

/*
 * Is the block there, or has the disk what it holds? The same is true of the `count` blocks, at
 * most `max`, from there on.
 */
bool disk_cover_run(const struct disk_cover *cover, uint64_t block, uint32_t max, uint32_t *count);

/* These have been written. */
void disk_cover_add(struct disk_cover *cover, uint64_t block, uint32_t count);
