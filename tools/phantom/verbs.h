/*
 * verbs.h - what the command can do, as a table.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

enum exit_status {
    STATUS_DONE = 0,
    STATUS_TROUBLE = 1, /* of the world, or of the program */
    STATUS_USAGE = 2,
};

/* One option. `argument` is the name of its value, or NULL for a plain switch. */
struct option {
    const char *name; /* without the dashes; a single letter has one dash, others two */
    const char *argument;
    const char *help;
};

#define OPTION_MAX 16

struct invocation;

struct verb {
    const char *name;
    const char *synopsis;         /* what follows the name and the options */
    const char *summary;          /* one line, no full stop */
    const char *details;          /* paragraphs, for --help and the manual */
    const struct option *options; /* ends with a name of NULL */
    unsigned argument_min;
    unsigned argument_max;
    unsigned rest_from; /* from this many arguments on, all is the program's; 0: never */
    bool tail;          /* what follows `--` is for somebody else */
    int (*run)(const struct invocation *invocation);
};

/* Ends with a name of NULL. */
extern const struct verb verbs[];

/* The verb of that name, or NULL. */
const struct verb *verb_find(const char *name);

int verb_new(const struct invocation *invocation);
int verb_run(const struct invocation *invocation);
int verb_shell(const struct invocation *invocation);
int verb_boot(const struct invocation *invocation);
int verb_exec(const struct invocation *invocation);
int verb_app(const struct invocation *invocation);
int verb_put(const struct invocation *invocation);
int verb_get(const struct invocation *invocation);
int verb_ls(const struct invocation *invocation);
int verb_rm(const struct invocation *invocation);
int verb_ps(const struct invocation *invocation);
int verb_stat(const struct invocation *invocation);
int verb_profile(const struct invocation *invocation);
int verb_show(const struct invocation *invocation);
int verb_log(const struct invocation *invocation);
int verb_history(const struct invocation *invocation);
int verb_rewind(const struct invocation *invocation);
int verb_clone(const struct invocation *invocation);
int verb_send(const struct invocation *invocation);
int verb_receive(const struct invocation *invocation);
int verb_check(const struct invocation *invocation);
int verb_grow(const struct invocation *invocation);
int verb_migrate(const struct invocation *invocation);
int verb_compile(const struct invocation *invocation);
int verb_fmt(const struct invocation *invocation);
int verb_lint(const struct invocation *invocation);
