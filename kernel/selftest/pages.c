/*
 * pages.c - tests of what processors remember of pages that were closed, asked
 * about, and taken away.
 *
 * Threads read and write a few pages of a space all the time, and bring in what is
 * absent. One thread closes, asks and removes. What it took away it fills with a
 * pattern that nobody may ever see, and what it closed must not change.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>
#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "base/assert.h"
#include "base/lock.h"
#include "base/memory.h"
#include "irq/clock.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "plat/memory.h"
#include "plat/space.h"
#include "selftest/selftest_priv.h"

#define SPACE      0x200000000000ull
#define SPACE_TEST (1ull << 40)
#define PAGES      48u
#define STRIDE     (3 * PLAT_PAGE_BYTES) /* some share a table, and tables go and come */
#define WRITERS    5u
#define MOVES      800u
#define GOOD       0x600d000000000000ull /* what a page holds, and a count below it */
#define BAD        0xbad0bad0bad0bad0ull
#define STOLEN     32u
#define CLOSED_NS  20000u
#define MANY       700u /* pages that are touched between two answers: all processors forget */

static struct lock locks[PAGES];
static bool present[PAGES]; /* each guarded by the lock of its page */
static _Atomic bool ended;

static uint64_t
page_of(unsigned index)
{
    /* Every eighth page begins a region of its own. */
    return SPACE + index * STRIDE + index / 8 * (64ull << 20);
}

static _Atomic uint64_t *
word_of(unsigned index, unsigned word)
{
    return (_Atomic uint64_t *)(page_of(index) + word * 8);
}

static unsigned
index_of(uint64_t address)
{
    for (unsigned i = 0; i < PAGES; i++)
        if (address - page_of(i) < PLAT_PAGE_BYTES)
            return i;
    panic("a fault at %#lx", address);
}

/* Whoever finds a page closed waits here for its lock, and then finds it open. */
static void
fault(uint64_t address, bool write)
{
    unsigned index = index_of(address);
    uint64_t contents[PLAT_PAGE_BYTES / 8];
    err_t err;

    (void)write;
    lock_acquire(&locks[index]);
    if (!present[index]) {
        for (unsigned i = 0; i < PLAT_PAGE_BYTES / 8; i++)
            contents[i] = GOOD;
        err = plat_page_install(page_of(index), contents, true);
        assert(err == OK);
        present[index] = true;
    }
    lock_release(&locks[index]);
}

static void
write_and_read(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument + 1;
    unsigned word = (unsigned)(uintptr_t)argument;

    while (!atomic_load(&ended)) {
        unsigned index = (unsigned)(selftest_random(&state) % PAGES);

        for (unsigned i = 0; i < 20; i++) {
            uint64_t before = atomic_fetch_add(word_of(index, word), 1);

            assert(before >> 48 == GOOD >> 48);
            assert(atomic_load(word_of(index, 500)) == GOOD);
        }
    }
}

/* Take a page away, and spoil the memory that it had, if it is what we are given next. */
static void
steal(unsigned index, paddr_t *spoiled)
{
    plat_page_remove(page_of(index));
    present[index] = false;
    frame_free(*spoiled);
    *spoiled = frame_alloc();
    assert(*spoiled != 0);
    for (unsigned i = 0; i < PLAT_PAGE_BYTES / 8; i++)
        ((uint64_t *)frame_bytes(*spoiled))[i] = BAD;
}

static void
close_for_a_while(unsigned index)
{
    uint64_t before[WRITERS], until_ns;

    plat_page_close(page_of(index));
    for (unsigned i = 0; i < WRITERS; i++)
        before[i] = atomic_load(word_of(index, i));
    until_ns = clock_ns() + CLOSED_NS;
    while (clock_ns() < until_ns)
        cpu_pause();
    for (unsigned i = 0; i < WRITERS; i++)
        assert(atomic_load(word_of(index, i)) == before[i]);
    plat_page_open(page_of(index));
}

static void
move_pages(void)
{
    paddr_t spoiled[STOLEN] = { 0 };
    uint64_t state = 4711;

    for (unsigned move = 0; move < MOVES; move++) {
        uint64_t chance = selftest_random(&state);
        unsigned index = (unsigned)(chance % PAGES);

        lock_acquire(&locks[index]);
        if (present[index]) {
            if (chance >> 32 & 1)
                (void)plat_page_touched(page_of(index));
            if ((chance >> 33 & 3) == 0)
                close_for_a_while(index);
            if ((chance >> 35 & 3) == 0)
                steal(index, &spoiled[move % STOLEN]);
        }
        lock_release(&locks[index]);
    }
    for (unsigned i = 0; i < STOLEN; i++)
        frame_free(spoiled[i]);
    atomic_store(&ended, true);
}

static void
move_or_write(void *argument)
{
    if ((uintptr_t)argument == WRITERS)
        move_pages();
    else
        write_and_read(argument);
}

void
selftest_pages(void)
{
    err_t err = plat_space_create(SPACE, SPACE_TEST, fault);

    assert(err == OK);
    for (unsigned i = 0; i < PAGES; i++)
        lock_init(&locks[i], LOCK_RANK_LEAF);
    atomic_store(&ended, false);
    memset(present, 0, sizeof present);
    selftest_run_threads(WRITERS + 1, move_or_write);
    plat_space_destroy();
}

/* ---- what was touched ---- */

static void
fault_never(uint64_t address, bool write)
{
    panic("a %s of %#lx, which is there", write ? "write" : "read", address);
}

static uint64_t
many_of(unsigned index)
{
    return SPACE + index * (uint64_t)PLAT_PAGE_BYTES;
}

static void
read_page(unsigned index)
{
    (void)*(volatile uint64_t *)many_of(index);
}

void
selftest_touched(void)
{
    err_t err = plat_space_create(SPACE, SPACE_TEST, fault_never);

    assert(err == OK);
    for (unsigned i = 0; i < MANY; i++) {
        err = plat_page_install(many_of(i), NULL, true);
        assert(err == OK);
        assert(!plat_page_touched(many_of(i)));
    }
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < MANY; i++)
            read_page(i);
        for (unsigned i = 0; i < MANY; i++) {
            assert(plat_page_touched(many_of(i)));
            assert(!plat_page_touched(many_of(i)));
        }
        /* The last few may still be remembered; that all forget takes two rounds at most. */
        for (unsigned i = 0; i < MANY; i++)
            read_page(i);
        for (unsigned i = 0; i < MANY / 2; i++)
            assert(plat_page_touched(many_of(i)));
        for (unsigned i = 0; i < MANY; i++)
            (void)plat_page_touched(many_of(i));
    }
    plat_space_destroy();
}

/* ---- that all of it comes back ---- */

#define PIECES      40u
#define TABLE_BYTES (64ull << 30)

static void
take_and_give(uint64_t *state)
{
    static const size_t sizes[] = { 1, 100, 2032, 2033, 4096, 5000, 65536, 3 << 20 };
    char *pieces[PIECES];
    size_t bytes[PIECES];
    char *table = plat_reserve(TABLE_BYTES);

    assert(table);
    for (unsigned i = 0; i < PIECES; i++) {
        bytes[i] = sizes[selftest_random(state) % (sizeof sizes / sizeof sizes[0])];
        pieces[i] = plat_alloc(bytes[i]);
        assert(pieces[i]);
        assert(pieces[i][0] == 0 && pieces[i][bytes[i] - 1] == 0);
        assert(bytes[i] < 4096 || (uintptr_t)pieces[i] % 4096 == 0);
        memset(pieces[i], 0x5a, bytes[i]);
        table[selftest_random(state) % TABLE_BYTES] |= 1;
    }
    for (unsigned i = 0; i < PIECES; i++)
        plat_free(pieces[i], bytes[i]);
    plat_release(table, TABLE_BYTES);
}

void
selftest_allocation(void)
{
    uint64_t state = 99, free_before;

    for (unsigned i = 0; i < 6; i++)
        take_and_give(&state);
    free_before = frame_free_count();
    for (unsigned i = 0; i < 6; i++)
        take_and_give(&state);
    /* Tables of the higher levels stay, and a slab of each size. */
    assert(frame_free_count() + 80 >= free_before);
}
