/*
 * migrate.h - volumes of older versions of the format.
 *
 * A volume is of the oldest version that a superblock in it has. One of an older version is not
 * opened, but for bringing it to this one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "store/store.h"

/* It takes up to so much of the disk below, whatever the volume holds. */
#define STORE_MIGRATE_BYTES (8ull << 20)

/*
 * Which version of the format a volume is of, for telling why it is not opened: one that is known
 * here, or a newer one. 0: neither, or something else is why.
 */
uint32_t store_version(struct plat_disk *disk);

/*
 * Bring a volume to this version of the format, by commits that change nothing it holds. No store
 * is open over the disk. Whatever cuts it off, doing it again goes on with it. Nothing is written
 * if it is of this version.
 *
 *   damaged  go on from what is whole of it, if it is damaged; else it is refused then
 *   note     wall time is the caller's; the rest is filled on OK, if something was done
 *   opened   as by store_open(), with the version that it was of; on ERR_CORRUPT it is filled, and
 *            its generation not 0, if there is something whole to go on from
 *
 * Returns OK, or, and it holds what it held, ERR_CORRUPT (it is damaged), ERR_VERSION (of a version
 * or with a feature that this release does not know, or of another space), what else store_open()
 * returns, or what a commit returns.
 */
must_use err_t store_migrate(struct plat_disk *disk, bool damaged, struct store_note *note,
                             struct store_opened *opened);
