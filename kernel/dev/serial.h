/*
 * serial.h - the first serial port (16550) as a stream of bytes in both
 * directions. Before serial_init() output is by polling; after it bytes go
 * through rings and interrupts, and polling is left to panics.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

/* Make the port ready for polled output. The first thing the kernel does. No port: all is dropped.
 */
void serial_init_early(void);

/*
 * Write by polling, now, with what lies in the output ring before it. For the
 * early log and for panics: any context, takes no lock that could be held by
 * the one who panicked. A port that takes nothing for a second is given up.
 */
void serial_write_polled(const void *bytes, size_t count);

/*
 * From now on by interrupts. Needs irq_isa_attach(), threads, clock.
 * Returns OK, ERR_UNSUPPORTED when there is no port, or what irq said; output is polled then.
 */
must_use err_t serial_init(void);

/*
 * Call `fn` in the interrupt when this byte comes in; it is not read then.
 * One byte at a time; NULL: none.
 */
void serial_watch(uint8_t byte, void (*fn)(void *), void *context);

/*
 * Write all bytes, in one piece between those of other threads. Sleeps until
 * the port has sent the last one. Thread context. Returns OK, ERR_IO without
 * a port, ERR_CANCELLED after serial_cancel().
 */
must_use err_t serial_write(const void *bytes, size_t count);

/* Put all bytes into the ring, and wait for room only. Thread context. */
void serial_log(const void *bytes, size_t count);

/*
 * Wait for input.
 *
 *   byte_count  filled on OK, at least 1
 *
 * Returns OK, ERR_IO without a port, ERR_CANCELLED after serial_cancel().
 */
must_use err_t serial_read(void *buffer, size_t byte_max, size_t *byte_count);

/* Make waiting and later serial_read() and serial_write() return ERR_CANCELLED. Logs still go. */
void serial_cancel(void);
