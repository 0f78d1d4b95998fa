/*
 * main.h - where the machine begins in C.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/*
 * Bring the machine up. Called once, on the first processor, with interrupts
 * off, on a stack of at least 16 KiB that stays its idle thread's.
 */
__attribute__((noreturn)) void kernel_main(void);
