/*
 * session_prim_priv.h - the primitives of the console, for a thread that talks in a session.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "vm/prim.h"

/*
 * The thread talked in a session of another run, which is over: who reads, or waits for a break, is
 * answered so, and waits no more.
 */
bool session_was_left(const struct prim_call *call);
enum prim_answer session_end_wait(struct prim_call *call);

/* The call waited in such a session for room to print: it goes on at the console. */
bool session_queues(const struct prim_call *call);
enum prim_answer session_print_afresh(struct prim_call *call);

enum prim_answer session_print(struct prim_call *call, uint32_t number);
enum prim_answer session_read(struct prim_call *call, uint32_t number, bool keys);
enum prim_answer session_await_break(struct prim_call *call, uint32_t number);
