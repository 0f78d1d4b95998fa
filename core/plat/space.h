/*
 * space.h - the part of the contract that gives the persistent space its
 * address room and its pages. What lies on a page, and when it comes and
 * goes, is decided by core/pmem alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plat/err.h"

#define PLAT_PAGE_BYTES 4096

/*
 * What core/pmem does about an access that a page was not ready for. Runs in
 * the thread that made the access, in its fault handler: it may use locks of
 * base/lock.h and every function of the contract but plat_alloc and
 * plat_free. If it returns, the access is tried again. It may also leave by
 * __builtin_longjmp to a place that the same thread set up; the port must
 * allow that (no fault is masked inside the handler, and it runs on the
 * thread's own stack).
 */
typedef void plat_fault_fn(uint64_t address, bool write);

/*
 * Reserve the space: `bytes` bytes at address `base`, no page present.
 *
 *   fault  called for each access to a page that is absent, and for each
 *          write to a page that is closed
 *
 * Returns OK, ERR_NOMEM when that address room is taken, ERR_UNSUPPORTED when
 * the machine cannot deliver faults (after saying why in the log).
 */
must_use err_t plat_space_create(uint64_t base, uint64_t bytes, plat_fault_fn *fault);

/* Give the address room back, with every page in it. */
void plat_space_destroy(void);

/*
 * Make an absent page present.
 *
 *   page      its address, a multiple of PLAT_PAGE_BYTES inside the space
 *   contents  PLAT_PAGE_BYTES bytes outside the space, or NULL for zeroes
 *   writable  false: the next write to it is a fault
 *
 * Another thread sees the page whole or not at all. Returns OK or ERR_NOMEM.
 * ERR_EXISTS if the page is present already; nothing was changed then.
 */
must_use err_t plat_page_install(uint64_t page, const void *contents, bool writable);

/* Allow (open) or forbid (close) writes to a present page. */
void plat_page_open(uint64_t page);
void plat_page_close(uint64_t page);

/* Make a present page absent; its contents are forgotten. */
void plat_page_remove(uint64_t page);

/*
 * Was a present page read or written since this was asked last, or since it was installed? Whoever
 * chooses what leaves asks, under the page's lock. The answer may come from a while ago; a machine
 * that cannot know says false.
 */
bool plat_page_touched(uint64_t page);
