/*
 * grow.c - the verb grow.
 *
 * The file becomes longer first, and is only that until the commit: a volume may be shorter than
 * what it lies on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "format/volume.h"
#include "linux/disk.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/signals.h"
#include "phantom/system.h"
#include "plat/machine.h"

/* How many blocks the volume has, without changing it. False after a message. */
static bool
size_read(struct system *system, uint64_t *block_count)
{
    struct store_stats stats;
    err_t err = store_open(system->disk, true, &system->store, &system->opened);

    if (err != OK) {
        system_say(system, err, "cannot open");
        return false;
    }
    store_stats_get(system->store, &stats);
    *block_count = stats.block_count;
    store_close(system->store);
    system->store = NULL;
    return true;
}

static void
trouble_say(const struct system *system, err_t err)
{
    char word[SAY_WORD_BYTES];

    if (err == ERR_CORRUPT)
        say_error("%s: it is damaged, and not changed; repair it first: phantom check --repair %s",
                  system->path, say_word(system->path, word));
    else
        system_say(system, err, "cannot grow");
}

/* Make what it lies on large enough. False after a message. */
static bool
disk_extend(struct system *system, uint64_t block_count)
{
    char size[FORMAT_UNIT_BYTES];
    err_t err = linux_disk_extend(system->disk, block_count);

    if (err == ERR_RANGE)
        say_error("%s: the device has no more than %s", system->path,
                  format_bytes(size, plat_disk_block_count(system->disk) * PLAT_BLOCK_BYTES));
    else if (err == ERR_NOSPACE)
        say_error("%s: its file system cannot hold a file of %s", system->path,
                  format_bytes(size, block_count * PLAT_BLOCK_BYTES));
    else if (err != OK)
        system_say(system, err, "cannot make the file longer");
    return err == OK;
}

static bool
volume_extend(struct system *system, uint64_t block_count)
{
    struct store_note note = { .wall_ns = plat_wall_ns() };
    sigset_t before;
    err_t err;

    if (!disk_extend(system, block_count))
        return false;
    signals_hold(&before);
    err = store_grow(system->disk, block_count, &note);
    signals_release(&before);
    if (err != OK)
        trouble_say(system, err);
    return err == OK;
}

/* The disk is open. `block_count` is 0 if nobody said how much. */
static bool
grow(struct system *system, uint64_t block_count)
{
    char before[FORMAT_UNIT_BYTES], after[FORMAT_UNIT_BYTES], word[SAY_WORD_BYTES];
    uint64_t had;

    if (!size_read(system, &had))
        return false;
    if (block_count == 0)
        block_count = plat_disk_block_count(system->disk);
    format_bytes(before, had * PLAT_BLOCK_BYTES);
    format_bytes(after, block_count * PLAT_BLOCK_BYTES);
    if (block_count < had) {
        say_error(
            "%s: it can hold %s, and cannot be made to hold less; a volume that can hold %s is "
            "another one",
            system->path, before, after);
        return false;
    }
    if (block_count == had) {
        say("%s can hold %s already", system->path, before);
        return true;
    }
    if (!volume_extend(system, block_count))
        return false;
    say("%s can hold %s, and could hold %s before; go on with: phantom run %s", system->path, after,
        before, say_word(system->path, word));
    return true;
}

int
verb_grow(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0] };
    struct system system;
    uint64_t bytes;
    bool done;

    if (!option_size(invocation, "size", STORE_BLOCKS_MIN * (uint64_t)PLAT_BLOCK_BYTES,
                     (VOLUME_BLOCKS_MAX - 1) * PLAT_BLOCK_BYTES, 0, &bytes))
        return STATUS_USAGE;
    if (!system_open_disk(&system, &options))
        return STATUS_TROUBLE;
    done = grow(&system, bytes / PLAT_BLOCK_BYTES);
    system_close(&system);
    return done ? STATUS_DONE : STATUS_TROUBLE;
}
