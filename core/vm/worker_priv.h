/*
 * worker_priv.h - what the files of the running half share: the worker, the
 * volatile form of code, frames.
 *
 * A frame, drawn as it lies in a stack (struct stack_object):
 *
 *   words, growing up                 raw slots, growing down
 *     word_locals[0]  receiver, args    frame[2 + raw_locals]  raw local 0
 *     ...             locals            ...
 *     operands                          frame[3]               last raw local
 *     word_top ->                       frame[2]  caller: flags, method, pc
 *                                       frame[1]  distances to the caller's frame, raw_locals
 *                                       frame[0]  own method; pc while not running
 *                                       frame[-1] operands
 *                                       raw_top -> the topmost of them
 *
 * Arguments are the operands that the caller pushed. Distances, not places,
 * are kept, so growing a stack is copying it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdarg.h>

#include "base/assert.h"
#include "base/lock.h"
#include "format/bytecode.h"
#include "format/module.h"
#include "heap/heap.h"
#include "object/layout.h"
#include "pmem/pmem.h"
#include "vm/link.h"
#include "vm/prim.h"

/* frame[2]: what is on the other side of this frame. */
#define FRAME_PC_MASK      0xffffffffull
#define FRAME_METHOD_SHIFT 32
#define FRAME_METHOD_MASK  0x3ffffffull
#define FRAME_FLAG_SHIFT   58
#define FRAME_BOTTOM       (1ull << 58) /* nobody called it: the thread ends when it returns */
#define FRAME_STATIC                                                                               \
    (1ull << 59) /* a static initialisation; the caller runs its instruction again */
#define FRAME_BOX          (1ull << 60) /* the caller made an untyped call and wants a word */
#define FRAME_SYNCHRONIZED (1ull << 61) /* holds the monitor of its last word local */
#define FRAME_BELOW        (1ull << 62) /* the result replaces the caller's word below the topmost */

/* frame[1] */
#define FRAME_LOCALS_MASK  0xffffull
#define FRAME_RAW_SHIFT    16
#define FRAME_RAW_MASK     0xffffffull
#define FRAME_WORD_SHIFT   40

#define FRAME_RECORD_SLOTS 3

/* A frame needs never this many slots of an area; code that may not be entered fast asks for so
 * many. */
#define CODE_ROOM_NEVER (1u << 30)

/* The first chunk of a stack, header included; and how far one may grow. */
#define STACK_BYTES_FIRST 768u
#define STACK_SLOTS_MAX   (1u << 20)

enum code_kind {
    CODE_BYTECODE,
    CODE_PRIMITIVE,
    CODE_ABSTRACT,
};

/* A method's volatile form. Made once and never freed while the machine runs. */
struct code {
    uint64_t *cells;    /* one for each byte of bytecode; NULL until the method is first run */
    uint64_t entry;     /* address of the interpreter's code that calls it: OP_ENTER_... */
    uint64_t quick;     /* what that code wants to know: an offset, a constant */
    uint32_t word_room; /* slots above the first argument that must be open; or CODE_ROOM_NEVER */
    uint32_t raw_room;  /* the same below the last argument */
    uint32_t number;
    uint16_t word_args, raw_args;
    uint16_t word_locals, raw_locals; /* a synchronized method has one more word local */
    uint32_t raw_shift;               /* from the caller's raw_top down to frame[0] */
    uint32_t word_need, raw_need;     /* as word_room and raw_room, but always true */
    uint32_t cell_count;
    enum code_kind kind;
    bool synchronized;
    bool is_static;
    bool takes_words;  /* found so by an untyped call: each parameter takes any object */
    bool returns_word; /* any object, so that an untyped call needs no box */
    char result;
    prim_fn *primitive;
    ref_t method;
    struct method_mirror *mirror;
    struct parameter *parameters; /* without the receiver; NULL until an untyped call asks */
    _Atomic unsigned parameter_count;
};

/* What is to run instead of a primitive. */
enum call_tail {
    TAIL_PLAIN,  /* tail_method with tail_words as arguments */
    TAIL_METHOD, /* tail_method of an object, tail_words[0]; its arguments lie in tail_words[1] */
    TAIL_NAME,   /* the method of that object that tail_words[2] names */
    TAIL_NEW,    /* a constructor of a class, tail_method, whose object is the result */
    TAIL_INIT,   /* the static initialisation of a class, tail_method; then the primitive again */
};

/* An inline cache: where a call by interface, name or number went last. */
struct site {
    _Atomic uint64_t cache; /* class number << 32 | method number; 0: empty */
    word_t name;            /* symbol */
    word_t signature;       /* symbol; null for untyped calls */
    uint32_t ordinal;
    uint32_t arguments;                 /* words with the receiver */
    struct code *owner;                 /* method that calls */
    const struct method_mirror *wanted; /* of an interface, whose descriptor the caller has */
    struct site *next;
};

/* Time runs for a thread that has ended: another may have its slot. */
#define WORKER_NO_SLOT UINT32_MAX

struct vm_worker {
    /* The running frame; exact before anything that can touch the heap. */
    uint64_t *pc;
    uint64_t *word_top, *raw_top;
    uint64_t *word_locals, *frame;

    int32_t slice;           /* polls until the next look around */
    uint32_t snapshot_looks; /* looks since the last snapshot, where they are counted */

    /*
     * The window: stack pages that are resident, pinned, and open for writing in
     * this epoch. Frames up to frame_limit lie in it wholly, and their code is made.
     */
    uint64_t *word_high; /* words below this may be written ... */
    uint64_t *raw_low;   /* ... and raw slots from here; word_high <= raw_low */
    uint64_t *frame_limit;
    uint64_t *word_low; /* where the window begins and ends */
    uint64_t *raw_high;

    _Atomic uint32_t *epochs; /* pmem_epoch_of, indexed by address >> PAGE_SHIFT */
    uint64_t remembered;      /* slot that was put into the remembered set last */
    uint64_t store_pair;      /* class of an array << 32 | class that may be stored there */

    uint64_t argument, argument2; /* of a slow road */

    bool loaded;  /* the running frame above is that of `thread`; else the space has it */
    ref_t thread; /* 0: none */
    ref_t stack;
    uint64_t *slots; /* the two ends of the stack */
    uint64_t *slots_end;
    uint32_t epoch; /* for which the window is true */

    struct pmem_worker pmem;
    struct heap_local heap;
    void *restart[5]; /* __builtin_setjmp */
    int32_t looks;    /* looks around until the clock is asked */
    uint64_t slice_end_ns;
    uint64_t now_ns;        /* the clock, if it was read on the way to sched_load; else 0 */
    uint64_t run_begin_ns;  /* up to here the thread's time is accounted */
    uint32_t run_slot;      /* whose time runs, + 1; 0: nobody's; or WORKER_NO_SLOT */
    unsigned level;         /* at which its thread waited */
    uint32_t work;          /* since the clock was looked at, where it is not counted in polls */
    bool hurries;           /* the next look asks the clock */
    uint64_t look_ns;       /* when the clock was last looked at, and all that goes with it done */
    uint32_t takes;         /* threads taken from queues */
    uint64_t aside_ns;      /* until then the programs have their turn, and not sched_aside.c */
    uint64_t share_ns;      /* when to call a worker that sleeps, if threads still wait; or 0 */
    bool looks_afar;        /* the next thread comes from any queue */
    uint64_t sample_due_ns; /* monotonic; while somebody profiles */
    ref_t spare_monitor; /* a monitor object that is nobody's; or null. Those are old, and stay */
    void *scratch;       /* being decoded; freed when a fault has cut that off */
    size_t scratch_bytes;
    struct prim_call call;
    enum call_tail tail; /* what a primitive that answered PRIM_CALL wants */
    ref_t tail_method;   /* or class */
    word_t tail_words[8];
    unsigned tail_count;
    struct plat_thread *native;
    unsigned index;
    bool begins; /* the first instruction of its thread is about to run */
};

/*
 * Between these two the running instruction cannot be run again: faults are served in place.
 * What they will touch should have been touched before.
 */
static inline void
worker_commit_begin(struct vm_worker *worker)
{
    worker->pmem.restart = NULL;
}

static inline void
worker_commit_end(struct vm_worker *worker)
{
    worker->pmem.restart = worker->restart;
}

static inline struct vm_worker *
worker_of_pmem(struct pmem_worker *pmem)
{
    return (struct vm_worker *)(void *)((char *)pmem - offsetof(struct vm_worker, pmem));
}

/* ---- interp.c ---- */

/* A slow road of an instruction: may change all of the running state, then the loop goes on. */
typedef void interp_slow_fn(struct vm_worker *worker);

/* Run threads until the machine stops. */
void interp_run(struct vm_worker *worker);

enum interp_op {
#define X(name) OP_##name,
#include "vm/interp_ops.def"
#undef X
#define SUPER(name, parts, ...) OP_##name,
#include "vm/interp_super.def"
#undef SUPER
    OP_COUNT,
};

/* The addresses of the instructions' code, by enum interp_op. */
extern const void *const *interp_addresses;
void interp_init(void);

/* ---- interp_count.c ---- */

/* The instruction at this address is about to run; write down what was counted. */
void interp_count(uint64_t address);
void interp_count_report(void);

/* ---- decode.c ---- */

/* By method number: its code, and its code's cells. */
extern struct code **code_table;
extern uint64_t **code_cells;
/* By class number: the code of its virtual methods; NULL until first needed. */
extern struct code ***code_vtables;

must_use err_t code_init(void);
void code_close(void);

/* The shell of a method's code, without its cells. NULL when there is no memory. */
struct code *code_of(struct method_mirror *mirror);

/* Make the cells. False when there is no memory. May leave by a fault: to be called again then. */
must_use bool code_make(struct vm_worker *worker, struct code *code);

/* Make a class's table of virtual methods. False when there is no memory. */
must_use bool code_make_vtable(uint32_t class_number);

/* Put the fast form of the unlinked instruction at the worker's pc in its place. */
interp_slow_fn code_link;

/* What other workers have published: whoever sees it sees what it points to. */
#define CODE_SEEN(entry) __atomic_load_n(&(entry), __ATOMIC_ACQUIRE)

/* The code of the running frame. */
static inline struct code *
code_running(const struct vm_worker *worker)
{
    return CODE_SEEN(code_table[worker->frame[0] & FRAME_METHOD_MASK]);
}

/* The bytecode index of the running instruction. */
static inline uint32_t
code_pc(const struct vm_worker *worker)
{
    return (uint32_t)(worker->pc - code_running(worker)->cells);
}

/* ---- fuse.c: faster forms of what was decoded ---- */

/* Once, after interp_init. */
void fuse_init(void);

/* What an instruction becomes. */
struct fused {
    uint16_t op;    /* enum interp_op: itself, or what stands for it and some that follow */
    uint32_t steps; /* from here to the method's end, if there were no branches */
};

/* The most instructions that one superinstruction stands for. */
#define FUSE_MAX 6

/*
 * Choose what the instructions of a method become, so that they are as few as can be.
 *
 *   cells   in the first cell of each instruction its number, not yet its address
 *   fused   filled, for each instruction
 *   starts  where the `count` instructions begin
 */
void fuse_all(const uint64_t *cells, struct fused *fused, const uint32_t *starts, uint32_t count);

/* What struct code's entry is the address of, and its quick. */
struct code_entry {
    enum interp_op op;
    uint64_t quick;
};

/* How the method is best called: very short ones are not entered at all. The cells as above. */
struct code_entry fuse_entry(const struct code *code, const uint64_t *cells, uint32_t count);

/* As fuse_entry, for a method of a known shape (shape.c); false for any other. */
bool shape_entry(const struct code *code, const uint64_t *cells, uint32_t count,
                 struct code_entry *entry);

/* As fuse_entry, for a primitive, whose number the class library chose. */
enum interp_op fuse_primitive_entry(uint32_t primitive);

/* ---- profile.c ---- */

/* At a poll: take a sample, if somebody wants it and the time has come. May leave by a fault. */
void profile_look(struct vm_worker *worker);

/* Forget all that was counted (the machine stops). */
void profile_close(void);

/* ---- frame.c ---- */

/* Write the running frame's state into the space: exact for a snapshot and the collector. */
void frame_save(struct vm_worker *worker);

/*
 * Take up the state of worker->thread; opens its top frame. False if there is no memory
 * for its code. May leave by a fault.
 */
must_use bool frame_load(struct vm_worker *worker);

/* The worker has no thread any more; its state was saved. The pages of it stay pinned ... */
void frame_unload(struct vm_worker *worker);

/* ... until another is loaded, or the worker has none for longer. */
void frame_unpin(struct vm_worker *worker);

/* Make the windows empty: nothing of the stack may be written. */
void frame_close(struct vm_worker *worker);

/* Open the top frame whole, and its callers as far as its pages reach. May leave by a fault. */
void frame_open(struct vm_worker *worker);

/*
 * Make room for so many slots on top of the operands, open for writing. True when the
 * call may go on; false when the state has changed: an exception, a
 * collection, a larger stack; the instruction runs again.
 */
must_use bool frame_make_room(struct vm_worker *worker, uint32_t word_need, uint32_t raw_need);

/* Push a frame for which there is room; then the worker stands at its first instruction. */
void frame_push(struct vm_worker *worker, struct code *code, uint64_t caller);

/* A stack whose one frame will run `method` from its beginning. 0: collect first. */
ref_t frame_first(struct heap_local *heap, ref_t method, const word_t *words, unsigned word_count);

/* The slow road of a return: a caller that is not open, or a frame with flags. */
interp_slow_fn frame_return_word, frame_return_raw, frame_return_void;

/*
 * Pop the top frame without a result; the worker then stands in the caller behind the
 * call. False: the state has changed. May leave by a fault.
 */
must_use bool frame_pop(struct vm_worker *worker);

/* One frame of a stack that does not run, from the top: start with frame_walk_begin. */
struct frame_walk {
    ref_t stack;
    uint64_t record; /* address of frame[0] */
    uint32_t method;
    uint32_t pc; /* of the instruction, or inside of it */
    bool done;
};

struct frame_walk frame_walk_begin(ref_t thread);
bool frame_walk_next(struct frame_walk *walk);

/* An int cut to the type that it is stored to or returned as (format/module.h). */
static inline uint64_t
frame_cut(uint64_t raw, char type)
{
    switch (type) {
    case 'z':
        return raw & 1;
    case 'b':
        return (uint32_t)(int8_t)raw;
    case 's':
        return (uint32_t)(int16_t)raw;
    case 'c':
        return (uint16_t)raw;
    default:
        return raw;
    }
}

/* ---- call.c ---- */

/* Call `code` with the operands as arguments; `caller` is what its frame[2] keeps. */
void call_code(struct vm_worker *worker, struct code *code, uint64_t caller);

/*
 * Call `code`, of one word and with a word as result, on the word below the topmost, which its
 * result replaces; then the running instruction runs again.
 */
void call_below(struct vm_worker *worker, struct code *code);

/* Where a primitive finds its arguments, and how many operands they are to be popped. */
struct call_arguments {
    const word_t *words;
    const uint64_t *raws; /* argument i is raws[-i] */
    unsigned words_pushed, raws_pushed;
    ref_t box; /* for the result of an untyped call, where it may need one */
};

void call_primitive(struct vm_worker *worker, struct code *code, struct call_arguments *arguments,
                    uint64_t caller);

/* Enter a monitor, for a synchronized method. False: the state has changed. */
must_use bool call_enter_monitor(struct vm_worker *worker, word_t object);

void call_no_memory(struct vm_worker *worker);
void call_throw_null(struct vm_worker *worker);

/* Call `code`, argument; the operands are its arguments; it is called, or something else had to be
 * done first. */
interp_slow_fn call_slow, call_in_place, call_virtual, call_interface, call_name, call_number,
    call_chosen, call_new;

/* ---- exception.c ---- */

/* Throw an exception of the machine at the running instruction. */
void exception_throw(struct vm_worker *worker, enum vm_error error, const char *text, ...)
    __attribute__((format(printf, 3, 4)));
/* The same; the text goes on with the name of the class, `text`, and a symbol. */
void exception_throw_class(struct vm_worker *worker, enum vm_error error,
                           const struct class_mirror *class, const char *text, word_t symbol);

/* Room that an exception with its message may need. */
#define EXCEPTION_BYTES_MAX 4096

/*
 * Does it say that something came in between (an interrupt, no room, damage), and nothing of what
 * the code itself did? Then the same may come to its end another time.
 */
bool exception_is_from_outside(word_t exception);

/* Make it the pending exception of the worker's thread; exception_unwind follows. */
void exception_set(struct vm_worker *worker, word_t exception);

/* Make an exception of the machine the pending one. False: collect first. */
must_use bool exception_set_error(struct vm_worker *worker, enum vm_error error, const char *text,
                                  va_list values);

/* Throw the prepared exception for ERR_NOMEM or ERR_NOSPACE: it needs no memory. */
void exception_throw_prepared(struct vm_worker *worker, err_t err);

/* What that one says: a string that is there already. */
word_t exception_prepared_text(err_t err);

/* A string; a text that was cut may end inside a character. 0: collect first. */
ref_t exception_string(struct vm_worker *worker, const char *text, size_t bytes);

/* Throw any object, not null. */
void exception_throw_object(struct vm_worker *worker, word_t exception);

/* Go on looking for the handler of the thread's pending exception. May leave by a fault. */
void exception_unwind(struct vm_worker *worker);

/* A page that an instruction needs cannot be had: throw, or suspend. */
void exception_unreadable(struct vm_worker *worker, uint64_t address, err_t err);

/* ".main.f (file.ph:12)"; the length as format() gives it. */
size_t exception_frame_text(uint32_t method, uint32_t pc, char *buffer, size_t buffer_bytes);

/* ".main.f", and the name of its file, "" if that is not known. */
void exception_method_text(uint32_t method, char *text, size_t text_bytes, char *file,
                           size_t file_bytes);

/* The source file and line of a place; 0 where it is not known. */
uint32_t exception_line(ref_t method, uint32_t pc);

/* The name of the file that a class came from; "" if it is not known. Returns its length. */
size_t exception_source(ref_t class, char *buffer, size_t buffer_bytes);

/* A string of the space as text outside it, cut to fit, with an ending zero. Returns its bytes. */
size_t exception_copy_text(word_t string, char *buffer, size_t buffer_bytes);

/* Say on the console what nobody caught, with the trace of the worker's thread. */
void exception_report(struct vm_worker *worker, word_t exception);

/* Forget classes found by name (the machine stops). */
void exception_close(void);

/* Make the exceptions that must not need memory. OK, ERR_NOMEM, ERR_NOSPACE. */
must_use err_t exception_format(struct heap_local *heap);

/* One line about an exception object, without its trace. Returns its length as format() does. */
size_t exception_text(word_t exception, char *buffer, size_t buffer_bytes);

/* ---- init.c: static initialisation ---- */

/*
 * See to it that `class` is initialised or that its initialisation is under
 * way in this thread. True if so; false when the state has changed (a frame was pushed
 * that runs it, the thread waits, an exception): the instruction runs again.
 */
must_use bool init_class(struct vm_worker *worker, struct class_mirror *class);

/* The running frame of a static initialisation returns, or is unwound. */
void init_done(struct vm_worker *worker, bool failed);

/* ---- sched.c ---- */

/* For so many workers; none runs before sched_start. OK, ERR_NOMEM. */
must_use err_t sched_init(unsigned worker_count);
void sched_close(void);

/* Put a runnable thread into the run queue of the calling worker, or of any. */
void sched_enqueue(ref_t thread);

/* Arm or disarm a thread's timer; UINT64_MAX disarms. Cannot fail. */
void sched_timer_set(ref_t thread, uint64_t wake_ns);

/* When the first timer is due, in personal time; UINT64_MAX: there is none. */
uint64_t sched_timer_first(void);

/* The thread is over: if it is lost, it is queued once more, and ends. */
void sched_find_lost(ref_t thread);

/* vm_options.paused, at hand. */
extern bool sched_programs_stand;

/* In the stopped world: threads of programs go on until they hold no lock. Nothing where programs
 * run. */
void sched_let_go(void);

/*
 * Where programs stand still: may the worker's thread go on, and call this primitive (0: none)? If
 * not, true: it stands, and the worker has no thread any more.
 */
must_use bool sched_stand(struct vm_worker *worker, uint32_t primitive);

/*
 * Threads are over, or their program is, and stand so in the space; workers wake those that wait,
 * beside the programs. Takes no credit. Under no lock.
 */
void sched_end_threads(void);

/* True until each thread that was over when that was last called has been woken. */
bool sched_ends_threads(void);

/*
 * The thread of a slot, it and its program resident; 0: there is none, or it cannot be read. The
 * worker is RUNNING, and away meanwhile.
 */
ref_t sched_bring_thread(struct vm_worker *worker, uint32_t slot);

/* The thread is to be interrupted, and was not before: it hears of it a few looks from now. */
void sched_interrupted(ref_t thread);

/*
 * The queue of some monitor was damaged: whoever waits for any is woken, looks, and waits again.
 * Workers do that, as they have the credit.
 */
void sched_wake_waiters(void);

/* A look around: safepoint, collection, time slice, kill, interrupt. */
interp_slow_fn sched_poll;

/*
 * Something may have taken long: the clock is asked soon. The running instruction may have to run
 * again, and to get on; so that many polls at most go by before.
 */
void sched_look_soon(struct vm_worker *worker, int32_t polls);

/*
 * An instruction has taken the slow road, and may have taken as long as a thousand others. Polls
 * are counted as if they all took the same time; so what may take longer is counted here.
 */
#define SCHED_WORK_MAX   256 /* until the clock is asked: some milliseconds at the worst */
#define SCHED_WORK_SHIFT 12  /* a large object is as much for each of its pages */

static inline void
sched_worked(struct vm_worker *worker)
{
    worker->work += 1 + (uint32_t)(worker->heap.large_bytes >> SCHED_WORK_SHIFT);
    worker->heap.large_bytes = 0;
    if (unlikely(worker->work >= SCHED_WORK_MAX))
        sched_look_soon(worker, 0);
}

/* Take a thread from the run queue and make it the worker's; waits for one. */
interp_slow_fn sched_next;

/* The worker has no thread any more: what it runs next is sched_next. */
void sched_idle(struct vm_worker *worker);

/*
 * Load worker->thread, which was not running, and no more. False if it has ended. May leave by a
 * fault: to be called again then.
 */
bool sched_load(struct vm_worker *worker);

/* Take up worker->thread: load it and go on with what it was doing. The same about faults. */
void sched_resume(struct vm_worker *worker);

/*
 * The pages of worker->thread itself cannot be read: it does not go on. If they are damaged it is
 * ended; if the disk only does not give them now, it is lost.
 */
void sched_lose(struct vm_worker *worker, uint64_t address, err_t err);

/* A safepoint with all that belongs to it; the worker's thread stays. Frees credit. */
void sched_safepoint(struct vm_worker *worker);

/* See that `pages` first writes may be made. True, or the state has changed. */
must_use bool sched_credit(struct vm_worker *worker, uint32_t pages);

/* Give back what is left of credit that was reserved when the worker had `before`. */
void sched_credit_give(struct vm_worker *worker, uint32_t before);

/* Collect: `bytes` are wanted. Then the instruction runs again, or throws. */
void sched_collect(struct vm_worker *worker, uint64_t bytes);

/* The same, and nothing is thrown if there is still no room. */
void sched_collect_quietly(struct vm_worker *worker, uint64_t bytes);

/* A primitive has more to do: a look around, then it runs again. */
void sched_again(struct vm_worker *worker);

/* The worker's thread parks, as prim_park() has said; another runs. */
void sched_park(struct vm_worker *worker);

/* The worker's thread waits for a page that cannot be read; it tries again later. */
void sched_suspend(struct vm_worker *worker);

/* Workers: start `count`; stop them all. */
must_use err_t sched_start(void);
void sched_stop(void);

/* Nanoseconds that the thread in this slot has run since the machine started. */
uint64_t sched_cpu_ns(uint32_t slot);

/* Some thread has another priority than the usual one. */
void sched_ranks_matter(void);

/* True if that was so at any time since the start: else nobody needs to lend or look. */
bool sched_do_ranks_matter(void);

/* The level at which a thread runs: its own, or what is lent to it. */
unsigned sched_level_of(ref_t thread);

/*
 * Somebody of this level waits for what the thread holds: until that is let go it runs at this
 * level. False if it has that level already.
 */
bool sched_lend(ref_t thread, unsigned level);

/* What is lent to the thread is this, from now on: a level plus one, or 0. */
void sched_lend_anew(ref_t thread, unsigned level_plus_one);

/* A new thread has this slot. */
void sched_slot_given(uint32_t slot);

/* The native thread that is a worker for a while (vm_install and others). */
must_use err_t worker_join(struct vm_worker *worker);
void worker_leave(struct vm_worker *worker);

/* ---- thread.c ---- */

/* thread.state, to be changed by compare-and-swap; the barrier is taken. */
_Atomic uint32_t *thread_state_of(ref_t thread);

/* Take the thread out of every queue that it stands in. */
void thread_unqueue(ref_t thread);

/* The worker's thread is over; if it has a pending exception, nobody caught that. */
void thread_end(struct vm_worker *worker);

/* The thread cannot go on, because its own state is damaged: its application fails. */
void thread_lose(struct vm_worker *worker, ref_t thread);

/* Wake all joiners of the thread; put one among them, with the guard of `thread` held. */
void thread_wake_joiners(ref_t thread);
void thread_add_joiner(ref_t thread, ref_t joiner);

/* Set or clear bits of the thread's flags, beside other workers. */
void thread_flags_set(ref_t thread, uint32_t set);
void thread_flags_clear(ref_t thread, uint32_t clear);

/* What the running instruction has kept in the thread's prim_ fields is void. */
void thread_progress_clear(ref_t thread);

/* Has it kept something there? Then it has begun, and is not done. */
bool thread_has_progress(ref_t thread);

/*
 * Has it let go of a monitor to wait, and does not have it back? Then it is not told that there is
 * no room: it would leave a `synchronized` whose monitor it does not hold.
 */
bool thread_is_outside(ref_t thread);

/* The table of threads in the space. */
must_use bool thread_enlist(ref_t thread);
void thread_delist(ref_t thread);
void thread_delist_slot(uint32_t slot);
ref_t thread_in_slot(uint32_t slot);

/*
 * The same, or 0 if the thread or its program cannot be read. For one who goes along the table and
 * may not go away: brings pages in while the world waits.
 */
ref_t thread_readable_in_slot(uint32_t slot);
uint32_t thread_slot_count(void);
void thread_table_init(void);

/* A thread that has not begun. 0: collect first. */
ref_t thread_make(struct heap_local *heap, word_t application, ref_t method, const word_t *words,
                  unsigned word_count, word_t name);

/* Let it run, and talk in a session (0: none); false if there are too many threads. */
must_use bool thread_begin(ref_t thread, uint32_t session);

/* The second half of that, for one who has enlisted it. */
void thread_go(ref_t thread);

/* The application's state says that it is over: its threads end, soon. `seeing`: so many of them
 * see that by themselves. */
void thread_end_application(ref_t application, uint32_t seeing);

/* The program of the worker's thread fails, because the volume is full. */
void thread_stop_program(struct vm_worker *worker);

/* ---- monitor.c ---- */

/* The volatile half: which monitors are free. Reads the space. ERR_NOMEM. */
must_use err_t monitor_init(void);
void monitor_close(void);

/*
 * If the thread was let in to a monitor and is on its way: it does not come, and the next one is
 * let in.
 */
void monitor_pass_on(struct vm_worker *worker, ref_t thread);

/* The thread ends: let go of all that it holds, as far as that can be read. In a commit. */
void monitor_release_all(struct vm_worker *worker, ref_t thread);

/* Instructions. */
interp_slow_fn monitor_op_enter, monitor_op_exit;

/* What those lend who want a monitor that the thread holds is what is lent to it, from now on. */
void monitor_lend_anew(struct vm_worker *worker, ref_t thread);

/* Take the thread out of entry queue and wait set of the object's monitor. */
void monitor_unqueue(ref_t thread, ref_t object);

/* Enter and leave for the worker's thread. As monitor_enter, monitor_exit. */
enum prim_answer monitor_enter_worker(struct vm_worker *worker, ref_t object);
enum prim_answer monitor_exit_worker(struct vm_worker *worker, ref_t object);

/* ---- clock.c ---- */

/* Personal time goes on from where the space has it. */
void clock_start(void);

/* Personal time at a monotonic time. */
uint64_t clock_personal_at(uint64_t now_ns);

/* Armed timers want the clock committed now and then: when next, at the latest? Monotonic. */
uint64_t clock_commit_due(uint64_t now_ns, uint64_t first_timer_ns);

/* If that is now, do it. */
void clock_commit(struct vm_worker *worker, uint64_t now_ns);

/* The machine stops: the last snapshot will have the time. */
void clock_stop(struct vm_worker *worker);
void clock_close(void);

/* ---- limit.c ---- */

/* What was said of memory and time holds from now on. A RUNNING worker. ERR_RANGE: too many. */
must_use err_t limit_start(void);

/* What is said of a program. A RUNNING worker, or in the stopped world. */
struct vm_limits;
struct vm_limits limit_get(uint32_t application);

/* Say it. May collect. OK, ERR_NOMEM, ERR_NOSPACE; ERR_RANGE: too many programs have limits. */
must_use err_t limit_set(struct vm_worker *worker, uint32_t application,
                         const struct vm_limits *limits);

/* The program is over: its threads need time to end, and get it. */
void limit_forgive(uint32_t application);

/* ---- system.c ---- */

/* An application has ended. */
void system_application_ended(bool failed);

/* The machine is about to stop: vm_call_off(). */
bool system_is_called_off(void);

/* ---- errand.c ---- */

/* A thread of the system has ended, or nobody shall wait any longer: look. Any thread. */
void errand_look(void);

/*
 * The machine starts, and this thread of the system goes on; whoever waited for it is not there
 * any more. The caller is a RUNNING worker, with credit.
 */
void errand_resume(ref_t thread);

/* ---- untyped.c: which method an untyped call means ---- */

/* Arguments of a call at most, and one more. */
#define CALL_ARGUMENTS_MAX 256

/* What a method wants as an argument, as an untyped call must know it. */
struct parameter {
    char type;                  /* first character of the type */
    struct class_mirror *class; /* of L and [; NULL: any object */
};

/* Who asks whom for what. */
struct call_question {
    const struct site *site; /* whose private methods are meant, too; NULL: nobody's */
    struct class_mirror *class;
    word_t name;             /* symbol; null: a constructor of the class itself */
    const word_t *arguments; /* behind the receiver */
    unsigned count;
};

/* The one method that fits best; NULL if an exception was thrown. */
struct code *call_choose(struct vm_worker *worker, const struct call_question *question);

/* Read the signature: code->parameters are there then. False when there is no memory. */
must_use bool call_know_parameters(struct code *code);

/* What the arguments cost, as fit_of_word(); -1 if one does not fit. */
int call_fit(const struct code *code, const word_t *arguments, unsigned count);

/*
 * See whether a method that an object of `class` has by chance, with the name and as many
 * arguments as the interface's, takes and returns what the interface says. `answers` is filled.
 * False when there is no memory.
 */
must_use bool call_answers(const struct class_mirror *class, const struct method_mirror *found,
                           const struct method_mirror *wanted, bool *answers);

/* The class that a word is, of which a program may make objects; NULL if something was thrown. */
struct class_mirror *call_class_to_make(struct vm_worker *worker, word_t object);

/* True for the type of an argument that lies in the raw area. */
bool call_is_raw(char type);

/* ---- call_array.c ---- */

/* Do what the worker's `tail` says, which is not TAIL_PLAIN, instead of a primitive. */
void call_with_array(struct vm_worker *worker, const struct call_arguments *pushed,
                     uint64_t caller);

/* ---- fit.c: which parameters a word fits ---- */

/* How well: 0 exactly, more the further it has to be widened, -1 not at all. */
int fit_of_word(word_t word, const struct parameter *parameter);

/* True if the other parameter takes whatever this one does. */
bool fit_is_narrower(const struct parameter *parameter, const struct parameter *other);

/* ---- dyn.c: what instructions on untyped values do ---- */

/* Forget what was found in the class library. */
void dyn_close(void);

interp_slow_fn dyn_box, dyn_unbox, dyn_coerce, dyn_binary, dyn_unary, dyn_compare, dyn_equals,
    dyn_truth, dyn_concat, dyn_tostring;

/* The raw value of a word that fits. */
uint64_t dyn_raw(word_t word, char type);

/* A raw value of a type as a word. False: the state has changed (no room for a box). */
must_use bool dyn_word_of_raw(struct vm_worker *worker, uint64_t raw, char type, word_t *word);

/* The same where a new box, or null if the type needs none, is at hand. */
word_t dyn_word_in_box(uint64_t raw, char type, ref_t box);

/* ---- ops.c: the slow roads of instructions on objects ---- */

/* A new object of the class, initialised or being so. 0: the state has changed. */
ref_t ops_make_object(struct vm_worker *worker, struct class_mirror *class);

/* Push a new object of the class, and go behind the NEW instruction. */
void ops_new_of(struct vm_worker *worker, struct class_mirror *class);

interp_slow_fn ops_new, ops_new_array, ops_multi_array, ops_check_cast, ops_instance_of,
    ops_store_check;
