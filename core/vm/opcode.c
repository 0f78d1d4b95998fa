/*
 * opcode.c - reading bytecode as bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/opcode.h"

#include <stddef.h>

#include "base/assert.h"
#include "base/endian.h"

static const struct opcode {
    const char *name; /* NULL: there is no such instruction */
    const char *effect;
    uint8_t operands;
} opcodes[256] = {
#define OP(number, name, operands, effect) [number] = { #name, effect, OPERANDS_##operands },
#include "format/bytecode.def"
#undef OP
};

/* Operand bytes of each form; those of a switch before its cases. */
static const uint8_t operand_bytes[] = {
    [OPERANDS_NONE] = 0,  [OPERANDS_I8] = 1,        [OPERANDS_I32] = 4,    [OPERANDS_I64] = 8,
    [OPERANDS_LOCAL] = 2, [OPERANDS_LOCAL_I16] = 4, [OPERANDS_POOL] = 2,   [OPERANDS_POOL_U8] = 3,
    [OPERANDS_U8] = 1,    [OPERANDS_BRANCH] = 4,    [OPERANDS_TABLE] = 12, [OPERANDS_LOOKUP] = 8,
};

static uint16_t
get16(const uint8_t *at)
{
    return le16_get(*(const struct le16 *)at);
}

static int32_t
get32(const uint8_t *at)
{
    return (int32_t)le32_get(*(const struct le32 *)at);
}

/* The cases of a switch; false if they go on behind the end. */
static bool
read_cases(struct instruction *instruction, const uint8_t *at, uint32_t code_bytes)
{
    bool is_table = instruction->operands == OPERANDS_TABLE;
    uint32_t case_bytes = is_table ? 4 : 8;

    instruction->branch = get32(at);
    instruction->second = is_table ? get32(at + 4) : 0;
    instruction->count = (uint32_t)get32(at + (is_table ? 8 : 4));
    instruction->cases = instruction->pc + instruction->bytes;
    if (instruction->count > (code_bytes - instruction->cases) / case_bytes)
        return false;
    instruction->bytes += instruction->count * case_bytes;
    return true;
}

bool
instruction_read(struct instruction *instruction, const uint8_t *code, uint32_t code_bytes,
                 uint32_t pc)
{
    const struct opcode *opcode;
    const uint8_t *at = code + pc + 1;

    if (pc >= code_bytes)
        return false;
    opcode = &opcodes[code[pc]];
    *instruction = (struct instruction){
        .pc = pc,
        .bytes = 1u + operand_bytes[opcode->operands],
        .op = (enum bytecode)code[pc],
        .operands = (enum bytecode_operands)opcode->operands,
        .effect = opcode->effect,
    };
    if (opcode->name == NULL || instruction->bytes > code_bytes - pc)
        return false;
    switch (instruction->operands) {
    case OPERANDS_NONE:
        break;
    case OPERANDS_I8:
        instruction->constant = (int8_t)at[0];
        break;
    case OPERANDS_I32:
        instruction->constant = get32(at);
        break;
    case OPERANDS_I64:
        instruction->constant = (int64_t)le64_get(*(const struct le64 *)at);
        break;
    case OPERANDS_LOCAL_I16:
        instruction->number = get16(at);
        instruction->second = (int16_t)get16(at + 2);
        break;
    case OPERANDS_LOCAL:
    case OPERANDS_POOL:
        instruction->number = get16(at);
        break;
    case OPERANDS_POOL_U8:
        instruction->number = get16(at);
        instruction->second = at[2];
        break;
    case OPERANDS_U8:
        instruction->number = at[0];
        break;
    case OPERANDS_BRANCH:
        instruction->branch = get32(at);
        break;
    case OPERANDS_TABLE:
    case OPERANDS_LOOKUP:
        return read_cases(instruction, at, code_bytes);
    }
    return true;
}

int32_t
instruction_case_branch(const struct instruction *instruction, const uint8_t *code, uint32_t index)
{
    assert_slow(index < instruction->count);
    if (instruction->operands == OPERANDS_TABLE)
        return get32(code + instruction->cases + 4 * index);
    return get32(code + instruction->cases + 8 * index + 4);
}

int32_t
instruction_case_key(const struct instruction *instruction, const uint8_t *code, uint32_t index)
{
    assert_slow(index < instruction->count);
    return get32(code + instruction->cases + 8 * index);
}

const char *
opcode_name(uint8_t op)
{
    return opcodes[op].name != NULL ? opcodes[op].name : "?";
}
