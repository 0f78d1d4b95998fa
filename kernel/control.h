/*
 * control.h - questions about the volume, answered on the second serial port.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "store/store.h"

/*
 * Begin to answer (control/line.h) about the system that is up over this store.
 * Without a second port nobody can ask, and nothing is said.
 */
void control_start(struct store *store);

/* The same for the shell in the system: vm_options.answer. */
bool control_answer(void *context, const char *question, struct buffer *text);

/*
 * The system goes down: when this returns nobody looks at it any more. An answer
 * that is being sent is waited for, as long as the other side takes it; and one that is
 * being made, so vm_call_off() comes first.
 */
void control_stop(void);
