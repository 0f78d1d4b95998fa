/*
 * look.c - the verbs that only look: ps, stat, log.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/answer.h"
#include "phantom/options.h"

int
verb_ps(const struct invocation *invocation)
{
    return answer_anywhere(invocation->arguments[0], "ps", false);
}

int
verb_stat(const struct invocation *invocation)
{
    bool json = option_given(invocation, "json");

    return answer_anywhere(invocation->arguments[0], json ? "stat --json" : "stat", false);
}

int
verb_log(const struct invocation *invocation)
{
    return answer_anywhere(invocation->arguments[0], "log", false);
}
