/*
 * verify_types.c - what is known of words and raw slots, and what remains
 * known where ways meet.
 *
 * The order has finite height: at most MODEL_DEPTH_MAX supers in each of
 * TYPE_DIMENSIONS_MAX dimensions. Merging only goes up, so it comes to an end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/assert.h"
#include "base/memory.h"
#include "vm/verify_priv.h"

struct model_class verify_null;

const char *
verify_type_name(type_t type)
{
    if (type == NULL)
        return "nothing";
    return type == TYPE_NULL ? "null" : type->name->text;
}

bool
verify_fits(type_t from, struct model_class *to)
{
    return from == TYPE_NULL || model_assignable(from, to);
}

static struct model_class *
common_super(struct model_class *a, struct model_class *b)
{
    while (a != b) {
        if (a->depth >= b->depth)
            a = a->super;
        else
            b = b->super;
    }
    return a;
}

err_t
verify_merge(struct load *load, type_t a, type_t b, type_t *merged)
{
    struct model_class *element;

    if (a == b || b == TYPE_NULL) {
        *merged = a;
        return OK;
    }
    if (a == TYPE_NULL || a == NULL || b == NULL) {
        *merged = a == TYPE_NULL ? b : NULL;
        return OK;
    }
    TRY(load_work(load, 16));
    if (a->element == NULL || b->element == NULL) {
        *merged = common_super(a, b);
        return OK;
    }
    TRY(verify_merge(load, a->element, b->element, &element));
    return model_array_of(load, element, merged);
}

/* ---- frames ---- */

static uint32_t
word_slots(const struct verify *verify)
{
    return (uint32_t)verify->source->word_locals + verify->source->word_stack_max;
}

static uint32_t
raw_slots(const struct verify *verify)
{
    return (uint32_t)verify->source->raw_locals + verify->source->raw_stack_max;
}

err_t
verify_frame_init(struct verify *verify, struct frame *frame)
{
    frame->word_depth = 0;
    frame->raw_depth = 0;
    frame->words = arena_alloc(&verify->load->scratch, word_slots(verify), sizeof frame->words[0]);
    frame->raws = arena_alloc(&verify->load->scratch, raw_slots(verify), sizeof frame->raws[0]);
    return frame->words != NULL && frame->raws != NULL ? OK : ERR_NOMEM;
}

void
verify_frame_copy(const struct verify *verify, struct frame *to, const struct frame *from)
{
    uint32_t words = verify->source->word_locals + from->word_depth;
    uint32_t raws = verify->source->raw_locals + from->raw_depth;

    to->word_depth = from->word_depth;
    to->raw_depth = from->raw_depth;
    memcpy(to->words, from->words, words * sizeof to->words[0]);
    memcpy(to->raws, from->raws, raws);
}

static err_t
merge_words(struct verify *verify, struct frame *into, const struct frame *from, bool *changed)
{
    uint32_t count = verify->source->word_locals + into->word_depth;

    for (uint32_t i = 0; i < count; i++) {
        type_t merged;

        if (into->words[i] == from->words[i])
            continue;
        TRY(verify_merge(verify->load, into->words[i], from->words[i], &merged));
        *changed = *changed || merged != into->words[i];
        into->words[i] = merged;
    }
    return OK;
}

static err_t
merge_raws(struct verify *verify, struct frame *into, const struct frame *from, bool *changed)
{
    uint32_t locals = verify->source->raw_locals;

    for (uint32_t i = 0; i < locals + into->raw_depth; i++) {
        if (into->raws[i] == from->raws[i] || into->raws[i] == 0)
            continue;
        if (i >= locals)
            return verify_fail(verify,
                               "ways meet here with a raw value of kind %c and of kind %c "
                               "on the stack",
                               into->raws[i], from->raws[i]);
        into->raws[i] = 0;
        *changed = true;
    }
    return OK;
}

err_t
verify_frame_merge(struct verify *verify, struct frame *into, const struct frame *from,
                   bool *changed)
{
    *changed = false;
    if (into->word_depth != from->word_depth || into->raw_depth != from->raw_depth)
        return verify_fail(verify,
                           "ways meet here with %u words and %u raw values on the stack, and with "
                           "%u and %u",
                           into->word_depth, into->raw_depth, from->word_depth, from->raw_depth);
    TRY(load_work(verify->load, word_slots(verify) + raw_slots(verify) / 8 + 1));
    TRY(merge_words(verify, into, from, changed));
    return merge_raws(verify, into, from, changed);
}

err_t
verify_push_word(struct verify *verify, type_t type)
{
    struct frame *now = &verify->now;

    assert(type != NULL);
    if (now->word_depth == verify->source->word_stack_max)
        return verify_fail(verify, "more than %u words on the stack", now->word_depth);
    now->words[verify->source->word_locals + now->word_depth++] = type;
    return OK;
}

err_t
verify_push_raw(struct verify *verify, char kind)
{
    struct frame *now = &verify->now;

    assert(kind != 0);
    if (now->raw_depth == verify->source->raw_stack_max)
        return verify_fail(verify, "more than %u raw values on the stack", now->raw_depth);
    now->raws[verify->source->raw_locals + now->raw_depth++] = kind;
    return OK;
}

err_t
verify_peek_word(struct verify *verify, uint32_t below, type_t *type)
{
    const struct frame *now = &verify->now;

    if (now->word_depth <= below)
        return verify_fail(verify, "not enough words on the stack");
    *type = now->words[verify->source->word_locals + now->word_depth - 1 - below];
    return OK;
}

err_t
verify_pop_word(struct verify *verify, type_t *type)
{
    TRY(verify_peek_word(verify, 0, type));
    verify->now.word_depth--;
    return OK;
}

err_t
verify_pop_raw(struct verify *verify, char kind, char *popped)
{
    struct frame *now = &verify->now;
    char there;

    if (now->raw_depth == 0)
        return verify_fail(verify, "not enough raw values on the stack");
    there = now->raws[verify->source->raw_locals + now->raw_depth - 1];
    if (kind != 'r' && there != kind)
        return verify_fail(verify, "a raw value of kind %c where one of kind %c is wanted", there,
                           kind);
    now->raw_depth--;
    *popped = there;
    return OK;
}
