/*
 * touched.c - which pages of the space were used: a process is not told.
 *
 * The processor's accessed bits reach nobody but the kernel (what /proc tells of
 * them is for its owner's pages, and only by clearing them for all at once). In a
 * file of its own, because the simulation answers otherwise.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/space.h"

bool
plat_page_touched(uint64_t page)
{
    (void)page;
    return false;
}
