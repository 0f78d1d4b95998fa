/*
 * sched.c - workers, which run threads: taking one up, looking around, letting go, sleeping.
 *
 * Run queues (sched_queue.c) and timers (sched_timer.c) are volatile, and are made again at a start
 * from the states of the threads in the space. A worker without a thread is away from the
 * space and sleeps until there is one, or a timer is due; it has no tick.
 *
 * Who wakes a thread puts it into the queue of his own worker and calls nobody: most wakers wait
 * themselves a moment later, and then that worker takes it. Only if threads wait there for
 * SHARE_NS, or the worker goes away from the space, one that sleeps is called. So two threads that
 * talk to each other cost no system call, and no wake is lost: whoever has threads in his queue
 * runs, looks around, or calls before he goes.
 *
 * Keeps true
 *   1. A RUNNABLE thread is in a run queue, or a worker's, or on its way there; or it is lost:
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
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define LOG_MODULE "vm"
#include "base/log.h"

/* Looks until the clock is asked; who takes long over them asks earlier (sched_worked). */
#define SLICE_LOOKS 64

/* Looks that a thread which somebody wants to stop goes on for. */
#define INTERRUPT_LOOKS 64

#define SLICE_NS        10000000u
#define LOOK_NS         500000u /* at least, from one look at the clock to a hurried one */
#define PAGE_POLLS      16      /* of who had to wait for a page, until it looks */
#define RETRY_NS        10000000000ull
#define OWED_NS         1000000000u
#define SHARE_NS        20000u /* threads wait in a queue before a worker that sleeps is called */

#define NEAR_TAKES      64 /* threads taken from the own queue before all are looked at alike */

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
    struct lock lock; /* guards what follows, up to `stopping`, and half.lost */
    struct cond work;
    bool kicked;
    _Atomic unsigned idle; /* workers that sleep, or have looked for the last time before they do */
    _Atomic bool stopping;

    _Atomic bool ranks_matter; /* some thread has, or had, another priority than the usual one */
    _Atomic uint32_t waiters;  /* slots, from the first on, whose threads are to look again */

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

static void before_away(struct pmem_worker *pmem);

err_t
sched_init(unsigned worker_count)
{
    err_t err = sched_timer_init();

    pace = pace_of(vm_options_get());
    sched_still_init();
    lock_init(&sched.lock, LOCK_RANK_SCHED);
    cond_init(&sched.work);
    atomic_store(&sched.stopping, false);
    atomic_store(&sched.idle, 0);
    sched.kicked = false;
    sched_aside_init();
    atomic_store(&sched.waiters, 0);
    atomic_store(&sched.ranks_matter, false);
    sched.workers = plat_alloc(worker_count * sizeof sched.workers[0]);
    sched.worker_count = worker_count;
    sched_queue_init(worker_count);
    sched_halves = plat_reserve(THREAD_COUNT_MAX * sizeof sched_halves[0]);
    idle_cell[0] = (uintptr_t)interp_addresses[OP_IDLE];
    leave_cell[0] = (uintptr_t)interp_addresses[OP_LEAVE];
    pmem_before_away = before_away;
    if (err == OK && sched_halves != NULL && sched.workers != NULL)
        return OK;
    sched_close();
    return ERR_NOMEM;
}

void
sched_close(void)
{
    pmem_before_away = NULL;
    if (sched.workers != NULL)
        plat_free(sched.workers, sched.worker_count * sizeof sched.workers[0]);
    sched.workers = NULL;
    sched.worker_count = 0;
    plat_release(sched_halves, THREAD_COUNT_MAX * sizeof sched_halves[0]);
    sched_halves = NULL;
    sched_timer_close();
}

bool
sched_is_stopping(void)
{
    return atomic_load(&sched.stopping);
}

uint64_t
sched_cpu_ns(uint32_t slot)
{
    return sched_halves != NULL && slot < THREAD_COUNT_MAX ? sched_halves[slot].cpu_ns : 0;
}

void
sched_slot_given(uint32_t slot)
{
    restart_slot_given(slot);
    sched_halves[slot].cpu_ns = 0;
    atomic_store_explicit(&sched_halves[slot].lent, 0, memory_order_relaxed);
    atomic_store_explicit(&sched_halves[slot].unheard, 0, memory_order_relaxed);
    atomic_store_explicit(&sched_halves[slot].stands, false, memory_order_relaxed);
}

/* ---- the run queues ---- */

/* The worker of the calling thread; NULL if it is none of those that run threads. */
static struct vm_worker *
worker_here(void)
{
    struct pmem_worker *pmem = plat_self();
    struct vm_worker *worker = pmem != NULL ? worker_of_pmem(pmem) : NULL;

    return worker >= sched.workers && worker < sched.workers + sched.worker_count ? worker : NULL;
}

/* ---- priorities ---- */

void
sched_ranks_matter(void)
{
    atomic_store_explicit(&sched.ranks_matter, true, memory_order_relaxed);
}

bool
sched_do_ranks_matter(void)
{
    return atomic_load_explicit(&sched.ranks_matter, memory_order_relaxed);
}

static struct sched_half *
half_of(ref_t thread)
{
    return &sched_halves[GET_U32(thread_object, thread, slot)];
}

unsigned
sched_level_of(ref_t thread)
{
    int32_t own = (int32_t)GET_U32(thread_object, thread, priority) + SCHED_LEVEL_NORMAL;
    unsigned lent, level = own < 0 ? 0 : (unsigned)own;

    if (!sched_do_ranks_matter())
        return SCHED_LEVEL_NORMAL;
    lent = atomic_load_explicit(&half_of(thread)->lent, memory_order_relaxed);
    level = level < SCHED_LEVELS ? level : SCHED_LEVELS - 1;
    return lent > level ? lent - 1 : level;
}

bool
sched_lend(ref_t thread, unsigned level)
{
    struct sched_half *half = half_of(thread);
    uint8_t lent = atomic_load(&half->lent);

    if (sched_level_of(thread) >= level)
        return false;
    while (lent < level + 1 &&
           !atomic_compare_exchange_weak(&half->lent, &lent, (uint8_t)(level + 1)))
        continue;
    sched_queue_move(GET_U32(thread_object, thread, slot), level, true);
    return true;
}

void
sched_lend_anew(ref_t thread, unsigned level_plus_one)
{
    atomic_store(&half_of(thread)->lent, (uint8_t)level_plus_one);
}

void
sched_enqueue(ref_t thread)
{
    uint32_t slot = GET_U32(thread_object, thread, slot);
    struct vm_worker *worker = worker_here();

    if (sched_programs_stand && sched_must_stand(thread))
        return;
    sched_queue_push(worker != NULL ? worker->index : slot, slot, sched_level_of(thread));
    if (worker == NULL)
        sched_call_idle();
}

void
sched_call_idle(void)
{
    if (atomic_load(&sched.idle) == 0)
        return;
    lock_acquire(&sched.lock);
    sched.kicked = atomic_load(&sched.idle) > 0;
    if (sched.kicked)
        cond_signal(&sched.work);
    lock_release(&sched.lock);
}

/* Whoever waits in the queue of a worker that goes away need not wait until it is back. */
static void
before_away(struct pmem_worker *pmem)
{
    struct vm_worker *worker = worker_of_pmem(pmem);

    if (worker_here() == worker && sched_queue_count(worker->index) > 0)
        sched_call_idle();
}

/* Who waits for long is for a worker that sleeps. */
static void
share(struct vm_worker *worker)
{
    uint64_t now;

    if (sched_queue_count(worker->index) == 0 ||
        atomic_load_explicit(&sched.idle, memory_order_relaxed) == 0) {
        worker->share_ns = 0;
        return;
    }
    now = plat_monotonic_ns();
    if (worker->share_ns == 0)
        worker->share_ns = now + SHARE_NS;
    if (now < worker->share_ns)
        return;
    worker->share_ns = now + SHARE_NS;
    sched_call_idle();
}

void
sched_lost_add(uint32_t slot)
{
    lock_acquire(&sched.lock);
    sched_halves[slot].lost = true;
    lock_release(&sched.lock);
}

/* True for one caller only, who sees to the thread from then on. */
static bool
lost_take(uint32_t slot)
{
    bool lost;

    lock_acquire(&sched.lock);
    lost = sched_halves[slot].lost;
    sched_halves[slot].lost = false;
    lock_release(&sched.lock);
    return lost;
}

void
sched_find_lost(ref_t thread)
{
    if (lost_take(GET_U32(thread_object, thread, slot)))
        sched_enqueue(thread);
}

/* ---- timers ---- */

/* Wake those whose time has come, as far as the credit goes. */
static void
fire_timers(struct vm_worker *worker, uint64_t now_ns)
{
    uint64_t personal_ns = clock_personal_at(now_ns);
    ref_t thread;

    if (sched_timer_first() > personal_ns)
        return;
    while (worker->pmem.credit > SCHED_WAKE_PAGES &&
           (thread = sched_timer_take_due(personal_ns)) != WORD_NULL) {
        worker_commit_begin(worker);
        thread_wake(thread);
        worker_commit_end(worker);
    }
}

/* ---- threads that are over ---- */

bool
sched_is_over(ref_t thread)
{
    word_t application = GET_WORD(thread_object, thread, application);

    return (GET_U32(thread_object, thread, flags) & THREAD_FLAG_KILLED) != 0 ||
           (application != WORD_NULL &&
            GET_U32(application_object, application, state) != APPLICATION_RUNNING);
}

void
sched_wake_waiters(void)
{
    atomic_store(&sched.waiters, thread_slot_count());
}

/* The next of those slots, plus one; 0: there is none. */
static uint32_t
waiter_take(void)
{
    uint32_t count = atomic_load_explicit(&sched.waiters, memory_order_relaxed);

    while (count > 0 && !atomic_compare_exchange_weak(&sched.waiters, &count, count - 1))
        continue;
    return count;
}

/* Wake who waits for a monitor, as far as the credit goes; it finds its queue again, or another. */
static void
wake_waiters(struct vm_worker *worker)
{
    uint32_t count;

    if (atomic_load_explicit(&sched.waiters, memory_order_relaxed) == 0)
        return;
    worker_commit_begin(worker);
    while (worker->pmem.credit > SCHED_WAKE_PAGES && (count = waiter_take()) > 0) {
        ref_t thread = thread_readable_in_slot(count - 1);

        if (thread != WORD_NULL && (GET_U32(thread_object, thread, flags) &
                                    (THREAD_FLAG_ENTERING | THREAD_FLAG_NOTIFIABLE)) != 0)
            thread_wake(thread);
    }
    worker_commit_end(worker);
}

static void
wake_due(struct vm_worker *worker, uint64_t now_ns)
{
    limit_release(worker->index, now_ns);
    fire_timers(worker, now_ns);
    wake_waiters(worker);
}

/* ---- letting go of a thread ---- */

void
sched_idle(struct vm_worker *worker)
{
    worker->pc = idle_cell;
}

/* Whatever ran since the clock was last asked has had that time. */
static void
account(struct vm_worker *worker, uint64_t now_ns)
{
    uint64_t ns = now_ns - worker->run_begin_ns;

    if (worker->run_slot != 0)
        limit_used(worker->heap.application, ns);
    if (worker->run_slot != 0 && worker->run_slot != WORKER_NO_SLOT)
        atomic_fetch_add_explicit(&sched_halves[worker->run_slot - 1].cpu_ns, ns,
                                  memory_order_relaxed);
    worker->run_begin_ns = now_ns;
}

void
sched_give_back(struct vm_worker *worker)
{
    ref_t thread = worker->thread;

    frame_save(worker);
    frame_unload(worker);
    worker_commit_begin(worker); /* it is nobody's now: who left by a fault would leave it behind */
    /* It may hold what somebody wants who could not find it. */
    if (sched_do_ranks_matter() && GET_U32(thread_object, thread, lock_count) > 0)
        monitor_lend_anew(worker, thread);
    sched_enqueue(thread);
    worker_commit_end(worker);
    sched_idle(worker);
}

bool
sched_credit(struct vm_worker *worker, uint32_t pages)
{
    if (worker->pmem.credit >= pages)
        return true;
    sched_safepoint(worker);
    /* While the disk fails it would ask for ever, and not hear that it shall stop. */
    if (worker->loaded && sched_is_stopping())
        sched_give_back(worker);
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

/* Its program has had its share: the thread, whose state is saved, waits for the next period. */
static void
hold(struct vm_worker *worker)
{
    uint32_t slot = GET_U32(thread_object, worker->thread, slot);

    frame_unload(worker);
    sched_idle(worker);
    limit_hold(worker->heap.application, slot, worker->level);
}

void
sched_look_soon(struct vm_worker *worker, int32_t polls)
{
    if (!worker->hurries || worker->slice > polls)
        worker->slice = polls;
    worker->work = 0;
    worker->hurries = true;
}

/* Polls before the first look of a turn. Who may be interrupted looks right behind its instruction.
 */
static int32_t
first_polls(ref_t thread)
{
    if (sched_programs_stand)
        return 0;
    return thread_is_interrupted(thread) ? 1 : pace.look_polls - 1;
}

static void
slice_begin(struct vm_worker *worker)
{
    worker->look_ns = worker->now_ns;
    worker->now_ns = 0;
    worker->slice_end_ns = worker->run_begin_ns + SLICE_NS;
    worker->slice = first_polls(worker->thread);
    worker->looks = SLICE_LOOKS;
    worker->work = 0;
    worker->hurries = false;
}

/*
 * A page was waited for, which is nobody's time. The slice goes on: who waits for page after page
 * would never come to its end. But the instruction that needs the page, and may need some more,
 * runs before anybody else has a turn, so that it gets on however little memory there is.
 */
static void
slice_go_on(struct vm_worker *worker)
{
    worker->run_begin_ns = plat_monotonic_ns();
    if (worker->run_begin_ns >= worker->look_ns + LOOK_NS)
        sched_look_soon(worker, PAGE_POLLS);
}

bool
sched_load(struct vm_worker *worker)
{
    ref_t thread = worker->thread;

    if (sched_lacks_credit(worker))
        sched_safepoint(worker);
    trace(THREAD_RUN, GET_U64(thread_object, thread, id), worker->index);
    worker_commit_begin(worker);
    thread_unqueue(thread);
    if ((GET_U32(thread_object, thread, flags) & THREAD_FLAG_UNREADABLE) != 0)
        thread_flags_clear(thread, THREAD_FLAG_UNREADABLE);
    worker_commit_end(worker);
    if (worker->now_ns == 0)
        slice_go_on(worker);
    else
        slice_begin(worker);
    worker->run_slot = GET_U32(thread_object, thread, slot) + 1;
    if (sched_is_over(thread)) {
        sched_end_over(worker);
        return false;
    }
    pay_for(worker, GET_WORD(thread_object, thread, application));
    if (limit_is_used_up(worker->heap.application, worker->run_begin_ns)) {
        hold(worker);
        return false;
    }
    sched_load_again(worker);
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

bool
sched_can_be_seen(struct vm_worker *worker, ref_t thread)
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

    sched_lost_add(slot);
    over = sched_can_be_seen(worker, thread) && sched_is_over(thread);
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
        thread_delist_slot(slot);
        if (sched_can_be_seen(worker, thread))
            thread_lose(worker, thread);
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
    if (limit_release_ns() < wake)
        wake = limit_release_ns();
    if (atomic_load(&sched.waiters) > 0 && wake > now + OWED_NS)
        wake = now + OWED_NS; /* nobody says when there is room again */
    return wake < due ? wake : due;
}

/* Sleep, away from the space, until there may be something to do. */
static void
sleep_idle(struct vm_worker *worker)
{
    uint64_t deadline;

    frame_unpin(worker);
    pmem_worker_away(&worker->pmem);
    lock_acquire(&sched.lock);
    /* Before the last look: who sets a timer, or adds a thread, after that, finds us here. */
    atomic_fetch_add(&sched.idle, 1);
    deadline = idle_deadline();
    while (!sched.kicked && !sched_is_stopping() && !sched_queue_any() &&
           plat_monotonic_ns() < deadline)
        cond_wait(&sched.work, &sched.lock, deadline);
    atomic_fetch_sub(&sched.idle, 1);
    sched.kicked = false;
    lock_release(&sched.lock);
    pmem_worker_back(&worker->pmem);
}

/* The next thread for the worker; false if there is none. */
static bool
take_next(struct vm_worker *worker, uint32_t *slot)
{
    bool afar = worker->looks_afar || worker->takes % NEAR_TAKES == 0;
    unsigned level;

    if (!sched_queue_take(worker->index, afar, slot, &level))
        return false;
    worker->takes++;
    worker->share_ns = 0;
    worker->looks_afar = false;
    worker->level = level;
    return true;
}

void
sched_next(struct vm_worker *worker)
{
    uint32_t slot = 0;
    uint64_t now;

    sched_idle(worker);
    if (sched_is_stopping()) {
        frame_unpin(worker);
        worker->pc = leave_cell;
        return;
    }
    if (sched_lacks_credit(worker) || pmem_poll())
        sched_safepoint(worker);
    now = plat_monotonic_ns();
    account(worker, now);
    worker->run_slot = 0;
    clock_commit(worker, now);
    wake_due(worker, now);
    if (sched_has_aside() && (now >= worker->aside_ns || !sched_queue_has_any()))
        sched_aside(worker);
    if (!take_next(worker, &slot)) {
        if (!sched_has_aside())
            sleep_idle(worker);
        return;
    }
    worker->now_ns = now;
    worker_commit_begin(worker);
    worker->thread = thread_in_slot(slot);
    worker_commit_end(worker);
    if (worker->thread != WORD_NULL)
        sched_resume(worker);
}

/* ---- looking around ---- */

/* Does a thread wait that goes before the one that runs, or at least as soon as its slice ends? */
static bool
is_outranked(const struct vm_worker *worker)
{
    return sched_queue_best() > worker->level + 1;
}

static void
look_at_clock(struct vm_worker *worker)
{
    uint64_t now = plat_monotonic_ns();

    worker->looks = SLICE_LOOKS;
    worker->work = 0;
    worker->look_ns = now;
    account(worker, now);
    clock_commit(worker, now);
    wake_due(worker, now);
    worker->level = sched_level_of(worker->thread);
    if (sched_is_over(worker->thread)) {
        sched_end_over(worker);
        return;
    }
    if (limit_is_used_up(worker->heap.application, now)) {
        frame_save(worker);
        hold(worker);
        return;
    }
    if (now < worker->slice_end_ns && !sched_is_stopping() && !is_outranked(worker))
        return;
    worker->slice_end_ns = now + SLICE_NS;
    if (sched_queue_has_any() || sched_is_stopping() || sched_has_aside()) {
        worker->looks_afar = true;
        sched_give_back(worker);
    }
}

/* So many looks, or one that was hurried here after some time. */
static bool
clock_is_due(struct vm_worker *worker)
{
    bool hurries = worker->hurries;

    if (pace.look_polls == 1 && worker->looks == SLICE_LOOKS - 1)
        return false; /* nothing has run yet in this turn, and something must */
    worker->hurries = false;
    return worker->looks <= 0 || (hurries && plat_monotonic_ns() >= worker->look_ns + LOOK_NS);
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
    sched_load_again(worker);
}

void
sched_interrupted(ref_t thread)
{
    atomic_store_explicit(&half_of(thread)->unheard, 0, memory_order_relaxed);
}

/*
 * Is the thread to be interrupted at this poll? Not at once: who was notified, or is about to end,
 * sees to that first. The looks count through all that it waits for, so who waits often, and not
 * where it can be interrupted, hears of it too. And never inside of an instruction that has changed
 * something and is not done: in a wait that has let go of the monitor, or with half a text printed.
 */
static bool
hears_interrupt(struct vm_worker *worker)
{
    struct sched_half *half;
    uint8_t unheard;

    if (!thread_is_interrupted(worker->thread))
        return false;
    half = half_of(worker->thread);
    unheard = atomic_load_explicit(&half->unheard, memory_order_relaxed);
    if (unheard < INTERRUPT_LOOKS) {
        atomic_store_explicit(&half->unheard, unheard + 1, memory_order_relaxed);
        return false;
    }
    if (!thread_has_progress(worker->thread))
        return true;
    worker->slice = 1; /* this poll goes on, and the next one looks */
    return false;
}

void
sched_poll(struct vm_worker *worker)
{
    bool collects = --worker->looks % pace.collect_looks == 0 && heap_wants_scavenge();

    worker->slice = pace.look_polls; /* the poll that came here comes again, and goes on */
    if (sched_programs_stand && sched_stand(worker, 0))
        return;
    plat_switch_point();
    if (snapshot_is_due(worker))
        snapshot_wait(worker);
    if (pmem_poll() || collects) {
        sched_safepoint(worker); /* which may take long, and hurries */
        worker->slice = pace.look_polls;
    }
    if (!worker->loaded)
        return;
    share(worker);
    if (clock_is_due(worker))
        look_at_clock(worker);
    if (worker->loaded && hears_interrupt(worker))
        exception_throw(worker, VM_ERROR_INTERRUPT, "somebody wants this to stop");
}

void
sched_again(struct vm_worker *worker)
{
    if (pmem_poll() || heap_wants_scavenge())
        sched_safepoint(worker);
    if (!worker->loaded)
        return;
    if (!sched_queue_has_any()) {
        look_at_clock(worker);
        return;
    }
    worker->looks_afar = sched_queue_count(worker->index) == 0;
    sched_give_back(worker); /* who takes it up again looks whether it is over */
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
    worker->heap.is_programs = true;
    sched_idle(worker);
    interp_run(worker);
    worker_leave(worker);
}

err_t
sched_start(void)
{
    for (unsigned i = 0; i < sched.worker_count; i++) {
        struct vm_worker *worker = &sched.workers[i];

        worker->index = i;
        if (plat_thread_create(&worker->native, "worker", worker_main, worker) != OK) {
            worker->native = NULL;
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
    for (unsigned i = 0; i < sched.worker_count; i++) {
        if (sched.workers[i].native != NULL)
            plat_thread_join(sched.workers[i].native);
        sched.workers[i].native = NULL;
    }
}
