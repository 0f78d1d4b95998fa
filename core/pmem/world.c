/*
 * world.c - workers, and how the world comes to stand still.
 *
 * A worker is RUNNING, STOPPED or AWAY; only a RUNNING one touches the space. A
 * request stops the world: each worker sees pmem_stop_wanted at its next poll and
 * arrives. Whoever brings the number of running workers to zero carries out
 * all requests, then and there: handing that to another thread would cost
 * milliseconds on a busy machine. Who comes back meanwhile waits at the door.
 *
 *   running == 0 and a request waits  ->  acting  ->  no request is left: all go on
 *
 * Invariants
 *   1. `running` is the number of workers whose state is RUNNING.
 *   2. While `acting`, running is 0, and one thread alone touches the space: as
 *      the worker `world.self`, whoever it is.
 *   3. A worker that begins to run has chunks for all its credit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/trace.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "pmem/pmem_priv.h"

#define RETRY_NS          1000000u
#define PAGE_BUFFER_BYTES (PMEM_AHEAD_MAX * PAGE_BYTES)

struct request {
    pmem_world_fn *action;
    void *argument;
    struct pmem_worker purse; /* only credit and chunks: before, to use; after, what is left */
    bool done;
    uint64_t asked_ns, arrived_ns, released_ns;
    struct request *next;
};

_Atomic uint32_t pmem_stop_wanted;
void (*pmem_before_away)(struct pmem_worker *worker);

static struct {
    struct lock lock; /* guards the fields up to `workers` */
    struct cond go;   /* the world goes on */
    unsigned running;
    struct request *first, *last;
    bool doing; /* somebody carries out requests */

    struct lock workers_lock; /* guards the list; changed with `lock` held as well */
    struct pmem_worker *workers;

    _Atomic bool acting;     /* an action runs; the doer is `self` */
    struct pmem_worker self; /* the worker of actions; touched by the doer only */
} world;

err_t
pmem_world_create(void)
{
    lock_init(&world.lock, LOCK_RANK_WORLD);
    lock_init(&world.workers_lock, LOCK_RANK_WORKERS);
    cond_init(&world.go);
    world.running = 0;
    world.first = world.last = NULL;
    world.doing = false;
    world.workers = NULL;
    world.self = (struct pmem_worker){ 0 };
    world.self.page_buffer = plat_alloc(PAGE_BUFFER_BYTES);
    atomic_store(&world.acting, false);
    pmem_credit_init();
    atomic_store(&pmem_stop_wanted, 0);
    return world.self.page_buffer ? OK : ERR_NOMEM;
}

void
pmem_world_destroy(void)
{
    assert(!world.workers);
    assert(!world.first);
    pmem_chunks_free(world.self.dirty.first);
    plat_free(world.self.page_buffer, PAGE_BUFFER_BYTES);
    world.self = (struct pmem_worker){ 0 };
}

bool
pmem_world_acting(void)
{
    return atomic_load_explicit(&world.acting, memory_order_relaxed);
}

struct pmem_worker *
pmem_worker_current(void)
{
    struct pmem_worker *worker;

    if (pmem_world_acting())
        return &world.self;
    worker = plat_self();
    if (!worker)
        panic("the space was touched by a thread that is no worker");
    return worker;
}

/* ---- carrying out requests ---- */

/* Credit and the chunks for it go from one to the other, who has none. */
static void
lend(struct pmem_worker *to, struct pmem_worker *from)
{
    assert(to->credit == 0);
    assert(!to->spare);
    to->credit = from->credit;
    to->spare = from->spare;
    to->spare_count = from->spare_count;
    from->credit = 0;
    from->spare = NULL;
    from->spare_count = 0;
}

static void
request_run(struct request *request)
{
    lend(&world.self, &request->purse);
    atomic_store_explicit(&world.acting, true, memory_order_relaxed);
    request->action(request->argument);
    atomic_store_explicit(&world.acting, false, memory_order_relaxed);
    lend(&request->purse, &world.self);
}

/* The last worker has arrived. The lock is held; it is let go while actions run. */
static void
world_carry_out_locked(void)
{
    struct request *done = NULL;
    uint64_t arrived_ns = plat_monotonic_ns(), released_ns;

    assert(world.running == 0);
    world.doing = true;
    while (world.first) {
        struct request *request = world.first;

        world.first = request->next;
        lock_release(&world.lock);
        trace(WORLD_STOP, request, world.running);
        request->arrived_ns = arrived_ns > request->asked_ns ? arrived_ns : request->asked_ns;
        request_run(request);
        lock_acquire(&world.lock);
        request->next = done;
        done = request;
    }
    world.last = NULL;
    world.doing = false;
    atomic_fetch_and(&pmem_stop_wanted, ~(uint32_t)PMEM_WANT_STOP);
    released_ns = plat_monotonic_ns();
    for (; done; done = done->next) {
        trace(WORLD_GO, done, released_ns - done->asked_ns);
        done->released_ns = released_ns;
        done->done = true; /* it may be gone when the lock is let go */
    }
    cond_broadcast(&world.go);
}

static void
world_look_locked(void)
{
    if (world.running == 0 && world.first && !world.doing)
        world_carry_out_locked();
}

static void
run_end_locked(struct pmem_worker *worker, enum pmem_worker_state state)
{
    assert(atomic_load_explicit(&worker->state, memory_order_relaxed) == PMEM_RUNNING);
    assert(world.running > 0);
    atomic_store_explicit(&worker->state, state, memory_order_relaxed);
    world.running--;
    world_look_locked();
}

static void
run_begin_locked(struct pmem_worker *worker)
{
    while (world.first || world.doing)
        cond_wait(&world.go, &world.lock, PLAT_NO_DEADLINE);
    assert(atomic_load_explicit(&worker->state, memory_order_relaxed) != PMEM_RUNNING);
    atomic_store_explicit(&worker->state, PMEM_RUNNING, memory_order_relaxed);
    world.running++;
}

void
pmem_world_await(void)
{
    if (!(atomic_load_explicit(&pmem_stop_wanted, memory_order_relaxed) & PMEM_WANT_STOP))
        return;
    lock_acquire(&world.lock);
    while (world.first || world.doing)
        cond_wait(&world.go, &world.lock, PLAT_NO_DEADLINE);
    lock_release(&world.lock);
}

void
pmem_chunks_must(struct pmem_worker *worker)
{
    static _Atomic uint32_t nothing;

    while (pmem_chunks_ensure(worker) != OK)
        plat_wait(&nothing, 0, plat_monotonic_ns() + RETRY_NS);
}

static void
world_stop(struct pmem_worker *worker)
{
    lock_acquire(&world.lock);
    if (world.first || world.doing) {
        run_end_locked(worker, PMEM_STOPPED);
        run_begin_locked(worker);
    }
    lock_release(&world.lock);
    pmem_chunks_must(worker);
}

static void
request_add_locked(struct request *request)
{
    request->asked_ns = plat_monotonic_ns();
    request->next = NULL;
    if (world.first)
        world.last->next = request;
    else
        world.first = request;
    world.last = request;
    atomic_fetch_or(&pmem_stop_wanted, PMEM_WANT_STOP);
}

static void
request_do(struct pmem_worker *worker, struct request *request)
{
    lock_acquire(&world.lock);
    request_add_locked(request);
    if (worker)
        run_end_locked(worker, PMEM_STOPPED);
    else
        world_look_locked();
    while (!request->done)
        cond_wait(&world.go, &world.lock, PLAT_NO_DEADLINE);
    if (worker)
        run_begin_locked(worker);
    lock_release(&world.lock);
    pmem_chunks_free(request->purse.spare);
    if (worker)
        pmem_chunks_must(worker);
}

/* Chunks for the request's credit, before anything is stopped. */
static err_t
request_prepare(struct request *request)
{
    err_t err;

    err = pmem_chunks_ensure(&request->purse);
    if (err != OK) {
        pmem_chunks_free(request->purse.spare);
        request->purse.spare = NULL;
        request->purse.spare_count = 0;
    }
    return err;
}

/* With credit for so many pages. */
static err_t
world_do(struct pmem_worker *worker, pmem_world_fn *action, void *argument, uint64_t pages)
{
    struct request request = { .action = action,
                               .argument = argument,
                               .purse.credit = (uint32_t)pages };

    if (request_prepare(&request) != OK) {
        store_credit_give(pmem_store, pages);
        return ERR_NOSPACE;
    }
    request_do(worker, &request);
    if (request.purse.credit > 0)
        store_credit_give(pmem_store, request.purse.credit);
    return OK;
}

err_t
pmem_world_do(struct pmem_worker *worker, pmem_world_fn *action, void *argument, uint64_t pages)
{
    if (pages > 0)
        TRY(pmem_credit_take(pages));
    return world_do(worker, action, argument, pages);
}

err_t
pmem_world_do_kept(struct pmem_worker *worker, pmem_world_fn *action, void *argument,
                   uint64_t pages, uint64_t leave)
{
    TRY(pmem_credit_take_kept(pages, leave));
    return world_do(worker, action, argument, pages);
}

err_t
pmem_world_run(pmem_world_fn *action, void *argument, uint32_t *credit, uint64_t *asked_ns,
               uint64_t *arrived_ns, uint64_t *released_ns)
{
    struct request request = { .action = action, .argument = argument, .purse.credit = *credit };

    TRY(request_prepare(&request));
    request_do(NULL, &request);
    *credit = request.purse.credit;
    *asked_ns = request.asked_ns;
    *arrived_ns = request.arrived_ns;
    *released_ns = request.released_ns;
    return OK;
}

void
pmem_world_take_dirty(struct pmem_dirty *to)
{
    assert(pmem_world_acting());
    lock_acquire(&world.workers_lock);
    for (struct pmem_worker *worker = world.workers; worker; worker = worker->next)
        pmem_dirty_splice(to, &worker->dirty);
    lock_release(&world.workers_lock);
    pmem_dirty_splice(to, &world.self.dirty);
}

uint64_t
pmem_world_listed(void)
{
    uint64_t length = pmem_dirty_length(&world.self.dirty);

    lock_acquire(&world.workers_lock);
    for (struct pmem_worker *worker = world.workers; worker; worker = worker->next)
        length += pmem_dirty_length(&worker->dirty);
    lock_release(&world.workers_lock);
    return length;
}

static void
listed_each(const struct pmem_dirty *dirty, pmem_page_fn *see, void *context)
{
    for (const struct pmem_chunk *chunk = dirty->first; chunk; chunk = chunk->next)
        for (uint32_t i = 0; i < chunk->count; i++)
            see(context, pmem_address_of(chunk->pages[i]));
}

void
pmem_written_each(pmem_page_fn *see, void *context)
{
    assert(pmem_world_acting());
    lock_acquire(&world.workers_lock);
    for (struct pmem_worker *worker = world.workers; worker; worker = worker->next)
        listed_each(&worker->dirty, see, context);
    lock_release(&world.workers_lock);
    listed_each(&world.self.dirty, see, context);
}

/* ---- joining and leaving, going and coming ---- */

static unsigned
index_free(void)
{
    unsigned index = 0;

    for (struct pmem_worker *worker = world.workers; worker;)
        if (worker->index == index) {
            index++;
            worker = world.workers;
        } else {
            worker = worker->next;
        }
    return index;
}

err_t
pmem_worker_join(struct pmem_worker *worker)
{
    err_t err;

    assert(!plat_self());
    *worker = (struct pmem_worker){ .restart = worker->restart };
    worker->page_buffer = plat_alloc(PAGE_BUFFER_BYTES);
    if (!worker->page_buffer)
        return ERR_NOMEM;
    worker->credit = PMEM_WORKER_CREDIT; /* so that there are chunks for it */
    err = pmem_chunks_ensure(worker);
    worker->credit = 0;
    if (err != OK) {
        pmem_chunks_free(worker->spare);
        plat_free(worker->page_buffer, PAGE_BUFFER_BYTES);
        return err;
    }
    if (pmem_credit_take(PMEM_WORKER_CREDIT) == OK)
        worker->credit = PMEM_WORKER_CREDIT; /* otherwise its first safepoint says so */
    else
        pmem_credit_low();
    plat_self_set(worker);
    lock_acquire(&world.lock);
    lock_acquire(&world.workers_lock);
    worker->index = index_free();
    worker->next = world.workers;
    world.workers = worker;
    lock_release(&world.workers_lock);
    run_begin_locked(worker);
    lock_release(&world.lock);
    return OK;
}

static void
worker_unlink_locked(struct pmem_worker *worker)
{
    struct pmem_worker **link = &world.workers;

    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
}

void
pmem_worker_leave(struct pmem_worker *worker)
{
    assert(plat_self() == worker);
    lock_acquire(&world.lock);
    if (atomic_load_explicit(&worker->state, memory_order_relaxed) == PMEM_RUNNING)
        run_end_locked(worker, PMEM_AWAY);
    while (world.doing) /* a list must not move while somebody takes it */
        cond_wait(&world.go, &world.lock, PLAT_NO_DEADLINE);
    lock_acquire(&world.workers_lock);
    worker_unlink_locked(worker);
    lock_release(&world.workers_lock);
    pmem_dirty_splice(&world.self.dirty, &worker->dirty);
    lock_release(&world.lock);
    store_credit_give(pmem_store, worker->credit);
    worker->credit = 0;
    pmem_chunks_free(worker->spare);
    worker->spare = NULL;
    worker->spare_count = 0;
    plat_free(worker->page_buffer, PAGE_BUFFER_BYTES);
    worker->page_buffer = NULL;
    plat_self_set(NULL);
}

void
pmem_worker_away(struct pmem_worker *worker)
{
    if (pmem_before_away != NULL)
        pmem_before_away(worker);
    lock_acquire(&world.lock);
    run_end_locked(worker, PMEM_AWAY);
    lock_release(&world.lock);
}

void
pmem_worker_back(struct pmem_worker *worker)
{
    lock_acquire(&world.lock);
    run_begin_locked(worker);
    lock_release(&world.lock);
    pmem_chunks_must(worker);
}

err_t
pmem_safepoint(struct pmem_worker *worker)
{
    uint32_t wanted = atomic_load_explicit(&pmem_stop_wanted, memory_order_acquire);

    plat_switch_point();
    assert(plat_self() == worker);
    if (wanted & PMEM_WANT_STOP)
        world_stop(worker);
    if (pmem_evict_behind()) {
        uint64_t begin_ns = plat_monotonic_ns();

        pmem_worker_away(worker);
        pmem_evict_wait();
        pmem_stalled(PMEM_STALL_ROOM, begin_ns);
        pmem_worker_back(worker);
    }
    return pmem_credit_top_up(worker);
}

/* ---- pins ---- */

/*
 * Dekker's handshake with pmem_world_pinned(): we store the pin, then look
 * whether the page is leaving; the evictor marks it leaving, then looks for
 * pins. The end of the pin, which makes it one, and the other three are sequentially
 * consistent, so at least one sees the other.
 */
void
pmem_pin(struct pmem_worker *worker, unsigned slot, uint64_t address, uint64_t bytes)
{
    _Atomic uint64_t *from = &worker->pins[slot].from, *to = &worker->pins[slot].to;

    assert(slot < PMEM_PIN_MAX);
    atomic_store_explicit(to, 0, memory_order_relaxed);
    if (bytes == 0)
        return;
    /* Release: who sees the new beginning does not see the old end. */
    atomic_store_explicit(from, address & ~(PAGE_BYTES - 1), memory_order_release);
    atomic_store(to, address + bytes);
}

bool
pmem_world_pinned(uint64_t page)
{
    uint64_t address = pmem_address_of(page);
    bool pinned = false;

    lock_acquire(&world.workers_lock);
    for (struct pmem_worker *worker = world.workers; worker && !pinned; worker = worker->next)
        for (unsigned i = 0; i < PMEM_PIN_MAX && !pinned; i++)
            pinned = atomic_load(&worker->pins[i].from) <= address &&
                     address < atomic_load(&worker->pins[i].to);
    lock_release(&world.workers_lock);
    return pinned || pmem_still_reads(page);
}
