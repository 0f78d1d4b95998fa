/*
 * console.c - one serial port for three: what the program writes, what the
 * machine has to say, and the line that a person is typing meanwhile.
 *
 * A line in the making is taken off the terminal before anything else is
 * written, and drawn again after it; so output never tears it apart, and log
 * lines stand on lines of their own. All bytes go through one lock, in pieces
 * that fit into the port's ring; who has to wait for room, waits without it.
 *
 * A thread reads the port, so that typing is echoed and Ctrl-C works also while
 * the program computes. It keeps complete lines until the program wants them.
 * Input that is plain (a pipe, a test) is handed on as it comes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "console/console.h"

#include <stdatomic.h>

#include "arch/amd64/cpu.h"
#include "base/assert.h"
#include "base/format.h"
#include "base/memory.h"
#include "console/line_editor.h"
#include "dev/serial.h"
#include "irq/clock.h"
#include "plat/console.h"
#include "sched/spin.h"
#include "sched/thread.h"

#define CONTROL_C       0x03
#define CONTROL_D       0x04
#define COLUMNS_DEFAULT 80
#define COLUMNS_MIN     20
#define FIELD_MIN       12 /* a line in the making gets at least so many columns */
#define READY_BYTES     16384
#define PIECE_BYTES     1024 /* of output, in one go */
#define INPUT_BYTES     256

/* So long the log waits for a terminal that does not read; then its lines are lost, and counted. */
#define LINE_PATIENCE_NS 2000000000ull

/* What one piece may take in the ring: each byte twice (newlines), the line hidden and drawn. */
#define ROOM_BYTES (2 * PIECE_BYTES + 2 * LINE_OUT_BYTES + 64)

static_assert(ROOM_BYTES < SERIAL_OUT_BYTES, "there is a time when a piece fits");
static_assert(READY_BYTES > LINE_BYTES_MAX, "there is a time when a line fits");

static struct {
    struct spin lock; /* guards all but the atomics */
    bool started;     /* a thread reads */
    bool plain;
    _Atomic bool keys; /* handed on key by key: somebody else shows and edits the line */
    unsigned columns;
    unsigned column; /* where output has left the terminal's cursor, without the line */
    struct line_editor editor;
    uint8_t drawing[LINE_OUT_BYTES];

    uint8_t ready[READY_BYTES]; /* input that is complete */
    uint64_t ready_put, ready_taken;
    bool ended;
    _Atomic uint32_t ready_event; /* counts when bytes came, or went */
    _Atomic bool cancelled;
    _Atomic unsigned lost; /* lines of the log for which there was no room in time */
} console;

/* ---- the port ---- */

/*
 * Take the lock when there is room for a piece. Where nobody may sleep the port
 * is emptied for it.
 *
 *   deadline_ns  a clock_ns() time; or KTHREAD_NO_DEADLINE: until the console is cancelled
 *   room         false if it came to that, and there is none
 *
 * Returns the flags of the lock.
 */
static uint64_t
lock_with_room(uint64_t deadline_ns, bool *room)
{
    for (;;) {
        uint64_t flags = spin_lock(&console.lock);

        *room = !console.started || serial_room(&serial_console) >= ROOM_BYTES;
        if (!*room && !(flags & CPU_INTERRUPT_FLAG)) {
            serial_drain(&serial_console);
            *room = serial_room(&serial_console) >= ROOM_BYTES;
            return flags;
        }
        if (*room || clock_ns() >= deadline_ns ||
            (deadline_ns == KTHREAD_NO_DEADLINE && atomic_load(&console.cancelled)))
            return flags;
        spin_unlock(&console.lock, flags);
        serial_wait_room(&serial_console, ROOM_BYTES, deadline_ns);
    }
}

/* Keep track of where the cursor goes; sequences that move it otherwise are not followed. */
static void
column_follow(uint8_t byte)
{
    if (byte == '\r' || byte == '\n')
        console.column = 0;
    else if (byte == '\b' && console.column > 0)
        console.column--;
    else if (byte == '\t')
        console.column = (console.column | 7) + 1;
    else if (byte >= ' ' && (byte & 0xc0) != 0x80)
        console.column++;
    if (console.column >= console.columns)
        console.column = 0; /* the terminal goes on in its next line */
}

static void
put_text(const uint8_t *bytes, size_t count)
{
    size_t from = 0;

    for (size_t i = 0; i < count; i++) {
        column_follow(bytes[i]);
        if (bytes[i] != '\n')
            continue;
        serial_put(&serial_console, bytes + from, i - from);
        serial_put(&serial_console, "\r\n", 2);
        from = i + 1;
    }
    serial_put(&serial_console, bytes + from, count - from);
}

static void
line_hide(void)
{
    if (!console.plain)
        serial_put(&serial_console, console.drawing,
                   line_editor_hide(&console.editor, console.drawing));
}

static void
line_draw(void)
{
    if (console.plain || console.editor.count == 0)
        return;
    if (console.columns - console.column < FIELD_MIN)
        put_text((const uint8_t *)"\n", 1);
    serial_put(
        &serial_console, console.drawing,
        line_editor_draw(&console.editor, console.columns - console.column, console.drawing));
}

/* ---- output ---- */

/* One line, with the lock held, on a line of its own. */
static void
put_line(const char *line, size_t count)
{
    if (console.column > 0)
        put_text((const uint8_t *)"\n", 1);
    put_text((const uint8_t *)line, count);
    put_text((const uint8_t *)"\n", 1);
}

void
console_line(const char *line, size_t count)
{
    uint64_t deadline = 0; /* where lines are lost already, nobody waits for another */
    uint64_t flags;
    bool room;

    if (count > PIECE_BYTES / 2)
        count = PIECE_BYTES / 2;
    if (console.started && atomic_load(&console.lost) == 0)
        deadline = clock_ns() + LINE_PATIENCE_NS;
    flags = lock_with_room(deadline, &room);
    if (room) {
        unsigned lost = atomic_exchange(&console.lost, 0);
        char text[64];

        line_hide();
        if (lost > 0)
            put_line(text, format(text, sizeof(text),
                                  "(%u lines are lost: the terminal did not read)", lost));
        put_line(line, count);
        line_draw();
    } else {
        atomic_fetch_add(&console.lost, 1);
    }
    spin_unlock(&console.lock, flags);
}

err_t
plat_console_write(const void *bytes, size_t byte_count)
{
    const uint8_t *from = bytes;
    uint64_t position = 0;

    while (byte_count > 0) {
        size_t count = byte_count < PIECE_BYTES ? byte_count : PIECE_BYTES;
        uint64_t flags;
        bool room;

        if (atomic_load(&console.cancelled))
            return ERR_CANCELLED;
        flags = lock_with_room(KTHREAD_NO_DEADLINE, &room);
        if (room) {
            line_hide();
            put_text(from, count);
            position = serial_position(&serial_console);
            line_draw();
            from += count;
            byte_count -= count;
        }
        spin_unlock(&console.lock, flags);
    }
    return serial_wait_sent(&serial_console, position);
}

/* ---- input ---- */

static void
ready_raise(void)
{
    atomic_fetch_add_explicit(&console.ready_event, 1, memory_order_release);
    (void)kthread_wake(&console.ready_event, UINT32_MAX);
}

static size_t
ready_room(void)
{
    return READY_BYTES - (size_t)(console.ready_put - console.ready_taken);
}

static void
ready_put(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        console.ready[console.ready_put++ % READY_BYTES] = bytes[i];
}

/* Take the lock when `count` more bytes of complete input can be kept. */
static uint64_t
lock_with_ready_room(size_t count)
{
    for (;;) {
        uint32_t seen = atomic_load_explicit(&console.ready_event, memory_order_acquire);
        bool room;
        uint64_t flags = lock_with_room(KTHREAD_NO_DEADLINE, &room);

        if ((room && ready_room() >= count) || atomic_load(&console.cancelled))
            return flags;
        spin_unlock(&console.lock, flags);
        kthread_wait(&console.ready_event, seen, KTHREAD_NO_DEADLINE);
    }
}

/* One byte of a person's input. */
static void
key_take(uint8_t key)
{
    struct line_editor *editor = &console.editor;
    uint64_t flags = lock_with_ready_room(LINE_BYTES_MAX + 1);
    enum line_event event = console.ended ? LINE_NOTHING : line_editor_key(editor, key);

    if (event == LINE_DONE) {
        serial_put(&serial_console, console.drawing, line_editor_leave(editor, console.drawing));
        console.column = 0;
        ready_put(editor->bytes, editor->count);
        ready_put((const uint8_t *)"\n", 1);
        line_editor_begin(editor);
    } else if (event == LINE_END) {
        console.ended = true;
    } else if (event == LINE_REFUSED) {
        serial_put(&serial_console, "\a", 1);
    } else if (event == LINE_CHANGED) {
        if (editor->count == 0)
            line_hide();
        line_draw();
    }
    spin_unlock(&console.lock, flags);
    if (event == LINE_DONE || event == LINE_END)
        ready_raise();
}

/* Input that is handed on as it is; plain input up to the end. */
static void
plain_take(const uint8_t *bytes, size_t count)
{
    uint64_t flags = lock_with_ready_room(count);
    size_t until = 0;

    while (!console.ended && until < count) {
        if (bytes[until] == CONTROL_D && console.plain)
            console.ended = true;
        else
            until++;
    }
    ready_put(bytes, until);
    spin_unlock(&console.lock, flags);
    ready_raise();
}

static void
read_thread(void *unused)
{
    static uint8_t input[INPUT_BYTES];
    uint64_t flags;
    size_t count;

    (void)unused;
    while (serial_read(&serial_console, input, sizeof(input), &count) == OK) {
        bool as_it_is = console.plain || atomic_load(&console.keys);

        if (as_it_is)
            plain_take(input, count);
        for (size_t i = 0; !as_it_is && i < count; i++)
            key_take(input[i]);
    }
    flags = spin_lock(&console.lock);
    console.ended = true; /* there is no port, or the machine goes down */
    spin_unlock(&console.lock, flags);
    ready_raise();
}

err_t
plat_console_read(void *buffer, size_t byte_max, size_t *byte_count)
{
    uint8_t *to = buffer;

    for (;;) {
        uint32_t seen = atomic_load_explicit(&console.ready_event, memory_order_acquire);
        uint64_t flags = spin_lock(&console.lock);
        bool ended = console.ended || !console.started;
        size_t count = 0;

        while (count < byte_max && console.ready_taken < console.ready_put)
            to[count++] = console.ready[console.ready_taken++ % READY_BYTES];
        spin_unlock(&console.lock, flags);
        if (atomic_load(&console.cancelled))
            return ERR_CANCELLED;
        if (count > 0) {
            ready_raise();
            *byte_count = count;
            return OK;
        }
        if (ended)
            return ERR_END;
        kthread_wait(&console.ready_event, seen, KTHREAD_NO_DEADLINE);
    }
}

bool
plat_console_keys(bool keys)
{
    atomic_store(&console.keys, keys);
    return console.started && !console.plain;
}

/* What is at the other end of the line does not say. */
unsigned
plat_console_columns(void)
{
    return 0;
}

void
plat_console_cancel(void)
{
    uint64_t flags;
    bool room;

    atomic_store(&console.cancelled, true);
    serial_cancel(&serial_console);
    ready_raise();
    /* Nobody will read the line in the making: it does not stand below the last words. */
    flags = lock_with_room(0, &room);
    if (room)
        line_hide();
    line_editor_begin(&console.editor);
    spin_unlock(&console.lock, flags);
}

/* ---- starting ---- */

err_t
console_start(const struct console_options *options, void (*interrupt)(void *), void *context)
{
    struct kthread *thread;
    unsigned columns = options->columns ? options->columns : COLUMNS_DEFAULT;
    uint64_t flags;

    if (columns < COLUMNS_MIN)
        columns = COLUMNS_MIN;
    if (columns > LINE_COLUMNS_MAX)
        columns = LINE_COLUMNS_MAX;
    if (!options->plain)
        serial_watch(&serial_console, CONTROL_C, interrupt, context);
    flags = spin_lock(&console.lock);
    console.plain = options->plain;
    console.columns = columns;
    console.started = true;
    line_editor_begin(&console.editor);
    spin_unlock(&console.lock, flags);
    return kthread_create(&thread, "console", read_thread, NULL);
}
