/*
 * arena.h - memory for the kernel's allocators to hand out, in a process: mapped
 * at a low address that is the same as its physical one would be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "mm/mm_priv.h"

#define ARENA        0x20000000ull
#define ARENA_FRAMES 4096u
#define ARENA_BYTES  ((uint64_t)ARENA_FRAMES * FRAME_BYTES)

/* One thread, no interrupts: there is nobody to lock out, but every lock is let go. */
uint64_t
spin_lock(struct spin *spin)
{
    ck_assert_uint_eq(spin->taken, 0);
    spin->taken = 1;
    return 4711;
}

void
spin_unlock(struct spin *spin, uint64_t flags)
{
    ck_assert_uint_eq(spin->taken, 1);
    ck_assert_uint_eq(flags, 4711);
    spin->taken = 0;
}

/* Map the arena with `protection`, and hand over all of it but the last `short_by` frames. */
static inline void
arena_make(int protection, unsigned short_by)
{
    uint64_t count = ARENA / FRAME_BYTES + ARENA_FRAMES;
    void *mapped = mmap((void *)(uintptr_t)ARENA, ARENA_BYTES, protection,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    ck_assert_ptr_eq(mapped, (void *)(uintptr_t)ARENA);
    frame_init(calloc(1, frame_table_bytes(count)), count);
    frame_add(ARENA, ARENA_FRAMES - short_by);
}

static inline int
arena_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
