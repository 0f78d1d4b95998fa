/*
 * history_priv.h - the answers to questions about history.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "store/store.h"

/*
 * To a system that runs, or over a store alone.
 *
 * "list", "pin", "drop GENERATION" or "keep LAST HOURLY DAILY". Returns OK; ERR_RANGE for other
 * words; ERR_NOT_FOUND if that generation is not kept; ERR_BUSY if it could not be kept now; or
 * why it could not be committed.
 */
must_use err_t answer_history(struct store *store, bool running, const char *words,
                              struct buffer *text);

/* In answer.c: the rest of `request` if it begins with `word` and a blank, or is it; else NULL. */
const char *answer_after_word(const char *request, const char *word);
