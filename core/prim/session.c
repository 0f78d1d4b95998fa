/*
 * session.c - sessions: bytes on their way between a person and a thread of the shell.
 *
 *   primitives --> out --> session_output() --> a socket
 *   primitives <-- in  <-- session_input()  <-- a socket
 *
 * All of it lies outside the space. Threads that wait for somebody stand in the console's queue of
 * those who wait for a person (console_priv.h), and are woken with it.
 *
 * Keeps true
 *   1. A session is in the list from its opening to its closing, and its number is never used
 * again.
 *   2. Changes of how input comes stand in `out` where they were made, as marks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/session.h"

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/lock.h"
#include "base/memory.h"
#include "plat/memory.h"
#include "prim/console_priv.h"
#include "prim/session_priv.h"
#include "vm/thread.h"

#define OUT_BYTES_MAX 65536u
#define IN_BYTES_MAX  (1u << 20)

/* A place in `out` where input changes. */
#define MARKS_MAX 16

struct mark {
    size_t at; /* in `out` */
    bool keys;
};

struct session {
    struct session *next;
    uint32_t number;
    uint32_t owner; /* slot of its first thread, and one; 0: there was none yet */
    bool person, keys;
    bool left;  /* by who worked there */
    bool ended; /* there is no more input */
    bool over;  /* nobody talks there, or nobody looks */
    struct buffer in, out;
    struct mark marks[MARKS_MAX];
    unsigned mark_count;
    uint64_t breaks, breaks_taken;
    unsigned columns;
    struct event changed; /* of `out` */
};

static struct {
    struct lock lock; /* guards all sessions */
    struct session *list;
    uint32_t numbers;
    bool stopped;
} sessions = { .lock = LOCK_INIT(LOCK_RANK_CONSOLE) };

/* By slot of a thread: the number of its session. NULL until there is one. */
static _Atomic(_Atomic uint32_t *) numbers_of_slots;

/* ---- threads ---- */

static struct session *
find_locked(uint32_t number)
{
    struct session *session = sessions.list;

    while (session != NULL && session->number != number)
        session = session->next;
    return session;
}

uint32_t
session_of(ref_t thread)
{
    _Atomic uint32_t *numbers = atomic_load(&numbers_of_slots);

    return numbers == NULL ? 0 : atomic_load(&numbers[GET_U32(thread_object, thread, slot)]);
}

/* The first thread of a session owns it: with that it ends. */
static void
own(uint32_t slot, uint32_t number)
{
    struct session *session;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    if (session != NULL && session->owner == 0)
        session->owner = slot + 1;
    lock_release(&sessions.lock);
}

void
prim_thread_talks(ref_t thread, uint32_t session)
{
    _Atomic uint32_t *numbers = atomic_load(&numbers_of_slots);
    uint32_t slot = GET_U32(thread_object, thread, slot);

    if (numbers == NULL)
        return;
    atomic_store(&numbers[slot], session);
    if (session != 0)
        own(slot, session);
}

uint32_t
prim_thread_session(ref_t thread)
{
    return session_of(thread);
}

static err_t
numbers_make_locked(void)
{
    _Atomic uint32_t *numbers = atomic_load(&numbers_of_slots);

    if (numbers == NULL)
        numbers = plat_reserve(THREAD_COUNT_MAX * sizeof numbers[0]);
    atomic_store(&numbers_of_slots, numbers);
    return numbers == NULL ? ERR_NOMEM : OK;
}

/* ---- the list ---- */

/* Somebody who waits, or is about to, shall look. What there is to be seen is there. */
static void
tell_threads(void)
{
    atomic_fetch_add(&console.told, 1); /* pairs with wait_for_session() */
    atomic_store(&console.commits_due, true);
    event_raise(&console.work);
}

err_t
session_open(bool person, struct session **result)
{
    struct session *session = plat_alloc(sizeof *session);
    err_t err;

    if (session == NULL)
        return ERR_NOMEM;
    session->person = person;
    lock_acquire(&sessions.lock);
    err = sessions.stopped ? ERR_CANCELLED : numbers_make_locked();
    if (err == OK) {
        session->number = ++sessions.numbers;
        session->next = sessions.list;
        sessions.list = session;
        *result = session;
    }
    lock_release(&sessions.lock);
    if (err != OK)
        plat_free(session, sizeof *session);
    return err;
}

uint32_t
session_number(const struct session *session)
{
    return session->number;
}

void
session_close(struct session *session)
{
    struct session **at = &sessions.list;

    if (session == NULL)
        return;
    lock_acquire(&sessions.lock);
    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    lock_release(&sessions.lock);
    tell_threads();
    buffer_free(&session->in);
    buffer_free(&session->out);
    plat_free(session, sizeof *session);
}

void
session_start(void)
{
    lock_acquire(&sessions.lock);
    sessions.stopped = false;
    lock_release(&sessions.lock);
}

void
session_stop(void)
{
    lock_acquire(&sessions.lock);
    sessions.stopped = true;
    for (struct session *session = sessions.list; session != NULL; session = session->next) {
        session->over = true;
        event_raise(&session->changed);
    }
    plat_release((void *)atomic_exchange(&numbers_of_slots, NULL),
                 THREAD_COUNT_MAX * sizeof(uint32_t));
    lock_release(&sessions.lock);
}

/* ---- the person's side ---- */

err_t
session_input(struct session *session, const void *bytes, size_t count)
{
    err_t err = ERR_NOMEM;

    lock_acquire(&sessions.lock);
    if (session->in.count + count <= IN_BYTES_MAX)
        err = buffer_append(&session->in, bytes, count);
    lock_release(&sessions.lock);
    tell_threads();
    return err;
}

void
session_break(struct session *session)
{
    lock_acquire(&sessions.lock);
    session->breaks++;
    lock_release(&sessions.lock);
    tell_threads();
}

void
session_resize(struct session *session, unsigned columns)
{
    lock_acquire(&sessions.lock);
    session->columns = columns;
    lock_release(&sessions.lock);
}

void
session_input_end(struct session *session, bool gone)
{
    lock_acquire(&sessions.lock);
    session->ended = true;
    session->over |= gone;
    lock_release(&sessions.lock);
    event_raise(&session->changed);
    tell_threads();
}

/* The first bytes of a buffer go. */
static void
shift(struct buffer *buffer, size_t count)
{
    memmove(buffer->bytes, buffer->bytes + count, buffer->count - count);
    buffer->count -= count;
}

/* Take what is to be shown next. False: there is nothing. */
static bool
output_take_locked(struct session *session, void *bytes, size_t byte_max, size_t *count,
                   enum session_piece *piece)
{
    size_t limit = session->mark_count > 0 ? session->marks[0].at : session->out.count;

    if (limit > 0) {
        *count = limit < byte_max ? limit : byte_max;
        memcpy(bytes, session->out.bytes, *count);
        shift(&session->out, *count);
        for (unsigned i = 0; i < session->mark_count; i++)
            session->marks[i].at -= *count;
        *piece = SESSION_OUTPUT;
        return true;
    }
    if (session->mark_count > 0) {
        *piece = session->marks[0].keys ? SESSION_KEYS : SESSION_LINES;
        session->mark_count--;
        memmove(session->marks, session->marks + 1, session->mark_count * sizeof session->marks[0]);
        return true;
    }
    *piece = session->left ? SESSION_LEFT : SESSION_OVER;
    return session->over;
}

enum session_piece
session_output(struct session *session, void *bytes, size_t byte_max, size_t *count)
{
    enum session_piece piece;

    *count = 0;
    for (;;) {
        uint32_t seen = event_get(&session->changed);
        bool full, found;

        lock_acquire(&sessions.lock);
        full = session->out.count >= OUT_BYTES_MAX / 2;
        found = output_take_locked(session, bytes, byte_max, count, &piece);
        lock_release(&sessions.lock);
        if (full)
            tell_threads();
        if (found)
            return piece;
        event_wait(&session->changed, seen, PLAT_NO_DEADLINE);
    }
}

/* ---- the primitives' side ---- */

/* Bytes of the first line with its end, of `count`; 0: it is not whole. */
static size_t
line_bytes(const uint8_t *bytes, size_t count)
{
    size_t end = 0;

    while (end < count && bytes[end] != '\n')
        end++;
    return end < count ? end + 1 : 0;
}

bool
session_is_there(uint32_t number)
{
    struct session *session;
    bool there;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    there = session != NULL && !session->over;
    lock_release(&sessions.lock);
    return there;
}

enum session_put
session_put(uint32_t number, const void *bytes, size_t count)
{
    enum session_put answer = SESSION_GONE;
    struct session *session;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    if (session != NULL && !session->over) {
        answer = SESSION_FULL;
        if (session->out.count + count <= OUT_BYTES_MAX &&
            buffer_append(&session->out, bytes, count) == OK)
            answer = SESSION_TAKEN;
        event_raise(&session->changed);
    }
    lock_release(&sessions.lock);
    return answer;
}

size_t
session_peek(uint32_t number, bool keys, uint8_t *bytes, size_t byte_max, bool *ended)
{
    struct session *session;
    size_t count = 0, line;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    *ended = session == NULL || session->over || session->ended;
    if (session != NULL && !session->over && session->in.count > 0) {
        count = session->in.count < byte_max ? session->in.count : byte_max;
        line = line_bytes(session->in.bytes, count);
        if (!keys && (line > 0 || (count < byte_max && !*ended)))
            count = line;
        memcpy(bytes, session->in.bytes, count);
    }
    lock_release(&sessions.lock);
    return count;
}

void
session_take(uint32_t number, size_t count)
{
    struct session *session;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    if (session != NULL)
        shift(&session->in, count < session->in.count ? count : session->in.count);
    lock_release(&sessions.lock);
}

void
session_choose(uint32_t number, bool keys)
{
    struct session *session;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    if (session != NULL && session->person && session->keys != keys) {
        session->keys = keys;
        if (session->mark_count == MARKS_MAX)
            session->mark_count--; /* nobody looks at them anyway */
        session->marks[session->mark_count++] = (struct mark){ session->out.count, keys };
        event_raise(&session->changed);
    }
    lock_release(&sessions.lock);
}

bool
session_is_person(uint32_t number)
{
    struct session *session;
    bool person;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    person = session != NULL && session->person;
    lock_release(&sessions.lock);
    return person;
}

unsigned
session_columns(uint32_t number)
{
    struct session *session;
    unsigned columns;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    columns = session == NULL ? 0 : session->columns;
    lock_release(&sessions.lock);
    return columns;
}

uint64_t
session_breaks(uint32_t number)
{
    struct session *session;
    uint64_t breaks;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    breaks = session == NULL ? 0 : session->breaks;
    lock_release(&sessions.lock);
    return breaks;
}

uint64_t
session_breaks_taken(uint32_t number)
{
    struct session *session;
    uint64_t taken;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    taken = session == NULL ? 0 : session->breaks_taken;
    lock_release(&sessions.lock);
    return taken;
}

void
session_breaks_take(uint32_t number)
{
    struct session *session;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    if (session != NULL)
        session->breaks_taken = session->breaks;
    lock_release(&sessions.lock);
}

/* Under no lock. */
static void
end(uint32_t number, bool left)
{
    struct session *session;

    lock_acquire(&sessions.lock);
    session = find_locked(number);
    if (session != NULL) {
        session->over = true;
        session->left |= left;
        event_raise(&session->changed);
    }
    lock_release(&sessions.lock);
    tell_threads();
}

void
session_leave(uint32_t number)
{
    end(number, true);
}

void
prim_thread_ends(ref_t thread)
{
    uint32_t slot = GET_U32(thread_object, thread, slot), number = session_of(thread);
    struct session *session;
    bool owns;

    if (number == 0)
        return;
    lock_acquire(&sessions.lock);
    session = find_locked(number);
    owns = session != NULL && session->owner == slot + 1;
    lock_release(&sessions.lock);
    if (owns)
        end(number, false);
}
