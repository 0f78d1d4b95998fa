/*
 * name.c - what things of the space are called, read from a space that may be damaged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/name.h"

#include "base/format.h"
#include "base/memory.h"
#include "heap/heap_priv.h"
#include "object/array.h"

#define UNITS_SHOWN 40

/* ---- reading ---- */

/* False if the bytes do not lie in the space, or cannot be read. */
static bool
take(struct heap_reader *reader, uint64_t address, void *to, size_t bytes)
{
    uint8_t *at = to;

    while (bytes > 0) {
        uint64_t offset = address % PAGE_BYTES, page;
        size_t count = PAGE_BYTES - offset < bytes ? PAGE_BYTES - offset : bytes;

        if (!space_contains(address))
            return false;
        page = space_page_of(address);
        if (reader->next != page + 1) {
            reader->next = 0;
            if (reader->read(reader->context, page, reader->buffer) != OK)
                return false;
            reader->next = page + 1;
        }
        memcpy(at, reader->buffer + offset, count);
        at += count;
        address += count;
        bytes -= count;
    }
    return true;
}

/* A word slot that holds a reference into the heap; 0: it does not, or cannot be read. */
static ref_t
take_ref(struct heap_reader *reader, uint64_t address)
{
    word_t word;

    if (!take(reader, address, &word, sizeof word) || !word_is_ref(word) || word < SPACE_HEAP ||
        !space_contains(word))
        return 0;
    return word;
}

/* The object's class is this one of those that C knows. */
static bool
is_a(struct heap_reader *reader, ref_t object, uint32_t class_number)
{
    uint64_t header;

    return object != 0 && take(reader, object, &header, sizeof header) &&
           (header & HEADER_MARK) != 0 && header_class_number(header) == class_number;
}

/* The beginning of a string; what is not ASCII is a '?'. False if it is none. */
static bool
take_text(struct heap_reader *reader, ref_t string, char *text, size_t text_bytes)
{
    uint64_t header;
    uint32_t length;
    unsigned shift;

    if (!is_a(reader, string, CLASS_STRING) || !take(reader, string, &header, sizeof header) ||
        !take(reader, string + ARRAY_LENGTH_OFFSET, &length, sizeof length))
        return false;
    shift = (header & HEADER_UTF16) != 0;
    if (length > text_bytes - 1)
        length = (uint32_t)(text_bytes - 1);
    for (uint32_t i = 0; i < length; i++) {
        uint16_t unit = 0;

        if (!take(reader, string + ARRAY_HEADER_BYTES + ((uint64_t)i << shift), &unit, 1u << shift))
            return false;
        text[i] = unit >= ' ' && unit < 127 ? (char)unit : '?';
    }
    text[length] = '\0';
    return length > 0;
}

/* ---- names ---- */

void
heap_name_class(struct heap_reader *reader, uint32_t number, char name[HEAP_NAME_BYTES])
{
    ref_t class = take_ref(reader, SPACE_CLASS_TABLE + 8ull * number);

    if (number >= CLASS_NUMBER_MAX || !is_a(reader, class, CLASS_CLASS) ||
        !take_text(reader, take_ref(reader, class + offsetof(struct class_object, name)), name,
                   UNITS_SHOWN))
        format(name, HEAP_NAME_BYTES, "class %u", number);
}

/* The application object, or 0. */
static ref_t
application_find(struct heap_reader *reader, uint32_t application)
{
    ref_t table = take_ref(reader, SPACE_ROOT + offsetof(struct space_root, applications));
    uint32_t length;
    ref_t found;

    if (!is_a(reader, table, CLASS_WORDS) ||
        !take(reader, table + ARRAY_LENGTH_OFFSET, &length, sizeof length) || application > length)
        return 0;
    found = take_ref(reader, table + ARRAY_HEADER_BYTES + 8ull * (application - 1));
    return is_a(reader, found, CLASS_APPLICATION) ? found : 0;
}

void
heap_name_application(struct heap_reader *reader, uint32_t application, char name[HEAP_NAME_BYTES])
{
    char text[UNITS_SHOWN];
    ref_t found;

    if (application == 0) {
        format(name, HEAP_NAME_BYTES, "the system");
        return;
    }
    found = application_find(reader, application);
    if (found != 0 &&
        take_text(reader, take_ref(reader, found + offsetof(struct application_object, name)), text,
                  sizeof text))
        format(name, HEAP_NAME_BYTES, "program %u (%s)", application, text);
    else
        format(name, HEAP_NAME_BYTES, "program %u", application);
}

static bool
descriptor_take(struct heap_reader *reader, uint64_t block, struct heap_descriptor *descriptor)
{
    return block < HEAP_BLOCK_COUNT &&
           take(reader, heap_descriptor_at(block), descriptor, sizeof *descriptor);
}

bool
heap_name_owner(struct heap_reader *reader, uint64_t address, uint32_t *application)
{
    struct heap_descriptor descriptor;

    if (address < SPACE_HEAP || !descriptor_take(reader, heap_block_of(address), &descriptor))
        return false;
    *application = descriptor.application;
    return true;
}

/* ---- pages ---- */

/* The regions below the heap, in their order: each goes to the beginning of the next. */
static const struct region {
    uint64_t at;
    const char *name;
} regions[] = {
    { SPACE_BASE, "nothing" },
    { SPACE_ROOT, "the root of the space" },
    { SPACE_ROOT + SPACE_ROOT_BYTES, "nothing" },
    { SPACE_CLASS_TABLE, "the class table" },
    { SPACE_METHOD_TABLE, "the method table" },
    { SPACE_THREAD_TABLE, "the thread table" },
    { SPACE_BLOCK_TABLE, "the table of heap blocks" },
    { SPACE_HEAP, NULL },
};

static const char *
region_name(uint64_t address)
{
    size_t i = 0;

    while (regions[i + 1].name != NULL && address >= regions[i + 1].at)
        i++;
    return regions[i].name;
}

/*
 * The first block of the large object in which a block lies, which says nothing itself; the block
 * if it lies in none. Only the first block knows how far it goes, so they are asked back from here.
 */
static uint64_t
large_first(struct heap_reader *reader, uint64_t block)
{
    struct heap_descriptor descriptor;

    for (uint64_t first = block; descriptor_take(reader, first, &descriptor); first--) {
        if (descriptor.kind == BLOCK_LARGE && descriptor.block_count > block - first)
            return first;
        if (descriptor.kind != BLOCK_FREE || first == 0)
            break;
    }
    return block;
}

static void
large_name(struct heap_reader *reader, ref_t object, uint64_t page, char name[HEAP_NAME_BYTES])
{
    uint64_t header;

    if (space_page_of(object) != page && take(reader, object, &header, sizeof header))
        heap_name_class(reader, header_class_number(header), name);
    else
        format(name, HEAP_NAME_BYTES, "object");
}

void
heap_name_page(struct heap_reader *reader, uint64_t page, char text[HEAP_PLACE_BYTES])
{
    uint64_t address = SPACE_BASE + (page << PAGE_SHIFT), block;
    char what[HEAP_NAME_BYTES], owner[HEAP_NAME_BYTES];
    struct heap_descriptor descriptor;

    if (address < SPACE_HEAP) {
        format(text, HEAP_PLACE_BYTES, "%s", region_name(address));
        return;
    }
    block = large_first(reader, heap_block_of(address));
    if (!descriptor_take(reader, block, &descriptor)) {
        format(text, HEAP_PLACE_BYTES, "a part of the heap");
        return;
    }
    heap_name_application(reader, descriptor.application, owner);
    if (descriptor.kind == BLOCK_FREE) {
        format(text, HEAP_PLACE_BYTES, "a free block of the heap");
    } else if (descriptor.kind == BLOCK_LARGE) {
        large_name(reader, heap_block_at(block), page, what);
        format(text, HEAP_PLACE_BYTES, "a part of a large %s, of %s", what, owner);
    } else {
        format(text, HEAP_PLACE_BYTES, "%s objects of %s",
               descriptor.kind == BLOCK_NURSERY ? "new" : "old", owner);
    }
}
