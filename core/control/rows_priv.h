/*
 * rows_priv.h - whole listings of a machine that runs meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

#include "plat/err.h"

/* A listing of vm/vm.h: fills up to `max` rows, and says how many there are. */
typedef err_t rows_list_fn(void *rows, size_t max, size_t *count);

/* Zeroed is none. */
struct rows {
    void *first;
    size_t count;
    size_t missing; /* rows that there was no memory for */
    size_t bytes;   /* of the memory */
};

/*
 * All rows of a listing, as many as there are at that instant; but of so many that they would
 * take the memory that others need, the first.
 *
 *   rows  filled on OK, to be freed by rows_free()
 *
 * Returns OK, ERR_NOMEM, or what the listing returned.
 */
must_use err_t rows_take(struct rows *rows, rows_list_fn *list, size_t row_bytes);

void rows_free(struct rows *rows);

/* The listings there are: of struct vm_thread_info, vm_application_info, vm_profile_row. */
rows_list_fn rows_threads;
rows_list_fn rows_applications;
rows_list_fn rows_profile;
