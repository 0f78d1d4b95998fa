/*
 * disk_new.h - making a volume, or another file: nobody finds it before it is whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/* A block device is empty if its first MiB is: there everything that uses one leaves its mark. */
#define DISK_NEW_EMPTY_BYTES (1u << 20)

/* What is being made. */
struct disk_new {
    char *path;  /* allocated; NULL: nothing is being made */
    bool device; /* it is a block device, which has its name for ever */
    bool named;  /* the file system has no files without a name */
};

/* How a file is opened. Returns a descriptor, or -1 and errno. */
typedef int disk_new_open_fn(const char *path, int flags);

/*
 * Make a file that gets the name `path` when it is kept.
 *
 *   named_at_once  do as where the file system has no files without a name
 *
 * Returns a descriptor; or -1 and errno, EEXIST among them.
 */
int disk_new_file(struct disk_new *made, const char *path, int flags, bool named_at_once,
                  disk_new_open_fn *open_file);

/*
 * A file without a name, in the folder of `path`: it is gone when it is closed, or the process
 * ends, however that does.
 *
 *   lacking  filled; true: its file system has no such files
 *
 * Returns a descriptor; or -1 and errno.
 */
int disk_new_nameless(const char *path, int flags, disk_new_open_fn *open_file, bool *lacking);

/* Its name is this from now on. 0; or errno, EEXIST among them, and it still has none. */
int disk_new_name(const char *path, int fd);

/* Begin to make a volume of an open block device. 0, or errno: ENOTEMPTY, or why it is not read. */
int disk_new_device(struct disk_new *made, const char *path, int fd);

/*
 * It is whole: it gets its name, and is there when the power goes. 0; or errno, and it is still to
 * be dropped.
 */
int disk_new_keep(struct disk_new *made, int fd);

/* Nothing is left of it, if it was not kept. */
void disk_new_drop(struct disk_new *made, int fd);
