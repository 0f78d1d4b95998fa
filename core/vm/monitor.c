/*
 * monitor.c - the lock and the condition that every object has.
 *
 * Header and monitor object are words of the space. FREE <-> THIN is one
 * compare-and-swap on the header. All that concerns a monitor object (entering
 * its queue, giving it up, making the header INFLATED or FREE again) is done
 * under a guard: a volatile lock, chosen by the object's address, which stands
 * still between two safepoints. While it is held faults are served in place.
 *
 * Keeps true
 *   1. Who holds the monitor has the object on its lock stack, as often as it entered.
 *   2. Header INFLATED: root.monitors[number] is the object's monitor. Held or not is
 *      monitor.held; threads that wait are in its queues.
 *   3. A monitor object in root.monitors whose `object` is null is free to be used.
 *   4. If nobody holds a monitor that threads wait for, one was let in and is on its way (a turn):
 *      it comes, or lets the next one in.
 *   5. What is damaged of all this is found before anything changes, and thrown; or else, once a
 *      change has begun, it is done without: a thread that cannot be read takes those behind it
 *      in its queue along, and all are woken to queue anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/monitor.h"

#include "base/hash.h"
#include "object/array.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "vm/monitor_priv.h"
#include "vm/vm.h"

#define GUARDS            64
#define LOCK_STACK_FIRST  8u
#define NOTIFY_PIECE      8

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))
static struct lock guards[GUARDS];
static struct lock table_lock = LOCK_INIT(LOCK_RANK_TIMER); /* guards root.monitors and `spare` */

/* Numbers of monitors that are free: volatile. */
static uint32_t *spare;
static uint32_t spare_count, spare_room;

/* ---- guards ---- */

static struct lock *
guard_of(ref_t object)
{
    return &guards[(object >> 4 ^ object >> 12) % GUARDS];
}

void
monitor_guard(ref_t object)
{
    lock_acquire(guard_of(object));
}

void
monitor_unguard(ref_t object)
{
    lock_release(guard_of(object));
}

/* ---- headers ---- */

static enum header_lock
lock_state(uint64_t header)
{
    return (enum header_lock)((header & HEADER_LOCK_MASK) >> HEADER_LOCK_SHIFT);
}

static uint64_t
with_lock(uint64_t header, enum header_lock state)
{
    return (header & ~HEADER_LOCK_MASK) | (uint64_t)state << HEADER_LOCK_SHIFT;
}

static uint32_t
hash_field(uint64_t header)
{
    return (uint32_t)((header & HEADER_HASH_MASK) >> HEADER_HASH_SHIFT);
}

static uint64_t
with_hash_field(uint64_t header, uint32_t value)
{
    return (header & ~HEADER_HASH_MASK) | (uint64_t)value << HEADER_HASH_SHIFT;
}

static bool
swap_header(ref_t object, uint64_t from, uint64_t to)
{
    pmem_barrier(object);
    return atomic_compare_exchange_strong((_Atomic uint64_t *)(uintptr_t)object, &from, to);
}

/* ---- lock stacks ---- */

static uint32_t
times_held(ref_t thread, ref_t object)
{
    ref_t stack = GET_WORD(thread_object, thread, lock_stack);
    uint32_t count = GET_U32(thread_object, thread, lock_count), times = 0;

    for (uint32_t i = 0; i < count; i++)
        times += array_load_word(stack, i) == object;
    return times;
}

bool
monitor_is_held_by(ref_t thread, ref_t object)
{
    return times_held(thread, object) > 0;
}

ref_t
monitor_lock_stack(ref_t thread, uint32_t *count)
{
    ref_t stack = GET_WORD(thread_object, thread, lock_stack);

    *count = GET_U32(thread_object, thread, lock_count);
    if (stack == WORD_NULL || !pmem_readable(stack, ARRAY_HEADER_BYTES))
        return 0;
    if (*count > array_length(stack))
        *count = array_length(stack);
    return pmem_readable(stack, array_bytes(KIND_WORDS, *count)) ? stack : 0;
}

/* Room for `more` entries. False: collect first. */
static bool
lock_stack_reserve(struct vm_worker *worker, uint32_t more)
{
    ref_t thread = worker->thread, stack = GET_WORD(thread_object, thread, lock_stack), larger;
    uint32_t count = GET_U32(thread_object, thread, lock_count);
    uint32_t room = stack != WORD_NULL ? array_length(stack) : 0;

    if (count + more <= room)
        return true;
    room = room < LOCK_STACK_FIRST ? LOCK_STACK_FIRST : 2 * room;
    while (room < count + more)
        room *= 2;
    larger = heap_alloc_array(&worker->heap, CLASS_WORDS, KIND_WORDS, room);
    if (larger == WORD_NULL) {
        worker->call.wanted = array_bytes(KIND_WORDS, room);
        return false;
    }
    for (uint32_t i = 0; i < count; i++)
        array_store_word(larger, i, array_load_word(stack, i));
    SET_WORD(thread_object, thread, lock_stack, larger);
    return true;
}

static void
push_held(ref_t thread, ref_t object)
{
    uint32_t count = GET_U32(thread_object, thread, lock_count);

    array_store_word(GET_WORD(thread_object, thread, lock_stack), count, object);
    SET_U32(thread_object, thread, lock_count, count + 1);
}

/* Take the innermost entry of the object off; false if there is none. */
static bool
pop_held(ref_t thread, ref_t object)
{
    ref_t stack = GET_WORD(thread_object, thread, lock_stack);
    uint32_t count = GET_U32(thread_object, thread, lock_count), at = count;

    while (at > 0 && array_load_word(stack, at - 1) != object)
        at--;
    if (at == 0)
        return false;
    for (; at < count; at++)
        array_store_word(stack, at - 1, array_load_word(stack, at));
    array_store_word(stack, count - 1, WORD_NULL);
    SET_U32(thread_object, thread, lock_count, count - 1);
    return true;
}

/* ---- monitor objects ---- */

static ref_t
monitor_numbered(uint32_t number)
{
    return array_load_word(pmem_load64(root_field(monitors)), number);
}

ref_t
monitor_of(ref_t object)
{
    uint64_t header = obj_header(object);

    return lock_state(header) == LOCK_INFLATED ? monitor_numbered(hash_field(header)) : WORD_NULL;
}

static bool
spare_push(uint32_t number)
{
    uint32_t *larger;

    if (spare_count == spare_room) {
        larger = plat_alloc((spare_room * 2 + 16) * sizeof spare[0]);
        if (larger == NULL)
            return false;
        for (uint32_t i = 0; i < spare_count; i++)
            larger[i] = spare[i];
        plat_free(spare, spare_room * sizeof spare[0]);
        spare = larger;
        spare_room = spare_room * 2 + 16;
    }
    spare[spare_count++] = number;
    return true;
}

/* 0 if it cannot be read. */
static ref_t
readable_numbered(uint32_t number)
{
    uint64_t entry = array_at(pmem_load64(root_field(monitors)), KIND_WORDS, number);
    ref_t monitor = pmem_readable(entry, 8) ? pmem_load64(entry) : WORD_NULL;

    return monitor != WORD_NULL && pmem_readable(monitor, sizeof(struct monitor_object)) ? monitor
                                                                                         : 0;
}

/* What cannot be read of the object's monitor is found here: the instruction may still leave. */
static void
touch(ref_t object)
{
    ref_t monitor = monitor_of(object);

    if (monitor == 0)
        return;
    (void)GET_WORD(monitor_object, monitor, object);
    (void)obj_load_word(monitor, sizeof(struct monitor_object) - sizeof(word_t));
}

/* Is every monitor of the table in use, and the table full? Then the next one makes it larger. */
static bool
table_is_full(void)
{
    ref_t table = pmem_load64(root_field(monitors));
    bool full;

    lock_acquire(&table_lock);
    full = spare_count == 0;
    lock_release(&table_lock);
    return full && table != WORD_NULL &&
           pmem_load32(root_field(monitor_count)) == array_length(table);
}

/* And what cannot be read of the table that would be copied. */
static void
touch_table(const struct vm_worker *worker)
{
    ref_t table = pmem_load64(root_field(monitors));

    if (worker->spare_monitor != WORD_NULL || !table_is_full())
        return;
    for (uint32_t i = 0; i < array_length(table); i += PAGE_BYTES / sizeof(word_t))
        (void)array_load_word(table, i);
    (void)array_load_word(table, array_length(table) - 1);
}

ref_t
monitor_readable_of(ref_t object)
{
    uint64_t header = pmem_readable(object, OBJECT_HEADER_BYTES) ? obj_header(object) : 0;

    return lock_state(header) == LOCK_INFLATED ? readable_numbered(hash_field(header)) : 0;
}

err_t
monitor_init(void)
{
    ref_t table = pmem_load64(root_field(monitors));
    uint32_t count = pmem_load32(root_field(monitor_count));

    for (unsigned i = 0; i < GUARDS; i++)
        lock_init(&guards[i], LOCK_RANK_MONITOR);
    spare_count = 0;
    for (uint32_t i = 0; table != WORD_NULL && i < count; i++) {
        ref_t monitor =
            readable_numbered(i); /* else nobody new uses it; who waits sees it himself */

        if (monitor != 0 && GET_WORD(monitor_object, monitor, object) == WORD_NULL &&
            !spare_push(i))
            return ERR_NOMEM;
    }
    return OK;
}

void
monitor_close(void)
{
    plat_free(spare, spare_room * sizeof spare[0]);
    spare = NULL;
    spare_count = spare_room = 0;
}

/* A larger table of monitors. Under the table's lock. False: collect first. */
static bool
table_grow(struct vm_worker *worker, uint32_t count)
{
    ref_t table = pmem_load64(root_field(monitors)), larger;
    uint32_t room = table != WORD_NULL ? array_length(table) : 0;

    if (count < room)
        return true;
    room = room == 0 ? 64 : 2 * room;
    worker->call.wanted = array_bytes(KIND_WORDS, room);
    if (count > 0 && !pmem_readable(table, array_bytes(KIND_WORDS, count)))
        return false; /* it is thrown when the instruction runs again */
    larger = heap_alloc_array(&worker->heap, CLASS_WORDS, KIND_WORDS, room);
    if (larger == WORD_NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        array_store_word(larger, i, array_load_word(table, i));
    SET_WORD(space_root, SPACE_ROOT, monitors, larger);
    return true;
}

/* A new monitor object in the table, and among the spare ones. False: collect first. */
static bool
table_add(struct vm_worker *worker)
{
    uint32_t count = pmem_load32(root_field(monitor_count));
    ref_t monitor;

    if (!table_grow(worker, count))
        return false;
    monitor = heap_alloc_old(&worker->heap, sizeof(struct monitor_object), CLASS_MONITOR);
    if (monitor == WORD_NULL) {
        worker->call.wanted = sizeof(struct monitor_object);
        return false;
    }
    if (!spare_push(count)) {
        worker->call.wanted = sizeof(struct monitor_object);
        return false;
    }
    SET_U32(monitor_object, monitor, number, count);
    array_store_word(pmem_load64(root_field(monitors)), count, monitor);
    pmem_store32(root_field(monitor_count), count + 1);
    return true;
}

/*
 * A monitor that is nobody's, the worker's own spare one or one of all; 0: collect first. Commit
 * has begun.
 */
static ref_t
monitor_take(struct vm_worker *worker)
{
    ref_t monitor = worker->spare_monitor;

    worker->spare_monitor = WORD_NULL;
    if (monitor != WORD_NULL && pmem_readable(monitor, sizeof(struct monitor_object)))
        return monitor;
    monitor = WORD_NULL;
    lock_acquire(&table_lock);
    while (monitor == WORD_NULL && (spare_count > 0 || table_add(worker)))
        monitor = readable_numbered(spare[--spare_count]); /* else nobody uses it any more */
    lock_release(&table_lock);
    return monitor;
}

/* `worker` keeps one for itself, if it is not NULL. */
static void
monitor_give(struct vm_worker *worker, ref_t monitor)
{
    if (worker != NULL && worker->spare_monitor == WORD_NULL) {
        worker->spare_monitor = monitor;
        return;
    }
    lock_acquire(&table_lock);
    if (!spare_push(GET_U32(monitor_object, monitor, number)))
        panic("no memory for a few words"); /* there was room: it came from there */
    lock_release(&table_lock);
}

/* The object gets this monitor. Guarded. False if it is free now: nothing was done. */
static bool
inflate(ref_t object, ref_t monitor)
{
    for (;;) {
        uint64_t header = obj_header(object);
        uint64_t inflated = with_hash_field(with_lock(header, LOCK_INFLATED),
                                            GET_U32(monitor_object, monitor, number));

        assert(lock_state(header) != LOCK_INFLATED);
        if (lock_state(header) == LOCK_FREE)
            return false;
        SET_WORD(monitor_object, monitor, object, object);
        SET_WORD(monitor_object, monitor, owner, WORD_NULL);
        SET_U32(monitor_object, monitor, held, 1);
        SET_U32(monitor_object, monitor, hash, hash_field(header));
        if (swap_header(object, header, inflated))
            return true;
    }
}

/* Nobody holds it and nobody waits: the header is free again. Guarded. */
static bool
deflate_if_idle(ref_t object, ref_t monitor)
{
    uint64_t header = obj_header(object);

    if (GET_U32(monitor_object, monitor, held) != 0 ||
        GET_WORD(monitor_object, monitor, entry_head) != WORD_NULL ||
        GET_WORD(monitor_object, monitor, wait_head) != WORD_NULL)
        return false;
    if (!swap_header(
            object, header,
            with_hash_field(with_lock(header, LOCK_FREE), GET_U32(monitor_object, monitor, hash))))
        panic("the header of an inflated monitor changed without its guard");
    SET_WORD(monitor_object, monitor, object, WORD_NULL);
    SET_WORD(monitor_object, monitor, owner, WORD_NULL);
    return true;
}

/* ---- turns: who is let in, and is on its way ---- */

/*
 * The next one of the entry queue, out of it, or null: it has the turn, and must be woken. While it
 * tries to get in, those behind it lend it what they would lend the holder. Guarded.
 */
static word_t
entry_pop(ref_t monitor)
{
    word_t next = monitor_queue_pop(monitor, ENTRY_QUEUE);
    unsigned level;

    if (next == WORD_NULL)
        return WORD_NULL;
    thread_flags_clear(next, THREAD_FLAG_ENTERING);
    thread_flags_set(next, THREAD_FLAG_TURN);
    level = sched_do_ranks_matter() ? monitor_lend_level(monitor) : 0;
    if (level > 0)
        (void)sched_lend(next, level - 1);
    return next;
}

/* Nobody is there: let the next one in, or let go of the monitor. Guarded, and no more after it. */
static void
pass_on_guarded(struct vm_worker *worker, ref_t object, ref_t monitor)
{
    ref_t next = entry_pop(monitor);
    bool idle = next == WORD_NULL && deflate_if_idle(object, monitor);

    monitor_unguard(object);
    if (next != WORD_NULL)
        thread_wake(next);
    if (idle)
        monitor_give(worker, monitor);
}

/* Let the next one in, if nobody is there. Commit has begun. */
static void
let_in(ref_t object)
{
    ref_t monitor;

    monitor_guard(object);
    monitor = monitor_readable_of(object);
    if (monitor != 0 && GET_U32(monitor_object, monitor, held) == 0)
        pass_on_guarded(NULL, object, monitor);
    else
        monitor_unguard(object);
}

/* The thread has no turn any more: it has come to the monitor. True if it had one. */
static bool
turn_end(ref_t thread)
{
    if ((GET_U32(thread_object, thread, flags) & THREAD_FLAG_TURN) == 0)
        return false;
    thread_flags_clear(thread, THREAD_FLAG_TURN);
    return true;
}

void
monitor_pass_on(struct vm_worker *worker, ref_t thread)
{
    void **restart = worker->pmem.restart;
    word_t object = GET_WORD(thread_object, thread, waiting_for);

    worker_commit_begin(worker);
    if (turn_end(thread)) {
        SET_WORD(thread_object, thread, waiting_for, WORD_NULL);
        let_in(object);
    }
    worker->pmem.restart = restart;
}

/* ---- entering ---- */

/* Until then, in personal time; UINT64_MAX: for ever. */
static void
wait_in_queue(ref_t thread, ref_t object, ref_t monitor, uint64_t until)
{
    (void)turn_end(thread);
    monitor_queue_push(monitor, ENTRY_QUEUE, thread);
    SET_WORD(thread_object, thread, waiting_for, object);
    SET_U64(thread_object, thread, wake_ns, until);
    thread_flags_set(thread, THREAD_FLAG_ENTERING);
}

static void
entered(ref_t thread, ref_t object)
{
    push_held(thread, object);
    if (turn_end(thread))
        SET_WORD(thread_object, thread, waiting_for, WORD_NULL);
}

enum contended {
    ENTERED,
    QUEUED,
    HELD, /* by another, and nobody waits for that */
    LOOK_AGAIN,
};

/*
 * The header is not FREE. Guarded; `fresh` is a monitor to inflate with. `until` is when the thread
 * stops waiting; 0: it does not wait.
 */
static enum contended
enter_guarded(ref_t thread, ref_t object, ref_t fresh, uint64_t until, bool *used)
{
    uint64_t header = obj_header(object);
    ref_t monitor = fresh;

    if (lock_state(header) == LOCK_FREE)
        return LOOK_AGAIN;
    if (lock_state(header) == LOCK_THIN) {
        if (until == 0)
            return HELD;
        if (!inflate(object, fresh))
            return LOOK_AGAIN;
        *used = true;
    } else {
        monitor = readable_numbered(hash_field(header));
        if (monitor == 0)
            return LOOK_AGAIN;
    }
    if (GET_U32(monitor_object, monitor, held) != 0) {
        if (until == 0)
            return HELD;
        wait_in_queue(thread, object, monitor, until);
        return QUEUED;
    }
    SET_U32(monitor_object, monitor, held, 1);
    SET_WORD(monitor_object, monitor, owner, thread);
    return ENTERED;
}

static enum prim_answer enter_until(struct vm_worker *worker, ref_t object, uint64_t until);

static enum prim_answer
enter_contended(struct vm_worker *worker, ref_t object, uint64_t until)
{
    enum contended result;
    ref_t fresh;
    bool used = false;

    touch(object);
    touch_table(worker);
    worker_commit_begin(worker);
    fresh = monitor_take(worker);
    if (fresh == WORD_NULL) {
        worker_commit_end(worker);
        return PRIM_COLLECT;
    }
    monitor_guard(object);
    result = enter_guarded(worker->thread, object, fresh, until, &used);
    monitor_unguard(object);
    if (!used)
        monitor_give(worker, fresh);
    if (result == QUEUED && sched_do_ranks_matter())
        monitor_lend(object, sched_level_of(worker->thread));
    if (result == QUEUED)
        return PRIM_PARK;
    if (result == ENTERED)
        entered(worker->thread, object);
    worker_commit_end(worker);
    if (result == LOOK_AGAIN)
        return enter_until(worker, object, until);
    return result == ENTERED ? PRIM_DONE : PRIM_THROW;
}

/* PRIM_THROW, with nothing thrown: another holds it, and `until` is 0. */
static enum prim_answer
enter_until(struct vm_worker *worker, ref_t object, uint64_t until)
{
    ref_t thread = worker->thread;
    uint64_t header;

    if (!lock_stack_reserve(worker, 1))
        return PRIM_COLLECT;
    for (;;) {
        header = obj_header(object);
        if (lock_state(header) != LOCK_FREE)
            break;
        if (swap_header(object, header, with_lock(header, LOCK_THIN))) {
            worker_commit_begin(worker);
            entered(thread, object);
            monitor_lend_note(object, thread);
            worker_commit_end(worker);
            return PRIM_DONE;
        }
    }
    if (times_held(thread, object) > 0) {
        push_held(thread, object);
        return PRIM_DONE;
    }
    return enter_contended(worker, object, until);
}

enum prim_answer
monitor_enter_worker(struct vm_worker *worker, ref_t object)
{
    return enter_until(worker, object, UINT64_MAX);
}

enum prim_answer
monitor_enter(struct prim_call *call, ref_t object)
{
    enum prim_answer answer = monitor_enter_worker(call->worker, object);

    call->wanted = call->worker->call.wanted;
    return answer;
}

/* prim_raw: until when it waits, once it does. */
enum prim_answer
monitor_take_within(struct prim_call *call, ref_t object, uint64_t timeout_ns)
{
    uint64_t until = GET_U64(thread_object, call->thread, prim_raw);
    bool interrupted = thread_is_interrupted(call->thread), waits = timeout_ns != 0;

    if (until == 0)
        until = thread_deadline(timeout_ns);
    else
        waits = until == UINT64_MAX || vm_personal_ns() < until;
    switch (enter_until(call->worker, object, waits && !interrupted ? until : 0)) {
    case PRIM_DONE:
        return prim_return_int(call, 1);
    case PRIM_PARK:
        SET_U64(thread_object, call->thread, prim_raw, until);
        return PRIM_PARK;
    case PRIM_COLLECT:
        return prim_collect(call, call->worker->call.wanted);
    default:
        break;
    }
    if (waits && interrupted)
        return thread_throw_interrupt(call);
    prim_invoke(call);
    monitor_pass_on(call->worker, call->thread);
    return prim_return_int(call, 0);
}

/* ---- leaving ---- */

/* It is inflated, and the thread's last hold is gone. */
static void
release_inflated(struct vm_worker *worker, ref_t object)
{
    ref_t monitor;

    monitor_guard(object);
    monitor = readable_numbered(hash_field(obj_header(object)));
    if (monitor == 0) { /* nobody can enter it any more, nor be let in */
        monitor_unguard(object);
        return;
    }
    SET_U32(monitor_object, monitor, held, 0);
    SET_WORD(monitor_object, monitor, owner, WORD_NULL);
    pass_on_guarded(worker, object, monitor);
}

/* The thread's last hold is gone: let others in. */
static void
release(struct vm_worker *worker, ref_t object)
{
    for (;;) {
        uint64_t header = obj_header(object);

        assert(lock_state(header) != LOCK_FREE);
        if (lock_state(header) == LOCK_INFLATED) {
            release_inflated(worker, object);
            return;
        }
        if (swap_header(object, header, with_lock(header, LOCK_FREE)))
            return;
    }
}

enum prim_answer
monitor_exit_worker(struct vm_worker *worker, ref_t object)
{
    ref_t thread = worker->thread;

    touch(object);
    if (times_held(thread, object) == 0)
        return PRIM_THROW;
    worker_commit_begin(worker);
    pop_held(thread, object);
    if (times_held(thread, object) == 0) {
        release(worker, object);
        monitor_lend_anew(worker, thread);
    }
    worker_commit_end(worker);
    return PRIM_DONE;
}

enum prim_answer
monitor_exit(struct prim_call *call, ref_t object)
{
    if (monitor_exit_worker(call->worker, object) == PRIM_DONE)
        return PRIM_DONE;
    return prim_throw(call, VM_ERROR_STATE, "this thread does not hold the monitor");
}

enum prim_answer
monitor_drop(struct prim_call *call, ref_t object, bool all)
{
    uint32_t held = times_held(call->thread, object), dropped = 0;

    if (held == 0)
        return prim_return_int(call, 0);
    touch(object);
    prim_invoke(call);
    do
        dropped += pop_held(call->thread, object);
    while (all && dropped < held);
    if (dropped == held) {
        release(call->worker, object);
        monitor_lend_anew(call->worker, call->thread);
    }
    return prim_return_int(call, (int32_t)dropped);
}

void
monitor_release_all(struct vm_worker *worker, ref_t thread)
{
    uint32_t count;
    ref_t stack = monitor_lock_stack(thread, &count);

    while (stack != 0 && GET_U32(thread_object, thread, lock_count) > 0) {
        word_t object = array_load_word(stack, GET_U32(thread_object, thread, lock_count) - 1);

        pop_held(thread, object);
        if (times_held(thread, object) == 0 && pmem_readable(object, OBJECT_HEADER_BYTES))
            release(worker, object);
    }
}

void
monitor_unqueue(ref_t thread, ref_t object)
{
    ref_t monitor;
    bool idle;

    monitor_guard(object);
    if ((GET_U32(thread_object, thread, flags) & (THREAD_FLAG_ENTERING | THREAD_FLAG_NOTIFIABLE)) ==
        0) {
        monitor_unguard(object);
        return; /* who woke it took it out */
    }
    monitor = monitor_readable_of(object); /* none if the queue was forgotten */
    if (monitor != 0)
        monitor_queues_leave(monitor, thread);
    thread_flags_clear(thread, THREAD_FLAG_ENTERING | THREAD_FLAG_NOTIFIABLE);
    idle = monitor != 0 && deflate_if_idle(object, monitor);
    monitor_unguard(object);
    if (idle)
        monitor_give(NULL, monitor);
}

/* ---- instructions ---- */

void
monitor_op_enter(struct vm_worker *worker)
{
    word_t object = worker->word_top[-1];

    if (object == WORD_NULL) {
        exception_throw(worker, VM_ERROR_NULL, "null has no monitor");
        return;
    }
    if (!call_enter_monitor(worker, object))
        return;
    worker->word_top--;
    worker->pc++;
}

void
monitor_op_exit(struct vm_worker *worker)
{
    word_t object = worker->word_top[-1];

    if (object == WORD_NULL || word_tag(object) != TAG_REF) {
        exception_throw(worker, VM_ERROR_NULL, "no object with a monitor");
        return;
    }
    if (!sched_credit(worker, 24))
        return;
    if (monitor_exit_worker(worker, object) != PRIM_DONE) {
        exception_throw(worker, VM_ERROR_STATE, "this thread does not hold the monitor");
        return;
    }
    worker->word_top--;
    worker->pc++;
}

/* ---- waiting ---- */

/* What has come of a wait, in prim_raw2. */
#define WAIT_NOTIFIED 1ull /* an interrupt must not lose that: it is thrown later */
#define WAIT_OVER     2ull /* all is held again, and the interrupt is thrown */

/*
 * A wait in three steps, kept in prim_raw: 0 it begins; else the number of holds that were
 * given up, to be taken again. Until that is done the thread is OUTSIDE, and is not told of
 * interrupts, nor of want of room: who leaves `synchronized` must hold the monitor.
 */
static enum prim_answer
wait_begin(struct prim_call *call, ref_t object, uint64_t until)
{
    ref_t thread = call->thread, monitor, fresh = WORD_NULL, next;
    uint32_t times = times_held(thread, object);
    bool used = false;

    if (times == 0)
        return prim_throw(call, VM_ERROR_STATE, "this thread does not hold the monitor");
    if (thread_is_interrupted(thread))
        return thread_throw_interrupt(call);
    touch(object);
    touch_table(call->worker);
    prim_invoke(call);
    fresh = monitor_take(call->worker);
    if (fresh == WORD_NULL) {
        worker_commit_end(call->worker);
        return prim_collect(call, call->worker->call.wanted);
    }
    monitor_guard(object);
    if (lock_state(obj_header(object)) == LOCK_THIN)
        used = inflate(object, fresh); /* the thread holds it: it is not free */
    monitor = monitor_numbered(hash_field(obj_header(object)));
    while (pop_held(thread, object))
        ;
    monitor_queue_push(monitor, WAIT_QUEUE, thread);
    thread_flags_set(thread, THREAD_FLAG_NOTIFIABLE | THREAD_FLAG_OUTSIDE);
    SET_U32(monitor_object, monitor, held, 0);
    SET_WORD(monitor_object, monitor, owner, WORD_NULL);
    next = entry_pop(monitor);
    SET_U64(thread_object, thread, prim_raw, times);
    SET_WORD(thread_object, thread, waiting_for, object);
    SET_U64(thread_object, thread, wake_ns, until);
    monitor_unguard(object);
    if (!used)
        monitor_give(call->worker, fresh);
    if (next != WORD_NULL)
        thread_wake(next);
    monitor_lend_anew(call->worker, thread);
    return PRIM_PARK;
}

enum prim_answer
monitor_wait(struct prim_call *call, ref_t object, uint64_t timeout_ns)
{
    uint64_t times = GET_U64(thread_object, call->thread, prim_raw);
    uint64_t end = GET_U64(thread_object, call->thread, prim_raw2);
    enum prim_answer answer;

    if (times == 0)
        return wait_begin(call, object, thread_deadline(timeout_ns));
    if (end == WAIT_OVER)
        return thread_throw_interrupt(call);
    /* Whatever woke it took it out of the wait set: the monitor is all it needs now. */
    if (!lock_stack_reserve(call->worker, (uint32_t)times))
        return prim_collect(call, call->worker->call.wanted);
    answer = monitor_enter(call, object);
    if (answer != PRIM_DONE)
        return answer;
    prim_invoke(call); /* run again, it would enter once more */
    for (uint64_t i = 1; i < times; i++)
        push_held(call->thread, object);
    thread_flags_clear(call->thread, THREAD_FLAG_OUTSIDE);
    if (end == WAIT_NOTIFIED || !thread_is_interrupted(call->thread))
        return PRIM_DONE;
    SET_U64(thread_object, call->thread, prim_raw2, WAIT_OVER);
    return PRIM_AGAIN;
}

enum prim_answer
monitor_notify(struct prim_call *call, ref_t object, bool all)
{
    ref_t thread = WORD_NULL, monitor;

    if (times_held(call->thread, object) == 0)
        return prim_throw(call, VM_ERROR_STATE, "this thread does not hold the monitor");
    touch(object);
    prim_invoke(call);
    for (unsigned i = 0; i < (all ? NOTIFY_PIECE : 1); i++) {
        if (lock_state(obj_header(object)) != LOCK_INFLATED)
            return PRIM_DONE; /* nobody waits */
        monitor_guard(object);
        monitor = monitor_numbered(hash_field(obj_header(object)));
        thread = monitor_queue_pop(monitor, WAIT_QUEUE);
        if (thread != WORD_NULL) {
            thread_flags_clear(thread, THREAD_FLAG_NOTIFIABLE);
            SET_U64(thread_object, thread, prim_raw2, WAIT_NOTIFIED);
        }
        monitor_unguard(object);
        if (thread == WORD_NULL)
            return PRIM_DONE;
        thread_wake(thread);
    }
    if (!all)
        return PRIM_DONE;
    SET_U64(thread_object, call->thread, prim_raw, 1); /* no interrupt between two pieces */
    return PRIM_AGAIN;
}

/* ---- identity hashes ---- */

static uint32_t
hash_new(void)
{
    uint64_t at = root_field(hash_count), count;
    uint32_t hash;

    pmem_barrier(at);
    do {
        count = atomic_fetch_add((_Atomic uint64_t *)(uintptr_t)at, 1);
        hash = (uint32_t)(hash_mix(count + 1) & 0x7fffffff);
    } while (hash == 0);
    return hash;
}

uint32_t
monitor_identity_hash(ref_t object)
{
    for (;;) {
        uint64_t header = obj_header(object);
        uint32_t hash;

        if (lock_state(header) != LOCK_INFLATED) {
            hash = hash_field(header);
            if (hash != 0)
                return hash;
            hash = hash_new();
            if (swap_header(object, header, with_hash_field(header, hash)))
                return hash;
            continue;
        }
        monitor_guard(object);
        header = obj_header(object);
        hash = 0;
        if (lock_state(header) == LOCK_INFLATED) {
            ref_t monitor = monitor_numbered(hash_field(header));

            hash = GET_U32(monitor_object, monitor, hash);
            if (hash == 0) {
                hash = hash_new();
                SET_U32(monitor_object, monitor, hash, hash);
            }
        }
        monitor_unguard(object);
        if (hash != 0)
            return hash;
    }
}
