/*
 * fields.c - where the fields of a class lie in its objects.
 *
 * The fields of the super class stay where they are. Own words follow in one
 * run, which joins the super's last run when nothing lies between. Own raw
 * fields, the widest first, go into the gaps that alignment has left, then
 * behind the words. So most classes have one run, and a hierarchy in which
 * words and raw fields alternate opens one at each step.
 *
 * Statics are slots of two arrays: words, and eight bytes for each raw one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "vm/model_priv.h"
#include "vm/signature.h"

/* An object of a program is not larger: what is larger is an array. */
#define INSTANCE_BYTES_MAX (1u << 20)

static bool
is_static(const struct model_field *field)
{
    return (field->flags & MEMBER_STATIC) != 0;
}

static bool
is_word(const struct model_field *field)
{
    return type_area(field->type->text[0]) == 'w';
}

static void
lay_out_statics(struct model_class *class)
{
    for (uint32_t i = 0; i < class->field_count; i++) {
        struct model_field *field = &class->fields[i];

        if (!is_static(field))
            continue;
        field->offset = is_word(field) ? class->static_words++ : class->static_raws++;
    }
}

static err_t
lay_out_words(struct load *load, struct model_class *class)
{
    uint32_t first = class->instance_bytes, run = class->word_run_count;

    for (uint32_t i = 0; i < class->field_count; i++) {
        if (is_static(&class->fields[i]) || !is_word(&class->fields[i]))
            continue;
        class->fields[i].offset = class->instance_bytes;
        class->instance_bytes += sizeof(word_t);
    }
    if (class->instance_bytes == first)
        return OK;
    if (run > 0 &&
        class->word_runs[run - 1].offset + class->word_runs[run - 1].count * sizeof(word_t) ==
            first) {
        class->word_runs[run - 1].count += (class->instance_bytes - first) / sizeof(word_t);
        return OK;
    }
    if (run == MODEL_WORD_RUNS_MAX)
        return load_complain(load,
                             "in class %s: too many supers in turn add raw fields and others; "
                             "gather the fields in fewer classes",
                             class->name->text);
    class->word_runs[run].offset = first;
    class->word_runs[run].count = (class->instance_bytes - first) / sizeof(word_t);
    class->word_run_count++;
    return OK;
}

/* Mark the bytes of all fields but own raw ones, so that gaps show. */
static void
mark_used(const struct model_class *class, uint8_t *used)
{
    memset(used, 1, OBJECT_HEADER_BYTES);
    for (unsigned i = 0; i < class->word_run_count; i++)
        memset(used + class->word_runs[i].offset, 1, class->word_runs[i].count * sizeof(word_t));
    for (const struct model_class *at = class->super; at != NULL; at = at->super) {
        for (uint32_t i = 0; i < at->field_count; i++) {
            if (!is_static(&at->fields[i]) && !is_word(&at->fields[i]))
                memset(used + at->fields[i].offset, 1, type_bytes(at->fields[i].type->text[0]));
        }
    }
}

/* The first free aligned place for `bytes` bytes at or behind `from`. */
static uint32_t
find_gap(const uint8_t *used, uint32_t from, uint32_t bytes)
{
    uint32_t at = (from + bytes - 1) & ~(bytes - 1);

    for (;; at += bytes) {
        uint32_t i = 0;

        while (i < bytes && used[at + i] == 0)
            i++;
        if (i == bytes)
            return at;
    }
}

static void
place_raws(struct model_class *class, uint8_t *used, uint32_t bytes)
{
    uint32_t from = OBJECT_HEADER_BYTES;

    for (uint32_t i = 0; i < class->field_count; i++) {
        struct model_field *field = &class->fields[i];

        if (is_static(field) || is_word(field) || type_bytes(field->type->text[0]) != bytes)
            continue;
        field->offset = find_gap(used, from, bytes);
        memset(used + field->offset, 1, bytes);
        from = field->offset + bytes;
        if (from > class->instance_bytes)
            class->instance_bytes = from;
    }
}

static err_t
lay_out_raws(struct load *load, struct model_class *class, uint32_t raw_count)
{
    /* Each of them might need eight bytes of its own behind all others. */
    uint32_t room = class->instance_bytes + (raw_count + 2) * 8;
    uint8_t *used = arena_alloc(&load->arena, 1, room);

    if (used == NULL)
        return ERR_NOMEM;
    mark_used(class, used);
    for (uint32_t bytes = 8; bytes > 0; bytes /= 2)
        place_raws(class, used, bytes);
    class->instance_bytes = (class->instance_bytes + 7) & ~7u;
    assert(class->instance_bytes <= room);
    return OK;
}

err_t
model_fields_lay_out(struct load *load, struct model_class *class)
{
    const struct model_class *super = class->super;
    uint32_t instance_count = 0, raw_count = 0;

    class->kind = KIND_PLAIN;
    class->instance_bytes = super != NULL ? super->instance_bytes : OBJECT_HEADER_BYTES;
    class->word_run_count = super != NULL ? super->word_run_count : 0;
    if (super != NULL)
        memcpy(class->word_runs, super->word_runs, sizeof class->word_runs);
    for (uint32_t i = 0; i < class->field_count; i++) {
        instance_count += !is_static(&class->fields[i]);
        raw_count += !is_static(&class->fields[i]) && !is_word(&class->fields[i]);
    }
    lay_out_statics(class);
    model_known_lay_out(class);
    if (instance_count == 0)
        return OK;
    if (class->is_machines || class->number == CLASS_OBJECT)
        return load_complain(load,
                             "in class %s: the machine makes its objects, so field %s "
                             "cannot be added",
                             class->name->text, class->fields[0].name->text);
    if ((class->flags & CLASS_INTERFACE) != 0)
        return load_complain(load, "in class %s: an interface has no fields of its objects",
                             class->name->text);
    TRY(lay_out_words(load, class));
    TRY(lay_out_raws(load, class, raw_count));
    if (class->instance_bytes > INSTANCE_BYTES_MAX)
        return load_complain(load, "in class %s: an object would have more than %u bytes",
                             class->name->text, INSTANCE_BYTES_MAX);
    return OK;
}
