/*
 * frame.c - frames: saving, opening, pushing and popping them, and growing
 * the stacks that they lie on.
 *
 * Keeps true
 *   1. While a thread runs, stores into its frames need no barrier: the window
 *      of the worker is resident, pinned, and open in this epoch; top frame and
 *      room for its operands lie in it. A new epoch makes the window empty.
 *   2. Whenever a worker is not RUNNING, stack.word_top, stack.raw_top,
 *      thread.frame_word, thread.frame_raw and frame[0] of the top frame say all.
 *   3. Code of every frame up to frame_limit is made, so a return needs no test.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define PIN_STACK  0
#define PIN_THREAD 1

/* Slots beside the frame that are opened with it, so that small calls find them open. */
#define OPEN_AHEAD          64

#define address_of(pointer) ((uint64_t)(uintptr_t)(pointer))

void
frame_save(struct vm_worker *worker)
{
    ref_t thread = worker->thread, stack = worker->stack;
    uint64_t word_top, raw_top, *frame = worker->frame;

    if (!worker->loaded)
        return;
    word_top = (uint64_t)(worker->word_top - worker->slots);
    raw_top = (uint64_t)(worker->slots_end - worker->raw_top);
    assert(word_top + raw_top <= GET_U32(stack_object, stack, slot_count));
    pmem_store64(address_of(frame), (frame[0] & FRAME_PC_MASK) | (uint64_t)code_pc(worker) << 32);
    SET_U32(stack_object, stack, word_top, (uint32_t)word_top);
    SET_U32(stack_object, stack, raw_top, (uint32_t)raw_top);
    SET_U32(thread_object, thread, frame_word, (uint32_t)(worker->word_locals - worker->slots));
    SET_U32(thread_object, thread, frame_raw, (uint32_t)(worker->slots_end - frame));
}

void
frame_close(struct vm_worker *worker)
{
    worker->word_low = worker->word_high = NULL;
    worker->raw_low = worker->raw_high = worker->slots_end;
    worker->frame_limit = NULL;
}

/* ---- the window ---- */

static uint64_t *
page_down(const uint64_t *slot)
{
    return (uint64_t *)(uintptr_t)(address_of(slot) & ~(PAGE_BYTES - 1));
}

static uint64_t *
page_up(const uint64_t *slot)
{
    return page_down((const uint64_t *)(uintptr_t)(address_of(slot) + PAGE_BYTES - 1));
}

/* Touch, so that a page that is not there is fetched now, and take the barrier. */
static void
open_pages(const uint64_t *from, const uint64_t *to)
{
    for (const uint64_t *page = page_down(from); page < to; page += PAGE_BYTES / 8) {
        const uint64_t *at = page < from ? from : page;

        (void)pmem_load64(address_of(at));
        pmem_barrier(address_of(at));
    }
}

/*
 * Make [from, to) of the word area and [raw_from, raw_to) of the raw area part of the window.
 * Whole pages are opened, but the two windows never meet.
 */
static void
open_areas(struct vm_worker *worker, uint64_t *from, uint64_t *to, uint64_t *raw_from,
           uint64_t *raw_to)
{
    uint64_t *low = page_down(from), *high = page_up(to);
    uint64_t *raw_low = page_down(raw_from), *raw_high = page_up(raw_to);
    uint64_t *middle;

    assert(to <= raw_from);
    if (low < worker->slots)
        low = worker->slots;
    if (raw_high > worker->slots_end)
        raw_high = worker->slots_end;
    middle = to + (raw_from - to) / 2;
    if (high > raw_low) { /* they share a page, or meet on one */
        high = middle;
        raw_low = middle;
    }
    open_pages(low, high);
    open_pages(raw_low, raw_high);
    if (worker->word_low == NULL || low > worker->word_high || high < worker->word_low) {
        worker->word_low = low;
        worker->word_high = high;
    } else {
        worker->word_low = low < worker->word_low ? low : worker->word_low;
        worker->word_high = high > worker->word_high ? high : worker->word_high;
    }
    if (raw_low > worker->raw_high || raw_high < worker->raw_low) {
        worker->raw_low = raw_low;
        worker->raw_high = raw_high;
    } else {
        worker->raw_low = raw_low < worker->raw_low ? raw_low : worker->raw_low;
        worker->raw_high = raw_high > worker->raw_high ? raw_high : worker->raw_high;
    }
    /* Both areas grow into what lies between them: an older window may claim it. */
    if (worker->word_high > worker->raw_low) {
        worker->word_high = worker->word_high > middle ? middle : worker->word_high;
        worker->raw_low = worker->raw_low < middle ? middle : worker->raw_low;
    }
}

/* As far out as whole frames lie in the window and their code is made. */
static void
extend_limit(struct vm_worker *worker)
{
    uint64_t *frame = worker->frame, *words = worker->word_locals;

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t places = frame[1], caller = frame[2];
        uint64_t *next = frame + ((places >> FRAME_RAW_SHIFT) & FRAME_RAW_MASK);

        words -= places >> FRAME_WORD_SHIFT;
        worker->frame_limit = frame;
        if ((caller & FRAME_BOTTOM) != 0 || next + FRAME_RECORD_SLOTS > worker->raw_high ||
            words < worker->word_low)
            return;
        if (next + FRAME_RECORD_SLOTS + (next[1] & FRAME_LOCALS_MASK) > worker->raw_high ||
            CODE_SEEN(code_cells[next[0] & FRAME_METHOD_MASK]) == NULL)
            return;
        frame = next;
    }
}

static bool
code_ready(struct vm_worker *worker, uint32_t method)
{
    struct method_mirror *mirror;
    struct code *code;

    if (CODE_SEEN(code_cells[method]) != NULL)
        return true;
    mirror = mirror_of_method(method);
    code = mirror != NULL ? code_of(mirror) : NULL;
    return code != NULL && code_make(worker, code);
}

/* Room for the top frame's locals, record and operands. */
static void
open_top(struct vm_worker *worker)
{
    struct code *code = code_running(worker);
    uint64_t *word_end = worker->word_locals + code->word_need;
    uint64_t *raw_begin = worker->frame - code->mirror->raw_stack_max;
    uint64_t *raw_end = worker->frame + FRAME_RECORD_SLOTS + code->raw_locals;

    /* Arguments on the way to an untyped call may lie beyond what the verifier counted. */
    if (worker->word_top > word_end)
        word_end = worker->word_top;
    if (worker->raw_top < raw_begin)
        raw_begin = worker->raw_top;
    open_areas(worker, worker->word_locals, word_end, raw_begin, raw_end);
}

void
frame_open(struct vm_worker *worker)
{
    open_top(worker);
    extend_limit(worker);
}

/* The state as the space has it; false if there is no memory for code. */
static bool
load_places(struct vm_worker *worker)
{
    ref_t thread = worker->thread, stack = GET_WORD(thread_object, thread, stack);
    uint64_t own;

    worker->stack = stack;
    worker->slots = (uint64_t *)(uintptr_t)(stack + offsetof(struct stack_object, slots));
    worker->slots_end = worker->slots + GET_U32(stack_object, stack, slot_count);
    worker->word_locals = worker->slots + GET_U32(thread_object, thread, frame_word);
    worker->frame = worker->slots_end - GET_U32(thread_object, thread, frame_raw);
    worker->word_top = worker->slots + GET_U32(stack_object, stack, word_top);
    worker->raw_top = worker->slots_end - GET_U32(stack_object, stack, raw_top);
    own = pmem_load64(address_of(worker->frame));
    if (!code_ready(worker, (uint32_t)(own & FRAME_METHOD_MASK)))
        return false;
    worker->pc = CODE_SEEN(code_cells[own & FRAME_METHOD_MASK]) + (own >> 32);
    return true;
}

bool
frame_load(struct vm_worker *worker)
{
    ref_t thread = worker->thread;

    worker->loaded = false;
    if (!load_places(worker))
        return false;
    pmem_pin(&worker->pmem, PIN_THREAD, thread, sizeof(struct thread_object));
    pmem_pin(&worker->pmem, PIN_STACK, worker->stack,
             address_of(worker->slots_end) - worker->stack);
    heap_thread_ran(thread);
    worker->epoch = pmem_epoch_now;
    worker->remembered = 0;
    frame_close(worker);
    frame_open(worker);
    /* What frame_save will write when nothing may fail any more. */
    pmem_barrier(worker->stack);
    pmem_barrier(worker->stack + offsetof(struct stack_object, raw_top));
    pmem_barrier(thread + offsetof(struct thread_object, frame_word));
    worker->loaded = true;
    return true;
}

void
frame_unload(struct vm_worker *worker)
{
    worker->thread = WORD_NULL;
    worker->loaded = false;
    frame_close(worker);
}

void
frame_unpin(struct vm_worker *worker)
{
    pmem_pin(&worker->pmem, PIN_THREAD, 0, 0);
    pmem_pin(&worker->pmem, PIN_STACK, 0, 0);
}

/* ---- growing ---- */

static ref_t
stack_make(struct heap_local *heap, uint32_t slot_count)
{
    uint64_t bytes = sizeof(struct stack_object) + 8 * (uint64_t)slot_count;
    ref_t stack = heap_alloc_old(heap, bytes, CLASS_STACK);

    if (stack != WORD_NULL)
        SET_U32(stack_object, stack, slot_count, slot_count);
    return stack;
}

static void
move_to(struct vm_worker *worker, ref_t stack)
{
    uint32_t count = GET_U32(stack_object, stack, slot_count);
    uint64_t words = (uint64_t)(worker->word_top - worker->slots);
    uint64_t raws = (uint64_t)(worker->slots_end - worker->raw_top);
    uint64_t to = stack + offsetof(struct stack_object, slots);

    pmem_copy(to, address_of(worker->slots), 8 * words);
    pmem_copy(to + 8 * (count - raws), address_of(worker->raw_top), 8 * raws);
    SET_U32(stack_object, stack, word_top, (uint32_t)words);
    SET_U32(stack_object, stack, raw_top, (uint32_t)raws);
    SET_WORD(thread_object, worker->thread, stack, stack);
}

/* What will be copied comes in first: a fault in the middle would leave an unused stack behind. */
static void
touch_used(const struct vm_worker *worker)
{
    for (const uint64_t *at = worker->slots; at < worker->word_top; at += PAGE_BYTES / 8)
        (void)pmem_load64(address_of(at));
    for (const uint64_t *at = worker->raw_top; at < worker->slots_end; at += PAGE_BYTES / 8)
        (void)pmem_load64(address_of(at));
    (void)pmem_load64(address_of(worker->slots_end - 1));
}

static uint32_t
slots_max(void)
{
    uint32_t asked = vm_options_get()->stack_slots_max;

    return asked != 0 ? asked : STACK_SLOTS_MAX;
}

/* A larger stack, of at least `slots`. Always changes the state. */
static void
grow(struct vm_worker *worker, uint64_t slots)
{
    uint32_t now = GET_U32(stack_object, worker->stack, slot_count);
    uint64_t wanted = now;
    uint64_t bytes, pages;
    uint32_t credit = worker->pmem.credit;
    ref_t stack;

    while (wanted < slots + OPEN_AHEAD)
        wanted *= 2;
    if (wanted > slots_max()) {
        exception_throw(worker, VM_ERROR_STACK_OVERFLOW, "a stack of more than %u slots",
                        slots_max());
        return;
    }
    bytes = sizeof(struct stack_object) + 8 * wanted;
    touch_used(worker);
    frame_save(worker);
    pages = 8 * (uint64_t)now / PAGE_BYTES + 4;
    if (pmem_reserve(&worker->pmem, pages) != OK) {
        exception_throw(worker, VM_ERROR_SPACE, "no room in the volume for a larger stack");
        return;
    }
    stack = stack_make(&worker->heap, (uint32_t)wanted);
    if (stack == WORD_NULL) {
        pmem_unreserve(&worker->pmem, pages);
        sched_collect(worker, bytes);
        return;
    }
    move_to(worker, stack);
    sched_credit_give(worker, credit);
    if (!frame_load(worker))
        panic("code of a running method is gone");
}

bool
frame_make_room(struct vm_worker *worker, uint32_t word_need, uint32_t raw_need)
{
    uint64_t *word_end = worker->word_top + word_need;
    uint64_t *raw_begin = worker->raw_top - raw_need;

    if (word_end <= worker->word_high && raw_begin >= worker->raw_low)
        return true;
    if (!sched_credit(worker, 24))
        return false;
    if (word_end > raw_begin) {
        uint64_t used = (uint64_t)(worker->word_top - worker->slots) +
                        (uint64_t)(worker->slots_end - worker->raw_top);

        grow(worker, used + word_need + raw_need);
        return false;
    }
    /* A little more, so that what is called from there needs not ask again. */
    if (raw_begin - word_end > 2 * OPEN_AHEAD) {
        word_end += OPEN_AHEAD;
        raw_begin -= OPEN_AHEAD;
    }
    open_areas(worker, worker->word_locals, word_end, raw_begin,
               worker->frame + FRAME_RECORD_SLOTS);
    return true;
}

/* ---- pushing and popping ---- */

void
frame_push(struct vm_worker *worker, struct code *code, uint64_t caller)
{
    uint64_t *words = worker->word_top - code->word_args;
    uint64_t *frame = worker->raw_top - code->raw_shift;

    assert(words + code->word_need <= worker->word_high);
    assert(worker->raw_top - code->raw_need >= worker->raw_low);
    for (uint64_t *slot = worker->word_top; slot < words + code->word_locals; slot++)
        *slot = WORD_NULL;
    for (uint64_t *slot = frame + FRAME_RECORD_SLOTS; slot < worker->raw_top; slot++)
        *slot = 0;
    frame[2] = caller;
    frame[1] = ((uint64_t)(words - worker->word_locals) << FRAME_WORD_SHIFT) |
               ((uint64_t)(worker->frame - frame) << FRAME_RAW_SHIFT) | code->raw_locals;
    frame[0] = code->number;
    worker->word_locals = words;
    worker->frame = frame;
    worker->word_top = words + code->word_locals;
    worker->raw_top = frame;
    worker->pc = code->cells;
}

ref_t
frame_first(struct heap_local *heap, ref_t method, const word_t *words, unsigned word_count)
{
    uint32_t locals = pmem_load32(method + offsetof(struct method_object, word_locals));
    uint32_t operands = pmem_load32(method + offsetof(struct method_object, word_stack_max));
    uint32_t word_locals = locals & 0xffff, raw_locals = locals >> 16;
    uint32_t needed =
        word_locals + raw_locals + (operands & 0xffff) + (operands >> 16) + FRAME_RECORD_SLOTS;
    uint32_t slots = (STACK_BYTES_FIRST - sizeof(struct stack_object)) / 8;
    ref_t stack;
    uint64_t frame;

    while (slots < needed + OPEN_AHEAD)
        slots *= 2;
    stack = stack_make(heap, slots);
    if (stack == WORD_NULL)
        return WORD_NULL;
    for (unsigned i = 0; i < word_count; i++)
        obj_store_word(stack, offsetof(struct stack_object, slots) + 8 * (uint64_t)i, words[i]);
    frame = stack + offsetof(struct stack_object, slots) +
            8 * (uint64_t)(slots - raw_locals - FRAME_RECORD_SLOTS);
    pmem_store64(frame, GET_U32(method_object, method, number));
    pmem_store64(frame + 8, raw_locals);
    pmem_store64(frame + 16, FRAME_BOTTOM);
    SET_U32(stack_object, stack, word_top, word_locals);
    SET_U32(stack_object, stack, raw_top, raw_locals + FRAME_RECORD_SLOTS);
    return stack;
}

/* The caller's frame becomes the top one, as if nothing had been returned; it may not be open. */
static void
leave_frame(struct vm_worker *worker)
{
    uint64_t places = worker->frame[1], caller = worker->frame[2];
    uint64_t *frame = worker->frame + ((places >> FRAME_RAW_SHIFT) & FRAME_RAW_MASK);

    worker->word_top = worker->word_locals;
    worker->raw_top = worker->frame + FRAME_RECORD_SLOTS + (places & FRAME_LOCALS_MASK);
    worker->word_locals -= places >> FRAME_WORD_SHIFT;
    worker->frame = frame;
    worker->pc = CODE_SEEN(code_cells[(caller >> FRAME_METHOD_SHIFT) & FRAME_METHOD_MASK]) +
                 (uint32_t)(caller & FRAME_PC_MASK);
}

/* Open the caller of the top frame. False: the state has changed. May leave by a fault. */
static bool
open_caller(struct vm_worker *worker)
{
    uint64_t places = worker->frame[1];
    uint64_t *frame = worker->frame + ((places >> FRAME_RAW_SHIFT) & FRAME_RAW_MASK);
    uint64_t *words = worker->word_locals - (places >> FRAME_WORD_SHIFT);
    uint32_t method, locals;

    if (frame <= worker->frame_limit)
        return true;
    if (!sched_credit(worker, 24))
        return false;
    locals = (uint32_t)(pmem_load64(address_of(frame + 1)) & FRAME_LOCALS_MASK);
    method = (uint32_t)(pmem_load64(address_of(frame)) & FRAME_METHOD_MASK);
    if (!code_ready(worker, method)) {
        exception_throw(worker, VM_ERROR_MEMORY, "no memory for code");
        return false;
    }
    open_areas(worker, words, worker->word_top, worker->raw_top,
               frame + FRAME_RECORD_SLOTS + locals);
    extend_limit(worker);
    assert(frame <= worker->frame_limit);
    return true;
}

bool
frame_pop(struct vm_worker *worker)
{
    if (!open_caller(worker))
        return false;
    leave_frame(worker);
    return true;
}

/* ---- returns that are not plain ---- */

enum returned {
    RETURNED_VOID,
    RETURNED_WORD,
    RETURNED_RAW,
};

/* What a raw result is as a word, for an untyped call. False: collect first. */
static bool
box_result(struct vm_worker *worker, enum returned returned, uint64_t raw, word_t *word)
{
    char type = code_running(worker)->result;

    if (returned == RETURNED_VOID)
        *word = WORD_NULL;
    else if (returned == RETURNED_RAW && !dyn_word_of_raw(worker, frame_cut(raw, type), type, word))
        return false;
    return true;
}

/* See to the flags of the frame that need more than a return. True: go on; else run it again. */
static bool
settle_flags(struct vm_worker *worker)
{
    uint64_t flags = worker->frame[2];
    struct code *code = code_running(worker);

    if ((flags & FRAME_SYNCHRONIZED) != 0) {
        word_t object = worker->word_locals[code->word_locals - 1];

        enum prim_answer answer;

        if (!sched_credit(worker, 24))
            return false;
        answer = monitor_exit_worker(worker, object);
        worker->frame[2] = flags & ~FRAME_SYNCHRONIZED;
        if (answer == PRIM_THROW)
            exception_throw(worker, VM_ERROR_STATE, "the method's monitor is not held");
        return false;
    }
    if ((flags & FRAME_STATIC) != 0) {
        if (!sched_credit(worker, 24))
            return false;
        init_done(worker, false);
        worker->frame[2] = flags & ~FRAME_STATIC;
        return false;
    }
    if ((flags & FRAME_BOTTOM) != 0) {
        if (sched_credit(worker, 48))
            thread_end(worker);
        return false;
    }
    return true;
}

static void
slow_return(struct vm_worker *worker, enum returned returned)
{
    word_t word = returned == RETURNED_WORD ? worker->word_top[-1] : WORD_NULL;
    uint64_t raw = returned == RETURNED_RAW ? worker->raw_top[0] : 0;
    bool boxes = (worker->frame[2] & FRAME_BOX) != 0;
    bool below = (worker->frame[2] & FRAME_BELOW) != 0;
    char type = code_running(worker)->result;

    if (!settle_flags(worker) || !open_caller(worker))
        return;
    if (boxes && !box_result(worker, returned, raw, &word))
        return;
    leave_frame(worker);
    if (below)
        worker->word_top[-2] = word;
    else if (boxes || returned == RETURNED_WORD)
        *worker->word_top++ = word;
    else if (returned == RETURNED_RAW)
        *--worker->raw_top = frame_cut(raw, type);
}

void
frame_return_void(struct vm_worker *worker)
{
    slow_return(worker, RETURNED_VOID);
}

void
frame_return_word(struct vm_worker *worker)
{
    slow_return(worker, RETURNED_WORD);
}

void
frame_return_raw(struct vm_worker *worker)
{
    slow_return(worker, RETURNED_RAW);
}

/* ---- walking ---- */

struct frame_walk
frame_walk_begin(ref_t thread)
{
    struct frame_walk walk = { .stack = GET_WORD(thread_object, thread, stack) };
    uint64_t own;

    walk.done = walk.stack == WORD_NULL;
    if (walk.done)
        return walk;
    walk.record = walk.stack + offsetof(struct stack_object, slots) +
                  8 * (uint64_t)(GET_U32(stack_object, walk.stack, slot_count) -
                                 GET_U32(thread_object, thread, frame_raw));
    own = pmem_load64(walk.record);
    walk.method = (uint32_t)(own & FRAME_METHOD_MASK);
    walk.pc = (uint32_t)(own >> 32);
    return walk;
}

bool
frame_walk_next(struct frame_walk *walk)
{
    uint64_t places = pmem_load64(walk->record + 8), caller = pmem_load64(walk->record + 16);

    walk->done = walk->done || (caller & FRAME_BOTTOM) != 0;
    if (walk->done)
        return false;
    walk->record += 8 * ((places >> FRAME_RAW_SHIFT) & FRAME_RAW_MASK);
    walk->method = (uint32_t)((caller >> FRAME_METHOD_SHIFT) & FRAME_METHOD_MASK);
    walk->pc = (uint32_t)(caller & FRAME_PC_MASK);
    if ((caller & FRAME_STATIC) == 0)
        walk->pc--; /* a return address lies behind the call */
    return true;
}
