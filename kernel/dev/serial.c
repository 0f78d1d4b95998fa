/*
 * serial.c - the first two 16550 of the PC, on lines 4 and 3 of the ISA bus.
 *
 * Output: who puts bytes into the ring starts the transmitter; from then on its
 * interrupt refills it, up to a budget at a time, so that no interrupt takes
 * long. Input: an interrupt takes bytes while the ring has room; without room
 * it leaves them in the port, whose other side then has to wait.
 *
 * The line is edge triggered: a cause that is left pending would be the last
 * interrupt for ever. So each pass ends by taking the enable bits away and
 * giving them back, which makes an edge of whatever is still pending.
 *
 * Source: National Semiconductor PC16550D data sheet, 8.0 "Registers".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/serial.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "arch/amd64/port.h"
#include "irq/clock.h"
#include "irq/irq.h"
#include "sched/spin.h"
#include "sched/thread.h"

/* Registers, from the first port of each. */
#define DATA          0 /* with the divisor latch: low half */
#define ENABLE        1 /* with the divisor latch: high half */
#define IDENTITY      2 /* read; FIFO control when written */
#define LINE_CONTROL  3
#define MODEM         4
#define LINE_STATUS   5
#define MODEM_STATUS  6
#define SCRATCH       7

#define ENABLE_INPUT  1
#define ENABLE_OUTPUT 2
#define FIFO_RESET    7 /* on, both emptied, an interrupt for each byte */
#define LINE_8N1      3
#define LINE_DIVISOR  0x80 /* the latch */
#define MODEM_READY   0x0b /* DTR, RTS, and the gate of the interrupt line */
#define STATUS_INPUT  1
#define STATUS_EMPTY  0x20 /* the output FIFO */
#define STATUS_IDLE   0x40 /* and the shift register too */

#define FIFO_BYTES    16
#define PASS_BYTES    256 /* one interrupt sends or takes no more */
#define STUCK_READS   1000000
#define CANCELLED_NS  1000000000ull
#define IDLE_NS       1000000ull

struct serial {
    uint16_t base; /* its first port */
    unsigned isa_line;

    struct spin lock; /* guards the rings and the enable bits */
    bool present;
    bool running; /* by interrupts */
    bool stuck;   /* polling gave up once */
    uint8_t enabled;
    uint8_t watched;
    void (*watcher)(void *);
    void *watcher_context;

    uint8_t out[SERIAL_OUT_BYTES];
    uint64_t out_put, out_sent; /* bytes so far */
    _Atomic uint32_t out_event; /* counts when bytes were sent; writers wait on it */
    uint8_t in[SERIAL_IN_BYTES];
    uint64_t in_put, in_taken;
    _Atomic uint32_t in_event;
    _Atomic bool cancelled;
};

struct serial serial_console = { .base = 0x3f8, .isa_line = 4 };
struct serial serial_control = { .base = 0x2f8, .isa_line = 3 };

static uint8_t
reg_read(const struct serial *serial, unsigned reg)
{
    return port_in8((uint16_t)(serial->base + reg));
}

static void
reg_write(const struct serial *serial, unsigned reg, uint8_t value)
{
    port_out8((uint16_t)(serial->base + reg), value);
}

/* ---- by polling ---- */

void
serial_init_early(struct serial *serial)
{
    reg_write(serial, SCRATCH, 0x5a);
    if (reg_read(serial, SCRATCH) != 0x5a || reg_read(serial, LINE_STATUS) == 0xff)
        return;
    reg_write(serial, ENABLE, 0);
    reg_write(serial, LINE_CONTROL, LINE_DIVISOR);
    reg_write(serial, DATA, 1); /* 115200 */
    reg_write(serial, ENABLE, 0);
    reg_write(serial, LINE_CONTROL, LINE_8N1);
    reg_write(serial, IDENTITY, FIFO_RESET);
    reg_write(serial, MODEM, MODEM_READY);
    serial->present = true;
}

static void
poll_byte(struct serial *serial, uint8_t byte)
{
    unsigned reads = 0;

    if (!serial->present)
        return;
    while (!(reg_read(serial, LINE_STATUS) & STATUS_EMPTY)) {
        if (serial->stuck || ++reads == STUCK_READS) {
            serial->stuck = true;
            return;
        }
    }
    serial->stuck = false;
    reg_write(serial, DATA, byte);
}

static void
poll_ring(struct serial *serial)
{
    while (serial->out_sent < serial->out_put && !serial->stuck)
        poll_byte(serial, serial->out[serial->out_sent++ % SERIAL_OUT_BYTES]);
}

/* Until the last bit has left. */
static void
poll_idle(struct serial *serial)
{
    for (unsigned i = 0; serial->present && !serial->stuck && i < STUCK_READS; i++) {
        if (reg_read(serial, LINE_STATUS) & STATUS_IDLE)
            break;
    }
}

void
serial_write_polled(struct serial *serial, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;

    poll_ring(serial);
    for (size_t i = 0; i < count; i++) {
        if (from[i] == '\n')
            poll_byte(serial, '\r');
        poll_byte(serial, from[i]);
    }
    poll_idle(serial);
}

/* ---- by interrupts ---- */

static void
enable_set(struct serial *serial, uint8_t bits)
{
    serial->enabled = bits;
    reg_write(serial, ENABLE, bits);
}

/* Send what the port takes now; have it ask for more. With the lock held. */
static void
output_pump(struct serial *serial)
{
    uint64_t before = serial->out_sent;

    while (serial->out_sent < serial->out_put && serial->out_sent - before < PASS_BYTES &&
           reg_read(serial, LINE_STATUS) & STATUS_EMPTY) {
        for (unsigned i = 0; i < FIFO_BYTES && serial->out_sent < serial->out_put; i++)
            reg_write(serial, DATA, serial->out[serial->out_sent++ % SERIAL_OUT_BYTES]);
    }
    if (serial->out_sent < serial->out_put)
        serial->enabled |= ENABLE_OUTPUT;
    else
        serial->enabled &= (uint8_t)~ENABLE_OUTPUT;
    if (serial->out_sent != before)
        atomic_fetch_add_explicit(&serial->out_event, 1, memory_order_release);
}

/* Take what has come; with the lock held. True if it was the byte that somebody watches for. */
static bool
input_take(struct serial *serial)
{
    bool watched = false;
    uint64_t before = serial->in_put;

    for (unsigned i = 0; i < PASS_BYTES && serial->in_put - serial->in_taken < SERIAL_IN_BYTES &&
                         reg_read(serial, LINE_STATUS) & STATUS_INPUT;
         i++) {
        uint8_t byte = reg_read(serial, DATA);

        if (serial->watcher && byte == serial->watched)
            watched = true;
        else
            serial->in[serial->in_put++ % SERIAL_IN_BYTES] = byte;
    }
    if (serial->in_put - serial->in_taken < SERIAL_IN_BYTES)
        serial->enabled |= ENABLE_INPUT;
    else
        serial->enabled &= (uint8_t)~ENABLE_INPUT;
    if (serial->in_put != before)
        atomic_fetch_add_explicit(&serial->in_event, 1, memory_order_release);
    return watched;
}

static void
interrupt(void *context)
{
    struct serial *serial = context;
    uint64_t flags = spin_lock(&serial->lock);
    uint32_t out_seen = atomic_load_explicit(&serial->out_event, memory_order_relaxed);
    uint32_t in_seen = atomic_load_explicit(&serial->in_event, memory_order_relaxed);
    bool watched, sent, came;

    (void)reg_read(serial, IDENTITY);
    (void)reg_read(serial, MODEM_STATUS);
    watched = input_take(serial);
    output_pump(serial);
    reg_write(serial, ENABLE, 0);
    reg_write(serial, ENABLE, serial->enabled);
    sent = atomic_load_explicit(&serial->out_event, memory_order_relaxed) != out_seen;
    came = atomic_load_explicit(&serial->in_event, memory_order_relaxed) != in_seen;
    spin_unlock(&serial->lock, flags);
    if (sent)
        (void)kthread_wake(&serial->out_event, UINT32_MAX);
    if (came)
        (void)kthread_wake(&serial->in_event, UINT32_MAX);
    if (watched)
        serial->watcher(serial->watcher_context);
}

err_t
serial_init(struct serial *serial)
{
    uint64_t flags;

    if (!serial->present)
        return ERR_UNSUPPORTED;
    TRY(irq_isa_attach(serial->isa_line, interrupt, serial));
    flags = spin_lock(&serial->lock);
    serial->running = true;
    enable_set(serial, ENABLE_INPUT);
    spin_unlock(&serial->lock, flags);
    return OK;
}

void
serial_watch(struct serial *serial, uint8_t byte, void (*fn)(void *), void *context)
{
    uint64_t flags = spin_lock(&serial->lock);

    serial->watched = byte;
    serial->watcher = fn;
    serial->watcher_context = context;
    spin_unlock(&serial->lock, flags);
}

/* ---- output ---- */

void
serial_drain(struct serial *serial)
{
    uint64_t flags = spin_lock(&serial->lock);

    poll_ring(serial);
    poll_idle(serial);
    spin_unlock(&serial->lock, flags);
}

size_t
serial_room(struct serial *serial)
{
    uint64_t flags = spin_lock(&serial->lock);
    size_t room = SERIAL_OUT_BYTES - (size_t)(serial->out_put - serial->out_sent);

    spin_unlock(&serial->lock, flags);
    return room;
}

void
serial_put(struct serial *serial, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    uint64_t flags;

    if (count == 0)
        return;
    if (!serial->running) {
        for (size_t i = 0; i < count; i++)
            poll_byte(serial, from[i]);
        return;
    }
    flags = spin_lock(&serial->lock);
    for (size_t i = 0; i < count && serial->out_put - serial->out_sent < SERIAL_OUT_BYTES; i++)
        serial->out[serial->out_put++ % SERIAL_OUT_BYTES] = from[i];
    output_pump(serial);
    enable_set(serial, serial->enabled);
    spin_unlock(&serial->lock, flags);
    (void)kthread_wake(&serial->out_event, UINT32_MAX);
}

uint64_t
serial_position(struct serial *serial)
{
    uint64_t flags = spin_lock(&serial->lock);
    uint64_t position = serial->out_put;

    spin_unlock(&serial->lock, flags);
    return position;
}

static uint64_t
sent_position(struct serial *serial)
{
    uint64_t flags = spin_lock(&serial->lock);
    uint64_t position = serial->out_sent;

    spin_unlock(&serial->lock, flags);
    return position;
}

void
serial_wait_room(struct serial *serial, size_t count, uint64_t deadline_ns)
{
    uint32_t seen = atomic_load_explicit(&serial->out_event, memory_order_acquire);
    uint64_t soon = clock_ns() + CANCELLED_NS;

    if (atomic_load(&serial->cancelled) && deadline_ns > soon)
        deadline_ns = soon;
    if (serial->running && serial_room(serial) < count)
        kthread_wait(&serial->out_event, seen, deadline_ns);
}

err_t
serial_wait_sent(struct serial *serial, uint64_t position)
{
    if (!serial->present)
        return ERR_IO;
    for (;;) {
        uint32_t seen = atomic_load_explicit(&serial->out_event, memory_order_acquire);
        uint64_t deadline = KTHREAD_NO_DEADLINE;

        if (atomic_load(&serial->cancelled))
            return ERR_CANCELLED;
        if (sent_position(serial) >= position) {
            /* The last byte may still be on its way, and its end raises no interrupt. */
            if (reg_read(serial, LINE_STATUS) & STATUS_IDLE || sent_position(serial) > position)
                return OK;
            deadline = clock_ns() + IDLE_NS;
        }
        kthread_wait(&serial->out_event, seen, deadline);
    }
}

/* ---- input ---- */

static size_t
input_copy(struct serial *serial, uint8_t *buffer, size_t byte_max)
{
    uint64_t flags = spin_lock(&serial->lock);
    size_t count = 0;

    while (count < byte_max && serial->in_taken < serial->in_put)
        buffer[count++] = serial->in[serial->in_taken++ % SERIAL_IN_BYTES];
    if (count > 0 && !(serial->enabled & ENABLE_INPUT))
        enable_set(serial,
                   serial->enabled | ENABLE_INPUT); /* what waits in the port interrupts at once */
    spin_unlock(&serial->lock, flags);
    return count;
}

err_t
serial_read(struct serial *serial, void *buffer, size_t byte_max, size_t *byte_count)
{
    if (!serial->running)
        return ERR_IO;
    for (;;) {
        uint32_t seen = atomic_load_explicit(&serial->in_event, memory_order_acquire);
        size_t count;

        if (atomic_load(&serial->cancelled))
            return ERR_CANCELLED;
        count = input_copy(serial, buffer, byte_max);
        if (count > 0) {
            *byte_count = count;
            return OK;
        }
        kthread_wait(&serial->in_event, seen, KTHREAD_NO_DEADLINE);
    }
}

void
serial_cancel(struct serial *serial)
{
    atomic_store(&serial->cancelled, true);
    atomic_fetch_add(&serial->out_event, 1);
    atomic_fetch_add(&serial->in_event, 1);
    (void)kthread_wake(&serial->out_event, UINT32_MAX);
    (void)kthread_wake(&serial->in_event, UINT32_MAX);
}
