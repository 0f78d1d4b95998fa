/*
 * selftest_priv.h - what the tests share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Each returns after asserting all that it promises. */
void selftest_many_threads(void);
void selftest_token_ring(void);
void selftest_wait_storm(void);
void selftest_locks(void);
void selftest_preemption(void);
void selftest_clock(void);
void selftest_timer(void);
void selftest_fairness(void);
void selftest_calls(void);
void selftest_memory(void);
void selftest_faults(void);
void selftest_fault_jumps(void);
void selftest_allocation(void);
void selftest_pages(void);
void selftest_touched(void);

/* True if a word of the command line, which ends with it or in a blank, is this name. */
bool selftest_is_named(const char *text, const char *name);

/* Start the drivers, and test every disk that is empty; false, after saying so, if there is none.
 */
bool selftest_disks(void);

/* Die in the way of that name; returns if there is no such way. */
void selftest_die(const char *name);

/*
 * Run `entry` in `count` threads at once and wait for all; the argument of each is its number.
 */
void selftest_run_threads(unsigned count, void (*entry)(void *));

/* A number that follows from the one before; *state must not be 0. */
uint64_t selftest_random(uint64_t *state);
