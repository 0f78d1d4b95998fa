/*
 * volume_older.h - how older versions of the format differ from volume.h.
 *
 * Only the superblock does. Each version has added fields behind those of the one before, where
 * that has zeroes up to the checksum. Page map, bitmap, records and lists are the same in all of
 * them, but that before version 3 nothing is pinned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "format/volume.h"

/* Version 1: up to `cursor`, and no flags. Each superblock was written behind a flush. */
#define SUPER_1_END 248

/* Version 2: up to `sealed`. */
#define SUPER_2_END 256

static_assert(offsetof(struct super_disk, sealed) == SUPER_1_END, "layout is frozen");
static_assert(offsetof(struct super_disk, pins) == SUPER_2_END, "layout is frozen");
