/*
 * thread.c - threads: their table in the space, how they begin, wait and end.
 *
 * Keeps true
 *   1. A thread is in the table of the space from its start to its end.
 *   2. A thread that runs stands in no queue: who takes it up unlinks it first.
 *   3. thread.state is changed by compare-and-swap. Who wakes a thread that has not
 *      parked yet leaves THREAD_WOKEN there, and it will not park.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/thread.h"

#include "heap/text.h"
#include "object/array.h"
#include "vm/monitor.h"
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define LOG_MODULE "vm"
#include "base/log.h"

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))

#define STOP_PAGES        16 /* first writes that ending a program may take */

static struct lock table_lock = LOCK_INIT(LOCK_RANK_THREADS);
static uint32_t free_first; /* slot + 1 of one that is free; the next is half.next */
static uint32_t table_seen; /* from here on free slots are not in that list */

/* ---- flags and state: shared with other workers ---- */

static _Atomic uint32_t *
shared32(ref_t thread, uint64_t offset)
{
    pmem_barrier(thread + offset);
    return (_Atomic uint32_t *)(uintptr_t)(thread + offset);
}

void
thread_flags_set(ref_t thread, uint32_t set)
{
    atomic_fetch_or(shared32(thread, offsetof(struct thread_object, flags)), set);
}

void
thread_flags_clear(ref_t thread, uint32_t clear)
{
    atomic_fetch_and(shared32(thread, offsetof(struct thread_object, flags)), ~clear);
}

_Atomic uint32_t *
thread_state_of(ref_t thread)
{
    return shared32(thread, offsetof(struct thread_object, state));
}

bool
thread_is_alive(ref_t thread)
{
    uint32_t state = GET_U32(thread_object, thread, state) & ~THREAD_WOKEN;

    return state != THREAD_NEW && state != THREAD_ENDED;
}

void
thread_wake(ref_t thread)
{
    _Atomic uint32_t *state = thread_state_of(thread);
    uint32_t now;

    restart_before_wake(thread);
    now = atomic_load(state);
    for (;;) {
        bool parked = now == THREAD_WAITING || now == THREAD_SLEEPING || now == THREAD_SUSPENDED;
        uint32_t next = parked ? THREAD_RUNNABLE : now | THREAD_WOKEN;

        if (!parked && now != THREAD_RUNNABLE)
            return; /* woken already, or ended, or never began */
        if (!atomic_compare_exchange_weak(state, &now, next))
            continue;
        if (parked) {
            sched_timer_set(thread, UINT64_MAX);
            sched_enqueue(thread);
        }
        return;
    }
}

bool
thread_has_progress(ref_t thread)
{
    return (GET_WORD(thread_object, thread, prim_word) |
            GET_WORD(thread_object, thread, prim_word2) | GET_U64(thread_object, thread, prim_raw) |
            GET_U64(thread_object, thread, prim_raw2)) != 0;
}

bool
thread_is_outside(ref_t thread)
{
    return (GET_U32(thread_object, thread, flags) & THREAD_FLAG_OUTSIDE) != 0;
}

void
thread_progress_clear(ref_t thread)
{
    if (!thread_has_progress(thread))
        return;
    SET_WORD(thread_object, thread, prim_word, WORD_NULL);
    SET_WORD(thread_object, thread, prim_word2, WORD_NULL);
    SET_U64(thread_object, thread, prim_raw, 0);
    SET_U64(thread_object, thread, prim_raw2, 0);
}

/* ---- the table ---- */

ref_t
thread_in_slot(uint32_t slot)
{
    return pmem_load64(SPACE_THREAD_TABLE + 8 * (uint64_t)slot);
}

ref_t
thread_readable_in_slot(uint32_t slot)
{
    word_t application;
    ref_t thread;

    if (!pmem_readable(SPACE_THREAD_TABLE + 8 * (uint64_t)slot, 8))
        return WORD_NULL;
    thread = thread_in_slot(slot);
    if (thread == WORD_NULL || !pmem_readable(thread, sizeof(struct thread_object)))
        return WORD_NULL;
    application = GET_WORD(thread_object, thread, application);
    if (application != WORD_NULL && !pmem_readable(application, sizeof(struct application_object)))
        return WORD_NULL;
    return thread;
}

uint32_t
thread_slot_count(void)
{
    return pmem_load32(root_field(thread_slot_count));
}

void
thread_table_init(void)
{
    free_first = 0;
    table_seen = 0;
}

/* A slot that is free; as many as there are at most: it is the first behind them. */
static uint32_t
slot_take_locked(void)
{
    uint32_t slot = free_first - 1, count = thread_slot_count();

    if (free_first != 0) {
        free_first = sched_halves[slot].next;
        sched_halves[slot].next = 0;
        return slot;
    }
    while (table_seen < count && thread_in_slot(table_seen) != WORD_NULL)
        table_seen++;
    return table_seen++;
}

bool
thread_enlist(ref_t thread)
{
    uint32_t slot;

    lock_acquire(&table_lock);
    slot = slot_take_locked();
    if (slot < THREAD_COUNT_MAX) {
        sched_slot_given(slot); /* before anybody can see it */
        SET_U32(thread_object, thread, slot, slot);
        prim_thread_talks(thread, 0);
        pmem_store64(SPACE_THREAD_TABLE + 8 * (uint64_t)slot, thread);
        if (slot == thread_slot_count())
            pmem_store32(root_field(thread_slot_count), slot + 1);
    } else {
        table_seen = THREAD_COUNT_MAX;
    }
    lock_release(&table_lock);
    return slot < THREAD_COUNT_MAX;
}

void
thread_delist_slot(uint32_t slot)
{
    lock_acquire(&table_lock);
    pmem_store64(SPACE_THREAD_TABLE + 8 * (uint64_t)slot, WORD_NULL);
    if (slot < table_seen) {
        sched_halves[slot].next = free_first;
        free_first = slot + 1;
    }
    lock_release(&table_lock);
}

void
thread_delist(ref_t thread)
{
    thread_delist_slot(GET_U32(thread_object, thread, slot));
}

ref_t
thread_find(uint32_t slot, uint64_t id)
{
    ref_t thread = slot < thread_slot_count() ? thread_in_slot(slot) : WORD_NULL;

    return thread != WORD_NULL && GET_U64(thread_object, thread, id) == id ? thread : WORD_NULL;
}

/* ---- queues ---- */

void
thread_queue_push(ref_t object, uint64_t head, uint64_t tail, ref_t thread)
{
    word_t last = obj_load_word(object, tail);

    SET_WORD(thread_object, thread, next, WORD_NULL);
    if (last == WORD_NULL)
        obj_store_word(object, head, thread);
    else
        SET_WORD(thread_object, last, next, thread);
    obj_store_word(object, tail, thread);
}

word_t
thread_queue_pop(ref_t object, uint64_t head, uint64_t tail)
{
    word_t first = obj_load_word(object, head), next;

    if (first == WORD_NULL)
        return WORD_NULL;
    next = GET_WORD(thread_object, first, next);
    obj_store_word(object, head, next);
    if (next == WORD_NULL)
        obj_store_word(object, tail, WORD_NULL);
    SET_WORD(thread_object, first, next, WORD_NULL);
    return first;
}

bool
thread_queue_remove(ref_t object, uint64_t head, uint64_t tail, ref_t thread)
{
    word_t before = WORD_NULL, at = obj_load_word(object, head), next;

    while (at != WORD_NULL && at != thread) {
        before = at;
        at = GET_WORD(thread_object, at, next);
    }
    if (at == WORD_NULL)
        return false;
    next = GET_WORD(thread_object, thread, next);
    if (before == WORD_NULL)
        obj_store_word(object, head, next);
    else
        SET_WORD(thread_object, before, next, next);
    if (next == WORD_NULL)
        obj_store_word(object, tail, before);
    SET_WORD(thread_object, thread, next, WORD_NULL);
    return true;
}

/* ---- joiners ---- */

void
thread_add_joiner(ref_t thread, ref_t joiner)
{
    SET_WORD(thread_object, joiner, next, GET_WORD(thread_object, thread, joiners));
    SET_WORD(thread_object, thread, joiners, joiner);
    SET_WORD(thread_object, joiner, waiting_for, thread);
    thread_flags_set(joiner, THREAD_FLAG_JOINING);
}

static void
remove_joiner(ref_t thread, ref_t joiner)
{
    word_t at, before = WORD_NULL, next = GET_WORD(thread_object, joiner, next);

    for (at = GET_WORD(thread_object, thread, joiners); at != WORD_NULL && at != joiner;
         at = GET_WORD(thread_object, at, next))
        before = at;
    if (at == WORD_NULL)
        return;
    if (before == WORD_NULL)
        SET_WORD(thread_object, thread, joiners, next);
    else
        SET_WORD(thread_object, before, next, next);
    SET_WORD(thread_object, joiner, next, WORD_NULL);
}

void
thread_wake_joiners(ref_t thread)
{
    word_t joiner;

    do {
        monitor_guard(thread);
        joiner = GET_WORD(thread_object, thread, joiners);
        if (joiner != WORD_NULL) {
            SET_WORD(thread_object, thread, joiners, GET_WORD(thread_object, joiner, next));
            SET_WORD(thread_object, joiner, next, WORD_NULL);
            thread_flags_clear(joiner, THREAD_FLAG_JOINING);
        }
        monitor_unguard(thread);
        if (joiner != WORD_NULL)
            thread_wake(joiner);
    } while (joiner != WORD_NULL);
}

void
thread_unqueue(ref_t thread)
{
    uint32_t flags = GET_U32(thread_object, thread, flags);
    word_t object = GET_WORD(thread_object, thread, waiting_for);

    if ((flags & THREAD_FLAG_JOINING) != 0) {
        monitor_guard(object);
        if ((GET_U32(thread_object, thread, flags) & THREAD_FLAG_JOINING) != 0) {
            remove_joiner(object, thread);
            thread_flags_clear(thread, THREAD_FLAG_JOINING);
        }
        monitor_unguard(object);
    }
    if ((flags & (THREAD_FLAG_ENTERING | THREAD_FLAG_NOTIFIABLE)) != 0)
        monitor_unqueue(thread, object);
    if ((flags & THREAD_FLAG_RESTART) != 0)
        thread_flags_clear(thread, THREAD_FLAG_RESTART);
    if (object != WORD_NULL && (GET_U32(thread_object, thread, flags) & THREAD_FLAG_TURN) == 0)
        SET_WORD(thread_object, thread, waiting_for, WORD_NULL);
}

/* ---- beginning ---- */

ref_t
thread_make(struct heap_local *heap, word_t application, ref_t method, const word_t *words,
            unsigned word_count, word_t name)
{
    ref_t thread = heap_alloc_old(heap, sizeof(struct thread_object), CLASS_THREAD), stack;

    if (thread == WORD_NULL)
        return WORD_NULL;
    stack = frame_first(heap, method, words, word_count);
    if (stack == WORD_NULL)
        return WORD_NULL;
    SET_WORD(thread_object, thread, stack, stack);
    SET_WORD(thread_object, thread, application, application);
    SET_WORD(thread_object, thread, name, name);
    SET_WORD(thread_object, thread, target, word_count > 0 ? words[0] : WORD_NULL);
    SET_U64(thread_object, thread, wake_ns, UINT64_MAX);
    SET_U32(thread_object, thread, frame_word, 0);
    SET_U32(thread_object, thread, frame_raw, GET_U32(stack_object, stack, raw_top));
    SET_U32(thread_object, thread, state, THREAD_NEW);
    return thread;
}

/* It has an id, and its application counts it. */
void
thread_go(ref_t thread)
{
    word_t application = GET_WORD(thread_object, thread, application);
    uint64_t at = root_field(next_thread_id);

    pmem_barrier(at);
    SET_U64(thread_object, thread, id, 1 + atomic_fetch_add((_Atomic uint64_t *)(uintptr_t)at, 1));
    if (application != WORD_NULL)
        atomic_fetch_add(shared32(application, offsetof(struct application_object, thread_count)),
                         1);
    atomic_store(thread_state_of(thread), THREAD_RUNNABLE);
    sched_enqueue(thread);
}

bool
thread_begin(ref_t thread, uint32_t session)
{
    if (!thread_enlist(thread))
        return false;
    prim_thread_talks(thread, session);
    if (session != 0)
        thread_flags_set(thread, THREAD_FLAG_ATTACHED);
    thread_go(thread);
    return true;
}

static bool
may_begin_with(ref_t method, unsigned word_count)
{
    struct method_mirror *mirror = mirror_of_method(GET_U32(method_object, method, number));

    return mirror != NULL && mirror->word_args == word_count && mirror->raw_args == 0 &&
           (mirror->flags & (METHOD_ABSTRACT | METHOD_PRIMITIVE | METHOD_SYNCHRONIZED)) == 0;
}

enum prim_answer
thread_start(struct prim_call *call, word_t application, word_t name, ref_t method,
             const word_t *words, unsigned word_count)
{
    ref_t thread;

    if (!may_begin_with(method, word_count))
        return prim_throw(call, VM_ERROR_ARGUMENT, "a thread cannot begin with this method");
    thread = thread_make(call->heap, application, method, words, word_count, name);
    if (thread == WORD_NULL)
        return prim_collect(call, 4 * STACK_BYTES_FIRST);
    prim_invoke(call);
    SET_U32(thread_object, thread, priority, GET_U32(thread_object, call->thread, priority));
    if ((GET_U32(thread_object, call->thread, flags) & THREAD_FLAG_ATTACHED) != 0)
        thread_flags_set(thread, THREAD_FLAG_ATTACHED);
    if (!thread_begin(thread, prim_thread_session(call->thread))) {
        worker_commit_end(call->worker);
        call->invoking = false;
        return prim_throw(call, VM_ERROR_MEMORY, "too many threads");
    }
    return prim_return_word(call, thread);
}

/* ---- priorities ---- */

enum prim_answer
thread_priority_set(struct prim_call *call, ref_t thread, int32_t priority)
{
    if (priority < THREAD_PRIORITY_MIN || priority > THREAD_PRIORITY_MAX)
        return prim_throw(call, VM_ERROR_ARGUMENT, "a priority is %d to %d, not %d",
                          THREAD_PRIORITY_MIN, THREAD_PRIORITY_MAX, (int)priority);
    prim_invoke(call);
    SET_U32(thread_object, thread, priority, (uint32_t)priority);
    if (priority != 0)
        sched_ranks_matter();
    if (thread_is_alive(thread))
        sched_queue_move(GET_U32(thread_object, thread, slot), sched_level_of(thread), false);
    return prim_return_void(call);
}

/* ---- interrupting ---- */

bool
thread_is_interrupted(ref_t thread)
{
    return (GET_U32(thread_object, thread, flags) & THREAD_FLAG_INTERRUPTED) != 0;
}

enum prim_answer
thread_throw_interrupt(struct prim_call *call)
{
    return prim_throw(call, VM_ERROR_INTERRUPT, "somebody wants this to stop");
}

enum prim_answer
thread_interrupt_take(struct prim_call *call)
{
    bool interrupted = thread_is_interrupted(call->thread);

    if (interrupted) {
        prim_invoke(call);
        thread_flags_clear(call->thread, THREAD_FLAG_INTERRUPTED);
    }
    return prim_return_int(call, interrupted);
}

enum prim_answer
thread_interrupt(struct prim_call *call, ref_t thread)
{
    prim_invoke(call);
    if (thread_is_alive(thread)) {
        if (!thread_is_interrupted(thread))
            sched_interrupted(thread);
        thread_flags_set(thread, THREAD_FLAG_INTERRUPTED);
        thread_wake(thread);
    }
    return prim_return_void(call);
}

enum prim_answer
thread_stop(struct prim_call *call, ref_t thread)
{
    prim_invoke(call);
    if (!thread_is_alive(thread))
        return prim_return_void(call);
    thread_flags_set(thread, THREAD_FLAG_KILLED);
    if (thread == call->thread)
        return PRIM_AGAIN; /* a look around ends it */
    thread_wake(thread);
    sched_find_lost(thread);
    return prim_return_void(call);
}

/* ---- waiting ---- */

enum prim_answer
prim_park(struct prim_call *call, word_t object, uint64_t wake_ns)
{
    SET_WORD(thread_object, call->thread, waiting_for, object);
    SET_U64(thread_object, call->thread, wake_ns, wake_ns);
    return PRIM_PARK;
}

uint64_t
thread_deadline(uint64_t duration_ns)
{
    uint64_t now = duration_ns == UINT64_MAX ? 0 : vm_personal_ns();

    return duration_ns >= UINT64_MAX - 1 - now ? UINT64_MAX : now + duration_ns;
}

enum prim_answer
thread_sleep(struct prim_call *call, int64_t duration_ns)
{
    uint64_t until = GET_U64(thread_object, call->thread, prim_raw);

    if (duration_ns <= 0)
        return thread_yield(call);
    if (thread_is_interrupted(call->thread))
        return thread_throw_interrupt(call);
    if (until == 0)
        until = thread_deadline((uint64_t)duration_ns);
    else if (vm_personal_ns() >= until)
        return PRIM_DONE;
    prim_invoke(call);
    SET_U64(thread_object, call->thread, prim_raw, until);
    return prim_park(call, WORD_NULL, until);
}

enum prim_answer
thread_join(struct prim_call *call, ref_t thread, uint64_t timeout_ns)
{
    uint64_t until = GET_U64(thread_object, call->thread, prim_raw);
    bool waits;

    if (!thread_is_alive(thread))
        return prim_return_int(call, 1);
    if (thread_is_interrupted(call->thread))
        return thread_throw_interrupt(call);
    if (until == 0)
        until = thread_deadline(timeout_ns);
    if (until != UINT64_MAX && vm_personal_ns() >= until)
        return prim_return_int(call, 0);
    prim_invoke(call);
    monitor_guard(thread);
    waits = thread_is_alive(thread);
    if (waits)
        thread_add_joiner(thread, call->thread);
    monitor_unguard(thread);
    if (!waits)
        return prim_return_int(call, 1);
    SET_U64(thread_object, call->thread, prim_raw, until);
    return prim_park(call, thread, until);
}

enum prim_answer
thread_await_restart(struct prim_call *call)
{
    prim_invoke(call);
    thread_flags_set(call->thread, THREAD_FLAG_RESTART);
    return prim_park(call, WORD_NULL, UINT64_MAX);
}

enum prim_answer
thread_yield(struct prim_call *call)
{
    if (GET_U64(thread_object, call->thread, prim_raw) != 0)
        return PRIM_DONE;
    prim_invoke(call);
    SET_U64(thread_object, call->thread, prim_raw, 1);
    return PRIM_AGAIN;
}

/* ---- ending ---- */

void
thread_end_application(ref_t application, uint32_t seeing)
{
    assert(GET_U32(application_object, application, state) != APPLICATION_RUNNING);
    if (GET_U32(application_object, application, thread_count) > seeing)
        sched_end_threads();
    limit_forgive(GET_U32(application_object, application, id));
}

enum prim_answer
thread_exit(struct prim_call *call, int32_t status)
{
    word_t application = GET_WORD(thread_object, call->thread, application);

    if (application == WORD_NULL)
        return prim_throw(call, VM_ERROR_STATE, "this thread belongs to no application");
    prim_invoke(call);
    SET_U32(application_object, application, status, (uint32_t)status);
    SET_U32(application_object, application, state, APPLICATION_ENDED);
    thread_end_application(application, 1);
    return PRIM_AGAIN; /* a look around ends the calling thread too */
}

/* What people are told later of an exception; never null. May collect. */
static ref_t
error_text(struct vm_worker *worker, word_t application)
{
    char message[512];
    size_t bytes =
        exception_text(GET_WORD(thread_object, worker->thread, pending), message, sizeof message);
    ref_t text;

    bytes = bytes < sizeof message ? bytes : sizeof message - 1;
    text = exception_string(worker, message, bytes);
    if (text == WORD_NULL) {
        sched_collect_quietly(worker, EXCEPTION_BYTES_MAX);
        text = exception_string(worker, message, bytes);
    }
    return text != WORD_NULL ? text : GET_WORD(application_object, application, name);
}

static void
application_failed(ref_t application, ref_t text)
{
    if (GET_U32(application_object, application, state) != APPLICATION_RUNNING)
        return;
    if (GET_WORD(application_object, application, error) == WORD_NULL)
        SET_WORD(application_object, application, error, text);
    SET_U32(application_object, application, status, 1);
}

/* A thread of the application has ended; was it the last? */
static void
application_leave(ref_t application)
{
    _Atomic uint32_t *count =
        shared32(application, offsetof(struct application_object, thread_count));
    uint32_t state;

    if (atomic_fetch_sub(count, 1) != 1)
        return;
    state = GET_U32(application_object, application, state);
    if (state == APPLICATION_RUNNING) {
        state = GET_WORD(application_object, application, error) != WORD_NULL ? APPLICATION_FAILED
                                                                              : APPLICATION_ENDED;
        SET_U32(application_object, application, state, state);
    }
    system_application_ended(state == APPLICATION_FAILED);
}

void
thread_stop_program(struct vm_worker *worker)
{
    word_t application = GET_WORD(thread_object, worker->thread, application);

    if (application == WORD_NULL) {
        log_error("a thread of no program is ended: the volume is full, and it writes on");
        return;
    }
    if (worker->pmem.credit < STOP_PAGES)
        IGNORE(pmem_reserve_kept(&worker->pmem, STOP_PAGES),
               "it has what ending takes at the least");
    log_error("program %u is stopped: the volume is full, and it writes on",
              (unsigned)GET_U32(application_object, application, id));
    worker_commit_begin(worker);
    application_failed(application, exception_prepared_text(ERR_NOSPACE));
    if (GET_U32(application_object, application, state) == APPLICATION_RUNNING)
        SET_U32(application_object, application, state, APPLICATION_FAILED);
    thread_end_application(application, 1);
    worker_commit_end(worker);
}

void
thread_lose(struct vm_worker *worker, ref_t thread)
{
    word_t application = GET_WORD(thread_object, thread, application);

    monitor_pass_on(worker, thread);
    monitor_release_all(worker, thread);
    atomic_store(thread_state_of(thread), THREAD_ENDED);
    prim_thread_ends(thread);
    thread_wake_joiners(thread);
    if (application == WORD_NULL) {
        errand_look();
        return;
    }
    application_failed(application, GET_WORD(application_object, application, name));
    application_leave(application);
}

void
thread_end(struct vm_worker *worker)
{
    ref_t thread = worker->thread, text = WORD_NULL;
    word_t application = GET_WORD(thread_object, thread, application), exception;

    if (GET_WORD(thread_object, thread, pending) != WORD_NULL && application != WORD_NULL)
        text = error_text(worker, application);
    worker_commit_begin(worker);
    exception = GET_WORD(thread_object, thread, pending);
    if (exception != WORD_NULL)
        exception_report(worker, exception);
    monitor_pass_on(worker, thread);
    monitor_release_all(worker, thread);
    if (text != WORD_NULL)
        application_failed(application, text);
    monitor_guard(thread);
    atomic_store(thread_state_of(thread), THREAD_ENDED);
    monitor_unguard(thread);
    prim_thread_ends(thread);
    thread_delist(thread);
    thread_wake_joiners(thread);
    SET_WORD(thread_object, thread, pending, WORD_NULL);
    SET_WORD(thread_object, thread, lock_stack, WORD_NULL);
    SET_WORD(thread_object, thread, stack, WORD_NULL);
    if (application != WORD_NULL)
        application_leave(application);
    else
        errand_look();
    worker_commit_end(worker);
    frame_unload(worker);
    sched_idle(worker);
    worker->run_slot = WORKER_NO_SLOT;
}
