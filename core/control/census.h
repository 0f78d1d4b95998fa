/*
 * census.h - counting what lives in a volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"
#include "vm/vm.h"

struct store;

/* What programs are told of the volume: vm_machine.volume, whose context is the store. */
struct vm_volume census_volume(void *store);

struct census {
    size_t programs; /* that run */
    size_t threads;  /* of these */
    int32_t status;  /* of the program that was asked for */
};

/*
 * Count what the machine, which is up, holds.
 *
 *   census       filled on OK, else zeroed
 *   application  the one whose status is wanted, or 0
 *
 * Returns OK, ERR_NOMEM. Any thread that is no worker.
 */
must_use err_t census_take(struct census *census, uint32_t application);
