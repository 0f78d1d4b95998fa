/*
 * panic.h - the end of the machine, in disorder and in order.
 *
 * Both print on the serial line by polling, stop the other processors by NMI,
 * and touch no disk: the last committed snapshot stays the truth. With
 * `exit=debug` on the command line they end QEMU with a status, else all
 * processors halt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trap_frame;

/* What QEMU's isa-debug-exit is given; its own status is then twice that and one more. */
enum kernel_exit {
    KERNEL_EXIT_DONE = 0x10,
    KERNEL_EXIT_TROUBLE = 0x11,
    KERNEL_EXIT_PANIC = 0x12,
};

/*
 * A symbol of the image, for backtraces. The table is made from the linked
 * image, sorted by address, and linked in again; without one it is empty.
 */
struct symbol {
    uint64_t address;
    const char *name;
};

extern const struct symbol kernel_symbols[];
extern const size_t kernel_symbol_count;

/* An invariant is broken: `text` (one line), registers, a backtrace. */
__attribute__((noreturn)) void kernel_panic(const char *text);

/* The same for what an exception interrupted. */
__attribute__((noreturn)) void kernel_panic_at(const char *text, const struct trap_frame *frame);

/* The world failed where nothing can be undone: `text`, and the end with status TROUBLE. */
__attribute__((noreturn)) void kernel_halt(const char *text);

/*
 * End QEMU with a status if the command line says exit=debug; else return.
 * Nothing is flushed or waited for.
 */
void kernel_exit(enum kernel_exit status);

/* True while the machine dies; whoever polls devices for it leaves locks alone. */
bool kernel_is_dying(void);
