/*
 * virtio_blk_test.c - the driver of virtio disks against a disk that is played
 * here by a thread: one that keeps to the rules and to its limits, and several
 * that lie. What the driver needs of the kernel is made of threads and futexes,
 * so that the sanitizers see it run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/virtio_blk.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dev/block.h"
#include "dev/virtio.h"
#include "irq/clock.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "sched/spin.h"
#include "sched/thread.h"
#include "support/suite.h"

#define BLOCKS    2048u
#define BLOCK     ((size_t)PLAT_BLOCK_BYTES)
#define NO_STATUS 0xff

/* ---- the disk ---- */

enum lie {
    HONEST,
    SILENT,          /* takes requests and never answers */
    ANSWER_TWICE,    /* each request */
    ANSWER_UNASKED,  /* a descriptor that is free */
    ANSWER_TOO_LONG, /* more bytes than there was room for */
    STATUS,          /* does nothing, and says `status` */
};

static struct {
    uint8_t blocks[BLOCKS * PLAT_BLOCK_BYTES];
    uint8_t config[64];
    uint64_t features;
    unsigned queue_size;
    unsigned generations; /* how often the configuration still changes while it is read */

    enum lie lie;
    uint8_t status;
    bool needs_reset;
    _Atomic bool stop;
    _Atomic unsigned fails; /* how often the driver gave it up */
    _Atomic unsigned taken, flushes, discards, zeroes;
    pthread_t thread;

    struct vring *ring;
    uint16_t seen;
    irq_fn *interrupt, *changed;
    void *context;
} disk;

static struct pci_device pci = { .name = "fake" };
static uint8_t registers[64];
static volatile uint16_t doorbell;

static void
config_put(unsigned offset, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        disk.config[offset + i] = (uint8_t)(value >> 8 * i);
}

static uint32_t
config_get32(unsigned offset)
{
    uint32_t value;

    memcpy(&value, disk.config + offset, 4);
    return value;
}

static void
answer(uint32_t id, uint32_t bytes)
{
    volatile uint16_t *used = disk.ring->used;
    uint16_t index = used[1];
    volatile uint16_t *words = used + 2 + 4 * (index % disk.ring->size);

    words[0] = (uint16_t)id;
    words[1] = (uint16_t)(id >> 16);
    words[2] = (uint16_t)bytes;
    words[3] = (uint16_t)(bytes >> 16);
    __atomic_store_n(&used[1], (uint16_t)(index + 1), __ATOMIC_RELEASE);
}

/* The data of a request for zeroes: a sector, a count, flags. */
static void
zeroes_write(const uint8_t *range)
{
    uint64_t sector;
    uint32_t sectors, flags;

    memcpy(&sector, range, 8);
    memcpy(&sectors, range + 8, 4);
    memcpy(&flags, range + 12, 4);
    ck_assert_uint_eq(flags, 0); /* unmapped, they would take no room */
    ck_assert_uint_le(sectors, config_get32(48));
    ck_assert_uint_le((sector + sectors) * 512, sizeof(disk.blocks));
    memset(disk.blocks + sector * 512, 0, (size_t)sectors * 512);
    disk.zeroes++;
}

/* Do what a request says, as the driver agreed to; returns how many bytes were written. */
static uint32_t
obey(const struct vring_descriptor *pieces, unsigned count)
{
    const uint8_t *header = (const void *)(uintptr_t)pieces[0].address;
    uint8_t *status = (void *)(uintptr_t)pieces[count - 1].address;
    uint32_t type;
    uint64_t sector;
    uint32_t written = 1;

    memcpy(&type, header, 4);
    memcpy(&sector, header + 8, 8);
    ck_assert_uint_eq(pieces[0].bytes, 16);
    ck_assert_uint_eq(pieces[count - 1].bytes, 1);
    ck_assert_uint_eq(*status, NO_STATUS);
    if (type == 4)
        disk.flushes++;
    if (type == 11)
        disk.discards++;
    if (type == 13) {
        ck_assert_uint_eq(pieces[1].bytes, 16);
        ck_assert_uint_eq(sector, 0);
        zeroes_write((const void *)(uintptr_t)pieces[1].address);
    }
    for (unsigned i = 1; type < 4 && i + 1 < count; i++) {
        uint8_t *bytes = (void *)(uintptr_t)pieces[i].address;

        if (disk.features & VIRTIO_FEATURE(1))
            ck_assert_uint_le(pieces[i].bytes, config_get32(8));
        ck_assert_uint_le(sector * 512 + pieces[i].bytes, sizeof(disk.blocks));
        if (type == 1) {
            memcpy(disk.blocks + sector * 512, bytes, pieces[i].bytes);
        } else {
            memcpy(bytes, disk.blocks + sector * 512, pieces[i].bytes);
            written += pieces[i].bytes;
        }
        sector += pieces[i].bytes / 512;
    }
    if (disk.features & VIRTIO_FEATURE(2))
        ck_assert_uint_le(count - 2, config_get32(12));
    ck_assert_uint_le(count, disk.ring->size);
    *status = 0;
    return written;
}

static void
serve(uint16_t head)
{
    struct vring_descriptor pieces[VRING_PIECES_MAX];
    const struct vring_descriptor *table = disk.ring->descriptors;
    unsigned count = 0;
    uint16_t at = head;

    if (table[at].flags & 4) {
        table = (const void *)(uintptr_t)table[at].address;
        at = 0;
    }
    do {
        ck_assert_uint_lt(count, VRING_PIECES_MAX);
        pieces[count] = table[at];
        at = table[at].next;
    } while (pieces[count++].flags & 1);
    disk.taken++;
    switch (disk.lie) {
    case HONEST:
        answer(head, obey(pieces, count));
        break;
    case SILENT:
        break;
    case ANSWER_TWICE:
        answer(head, 1);
        answer(head, 1);
        break;
    case ANSWER_UNASKED:
        answer((head + 1) % disk.ring->size, 1);
        break;
    case ANSWER_TOO_LONG:
        answer(head, UINT32_MAX);
        break;
    case STATUS:
        if (disk.status != NO_STATUS)
            *(uint8_t *)(uintptr_t)pieces[count - 1].address = disk.status;
        answer(head, 1);
        break;
    }
}

static void *
disk_thread(void *unused)
{
    (void)unused;
    while (!disk.stop) {
        bool served = false;

        while (!disk.stop && disk.ring &&
               disk.seen != __atomic_load_n(&disk.ring->available[1], __ATOMIC_ACQUIRE)) {
            serve(disk.ring->available[2 + disk.seen++ % disk.ring->size]);
            served = true;
        }
        if (served)
            disk.interrupt(disk.context);
        else
            plat_yield();
    }
    return NULL;
}

/* ---- what the driver needs of the kernel ---- */

err_t
virtio_open(struct virtio_device *device, struct pci_device *found, uint64_t wanted)
{
    *device = (struct virtio_device){ .pci = found, .common = registers };
    device->features =
        disk.features & (wanted | VIRTIO_VERSION_1 | VIRTIO_RING_EVENT | VIRTIO_RING_INDIRECT);
    return OK;
}

uint64_t
virtio_config_read(const struct virtio_device *device, unsigned offset, unsigned bytes)
{
    uint64_t value = 0;

    (void)device;
    memcpy(&value, disk.config + offset, bytes);
    if (offset == 0 && disk.generations > 0)
        return value + 12345; /* half of one and half of another */
    return value;
}

uint8_t
virtio_config_generation(const struct virtio_device *device)
{
    (void)device;
    return (uint8_t)(disk.generations > 0 ? disk.generations-- : 0);
}

err_t
virtio_queue_open(struct virtio_queue *queue, struct virtio_device *device, unsigned index,
                  unsigned size_max, irq_fn *interrupt, void *context)
{
    struct vring_options options = {
        .size = disk.queue_size < size_max ? disk.queue_size : size_max,
        .events = false, /* what it asks to be told is not what is tested here */
        .indirect = device->features & VIRTIO_RING_INDIRECT,
    };
    size_t bytes = (vring_bytes(options.size, options.indirect) + BLOCK - 1) & ~(BLOCK - 1);

    options.memory = aligned_alloc(BLOCK, bytes);
    memset(options.memory, 0, bytes);
    options.address = (uint64_t)(uintptr_t)options.memory;
    device->vector_next++;
    queue->device = device;
    queue->index = index;
    queue->doorbell = &doorbell;
    vring_init(&queue->ring, &options);
    disk.interrupt = interrupt;
    disk.context = context;
    disk.ring = &queue->ring;
    return OK;
}

void
virtio_config_watch(struct virtio_device *device, irq_fn *changed, void *context)
{
    (void)device;
    (void)context;
    disk.changed = changed;
}

void
virtio_ready(struct virtio_device *device)
{
    (void)device;
    ck_assert_int_eq(pthread_create(&disk.thread, NULL, disk_thread, NULL), 0);
    pthread_detach(disk.thread); /* it ends with the test, or when it is given up */
}

bool
virtio_needs_reset(const struct virtio_device *device)
{
    (void)device;
    return disk.needs_reset;
}

void
virtio_fail(struct virtio_device *device)
{
    (void)device;
    disk.fails++;
    disk.stop = true;
}

uint64_t
spin_lock(struct spin *spin)
{
    while (atomic_exchange_explicit(&spin->taken, 1, memory_order_acquire))
        plat_yield();
    return 0;
}

void
spin_unlock(struct spin *spin, uint64_t flags)
{
    (void)flags;
    atomic_store_explicit(&spin->taken, 0, memory_order_release);
}

void
kthread_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    plat_wait(word, expected, deadline_ns);
}

unsigned
kthread_wake(const _Atomic uint32_t *word, unsigned count)
{
    plat_wake(word, count);
    return 0;
}

uint64_t
clock_ns(void)
{
    return plat_monotonic_ns();
}

paddr_t
frame_alloc_run(size_t count)
{
    return (paddr_t)(uintptr_t)aligned_alloc(BLOCK, count * BLOCK);
}

paddr_t
map_physical(const void *address)
{
    return (paddr_t)(uintptr_t)address;
}

/* ---- tests ---- */

/* A disk as most are: all features, a queue of 64. */
static void
disk_init(void)
{
    disk.features = VIRTIO_VERSION_1 | VIRTIO_RING_INDIRECT | VIRTIO_FEATURE(2) |
                    VIRTIO_FEATURE(9) | VIRTIO_FEATURE(13) | VIRTIO_FEATURE(14);
    disk.queue_size = 64;
    config_put(0, 8, BLOCKS * 8);
    config_put(12, 4, 62);
    config_put(36, 4, 1000);
    config_put(48, 4, 800);
}

static struct block_device *
attach(void)
{
    ck_assert_int_eq(virtio_blk_driver.attach(&pci), OK);
    ck_assert_ptr_nonnull(block_device_find(0));
    return block_device_find(0);
}

static void
refused(void)
{
    ck_assert_int_eq(virtio_blk_driver.attach(&pci), ERR_UNSUPPORTED);
    ck_assert_ptr_null(block_device_find(0));
    ck_assert_uint_ge(disk.fails, 1);
}

static err_t
run(struct block_device *device, enum plat_io_kind kind, uint64_t block, uint32_t count,
    void *buffer)
{
    struct plat_io io = { .kind = kind, .block = block, .block_count = count, .buffer = buffer };

    block_submit(device, &io);
    return block_wait(device, &io);
}

static struct block_device *shared;

/* Write and read in a part of the disk that is this thread's own. */
static void
use(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument + 1;
    uint64_t begin = (uint64_t)(uintptr_t)argument * (BLOCKS / 4);
    uint8_t *out = aligned_alloc(BLOCK, 400 * BLOCK);
    uint8_t *in = aligned_alloc(BLOCK, 400 * BLOCK);

    for (unsigned i = 0; i < 60; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        uint32_t count = 1 + (uint32_t)((state >> 33) % 400);
        uint64_t block = begin + (state >> 20) % (BLOCKS / 4 - count);

        memset(out, (int)(state >> 40), count * BLOCK);
        out[count * BLOCK - 1] = (uint8_t)i;
        ck_assert_int_eq(run(shared, PLAT_WRITE, block, count, out), OK);
        ck_assert_int_eq(run(shared, PLAT_FLUSH, 0, 0, NULL), OK);
        ck_assert_int_eq(run(shared, PLAT_READ, block, count, in), OK);
        ck_assert_int_eq(memcmp(out, in, count * BLOCK), 0);
    }
    free(out);
    free(in);
}

static void
used_by_four_threads(void)
{
    struct plat_thread *threads[4];

    shared = attach();
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(plat_thread_create(&threads[i], "use", use, (void *)(uintptr_t)i), OK);
    for (unsigned i = 0; i < 4; i++)
        plat_thread_join(threads[i]);
    ck_assert_uint_eq(disk.fails, 0);
}

START_TEST(four_threads_read_what_they_wrote)
{
    disk_init();
    used_by_four_threads();
    ck_assert_uint_eq(disk.flushes, 240);
}
END_TEST

START_TEST(the_limits_of_a_small_disk_are_kept)
{
    disk_init();
    disk.features = VIRTIO_VERSION_1 | VIRTIO_FEATURE(1) | VIRTIO_FEATURE(2);
    disk.queue_size = 16;
    config_put(8, 4, 1000); /* so a piece has 512 bytes */
    config_put(12, 4, 9);   /* and a request a block */
    used_by_four_threads();
    ck_assert_uint_eq(disk.flushes, 0); /* it knows none, and each was OK */
}
END_TEST

START_TEST(a_disk_without_limits_gets_one_piece_at_a_time)
{
    disk_init();
    disk.features = VIRTIO_VERSION_1;
    disk.queue_size = 4;
    config_put(12, 4, 1);
    used_by_four_threads();
}
END_TEST

START_TEST(a_discard_is_cut_to_what_the_disk_takes)
{
    disk_init();
    block_discard(attach(), 0, 1000); /* at most 1000 sectors at a time: 125 blocks */
    ck_assert_uint_eq(disk.discards, 8);
}
END_TEST

START_TEST(room_is_made_by_zeroes_of_these_blocks_alone)
{
    struct block_device *device;

    disk_init();
    device = attach();
    memset(disk.blocks, 0xab, sizeof(disk.blocks));
    ck_assert_int_eq(block_make_room(device, 10, 250), OK); /* 800 sectors are 100 blocks */
    ck_assert_uint_eq(disk.zeroes, 3);
    for (size_t i = 0; i < sizeof(disk.blocks); i++)
        ck_assert_uint_eq(disk.blocks[i], i / BLOCK >= 10 && i / BLOCK < 260 ? 0 : 0xab);
    ck_assert_int_eq(block_make_room(device, 10, 0), OK);
    ck_assert_int_eq(block_make_room(device, BLOCKS - 1, 2), ERR_RANGE);
    ck_assert_int_eq(block_make_room(device, UINT64_MAX, 2), ERR_RANGE);
    ck_assert_uint_eq(disk.zeroes, 3);
}
END_TEST

START_TEST(room_that_the_disk_does_not_get_is_no_space)
{
    struct block_device *device;

    disk_init();
    device = attach();
    disk.lie = STATUS;
    disk.status = 1;
    ck_assert_int_eq(block_make_room(device, 10, 250), ERR_NOSPACE);
    ck_assert_uint_eq(disk.taken, 1);
    disk.status = NO_STATUS;
    ck_assert_int_eq(block_make_room(device, 10, 1), ERR_NOSPACE);
    disk.status = 2; /* it does not know what it said it knows */
    ck_assert_int_eq(block_make_room(device, 10, 1), OK);
    disk.lie = HONEST;
    ck_assert_int_eq(block_make_room(device, 10, 1), OK);
}
END_TEST

START_TEST(a_disk_that_knows_no_zeroes_has_all_its_room)
{
    disk_init();
    disk.features &= ~VIRTIO_FEATURE(14);
    ck_assert_int_eq(block_make_room(attach(), 10, 250), OK);
    ck_assert_uint_eq(disk.taken, 0);
}
END_TEST

START_TEST(a_size_that_changes_while_it_is_read_is_read_again)
{
    disk_init();
    disk.generations = 5;
    ck_assert_uint_eq(attach()->block_count, BLOCKS);
}
END_TEST

START_TEST(disks_that_cannot_be_used_are_refused)
{
    disk_init();
    config_put(0, 8, 7); /* less than a block */
    refused();
    disk_init();
    config_put(12, 4, 0);
    refused();
    disk_init();
    disk.features |= VIRTIO_FEATURE(1);
    config_put(8, 4, 511);
    refused();
    disk_init();
    disk.features |= VIRTIO_FEATURE(6);
    for (unsigned i = 0; i < 5; i++) {
        static const uint32_t block_bytes[] = { 0, 256, 513, 8192, 0x80000000 };

        config_put(20, 4, block_bytes[i]);
        refused();
    }
    config_put(20, 4, 4096);
    disk.queue_size = 2;
    refused();
}
END_TEST

START_TEST(what_the_disk_says_of_a_request_is_what_comes_of_it)
{
    static const struct {
        uint8_t status;
        err_t err;
    } rows[] = {
        { 0, OK }, { 1, ERR_IO }, { 2, ERR_UNSUPPORTED }, { 3, ERR_IO }, { NO_STATUS, ERR_IO },
    };
    uint8_t *buffer = aligned_alloc(BLOCK, 300 * BLOCK);
    struct block_device *device;

    disk_init();
    disk.lie = STATUS;
    device = attach();
    memset(buffer, 0, 300 * BLOCK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        disk.status = rows[i].status;
        ck_assert_int_eq(run(device, PLAT_READ, 0, 1, buffer), rows[i].err);
        ck_assert_int_eq(run(device, PLAT_WRITE, 5, 300, buffer), rows[i].err);
        ck_assert_int_eq(run(device, PLAT_FLUSH, 0, 0, NULL), rows[i].err);
    }
    ck_assert_uint_eq(disk.fails, 0);
    free(buffer);
}
END_TEST

/* A disk that lies is given up: all that it has, and all that comes, ends with ERR_IO. */
static void
given_up(enum lie lie)
{
    uint8_t *buffer = aligned_alloc(BLOCK, BLOCK);
    struct plat_io row[20];
    struct block_device *device;
    const char *trouble;

    memset(buffer, 0, BLOCK);
    disk_init();
    disk.lie = lie;
    device = attach();
    for (unsigned i = 0; i < 20; i++)
        row[i] = (struct plat_io){ .kind = PLAT_WRITE,
                                   .block = i,
                                   .block_count = 1,
                                   .buffer = buffer,
                                   .next = i < 19 ? &row[i + 1] : NULL };
    block_submit(device, row);
    for (unsigned i = 0; i < 20; i++) {
        while (atomic_load(&row[i].done) == 0)
            plat_wait(&row[i].done, 0, PLAT_NO_DEADLINE);
        /* The first answer of the one who answers twice was in order, but for its status. */
        ck_assert_int_eq(row[i].result, ERR_IO);
    }
    ck_assert_uint_eq(disk.fails, 1);
    trouble = device->operations->trouble(device);
    ck_assert_ptr_nonnull(trouble);
    ck_assert_ptr_nonnull(strstr(trouble, "not used any more"));
    ck_assert_ptr_null(device->operations->trouble(device)); /* it is said once */
    ck_assert_int_eq(run(device, PLAT_READ, 0, 1, buffer), ERR_IO);
    ck_assert_int_eq(run(device, PLAT_FLUSH, 0, 0, NULL), ERR_IO);
    block_discard(device, 0, 10);
    ck_assert_int_eq(block_make_room(device, 0, 10), ERR_NOSPACE);
    disk.interrupt(disk.context); /* one that was on its way */
    disk.changed(disk.context);
    ck_assert_uint_eq(disk.fails, 1);
    free(buffer);
}

START_TEST(a_disk_that_answers_twice_is_given_up)
{
    given_up(ANSWER_TWICE);
}
END_TEST

START_TEST(a_disk_that_answers_what_it_was_not_asked_is_given_up)
{
    given_up(ANSWER_UNASKED);
}
END_TEST

START_TEST(a_disk_that_writes_more_than_there_is_room_for_is_given_up)
{
    given_up(ANSWER_TOO_LONG);
}
END_TEST

static void
submit_many(void *argument)
{
    struct plat_io *row = argument;

    block_submit(shared, row);
}

START_TEST(a_disk_that_gives_up_itself_frees_those_who_wait_for_room)
{
    static struct plat_io rows[4][100];
    struct plat_thread *threads[4];
    uint8_t *buffer = aligned_alloc(BLOCK, BLOCK);

    memset(buffer, 0, BLOCK);
    disk_init();
    disk.lie = SILENT;
    shared = attach();
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 100; k++)
            rows[i][k] = (struct plat_io){ .kind = PLAT_WRITE,
                                           .block = k,
                                           .block_count = 1,
                                           .buffer = buffer,
                                           .next = k < 99 ? &rows[i][k + 1] : NULL };
        ck_assert_int_eq(plat_thread_create(&threads[i], "many", submit_many, rows[i]), OK);
    }
    while (disk.taken < disk.queue_size) /* until the queue is full */
        plat_yield();
    plat_wait(&rows[0][0].done, 0, clock_ns() + 50000000); /* so that they sleep */
    disk.needs_reset = true;
    disk.changed(disk.context);
    for (unsigned i = 0; i < 4; i++) {
        plat_thread_join(threads[i]);
        for (unsigned k = 0; k < 100; k++) {
            ck_assert_uint_eq(rows[i][k].done, 1);
            ck_assert_int_eq(rows[i][k].result, ERR_IO);
        }
    }
    ck_assert_uint_eq(disk.fails, 1);
    free(buffer);
}
END_TEST

START_TEST(a_new_size_is_said_and_changes_nothing)
{
    struct block_device *device;
    uint8_t *buffer = aligned_alloc(BLOCK, BLOCK);

    disk_init();
    device = attach();
    config_put(0, 8, 80);
    disk.changed(disk.context);
    ck_assert_ptr_nonnull(strstr(device->operations->trouble(device), "another size"));
    ck_assert_uint_eq(device->block_count, BLOCKS);
    ck_assert_int_eq(run(device, PLAT_READ, BLOCKS - 1, 1, buffer), OK);
    free(buffer);
}
END_TEST

UNIT_TESTS("dev/virtio_blk", four_threads_read_what_they_wrote, the_limits_of_a_small_disk_are_kept,
           a_disk_without_limits_gets_one_piece_at_a_time, a_discard_is_cut_to_what_the_disk_takes,
           room_is_made_by_zeroes_of_these_blocks_alone,
           room_that_the_disk_does_not_get_is_no_space,
           a_disk_that_knows_no_zeroes_has_all_its_room,
           a_size_that_changes_while_it_is_read_is_read_again,
           disks_that_cannot_be_used_are_refused,
           what_the_disk_says_of_a_request_is_what_comes_of_it,
           a_disk_that_answers_twice_is_given_up,
           a_disk_that_answers_what_it_was_not_asked_is_given_up,
           a_disk_that_writes_more_than_there_is_room_for_is_given_up,
           a_disk_that_gives_up_itself_frees_those_who_wait_for_room,
           a_new_size_is_said_and_changes_nothing)
