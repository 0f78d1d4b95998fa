/*
 * emit_try.c - exceptions, monitors, and every way out of them.
 *
 * A finally block is written once for each way out, and once more behind a
 * handler that catches everything. The code of a way out lies inside the range
 * of the try that it leaves, but belongs to what is around it: it is a gap,
 * which the handlers do not cover. Handlers of inner trys come first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

static void
put_handler(struct emit *emit, uint32_t from, uint32_t to, uint32_t handler, uint16_t class)
{
    if (from == to)
        return;
    lang_put(emit->lang, &emit->handlers, from, 4);
    lang_put(emit->lang, &emit->handlers, to, 4);
    lang_put(emit->lang, &emit->handlers, handler, 4);
    lang_put(emit->lang, &emit->handlers, class, 2);
    if (++emit->handler_count == 65535) {
        lang_error(emit->lang, emit->file, emit->method->place, "move a part of it to another one",
                   "the method `%s` has too many exception handlers", emit->method->name->text);
        emit->lang->stopped = true;
    }
}

/* One handler for [from, to) without the gaps of the context, which are in order. */
static void
put_range(struct emit *emit, const struct context *context, uint32_t from, uint32_t to,
          uint32_t handler, uint16_t class)
{
    for (const struct gap *gap = context->gaps; gap != NULL; gap = gap->next) {
        put_handler(emit, from, gap->from < to ? gap->from : to, handler, class);
        from = gap->to;
    }
    if (from < to)
        put_handler(emit, from, to, handler, class);
}

/* True if anything in [from, to) is covered. */
static bool
covers(const struct context *context, uint32_t from, uint32_t to)
{
    for (const struct gap *gap = context->gaps; gap != NULL; gap = gap->next) {
        if (gap->from > from)
            return true;
        from = gap->to;
    }
    return from < to;
}

/* The handler begins here: both stacks hold nothing but what was thrown. */
static void
begin_handler(struct emit *emit)
{
    emit->words = 1;
    emit->raws = 0;
    emit->reachable = !emit->too_large && !emit->lang->stopped;
    if (emit->words_max == 0)
        emit->words_max = 1;
    emit->last_line = 0;
}

static void
add_gap(struct emit *emit, struct context *context, uint32_t from)
{
    struct gap *gap = lang_alloc(emit->lang, sizeof(*gap));
    struct gap **end = &context->gaps;

    gap->from = from;
    while (*end != NULL)
        end = &(*end)->next;
    *end = gap;
}

static void
end_gap(struct emit *emit, struct context *context)
{
    struct gap *gap = context->gaps;

    while (gap->next != NULL)
        gap = gap->next;
    gap->to = lang_emit_at(emit);
}

/* Leave everything up to `target`: run what must run, and note the gaps. */
static void
unwind(struct emit *emit, struct context *target)
{
    struct context *inner = emit->context;

    for (struct context *context = inner; context != target; context = context->outer) {
        if (context->kind < CONTEXT_CATCH)
            continue;
        add_gap(emit, context, lang_emit_at(emit));
        emit->context = context->outer;
        if (context->kind == CONTEXT_FINALLY) {
            lang_emit_stmt(emit, context->finally);
        } else if (context->kind == CONTEXT_MONITOR) {
            lang_emit_u16(emit, BC_WLOAD, (uint16_t)context->slot);
            lang_emit(emit, BC_MONITOREXIT);
        }
    }
    emit->context = inner;
}

static void
end_gaps(struct emit *emit, struct context *target)
{
    for (struct context *context = emit->context; context != target; context = context->outer) {
        if (context->kind >= CONTEXT_CATCH)
            end_gap(emit, context);
    }
}

/* True if something has to run, or to be left, before a jump out to `target`. */
static bool
has_duties(const struct emit *emit, const struct context *target)
{
    for (const struct context *context = emit->context; context != target;
         context = context->outer) {
        if (context->kind >= CONTEXT_CATCH)
            return true;
    }
    return false;
}

static void
emit_return(struct emit *emit, struct stmt *stmt)
{
    const struct type *type = emit->method->type;
    struct local result = { .type = type };
    struct scope scope = lang_scope(emit);
    bool nothing = type->kind == TYPE_VOID;

    if (stmt->value != NULL && nothing)
        lang_emit_dropped(emit, stmt->value);
    else if (stmt->value != NULL)
        lang_emit_value(emit, stmt->value);
    else if (!nothing)
        lang_emit_null(emit, type);
    if (has_duties(emit, NULL)) {
        if (!nothing) {
            lang_new_slot(emit, &result);
            lang_store_slot(emit, type, result.slot);
        }
        unwind(emit, NULL);
        if (!nothing)
            lang_load_slot(emit, type, result.slot);
    }
    lang_emit(emit, nothing ? BC_RETURN : lang_is_raw(type) ? BC_RRETURN : BC_WRETURN);
    emit->reachable = false;
    end_gaps(emit, NULL);
    lang_end_scope(emit, scope);
}

/* break, continue, return, throw */
void
lang_emit_jump_out(struct emit *emit, struct stmt *stmt)
{
    struct context *target = emit->context;

    if (stmt->kind == STMT_RETURN) {
        emit_return(emit, stmt);
        return;
    }
    if (stmt->kind == STMT_THROW) {
        lang_emit_value(emit, stmt->value);
        lang_emit_line(emit, stmt->place);
        lang_emit(emit, BC_THROW);
        emit->reachable = false;
        return;
    }
    while (target->kind != CONTEXT_LOOP &&
           (stmt->kind == STMT_CONTINUE || target->kind != CONTEXT_SWITCH))
        target = target->outer;
    unwind(emit, target);
    lang_jump(emit, BC_GOTO, stmt->kind == STMT_BREAK ? target->leave : target->again);
    end_gaps(emit, target);
}

static void
emit_catch(struct emit *emit, const struct context *context, struct catch_clause *clause,
           uint32_t from, uint32_t to)
{
    struct scope scope = lang_scope(emit);
    uint16_t class = 0;

    if (!covers(context, from, to))
        return;
    if (clause->class != NULL)
        class = lang_pool_class(emit->module, clause->class->name);
    put_range(emit, context, from, to, lang_emit_at(emit), class);
    begin_handler(emit);
    if (lang_is_raw(clause->local->type))
        lang_emit_unbox(emit, clause->local->type);
    lang_emit_declare(emit, clause->local);
    lang_emit_stmt(emit, clause->body);
    lang_end_scope(emit, scope);
}

/* The body with its catches; everything that does not leave goes on behind. */
static void
emit_guarded(struct emit *emit, struct stmt *stmt)
{
    struct context context = { .outer = emit->context, .kind = CONTEXT_CATCH };
    struct label end = lang_label();
    uint32_t from = lang_emit_at(emit);
    uint32_t to;

    if (stmt->attempt.catches == NULL) {
        lang_emit_stmt(emit, stmt->attempt.body);
        return;
    }
    emit->context = &context;
    lang_emit_stmt(emit, stmt->attempt.body);
    emit->context = context.outer;
    to = lang_emit_at(emit);
    lang_jump(emit, BC_GOTO, &end);
    for (struct catch_clause *clause = stmt->attempt.catches; clause != NULL;
         clause = clause->next) {
        emit_catch(emit, &context, clause, from, to);
        lang_jump(emit, BC_GOTO, &end);
    }
    lang_bind(emit, &end);
}

/* Behind a guarded piece: whatever was thrown in it comes here, and goes on after `finally`. */
static void
emit_catch_all(struct emit *emit, const struct context *context, uint32_t from, uint32_t to)
{
    struct scope scope = lang_scope(emit);
    struct label done = lang_label();
    uint32_t slot;

    if (!covers(context, from, to) || emit->lang->stopped)
        return;
    lang_jump(emit, BC_GOTO, &done);
    put_range(emit, context, from, to, lang_emit_at(emit), 0);
    begin_handler(emit);
    slot = lang_word_slot(emit);
    lang_emit_u16(emit, BC_WSTORE, (uint16_t)slot);
    if (context->kind == CONTEXT_MONITOR) {
        lang_emit_u16(emit, BC_WLOAD, (uint16_t)context->slot);
        lang_emit(emit, BC_MONITOREXIT);
    } else {
        lang_emit_stmt(emit, context->finally);
    }
    lang_emit_u16(emit, BC_WLOAD, (uint16_t)slot);
    lang_emit(emit, BC_THROW);
    emit->reachable = false;
    lang_bind(emit, &done);
    lang_end_scope(emit, scope);
}

void
lang_emit_try(struct emit *emit, struct stmt *stmt)
{
    struct context context = {
        .outer = emit->context,
        .kind = CONTEXT_FINALLY,
        .finally = stmt->attempt.finally,
    };
    uint32_t from = lang_emit_at(emit);
    uint32_t to;

    if (stmt->attempt.finally == NULL) {
        emit_guarded(emit, stmt);
        return;
    }
    emit->context = &context;
    emit_guarded(emit, stmt);
    emit->context = context.outer;
    to = lang_emit_at(emit);
    lang_emit_stmt(emit, stmt->attempt.finally);
    emit_catch_all(emit, &context, from, to);
}

void
lang_emit_synchronized(struct emit *emit, struct stmt *stmt)
{
    struct scope scope = lang_scope(emit);
    struct context context = { .outer = emit->context, .kind = CONTEXT_MONITOR };
    uint32_t from;
    uint32_t to;

    lang_emit_value(emit, stmt->lock.object);
    context.slot = lang_word_slot(emit);
    lang_emit_effect(emit, BC_WDUP, 1, 0, 2, 0);
    lang_emit_u16(emit, BC_WSTORE, (uint16_t)context.slot);
    lang_emit(emit, BC_MONITORENTER);
    from = lang_emit_at(emit);
    emit->context = &context;
    lang_emit_stmt(emit, stmt->lock.body);
    emit->context = context.outer;
    to = lang_emit_at(emit);
    lang_emit_u16(emit, BC_WLOAD, (uint16_t)context.slot);
    lang_emit(emit, BC_MONITOREXIT);
    emit_catch_all(emit, &context, from, to);
    lang_end_scope(emit, scope);
}
