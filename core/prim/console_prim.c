/*
 * console_prim.c - printing, reading a line, and waiting for a snapshot.
 *
 * A text is printed in pieces, each put into the ring at once. The thread whose
 * text is not wholly there yet is the channel's writer, and others queue behind it; so
 * the lines of several threads never mix.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/console.h"
#include "prim/console_priv.h"
#include "prim/prims_priv.h"
#include "prim/session_prim_priv.h"
#include "prim/session_priv.h"
#include "vm/monitor.h"
#include "vm/thread.h"
#include "vm/vm.h"

/* Bytes of text that one piece of work prints. */
#define PRINT_BYTES 2048u

/* prim_raw2 of a print: it stands in the queue; it is the writer. */
#define QUEUED 1ull
#define WRITES 2ull

/* Put bytes into the ring at `appended`; there is room. */
static void
ring_put(ref_t ring, uint64_t appended, const char *bytes, uint32_t count)
{
    uint32_t at = (uint32_t)(appended % CHANNEL_RING_BYTES);
    uint32_t first = CHANNEL_RING_BYTES - at;

    if (first > count)
        first = count;
    if (first > 0)
        pmem_copy_in(array_at(ring, KIND_RAW8, at), bytes, first);
    if (count > first)
        pmem_copy_in(array_at(ring, KIND_RAW8, 0), bytes + first, count - first);
}

/* Put as much as there is room for into the ring; true when that was all. */
static bool
print_piece(struct prim_call *call, ref_t channel, uint32_t *index, bool gated)
{
    char bytes[PRINT_BYTES + 1];
    ref_t string = call->words[0];
    bool newline = prim_int(call, 0) != 0;
    uint64_t appended = GET_U64(channel_object, channel, appended);
    uint32_t room = console_ring_room();
    uint32_t count;
    bool done = false;

    if (room < CONSOLE_ROOM_MIN)
        return false;
    count = (uint32_t)string_to_utf8(string, index, bytes,
                                     room - 1 < PRINT_BYTES ? room - 1 : PRINT_BYTES);
    if (*index == array_length(string)) {
        if (newline)
            bytes[count++] = '\n';
        done = true;
    }
    ring_put(GET_WORD(channel_object, channel, ring), appended, bytes, count);
    SET_U64(channel_object, channel, appended, appended + count);
    console_appended(appended + count, count, gated);
    return done;
}

static enum prim_answer
print(struct prim_call *call, bool gated)
{
    ref_t channel = console.channel;
    uint32_t index = (uint32_t)prim_progress(call), session = session_of(call->thread);
    enum prim_answer answer;
    word_t writer;
    bool done;

    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (session != 0)
        return session_print(call, session);
    if (session_queues(call))
        return session_print_afresh(call);
    prim_invoke(call);
    monitor_guard(channel);
    if ((prim_progress2(call) & QUEUED) != 0) {
        thread_queue_remove(channel, CONSOLE_QUEUE(out), call->thread);
        SET_U64(thread_object, call->thread, prim_raw2, 0);
    }
    writer = GET_WORD(channel_object, channel, writer);
    if (writer != WORD_NULL && writer != call->thread && thread_is_alive(writer)) {
        thread_queue_push(channel, CONSOLE_QUEUE(out), call->thread);
        SET_U64(thread_object, call->thread, prim_raw2, QUEUED);
        if (!atomic_exchange(&console.turn_waits, true))
            event_raise(&console.work); /* console-out sees it if the writer dies */
        answer = prim_park(call, channel, UINT64_MAX);
        monitor_unguard(channel);
        return answer;
    }
    done = print_piece(call, channel, &index, gated);
    if (done) {
        if (writer != WORD_NULL)
            SET_WORD(channel_object, channel, writer, WORD_NULL);
        console_wake_writer();
        monitor_unguard(channel);
        return prim_return_void(call);
    }
    if (writer != call->thread)
        SET_WORD(channel_object, channel, writer, call->thread);
    SET_U64(thread_object, call->thread, prim_raw, index);
    SET_U64(thread_object, call->thread, prim_raw2, WRITES);
    answer = PRIM_AGAIN;
    if (console_ring_room() < CONSOLE_ROOM_MIN) {
        atomic_store(&console.writer_waits, true);
        answer = prim_park(call, channel, UINT64_MAX); /* console-out wakes the writer */
        event_raise(&console.work);
    }
    monitor_unguard(channel);
    return answer;
}

enum prim_answer
prim_console_print(struct prim_call *call)
{
    return print(call, false);
}

enum prim_answer
prim_console_print_gated(struct prim_call *call)
{
    return print(call, true);
}

/* The call begins anew, outside the queue. */
static enum prim_answer
leave_queue(struct prim_call *call, uint64_t head, uint64_t tail)
{
    prim_invoke(call);
    monitor_guard(console.channel);
    thread_queue_remove(console.channel, head, tail, call->thread);
    monitor_unguard(console.channel);
    return prim_again_with(call, WORD_NULL, 0, 0);
}

/* ---- input: prim_raw2 is 0, or the number of this run and what is going on ---- */

#define READ_QUEUED  1ull
#define READ_FILLING 2ull

bool
console_reads_now(ref_t thread)
{
    return GET_U64(thread_object, thread, prim_raw2) == (console.run | READ_QUEUED);
}

/* No line is there: wait for one. */
static enum prim_answer
read_wait(struct prim_call *call, bool keys)
{
    ref_t channel = console.channel;
    enum prim_answer answer;

    if (!call->invoking)
        prim_invoke(call);
    monitor_guard(channel);
    if (prim_progress2(call) != 0)
        thread_queue_remove(channel, CONSOLE_QUEUE(in), call->thread);
    /* A line that comes from now on is told to the queue. */
    if (atomic_load(&console.lines_unclaimed) > 0 || atomic_load(&console.input_ended)) {
        answer = prim_again(call, 0, 0);
    } else {
        thread_queue_push(channel, CONSOLE_QUEUE(in), call->thread);
        SET_U64(thread_object, call->thread, prim_raw2, console.run | READ_QUEUED);
        answer = prim_park(call, channel, UINT64_MAX);
        console_line_want(keys);
    }
    monitor_unguard(channel);
    return answer;
}

/* Leave the queue, and forget what is void. */
static enum prim_answer
read_afresh(struct prim_call *call)
{
    return leave_queue(call, CONSOLE_QUEUE(in));
}

static enum prim_answer
read_input(struct prim_call *call, bool keys)
{
    uint64_t at = prim_progress(call), state = prim_progress2(call);
    struct console_line *line;
    uint32_t piece, units;
    bool ended;
    word_t result;

    if ((state & READ_FILLING) != 0 && (state & ~READ_FILLING) != console.run)
        return read_afresh(call); /* the line was lost with another run */
    if ((state & READ_FILLING) == 0 && thread_is_interrupted(call->thread))
        return state == 0 ? thread_throw_interrupt(call) : read_afresh(call);
    line = console_line_claim(call->thread, &ended);
    if (line == NULL && !ended)
        return read_wait(call, keys);
    if ((state & READ_QUEUED) != 0)
        return read_afresh(call);
    if (line == NULL)
        return prim_return_word(call, WORD_NULL);
    units = line->unit_count - (line->newline && !keys);
    if ((state & READ_FILLING) == 0) {
        result = heap_string(call->heap, (struct string_form){ units, line->wide });
        if (result == 0)
            return prim_collect(call, ARRAY_HEADER_BYTES + ((uint64_t)units << line->wide));
        prim_invoke(call);
    } else {
        prim_invoke(call);
        result = prim_progress_word(call);
    }
    piece = prim_piece(units - at);
    if (piece > 0)
        pmem_copy_in(result + ARRAY_HEADER_BYTES + (at << line->wide),
                     line->units + (at << line->wide), (uint64_t)piece << line->wide);
    if (at + piece < units)
        return prim_again_with(call, result, at + piece, console.run | READ_FILLING);
    console_line_done(line);
    return prim_return_word(call, result);
}

enum prim_answer
prim_console_read_line(struct prim_call *call)
{
    uint32_t session = session_of(call->thread);

    if (session != 0)
        return session_read(call, session, false);
    if (session_was_left(call))
        return session_end_wait(call);
    return read_input(call, false);
}

/* Behind a restart there may be another terminal, or none: who reads keys is told. */
enum prim_answer
prim_console_read_keys(struct prim_call *call)
{
    uint64_t state = prim_progress2(call);
    uint32_t session = session_of(call->thread);
    ref_t empty;

    if (session != 0)
        return session_read(call, session, true);
    if (session_was_left(call))
        return session_end_wait(call);
    if (state == 0 || (state & ~(READ_QUEUED | READ_FILLING)) == console.run)
        return read_input(call, true);
    empty = heap_string(call->heap, (struct string_form){ 0, false });
    if (empty == 0)
        return prim_collect(call, ARRAY_HEADER_BYTES);
    prim_invoke(call);
    monitor_guard(console.channel);
    thread_queue_remove(console.channel, CONSOLE_QUEUE(in), call->thread);
    monitor_unguard(console.channel);
    return prim_return_word(call, empty);
}

/* What is printed from here on is shown when that is so. */
enum prim_answer
prim_console_expect_keys(struct prim_call *call)
{
    uint32_t session = session_of(call->thread);

    prim_invoke(call);
    if (session != 0)
        session_choose(session, true);
    else
        console_input_choose(true);
    return prim_return_void(call);
}

enum prim_answer
prim_console_is_person(struct prim_call *call)
{
    uint32_t session = session_of(call->thread);

    return prim_return_boolean(call, session != 0 ? session_is_person(session)
                                                  : atomic_load(&console.person));
}

enum prim_answer
prim_console_columns(struct prim_call *call)
{
    uint32_t session = session_of(call->thread);
    unsigned columns = session != 0 ? session_columns(session) : plat_console_columns();

    return prim_return_int(call, columns > INT16_MAX ? INT16_MAX : (int32_t)columns);
}

/* Who waits for a snapshot, or for a person, stands in the queue `commit` once prim_raw2 is set. */
static enum prim_answer
interrupted_wait(struct prim_call *call)
{
    if (prim_progress2(call) == 0)
        return thread_throw_interrupt(call);
    return leave_queue(call, CONSOLE_QUEUE(commit));
}

/* ---- snapshots: prim_raw is the epoch, prim_raw2 the number of this run ---- */

enum prim_answer
prim_snapshot_commit(struct prim_call *call)
{
    ref_t channel = console.channel;
    enum prim_answer answer;
    uint32_t epoch;

    if (thread_is_interrupted(call->thread))
        return interrupted_wait(call);
    prim_invoke(call);
    if (prim_progress2(call) == 0) {
        epoch = pmem_snapshot_ask(STORE_CAUSE_DEMAND);
        SET_U64(thread_object, call->thread, prim_raw, epoch);
        SET_U64(thread_object, call->thread, prim_raw2, console.run);
    }
    epoch = (uint32_t)prim_progress(call);
    monitor_guard(channel);
    thread_queue_remove(channel, CONSOLE_QUEUE(commit), call->thread);
    /* A thread that waits in another run than it asked in was resumed from a later snapshot. */
    if (prim_progress2(call) != console.run || (int32_t)(pmem_epoch_committed() - epoch) >= 0) {
        answer = prim_return_void(call);
    } else {
        thread_queue_push(channel, CONSOLE_QUEUE(commit), call->thread);
        atomic_store(&console.commits_wait, true);
        answer = prim_park(call, channel, UINT64_MAX);
    }
    monitor_unguard(channel);
    return answer;
}

/* ---- the person: prim_raw2 is the number of this run ---- */

/* Begin, or go on, to wait in the queue that is woken when the person does something. */
static enum prim_answer
wait_for_person(struct prim_call *call)
{
    thread_queue_push(console.channel, CONSOLE_QUEUE(commit), call->thread);
    SET_U64(thread_object, call->thread, prim_raw2, console.run);
    return prim_park(call, console.channel, UINT64_MAX);
}

/* prim_raw is how many breaks were noticed when it began. */
enum prim_answer
prim_console_await_break(struct prim_call *call)
{
    uint32_t session = session_of(call->thread);
    enum prim_answer answer;

    if (session != 0)
        return session_await_break(call, session);
    if (session_was_left(call))
        return session_end_wait(call);
    if (thread_is_interrupted(call->thread))
        return interrupted_wait(call);
    prim_invoke(call);
    monitor_guard(console.channel);
    thread_queue_remove(console.channel, CONSOLE_QUEUE(commit), call->thread);
    if (prim_progress2(call) != console.run)
        SET_U64(thread_object, call->thread, prim_raw, console_break_listen());
    if (console_break_take(prim_progress(call)))
        answer = prim_return_void(call);
    else
        answer = wait_for_person(call);
    monitor_unguard(console.channel);
    return answer;
}

enum prim_answer
prim_console_leave(struct prim_call *call)
{
    uint64_t run = prim_progress2(call);
    enum prim_answer answer;

    if (thread_is_interrupted(call->thread))
        return interrupted_wait(call);
    if (run == 0 && !vm_options_get()->can_be_left && !atomic_load(&console.input_ended))
        return prim_return_boolean(call, false);
    prim_invoke(call);
    if (run == 0 && vm_options_get()->can_be_left)
        vm_leave();
    monitor_guard(console.channel);
    thread_queue_remove(console.channel, CONSOLE_QUEUE(commit), call->thread);
    if (run != 0 && run != console.run)
        answer = prim_return_boolean(call, true);
    else
        answer = wait_for_person(call);
    monitor_unguard(console.channel);
    return answer;
}

/* Soon, and nobody waits for it. */
enum prim_answer
prim_snapshot_ask(struct prim_call *call)
{
    prim_invoke(call);
    (void)pmem_snapshot_ask(STORE_CAUSE_DEMAND);
    return prim_return_void(call);
}

enum prim_answer
prim_snapshot_generation(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)atomic_load(&console.generation));
}
