/*
 * warm.c - what was wanted first after the last starts comes in before it is asked for.
 *
 * For some seconds after a start the pages that come in are noted, in their order. With the
 * first snapshot after that the list goes into the space, once in a start; the next start
 * brings its pages in, in the background, a few requests at a time. The start itself comes
 * first: it asks for what it needs, and soonest if nobody else asks for more meanwhile.
 *
 * Nobody can tell whether a page that came in early was wanted. So each start leaves out
 * another quarter of the list that it finds: what is still wanted comes in all the same and is
 * noted, and what is not fades away.
 *
 * It is advice: a list that cannot be read, or makes no sense, is no list; and what it brings
 * takes at most half of the memory for pages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "pmem/pmem_priv.h"

#define RUNS_MAX    (SPACE_WARM_BYTES / 8)
#define PAGES_ONCE  (SPACE_WARM_BYTES / PAGE_BYTES)
#define THREADS     4u /* requests under way */
#define LEAVE_OUT   4u /* each start leaves out one run in so many */
#define BUFFER_SIZE (PMEM_AHEAD_MAX * PAGE_BYTES)

#define NOTING_NS   10000000000ull
#define START_NS    20000000u /* several times what a start takes where nothing disturbs it */

uint64_t pmem_warm_delay_ns = START_NS;

/* A run of pages in one word: the page times 256, plus how many follow it. 0 is none. */
static struct {
    struct pmem_observer observer;
    struct plat_thread *threads[THREADS];
    _Atomic uint32_t stopping;
    bool written;
    _Atomic uint64_t until_ns; /* noting ends */

    _Atomic uint64_t noted[RUNS_MAX];
    _Atomic uint32_t noted_count; /* may grow beyond */

    uint64_t wanted[RUNS_MAX]; /* by the list that was found */
    uint32_t wanted_count;
    _Atomic uint32_t next; /* of them, to come in */
} warm;

/* ---- noting ---- */

void
pmem_warm_note(uint64_t page, uint32_t count)
{
    uint32_t index;

    if (!pmem_settings.warm || plat_monotonic_ns() >= atomic_load(&warm.until_ns) ||
        atomic_load_explicit(&warm.noted_count, memory_order_relaxed) >= RUNS_MAX)
        return;
    index = atomic_fetch_add_explicit(&warm.noted_count, 1, memory_order_relaxed);
    if (index < RUNS_MAX)
        atomic_store_explicit(&warm.noted[index], page << 8 | (count - 1), memory_order_relaxed);
}

void
pmem_warm_noted(void)
{
    atomic_store(&warm.until_ns, 0);
}

/* The world stands still before its snapshot. */
static void
warm_before(void *context, uint32_t epoch)
{
    uint32_t count = atomic_load(&warm.noted_count);

    (void)context;
    (void)epoch;
    if (warm.written || (count < RUNS_MAX && plat_monotonic_ns() < atomic_load(&warm.until_ns)))
        return;
    warm.written = true;
    for (uint64_t i = 0; i < PAGES_ONCE; i++)
        pmem_barrier_whole(SPACE_WARM + i * PAGE_BYTES);
    for (uint64_t i = 0; i < RUNS_MAX; i++)
        pmem_store64(SPACE_WARM + 8 * i, atomic_load(&warm.noted[i]));
}

/* ---- bringing in ---- */

static bool
is_enough(void)
{
    return atomic_load(&warm.stopping) != 0 || pmem_frames_resident() > pmem_frames_limit() / 2;
}

static void
run_bring(uint64_t run, void *buffer)
{
    uint64_t page = run >> 8, end = page + (run & 0xff) + 1;

    while (page < end && !is_enough()) {
        uint32_t count = end - page < PMEM_AHEAD_MAX ? (uint32_t)(end - page) : PMEM_AHEAD_MAX;

        if (pmem_pages_ensure(page, &count, buffer) != OK)
            return; /* whoever asks for it will hear why */
        page += count;
    }
}

static void
bring_all(void *buffer)
{
    while (!is_enough()) {
        uint32_t index = atomic_fetch_add(&warm.next, 1);

        if (index >= warm.wanted_count)
            return;
        run_bring(warm.wanted[index], buffer);
    }
}

static void
bringer_main(void *unused)
{
    void *buffer = plat_alloc(BUFFER_SIZE);

    (void)unused;
    if (buffer)
        bring_all(buffer);
    plat_free(buffer, BUFFER_SIZE);
}

static bool
run_valid(uint64_t run)
{
    return run >> 8 > 0 && (run >> 8) + (run & 0xff) < SPACE_PAGES;
}

/* Read the list, but for the part that is left out this time. `page`: a buffer. */
static void
list_find(uint64_t *page)
{
    uint64_t left_out = store_generation_running(pmem_store) % LEAVE_OUT, at = 0;

    for (uint64_t i = 0; i < PAGES_ONCE; i++) {
        if (store_page_read(pmem_store, space_page_of(SPACE_WARM) + i, page) != OK)
            return;
        for (uint64_t j = 0; j < PAGE_BYTES / 8; j++, at++) {
            if (!run_valid(page[j]))
                return;
            if (at % LEAVE_OUT != left_out)
                warm.wanted[warm.wanted_count++] = page[j];
        }
    }
}

static void
bringers_start(void)
{
    for (unsigned i = 1; i < THREADS; i++) {
        if (plat_thread_create(&warm.threads[i], "warmer", bringer_main, NULL) != OK)
            return; /* the others do it */
    }
}

static void
start_await(void)
{
    uint64_t until_ns = plat_monotonic_ns() + pmem_warm_delay_ns;

    while (atomic_load(&warm.stopping) == 0 && plat_monotonic_ns() < until_ns)
        plat_wait(&warm.stopping, 0, until_ns);
}

/* The first of them; it starts the others when there is something to do. */
static void
warmer_main(void *unused)
{
    uint64_t *page = plat_alloc(PAGE_BYTES);

    start_await();
    if (page)
        list_find(page);
    plat_free(page, PAGE_BYTES);
    if (warm.wanted_count > 0) {
        bringers_start();
        bringer_main(unused);
    }
}

/* ---- up and down ---- */

void
pmem_warm_start(void)
{
    memset(&warm, 0, sizeof warm);
    if (!pmem_settings.warm)
        return;
    atomic_store(&warm.until_ns, plat_monotonic_ns() + NOTING_NS);
    warm.observer.before = warm_before;
    pmem_observe(&warm.observer);
    IGNORE(plat_thread_create(&warm.threads[0], "warmer", warmer_main, NULL),
           "then pages come in when they are asked for");
}

void
pmem_warm_stop(void)
{
    atomic_store(&warm.stopping, 1);
    plat_wake(&warm.stopping, 1);
    for (unsigned i = 0; i < THREADS; i++) {
        if (warm.threads[i])
            plat_thread_join(warm.threads[i]);
        warm.threads[i] = NULL;
    }
}
