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
 * The kernel does not say who holds such a lock: F_OFD_GETLK gives process -1.
 * But /proc/PID/fdinfo/FD has a "lock:" line for each lock that lies on that
 * open file, so we look for one on our inode.
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

#define RETRY_MS 20

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

        if (fstatat(dirfd(folder), entry->d_name, &stat_, 0) != 0 ||
            stat_.st_dev != wanted->st_dev || stat_.st_ino != wanted->st_ino)
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

static void
holder_find(int fd, char *holder, size_t holder_bytes)
{
    struct stat wanted;
    DIR *processes;
    struct dirent *entry;
    char own[16];

    snprintf(holder, holder_bytes, "another process");
    if (fstat(fd, &wanted) != 0)
        return;
    processes = opendir("/proc");
    if (!processes)
        return;
    snprintf(own, sizeof(own), "%d", (int)getpid());
    while ((entry = readdir(processes))) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        if (process_holds(entry->d_name, &wanted)) {
            process_name(entry->d_name, holder, holder_bytes);
            if (strcmp(entry->d_name, own) == 0)
                snprintf(holder, holder_bytes, "this process");
            break;
        }
    }
    closedir(processes);
}

static uint64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

err_t
linux_disk_lock(int fd, bool shared, uint32_t wait_ms, char *holder, size_t holder_bytes)
{
    uint64_t deadline = now_ms() + wait_ms;

    for (;;) {
        struct flock lock = { .l_type = (short)(shared ? F_RDLCK : F_WRLCK), .l_whence = SEEK_SET };
        struct timespec pause = { .tv_nsec = RETRY_MS * 1000000 };

        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return OK;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EACCES)
            return ERR_IO;
        if (now_ms() >= deadline)
            break;
        nanosleep(&pause, NULL);
    }
    holder_find(fd, holder, holder_bytes);
    return ERR_BUSY;
}
