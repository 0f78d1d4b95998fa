/*
 * disk.c - a disk in memory, with everything that can go wrong.
 *
 * `cells` hold what is safe. Writes go to a list and reach the cells when they
 * are flushed; reads look at the list first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "support/disk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK  PLAT_BLOCK_BYTES
#define SECTOR 512
#define DOOMED 1 /* the mark of a write that reads show, and that is lost at the next cut */

/* The contents of a block; shared by copies of a disk until one of them writes. */
struct cell {
    unsigned users;
    uint8_t bytes[BLOCK];
};

struct plat_disk {
    pthread_mutex_t mutex;
    uint64_t block_count;
    uint64_t cell_count;
    struct cell **cells;     /* NULL: zeroes */
    struct test_op *pending; /* not flushed */
    size_t pending_count, pending_room;
    struct test_op *ops; /* the journal */
    size_t op_count, op_room;
    bool journal, read_only;
    unsigned fail_write, fail_flush, fail_reserve, stop_after;
    err_t fail_write_err;
    enum test_flush_failure fail_flush_as;
    bool stopped;
    uint64_t fail_read;
    struct test_disk_counts counts;
    void (*on_read)(void *);
    void *on_read_context;
};

static void
op_push(struct test_op **ops, size_t *count, size_t *room, struct test_op op)
{
    if (op.bytes != NULL) {
        uint8_t *copy = malloc((size_t)op.count * BLOCK);

        memcpy(copy, op.bytes, (size_t)op.count * BLOCK);
        op.bytes = copy;
    }
    if (*count == *room) {
        *room = *room ? 2 * *room : 64;
        *ops = realloc(*ops, *room * sizeof **ops);
    }
    (*ops)[(*count)++] = op;
}

static void
ops_clear(struct test_op *ops, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free(ops[i].bytes);
    *count = 0;
}

struct plat_disk *
test_disk_create(uint64_t block_count)
{
    struct plat_disk *disk = calloc(1, sizeof *disk);

    pthread_mutex_init(&disk->mutex, NULL);
    disk->block_count = disk->cell_count = block_count;
    disk->cells = calloc(block_count, sizeof disk->cells[0]);
    return disk;
}

void
test_disk_free(struct plat_disk *disk)
{
    for (uint64_t i = 0; i < disk->cell_count; i++) {
        if (disk->cells[i] != NULL && --disk->cells[i]->users == 0)
            free(disk->cells[i]);
    }
    ops_clear(disk->pending, &disk->pending_count);
    ops_clear(disk->ops, &disk->op_count);
    free(disk->pending);
    free(disk->ops);
    free(disk->cells);
    free(disk);
}

struct plat_disk *
test_disk_copy(struct plat_disk *disk)
{
    struct plat_disk *copy = test_disk_create(disk->cell_count);

    copy->block_count = disk->block_count;
    for (uint64_t i = 0; i < disk->cell_count; i++) {
        copy->cells[i] = disk->cells[i];
        if (copy->cells[i] != NULL)
            copy->cells[i]->users++;
    }
    for (size_t i = 0; i < disk->pending_count; i++)
        op_push(&copy->pending, &copy->pending_count, &copy->pending_room, disk->pending[i]);
    return copy;
}

static uint8_t *
cell_own(struct plat_disk *disk, uint64_t block)
{
    struct cell *cell = disk->cells[block];

    if (cell == NULL || cell->users > 1) {
        struct cell *mine = calloc(1, sizeof *mine);

        mine->users = 1;
        if (cell != NULL) {
            memcpy(mine->bytes, cell->bytes, BLOCK);
            cell->users--;
        }
        disk->cells[block] = cell = mine;
    }
    return cell->bytes;
}

/* Copy the sectors of a write that `mask` names, one bit each, for the block. */
static void
block_apply(struct plat_disk *disk, uint64_t block, const uint8_t *bytes, unsigned mask)
{
    uint8_t *cell = cell_own(disk, block);

    for (unsigned i = 0; i < BLOCK / SECTOR; i++) {
        if (mask >> i & 1)
            memcpy(cell + i * SECTOR, bytes + i * SECTOR, SECTOR);
    }
}

static void
op_apply(struct plat_disk *disk, const struct test_op *op)
{
    for (uint32_t i = 0; i < op->count; i++)
        block_apply(disk, op->block + i, op->bytes + (size_t)i * BLOCK, 0xff);
}

static uint64_t
random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void
op_apply_random(struct plat_disk *disk, const struct test_op *op, uint64_t *state)
{
    uint64_t choice = random_next(state) >> 20;

    if (choice % 4 == 0)
        return;
    for (uint32_t i = 0; i < op->count; i++) {
        unsigned mask = choice % 4 == 1 ? 0xff : (unsigned)(random_next(state) >> 20) & 0xff;

        if (choice % 4 == 2)
            mask = mask & 1 ? 0xff : 0;
        block_apply(disk, op->block + i, op->bytes + (size_t)i * BLOCK, mask);
    }
}

void
test_disk_cut(struct plat_disk *disk, enum test_cut cut, uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15ull + 0x1234567;

    for (size_t i = 0; i < disk->pending_count; i++) {
        const struct test_op *op = &disk->pending[i];
        bool last = i + 1 == disk->pending_count;

        if (op->mark == DOOMED)
            continue;
        if (cut == TEST_CUT_KEEP || (cut == TEST_CUT_LAST && last) ||
            (cut == TEST_CUT_ALL_BUT_FIRST && i > 0))
            op_apply(disk, op);
        else if (cut == TEST_CUT_RANDOM)
            op_apply_random(disk, op, &state);
    }
    ops_clear(disk->pending, &disk->pending_count);
    disk->fail_write = disk->fail_flush = disk->fail_reserve = disk->stop_after = 0;
    disk->stopped = false;
    disk->fail_flush_as = TEST_FLUSH_UNDECIDED;
}

void
test_disk_fail_write(struct plat_disk *disk, unsigned n, err_t err)
{
    disk->fail_write = n;
    disk->fail_write_err = err;
}

void
test_disk_fail_flush(struct plat_disk *disk, unsigned n)
{
    disk->fail_flush = n;
}

void
test_disk_fail_flush_as(struct plat_disk *disk, enum test_flush_failure failure)
{
    disk->fail_flush_as = failure;
}

void
test_disk_fail_reserve(struct plat_disk *disk, unsigned n)
{
    disk->fail_reserve = n;
}

void
test_disk_stop_after(struct plat_disk *disk, unsigned n)
{
    disk->stop_after = n;
    disk->stopped = false;
}

void
test_disk_fail_read(struct plat_disk *disk, uint64_t block)
{
    disk->fail_read = block;
}

void
test_disk_set_read_only(struct plat_disk *disk, bool read_only)
{
    disk->read_only = read_only;
}

void
test_disk_truncate(struct plat_disk *disk, uint64_t block_count)
{
    disk->block_count = block_count;
}

void
test_disk_flip(struct plat_disk *disk, uint64_t block, unsigned bit)
{
    cell_own(disk, block)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    for (size_t i = 0; i < disk->pending_count; i++) {
        struct test_op *op = &disk->pending[i];

        if (block - op->block < op->count)
            op->bytes[(block - op->block) * BLOCK + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

bool
test_disk_written(struct plat_disk *disk, uint64_t block)
{
    return disk->cells[block] != NULL;
}

void
test_disk_journal(struct plat_disk *disk)
{
    disk->journal = true;
}

static void
journal_add(struct plat_disk *disk, struct test_op op)
{
    if (disk->journal)
        op_push(&disk->ops, &disk->op_count, &disk->op_room, op);
}

void
test_disk_mark(struct plat_disk *disk, uint64_t mark)
{
    journal_add(disk, (struct test_op){ .kind = TEST_OP_MARK, .mark = mark });
}

const struct test_op *
test_disk_ops(struct plat_disk *disk, size_t *count)
{
    *count = disk->op_count;
    return disk->ops;
}

static void
pending_flush(struct plat_disk *disk)
{
    size_t doomed = 0;

    for (size_t i = 0; i < disk->pending_count; i++) {
        if (disk->pending[i].mark == DOOMED) {
            disk->pending[doomed++] = disk->pending[i];
            continue;
        }
        op_apply(disk, &disk->pending[i]);
        free(disk->pending[i].bytes);
    }
    disk->pending_count = doomed;
}

void
test_disk_redo(struct plat_disk *disk, const struct test_op *op)
{
    if (op->kind == TEST_OP_WRITE)
        op_push(&disk->pending, &disk->pending_count, &disk->pending_room, *op);
    else if (op->kind == TEST_OP_FLUSH)
        pending_flush(disk);
}

struct test_disk_counts
test_disk_counts(struct plat_disk *disk)
{
    return disk->counts;
}

void
test_disk_on_read(struct plat_disk *disk, void (*hook)(void *), void *context)
{
    disk->on_read = hook;
    disk->on_read_context = context;
}

/* ---- the contract ---- */

/* True if the power is gone: counts this write or flush. */
static bool
power_is_gone(struct plat_disk *disk)
{
    if (disk->stop_after > 0 && --disk->stop_after == 0)
        disk->stopped = true;
    return disk->stopped;
}

static err_t
run_read(struct plat_disk *disk, struct plat_io *io)
{
    disk->counts.reads++;
    for (uint32_t i = 0; i < io->block_count; i++) {
        uint8_t *to = (uint8_t *)io->buffer + (size_t)i * BLOCK;
        uint64_t block = io->block + i;

        if (disk->fail_read != 0 && block == disk->fail_read)
            return ERR_IO;
        if (disk->cells[block] != NULL)
            memcpy(to, disk->cells[block]->bytes, BLOCK);
        else
            memset(to, 0, BLOCK);
        for (size_t p = 0; p < disk->pending_count; p++) {
            const struct test_op *op = &disk->pending[p];

            if (block - op->block < op->count)
                memcpy(to, op->bytes + (size_t)(block - op->block) * BLOCK, BLOCK);
        }
    }
    return OK;
}

static err_t
run_write(struct plat_disk *disk, struct plat_io *io)
{
    struct test_op op = { TEST_OP_WRITE, io->block, io->block_count, io->buffer, 0 };

    disk->counts.writes++;
    disk->counts.blocks_written += io->block_count;
    if (disk->read_only || power_is_gone(disk))
        return ERR_IO;
    if (disk->fail_write > 0 && --disk->fail_write == 0)
        return disk->fail_write_err;
    journal_add(disk, op);
    op_push(&disk->pending, &disk->pending_count, &disk->pending_room, op);
    return OK;
}

static err_t
run_flush(struct plat_disk *disk)
{
    disk->counts.flushes++;
    if (power_is_gone(disk))
        return ERR_IO;
    if (disk->fail_flush > 0 && --disk->fail_flush == 0) {
        if (disk->fail_flush_as == TEST_FLUSH_KEPT)
            pending_flush(disk);
        else if (disk->fail_flush_as == TEST_FLUSH_LOST)
            ops_clear(disk->pending, &disk->pending_count);
        for (size_t i = 0; disk->fail_flush_as == TEST_FLUSH_DOOMED && i < disk->pending_count; i++)
            disk->pending[i].mark = DOOMED;
        return ERR_IO;
    }
    journal_add(disk, (struct test_op){ .kind = TEST_OP_FLUSH });
    pending_flush(disk);
    return OK;
}

__attribute__((weak)) err_t
plat_disk_run(struct plat_disk *disk, struct plat_io *io)
{
    if (io->kind == PLAT_READ && disk->on_read != NULL)
        disk->on_read(disk->on_read_context);
    pthread_mutex_lock(&disk->mutex);
    if (io->kind != PLAT_FLUSH &&
        (io->block >= disk->block_count || io->block_count > disk->block_count - io->block))
        io->result = ERR_RANGE;
    else if (io->kind == PLAT_READ)
        io->result = run_read(disk, io);
    else if (io->kind == PLAT_WRITE)
        io->result = run_write(disk, io);
    else
        io->result = run_flush(disk);
    pthread_mutex_unlock(&disk->mutex);
    io->done = 1;
    return io->result;
}

__attribute__((weak)) void
plat_disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    plat_disk_run(disk, io);
}

__attribute__((weak)) err_t
plat_disk_wait(struct plat_disk *disk, struct plat_io *io)
{
    (void)disk;
    return io->result;
}

__attribute__((weak)) uint64_t
plat_disk_block_count(const struct plat_disk *disk)
{
    return disk->block_count;
}

__attribute__((weak)) bool
plat_disk_read_only(const struct plat_disk *disk)
{
    return disk->read_only;
}

__attribute__((weak)) err_t
plat_disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    (void)block;
    (void)block_count;
    disk->counts.reserves++;
    if (disk->fail_reserve > 0 && --disk->fail_reserve == 0)
        return ERR_NOSPACE;
    return OK;
}

__attribute__((weak)) void
plat_disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    (void)disk;
    (void)block;
    (void)block_count;
}
