/*
 * emit_stmt.c - statements as bytecode. Both operand stacks are empty at the
 * start and at the end of each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

#include "base/assert.h"

static void
emit_if(struct emit *emit, struct stmt *stmt)
{
    struct label other = lang_label();
    struct label end = lang_label();

    lang_emit_branch(emit, stmt->branch.condition, false, &other);
    lang_emit_stmt(emit, stmt->branch.then);
    if (stmt->branch.other != NULL)
        lang_jump(emit, BC_GOTO, &end);
    lang_bind(emit, &other);
    if (stmt->branch.other != NULL)
        lang_emit_stmt(emit, stmt->branch.other);
    lang_bind(emit, &end);
}

static void
enter_loop(struct emit *emit, struct context *context, struct label *leave, struct label *again)
{
    *leave = lang_label();
    *again = lang_label();
    *context = (struct context){
        .outer = emit->context,
        .kind = CONTEXT_LOOP,
        .leave = leave,
        .again = again,
    };
    emit->context = context;
}

/* while and for: the condition stands behind the body, so that a round has one branch. */
static void
emit_loop(struct emit *emit, struct stmt *stmt)
{
    int constant = lang_constant_condition(stmt->branch.condition);
    struct label body = lang_label();
    struct label test = lang_label();
    struct label leave;
    struct label again;
    struct context context;

    if (stmt->kind == STMT_FOR && stmt->branch.init != NULL)
        lang_emit_list(emit, stmt->branch.init);
    if (constant == 0 || !emit->reachable)
        return;
    enter_loop(emit, &context, &leave, &again);
    if (constant != 1)
        lang_jump(emit, BC_GOTO, &test);
    lang_bind_loop(emit, &body);
    lang_emit_stmt(emit, stmt->branch.then);
    lang_bind(emit, &again);
    for (struct expr *step = stmt->kind == STMT_FOR ? stmt->branch.step : NULL; step != NULL;
         step = step->next) {
        if (emit->reachable)
            lang_emit_dropped(emit, step);
    }
    lang_bind(emit, &test);
    if (constant == 1) {
        lang_jump(emit, BC_GOTO, &body);
    } else {
        lang_emit_line(emit, stmt->place);
        lang_emit_branch(emit, stmt->branch.condition, true, &body);
    }
    emit->context = context.outer;
    lang_bind(emit, &leave);
}

/* do S1 while (e);  do S1 while (e) S2 */
static void
emit_do(struct emit *emit, struct stmt *stmt)
{
    struct label top = lang_label();
    struct label leave;
    struct label again;
    struct label round = lang_label();
    struct context context;

    enter_loop(emit, &context, &leave, &again);
    lang_bind_loop(emit, &top);
    lang_emit_stmt(emit, stmt->branch.then);
    lang_bind(emit, &again);
    if (stmt->branch.other == NULL) {
        lang_emit_branch(emit, stmt->branch.condition, true, &top);
    } else {
        lang_emit_branch(emit, stmt->branch.condition, false, &leave);
        context.again = &round;
        lang_emit_stmt(emit, stmt->branch.other);
        lang_bind(emit, &round);
        lang_jump(emit, BC_GOTO, &top);
    }
    emit->context = context.outer;
    lang_bind(emit, &leave);
}

/* The element goes to the variable, and the body runs. */
static void
emit_round(struct emit *emit, struct stmt *stmt)
{
    struct scope scope = lang_scope(emit);

    lang_emit_line(emit, stmt->place);
    lang_emit_value(emit, stmt->each.item);
    lang_emit_declare(emit, stmt->each.local);
    lang_emit_stmt(emit, stmt->each.body);
    lang_end_scope(emit, scope);
}

static void
compare_counters(struct emit *emit, const struct type *type, enum bytecode op, uint32_t left,
                 uint32_t right, struct label *label)
{
    lang_load_slot(emit, type, left);
    lang_load_slot(emit, type, right);
    if (type->kind == TYPE_LONG) {
        lang_emit(emit, BC_LCMP);
        lang_jump(emit, op - BC_IF_ICMPEQ + BC_IFEQ, label);
    } else {
        lang_jump(emit, op, label);
    }
}

static void
count_up(struct emit *emit, const struct type *type, uint32_t slot)
{
    if (type->kind == TYPE_INT) {
        lang_emit(emit, BC_IINC);
        lang_emit_operand(emit, slot, 2);
        lang_emit_operand(emit, 1, 2);
        return;
    }
    lang_load_slot(emit, type, slot);
    lang_emit(emit, BC_LCONST);
    lang_emit_operand(emit, 1, 8);
    lang_emit(emit, BC_LADD);
    lang_store_slot(emit, type, slot);
}

/* Over a..b: an end at the largest number is no trouble, because it is tested before counting. */
static void
emit_range(struct emit *emit, struct stmt *stmt, struct label *leave, struct label *again)
{
    const struct type *type = stmt->each.hidden->type;
    struct label body = lang_label();
    uint32_t at = stmt->each.hidden->slot;
    uint32_t limit;

    lang_emit_value(emit, stmt->each.limit);
    lang_new_slot(emit, stmt->each.count);
    limit = stmt->each.count->slot;
    lang_store_slot(emit, type, limit);
    compare_counters(emit, type, stmt->exclusive ? BC_IF_ICMPGE : BC_IF_ICMPGT, at, limit, leave);
    lang_bind_loop(emit, &body);
    lang_load_slot(emit, type, at);
    {
        struct scope scope = lang_scope(emit);

        lang_emit_value(emit, stmt->each.item);
        lang_emit_declare(emit, stmt->each.local);
        lang_emit_stmt(emit, stmt->each.body);
        lang_end_scope(emit, scope);
    }
    lang_bind(emit, again);
    if (!stmt->exclusive)
        compare_counters(emit, type, BC_IF_ICMPEQ, at, limit, leave);
    count_up(emit, type, at);
    if (stmt->exclusive)
        compare_counters(emit, type, BC_IF_ICMPLT, at, limit, &body);
    else
        lang_jump(emit, BC_GOTO, &body);
}

/* The index begins at 0; a size that cannot change is asked for once. */
static void
emit_index(struct emit *emit, struct stmt *stmt)
{
    struct local *end = stmt->each.end;

    if (end != NULL) {
        lang_emit_value(emit, stmt->each.more);
        lang_new_slot(emit, end);
        lang_store_slot(emit, &lang_type_int, end->slot);
    }
    lang_new_slot(emit, stmt->each.count);
    lang_emit_int(emit, 0);
    lang_store_slot(emit, &lang_type_int, stmt->each.count->slot);
}

static void
emit_index_test(struct emit *emit, struct stmt *stmt, struct label *body)
{
    lang_load_slot(emit, &lang_type_int, stmt->each.count->slot);
    if (stmt->each.end != NULL)
        lang_load_slot(emit, &lang_type_int, stmt->each.end->slot);
    else
        lang_emit_value(emit, stmt->each.more);
    lang_jump(emit, BC_IF_ICMPLT, body);
}

static void
emit_walk(struct emit *emit, struct stmt *stmt, struct label *again)
{
    struct label body = lang_label();
    struct label test = lang_label();

    if (stmt->walk == FOREACH_INDEX)
        emit_index(emit, stmt);
    lang_jump(emit, BC_GOTO, &test);
    lang_bind_loop(emit, &body);
    emit_round(emit, stmt);
    lang_bind(emit, again);
    if (stmt->walk == FOREACH_INDEX)
        count_up(emit, &lang_type_int, stmt->each.count->slot);
    lang_bind(emit, &test);
    lang_emit_line(emit, stmt->place);
    if (stmt->walk == FOREACH_INDEX)
        emit_index_test(emit, stmt, &body);
    else
        lang_emit_branch(emit, stmt->each.more, true, &body);
}

static void
emit_foreach(struct emit *emit, struct stmt *stmt)
{
    struct scope scope = lang_scope(emit);
    struct label leave;
    struct label again;
    struct context context;

    lang_emit_value(emit, stmt->each.over);
    if (!emit->reachable)
        return;
    lang_new_slot(emit, stmt->each.hidden);
    lang_store_slot(emit, stmt->each.hidden->type, stmt->each.hidden->slot);
    enter_loop(emit, &context, &leave, &again);
    if (stmt->walk == FOREACH_RANGE)
        emit_range(emit, stmt, &leave, &again);
    else
        emit_walk(emit, stmt, &again);
    emit->context = context.outer;
    lang_bind(emit, &leave);
    lang_end_scope(emit, scope);
}

static void
emit_declare(struct emit *emit, struct stmt *stmt)
{
    const struct field *field = stmt->declare.field;
    struct local *local = stmt->declare.local;

    if (field != NULL) {
        if (field->value == NULL)
            return;
        lang_emit_value(emit, field->value);
        lang_emit_effect(emit, BC_PUTSTATIC, !lang_is_raw(field->type), lang_is_raw(field->type), 0,
                         0);
        lang_emit_operand(emit, lang_pool_field(emit->module, field), 2);
        return;
    }
    if (local->cell && stmt->declare.value != NULL && stmt->declare.value->kind == EXPR_FUN) {
        lang_emit_null(emit, local->type); /* the fun finds its own cell */
        lang_emit_declare(emit, local);
        lang_emit_value(emit, stmt->declare.value);
        lang_emit_store_cell(emit, local);
        return;
    }
    if (stmt->declare.value != NULL)
        lang_emit_value(emit, stmt->declare.value);
    else
        lang_emit_null(emit, local->type);
    lang_emit_declare(emit, local);
}

static void
emit_block(struct emit *emit, struct stmt *list)
{
    struct scope scope = lang_scope(emit);

    lang_emit_list(emit, list);
    lang_end_scope(emit, scope);
}

void
lang_emit_list(struct emit *emit, struct stmt *list)
{
    for (struct stmt *stmt = list; stmt != NULL && emit->reachable; stmt = stmt->next)
        lang_emit_stmt(emit, stmt);
}

void
lang_emit_stmt(struct emit *emit, struct stmt *stmt)
{
    if (emit->lang->stopped)
        emit->reachable = false;
    if (stmt == NULL || !emit->reachable)
        return;
    assert(emit->words == 0);
    assert(emit->raws == 0);
    if (stmt->kind != STMT_BLOCK)
        lang_emit_line(emit, stmt->place);
    switch (stmt->kind) {
    case STMT_BLOCK:
        emit_block(emit, stmt->body);
        break;
    case STMT_EXPR:
        lang_emit_dropped(emit, stmt->value);
        break;
    case STMT_DECLARE:
        emit_declare(emit, stmt);
        break;
    case STMT_IF:
        emit_if(emit, stmt);
        break;
    case STMT_WHILE:
        emit_loop(emit, stmt);
        break;
    case STMT_FOR: {
        struct scope scope = lang_scope(emit);

        emit_loop(emit, stmt);
        lang_end_scope(emit, scope);
        break;
    }
    case STMT_DO:
        emit_do(emit, stmt);
        break;
    case STMT_FOREACH:
        emit_foreach(emit, stmt);
        break;
    case STMT_SWITCH:
        lang_emit_switch(emit, stmt);
        break;
    case STMT_BREAK:
    case STMT_CONTINUE:
    case STMT_RETURN:
    case STMT_THROW:
        lang_emit_jump_out(emit, stmt);
        break;
    case STMT_TRY:
        lang_emit_try(emit, stmt);
        break;
    case STMT_SYNCHRONIZED:
        lang_emit_synchronized(emit, stmt);
        break;
    default:
        break;
    }
}
