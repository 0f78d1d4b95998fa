/*
 * acpi.c - the machine's switch, reset and power button, by the tables.
 *
 * All registers are made reachable in acpi_init(), so that power off and reset
 * work from anywhere, also from a panic: they need no memory and no lock.
 *
 * Source: ACPI Specification 6.4, 4.8.3 "PM1 Event/Control", 4.8.4.1 "Power
 * Button", 7.4 "\_Sx", 4.8.3.6 "Reset Register".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/acpi.h"

#include "arch/amd64/cpu.h"
#include "arch/amd64/port.h"
#include "irq/irq.h"
#include "mm/map.h"

#define LOG_MODULE "acpi"
#include "base/log.h"

#define PM1_SCI_ENABLED   (1u << 0) /* control */
#define PM1_POWER_BUTTON  (1u << 8) /* status and enable */
#define PM1_SLEEP_TYPE    10        /* control: three bits from here */
#define PM1_SLEEP_ENABLE  (1u << 13)
#define SLEEP_CONTROL(s5) ((uint8_t)((s5) << 2 | 1u << 5))

/* A register that can be used at once. */
struct reach {
    uint16_t port;         /* 0: none, or memory */
    volatile void *memory; /* NULL: none, or a port */
};

struct acpi_info acpi_info;

static struct {
    struct reach event_a, event_b, enable_a, enable_b, control_a, control_b, sleep, reset;
    void (*button)(void *);
    void *button_context;
} acpi;

static const void *
window(uint64_t address, size_t bytes)
{
    return device_map(address, bytes); /* NULL where no memory can be */
}

/* ---- registers ---- */

static struct reach
reach(const struct acpi_register *reg, unsigned offset)
{
    struct reach found = { 0 };

    if (reg->address == 0)
        return found;
    if (reg->space == ACPI_SPACE_PORT)
        found.port = (uint16_t)(reg->address + offset);
    else
        found.memory = (volatile void *)(uintptr_t)window(reg->address + offset, reg->bytes);
    return found;
}

static bool
is_there(const struct reach *to)
{
    return to->port || to->memory;
}

static uint16_t
read16(const struct reach *from)
{
    if (from->port)
        return port_in16(from->port);
    return from->memory ? *(volatile uint16_t *)from->memory : 0;
}

static void
write16(const struct reach *to, uint16_t value)
{
    if (to->port)
        port_out16(to->port, value);
    else if (to->memory)
        *(volatile uint16_t *)to->memory = value;
}

static void
write8(const struct reach *to, uint8_t value)
{
    if (to->port)
        port_out8(to->port, value);
    else if (to->memory)
        *(volatile uint8_t *)to->memory = value;
}

/* About `count` microseconds: one read of an old port takes that long. */
static void
delay_us(unsigned count)
{
    while (count-- > 0)
        (void)port_in8(0x80);
}

/* ---- starting ---- */

/* Until then the power button belongs to the firmware. */
static void
acpi_mode_enter(void)
{
    if (acpi_info.hardware_reduced || acpi_info.smi_command_port == 0 ||
        acpi_info.acpi_enable == 0 || !is_there(&acpi.control_a) ||
        read16(&acpi.control_a) & PM1_SCI_ENABLED)
        return;
    port_out8(acpi_info.smi_command_port, acpi_info.acpi_enable);
    for (unsigned i = 0; i < 3000; i++) {
        if (read16(&acpi.control_a) & PM1_SCI_ENABLED)
            return;
        delay_us(1000);
    }
    log_warn("the firmware does not give up the power management");
}

void
acpi_init(uint64_t rsdp)
{
    struct acpi_info *info = &acpi_info;

    if (rsdp == 0)
        rsdp = acpi_rsdp_find(window);
    if (rsdp == 0) {
        acpi_info_init(info);
        log_warn("there are no tables: one processor, and no power off");
        return;
    }
    IGNORE(acpi_tables_read(rsdp, window, info), "it has said so, and filled in a bare machine");
    acpi.event_a = reach(&info->pm1a_event, 0);
    acpi.event_b = reach(&info->pm1b_event, 0);
    acpi.enable_a = reach(&info->pm1a_event, info->pm1a_event.bytes);
    acpi.enable_b = reach(&info->pm1b_event, info->pm1b_event.bytes);
    acpi.control_a = reach(&info->pm1a_control, 0);
    acpi.control_b = reach(&info->pm1b_control, 0);
    acpi.sleep = reach(&info->sleep_control, 0);
    acpi.reset = reach(&info->reset, 0);
    acpi_mode_enter();
}

/* ---- the end ---- */

static void
sleep_enter(const struct reach *control, uint8_t type)
{
    uint16_t value = read16(control) & (uint16_t) ~(7u << PM1_SLEEP_TYPE | PM1_SLEEP_ENABLE);

    if (!is_there(control))
        return;
    value |= (uint16_t)(type << PM1_SLEEP_TYPE);
    write16(control, value);
    write16(control, value | PM1_SLEEP_ENABLE);
}

void
acpi_power_off(void)
{
    if (acpi_info.can_power_off) {
        write8(&acpi.sleep, SLEEP_CONTROL(acpi_info.s5_type_a));
        sleep_enter(&acpi.control_a, acpi_info.s5_type_a);
        sleep_enter(&acpi.control_b, acpi_info.s5_type_b);
        delay_us(1000000);
    }
}

void
acpi_reset(void)
{
    static const struct {
        uint16_t bytes;
        uint64_t base;
    } __attribute__((packed)) no_table = { 0 };

    (void)interrupts_save();
    write8(&acpi.reset, acpi_info.reset_value);
    delay_us(10000);
    for (unsigned i = 0; i < 1000 && port_in8(0x64) & 2; i++)
        delay_us(10);
    port_out8(0x64, 0xfe); /* the keyboard controller pulls the reset line */
    delay_us(10000);
    port_out8(0xcf9, 0x02); /* the chip set's own register */
    port_out8(0xcf9, 0x06);
    delay_us(10000);
    /* A fault that finds no way to be handled ends every processor. */
    __asm__ volatile("lidt %0; int3" : : "m"(no_table));
    cpu_stop();
}

/* ---- the power button ---- */

/* Nobody here serves general events, and one that firmware left on would hold the line for ever. */
static void
events_silence(const struct acpi_register *reg)
{
    for (unsigned i = 0; i < reg->bytes; i++) {
        struct reach enable = reach(reg, reg->bytes + i);

        write8(&enable, 0);
    }
}

static void
sci_interrupt(void *context)
{
    (void)context;
    if (!((read16(&acpi.event_a) | read16(&acpi.event_b)) & PM1_POWER_BUTTON))
        return;                               /* somebody else on the line */
    write16(&acpi.event_a, PM1_POWER_BUTTON); /* writing a one clears it */
    write16(&acpi.event_b, PM1_POWER_BUTTON);
    acpi.button(acpi.button_context);
}

err_t
acpi_power_button_attach(void (*button)(void *), void *context)
{
    if (!acpi_info.power_button || !is_there(&acpi.event_a))
        return ERR_UNSUPPORTED;
    acpi.button = button;
    acpi.button_context = context;
    write16(&acpi.event_a, PM1_POWER_BUTTON);
    write16(&acpi.event_b, PM1_POWER_BUTTON);
    write16(&acpi.enable_b, 0);
    write16(&acpi.enable_a, 0);
    events_silence(&acpi_info.gpe0);
    events_silence(&acpi_info.gpe1);
    TRY(irq_gsi_attach(acpi_info.sci_gsi, acpi_info.sci_level, acpi_info.sci_active_low,
                       sci_interrupt, NULL));
    write16(&acpi.enable_a, PM1_POWER_BUTTON);
    write16(&acpi.enable_b, PM1_POWER_BUTTON);
    return OK;
}
