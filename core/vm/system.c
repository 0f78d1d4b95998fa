/*
 * system.c - the machine as a whole: made, started, given programs, stopped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "heap/text.h"
#include "object/array.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "vm/class_index.h"
#include "vm/sched_priv.h"
#include "vm/vm.h"

#define LOG_MODULE "vm"
#include "base/log.h"

#define WORKERS_MIN          2
#define RESTART_PAGES        16 /* first writes that making a thread go on may take */
#define END_PAGES            32 /* first writes that ending a program may take at a time */
#define COUNT_SLOTS          16 /* looked at until whoever wants the world to stop has it */
#define COUNT_ROUNDS         64 /* so rarely one looks for threads that the program counts in vain */
#define ROUND_NS             1000000u
#define FORMAT_NURSERY_BYTES (128u << 10) /* nearly all of a class library is born old */

/* Where the young moves at every poll much should be young, but each scavenge copies all of it. */
#define MOVING_STAY_BYTES (4u << 10)

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))

static struct vm_options system_options;
static struct event system_changed; /* an application ended, or somebody interrupts */
static _Atomic bool system_interrupted;
static _Atomic bool system_left;
static _Atomic uint32_t system_enders; /* who stop a program and wait for its end */
static _Atomic bool system_called_off; /* nobody waits for the end of a program */
static _Atomic uint32_t system_failed;

const struct vm_options *
vm_options_get(void)
{
    return &system_options;
}

void
system_application_ended(bool failed)
{
    if (failed)
        atomic_fetch_add(&system_failed, 1);
    event_raise(&system_changed);
}

uint32_t
vm_failed_count(void)
{
    return atomic_load(&system_failed);
}

/* ---- making ---- */

static void
forget(void)
{
    exception_close();
    dyn_close();
    code_close();
    profile_close();
    mirror_forget_all();
    class_index_forget();
    heap_stop();
}

static err_t
format_as(struct vm_worker *worker, const void *library, size_t byte_count, load_report_fn *report,
          void *context)
{
    word_t entry;
    err_t err = worker_join(worker);

    if (err != OK)
        return err;
    err = module_load(&worker->heap, library, byte_count, WORD_NULL, &entry, report, context);
    if (err == OK)
        err = pmem_safepoint(&worker->pmem);
    if (err == OK)
        err = exception_format(&worker->heap);
    worker_leave(worker);
    return err;
}

err_t
vm_format(const void *library, size_t byte_count, load_report_fn *report, void *context)
{
    static const struct heap_options options = { .nursery_bytes = FORMAT_NURSERY_BYTES };
    struct vm_worker worker = { 0 };
    err_t err;

    TRY(heap_format());
    TRY(heap_start(&options));
    err = code_init();
    if (err == OK)
        err = format_as(&worker, library, byte_count, report, context);
    forget();
    return err;
}

/* ---- starting ---- */

/*
 * Threads go on beside the programs, and may write at once. Where there is no room even for that
 * the machine does not start: nobody could be told, and with the first page written no commit would
 * succeed any more. What is kept will do: nobody runs yet who could make room.
 */
static err_t
credit_to_restart(struct vm_worker *worker)
{
    err_t err = pmem_safepoint(&worker->pmem);

    if (err != ERR_NOSPACE || worker->pmem.credit >= RESTART_PAGES)
        return err == ERR_NOSPACE ? OK : err;
    return pmem_reserve_kept(&worker->pmem, RESTART_PAGES);
}

static err_t
start_as(struct vm_worker *worker)
{
    err_t err = worker_join(worker);

    if (err != OK)
        return err;
    clock_start();
    thread_table_init();
    err = monitor_init();
    if (err == OK)
        err = limit_start();
    if (err == OK && !system_options.safe && thread_slot_count() > 0)
        err = credit_to_restart(worker);
    /* Before anybody in core/prim can wake a thread: else it would be queued twice. */
    if (err == OK)
        restart_begin(!system_options.safe);
    if (err == OK && !system_options.safe && !system_options.paused)
        err = prim_start(&worker->heap);
    worker_leave(worker);
    return err;
}

static unsigned
worker_count(void)
{
    unsigned count = system_options.workers;

    if (count == 0)
        count = plat_processor_count() > WORKERS_MIN ? plat_processor_count() : WORKERS_MIN;
    return count;
}

static void
read_magic(void *argument)
{
    *(uint64_t *)argument = pmem_load64(root_field(magic));
}

err_t
vm_start(const struct vm_options *options)
{
    struct vm_worker worker = { 0 };
    uint64_t magic;
    err_t err;

    system_options = *options;
#if defined(CHECKED) && CHECKED
    system_options.heap.move_always = true;
    system_options.heap.prove_cycles = true;
#endif
    if (system_options.heap.move_always) {
        system_options.heap.stay_bytes = MOVING_STAY_BYTES;
        system_options.heap.compact = HEAP_COMPACT_ALL;
    }
    atomic_store(&system_interrupted, false);
    atomic_store(&system_left, false);
    atomic_store(&system_called_off, false);
    atomic_store(&system_failed, 0);
    TRY(pmem_world_do(NULL, read_magic, &magic, 0));
    if (magic != SPACE_ROOT_MAGIC)
        return ERR_FOREIGN;
    TRY(heap_start(&system_options.heap));
    err = code_init();
    if (err == OK)
        err = sched_init(worker_count());
    if (err == OK)
        err = start_as(&worker);
    if (err == OK && !options->safe)
        err = sched_start();
    if (err != OK)
        vm_close();
    return err;
}

/* ---- installing a program ---- */

struct install {
    struct vm_worker *worker;
    const struct vm_program *program;
    uint32_t id;
    struct heap_handle application; /* in old space, so the word stays; nobody else holds it yet */
    ref_t thread;                   /* its main thread, from prepare() to publish() */
    load_report_fn *report;
    void *context;
};

/* Allocate again and again, with collections between, until it is there or cannot be. */
#define ALLOCATE(result, expression, bytes)                                                        \
    while (((result) = (expression)) == WORD_NULL)                                                 \
    TRY(heap_collect(&install->worker->heap, (bytes)))

/* Room in root.applications for one more. */
static err_t
reserve_entry(struct install *install, uint32_t count)
{
    ref_t table = pmem_load64(root_field(applications)), larger;
    uint32_t room = table != WORD_NULL ? array_length(table) : 0;

    if (count < room)
        return OK;
    room = room == 0 ? 16 : 2 * room;
    ALLOCATE(larger, heap_alloc_array(&install->worker->heap, CLASS_WORDS, KIND_WORDS, room),
             array_bytes(KIND_WORDS, room));
    table = pmem_load64(root_field(applications));
    for (uint32_t i = 0; i < count; i++)
        array_store_word(larger, i, array_load_word(table, i));
    SET_WORD(space_root, SPACE_ROOT, applications, larger);
    return OK;
}

/* The object itself, with a number, and a place in the table for later. */
static err_t
make_application(struct install *install)
{
    uint32_t count = pmem_load32(root_field(application_count));
    ref_t application;

    TRY(reserve_entry(install, count));
    ALLOCATE(application,
             heap_alloc_old(&install->worker->heap, sizeof(struct application_object),
                            CLASS_APPLICATION),
             sizeof(struct application_object));
    SET_U32(application_object, application, id, count + 1);
    SET_U32(application_object, application, state, APPLICATION_RUNNING);
    SET_U64(application_object, application, started_ns, vm_personal_ns());
    install->application.word = application;
    install->id = count + 1;
    return OK;
}

/* Bytes from outside as a string: what is no UTF-8 is taken for Latin-1. */
static ref_t
string_from_outside(struct heap_local *heap, const char *text)
{
    size_t bytes = text_length(text);
    struct string_form form;

    if (string_measure_utf8(text, bytes, &form))
        return heap_string_utf8(heap, text, bytes);
    return heap_string_latin1(heap, (const uint8_t *)text, bytes);
}

static err_t
fill_application(struct install *install)
{
    struct heap_local *heap = &install->worker->heap;
    const struct vm_program *program = install->program;
    ref_t string, array;

    ALLOCATE(string, string_from_outside(heap, program->name), 2 * text_length(program->name) + 32);
    SET_WORD(application_object, install->application.word, name, string);
    ALLOCATE(array, heap_alloc_array(heap, CLASS_WORDS, KIND_WORDS, program->argument_count),
             array_bytes(KIND_WORDS, program->argument_count));
    SET_WORD(application_object, install->application.word, arguments, array);
    for (unsigned i = 0; i < program->argument_count; i++) {
        TRY(heap_safepoint(&install->worker->heap));
        ALLOCATE(string, string_from_outside(heap, program->arguments[i]),
                 2 * text_length(program->arguments[i]) + 32);
        array_store_word(GET_WORD(application_object, install->application.word, arguments), i,
                         string);
    }
    return OK;
}

/* The static method "<entry>" "()v" of the class, or 0. */
static ref_t
find_entry(word_t class)
{
    ref_t methods = class != WORD_NULL ? GET_WORD(class_object, class, methods) : WORD_NULL;
    uint32_t count = methods != WORD_NULL ? array_length(methods) : 0;

    for (uint32_t i = 0; i < count; i++) {
        ref_t method = array_load_word(methods, i);
        uint32_t flags = GET_U32(method_object, method, flags);

        if (string_equal_utf8(GET_WORD(method_object, method, name), "<entry>", 7) &&
            string_equal_utf8(GET_WORD(method_object, method, signature), "()v", 3) &&
            (flags & MEMBER_STATIC) != 0 &&
            (flags & (METHOD_ABSTRACT | METHOD_PRIMITIVE | METHOD_SYNCHRONIZED)) == 0)
            return method;
    }
    return WORD_NULL;
}

/* Make the main thread, and give it its place; it does not run yet. */
static err_t
prepare(void *context, ref_t entry)
{
    struct install *install = context;
    struct heap_local *heap = &install->worker->heap;
    void **restart = heap->worker->restart;
    ref_t method = find_entry(entry), name;
    bool enlisted;

    if (method == WORD_NULL) {
        install->report(install->context, "the program has nothing to start: no method <entry>");
        return ERR_PROGRAM;
    }
    name = symbol_intern(heap, "main", 4);
    if (name == WORD_NULL)
        return ERR_NOMEM;
    install->thread = thread_make(heap, install->application.word, method, NULL, 0, name);
    if (install->thread == WORD_NULL)
        return ERR_NOMEM;
    heap->worker->restart = NULL; /* it takes a lock */
    enlisted = thread_enlist(install->thread);
    heap->worker->restart = restart;
    if (!enlisted)
        install->report(install->context, "there are too many threads");
    return enlisted ? OK : ERR_PROGRAM;
}

/*
 * The program is there, and runs. In the same epoch its classes became known, because no safepoint
 * lies between: so a snapshot has all of it, or nobody can see that it was ever tried.
 */
static void
publish(void *context)
{
    struct install *install = context;

    array_store_word(pmem_load64(root_field(applications)), install->id - 1,
                     install->application.word);
    pmem_store32(root_field(application_count), install->id);
    thread_go(install->thread);
}

static err_t
load_program(struct install *install)
{
    const struct vm_program *program = install->program;
    struct load_start start = { .prepare = prepare, .publish = publish, .context = install };

    TRY(fill_application(install));
    return module_load_and_start(&install->worker->heap, program->module, program->module_bytes,
                                 install->application.word, &start, install->report,
                                 install->context);
}

err_t
vm_install(const struct vm_program *program, uint32_t *application, load_report_fn *report,
           void *context)
{
    struct vm_worker worker = { 0 };
    struct install install = {
        .worker = &worker,
        .program = program,
        .report = report,
        .context = context,
    };
    err_t err;

    TRY(worker_join(&worker));
    heap_handle_open(&install.application, WORD_NULL);
    err = pmem_safepoint(&worker.pmem);
    while (err == ERR_NOSPACE && heap_make_room(&worker.heap, PMEM_WORKER_CREDIT))
        err = pmem_safepoint(&worker.pmem); /* a program that is gone had filled the volume */
    if (err == OK)
        err = make_application(&install);
    if (err == OK) {
        worker.heap.application = install.id;
        err = load_program(&install);
    }
    heap_handle_close(&install.application);
    worker_leave(&worker);
    if (err == OK)
        *application = install.id;
    return err;
}

/* ---- waiting and stopping ---- */

static void
count_running(void *argument)
{
    ref_t table = pmem_load64(root_field(applications));
    uint32_t count = pmem_load32(root_field(application_count)), *running = argument;

    for (uint32_t i = 0; i < count; i++) {
        word_t application = array_load_word(table, i);

        if (application != WORD_NULL && GET_U32(application_object, application, thread_count) > 0)
            (*running)++;
    }
}

enum vm_event
vm_wait(uint64_t deadline_ns)
{
    for (;;) {
        uint32_t seen = event_get(&system_changed), running = 0;

        if (atomic_exchange(&system_interrupted, false))
            return VM_INTERRUPTED;
        if (atomic_exchange(&system_left, false))
            return VM_LEFT;
        IGNORE(pmem_world_do(NULL, count_running, &running, 0), "it takes no credit");
        if (running == 0 && atomic_load(&system_enders) == 0)
            return VM_ALL_ENDED;
        if (plat_monotonic_ns() >= deadline_ns)
            return VM_DEADLINE;
        event_wait(&system_changed, seen, deadline_ns);
    }
}

void
vm_interrupt(void)
{
    atomic_store(&system_interrupted, true);
    event_raise(&system_changed);
}

bool
vm_break(void)
{
    return prim_break();
}

void
vm_leave(void)
{
    atomic_store(&system_left, true);
    event_raise(&system_changed);
}

void
vm_stop(void)
{
    struct vm_worker worker = { 0 };

    sched_stop();
    heap_cycle_stop(); /* its thread is a worker, too */
    if (system_options.safe || system_options.paused)
        return;
    prim_stop();
    if (worker_join(&worker) != OK)
        return; /* personal time will be that of the last snapshot */
    clock_stop(&worker);
    worker_leave(&worker);
}

void
vm_close(void)
{
    clock_close();
    monitor_close();
    sched_close();
    forget();
}

/* ---- stopping a program ---- */

static word_t
application_numbered(uint32_t id)
{
    if (id == 0 || id > pmem_load32(root_field(application_count)))
        return WORD_NULL;
    return array_load_word(pmem_load64(root_field(applications)), id - 1);
}

/* From what is kept; and when somebody makes room with that just now, afterwards. */
static err_t
reserve_to_end(struct vm_worker *worker, uint64_t pages)
{
    err_t err = pmem_reserve_kept(&worker->pmem, pages);
    bool made = true;

    while (err == ERR_NOSPACE && made) {
        made = heap_make_room(&worker->heap, pages);
        err = pmem_reserve_kept(&worker->pmem, pages);
    }
    return err;
}

/* To end a program may be the only way to room: what is kept for emergencies may be used. */
static err_t
safepoint_to_end(struct vm_worker *worker)
{
    err_t err = pmem_safepoint(&worker->pmem);

    if (err != ERR_NOSPACE || worker->pmem.credit >= END_PAGES / 2)
        return err == ERR_NOSPACE ? OK : err;
    return reserve_to_end(worker, END_PAGES);
}

static err_t
stop_as(struct vm_worker *worker, uint32_t id, bool remove, struct heap_handle *handle)
{
    word_t application;

    TRY(safepoint_to_end(worker));
    application = application_numbered(id);
    if (application == WORD_NULL)
        return ERR_NOT_FOUND;
    handle->word = application;
    if (GET_U32(application_object, application, state) == APPLICATION_RUNNING)
        SET_U32(application_object, application, state, APPLICATION_STOPPED);
    thread_end_application(application, 0);
    if (remove)
        array_store_word(pmem_load64(root_field(applications)), id - 1, WORD_NULL);
    return OK;
}

void
vm_call_off(void)
{
    atomic_store(&system_called_off, true);
    errand_look();
}

bool
system_is_called_off(void)
{
    return atomic_load(&system_called_off);
}

/* Let the world stop, if somebody wants that, or for so long. */
static void
step_aside(struct vm_worker *worker, uint64_t ns)
{
    static _Atomic uint32_t nothing;

    pmem_worker_away(&worker->pmem);
    if (ns > 0)
        plat_wait(&nothing, 0, plat_monotonic_ns() + ns);
    pmem_worker_back(&worker->pmem);
}

/* Is a thread of the program left that can be read? */
static bool
has_threads(struct vm_worker *worker, word_t application)
{
    for (uint32_t slot = 0; slot < thread_slot_count(); slot++) {
        ref_t thread = sched_bring_thread(worker, slot);

        if (thread != 0 && GET_WORD(thread_object, thread, application) == application)
            return true;
        if (slot % COUNT_SLOTS == 0)
            step_aside(worker, 0);
    }
    return false;
}

/*
 * Until its last thread has ended. The program counts them, but also those that are damaged, for
 * which nobody shall wait: once all were woken that could be, it is worth a look along the table,
 * now and then. Without workers no thread ends.
 */
static err_t
wait_for_end(struct vm_worker *worker, word_t application)
{
    for (unsigned i = 1; !system_options.safe; i++) {
        if (atomic_load(&system_called_off))
            return ERR_CANCELLED;
        if (GET_U32(application_object, application, thread_count) == 0 ||
            (i % COUNT_ROUNDS == 0 && !sched_ends_threads() && !has_threads(worker, application)))
            return OK;
        step_aside(worker, ROUND_NS);
    }
    return OK;
}

/*
 * A class lives as long as the volume, because its number is never given out again; what its
 * statics refer to need not.
 */
static err_t
forget_statics(struct vm_worker *worker, uint32_t id)
{
    uint32_t count = pmem_load32(root_field(class_count));

    for (uint32_t number = 1; number < count; number++) {
        ref_t class = pmem_load64(SPACE_CLASS_TABLE + 8ull * number);
        word_t owner = class == 0 ? WORD_NULL : GET_WORD(class_object, class, application);
        uint32_t length;

        if (owner == WORD_NULL || GET_U32(application_object, owner, id) != id ||
            GET_WORD(class_object, class, statics) == WORD_NULL)
            continue;
        length = array_length(GET_WORD(class_object, class, statics));
        for (uint32_t i = 0; i < length; i++) {
            if (i % 64 == 0)
                TRY(safepoint_to_end(worker));
            array_store_word(GET_WORD(class_object, class, statics), i, WORD_NULL);
        }
    }
    return OK;
}

static err_t
stop_and_wait(uint32_t id, bool remove)
{
    struct heap_handle application; /* old, so the word stays */
    struct vm_worker worker = { 0 };
    err_t err = worker_join(&worker), ended;

    if (err != OK)
        return err;
    heap_handle_open(&application, WORD_NULL);
    err = stop_as(&worker, id, remove, &application);
    if (err == OK) {
        pmem_unreserve(&worker.pmem, worker.pmem.credit); /* those who end may need it */
        ended = wait_for_end(&worker, application.word);
        if (remove)
            err = forget_statics(&worker, id); /* nobody can ask for that again */
        err = err == OK ? ended : err;
    }
    heap_handle_close(&application);
    worker_leave(&worker);
    return err;
}

/* A program that is removed is in no listing any more while its threads still run. */
static err_t
stop_application(uint32_t id, bool remove)
{
    err_t err;

    atomic_fetch_add(&system_enders, 1);
    err = stop_and_wait(id, remove);
    atomic_fetch_sub(&system_enders, 1);
    event_raise(&system_changed);
    return err;
}

err_t
vm_application_stop(uint32_t application)
{
    return stop_application(application, false);
}

err_t
vm_application_remove(uint32_t application)
{
    return stop_application(application, true);
}

/* ---- limiting one ---- */

static err_t
limit_as(struct vm_worker *worker, uint32_t id,
         void (*change)(struct vm_limits *limits, void *context), void *context)
{
    struct vm_limits limits;

    TRY(safepoint_to_end(worker));
    if (application_numbered(id) == WORD_NULL)
        return ERR_NOT_FOUND;
    limits = limit_get(id);
    change(&limits, context);
    return limit_set(worker, id, &limits);
}

err_t
vm_application_limit(uint32_t application, void (*change)(struct vm_limits *limits, void *context),
                     void *context)
{
    struct vm_worker worker = { 0 };
    err_t err = worker_join(&worker);

    if (err != OK)
        return err;
    err = limit_as(&worker, application, change, context);
    worker_leave(&worker);
    return err;
}
