/*
 * start_priv.h - from the first instructions to C.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* Called by entry.S with the registers it was given, on the boot stack; does not return. */
void boot_enter(uint32_t eax, uint32_t ebx);
