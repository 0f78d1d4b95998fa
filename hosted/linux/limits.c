/*
 * limits.c - how much of the machine's memory this process may take for the space, if it is asked
 * to.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "plat/memory.h"

/* The number in a file of /sys/fs/cgroup, or UINT64_MAX where there is none. */
static uint64_t
limit_read(const char *path)
{
    FILE *file = fopen(path, "re");
    unsigned long long value = UINT64_MAX;

    if (!file)
        return UINT64_MAX;
    if (fscanf(file, "%llu", &value) != 1)
        value = UINT64_MAX;
    fclose(file);
    return value;
}

static uint64_t memory_bytes;

/* An eighth is for the tables, the copies, and everybody else who cannot do without. */
#define KEPT_PART 8

/* What the machine (or the cgroup) has, without that part. */
static void
memory_measure(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t limit = limit_read("/sys/fs/cgroup/memory.max");

    if (limit < bytes)
        bytes = limit;
    limit = limit_read("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    if (limit < bytes)
        bytes = limit;
    memory_bytes = bytes - bytes / KEPT_PART;
}

/* Found out once, because it is asked all the time. */
uint64_t
plat_memory_bytes(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, memory_measure);
    return memory_bytes;
}
