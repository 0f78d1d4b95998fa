/*
 * spike.c - a measured spike of the interpreter loop, made before the bytecode
 * was fixed; what came out is docs/notes/001-interpreter-spike.md.
 *
 * It is not the interpreter. It keeps the costs of the real one true: frames
 * in two areas of a chunk of memory, a window of opened pages, page-epoch
 * barrier, remembered set, restartable instructions, polls, calls through the
 * header of an object. What is switched is given by macros:
 *
 *   CONF_DISPATCH  0 switch, 1 computed goto, 2 tail calls (clang)
 *   CONF_CACHE     0 tops in memory, 1 raw top in a register, 2 word top too
 *   CONF_EPOCH     0 no page-epoch barrier
 *   CONF_REMEMBER  0 no remembered-set barrier
 *   CONF_SAVE      0 nothing stored before the heap is touched, 1 pc, 2 pc and tops
 *   CONF_IC        0 virtual calls by mirror and vtable, 1 by inline cache
 *   CONF_WINDOW    0 stack limit only, 1 limit and window, 2 window alone (it implies the limit)
 *   CONF_POLL      0 no polls
 *   CONF_COUNT     1 count instructions instead of measuring
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#ifndef CONF_DISPATCH
#define CONF_DISPATCH 1
#endif
#ifndef CONF_CACHE
#define CONF_CACHE 1
#endif
#ifndef CONF_EPOCH
#define CONF_EPOCH 1
#endif
#ifndef CONF_REMEMBER
#define CONF_REMEMBER 1
#endif
#ifndef CONF_SAVE
#define CONF_SAVE 2
#endif
#ifndef CONF_IC
#define CONF_IC 1
#endif
#ifndef CONF_WINDOW
#define CONF_WINDOW 1
#endif
#ifndef CONF_POLL
#define CONF_POLL 1
#endif
#ifndef CONF_COUNT
#define CONF_COUNT 0
#endif

#define unlikely(x)    __builtin_expect(!!(x), 0)
#define SPACE_BASE     0x200000000000ull
#define SPACE_BYTES    (64ull << 20)
#define STACK_BYTES    (64ull << 10)
#define NURSERY_BYTES  (1ull << 20)
#define CLASS_MASK     0x3fffffull
#define REMEMBERED_MAX 4096
#define CODE_CELLS     256

#define OPS(X)                                                                                     \
    X(HALT, 1)                                                                                     \
    X(ICONST, 2)                                                                                   \
    X(RLOAD, 2) X(RSTORE, 2) X(WLOAD, 2) X(WSTORE, 2) X(RPOP, 1) X(IINC, 3) X(IADD, 1) X(ISUB, 1)  \
        X(IXOR, 1) X(I2D, 1) X(DADD, 1) X(DMUL, 1) X(D2I, 1) X(IFLT, 2) X(IFGE, 2) X(IFLTB, 2)     \
            X(GOTO, 2) X(GOTOB, 2) X(IFNE, 2) X(IFNULL, 2) X(GETW, 2) X(GETI, 2) X(PUTI, 2)        \
                X(PUTW, 2) X(BALOAD, 1) X(BASTORE, 1) X(WASTORE, 1) X(NEW, 3) X(CALL, 3)           \
                    X(VCALL, 5) X(RRET, 2) X(WRET, 2) X(VRET, 2)

enum op {
#define X(name, cells) OP_##name,
    OPS(X)
#undef X
    OP_COUNT
};

static const int op_cells[] = {
#define X(name, cells) [OP_##name] = cells,
    OPS(X)
#undef X
};

/* Why the fast road of an instruction was left. */
enum slow {
    SLOW_POLL,
    SLOW_EPOCH,
    SLOW_REMEMBERED,
    SLOW_NURSERY,
    SLOW_IC,
    SLOW_STACK,
    SLOW_THROW
};

struct method {
    uint64_t *code;
    uint32_t number;
    uint32_t word_args, word_locals, word_max; /* max: locals and operands */
    uint32_t raw_args, raw_locals, raw_max;    /* max: locals, state and operands */
};

struct mirror {
    struct method *vtable[8];
};

struct worker {
    uint64_t poll;
    const uint64_t *pc;
    uint64_t *word_top, *raw_top, *word_locals, *raw_locals;
    uint64_t raw_cached, word_cached;
    uint32_t *epoch_of; /* biased: indexed by address >> 12 */
    uint64_t epoch_now;
    uint64_t *word_window_low, *word_window_high, *raw_window_low, *raw_window_high;
    uint64_t *stack_base;
    uint64_t nursery_top, nursery_limit, nursery_base;
    uint64_t **remembered_top, **remembered_limit;
    struct method **methods;
    struct mirror **mirrors;
    uint64_t slow_arg;
    uint64_t slow_count[8];
    uint64_t executed;
    uint64_t *remembered[REMEMBERED_MAX];
};

static inline uint64_t
dbits(double d)
{
    uint64_t u;
    memcpy(&u, &d, 8);
    return u;
}

static inline double
bitsd(uint64_t u)
{
    double d;
    memcpy(&d, &u, 8);
    return d;
}

static __attribute__((noinline)) void
slow_path(struct worker *w, enum slow why, const uint64_t *pc)
{
    w->slow_count[why]++;
    switch (why) {
    case SLOW_POLL:
        w->poll = 0;
        break;
    case SLOW_EPOCH:
        w->epoch_of[w->slow_arg >> 12] = (uint32_t)w->epoch_now;
        break;
    case SLOW_REMEMBERED:
        w->remembered_top = w->remembered;
        break;
    case SLOW_NURSERY:
        w->nursery_top = w->nursery_base;
        break;
    case SLOW_IC:
        ((uint64_t *)(uintptr_t)pc)[4] =
            w->slow_arg << 32 | w->mirrors[w->slow_arg]->vtable[pc[1]]->number;
        break;
    case SLOW_STACK:
    case SLOW_THROW:
        fprintf(stderr, "spike: a program of the spike is wrong\n");
        abort();
    }
}

/* The tops: R0 and R1 are the two topmost raw slots, W0 and W1 the two topmost words. */
#if CONF_CACHE >= 1
#define R0        raw_cached
#define R1        raw_top[0]
#define PUSHR(v)  (*--raw_top = raw_cached, raw_cached = (v))
#define POPR1()   (raw_cached = *raw_top++)
#define POPR2()   (raw_cached = raw_top[1], raw_top += 2)
#define SETR1(v)  (raw_cached = (v))
#define SETR2(v)  (raw_top++, raw_cached = (v))
#define SPILLR()  (*--raw_top = raw_cached)
#define RELOADR() (raw_cached = *raw_top++)
#else
#define R0        raw_top[0]
#define R1        raw_top[1]
#define PUSHR(v)  (*--raw_top = (v))
#define POPR1()   (raw_top++)
#define POPR2()   (raw_top += 2)
#define SETR1(v)  (raw_top[0] = (v))
#define SETR2(v)  (raw_top++, raw_top[0] = (v))
#define SPILLR()  ((void)0)
#define RELOADR() ((void)0)
#endif
#if CONF_CACHE >= 2
#define W0          word_cached
#define W1          word_top[-1]
#define PUSHW(v)    (*word_top++ = word_cached, word_cached = (v))
#define POPW1()     (word_cached = *--word_top)
#define POPW2()     (word_cached = word_top[-2], word_top -= 2)
#define SETW1(v)    (word_cached = (v))
#define SPILLW()    (*word_top++ = word_cached)
#define RECEIVER(n) ((n) == 1 ? word_cached : word_top[-(int64_t)(n) + 1])
#define RELOADW()   (word_cached = *--word_top)
#else
#define W0          word_top[-1]
#define W1          word_top[-2]
#define PUSHW(v)    (*word_top++ = (v))
#define POPW1()     (word_top--)
#define POPW2()     (word_top -= 2)
#define SETW1(v)    (word_top[-1] = (v))
#define SPILLW()    ((void)0)
#define RECEIVER(n) word_top[-(int64_t)(n)]
#define RELOADW()   ((void)0)
#endif
#define A(i) pc[i]

/* Tail calls have six registers for arguments; what is cached pushes locals out to the worker. */
#if CONF_DISPATCH == 2
#if CONF_CACHE == 0
#define PARAMS                                                                                     \
    const uint64_t *pc, uint64_t *word_top, uint64_t *raw_top, uint64_t *word_locals,              \
        uint64_t *raw_locals, struct worker *w
#define ARGS               pc, word_top, raw_top, word_locals, raw_locals, w
#define WL                 word_locals
#define RL                 raw_locals
#define SET_LOCALS(wl, rl) (word_locals = (wl), raw_locals = (rl))
#elif CONF_CACHE == 1
#define PARAMS                                                                                     \
    const uint64_t *pc, uint64_t *word_top, uint64_t *raw_top, uint64_t raw_cached,                \
        uint64_t *raw_locals, struct worker *w
#define ARGS               pc, word_top, raw_top, raw_cached, raw_locals, w
#define WL                 w->word_locals
#define RL                 raw_locals
#define SET_LOCALS(wl, rl) (w->word_locals = (wl), raw_locals = (rl))
#else
#define PARAMS                                                                                     \
    const uint64_t *pc, uint64_t *word_top, uint64_t *raw_top, uint64_t raw_cached,                \
        uint64_t word_cached, struct worker *w
#define ARGS               pc, word_top, raw_top, raw_cached, word_cached, w
#define WL                 w->word_locals
#define RL                 w->raw_locals
#define SET_LOCALS(wl, rl) (w->word_locals = (wl), w->raw_locals = (rl))
#endif
typedef uint64_t handler(PARAMS);
#define MUSTTAIL __attribute__((musttail))
#define OP(name) static uint64_t op_##name(PARAMS)
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        COUNT();                                                                                   \
        MUSTTAIL return (*(handler *)pc[0])(ARGS);                                                 \
    } while (0)
#define FINISH(v) return v
#define SLOW(why, arg)                                                                             \
    do {                                                                                           \
        w->slow_arg = (arg);                                                                       \
        MUSTTAIL return slow_##why(ARGS);                                                          \
    } while (0)
#else
#define WL                 word_locals
#define RL                 raw_locals
#define SET_LOCALS(wl, rl) (word_locals = (wl), raw_locals = (rl))
#define FINISH(v)          return v
#define SLOW(why, arg)                                                                             \
    do {                                                                                           \
        w->slow_arg = (arg);                                                                       \
        slow_why = SLOW_##why;                                                                     \
        goto slow;                                                                                 \
    } while (0)
#if CONF_DISPATCH == 1
#define OP(name) op_##name:
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        COUNT();                                                                                   \
        goto *(void *)pc[0];                                                                       \
    } while (0)
#else
#define OP(name)   case OP_##name:
#define DISPATCH() goto dispatch
#endif
#endif

#if CONF_COUNT
#define COUNT() (w->executed++)
#else
#define COUNT() ((void)0)
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

#define SAVE_ALL() (w->pc = pc, w->word_top = word_top, w->raw_top = raw_top)
/* A store of a cached top is part of the price of caching it. */
#if CONF_SAVE == 2 && CONF_CACHE == 2
#define SAVE() (SAVE_ALL(), w->raw_cached = raw_cached, w->word_cached = word_cached)
#elif CONF_SAVE == 2 && CONF_CACHE == 1
#define SAVE() (SAVE_ALL(), w->raw_cached = raw_cached)
#elif CONF_SAVE == 2
#define SAVE() SAVE_ALL()
#elif CONF_SAVE == 1 && CONF_CACHE == 2
#define SAVE() (w->pc = pc, w->raw_cached = raw_cached, w->word_cached = word_cached)
#elif CONF_SAVE == 1 && CONF_CACHE == 1
#define SAVE() (w->pc = pc, w->raw_cached = raw_cached)
#elif CONF_SAVE == 1
#define SAVE() (w->pc = pc)
#else
#define SAVE() ((void)0)
#endif

#if CONF_POLL
#define POLL()                                                                                     \
    do {                                                                                           \
        if (unlikely(__atomic_load_n(&w->poll, __ATOMIC_RELAXED)))                                 \
            SLOW(POLL, 0);                                                                         \
    } while (0)
#else
#define POLL() ((void)0)
#endif

#define NONNULL(o)                                                                                 \
    do {                                                                                           \
        if (unlikely((o) == 0))                                                                    \
            SLOW(THROW, 0);                                                                        \
    } while (0)
#define BOUNDS(o, i)                                                                               \
    do {                                                                                           \
        if (unlikely((uint32_t)(i) >= *(uint64_t *)((o) + 8)))                                     \
            SLOW(THROW, 0);                                                                        \
    } while (0)
#define LOADW(a)     __atomic_load_n((uint64_t *)(a), __ATOMIC_RELAXED)
#define STOREW(a, v) __atomic_store_n((uint64_t *)(a), (v), __ATOMIC_RELEASE)
#if CONF_EPOCH
#define EPOCH(a)                                                                                   \
    do {                                                                                           \
        if (unlikely(__atomic_load_n(&w->epoch_of[(a) >> 12], __ATOMIC_ACQUIRE) !=                 \
                     (uint32_t)w->epoch_now))                                                      \
            SLOW(EPOCH, (a));                                                                      \
    } while (0)
#else
#define EPOCH(a) ((void)0)
#endif
/* A small integer whose bits look like an address of the nursery is recorded too: harmless. */
#if CONF_REMEMBER
#define REMEMBER(a, v)                                                                             \
    do {                                                                                           \
        if ((v)-w->nursery_base < NURSERY_BYTES && (a)-w->nursery_base >= NURSERY_BYTES) {         \
            if (unlikely(w->remembered_top == w->remembered_limit))                                \
                SLOW(REMEMBERED, 0);                                                               \
            *w->remembered_top++ = (uint64_t *)(a);                                                \
        }                                                                                          \
    } while (0)
#else
#define REMEMBER(a, v) ((void)0)
#endif

#if CONF_WINDOW == 0
#define FITS(wl, rl, m) ((wl) + (m)->word_max < (rl) - (m)->raw_max)
#elif CONF_WINDOW == 1
#define FITS(wl, rl, m)                                                                            \
    ((wl) + (m)->word_max < (rl) - (m)->raw_max && (wl) + (m)->word_max <= w->word_window_high &&  \
     (rl) - (m)->raw_max >= w->raw_window_low)
#else
#define FITS(wl, rl, m)                                                                            \
    ((wl) + (m)->word_max <= w->word_window_high && (rl) - (m)->raw_max >= w->raw_window_low)
#endif
#if CONF_WINDOW
#define OPENED(wl, rl) ((wl) >= w->word_window_low && (rl) < w->raw_window_high)
#else
#define OPENED(wl, rl) 1
#endif

#if CONF_CACHE >= 1
#define RAW_BASE(n) (raw_top - 1 + (n)-1)
#else
#define RAW_BASE(n) (raw_top + (n)-1)
#endif
#if CONF_CACHE >= 2
#define WORD_BASE(n) (word_top + 1 - (n))
#define WORD_ZERO()  (word_cached = 0)
#else
#define WORD_BASE(n) (word_top - (n))
#define WORD_ZERO()  ((void)0)
#endif

/* Nothing is changed before FITS; the state goes into two raw slots under the raw locals. */
#define ENTER(m, state)                                                                            \
    do {                                                                                           \
        uint64_t *wl = WORD_BASE((m)->word_args), *rl = RAW_BASE((m)->raw_args);                   \
        POLL();                                                                                    \
        if (unlikely(!FITS(wl, rl, m)))                                                            \
            SLOW(STACK, 0);                                                                        \
        SPILLR();                                                                                  \
        SPILLW();                                                                                  \
        for (uint32_t i = (m)->word_args; i < (m)->word_locals; i++)                               \
            wl[i] = 0;                                                                             \
        uint64_t *st = rl - (m)->raw_locals;                                                       \
        st[0] = (state);                                                                           \
        st[-1] = (uint64_t)(WL - w->stack_base) << 32 | (uint64_t)(RL - w->stack_base);            \
        word_top = wl + (m)->word_locals;                                                          \
        raw_top = st - 1;                                                                          \
        SET_LOCALS(wl, rl);                                                                        \
        WORD_ZERO();                                                                               \
        pc = (m)->code;                                                                            \
        DISPATCH();                                                                                \
    } while (0)
#define LEAVE(raw_local_count)                                                                     \
    const uint64_t *st = RL - (raw_local_count);                                                   \
    uint64_t state = st[0], offsets = st[-1];                                                      \
    uint64_t *wl = w->stack_base + (offsets >> 32), *rl = w->stack_base + (uint32_t)offsets;       \
    if (unlikely(!OPENED(wl, rl)))                                                                 \
        SLOW(STACK, 0);                                                                            \
    word_top = WL;                                                                                 \
    raw_top = RL + 1;                                                                              \
    SET_LOCALS(wl, rl);                                                                            \
    pc = w->methods[state >> 32]->code + (uint32_t)state
#if CONF_CACHE >= 1
#define RESULTR(v) (raw_cached = (v), RELOADW())
#else
#define RESULTR(v) (*--raw_top = (v), RELOADW())
#endif
#if CONF_CACHE >= 2
#define RESULTW(v) (word_cached = (v), RELOADR())
#else
#define RESULTW(v) (*word_top++ = (v), RELOADR())
#endif
#define RESULTV() (RELOADR(), RELOADW())

#if CONF_DISPATCH == 2
#define SLOW_HANDLER(why)                                                                          \
    static __attribute__((noinline, cold)) uint64_t slow_##why(PARAMS)                             \
    {                                                                                              \
        slow_path(w, SLOW_##why, pc);                                                              \
        MUSTTAIL return (*(handler *)pc[0])(ARGS);                                                 \
    }
SLOW_HANDLER(POLL)
SLOW_HANDLER(EPOCH)
SLOW_HANDLER(REMEMBERED)
SLOW_HANDLER(NURSERY)
#if CONF_IC
SLOW_HANDLER(IC)
#endif
SLOW_HANDLER(STACK)
SLOW_HANDLER(THROW)
#include "spike_ops.inc"

static const void *const op_addresses[] = {
#define X(name, cells) [OP_##name] = (const void *)op_##name,
    OPS(X)
#undef X
};

static uint64_t
interpret(struct worker *w, const uint64_t *pc, const void *const **addresses)
{
    if (addresses) {
        *addresses = op_addresses;
        return 0;
    }
    uint64_t *word_top = w->word_top, *raw_top = w->raw_top;
    uint64_t *word_locals = w->word_locals, *raw_locals = w->raw_locals;
    uint64_t raw_cached = 0, word_cached = 0;
    (void)word_locals, (void)raw_locals, (void)raw_cached, (void)word_cached;
    return (*(handler *)pc[0])(ARGS);
}
#else
static __attribute__((noinline)) uint64_t
interpret(struct worker *w, const uint64_t *pc, const void *const **addresses)
{
#if CONF_DISPATCH == 1
    static const void *const op_addresses[] = {
#define X(name, cells) [OP_##name] = &&op_##name,
        OPS(X)
#undef X
    };
    if (addresses) {
        *addresses = op_addresses;
        return 0;
    }
#else
    if (addresses) {
        *addresses = NULL;
        return 0;
    }
#endif
    uint64_t *word_top = w->word_top, *raw_top = w->raw_top;
    uint64_t *word_locals = w->word_locals, *raw_locals = w->raw_locals;
    uint64_t raw_cached = 0, word_cached = 0;
    enum slow slow_why;
    (void)raw_cached, (void)word_cached;
    DISPATCH();
slow:
    slow_path(w, slow_why, pc);
#if CONF_DISPATCH == 1
    DISPATCH();
#include "spike_ops.inc"
#else
dispatch:
    COUNT();
    switch ((enum op)pc[0]) {
#include "spike_ops.inc"
    default:
        __builtin_unreachable();
    }
#endif
}
#endif

/* --- the programs --- */

static struct worker the_worker;
static struct method the_methods[16];
static struct method *method_table[16];
static struct mirror the_mirrors[4];
static struct mirror *mirror_table[4];
static uint32_t method_count;

static struct method *
method_new(uint32_t word_args, uint32_t word_locals, uint32_t raw_args, uint32_t raw_locals)
{
    struct method *m = &the_methods[method_count];

    m->number = method_count;
    m->code = calloc(CODE_CELLS, sizeof(uint64_t));
    m->word_args = word_args;
    m->word_locals = word_locals;
    m->word_max = word_locals + 8;
    m->raw_args = raw_args;
    m->raw_locals = raw_locals;
    m->raw_max = raw_locals + 2 + 8;
    method_table[method_count++] = m;
    return m;
}

static struct method *as_method;
static uint64_t as_at;

static uint64_t
emit(enum op op, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t at = as_at;
    uint64_t *cell = as_method->code + at;

    as_at += (uint64_t)op_cells[op];
    cell[0] = op;
    if (op_cells[op] > 1)
        cell[1] = a;
    if (op_cells[op] > 2)
        cell[2] = b;
    if (op == OP_CALL || op == OP_VCALL)
        cell[2] = (uint64_t)as_method->number << 32 | as_at;
    if (op == OP_VCALL) {
        cell[3] = c;
        cell[4] = ~0ull;
    }
    return at;
}

#define E0(op)       emit(OP_##op, 0, 0, 0)
#define E1(op, a)    emit(OP_##op, (uint64_t)(a), 0, 0)
#define E2(op, a, b) emit(OP_##op, (uint64_t)(a), (uint64_t)(b), 0)
#define BACK(op, to) emit(OP_##op, (to)-as_at, 0, 0)

static void
begin(struct method *m)
{
    as_method = m;
    as_at = 0;
}

static void
here(uint64_t branch)
{
    as_method->code[branch + 1] = as_at - branch;
}

static struct method *
program_fib(void)
{
    struct method *fib = method_new(0, 0, 1, 1), *m = method_new(0, 0, 0, 0);
    uint64_t big;

    begin(fib);
    E1(RLOAD, 0), E1(ICONST, 2), big = E1(IFGE, 0);
    E1(RLOAD, 0), E1(RRET, 1);
    here(big);
    E1(RLOAD, 0), E1(ICONST, 1), E0(ISUB), E1(CALL, fib);
    E1(RLOAD, 0), E1(ICONST, 2), E0(ISUB), E1(CALL, fib), E0(IADD), E1(RRET, 1);
    begin(m);
    E1(ICONST, 30), E1(CALL, fib), E0(HALT);
    return m;
}

static struct method *
program_loop(void)
{
    struct method *m = method_new(0, 0, 0, 2);
    uint64_t top;

    begin(m);
    E1(ICONST, 0), E1(RSTORE, 0), E1(ICONST, 0), E1(RSTORE, 1);
    top = as_at;
    E1(RLOAD, 0), E1(RLOAD, 1), E0(IADD), E1(RLOAD, 1), E0(IXOR), E1(RSTORE, 0);
    E2(IINC, 1, 1), E1(RLOAD, 1), E1(ICONST, 3000000), BACK(IFLTB, top);
    E1(RLOAD, 0), E0(HALT);
    return m;
}

/* Word local 0 is a byte array of 1,000,000; locals: i, j, count, round. */
static struct method *
program_sieve(void)
{
    struct method *m = method_new(0, 1, 0, 4);
    uint64_t again, clear, outer, inner, skip, inner_end;

    begin(m);
    E1(WLOAD, 0), E1(WSTORE, 0);
    E1(ICONST, 0), E1(RSTORE, 3);
    again = as_at;
    E1(ICONST, 0), E1(RSTORE, 0);
    clear = as_at;
    E1(WLOAD, 0), E1(RLOAD, 0), E1(ICONST, 0), E0(BASTORE), E2(IINC, 0, 1);
    E1(RLOAD, 0), E1(ICONST, 1000000), BACK(IFLTB, clear);
    E1(ICONST, 0), E1(RSTORE, 2), E1(ICONST, 2), E1(RSTORE, 0);
    outer = as_at;
    E1(WLOAD, 0), E1(RLOAD, 0), E0(BALOAD), skip = E1(IFNE, 0);
    E2(IINC, 2, 1), E1(RLOAD, 0), E1(RLOAD, 0), E0(IADD), E1(RSTORE, 1);
    inner = as_at;
    E1(RLOAD, 1), E1(ICONST, 1000000), inner_end = E1(IFGE, 0);
    E1(WLOAD, 0), E1(RLOAD, 1), E1(ICONST, 1), E0(BASTORE);
    E1(RLOAD, 1), E1(RLOAD, 0), E0(IADD), E1(RSTORE, 1), BACK(GOTOB, inner);
    here(inner_end);
    here(skip);
    E2(IINC, 0, 1), E1(RLOAD, 0), E1(ICONST, 1000000), BACK(IFLTB, outer);
    E2(IINC, 3, 1), E1(RLOAD, 3), E1(ICONST, 1), BACK(IFLTB, again);
    E1(RLOAD, 2), E0(HALT);
    return m;
}

/*
 * Builds lists of 1,000 nodes {next, value}, keeps each head in an old array,
 * and adds up the values by a virtual method. Words: array, head, node; raw:
 * i, sum, round.
 */
static struct method *
program_list(void)
{
    struct method *get = method_new(1, 1, 0, 0), *m = method_new(0, 3, 0, 3);
    uint64_t again, build, walk, end;

    begin(get);
    E1(WLOAD, 0), E1(GETI, 16), E1(RRET, 0);
    the_mirrors[1].vtable[3] = get;
    begin(m);
    E1(ICONST, 0), E1(RSTORE, 1), E1(ICONST, 0), E1(RSTORE, 2);
    again = as_at;
    E1(ICONST, 0), E1(RSTORE, 0), E1(WLOAD, 2), E1(WSTORE, 1);
    build = as_at;
    E2(NEW, 1, 24), E1(WSTORE, 2);
    E1(WLOAD, 2), E1(WLOAD, 1), E1(PUTW, 8);
    E1(WLOAD, 2), E1(RLOAD, 0), E1(PUTI, 16);
    E1(WLOAD, 2), E1(WSTORE, 1);
    E1(WLOAD, 0), E1(RLOAD, 0), E1(WLOAD, 1), E0(WASTORE);
    E2(IINC, 0, 1), E1(RLOAD, 0), E1(ICONST, 1000), BACK(IFLTB, build);
    walk = as_at;
    E1(WLOAD, 1), end = E1(IFNULL, 0);
    E1(RLOAD, 1), E1(WLOAD, 1), emit(OP_VCALL, 3, 0, 1), E0(IADD), E1(RSTORE, 1);
    E1(WLOAD, 1), E1(GETW, 8), E1(WSTORE, 1), BACK(GOTOB, walk);
    here(end);
    E1(ICONST, 0), E0(RPOP), E1(WLOAD, 1), E1(WSTORE, 2);
    E2(IINC, 2, 1), E1(RLOAD, 2), E1(ICONST, 1000), BACK(IFLTB, again);
    E1(RLOAD, 1), E0(HALT);
    return m;
}

static struct method *
program_double(void)
{
    struct method *m = method_new(0, 0, 0, 3);
    uint64_t top;

    begin(m);
    E1(ICONST, 0), E1(RSTORE, 0), E1(ICONST, dbits(1.0)), E1(RSTORE, 1);
    top = as_at;
    E1(RLOAD, 1), E1(ICONST, dbits(0.999999)), E0(DMUL), E1(RLOAD, 0), E0(I2D);
    E1(ICONST, dbits(0.5)), E0(DMUL), E0(DADD), E1(RSTORE, 1);
    E2(IINC, 0, 1), E1(RLOAD, 0), E1(ICONST, 3000000), BACK(IFLTB, top);
    E1(RLOAD, 1), E1(ICONST, dbits(1e-6)), E0(DMUL), E0(D2I), E0(HALT);
    return m;
}

static uint64_t
now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t
run(struct worker *w, const struct method *m, uint64_t word_local_0)
{
    uint64_t *base = w->stack_base;
    uint64_t *high = base + STACK_BYTES / 8 - 1;

    w->word_locals = base;
    w->raw_locals = high;
    memset(base, 0, m->word_locals * sizeof(*base));
    if (m->word_locals)
        base[0] = word_local_0;
    w->word_top = base + m->word_locals;
    w->raw_top = high - m->raw_locals - 1;
    w->nursery_top = w->nursery_base;
    w->remembered_top = w->remembered;
    return interpret(w, m->code, NULL);
}

static void
worker_init(struct worker *w)
{
    uint8_t *space = mmap((void *)SPACE_BASE, SPACE_BYTES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    uint32_t *epochs = calloc(SPACE_BYTES >> 12, sizeof(*epochs));

    if (space != (void *)SPACE_BASE || !epochs)
        abort();
    memset(space, 0, SPACE_BYTES);
    w->epoch_of = (uint32_t *)((uintptr_t)epochs - (SPACE_BASE >> 12) * sizeof(*epochs));
    w->epoch_now = 7;
    w->stack_base = (uint64_t *)space;
    w->word_window_low = w->stack_base;
    w->word_window_high = w->stack_base + STACK_BYTES / 16;
    w->raw_window_low = w->word_window_high;
    w->raw_window_high = w->stack_base + STACK_BYTES / 8;
    w->nursery_base = SPACE_BASE + (1 << 20);
    w->nursery_limit = w->nursery_base + NURSERY_BYTES;
    w->remembered_limit = w->remembered + REMEMBERED_MAX;
    w->methods = method_table;
    w->mirrors = mirror_table;
    for (int i = 0; i < 4; i++)
        mirror_table[i] = &the_mirrors[i];
}

int
main(void)
{
    static const char *const names[] = { "fib", "loop", "sieve", "list", "double" };
    static const uint64_t expected[] = { 832040, 0, 78498, 499500000, 0 };
    struct worker *w = &the_worker;
    struct method *programs[5];
    const void *const *addresses;

    worker_init(w);
    uint64_t bytes = SPACE_BASE + (4 << 20), words = SPACE_BASE + (8 << 20);
    *(uint64_t *)(bytes + 8) = 1000000;
    *(uint64_t *)(words + 8) = 1000;
    programs[0] = program_fib();
    programs[1] = program_loop();
    programs[2] = program_sieve();
    programs[3] = program_list();
    programs[4] = program_double();
    interpret(w, NULL, &addresses);
    for (uint32_t i = 0; addresses && i < method_count; i++) {
        uint64_t *code = the_methods[i].code;
        for (uint64_t op; code < the_methods[i].code + CODE_CELLS; code += op_cells[op]) {
            op = *code;
            *code = (uint64_t)(uintptr_t)addresses[op];
        }
    }
    for (int i = 0; i < 5; i++) {
        uint64_t start = now_ns();
        uint64_t result = run(w, programs[i], i == 2 ? bytes : words);
        uint64_t took = now_ns() - start;
        if (expected[i] && (uint32_t)result != (uint32_t)expected[i]) {
            fprintf(stderr, "spike: %s gave %llu\n", names[i], (unsigned long long)result);
            return 1;
        }
        printf("%s %llu %llu\n", names[i], (unsigned long long)(CONF_COUNT ? w->executed : took),
               (unsigned long long)(uint32_t)result);
        w->executed = 0;
    }
    return 0;
}
