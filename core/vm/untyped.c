/*
 * untyped.c - calls by name and by number on a receiver of any class, and new
 * objects of a class that is a value: which method or constructor is meant, and how
 * its arguments get into their areas.
 *
 * Of those with that name and so many arguments, which the caller may call, the
 * one whose parameters fit best is meant, as the compiler would have it: exactly before by
 * widening, and of two that fit equally well the narrower. Where none is, the call throws.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/memory.h"
#include "object/string.h"
#include "plat/memory.h"
#include "vm/class_index.h"
#include "vm/signature.h"
#include "vm/worker_priv.h"

/* Methods of one name and number of arguments that a call chooses from. */
#define CANDIDATES_MAX 64

/* ---- what a method takes ---- */

static bool
find_parameter(ref_t class, const char *type, size_t bytes, struct parameter *parameter)
{
    uint32_t application = class_application_id(GET_WORD(class_object, class, application));
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

err_t
prim_fit(word_t word, ref_t class, ref_t type, uint64_t *raw)
{
    struct parameter parameter = { 0 };
    char text[SIGNATURE_BYTES_MAX];
    size_t bytes = string_to_utf8(type, NULL, text, sizeof text);

    if (!find_parameter(class, text, bytes, &parameter))
        return ERR_NOMEM;
    if (!call_is_raw(parameter.type) && word == WORD_NULL)
        return OK;
    if (word == WORD_NULL || fit_of_word(word, &parameter) < 0)
        return ERR_PROGRAM;
    if (call_is_raw(parameter.type))
        *raw = frame_cut(dyn_raw(word, parameter.type), parameter.type);
    return OK;
}

bool
call_know_parameters(struct code *code)
{
    struct parameter parameters[CALL_ARGUMENTS_MAX], *made, *nobodys = NULL;
    char text[SIGNATURE_BYTES_MAX];
    struct signature_walk walk;
    size_t bytes;
    unsigned count = 0;

    if (__atomic_load_n(&code->parameters, __ATOMIC_ACQUIRE) != NULL)
        return true;
    bytes = string_to_utf8(code->mirror->signature, NULL, text, sizeof text);
    walk = signature_begin(text, bytes);
    while (count < CALL_ARGUMENTS_MAX && signature_next(&walk)) {
        parameters[count] = (struct parameter){ 0 };
        if (!find_parameter(code->mirror->owner->class, walk.type, walk.type_bytes,
                            &parameters[count]))
            return false;
        count++;
    }
    made = plat_alloc((count + 1) * sizeof made[0]);
    if (made == NULL)
        return false;
    for (unsigned i = 0; i < count; i++)
        made[i] = parameters[i];
    atomic_store_explicit(&code->parameter_count, count, memory_order_relaxed);
    /* Two workers make the same; the first one's stays. */
    if (!__atomic_compare_exchange_n(&code->parameters, &nobodys, made, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE))
        plat_free(made, (count + 1) * sizeof made[0]);
    return true;
}

/* ---- what stands for a method of an interface ---- */

/* A type in the signature of a method: its text, and the class by which that is read. */
struct named_type {
    ref_t class;
    const char *type;
    size_t bytes;
};

/* Whether one may stand where the other is wanted; an argument must be the very same. */
static bool
type_fits(const struct named_type *from, const struct named_type *to, bool narrower, bool *fits)
{
    struct parameter given = { 0 }, wanted = { 0 };

    if (from->type[0] == 'v' || call_is_raw(from->type[0]) || call_is_raw(to->type[0])) {
        *fits = from->type[0] == to->type[0];
        return true;
    }
    if (!find_parameter(from->class, from->type, from->bytes, &given) ||
        !find_parameter(to->class, to->type, to->bytes, &wanted))
        return false;
    *fits = given.class == wanted.class;
    if (narrower && !*fits)
        *fits = wanted.class == NULL || wanted.class->number == CLASS_OBJECT ||
                (wanted.class->flags & CLASS_INTERFACE) != 0 ||
                (given.class != NULL && mirror_is_subclass(given.class, wanted.class));
    return true;
}

/* What the linker has proved of a class that implements the interface is not looked at again. */
bool
call_answers(const struct class_mirror *class, const struct method_mirror *found,
             const struct method_mirror *wanted, bool *answers)
{
    char found_text[SIGNATURE_BYTES_MAX], wanted_text[SIGNATURE_BYTES_MAX];
    struct signature_walk from, to;
    bool more = true;

    *answers = true;
    if (mirror_is_subclass(class, wanted->owner))
        return true;
    from = signature_begin(found_text,
                           string_to_utf8(found->signature, NULL, found_text, sizeof found_text));
    to = signature_begin(wanted_text,
                         string_to_utf8(wanted->signature, NULL, wanted_text, sizeof wanted_text));
    while (more && *answers) {
        more = signature_next(&from);
        more = signature_next(&to) && more;
        if (!type_fits(&(struct named_type){ found->owner->class, from.type, from.type_bytes },
                       &(struct named_type){ wanted->owner->class, to.type, to.type_bytes }, !more,
                       answers))
            return false;
    }
    return true;
}

/* ---- which method ---- */

/* Why the answer is none: how many have the name, and of these, how many may be called. */
struct misfit {
    unsigned found, visible;
    bool ambiguous;
};

int
call_fit(const struct code *code, const word_t *arguments, unsigned count)
{
    int sum = 0;

    for (unsigned i = 0; i < count; i++) {
        int cost = fit_of_word(arguments[i], &code->parameters[i]);

        if (cost < 0)
            return -1;
        sum += cost;
    }
    return sum;
}

static bool
may_call(const struct call_question *question, const struct method_mirror *method)
{
    if ((method->flags & MEMBER_STATIC) != 0)
        return false;
    return (method->flags & MEMBER_PRIVATE) == 0 ||
           (question->site != NULL && method->owner == question->site->owner->mirror->owner);
}

static void
throw_unfit(struct vm_worker *worker, const struct call_question *question,
            const struct misfit *misfit)
{
    bool creates = question->name == WORD_NULL;
    enum vm_error error = VM_ERROR_NO_METHOD;
    const char *text;

    if (misfit->found > CANDIDATES_MAX) {
        text = creates ? "has too many constructors for an untyped call"
                       : "has too many methods for an untyped call of ";
    } else if (misfit->ambiguous) {
        text = creates ? "has more than one constructor that fits these arguments"
                       : "has more than one method that fits these arguments: ";
    } else if (misfit->visible > 0) {
        error = VM_ERROR_CAST;
        text = creates ? "has no constructor that takes these arguments"
                       : "has no method that takes these arguments: ";
    } else if (misfit->found > 0) {
        error = VM_ERROR_ACCESS;
        text = creates ? "keeps to itself its constructor" : "keeps to itself its method ";
    } else {
        text = creates ? "has no constructor with so many arguments"
                       : "has no method with so many arguments called ";
    }
    exception_throw_class(worker, error, question->class, text, question->name);
}

static unsigned
find_methods(const struct call_question *question, struct method_mirror **found, unsigned max)
{
    return question->name == WORD_NULL
               ? mirror_find_constructors(question->class, question->count, found, max)
               : mirror_find_named(question->class, question->name, question->count, found, max);
}

/* True if one takes nothing that the other would not take. */
static bool
is_narrower(const struct code *code, const struct code *other)
{
    for (unsigned i = 0; i < code->parameter_count; i++) {
        if (!fit_is_narrower(&code->parameters[i], &other->parameters[i]))
            return false;
    }
    return true;
}

struct code *
call_choose(struct vm_worker *worker, const struct call_question *question)
{
    struct method_mirror *found[CANDIDATES_MAX];
    struct misfit misfit = { .found = find_methods(question, found, CANDIDATES_MAX) };
    struct code *fitting[CANDIDATES_MAX] = { NULL };
    int costs[CANDIDATES_MAX];
    struct code *best = NULL;
    int best_cost = 0;

    for (unsigned i = 0; i < misfit.found && misfit.found <= CANDIDATES_MAX; i++) {
        struct code *code = code_of(found[i]);
        int cost;

        if (code == NULL || !call_know_parameters(code)) {
            call_no_memory(worker);
            return NULL;
        }
        if (!may_call(question, found[i]))
            continue;
        misfit.visible++;
        cost = call_fit(code, question->arguments, question->count);
        if (cost < 0)
            continue;
        if (best == NULL || cost < best_cost || (cost == best_cost && is_narrower(code, best))) {
            best = code;
            best_cost = cost;
        }
        fitting[i] = code;
        costs[i] = cost;
    }
    for (unsigned i = 0; i < misfit.found && best != NULL; i++)
        misfit.ambiguous |=
            fitting[i] != NULL && costs[i] == best_cost && !is_narrower(best, fitting[i]);
    if (best == NULL || misfit.ambiguous) {
        throw_unfit(worker, question, &misfit);
        return NULL;
    }
    return best;
}

/* The method with that number; NULL if an exception was thrown. */
static struct code *
choose_number(struct vm_worker *worker, const struct call_question *question, uint32_t ordinal)
{
    struct class_mirror *class = question->class;
    struct method_mirror *method = ordinal < class->ordinal_count ? class->ordinals[ordinal] : NULL;
    struct code *code = method != NULL ? code_of(method) : NULL;

    if (method != NULL && (code == NULL || !call_know_parameters(code)))
        call_no_memory(worker);
    else if (method == NULL || code->parameter_count != question->count)
        exception_throw(worker, VM_ERROR_NO_METHOD,
                        "no method number %d with %u arguments in this class", (int)ordinal,
                        question->count);
    else if (!may_call(question, method))
        exception_throw(worker, VM_ERROR_ACCESS, "method number %u is private", (unsigned)ordinal);
    else if (call_fit(code, question->arguments, question->count) < 0)
        exception_throw(worker, VM_ERROR_CAST, "method number %u does not take these arguments",
                        (unsigned)ordinal);
    else
        return code;
    return NULL;
}

/* ---- calling it ---- */

bool
call_is_raw(char type)
{
    return type_area(type) != 'w';
}

/* `pushed` operands go when it is over: the object, what told which method, `count` arguments. */
static void
call_primitive_untyped(struct vm_worker *worker, struct code *code, unsigned count, unsigned pushed,
                       uint64_t caller)
{
    const word_t *from = worker->word_top - count;
    word_t words[CALL_ARGUMENTS_MAX];
    uint64_t raws[CALL_ARGUMENTS_MAX];
    unsigned word_count = 0, raw_count = 0;
    struct call_arguments arguments = {
        .words = words,
        .raws = raws + CALL_ARGUMENTS_MAX - 1,
        .words_pushed = pushed,
    };

    words[word_count++] = worker->word_top[-(int64_t)pushed];
    for (unsigned i = 0; i < count; i++) {
        if (call_is_raw(code->parameters[i].type))
            raws[CALL_ARGUMENTS_MAX - 1 - raw_count++] = dyn_raw(from[i], code->parameters[i].type);
        else
            words[word_count++] = from[i];
    }
    call_primitive(worker, code, &arguments, caller);
}

/*
 * Move the arguments to the areas where the descriptor wants them. There is room. What is in boxes
 * is read before anything moves: a page may have to come in for it.
 */
static void
spread(struct vm_worker *worker, const struct code *code, unsigned count)
{
    word_t *from = worker->word_top - count, *to = from;
    uint64_t raws[CALL_ARGUMENTS_MAX];

    for (unsigned i = 0; i < count; i++) {
        if (call_is_raw(code->parameters[i].type))
            raws[i] = dyn_raw(from[i], code->parameters[i].type);
    }
    for (unsigned i = 0; i < count; i++) {
        if (call_is_raw(code->parameters[i].type))
            *--worker->raw_top = raws[i];
        else
            *to++ = from[i];
    }
    worker->word_top = to;
}

/* The operands are the object and its arguments, all may be written, and nothing can fail. */
static void
enter(struct vm_worker *worker, struct code *code, unsigned count, uint64_t caller)
{
    word_t object = worker->word_top[-(int64_t)count - 1];

    spread(worker, code, count);
    frame_push(worker, code, caller | (code->synchronized ? FRAME_SYNCHRONIZED : 0));
    if (code->synchronized)
        worker->word_locals[code->word_locals - 1] = object;
}

/*
 * First all that may fail, wait or throw; then the arguments move, and nothing fails. The
 * operands are as call_primitive_untyped() says.
 */
static void
call_untyped(struct vm_worker *worker, struct code *code, unsigned count, unsigned pushed)
{
    uint64_t caller = worker->pc[2] | (code->returns_word ? 0 : FRAME_BOX);
    word_t *arguments = worker->word_top - count;

    if (code->kind == CODE_PRIMITIVE) {
        call_primitive_untyped(worker, code, count, pushed, caller);
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
    if (code->synchronized && !call_enter_monitor(worker, arguments[(int64_t)count - pushed]))
        return;
    if (pushed > count + 1) {
        memmove(arguments - 1, arguments, count * sizeof arguments[0]);
        worker->word_top--;
    }
    enter(worker, code, count, caller);
}

/* What is asked of the object below the topmost `pushed` - 1 words; false if that was thrown at. */
static bool
ask(struct vm_worker *worker, unsigned count, unsigned pushed, struct call_question *question)
{
    word_t object = worker->word_top[-(int64_t)pushed];

    *question = (struct call_question){
        .site = (struct site *)(uintptr_t)worker->pc[1],
        .arguments = worker->word_top - count,
        .count = count,
    };
    if (object == WORD_NULL) {
        call_throw_null(worker);
        return false;
    }
    question->class = mirror_of_class(word_class_number(object));
    if (question->class == NULL)
        call_no_memory(worker);
    return question->class != NULL;
}

/* What the cache says, if it is for this class and its one method takes these arguments. */
static struct code *
cached(const struct call_question *question)
{
    uint64_t cache = atomic_load_explicit(&question->site->cache, memory_order_acquire);
    struct code *code;

    if (cache >> 32 != question->class->number)
        return NULL;
    code = CODE_SEEN(code_table[(uint32_t)cache]);
    return call_fit(code, question->arguments, question->count) >= 0 ? code : NULL;
}

/* The interpreter may call it with its arguments as they are. */
static bool
takes_words(const struct code *code)
{
    bool all = code->kind == CODE_BYTECODE && !code->synchronized;

    for (unsigned i = 0; i < code->parameter_count; i++)
        all = all && code->parameters[i].type == 'w';
    return all;
}

/* Remember the method if no other arguments could lead to another one. */
static void
remember(struct site *site, const struct call_question *question, struct code *code)
{
    struct method_mirror *found[2];

    if (find_methods(question, found, 2) != 1)
        return;
    __atomic_store_n(&code->takes_words, takes_words(code), __ATOMIC_RELAXED);
    atomic_store_explicit(&site->cache, (uint64_t)question->class->number << 32 | code->number,
                          memory_order_release);
}

void
call_name(struct vm_worker *worker)
{
    struct site *site = (struct site *)(uintptr_t)worker->pc[1];
    struct call_question question;
    struct code *code;

    if (!ask(worker, site->arguments - 1, site->arguments, &question))
        return;
    question.name = site->name;
    code = cached(&question);
    if (code == NULL) {
        code = call_choose(worker, &question);
        if (code == NULL)
            return;
        remember(site, &question, code);
    }
    call_untyped(worker, code, question.count, site->arguments);
}

void
call_number(struct vm_worker *worker)
{
    const struct site *site = (const struct site *)(uintptr_t)worker->pc[1];
    struct call_question question;
    struct code *code;

    if (!ask(worker, site->arguments - 1, site->arguments, &question))
        return;
    code = choose_number(worker, &question, site->ordinal);
    if (code != NULL)
        call_untyped(worker, code, question.count, site->arguments);
}

/* ---- a name or number that is a value ---- */

static struct code *
choose_by_value(struct vm_worker *worker, struct call_question *question, word_t chooser)
{
    if (word_tag(chooser) == TAG_INT)
        return choose_number(worker, question, (uint32_t)word_to_int(chooser));
    if (chooser == WORD_NULL || word_class_number(chooser) != CLASS_STRING) {
        exception_throw(worker, VM_ERROR_CAST, "a method is chosen by its name or its number");
        return NULL;
    }
    question->name = mirror_symbol(question->class, chooser);
    if (question->name != WORD_NULL)
        return call_choose(worker, question);
    exception_throw_class(worker, VM_ERROR_NO_METHOD, question->class, "has no method called ",
                          chooser);
    return NULL;
}

void
call_chosen(struct vm_worker *worker)
{
    const struct site *site = (const struct site *)(uintptr_t)worker->pc[1];
    struct call_question question;
    struct code *code;

    if (!ask(worker, site->arguments - 2, site->arguments, &question))
        return;
    code = choose_by_value(worker, &question, question.arguments[-1]);
    if (code != NULL)
        call_untyped(worker, code, question.count, site->arguments);
}

/* ---- an object of a class that is a value ---- */

struct class_mirror *
call_class_to_make(struct vm_worker *worker, word_t object)
{
    struct class_mirror *class;

    if (word_class_number(object) != CLASS_CLASS) {
        exception_throw(worker, VM_ERROR_CAST, "objects are made of a class");
        return NULL;
    }
    class = mirror_of_class(GET_U32(class_object, object, number));
    if (class == NULL) {
        call_no_memory(worker);
        return NULL;
    }
    if (class->element_type == 0 && !class_is_machines(class->number))
        return class;
    exception_throw_class(worker, VM_ERROR_NO_METHOD, class,
                          "has objects that only the machine makes", WORD_NULL);
    return NULL;
}

/*
 * The constructor gets the new object in front of its arguments. It returns nothing, and what lies
 * below, where the class was, is the result: the object again.
 */
static void
call_constructor(struct vm_worker *worker, struct class_mirror *class, struct code *code,
                 unsigned count)
{
    word_t *arguments = worker->word_top - count;
    ref_t object;

    assert(code->kind == CODE_BYTECODE); /* the library has no constructor in C */
    if (!code_make(worker, code)) {
        call_no_memory(worker);
        return;
    }
    if (!frame_make_room(worker, code->word_need + count + 1, code->raw_need + count))
        return;
    object = ops_make_object(worker, class);
    if (object == WORD_NULL)
        return;
    if (code->synchronized && !call_enter_monitor(worker, object))
        return;
    memmove(arguments + 1, arguments, count * sizeof arguments[0]);
    arguments[-1] = arguments[0] = object;
    worker->word_top++;
    enter(worker, code, count, worker->pc[2]);
}

void
call_new(struct vm_worker *worker)
{
    const struct site *site = (const struct site *)(uintptr_t)worker->pc[1];
    struct call_question question;
    struct code *code;

    if (!ask(worker, site->arguments - 1, site->arguments, &question))
        return;
    question.class = call_class_to_make(worker, question.arguments[-1]);
    if (question.class == NULL)
        return;
    code = call_choose(worker, &question);
    if (code != NULL && init_class(worker, question.class))
        call_constructor(worker, question.class, code, question.count);
}
