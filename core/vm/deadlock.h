/*
 * deadlock.h - who waits for whom, and whether for ever.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

#include "plat/err.h"

/* Whom threads wait for, by their slots. Volatile. */
struct deadlock {
    uint32_t slot_count;
    uint32_t *holder; /* slot + 1 of the one that has what this one waits for; 0: none is known */
    uint32_t *group;  /* threads of one number (from 1) wait for each other for ever; 0: not so */
};

/*
 * Look at all threads. A thread waits for another that holds a monitor or a mutex that it wants, or
 * whose end it waits for; one that wakes by itself after a time is in no deadlock. To be called
 * in the stopped world, or where no thread runs.
 *
 *   found  filled on OK; to be given back by deadlock_free
 *
 * Brings pages in; what cannot be read is as if it were not there. Returns OK, ERR_NOMEM.
 */
must_use err_t deadlock_find(struct deadlock *found);

void deadlock_free(struct deadlock *found);
