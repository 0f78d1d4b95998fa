/*
 * name.h - what things of the space are called, for people: read from a space that may be damaged.
 *
 * Nothing here believes a word of it: every address is looked at before it is read, and what
 * cannot be read, or makes no sense, has no name. So it serves a space that is up, a volume that
 * is stopped, and a generation of the past alike; where the pages come from is the reader's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plat/err.h"

#define HEAP_NAME_BYTES  64
#define HEAP_PLACE_BYTES 192

/*
 * Read a page of the space.
 *
 *   page    page number in the space
 *   buffer  PAGE_BYTES, aligned to 4096
 *
 * Returns OK, or any error: it cannot be read.
 */
typedef err_t heap_read_fn(void *context, uint64_t page, void *buffer);

/* A reader that remembers one page. Embedded by the caller. */
struct heap_reader {
    heap_read_fn *read;
    void *context;
    uint8_t *buffer; /* PAGE_BYTES, aligned to 4096; the caller's */
    uint64_t next;   /* the page in it, plus one; 0: none */
};

/* The name of a class, such as ".bank.account"; "class 77" if its name cannot be had. */
void heap_name_class(struct heap_reader *reader, uint32_t number, char name[HEAP_NAME_BYTES]);

/* "program 2 (bank)", without the name if that cannot be had; "the system" for 0. */
void heap_name_application(struct heap_reader *reader, uint32_t application,
                           char name[HEAP_NAME_BYTES]);

/* Who owns the heap block in which `address` lies; false if that cannot be read. */
bool heap_name_owner(struct heap_reader *reader, uint64_t address, uint32_t *application);

/*
 * What a page of the space holds: "the method table", "old objects of program 2 (bank)". Reads
 * tables and descriptors, never the page itself, but for the class of a large object that begins
 * on another one.
 */
void heap_name_page(struct heap_reader *reader, uint64_t page, char text[HEAP_PLACE_BYTES]);
