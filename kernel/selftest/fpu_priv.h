/*
 * fpu_priv.h - registers that the kernel itself does not use, for tests that
 * they survive.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Fill SSE and x87 registers, a general one and the red zone with a pattern, let
 * `turns` turns of a loop go by, and look whether all is still there.
 */
bool fpu_keeps(uint64_t pattern, uint64_t turns);

/* The same around one read of a byte, which may be a page fault. */
bool fpu_keeps_over_read(uint64_t pattern, const volatile char *byte);

/* Overwrite all of these registers. */
void fpu_spoil(void);
