/*
 * migrate.c - the verb migrate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "store/migrate.h"

#include "base/format.h"
#include "format/volume.h"
#include "phantom/options.h"
#include "phantom/say.h"
#include "phantom/signals.h"
#include "phantom/system.h"
#include "plat/machine.h"

static void
trouble_say(const struct system *system, err_t err)
{
    char word[SAY_WORD_BYTES], size[FORMAT_UNIT_BYTES];

    if (err == ERR_CORRUPT && system->opened.generation != 0)
        say_error("%s: it is damaged, and not changed; to go on from generation %" PRIu64
                  ", which is whole: phantom migrate --damaged %s",
                  system->path, system->opened.generation, say_word(system->path, word));
    else if (err == ERR_CORRUPT)
        say_error("%s: it is damaged, and no whole snapshot was found", system->path);
    else if (err == ERR_NOSPACE)
        say_error("%s: there is no room: it takes up to %s of the disk below, and a few blocks of "
                  "the volume; nothing is lost",
                  system->path, format_bytes(size, STORE_MIGRATE_BYTES));
    else
        system_say(system, err, "cannot be brought here");
}

static bool
migrate(struct system *system, bool damaged)
{
    struct store_note note = { .wall_ns = plat_wall_ns() };
    char word[SAY_WORD_BYTES];
    sigset_t before;
    err_t err;

    signals_hold(&before);
    err = store_migrate(system->disk, damaged, &note, &system->opened);
    signals_release(&before);
    if (err != OK) {
        trouble_say(system, err);
        return false;
    }
    system_say_opened(system);
    if (system->opened.version == SUPER_VERSION)
        say("%s is of format version %u already", system->path, SUPER_VERSION);
    else
        say("%s is of format version %u, and was of version %u; go on with: phantom run %s",
            system->path, SUPER_VERSION, (unsigned)system->opened.version,
            say_word(system->path, word));
    return true;
}

int
verb_migrate(const struct invocation *invocation)
{
    struct system_options options = { .path = invocation->arguments[0] };
    struct system system;
    bool done;

    if (!system_open_disk(&system, &options))
        return STATUS_TROUBLE;
    done = migrate(&system, option_given(invocation, "damaged"));
    system_close(&system);
    return done ? STATUS_DONE : STATUS_TROUBLE;
}
