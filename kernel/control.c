/*
 * control.c - questions about the volume, answered on the second serial port.
 *
 * One thread reads the port, answers, and writes: one question at a time, so
 * whoever asks much waits, and what has no room waits in the port. Nobody else waits
 * for this thread but control_stop().
 *
 * IDLE -> ASKING -> SENDING -> IDLE, and IDLE -> SENDING when the system is down.
 *
 *   IDLE     the thread waits for a line
 *   ASKING   it looks at the system, which must stay up
 *   SENDING  it has the answer, and waits for the port only
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control.h"

#include "base/assert.h"
#include "base/buffer.h"
#include "base/lock.h"
#include "control/line.h"
#include "dev/serial.h"
#include "irq/clock.h"
#include "sched/thread.h"

#define LOG_MODULE "control"
#include "base/log.h"

#define INPUT_BYTES 256
#define PIECE_BYTES 4096 /* of an answer, in one go */

/* So long the end of the machine waits for an asker who does not read. */
#define PATIENCE_NS 2000000000ull

enum control_state {
    CONTROL_IDLE,
    CONTROL_ASKING,
    CONTROL_SENDING,
};

#define TO(state) (1u << (state))

static const unsigned control_moves[] = {
    [CONTROL_IDLE] = TO(CONTROL_ASKING) | TO(CONTROL_SENDING),
    [CONTROL_ASKING] = TO(CONTROL_SENDING),
    [CONTROL_SENDING] = TO(CONTROL_IDLE),
};

static struct {
    struct lock lock;    /* guards state and store */
    struct cond changed; /* of the state */
    enum control_state state;
    struct store *store;  /* NULL: the system is down */
    struct store *inside; /* who asks from inside the system is not there without it */
} control = { .lock = LOCK_INIT(LOCK_RANK_CONTROL) };

static void
state_move_locked(enum control_state to)
{
    assert(control_moves[control.state] & TO(to));
    control.state = to;
    cond_broadcast(&control.changed);
}

static void
state_move(enum control_state to)
{
    lock_acquire(&control.lock);
    state_move_locked(to);
    lock_release(&control.lock);
}

/* The store to look at, which stays; or NULL: the system is down, and that is to be sent. */
static struct store *
asking_begin(void)
{
    struct store *store;

    lock_acquire(&control.lock);
    store = control.store;
    state_move_locked(store ? CONTROL_ASKING : CONTROL_SENDING);
    lock_release(&control.lock);
    return store;
}

/* ---- the port ---- */

static void
bytes_send(const void *bytes, size_t count)
{
    const char *from = bytes;

    while (count > 0) {
        size_t piece = count < PIECE_BYTES ? count : PIECE_BYTES;

        while (serial_room(&serial_control) < piece)
            serial_wait_room(&serial_control, piece, KTHREAD_NO_DEADLINE);
        serial_put(&serial_control, from, piece);
        from += piece;
        count -= piece;
    }
}

static void
answer_send(const struct control_head *head, const struct buffer *text)
{
    char line[CONTROL_HEAD_BYTES];

    bytes_send(line, control_head_write(line, head));
    bytes_send(text->bytes, text->count);
}

/* ---- answering ---- */

/* Who asks on the line, and the shell inside: one at a time. */
static enum answer_status
answer_one(struct store *store, const char *request, struct buffer *text)
{
    static struct lock one = LOCK_INIT(LOCK_RANK_CONTROL);
    enum answer_status status;

    lock_acquire(&one);
    status = answer_request(store, true, request, text);
    lock_release(&one);
    return status;
}

bool
control_answer(void *context, const char *question, struct buffer *text)
{
    (void)context;
    return answer_one(control.inside, question, text) == ANSWER_DONE;
}

static void
question_answer(uint32_t number, const char *request)
{
    struct control_head head = { .number = number, .status = ANSWER_GONE };
    struct buffer text = { 0 };
    struct store *store = asking_begin();

    if (store) {
        head.status = answer_one(store, request, &text);
        state_move(CONTROL_SENDING);
    }
    head.byte_count = text.count;
    answer_send(&head, &text);
    buffer_free(&text);
    state_move(CONTROL_IDLE);
}

static void
serve_thread(void *unused)
{
    static const struct control_head greeting = { 0, ANSWER_GONE, 0 };
    static struct control_line line;
    static uint8_t input[INPUT_BYTES];
    const char *request;
    uint32_t number;
    size_t count;

    (void)unused;
    answer_send(&greeting, &(struct buffer){ 0 });
    while (serial_read(&serial_control, input, sizeof(input), &count) == OK) {
        for (size_t i = 0; i < count; i++) {
            if (control_line_take(&line, input[i]) &&
                control_question_read(line.bytes, &number, &request))
                question_answer(number, request);
        }
    }
}

void
control_start(struct store *store)
{
    struct kthread *thread;

    control.inside = store;
    serial_init_early(&serial_control);
    if (serial_init(&serial_control) != OK)
        return;
    control.store = store;
    if (kthread_create(&thread, "control", serve_thread, NULL) != OK)
        log_warn("there is no memory to answer ps, stat and app");
}

void
control_stop(void)
{
    uint64_t deadline;

    lock_acquire(&control.lock);
    control.store = NULL;
    while (control.state == CONTROL_ASKING)
        cond_wait(&control.changed, &control.lock, PLAT_NO_DEADLINE);
    deadline = clock_ns() + PATIENCE_NS;
    while (control.state == CONTROL_SENDING && clock_ns() < deadline)
        cond_wait(&control.changed, &control.lock, deadline);
    lock_release(&control.lock);
}
