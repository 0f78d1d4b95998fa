/*
 * verify.c - the proof that a method keeps the rules, before it may run.
 *
 * What a verified method cannot do: leave its code, use a slot as what it is
 * not, read a local before it was set, leave its stacks, reach a member that is not
 * there or not its own to reach, call a method with other arguments than it
 * declares, return something else than it declares. Interfaces are not proved: a
 * receiver of INVOKEINTERFACE is looked at when the call is made. Monitors need not be
 * entered and left in pairs here: what a method still holds when it ends is
 * seen to at run time.
 *
 * First every instruction is read by itself, dead ones too. Then what is
 * known flows along the ways through the method until nothing changes: from a
 * target to the next, with one frame kept for each target. An instruction that
 * throws has changed nothing, so what a handler knows of the locals is what was known
 * before each instruction that it covers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdarg.h>

#include "base/assert.h"
#include "base/format.h"
#include "base/memory.h"
#include "vm/signature.h"
#include "vm/verify_priv.h"

/* Memory for one method. */
#define SCRATCH_BYTES_MAX (64u << 20)

err_t
verify_fail(struct verify *verify, const char *text, ...)
{
    const struct model_method *method = verify->method;
    char what[256];
    va_list values;

    va_start(values, text);
    format_list(what, sizeof what, text, values);
    va_end(values);
    return load_complain(verify->load, "in class %s, method %s%s, line %u (%s at %u): %s",
                         verify->class->name->text, method->name->text, method->signature->text,
                         module_line_at(verify->source, verify->at.pc),
                         opcode_name((uint8_t)verify->at.op), verify->at.pc, what);
}

static err_t
fail_method(struct verify *verify, const char *what)
{
    return load_complain(verify->load, "in class %s, method %s%s: %s", verify->class->name->text,
                         verify->method->name->text, verify->method->signature->text, what);
}

/* ---- reading every instruction ---- */

static err_t
check_switch(struct verify *verify)
{
    const struct instruction *at = &verify->at;

    if (at->operands == OPERANDS_TABLE && at->count > 0 &&
        (int64_t)at->second + at->count - 1 > INT32_MAX)
        return verify_fail(verify, "its cases go on behind the greatest int");
    if (at->operands != OPERANDS_LOOKUP)
        return OK;
    for (uint32_t i = 1; i < at->count; i++) {
        if (instruction_case_key(at, verify->code, i - 1) >=
            instruction_case_key(at, verify->code, i))
            return verify_fail(verify, "its cases are not in ascending order");
    }
    return OK;
}

static err_t
read_instructions(struct verify *verify)
{
    uint32_t pc = 0;

    while (pc < verify->code_bytes) {
        if (!instruction_read(&verify->at, verify->code, verify->code_bytes, pc)) {
            verify->at.pc = pc;
            verify->at.op = (enum bytecode)verify->code[pc];
            return verify_fail(verify, "no instruction, or one that is cut off");
        }
        verify->places[pc] |= PLACE_START;
        TRY(verify_operand(verify));
        TRY(check_switch(verify));
        pc += verify->at.bytes;
    }
    return OK;
}

static err_t
mark_target(struct verify *verify, int32_t branch)
{
    int64_t target = (int64_t)verify->at.pc + branch;

    if (target < 0 || target >= verify->code_bytes || (verify->places[target] & PLACE_START) == 0)
        return verify_fail(verify, "a jump to %lld, where no instruction begins",
                           (long long)target);
    verify->places[target] |= PLACE_TARGET;
    return OK;
}

static err_t
mark_targets(struct verify *verify)
{
    struct instruction *at = &verify->at;

    verify->places[0] |= PLACE_TARGET;
    for (uint32_t pc = 0; pc < verify->code_bytes; pc += at->bytes) {
        bool is_instruction = instruction_read(at, verify->code, verify->code_bytes, pc);

        assert(is_instruction);
        if (at->operands < OPERANDS_BRANCH)
            continue;
        TRY(mark_target(verify, at->branch));
        for (uint32_t i = 0; i < at->count; i++)
            TRY(mark_target(verify, instruction_case_branch(at, verify->code, i)));
    }
    return OK;
}

static bool
is_start(const struct verify *verify, uint32_t pc)
{
    return pc < verify->code_bytes && (verify->places[pc] & PLACE_START) != 0;
}

static err_t
check_handlers(struct verify *verify)
{
    for (unsigned i = 0; i < verify->source->handler_count; i++) {
        const struct module_handler *handler = &verify->source->handlers[i];
        uint32_t to = le32_get(handler->to), target = le32_get(handler->handler);

        if (!is_start(verify, le32_get(handler->from)) || !is_start(verify, target) ||
            (to != verify->code_bytes && !is_start(verify, to)))
            return fail_method(verify, "a handler begins or ends inside an instruction");
        verify->places[target] |= PLACE_TARGET;
    }
    return OK;
}

/* ---- the flow ---- */

/* Let what is known now flow to a target. */
static err_t
flow_to(struct verify *verify, uint32_t target, const struct frame *from)
{
    struct frame *into = verify->frames[target];
    bool changed = true;

    if (into == NULL) {
        into = arena_alloc(&verify->load->scratch, 1, sizeof *into);
        if (into == NULL)
            return ERR_NOMEM;
        TRY(verify_frame_init(verify, into));
        verify_frame_copy(verify, into, from);
        verify->frames[target] = into;
    } else {
        TRY(verify_frame_merge(verify, into, from, &changed));
    }
    if (changed && (verify->places[target] & PLACE_QUEUED) == 0) {
        verify->places[target] |= PLACE_QUEUED;
        verify->queue[verify->queue_count++] = target;
    }
    return OK;
}

/* To a handler flow the locals; on its word stack is the exception alone. */
static err_t
flow_to_handler(struct verify *verify, const struct module_handler *handler)
{
    unsigned index = le16_get(handler->class);
    uint32_t word_local_count = verify->source->word_locals;
    struct frame thrown = verify->now;
    struct model_class *class;
    type_t covered;
    err_t err;

    if (verify->source->word_stack_max == 0)
        return verify_fail(verify, "a handler needs room for a word on the stack");
    if (index != 0)
        class = verify->load->pool[index].class;
    else
        TRY(model_well_known(verify->load, CLASS_OBJECT, &class));
    thrown.word_depth = 1;
    thrown.raw_depth = 0;
    covered = thrown.words[word_local_count];
    thrown.words[word_local_count] = class;
    err = flow_to(verify, le32_get(handler->handler), &thrown);
    thrown.words[word_local_count] = covered;
    return err;
}

static err_t
flow_to_handlers(struct verify *verify)
{
    uint32_t pc = verify->at.pc;

    TRY(load_work(verify->load, 4u + verify->source->handler_count));
    for (unsigned i = 0; i < verify->source->handler_count; i++) {
        const struct module_handler *handler = &verify->source->handlers[i];

        if (pc < le32_get(handler->from) || pc >= le32_get(handler->to))
            continue;
        if (verify->locals_changed || pc == le32_get(handler->from))
            TRY(flow_to_handler(verify, handler));
    }
    verify->locals_changed = false;
    return OK;
}

static bool
falls_through(enum bytecode op)
{
    switch (op) {
    case BC_GOTO:
    case BC_TABLESWITCH:
    case BC_LOOKUPSWITCH:
    case BC_RETURN:
    case BC_WRETURN:
    case BC_RRETURN:
    case BC_THROW:
        return false;
    default:
        return true;
    }
}

static err_t
flow_along_branches(struct verify *verify)
{
    const struct instruction *at = &verify->at;

    if (at->operands < OPERANDS_BRANCH)
        return OK;
    TRY(flow_to(verify, at->pc + (uint32_t)at->branch, &verify->now));
    for (uint32_t i = 0; i < at->count; i++)
        TRY(flow_to(verify, at->pc + (uint32_t)instruction_case_branch(at, verify->code, i),
                    &verify->now));
    return OK;
}

/* From a target to where the way ends or meets another target. */
static err_t
follow(struct verify *verify, uint32_t pc)
{
    verify_frame_copy(verify, &verify->now, verify->frames[pc]);
    verify->locals_changed = true;
    for (;;) {
        bool is_instruction = instruction_read(&verify->at, verify->code, verify->code_bytes, pc);

        assert(is_instruction);
        TRY(flow_to_handlers(verify));
        TRY(verify_effect(verify));
        TRY(flow_along_branches(verify));
        if (!falls_through(verify->at.op))
            return OK;
        pc += verify->at.bytes;
        if (pc >= verify->code_bytes)
            return verify_fail(verify, "the method goes on behind its last instruction");
        if ((verify->places[pc] & PLACE_TARGET) != 0)
            return flow_to(verify, pc, &verify->now);
    }
}

/* ---- a method ---- */

/* What is known when the method is called: its arguments. */
static err_t
enter_arguments(struct verify *verify)
{
    const struct name *signature = verify->method->signature;
    struct signature_walk walk = signature_begin(signature->text, signature->bytes);
    uint32_t words = 0, raws = 0;

    if ((verify->method->flags & MEMBER_STATIC) == 0)
        verify->now.words[words++] = verify->class;
    while (signature_next(&walk)) {
        char area = type_area(walk.type[0]);

        if (area == 'w')
            TRY(model_class_of_type(verify->load, walk.type, walk.type_bytes,
                                    &verify->now.words[words++]));
        else
            verify->now.raws[raws++] = area;
    }
    verify->result_area = type_area(walk.type[0]);
    if (verify->result_area == 'w')
        TRY(model_class_of_type(verify->load, walk.type, walk.type_bytes, &verify->result));
    return OK;
}

static err_t
check_maxima(struct verify *verify)
{
    const struct module_method *source = verify->source;
    unsigned words, raws;

    signature_count(verify->method->signature->text, verify->method->signature->bytes, &words,
                    &raws);
    words += (verify->method->flags & MEMBER_STATIC) == 0;
    if (source->word_locals < words || source->raw_locals < raws)
        return fail_method(verify, "there is no room for its arguments");
    if (verify->code_bytes == 0)
        return OK;
    if ((uint32_t)source->word_locals + source->word_stack_max > METHOD_SLOTS_MAX ||
        (uint32_t)source->raw_locals + source->raw_stack_max > METHOD_SLOTS_MAX)
        return fail_method(verify, "its frame is too large");
    return OK;
}

static err_t
verify_code(struct verify *verify)
{
    verify->places = arena_alloc(&verify->load->scratch, verify->code_bytes, 1);
    verify->frames =
        arena_alloc(&verify->load->scratch, verify->code_bytes, sizeof verify->frames[0]);
    verify->queue =
        arena_alloc(&verify->load->scratch, verify->code_bytes, sizeof verify->queue[0]);
    if (verify->places == NULL || verify->frames == NULL || verify->queue == NULL)
        return ERR_NOMEM;
    TRY(read_instructions(verify));
    TRY(mark_targets(verify));
    TRY(check_handlers(verify));
    TRY(verify_frame_init(verify, &verify->now));
    TRY(enter_arguments(verify));
    verify->at.pc = 0;
    TRY(flow_to(verify, 0, &verify->now));
    while (verify->queue_count > 0) {
        uint32_t pc = verify->queue[--verify->queue_count];

        verify->places[pc] &= (uint8_t)~PLACE_QUEUED;
        TRY(follow(verify, pc));
    }
    return OK;
}

err_t
verify_method(struct load *load, struct model_method *method)
{
    struct verify verify = {
        .load = load,
        .method = method,
        .source = method->source,
        .class = method->owner,
        .code = method->source->code,
        .code_bytes = method->source->code_bytes,
    };
    err_t err;

    load->scratch.bytes_max = SCRATCH_BYTES_MAX;
    err = check_maxima(&verify);
    if (err == OK && verify.code_bytes > 0)
        err = verify_code(&verify);
    if (err == ERR_NOMEM && load->scratch.bytes > SCRATCH_BYTES_MAX / 2)
        err = fail_method(&verify, "it is too intricate to be verified");
    arena_free(&load->scratch);
    return err;
}
