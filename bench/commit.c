/*
 * commit.c - a commit against the least that a disk can be asked for: one
 * plain sequential write of the same bytes to blocks that were written before,
 * and one fdatasync.
 *
 * Both files lie side by side and were written through once. The two take
 * turns; the ratio is taken turn by turn.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "format/space.h"
#include "linux/disk.h"
#include "store/store.h"

#define VOLUME_BYTES (1536ull << 20)
#define PAGES_MAX    10000u
#define RAW_BYTES    ((uint64_t)PAGES_MAX * PAGE_BYTES)

struct peer {
    int fd;
    uint8_t *bytes;
};

static double
peer_write(const struct peer *peer, uint64_t pages)
{
    uint64_t bytes = pages * PAGE_BYTES;
    uint64_t start = bench_now_ns();

    for (uint64_t at = 0; at < bytes;) {
        ssize_t written = pwrite(peer->fd, peer->bytes + at, bytes - at, (off_t)at);

        if (written <= 0)
            bench_die("the peer cannot write", 0);
        at += (uint64_t)written;
    }
    if (fdatasync(peer->fd) != 0)
        bench_die("the peer cannot flush", 0);
    return (double)(bench_now_ns() - start);
}

/* Pages far apart, each different from all before. */
static double
commit_make(struct store *store, uint64_t pages, uint8_t *page, uint64_t turn)
{
    struct store_note note = { .cause = STORE_CAUSE_DEMAND };
    uint64_t start;
    err_t err = store_credit_take(store, pages);

    if (err != OK)
        bench_die("no credit", (int)err);
    start = bench_now_ns();
    store_commit_begin(store);
    for (uint64_t i = 0; i < pages && err == OK; i++) {
        memcpy(page, &turn, sizeof turn);
        memcpy(page + 8, &i, sizeof i);
        err = store_commit_page(store, 100000 + i * 7 % (PAGES_MAX * 8), page);
    }
    if (err == OK)
        err = store_commit_finish(store, &note);
    if (err != OK)
        bench_die("commit failed", (int)err);
    return (double)(bench_now_ns() - start);
}

static void
measure(struct store *store, const struct peer *peer, uint8_t *page, uint64_t pages)
{
    unsigned rounds = pages >= 10000 ? 25 : pages >= 1000 ? 60 : 150;
    struct bench_samples ours = { 0 };
    struct bench_samples theirs = { 0 };
    struct bench_samples ratio = { 0 };
    static uint64_t turn = 1;
    char name[64];

    for (unsigned i = 0; i < rounds + 5; i++) {
        double raw = peer_write(peer, pages);
        double commit = commit_make(store, pages, page, turn++);

        if (i < 5)
            continue; /* the first turns find cold caches */
        bench_add(&theirs, raw);
        bench_add(&ours, commit);
        bench_add(&ratio, commit / raw);
    }
    snprintf(name, sizeof name, "%lu pages: write + fdatasync", (unsigned long)pages);
    bench_row_ns(name, &theirs);
    snprintf(name, sizeof name, "%lu pages: commit", (unsigned long)pages);
    bench_row_ns(name, &ours);
    bench_target("commit / write, median of turns", bench_quantile(&ratio, 0.5),
                 pages >= 1000 ? 1.5 : 2.5);
}

void
bench_commit(const char *folder)
{
    static const uint64_t sizes[] = { 1, 10, 100, 1000, 10000 };
    char *volume_path = bench_file(folder, "commit.phantom", VOLUME_BYTES, true);
    char *peer_path = bench_file(folder, "commit.raw", RAW_BYTES, true);
    struct plat_disk *disk = bench_disk(volume_path);
    struct peer peer = { .fd = open(peer_path, O_RDWR | O_DIRECT | O_CLOEXEC) };
    struct store *store = NULL;
    uint8_t *page = aligned_alloc(PAGE_BYTES, PAGE_BYTES);
    err_t err = store_format(disk, VOLUME_BYTES / PLAT_BLOCK_BYTES);

    peer.bytes = aligned_alloc(PAGE_BYTES, RAW_BYTES);
    if (peer.fd < 0 || peer.bytes == NULL || page == NULL)
        bench_die("cannot set up the peer", 0);
    memset(peer.bytes, 0x33, RAW_BYTES);
    memset(page, 0x44, PAGE_BYTES);
    if (err == OK)
        err = store_open(disk, false, &store, NULL);
    if (err != OK)
        bench_die("cannot make a volume", (int)err);
    printf("commit: pages far apart, against one sequential write with O_DIRECT and fdatasync\n");
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        measure(store, &peer, page, sizes[i]);
    store_close(store);
    linux_disk_close(disk);
    close(peer.fd);
    unlink(volume_path);
    unlink(peer_path);
    free(volume_path);
    free(peer_path);
    free(page);
    free(peer.bytes);
}
