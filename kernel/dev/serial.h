/*
 * serial.h - the serial ports (16550), each a stream of bytes in both
 * directions. Before serial_init() output is by polling; after it bytes go
 * through rings and interrupts, and polling is left to the last words.
 *
 * Who writes lines for people uses console/console.h, which stands on this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

#define SERIAL_OUT_BYTES 16384 /* of the output ring; a power of two */
#define SERIAL_IN_BYTES  4096

struct serial;

/* The first port: the console of the machine and of its program. */
extern struct serial serial_console;

/* The second: questions, and their answers. */
extern struct serial serial_control;

/*
 * Make the port ready for polled output; with the console's the kernel begins. No port: all is
 * dropped.
 */
void serial_init_early(struct serial *serial);

/*
 * Write by polling, now, after what still lies in the output ring. A newline
 * becomes carriage return and newline. For the early log, panics and last words:
 * any context, takes no lock. A port that takes nothing for a second is given up.
 */
void serial_write_polled(struct serial *serial, const void *bytes, size_t count);

/*
 * Send by polling all that lies in the output ring, so that it leaves before the
 * machine does. Not where a lock of the port may be held: not in a panic.
 */
void serial_drain(struct serial *serial);

/*
 * From now on by interrupts. Needs irq_isa_attach(), threads and the clock.
 * Returns OK, ERR_UNSUPPORTED when there is no port, or what irq said; output
 * is polled then, and there is no input.
 */
must_use err_t serial_init(struct serial *serial);

/*
 * Call `fn` in the interrupt when this byte comes in; it is not read then.
 * One byte at a time; NULL: none. Before serial_init().
 */
void serial_watch(struct serial *serial, uint8_t byte, void (*fn)(void *), void *context);

/* How many bytes the output ring has room for. Any context. */
size_t serial_room(struct serial *serial);

/*
 * Append to the output ring, as they are, bytes that there is room for; by
 * polling before serial_init(). Any context; writers agree among themselves
 * about who is next.
 */
void serial_put(struct serial *serial, const void *bytes, size_t count);

/* How many bytes were put so far. */
uint64_t serial_position(struct serial *serial);

/*
 * Sleep until there is room for `count` bytes, at most until the deadline. May
 * return early, and does soon after serial_cancel().
 */
void serial_wait_room(struct serial *serial, size_t count, uint64_t deadline_ns);

/*
 * Sleep until the port has sent all bytes up to a position, the last bit of
 * them. Returns OK, ERR_CANCELLED, ERR_IO without a port.
 */
must_use err_t serial_wait_sent(struct serial *serial, uint64_t position);

/*
 * Wait for input; one thread at a time.
 *
 *   byte_count  filled on OK, at least 1
 *
 * Returns OK, ERR_CANCELLED, ERR_IO without a port.
 */
must_use err_t serial_read(struct serial *serial, void *buffer, size_t byte_max,
                           size_t *byte_count);

/* Make waiting and later serial_read() and serial_wait_sent() return ERR_CANCELLED. */
void serial_cancel(struct serial *serial);
