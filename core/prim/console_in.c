/*
 * console_in.c - lines of input, outside the space until a thread takes them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/buffer.h"
#define LOG_MODULE "console"
#include "base/log.h"
#include "base/memory.h"
#include "plat/console.h"
#include "plat/memory.h"
#include "prim/console_priv.h"
#include "prim/utf8.h"

#define IN_BYTES 65536u

/* How long to wait for memory. */
#define RETRY_NS 100000000ull

static uint8_t in_bytes[IN_BYTES];

/* ---- what the primitives call ---- */

void
console_input_choose(bool keys)
{
    if (atomic_exchange(&console.keys_wanted, keys) != keys)
        event_raise(&console.work);
}

void
console_line_want(bool keys)
{
    console_input_choose(keys);
    atomic_store(&console.input_wanted, true);
    event_raise(&console.wanted);
}

struct console_line *
console_line_claim(ref_t thread, bool *ended)
{
    struct console_line *free_line = NULL, *line;

    /* Whoever sees the end sees all lines before it. */
    *ended = atomic_load(&console.input_ended);
    lock_acquire(&console.lock);
    for (line = console.lines; line != NULL && line->claimed_by != thread; line = line->next) {
        if (line->claimed_by == 0 && free_line == NULL)
            free_line = line;
    }
    if (line == NULL && free_line != NULL) {
        line = free_line;
        line->claimed_by = thread;
        atomic_fetch_sub(&console.lines_unclaimed, 1);
    }
    lock_release(&console.lock);
    return line;
}

void
console_line_done(struct console_line *line)
{
    struct console_line **at = &console.lines;

    lock_acquire(&console.lock);
    while (*at != line)
        at = &(*at)->next;
    *at = line->next;
    if (console.lines_end == &line->next)
        console.lines_end = at;
    lock_release(&console.lock);
    plat_free(line, line->bytes);
}

void
console_in_close(void)
{
    while (console.lines != NULL) {
        struct console_line *line = console.lines;

        console.lines = line->next;
        plat_free(line, line->bytes);
    }
    console.lines_end = &console.lines;
}

/* ---- console-in ---- */

static void
wait_for_memory(void)
{
    log_warn("no memory for a line of input; waiting for some");
    event_wait(&console.wanted, event_get(&console.wanted), plat_monotonic_ns() + RETRY_NS);
}

/* Latin-1 where all units fit. */
static void
narrow(struct console_line *line)
{
    const uint16_t *units = (const uint16_t *)(const void *)line->units;
    uint16_t all = 0;

    for (uint32_t i = 0; i < line->unit_count; i++)
        all |= units[i];
    line->wide = all > 0xff;
    for (uint32_t i = 0; !line->wide && i < line->unit_count; i++)
        line->units[i] = (uint8_t)units[i];
}

/* Make a line of the bytes; returns how many of them it holds: all, if it ends with its newline. */
static size_t
add_line(const uint8_t *bytes, size_t count, bool newline)
{
    size_t line_bytes = sizeof(struct console_line) + 2 * count;
    struct console_line *line;
    size_t units, used;

    while ((line = plat_alloc(line_bytes)) == NULL) {
        if (atomic_load(&console.stopping))
            return count;
        wait_for_memory();
    }
    used = utf8_to_units(bytes, count, newline, (uint16_t *)(void *)line->units, &units);
    line->bytes = line_bytes;
    line->newline = newline;
    line->unit_count = (uint32_t)units;
    narrow(line);
    lock_acquire(&console.lock);
    *console.lines_end = line;
    console.lines_end = &line->next;
    atomic_fetch_add(&console.lines_unclaimed, 1);
    lock_release(&console.lock);
    atomic_fetch_add(&console.readers_due, 1);
    return used;
}

/* Append to the line that is not complete yet. */
static void
keep(struct buffer *partial, const uint8_t *bytes, size_t count)
{
    while (buffer_append(partial, bytes, count) != OK && !atomic_load(&console.stopping))
        wait_for_memory();
}

/* A line is complete, and its newline was taken off. */
static void
end_line(struct buffer *partial)
{
    if (partial->count > 0 && partial->bytes[partial->count - 1] == '\r')
        partial->count--;
    keep(partial, (const uint8_t *)"\n", 1);
    (void)add_line(partial->bytes, partial->count, true);
    buffer_clear(partial);
}

/* As many whole characters as there are; behind them may be the begin of one more. */
static void
cut_line(struct buffer *partial)
{
    size_t used = add_line(partial->bytes, partial->count, false);

    memmove(partial->bytes, partial->bytes + used, partial->count - used);
    partial->count -= used;
}

static void
take_bytes(struct buffer *partial, const uint8_t *bytes, size_t count)
{
    size_t begin = 0;

    if (atomic_load(&console.keys)) {
        keep(partial, bytes, count);
        cut_line(partial);
        return;
    }

    for (size_t i = 0; i <= count; i++) {
        if (i < count && bytes[i] != '\n' && partial->count + (i - begin) < CONSOLE_LINE_BYTES_MAX)
            continue;
        keep(partial, bytes + begin, i - begin);
        begin = i;
        if (i < count && bytes[i] == '\n') {
            begin = i + 1;
            end_line(partial);
        } else if (partial->count >= CONSOLE_LINE_BYTES_MAX) {
            cut_line(partial);
        }
    }
}

/* Wait for the machine once. False when there is no more. */
static bool
read_some(struct buffer *partial)
{
    size_t count = 0;
    err_t err;

    atomic_store(&console.reading, true);
    err = atomic_load(&console.stopping) ? ERR_CANCELLED
                                         : plat_console_read(in_bytes, IN_BYTES, &count);
    atomic_store(&console.reading, false);
    if (err == OK) {
        take_bytes(partial, in_bytes, count);
        return true;
    }
    if (err == ERR_IO)
        log_warn("the input cannot be read; this is its end");
    if (err != ERR_CANCELLED && partial->count > 0)
        end_line(partial);
    return false;
}

void
console_in(void *argument)
{
    struct buffer partial = { 0 };
    bool more = true;
    bool there;

    (void)argument;
    while (more && !atomic_load(&console.stopping)) {
        uint32_t seen = event_get(&console.wanted);

        if (!atomic_load(&console.input_wanted)) {
            event_wait(&console.wanted, seen, PLAT_NO_DEADLINE);
            continue;
        }
        /* From here on who wants a line and finds none has to say so again. */
        atomic_store(&console.input_wanted, false);
        there = atomic_load(&console.lines_unclaimed) > 0;
        while (more && atomic_load(&console.lines_unclaimed) == 0 &&
               !atomic_load(&console.stopping))
            more = read_some(&partial);
        if (!more && !atomic_load(&console.stopping))
            atomic_store(&console.input_ended, true);
        if (there || !more) /* else each new line has counted itself */
            atomic_fetch_add(&console.readers_due, 1);
        event_raise(&console.work);
    }
    buffer_free(&partial);
}
