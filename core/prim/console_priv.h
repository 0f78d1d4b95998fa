/*
 * console_priv.h - the console's two halves.
 *
 * In the space there is a channel (struct channel_object): a ring of bytes, two
 * counters, three queues of threads. Outside there is this:
 *
 *   primitives --> ring --> console-out --> plat_console_write
 *   primitives <-- lines <- console-in  <-- plat_console_read
 *
 * Counted in bytes since the channel was made,
 *
 *       written <= sent <= released <= appended <= written + CHANNEL_RING_BYTES
 *
 *   appended   put into the ring: in the space; a copy of it here
 *   released   may leave, when gated: what the newest committed snapshot holds. A program
 *              may gate some of its texts only; then what stands before them may leave, too
 *   sent       the machine has taken it; only here
 *   written    sent, cut back to the beginning of a line: in the space. A restart
 *              sends from here on again, so whole lines leave at least once and in order
 *
 * `written` follows `sent` where that costs nothing (the next text dirties its page
 * anyway), and once more when all has left. console-out is a worker of the space, AWAY
 * but for moments; it wakes threads for both native threads and for the flusher.
 *
 * Input is read only while a thread wants a line. Lines stay outside the space until
 * readln takes them, so what was read ahead is lost with the process; the end of input
 * belongs to the attachment and is forgotten with it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/lock.h"
#include "object/layout.h"
#include "pmem/pmem.h"

/* A longer line of input comes in pieces of this many bytes. */
#define CONSOLE_LINE_BYTES_MAX (1u << 20)

/* One line of input, decoded. */
struct console_line {
    struct console_line *next;
    ref_t claimed_by; /* thread that takes it; under console.lock */
    uint32_t unit_count;
    bool newline; /* the last unit, which is of interest only to who reads keys */
    bool wide;    /* units are uint16_t, else uint8_t */
    size_t bytes; /* of this struct with its units */
    uint8_t units[] __attribute__((aligned(2)));
};

struct console {
    ref_t channel; /* old: never moves */
    bool gated;

    /* A number of this run: what a primitive kept for another run is void. */
    uint64_t run;

    _Atomic uint64_t appended; /* written under the channel's guard */
    _Atomic uint64_t released;
    _Atomic uint64_t gate_from;  /* the texts that a program has gated and that are not ... */
    _Atomic uint64_t gate_until; /* ... released lie from here to here; under the guard */
    _Atomic uint64_t sent;
    _Atomic uint64_t line_begin; /* what `written` may become */
    _Atomic uint64_t written;    /* a copy, too */
    _Atomic uint64_t generation; /* newest committed */

    struct event work;    /* something for console-out */
    struct event settled; /* console-out has nothing left to do */
    struct event wanted;  /* something for console-in */
    _Atomic bool stopping;
    _Atomic bool broken;           /* the machine takes no more output */
    _Atomic bool writer_waits;     /* the writer waits for room */
    _Atomic bool turn_waits;       /* others wait until the writer is done, or dead */
    _Atomic bool commits_wait;     /* threads wait for a snapshot */
    _Atomic bool commits_due;      /* there was one, or a person did something */
    _Atomic uint32_t told;         /* how often something happened for who waits in a session */
    _Atomic bool break_heard;      /* somebody has waited for breaks in this run */
    _Atomic uint64_t breaks;       /* how many there were */
    _Atomic uint64_t breaks_taken; /* of these, somebody has seen */
    _Atomic bool person;           /* who can press keys */
    _Atomic bool keys_wanted;      /* who reads wants keys; else lines */
    _Atomic bool keys;             /* that is how they come; console-out changes it */
    _Atomic bool reading;          /* console-in waits for the machine */
    _Atomic bool input_wanted;
    _Atomic bool input_ended;
    _Atomic uint32_t lines_unclaimed;
    _Atomic uint32_t readers_due; /* lines, or the end, for which a reader must be woken */

    struct lock lock; /* guards the list of lines */
    struct console_line *lines;
    struct console_line **lines_end;
};

extern struct console console;

/* The offsets of a queue of the channel, for thread_queue_... */
#define CONSOLE_QUEUE(name)                                                                        \
    offsetof(struct channel_object, name##_head), offsetof(struct channel_object, name##_tail)

/* The channel's free bytes, after `written` was moved up to where it may be. Under the guard. */
uint32_t console_ring_room(void);

/*
 * Bytes were put into the ring, behind which it has `appended` in all. If `gated` they wait for the
 * snapshot with their cause, as all do where the run is gated. Under the guard.
 */
void console_appended(uint64_t appended, uint32_t count, bool gated);

/*
 * Somebody waits for the next break: how many there were that somebody has taken notice of. One
 * that came while nobody waited is the next.
 */
uint64_t console_break_listen(void);

/* True if there were more than `seen` breaks: all were taken notice of. */
bool console_break_take(uint64_t seen);

/* Wake the next of those who wait to write. Under the guard. */
void console_wake_writer(void);

/* A line is not begun with less room: the longest character, and a newline. */
#define CONSOLE_ROOM_MIN 4u

/*
 * A line for `thread`: one that it claimed before, or the first that nobody has. NULL:
 * there is none; *ended says whether there will be one.
 */
struct console_line *console_line_claim(ref_t thread, bool *ended);

/* The thread stands in the queue of readers since it asked in this run. */
bool console_reads_now(ref_t thread);

/* The line was taken. */
void console_line_done(struct console_line *line);

/* Input comes as keys, or as lines, soon; and before anything is shown that is put into the ring
 * later. */
void console_input_choose(bool keys);

/* Read more, please: lines, or keys as they come, which are then lines, too. */
void console_line_want(bool keys);

/* ---- console_in.c ---- */

/* The life of console-in. */
void console_in(void *argument);

/* Forget the lines that nobody took. */
void console_in_close(void);
