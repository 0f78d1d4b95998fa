/*
 * compile.c - what a person types becomes code, or a question to the machine, without stopping
 * anything.
 *
 * Compiling is input and output: a thread hands its text over and parks, and a native thread, which
 * is no worker of the space but for moments, works in plain memory.
 *
 *   primitive --> request: copies of the texts --> service --> module --> the loader
 *       ^                                             |
 *       +---- result[0] = the class, or the errors <--+
 *
 * A request is volatile. All that lasts of it is the thread, which stands before the call, and
 * `result`, an array of the caller. The class comes into it in the same step in which it becomes
 * known, so every snapshot has both or neither. A thread that finds nothing there, and no request
 * of this run, begins anew. Its timer sees to that: nobody else wakes a thread whose request was
 * lost with the machine.
 *
 * Keeps true
 *   1. A request belongs to one call, by its ticket, which that call keeps in prim_raw.
 *   2. The service alone touches a request that is WORKING; a worker alone all others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/compile_priv.h"

#include "base/buffer.h"
#include "base/lock.h"
#include "base/memory.h"
#include "format/module.h"
#include "lang/lang.h"
#define LOG_MODULE "compile"
#include "base/log.h"
#include "plat/machine.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "prim/prims_priv.h"
#include "vm/class_index.h"
#include "vm/link.h"
#include "vm/thread.h"
#include "vm/vm.h"

/* Units of text that one piece of work copies, and the bytes that they may take. */
#define COPY_UNITS 1024u
#define COPY_BYTES (3 * COPY_UNITS)

/* How long a thread waits before it looks whether its request was lost. */
#define LOOK_NS 1000000000ull

/* How long to wait for memory. */
#define RETRY_NS       100000000ull

#define NAME_BYTES_MAX 200u /* of a name or a question */
#define PATH_BYTES_MAX 300
#define LOOK_BYTES     16384u

enum {
    TEXT_NAME, /* or the question */
    TEXT_SOURCE,
    TEXT_SCOPE,
    TEXT_COUNT,
};

enum request_kind {
    REQUEST_COMPILE,
    REQUEST_ASK,   /* a question to the machine */
    REQUEST_LOOK,  /* what is in an object */
    REQUEST_TRACE, /* where a thread is */
};

/*
 * FILLING -> WAITING -> WORKING -> DONE
 *
 *   FILLING  its thread copies the texts, piece by piece
 *   WAITING  it is whole
 *   WORKING  the service has it
 *   DONE     `err` and `said` are there; the class is in the result
 */
enum request_state {
    REQUEST_FILLING,
    REQUEST_WAITING,
    REQUEST_WORKING,
    REQUEST_DONE,
};

struct request {
    struct request *next;
    uint64_t ticket;
    uint64_t thread_id;
    uint32_t thread_slot;
    _Atomic enum request_state state; /* the last write to a request by who hands it over */
    struct heap_handle object;        /* the result; or what is looked at */
    struct heap_handle application;
    enum request_kind kind;
    unsigned text_count;
    struct buffer texts[TEXT_COUNT];
    unsigned text;  /* the one that is being copied */
    uint32_t units; /* of it, copied */
    struct buffer module;
    ref_t entry;        /* of the module, while it becomes known */
    struct buffer said; /* messages of the compiler, or what the loader complains of */
    err_t err;
};

static struct {
    uint64_t run; /* as the console's: what was kept for another run is void */
    struct lock lock;
    struct request *requests; /* under the lock, oldest first */
    uint64_t ticket;
    struct event work;
    _Atomic bool stopping;
    struct plat_thread *thread; /* NULL until somebody asks: most volumes never compile */
} service;

/* The service as a worker of the space. */
struct service_worker {
    struct pmem_worker pmem;
    struct heap_local heap;
};

/* ---- requests ---- */

static void
request_free(struct request *request)
{
    heap_handle_close(&request->object);
    heap_handle_close(&request->application);
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        buffer_free(&request->texts[i]);
    buffer_free(&request->module);
    buffer_free(&request->said);
    plat_free(request, sizeof *request);
}

/* The request of a call, or NULL. */
static struct request *
request_of(const struct prim_call *call)
{
    struct request *request = NULL;

    if (prim_progress2(call) != service.run)
        return NULL;
    lock_acquire(&service.lock);
    for (request = service.requests; request != NULL; request = request->next) {
        if (request->ticket == prim_progress(call))
            break;
    }
    lock_release(&service.lock);
    return request;
}

/* The caller is a RUNNING worker. */
static void
request_drop(struct request *request)
{
    struct request **at = &service.requests;

    lock_acquire(&service.lock);
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    lock_release(&service.lock);
    request_free(request);
}

/* A request of this thread which is done with, but for what the service works on; or NULL. */
static struct request *
left_behind(uint64_t thread_id)
{
    struct request *request;

    lock_acquire(&service.lock);
    for (request = service.requests; request != NULL; request = request->next) {
        if (request->thread_id == thread_id && atomic_load(&request->state) != REQUEST_WORKING)
            break;
    }
    lock_release(&service.lock);
    return request;
}

/* Put it at the end of the list, with a ticket. Behind the wall. */
static void
request_enlist(struct request *request, const struct prim_call *call)
{
    struct request **end = &service.requests;

    request->thread_id = GET_U64(thread_object, call->thread, id);
    request->thread_slot = GET_U32(thread_object, call->thread, slot);
    heap_handle_open(&request->object,
                     request->kind == REQUEST_ASK ? WORD_NULL : call->words[request->text_count]);
    heap_handle_open(&request->application, GET_WORD(thread_object, call->thread, application));
    atomic_store(&request->state, REQUEST_FILLING);
    lock_acquire(&service.lock);
    request->ticket = ++service.ticket;
    while (*end != NULL)
        end = &(*end)->next;
    *end = request;
    lock_release(&service.lock);
}

/* ---- the compiler's host ---- */

/* ".internal.string" is at internal/string.ph. */
static bool
find_class(void *context, const char *class_name, const char *importing_path,
           struct lang_source *source, bool *library)
{
    char path[PATH_BYTES_MAX];
    size_t count = text_length(class_name);

    (void)context;
    (void)importing_path;
    if (count < 2 || count + 3 > sizeof path)
        return false;
    for (size_t i = 1; i < count; i++)
        path[i - 1] = class_name[i] == '.' ? '/' : class_name[i];
    memcpy(path + count - 1, ".ph", 4);
    *library = true;
    return vm_options_get()->find_library(path, source);
}

static void
keep_message(void *context, const struct lang_message *message)
{
    struct request *request = context;

    if (message->severity == LANG_ERROR)
        IGNORE(lang_message_format(message, false, &request->said), "a shorter list is one, too");
}

static void
keep_complaint(void *context, const char *line)
{
    struct request *request = context;

    IGNORE(buffer_format(&request->said, "%s\n", line), "a shorter list is one, too");
}

/* ---- the service ---- */

static err_t
look(struct request *request)
{
    size_t count;

    TRY(buffer_reserve(&request->said, LOOK_BYTES));
    TRY(vm_show_object(&request->object, (char *)request->said.bytes, LOOK_BYTES, &count));
    request->said.count = count;
    return OK;
}

static err_t
trace_frames(struct request *request)
{
    size_t count;

    TRY(buffer_reserve(&request->said, LOOK_BYTES));
    TRY(vm_thread_trace(&request->object, (char *)request->said.bytes, LOOK_BYTES, &count));
    request->said.count = count;
    return OK;
}

/* OK: it is answered; ERR_PROGRAM: it said why not. */
static err_t
ask(struct request *request)
{
    const struct vm_options *options = vm_options_get();

    TRY(buffer_terminate(&request->texts[0]));
    return options->answer(options->answer_context, (const char *)request->texts[0].bytes,
                           &request->said)
               ? OK
               : ERR_PROGRAM;
}

static err_t
compile(struct request *request)
{
    struct lang_host host = { .context = request, .find = find_class, .message = keep_message };
    struct lang_line line = {
        .source = { .text = (const char *)request->texts[TEXT_SOURCE].bytes,
                    .byte_count = request->texts[TEXT_SOURCE].count },
        .scope = (const char *)request->texts[TEXT_SCOPE].bytes,
        .scope_bytes = request->texts[TEXT_SCOPE].count,
    };

    TRY(buffer_terminate(&request->texts[TEXT_NAME]));
    line.source.path = (const char *)request->texts[TEXT_NAME].bytes;
    return lang_compile_line(&host, &line, &request->module);
}

static err_t
note_entry(void *context, ref_t entry)
{
    struct request *request = context;

    request->entry = entry;
    return OK;
}

static void
publish(void *context)
{
    struct request *request = context;

    array_store_word(request->object.word, 0, request->entry);
}

/* The class becomes known, and is the result, in one step. */
static err_t
load(struct service_worker *worker, struct request *request)
{
    struct load_start start = { .prepare = note_entry, .publish = publish, .context = request };
    err_t err = pmem_safepoint(&worker->pmem);

    if (err != OK)
        return err;
    heap_local_charge(&worker->heap, class_application_id(request->application.word));
    err = module_load_and_start(&worker->heap, request->module.bytes, request->module.count,
                                request->application.word, &start, keep_complaint, request);
    heap_local_charge(&worker->heap, 0);
    return err;
}

/* Tell the thread, which may be gone. */
static void
hand_over(struct service_worker *worker, struct request *request)
{
    uint32_t slot = request->thread_slot;
    uint64_t id = request->thread_id;
    ref_t thread = thread_find(slot, id);

    if (thread == WORD_NULL)
        request_drop(request);
    else
        atomic_store(&request->state, REQUEST_DONE); /* its thread may take it from here on */
    if (pmem_safepoint(&worker->pmem) != OK)
        return; /* its timer wakes it */
    thread = thread_find(slot, id);
    if (thread != WORD_NULL)
        thread_wake(thread);
}

/* Become a worker of the space, for a moment. False when the machine stops before there is memory.
 */
static bool
join(struct service_worker *worker)
{
    *worker = (struct service_worker){ 0 };
    while (pmem_worker_join(&worker->pmem) != OK) {
        if (atomic_load(&service.stopping))
            return false;
        log_warn("no memory to hand over what was compiled; waiting for some");
        event_wait(&service.work, event_get(&service.work), plat_monotonic_ns() + RETRY_NS);
    }
    heap_local_join(&worker->heap, &worker->pmem);
    return true;
}

static void
leave(struct service_worker *worker)
{
    heap_local_leave(&worker->heap);
    pmem_worker_leave(&worker->pmem);
}

static void
serve(struct request *request)
{
    struct service_worker worker;

    if (request->kind == REQUEST_ASK)
        request->err = ask(request);
    else if (request->kind == REQUEST_LOOK)
        request->err = look(request);
    else if (request->kind == REQUEST_TRACE)
        request->err = trace_frames(request);
    else
        request->err = compile(request);
    if (!join(&worker))
        return; /* it is lost with this run */
    if (request->kind == REQUEST_COMPILE && request->err == OK)
        request->err = load(&worker, request);
    hand_over(&worker, request);
    leave(&worker);
}

/* The oldest that waits, which is the service's from now on; or NULL. */
static struct request *
take_waiting(void)
{
    struct request *request;

    lock_acquire(&service.lock);
    for (request = service.requests; request != NULL; request = request->next) {
        if (atomic_load(&request->state) == REQUEST_WAITING) {
            atomic_store(&request->state, REQUEST_WORKING);
            break;
        }
    }
    lock_release(&service.lock);
    return request;
}

static void
service_main(void *argument)
{
    struct service_worker worker;
    struct request *request;

    (void)argument;
    while (!atomic_load(&service.stopping)) {
        uint32_t seen = event_get(&service.work);

        request = take_waiting();
        if (request != NULL)
            serve(request);
        else
            event_wait(&service.work, seen, PLAT_NO_DEADLINE);
    }
    if (service.requests == NULL || !join(&worker))
        return;
    while (service.requests != NULL)
        request_drop(service.requests);
    leave(&worker);
}

void
compile_start(void)
{
    memset(&service, 0, sizeof service);
    lock_init(&service.lock, LOCK_RANK_CONSOLE);
    plat_entropy(&service.run, sizeof service.run);
    service.run |= 1; /* not 0 */
}

void
compile_stop(void)
{
    atomic_store(&service.stopping, true);
    event_raise(&service.work);
    plat_thread_join(service.thread);
    service.thread = NULL;
}

/* ---- the primitives ---- */

/* True if there is a service; made by the first who asks, so that others pay nothing. */
static bool
service_is_up(void)
{
    bool up;

    lock_acquire(&service.lock);
    up = service.thread != NULL ||
         plat_thread_create(&service.thread, "compile", service_main, NULL) == OK;
    lock_release(&service.lock);
    return up;
}

static enum prim_answer
begin(struct prim_call *call, enum request_kind kind)
{
    static const unsigned text_counts[] = {
        [REQUEST_COMPILE] = TEXT_COUNT,
        [REQUEST_ASK] = 1,
        [REQUEST_LOOK] = 0,
        [REQUEST_TRACE] = 0,
    };
    uint64_t thread_id = GET_U64(thread_object, call->thread, id);
    struct request *request, *old;

    request = service_is_up() ? plat_alloc(sizeof *request) : NULL;
    if (request == NULL)
        return prim_throw(call, VM_ERROR_MEMORY, "no memory to compile");
    request->kind = kind;
    request->text_count = text_counts[kind];
    prim_invoke(call);
    while ((old = left_behind(thread_id)) != NULL)
        request_drop(old);
    request_enlist(request, call);
    return prim_again(call, request->ticket, service.run);
}

/* Copy one piece of the texts. False after an answer that says why not. */
static bool
copy_piece(struct prim_call *call, struct request *request, enum prim_answer *answer)
{
    char bytes[COPY_BYTES];
    ref_t text = call->words[request->text];
    uint32_t units = request->units;
    size_t room = request->text == TEXT_NAME ? NAME_BYTES_MAX : sizeof bytes;
    size_t count = string_to_utf8(text, &units, bytes, room);

    if (request->text == TEXT_NAME && units < array_length(text)) {
        *answer =
            prim_throw(call, VM_ERROR_ARGUMENT, "this is longer than %u bytes", NAME_BYTES_MAX);
        return false;
    }
    if (buffer_append(&request->texts[request->text], bytes, count) != OK) {
        *answer = prim_throw(call, VM_ERROR_MEMORY, "no memory to compile");
        return false;
    }
    request->units = units;
    if (units == array_length(text)) {
        request->text++;
        request->units = 0;
    }
    return true;
}

/* Behind the last piece, wait. */
static enum prim_answer
fill(struct prim_call *call, struct request *request)
{
    enum prim_answer answer;

    if (request->text < request->text_count && !copy_piece(call, request, &answer))
        return answer;
    if (request->text == request->text_count) {
        atomic_store(&request->state, REQUEST_WAITING);
        event_raise(&service.work);
    }
    return prim_again(call, request->ticket, service.run);
}

static enum prim_answer
await(struct prim_call *call)
{
    prim_invoke(call);
    return prim_park(call, WORD_NULL, vm_personal_ns() + LOOK_NS);
}

/* What the service has to say, as a string. */
static enum prim_answer
answer_text(struct prim_call *call, struct request *request)
{
    const char *said = (const char *)request->said.bytes;
    struct string_form form;
    ref_t text;

    if (!string_measure_utf8(said, request->said.count, &form))
        return prim_throw(call, VM_ERROR_STATE, "the answer is no text");
    text = heap_string_utf8(call->heap, said, request->said.count);
    if (text == 0)
        return prim_collect(call, 2 * request->said.count + ARRAY_HEADER_BYTES);
    prim_invoke(call);
    request_drop(request);
    return prim_return_word(call, text);
}

static enum prim_answer
answer_trouble(struct prim_call *call, err_t err)
{
    if (err == ERR_NOMEM)
        return prim_throw(call, VM_ERROR_MEMORY, "no memory to compile");
    if (err == ERR_NOSPACE)
        return prim_throw(call, VM_ERROR_SPACE, "no room for what was compiled");
    return prim_throw(call, VM_ERROR_STATE, "this cannot be had: %s", err_text(err));
}

/* It did not become a class: null if it wants more, else why. */
static enum prim_answer
answer_errors(struct prim_call *call, struct request *request)
{
    if (request->err == ERR_END) {
        prim_invoke(call);
        request_drop(request);
        return prim_return_word(call, WORD_NULL);
    }
    if (request->err == ERR_NOMEM || request->err == ERR_NOSPACE || request->said.count == 0)
        return answer_trouble(call, request->err);
    return answer_text(call, request);
}

/* It may be that of another run, of which nothing else is left. */
static enum prim_answer
answer_class(struct prim_call *call, word_t class)
{
    struct request *request = request_of(call);

    prim_invoke(call);
    if (request != NULL && atomic_load(&request->state) == REQUEST_DONE)
        request_drop(request);
    return prim_return_word(call, class);
}

static bool
has_result(const struct prim_call *call)
{
    return prim_is(call->words[TEXT_COUNT], CLASS_WORDS) &&
           array_length(call->words[TEXT_COUNT]) > 0;
}

/* Name, text, scope, and an array for the class: the class; a string of errors; null: it wants
 * more. */
enum prim_answer
prim_compile_line(struct prim_call *call)
{
    struct request *request;
    word_t class;

    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        if (!prim_is_string(call, i))
            return prim_refuse(call, i, "a string");
    }
    if (!has_result(call))
        return prim_refuse(call, TEXT_COUNT, "an array of one word");
    class = array_load_word(call->words[TEXT_COUNT], 0);
    if (class != WORD_NULL)
        return answer_class(call, class);
    if (thread_is_interrupted(call->thread))
        return thread_throw_interrupt(call);
    if (vm_options_get()->find_library == NULL)
        return prim_throw(call, VM_ERROR_STATE, "this machine has no compiler");
    request = request_of(call);
    if (request == NULL)
        return begin(call, REQUEST_COMPILE);
    switch (atomic_load(&request->state)) {
    case REQUEST_FILLING:
        return fill(call, request);
    case REQUEST_DONE:
        return answer_errors(call, request);
    default:
        return await(call);
    }
}

/* True for the program by which a person works: the one that `phantom shell` starts. */
static bool
is_operator(const struct prim_call *call)
{
    word_t application = GET_WORD(thread_object, call->thread, application);
    word_t name =
        application != WORD_NULL ? GET_WORD(application_object, application, name) : WORD_NULL;

    return name != WORD_NULL && string_equal_utf8(name, VM_SHELL_NAME, sizeof VM_SHELL_NAME - 1);
}

/* What is answered by a text. */
static enum prim_answer
inquire(struct prim_call *call, enum request_kind kind)
{
    struct request *request;

    if (thread_is_interrupted(call->thread))
        return thread_throw_interrupt(call);
    request = request_of(call);
    if (request == NULL)
        return begin(call, kind);
    switch (atomic_load(&request->state)) {
    case REQUEST_FILLING:
        return fill(call, request);
    case REQUEST_DONE:
        return request->err == OK || request->err == ERR_PROGRAM
                   ? answer_text(call, request)
                   : answer_trouble(call, request->err);
    default:
        return await(call);
    }
}

/* What is answered only to the operator. */
static enum prim_answer
question(struct prim_call *call, enum request_kind kind)
{
    if (!is_operator(call))
        return prim_throw(call, VM_ERROR_ACCESS, "only the shell may ask the machine");
    return inquire(call, kind);
}

/*
 * A question, as control/answer.h has them. Not for every program: who may ask may end any other,
 * and see all that they know (law 6).
 */
enum prim_answer
prim_machine_ask(struct prim_call *call)
{
    if (!prim_is_string(call, 0))
        return prim_refuse(call, 0, "a string");
    if (vm_options_get()->answer == NULL)
        return prim_throw(call, VM_ERROR_STATE, "this machine answers no questions");
    return question(call, REQUEST_ASK);
}

/* What is in an object, also what its class keeps to itself. */
enum prim_answer
prim_machine_look(struct prim_call *call)
{
    if (call->words[0] == WORD_NULL)
        return prim_refuse(call, 0, "an object");
    return question(call, REQUEST_LOOK);
}
/* Where a thread is, a line for each frame: for whoever has it. */
enum prim_answer
prim_thread_trace(struct prim_call *call)
{
    if (!prim_is(call->words[0], CLASS_THREAD))
        return prim_refuse(call, 0, "a thread");
    return inquire(call, REQUEST_TRACE);
}

/* The static method of a class that was typed, or 0. */
static ref_t
own_method(ref_t class, const char *name)
{
    ref_t methods = GET_WORD(class_object, class, methods);
    uint32_t count = methods != WORD_NULL ? array_length(methods) : 0;

    for (uint32_t i = 0; i < count; i++) {
        ref_t method = array_load_word(methods, i);

        if (string_equal_utf8(GET_WORD(method_object, method, name), name, text_length(name)) &&
            string_equal_utf8(GET_WORD(method_object, method, signature), "()w", 3) &&
            (GET_U32(method_object, method, flags) & MEMBER_STATIC) != 0)
            return method;
    }
    return 0;
}

/* Only methods whose names no source can write, so nobody gets at what a class keeps private. */
static enum prim_answer
call_own(struct prim_call *call, const char *name)
{
    ref_t method;

    if (!prim_is(call->words[0], CLASS_CLASS))
        return prim_refuse(call, 0, "a class");
    method = own_method(call->words[0], name);
    if (method == 0)
        return prim_return_word(call, WORD_NULL);
    return prim_tail_call(call, method, NULL, 0);
}

/* The statements of a text; null, too, if it has none. */
enum prim_answer
prim_compile_run(struct prim_call *call)
{
    return call_own(call, "<line>");
}

enum prim_answer
prim_compile_scope(struct prim_call *call)
{
    return call_own(call, "<scope>");
}
