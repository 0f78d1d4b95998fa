/*
 * faults.c - tests of page faults, with a space of the test's own.
 *
 * The space is cut into pieces, and what a fault does depends on the piece:
 *
 *   PLAIN   the page comes in
 *   SLOW    the thread sleeps first, then the page comes in
 *   NESTED  the handler faults itself, on a page of PLAIN, before the page comes in
 *   CLOSED  the page comes in closed; the write that follows opens it
 *   JUMP    the handler leaves by a jump, and the page never comes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>
#include <stddef.h>

#include "base/assert.h"
#include "irq/clock.h"
#include "plat/space.h"
#include "sched/thread.h"
#include "selftest/fpu_priv.h"
#include "selftest/selftest_priv.h"

#define SPACE       0x200000000000ull
#define PIECE_BYTES (1ull << 30)
#define THREADS     6u
#define PAGES       24u

enum piece {
    PLAIN,
    SLOW,
    NESTED,
    CLOSED,
    JUMP,
    PIECES,
};

static _Atomic uint32_t faults[PIECES];

static uint64_t
page_of(enum piece piece, unsigned thread, unsigned page)
{
    return SPACE + piece * PIECE_BYTES + (thread * PAGES + page) * (uint64_t)PLAT_PAGE_BYTES;
}

static void
install(uint64_t page, bool writable)
{
    err_t err = plat_page_install(page, NULL, writable);

    assert(err == OK || err == ERR_EXISTS);
}

static void
fault(uint64_t address, bool write)
{
    enum piece piece = (enum piece)((address - SPACE) / PIECE_BYTES);
    uint64_t page = address & ~(uint64_t)(PLAT_PAGE_BYTES - 1);

    atomic_fetch_add(&faults[piece], 1);
    fpu_spoil();
    switch (piece) {
    case SLOW:
        kthread_sleep_until(clock_ns() + 1000000);
        break;
    case NESTED:
        *(volatile char *)(page - (NESTED - PLAIN) * PIECE_BYTES) = 1;
        break;
    case CLOSED:
        if (write)
            plat_page_open(page);
        else
            install(page, false);
        return;
    case JUMP:
        __builtin_longjmp(kthread_current()->self, 1);
    default:
        break;
    }
    install(page, true);
}

static void
touch(void *argument)
{
    unsigned thread = (unsigned)(uintptr_t)argument;
    uint64_t pattern = 0xfedcba9876543210ull * (thread + 1);

    for (unsigned page = 0; page < PAGES; page++) {
        volatile char *closed = (volatile char *)page_of(CLOSED, thread, page);

        assert(fpu_keeps_over_read(pattern, (const char *)page_of(SLOW, thread, page)));
        assert(fpu_keeps_over_read(pattern, (const char *)page_of(NESTED, thread, page)));
        assert(*(const char *)page_of(PLAIN, thread, page) == 1);
        assert(*closed == 0);
        *closed = 1;
        assert(*closed == 1);
        plat_page_remove(page_of(PLAIN, thread, page));
        assert(*(const char *)page_of(PLAIN, thread, page) == 0);
    }
}

static void
space_up(void)
{
    err_t err = plat_space_create(SPACE, PIECES * PIECE_BYTES, fault);

    assert(err == OK);
    for (unsigned i = 0; i < PIECES; i++)
        atomic_store(&faults[i], 0);
}

void
selftest_faults(void)
{
    space_up();
    selftest_run_threads(THREADS, touch);
    assert(atomic_load(&faults[SLOW]) == THREADS * PAGES);
    assert(atomic_load(&faults[NESTED]) == THREADS * PAGES);
    assert(atomic_load(&faults[PLAIN]) == 2 * THREADS * PAGES);
    assert(atomic_load(&faults[CLOSED]) == 2 * THREADS * PAGES);
    plat_space_destroy();
}

#define JUMPS 3000u

/* A jump must not leave from a function that the place it goes to was compiled into. */
__attribute__((noinline)) static void
touch_jump(unsigned thread)
{
    *(volatile char *)page_of(JUMP, thread, 0) = 1;
    assert(!"the page came");
}

__attribute__((noinline)) static bool
jumps_once(unsigned thread)
{
    void *place[5];

    kthread_current()->self = place;
    if (__builtin_setjmp(place) != 0)
        return true;
    touch_jump(thread);
    return false;
}

static void
jump(void *argument)
{
    for (unsigned i = 0; i < JUMPS; i++) {
        assert(jumps_once((unsigned)(uintptr_t)argument));
        if (i % 64 == 0)
            kthread_yield();
    }
    kthread_current()->self = NULL;
}

void
selftest_fault_jumps(void)
{
    space_up();
    selftest_run_threads(THREADS, jump);
    assert(atomic_load(&faults[JUMP]) == THREADS * JUMPS);
    plat_space_destroy();
}
