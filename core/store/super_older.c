/*
 * super_older.c - what a superblock of an older version says, in the words of this one.
 *
 * The one place that knows how older versions differ: whoever reads superblocks sees those of this
 * version alone, and migrate.c is the only one who goes on from one that was older.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "format/volume_older.h"
#include "store/super_priv.h"

static bool
is_zero_from(const struct super_disk *super, size_t offset)
{
    return bytes_are_zero((const uint8_t *)super + offset, SUPER_CRC_BYTES - offset);
}

/*
 * What lies in a slot is whole, as a flush came before its superblock. So none is doubted, and the
 * generation before is the next lower one that is there.
 */
static bool
one_to_two(struct super_disk *super)
{
    if (le32_get(super->flags) != 0 || !is_zero_from(super, SUPER_1_END))
        return false;
    super->sealed = le64_put(le64_get(super->note.generation) - 1);
    super->version = le32_put(2);
    return true;
}

/* The root of the map was written by the fold or before it; what will be pinned is newer. */
static bool
two_to_three(struct super_disk *super)
{
    if (!is_zero_from(super, SUPER_2_END))
        return false;
    super->map_birth = super->fold_generation;
    super->version = le32_put(3);
    return true;
}

static_assert(SUPER_VERSION == 3, "each version has its step to the next");

bool
super_today(const struct super_disk *disk, struct super_disk *today)
{
    *today = *disk;
    if (le32_get(today->version) == 1 && !one_to_two(today))
        return false;
    return le32_get(today->version) != 2 || two_to_three(today);
}
