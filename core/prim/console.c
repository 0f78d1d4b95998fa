/*
 * console.c - output on its way from the ring to the machine, and the wakes that
 * wait for it, for a line, or for a snapshot. The drawing is in console_priv.h.
 *
 * console-out never holds a lock or counts as running while it waits for the machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/console_priv.h"

#define LOG_MODULE "console"
#include "base/log.h"
#include "base/memory.h"
#include "heap/heap.h"
#include "object/array.h"
#include "plat/console.h"
#include "plat/machine.h"
#include "prim/compile_priv.h"
#include "prim/prims_priv.h"
#include "prim/session_priv.h"
#include "vm/monitor.h"
#include "vm/thread.h"
#include "vm/vm.h"

/* Bytes that are handed to the machine at a time. */
#define OUT_BYTES 16384u

/* Threads that are woken between two safepoints: each takes a first write or two. */
#define WAKES_MAX 16u

/* How long to wait when the volume has no room to write down what was sent. */
#define RETRY_NS 100000000ull

struct console console;

static struct pmem_worker out_worker;
static struct plat_thread *out_thread, *in_thread;
static uint8_t out_bytes[OUT_BYTES];

/* ---- what the primitives call ---- */

uint32_t
console_ring_room(void)
{
    ref_t channel = console.channel;
    uint64_t written = GET_U64(channel_object, channel, written);
    uint64_t recordable = atomic_load(&console.line_begin);

    if (recordable > written) {
        written = recordable;
        SET_U64(channel_object, channel, written, written);
        atomic_store(&console.written, written);
    }
    return (uint32_t)(CHANNEL_RING_BYTES - (GET_U64(channel_object, channel, appended) - written));
}

/* Does anything wait for a snapshot to leave? */
static bool
is_gated(void)
{
    return console.gated || atomic_load(&console.released) < atomic_load(&console.gate_until);
}

/*
 * In this order, before `appended`: who sees the new bytes sees that they are gated, and who sees
 * a new end sees the beginning that belongs to it, or a later one.
 */
static void
close_gate(uint64_t from, uint64_t until)
{
    if (atomic_load(&console.released) >= atomic_load(&console.gate_until))
        atomic_store(&console.gate_from, from);
    atomic_store(&console.gate_until, until);
}

void
console_appended(uint64_t appended, uint32_t count, bool gated)
{
    if (gated)
        close_gate(appended - count, appended);
    atomic_store(&console.appended, appended);
    if (console.gated || gated)
        pmem_snapshot_ask(STORE_CAUSE_OUTPUT);
    else
        event_raise(&console.work);
}

void
console_wake_writer(void)
{
    word_t thread;

    while ((thread = thread_queue_pop(console.channel, CONSOLE_QUEUE(out))) != WORD_NULL) {
        if (thread_is_alive(thread)) {
            thread_wake(thread);
            return;
        }
    }
}

/* ---- breaks ---- */

uint64_t
console_break_listen(void)
{
    atomic_store(&console.break_heard, true);
    return atomic_load(&console.breaks_taken);
}

bool
console_break_take(uint64_t seen)
{
    uint64_t breaks = atomic_load(&console.breaks);

    if (breaks != seen)
        atomic_store(&console.breaks_taken, breaks);
    return breaks != seen;
}

bool
prim_break(void)
{
    if (!atomic_load(&console.break_heard) ||
        atomic_load(&console.breaks) != atomic_load(&console.breaks_taken))
        return false;
    atomic_fetch_add(&console.breaks, 1);
    atomic_store(&console.commits_due, true);
    event_raise(&console.work);
    return true;
}

/* ---- snapshots ---- */

/* What was in the ring at the instants of the newest epochs. */
static struct {
    _Atomic uint32_t epoch;
    _Atomic uint64_t appended;
} instants[4];

static void
before_snapshot(void *context, uint32_t epoch)
{
    (void)context;
    atomic_store(&instants[epoch % 4].epoch, epoch);
    atomic_store(&instants[epoch % 4].appended, atomic_load(&console.appended));
}

static void
after_snapshot(void *context, uint32_t epoch, const struct store_note *note)
{
    (void)context;
    if (atomic_load(&instants[epoch % 4].epoch) == epoch)
        atomic_store(&console.released, atomic_load(&instants[epoch % 4].appended));
    atomic_store(&console.generation, note->generation);
    if (atomic_load(&console.commits_wait))
        atomic_store(&console.commits_due, true);
    event_raise(&console.work);
}

static struct pmem_observer observer = { .before = before_snapshot, .after = after_snapshot };

/* ---- console-out ---- */

/* How far the output may leave now. */
static uint64_t
open_until(void)
{
    uint64_t appended = atomic_load(&console.appended); /* first: see close_gate() */
    uint64_t until = atomic_load(&console.gate_until), released = atomic_load(&console.released);
    uint64_t from;

    if (console.gated)
        return released;
    if (released >= until)
        return appended;
    from = atomic_load(&console.gate_from);
    return from > released ? from : released;
}

/*
 * Bytes that may leave now. A gate that closes while the snapshot of the one before is committed
 * may seem to begin where that one did, which was sent since.
 */
static uint64_t
sendable(void)
{
    uint64_t open = open_until(), sent = atomic_load(&console.sent);

    return atomic_load(&console.broken) || open < sent ? 0 : open - sent;
}

/* Copy `count` bytes from place `from` of the output. */
static void
ring_get(uint64_t from, uint32_t count)
{
    ref_t ring = GET_WORD(channel_object, console.channel, ring);
    uint32_t at = (uint32_t)(from % CHANNEL_RING_BYTES);
    uint32_t first = CHANNEL_RING_BYTES - at;

    if (first > count)
        first = count;
    pmem_copy_out(out_bytes, array_at(ring, KIND_RAW8, at), first);
    if (count > first)
        pmem_copy_out(out_bytes + first, array_at(ring, KIND_RAW8, 0), count - first);
}

/* Send some of the `left` bytes that may leave, whole lines if there is one. */
static void
send_some(uint64_t left)
{
    uint64_t sent = atomic_load(&console.sent);
    uint32_t count = left < OUT_BYTES ? (uint32_t)left : OUT_BYTES;
    uint32_t whole = count;
    err_t err;

    pmem_worker_back(&out_worker);
    ring_get(sent, count);
    pmem_worker_away(&out_worker);
    while (whole > 0 && out_bytes[whole - 1] != '\n')
        whole--;
    if (whole > 0)
        count = whole;
    err = plat_console_write(out_bytes, count);
    if (err != OK) {
        atomic_store(&console.broken, true);
        if (err != ERR_CANCELLED) {
            log_error("the output cannot leave: nobody takes it; it stays in the volume");
            vm_interrupt();
        }
        return;
    }
    sent += count;
    atomic_store(&console.sent, sent);
    /* A line that is long without end must not fill the ring for ever. */
    if (whole > 0 || sent - atomic_load(&console.line_begin) > CHANNEL_RING_BYTES / 2)
        atomic_store(&console.line_begin, sent);
}

/* Let the writer go on if there is room for it; the next in turn if there is no writer, or a dead
 * one. */
static void
wake_writers(void)
{
    ref_t channel = console.channel;
    bool room = console_ring_room() >= CONSOLE_ROOM_MIN;
    word_t writer = GET_WORD(channel_object, channel, writer);

    if (writer != WORD_NULL && !thread_is_alive(writer)) {
        SET_WORD(channel_object, channel, writer, WORD_NULL);
        writer = WORD_NULL;
    }
    if (writer == WORD_NULL) {
        atomic_store(&console.writer_waits, false);
        console_wake_writer();
    } else if (room && atomic_exchange(&console.writer_waits, false)) {
        thread_wake(writer);
    }
    atomic_store(&console.turn_waits, GET_WORD(channel_object, channel, out_head) != WORD_NULL);
}

/* Write down what has left, and let writers go on. False when the volume is too full for that. */
static bool
record(void)
{
    bool done;

    pmem_worker_back(&out_worker);
    done = pmem_safepoint(&out_worker) == OK;
    if (done) {
        monitor_guard(console.channel);
        wake_writers();
        monitor_unguard(console.channel);
    }
    pmem_worker_away(&out_worker);
    return done;
}

/* True if record() has something to do. */
static bool
is_unrecorded(void)
{
    return atomic_load(&console.line_begin) != atomic_load(&console.written);
}

/* Let input come as it is wanted. */
static void
choose_input(void)
{
    bool keys = atomic_load(&console.keys_wanted);

    if (keys == atomic_load(&console.keys))
        return;
    atomic_store(&console.person, plat_console_keys(keys));
    atomic_store(&console.keys, keys && atomic_load(&console.person));
}

/* Wake up to `max` threads of a queue; returns how many. `left` says whether some are left. */
static uint32_t
wake_queue(uint64_t head, uint64_t tail, uint32_t max, bool *left)
{
    uint32_t count = 0;
    word_t thread;

    pmem_worker_back(&out_worker);
    *left = true;
    if (pmem_safepoint(&out_worker) == OK) {
        monitor_guard(console.channel);
        while (count < max &&
               (thread = thread_queue_pop(console.channel, head, tail)) != WORD_NULL) {
            thread_wake(thread);
            count++;
        }
        *left = obj_load_word(console.channel, head) != WORD_NULL;
        monitor_unguard(console.channel);
    }
    pmem_worker_away(&out_worker);
    return count;
}

/* Wake all who wait for a snapshot; those who still have to wait come back. */
static void
wake_commits(void)
{
    bool left = true;

    atomic_store(&console.commits_wait, false); /* whoever comes from here on sets it again */
    while (left && !atomic_load(&console.stopping)) {
        if (wake_queue(CONSOLE_QUEUE(commit), WAKES_MAX, &left) == 0)
            break;
    }
    if (left)
        atomic_store(&console.commits_due, true);
}

/* Wake a reader for each line, and all of them at the end of input. */
static void
wake_readers(void)
{
    uint32_t due = atomic_exchange(&console.readers_due, 0);
    uint32_t max;
    bool left;

    if (atomic_load(&console.input_ended))
        due = UINT32_MAX;
    do {
        max = due < WAKES_MAX ? due : WAKES_MAX;
        max = wake_queue(CONSOLE_QUEUE(in), max, &left);
        due -= max;
    } while (left && max > 0 && due > 0 && !atomic_load(&console.stopping));
    if (left && !atomic_load(&console.input_ended))
        console_line_want(atomic_load(&console.keys_wanted));
    if (left && atomic_load(&console.input_ended))
        atomic_store(&console.readers_due, 1);
}

/* Do what there is to do, once round. Returns the deadline for the next round. */
static uint64_t
out_round(void)
{
    uint64_t deadline = PLAT_NO_DEADLINE;

    do {
        uint64_t left = sendable();

        choose_input(); /* before what was printed since it was chosen */
        if (left > 0)
            send_some(left);
    } while (sendable() > 0 && !atomic_load(&console.writer_waits));
    if (is_unrecorded() || atomic_load(&console.writer_waits) || atomic_load(&console.turn_waits)) {
        /* While threads queue, look again from time to time: nobody tells when a writer dies. */
        if (!record() || atomic_load(&console.turn_waits))
            deadline = plat_monotonic_ns() + RETRY_NS;
    }
    if (atomic_exchange(&console.commits_due, false))
        wake_commits();
    if (atomic_load(&console.readers_due) > 0)
        wake_readers();
    if (atomic_load(&console.commits_due) || atomic_load(&console.readers_due) > 0)
        deadline = plat_monotonic_ns() + RETRY_NS;
    return sendable() > 0 ? 0 : deadline;
}

/*
 * Wake some of those who began to read in another run: they say anew what they want. Who has done
 * so is at the queue's end. False when there are none.
 */
static bool
wake_strangers(void)
{
    uint32_t count = 0;
    word_t thread;

    pmem_worker_back(&out_worker);
    if (pmem_safepoint(&out_worker) == OK) {
        monitor_guard(console.channel);
        while (count < WAKES_MAX &&
               (thread = GET_WORD(channel_object, console.channel, in_head)) != WORD_NULL &&
               !console_reads_now(thread)) {
            (void)thread_queue_pop(console.channel, CONSOLE_QUEUE(in));
            thread_wake(thread);
            count++;
        }
        monitor_unguard(console.channel);
    } else {
        console_line_want(false); /* no room to ask them: they get lines */
    }
    pmem_worker_away(&out_worker);
    return count == WAKES_MAX;
}

/* What the snapshot left behind: threads that wait for what another run was to do. */
static void
out_resume(void)
{
    atomic_store(&console.writer_waits, true);
    while (!record() && !atomic_load(&console.stopping))
        event_wait(&console.work, event_get(&console.work), plat_monotonic_ns() + RETRY_NS);
    atomic_store(&console.commits_due, true);
    while (wake_strangers() && !atomic_load(&console.stopping))
        ;
}

static void
console_out(void *argument)
{
    (void)argument;
    while (pmem_worker_join(&out_worker) != OK) {
        log_error("no memory for the output; waiting for some");
        event_wait(&console.work, event_get(&console.work), plat_monotonic_ns() + RETRY_NS);
    }
    pmem_worker_away(&out_worker);
    out_resume();
    while (!atomic_load(&console.stopping)) {
        uint32_t seen = event_get(&console.work);
        uint64_t deadline = out_round();

        if (deadline == 0)
            continue;
        event_raise(&console.settled);
        event_wait(&console.work, seen, deadline);
    }
    pmem_worker_back(&out_worker);
    pmem_worker_leave(&out_worker);
}

/* ---- start and stop ---- */

/* See to it that the root has a channel, and the channel its ring. */
static err_t
channel_make(struct heap_local *heap)
{
    ref_t made;

    while (GET_WORD(space_root, SPACE_ROOT, console) == WORD_NULL) {
        made = heap_alloc_old(heap, sizeof(struct channel_object), CLASS_CHANNEL);
        if (made == 0)
            TRY(heap_collect(heap, sizeof(struct channel_object)));
        else
            SET_WORD(space_root, SPACE_ROOT, console, made);
    }
    console.channel = GET_WORD(space_root, SPACE_ROOT, console);
    while (GET_WORD(channel_object, console.channel, ring) == WORD_NULL) {
        made = heap_alloc_array(heap, CLASS_BYTES, KIND_RAW8, CHANNEL_RING_BYTES);
        if (made == 0)
            TRY(heap_collect(heap, array_bytes(KIND_RAW8, CHANNEL_RING_BYTES)));
        else
            SET_WORD(channel_object, console.channel, ring, made);
    }
    assert(CHANNEL_RING_BYTES > HEAP_LARGE_BYTES); /* so the ring is old, and stays */
    return OK;
}

err_t
prim_start(struct heap_local *heap)
{
    uint64_t appended, written;

    memset(&console, 0, sizeof console);
    TRY(channel_make(heap));
    appended = GET_U64(channel_object, console.channel, appended);
    written = GET_U64(channel_object, console.channel, written);
    if (written > appended || appended - written > CHANNEL_RING_BYTES)
        return ERR_CORRUPT;

    console.gated = vm_options_get()->gated;
    plat_entropy(&console.run, sizeof console.run);
    console.run = (console.run & ~3ull) | 4; /* not 0, and room for two flags */
    atomic_store(&console.appended, appended);
    atomic_store(&console.released, appended);
    atomic_store(&console.sent, written);
    atomic_store(&console.line_begin, written);
    atomic_store(&console.written, written);
    atomic_store(&console.generation, vm_options_get()->generation);
    lock_init(&console.lock, LOCK_RANK_CONSOLE);
    console.lines_end = &console.lines;
    pmem_observe(&observer);
    atomic_store(&console.person, plat_console_keys(false));
    compile_start();
    session_start();
    TRY(plat_thread_create(&out_thread, "console-out", console_out, NULL));
    return plat_thread_create(&in_thread, "console-in", console_in, NULL);
}

/* Wait until all output has left and that is written down; or until it cannot be. */
static void
drain(void)
{
    if (is_gated() && atomic_load(&console.released) != atomic_load(&console.appended)) {
        err_t err = pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_OUTPUT));

        if (err != OK) {
            log_warn("output waits in the volume for a snapshot (%s)", err_text(err));
            return;
        }
    }
    for (;;) {
        uint32_t seen = event_get(&console.settled);

        if (atomic_load(&console.broken) ||
            (atomic_load(&console.sent) == atomic_load(&console.appended) && !is_unrecorded()))
            return;
        event_wait(&console.settled, seen, PLAT_NO_DEADLINE);
    }
}

void
prim_stop(void)
{
    compile_stop();
    session_stop();
    if (out_thread != NULL)
        drain();
    atomic_store(&console.stopping, true);
    if (atomic_load(&console.reading))
        plat_console_cancel();
    event_raise(&console.work);
    event_raise(&console.wanted);
    plat_thread_join(out_thread);
    plat_thread_join(in_thread);
    out_thread = NULL;
    in_thread = NULL;
    pmem_unobserve(&observer);
    (void)plat_console_keys(false);
    console_in_close();
}
