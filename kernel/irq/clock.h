/*
 * clock.h - time: the processor's time stamp counter, measured once against
 * a clock whose frequency is known, and the wall clock of the RTC.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* Measure the counter and read the RTC. Needs acpi and irq; takes about 10 ms. */
void clock_init(void);

/* Nanoseconds since clock_init(); never goes back, on any processor. In interrupts too. */
uint64_t clock_ns(void);

/* Nanoseconds since 1970-01-01 UTC: the RTC at clock_init(), and clock_ns() since. */
uint64_t clock_wall_ns(void);

/* Wait without sleeping; for bring-up and drivers' first steps. */
void clock_spin_ns(uint64_t ns);

/*
 * Compare the counter of this processor with those that call this at the same
 * time; if they differ, clock_ns() takes the slower and safe way from now on.
 */
void clock_check(void);
