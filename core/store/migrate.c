/*
 * migrate.c - bringing a volume of an older version of the format to this one.
 *
 * What a superblock of an older version leads to can be used as it is (super_older.c), so all that
 * is to be written are superblocks. They are written as always, by commits, which change no page,
 * until no slot has an older one any more; and while one has, nobody else opens the volume. So what
 * lies in the slots meanwhile holds the same as the older generation did, whatever becomes of the
 * newest: a cut, or a slot that is damaged, costs nothing, and doing it again goes on.
 *
 * Neither is a volume ever opened that a release of the older version went on with: that does not
 * know what a superblock of this one leads to, sees that it does not, and refuses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/migrate.h"

#include "plat/memory.h"
#include "store/store_priv.h"

static_assert(STORE_MIGRATE_BYTES >= CHUNK_BLOCKS * VOLUME_BLOCK_BYTES,
              "a chunk is opened, and has room for all records");

uint32_t
store_version(struct plat_disk *disk)
{
    const size_t bytes = (size_t)SUPER_SLOTS * SUPER_COPIES * VOLUME_BLOCK_BYTES;
    struct super_scan *scan = plat_alloc(sizeof *scan);
    void *buffer = plat_alloc(bytes);
    uint32_t version = 0;

    if (scan != NULL && buffer != NULL) {
        err_t err = super_scan(disk, true, buffer, scan);

        version = err == OK || scan->version > SUPER_VERSION ? scan->version : 0;
    }
    plat_free(buffer, bytes);
    plat_free(scan, sizeof *scan);
    return version;
}

static bool
has_older(const struct store *store)
{
    for (unsigned i = 0; i < SUPER_SLOTS; i++) {
        if (store->slots[i].older)
            return true;
    }
    return false;
}

/* Generations are kept as in a new volume from now on. */
static err_t
history_begin(struct store *store, uint64_t wall_ns)
{
    store->super.clock =
        (struct history_clock){ .wall_ns = wall_ns, .personal_ns = store->super.note.personal_ns };
    return store_policy_set(store, &history_policy_default);
}

/* The oldest slot is written first: after as many commits as there are slots all of them are. */
static err_t
slots_renew(struct store *store, struct store_note *note)
{
    TRY(history_begin(store, note->wall_ns));
    for (unsigned left = SUPER_SLOTS; has_older(store); left--) {
        assert(left > 0);
        TRY(store_history_commit(store, STORE_CAUSE_MIGRATE, note));
        store->slots[store->slot_last].older = false;
    }
    return OK;
}

err_t
store_migrate(struct plat_disk *disk, bool damaged, struct store_note *note,
              struct store_opened *opened)
{
    const struct store_how how = { .older = true };
    struct store *store = NULL;
    err_t err;

    *opened = (struct store_opened){ 0 };
    TRY(store_open_how(disk, &how, &store, opened));
    if (!has_older(store))
        err = OK;
    else if ((opened->fell_back || opened->repaired) && !damaged)
        err = ERR_CORRUPT;
    else
        err = slots_renew(store, note);
    store_close(store);
    return err;
}
