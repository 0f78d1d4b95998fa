/*
 * compile_priv.h - the two halves of the way behind the parser, for programs, for the library, and
 * for what a person types.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "lang/lang_priv.h"

struct class;

/* Check all that was parsed. */
void lang_check_all(struct lang *lang);

/* Without errors so far, make the module. Returns what lang_compile does. */
must_use err_t lang_emit_all(struct lang *lang, struct file *main, const struct class *entry,
                             struct buffer *result);
