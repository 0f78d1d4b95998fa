/*
 * thread.c - threads and monitors as the class library sees them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/thread.h"

#include "prim/prims_priv.h"
#include "vm/class_index.h"
#include "vm/monitor.h"

/* The method of .internal.thread that every thread begins with; it calls the target. */
#define FIRST_METHOD "enter"

/* A time in milliseconds, where a negative one is no limit. */
static uint64_t
timeout_ns(int64_t ms)
{
    if (ms < 0 || ms > INT64_MAX / NS_PER_MS)
        return UINT64_MAX;
    return (uint64_t)(ms * NS_PER_MS);
}

/* Which of its methods that is, as it was when somebody looked last; methods do not move. */
static _Atomic uint32_t first_index;

/* True if the method has that name. */
static bool
is_first(ref_t method)
{
    return string_equal_utf8(GET_WORD(method_object, method, name), FIRST_METHOD,
                             sizeof FIRST_METHOD - 1);
}

/* 0 if the class library does not have it. */
static ref_t
first_method(void)
{
    ref_t methods = GET_WORD(class_object, class_of_number(CLASS_THREAD), methods);
    uint32_t count = array_length(methods), from = atomic_load(&first_index);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (from + i) % count;
        ref_t method = array_load_word(methods, index);

        if (is_first(method)) {
            if (index != from)
                atomic_store(&first_index, index);
            return method;
        }
    }
    return 0;
}

enum prim_answer
prim_thread_start(struct prim_call *call)
{
    ref_t method = first_method();

    if (call->words[0] == WORD_NULL)
        return prim_refuse(call, 0, "something to run");
    if (call->words[1] != WORD_NULL && !prim_is_string(call, 1))
        return prim_refuse(call, 1, "a string");
    if (method == 0)
        return prim_throw(call, VM_ERROR_NO_METHOD, "the class library has no " FIRST_METHOD);
    return thread_start(call, GET_WORD(thread_object, call->thread, application), call->words[1],
                        method, &call->words[0], 1);
}

enum prim_answer
prim_thread_current(struct prim_call *call)
{
    return prim_return_word(call, call->thread);
}

enum prim_answer
prim_thread_join(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return thread_join(call, call->words[0], timeout_ns(prim_long(call, 0)));
}

enum prim_answer
prim_thread_sleep(struct prim_call *call)
{
    int64_t ms = prim_long(call, 0);

    if (ms < 0)
        ms = 0;
    return thread_sleep(call, ms > INT64_MAX / NS_PER_MS ? INT64_MAX : ms * NS_PER_MS);
}

enum prim_answer
prim_thread_yield(struct prim_call *call)
{
    return thread_yield(call);
}

enum prim_answer
prim_thread_name(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return prim_return_word(call, GET_WORD(thread_object, call->words[0], name));
}

enum prim_answer
prim_thread_is_alive(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return prim_return_boolean(call, thread_is_alive(call->words[0]));
}

enum prim_answer
prim_thread_id(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return prim_return_long(call, (int64_t)GET_U64(thread_object, call->words[0], id));
}

enum prim_answer
prim_thread_priority(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return prim_return_int(call, (int32_t)GET_U32(thread_object, call->words[0], priority));
}

enum prim_answer
prim_thread_set_priority(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return thread_priority_set(call, call->words[0], prim_int(call, 0));
}

enum prim_answer
prim_thread_state(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return prim_return_int(
        call, (int32_t)(GET_U32(thread_object, call->words[0], state) & ~THREAD_WOKEN));
}

enum prim_answer
prim_thread_stop(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return thread_stop(call, call->words[0]);
}

enum prim_answer
prim_thread_interrupt(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return thread_interrupt(call, call->words[0]);
}

enum prim_answer
prim_thread_interrupted(struct prim_call *call)
{
    return thread_interrupt_take(call);
}

enum prim_answer
prim_monitor_wait(struct prim_call *call)
{
    if (!word_is_ref(call->words[0]))
        return prim_refuse(call, 0, "an object with a monitor");
    return monitor_wait(call, call->words[0], timeout_ns(prim_long(call, 0)));
}

enum prim_answer
prim_monitor_take(struct prim_call *call)
{
    if (!word_is_ref(call->words[0]))
        return prim_refuse(call, 0, "an object with a monitor");
    return monitor_take_within(call, call->words[0], timeout_ns(prim_long(call, 0)));
}

enum prim_answer
prim_monitor_drop(struct prim_call *call)
{
    if (!word_is_ref(call->words[0]))
        return prim_refuse(call, 0, "an object with a monitor");
    return monitor_drop(call, call->words[0], (prim_int(call, 0) & 1) != 0);
}

enum prim_answer
prim_monitor_is_mine(struct prim_call *call)
{
    return prim_return_boolean(call, word_is_ref(call->words[0]) &&
                                         monitor_is_held_by(call->thread, call->words[0]));
}

enum prim_answer
prim_monitor_notify(struct prim_call *call)
{
    if (!word_is_ref(call->words[0]))
        return prim_refuse(call, 0, "an object with a monitor");
    return monitor_notify(call, call->words[0], false);
}

enum prim_answer
prim_monitor_notify_all(struct prim_call *call)
{
    if (!word_is_ref(call->words[0]))
        return prim_refuse(call, 0, "an object with a monitor");
    return monitor_notify(call, call->words[0], true);
}
