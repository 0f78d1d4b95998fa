/*
 * disk.c - the simulated disk and its record.
 *
 * Invariants
 *   1. The image changes only when a write is done, and the record says so.
 *   2. Requests end in an order that chance chooses; a flush covers exactly the
 *      writes that were done when it was submitted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/disk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "plat/machine.h"
#include "plat/thread.h"
#include "sim/fibre.h"
#include "sim/random.h"

#define REQUEST_MAX 512

struct request {
    struct plat_io *io;
    uint64_t due_ns;
    uint64_t number;
};

struct plat_disk {
    uint8_t *image;
    uint64_t block_count;
    struct sim_record *record;
    struct sim_disk_faults faults;
    struct sim_random random;
    struct sim_device device;
    struct request requests[REQUEST_MAX];
    unsigned request_count;
    uint64_t writes;
};

static void *
shared_memory(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

err_t
sim_image_create(uint8_t **image, uint64_t block_count)
{
    uint8_t *memory = shared_memory(block_count * PLAT_BLOCK_BYTES);

    if (memory == NULL)
        return ERR_NOMEM;
    *image = memory;
    return OK;
}

err_t
sim_record_create(struct sim_record **record, uint64_t event_max, uint64_t data_max)
{
    struct sim_record *made = shared_memory(sizeof *made);
    struct sim_event *events = shared_memory(event_max * sizeof *events);
    uint8_t *data = shared_memory(data_max);

    if (made == NULL || events == NULL || data == NULL)
        return ERR_NOMEM; /* the process ends; nothing to give back */
    made->events = events;
    made->event_max = event_max;
    made->data = data;
    made->data_max = data_max;
    *record = made;
    return OK;
}

void
sim_record_clear(struct sim_record *record)
{
    record->request_count = 0;
    record->event_count = 0;
    record->data_bytes = 0;
}

static void
record_add(struct sim_record *record, struct sim_event event)
{
    if (record == NULL)
        return;
    if (record->event_count == record->event_max)
        plat_panic("sim: the record of the disk is full");
    record->events[record->event_count++] = event;
}

void
sim_record_mark(struct sim_record *record, uint64_t number)
{
    record_add(record, (struct sim_event){ .kind = SIM_MARK, .number = number });
}

static uint64_t
record_data(struct sim_record *record, const void *bytes, uint64_t byte_count)
{
    uint64_t at;

    if (record == NULL)
        return 0;
    at = record->data_bytes;
    if (byte_count > record->data_max - at)
        plat_panic("sim: the data of the record are full");
    memcpy(record->data + at, bytes, byte_count);
    record->data_bytes = at + byte_count;
    return at;
}

void
sim_record_done_write(struct sim_record *record, uint64_t block, uint32_t block_count,
                      const void *bytes)
{
    uint64_t data = record_data(record, bytes, (uint64_t)block_count * PLAT_BLOCK_BYTES);
    uint64_t request = record->request_count++;

    record_add(record, (struct sim_event){ .kind = SIM_WRITE_SUBMIT,
                                           .block = block,
                                           .block_count = block_count,
                                           .data = data,
                                           .request = request });
    record_add(record, (struct sim_event){ .kind = SIM_WRITE_DONE, .request = request });
}

/* ---- the running disk ---- */

static err_t
request_fault(struct plat_disk *disk, enum plat_io_kind kind)
{
    uint64_t roll = sim_random_below(&disk->random, 1000000);

    switch (kind) {
    case PLAT_READ:
        return roll < disk->faults.read_error ? ERR_IO : OK;
    case PLAT_WRITE:
        if (roll < disk->faults.write_error)
            return ERR_IO;
        return roll < disk->faults.write_error + disk->faults.no_space ? ERR_NOSPACE : OK;
    case PLAT_FLUSH:
        return roll < disk->faults.flush_error ? ERR_IO : OK;
    }
    return OK;
}

static void
request_end(struct plat_disk *disk, struct request *request)
{
    struct plat_io *io = request->io;
    err_t result = request_fault(disk, io->kind);

    if (result == OK && io->kind == PLAT_WRITE) {
        memcpy(disk->image + io->block * PLAT_BLOCK_BYTES, io->buffer,
               (size_t)io->block_count * PLAT_BLOCK_BYTES);
        record_add(disk->record,
                   (struct sim_event){ .kind = SIM_WRITE_DONE, .request = request->number });
    } else if (result == OK && io->kind == PLAT_READ) {
        memcpy(io->buffer, disk->image + io->block * PLAT_BLOCK_BYTES,
               (size_t)io->block_count * PLAT_BLOCK_BYTES);
    } else if (io->kind == PLAT_WRITE) {
        record_add(disk->record,
                   (struct sim_event){ .kind = SIM_WRITE_FAILED, .request = request->number });
    } else if (result == OK) {
        record_add(disk->record,
                   (struct sim_event){ .kind = SIM_FLUSH_DONE, .request = request->number });
    }
    io->result = result;
    atomic_store(&io->done, 1);
    plat_wake(&io->done, UINT32_MAX);
}

static uint64_t
disk_next_due_ns(void *context)
{
    struct plat_disk *disk = context;
    uint64_t due = UINT64_MAX;

    for (unsigned i = 0; i < disk->request_count; i++)
        if (disk->requests[i].due_ns < due)
            due = disk->requests[i].due_ns;
    return due;
}

static void
disk_act(void *context, uint64_t now_ns)
{
    struct plat_disk *disk = context;

    for (unsigned i = 0; i < disk->request_count;) {
        struct request request = disk->requests[i];

        if (request.due_ns > now_ns) {
            i++;
            continue;
        }
        disk->requests[i] = disk->requests[--disk->request_count];
        request_end(disk, &request);
    }
}

err_t
sim_disk_create(struct plat_disk **disk, uint8_t *image, uint64_t block_count,
                struct sim_record *record, const struct sim_disk_faults *faults, uint64_t seed)
{
    struct plat_disk *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ERR_NOMEM;
    made->image = image;
    made->block_count = block_count;
    made->record = record;
    made->faults = *faults;
    made->random = (struct sim_random){ .state = seed };
    made->device =
        (struct sim_device){ .next_due_ns = disk_next_due_ns, .act = disk_act, .context = made };
    sim_device_add(&made->device);
    *disk = made;
    return OK;
}

uint64_t
sim_disk_writes(const struct plat_disk *disk)
{
    return disk->writes;
}

void
sim_disk_destroy(struct plat_disk *disk)
{
    if (disk == NULL)
        return;
    sim_device_remove(&disk->device);
    free(disk);
}

uint64_t
plat_disk_block_count(const struct plat_disk *disk)
{
    return disk->block_count;
}

bool
plat_disk_read_only(const struct plat_disk *disk)
{
    (void)disk;
    return false;
}

static bool
request_in_range(const struct plat_disk *disk, const struct plat_io *io)
{
    return io->kind == PLAT_FLUSH ||
           (io->block <= disk->block_count && io->block_count <= disk->block_count - io->block);
}

void
plat_disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    struct request *request;

    while (disk->request_count == REQUEST_MAX)
        plat_yield();
    atomic_store(&io->done, 0);
    if (!request_in_range(disk, io)) {
        io->result = ERR_RANGE;
        atomic_store(&io->done, 1);
        return;
    }
    request = &disk->requests[disk->request_count++];
    request->io = io;
    request->number =
        io->kind == PLAT_READ || disk->record == NULL ? 0 : disk->record->request_count++;
    request->due_ns =
        sim_now_ns() + 1 + sim_random_below(&disk->random, disk->faults.latency_ns_max);
    disk->writes += io->kind == PLAT_WRITE;
    if (io->kind == PLAT_WRITE) {
        uint64_t byte_count = (uint64_t)io->block_count * PLAT_BLOCK_BYTES;

        record_add(disk->record,
                   (struct sim_event){ .kind = SIM_WRITE_SUBMIT,
                                       .block = io->block,
                                       .block_count = io->block_count,
                                       .data = record_data(disk->record, io->buffer, byte_count),
                                       .request = request->number });
    } else if (io->kind == PLAT_FLUSH) {
        record_add(disk->record,
                   (struct sim_event){ .kind = SIM_FLUSH_SUBMIT, .request = request->number });
    }
    plat_switch_point();
}

err_t
plat_disk_wait(struct plat_disk *disk, struct plat_io *io)
{
    (void)disk;
    while (atomic_load(&io->done) == 0)
        plat_wait(&io->done, 0, PLAT_NO_DEADLINE);
    return io->result;
}

err_t
plat_disk_run(struct plat_disk *disk, struct plat_io *io)
{
    plat_disk_submit(disk, io);
    return plat_disk_wait(disk, io);
}

err_t
plat_disk_reserve(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    return block + block_count <= disk->block_count ? OK : ERR_NOSPACE;
}

void
plat_disk_discard(struct plat_disk *disk, uint64_t block, uint64_t block_count)
{
    (void)disk;
    (void)block;
    (void)block_count;
}
