/*
 * system.h - a volume brought up as a Linux process: disk, store, space and
 * machine, in this order, and down again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "plat/disk.h"
#include "pmem/pmem.h"
#include "store/store.h"
#include "vm/vm.h"

struct system_options {
    const char *path;
    bool read_only;
    bool passing; /* nothing that is written need stay: where it may not be written, it is not */
    uint64_t
        at; /* a pinned generation that is to be seen instead of the newest; read-only; 0: none */
    uint32_t lock_wait_ms; /* 0: as long as a killed process may need to let go */
    bool busy_quiet;       /* say nothing when somebody else has the volume */
    struct pmem_options pmem;
    struct vm_options vm;
};

/* How far it is up. */
struct system {
    const char *path;
    struct plat_disk *disk;
    struct store *store;
    struct store_opened opened;
    bool busy; /* system_open failed because somebody else has the volume */
    bool space_up;
    bool heap_up; /* without a machine */
    bool machine_up;
};

/* Open the disk, no more, under its lock. False after a message. */
bool system_open_disk(struct system *system, const struct system_options *options);

/*
 * Open the disk and the store, no more. False after a message; nothing is left
 * open then. What opening found out that the user should know is said.
 */
bool system_open(struct system *system, const struct system_options *options);

/* The space and the machine, over an open store. False after a message. */
bool system_start(struct system *system, const struct system_options *options);

/*
 * The space and the heap in it, over an open store, and no machine: nothing of what lives there is
 * believed, so it is for a heap in which something may be wrong. False after a message.
 */
bool system_start_heap(struct system *system);

/*
 * Put a program into it. False after a message.
 *
 *   application  filled
 */
bool system_install(struct system *system, const char *path, const struct buffer *module,
                    char **arguments, unsigned argument_count, uint32_t *application);

/* Take a snapshot now and wait until it is safe. False after a message. */
bool system_commit(struct system *system, enum store_cause cause);

/* Stop the machine; with `commit`, take the last snapshot. False after a message. */
bool system_stop(struct system *system, bool commit);

/* Let go of everything, however far it is up. */
void system_close(struct system *system);

/*
 * Make a new volume, with the class library in it. It is there when it is whole, and else nothing
 * is. False after a message.
 *
 *   bytes  how much it shall hold; on true what it does: a block device may be smaller
 */
bool system_create(const char *path, uint64_t *bytes);

/*
 * The same, and open it; nobody else ever finds it. It is gone when it is closed, or the process is
 * killed. False after a message.
 *
 *   options  `path` names a file that is not there, in the folder in which room is taken
 */
bool system_open_throwaway(struct system *system, const struct system_options *options,
                           uint64_t bytes);

/* The first half of making a volume in one's own way: a disk with nothing on it. */
bool system_disk_create(struct system *system, const char *path, uint64_t bytes);

/*
 * An empty store on it, open; to be filled. False after a message.
 *
 *   bytes  as for system_create()
 */
bool system_store_create(struct system *system, uint64_t *bytes);

/* The second: it is whole, and gets its name. All but the disk is closed. False after a message. */
bool system_keep(struct system *system);

/* One line for an error on the way. */
void system_say_making(const struct system *system, err_t err, const char *doing);

/* One line for an error of the store or the space. */
void system_say(const struct system *system, err_t err, const char *doing);

/* Say that the store at `path` is whole, and nothing was ever put into it. */
void system_say_unmade(const char *path);

/* What opening found out that the user should know. */
void system_say_opened(const struct system *system);

/* One line that says which snapshot it goes on from, and with what. */
void system_say_resumed(const struct system *system);

/*
 * Look into a stopped volume, without running anything: is no program in it?
 * False after a message, which tells how to go on with the verb `verb`.
 */
bool system_is_vacant(const char *path, const char *verb);
