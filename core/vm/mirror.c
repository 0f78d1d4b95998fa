/*
 * mirror.c - what classes and methods are outside the space.
 *
 * Mirrors are made without a lock, because making one reads the space and that
 * may wait for the disk: each worker who misses one builds it by itself, and the first
 * to enter it in the table wins. A class is built with the mirrors of its own methods in
 * one block of memory; what it refers to beyond is above it, and was built before.
 *
 * A page that is missing takes the worker out of here (pmem_worker.restart) before any
 * memory was taken: everything is read once before it is read for good.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/link.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/memory.h"
#include "format/module.h"
#include "heap/heap.h"
#include "object/array.h"
#include "object/string.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "vm/class_index.h"
#include "vm/signature.h"

#define CLASSES_BYTES (CLASS_NUMBER_MAX * sizeof(struct class_mirror *))

/* By class number; NULL until the first is made. Entries: compare-and-swap by their makers. */
static struct class_mirror *_Atomic *_Atomic classes;

/* Numbers below this may have a mirror. Makers raise it, mirror_forget_all reads it. */
static _Atomic uint32_t class_limit;

/* ---- building ---- */

static struct class_mirror *
mirror_of_object(word_t class)
{
    return mirror_of_class(GET_U32(class_object, class, number));
}

static uint16_t
load16(ref_t object, size_t offset)
{
    return atomic_load_explicit((_Atomic uint16_t *)(object + offset), memory_order_relaxed);
}

static uint8_t
load8(ref_t object, size_t offset)
{
    return atomic_load_explicit((_Atomic uint8_t *)(object + offset), memory_order_relaxed);
}

static uint32_t
length_or_zero(word_t array)
{
    return array == WORD_NULL ? 0 : array_length(array);
}

static void
touch_words(word_t array)
{
    if (array != WORD_NULL)
        class_touch(array, array_bytes(KIND_WORDS, array_length(array)));
}

/* What the space says of a class, and how much memory its mirror takes. */
struct plan {
    ref_t class;
    word_t vtable, ordinals, interfaces, methods;
    uint32_t vtable_count, ordinal_count, interface_count, method_count;
    uint32_t name_slots;
    uint64_t bytes;
};

static void
plan_class(struct plan *plan, ref_t class)
{
    plan->class = class;
    plan->vtable = GET_WORD(class_object, class, vtable);
    plan->ordinals = GET_WORD(class_object, class, ordinals);
    plan->interfaces = GET_WORD(class_object, class, interfaces);
    plan->methods = GET_WORD(class_object, class, methods);
    plan->vtable_count = length_or_zero(plan->vtable);
    plan->ordinal_count = length_or_zero(plan->ordinals);
    plan->interface_count = length_or_zero(plan->interfaces);
    plan->method_count = length_or_zero(plan->methods);
    plan->name_slots = 4;
    while (plan->name_slots < 2 * plan->vtable_count)
        plan->name_slots *= 2;
    plan->bytes = sizeof(struct class_mirror);
    plan->bytes += sizeof(void *) *
                   ((uint64_t)plan->vtable_count + plan->ordinal_count + plan->interface_count);
    plan->bytes += sizeof(uint32_t) * (uint64_t)plan->name_slots;
    for (uint32_t i = 0; i < plan->method_count; i++) {
        ref_t method = array_load_word(plan->methods, i);
        uint32_t words = load16(method, offsetof(struct method_object, word_args));
        uint32_t raws = load16(method, offsetof(struct method_object, raw_args));

        plan->bytes += sizeof(struct method_mirror) + words + raws + 1;
    }
}

/* The areas of the arguments, as text. Returns where the next text may begin. */
static char *
describe(char *at, word_t signature)
{
    uint32_t length = array_length(signature);
    bool at_name = false;
    char before = '(';

    for (uint32_t i = 1; i < length; i++) {
        char unit = (char)string_unit(signature, i);

        if (!at_name && unit == ')')
            break;
        if (!at_name && unit != '[')
            *at++ = before == '[' ? 'w' : type_area(unit);
        if (unit == 'L' || at_name)
            at_name = unit != ';';
        before = unit;
    }
    *at = 0;
    return at + 1;
}

static char *
build_method(struct method_mirror *mirror, struct class_mirror *owner, ref_t method, char *text)
{
    word_t code = GET_WORD(method_object, method, code);

    mirror->method = method;
    mirror->owner = owner;
    mirror->number = GET_U32(method_object, method, number);
    mirror->flags = GET_U32(method_object, method, flags);
    mirror->vtable_index = GET_U32(method_object, method, vtable_index);
    mirror->primitive = GET_U32(method_object, method, primitive);
    mirror->word_args = load16(method, offsetof(struct method_object, word_args));
    mirror->raw_args = load16(method, offsetof(struct method_object, raw_args));
    mirror->word_locals = load16(method, offsetof(struct method_object, word_locals));
    mirror->raw_locals = load16(method, offsetof(struct method_object, raw_locals));
    mirror->word_stack_max = load16(method, offsetof(struct method_object, word_stack_max));
    mirror->raw_stack_max = load16(method, offsetof(struct method_object, raw_stack_max));
    mirror->result = (char)load8(method, offsetof(struct method_object, result));
    mirror->name = GET_WORD(method_object, method, name);
    mirror->signature = GET_WORD(method_object, method, signature);
    mirror->code_bytes = length_or_zero(code);
    mirror->descriptor = text;
    return describe(text, mirror->signature);
}

static void
build_raw(struct class_mirror *mirror, const struct plan *plan)
{
    ref_t class = plan->class;

    mirror->class = class;
    mirror->number = GET_U32(class_object, class, number);
    mirror->depth = GET_U32(class_object, class, depth);
    mirror->flags = GET_U32(class_object, class, flags);
    mirror->kind = (enum object_kind)GET_U32(class_object, class, kind);
    mirror->instance_bytes = GET_U32(class_object, class, instance_bytes);
    mirror->init_state = GET_U32(class_object, class, init_state);
    mirror->vtable_count = plan->vtable_count;
    mirror->ordinal_count = plan->ordinal_count;
    mirror->interface_count = plan->interface_count;
    mirror->method_count = plan->method_count;
    mirror->name_mask = plan->name_slots - 1;
    mirror->bytes = plan->bytes;
}

/* Cut the block of memory into the mirror's tables. Returns what is left, for texts. */
static char *
cut_block(struct class_mirror *mirror, const struct plan *plan)
{
    char *at = (char *)(mirror + 1);

    mirror->methods = (struct method_mirror *)at;
    at += sizeof(struct method_mirror) * plan->method_count;
    mirror->vtable = (struct method_mirror **)at;
    at += sizeof(void *) * plan->vtable_count;
    mirror->ordinals = (struct method_mirror **)at;
    at += sizeof(void *) * plan->ordinal_count;
    mirror->interfaces = (struct class_mirror **)at;
    at += sizeof(void *) * plan->interface_count;
    mirror->by_name = (uint32_t *)at;
    at += sizeof(uint32_t) * plan->name_slots;
    return at;
}

/* What is above has its mirror already. */
static void
build_supers(struct class_mirror *mirror, const struct plan *plan)
{
    word_t super = GET_WORD(class_object, plan->class, super);
    word_t element = GET_WORD(class_object, plan->class, element);
    word_t name = GET_WORD(class_object, plan->class, name);

    if (super != WORD_NULL) {
        mirror->super = mirror_of_object(super);
        memcpy(mirror->display, mirror->super->display, sizeof mirror->display);
    }
    if (mirror->depth < MIRROR_DISPLAY)
        mirror->display[mirror->depth] = mirror;
    if (string_unit(name, 0) == '[') {
        char type = (char)string_unit(name, 1);

        mirror->element_type = type_area(type) == 'w' ? 'w' : type;
    }
    if (element != WORD_NULL)
        mirror->element = mirror_of_object(element);
    for (uint32_t i = 0; i < plan->interface_count; i++)
        mirror->interfaces[i] = mirror_of_object(array_load_word(plan->interfaces, i));
}

/* The mirror of a method: the class's own, or that of a class above, which is there already. */
static struct method_mirror *
find_method(struct class_mirror *mirror, word_t method)
{
    ref_t owner = GET_WORD(method_object, method, owner);
    uint32_t number = GET_U32(method_object, method, number);

    if (owner != mirror->class) {
        mirror = mirror_of_object(owner);
        assert(mirror != NULL);
    }
    assert(number - mirror->methods[0].number < mirror->method_count);
    return &mirror->methods[number - mirror->methods[0].number];
}

static uint32_t
name_slot(const struct class_mirror *mirror, word_t name)
{
    return (uint32_t)hash_mix(name) & mirror->name_mask;
}

static void
enter_name(struct class_mirror *mirror, uint32_t index)
{
    uint32_t slot = name_slot(mirror, mirror->vtable[index]->name);

    while (mirror->by_name[slot] != 0)
        slot = (slot + 1) & mirror->name_mask;
    mirror->by_name[slot] = index + 1;
}

static void
build_tables(struct class_mirror *mirror, const struct plan *plan, char *text)
{
    for (uint32_t i = 0; i < plan->method_count; i++)
        text = build_method(&mirror->methods[i], mirror, array_load_word(plan->methods, i), text);
    assert(text <= (char *)mirror + mirror->bytes);
    for (uint32_t i = 0; i < plan->vtable_count; i++) {
        mirror->vtable[i] = find_method(mirror, array_load_word(plan->vtable, i));
        enter_name(mirror, i);
    }
    for (uint32_t i = 0; i < plan->ordinal_count; i++) {
        word_t method = array_load_word(plan->ordinals, i);

        if (method != WORD_NULL)
            mirror->ordinals[i] = find_method(mirror, method);
    }
}

/*
 * Read all that building will read, and make the mirrors of what is above, while
 * a missing page may still take the worker away from here. False: no memory.
 */
static bool
prepare(const struct plan *plan)
{
    word_t super = GET_WORD(class_object, plan->class, super);
    word_t element = GET_WORD(class_object, plan->class, element);

    class_touch(plan->class, sizeof(struct class_object));
    touch_words(plan->vtable);
    touch_words(plan->ordinals);
    class_touch(GET_WORD(class_object, plan->class, name), ARRAY_HEADER_BYTES + 8);
    if (super != WORD_NULL && mirror_of_object(super) == NULL)
        return false;
    if (element != WORD_NULL && mirror_of_object(element) == NULL)
        return false;
    for (uint32_t i = 0; i < plan->interface_count; i++) {
        if (mirror_of_object(array_load_word(plan->interfaces, i)) == NULL)
            return false;
    }
    for (uint32_t i = 0; i < plan->vtable_count; i++)
        class_touch(array_load_word(plan->vtable, i), sizeof(struct method_object));
    for (uint32_t i = 0; i < plan->method_count; i++) {
        ref_t method = array_load_word(plan->methods, i);
        word_t code = GET_WORD(method_object, method, code);
        word_t signature = GET_WORD(method_object, method, signature);

        class_touch(signature, ARRAY_HEADER_BYTES + 2ull * array_length(signature));
        if (code != WORD_NULL)
            class_touch(code, ARRAY_HEADER_BYTES);
    }
    return true;
}

static struct class_mirror *
build(const struct plan *plan)
{
    struct class_mirror *mirror = plat_alloc(plan->bytes);
    char *text;

    if (mirror == NULL)
        return NULL;
    build_raw(mirror, plan);
    text = cut_block(mirror, plan);
    build_supers(mirror, plan);
    build_tables(mirror, plan, text);
    return mirror;
}

/* ---- the table ---- */

static struct class_mirror *_Atomic *
table_make(void)
{
    struct class_mirror *_Atomic *table = plat_reserve(CLASSES_BYTES);
    struct class_mirror *_Atomic *there = NULL;

    if (table == NULL)
        return NULL;
    if (atomic_compare_exchange_strong(&classes, &there, table))
        return table;
    plat_release(table, CLASSES_BYTES);
    return there;
}

/* Raise the limit, so that mirror_forget_all finds the new mirror. */
static void
raise_limit(uint32_t number)
{
    uint32_t limit = atomic_load(&class_limit);

    while (limit <= number && !atomic_compare_exchange_weak(&class_limit, &limit, number + 1))
        continue;
}

static struct class_mirror *
make(struct class_mirror *_Atomic *slot, uint32_t number)
{
    struct pmem_worker *worker = plat_self();
    void **restart = worker != NULL ? worker->restart : NULL;
    struct class_mirror *mirror, *there = NULL;
    struct plan plan;

    assert(number < pmem_load32(SPACE_ROOT + offsetof(struct space_root, class_count)));
    assert(class_of_number(number) != 0);
    plan_class(&plan, class_of_number(number));
    if (!prepare(&plan))
        return NULL;
    if (worker != NULL)
        worker->restart = NULL; /* to leave in the middle would leave memory behind */
    mirror = build(&plan);
    if (worker != NULL)
        worker->restart = restart;
    if (mirror == NULL)
        return NULL;
    raise_limit(number);
    if (atomic_compare_exchange_strong_explicit(slot, &there, mirror, memory_order_acq_rel,
                                                memory_order_acquire))
        return mirror;
    plat_free(mirror, mirror->bytes);
    return there;
}

struct class_mirror *
mirror_of_class(uint32_t number)
{
    struct class_mirror *_Atomic *table = atomic_load_explicit(&classes, memory_order_acquire);
    struct class_mirror *mirror;

    assert(number < CLASS_NUMBER_MAX);
    if (unlikely(table == NULL)) {
        table = table_make();
        if (table == NULL)
            return NULL;
    }
    mirror = atomic_load_explicit(&table[number], memory_order_acquire);
    if (likely(mirror != NULL))
        return mirror;
    return make(&table[number], number);
}

struct method_mirror *
mirror_of_method(uint32_t number)
{
    ref_t method = pmem_load64(SPACE_METHOD_TABLE + 8 * (uint64_t)number);
    struct class_mirror *owner;

    assert(method != 0);
    owner = mirror_of_object(GET_WORD(method_object, method, owner));
    return owner != NULL ? find_method(owner, method) : NULL;
}

void
mirror_forget_all(void)
{
    struct class_mirror *_Atomic *table = atomic_exchange(&classes, NULL);
    uint32_t limit = atomic_exchange(&class_limit, 0);

    for (uint32_t i = 0; table != NULL && i < limit; i++) {
        struct class_mirror *mirror = atomic_load(&table[i]);

        if (mirror != NULL)
            plat_free(mirror, mirror->bytes);
    }
    plat_release(table, CLASSES_BYTES);
    class_index_forget();
}

/* ---- asking ---- */

static bool
implements(const struct class_mirror *class, const struct class_mirror *interface)
{
    for (uint32_t i = 0; i < class->interface_count; i++) {
        if (class->interfaces[i] == interface)
            return true;
    }
    return false;
}

bool
mirror_is_subclass(const struct class_mirror *class, const struct class_mirror *wanted)
{
    while (class != wanted && wanted->element != NULL && class->element != NULL) {
        class = class->element;
        wanted = wanted->element;
    }
    if (class == wanted)
        return true;
    if ((wanted->flags & CLASS_INTERFACE) != 0)
        return implements(class, wanted);
    if (wanted->depth < MIRROR_DISPLAY)
        return class->display[wanted->depth] == wanted;
    while (class != NULL && class->depth > wanted->depth)
        class = class->super;
    return class == wanted;
}

/* True if two signatures have the same arguments: up to the closing parenthesis. */
static bool
same_arguments(word_t a, word_t b)
{
    uint32_t length = array_length(a) < array_length(b) ? array_length(a) : array_length(b);

    for (uint32_t i = 0; i < length; i++) {
        uint16_t unit = string_unit(a, i);

        if (unit != string_unit(b, i))
            return false;
        if (unit == ')')
            return true;
    }
    return false;
}

/* The names are equal; an implementation may return a narrower type than it must. */
struct method_mirror *
mirror_find(const struct class_mirror *class, word_t name, word_t signature)
{
    uint32_t slot = name_slot(class, name);

    for (; class->by_name[slot] != 0; slot = (slot + 1) & class->name_mask) {
        struct method_mirror *method = class->vtable[class->by_name[slot] - 1];

        if (method->name == name &&
            (method->signature == signature || same_arguments(method->signature, signature)))
            return method;
    }
    return NULL;
}

/* Methods found by name, nearest class first; `count` goes on behind what there is room for. */
struct finding {
    word_t name;
    unsigned arguments; /* with the receiver */
    struct method_mirror **found;
    unsigned count, max;
};

static void
consider(struct finding *finding, struct method_mirror *method)
{
    struct method_mirror **found = finding->found;
    unsigned at;

    if (method->name != finding->name ||
        (unsigned)method->word_args + method->raw_args != finding->arguments)
        return;
    at = finding->count < finding->max ? finding->count : finding->max;
    finding->count++;
    for (; at > 0 && found[at - 1]->owner->depth < method->owner->depth; at--) {
        if (at < finding->max)
            found[at] = found[at - 1];
    }
    if (at < finding->max)
        found[at] = method;
}

/* Methods that are in no table and belong to objects: private ones, and constructors. */
static void
consider_own(struct finding *finding, const struct class_mirror *class)
{
    for (uint32_t i = 0; i < class->method_count; i++) {
        struct method_mirror *method = &class->methods[i];

        if (method->vtable_index == UINT32_MAX && (method->flags & MEMBER_STATIC) == 0)
            consider(finding, method);
    }
}

unsigned
mirror_find_named(const struct class_mirror *class, word_t name, unsigned argument_count,
                  struct method_mirror **found, unsigned max)
{
    struct finding finding = {
        .name = name, .arguments = argument_count + 1, .found = found, .max = max
    };
    uint32_t slot = name_slot(class, name);

    for (; class->by_name[slot] != 0; slot = (slot + 1) & class->name_mask)
        consider(&finding, class->vtable[class->by_name[slot] - 1]);
    for (; class != NULL; class = class->super)
        consider_own(&finding, class);
    return finding.count;
}

static bool
is_constructor(const struct method_mirror *method)
{
    return string_equal_utf8(method->name, "<new>", 5);
}

unsigned
mirror_find_constructors(const struct class_mirror *class, unsigned argument_count,
                         struct method_mirror **found, unsigned max)
{
    struct finding finding = { .arguments = argument_count + 1, .found = found, .max = max };

    for (uint32_t i = 0; i < class->method_count && finding.name == WORD_NULL; i++) {
        if (is_constructor(&class->methods[i]))
            finding.name = class->methods[i].name;
    }
    if (finding.name != WORD_NULL)
        consider_own(&finding, class);
    return finding.count;
}

word_t
mirror_symbol(const struct class_mirror *class, word_t name)
{
    for (uint32_t i = 0; i < class->vtable_count; i++) {
        if (string_equal(class->vtable[i]->name, name))
            return class->vtable[i]->name;
    }
    for (; class != NULL; class = class->super) {
        for (uint32_t i = 0; i < class->method_count; i++) {
            const struct method_mirror *method = &class->methods[i];

            if ((method->flags & MEMBER_STATIC) == 0 && !is_constructor(method) &&
                string_equal(method->name, name))
                return method->name;
        }
    }
    return WORD_NULL;
}
