/*
 * virtio_blk.c - disks behind virtio.
 *
 * A request of the contract becomes one transfer; a transfer is cut into parts
 * that keep to the device's limits; a part is one request of the device. The
 * thread that submits hands over all parts, and sleeps only while the device
 * has as many as it can take; so nothing is left for an interrupt to start.
 *
 *     plat_io --- transfer --+-- part: a slot, and its descriptors in the ring
 *                            +-- part
 *
 * Invariants: a transfer ends when its parts have all come back and its
 * submitter has no more of them; whoever sees that last, ends it. Who waits for
 * room holds a transfer at most, and room comes from parts alone: no deadlock.
 *
 * A device that breaks the rules, or says itself that it is broken, is reset and
 * never used again; what it had is given back with ERR_IO.
 *
 * Source: VIRTIO 1.1, 5.2 "Block Device".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/virtio_blk.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/memory.h"
#include "dev/block.h"
#include "dev/virtio.h"
#include "irq/clock.h"
#include "mm/map.h"
#include "plat/memory.h"
#include "sched/spin.h"
#include "sched/thread.h"

#define LOG_MODULE "driver"
#include "base/log.h"

#define FEATURE_SIZE_MAX   VIRTIO_FEATURE(1)
#define FEATURE_SEG_MAX    VIRTIO_FEATURE(2)
#define FEATURE_READ_ONLY  VIRTIO_FEATURE(5)
#define FEATURE_BLOCK_SIZE VIRTIO_FEATURE(6)
#define FEATURE_FLUSH      VIRTIO_FEATURE(9)
#define FEATURE_DISCARD    VIRTIO_FEATURE(13)
#define FEATURE_ZEROES     VIRTIO_FEATURE(14)
#define FEATURES                                                                                   \
    (FEATURE_SIZE_MAX | FEATURE_SEG_MAX | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH | \
     FEATURE_DISCARD | FEATURE_ZEROES)

/* The device's configuration. */
#define CONFIG_CAPACITY    0 /* sectors */
#define CONFIG_SIZE_MAX    8
#define CONFIG_SEG_MAX     12
#define CONFIG_BLOCK_SIZE  20
#define CONFIG_DISCARD_MAX 36 /* sectors in one discard */
#define CONFIG_ZEROES_MAX  48 /* sectors in one writing of zeroes */

#define TYPE_READ          0u
#define TYPE_WRITE         1u
#define TYPE_FLUSH         4u
#define TYPE_DISCARD       11u
#define TYPE_ZEROES        13u

#define STATUS_OK          0
#define STATUS_UNSUPPORTED 2
#define STATUS_NONE        0xff /* ours: nothing was written there */

#define SECTOR_BYTES       512
#define BLOCK_SECTORS      (PLAT_BLOCK_BYTES / SECTOR_BYTES)
#define PART_BLOCKS_MAX    256
#define PART_BYTES_MAX     (PART_BLOCKS_MAX * PLAT_BLOCK_BYTES)
#define OWN_PIECES         2 /* of each part: header and status */
#define DATA_PIECES_MAX    (VRING_PIECES_MAX - OWN_PIECES)
#define RANGE_BLOCKS_MAX   (1u << 20)
#define GENERATION_TRIES   16

/* What a part shares with the device. */
struct part_shared {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    uint64_t range_sector; /* the data of a discard, and of writing zeroes */
    uint32_t range_sectors;
    uint32_t range_flags; /* 0: zeroes keep their room */
    uint8_t status;
    uint8_t spare[31];
};

static_assert(sizeof(struct part_shared) == 64, "a cache line");

struct transfer {
    struct plat_io *io;
    unsigned parts; /* at the device */
    bool more;      /* its submitter has not handed over all */
    err_t result;   /* the first that was not OK */
    struct transfer *next_free;
};

struct slot {
    struct transfer *transfer;
    struct slot *next_free;
};

struct virtio_disk {
    struct block_device block;
    struct block_operations operations; /* what this device can do */
    struct virtio_device device;
    struct virtio_queue queue;
    struct part_shared *shared; /* one for each slot */
    uint64_t shared_address;
    unsigned data_pieces_max; /* of a part */
    uint32_t piece_bytes_max; /* a multiple of SECTOR_BYTES */
    uint64_t discard_blocks_max, zeroes_blocks_max;

    struct spin lock; /* guards all below, and the ring */
    struct slot slots[VRING_SIZE_MAX];
    struct slot *free_slots;
    struct transfer transfers[VRING_SIZE_MAX];
    struct transfer *free_transfers;
    bool broken;
    unsigned waiting;           /* threads that want room */
    _Atomic uint32_t room;      /* counts answers while somebody waits; they wait on it */
    const char *_Atomic unsaid; /* a line for the log, from an interrupt */
};

/* One request to the device, before it has a slot. */
struct part {
    uint32_t type;
    uint64_t block;
    uint32_t block_count;
    unsigned piece_count;
    struct vring_piece pieces[VRING_PIECES_MAX]; /* the first is left free for the header */
};

static struct virtio_disk *
disk_of(struct block_device *block)
{
    return (struct virtio_disk *)block; /* its first member */
}

/* ---- ending ---- */

/* What has come back, to be told when no lock is held. */
struct ended {
    struct plat_io *first; /* requests that are done */
    bool room;             /* a slot, or a transfer, is free again */
};

/* If a transfer is complete, take it apart. */
static void
transfer_settle(struct virtio_disk *disk, struct transfer *transfer, struct ended *ended)
{
    if (transfer->parts > 0 || transfer->more)
        return;
    transfer->io->result = transfer->result;
    transfer->io->next = ended->first;
    ended->first = transfer->io;
    transfer->io = NULL;
    transfer->next_free = disk->free_transfers;
    disk->free_transfers = transfer;
    ended->room = true;
}

static void
part_end(struct virtio_disk *disk, struct slot *slot, err_t result, struct ended *ended)
{
    struct transfer *transfer = slot->transfer;

    assert(transfer && transfer->parts > 0);
    if (transfer->result == OK)
        transfer->result = result;
    transfer->parts--;
    slot->transfer = NULL;
    slot->next_free = disk->free_slots;
    disk->free_slots = slot;
    ended->room = true;
    transfer_settle(disk, transfer, ended);
}

static void
ended_tell(struct ended *ended)
{
    while (ended->first) {
        struct plat_io *io = ended->first;

        ended->first = io->next;
        io->next = NULL;
        block_io_end(io, io->result);
    }
}

/* The end of a device: with the lock held. */
static void
disk_break(struct virtio_disk *disk, const char *why, struct ended *ended)
{
    struct slot *slot;

    if (disk->broken)
        return;
    disk->broken = true;
    atomic_store(&disk->unsaid, why);
    virtio_fail(&disk->device);
    while ((slot = vring_reclaim(&disk->queue.ring)) != NULL)
        part_end(disk, slot, ERR_IO, ended);
}

static err_t
result_of(const struct virtio_disk *disk, const struct slot *slot)
{
    switch (*(volatile uint8_t *)&disk->shared[slot - disk->slots].status) {
    case STATUS_OK:
        return OK;
    case STATUS_UNSUPPORTED:
        return ERR_UNSUPPORTED;
    default:
        return ERR_IO; /* it says so, or it says nothing that means anything */
    }
}

/* Take all answers there are. */
static void
answers_take(struct virtio_disk *disk, struct ended *ended)
{
    struct vring *ring = &disk->queue.ring;
    void *slot;
    uint32_t bytes;
    err_t err;

    do {
        while ((err = vring_take(ring, &slot, &bytes)) == OK)
            part_end(disk, slot, result_of(disk, slot), ended);
        if (err == ERR_CORRUPT) {
            disk_break(disk, "answers what it was not asked; it is not used any more", ended);
            return;
        }
    } while (!vring_interrupt_enable(ring));
}

/* Let go of the lock, then tell everybody who waits for what has changed under it. */
static void
unlock_and_tell(struct virtio_disk *disk, uint64_t flags, struct ended *ended)
{
    bool room = disk->waiting > 0 && (ended->room || disk->broken);

    if (room)
        atomic_fetch_add_explicit(&disk->room, 1, memory_order_relaxed);
    spin_unlock(&disk->lock, flags);
    if (room)
        (void)kthread_wake(&disk->room, UINT32_MAX);
    ended_tell(ended);
}

static void
queue_interrupt(void *context)
{
    struct virtio_disk *disk = context;
    struct ended ended = { 0 };
    uint64_t flags = spin_lock(&disk->lock);

    if (!disk->broken)
        answers_take(disk, &ended);
    unlock_and_tell(disk, flags, &ended);
}

static void
config_interrupt(void *context)
{
    struct virtio_disk *disk = context;
    struct ended ended = { 0 };
    uint64_t flags = spin_lock(&disk->lock);

    if (!disk->broken && virtio_needs_reset(&disk->device))
        disk_break(disk, "says that it cannot go on; it is not used any more", &ended);
    else if (!disk->broken)
        atomic_store(&disk->unsaid, "has another size now, which counts from the next start");
    unlock_and_tell(disk, flags, &ended);
}

/* ---- starting ---- */

/*
 * Put as many blocks of memory into a part as it may have.
 *
 *   buffer  of `block_count` blocks
 */
static void
part_fill(const struct virtio_disk *disk, struct part *part, uint8_t *buffer, uint32_t block_count)
{
    unsigned pieces_of_block =
        (PLAT_BLOCK_BYTES + disk->piece_bytes_max - 1) / disk->piece_bytes_max;
    struct vring_piece *last = &part->pieces[0];

    part->piece_count = 0;
    part->block_count = 0;
    while (part->block_count < block_count && part->block_count < PART_BLOCKS_MAX &&
           part->piece_count + pieces_of_block <= disk->data_pieces_max) {
        uint64_t address = map_physical(buffer + (size_t)part->block_count * PLAT_BLOCK_BYTES);

        for (uint32_t left = PLAT_BLOCK_BYTES; left > 0;) {
            uint32_t bytes = left < disk->piece_bytes_max ? left : disk->piece_bytes_max;

            if (part->piece_count > 0 && last->address + last->bytes == address &&
                last->bytes + bytes <= disk->piece_bytes_max) {
                last->bytes += bytes;
            } else {
                last++;
                part->piece_count++;
                *last = (struct vring_piece){ address, bytes, part->type == TYPE_READ };
            }
            address += bytes;
            left -= bytes;
        }
        part->block_count++;
    }
}

/* Hand a part to the device, with the lock held. False when there is no room. */
static bool
part_add(struct virtio_disk *disk, struct transfer *transfer, struct part *part)
{
    struct slot *slot = disk->free_slots;
    struct part_shared *shared;
    uint64_t address;

    if (!slot)
        return false;
    shared = &disk->shared[slot - disk->slots];
    address = disk->shared_address + (uint64_t)(slot - disk->slots) * sizeof(*shared);
    *shared = (struct part_shared){
        .type = part->type,
        .sector =
            part->type == TYPE_READ || part->type == TYPE_WRITE ? part->block * BLOCK_SECTORS : 0,
        .range_sector = part->block * BLOCK_SECTORS,
        .range_sectors = part->block_count * BLOCK_SECTORS,
        .status = STATUS_NONE,
    };
    if (part->type == TYPE_DISCARD || part->type == TYPE_ZEROES) {
        part->pieces[1] =
            (struct vring_piece){ address + offsetof(struct part_shared, range_sector), 16, false };
        part->piece_count = 1;
    }
    part->pieces[0] = (struct vring_piece){ address, 16, false };
    part->pieces[part->piece_count + 1] =
        (struct vring_piece){ address + offsetof(struct part_shared, status), 1, true };
    if (!vring_add(&disk->queue.ring, part->pieces, part->piece_count + OWN_PIECES, slot))
        return false;
    disk->free_slots = slot->next_free;
    slot->transfer = transfer;
    transfer->parts++;
    return true;
}

/* Tell the device about what was added since the last time; with the lock held. */
static void
notify(struct virtio_disk *disk)
{
    if (!disk->broken && vring_must_notify(&disk->queue.ring))
        virtio_queue_notify(&disk->queue);
}

/* Sleep until something has come back; with the lock held, before and after. */
static uint64_t
room_wait(struct virtio_disk *disk, uint64_t flags, uint64_t since_ns)
{
    uint32_t seen = atomic_load_explicit(&disk->room, memory_order_relaxed);

    notify(disk);
    disk->waiting++;
    spin_unlock(&disk->lock, flags);
    block_sleep(&disk->block, &disk->room, seen, since_ns);
    flags = spin_lock(&disk->lock);
    disk->waiting--;
    return flags;
}

static struct transfer *
transfer_begin(struct virtio_disk *disk, struct plat_io *io)
{
    struct transfer *transfer;
    uint64_t since = clock_ns();
    uint64_t flags = spin_lock(&disk->lock);

    while (!disk->free_transfers)
        flags = room_wait(disk, flags, since);
    transfer = disk->free_transfers;
    disk->free_transfers = transfer->next_free;
    *transfer = (struct transfer){ .io = io, .more = true };
    spin_unlock(&disk->lock, flags);
    return transfer;
}

/* Hand over one part; with the last one the transfer is the device's alone. */
static void
transfer_part(struct virtio_disk *disk, struct transfer *transfer, struct part *part, bool last)
{
    struct ended ended = { 0 };
    uint64_t since = clock_ns();
    uint64_t flags = spin_lock(&disk->lock);

    while (!disk->broken && !part_add(disk, transfer, part))
        flags = room_wait(disk, flags, since);
    if (disk->broken)
        transfer->result = ERR_IO;
    if (last) {
        transfer->more = false;
        transfer_settle(disk, transfer, &ended);
    }
    unlock_and_tell(disk, flags, &ended);
}

static void
transfer_blocks(struct virtio_disk *disk, struct plat_io *io)
{
    struct transfer *transfer = transfer_begin(disk, io);
    uint32_t count = io->block_count; /* once the last part is handed over, io is gone */
    uint32_t done = 0;

    while (done < count) {
        struct part part = {
            .type = io->kind == PLAT_READ ? TYPE_READ : TYPE_WRITE,
            .block = io->block + done,
        };

        part_fill(disk, &part, (uint8_t *)io->buffer + (size_t)done * PLAT_BLOCK_BYTES,
                  count - done);
        assert(part.block_count > 0);
        done += part.block_count;
        transfer_part(disk, transfer, &part, done == count);
    }
}

static void
flush(struct virtio_disk *disk, struct plat_io *io)
{
    struct part part = { .type = TYPE_FLUSH };

    if (disk->device.features & FEATURE_FLUSH)
        transfer_part(disk, transfer_begin(disk, io), &part, true);
    else
        block_io_end(io, OK); /* a write has ended only when it is safe there */
}

static void
disk_submit(struct block_device *block, struct plat_io *io)
{
    struct virtio_disk *disk = disk_of(block);
    uint64_t flags;

    while (io) {
        struct plat_io *next = io->next;

        if (io->kind == PLAT_FLUSH)
            flush(disk, io);
        else
            transfer_blocks(disk, io);
        io = next;
    }
    flags = spin_lock(&disk->lock);
    notify(disk);
    spin_unlock(&disk->lock, flags);
}

/* Let the device do something to blocks that needs no data, and wait until it is done. */
static err_t
range_do(struct virtio_disk *disk, uint32_t type, uint64_t at, uint32_t count)
{
    struct plat_io io = { .kind = PLAT_WRITE };
    struct part part = { .type = type, .block = at, .block_count = count };
    uint64_t since = clock_ns();
    uint64_t flags;

    transfer_part(disk, transfer_begin(disk, &io), &part, true);
    flags = spin_lock(&disk->lock);
    notify(disk);
    spin_unlock(&disk->lock, flags);
    while (atomic_load_explicit(&io.done, memory_order_acquire) == 0)
        block_sleep(&disk->block, &io.done, 0, since);
    return io.result;
}

/* The same for more blocks than the device takes at a time. */
static err_t
ranges_do(struct virtio_disk *disk, uint32_t type, uint64_t at, uint64_t count, uint64_t max)
{
    while (count > 0) {
        uint32_t now = (uint32_t)(count < max ? count : max);

        TRY(range_do(disk, type, at, now));
        at += now;
        count -= now;
    }
    return OK;
}

static void
disk_discard(struct block_device *block, uint64_t at, uint64_t count)
{
    struct virtio_disk *disk = disk_of(block);

    IGNORE(ranges_do(disk, TYPE_DISCARD, at, count, disk->discard_blocks_max), "advice only");
}

/*
 * Zeroes that may not be unmapped take room. The device has one word for all failures; that it
 * has none left is what is meant, and to a disk that is broken nothing is written either.
 */
static err_t
disk_make_room(struct block_device *block, uint64_t at, uint64_t count)
{
    struct virtio_disk *disk = disk_of(block);
    err_t err = ranges_do(disk, TYPE_ZEROES, at, count, disk->zeroes_blocks_max);

    return err == OK || err == ERR_UNSUPPORTED ? OK : ERR_NOSPACE;
}

static const char *
disk_trouble(struct block_device *block)
{
    struct virtio_disk *disk = disk_of(block);

    if (!atomic_load_explicit(&disk->unsaid, memory_order_relaxed))
        return NULL;
    return atomic_exchange(&disk->unsaid, NULL);
}

/* ---- attaching ---- */

/* A configuration that changes while it is read is read again. */
static uint64_t
capacity_read(const struct virtio_device *device)
{
    uint64_t capacity = 0;

    for (unsigned i = 0; i < GENERATION_TRIES; i++) {
        uint8_t generation = virtio_config_generation(device);

        capacity = virtio_config_read(device, CONFIG_CAPACITY, 8);
        if (virtio_config_generation(device) == generation)
            break;
    }
    return capacity;
}

/* How many blocks it takes in a request without data; 0 if it knows no such request. */
static uint64_t
range_blocks_max(const struct virtio_device *device, uint64_t feature, unsigned config)
{
    uint64_t max;

    if ((device->features & feature) == 0)
        return 0;
    max = virtio_config_read(device, config, 4) / BLOCK_SECTORS;
    return max < RANGE_BLOCKS_MAX ? max : RANGE_BLOCKS_MAX;
}

static void
operations_fill(struct virtio_disk *disk)
{
    bool writable = !disk->block.read_only;

    disk->operations = (struct block_operations){
        .submit = disk_submit,
        .make_room = writable && disk->zeroes_blocks_max > 0 ? disk_make_room : NULL,
        .discard = writable && disk->discard_blocks_max > 0 ? disk_discard : NULL,
        .trouble = disk_trouble,
    };
    disk->block.operations = &disk->operations;
}

/* What the device can do. ERR_UNSUPPORTED, after saying why, if that is too little. */
static err_t
limits_read(struct virtio_disk *disk)
{
    const struct virtio_device *device = &disk->device;
    const char *name = device->pci->name;
    uint64_t block_bytes = SECTOR_BYTES;
    uint64_t pieces = 1;
    uint64_t piece_bytes = PART_BYTES_MAX;

    if (device->features & FEATURE_BLOCK_SIZE)
        block_bytes = virtio_config_read(device, CONFIG_BLOCK_SIZE, 4);
    if (device->features & FEATURE_SEG_MAX)
        pieces = virtio_config_read(device, CONFIG_SEG_MAX, 4);
    if (device->features & FEATURE_SIZE_MAX)
        piece_bytes = virtio_config_read(device, CONFIG_SIZE_MAX, 4);
    if (block_bytes < SECTOR_BYTES || block_bytes > PLAT_BLOCK_BYTES ||
        (block_bytes & (block_bytes - 1))) {
        log_warn("%s: has blocks of %" PRIu64 " bytes; 512 to 4096 can be used", name, block_bytes);
        return ERR_UNSUPPORTED;
    }
    pieces = pieces < DATA_PIECES_MAX ? pieces : DATA_PIECES_MAX;
    piece_bytes = piece_bytes < PART_BYTES_MAX ? piece_bytes : PART_BYTES_MAX;
    piece_bytes -= piece_bytes % SECTOR_BYTES;
    if (pieces * piece_bytes < PLAT_BLOCK_BYTES) {
        log_warn("%s: takes %" PRIu64 " pieces of %" PRIu64 " bytes, less than a block", name,
                 pieces, piece_bytes);
        return ERR_UNSUPPORTED;
    }
    disk->data_pieces_max = (unsigned)pieces;
    disk->piece_bytes_max = (uint32_t)piece_bytes;
    disk->discard_blocks_max = range_blocks_max(device, FEATURE_DISCARD, CONFIG_DISCARD_MAX);
    disk->zeroes_blocks_max = range_blocks_max(device, FEATURE_ZEROES, CONFIG_ZEROES_MAX);
    disk->block.read_only = device->features & FEATURE_READ_ONLY;
    disk->block.block_count = capacity_read(device) / BLOCK_SECTORS;
    if (disk->block.block_count == 0) {
        log_warn("%s: is a disk without room", name);
        return ERR_UNSUPPORTED;
    }
    return OK;
}

/* Slots, transfers, and what is shared with the device. */
static err_t
slots_init(struct virtio_disk *disk)
{
    unsigned size = disk->queue.ring.size;
    size_t frames = (size * sizeof(struct part_shared) + FRAME_BYTES - 1) / FRAME_BYTES;

    if (disk->data_pieces_max + OWN_PIECES > size)
        disk->data_pieces_max = size > OWN_PIECES ? size - OWN_PIECES : 0;
    if ((uint64_t)disk->data_pieces_max * disk->piece_bytes_max < PLAT_BLOCK_BYTES) {
        log_warn("%s: a block does not fit into its queue of %u", disk->device.pci->name, size);
        return ERR_UNSUPPORTED;
    }
    disk->shared_address = frame_alloc_run(frames);
    if (disk->shared_address == 0)
        return ERR_NOMEM;
    disk->shared = frame_bytes(disk->shared_address);
    for (unsigned i = 0; i < size; i++) {
        disk->slots[i].next_free = disk->free_slots;
        disk->free_slots = &disk->slots[i];
        disk->transfers[i].next_free = disk->free_transfers;
        disk->free_transfers = &disk->transfers[i];
    }
    return OK;
}

static err_t
disk_open(struct virtio_disk *disk, struct pci_device *pci)
{
    TRY(virtio_open(&disk->device, pci, FEATURES));
    TRY(limits_read(disk));
    operations_fill(disk);
    TRY(virtio_queue_open(&disk->queue, &disk->device, 0, VRING_SIZE_MAX, queue_interrupt, disk));
    TRY(slots_init(disk));
    virtio_config_watch(&disk->device, config_interrupt, disk);
    (void)vring_interrupt_enable(&disk->queue.ring); /* nothing was asked: nothing was answered */
    virtio_ready(&disk->device);
    return block_device_add(&disk->block, "virtio");
}

static err_t
attach(struct pci_device *pci)
{
    struct virtio_disk *disk = plat_alloc(sizeof(*disk));
    err_t err;

    if (!disk)
        return ERR_NOMEM;
    err = disk_open(disk, pci);
    if (err != OK) {
        if (disk->device.common)
            virtio_fail(&disk->device);
        if (disk->device.vector_next == 0)
            plat_free(disk, sizeof(*disk)); /* else interrupts know of it */
        return err;
    }
    if (!(disk->device.features & FEATURE_FLUSH))
        log_info("%s: knows no flush; what is written there is safe at once", disk->block.name);
    if (disk->block.read_only)
        log_info("%s: can only be read", disk->block.name);
    return OK;
}

static const struct driver_match matches[] = {
    { VIRTIO_VENDOR_ID, 0x1001 }, /* transitional */
    { VIRTIO_VENDOR_ID, 0x1042 },
    { 0, 0 },
};

const struct driver virtio_blk_driver = { "virtio-blk", matches, attach };
