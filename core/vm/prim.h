/*
 * prim.h - how a primitive, a method written in C, talks to the machine.
 *
 * A primitive has two halves, and prim_invoke() is the wall between them.
 *
 *   decode  before it: looks at the arguments, checks all of them, reserves all
 *           the memory it will need, and changes nothing. It may leave with any
 *           answer, or by a fault that waits for a page: the call instruction is
 *           then simply run again.
 *   invoke  behind it: changes things and cannot fail. It answers PRIM_DONE,
 *           PRIM_PARK, PRIM_AGAIN or PRIM_CALL. It touches only memory that
 *           decode has touched or pinned.
 *
 * No C frame outlives a safepoint: what a primitive wants to remember while
 * it is parked, or between two pieces of long work (at most 20 microseconds
 * each), it keeps in the thread's prim_word, prim_word2, prim_raw, prim_raw2.
 * These are null and zero when a call begins for the first time. A primitive that has changed
 * something and is to run again leaves something there: then no interrupt comes between.
 *
 * A primitive that must run bytecode (a comparator, equals) answers PRIM_CALL
 * and is not there when that ends; so what must follow a callback is written in
 * bytecode around leaf primitives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "heap/heap.h"
#include "object/layout.h"

enum prim_answer {
    PRIM_DONE,    /* the result is set */
    PRIM_THROW,   /* prim_throw() has said what */
    PRIM_PARK,    /* the thread waits; when it is woken the same call runs again */
    PRIM_AGAIN,   /* more to do: a safepoint, then the same call again */
    PRIM_COLLECT, /* no room for `wanted` bytes: collect, then the same call again */
    PRIM_CALL,    /* prim_tail_call() has said what to run instead */
};

/* Exceptions that the machine makes by itself; the class library names their classes. */
enum vm_error {
    VM_ERROR_NULL,           /* .internal.error.null */
    VM_ERROR_BOUNDS,         /* .internal.error.bounds */
    VM_ERROR_CAST,           /* .internal.error.cast */
    VM_ERROR_ARITHMETIC,     /* .internal.error.arithmetic */
    VM_ERROR_ARGUMENT,       /* .internal.error.argument */
    VM_ERROR_STATE,          /* .internal.error.state */
    VM_ERROR_NO_METHOD,      /* .internal.error.no_method */
    VM_ERROR_ACCESS,         /* .internal.error.access */
    VM_ERROR_STACK_OVERFLOW, /* .internal.error.stack_overflow */
    VM_ERROR_MEMORY,         /* .internal.error.memory */
    VM_ERROR_SPACE,          /* .internal.error.space: the volume is full */
    VM_ERROR_DAMAGE,         /* .internal.error.damage: a page failed its checksum */
    VM_ERROR_STATIC,         /* .internal.error.static: static initialisation failed */
    VM_ERROR_INTERRUPT,      /* .internal.error.interrupt: somebody wants the thread to stop */
    VM_ERROR_COUNT,
};

/* A native thread that runs threads of the space. */
struct vm_worker;

struct prim_call {
    struct vm_worker *worker;
    struct heap_local *heap;
    ref_t thread;
    ref_t method;
    const word_t *words;  /* word arguments: words[0] is the receiver */
    const uint64_t *raws; /* raw argument i is raws[-i] (the raw area grows down) */
    word_t result_word;
    uint64_t result_raw;
    uint64_t wanted; /* bytes, with PRIM_COLLECT */
    bool invoking;
};

typedef enum prim_answer prim_fn(struct prim_call *call);

static inline word_t
prim_word(const struct prim_call *call, unsigned i)
{
    return call->words[i];
}

static inline int32_t
prim_int(const struct prim_call *call, unsigned i)
{
    return (int32_t)call->raws[-(ptrdiff_t)i];
}

static inline int64_t
prim_long(const struct prim_call *call, unsigned i)
{
    return (int64_t)call->raws[-(ptrdiff_t)i];
}

static inline double
prim_double(const struct prim_call *call, unsigned i)
{
    return bits_to_double(call->raws[-(ptrdiff_t)i]);
}

/* Cross the wall: from here on nothing may fail, and faults are served in place. */
void prim_invoke(struct prim_call *call);

static inline enum prim_answer
prim_return_void(struct prim_call *call)
{
    (void)call;
    return PRIM_DONE;
}

static inline enum prim_answer
prim_return_word(struct prim_call *call, word_t word)
{
    call->result_word = word;
    return PRIM_DONE;
}

/* int, boolean, byte, short, char: sign- or zero-extended as its type says. */
static inline enum prim_answer
prim_return_int(struct prim_call *call, int32_t value)
{
    call->result_raw = (uint64_t)(int64_t)value;
    return PRIM_DONE;
}

static inline enum prim_answer
prim_return_long(struct prim_call *call, int64_t value)
{
    call->result_raw = (uint64_t)value;
    return PRIM_DONE;
}

static inline enum prim_answer
prim_return_double(struct prim_call *call, double value)
{
    call->result_raw = bits_of_double(value);
    return PRIM_DONE;
}

/* Wanted, instead of a number of bytes: a full collection. prim_raw is 1 when it was done. */
#define PRIM_COLLECT_ALL UINT64_MAX

/* No room: answers PRIM_COLLECT. */
static inline enum prim_answer
prim_collect(struct prim_call *call, uint64_t bytes)
{
    call->wanted = bytes;
    return PRIM_COLLECT;
}

/* Answer with an exception of the machine; the text is formatted as by base/format.h. */
enum prim_answer prim_throw(struct prim_call *call, enum vm_error error, const char *text, ...);

/* Answer with any object as the exception. */
enum prim_answer prim_throw_object(struct prim_call *call, word_t exception);

/*
 * Run `method` instead, with these word arguments (its descriptor takes no raw
 * ones); its result becomes the call's, and must be of the same area.
 */
enum prim_answer prim_tail_call(struct prim_call *call, ref_t method, const word_t *words,
                                unsigned word_count);

/*
 * Call a method whose arguments lie in an array, instead: as an untyped call would, each becomes
 * what its parameter wants, and the result is a word, null where there is none. It throws where the
 * receiver, their number or one of them does not fit, and where the method is private.
 *
 *   method     a method; a constructor makes a new object, and that is the result
 *   receiver   null for a static method and a constructor
 *   arguments  words array that nobody else refers to and changes: what is called may wait, and is
 *              then run again from this primitive on
 *
 * The primitive has no progress of its own. Its result is any word.
 */
enum prim_answer prim_call_method(struct prim_call *call, ref_t method, word_t receiver,
                                  ref_t arguments);

/* The same for the method of the receiver, not null, that a name and the arguments choose. */
enum prim_answer prim_call_name(struct prim_call *call, word_t receiver, ref_t name,
                                ref_t arguments);

/* The same for a new object of a class; its constructor is chosen by the arguments. */
enum prim_answer prim_call_new(struct prim_call *call, ref_t class, ref_t arguments);

/*
 * May the statics of a class be looked at: is it initialised, or being so by the calling thread? If
 * not, prim_initialise() is the answer: that happens, and the primitive runs again.
 */
bool prim_is_initialised(const struct prim_call *call, ref_t class);
enum prim_answer prim_initialise(struct prim_call *call, ref_t class);

/* The id of the application whose code makes the call; 0: that of the class library. */
uint32_t prim_caller_application(const struct prim_call *call);

/*
 * What a word becomes in a variable of a type, as an argument would.
 *
 *   class  the one that names the type: names mean what its application sees under them
 *   type   a module type, a string of the space
 *   raw    filled, for raw types, if it fits
 *
 * Returns OK, ERR_PROGRAM (it does not fit), ERR_NOMEM. Decode only.
 */
must_use err_t prim_fit(word_t word, ref_t class, ref_t type, uint64_t *raw);

/*
 * Park the thread (in invoke): it waits for `object` (any word, for `ps`).
 *
 *   wake_ns  personal time at which it runs by itself, or UINT64_MAX
 *
 * The caller has linked the thread where a waker will find it.
 */
enum prim_answer prim_park(struct prim_call *call, word_t object, uint64_t wake_ns);

/* Make a parked thread runnable. Any RUNNING worker; nothing happens if it is not parked. */
void thread_wake(ref_t thread);

/* The table of primitives, by number; NULL where there is none. In core/prim/table.c. */
extern prim_fn *const prim_table[];
extern const uint32_t prim_table_count;

/*
 * The internal objects' volatile half, in core/prim. vm_start calls prim_start when the heap
 * is up and before any thread runs: reconnect what the space says is there (channels, ...);
 * the caller is a RUNNING worker. vm_stop calls prim_stop when no thread runs any more: it waits
 * until the output has left (gated output: takes the snapshot that it waits for), so the caller
 * is no worker, or AWAY; the last snapshot comes after it.
 */
must_use err_t prim_start(struct heap_local *heap);
void prim_stop(void);

/*
 * Whom a thread talks to, in core/prim: 0 is the console. Volatile. A thread talks where the one
 * talks that started it.
 */
void prim_thread_talks(ref_t thread, uint32_t session);
uint32_t prim_thread_session(ref_t thread);
void prim_thread_ends(ref_t thread);

/* vm_break(), in core/prim. Between prim_start and prim_stop a program may listen. */
bool prim_break(void);
