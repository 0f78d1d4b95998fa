/*
 * options.h - command lines, read once and without surprises: `--name value` or
 * `--name=value`, and switches such as `-r`, before the arguments; `--` ends the options.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "phantom/verbs.h"

struct invocation {
    const struct verb *verb;
    const char *values[OPTION_MAX]; /* by the option's place in the verb's table; "" for a switch */
    char **arguments;
    unsigned argument_count;
    char **tail; /* what follows `--`, for a verb that hands it on */
    unsigned tail_count;
};

/*
 * Read what follows the verb's name.
 *
 *   invocation  filled if true is returned; refers to `words`
 *
 * False after a message about what is wrong.
 */
bool options_read(const struct verb *verb, char **words, unsigned word_count,
                  struct invocation *invocation);

/* True if the next word is the value of the option that `word` names. */
bool option_takes_next(const struct verb *verb, const char *word);

/* True if the option or switch was given. */
bool option_given(const struct invocation *invocation, const char *name);

/* The value, or NULL if it was not given. */
const char *option_value(const struct invocation *invocation, const char *name);

/*
 * The value as a number between `min` and `max`, or `otherwise` if it was not
 * given. False after a message.
 */
bool option_number(const struct invocation *invocation, const char *name, uint64_t min,
                   uint64_t max, uint64_t otherwise, uint64_t *number);

/* The same for a size such as 512M: the suffixes K, M, G, T are powers of 1024. */
bool option_size(const struct invocation *invocation, const char *name, uint64_t min, uint64_t max,
                 uint64_t otherwise, uint64_t *bytes);
