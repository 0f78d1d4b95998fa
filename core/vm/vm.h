/*
 * vm.h - the virtual machine from outside: make it, start it, put programs
 * into it, look at it, stop it.
 *
 * The order of a life, over a store that is open and a space that is up:
 *
 *   pmem_start, [vm_format, once in a volume's life], vm_start, vm_install ...,
 *   vm_wait, vm_stop, the last snapshot (cause STOP), vm_close, pmem_stop
 *
 * None of these functions is called by a worker but where said; a call is
 * made by one thread at a time, but for vm_interrupt and the listings.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "plat/err.h"
#include "vm/link.h"

struct buffer;
struct lang_source;

/* The name of the program that `phantom shell` starts, and that may ask questions. */
#define VM_SHELL_NAME "shell"

struct vm_volume {
    uint64_t bytes;
    uint64_t free_bytes; /* about: what can be written before something has to go */
};

/* What programs are told of the machine if they ask; nothing of it is in the space. */
struct vm_machine {
    const char *kind;    /* "linux", "amd64", "sim"; NULL: unknown */
    const char *version; /* of the release; NULL: unknown */

    /* Any worker; does not block. NULL: nobody knows. */
    struct vm_volume (*volume)(void *context);
    void *context;
};

struct vm_options {
    unsigned workers; /* native threads that run threads; 0: one for each processor, at least 2 */
    struct heap_options heap;
    uint32_t stack_slots_max; /* how far a stack may grow; 0: 2^20 */
    uint32_t snapshot_polls;  /* tests: each worker waits for a snapshot at every so many polls; 0:
                                 none */
    bool safe;                /* run nothing: no worker is started, for looking and repairing */
    bool paused; /* programs stand still, and so does their time; errands are done (vm/errand.h) */
    bool gated;  /* output leaves when the snapshot with its cause is committed (core/prim) */
    bool can_be_left; /* who leaves the shell stops the machine: vm_leave */

    /*
     * The text of a class of the library, by its path: "internal/string.ph". False: there is none.
     * What is filled in stays until vm_close. Any thread. NULL: nothing can be compiled inside.
     */
    bool (*find_library)(const char *path, struct lang_source *source);

    /*
     * Answer a question of the shell about the system (core/control). False: the text says why not.
     * Any thread that is no worker, one at a time. NULL: there are no answers.
     */
    bool (*answer)(void *context, const char *question, struct buffer *text);
    void *answer_context;
    struct vm_machine machine;
    uint64_t
        generation; /* of the volume when it was opened: what programs are told until the next */
};

/*
 * Make an empty space into one that has the class library, and no program.
 * The caller then takes a snapshot. To be called before vm_start.
 *
 *   library   the compiled class library, not trusted
 *   report    called with one line for each trouble
 *
 * Returns OK, ERR_FOREIGN, ERR_VERSION, ERR_CORRUPT, ERR_PROGRAM, ERR_NOMEM, ERR_NOSPACE.
 */
must_use err_t vm_format(const void *library, size_t byte_count, load_report_fn *report,
                         void *context);

/*
 * Bring the machine up over the space as it is: heap, workers, the restart
 * list. Threads go on from where the snapshot has them.
 *
 * Returns OK, ERR_NOMEM, ERR_FOREIGN (the space holds no machine: vm_format was
 * never called and committed), ERR_CORRUPT or ERR_IO (its root cannot be read).
 */
must_use err_t vm_start(const struct vm_options *options);

/* True while threads of the run before are still on their way. Any thread. */
bool vm_is_restarting(void);

/* What was started; valid from vm_start to vm_close. */
const struct vm_options *vm_options_get(void);

struct vm_program {
    const char *name;   /* for people: the file's name */
    const void *module; /* compiled, not trusted */
    size_t module_bytes;
    const char *const *arguments; /* UTF-8 */
    unsigned argument_count;
};

/*
 * Load a program and start its main thread. Every snapshot has either the
 * program, running, or nothing that a listing would show.
 *
 *   application  filled on OK: its number, from 1
 *
 * Returns OK, or what module_load returns; then nothing was left behind.
 */
must_use err_t vm_install(const struct vm_program *program, uint32_t *application,
                          load_report_fn *report, void *context);

enum vm_event {
    VM_ALL_ENDED,   /* no application is running, and nobody waits for the end of one */
    VM_INTERRUPTED, /* somebody called vm_interrupt */
    VM_LEFT,        /* somebody called vm_leave */
    VM_DEADLINE,
};

/* Sleep until something of the above is so. `deadline_ns` is plat_monotonic_ns() time. */
enum vm_event vm_wait(uint64_t deadline_ns);

/* How many programs an uncaught exception has ended since vm_start. Any thread. */
uint32_t vm_failed_count(void);

/* Make vm_wait return VM_INTERRUPTED, now or when it is called next. Any thread. */
void vm_interrupt(void);

/*
 * A person at the console wants what runs there to stop (Ctrl-C). True: a program listens, and sees
 * to it. False: none does, or the break before was not even noticed; the machine may stop as a
 * whole. Any thread, and signal handlers; no interrupts.
 */
bool vm_break(void);

/* Make it return VM_LEFT: who worked at the console has gone. Any thread. */
void vm_leave(void);

/*
 * Bring all workers to a safepoint and end them: nothing runs any more, every
 * thread is whole in the space. The caller takes the last snapshot.
 */
void vm_stop(void);

/* Let go of all volatile memory. After vm_stop. */
void vm_close(void);

/* ---- looking at it: consistent pictures, taken while the world stands still ---- */

struct vm_thread_info {
    uint64_t id; /* 0: the thread is damaged, and so nothing is known of it */
    enum thread_state state;
    uint32_t application; /* 0: the system's own */
    char name[48];        /* "" if it has none */
    char method[96];      /* such as ".main.run"; "" where there is no frame; "(damaged)" */
    char file[64];
    unsigned line;       /* 0 when not known */
    char waiting[64];    /* class of what it waits for, or "" */
    uint32_t monitor;    /* number of the monitor that has, plus one; 0: it has none */
    uint64_t held_by;    /* id of the thread that has what it waits for, as far as known; or 0 */
    uint32_t deadlock;   /* threads of one number (from 1) wait for each other for ever; or 0 */
    uint64_t wake_in_ns; /* of sleepers; UINT64_MAX: no timer */
    uint64_t cpu_ns;     /* since the machine started */
};

/* What a program may have; 0: all that there is. */
struct vm_limits {
    uint64_t memory_bytes; /* at least VM_LIMIT_MEMORY_MIN */
    uint32_t cpu_percent;  /* of one processor */
};

#define VM_LIMIT_MEMORY_MIN  (1u << 20)
#define VM_LIMIT_PERCENT_MAX 100000u

struct vm_application_info {
    uint32_t id;
    enum application_state state;
    char name[64];
    uint32_t thread_count;
    int32_t status;      /* once ended */
    uint64_t heap_bytes; /* of the blocks it owns */
    uint64_t started_ns; /* personal time */
    struct vm_limits limits;
    char error[512]; /* first line of the uncaught exception, or "" */
};

/*
 * Fill up to `max` rows; `count` is how many there are in all. Any thread.
 * Returns OK, ERR_NOMEM, ERR_NOSPACE.
 */
must_use err_t vm_list_threads(struct vm_thread_info *rows, size_t max, size_t *count);
must_use err_t vm_list_applications(struct vm_application_info *rows, size_t max, size_t *count);

/*
 * Where programs spend their time. While it is on, each worker notes once in a millisecond, at its
 * next poll, what it runs and who called that.
 */
struct vm_profile_row {
    char method[96]; /* such as ".main.run" */
    char file[64];
    uint32_t line; /* 0: the method as a whole */
    uint64_t own;  /* samples in it */
    uint64_t all;  /* samples in it, or in what it called; each once */
};

/* Begin anew. Any thread that is no worker. OK, ERR_NOMEM. */
must_use err_t vm_profile_start(void);

/* Take no more; what was counted stays. Any thread. */
void vm_profile_stop(void);

/* As the listings above: methods, and lines of theirs, in no order. */
must_use err_t vm_profile_list(struct vm_profile_row *rows, size_t max, size_t *count);

/* How many there were since the start. Any thread. */
uint64_t vm_profile_samples(void);

/*
 * Programs and their variables, with values, as text: a line for each, as the language would write
 * it. Damage is said in its place. Runs and changes nothing; brings pages in.
 *
 *   pattern     which variables, by name or CLASS.NAME, with * and ?, and these in full; NULL: all
 *   text        room for `text_max` bytes outside the space
 *   text_bytes  filled: how many are used
 *   missing     filled: there are more variables than fit
 *
 * Any thread that is no worker. Returns OK.
 */
must_use err_t vm_show(const char *pattern, char *text, size_t text_max, size_t *text_bytes,
                       bool *missing);

/*
 * One object, not null: the name of its class, and what is in it, some levels deep, as vm_show has
 * it.
 *
 *   text        room for `text_max` bytes outside the space, more than a few
 *   text_bytes  filled: how many are used
 *
 * Any thread that is no worker. Returns OK.
 */
must_use err_t vm_show_object(const struct heap_handle *object, char *text, size_t text_max,
                              size_t *text_bytes);

/*
 * Where a thread is: a line for each of its frames, the innermost first, such as
 * ".main.f (file.ph:12)"; none if it has ended. Damage is said in its place.
 *
 *   text        room for `text_max` bytes outside the space; what does not fit is left out
 *   text_bytes  filled: how many are used
 *
 * Any thread that is no worker. Returns OK.
 */
must_use err_t vm_thread_trace(const struct heap_handle *thread, char *text, size_t text_max,
                               size_t *text_bytes);

/*
 * Every thread of the application ends where it stands; its monitors are let
 * go. `remove` also takes its root away, so that the collector takes the rest.
 * Return when that has happened. ERR_NOT_FOUND, ERR_NOSPACE; or ERR_CANCELLED: it
 * was told to end, but vm_call_off() ended the wait for that.
 */
must_use err_t vm_application_stop(uint32_t application);
must_use err_t vm_application_remove(uint32_t application);

/*
 * Limit what a program may have, for ever or until it is said again. Over its memory it collects,
 * and gets an exception if that does not help; over its time its threads wait.
 *
 *   change  called with what holds now, to change that; with `context`
 *
 * Returns OK, ERR_NOT_FOUND; ERR_RANGE: too many programs have limits; ERR_NOMEM, ERR_NOSPACE.
 */
must_use err_t vm_application_limit(uint32_t application,
                                    void (*change)(struct vm_limits *limits, void *context),
                                    void *context);

/*
 * The machine is about to stop, and waits for nobody's end: from now to the next vm_start the two
 * above return at once. What they told a program holds in the last snapshot, too. Any thread.
 */
void vm_call_off(void);

/* How much of it has passed since vm_start, in nanoseconds. Any thread. */
uint64_t vm_uptime_ns(void);

/* Personal time now, in nanoseconds: it stands still while the machine is off. Any thread. */
uint64_t vm_personal_ns(void);
