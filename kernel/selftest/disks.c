/*
 * disks.c - disks under requests of every size, from several threads at once.
 *
 * Only a disk whose first blocks are zero is written to, so no volume is ever
 * touched; these blocks stay zero, so the same disk serves again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "dev/block.h"
#include "dev/driver.h"
#include "dev/entropy.h"
#include "plat/memory.h"
#include "selftest/selftest_priv.h"

#define LOG_MODULE "selftest"
#include "base/log.h"

#define KEPT_BLOCKS   BLOCK_BLANK_BLOCKS
#define THREADS       4u
#define ROUNDS        60u
#define RANGE_MAX     700u /* blocks; more than any device takes in one request */
#define ROW_MAX       24u
#define LONG_ROW      1000u /* requests; more than any queue holds */
#define BLOCK_WORDS   (PLAT_BLOCK_BYTES / 8u)
#define ENTROPY_BYTES 1000u

static struct block_device *disk;

static err_t
run(enum plat_io_kind kind, uint64_t block, uint32_t count, void *buffer)
{
    struct plat_io io = { .kind = kind, .block = block, .block_count = count, .buffer = buffer };

    block_submit(disk, &io);
    return block_wait(disk, &io);
}

/* Every block tells where it belongs and what was written. */
static void
pattern_fill(uint64_t *words, uint64_t block, uint32_t count, uint64_t key)
{
    for (uint64_t i = 0; i < (uint64_t)count * BLOCK_WORDS; i++)
        words[i] = key ^ (block * BLOCK_WORDS + i);
}

static void
pattern_check(const uint64_t *words, uint64_t block, uint32_t count, uint64_t key)
{
    for (uint64_t i = 0; i < (uint64_t)count * BLOCK_WORDS; i++)
        assert(words[i] == (key ^ (block * BLOCK_WORDS + i)));
}

/* Read or write a range as one row of requests, cut at random. */
static void
row_run(enum plat_io_kind kind, uint64_t block, uint32_t count, uint8_t *buffer, uint64_t *state)
{
    struct plat_io row[ROW_MAX];
    uint32_t done = 0;
    unsigned n = 0;

    while (done < count) {
        uint32_t part = 1 + (uint32_t)(selftest_random(state) % (count - done));

        if (n == ROW_MAX - 1)
            part = count - done;
        row[n] = (struct plat_io){ .kind = kind,
                                   .block = block + done,
                                   .block_count = part,
                                   .buffer = buffer + (size_t)done * PLAT_BLOCK_BYTES };
        if (n > 0)
            row[n - 1].next = &row[n];
        done += part;
        n++;
    }
    block_submit(disk, row);
    for (unsigned i = 0; i < n; i++) {
        err_t err = block_wait(disk, &row[i]);

        assert(err == OK);
    }
}

/* One thread, in its own part of the disk; its memory lies scattered in every second one. */
static void
writer(void *argument)
{
    uint64_t number = (uint64_t)(uintptr_t)argument;
    uint64_t share = (disk->block_count - KEPT_BLOCKS) / THREADS;
    uint64_t begin = KEPT_BLOCKS + share * number;
    uint64_t bytes = (uint64_t)RANGE_MAX * PLAT_BLOCK_BYTES;
    uint64_t state = number + 1;
    uint8_t *buffer = number % 2 ? plat_reserve(bytes) : plat_alloc(bytes);

    assert(buffer);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t count = 1 + (uint32_t)(selftest_random(&state) % RANGE_MAX);
        uint64_t block = begin + selftest_random(&state) % (share - count);
        uint64_t key = selftest_random(&state);

        pattern_fill((uint64_t *)(void *)buffer, block, count, key);
        row_run(PLAT_WRITE, block, count, buffer, &state);
        if (round % 4 == 0) {
            err_t err = run(PLAT_FLUSH, 0, 0, NULL);

            assert(err == OK);
        }
        memset(buffer, 0, (size_t)count * PLAT_BLOCK_BYTES);
        row_run(PLAT_READ, block, count, buffer, &state);
        pattern_check((uint64_t *)(void *)buffer, block, count, key);
    }
    if (number % 2)
        plat_release(buffer, bytes);
    else
        plat_free(buffer, bytes);
}

/* Many requests in one row, more than can be under way at once. */
static void
long_row(void)
{
    size_t bytes = (size_t)LONG_ROW * PLAT_BLOCK_BYTES;
    struct plat_io *row = plat_alloc(LONG_ROW * sizeof(*row));
    uint8_t *buffer = plat_alloc(bytes);

    assert(row && buffer);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < LONG_ROW; i++) {
            uint64_t block = KEPT_BLOCKS + 2 * i;
            uint8_t *one = buffer + (size_t)i * PLAT_BLOCK_BYTES;

            if (pass == 0)
                pattern_fill((uint64_t *)(void *)one, block, 1, 5);
            row[i] = (struct plat_io){ .kind = pass == 0 ? PLAT_WRITE : PLAT_READ,
                                       .block = block,
                                       .block_count = 1,
                                       .buffer = one,
                                       .next = i + 1 < LONG_ROW ? &row[i + 1] : NULL };
        }
        block_submit(disk, row);
        for (unsigned i = 0; i < LONG_ROW; i++) {
            err_t err = block_wait(disk, &row[i]);

            assert(err == OK);
        }
        if (pass == 0)
            memset(buffer, 0, bytes);
    }
    for (unsigned i = 0; i < LONG_ROW; i++)
        pattern_check((uint64_t *)(void *)(buffer + (size_t)i * PLAT_BLOCK_BYTES),
                      KEPT_BLOCKS + 2 * i, 1, 5);
    plat_free(buffer, bytes);
    plat_free(row, LONG_ROW * sizeof(*row));
}

/*
 * What is discarded, or gets room, may hold anything; what stands beside it does
 * not change.
 */
static void
lose(void)
{
    uint8_t *buffer = plat_alloc((size_t)3 * PLAT_BLOCK_BYTES);
    err_t err;

    assert(buffer);
    pattern_fill((uint64_t *)(void *)buffer, 100, 3, 9);
    err = run(PLAT_WRITE, 100, 3, buffer);
    assert(err == OK);
    block_discard(disk, 101, 1);
    block_discard(disk, disk->block_count, 1); /* not there: nothing happens */
    err = block_make_room(disk, 101, 1);
    assert(err == OK);
    err = block_make_room(disk, disk->block_count, 1);
    assert(err == ERR_RANGE);
    err = run(PLAT_READ, 100, 3, buffer);
    assert(err == OK);
    pattern_check((uint64_t *)(void *)buffer, 100, 1, 9);
    pattern_check((uint64_t *)(void *)(buffer + (size_t)2 * PLAT_BLOCK_BYTES), 102, 1, 9);
    plat_free(buffer, (size_t)3 * PLAT_BLOCK_BYTES);
}

static void
bounds(void)
{
    err_t err = run(PLAT_READ, disk->block_count, 1, NULL);

    assert(err == ERR_RANGE);
    err = run(PLAT_WRITE, disk->block_count - 1, 2, NULL);
    assert(err == ERR_RANGE);
    err = run(PLAT_READ, UINT64_MAX, UINT32_MAX, NULL);
    assert(err == ERR_RANGE);
    err = run(PLAT_READ, 0, 0, NULL);
    assert(err == OK);
}

/* True if it may be written to: nobody has put anything on it. */
static bool
is_scratch(struct block_device *device)
{
    return !device->read_only && device->block_count > THREADS * (RANGE_MAX + 1) + KEPT_BLOCKS &&
           block_device_is_blank(device);
}

/* No byte of two answers stands at the same place more often than chance would have it. */
static void
entropy(void)
{
    uint8_t first[ENTROPY_BYTES], second[ENTROPY_BYTES];
    unsigned equal = 0;

    entropy_fill(first, sizeof(first));
    entropy_fill(second, sizeof(second));
    for (unsigned i = 0; i < ENTROPY_BYTES; i++)
        equal += first[i] == second[i];
    assert(equal < 40); /* 4 are expected */
}

bool
selftest_disks(void)
{
    unsigned tested = 0;

    drivers_start();
    entropy();
    for (unsigned i = 0; block_device_find(i); i++) {
        disk = block_device_find(i);
        if (!is_scratch(disk))
            continue;
        bounds();
        long_row();
        lose();
        selftest_run_threads(THREADS, writer);
        log_info("ok: %s: what was written is what was read", disk->name);
        tested++;
    }
    if (tested == 0)
        log_error("there is no empty disk of 12 MiB to write to");
    return tested > 0;
}
