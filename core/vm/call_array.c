/*
 * call_array.c - calls whose arguments lie in an array: what reflection ends in.
 *
 * A primitive has answered that it wants one. Its operands give way to the receiver and the
 * arguments, and the call goes on like an untyped one: first all that may fail, wait or throw, then
 * the operands change, and nothing fails.
 *
 * Whatever has to happen first (a class to be initialised, a monitor, a collection) leaves the
 * operands alone, so that the primitive runs again; and so it does when a primitive that was called
 * here has waited. That one finds what it has begun with, because the array belongs to nobody else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "format/module.h"
#include "object/array.h"
#include "object/string.h"
#include "vm/class_index.h"
#include "vm/signature.h"
#include "vm/worker_priv.h"

struct array_call {
    struct vm_worker *worker;
    const struct call_arguments *pushed; /* the operands that give way */
    uint64_t caller;
    word_t receiver; /* null: there is none */
    unsigned count;
    word_t arguments[CALL_ARGUMENTS_MAX];

    /* The same in their areas, receiver included; raw arguments from the end on downwards. */
    unsigned word_count, raw_count;
    word_t words[CALL_ARGUMENTS_MAX];
    uint64_t raws[CALL_ARGUMENTS_MAX];
};

#define LAST_RAW (CALL_ARGUMENTS_MAX - 1)

/* ---- what primitives answer ---- */

static enum prim_answer
answer(struct prim_call *call, enum call_tail tail, ref_t method, word_t receiver, word_t arguments)
{
    struct vm_worker *worker = call->worker;

    assert(!call->invoking);
    worker->tail = tail;
    worker->tail_method = method;
    worker->tail_words[0] = receiver;
    worker->tail_words[1] = arguments;
    return PRIM_CALL;
}

enum prim_answer
prim_call_method(struct prim_call *call, ref_t method, word_t receiver, ref_t arguments)
{
    return answer(call, TAIL_METHOD, method, receiver, arguments);
}

enum prim_answer
prim_call_name(struct prim_call *call, word_t receiver, ref_t name, ref_t arguments)
{
    call->worker->tail_words[2] = name;
    return answer(call, TAIL_NAME, WORD_NULL, receiver, arguments);
}

enum prim_answer
prim_call_new(struct prim_call *call, ref_t class, ref_t arguments)
{
    return answer(call, TAIL_NEW, class, WORD_NULL, arguments);
}

enum prim_answer
prim_initialise(struct prim_call *call, ref_t class)
{
    return answer(call, TAIL_INIT, class, WORD_NULL, WORD_NULL);
}

bool
prim_is_initialised(const struct prim_call *call, ref_t class)
{
    uint32_t state = GET_U32(class_object, class, init_state);

    return state == CLASS_INITIALIZED ||
           (state == CLASS_INITIALIZING &&
            GET_WORD(class_object, class, init_thread) == call->thread);
}

uint32_t
prim_caller_application(const struct prim_call *call)
{
    ref_t class = code_running(call->worker)->mirror->owner->class;

    return class_application_id(GET_WORD(class_object, class, application));
}

/* ---- arguments ---- */

/* False if that was thrown at. */
static bool
take_arguments(struct array_call *it, ref_t array)
{
    it->count = array_length(array);
    if (it->count >= CALL_ARGUMENTS_MAX) {
        exception_throw(it->worker, VM_ERROR_NO_METHOD, "no method takes %u arguments", it->count);
        return false;
    }
    for (unsigned i = 0; i < it->count; i++)
        it->arguments[i] = array_load_word(array, i);
    return true;
}

/* What fits, into its areas. */
static void
spread(struct array_call *it, const struct code *code)
{
    it->word_count = it->raw_count = 0;
    if (!code->is_static)
        it->words[it->word_count++] = it->receiver;
    for (unsigned i = 0; i < it->count; i++) {
        char type = code->parameters[i].type;

        if (call_is_raw(type))
            it->raws[LAST_RAW - it->raw_count++] = dyn_raw(it->arguments[i], type);
        else
            it->words[it->word_count++] = it->arguments[i];
    }
}

/* ---- which method ---- */

static struct class_mirror *
class_of_word(struct vm_worker *worker, word_t word)
{
    struct class_mirror *class = NULL;

    if (word == WORD_NULL) {
        call_throw_null(worker);
        return NULL;
    }
    class = mirror_of_class(word_class_number(word));
    if (class == NULL)
        call_no_memory(worker);
    return class;
}

/* The method that an object of `class` answers with where `method` is called. */
static struct method_mirror *
find_override(const struct class_mirror *class, struct method_mirror *method)
{
    if ((method->owner->flags & CLASS_INTERFACE) != 0)
        return mirror_find(class, method->name, method->signature);
    if (method->vtable_index == UINT32_MAX)
        return method;
    return class->vtable[method->vtable_index];
}

/* NULL if that was thrown at. */
static struct method_mirror *
override(struct array_call *it, struct method_mirror *method)
{
    struct class_mirror *class = class_of_word(it->worker, it->receiver);

    if (class == NULL)
        return NULL;
    if (!mirror_is_subclass(class, method->owner)) {
        exception_throw_class(it->worker, VM_ERROR_CAST, class, "is not a ",
                              GET_WORD(class_object, method->owner->class, name));
        return NULL;
    }
    method = find_override(class, method);
    if (method == NULL)
        exception_throw_class(it->worker, VM_ERROR_NO_METHOD, class, "lacks a method that it needs",
                              WORD_NULL);
    return method;
}

static bool
is_constructor(const struct method_mirror *method)
{
    return string_equal_utf8(method->name, "<new>", 5);
}

/* True if a program may name it and call it from anywhere. Else that was thrown at. */
static bool
may_call(struct array_call *it, const struct method_mirror *method)
{
    bool special = string_unit(method->name, 0) == '<' && !is_constructor(method);

    if ((method->flags & MEMBER_PRIVATE) == 0 && !special)
        return true;
    exception_throw_class(it->worker, VM_ERROR_ACCESS, method->owner, "keeps to itself its method ",
                          method->name);
    return false;
}

/* The code of a method that the arguments fit; NULL if that was thrown at. */
static struct code *
code_that_fits(struct array_call *it, struct method_mirror *method)
{
    struct code *code = code_of(method);

    if (code == NULL || !call_know_parameters(code)) {
        call_no_memory(it->worker);
    } else if (code->parameter_count != it->count) {
        exception_throw_class(it->worker, VM_ERROR_NO_METHOD, method->owner,
                              "wants another number of arguments for ", method->name);
    } else if (call_fit(code, it->arguments, it->count) < 0) {
        exception_throw_class(it->worker, VM_ERROR_CAST, method->owner,
                              "wants other arguments for ", method->name);
    } else {
        return code;
    }
    return NULL;
}

/* ---- calling it ---- */

/* All has been seen to. Below the arguments stays `result`, if it is not null. */
static void
push_frame(struct array_call *it, struct code *code, word_t result, word_t locked)
{
    struct vm_worker *worker = it->worker;
    uint64_t flags = code->synchronized ? FRAME_SYNCHRONIZED : 0;

    worker->word_top -= it->pushed->words_pushed;
    worker->raw_top += it->pushed->raws_pushed;
    if (result != WORD_NULL)
        *worker->word_top++ = result;
    else
        flags |= FRAME_BOX;
    for (unsigned i = 0; i < it->word_count; i++)
        *worker->word_top++ = it->words[i];
    for (unsigned i = 0; i < it->raw_count; i++)
        *--worker->raw_top = it->raws[LAST_RAW - i];
    frame_push(worker, code, (it->caller & ~FRAME_BOX) | flags);
    if (code->synchronized)
        worker->word_locals[code->word_locals - 1] = locked;
}

/* Make code and room for its frame. False: the state has changed. */
static bool
make_room(struct array_call *it, struct code *code)
{
    if (!code_make(it->worker, code)) {
        call_no_memory(it->worker);
        return false;
    }
    return frame_make_room(it->worker, code->word_need + it->count + 2, code->raw_need + it->count);
}

static void
call_bytecode(struct array_call *it, struct code *code)
{
    word_t locked = code->is_static ? code->mirror->owner->class : it->receiver;

    if (!make_room(it, code))
        return;
    spread(it, code);
    if (!code->synchronized || call_enter_monitor(it->worker, locked))
        push_frame(it, code, WORD_NULL, locked);
}

static void
call_primitive_below(struct array_call *it, struct code *code)
{
    struct call_arguments arguments = {
        .words = it->words,
        .raws = it->raws + LAST_RAW,
        .words_pushed = it->pushed->words_pushed,
        .raws_pushed = it->pushed->raws_pushed,
    };

    spread(it, code);
    call_primitive(it->worker, code, &arguments, it->caller | FRAME_BOX);
}

static void
call_fitting(struct array_call *it, struct code *code)
{
    if (code->is_static && !init_class(it->worker, code->mirror->owner))
        return;
    switch (code->kind) {
    case CODE_PRIMITIVE:
        call_primitive_below(it, code);
        return;
    case CODE_ABSTRACT:
        exception_throw(it->worker, VM_ERROR_NO_METHOD, "the method is abstract");
        return;
    case CODE_BYTECODE:
        call_bytecode(it, code);
        return;
    }
}

/* The constructor returns nothing: what lies below, the object, is the result. */
static void
create(struct array_call *it, struct class_mirror *class, struct code *code)
{
    assert(code->kind == CODE_BYTECODE); /* the library has no constructor in C */
    if (!init_class(it->worker, class) || !make_room(it, code))
        return;
    it->receiver = ops_make_object(it->worker, class);
    if (it->receiver == WORD_NULL)
        return;
    spread(it, code);
    if (!code->synchronized || call_enter_monitor(it->worker, it->receiver))
        push_frame(it, code, it->receiver, it->receiver);
}

/* ---- the three ways to say what is wanted ---- */

static void
call_method(struct array_call *it, ref_t object)
{
    struct method_mirror *method = mirror_of_method(GET_U32(method_object, object, number));
    struct class_mirror *class = NULL;
    struct code *code;

    if (method == NULL) {
        call_no_memory(it->worker);
        return;
    }
    if (!may_call(it, method))
        return;
    if (is_constructor(method))
        class = call_class_to_make(it->worker, method->owner->class);
    else if ((method->flags & MEMBER_STATIC) == 0)
        method = override(it, method);
    if (method == NULL || (is_constructor(method) && class == NULL))
        return;
    code = code_that_fits(it, method);
    if (code != NULL && class != NULL)
        create(it, class, code);
    else if (code != NULL)
        call_fitting(it, code);
}

static void
call_named(struct array_call *it, word_t name)
{
    struct call_question question = {
        .class = class_of_word(it->worker, it->receiver),
        .arguments = it->arguments,
        .count = it->count,
    };
    struct code *code;

    if (question.class == NULL)
        return;
    question.name = mirror_symbol(question.class, name);
    if (question.name == WORD_NULL) {
        exception_throw_class(it->worker, VM_ERROR_NO_METHOD, question.class,
                              "has no method called ", name);
        return;
    }
    code = call_choose(it->worker, &question);
    if (code != NULL)
        call_fitting(it, code);
}

static void
call_new_of(struct array_call *it, ref_t object)
{
    struct call_question question = {
        .class = call_class_to_make(it->worker, object),
        .arguments = it->arguments,
        .count = it->count,
    };
    struct code *code;

    if (question.class == NULL)
        return;
    code = call_choose(it->worker, &question);
    if (code != NULL)
        create(it, question.class, code);
}

static void
initialise(struct vm_worker *worker, ref_t object)
{
    struct class_mirror *class = mirror_of_class(GET_U32(class_object, object, number));
    bool ready = class != NULL && init_class(worker, class);

    if (class == NULL)
        call_no_memory(worker);
    (void)ready; /* or not: the primitive runs again, and looks */
}

void
call_with_array(struct vm_worker *worker, const struct call_arguments *pushed, uint64_t caller)
{
    struct array_call it; /* large; what is not set here is set before it is read */

    it.worker = worker;
    it.pushed = pushed;
    it.caller = caller;
    it.receiver = worker->tail_words[0];
    assert((caller & FRAME_BELOW) == 0);
    if (worker->tail == TAIL_INIT) {
        initialise(worker, worker->tail_method);
        return;
    }
    if (!take_arguments(&it, worker->tail_words[1]))
        return;
    if (worker->tail == TAIL_METHOD)
        call_method(&it, worker->tail_method);
    else if (worker->tail == TAIL_NAME)
        call_named(&it, worker->tail_words[2]);
    else
        call_new_of(&it, worker->tail_method);
}
