/*
 * trap_priv.h - between trap_entry.S and trap.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "arch/amd64/trap.h"

#define TRAP_ENTRY_BYTES 16

/* The first instructions of each vector, TRAP_ENTRY_BYTES apart. */
extern const char trap_entries[];

/*
 * What a trap does, on a trap stack, interrupts off. Returns NULL: go back to
 * what was interrupted; or a copy of the frame on the thread's own stack, where
 * trap_on_thread() shall be called.
 */
struct trap_frame *trap_dispatch(struct trap_frame *frame);

/* What the thread does itself, on its own stack; returns to go back, or never. */
void trap_on_thread(struct trap_frame *frame);
