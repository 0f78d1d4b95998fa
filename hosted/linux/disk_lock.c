/*
 * disk_lock.c - one machine at a time on a volume.
 *
 * The lock is an open file description lock over the whole file: it goes with
 * the open file and not with the process, it is let go when the last
 * descriptor is closed however the process ended, and it meets the byte-range
 * locks that QEMU puts on its images (flock does not). A killed process needs
 * time to let go of its memory before its descriptors are closed, so the lock
 * is tried for a few seconds.
 *
 * QEMU's locks are shared ones, each of a byte that stands for something: a byte for
 * what it does with the image, and one for what it lets nobody else do. So who reads
 * must not share all bytes. It leaves out the one that says "I write", and sees that
 * nobody has that; QEMU takes its own bytes first and then looks at ours, as we do,
 * so of two that begin at the same time one is refused, or both.
 * Source: QEMU, block/file-posix.c, raw_apply_lock_bytes() and raw_check_lock_bytes().
 *
 * A disk may have several names (mknod, containers), and such a lock lies on one of them. So a disk
 * is also claimed from the kernel, by opening it with O_EXCL, which goes with the open file, like
 * the lock. There are no shared claims: of a disk only one reads at a time, too. QEMU claims
 * nothing, but its locks are found by any name, as far as /proc shows its process.
 * Source: open(2), on O_EXCL without O_CREAT.
 *
 * The kernel does not say who holds such a lock: F_OFD_GETLK gives process -1.
 * But /proc/PID/fdinfo/FD has a "lock:" line for each lock that lies on that
 * open file, so we look for one on our file, or on a name of our disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/disk_lock_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS    20
#define QEMU_WRITES 101 /* RAW_LOCK_PERM_BASE, and the bit of BLK_PERM_WRITE */

/* True if the descriptor described at `path` (/proc/PID/fdinfo/FD) carries a lock. */
static bool
carries_lock(const char *path)
{
    FILE *file = fopen(path, "re");
    char line[256];
    bool found = false;

    if (!file)
        return false;
    while (!found && fgets(line, sizeof(line), file))
        found = strncmp(line, "lock:", 5) == 0;
    fclose(file);
    return found;
}

static bool
is_same(const struct stat *one, const struct stat *other)
{
    if (S_ISBLK(one->st_mode) && S_ISBLK(other->st_mode))
        return one->st_rdev == other->st_rdev;
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* True if process `pid` has a locked descriptor of the file `wanted`. */
static bool
process_holds(const char *pid, const struct stat *wanted)
{
    char path[320];
    DIR *folder;
    bool found = false;
    struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    folder = opendir(path);
    if (!folder)
        return false;
    while (!found && (entry = readdir(folder))) {
        struct stat stat_;

        if (fstatat(dirfd(folder), entry->d_name, &stat_, 0) != 0 || !is_same(&stat_, wanted))
            continue;
        snprintf(path, sizeof(path), "/proc/%.16s/fdinfo/%.16s", pid, entry->d_name);
        found = carries_lock(path);
    }
    closedir(folder);
    return found;
}

static void
process_name(const char *pid, char *holder, size_t holder_bytes)
{
    char path[64], name[32] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
    file = fopen(path, "re");
    if (file && fgets(name, sizeof(name), file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
    snprintf(holder, holder_bytes, "process %.16s (%s)", pid, name[0] ? name : "unknown");
}

/* Who has a lock on it; false: nobody is found. */
static bool
holder_find(const struct stat *wanted, char *holder, size_t holder_bytes)
{
    DIR *processes;
    struct dirent *entry;
    char own[16];
    bool found = false;

    snprintf(holder, holder_bytes, "another process%s",
             S_ISBLK(wanted->st_mode) ? " or a file system" : "");
    processes = opendir("/proc");
    if (!processes)
        return false;
    snprintf(own, sizeof(own), "%d", (int)getpid());
    while (!found && (entry = readdir(processes))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        found = process_holds(entry->d_name, wanted);
        if (found && strcmp(entry->d_name, own) == 0)
            snprintf(holder, holder_bytes, "this process");
        else if (found)
            process_name(entry->d_name, holder, holder_bytes);
    }
    closedir(processes);
    return found;
}

static uint64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Lock bytes, or let go of them; 0 bytes: to the end, wherever that is. OK, ERR_BUSY, ERR_IO. */
static err_t
bytes_lock(int fd, short type, off_t from, off_t bytes)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = from, .l_len = bytes };

    while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno != EINTR)
            return errno == EAGAIN || errno == EACCES ? ERR_BUSY : ERR_IO;
    }
    return OK;
}

/* Does nobody else have the byte, in whatever way? OK, ERR_BUSY, ERR_IO. */
static err_t
byte_look(int fd, off_t at)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

    if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
        return ERR_IO;
    return lock.l_type == F_UNLCK ? OK : ERR_BUSY;
}

static err_t
all_but_writing_lock(int fd)
{
    TRY(bytes_lock(fd, F_RDLCK, 0, QEMU_WRITES));
    TRY(bytes_lock(fd, F_RDLCK, QEMU_WRITES + 1, 0));
    return byte_look(fd, QEMU_WRITES);
}

/* Once; what was had of it is let go of again. */
static err_t
lock_try(int fd, bool shared)
{
    err_t err = shared ? all_but_writing_lock(fd) : bytes_lock(fd, F_WRLCK, 0, 0);

    if (err != OK && shared)
        IGNORE(bytes_lock(fd, F_UNLCK, 0, 0), "it is busy, or has no locks");
    return err;
}

/* True after a moment; false when it is too late. */
static bool
try_again(uint64_t deadline_ms)
{
    const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000 };

    if (now_ms() >= deadline_ms)
        return false;
    nanosleep(&pause, NULL);
    return true;
}

err_t
linux_disk_lock(int fd, bool shared, uint32_t wait_ms, char *holder, size_t holder_bytes)
{
    uint64_t deadline_ms = now_ms() + wait_ms;
    struct stat wanted;
    err_t err;

    do {
        err = lock_try(fd, shared);
    } while (err == ERR_BUSY && try_again(deadline_ms));
    if (err == ERR_BUSY && fstat(fd, &wanted) == 0)
        (void)holder_find(&wanted, holder, holder_bytes);
    return err;
}

/* Once; -1 and errno. Whoever has it has claimed it, or at least locked it by some name. */
static int
device_try(const char *path, int flags, disk_new_open_fn *open_file, char *holder,
           size_t holder_bytes)
{
    int fd = open_file(path, flags | O_EXCL), number = errno;
    struct stat wanted;
    bool held;

    if (fd < 0 && number != EBUSY)
        return fd;
    held = stat(path, &wanted) == 0 && holder_find(&wanted, holder, holder_bytes);
    if (fd >= 0 && held) {
        close(fd);
        fd = -1;
        number = EBUSY;
    }
    errno = number;
    return fd;
}

int
linux_device_open(const char *path, int flags, disk_new_open_fn *open_file, uint32_t wait_ms,
                  char *holder, size_t holder_bytes)
{
    uint64_t deadline_ms = now_ms() + wait_ms;
    int fd;

    do {
        fd = device_try(path, flags, open_file, holder, holder_bytes);
    } while (fd < 0 && errno == EBUSY && try_again(deadline_ms));
    return fd;
}
