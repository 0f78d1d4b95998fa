/*
 * memory.h - volatile memory for unit tests, that can run out.
 *
 * It implements the contract of core/plat/memory.h by weak symbols; a test that
 * links a port's memory gets that one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdint.h>

/* Let the n-th allocation or reservation from now fail (1: the next); 0: none. */
void test_memory_fail(unsigned n);

/* How many there were so far. */
uint64_t test_memory_count(void);
