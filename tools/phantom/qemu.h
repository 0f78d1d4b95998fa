/*
 * qemu.h - QEMU as the PC that a volume is booted on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define QEMU_PROGRAM "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"

/* How QEMU ends when the machine writes to its debug port; QEMU makes them odd. */
enum qemu_status {
    QEMU_POWER_OFF = 0,
    QEMU_DONE = 33,
    QEMU_TROUBLE = 35,
    QEMU_PANIC = 37,
};

struct qemu_options {
    const char *kernel;       /* the kernel's image */
    const char *command_line; /* of the kernel */
    unsigned cpus;
    uint64_t memory_bytes; /* whole MiB */
    int volume;            /* an open, locked file or block device; QEMU inherits the lock */
    bool direct;           /* it takes direct I/O */
    int console;           /* a connected socket: the first serial line */
    int control;           /* a connected socket: the second serial line */
    int monitor;           /* a connected socket: QMP */
    char **words;          /* more arguments of QEMU */
    unsigned word_count;
};

/* Is QEMU installed? False after a message that says how to install it. */
bool qemu_there(void);

/*
 * Start QEMU in a session of its own, with the signals of `mask` blocked in it
 * no more. It dies with the caller, however that ends, and has the volume's
 * lock until it is dead.
 *
 * Returns its process, or -1 after a message.
 */
pid_t qemu_start(const struct qemu_options *options);
