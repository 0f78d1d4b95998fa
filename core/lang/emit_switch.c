/*
 * emit_switch.c - switch, by a table, by a search, or by one comparison after the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "lang/emit_priv.h"

static struct label *
target(const struct stmt *label)
{
    return label->label.target;
}

/* The variables declared between the labels exist from the start, as null or zero. */
static void
declare_all(struct emit *emit, struct stmt *body)
{
    for (struct stmt *stmt = body; stmt != NULL; stmt = stmt->next) {
        if (stmt->kind == STMT_CASE) {
            struct label *label = lang_alloc(emit->lang, sizeof(*label));

            *label = lang_label();
            stmt->label.target = label;
        }
        if (stmt->kind != STMT_DECLARE || stmt->declare.field != NULL)
            continue;
        lang_emit_null(emit, stmt->declare.local->type);
        lang_emit_declare(emit, stmt->declare.local);
    }
}

/* By int. Either form costs the machine little; the table is used where it is not larger. */
static void
select_int(struct emit *emit, struct stmt *stmt, struct label *otherwise)
{
    struct stmt **order = stmt->choose.order;
    uint32_t count = stmt->choose.label_count;
    uint64_t range;
    uint32_t from;

    lang_emit_value(emit, stmt->choose.value);
    if (count == 0) {
        lang_emit(emit, BC_RPOP);
        lang_jump(emit, BC_GOTO, otherwise);
        return;
    }
    range = (uint64_t)((int64_t)order[count - 1]->label.key - order[0]->label.key) + 1;
    from = lang_emit_at(emit);
    if (range <= 2 * (uint64_t)count + 4) {
        lang_emit(emit, BC_TABLESWITCH);
        lang_reference(emit, otherwise, from);
        lang_emit_operand(emit, (uint32_t)order[0]->label.key, 4);
        lang_emit_operand(emit, range, 4);
        for (uint64_t i = 0, next = 0; i < range; i++) {
            bool hit = order[next]->label.key == order[0]->label.key + (int64_t)i;

            lang_reference(emit, hit ? target(order[next]) : otherwise, from);
            next += hit;
        }
    } else {
        lang_emit(emit, BC_LOOKUPSWITCH);
        lang_reference(emit, otherwise, from);
        lang_emit_operand(emit, count, 4);
        for (uint32_t i = 0; i < count; i++) {
            lang_emit_operand(emit, (uint32_t)order[i]->label.key, 4);
            lang_reference(emit, target(order[i]), from);
        }
    }
    emit->reachable = false;
}

static void
select_equal(struct emit *emit, struct stmt *stmt, struct label *otherwise)
{
    uint32_t slot = lang_word_slot(emit);

    lang_emit_value(emit, stmt->choose.value);
    lang_emit_u16(emit, BC_WSTORE, (uint16_t)slot);
    for (uint32_t i = 0; i < stmt->choose.label_count; i++) {
        struct stmt *label = stmt->choose.order[i];

        lang_emit_u16(emit, BC_WLOAD, (uint16_t)slot);
        if (label->label.value->kind == EXPR_NULL) {
            lang_jump(emit, BC_IFNULL, target(label));
            continue;
        }
        lang_emit_value(emit, label->label.value);
        lang_emit(emit, BC_DYN_EQUALS);
        lang_jump(emit, BC_IFNE, target(label));
    }
    lang_jump(emit, BC_GOTO, otherwise);
}

/* A declaration in the list of a switch: its slot is there already. */
static void
assign_declared(struct emit *emit, struct stmt *stmt)
{
    struct local *local = stmt->declare.local;

    lang_emit_line(emit, stmt->place);
    if (stmt->declare.value != NULL)
        lang_emit_value(emit, stmt->declare.value);
    else
        lang_emit_null(emit, local->type);
    if (local->cell) {
        struct scope scope = lang_scope(emit);
        uint32_t slot = local->slot;

        lang_emit_declare(emit, local); /* a new cell, in a slot for a moment */
        lang_emit_u16(emit, BC_WLOAD, (uint16_t)local->slot);
        local->slot = slot;
        lang_emit_u16(emit, BC_WSTORE, (uint16_t)slot);
        lang_end_scope(emit, scope);
        return;
    }
    lang_store_slot(emit, local->type, local->slot);
}

void
lang_emit_switch(struct emit *emit, struct stmt *stmt)
{
    struct scope scope = lang_scope(emit);
    struct label leave = lang_label();
    struct label *otherwise = &leave;
    struct context context = {
        .outer = emit->context,
        .kind = CONTEXT_SWITCH,
        .leave = &leave,
    };

    declare_all(emit, stmt->choose.body);
    if (stmt->choose.otherwise != NULL)
        otherwise = target(stmt->choose.otherwise);
    if (stmt->select == 0)
        select_int(emit, stmt, otherwise);
    else
        select_equal(emit, stmt, otherwise);
    emit->context = &context;
    for (struct stmt *part = stmt->choose.body; part != NULL; part = part->next) {
        if (part->kind == STMT_CASE)
            lang_bind(emit, target(part));
        else if (part->kind == STMT_DECLARE && emit->reachable)
            assign_declared(emit, part);
        else
            lang_emit_stmt(emit, part);
    }
    emit->context = context.outer;
    lang_bind(emit, &leave);
    lang_end_scope(emit, scope);
}
