/*
 * sched.c - workers, which run threads: run queue, timers, time slices.
 *
 * Run queue and timers are volatile, and are made again at a start from the
 * states of the threads in the space. A worker without a thread is away from the
 * space and sleeps until there is one, or a timer is due; it has no tick.
 *
 * Keeps true
 *   1. A RUNNABLE thread is in the run queue, or a worker's, or on its way there; or it is lost:
 *      its pages cannot be read now, and it waits for the next start, or to be over.
 *   2. A worker that lets go of a thread touches it for the last time before
 *      anybody else can find it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/trace.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "vm/thread.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define LOG_MODULE "vm"
#include "base/log.h"

/* Looks until the clock is asked. */
#define SLICE_LOOKS 64

#define SLICE_NS    10000000u
#define RETRY_NS    10000000000ull
#define THROTTLE_NS 50000000u
#define OWED_NS     1000000000u

#define WAKE_PAGES  16 /* first writes that waking a thread may take */

#define NO_TIMER    0

/* The volatile half of a thread, by its slot. */
struct half {
    uint32_t next;  /* slot + 1 of the one behind it in the run queue */
    uint32_t timer; /* place in the heap of timers + 1, or NO_TIMER */
    bool lost;      /* guarded by the lock of the run queue */
    uint64_t cpu_ns;
};

struct timer {
    uint64_t wake_ns;
    ref_t thread;
    uint32_t slot;
};

/* How often to look around: rarely, or, where the nursery moves always, at each poll. */
struct pace {
    int32_t look_polls;      /* polls until the next look whether the world should stop */
    int32_t collect_looks;   /* looks until the nursery is looked at; who finds it full collects */
    uint32_t snapshot_looks; /* looks until the next snapshot; 0: others ask for them */
};

static const struct pace pace_usual = { .look_polls = 63, .collect_looks = 16 };
static const struct pace pace_moving = { .look_polls = 1, .collect_looks = 1 };
static struct pace pace;

static struct {
    struct lock lock; /* guards the run queue */
    struct cond work;
    uint32_t first, last;     /* slot + 1 */
    _Atomic uint32_t waiting; /* threads in the run queue */
    unsigned idle;
    bool kicked;
    _Atomic bool stopping;

    struct lock timer_lock; /* guards the heap of timers */
    struct timer *timers;
    uint32_t timer_count;
    _Atomic uint64_t timer_first;

    _Atomic bool kills_owed; /* threads wait that are over, and were not woken for it */

    struct half *halves;
    struct vm_worker *workers;
    unsigned worker_count;
} sched;

static uint64_t idle_cell[1], leave_cell[1];

/* A snapshot comes at every so many polls, as near as whole looks go. */
static struct pace
pace_of(const struct vm_options *options)
{
    struct pace result = options->heap.move_always ? pace_moving : pace_usual;
    uint32_t polls = options->snapshot_polls;

    if (polls != 0 && polls < (uint32_t)result.look_polls)
        result.look_polls = (int32_t)polls;
    result.snapshot_looks = polls / (uint32_t)result.look_polls;
    return result;
}

err_t
sched_init(void)
{
    pace = pace_of(vm_options_get());
    lock_init(&sched.lock, LOCK_RANK_SCHED);
    lock_init(&sched.timer_lock, LOCK_RANK_TIMER);
    cond_init(&sched.work);
    sched.first = sched.last = 0;
    atomic_store(&sched.waiting, 0);
    atomic_store(&sched.stopping, false);
    sched.idle = 0;
    sched.kicked = false;
    sched.timer_count = 0;
    atomic_store(&sched.timer_first, UINT64_MAX);
    atomic_store(&sched.kills_owed, false);
    sched.workers = NULL;
    sched.worker_count = 0;
    sched.halves = plat_reserve(THREAD_COUNT_MAX * sizeof sched.halves[0]);
    sched.timers = plat_reserve((uint64_t)THREAD_COUNT_MAX * 2 * sizeof sched.timers[0]);
    idle_cell[0] = (uintptr_t)interp_addresses[OP_IDLE];
    leave_cell[0] = (uintptr_t)interp_addresses[OP_LEAVE];
    if (sched.halves != NULL && sched.timers != NULL)
        return OK;
    sched_close();
    return ERR_NOMEM;
}

void
sched_close(void)
{
    plat_release(sched.halves, THREAD_COUNT_MAX * sizeof sched.halves[0]);
    plat_release(sched.timers, (uint64_t)THREAD_COUNT_MAX * 2 * sizeof sched.timers[0]);
    sched.halves = NULL;
    sched.timers = NULL;
}

uint64_t
sched_cpu_ns(uint32_t slot)
{
    return sched.halves != NULL && slot < THREAD_COUNT_MAX ? sched.halves[slot].cpu_ns : 0;
}

/* ---- the run queue ---- */

void
sched_enqueue(ref_t thread)
{
    uint32_t slot = GET_U32(thread_object, thread, slot);

    lock_acquire(&sched.lock);
    sched.halves[slot].next = 0;
    if (sched.last == 0)
        sched.first = slot + 1;
    else
        sched.halves[sched.last - 1].next = slot + 1;
    sched.last = slot + 1;
    atomic_fetch_add(&sched.waiting, 1);
    if (sched.idle > 0)
        cond_signal(&sched.work);
    lock_release(&sched.lock);
}

static void
lost_set(uint32_t slot)
{
    lock_acquire(&sched.lock);
    sched.halves[slot].lost = true;
    lock_release(&sched.lock);
}

/* True for one caller only, who sees to the thread from then on. */
static bool
lost_take(uint32_t slot)
{
    bool lost;

    lock_acquire(&sched.lock);
    lost = sched.halves[slot].lost;
    sched.halves[slot].lost = false;
    lock_release(&sched.lock);
    return lost;
}

void
sched_find_lost(ref_t thread)
{
    if (lost_take(GET_U32(thread_object, thread, slot)))
        sched_enqueue(thread);
}

static bool
dequeue_locked(uint32_t *slot)
{
    if (sched.first == 0)
        return false;
    *slot = sched.first - 1;
    sched.first = sched.halves[*slot].next;
    if (sched.first == 0)
        sched.last = 0;
    atomic_fetch_sub(&sched.waiting, 1);
    return true;
}

/* ---- timers: a heap, the first one at its top ---- */

static void
timer_place(uint32_t at, struct timer timer)
{
    sched.timers[at] = timer;
    sched.halves[timer.slot].timer = at + 1;
}

static void
timer_up(uint32_t at, struct timer timer)
{
    while (at > 0 && sched.timers[(at - 1) / 2].wake_ns > timer.wake_ns) {
        timer_place(at, sched.timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    timer_place(at, timer);
}

static void
timer_down(uint32_t at, struct timer timer)
{
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < sched.timer_count &&
            sched.timers[child + 1].wake_ns < sched.timers[child].wake_ns)
            child++;
        if (child >= sched.timer_count || sched.timers[child].wake_ns >= timer.wake_ns)
            break;
        timer_place(at, sched.timers[child]);
        at = child;
    }
    timer_place(at, timer);
}

static void
timer_remove_locked(uint32_t slot)
{
    uint32_t at = sched.halves[slot].timer;
    struct timer last;

    if (at == NO_TIMER)
        return;
    at--;
    sched.halves[slot].timer = NO_TIMER;
    last = sched.timers[--sched.timer_count];
    if (at == sched.timer_count)
        return;
    if (at > 0 && sched.timers[(at - 1) / 2].wake_ns > last.wake_ns)
        timer_up(at, last);
    else
        timer_down(at, last);
}

void
sched_timer_set(ref_t thread, uint64_t wake_ns)
{
    struct timer timer = { wake_ns, thread, GET_U32(thread_object, thread, slot) };
    bool earlier;

    lock_acquire(&sched.timer_lock);
    timer_remove_locked(timer.slot);
    if (wake_ns != UINT64_MAX)
        timer_up(sched.timer_count++, timer);
    earlier = wake_ns < atomic_load(&sched.timer_first);
    atomic_store(&sched.timer_first, sched.timer_count > 0 ? sched.timers[0].wake_ns : UINT64_MAX);
    lock_release(&sched.timer_lock);
    if (!earlier)
        return;
    lock_acquire(&sched.lock);
    sched.kicked = sched.idle > 0;
    if (sched.idle > 0)
        cond_signal(&sched.work);
    lock_release(&sched.lock);
}

uint64_t
sched_timer_first(void)
{
    return atomic_load(&sched.timer_first);
}

/* The thread whose timer is due; 0 if there is none. */
static ref_t
timer_take_due(uint64_t personal_ns)
{
    ref_t thread = WORD_NULL;

    lock_acquire(&sched.timer_lock);
    if (sched.timer_count > 0 && sched.timers[0].wake_ns <= personal_ns) {
        thread = sched.timers[0].thread;
        timer_remove_locked(sched.timers[0].slot);
        atomic_store(&sched.timer_first,
                     sched.timer_count > 0 ? sched.timers[0].wake_ns : UINT64_MAX);
    }
    lock_release(&sched.timer_lock);
    return thread;
}

/* Wake those whose time has come, as far as the credit goes. */
static void
fire_timers(struct vm_worker *worker)
{
    ref_t thread;

    if (sched_timer_first() > vm_personal_ns())
        return;
    while (worker->pmem.credit > WAKE_PAGES &&
           (thread = timer_take_due(vm_personal_ns())) != WORD_NULL) {
        worker_commit_begin(worker);
        thread_wake(thread);
        worker_commit_end(worker);
    }
}

/* ---- threads that are over ---- */

static bool
is_over(ref_t thread)
{
    word_t application = GET_WORD(thread_object, thread, application);

    return (GET_U32(thread_object, thread, flags) & THREAD_FLAG_KILLED) != 0 ||
           (application != WORD_NULL &&
            GET_U32(application_object, application, state) != APPLICATION_RUNNING);
}

void
sched_owe_kills(void)
{
    atomic_store(&sched.kills_owed, true);
}

/* Wake those that are over, as far as the credit goes; who was woken is not woken again. */
static void
pay_kills(struct vm_worker *worker)
{
    uint32_t slot = 0, count;

    if (!atomic_load_explicit(&sched.kills_owed, memory_order_relaxed) ||
        !atomic_exchange(&sched.kills_owed, false))
        return;
    worker_commit_begin(worker);
    count = thread_slot_count();
    for (; slot < count && worker->pmem.credit > WAKE_PAGES; slot++) {
        ref_t thread = thread_in_slot(slot);

        if (thread == WORD_NULL || !is_over(thread))
            continue;
        if ((GET_U32(thread_object, thread, state) & THREAD_WOKEN) == 0)
            thread_wake(thread);
        sched_find_lost(thread);
    }
    worker_commit_end(worker);
    if (slot < count)
        sched_owe_kills();
}

static void
wake_due(struct vm_worker *worker)
{
    fire_timers(worker);
    pay_kills(worker);
}

/* ---- safepoints ---- */

static void
pause_shortly(struct vm_worker *worker)
{
    static _Atomic uint32_t nothing;

    pmem_worker_away(&worker->pmem);
    plat_wait(&nothing, 0, plat_monotonic_ns() + THROTTLE_NS);
    pmem_worker_back(&worker->pmem);
}

static void
load_again(struct vm_worker *worker)
{
    while (worker->thread != WORD_NULL && !frame_load(worker)) {
        log_warn("no memory for code: a thread waits");
        pause_shortly(worker);
    }
}

/* ---- law 10: throttle, then refuse, then stop the one program that asked ---- */

static bool
lacks_credit(const struct vm_worker *worker)
{
    return worker->pmem.credit < PMEM_WORKER_CREDIT / 2;
}

/*
 * Wait for commits and collections that make room; ERR_NOSPACE when they cannot. While no commit
 * succeeds no program can help it: the disk may come back, or a person switches off.
 */
static err_t
throttle(struct vm_worker *worker)
{
    while (lacks_credit(worker) && !atomic_load(&sched.stopping)) {
        if (!heap_make_room(&worker->heap, PMEM_WORKER_CREDIT / 2)) {
            if (pmem_commit_outcome() == OK)
                return ERR_NOSPACE;
            pause_shortly(worker);
        }
        IGNORE(pmem_safepoint(&worker->pmem), "what it brought is looked at");
    }
    return OK;
}

/* A worker without a thread finds one with little; it tells that one, or stops its program. */
static void
scrape_by(struct vm_worker *worker)
{
    if (pmem_reserve_to_tell(&worker->pmem) != OK)
        pause_shortly(worker);
}

/* It is over for the thread: whatever it was about to throw is nobody's business. */
static void
end_over(struct vm_worker *worker)
{
    SET_WORD(thread_object, worker->thread, pending, WORD_NULL);
    thread_end(worker);
}

/*
 * There is no room for what the thread writes. Its program is told, as long as there is credit to
 * tell it with, and to clean up; who was told and wrote on is stopped. So nobody waits for room
 * that nobody makes.
 */
static void
refuse(struct vm_worker *worker)
{
    if (pmem_reserve_to_tell(&worker->pmem) != OK) {
        thread_stop_program(worker);
        end_over(worker);
        return;
    }
    heap_open_reserve(&worker->heap);
    load_again(worker);
    if (GET_WORD(thread_object, worker->thread, pending) == WORD_NULL)
        exception_throw_prepared(worker, ERR_NOSPACE);
}

void
sched_safepoint(struct vm_worker *worker)
{
    bool loaded = worker->loaded;
    err_t err;

    frame_save(worker);
    worker->loaded = false;
    err = heap_safepoint(&worker->heap);
    if (err != OK && lacks_credit(worker))
        err = throttle(worker);
    if (err != OK && !loaded)
        scrape_by(worker);
    else if (err != OK)
        refuse(worker);
    else if (loaded)
        load_again(worker);
}

/* The call that asked for it runs again, and finds in its progress that it was done. */
static err_t
collect_all(struct vm_worker *worker)
{
    TRY(heap_collect_full(&worker->heap));
    TRY(pmem_reserve(&worker->pmem, 1));
    SET_U64(thread_object, worker->thread, prim_raw, 1);
    return OK;
}

static err_t
collect(struct vm_worker *worker, uint64_t bytes)
{
    bool loaded = worker->loaded;
    err_t err;

    frame_save(worker);
    worker->loaded = false;
    err = bytes == PRIM_COLLECT_ALL ? collect_all(worker) : heap_collect(&worker->heap, bytes);
    if (loaded)
        load_again(worker);
    return err;
}

void
sched_collect_quietly(struct vm_worker *worker, uint64_t bytes)
{
    IGNORE(collect(worker, bytes), "the caller looks again");
}

void
sched_collect(struct vm_worker *worker, uint64_t bytes)
{
    err_t err = collect(worker, bytes);

    if (err != OK)
        exception_throw_prepared(worker, err);
}

/* ---- letting go of a thread ---- */

void
sched_idle(struct vm_worker *worker)
{
    worker->pc = idle_cell;
}

static void
account(struct vm_worker *worker)
{
    uint64_t now = plat_monotonic_ns();

    sched.halves[GET_U32(thread_object, worker->thread, slot)].cpu_ns += now - worker->run_begin_ns;
    worker->run_begin_ns = now;
}

static void
give_back(struct vm_worker *worker)
{
    ref_t thread = worker->thread;

    account(worker);
    frame_save(worker);
    frame_unload(worker);
    sched_enqueue(thread);
    sched_idle(worker);
}

bool
sched_credit(struct vm_worker *worker, uint32_t pages)
{
    if (worker->pmem.credit >= pages)
        return true;
    sched_safepoint(worker);
    /* While the disk fails it would ask for ever, and not hear that it shall stop. */
    if (worker->loaded && atomic_load(&sched.stopping))
        give_back(worker);
    return false;
}

void
sched_credit_give(struct vm_worker *worker, uint32_t before)
{
    if (worker->pmem.credit > before)
        pmem_unreserve(&worker->pmem, worker->pmem.credit - before);
}

static void
park_as(struct vm_worker *worker, enum thread_state state)
{
    ref_t thread = worker->thread;
    uint64_t wake_ns = GET_U64(thread_object, thread, wake_ns);
    _Atomic uint32_t *shared = thread_state_of(thread);
    uint32_t expected = THREAD_RUNNABLE;

    account(worker);
    frame_save(worker);
    worker->loaded = false;
    trace(THREAD_PARK, GET_U64(thread_object, thread, id), state);
    if (wake_ns != UINT64_MAX)
        sched_timer_set(thread, wake_ns);
    if (atomic_compare_exchange_strong(shared, &expected, (uint32_t)state)) {
        frame_unload(worker);
        sched_idle(worker);
        return;
    }
    /* Somebody was faster: it does not park. */
    atomic_store(shared, THREAD_RUNNABLE);
    sched_timer_set(thread, UINT64_MAX);
    frame_unload(worker);
    sched_enqueue(thread);
    sched_idle(worker);
}

void
sched_park(struct vm_worker *worker)
{
    bool timed = GET_U64(thread_object, worker->thread, wake_ns) != UINT64_MAX;

    park_as(worker, timed ? THREAD_SLEEPING : THREAD_WAITING);
}

void
sched_suspend(struct vm_worker *worker)
{
    SET_U64(thread_object, worker->thread, wake_ns, vm_personal_ns() + RETRY_NS);
    thread_flags_set(worker->thread, THREAD_FLAG_UNREADABLE);
    park_as(worker, THREAD_SUSPENDED);
}

/* ---- taking one up ---- */

static void
pay_for(struct vm_worker *worker, word_t application)
{
    worker->heap.application =
        application != WORD_NULL ? GET_U32(application_object, application, id) : 0;
}

bool
sched_load(struct vm_worker *worker)
{
    ref_t thread = worker->thread;

    if (lacks_credit(worker))
        sched_safepoint(worker);
    trace(THREAD_RUN, GET_U64(thread_object, thread, id), worker->index);
    worker_commit_begin(worker);
    thread_unqueue(thread);
    if ((GET_U32(thread_object, thread, flags) & THREAD_FLAG_UNREADABLE) != 0)
        thread_flags_clear(thread, THREAD_FLAG_UNREADABLE);
    worker_commit_end(worker);
    worker->run_begin_ns = plat_monotonic_ns();
    worker->slice_end_ns = worker->run_begin_ns + SLICE_NS;
    worker->slice = pace.look_polls - 1;
    worker->looks = SLICE_LOOKS;
    if (is_over(thread)) {
        end_over(worker);
        return false;
    }
    pay_for(worker, GET_WORD(thread_object, thread, application));
    load_again(worker);
    return worker->loaded;
}

void
sched_resume(struct vm_worker *worker)
{
    const struct code *code;

    if (!sched_load(worker))
        return;
    code = code_running(worker);
    if (GET_WORD(thread_object, worker->thread, pending) != WORD_NULL)
        exception_unwind(worker);
    else if ((worker->frame[2] & FRAME_BOTTOM) != 0 && worker->pc == code->cells && code->is_static)
        worker->begins = init_class(worker, code->mirror->owner); /* or its frame comes first */
}

/* True if all of an object of the machine can be read. */
static bool
readable(struct vm_worker *worker, word_t object, uint64_t bytes)
{
    return object == WORD_NULL || (pmem_page_in(&worker->pmem, object) == OK &&
                                   pmem_page_in(&worker->pmem, object + bytes - 1) == OK);
}

/* True if the thread and its program can be read, as far as it takes to end it. */
static bool
can_be_seen(struct vm_worker *worker, ref_t thread)
{
    return readable(worker, thread, sizeof(struct thread_object)) &&
           readable(worker, GET_WORD(thread_object, thread, application),
                    sizeof(struct application_object));
}

/* By the table, because the thread itself may not be readable. */
static uint32_t
slot_of(ref_t thread)
{
    uint32_t slot = 0, count = thread_slot_count();

    while (slot < count && thread_in_slot(slot) != thread)
        slot++;
    assert(slot < count);
    return slot;
}

/*
 * May it wait for better times? The next start tries again, and so does who stops its program:
 * then it ends before it comes to its frames. If it was over already, and yet cannot be ended,
 * it has no better times to wait for.
 */
static bool
wait_lost(struct vm_worker *worker, ref_t thread, uint32_t slot)
{
    bool over;

    lost_set(slot);
    over = can_be_seen(worker, thread) && is_over(thread);
    return !over || !lost_take(slot);
}

void
sched_lose(struct vm_worker *worker, uint64_t address, err_t err)
{
    ref_t thread = worker->thread;
    uint32_t slot;

    log_error("a thread cannot go on: page %#" PRIx64 " of the space, part of its state, cannot "
              "be read (%s)",
              space_page_of(address), err_text(err));
    frame_unload(worker);
    sched_idle(worker);
    worker_commit_begin(worker);
    slot = slot_of(thread);
    if (err == ERR_CORRUPT || !wait_lost(worker, thread, slot)) {
        pmem_store64(SPACE_THREAD_TABLE + 8 * (uint64_t)slot, WORD_NULL);
        if (can_be_seen(worker, thread))
            thread_lose(thread);
    }
    worker_commit_end(worker);
}

/* How long may an idle worker sleep? Monotonic. */
static uint64_t
idle_deadline(void)
{
    uint64_t first = sched_timer_first(), now = plat_monotonic_ns(), personal = vm_personal_ns();
    uint64_t due = clock_commit_due(now, first), wake = PLAT_NO_DEADLINE;

    if (first != UINT64_MAX)
        wake = first > personal ? now + (first - personal) : now;
    if (atomic_load(&sched.kills_owed) && wake > now + OWED_NS)
        wake = now + OWED_NS; /* nobody says when there is room again */
    return wake < due ? wake : due;
}

/* Sleep, away from the space, until there may be something to do. */
static void
sleep_idle(struct vm_worker *worker)
{
    uint64_t deadline;

    pmem_worker_away(&worker->pmem);
    lock_acquire(&sched.lock);
    deadline = idle_deadline();
    sched.idle++;
    while (sched.first == 0 && !sched.kicked && !atomic_load(&sched.stopping) &&
           plat_monotonic_ns() < deadline)
        cond_wait(&sched.work, &sched.lock, deadline);
    sched.idle--;
    sched.kicked = false;
    lock_release(&sched.lock);
    pmem_worker_back(&worker->pmem);
}

void
sched_next(struct vm_worker *worker)
{
    uint32_t slot = 0;
    bool found;

    sched_idle(worker);
    if (atomic_load(&sched.stopping)) {
        worker->pc = leave_cell;
        return;
    }
    if (lacks_credit(worker))
        sched_safepoint(worker);
    clock_commit(worker, plat_monotonic_ns());
    wake_due(worker);
    lock_acquire(&sched.lock);
    found = dequeue_locked(&slot);
    lock_release(&sched.lock);
    if (!found) {
        sleep_idle(worker);
        return;
    }
    worker_commit_begin(worker);
    worker->thread = thread_in_slot(slot);
    worker_commit_end(worker);
    if (worker->thread != WORD_NULL)
        sched_resume(worker);
}

/* ---- looking around ---- */

static void
look_at_clock(struct vm_worker *worker)
{
    uint64_t now = plat_monotonic_ns();

    worker->looks = SLICE_LOOKS;
    clock_commit(worker, now);
    wake_due(worker);
    if (is_over(worker->thread)) {
        end_over(worker);
        return;
    }
    if (now < worker->slice_end_ns && !atomic_load(&sched.stopping))
        return;
    worker->slice_end_ns = now + SLICE_NS;
    if (atomic_load(&sched.waiting) > 0 || atomic_load(&sched.stopping))
        give_back(worker);
}

static bool
snapshot_is_due(struct vm_worker *worker)
{
    if (pace.snapshot_looks == 0 || ++worker->snapshot_looks < pace.snapshot_looks)
        return false;
    worker->snapshot_looks = 0;
    return true;
}

/* Let the world be as it is at this very poll in a snapshot, and wait until that is committed. */
static void
snapshot_wait(struct vm_worker *worker)
{
    uint32_t epoch;

    frame_save(worker);
    worker->loaded = false;
    epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    pmem_worker_away(&worker->pmem);
    IGNORE(pmem_snapshot_wait(epoch), "who runs the volume is told");
    pmem_worker_back(&worker->pmem);
    load_again(worker);
}

void
sched_poll(struct vm_worker *worker)
{
    bool collects = --worker->looks % pace.collect_looks == 0 && heap_wants_scavenge();

    worker->slice = pace.look_polls; /* the poll that came here comes again, and goes on */
    plat_switch_point();
    if (snapshot_is_due(worker))
        snapshot_wait(worker);
    if (pmem_poll() || collects)
        sched_safepoint(worker);
    if (!worker->loaded || worker->looks > 0)
        return;
    look_at_clock(worker);
    if (worker->loaded && thread_is_interrupted(worker->thread))
        exception_throw(worker, VM_ERROR_INTERRUPT, "somebody wants this to stop");
}

void
sched_again(struct vm_worker *worker)
{
    if (pmem_poll() || heap_wants_scavenge())
        sched_safepoint(worker);
    if (!worker->loaded)
        return;
    look_at_clock(worker);
    if (worker->loaded && atomic_load(&sched.waiting) > 0)
        give_back(worker);
}

/* ---- workers ---- */

err_t
worker_join(struct vm_worker *worker)
{
    err_t err = pmem_worker_join(&worker->pmem);

    if (err != OK)
        return err;
    worker->epochs = pmem_epoch_at;
    heap_local_join(&worker->heap, &worker->pmem);
    return OK;
}

void
worker_leave(struct vm_worker *worker)
{
    heap_local_leave(&worker->heap);
    pmem_worker_leave(&worker->pmem);
    plat_free(worker->scratch, worker->scratch_bytes);
    worker->scratch = NULL;
}

static void
worker_main(void *argument)
{
    struct vm_worker *worker = argument;

    if (worker_join(worker) != OK) {
        log_error("worker %u: no memory", worker->index);
        return;
    }
    sched_idle(worker);
    interp_run(worker);
    worker_leave(worker);
}

err_t
sched_start(unsigned count)
{
    sched.workers = plat_alloc(count * sizeof sched.workers[0]);
    if (sched.workers == NULL)
        return ERR_NOMEM;
    sched.worker_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct vm_worker *worker = &sched.workers[i];

        worker->index = i;
        if (plat_thread_create(&worker->native, "worker", worker_main, worker) != OK) {
            sched_stop();
            return ERR_NOMEM;
        }
    }
    return OK;
}

void
sched_stop(void)
{
    lock_acquire(&sched.lock);
    atomic_store(&sched.stopping, true);
    cond_broadcast(&sched.work);
    lock_release(&sched.lock);
    for (unsigned i = 0; i < sched.worker_count; i++)
        plat_thread_join(sched.workers[i].native);
    plat_free(sched.workers, sched.worker_count * sizeof sched.workers[0]);
    sched.workers = NULL;
    sched.worker_count = 0;
}
