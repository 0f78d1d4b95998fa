/*
 * rows.c - whole listings of a machine that runs meanwhile.
 *
 * A listing is a picture of one instant, and how many rows it has is known only
 * then. So it is asked again with more room until all fit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/rows_priv.h"

#include "plat/memory.h"
#include "vm/vm.h"

#define ROWS_FIRST  64
#define MEMORY_PART 16 /* of what the space may have is the most that a listing takes */

err_t
rows_take(struct rows *rows, rows_list_fn *list, size_t row_bytes)
{
    size_t most = (size_t)(plat_memory_bytes() / MEMORY_PART / row_bytes) + ROWS_FIRST;
    size_t room = ROWS_FIRST;

    for (;;) {
        size_t count = 0, bytes = room * row_bytes;
        void *first = plat_alloc(bytes);
        err_t err = first == NULL ? ERR_NOMEM : list(first, room, &count);

        if (err == OK && (count <= room || room == most)) {
            size_t missing = count > room ? count - room : 0;

            *rows = (struct rows){ first, count - missing, missing, bytes };
            return OK;
        }
        plat_free(first, bytes);
        if (err != OK)
            return err;
        room = count < most ? count + count / 4 : most;
        room = room < most ? room : most;
    }
}

void
rows_free(struct rows *rows)
{
    plat_free(rows->first, rows->bytes);
    *rows = (struct rows){ 0 };
}

err_t
rows_threads(void *rows, size_t max, size_t *count)
{
    return vm_list_threads(rows, max, count);
}

err_t
rows_applications(void *rows, size_t max, size_t *count)
{
    return vm_list_applications(rows, max, count);
}

err_t
rows_profile(void *rows, size_t max, size_t *count)
{
    return vm_profile_list(rows, max, count);
}
