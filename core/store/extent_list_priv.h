/*
 * extent_list_priv.h - blocks in a row, in the order they were taken.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/blocks_priv.h"

struct extent_list {
    struct dead_extent *items;
    size_t count;
    size_t room;
};

must_use err_t extent_list_add(struct extent_list *list, uint64_t block, uint64_t count);
must_use err_t extent_list_add_dead(struct extent_list *list, uint64_t block, uint64_t count,
                                    uint64_t generation);

/* See to it that the next addition cannot fail. */
must_use err_t extent_list_reserve(struct extent_list *list);
void extent_list_free(struct extent_list *list);

/* Blocks of all its extents. */
uint64_t extent_list_blocks(const struct extent_list *list);
