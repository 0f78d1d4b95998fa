/*
 * exception.c - throwing, finding the handler, and telling people.
 *
 * thread.pending holds an exception from the throw until its handler is found.
 * Each step of the way, one frame popped with what it held, leaves a state from which
 * the rest can be done: a fault or a restart in the middle goes on with
 * exception_unwind().
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "base/trace.h"
#include "heap/text.h"
#include "object/array.h"
#include "vm/class_index.h"
#include "vm/pool.h"
#include "vm/worker_priv.h"

#define LOG_MODULE "program"
#include "base/log.h"

#define TRACE_FRAMES_MAX 64
#define TEXT_BYTES       512

static const char *const error_names[VM_ERROR_COUNT] = {
    [VM_ERROR_NULL] = ".internal.error.null",
    [VM_ERROR_BOUNDS] = ".internal.error.bounds",
    [VM_ERROR_CAST] = ".internal.error.cast",
    [VM_ERROR_ARITHMETIC] = ".internal.error.arithmetic",
    [VM_ERROR_ARGUMENT] = ".internal.error.argument",
    [VM_ERROR_STATE] = ".internal.error.state",
    [VM_ERROR_NO_METHOD] = ".internal.error.no_method",
    [VM_ERROR_ACCESS] = ".internal.error.access",
    [VM_ERROR_STACK_OVERFLOW] = ".internal.error.stack_overflow",
    [VM_ERROR_MEMORY] = ".internal.error.memory",
    [VM_ERROR_SPACE] = ".internal.error.space",
    [VM_ERROR_DAMAGE] = ".internal.error.damage",
    [VM_ERROR_STATIC] = ".internal.error.static",
    [VM_ERROR_INTERRUPT] = ".internal.error.interrupt",
};

/* Volatile: numbers of the classes, once found; and where class .internal.error has its fields. */
static _Atomic uint32_t error_classes[VM_ERROR_COUNT];
static _Atomic uint32_t error_root;
static _Atomic uint32_t message_offset, trace_offset;

void
exception_close(void)
{
    for (unsigned i = 0; i < VM_ERROR_COUNT; i++)
        atomic_store(&error_classes[i], 0);
    atomic_store(&error_root, 0);
    atomic_store(&message_offset, 0);
    atomic_store(&trace_offset, 0);
}

/* ---- classes and fields of errors ---- */

static uint32_t
find_number(const char *name)
{
    uint32_t number;

    return class_find(0, name, text_length(name), &number) == OK ? number : 0;
}

static uint32_t
field_offset(ref_t class, const char *name)
{
    ref_t fields = GET_WORD(class_object, class, fields);
    uint32_t count = fields != WORD_NULL ? array_length(fields) : 0;

    for (uint32_t i = 0; i < count; i++) {
        ref_t field = array_load_word(fields, i);

        if (string_equal_utf8(GET_WORD(field_object, field, name), name, text_length(name)) &&
            (GET_U32(field_object, field, flags) & MEMBER_STATIC) == 0)
            return GET_U32(field_object, field, offset);
    }
    return 0;
}

/* The class .internal.error; NULL where there is no such library. */
static struct class_mirror *
error_class_root(void)
{
    uint32_t number = atomic_load(&error_root);

    if (number == 0) {
        number = find_number(".internal.error");
        if (number == 0)
            return NULL;
        atomic_store(&message_offset, field_offset(class_of_number(number), "message"));
        atomic_store(&trace_offset, field_offset(class_of_number(number), "trace"));
        atomic_store(&error_root, number);
    }
    return mirror_of_class(number);
}

static bool
is_error(word_t exception)
{
    struct class_mirror *root = error_class_root(), *class;

    if (word_tag(exception) != TAG_REF || root == NULL)
        return false;
    class = mirror_of_class(word_class_number(exception));
    return class != NULL && mirror_is_subclass(class, root);
}

static uint32_t
error_class(enum vm_error error)
{
    uint32_t number = atomic_load(&error_classes[error]);

    if (number == 0) {
        number = find_number(error_names[error]);
        atomic_store(&error_classes[error], number);
    }
    return number;
}

bool
exception_is_from_outside(word_t exception)
{
    static const enum vm_error errors[] = { VM_ERROR_INTERRUPT, VM_ERROR_MEMORY, VM_ERROR_SPACE,
                                            VM_ERROR_STACK_OVERFLOW, VM_ERROR_DAMAGE };
    struct class_mirror *class, *error;

    if (!is_error(exception))
        return false;
    class = mirror_of_class(word_class_number(exception));
    for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        error = error_class(errors[i]) != 0 ? mirror_of_class(error_class(errors[i])) : NULL;
        if (error != NULL && mirror_is_subclass(class, error))
            return true;
    }
    return false;
}

/* ---- texts ---- */

size_t
exception_copy_text(word_t string, char *buffer, size_t buffer_bytes)
{
    size_t bytes = 0;

    if (string != WORD_NULL)
        bytes = string_to_utf8(string, NULL, buffer, buffer_bytes - 1);
    buffer[bytes] = 0;
    return bytes;
}

uint32_t
exception_line(ref_t method, uint32_t pc)
{
    ref_t lines = GET_WORD(method_object, method, lines);
    uint32_t count = lines != WORD_NULL ? array_length(lines) / 2 : 0, line = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = array_at(lines, KIND_RAW32, 2 * (uint64_t)i);

        if (pmem_load32(at) > pc)
            break;
        line = pmem_load32(at + 4);
    }
    return line;
}

size_t
exception_source(ref_t class, char *buffer, size_t buffer_bytes)
{
    size_t bytes;

    if (GET_WORD(class_object, class, application) != WORD_NULL)
        return exception_copy_text(GET_WORD(class_object, class, source), buffer, buffer_bytes);
    /* The class library is one module; its classes lie in files of their names. */
    bytes = exception_copy_text(GET_WORD(class_object, class, name), buffer, buffer_bytes);
    if (bytes < 2 || bytes + 4 > buffer_bytes)
        return bytes;
    memmove(buffer, buffer + 1, bytes);
    bytes--;
    for (size_t i = 0; i < bytes; i++)
        buffer[i] = buffer[i] == '.' ? '/' : buffer[i];
    memcpy(buffer + bytes, ".ph", 4);
    return bytes + 3;
}

static ref_t
method_object_of(uint32_t number)
{
    return pmem_load64(SPACE_METHOD_TABLE + 8 * (uint64_t)number);
}

size_t
exception_frame_text(uint32_t method, uint32_t pc, char *buffer, size_t buffer_bytes)
{
    char class_name[160], name[96], file[128];
    ref_t object = method_object_of(method);
    ref_t owner = GET_WORD(method_object, object, owner);
    uint32_t line = exception_line(object, pc);

    exception_copy_text(GET_WORD(class_object, owner, name), class_name, sizeof class_name);
    exception_copy_text(GET_WORD(method_object, object, name), name, sizeof name);
    if (exception_source(owner, file, sizeof file) == 0)
        return format(buffer, buffer_bytes, "%s.%s", class_name, name);
    if (line == 0)
        return format(buffer, buffer_bytes, "%s.%s (%s)", class_name, name, file);
    return format(buffer, buffer_bytes, "%s.%s (%s:%u)", class_name, name, file, (unsigned)line);
}

void
exception_method_text(uint32_t method, char *text, size_t text_bytes, char *file, size_t file_bytes)
{
    char class_name[160], name[96];
    ref_t object = method_object_of(method);
    ref_t owner = GET_WORD(method_object, object, owner);

    exception_copy_text(GET_WORD(class_object, owner, name), class_name, sizeof class_name);
    exception_copy_text(GET_WORD(method_object, object, name), name, sizeof name);
    format(text, text_bytes, "%s.%s", class_name, name);
    exception_source(owner, file, file_bytes);
}

size_t
exception_text(word_t exception, char *buffer, size_t buffer_bytes)
{
    char class_name[160], message[TEXT_BYTES];
    uint32_t number = word_class_number(exception);

    if (number == CLASS_STRING)
        return exception_copy_text(exception, buffer, buffer_bytes);
    if (word_tag(exception) == TAG_INT)
        return format(buffer, buffer_bytes, "%d", (int)word_to_int(exception));
    exception_copy_text(GET_WORD(class_object, class_of_number(number), name), class_name,
                        sizeof class_name);
    if (!is_error(exception) || atomic_load(&message_offset) == 0 ||
        exception_copy_text(obj_load_word(exception, atomic_load(&message_offset)), message,
                            sizeof message) == 0)
        return format(buffer, buffer_bytes, "%s", class_name);
    return format(buffer, buffer_bytes, "%s: %s", class_name, message);
}

static bool
utf8_whole(const char *text, size_t *bytes)
{
    struct string_form form;

    /* A text that was cut to fit may end inside a character. */
    while (*bytes > 0 && !string_measure_utf8(text, *bytes, &form))
        (*bytes)--;
    return *bytes > 0;
}

ref_t
exception_string(struct vm_worker *worker, const char *text, size_t bytes)
{
    utf8_whole(text, &bytes);
    return heap_string_utf8(&worker->heap, text, bytes);
}

/* ---- the trace ---- */

/* Where the running thread is, as an array of strings. 0: collect first. */
static ref_t
trace_make(struct vm_worker *worker)
{
    struct frame_walk walk;
    char text[TEXT_BYTES];
    uint32_t count = 1;
    ref_t array;

    frame_save(worker);
    walk = frame_walk_begin(worker->thread);
    while (count < TRACE_FRAMES_MAX && frame_walk_next(&walk))
        count++;
    array = heap_alloc_array(&worker->heap, CLASS_WORDS, KIND_WORDS, count);
    if (array == WORD_NULL)
        return WORD_NULL;
    walk = frame_walk_begin(worker->thread);
    for (uint32_t i = 0; i < count; i++) {
        size_t bytes = exception_frame_text(walk.method, walk.pc, text, sizeof text);
        ref_t line = exception_string(worker, text, bytes < sizeof text ? bytes : sizeof text - 1);

        if (line == WORD_NULL)
            return WORD_NULL;
        array_store_word(array, i, line);
        frame_walk_next(&walk);
    }
    return array;
}

/* See that the exception knows where it was thrown. False: collect first. */
static bool
trace_set(struct vm_worker *worker, word_t exception)
{
    bool error = is_error(exception) && atomic_load(&trace_offset) != 0;
    ref_t trace;

    if (error && obj_load_word(exception, atomic_load(&trace_offset)) != WORD_NULL)
        return true; /* thrown again */
    trace = trace_make(worker);
    if (trace == WORD_NULL)
        return false;
    SET_WORD(thread_object, worker->thread, trace, trace);
    if (error)
        obj_store_word(exception, atomic_load(&trace_offset), trace);
    return true;
}

/* ---- throwing ---- */

void
exception_set(struct vm_worker *worker, word_t exception)
{
    SET_WORD(thread_object, worker->thread, pending, exception);
    thread_progress_clear(worker->thread); /* the instruction that threw is not run again */
    if (thread_is_outside(worker->thread)) /* its monitor is damaged: it cannot be had back */
        thread_flags_clear(worker->thread, THREAD_FLAG_OUTSIDE);
    monitor_pass_on(worker, worker->thread);
}

/* A new error object, or the message alone where there is no such class. 0: collect first. */
static word_t
error_make(struct vm_worker *worker, enum vm_error error, const char *message, size_t bytes)
{
    uint32_t number = error_class(error);
    struct class_mirror *class;
    ref_t text = exception_string(worker, message, bytes), object;

    if (text == WORD_NULL || number == 0)
        return text;
    class = mirror_of_class(number);
    if (class == NULL)
        return text;
    object = heap_alloc(&worker->heap, class->instance_bytes, number);
    if (object != WORD_NULL && error_class_root() != NULL && atomic_load(&message_offset) != 0)
        obj_store_word(object, atomic_load(&message_offset), text);
    return object;
}

bool
exception_set_error(struct vm_worker *worker, enum vm_error error, const char *text, va_list values)
{
    struct space_root *root = (struct space_root *)SPACE_ROOT;
    char message[TEXT_BYTES];
    size_t bytes = format_list(message, sizeof message, text, values);
    word_t exception = WORD_NULL;

    if (bytes >= sizeof message)
        bytes = sizeof message - 1;
    if (error == VM_ERROR_MEMORY)
        exception = pmem_load64((uint64_t)(uintptr_t)&root->out_of_memory);
    if (exception == WORD_NULL) {
        exception = error_make(worker, error, message, bytes);
        if (exception == WORD_NULL || !trace_set(worker, exception))
            return false;
    }
    trace(THROW, GET_U64(thread_object, worker->thread, id), word_class_number(exception));
    exception_set(worker, exception);
    if (error == VM_ERROR_INTERRUPT)
        thread_flags_clear(worker->thread, THREAD_FLAG_INTERRUPTED);
    return true;
}

void
exception_throw(struct vm_worker *worker, enum vm_error error, const char *text, ...)
{
    va_list values;
    bool thrown;

    if (!sched_credit(worker, 24))
        return;
    va_start(values, text);
    thrown = exception_set_error(worker, error, text, values);
    va_end(values);
    if (thrown)
        exception_unwind(worker);
    else
        sched_collect(worker, EXCEPTION_BYTES_MAX);
}

static word_t
prepared(err_t err)
{
    return pmem_load64(SPACE_ROOT + (err == ERR_NOSPACE
                                         ? offsetof(struct space_root, out_of_space)
                                         : offsetof(struct space_root, out_of_memory)));
}

void
exception_throw_prepared(struct vm_worker *worker, err_t err)
{
    if (!sched_credit(worker, 8))
        return;
    exception_set(worker, prepared(err));
    exception_unwind(worker);
}

word_t
exception_prepared_text(err_t err)
{
    word_t exception = prepared(err);

    if (!is_error(exception) || atomic_load(&message_offset) == 0)
        return exception; /* without a class for it, it is its text */
    return obj_load_word(exception, atomic_load(&message_offset));
}

void
exception_throw_class(struct vm_worker *worker, enum vm_error error,
                      const struct class_mirror *class, const char *text, word_t symbol)
{
    char class_name[160], name[96];

    exception_copy_text(GET_WORD(class_object, class->class, name), class_name, sizeof class_name);
    exception_copy_text(symbol, name, sizeof name);
    exception_throw(worker, error, "class %s %s%s", class_name, text, name);
}

void
exception_throw_object(struct vm_worker *worker, word_t exception)
{
    if (!sched_credit(worker, 24))
        return;
    if (!trace_set(worker, exception)) {
        sched_collect(worker, EXCEPTION_BYTES_MAX);
        return;
    }
    trace(THROW, GET_U64(thread_object, worker->thread, id), word_class_number(exception));
    exception_set(worker, exception);
    exception_unwind(worker);
}

/* ---- finding the handler ---- */

static bool
handler_takes(ref_t method, uint32_t class_entry, word_t exception)
{
    struct class_mirror *wanted, *class;
    ref_t pool;

    if (class_entry == 0)
        return true;
    pool = GET_WORD(method_object, method, pool);
    wanted = mirror_of_class(GET_U32(class_object, pool_entry(pool, class_entry), number));
    class = mirror_of_class(word_class_number(exception));
    return wanted != NULL && class != NULL && mirror_is_subclass(class, wanted);
}

/* Where the running frame's handler for the exception begins; false if there is none. */
static bool
find_handler(struct vm_worker *worker, word_t exception, uint32_t *handler)
{
    ref_t method = code_running(worker)->method;
    ref_t table = GET_WORD(method_object, method, handlers);
    uint32_t count = table != WORD_NULL ? array_length(table) / 4 : 0, pc = code_pc(worker);

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = array_at(table, KIND_RAW32, 4 * (uint64_t)i);

        if (pc >= pmem_load32(at) && pc < pmem_load32(at + 4) &&
            handler_takes(method, pmem_load32(at + 12), exception)) {
            *handler = pmem_load32(at + 8);
            return true;
        }
    }
    return false;
}

static void
enter_handler(struct vm_worker *worker, word_t exception, uint32_t handler)
{
    const struct code *code = code_running(worker);

    worker->word_top = worker->word_locals + code->word_locals;
    *worker->word_top++ = exception;
    worker->raw_top = worker->frame;
    worker->pc = code->cells + handler;
    exception_set(worker, WORD_NULL);
}

/* The running frame ends by an exception: what it held is let go. */
static void
abandon_frame(struct vm_worker *worker)
{
    uint64_t flags = worker->frame[2];
    const struct code *code = code_running(worker);

    if ((flags & FRAME_SYNCHRONIZED) != 0) {
        /* Bytecode may have left it already: then there is nothing to let go. */
        (void)monitor_exit_worker(worker, worker->word_locals[code->word_locals - 1]);
        worker->frame[2] &= ~FRAME_SYNCHRONIZED;
    }
    if ((flags & FRAME_STATIC) != 0) {
        init_done(worker, true);
    }
}

void
exception_unwind(struct vm_worker *worker)
{
    for (;;) {
        word_t exception;
        uint64_t flags;
        uint32_t handler;

        if (worker->thread == WORD_NULL) /* it was ended for want of room */
            return;
        exception = GET_WORD(thread_object, worker->thread, pending);
        if (exception == WORD_NULL)
            return;
        if (!sched_credit(worker, 32))
            continue;
        if (find_handler(worker, exception, &handler)) {
            enter_handler(worker, exception, handler);
            return;
        }
        abandon_frame(worker);
        flags = worker->frame[2];
        if ((flags & FRAME_BOTTOM) != 0) {
            thread_end(worker);
            return;
        }
        if (frame_pop(worker) && (flags & FRAME_STATIC) == 0)
            worker->pc--; /* inside the call, not behind it */
    }
}

void
exception_unreadable(struct vm_worker *worker, uint64_t address, err_t err)
{
    bool on_stack = address - worker->stack < (uintptr_t)worker->slots_end - worker->stack;
    bool unwinding = GET_WORD(thread_object, worker->thread, pending) != WORD_NULL;

    if (err == ERR_CORRUPT && (on_stack || unwinding)) {
        sched_lose(worker, address, err); /* no handler behind that page can be found */
        return;
    }
    if (err == ERR_CORRUPT) {
        exception_throw(worker, VM_ERROR_DAMAGE, "page %#" PRIx64 " of the space is damaged",
                        space_page_of(address));
        return;
    }
    log_error("thread %" PRIu64 " waits: page %#" PRIx64 " of the space cannot be read (%s)",
              GET_U64(thread_object, worker->thread, id), space_page_of(address), err_text(err));
    sched_suspend(worker);
}

/* ---- telling people ---- */

void
exception_report(struct vm_worker *worker, word_t exception)
{
    ref_t thread = worker->thread;
    ref_t trace = GET_WORD(thread_object, thread, trace);
    uint32_t count;
    char text[TEXT_BYTES];

    if (is_error(exception) && atomic_load(&trace_offset) != 0)
        trace = obj_load_word(exception, atomic_load(&trace_offset));
    exception_text(exception, text, sizeof text);
    log_error("uncaught exception in thread %" PRIu64 ": %s", GET_U64(thread_object, thread, id),
              text);
    count = trace != WORD_NULL ? array_length(trace) : 0;
    for (uint32_t i = 0; i < count; i++) {
        exception_copy_text(array_load_word(trace, i), text, sizeof text);
        log_error("    at %s", text);
    }
}

/* ---- exceptions that must not need memory ---- */

static word_t
prepare(struct heap_local *heap, enum vm_error error, const char *message)
{
    uint32_t number = error_class(error);
    ref_t text = symbol_intern(heap, message, text_length(message)), object;

    if (text == WORD_NULL || number == 0 || mirror_of_class(number) == NULL)
        return text;
    object = heap_alloc_old(heap, mirror_of_class(number)->instance_bytes, number);
    if (object != WORD_NULL && error_class_root() != NULL && atomic_load(&message_offset) != 0)
        obj_store_word(object, atomic_load(&message_offset), text);
    return object;
}

err_t
exception_format(struct heap_local *heap)
{
    struct space_root *root = (struct space_root *)SPACE_ROOT;
    word_t memory = prepare(heap, VM_ERROR_MEMORY, "out of memory");
    word_t overflow = prepare(heap, VM_ERROR_STACK_OVERFLOW, "the stack is full");
    word_t space = prepare(heap, VM_ERROR_SPACE, "the volume is full");

    if (memory == WORD_NULL || overflow == WORD_NULL || space == WORD_NULL)
        return ERR_NOMEM;
    pmem_store64((uint64_t)(uintptr_t)&root->out_of_memory, memory);
    pmem_store64((uint64_t)(uintptr_t)&root->stack_overflow, overflow);
    pmem_store64((uint64_t)(uintptr_t)&root->out_of_space, space);
    return OK;
}
