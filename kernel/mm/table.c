/*
 * table.c - the page tables that all processors share.
 *
 * An entry of the lowest level is put in and taken out under one of 64 spin
 * locks, chosen by the 2 MiB that its table covers. A table goes when its last
 * entry goes; the entry that names it counts them in bits that the processor
 * ignores. Tables of higher levels stay: one covers at least 1 GiB.
 *
 * What a processor may remember of an entry
 *   Absent entries are never remembered, so putting one in, or allowing more,
 *   tells nobody: at worst a processor faults once more, and fault.c finds that
 *   all is well. Taking one out, or allowing less, must reach all processors
 *   before it returns, unless none can remember the entry: a processor sets the
 *   ACCESSED bit before it remembers. So an entry without it, since before the
 *   last time that all processors forgot everything, is not remembered by any.
 *   To know that, the entry carries the number of that time, modulo 1024.
 *
 * Source: Intel SDM 3A, 4.5 "4-level paging", 4.8 "Accessed and dirty flags",
 * 4.10.4 "Invalidation of TLBs and paging-structure caches".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>

#include "arch/amd64/cpu.h"
#include "base/assert.h"
#include "base/memory.h"
#include "boot/boot.h"
#include "mm/mm_priv.h"
#include "mm/table.h"

#define ENTRIES         512
#define LOCKS           64

#define COUNT_ONE       (1ull << 52) /* in an entry that names a lowest table: its entries */
#define COUNT_OF(entry) ((entry) >> 52 & 0x3ff)

/* In an entry of the lowest level: bits 9 to 11 and 52 to 58. */
#define STAMP_MASK         0x07f0000000000e00ull
#define STAMP_PUT(number)  ((uint64_t)((number)&7) << 9 | (uint64_t)((number) >> 3 & 0x7f) << 52)
#define STAMP_GET(entry)   ((unsigned)((entry) >> 9 & 7) | (unsigned)((entry) >> 52 & 0x7f) << 3)
#define STAMP_SETTLED      2   /* all forgot everything, from beginning to end, since */
#define STAMP_HALF         512 /* numbers further back are taken for the future */

#define FIRMWARE_BYTES_MAX (64ull << 20)

#define MSR_EFER           0xc0000080
#define EFER_NO_EXECUTE    (1u << 11)

#define TOUCHED_MAX        256 /* bits cleared before all processors forget everything */

typedef _Atomic uint64_t table_entry_t;

paddr_t table_root;
uint64_t table_no_execute;

static struct spin locks[LOCKS];

static struct {
    struct spin lock;             /* one at a time, and guards nothing else */
    _Atomic unsigned begun, done; /* times that all processors forgot everything */
    _Atomic unsigned touched;     /* ACCESSED bits cleared since */
} forget;

static table_entry_t *
entry_at(uint64_t table, uint64_t address, unsigned level)
{
    table_entry_t *entries = frame_bytes(table & ENTRY_FRAME);

    return &entries[address >> (12 + 9 * level) & (ENTRIES - 1)];
}

static struct spin *
lock_of(uint64_t address)
{
    return &locks[address / LARGE_BYTES % LOCKS];
}

/* ---- forgetting ---- */

static void
forget_page_here(void *address)
{
    cpu_invlpg((uint64_t)(uintptr_t)address);
}

static void
forget_all_here(void *unused)
{
    (void)unused;
    cr3_write(cr3_read());
}

/* All processors forget one page. */
static void
forget_page(uint64_t address)
{
    uint64_t flags = interrupts_save(); /* so that "others" means all but this one */

    forget_page_here((void *)(uintptr_t)address);
    cpu_call_others(forget_page_here, (void *)(uintptr_t)address);
    interrupts_restore(flags);
}

static void
forget_all(void)
{
    uint64_t flags = spin_lock(&forget.lock);

    atomic_store(&forget.touched, 0);
    atomic_fetch_add(&forget.begun, 1);
    forget_all_here(NULL);
    cpu_call_others(forget_all_here, NULL);
    atomic_store(&forget.done, atomic_load(&forget.begun));
    spin_unlock(&forget.lock, flags);
}

/* May a processor remember this entry, which was just changed? */
static bool
remembered(uint64_t entry)
{
    unsigned age = (atomic_load(&forget.done) - STAMP_GET(entry)) & (2 * STAMP_HALF - 1);

    return (entry & ENTRY_ACCESSED) || age < STAMP_SETTLED || age >= STAMP_HALF;
}

/* ---- walking ---- */

static paddr_t
frame_zeroed(void)
{
    paddr_t frame = frame_alloc();

    if (frame)
        memset(frame_bytes(frame), 0, FRAME_BYTES);
    return frame;
}

/* The entry's table, made if there is none and `take` says how; 0 if there is none. */
static uint64_t
table_of(table_entry_t *entry, paddr_t (*take)(void))
{
    uint64_t value = atomic_load_explicit(entry, memory_order_acquire);
    uint64_t made;

    if ((value & ENTRY_PRESENT) || !take)
        return value;
    made = take();
    if (made == 0)
        return 0;
    /* Marked as accessed, so that no processor ever writes to it. */
    made |= ENTRY_PRESENT | ENTRY_WRITE | ENTRY_ACCESSED;
    if (atomic_compare_exchange_strong(entry, &value, made))
        return made;
    frame_free(made & ENTRY_FRAME); /* somebody else was faster */
    return value;
}

/* The entry that names the lowest table of an address; NULL if there is no table for it. */
static table_entry_t *
directory_entry(uint64_t address, paddr_t (*take)(void))
{
    uint64_t table = table_root;

    for (unsigned level = 3; level > 1; level--) {
        table = table_of(entry_at(table, address, level), take);
        if (table == 0)
            return NULL;
    }
    return entry_at(table, address, 1);
}

/* ---- one entry ---- */

err_t
table_install(uint64_t address, uint64_t entry)
{
    table_entry_t *directory = directory_entry(address, frame_zeroed);
    struct spin *lock = lock_of(address);
    uint64_t table, flags;
    table_entry_t *slot;
    err_t err = OK;

    if (!directory)
        return ERR_NOMEM;
    entry = (entry & ~STAMP_MASK) | STAMP_PUT(atomic_load(&forget.done) - STAMP_SETTLED);
    flags = spin_lock(lock);
    table = table_of(directory, frame_zeroed);
    slot = table ? entry_at(table, address, 0) : NULL;
    if (!slot) {
        err = ERR_NOMEM;
    } else if (atomic_load(slot) != 0) {
        err = ERR_EXISTS;
    } else {
        atomic_store(slot, entry);
        atomic_fetch_add(directory, COUNT_ONE);
    }
    spin_unlock(lock, flags);
    return err;
}

uint64_t
table_look(uint64_t address)
{
    table_entry_t *directory = directory_entry(address, NULL);
    struct spin *lock = lock_of(address);
    uint64_t table, flags, entry = 0;

    if (!directory)
        return 0;
    flags = spin_lock(lock);
    table = atomic_load(directory);
    if (table & ENTRY_LARGE)
        entry = table;
    else if (table != 0)
        entry = atomic_load(entry_at(table, address, 0));
    spin_unlock(lock, flags);
    return entry;
}

/* The slot of an entry that is there, and that the caller keeps there. */
static table_entry_t *
present_slot(uint64_t address)
{
    table_entry_t *directory = directory_entry(address, NULL);
    table_entry_t *slot;

    assert(directory);
    assert(atomic_load(directory) & ENTRY_PRESENT);
    slot = entry_at(atomic_load(directory), address, 0);
    assert(atomic_load(slot) & ENTRY_PRESENT);
    return slot;
}

uint64_t
table_change(uint64_t address, uint64_t clear, uint64_t set, bool flush)
{
    table_entry_t *slot = present_slot(address);
    uint64_t before = atomic_load(slot);

    while (!atomic_compare_exchange_weak(slot, &before, (before & ~clear) | set))
        ;
    if (flush && remembered(before))
        forget_page(address);
    return before;
}

bool
table_touched(uint64_t address)
{
    table_entry_t *slot = present_slot(address);
    /*
     * Interrupts are off from reading the number until the bit is cleared: so a forgetting that
     * begins in between ends after it, and those with later numbers begin after it.
     */
    uint64_t flags = interrupts_save();
    uint64_t stamp = STAMP_PUT(atomic_load(&forget.begun));
    uint64_t before = atomic_load(slot);

    while ((before & ENTRY_ACCESSED) &&
           !atomic_compare_exchange_weak(slot, &before,
                                         (before & ~(STAMP_MASK | ENTRY_ACCESSED)) | stamp))
        ;
    interrupts_restore(flags);
    if (!(before & ENTRY_ACCESSED))
        return false;
    /* Who remembers the entry sets no bit; so all forget, but not for each page. */
    if (atomic_fetch_add(&forget.touched, 1) + 1 == TOUCHED_MAX)
        forget_all();
    return true;
}

uint64_t
table_remove(uint64_t address)
{
    table_entry_t *directory = directory_entry(address, NULL);
    struct spin *lock = lock_of(address);
    uint64_t table, flags, entry = 0;
    bool empty = false;

    if (!directory)
        return 0;
    flags = spin_lock(lock);
    table = atomic_load(directory);
    if (table != 0)
        entry = atomic_exchange(entry_at(table, address, 0), 0);
    if (entry != 0) {
        table = atomic_fetch_sub(directory, COUNT_ONE);
        empty = COUNT_OF(table) == 1;
        if (empty)
            atomic_store(directory, 0);
    }
    spin_unlock(lock, flags);
    if (empty) {
        forget_all(); /* a processor may remember a table of which it remembers no entry */
        frame_free(table & ENTRY_FRAME);
    } else if (entry != 0 && remembered(entry)) {
        forget_page(address);
    }
    return entry;
}

/* ---- many entries ---- */

/* Put a frame on a list that lies in the frames themselves. */
static void
chain(paddr_t *first, paddr_t frame)
{
    *(paddr_t *)frame_bytes(frame) = *first;
    *first = frame;
}

/* Empty the part of one lowest table that lies in [address, end); frames go to the list. */
static void
clear_table(table_entry_t *directory, uint64_t address, uint64_t end, paddr_t *first)
{
    struct spin *lock = lock_of(address);
    uint64_t flags = spin_lock(lock);
    uint64_t table = atomic_load(directory);

    for (; table != 0 && address < end; address += FRAME_BYTES) {
        uint64_t entry = atomic_exchange(entry_at(table, address, 0), 0);

        if (entry == 0)
            continue;
        chain(first, entry & ENTRY_FRAME);
        if (COUNT_OF(atomic_fetch_sub(directory, COUNT_ONE)) == 1) {
            atomic_store(directory, 0);
            chain(first, table & ENTRY_FRAME);
            table = 0;
        }
    }
    spin_unlock(lock, flags);
}

void
table_clear(uint64_t address, uint64_t bytes)
{
    uint64_t end = address + bytes;
    paddr_t first = 0;

    while (address < end) {
        uint64_t part_end = (address | (LARGE_BYTES - 1)) + 1;
        table_entry_t *directory = directory_entry(address, NULL);

        if (!directory) {
            address = (address | ((1ull << 30) - 1)) + 1; /* no table covers this GiB */
            continue;
        }
        if (part_end > end)
            part_end = end;
        clear_table(directory, address, part_end, &first);
        address = part_end;
    }
    forget_all();
    while (first) {
        paddr_t next = *(paddr_t *)frame_bytes(first);

        frame_free(first);
        first = next;
    }
}

/* ---- memory where it lies ---- */

/* What may be done with a page of the first 2 MiB, or of those in which the image lies. */
static uint64_t
page_rights(uint64_t address)
{
    uint64_t begin = frame_of(boot_image_begin);

    if (address == 0)
        return 0; /* a null pointer faults */
    if (address < BOOT_LOW_END)
        return ENTRY_PRESENT | ENTRY_WRITE; /* further processors start here */
    if (address >= begin && address < frame_of(boot_text_end))
        return ENTRY_PRESENT;
    if (address >= begin && address < frame_of(boot_constants_end))
        return ENTRY_PRESENT | table_no_execute;
    return ENTRY_PRESENT | ENTRY_WRITE | table_no_execute;
}

static void
identity_map(uint64_t address, paddr_t (*take)(void))
{
    table_entry_t *directory = directory_entry(address, take);
    bool small = address == 0 || (address < frame_of(boot_image_end) &&
                                  address + LARGE_BYTES > frame_of(boot_image_begin));
    uint64_t table;

    if (atomic_load(directory) != 0)
        return;
    if (!small) {
        atomic_store(directory, address | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_LARGE |
                                    ENTRY_ACCESSED | ENTRY_DIRTY | table_no_execute);
        return;
    }
    table = table_of(directory, take);
    for (uint64_t page = address; page < address + LARGE_BYTES; page += FRAME_BYTES) {
        uint64_t rights = page_rights(page);

        if (rights)
            atomic_store(entry_at(table, page, 0), page | rights | ENTRY_ACCESSED | ENTRY_DIRTY);
    }
}

void
table_init(paddr_t (*take)(void))
{
    table_no_execute = msr_read(MSR_EFER) & EFER_NO_EXECUTE ? ENTRY_NO_EXECUTE : 0;
    table_root = take();
    identity_map(0, take);
    for (unsigned i = 0; i < boot_info.region_count; i++) {
        const struct boot_region *region = &boot_info.regions[i];

        /* Firmware's tables lie in small regions; a large one that is no memory is a device. */
        if (!region->usable && region->bytes > FIRMWARE_BYTES_MAX)
            continue;
        if (region->base >= MAP_DEVICES || region->bytes > MAP_DEVICES - region->base)
            continue;
        for (uint64_t at = region->base & ~(LARGE_BYTES - 1); at < region->base + region->bytes;
             at += LARGE_BYTES)
            identity_map(at, take);
    }
}
