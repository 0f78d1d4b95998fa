/*
 * loader.c - a module becomes classes of the space, or leaves nothing behind.
 *
 * The road, all of it outside the space but the last step:
 *   read the bytes, declare the classes, find their supers, link them, find what
 *   the pool names, verify each method; install.
 *
 * One load is under way at a time. Who has to wait for it is away from the space
 * meanwhile, so that the world can stop.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "object/string.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "vm/class_index.h"
#include "vm/model_priv.h"
#include "vm/prim.h"
#include "vm/signature.h"

/* Volatile memory for one load. */
#define LOAD_BYTES_MAX ((size_t)512 << 20)

/* After so many beginnings the world waits for the pages of a load. */
#define DEPARTURES_MAX 32

static const struct primitive {
    const char *signature;
    uint16_t number;
    enum {
        INSTANCE,
        STATIC
    } kind;
} primitives[] = {
#define PRIMITIVE(number, name, kind, signature) { signature, number, kind },
#include "format/primitives.def"

#define WEAK_CLASS_NAME ".internal.weak"
#undef PRIMITIVE
};

/* ---- one at a time ---- */

static _Atomic uint32_t loading; /* 1 while a load is under way; the other side waits below */

static void
loading_begin(struct pmem_worker *worker)
{
    uint32_t idle = 0;

    if (atomic_compare_exchange_strong(&loading, &idle, 1))
        return;
    pmem_worker_away(worker);
    for (;;) {
        idle = 0;
        if (atomic_compare_exchange_strong(&loading, &idle, 1))
            break;
        plat_wait(&loading, 1, PLAT_NO_DEADLINE);
    }
    pmem_worker_back(worker);
}

static void
loading_end(void)
{
    atomic_store(&loading, 0);
    plat_wake(&loading, 1);
}

/* ---- declaring ---- */

static err_t
declare_members(struct load *load, struct model_class *class)
{
    const struct module_class *source = class->source;

    class->field_count = source->field_count;
    class->method_count = source->method_count;
    class->fields = arena_alloc(&load->arena, class->field_count, sizeof class->fields[0]);
    class->methods = arena_alloc(&load->arena, class->method_count, sizeof class->methods[0]);
    if (class->fields == NULL || class->methods == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < class->field_count; i++) {
        class->fields[i].name = pool_name(load, source->fields[i].name);
        class->fields[i].type = pool_name(load, source->fields[i].type);
        class->fields[i].flags = source->fields[i].flags;
        class->fields[i].owner = class;
    }
    for (uint32_t i = 0; i < class->method_count; i++) {
        struct model_method *method = &class->methods[i];

        method->source = &source->methods[i];
        method->name = pool_name(load, method->source->name);
        method->signature = pool_name(load, method->source->signature);
        method->flags = method->source->flags;
        method->ordinal = method->source->ordinal;
        method->vtable_index = MODEL_NO_VTABLE;
        method->owner = class;
        method->number = load->method_next++;
        TRY(model_arguments_name(load, method));
    }
    return load->method_next < METHOD_NUMBER_MAX ? OK : ERR_NOSPACE;
}

/* Only what the library declares so: its first field is read by a primitive alone. */
static bool
is_weak(const struct load *load, const struct model_class *class)
{
    return load->application_id == 0 && load->application.word == WORD_NULL &&
           text_equal(class->name->text, WEAK_CLASS_NAME);
}

static err_t
declare_class(struct load *load, const struct module_class *source, struct model_class *class)
{
    err_t err;

    class->flags = source->flags;
    class->state = MODEL_DECLARED;
    err = model_declare(load, source, class);
    if (err == OK && is_weak(load, class))
        class->flags |= CLASS_WEAK | CLASS_FINAL;
    if (err == ERR_EXISTS)
        return load_complain(load, "in class %s: there is a class of this name already",
                             class->name->text);
    TRY(err);
    return declare_members(load, class);
}

static err_t
declare_all(struct load *load)
{
    load->declared = arena_alloc(&load->arena, load->module.class_count, sizeof load->declared[0]);
    if (load->declared == NULL)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < load->module.class_count; i++)
        TRY(declare_class(load, &load->module.classes[i], &load->declared[i]));
    return OK;
}

/* ---- the library's own ---- */

/* The library declares every class that C knows; the loader makes its arrays. */
static err_t
complete_library(struct load *load)
{
    for (unsigned number = CLASS_OBJECT; number < CLASS_WELL_KNOWN_COUNT; number++) {
        const char *text = model_known_name((enum well_known_class)number);
        struct model_class *class;

        if (text[0] == '[') {
            TRY(model_array_of_type(load, text[1], &class));
            TRY(model_want(load, class));
            continue;
        }
        TRY(model_well_known(load, (enum well_known_class)number, &class));
        if (class == NULL)
            load_complain(load, "the class library lacks %s", text);
    }
    return load->complaint_count > 0 ? ERR_PROGRAM : OK;
}

/* ---- primitives ---- */

static err_t
check_primitive(struct load *load, const struct model_method *method)
{
    const char *class = method->owner->name->text, *name = method->name->text;
    uint16_t number = method->source->primitive;
    bool is_static = (method->flags & MEMBER_STATIC) != 0;

    if (load->application_id != 0 || load->application.word != WORD_NULL)
        return load_complain(load,
                             "in class %s: method %s is a primitive, and only the class "
                             "library may have these",
                             class, name);
    for (size_t i = 0; i < sizeof primitives / sizeof primitives[0]; i++) {
        if (primitives[i].number != number)
            continue;
        if (number >= prim_table_count || prim_table[number] == NULL)
            break;
        if (!text_equal(primitives[i].signature, method->signature->text) ||
            (primitives[i].kind == STATIC) != is_static)
            return load_complain(load,
                                 "in class %s: method %s%s%s is bound to primitive %u, "
                                 "which is %s%s",
                                 class, is_static ? "static " : "", name, method->signature->text,
                                 number, primitives[i].kind == STATIC ? "static " : "",
                                 primitives[i].signature);
        return OK;
    }
    return load_complain(load, "in class %s: method %s is bound to primitive %u, and there is none",
                         class, name, number);
}

/* ---- checking ---- */

static err_t
rise_all(struct load *load)
{
    err_t first = OK;

    for (uint32_t i = 0; i < load->module.class_count; i++) {
        err_t err = model_rise(load, &load->declared[i]);

        if (err != OK && err != ERR_PROGRAM)
            return err;
        first = first == OK ? err : first;
    }
    return first;
}

static err_t
link_all(struct load *load)
{
    err_t first = OK;

    for (uint32_t i = 0; i < load->module.class_count; i++) {
        err_t err = model_link(load, &load->declared[i]);

        if (err != OK && err != ERR_PROGRAM)
            return err;
        first = first == OK ? err : first;
        TRY(heap_safepoint(load->local));
    }
    TRY(first);
    return model_arrays_link(load);
}

static err_t
verify_class(struct load *load, struct model_class *class)
{
    for (uint32_t i = 0; i < class->method_count; i++) {
        struct model_method *method = &class->methods[i];
        err_t err = OK;

        if ((method->flags & METHOD_PRIMITIVE) != 0)
            err = check_primitive(load, method);
        else if ((method->flags & METHOD_ABSTRACT) == 0)
            err = verify_method(load, method);
        if (err != OK && err != ERR_PROGRAM)
            return err;
        if (load->complaint_count > LOAD_COMPLAINTS_MAX)
            return ERR_PROGRAM;
        TRY(heap_safepoint(load->local));
    }
    return OK;
}

static err_t
verify_all(struct load *load)
{
    for (uint32_t i = 0; i < load->module.class_count; i++)
        TRY(verify_class(load, &load->declared[i]));
    return load->complaint_count > 0 ? ERR_PROGRAM : OK;
}

/* Of bytes that make no module: why, and in which class and member if it came so far. */
static void
complain_of_bytes(struct load *load, const char *why)
{
    const struct module *module = &load->module;
    const struct module_pool_entry *class, *member;

    if (module->refused_class == 0) {
        load_complain(load, "%s", why);
        return;
    }
    class = &module->pool[module->refused_class];
    if (module->refused_member == 0) {
        load_complain(load, "in class %.*s: %s", (int)class->bytes, class->text, why);
        return;
    }
    member = &module->pool[module->refused_member];
    load_complain(load, "in class %.*s, member %.*s: %s", (int)class->bytes, class->text,
                  (int)member->bytes, member->text, why);
}

static err_t
read_and_check(struct load *load, const void *bytes, size_t byte_count)
{
    const char *why = "";
    err_t err = module_read(&load->module, &load->arena, bytes, byte_count, &why);

    if (err != OK) {
        if (err != ERR_NOMEM)
            complain_of_bytes(load, why);
        return err;
    }
    TRY(pool_begin(load));
    TRY(declare_all(load));
    TRY(rise_all(load));
    if (load->is_bootstrap)
        TRY(complete_library(load));
    TRY(link_all(load));
    TRY(pool_resolve(load));
    return verify_all(load);
}

/* ---- the load ---- */

/* Give back all volatile memory, and forget what was found out. */
static void
load_clear(struct load *load)
{
    hash_table_free(&load->names);
    hash_table_free(&load->by_name);
    hash_table_free(&load->by_number);
    arena_free(&load->arena);
    arena_free(&load->scratch);
    memset(&load->arena, 0, sizeof *load - offsetof(struct load, arena));
}

static void
load_begin(struct load *load)
{
    uint32_t class_count = pmem_load32(SPACE_ROOT + offsetof(struct space_root, class_count));
    uint32_t method_count = pmem_load32(SPACE_ROOT + offsetof(struct space_root, method_count));

    load->arena.bytes_max = LOAD_BYTES_MAX;
    load->application_id = class_application_id(load->application.word);
    load->is_bootstrap = class_of_number(CLASS_OBJECT) == 0;
    load->class_next = class_count < CLASS_WELL_KNOWN_COUNT ? CLASS_WELL_KNOWN_COUNT : class_count;
    load->method_next = method_count > 0 ? method_count : 1; /* there is no method 0 */
    load->last_new = &load->first_new;
    plat_entropy(&load->hash_key, sizeof load->hash_key);
}

/* What was reserved and not used up, so that who begins anew does not reserve it twice. */
void
load_credit_give(struct pmem_worker *worker)
{
    if (worker->credit > PMEM_WORKER_CREDIT)
        pmem_unreserve(worker, worker->credit - PMEM_WORKER_CREDIT);
}

/* Apart from the setjmp below, which a touch of the space must not share a function with. */
static __attribute__((noinline)) err_t
load_once(struct load *load, const void *bytes, size_t byte_count, word_t *entry)
{
    load_begin(load);
    TRY(heap_safepoint(load->local));
    TRY(read_and_check(load, bytes, byte_count));
    return load_install(load, entry);
}

/*
 * Load; when a page of the space is missing, leave whatever is under way, bring the page in,
 * and begin anew: nothing was changed that matters. So a page that cannot be read is an
 * error of the load, and not the end of the machine.
 */
static __attribute__((noinline)) err_t
load_over_faults(struct load *load, const void *bytes, size_t byte_count, word_t *entry)
{
    struct pmem_worker *worker = load->local->worker;
    void *restart[5];
    err_t err;

    while (__builtin_setjmp(restart) != 0) {
        load->local->worker->restart = NULL;
        load->local->worker->restart_late = ++load->departures >= DEPARTURES_MAX;
        err = pmem_page_in(load->local->worker, load->local->worker->fault_address);
        if (err != OK) {
            load_complain(load, "a page of the space cannot be read");
            return err;
        }
        load_clear(load);
        load_credit_give(load->local->worker);
    }
    worker->restart = restart;
    err = load_once(load, bytes, byte_count, entry);
    load->local->worker->restart = NULL;
    return err;
}

static err_t
load_module(struct load *load, const void *bytes, size_t byte_count, word_t application,
            word_t *entry)
{
    struct heap_local *local = load->local;
    void **restart = local->worker->restart;
    uint32_t payer = local->application;
    err_t err;

    heap_handle_open(&load->application, application);
    loading_begin(local->worker);
    err = load_over_faults(load, bytes, byte_count, entry);
    local->worker->restart_late = false;
    load_credit_give(local->worker);
    loading_end();
    local->worker->restart = restart;
    heap_local_charge(local, payer);
    heap_handle_close(&load->application);
    load_clear(load);
    return err;
}

err_t
module_load(struct heap_local *local, const void *bytes, size_t byte_count, word_t application,
            word_t *entry, load_report_fn *report, void *context)
{
    struct load load = { .local = local, .report = report, .context = context };

    return load_module(&load, bytes, byte_count, application, entry);
}

err_t
module_load_and_start(struct heap_local *local, const void *bytes, size_t byte_count,
                      word_t application, const struct load_start *start, load_report_fn *report,
                      void *context)
{
    struct load load = { .local = local, .start = start, .report = report, .context = context };
    word_t entry;

    return load_module(&load, bytes, byte_count, application, &entry);
}
