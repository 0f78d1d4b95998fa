/*
 * interp.c - the loop that runs bytecode, in its volatile threaded form.
 *
 * Keeps true: until the last test of an instruction has passed, nothing was
 * popped and nothing in the space has changed. So every slow road, and every
 * fault, may end in running the instruction again from its start; a slow road
 * is a function that gets the whole state in the worker, changes what it
 * likes, and returns. Before an instruction that touches the heap, pc and both
 * tops are stored to the worker (SAVE). docs/notes/001-interpreter-spike.md
 * measured this form.
 *
 * Cell i of a method belongs to byte i of its bytecode, so a pc needs no table.
 *
 * An int takes the low half of a raw slot; what the high half holds means nothing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/bits.h"
#include "base/memory.h"
#include "vm/equal_priv.h"
#include "vm/worker_priv.h"

double fmod(double a, double b);
float fmodf(float a, float b);

const void *const *interp_addresses;

static void
slow_null(struct vm_worker *worker)
{
    exception_throw(worker, VM_ERROR_NULL, "null has no members");
}

static void
slow_bounds(struct vm_worker *worker)
{
    exception_throw(worker, VM_ERROR_BOUNDS, "index %d, length %u", (int)worker->argument,
                    (unsigned)worker->argument2);
}

static void
slow_divide(struct vm_worker *worker)
{
    exception_throw(worker, VM_ERROR_ARITHMETIC, "division by zero");
}

static void
slow_throw(struct vm_worker *worker)
{
    exception_throw_object(worker, worker->word_top[-1]);
}

static void
slow_poll(struct vm_worker *worker)
{
    profile_look(worker);
    sched_poll(worker);
}

/* The page of the address is written for the first time in this epoch. */
static void
slow_epoch(struct vm_worker *worker)
{
    if (sched_credit(worker, 16))
        pmem_first_write(worker->argument);
}

static void
slow_remember(struct vm_worker *worker)
{
    if (!sched_credit(worker, 16))
        return;
    heap_remember(worker->argument);
    worker->remembered = worker->argument;
}

static inline int32_t
double_to_int(double value)
{
    if (value != value)
        return 0;
    if (value >= 2147483647.0)
        return INT32_MAX;
    return value <= -2147483648.0 ? INT32_MIN : (int32_t)value;
}

static inline int64_t
double_to_long(double value)
{
    if (value != value)
        return 0;
    if (value >= 9223372036854775808.0)
        return INT64_MAX;
    return value <= -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}

static inline uint64_t
from_int(int32_t value)
{
    return (uint32_t)value;
}

/* Where a key of LOOKUPSWITCH is, or the default. */
static inline int64_t
lookup(const uint64_t *pc, int32_t key)
{
    uint64_t low = 0, high = pc[2];

    while (low < high) {
        uint64_t middle = (low + high) / 2;
        int32_t there = (int32_t)(pc[3 + middle] >> 32);

        if (there == key)
            return (int32_t)pc[3 + middle];
        if (there < key)
            low = middle + 1;
        else
            high = middle;
    }
    return (int64_t)pc[1];
}

/* ---- what the bodies are written in ---- */

#define W(i) word_top[-1 - (i)]
#define R(i) raw_top[i]
#define I(i) ((int32_t)raw_top[i])
#define L(i) ((int64_t)raw_top[i])
#define F(i) bits_to_float((uint32_t)raw_top[i])
#define D(i) bits_to_double(raw_top[i])

/* Cells may be linked by another worker meanwhile: operands first, then the address. */
#ifdef __SANITIZE_THREAD__
#define CELL(i) __atomic_load_n(&pc[i], __ATOMIC_ACQUIRE)
#else
#define CELL(i) pc[i]
#endif

#ifdef INTERP_COUNTS
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        interp_count(CELL(0));                                                                     \
        goto *(void *)(uintptr_t)CELL(0);                                                          \
    } while (0)
#else
#define DISPATCH() goto *(void *)(uintptr_t)CELL(0)
#endif
#define NEXT(n)                                                                                    \
    do {                                                                                           \
        pc += (n);                                                                                 \
        DISPATCH();                                                                                \
    } while (0)
#define JUMP(n)                                                                                    \
    do {                                                                                           \
        pc += (int64_t)(n);                                                                        \
        DISPATCH();                                                                                \
    } while (0)

#define SAVE() (w->pc = pc, w->word_top = word_top, w->raw_top = raw_top)
#define SLOW(function)                                                                             \
    do {                                                                                           \
        SAVE();                                                                                    \
        slow = (function);                                                                         \
        goto slow_road;                                                                            \
    } while (0)
#define SLOW_WITH(function, value)                                                                 \
    do {                                                                                           \
        w->argument = (uint64_t)(value);                                                           \
        SLOW(function);                                                                            \
    } while (0)

#define POLL()                                                                                     \
    do {                                                                                           \
        if (unlikely(--w->slice < 0))                                                              \
            SLOW(slow_poll);                                                                       \
    } while (0)
#define NONNULL(object)                                                                            \
    do {                                                                                           \
        if (unlikely((object) == WORD_NULL))                                                       \
            SLOW(slow_null);                                                                       \
    } while (0)
#define BOUNDS(array, index)                                                                       \
    do {                                                                                           \
        uint32_t length_ = pmem_load32((array) + 8);                                               \
        if (unlikely((uint32_t)(index) >= length_)) {                                              \
            w->argument2 = length_;                                                                \
            SLOW_WITH(slow_bounds, (index));                                                       \
        }                                                                                          \
    } while (0)
#define EPOCH(address)                                                                             \
    do {                                                                                           \
        if (unlikely(atomic_load_explicit(&w->epochs[(address) >> PAGE_SHIFT],                     \
                                          memory_order_acquire) != pmem_epoch_now))                \
            SLOW_WITH(slow_epoch, (address));                                                      \
    } while (0)
#define REMEMBER(address, value)                                                                   \
    do {                                                                                           \
        if (word_is_young(value) && !ref_is_young(address) &&                                      \
            unlikely(w->remembered != (address)))                                                  \
            SLOW_WITH(slow_remember, (address));                                                   \
    } while (0)

#define LOAD(type, address)                                                                        \
    atomic_load_explicit((_Atomic type *)(uintptr_t)(address), memory_order_relaxed)
#define STORE(type, address, value)                                                                \
    atomic_store_explicit((_Atomic type *)(uintptr_t)(address), (type)(value), memory_order_relaxed)
/* What is published was filled before. */
#define STORE_WORD(address, value)                                                                 \
    atomic_store_explicit((_Atomic uint64_t *)(uintptr_t)(address), (value), memory_order_release)

#define VOLATILE_FENCE(n)                                                                          \
    do {                                                                                           \
        if (unlikely(CELL(n) != 0))                                                                \
            atomic_thread_fence(memory_order_seq_cst);                                             \
    } while (0)

/* result, operands taken */
#define UNARY(name, value)                                                                         \
    op_##name:                                                                                     \
    {                                                                                              \
        uint64_t result = (value);                                                                 \
        raw_top[0] = result;                                                                       \
        NEXT(1);                                                                                   \
    }
#define BINARY(name, value)                                                                        \
    op_##name:                                                                                     \
    {                                                                                              \
        uint64_t result = (value);                                                                 \
        raw_top[1] = result;                                                                       \
        raw_top++;                                                                                 \
        NEXT(1);                                                                                   \
    }
#define BRANCH(name, condition, words, raws)                                                       \
    op_##name:                                                                                     \
    {                                                                                              \
        bool taken = (condition);                                                                  \
        word_top -= (words);                                                                       \
        raw_top += (raws);                                                                         \
        if (taken)                                                                                 \
            JUMP(CELL(1));                                                                         \
        NEXT(5);                                                                                   \
    }                                                                                              \
    op_##name##_B:                                                                                 \
    {                                                                                              \
        bool taken = (condition);                                                                  \
        POLL();                                                                                    \
        word_top -= (words);                                                                       \
        raw_top += (raws);                                                                         \
        if (taken)                                                                                 \
            JUMP(CELL(1));                                                                         \
        NEXT(5);                                                                                   \
    }
#define GET_RAW(name, type, value)                                                                 \
    op_##name:                                                                                     \
    {                                                                                              \
        word_t object = W(0);                                                                      \
        SAVE();                                                                                    \
        NONNULL(object);                                                                           \
        type field = LOAD(type, object + CELL(1));                                                 \
        VOLATILE_FENCE(2);                                                                         \
        word_top--;                                                                                \
        *--raw_top = (uint64_t)(value);                                                            \
        NEXT(3);                                                                                   \
    }
#define PUT_RAW(name, type, value)                                                                 \
    op_##name:                                                                                     \
    {                                                                                              \
        word_t object = W(0);                                                                      \
        SAVE();                                                                                    \
        NONNULL(object);                                                                           \
        uint64_t at = object + CELL(1);                                                            \
        EPOCH(at);                                                                                 \
        STORE(type, at, (value));                                                                  \
        VOLATILE_FENCE(2);                                                                         \
        word_top--;                                                                                \
        raw_top++;                                                                                 \
        NEXT(3);                                                                                   \
    }
#define ALOAD(name, type, shift, value)                                                            \
    op_##name:                                                                                     \
    {                                                                                              \
        word_t array = W(0);                                                                       \
        SAVE();                                                                                    \
        NONNULL(array);                                                                            \
        BOUNDS(array, I(0));                                                                       \
        type element =                                                                             \
            LOAD(type, array + ARRAY_HEADER_BYTES + ((uint64_t)(uint32_t)I(0) << (shift)));        \
        word_top--;                                                                                \
        raw_top[0] = (uint64_t)(value);                                                            \
        NEXT(1);                                                                                   \
    }
#define ASTORE(name, type, shift, value)                                                           \
    op_##name:                                                                                     \
    {                                                                                              \
        word_t array = W(0);                                                                       \
        SAVE();                                                                                    \
        NONNULL(array);                                                                            \
        BOUNDS(array, I(1));                                                                       \
        uint64_t at = array + ARRAY_HEADER_BYTES + ((uint64_t)(uint32_t)I(1) << (shift));          \
        EPOCH(at);                                                                                 \
        STORE(type, at, (value));                                                                  \
        word_top--;                                                                                \
        raw_top += 2;                                                                              \
        NEXT(1);                                                                                   \
    }
/* The high half of cell 2 says that the field is volatile. */
#define VOLATILE_STATIC()                                                                          \
    do {                                                                                           \
        if (unlikely(CELL(2) >> 32 != 0))                                                          \
            atomic_thread_fence(memory_order_seq_cst);                                             \
    } while (0)
#define PUT_STATIC(name, value)                                                                    \
    op_##name:                                                                                     \
    {                                                                                              \
        SAVE();                                                                                    \
        word_t array = LOAD(uint64_t, CELL(1));                                                    \
        uint64_t at = array + (uint32_t)CELL(2);                                                   \
        EPOCH(at);                                                                                 \
        STORE(uint64_t, at, (value));                                                              \
        VOLATILE_STATIC();                                                                         \
        raw_top++;                                                                                 \
        NEXT(3);                                                                                   \
    }
#define SLOW_OP(name, function) op_##name : SLOW(function);

/*
 * Push its frame. Nothing is changed before there is room. Raw locals keep what was there: the
 * verifier has seen that nobody reads one that was not set.
 */
#define ENTER(caller, slow_call)                                                                   \
    do {                                                                                           \
        uint64_t *words_ = word_top - code->word_args, *frame_ = raw_top - code->raw_shift;        \
        POLL();                                                                                    \
        if (unlikely(words_ + CODE_SEEN(code->word_room) > w->word_high ||                         \
                     raw_top - code->raw_room < w->raw_low))                                       \
            slow_call;                                                                             \
        for (uint64_t *slot = word_top; slot < words_ + code->word_locals; slot++)                 \
            *slot = WORD_NULL;                                                                     \
        frame_[2] = (caller);                                                                      \
        frame_[1] = ((uint64_t)(words_ - word_locals) << FRAME_WORD_SHIFT) |                       \
                    ((uint64_t)(frame - frame_) << FRAME_RAW_SHIFT) | code->raw_locals;            \
        frame_[0] = code->number;                                                                  \
        word_locals = words_;                                                                      \
        frame = frame_;                                                                            \
        w->word_locals = words_;                                                                   \
        w->frame = frame_;                                                                         \
        word_top = words_ + code->word_locals;                                                     \
        raw_top = frame_;                                                                          \
        pc = code->cells;                                                                          \
        DISPATCH();                                                                                \
    } while (0)
/* Call `target`: its entry knows how. Cell 2 is what a callee's frame[2] keeps. */
#define CALL(target)                                                                               \
    do {                                                                                           \
        code = (target);                                                                           \
        if (unlikely(CODE_SEEN(code->entry) != (uintptr_t) && op_ENTER_PLAIN))                     \
            goto *(void *)(uintptr_t)CODE_SEEN(code->entry);                                       \
        ENTER(CELL(2), SLOW_WITH(call_slow, (uintptr_t)code));                                     \
    } while (0)
/* `other` is what happens where a return with these flags and no others does not do. */
#define RETURN_FROM(flags, other, push)                                                            \
    do {                                                                                           \
        uint64_t places_ = frame[1], caller_ = frame[2];                                           \
        uint64_t *frame_ = frame + ((places_ >> FRAME_RAW_SHIFT) & FRAME_RAW_MASK);                \
        if (unlikely(frame_ > w->frame_limit || (caller_ ^ (flags)) >> FRAME_FLAG_SHIFT != 0))     \
            other;                                                                                 \
        word_top = word_locals;                                                                    \
        raw_top = frame + FRAME_RECORD_SLOTS + (places_ & FRAME_LOCALS_MASK);                      \
        word_locals -= places_ >> FRAME_WORD_SHIFT;                                                \
        frame = frame_;                                                                            \
        w->word_locals = word_locals;                                                              \
        w->frame = frame;                                                                          \
        push;                                                                                      \
        pc = CODE_SEEN(code_cells[(caller_ ^ (flags)) >> FRAME_METHOD_SHIFT]) + (uint32_t)caller_; \
        DISPATCH();                                                                                \
    } while (0)
#define RETURN_OR(other, push) RETURN_FROM(0, other, push)
/* An immediate object of the very class; what is none may be a box, or wrong. */
#define UNBOX(name, tag, value)                                                                    \
    op_##name:                                                                                     \
    {                                                                                              \
        word_t word = W(0);                                                                        \
        if (unlikely(word_tag(word) != (tag)))                                                     \
            SLOW(dyn_unbox);                                                                       \
        word_top--;                                                                                \
        *--raw_top = (value);                                                                      \
        NEXT(1);                                                                                   \
    }
#define DYN_ARITHMETIC(name, operator)                                                             \
    op_##name:                                                                                     \
    {                                                                                              \
        word_t a = W(1), b = W(0);                                                                 \
        if (likely(word_tag(a) == TAG_INT && word_tag(b) == TAG_INT)) {                            \
            W(1) = word_from_int(word_to_int(a) operator word_to_int(b));                          \
        } else if (word_tag(a) == TAG_DOUBLE && word_tag(b) == TAG_DOUBLE) {                       \
            uint64_t bits = bits_of_double(bits_to_double(                                         \
                word_to_double_bits(a)) operator bits_to_double(word_to_double_bits(b)));          \
            if (unlikely(!double_fits_word(bits)))                                                 \
                SLOW(dyn_binary);                                                                  \
            W(1) = word_from_double_bits(bits);                                                    \
        } else {                                                                                   \
            SLOW(dyn_binary);                                                                      \
        }                                                                                          \
        word_top--;                                                                                \
        NEXT(2);                                                                                   \
    }
#define ENTER_GET(name, type)                                                                      \
    op_##name:                                                                                     \
    {                                                                                              \
        SAVE();                                                                                    \
        type field = LOAD(type, W(0) + code->quick);                                               \
        word_top--;                                                                                \
        *--raw_top = field;                                                                        \
        NEXT(3);                                                                                   \
    }
#define ENTER_PUT(name, type)                                                                      \
    op_##name:                                                                                     \
    {                                                                                              \
        uint64_t at = W(0) + code->quick;                                                          \
        SAVE();                                                                                    \
        EPOCH(at);                                                                                 \
        STORE(type, at, R(0));                                                                     \
        word_top--;                                                                                \
        raw_top++;                                                                                 \
        NEXT(3);                                                                                   \
    }
#define RETURN_RAW(name, value)                                                                    \
    op_##name:                                                                                     \
    {                                                                                              \
        uint64_t result = (value);                                                                 \
        RETURN_OR(SLOW(frame_return_raw), *--raw_top = result);                                    \
    }
/* The same where an untyped call may want the result as a word, which needs no memory. */
#define RETURN_IMMEDIATE(name, value, word)                                                        \
    op_##name:                                                                                     \
    {                                                                                              \
        uint64_t result = (value);                                                                 \
        RETURN_OR(goto name##_boxed, *--raw_top = result);                                         \
    }                                                                                              \
    name##_boxed:                                                                                  \
    {                                                                                              \
        uint64_t result = (value);                                                                 \
        word_t boxed = (word);                                                                     \
        RETURN_FROM(FRAME_BOX, SLOW(frame_return_raw), *word_top++ = boxed);                       \
    }

#define LOAD_STATE()                                                                               \
    (pc = w->pc, word_top = w->word_top, raw_top = w->raw_top, word_locals = w->word_locals,       \
     frame = w->frame)

/* NULL: only publish the addresses. */
static __attribute__((noinline)) void
interp_loop(struct vm_worker *w) /* NOLINT(readability-function-size): each instruction is in it */
{
    static const void *const addresses[OP_COUNT] = {
#define X(name) [OP_##name] = &&op_##name,
#include "vm/interp_ops.def"
#undef X
#define SUPER(name, parts, ...) [OP_##name] = &&op_##name,
#include "vm/interp_super.def"
#undef SUPER
    };
    uint64_t *pc, *word_top, *raw_top, *word_locals, *frame;
    const struct code *code = NULL; /* of a call */
    interp_slow_fn *slow;

    if (w == NULL) {
        interp_addresses = addresses;
        return;
    }
    LOAD_STATE();
    DISPATCH();

slow_road:
    slow(w);
    sched_worked(w);
    LOAD_STATE();
    DISPATCH();

op_LEAVE:
    return;

#include "vm/interp_bodies.def"
#define SUPER(name, parts, ...) op_##name : __VA_ARGS__
#include "vm/interp_super.def"
#undef SUPER
}

void
interp_init(void)
{
    interp_loop(NULL);
}

/* A fault has left the loop: bring the page in while nothing runs, and see what it means. */
static void
after_fault(struct vm_worker *worker)
{
    uint64_t address = worker->pmem.fault_address;
    err_t err;

    worker_commit_begin(worker);
    frame_save(worker);
    err = pmem_page_in(&worker->pmem, address);
    worker_commit_end(worker);
    if (worker->thread == WORD_NULL) {
        sched_idle(worker);
        return;
    }
    if (err != OK && !worker->loaded) {
        sched_lose(worker, address, err);
        return;
    }
    worker->loaded = false;
    if (err == OK)
        sched_resume(worker);
    else if (sched_load(worker)) /* and no further: it would come to the same page again */
        exception_unreadable(worker, address, err);
}

void
interp_run(struct vm_worker *worker)
{
    struct vm_worker *volatile w = worker;

    if (__builtin_setjmp(w->restart) != 0)
        after_fault(w);
    worker_commit_end(w);
    interp_loop(w);
    worker_commit_begin(w);
#ifdef INTERP_COUNTS
    interp_count_report();
#endif
}
