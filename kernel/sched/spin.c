/*
 * spin.c - locks that spin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sched/spin.h"

#include <stdatomic.h>

#include "arch/amd64/cpu.h"
#include "base/assert.h"

uint64_t
spin_lock(struct spin *spin)
{
    uint64_t flags = interrupts_save();
    unsigned turn = 0;

    while (atomic_exchange_explicit(&spin->taken, 1, memory_order_acquire) != 0)
        while (atomic_load_explicit(&spin->taken, memory_order_relaxed) != 0)
            cpu_spin(&turn);
    return flags;
}

void
spin_unlock(struct spin *spin, uint64_t flags)
{
    assert_slow(spin->taken != 0);
    atomic_store_explicit(&spin->taken, 0, memory_order_release);
    interrupts_restore(flags);
}
