/*
 * call.c - the slow roads of calls: what is not plain bytecode in an open
 * window, receivers that are immediates, inline caches that miss, primitives.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/string.h"
#include "vm/monitor.h"
#include "vm/signature.h"
#include "vm/worker_priv.h"

/* First writes that a primitive may need beside what it reserves itself. */
#define PRIMITIVE_CREDIT 48

void
call_no_memory(struct vm_worker *worker)
{
    exception_throw(worker, VM_ERROR_MEMORY, "no memory for code");
}

void
call_throw_null(struct vm_worker *worker)
{
    exception_throw(worker, VM_ERROR_NULL, "null has no methods");
}

/* ---- primitives ---- */

/* The call is over: its arguments make room for its result, and the caller goes on. */
static void
finish_primitive(struct vm_worker *worker, const struct code *code,
                 const struct call_arguments *arguments, uint64_t caller)
{
    struct prim_call *call = &worker->call;
    word_t word = call->result_word;
    char type = code->result;
    bool is_word = type == 'w' || type == 'L' || type == '[';

    worker->word_top -= arguments->words_pushed;
    worker->raw_top += arguments->raws_pushed;
    if ((caller & FRAME_BELOW) != 0) {
        worker->word_top[-2] = word;
    } else if ((caller & FRAME_BOX) != 0) {
        if (type == 'v')
            word = WORD_NULL;
        else if (!is_word)
            word = dyn_word_in_box(frame_cut(call->result_raw, type), type, arguments->box);
        *worker->word_top++ = word;
    } else if (is_word) {
        *worker->word_top++ = word;
    } else if (type != 'v') {
        *--worker->raw_top = frame_cut(call->result_raw, type);
    }
    worker->pc = CODE_SEEN(code_cells[(caller >> FRAME_METHOD_SHIFT) & FRAME_METHOD_MASK]) +
                 (uint32_t)(caller & FRAME_PC_MASK);
}

static void
tail_call(struct vm_worker *worker, const struct call_arguments *arguments, uint64_t caller)
{
    struct method_mirror *mirror =
        mirror_of_method(GET_U32(method_object, worker->tail_method, number));
    struct code *target = mirror != NULL ? code_of(mirror) : NULL;

    if (target == NULL || (target->kind == CODE_BYTECODE && !code_make(worker, target))) {
        call_no_memory(worker);
        return;
    }
    if (!frame_make_room(worker, target->word_need + worker->tail_count, target->raw_need))
        return;
    thread_progress_clear(worker->thread);
    worker->word_top -= arguments->words_pushed;
    worker->raw_top += arguments->raws_pushed;
    for (unsigned i = 0; i < worker->tail_count; i++)
        *worker->word_top++ = worker->tail_words[i];
    if (target->kind != CODE_BYTECODE || target->synchronized)
        panic("a primitive's tail call must be to plain bytecode");
    frame_push(worker, target, caller);
}

static enum prim_answer
run_primitive(struct vm_worker *worker, struct code *code, const struct call_arguments *arguments)
{
    struct prim_call *call = &worker->call;
    enum prim_answer answer;

    *call = (struct prim_call){
        .worker = worker,
        .heap = &worker->heap,
        .thread = worker->thread,
        .method = code->method,
        .words = arguments->words,
        .raws = arguments->raws,
    };
    answer = code->primitive(call);
    worker_commit_end(worker);
    return answer;
}

/* A box for an untyped call's result must be had before anything changes. False: collect. */
static bool
reserve_box(struct vm_worker *worker, const struct code *code, struct call_arguments *arguments,
            uint64_t caller)
{
    bool is_long = code->result == 'l';

    if ((caller & FRAME_BOX) == 0 || (!is_long && code->result != 'd'))
        return true;
    arguments->box =
        heap_alloc(&worker->heap, sizeof(struct box_object), is_long ? CLASS_LONG : CLASS_DOUBLE);
    if (arguments->box == WORD_NULL)
        sched_collect(worker, sizeof(struct box_object));
    return arguments->box != WORD_NULL;
}

/* What the primitive has answered, but that it is done. */
static void
settle(struct vm_worker *worker, enum prim_answer answer, const struct call_arguments *arguments,
       uint64_t caller)
{
    switch (answer) {
    case PRIM_DONE:
        panic("what is done needs nothing");
    case PRIM_THROW:
        exception_unwind(worker);
        return;
    case PRIM_PARK:
        sched_park(worker);
        return;
    case PRIM_AGAIN:
        sched_again(worker);
        return;
    case PRIM_COLLECT:
        sched_collect(worker, worker->call.wanted);
        return;
    case PRIM_CALL:
        if (worker->tail == TAIL_PLAIN)
            tail_call(worker, arguments, caller);
        else
            call_with_array(worker, arguments, caller);
        return;
    }
}

void
call_primitive(struct vm_worker *worker, struct code *code, struct call_arguments *arguments,
               uint64_t caller)
{
    ref_t thread = worker->thread;
    enum prim_answer answer;

    if (code->primitive == NULL) {
        exception_throw(worker, VM_ERROR_NO_METHOD, "primitive %u is not in this machine",
                        (unsigned)code->mirror->primitive);
        return;
    }
    if (sched_programs_stand && sched_stand(worker, code->mirror->primitive))
        return;
    if (!sched_credit(worker, PRIMITIVE_CREDIT) || !reserve_box(worker, code, arguments, caller))
        return;
    answer = run_primitive(worker, code, arguments);
    if (answer == PRIM_DONE || answer == PRIM_THROW)
        thread_progress_clear(thread);
    if (answer != PRIM_DONE) {
        settle(worker, answer, arguments, caller);
        return;
    }
    finish_primitive(worker, code, arguments, caller);
}

/* As call_slow, of a primitive: nearly always it is done at once, and the caller wants no word. */
void
call_in_place(struct vm_worker *worker)
{
    struct code *code = (struct code *)(uintptr_t)worker->argument;
    struct call_arguments arguments = {
        .words = worker->word_top - code->word_args,
        .raws = worker->raw_top + code->raw_args - 1,
        .words_pushed = code->word_args,
        .raws_pushed = code->raw_args,
    };
    uint64_t caller = worker->pc[2];
    ref_t thread = worker->thread;
    enum prim_answer answer;

    if (code->primitive == NULL || worker->pmem.credit < PRIMITIVE_CREDIT || sched_programs_stand) {
        call_code(worker, code, caller);
        return;
    }
    answer = run_primitive(worker, code, &arguments);
    if (answer == PRIM_DONE || answer == PRIM_THROW)
        thread_progress_clear(thread);
    if (answer != PRIM_DONE) {
        settle(worker, answer, &arguments, caller);
        return;
    }
    worker->word_top -= code->word_args;
    worker->raw_top += code->raw_args;
    if (code->returns_word)
        *worker->word_top++ = worker->call.result_word;
    else if (code->result != 'v')
        *--worker->raw_top = frame_cut(worker->call.result_raw, code->result);
    worker->pc += 3;
}

void
prim_invoke(struct prim_call *call)
{
    call->invoking = true;
    worker_commit_begin(call->worker);
}

enum prim_answer
prim_throw_object(struct prim_call *call, word_t exception)
{
    assert(exception != WORD_NULL);
    exception_set(call->worker, exception);
    return PRIM_THROW;
}

enum prim_answer
prim_throw(struct prim_call *call, enum vm_error error, const char *text, ...)
{
    va_list values;
    bool thrown;

    va_start(values, text);
    thrown = exception_set_error(call->worker, error, text, values);
    va_end(values);
    return thrown ? PRIM_THROW : prim_collect(call, EXCEPTION_BYTES_MAX);
}

enum prim_answer
prim_tail_call(struct prim_call *call, ref_t method, const word_t *words, unsigned word_count)
{
    struct vm_worker *worker = call->worker;

    assert(!call->invoking);
    assert(word_count <= sizeof worker->tail_words / sizeof worker->tail_words[0]);
    worker->tail = TAIL_PLAIN;
    worker->tail_method = method;
    worker->tail_count = word_count;
    for (unsigned i = 0; i < word_count; i++)
        worker->tail_words[i] = words[i];
    return PRIM_CALL;
}

/* ---- calling code ---- */

bool
call_enter_monitor(struct vm_worker *worker, word_t object)
{
    if (word_tag(object) != TAG_REF) {
        exception_throw(worker, VM_ERROR_ARGUMENT, "an immediate object has no monitor");
        return false;
    }
    if (!sched_credit(worker, PRIMITIVE_CREDIT))
        return false;
    switch (monitor_enter_worker(worker, object)) {
    case PRIM_DONE:
        return true;
    case PRIM_PARK:
        sched_park(worker);
        return false;
    case PRIM_COLLECT:
        sched_collect(worker, worker->call.wanted);
        return false;
    default:
        exception_unwind(worker);
        return false;
    }
}

static void
call_synchronized(struct vm_worker *worker, struct code *code, uint64_t caller)
{
    word_t object = code->is_static ? GET_WORD(method_object, code->method, owner)
                                    : worker->word_top[-(int64_t)code->word_args];

    if (!call_enter_monitor(worker, object))
        return;
    frame_push(worker, code, caller | FRAME_SYNCHRONIZED);
    worker->word_locals[code->word_locals - 1] = object;
}

void
call_code(struct vm_worker *worker, struct code *code, uint64_t caller)
{
    struct call_arguments arguments = {
        .words = worker->word_top - code->word_args,
        .raws = worker->raw_top + code->raw_args - 1,
        .words_pushed = code->word_args,
        .raws_pushed = code->raw_args,
    };

    switch (code->kind) {
    case CODE_PRIMITIVE:
        call_primitive(worker, code, &arguments, caller);
        return;
    case CODE_ABSTRACT:
        exception_throw(worker, VM_ERROR_NO_METHOD, "the method is abstract");
        return;
    case CODE_BYTECODE:
        break;
    }
    if (!code_make(worker, code)) {
        call_no_memory(worker);
        return;
    }
    if (!frame_make_room(worker, code->word_need, code->raw_need))
        return;
    if (code->synchronized)
        call_synchronized(worker, code, caller);
    else
        frame_push(worker, code, caller);
}

void
call_below(struct vm_worker *worker, struct code *code)
{
    struct call_arguments arguments = { .words = worker->word_top - 2 };
    word_t object = worker->word_top[-2];
    uint64_t caller = (uint64_t)code_running(worker)->number << FRAME_METHOD_SHIFT |
                      code_pc(worker) | FRAME_BELOW;

    if (code->kind == CODE_PRIMITIVE) {
        call_primitive(worker, code, &arguments, caller);
        return;
    }
    if (code->kind == CODE_ABSTRACT) {
        exception_throw(worker, VM_ERROR_NO_METHOD, "the method is abstract");
        return;
    }
    if (!code_make(worker, code)) {
        call_no_memory(worker);
        return;
    }
    if (!frame_make_room(worker, code->word_need + 1, code->raw_need))
        return;
    if (code->synchronized && !call_enter_monitor(worker, object))
        return;
    *worker->word_top++ = object;
    frame_push(worker, code, caller | (code->synchronized ? FRAME_SYNCHRONIZED : 0));
    if (code->synchronized)
        worker->word_locals[code->word_locals - 1] = object;
}

void
call_slow(struct vm_worker *worker)
{
    call_code(worker, (struct code *)(uintptr_t)worker->argument, worker->pc[2]);
}

void
call_virtual(struct vm_worker *worker)
{
    uint64_t operand = worker->pc[1];
    word_t object = worker->word_top[-(int64_t)(operand & 0xffff)];
    uint32_t class_number;

    if (object == WORD_NULL) {
        call_throw_null(worker);
        return;
    }
    class_number = word_class_number(object);
    if (!code_make_vtable(class_number))
        call_no_memory(worker);
    else
        call_code(worker, CODE_SEEN(code_vtables[class_number])[operand >> 16], worker->pc[2]);
}

void
call_interface(struct vm_worker *worker)
{
    struct site *site = (struct site *)(uintptr_t)worker->pc[1];
    word_t object = worker->word_top[-(int64_t)site->arguments];
    struct class_mirror *class;
    struct method_mirror *method;
    struct code *code;
    bool answers = true;
    uint32_t number;

    if (object == WORD_NULL) {
        call_throw_null(worker);
        return;
    }
    number = word_class_number(object);
    class = mirror_of_class(number);
    method = class != NULL ? mirror_find(class, site->name, site->signature) : NULL;
    if (class != NULL && method == NULL) {
        exception_throw_class(worker, VM_ERROR_NO_METHOD, class, "has no method", site->name);
        return;
    }
    if (method != NULL && !call_answers(class, method, site->wanted, &answers)) {
        call_no_memory(worker);
        return;
    }
    if (!answers) {
        exception_throw_class(worker, VM_ERROR_NO_METHOD, class,
                              "takes or returns something else in its method ", site->name);
        return;
    }
    code = method != NULL ? code_of(method) : NULL;
    if (code == NULL) {
        call_no_memory(worker);
        return;
    }
    if (word_tag(object) == TAG_REF)
        atomic_store_explicit(&site->cache, (uint64_t)number << 32 | code->number,
                              memory_order_release);
    call_code(worker, code, worker->pc[2]);
}
