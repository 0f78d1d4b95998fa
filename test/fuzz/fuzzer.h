/*
 * fuzzer.h - what libFuzzer calls in a fuzzer, and what a fuzzer calls in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Called with every input. Returns 0. What the input breaks must end the process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count);

/* Called once, before everything else. A fuzzer need not have it. Returns 0. */
int LLVMFuzzerInitialize(int *argument_count, char ***arguments);

/*
 * Make another input out of one, in place; a fuzzer that has none gets libFuzzer's own.
 * Returns how many bytes the new one has, at most `byte_max`.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t byte_count, size_t byte_max, unsigned seed);

/* libFuzzer's own way to do that. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t byte_count, size_t byte_max);
