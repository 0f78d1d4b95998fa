/*
 * rtc.h - the clock that runs while the machine is off (MC146818).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The clock's registers, as they were read in one second. */
struct rtc_registers {
    uint8_t second, minute, hour, day, month, year;
    uint8_t century; /* 0 when the machine has none */
    uint8_t status_b;
};

/*
 * Seconds since 1970-01-01 of registers that hold UTC.
 *
 *   seconds  filled if true is returned
 *
 * False when they make no date. Source: MC146818A data sheet, "Time, Calendar
 * and Alarm".
 */
bool rtc_decode(const struct rtc_registers *registers, uint64_t *seconds);

/*
 * Read the clock: seconds since 1970-01-01 UTC, or 0 when it makes no sense
 * (after saying so). Takes up to a second on a clock that never settles. Any
 * context; needs acpi_init() for the century.
 */
uint64_t rtc_read(void);
