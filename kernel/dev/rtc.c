/*
 * rtc.c - reading the clock of the old PC.
 *
 * It cannot be read while it counts on, so it is read until two readings in a
 * row are the same. What they mean is a matter of rtc_date.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "dev/rtc.h"

#include "arch/amd64/port.h"
#include "base/memory.h"
#include "dev/acpi.h"

#define LOG_MODULE "rtc"
#include "base/log.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71
#define UPDATING   0x80 /* status A */
#define TRIES      100000

static uint8_t
cmos_read(uint8_t index)
{
    port_out8(PORT_INDEX, index);
    return port_in8(PORT_DATA);
}

static struct rtc_registers
registers_read(void)
{
    uint8_t century = acpi_info.century_index;

    return (struct rtc_registers){
        .second = cmos_read(0),
        .minute = cmos_read(2),
        .hour = cmos_read(4),
        .day = cmos_read(7),
        .month = cmos_read(8),
        .year = cmos_read(9),
        .century = century ? cmos_read(century) : 0,
        .status_b = cmos_read(11),
    };
}

uint64_t
rtc_read(void)
{
    struct rtc_registers before, now = { 0 };
    uint64_t seconds = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        before = now;
        if (cmos_read(10) & UPDATING)
            continue;
        now = registers_read();
        if (i > 0 && memcmp(&before, &now, sizeof(now)) == 0 && rtc_decode(&now, &seconds))
            return seconds;
    }
    log_warn("the clock of the machine gives no date; it is 1970 until somebody knows better");
    return 0;
}
