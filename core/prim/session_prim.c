/*
 * session_prim.c - the console's primitives for threads that talk in a session.
 *
 * They wait in the console's queue `commit`, which is woken whenever a person does something; with
 * SESSION_WAITS in prim_raw and the number of the run in prim_raw2, so that after a restart, when
 * there are no sessions, each knows that its own is over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/session_prim_priv.h"

#include "prim/console_priv.h"
#include "prim/prims_priv.h"
#include "prim/session_priv.h"
#include "prim/utf8.h"
#include "vm/monitor.h"
#include "vm/thread.h"

#define PRINT_BYTES 2048u
#define READ_BYTES  1024u

/*
 * Begin, or go on, to wait until somebody does something. `progress` is kept.
 *
 *   told  console.told, from before the caller has looked
 *
 * What happened between its look and this has woken nobody, or somebody who did not wait yet; so
 * then the call runs again, and looks again. What happens from here on finds it in the queue, which
 * is woken under the guard.
 */
static enum prim_answer
wait_for_session(struct prim_call *call, uint64_t progress, uint32_t told)
{
    enum prim_answer answer;

    if (!call->invoking)
        prim_invoke(call);
    monitor_guard(console.channel);
    thread_queue_remove(console.channel, CONSOLE_QUEUE(commit), call->thread);
    thread_queue_push(console.channel, CONSOLE_QUEUE(commit), call->thread);
    SET_U64(thread_object, call->thread, prim_raw, progress | SESSION_WAITS);
    SET_U64(thread_object, call->thread, prim_raw2, console.run);
    answer = atomic_load(&console.told) == told ? prim_park(call, console.channel, UINT64_MAX)
                                                : PRIM_AGAIN;
    monitor_unguard(console.channel);
    return answer;
}

/* Not to be woken any more. Behind the wall. */
static void
leave_queue(struct prim_call *call)
{
    if ((prim_progress(call) & SESSION_WAITS) == 0)
        return;
    monitor_guard(console.channel);
    thread_queue_remove(console.channel, CONSOLE_QUEUE(commit), call->thread);
    monitor_unguard(console.channel);
}

static enum prim_answer
interrupted(struct prim_call *call)
{
    if (prim_progress(call) == 0)
        return thread_throw_interrupt(call);
    prim_invoke(call);
    leave_queue(call);
    return prim_again(call, 0, 0);
}

bool
session_was_left(const struct prim_call *call)
{
    return (GET_U32(thread_object, call->thread, flags) & THREAD_FLAG_ATTACHED) != 0;
}

bool
session_queues(const struct prim_call *call)
{
    return (prim_progress(call) & SESSION_WAITS) != 0;
}

enum prim_answer
session_print_afresh(struct prim_call *call)
{
    prim_invoke(call);
    leave_queue(call);
    return prim_again(call, (uint32_t)prim_progress(call), 0);
}

enum prim_answer
session_end_wait(struct prim_call *call)
{
    prim_invoke(call);
    leave_queue(call);
    return prim_return_word(call, WORD_NULL);
}

/* A race with others is none: what they say comes before or behind. */
enum prim_answer
session_print(struct prim_call *call, uint32_t number)
{
    char bytes[PRINT_BYTES + 1];
    uint32_t begin = (uint32_t)(prim_progress(call) & ~SESSION_WAITS), index = begin;
    bool newline = prim_int(call, 0) != 0, done;
    uint32_t told = atomic_load(&console.told);
    size_t count;

    prim_invoke(call);
    leave_queue(call);
    count = string_to_utf8(call->words[0], &index, bytes, PRINT_BYTES);
    done = index == array_length(call->words[0]);
    if (done && newline)
        bytes[count++] = '\n';
    switch (session_put(number, bytes, count)) {
    case SESSION_FULL:
        return wait_for_session(call, begin, told);
    case SESSION_GONE: /* the console has the rest */
        prim_thread_talks(call->thread, 0);
        return prim_again(call, begin, 0);
    default:
        return done ? prim_return_void(call) : prim_again(call, index, 0);
    }
}

/* Without its end, if it is a line. */
static size_t
units_of(const uint8_t *bytes, size_t *count, bool keys, bool ended, uint16_t *units)
{
    size_t unit_count, text = *count;
    bool line = !keys && bytes[text - 1] == '\n';

    if (line)
        text -= text > 1 && bytes[text - 2] == '\r' ? 2 : 1;
    text = utf8_to_units(bytes, text, line || ended, units, &unit_count);
    if (!line)
        *count = text;
    return unit_count;
}

enum prim_answer
session_read(struct prim_call *call, uint32_t number, bool keys)
{
    uint8_t bytes[READ_BYTES];
    uint16_t units[READ_BYTES];
    uint32_t told = atomic_load(&console.told);
    size_t count, unit_count;
    bool ended;
    ref_t text;

    if (thread_is_interrupted(call->thread))
        return interrupted(call);
    session_choose(number, keys);
    count = session_peek(number, keys, bytes, sizeof bytes, &ended);
    if (count == 0 && ended)
        return session_end_wait(call);
    unit_count = count == 0 ? 0 : units_of(bytes, &count, keys, ended, units);
    if (count == 0)
        return wait_for_session(call, 0, told);
    text = heap_string_utf16(call->heap, units, unit_count);
    if (text == 0)
        return prim_collect(call, ARRAY_HEADER_BYTES + 2 * unit_count);
    prim_invoke(call);
    leave_queue(call);
    session_take(number, count);
    return prim_return_word(call, text);
}

/* prim_raw is how many breaks were noticed when it began, and one more, so that it is not zero. */
enum prim_answer
session_await_break(struct prim_call *call, uint32_t number)
{
    uint64_t seen = prim_progress(call) & ~SESSION_WAITS;
    uint32_t told = atomic_load(&console.told);

    if (thread_is_interrupted(call->thread))
        return interrupted(call);
    if (seen == 0)
        seen = 1 + session_breaks_taken(number);
    if (session_is_there(number) && session_breaks(number) < seen)
        return wait_for_session(call, seen, told);
    prim_invoke(call);
    leave_queue(call);
    session_breaks_take(number);
    return prim_return_void(call);
}

enum prim_answer
prim_console_detach(struct prim_call *call)
{
    uint32_t number = session_of(call->thread);

    prim_invoke(call);
    if (number != 0)
        session_leave(number);
    return prim_return_void(call);
}

enum prim_answer
prim_console_is_attached(struct prim_call *call)
{
    uint32_t number = session_of(call->thread);

    return prim_return_boolean(call, number != 0 && session_is_there(number));
}
