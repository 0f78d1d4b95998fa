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
#define SLOW_FACTOR 100

struct request {
    struct plat_io *io;
    uint64_t due_ns;
    uint64_t number; /* in the record */
    uint64_t block;  /* where it really goes */
    uint64_t chance; /* the fault's number */
    enum sim_fault fault;
};

struct plat_disk {
    uint8_t *image;
    uint64_t block_count;
    struct sim_record *record;
    const struct sim_faults *faults;
    uint64_t latency_ns_max;
    struct sim_random random;
    struct sim_device device;
    struct request requests[REQUEST_MAX];
    unsigned request_count;
    uint64_t asked; /* requests so far */
    uint64_t writes, flushes;
    bool fail_flush;
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

static void
event_add(struct plat_disk *disk, enum sim_event_kind kind, const struct request *request)
{
    record_add(disk->record, (struct sim_event){ .kind = kind, .request = request->number });
}

/* A part of what was asked for: the rest of the buffer is as it was. */
static void
read_end(struct plat_disk *disk, const struct request *request)
{
    const struct plat_io *io = request->io;
    size_t bytes = (size_t)io->block_count * PLAT_BLOCK_BYTES;

    if (request->fault == SIM_READ_SHORT)
        bytes = request->chance % (bytes / SIM_SECTOR_BYTES) * SIM_SECTOR_BYTES;
    memcpy(io->buffer, disk->image + request->block * PLAT_BLOCK_BYTES, bytes);
}

static void
write_end(struct plat_disk *disk, const struct request *request)
{
    const struct plat_io *io = request->io;

    if (request->fault == SIM_WRITE_LOST)
        return;
    memcpy(disk->image + request->block * PLAT_BLOCK_BYTES, io->buffer,
           (size_t)io->block_count * PLAT_BLOCK_BYTES);
    event_add(disk, SIM_WRITE_DONE, request);
}

static err_t
request_carry_out(struct plat_disk *disk, const struct request *request)
{
    switch (request->fault) {
    case SIM_READ_ERROR:
        return ERR_IO;
    case SIM_WRITE_ERROR:
    case SIM_NO_SPACE:
        event_add(disk, SIM_WRITE_FAILED, request);
        return request->fault == SIM_NO_SPACE ? ERR_NOSPACE : ERR_IO;
    case SIM_FLUSH_ERROR:
        event_add(disk, SIM_FLUSH_FAILED, request);
        return ERR_IO;
    case SIM_FLUSH_LOST:
        event_add(disk, SIM_FLUSH_LIED, request);
        return OK;
    default:
        break;
    }
    if (request->io->kind == PLAT_READ)
        read_end(disk, request);
    else if (request->io->kind == PLAT_WRITE)
        write_end(disk, request);
    else
        event_add(disk, SIM_FLUSH_DONE, request);
    return OK;
}

static void
request_end(struct plat_disk *disk, const struct request *request)
{
    struct plat_io *io = request->io;

    io->result = request_carry_out(disk, request);
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
                struct sim_record *record, const struct sim_faults *faults, uint64_t latency_ns_max,
                uint64_t seed)
{
    struct plat_disk *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ERR_NOMEM;
    made->image = image;
    made->block_count = block_count;
    made->record = record;
    made->faults = faults;
    made->latency_ns_max = latency_ns_max;
    made->random = (struct sim_random){ .state = seed };
    made->device =
        (struct sim_device){ .next_due_ns = disk_next_due_ns, .act = disk_act, .context = made };
    sim_device_add(&made->device);
    *disk = made;
    return OK;
}

void
sim_disk_fail_flush(struct plat_disk *disk)
{
    disk->fail_flush = true;
}

uint64_t
sim_disk_writes(const struct plat_disk *disk)
{
    return disk->writes;
}

uint64_t
sim_disk_flushes(const struct plat_disk *disk)
{
    return disk->flushes;
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

/* A bit of a block that was written before, if one is found. */
static void
block_rot(struct plat_disk *disk, uint64_t chance)
{
    struct sim_random random = { .state = chance };

    for (unsigned try = 0; disk->record != NULL && try < 16; try++) {
        const struct sim_event *event =
            &disk->record->events[sim_random_below(&random, disk->record->event_count)];
        uint64_t block, bit;

        if (event->kind != SIM_WRITE_SUBMIT)
            continue;
        block = event->block + sim_random_below(&random, event->block_count);
        bit = sim_random_below(&random, PLAT_BLOCK_BYTES * 8);
        disk->image[block * PLAT_BLOCK_BYTES + bit / 8] ^= (uint8_t)(1u << bit % 8);
        record_add(disk->record,
                   (struct sim_event){ .kind = SIM_ROTTED, .block = block, .number = bit });
        return;
    }
}

static enum sim_fault
fault_pick(struct plat_disk *disk, enum plat_io_kind kind)
{
    static const unsigned of[] = { [PLAT_READ] = SIM_FAULTS_OF_READS,
                                   [PLAT_WRITE] = SIM_FAULTS_OF_WRITES,
                                   [PLAT_FLUSH] = SIM_FAULTS_OF_FLUSHES };

    if (kind == PLAT_FLUSH && disk->fail_flush) {
        disk->fail_flush = false;
        return SIM_FLUSH_ERROR;
    }
    return sim_fault_pick(disk->faults, of[kind], disk->asked);
}

static void
request_note(struct plat_disk *disk, const struct request *request)
{
    const struct plat_io *io = request->io;
    struct sim_event event = { .kind = SIM_FLUSH_SUBMIT, .request = request->number };

    if (io->kind == PLAT_READ || request->fault == SIM_WRITE_LOST)
        return;
    if (io->kind == PLAT_WRITE) {
        event.kind = SIM_WRITE_SUBMIT;
        event.block = request->block;
        event.block_count = io->block_count;
        event.data =
            record_data(disk->record, io->buffer, (uint64_t)io->block_count * PLAT_BLOCK_BYTES);
    }
    record_add(disk->record, event);
}

static uint64_t
request_due_ns(struct plat_disk *disk, enum sim_fault fault)
{
    uint64_t latency_ns = 1 + sim_random_below(&disk->random, disk->latency_ns_max);

    return sim_now_ns() + (fault == SIM_SLOW ? SLOW_FACTOR * latency_ns : latency_ns);
}

static void
request_start(struct plat_disk *disk, struct plat_io *io)
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
    disk->asked++;
    disk->writes += io->kind == PLAT_WRITE;
    disk->flushes += io->kind == PLAT_FLUSH;
    request = &disk->requests[disk->request_count++];
    *request = (struct request){ .io = io, .block = io->block };
    request->fault = fault_pick(disk, io->kind);
    if (disk->faults != NULL)
        request->chance = sim_fault_number(disk->faults, disk->asked);
    if (request->fault == SIM_WRITE_ELSEWHERE || request->fault == SIM_READ_ELSEWHERE)
        request->block = request->chance % (disk->block_count - io->block_count);
    if (request->fault == SIM_ROT)
        block_rot(disk, request->chance);
    if (io->kind != PLAT_READ && disk->record != NULL)
        request->number = disk->record->request_count++;
    request->due_ns = request_due_ns(disk, request->fault);
    request_note(disk, request);
    plat_switch_point();
}

void
plat_disk_submit(struct plat_disk *disk, struct plat_io *io)
{
    while (io != NULL) {
        struct plat_io *next = io->next;

        request_start(disk, io);
        io = next;
    }
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
    request_start(disk, io);
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
