/*
 * shell.c - the program by which a person works.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/shell.h"

#include <stdlib.h>
#include <string.h>

#include "phantom/program.h"
#include "phantom/say.h"

/* The program that is the shell; what it does is in the class library. */
static const char shell_text[] = "new .phantom.shell.shell().run();\n";

/* The same, for a volume that runs on a terminal of somebody else. */
static const char staying_text[] = "new .phantom.shell.shell().stay();\n";

/* True if a shell lives in the volume; false, too, after a message, with `failed` set. */
static bool
shell_is_there(const struct system *system, bool *failed)
{
    struct vm_application_info *rows;
    size_t count = 0, room;
    bool found = false;
    err_t err = vm_list_applications(NULL, 0, &room);

    rows = err == OK ? calloc(room + 1, sizeof *rows) : NULL;
    err = rows == NULL ? ERR_NOMEM : vm_list_applications(rows, room, &count);
    for (size_t i = 0; err == OK && i < count && i < room; i++)
        found |= rows[i].state == APPLICATION_RUNNING && strcmp(rows[i].name, VM_SHELL_NAME) == 0;
    free(rows);
    *failed = err != OK;
    if (err != OK)
        system_say(system, err, "cannot see what is in it");
    return found;
}

bool
shell_make(struct system *system, bool stays)
{
    const char *text = stays ? staying_text : shell_text;
    struct buffer module = { 0 };
    uint32_t application;
    bool failed;
    bool done = shell_is_there(system, &failed);

    if (!done && !failed && program_compile(VM_SHELL_NAME, text, &module)) {
        done = system_install(system, VM_SHELL_NAME, &module, NULL, 0, &application);
        if (done)
            pmem_snapshot_ask(STORE_CAUSE_DEMAND);
        else
            say("a volume of an older release has no shell in its class library; make a new one");
    }
    buffer_free(&module);
    return done;
}
