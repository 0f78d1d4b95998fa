/*
 * spin.h - locks for a few instructions, that interrupts may take too.
 *
 * Interrupts are off while one is held: no sleeping, no allocation, no page
 * fault. Who waits answers cpu_call_others() meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct spin {
    _Atomic uint32_t taken;
};

#define SPIN_INIT                                                                                  \
    {                                                                                              \
        .taken = 0                                                                                 \
    }

/* Turn interrupts off and take the lock; returns the flags for spin_unlock(). */
uint64_t spin_lock(struct spin *spin);

/* Let go of it and give interrupts back as they were. */
void spin_unlock(struct spin *spin, uint64_t flags);
