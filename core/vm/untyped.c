/*
 * untyped.c - calls by name and by number on a receiver of any class: which
 * method is meant, and how its arguments get into their areas.
 *
 * Of the methods with that name and so many arguments, which the caller may
 * call, the one whose parameters fit best is meant: exactly before by widening;
 * two that fit equally well throw.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "object/string.h"
#include "plat/memory.h"
#include "vm/class_index.h"
#include "vm/signature.h"
#include "vm/worker_priv.h"

/* Methods of one name and number of arguments that a call chooses from. */
#define CANDIDATES_MAX      16

#define ARGUMENTS_MAX       256
#define SIGNATURE_BYTES_MAX 4096

/* ---- what a method takes ---- */

static bool
find_parameter(const struct code *code, const char *type, size_t bytes, struct parameter *parameter)
{
    uint32_t application =
        class_application_id(GET_WORD(class_object, code->mirror->owner->class, application));
    uint32_t number;
    err_t err;

    parameter->type = type[0];
    if (type[0] != 'L' && type[0] != '[')
        return true;
    err = type[0] == 'L' ? class_find(application, type + 1, bytes - 2, &number)
                         : class_find(application, type, bytes, &number);
    if (err != OK)
        return false;
    parameter->class = mirror_of_class(number);
    return parameter->class != NULL;
}

/* Read the signature. False when there is no memory. */
static bool
make_parameters(struct code *code)
{
    struct parameter parameters[ARGUMENTS_MAX], *made, *nobodys = NULL;
    char text[SIGNATURE_BYTES_MAX];
    struct signature_walk walk;
    size_t bytes;
    unsigned count = 0;

    if (__atomic_load_n(&code->parameters, __ATOMIC_ACQUIRE) != NULL)
        return true;
    bytes = string_to_utf8(code->mirror->signature, NULL, text, sizeof text);
    walk = signature_begin(text, bytes);
    while (count < ARGUMENTS_MAX && signature_next(&walk)) {
        parameters[count] = (struct parameter){ 0 };
        if (!find_parameter(code, walk.type, walk.type_bytes, &parameters[count]))
            return false;
        count++;
    }
    made = plat_alloc((count + 1) * sizeof made[0]);
    if (made == NULL)
        return false;
    for (unsigned i = 0; i < count; i++)
        made[i] = parameters[i];
    code->parameter_count = count;
    /* Two workers make the same; the first one's stays. */
    if (!__atomic_compare_exchange_n(&code->parameters, &nobodys, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        plat_free(made, (count + 1) * sizeof made[0]);
    return true;
}

/* ---- which method ---- */

/* The sum of what each argument costs; -1 if one does not fit. */
static int
fit(const struct code *code, const word_t *arguments, unsigned count)
{
    int sum = 0;

    for (unsigned i = 0; i < count; i++) {
        int cost = dyn_fit(arguments[i], &code->parameters[i]);

        if (cost < 0)
            return -1;
        sum += cost;
    }
    return sum;
}

static bool
may_call(const struct site *site, const struct method_mirror *method)
{
    if ((method->flags & MEMBER_STATIC) != 0)
        return false;
    return (method->flags & MEMBER_PRIVATE) == 0 || method->owner == site->owner->mirror->owner;
}

static void
throw_unfit(struct vm_worker *worker, const struct site *site, const struct class_mirror *class,
            unsigned found, unsigned visible, bool ambiguous)
{
    if (ambiguous)
        exception_throw_class(worker, VM_ERROR_NO_METHOD, class,
                              "has more than one method that fits these arguments: ", site->name);
    else if (visible > 0)
        exception_throw_class(worker, VM_ERROR_CAST, class,
                              "has no method that takes these arguments: ", site->name);
    else if (found > 0)
        exception_throw_class(worker, VM_ERROR_ACCESS, class, "keeps to itself its method ",
                              site->name);
    else
        exception_throw_class(worker, VM_ERROR_NO_METHOD, class,
                              "has no method with so many arguments called ", site->name);
}

/* The one method that fits best; NULL if an exception was thrown. */
static struct code *
choose(struct vm_worker *worker, const struct site *site, struct class_mirror *class,
       const word_t *arguments)
{
    struct method_mirror *found[CANDIDATES_MAX];
    unsigned count =
        mirror_find_named(class, site->name, site->arguments - 1, found, CANDIDATES_MAX);
    unsigned visible = 0;
    struct code *best = NULL;
    bool ambiguous = false;
    int best_cost = 0;

    for (unsigned i = 0; i < count && i < CANDIDATES_MAX; i++) {
        struct code *code = code_of(found[i]);
        int cost;

        if (code == NULL || !make_parameters(code)) {
            call_no_memory(worker);
            return NULL;
        }
        if (!may_call(site, found[i]))
            continue;
        visible++;
        cost = fit(code, arguments, site->arguments - 1);
        if (cost < 0)
            continue;
        ambiguous = best != NULL && cost == best_cost;
        if (best == NULL || cost < best_cost) {
            best = code;
            best_cost = cost;
        }
    }
    if (best == NULL || ambiguous) {
        throw_unfit(worker, site, class, count, visible, ambiguous);
        return NULL;
    }
    return best;
}

/* ---- calling it ---- */

static bool
is_raw(char type)
{
    return type_area(type) != 'w';
}

static void
call_primitive_untyped(struct vm_worker *worker, const struct site *site, struct code *code,
                       uint64_t caller)
{
    const word_t *from = worker->word_top - site->arguments;
    word_t words[ARGUMENTS_MAX];
    uint64_t raws[ARGUMENTS_MAX];
    unsigned word_count = 0, raw_count = 0;
    struct call_arguments arguments = {
        .words = words,
        .raws = raws + ARGUMENTS_MAX - 1,
        .words_pushed = site->arguments,
    };

    words[word_count++] = from[0];
    for (unsigned i = 0; i < site->arguments - 1; i++) {
        if (is_raw(code->parameters[i].type))
            raws[ARGUMENTS_MAX - 1 - raw_count++] = dyn_raw(from[i + 1], code->parameters[i].type);
        else
            words[word_count++] = from[i + 1];
    }
    call_primitive(worker, code, &arguments, caller);
}

/* Move the arguments to the areas where the descriptor wants them. There is room. */
static void
spread(struct vm_worker *worker, const struct code *code, unsigned count)
{
    word_t *from = worker->word_top - count, *to = from;

    for (unsigned i = 0; i < count; i++) {
        if (is_raw(code->parameters[i].type))
            *--worker->raw_top = dyn_raw(from[i], code->parameters[i].type);
        else
            *to++ = from[i];
    }
    worker->word_top = to;
}

/* First all that may fail, wait or throw; then the arguments move, and nothing fails. */
static void
call_untyped(struct vm_worker *worker, const struct site *site, struct code *code)
{
    uint64_t caller = worker->pc[2] | FRAME_BOX;
    word_t object = worker->word_top[-(int64_t)site->arguments];
    unsigned count = site->arguments - 1;

    if (code->kind == CODE_PRIMITIVE) {
        call_primitive_untyped(worker, site, code, caller);
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
    if (!frame_make_room(worker, code->word_need + count, code->raw_need + count))
        return;
    if (code->synchronized && !call_enter_monitor(worker, object))
        return;
    spread(worker, code, count);
    frame_push(worker, code, caller | (code->synchronized ? FRAME_SYNCHRONIZED : 0));
    if (code->synchronized)
        worker->word_locals[code->word_locals - 1] = object;
}

/* The receiver's class; NULL if something was thrown. */
static struct class_mirror *
receiver_class(struct vm_worker *worker, const struct site *site)
{
    word_t object = worker->word_top[-(int64_t)site->arguments];
    struct class_mirror *class;

    if (object == WORD_NULL) {
        call_throw_null(worker);
        return NULL;
    }
    class = mirror_of_class(word_class_number(object));
    if (class == NULL)
        call_no_memory(worker);
    return class;
}

/* What the cache says, if it is for this class and its one method takes these arguments. */
static struct code *
cached(const struct site *site, const struct class_mirror *class, const word_t *arguments)
{
    uint64_t cache = atomic_load_explicit(&site->cache, memory_order_acquire);
    struct code *code;

    if (cache >> 32 != class->number)
        return NULL;
    code = CODE_SEEN(code_table[(uint32_t)cache]);
    return fit(code, arguments, site->arguments - 1) >= 0 ? code : NULL;
}

/* Remember the method if no other arguments could lead to another one. */
static void
remember(struct site *site, struct class_mirror *class, const struct code *code)
{
    struct method_mirror *found[2];

    if (mirror_find_named(class, site->name, site->arguments - 1, found, 2) == 1)
        atomic_store_explicit(&site->cache, (uint64_t) class->number << 32 | code->number,
                              memory_order_release);
}

void
call_name(struct vm_worker *worker)
{
    struct site *site = (struct site *)(uintptr_t)worker->pc[1];
    const word_t *arguments = worker->word_top - site->arguments + 1;
    struct class_mirror *class = receiver_class(worker, site);
    struct code *code;

    if (class == NULL)
        return;
    code = cached(site, class, arguments);
    if (code == NULL) {
        code = choose(worker, site, class, arguments);
        if (code == NULL)
            return;
        remember(site, class, code);
    }
    call_untyped(worker, site, code);
}

void
call_number(struct vm_worker *worker)
{
    struct site *site = (struct site *)(uintptr_t)worker->pc[1];
    const word_t *arguments = worker->word_top - site->arguments + 1;
    struct class_mirror *class = receiver_class(worker, site);
    struct method_mirror *method;
    struct code *code;

    if (class == NULL)
        return;
    method = site->ordinal < class->ordinal_count ? class->ordinals[site->ordinal] : NULL;
    code = method != NULL ? code_of(method) : NULL;
    if (method != NULL && (code == NULL || !make_parameters(code)))
        call_no_memory(worker);
    else if (method == NULL || code->parameter_count != site->arguments - 1)
        exception_throw(worker, VM_ERROR_NO_METHOD,
                        "no method number %u with %u arguments in this class",
                        (unsigned)site->ordinal, (unsigned)site->arguments - 1);
    else if (!may_call(site, method))
        exception_throw(worker, VM_ERROR_ACCESS, "method number %u is private",
                        (unsigned)site->ordinal);
    else if (fit(code, arguments, site->arguments - 1) < 0)
        exception_throw(worker, VM_ERROR_CAST, "method number %u does not take these arguments",
                        (unsigned)site->ordinal);
    else
        call_untyped(worker, site, code);
}
