/*
 * init.c - static initialisation of classes: before the first use, supers
 * first, once, by one thread while others wait.
 *
 * LINKED <-> INITIALIZING -> INITIALIZED
 *                        \-> FAILED
 *
 *   LINKED        nothing was done; or it was cut short from outside, by the end of its thread, by
 *                 an interrupt or for want of room: whoever needs the class next begins anew
 *   INITIALIZING  init_thread runs "<static>" in a frame above the instruction that
 *                 needed it, which is run again afterwards
 *   INITIALIZED   for ever
 *   FAILED        it threw; every use throws
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/array.h"
#include "object/string.h"
#include "vm/monitor.h"
#include "vm/thread.h"
#include "vm/worker_priv.h"

static uint32_t
state_of(ref_t class)
{
    return GET_U32(class_object, class, init_state);
}

/* The class's own "<static>", or 0. */
static ref_t
initialiser_of(ref_t class)
{
    ref_t methods = GET_WORD(class_object, class, methods);
    uint32_t count = methods != WORD_NULL ? array_length(methods) : 0;

    for (uint32_t i = 0; i < count; i++) {
        ref_t method = array_load_word(methods, i);

        if (string_equal_utf8(GET_WORD(method_object, method, name), "<static>", 8))
            return method;
    }
    return WORD_NULL;
}

/* Last of all: whoever sees it LINKED may claim it. */
static void
state_set(ref_t class, enum class_init_state state)
{
    uint64_t at = class + offsetof(struct class_object, init_state);

    pmem_barrier(at);
    atomic_store((_Atomic uint32_t *)at, (uint32_t)state);
}

/* Is this the thread that is at it? With its guard held it stays so. */
static bool
is_done_by(ref_t class, ref_t thread)
{
    return state_of(class) == CLASS_INITIALIZING &&
           GET_WORD(class_object, class, init_thread) == thread;
}

/* Another thread is at it: wait for it to end that. If its life has ended, somebody else may. */
static void
wait_for(struct vm_worker *worker, ref_t class, ref_t thread)
{
    ref_t self = worker->thread;

    if (thread == WORD_NULL) {
        sched_again(worker); /* it is being claimed this moment */
        return;
    }
    worker_commit_begin(worker);
    monitor_guard(thread);
    if (is_done_by(class, thread) && !thread_is_alive(thread)) {
        SET_WORD(class_object, class, init_thread, WORD_NULL);
        state_set(class, CLASS_LINKED);
    } else if (is_done_by(class, thread)) {
        SET_WORD(thread_object, self, next, GET_WORD(thread_object, thread, joiners));
        SET_WORD(thread_object, thread, joiners, self);
        thread_flags_set(self, THREAD_FLAG_JOINING);
        SET_WORD(thread_object, self, waiting_for, thread);
        SET_U64(thread_object, self, wake_ns, UINT64_MAX);
        monitor_unguard(thread);
        worker_commit_end(worker);
        sched_park(worker);
        return;
    }
    monitor_unguard(thread);
    worker_commit_end(worker);
}

/* LINKED -> INITIALIZING; true for the one who does it. */
static bool
claim(ref_t class, ref_t thread)
{
    uint64_t at = class + offsetof(struct class_object, init_state);
    uint32_t expected = CLASS_LINKED;

    pmem_barrier(at);
    if (!atomic_compare_exchange_strong((_Atomic uint32_t *)at, &expected, CLASS_INITIALIZING))
        return false;
    SET_WORD(class_object, class, init_thread, thread);
    return true;
}

/* Begin with a class whose super needs nothing. */
static void
begin(struct vm_worker *worker, struct class_mirror *class)
{
    ref_t method = initialiser_of(class->class);
    struct method_mirror *mirror;
    struct code *code;
    uint64_t caller;

    if (method == WORD_NULL) {
        if (claim(class->class, worker->thread)) {
            SET_U32(class_object, class->class, init_state, CLASS_INITIALIZED);
            SET_WORD(class_object, class->class, init_thread, WORD_NULL);
        }
        return;
    }
    mirror = mirror_of_method(GET_U32(method_object, method, number));
    code = mirror != NULL ? code_of(mirror) : NULL;
    if (code == NULL || code->kind != CODE_BYTECODE || !code_make(worker, code)) {
        call_no_memory(worker);
        return;
    }
    if (!frame_make_room(worker, code->word_need, code->raw_need))
        return;
    caller = (uint64_t)code_running(worker)->number << FRAME_METHOD_SHIFT | code_pc(worker);
    if (claim(class->class, worker->thread))
        frame_push(worker, code, caller | FRAME_STATIC);
}

static bool
needs_nothing(struct vm_worker *worker, ref_t class)
{
    uint32_t state = state_of(class);

    return state == CLASS_INITIALIZED ||
           (state == CLASS_INITIALIZING &&
            GET_WORD(class_object, class, init_thread) == worker->thread);
}

bool
init_class(struct vm_worker *worker, struct class_mirror *class)
{
    uint32_t state;

    if (__atomic_load_n(&class->init_state, __ATOMIC_ACQUIRE) == CLASS_INITIALIZED)
        return true;
    if (needs_nothing(worker, class->class)) {
        if (state_of(class->class) == CLASS_INITIALIZED)
            __atomic_store_n(&class->init_state, CLASS_INITIALIZED, __ATOMIC_RELEASE);
        return true;
    }
    if (!sched_credit(worker, 32))
        return false;
    /* Supers first. */
    while (state_of(class->class) == CLASS_LINKED && class->super != NULL &&
           !needs_nothing(worker, class->super->class))
        class = class->super;
    state = state_of(class->class);
    if (state == CLASS_LINKED)
        begin(worker, class);
    else if (state == CLASS_FAILED)
        exception_throw_class(worker, VM_ERROR_STATIC, class, "failed to initialise itself",
                              WORD_NULL);
    else if (state == CLASS_INITIALIZING)
        wait_for(worker, class->class, GET_WORD(class_object, class->class, init_thread));
    return false;
}

/* What becomes of a class whose initialisation this has ended. */
static enum class_init_state
state_after(word_t exception)
{
    return exception_is_from_outside(exception) ? CLASS_LINKED : CLASS_FAILED;
}

void
init_done(struct vm_worker *worker, bool failed)
{
    struct class_mirror *class = code_running(worker)->mirror->owner;
    ref_t thread = worker->thread;
    enum class_init_state state = CLASS_INITIALIZED;

    if (failed)
        state = state_after(GET_WORD(thread_object, thread, pending));
    (void)state_of(class->class);
    worker_commit_begin(worker);
    monitor_guard(thread);
    SET_WORD(class_object, class->class, init_thread, WORD_NULL);
    state_set(class->class, state);
    monitor_unguard(thread);
    if (!failed)
        __atomic_store_n(&class->init_state, CLASS_INITIALIZED, __ATOMIC_RELEASE);
    thread_wake_joiners(thread);
    worker_commit_end(worker);
}
