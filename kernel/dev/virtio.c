/*
 * virtio.c - bringing a virtio device to the point where its queues work.
 *
 * The device's capabilities name places in its regions; each must lie inside
 * its region and be as long as what is read there, or the device is refused.
 *
 * Source: VIRTIO 1.1, 3.1.1 "Driver Requirements: Device Initialization", 4.1.4
 * "Virtio Structure PCI Capabilities", 4.1.5.1 "Device Initialization".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/virtio.h"

#include "arch/amd64/cpu.h"
#include "base/memory.h"
#include "irq/clock.h"
#include "mm/frame.h"

#define LOG_MODULE "virtio"
#include "base/log.h"

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER      2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64
#define STATUS_FAILED      128

/* Capabilities of the vendor: what they are about, and where the rest of them stands. */
#define CAPABILITY_COMMON 1
#define CAPABILITY_NOTIFY 2
#define CAPABILITY_CONFIG 4
#define CAPABILITY_TYPE   3
#define CAPABILITY_BAR    4
#define CAPABILITY_OFFSET 8
#define CAPABILITY_LENGTH 12
#define CAPABILITY_FACTOR 16

/* The common configuration. */
#define COMMON_DEVICE_FEATURE_SELECT 0
#define COMMON_DEVICE_FEATURE        4
#define COMMON_DRIVER_FEATURE_SELECT 8
#define COMMON_DRIVER_FEATURE        12
#define COMMON_CONFIG_VECTOR         16
#define COMMON_QUEUES                18
#define COMMON_STATUS                20
#define COMMON_GENERATION            21
#define COMMON_QUEUE_SELECT          22
#define COMMON_QUEUE_SIZE            24
#define COMMON_QUEUE_VECTOR          26
#define COMMON_QUEUE_ENABLE          28
#define COMMON_QUEUE_NOTIFY          30
#define COMMON_QUEUE_DESCRIPTORS     32
#define COMMON_QUEUE_AVAILABLE       40
#define COMMON_QUEUE_USED            48
#define COMMON_BYTES                 56

#define NO_VECTOR                    UINT16_MAX
#define RESET_WAIT_NS                100000000ull

/* ---- registers ---- */

static uint8_t
common8(const struct virtio_device *device, unsigned offset)
{
    return device->common[offset];
}

static uint16_t
common16(const struct virtio_device *device, unsigned offset)
{
    return *(volatile uint16_t *)(device->common + offset);
}

static uint32_t
common32(const struct virtio_device *device, unsigned offset)
{
    return *(volatile uint32_t *)(device->common + offset);
}

static void
common_put8(const struct virtio_device *device, unsigned offset, uint8_t value)
{
    device->common[offset] = value;
}

static void
common_put16(const struct virtio_device *device, unsigned offset, uint16_t value)
{
    *(volatile uint16_t *)(device->common + offset) = value;
}

static void
common_put32(const struct virtio_device *device, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(device->common + offset) = value;
}

static void
common_put64(const struct virtio_device *device, unsigned offset, uint64_t value)
{
    common_put32(device, offset, (uint32_t)value);
    common_put32(device, offset + 4, (uint32_t)(value >> 32));
}

static void
status_add(const struct virtio_device *device, uint8_t bits)
{
    common_put8(device, COMMON_STATUS, common8(device, COMMON_STATUS) | bits);
}

/* Put the device back to its beginning. False if it does not go there. */
static bool
reset(const struct virtio_device *device)
{
    uint64_t end = clock_ns() + RESET_WAIT_NS;

    common_put8(device, COMMON_STATUS, 0);
    while (common8(device, COMMON_STATUS) != 0) {
        if (clock_ns() > end)
            return false;
        if (!interrupts_enabled())
            cpu_answer();
        cpu_pause();
    }
    return true;
}

/* ---- opening ---- */

/* Look at one capability; keep what it leads to. False, after saying why, if it leads nowhere. */
static bool
capability_read(struct virtio_device *device, unsigned at)
{
    const struct pci_device *pci = device->pci;
    unsigned type = pci_read8(pci, at + CAPABILITY_TYPE);
    unsigned bar = pci_read8(pci, at + CAPABILITY_BAR);
    uint64_t offset = pci_read32(pci, at + CAPABILITY_OFFSET);
    uint64_t bytes = pci_read32(pci, at + CAPABILITY_LENGTH);

    if (type == CAPABILITY_COMMON && !device->common && bytes >= COMMON_BYTES) {
        device->common = pci_bar_map(pci, bar, offset, bytes);
        return device->common;
    }
    if (type == CAPABILITY_NOTIFY && !device->notify) {
        device->notify = pci_bar_map(pci, bar, offset, bytes);
        device->notify_bytes = bytes;
        device->notify_multiplier = pci_read32(pci, at + CAPABILITY_FACTOR);
        return device->notify;
    }
    if (type == CAPABILITY_CONFIG && !device->config) {
        device->config = pci_bar_map(pci, bar, offset, bytes);
        device->config_bytes = bytes;
        return device->config;
    }
    return true;
}

static err_t
capabilities_read(struct virtio_device *device)
{
    unsigned at = 0;

    for (unsigned i = 0; i < PCI_CAPABILITIES_MAX; i++) {
        at = pci_capability_find(device->pci, PCI_CAPABILITY_VENDOR, at);
        if (at == 0)
            break;
        if (!capability_read(device, at))
            return ERR_UNSUPPORTED;
    }
    if (device->common && device->notify)
        return OK;
    log_warn("%s: is a virtio device of the old kind, without modern registers", device->pci->name);
    return ERR_UNSUPPORTED;
}

static err_t
features_agree(struct virtio_device *device, uint64_t wanted)
{
    uint64_t offered;

    common_put32(device, COMMON_DEVICE_FEATURE_SELECT, 0);
    offered = common32(device, COMMON_DEVICE_FEATURE);
    common_put32(device, COMMON_DEVICE_FEATURE_SELECT, 1);
    offered |= (uint64_t)common32(device, COMMON_DEVICE_FEATURE) << 32;
    wanted |= VIRTIO_VERSION_1 | VIRTIO_RING_EVENT | VIRTIO_RING_INDIRECT | VIRTIO_ACCESS_PLATFORM;
    device->features = offered & wanted;
    if (!(offered & VIRTIO_VERSION_1)) {
        log_warn("%s: is a virtio device of the old kind", device->pci->name);
        return ERR_UNSUPPORTED;
    }
    common_put32(device, COMMON_DRIVER_FEATURE_SELECT, 0);
    common_put32(device, COMMON_DRIVER_FEATURE, (uint32_t)device->features);
    common_put32(device, COMMON_DRIVER_FEATURE_SELECT, 1);
    common_put32(device, COMMON_DRIVER_FEATURE, (uint32_t)(device->features >> 32));
    status_add(device, STATUS_FEATURES_OK);
    if (common8(device, COMMON_STATUS) & STATUS_FEATURES_OK)
        return OK;
    log_warn("%s: does not agree on the features %#" PRIx64, device->pci->name, device->features);
    return ERR_UNSUPPORTED;
}

err_t
virtio_open(struct virtio_device *device, struct pci_device *pci, uint64_t wanted)
{
    err_t err;

    memset(device, 0, sizeof(*device));
    device->pci = pci;
    pci_enable(pci);
    TRY(capabilities_read(device));
    if (!reset(device)) {
        log_warn("%s: does not come back from a reset", pci->name);
        return ERR_IO;
    }
    status_add(device, STATUS_ACKNOWLEDGE);
    status_add(device, STATUS_DRIVER);
    err = features_agree(device, wanted);
    if (err == OK)
        err = pci_msix_enable(pci);
    if (err != OK) {
        status_add(device, STATUS_FAILED);
        return err;
    }
    common_put16(device, COMMON_CONFIG_VECTOR, NO_VECTOR);
    return OK;
}

/* ---- queues ---- */

/* Tie a function to the next vector, and the device to it by a register. */
static err_t
vector_attach(struct virtio_device *device, unsigned reg, irq_fn *fn, void *context)
{
    unsigned vector = device->vector_next;

    TRY(pci_msix_attach(device->pci, vector, fn, context));
    device->vector_next++;
    common_put16(device, reg, (uint16_t)vector);
    return common16(device, reg) == vector ? OK : ERR_UNSUPPORTED; /* it could not remember it */
}

/* Where to write to wake the device; NULL when it points outside its own region. */
static volatile uint16_t *
doorbell_of(const struct virtio_device *device)
{
    uint64_t offset = (uint64_t)common16(device, COMMON_QUEUE_NOTIFY) * device->notify_multiplier;

    if (offset + sizeof(uint16_t) > device->notify_bytes || offset % sizeof(uint16_t) != 0)
        return NULL;
    return (volatile uint16_t *)(device->notify + offset);
}

static size_t
frames_of(size_t bytes)
{
    return (bytes + FRAME_BYTES - 1) / FRAME_BYTES;
}

static size_t
ring_bytes(const struct virtio_queue *queue)
{
    return vring_bytes(queue->ring.size, queue->ring.tables);
}

static err_t
ring_open(struct virtio_queue *queue, unsigned size)
{
    struct vring_options options = {
        .size = size,
        .events = queue->device->features & VIRTIO_RING_EVENT,
        .indirect = queue->device->features & VIRTIO_RING_INDIRECT,
    };
    size_t frames = frames_of(vring_bytes(size, options.indirect));

    options.address = frame_alloc_run(frames);
    if (options.address == 0)
        return ERR_NOMEM;
    options.memory = frame_bytes(options.address);
    memset(options.memory, 0, frames * FRAME_BYTES);
    vring_init(&queue->ring, &options);
    common_put16(queue->device, COMMON_QUEUE_SIZE, (uint16_t)size);
    common_put64(queue->device, COMMON_QUEUE_DESCRIPTORS, options.address);
    common_put64(queue->device, COMMON_QUEUE_AVAILABLE,
                 options.address + vring_available_offset(size));
    common_put64(queue->device, COMMON_QUEUE_USED, options.address + vring_used_offset(size));
    return OK;
}

err_t
virtio_queue_open(struct virtio_queue *queue, struct virtio_device *device, unsigned index,
                  unsigned size_max, irq_fn *interrupt, void *context)
{
    unsigned size;
    err_t err;

    memset(queue, 0, sizeof(*queue));
    queue->device = device;
    queue->index = index;
    common_put16(device, COMMON_QUEUE_SELECT, (uint16_t)index);
    size = index < common16(device, COMMON_QUEUES) ? common16(device, COMMON_QUEUE_SIZE) : 0;
    queue->doorbell = doorbell_of(device);
    if (size == 0 || (size & (size - 1)) || !queue->doorbell) {
        log_warn("%s: its queue %u of %u requests cannot be used", device->pci->name, index, size);
        return ERR_UNSUPPORTED;
    }
    if (size > size_max)
        size = size_max;
    err = ring_open(queue, size);
    if (err == OK)
        err = vector_attach(device, COMMON_QUEUE_VECTOR, interrupt, context);
    if (err != OK) {
        log_warn("%s: its queue %u gets no memory or no interrupt: %s", device->pci->name, index,
                 err_text(err));
        virtio_queue_close(queue);
        return err;
    }
    common_put16(device, COMMON_QUEUE_ENABLE, 1);
    return OK;
}

void
virtio_queue_close(struct virtio_queue *queue)
{
    if (queue->ring.size)
        frame_free_run(frame_of(queue->ring.descriptors), frames_of(ring_bytes(queue)));
    memset(queue, 0, sizeof(*queue));
}

/* ---- running ---- */

void
virtio_config_watch(struct virtio_device *device, irq_fn *changed, void *context)
{
    IGNORE(vector_attach(device, COMMON_CONFIG_VECTOR, changed, context),
           "then it is not heard of: the size stays what it was");
}

void
virtio_ready(struct virtio_device *device)
{
    status_add(device, STATUS_DRIVER_OK);
}

bool
virtio_needs_reset(const struct virtio_device *device)
{
    return common8(device, COMMON_STATUS) & STATUS_NEEDS_RESET;
}

void
virtio_fail(struct virtio_device *device)
{
    (void)reset(device);
    pci_disable(device->pci); /* so that it reaches no memory even if it took no notice */
}

uint64_t
virtio_config_read(const struct virtio_device *device, unsigned offset, unsigned bytes)
{
    volatile uint8_t *at = device->config + offset;

    if (!device->config || offset + bytes > device->config_bytes)
        return 0;
    switch (bytes) {
    case 1:
        return *at;
    case 2:
        return *(volatile uint16_t *)at;
    case 4:
        return *(volatile uint32_t *)at;
    default:
        return *(volatile uint32_t *)at | (uint64_t)((volatile uint32_t *)at)[1] << 32;
    }
}

uint8_t
virtio_config_generation(const struct virtio_device *device)
{
    return common8(device, COMMON_GENERATION);
}
