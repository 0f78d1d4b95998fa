/*
 * disk.h - a disk in memory for unit tests: it knows which writes no flush has
 * covered yet, and what a power cut may do to them.
 *
 * It implements the contract of core/plat/disk.h by weak symbols: a test that
 * links a port's disk gets that one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/disk.h"

/* What a power cut does to each write that was not flushed. */
enum test_cut {
    TEST_CUT_DROP, /* none of them happened */
    TEST_CUT_KEEP, /* all of them did */
    TEST_CUT_LAST, /* only the last one */
    TEST_CUT_ALL_BUT_FIRST,
    TEST_CUT_RANDOM, /* kept, dropped or torn at 512 bytes, by the seed */
};

/* One entry of a journal: a write, a flush that returned OK, or a mark of the test's. */
struct test_op {
    enum {
        TEST_OP_WRITE,
        TEST_OP_FLUSH,
        TEST_OP_MARK
    } kind;
    uint64_t block;
    uint32_t count;
    uint8_t *bytes;
    uint64_t mark;
};

struct plat_disk *test_disk_create(uint64_t block_count);
void test_disk_free(struct plat_disk *disk);

/* The same contents, unflushed writes included. Cheap. */
struct plat_disk *test_disk_copy(struct plat_disk *disk);

/* The power goes and comes back. */
void test_disk_cut(struct plat_disk *disk, enum test_cut cut, uint64_t seed);

/* Let the n-th write, flush, or reserve from now fail (1: the next); 0: none. */
void test_disk_fail_write(struct plat_disk *disk, unsigned n, err_t err);
void test_disk_fail_flush(struct plat_disk *disk, unsigned n);
void test_disk_fail_reserve(struct plat_disk *disk, unsigned n);

/* What is below it is full: nothing more can be reserved. */
void test_disk_fill(struct plat_disk *disk);

/*
 * What a failed flush does to the writes before it: nothing; makes them safe all the same;
 * loses them at once; or loses them at the next cut, whatever is flushed later.
 */
enum test_flush_failure {
    TEST_FLUSH_UNDECIDED,
    TEST_FLUSH_KEPT,
    TEST_FLUSH_LOST,
    TEST_FLUSH_DOOMED,
};

void test_disk_fail_flush_as(struct plat_disk *disk, enum test_flush_failure failure);

/* Every write and flush fails from the n-th one on, as if the power had gone; 0: none. */
void test_disk_stop_after(struct plat_disk *disk, unsigned n);

/* Reads of this block fail; 0: none do. */
void test_disk_fail_read(struct plat_disk *disk, uint64_t block);

void test_disk_set_read_only(struct plat_disk *disk, bool read_only);
void test_disk_truncate(struct plat_disk *disk, uint64_t block_count);

/* Damage: turn a bit over, in what is safe as well as in what is not. */
void test_disk_flip(struct plat_disk *disk, uint64_t block, unsigned bit);

/*
 * The bytes of a block, to be looked at, or to be changed in place: nothing is unflushed. They
 * are good until something else is done with the disk.
 */
const uint8_t *test_disk_look(struct plat_disk *disk, uint64_t block);
uint8_t *test_disk_bytes(struct plat_disk *disk, uint64_t block);

/* True if the block was ever written. */
bool test_disk_written(struct plat_disk *disk, uint64_t block);

/* Keep a journal of all writes and flushes from now on. */
void test_disk_journal(struct plat_disk *disk);
void test_disk_mark(struct plat_disk *disk, uint64_t mark);
const struct test_op *test_disk_ops(struct plat_disk *disk, size_t *count);

/* Do what a journal entry says, without failures and without a journal. */
void test_disk_redo(struct plat_disk *disk, const struct test_op *op);

/*
 * The disk as it was when the first `count` entries of its journal had been done.
 *
 *   fresh  the disk as it was when the journal began
 *   mark   filled: the newest mark among them, or 1
 */
struct plat_disk *test_disk_at(struct plat_disk *fresh, const struct test_op *ops, size_t count,
                               uint64_t *mark);

struct test_disk_counts {
    uint64_t reads, writes, flushes, blocks_written, reserves;
    uint64_t rows; /* of requests that were submitted together */
};

struct test_disk_counts test_disk_counts(struct plat_disk *disk);

/* Called in the place of each read, if set: for tests of races. */
void test_disk_on_read(struct plat_disk *disk, void (*hook)(void *), void *context);
