/*
 * opcode.h - the table of instructions for those who read bytecode as bytes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "format/bytecode.h"

/* One instruction as it lies in the code. */
struct instruction {
    uint32_t pc;
    uint32_t bytes; /* its length */
    enum bytecode op;
    enum bytecode_operands operands;
    const char *effect; /* see format/bytecode.def */
    union {
        int64_t constant; /* I8, I32, I64 */
        uint32_t number;  /* LOCAL, LOCAL_I16, POOL, POOL_U8, U8 */
        int32_t branch;   /* BRANCH; TABLE, LOOKUP: the default */
    };
    int32_t second; /* of LOCAL_I16, POOL_U8; TABLE: low */
    uint32_t count; /* TABLE, LOOKUP: cases */
    uint32_t cases; /* where they begin in the code */
};

/*
 * Read the instruction at `pc`. False if there is none: an unknown opcode, or
 * one that goes on behind the end.
 */
bool instruction_read(struct instruction *instruction, const uint8_t *code, uint32_t code_bytes,
                      uint32_t pc);

/* Of TABLE and LOOKUP: the branch of a case, and in LOOKUP its key. */
int32_t instruction_case_branch(const struct instruction *instruction, const uint8_t *code,
                                uint32_t index);
int32_t instruction_case_key(const struct instruction *instruction, const uint8_t *code,
                             uint32_t index);

/* "IADD", or "?" */
const char *opcode_name(uint8_t op);
