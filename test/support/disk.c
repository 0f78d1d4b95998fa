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

#include "linux/disk.h"

#define BLOCK      PLAT_BLOCK_BYTES
#define SECTOR     512
#define MINE(disk) ((struct test_disk *)(disk))
#define DOOMED     1 /* the mark of a write that reads show, and that is lost at the next cut */

/* The contents of a block; shared by copies of a disk until one of them writes. */
struct cell {
    unsigned users;
    uint8_t bytes[BLOCK];
};

struct test_disk {
    struct plat_disk base; /* so that it can stand where a file of the Linux port stands */
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
    bool stopped, full;
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

static const struct linux_disk_ops operations;

struct plat_disk *
test_disk_create(uint64_t block_count)
{
    struct test_disk *mine = calloc(1, sizeof *mine);
    struct plat_disk *disk = &mine->base;

    disk->ops = &operations;
    pthread_mutex_init(&MINE(disk)->mutex, NULL);
    MINE(disk)->block_count = MINE(disk)->cell_count = block_count;
    MINE(disk)->cells = calloc(block_count, sizeof MINE(disk)->cells[0]);
    return disk;
}

void
test_disk_free(struct plat_disk *disk)
{
    for (uint64_t i = 0; i < MINE(disk)->cell_count; i++) {
        if (MINE(disk)->cells[i] != NULL && --MINE(disk)->cells[i]->users == 0)
            free(MINE(disk)->cells[i]);
    }
    ops_clear(MINE(disk)->pending, &MINE(disk)->pending_count);
    ops_clear(MINE(disk)->ops, &MINE(disk)->op_count);
    free(MINE(disk)->pending);
    free(MINE(disk)->ops);
    free(MINE(disk)->cells);
    free(MINE(disk));
}

struct plat_disk *
test_disk_copy(struct plat_disk *disk)
{
    struct plat_disk *copy = test_disk_create(MINE(disk)->cell_count);

    MINE(copy)->block_count = MINE(disk)->block_count;
    for (uint64_t i = 0; i < MINE(disk)->cell_count; i++) {
        MINE(copy)->cells[i] = MINE(disk)->cells[i];
        if (MINE(copy)->cells[i] != NULL)
            MINE(copy)->cells[i]->users++;
    }
    for (size_t i = 0; i < MINE(disk)->pending_count; i++)
        op_push(&MINE(copy)->pending, &MINE(copy)->pending_count, &MINE(copy)->pending_room,
                MINE(disk)->pending[i]);
    return copy;
}

static uint8_t *
cell_own(struct plat_disk *disk, uint64_t block)
{
    struct cell *cell = MINE(disk)->cells[block];

    if (cell == NULL || cell->users > 1) {
        struct cell *mine = calloc(1, sizeof *mine);

        mine->users = 1;
        if (cell != NULL) {
            memcpy(mine->bytes, cell->bytes, BLOCK);
            cell->users--;
        }
        MINE(disk)->cells[block] = cell = mine;
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

    for (size_t i = 0; i < MINE(disk)->pending_count; i++) {
        const struct test_op *op = &MINE(disk)->pending[i];
        bool last = i + 1 == MINE(disk)->pending_count;

        if (op->mark == DOOMED)
            continue;
        if (cut == TEST_CUT_KEEP || (cut == TEST_CUT_LAST && last) ||
            (cut == TEST_CUT_ALL_BUT_FIRST && i > 0))
            op_apply(disk, op);
        else if (cut == TEST_CUT_RANDOM)
            op_apply_random(disk, op, &state);
    }
    ops_clear(MINE(disk)->pending, &MINE(disk)->pending_count);
    MINE(disk)->fail_write = MINE(disk)->fail_flush = MINE(disk)->fail_reserve =
        MINE(disk)->stop_after = 0;
    MINE(disk)->stopped = false;
    MINE(disk)->fail_flush_as = TEST_FLUSH_UNDECIDED;
}

void
test_disk_fail_write(struct plat_disk *disk, unsigned n, err_t err)
{
    MINE(disk)->fail_write = n;
    MINE(disk)->fail_write_err = err;
}

void
test_disk_fail_flush(struct plat_disk *disk, unsigned n)
{
    MINE(disk)->fail_flush = n;
}

void
test_disk_fail_flush_as(struct plat_disk *disk, enum test_flush_failure failure)
{
    MINE(disk)->fail_flush_as = failure;
}

void
test_disk_fail_reserve(struct plat_disk *disk, unsigned n)
{
    MINE(disk)->fail_reserve = n;
}

void
test_disk_fill(struct plat_disk *disk)
{
    MINE(disk)->full = true;
}

void
test_disk_stop_after(struct plat_disk *disk, unsigned n)
{
    MINE(disk)->stop_after = n;
    MINE(disk)->stopped = false;
}

void
test_disk_fail_read(struct plat_disk *disk, uint64_t block)
{
    MINE(disk)->fail_read = block;
}

void
test_disk_set_read_only(struct plat_disk *disk, bool read_only)
{
    MINE(disk)->read_only = read_only;
}

void
test_disk_truncate(struct plat_disk *disk, uint64_t block_count)
{
    MINE(disk)->block_count = block_count;
}

void
test_disk_flip(struct plat_disk *disk, uint64_t block, unsigned bit)
{
    cell_own(disk, block)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    for (size_t i = 0; i < MINE(disk)->pending_count; i++) {
        struct test_op *op = &MINE(disk)->pending[i];

        if (block - op->block < op->count)
            op->bytes[(block - op->block) * BLOCK + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

const uint8_t *
test_disk_look(struct plat_disk *disk, uint64_t block)
{
    static const uint8_t zeroes[BLOCK];

    return MINE(disk)->cells[block] != NULL ? MINE(disk)->cells[block]->bytes : zeroes;
}

uint8_t *
test_disk_bytes(struct plat_disk *disk, uint64_t block)
{
    return cell_own(disk, block);
}

bool
test_disk_written(struct plat_disk *disk, uint64_t block)
{
    return MINE(disk)->cells[block] != NULL;
}

void
test_disk_journal(struct plat_disk *disk)
{
    MINE(disk)->journal = true;
}

static void
journal_add(struct plat_disk *disk, struct test_op op)
{
    if (MINE(disk)->journal)
        op_push(&MINE(disk)->ops, &MINE(disk)->op_count, &MINE(disk)->op_room, op);
}

void
test_disk_mark(struct plat_disk *disk, uint64_t mark)
{
    journal_add(disk, (struct test_op){ .kind = TEST_OP_MARK, .mark = mark });
}

const struct test_op *
test_disk_ops(struct plat_disk *disk, size_t *count)
{
    *count = MINE(disk)->op_count;
    return MINE(disk)->ops;
}

static void
pending_flush(struct plat_disk *disk)
{
    size_t doomed = 0;

    for (size_t i = 0; i < MINE(disk)->pending_count; i++) {
        if (MINE(disk)->pending[i].mark == DOOMED) {
            MINE(disk)->pending[doomed++] = MINE(disk)->pending[i];
            continue;
        }
        op_apply(disk, &MINE(disk)->pending[i]);
        free(MINE(disk)->pending[i].bytes);
    }
    MINE(disk)->pending_count = doomed;
}

void
test_disk_redo(struct plat_disk *disk, const struct test_op *op)
{
    if (op->kind == TEST_OP_WRITE)
        op_push(&MINE(disk)->pending, &MINE(disk)->pending_count, &MINE(disk)->pending_room, *op);
    else if (op->kind == TEST_OP_FLUSH)
        pending_flush(disk);
}

struct plat_disk *
test_disk_at(struct plat_disk *fresh, const struct test_op *ops, size_t count, uint64_t *mark)
{
    struct plat_disk *disk = test_disk_copy(fresh);

    *mark = 1;
    for (size_t i = 0; i < count; i++) {
        if (ops[i].kind == TEST_OP_MARK)
            *mark = ops[i].mark;
        else
            test_disk_redo(disk, &ops[i]);
    }
    return disk;
}

struct test_disk_counts
test_disk_counts(struct plat_disk *disk)
{
    return MINE(disk)->counts;
}

void
test_disk_on_read(struct plat_disk *disk, void (*hook)(void *), void *context)
{
    MINE(disk)->on_read = hook;
    MINE(disk)->on_read_context = context;
}

/* ---- the contract ---- */

/* True if the power is gone: counts this write or flush. */
static bool
power_is_gone(struct plat_disk *disk)
{
    if (MINE(disk)->stop_after > 0 && --MINE(disk)->stop_after == 0)
        MINE(disk)->stopped = true;
    return MINE(disk)->stopped;
}

static err_t
run_read(struct plat_disk *disk, struct plat_io *io)
{
    MINE(disk)->counts.reads++;
    for (uint32_t i = 0; i < io->block_count; i++) {
        uint8_t *to = (uint8_t *)io->buffer + (size_t)i * BLOCK;
        uint64_t block = io->block + i;

        if (MINE(disk)->fail_read != 0 && block == MINE(disk)->fail_read)
            return ERR_IO;
        if (MINE(disk)->cells[block] != NULL)
            memcpy(to, MINE(disk)->cells[block]->bytes, BLOCK);
        else
            memset(to, 0, BLOCK);
        for (size_t p = 0; p < MINE(disk)->pending_count; p++) {
            const struct test_op *op = &MINE(disk)->pending[p];

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

    MINE(disk)->counts.writes++;
    MINE(disk)->counts.blocks_written += io->block_count;
    if (MINE(disk)->read_only || power_is_gone(disk))
        return ERR_IO;
    if (MINE(disk)->fail_write > 0 && --MINE(disk)->fail_write == 0)
        return MINE(disk)->fail_write_err;
    journal_add(disk, op);
    op_push(&MINE(disk)->pending, &MINE(disk)->pending_count, &MINE(disk)->pending_room, op);
    return OK;
}

static err_t
run_flush(struct plat_disk *disk)
{
    MINE(disk)->counts.flushes++;
    if (power_is_gone(disk))
        return ERR_IO;
    if (MINE(disk)->fail_flush > 0 && --MINE(disk)->fail_flush == 0) {
        if (MINE(disk)->fail_flush_as == TEST_FLUSH_KEPT)
            pending_flush(disk);
        else if (MINE(disk)->fail_flush_as == TEST_FLUSH_LOST)
            ops_clear(MINE(disk)->pending, &MINE(disk)->pending_count);
        for (size_t i = 0;
             MINE(disk)->fail_flush_as == TEST_FLUSH_DOOMED && i < MINE(disk)->pending_count; i++)
            MINE(disk)->pending[i].mark = DOOMED;
        return ERR_IO;
    }
    journal_add(disk, (struct test_op){ .kind = TEST_OP_FLUSH });
    pending_flush(disk);
    return OK;
}

static err_t
disk_run(struct plat_disk *disk, struct plat_io *io)
{
    if (io->kind == PLAT_READ && MINE(disk)->on_read != NULL)
        MINE(disk)->on_read(MINE(disk)->on_read_context);
    pthread_mutex_lock(&MINE(disk)->mutex);
    if (io->kind != PLAT_FLUSH && (io->block >= MINE(disk)->block_count ||
                                   io->block_count > MINE(disk)->block_count - io->block))
        io->result = ERR_RANGE;
    else if (io->kind == PLAT_READ)
        io->result = run_read(disk, io);
    else if (io->kind == PLAT_WRITE)
        io->result = run_write(disk, io);
    else
        io->result = run_flush(disk);
    pthread_mutex_unlock(&MINE(disk)->mutex);
    io->done = 1;
    return io->result;
}

static void
disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    MINE(disk)->counts.rows++;
    while (io != NULL) {
        struct plat_io *next = io->next;

        disk_run(disk, io);
        io = next;
    }
}

static err_t
disk_wait(struct plat_disk *disk, struct plat_io *io)
{
    (void)disk;
    return io->result;
}

static uint64_t
disk_block_count(const struct plat_disk *disk)
{
    return MINE(disk)->block_count;
}

static bool
disk_read_only(const struct plat_disk *disk)
{
    return MINE(disk)->read_only;
}

/* What it held is lost at once, cut or not: nobody may need it. */
static err_t
disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    err_t err = OK;

    pthread_mutex_lock(&MINE(disk)->mutex);
    MINE(disk)->counts.reserves++;
    if (MINE(disk)->full || (MINE(disk)->fail_reserve > 0 && --MINE(disk)->fail_reserve == 0))
        err = ERR_NOSPACE;
    for (uint64_t i = block; err == OK && i < block + block_count; i++) {
        if (MINE(disk)->cells[i] != NULL)
            memset(cell_own(disk, i), 0xdb, BLOCK);
    }
    pthread_mutex_unlock(&MINE(disk)->mutex);
    return err;
}

static void
disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    (void)disk;
    (void)block;
    (void)block_count;
}

static const struct linux_disk_ops operations = {
    .block_count = disk_block_count,
    .read_only = disk_read_only,
    .submit = disk_submit,
    .wait = disk_wait,
    .run = disk_run,
    .reserve = disk_reserve,
    .discard = disk_discard,
};

#define WEAK __attribute__((weak))

WEAK err_t
plat_disk_run(struct plat_disk *disk, struct plat_io *io)
{
    return disk->ops->run(disk, io);
}

WEAK void
plat_disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    disk->ops->submit(disk, io);
}

WEAK err_t
plat_disk_wait(struct plat_disk *disk, struct plat_io *io)
{
    return disk->ops->wait(disk, io);
}

WEAK uint64_t
plat_disk_block_count(const struct plat_disk *disk)
{
    return disk->ops->block_count(disk);
}

WEAK bool
plat_disk_read_only(const struct plat_disk *disk)
{
    return disk->ops->read_only(disk);
}

WEAK err_t
plat_disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    return disk->ops->reserve(disk, block, block_count);
}

WEAK void
plat_disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    disk->ops->discard(disk, block, block_count);
}
