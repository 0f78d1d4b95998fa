/*
 * child.c - a piece of a run in a process of its own: whatever becomes of it, the caller is as
 * before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sim/child.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool
sim_in_child(sim_child_fn *function, void *argument, unsigned seconds)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        alarm(seconds);
        _exit(function(argument) ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (WIFSIGNALED(status))
        fprintf(stderr, "sim: ended by signal %d (%s)\n", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
