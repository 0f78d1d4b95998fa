/*
 * class_index.h - classes by name: volatile, made from the class table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "format/space.h"
#include "object/word.h"
#include "plat/err.h"

/*
 * The number of the class that an application sees under a name: its own, or
 * the library's.
 *
 *   application  its id; 0: only the library's
 *   name         absolute, ".a.b", or an array type: "[i", "[L.a.b;", "[w"
 *   number       filled on OK
 *
 * Any RUNNING worker, inside an instruction too: a page that is missing leaves to its
 * `restart`, or is waited for here if there is none.
 * Returns OK, ERR_NOT_FOUND, ERR_NOMEM.
 */
must_use err_t class_find(uint32_t application, const char *name, size_t bytes, uint32_t *number);

/* The id of an application object; 0 for null. */
uint32_t class_application_id(word_t application);

/* The class object with this number, which was given out. */
ref_t class_of_number(uint32_t number);

/*
 * Read a word of each page, so that a page that is missing is found out now, while
 * `restart` may still take the worker away from here.
 */
static inline void
class_touch(uint64_t address, uint64_t bytes)
{
    for (uint64_t at = address; at < address + bytes; at = (at | (PAGE_BYTES - 1)) + 1)
        atomic_load_explicit((volatile _Atomic uint64_t *)(at & ~7ull), memory_order_relaxed);
}

/* Forget everything (the machine stops). */
void class_index_forget(void);
