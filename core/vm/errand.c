/*
 * errand.c - errands: their orders, their threads, and the wait for them.
 *
 * An order is an array of words, which is all that the two sides share. Its thread sets BEGUN when
 * it holds all locks that it needs, and only then looks at OFF; who gives it up looks at BEGUN and
 * sets OFF in the stopped world. So exactly one of them is right: an errand that was given up
 * changes nothing.
 *
 * Keeps true
 *   1. Between two calls the errand's worker is away; what it has in the space hangs on handles.
 *   2. Bytes that are on their way in are nobody's until the thread has put them somewhere.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/errand.h"

#include "base/memory.h"
#include "heap/text.h"
#include "object/array.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "vm/class_index.h"
#include "vm/thread.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define PORTER ".internal.porter"
#define SERVE  "serve"

/*
 * How long a lock is waited for, and, when the machine stops, an errand that has begun; and where
 * programs stand still, so that they hardly let go of anything.
 */
#define PATIENCE_NS       10000000000ull
#define PATIENCE_STILL_NS 3000000000ull

/* When programs that stand still are asked to let go of locks. */
#define LET_GO_NS   20000000ull

#define PIECE_BYTES (64u << 10)

/* How often room is made for an array before there is none. */
#define ROUNDS_MAX 5

/* What a file leaves free, for programs. */
#define ROOM_LEFT_PAGES 256

/* First writes that giving an errand up, or waking its thread, may take. */
#define OFF_PAGES  4
#define WAKE_PAGES 16

/* What lies where in an order, as classes/internal/porter.ph has it. */
enum {
    ORDER_ACT,
    ORDER_PATH,
    ORDER_NAME,
    ORDER_DATA,
    ORDER_TEXT,
    ORDER_FORCE,
    ORDER_ALL,
    ORDER_DETAILS,
    ORDER_BEGUN,
    ORDER_OFF,
    ORDER_DONE,
    ORDER_RESULT,
    ORDER_TROUBLE,
    ORDER_WORDS,
};

struct vm_errand {
    struct vm_worker worker;
    struct heap_handle order;
    struct heap_handle thread;
    uint64_t bytes, written; /* that are put */
};

static struct event errand_event;

void
errand_look(void)
{
    event_raise(&errand_event);
}

static word_t
order_get(const struct vm_errand *errand, unsigned place)
{
    return array_load_word(errand->order.word, place);
}

/* ---- making one ---- */

/* Allocate again and again, with collections between, until it is there or cannot be. */
#define ALLOCATE(result, expression, wanted)                                                       \
    while (((result) = (expression)) == WORD_NULL)                                                 \
    TRY(heap_collect(&errand->worker.heap, (wanted)))

static err_t
order_text(struct vm_errand *errand, unsigned place, const char *text)
{
    size_t bytes = text_length(text);
    struct string_form form;
    ref_t string;

    if (!string_measure_utf8(text, bytes, &form))
        return ERR_RANGE;
    ALLOCATE(string, heap_string_utf8(&errand->worker.heap, text, bytes),
             string_object_bytes(form));
    array_store_word(errand->order.word, place, string);
    return OK;
}

static err_t
order_words(struct vm_errand *errand, const struct vm_order *order)
{
    ref_t array;

    ALLOCATE(array, heap_alloc_array(&errand->worker.heap, CLASS_WORDS, KIND_WORDS, ORDER_WORDS),
             array_bytes(KIND_WORDS, ORDER_WORDS));
    errand->order.word = array;
    array_store_word(array, ORDER_TEXT, word_from_boolean(order->text));
    array_store_word(array, ORDER_FORCE, word_from_boolean(order->force));
    array_store_word(array, ORDER_ALL, word_from_boolean(order->all));
    array_store_word(array, ORDER_DETAILS, word_from_boolean(order->details));
    TRY(order_text(errand, ORDER_ACT, order->act));
    TRY(order_text(errand, ORDER_PATH, order->path));
    return order_text(errand, ORDER_NAME, order->name);
}

/* Room for so many pages side by side, and some that programs need meanwhile? */
static bool
has_room(uint64_t pages)
{
    return pages + pages / 64 + ROOM_LEFT_PAGES <= 2 * pmem_credit_possible();
}

/*
 * Is there room for a file? Nothing is asked of the volume for one that has none: programs that run
 * would get exceptions, and old generations would go.
 */
static bool
room_find(struct vm_errand *errand, uint64_t pages)
{
    return has_room(pages) ||
           (heap_make_room(&errand->worker.heap, PMEM_WORKER_CREDIT / 2) && has_room(pages));
}

/*
 * A large array, though the heap may have to be collected for it, and though what it lies on may be
 * zeroed and let go of first. NULL: there is no room.
 */
static ref_t
array_make(struct vm_errand *errand, uint32_t length)
{
    struct heap_local *heap = &errand->worker.heap;

    for (unsigned round = 0;; round++) {
        ref_t array = heap_alloc_array(heap, CLASS_BYTES, KIND_RAW8, length);

        if (array != WORD_NULL || round == ROUNDS_MAX)
            return array;
        IGNORE(heap_collect_full(heap), "it is tried again anyway");
        if (round == 0)
            continue;
        (void)heap_make_room(heap, PMEM_WORKER_CREDIT / 2);
        IGNORE(pmem_commit_for_space(&errand->worker.pmem), "the same");
    }
}

/* An array for the bytes. */
static err_t
order_data(struct vm_errand *errand, uint64_t bytes)
{
    ref_t array;

    if (!room_find(errand, array_bytes(KIND_RAW8, bytes) / PAGE_BYTES + 1))
        return ERR_NOSPACE;
    array = array_make(errand, (uint32_t)bytes);
    if (array == WORD_NULL)
        return ERR_NOSPACE;
    array_store_word(errand->order.word, ORDER_DATA, array);
    errand->bytes = bytes;
    return OK;
}

/* The static method of one word where errands begin, or 0: the library is of an older release. */
static ref_t
serve_method(void)
{
    uint32_t number;
    ref_t methods;

    if (class_find(0, PORTER, sizeof PORTER - 1, &number) != OK)
        return WORD_NULL;
    methods = GET_WORD(class_object, class_of_number(number), methods);
    for (uint32_t i = 0; i < array_length(methods); i++) {
        ref_t method = array_load_word(methods, i);

        if (string_equal_utf8(GET_WORD(method_object, method, name), SERVE, sizeof SERVE - 1))
            return method;
    }
    return WORD_NULL;
}

/* The usual credit, also where room has to be made for it. */
static err_t
credit_get(struct vm_errand *errand)
{
    err_t err = pmem_safepoint(&errand->worker.pmem);

    while (err == ERR_NOSPACE && heap_make_room(&errand->worker.heap, PMEM_WORKER_CREDIT))
        err = pmem_safepoint(&errand->worker.pmem);
    return err;
}

static err_t
begin(struct vm_errand *errand, const struct vm_order *order)
{
    TRY(credit_get(errand));
    if (serve_method() == WORD_NULL)
        return ERR_VERSION;
    TRY(order_words(errand, order));
    return text_equal(order->act, "put") ? order_data(errand, order->bytes) : OK;
}

err_t
vm_errand_begin(const struct vm_order *order, struct vm_errand **result)
{
    struct vm_errand *errand;
    err_t err;

    if (vm_options_get()->safe)
        return ERR_UNSUPPORTED;
    if (order->bytes > VM_ERRAND_BYTES_MAX)
        return ERR_RANGE;
    errand = plat_alloc(sizeof *errand);
    err = errand == NULL ? ERR_NOMEM : worker_join(&errand->worker);
    if (err != OK) {
        plat_free(errand, sizeof *errand);
        return err;
    }
    heap_handle_open(&errand->order, WORD_NULL);
    heap_handle_open(&errand->thread, WORD_NULL);
    err = begin(errand, order);
    pmem_worker_away(&errand->worker.pmem);
    if (err == OK)
        *result = errand;
    else
        vm_errand_end(errand);
    return err;
}

void
vm_errand_end(struct vm_errand *errand)
{
    if (errand == NULL)
        return;
    pmem_worker_back(&errand->worker.pmem);
    heap_handle_close(&errand->thread);
    heap_handle_close(&errand->order);
    worker_leave(&errand->worker);
    plat_free(errand, sizeof *errand);
}

/* ---- bytes ---- */

err_t
vm_errand_write(struct vm_errand *errand, const void *bytes, size_t count)
{
    err_t err;

    assert(count <= PIECE_BYTES);
    assert(count <= errand->bytes - errand->written);
    pmem_worker_back(&errand->worker.pmem);
    err = credit_get(errand);
    if (err == OK && count > 0)
        pmem_copy_in(array_at(order_get(errand, ORDER_DATA), KIND_RAW8, errand->written), bytes,
                     count);
    pmem_worker_away(&errand->worker.pmem);
    if (err == OK)
        errand->written += count;
    return err;
}

uint64_t
vm_errand_result_bytes(struct vm_errand *errand)
{
    word_t array;
    uint64_t bytes;

    pmem_worker_back(&errand->worker.pmem);
    array = order_get(errand, ORDER_RESULT);
    bytes = array != WORD_NULL ? array_length(array) : 0;
    pmem_worker_away(&errand->worker.pmem);
    return bytes;
}

/* See that [from, to) can be read. */
static err_t
pages_in(struct vm_errand *errand, uint64_t from, uint64_t to)
{
    for (uint64_t page = from & ~(PAGE_BYTES - 1); page < to; page += PAGE_BYTES) {
        if (!pmem_resident(page))
            TRY(pmem_page_in(&errand->worker.pmem, page));
    }
    return OK;
}

/* No safepoint but those of pages that come in: a large array does not move, a small one may. */
err_t
vm_errand_read(struct vm_errand *errand, uint64_t at, void *bytes, size_t count)
{
    uint64_t from;
    err_t err;

    assert(count <= PIECE_BYTES);
    pmem_worker_back(&errand->worker.pmem);
    from = array_at(order_get(errand, ORDER_RESULT), KIND_RAW8, at);
    err = pages_in(errand, from, from + count);
    if (err == OK)
        pmem_copy_out(bytes, array_at(order_get(errand, ORDER_RESULT), KIND_RAW8, at), count);
    pmem_worker_away(&errand->worker.pmem);
    return err;
}

/* ---- its thread ---- */

static err_t
thread_prepare(struct vm_errand *errand)
{
    struct heap_local *heap = &errand->worker.heap;
    ref_t name, thread;

    TRY(credit_get(errand));
    ALLOCATE(name, heap_string_utf8(heap, "errand", 6), 64);
    array_store_word(errand->order.word, ORDER_RESULT, name); /* where a collection finds it */
    ALLOCATE(thread,
             thread_make(heap, WORD_NULL, serve_method(), &errand->order.word, 1,
                         order_get(errand, ORDER_RESULT)),
             4 * STACK_BYTES_FIRST);
    array_store_word(errand->order.word, ORDER_RESULT, WORD_NULL);
    errand->thread.word = thread;
    return thread_begin(thread, 0) ? OK : ERR_NOMEM;
}

static uint32_t
thread_state(struct vm_errand *errand)
{
    uint32_t state;

    pmem_worker_back(&errand->worker.pmem);
    state = GET_U32(thread_object, errand->thread.word, state) & ~THREAD_WOKEN;
    pmem_worker_away(&errand->worker.pmem);
    return state;
}

static void
let_go_in_world(void *argument)
{
    (void)argument;
    sched_let_go();
}

/* Whoever stands still with a lock lets go of it. In the stopped world: nobody is just being woken.
 */
static void
locks_free(struct vm_errand *errand)
{
    pmem_worker_back(&errand->worker.pmem);
    IGNORE(pmem_world_do(&errand->worker.pmem, let_go_in_world, NULL, 0), "it takes no credit");
    pmem_worker_away(&errand->worker.pmem);
}

struct giving_up {
    struct vm_errand *errand;
    bool done;
};

static void
give_up_in_world(void *argument)
{
    struct giving_up *giving_up = argument;
    ref_t order = giving_up->errand->order.word;

    giving_up->done = array_load_word(order, ORDER_BEGUN) == WORD_NULL;
    if (giving_up->done)
        array_store_word(order, ORDER_OFF, word_from_boolean(true));
}

/* True if it will not be done any more. Its thread ends where it waits. */
static bool
give_up(struct vm_errand *errand)
{
    struct giving_up giving_up = { .errand = errand };

    pmem_worker_back(&errand->worker.pmem);
    if (pmem_world_do_kept(&errand->worker.pmem, give_up_in_world, &giving_up, OFF_PAGES, 0) != OK)
        giving_up.done = false;
    if (giving_up.done && pmem_reserve_kept(&errand->worker.pmem, WAKE_PAGES) == OK) {
        thread_flags_set(errand->thread.word, THREAD_FLAG_KILLED);
        thread_wake(errand->thread.word);
    }
    pmem_worker_away(&errand->worker.pmem);
    return giving_up.done;
}

enum waited {
    WAITED_ENDED,
    WAITED_TOO_LONG, /* it was given up */
    WAITED_STOPPING, /* the same, because the machine stops */
};

/* Wait until it has ended, or is late: it waits for a lock, or the machine stops. */
static enum waited
await_until(struct vm_errand *errand, uint64_t deadline)
{
    for (;;) {
        uint32_t seen = event_get(&errand_event), state = thread_state(errand);
        bool stopping = system_is_called_off();
        bool late = plat_monotonic_ns() >= deadline;

        if (state == THREAD_ENDED)
            return WAITED_ENDED;
        if (stopping && (give_up(errand) || late)) /* in this order: else it would be done yet */
            return WAITED_STOPPING;
        if (late)
            return WAITED_TOO_LONG;
        event_wait(&errand_event, seen, deadline);
    }
}

/* One that has begun, or works, ends by itself, unless the machine or its disk fail. */
static enum waited
await(struct vm_errand *errand)
{
    uint64_t patience = vm_options_get()->paused ? PATIENCE_STILL_NS : PATIENCE_NS;
    enum waited waited = await_until(errand, plat_monotonic_ns() + LET_GO_NS);

    if (waited == WAITED_TOO_LONG)
        locks_free(errand);
    while (waited == WAITED_TOO_LONG) {
        waited = await_until(errand, plat_monotonic_ns() + patience);
        if (waited == WAITED_TOO_LONG && thread_state(errand) == THREAD_WAITING && give_up(errand))
            break;
    }
    return waited;
}

/* What a string of the order says. */
static err_t
text_copy(struct vm_errand *errand, unsigned place, struct buffer *text)
{
    char piece[512];
    uint32_t units = 0;
    size_t count = 0;
    err_t err = OK;
    bool more;

    do {
        word_t string;

        pmem_worker_back(&errand->worker.pmem);
        string = order_get(errand, place);
        if (string != WORD_NULL)
            count = string_to_utf8(string, &units, piece, sizeof piece);
        more = string != WORD_NULL && units < array_length(string);
        pmem_worker_away(&errand->worker.pmem);
        err = buffer_append(text, piece, count);
    } while (err == OK && more);
    return err;
}

/* Its thread has ended. One that could say nothing found no room for it. */
static err_t
outcome(struct vm_errand *errand, struct buffer *trouble)
{
    bool done, said;

    pmem_worker_back(&errand->worker.pmem);
    done = order_get(errand, ORDER_DONE) != WORD_NULL;
    said = order_get(errand, ORDER_TROUBLE) != WORD_NULL;
    pmem_worker_away(&errand->worker.pmem);
    if (done)
        return OK;
    if (!said)
        return ERR_NOSPACE;
    TRY(text_copy(errand, ORDER_TROUBLE, trouble));
    return ERR_PROGRAM;
}

err_t
vm_errand_run(struct vm_errand *errand, struct buffer *trouble)
{
    err_t err;

    assert(errand->written == errand->bytes);
    pmem_worker_back(&errand->worker.pmem);
    err = thread_prepare(errand);
    pmem_worker_away(&errand->worker.pmem);
    if (err != OK)
        return err;
    switch (await(errand)) {
    case WAITED_ENDED:
        return outcome(errand, trouble);
    case WAITED_STOPPING:
        return ERR_CANCELLED;
    default:
        TRY(buffer_format(trouble,
                          "a program holds a directory on the way locked%s; nothing was "
                          "changed",
                          vm_options_get()->paused ? " (if it runs it may let go)" : ""));
        return ERR_PROGRAM;
    }
}

/* ---- after a restart ---- */

void
errand_resume(ref_t thread)
{
    word_t order = GET_WORD(thread_object, thread, target);

    if (!word_is_ref(order) || header_class_number(obj_header(order)) != CLASS_WORDS ||
        array_length(order) != ORDER_WORDS)
        return;
    if (array_load_word(order, ORDER_BEGUN) == WORD_NULL)
        array_store_word(order, ORDER_OFF, word_from_boolean(true));
}
