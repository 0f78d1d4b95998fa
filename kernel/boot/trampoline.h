/*
 * trampoline.h - the page that further processors start from. Read by the
 * assembler too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Its physical address: in the first 640 KiB, where no BIOS keeps anything. */
#define BOOT_TRAMPOLINE 0x8000

#ifndef __ASSEMBLER__

/* What is copied there. */
extern const char boot_trampoline[];
extern const char boot_trampoline_end[];

/* The stack of the first processor. */
extern char boot_stack[];
extern char boot_stack_end[];

#endif
