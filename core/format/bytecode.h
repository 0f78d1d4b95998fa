/*
 * bytecode.h - the instruction set as C sees it. The table is bytecode.def.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define BYTECODE_VERSION 1

enum bytecode {
#define OP(number, name, operands, effect) BC_##name = number,
#include "format/bytecode.def"
#undef OP
    BC_LIMIT = 256,
};

enum bytecode_operands {
    OPERANDS_NONE,
    OPERANDS_I8,
    OPERANDS_I32,
    OPERANDS_I64,
    OPERANDS_LOCAL,
    OPERANDS_LOCAL_I16,
    OPERANDS_POOL,
    OPERANDS_POOL_U8,
    OPERANDS_U8,
    OPERANDS_BRANCH,
    OPERANDS_TABLE,
    OPERANDS_LOOKUP,
};

/* The operand of DYN_BINARY, DYN_UNARY, DYN_COMPARE. */
enum dyn_binary {
    DYN_ADD,
    DYN_SUB,
    DYN_MUL,
    DYN_DIV,
    DYN_REM,
    DYN_AND,
    DYN_OR,
    DYN_XOR,
    DYN_SHL,
    DYN_SHR,
    DYN_USHR,
    DYN_BINARY_COUNT,
};

enum dyn_unary {
    DYN_NEG,
    DYN_INVERT,
    DYN_NOT,
    DYN_UNARY_COUNT,
};

enum dyn_compare {
    DYN_LT,
    DYN_LE,
    DYN_GT,
    DYN_GE,
    DYN_COMPARE_COUNT,
};
