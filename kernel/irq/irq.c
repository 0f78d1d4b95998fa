/*
 * irq.c - vectors, the I/O APICs, and who is called.
 *
 * A vector belongs to one message or one pin for ever; nothing is ever detached.
 * So dispatch needs no lock: a function is filled in before it is published.
 * All devices interrupt the first processor; what they wake runs anywhere.
 *
 * Source: Intel 82093AA I/O APIC data sheet, chapter 3; Intel SDM volume 3, 10.11
 * "Message Signalled Interrupts"; Intel 8259A data sheet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "irq/irq.h"

#include <stdatomic.h>
#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "arch/amd64/port.h"
#include "arch/amd64/trap.h"
#include "base/assert.h"
#include "base/log.h"
#include "dev/acpi.h"
#include "irq/apic.h"
#include "irq/dispatch.h"
#include "mm/map.h"
#include "sched/spin.h"

#define VECTORS          (TRAP_IRQ_LAST - TRAP_IRQ_FIRST + 1)
#define FUNCTIONS_MAX    4 /* that share a pin */
#define NO_GSI           UINT32_MAX
#define MESSAGE_ADDRESS  0xfee00000ull
#define PIC1             0x20
#define PIC2             0xa0
#define PIC_VECTOR       0x20u /* below TRAP_IRQ_FIRST: what it still says means nothing */

#define IO_APIC_BYTES    4096u
#define IO_APIC_VERSION  1u
#define IO_APIC_ENTRY    0x10u
#define ENTRY_ACTIVE_LOW 0x2000u
#define ENTRY_LEVEL      0x8000u
#define ENTRY_MASKED     0x10000u

struct irq_function {
    irq_fn *fn;
    void *context;
};

/* What a vector means. */
struct irq_vector {
    uint32_t gsi;           /* NO_GSI: a message */
    _Atomic unsigned count; /* functions that may be called; stored last */
    struct irq_function functions[FUNCTIONS_MAX];
};

struct io_apic {
    volatile uint32_t *registers; /* NULL: could not be mapped */
    uint32_t gsi_base;
    uint32_t pins;
};

static struct spin irq_lock = SPIN_INIT; /* guards what follows, but for dispatch */
static struct irq_vector vectors[VECTORS];
static unsigned vectors_used;
static struct io_apic io_apics[ACPI_IO_APICS_MAX];

static uint32_t
io_apic_read(const struct io_apic *io_apic, uint32_t number)
{
    io_apic->registers[0] = number;
    return io_apic->registers[4];
}

static void
io_apic_write(const struct io_apic *io_apic, uint32_t number, uint32_t value)
{
    io_apic->registers[0] = number;
    io_apic->registers[4] = value;
}

static void
io_apic_init(struct io_apic *io_apic, const struct acpi_io_apic *info)
{
    io_apic->registers = device_map(info->address, IO_APIC_BYTES);
    if (io_apic->registers == NULL)
        return;
    io_apic->gsi_base = info->gsi_base;
    io_apic->pins = (io_apic_read(io_apic, IO_APIC_VERSION) >> 16 & 0xff) + 1;
    for (uint32_t pin = 0; pin < io_apic->pins; pin++)
        io_apic_write(io_apic, IO_APIC_ENTRY + pin * 2, ENTRY_MASKED);
}

/* Move the old controllers away from the exceptions and mask all they have. */
static void
pics_silence(void)
{
    port_out8(PIC1, 0x11);
    port_out8(PIC2, 0x11);
    port_out8(PIC1 + 1, PIC_VECTOR);
    port_out8(PIC2 + 1, PIC_VECTOR + 8);
    port_out8(PIC1 + 1, 4);
    port_out8(PIC2 + 1, 2);
    port_out8(PIC1 + 1, 1);
    port_out8(PIC2 + 1, 1);
    port_out8(PIC1 + 1, 0xff);
    port_out8(PIC2 + 1, 0xff);
}

void
irq_init(void)
{
    pics_silence();
    apic_init_local(cpu_get(0));
    for (unsigned i = 0; i < acpi_info.io_apic_count; i++)
        io_apic_init(&io_apics[i], &acpi_info.io_apics[i]);
}

static struct io_apic *
io_apic_of(uint32_t gsi)
{
    for (unsigned i = 0; i < ACPI_IO_APICS_MAX; i++)
        if (io_apics[i].registers != NULL && gsi >= io_apics[i].gsi_base &&
            gsi - io_apics[i].gsi_base < io_apics[i].pins)
            return &io_apics[i];
    return NULL;
}

/* The vector of this pin, or a new one; NULL when there is none left. */
static struct irq_vector *
vector_for_locked(uint32_t gsi)
{
    struct irq_vector *vector;

    for (unsigned i = 0; gsi != NO_GSI && i < vectors_used; i++)
        if (vectors[i].gsi == gsi)
            return &vectors[i];
    if (vectors_used == VECTORS)
        return NULL;
    vector = &vectors[vectors_used++];
    vector->gsi = gsi;
    return vector;
}

static err_t
attach_locked(uint32_t gsi, irq_fn *fn, void *context, unsigned *number)
{
    struct irq_vector *vector = vector_for_locked(gsi);
    unsigned count;

    if (vector == NULL)
        return ERR_NOSPACE;
    count = atomic_load_explicit(&vector->count, memory_order_relaxed);
    if (count == FUNCTIONS_MAX)
        return ERR_NOSPACE;
    vector->functions[count] = (struct irq_function){ .fn = fn, .context = context };
    /* Pairs with irq_dispatch(): whoever sees the count sees the function. */
    atomic_store_explicit(&vector->count, count + 1, memory_order_release);
    *number = TRAP_IRQ_FIRST + (unsigned)(vector - vectors);
    return OK;
}

err_t
irq_msi_attach(irq_fn *fn, void *context, uint64_t *address, uint32_t *data)
{
    uint64_t flags = spin_lock(&irq_lock);
    unsigned number;
    err_t err = attach_locked(NO_GSI, fn, context, &number);

    spin_unlock(&irq_lock, flags);
    if (err != OK)
        return err;
    *address = MESSAGE_ADDRESS | (uint64_t)(cpu_get(0)->apic_id & 0xff) << 12;
    *data = number;
    return OK;
}

err_t
irq_gsi_attach(unsigned gsi, bool level, bool active_low, irq_fn *fn, void *context)
{
    struct io_apic *io_apic = io_apic_of(gsi);
    uint64_t flags;
    unsigned number;
    err_t err;

    if (io_apic == NULL)
        return ERR_NOT_FOUND;
    flags = spin_lock(&irq_lock);
    err = attach_locked(gsi, fn, context, &number);
    if (err == OK) {
        uint32_t entry = IO_APIC_ENTRY + (gsi - io_apic->gsi_base) * 2;

        io_apic_write(io_apic, entry, ENTRY_MASKED);
        io_apic_write(io_apic, entry + 1, cpu_get(0)->apic_id << 24);
        io_apic_write(io_apic, entry,
                      number | (level ? ENTRY_LEVEL : 0) | (active_low ? ENTRY_ACTIVE_LOW : 0));
    }
    spin_unlock(&irq_lock, flags);
    return err;
}

err_t
irq_isa_attach(unsigned isa_line, irq_fn *fn, void *context)
{
    const struct acpi_isa_line *line;

    if (isa_line >= ACPI_ISA_LINES)
        return ERR_NOT_FOUND;
    line = &acpi_info.isa_lines[isa_line];
    return irq_gsi_attach(line->gsi, line->level, line->active_low, fn, context);
}

void
irq_dispatch(unsigned vector)
{
    const struct irq_vector *attached;
    unsigned count;

    if (vector < TRAP_IRQ_FIRST || vector > TRAP_IRQ_LAST)
        return;
    attached = &vectors[vector - TRAP_IRQ_FIRST];
    count = atomic_load_explicit(&attached->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        attached->functions[i].fn(attached->functions[i].context);
}
