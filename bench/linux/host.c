/*
 * host.c - files and disks of the benchmarks, and the peer of commits and misses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "linux/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "linux/disk.h"

#define FILL_BYTES (4u << 20)

static struct {
    int fd;
    uint8_t *bytes;
} peer;

static void
file_fill(int fd, uint64_t bytes)
{
    char *chunk = malloc(FILL_BYTES);

    if (chunk == NULL)
        bench_die("no memory", ERR_NOMEM);
    memset(chunk, 0x5a, FILL_BYTES);
    for (uint64_t at = 0; at < bytes; at += FILL_BYTES) {
        size_t part = bytes - at < FILL_BYTES ? bytes - at : FILL_BYTES;

        if (pwrite(fd, chunk, part, (off_t)at) != (ssize_t)part)
            bench_die("cannot write the file", ERR_IO);
    }
    if (fdatasync(fd) != 0)
        bench_die("cannot flush the file", ERR_IO);
    free(chunk);
}

char *
host_file(const char *folder, const char *name, uint64_t bytes, bool prewritten)
{
    size_t length = strlen(folder) + strlen(name) + 2;
    char *path = malloc(length);
    int fd;

    if (path == NULL)
        bench_die("no memory", ERR_NOMEM);
    snprintf(path, length, "%s/%s", folder, name);
    unlink(path);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
        bench_die("cannot make a file", ERR_IO);
    if (prewritten)
        file_fill(fd, bytes);
    close(fd);
    return path;
}

struct plat_disk *
host_disk(const char *path)
{
    struct linux_disk_options options = { .lock_wait_ms = 5000 };
    struct plat_disk *disk = NULL;
    char message[256];
    err_t err = linux_disk_open(path, &options, &disk, message, sizeof message);

    if (err != OK)
        bench_die(message, err);
    return disk;
}

struct plat_disk *
host_new_disk(const char *folder, uint64_t bytes, bool prewritten)
{
    char *path = host_file(folder, "bench.phantom", bytes, prewritten);
    struct plat_disk *disk = host_disk(path);

    unlink(path);
    free(path);
    return disk;
}

void
host_peer_open(const char *folder, uint64_t block_count, uint64_t blocks_max)
{
    uint64_t bytes = blocks_max * PLAT_BLOCK_BYTES;
    char *path = host_file(folder, "raw", block_count * PLAT_BLOCK_BYTES, true);

    peer.fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    peer.bytes = aligned_alloc(PLAT_BLOCK_BYTES, bytes);
    if (peer.fd < 0 || peer.bytes == NULL)
        bench_die("cannot set up the peer", ERR_IO);
    memset(peer.bytes, 0x33, bytes);
    unlink(path);
    free(path);
}

void
host_peer_write(uint64_t blocks)
{
    uint64_t bytes = blocks * PLAT_BLOCK_BYTES;

    for (uint64_t at = 0; at < bytes;) {
        ssize_t written = pwrite(peer.fd, peer.bytes + at, bytes - at, (off_t)at);

        if (written <= 0)
            bench_die("the peer cannot write", ERR_IO);
        at += (uint64_t)written;
    }
    if (fdatasync(peer.fd) != 0)
        bench_die("the peer cannot flush", ERR_IO);
}

void
host_peer_read(uint64_t block)
{
    if (pread(peer.fd, peer.bytes, PLAT_BLOCK_BYTES, (off_t)(block * PLAT_BLOCK_BYTES)) !=
        PLAT_BLOCK_BYTES)
        bench_die("the peer cannot read", ERR_IO);
}
