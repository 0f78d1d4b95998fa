/*
 * disk_new.c - making a volume: nobody finds it before it is whole.
 *
 * A file that is being made has no name (O_TMPFILE), so it is gone with the process that makes it,
 * however that ends. Some file systems have no such files: there it has its name from the
 * beginning, which only a kill leaves behind. A block device has its name for ever; what it holds
 * may be somebody's, so it must be empty, and is emptied again if it is not kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk_new.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALIGNMENT 4096 /* of what is read and written with direct I/O */

static void
forget(struct disk_new *made)
{
    free(made->path);
    *made = (struct disk_new){ 0 };
}

/* ---- files ---- */

/* The folder that the file lies in; `folder` has PATH_MAX bytes. */
static const char *
folder_of(const char *path, char *folder)
{
    snprintf(folder, PATH_MAX, "%s", path);
    return dirname(folder);
}

/* A file is safe in its folder only when the folder is, where one can tell. 0, or errno. */
static int
folder_sync(const char *path)
{
    char folder[PATH_MAX];
    int fd = open(folder_of(path, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int number = 0;

    if (fd < 0)
        return 0; /* it may be written to and not read */
    if (fsync(fd) != 0 && errno != EINVAL)
        number = errno;
    close(fd);
    return number;
}

static bool
exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

int
disk_new_nameless(const char *path, int flags, disk_new_open_fn *open_file, bool *lacking)
{
    char folder[PATH_MAX];
    int fd = open_file(folder_of(path, folder), flags | O_TMPFILE);

    *lacking = fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
    return fd;
}

int
disk_new_file(struct disk_new *made, const char *path, int flags, bool named_at_once,
              disk_new_open_fn *open_file)
{
    int fd = -1;

    *made = (struct disk_new){ .path = strdup(path), .named = named_at_once };
    if (made->path == NULL)
        return -1;
    if (!made->named && exists(path))
        errno = EEXIST;
    else if (!made->named)
        fd = disk_new_nameless(path, flags, open_file, &made->named);
    if (made->named)
        fd = open_file(path, flags | O_CREAT | O_EXCL);
    if (fd < 0) {
        int number = errno;

        forget(made);
        errno = number;
    }
    return fd;
}

int
disk_new_name(const char *path, int fd)
{
    char own[64];

    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* ---- block devices ---- */

static bool
bytes_are_zero(const unsigned char *bytes, size_t count)
{
    return count == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, count - 1) == 0);
}

int
disk_new_device(struct disk_new *made, const char *path, int fd)
{
    void *bytes = aligned_alloc(ALIGNMENT, DISK_NEW_EMPTY_BYTES);
    int number = ENOMEM;
    ssize_t count;

    *made = (struct disk_new){ 0 };
    if (bytes == NULL)
        return number;
    count = pread(fd, bytes, DISK_NEW_EMPTY_BYTES, 0);
    if (count < 0)
        number = errno;
    else if (!bytes_are_zero(bytes, (size_t)count))
        number = ENOTEMPTY;
    else
        *made = (struct disk_new){ .path = strdup(path), .device = true };
    free(bytes);
    return made->path != NULL ? 0 : number;
}

static void
device_empty(int fd)
{
    void *zeroes = aligned_alloc(ALIGNMENT, DISK_NEW_EMPTY_BYTES);

    if (zeroes == NULL)
        return;
    memset(zeroes, 0, DISK_NEW_EMPTY_BYTES);
    if (pwrite(fd, zeroes, DISK_NEW_EMPTY_BYTES, 0) > 0)
        fsync(fd);
    free(zeroes);
}

/* ---- the end of making ---- */

int
disk_new_keep(struct disk_new *made, int fd)
{
    int number = 0;

    if (made->path == NULL || made->device) {
        forget(made);
        return 0;
    }
    if (!made->named)
        number = disk_new_name(made->path, fd);
    if (number != 0)
        return number;
    made->named = true;
    number = fsync(fd) != 0 ? errno : folder_sync(made->path);
    if (number == 0)
        forget(made);
    return number;
}

void
disk_new_drop(struct disk_new *made, int fd)
{
    if (made->path != NULL && made->device)
        device_empty(fd);
    else if (made->path != NULL && made->named)
        unlink(made->path);
    forget(made);
}
