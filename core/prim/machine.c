/*
 * machine.c - what a program may know of the machine that runs it, and that there is another one
 * now.
 *
 * Only looking: nothing here lets anybody do anything (law 6). Of these numbers some change with
 * each restart, because the space holds no machine (law 4): who keeps one in a variable keeps what
 * was.
 *
 * Each run of a machine has a number that no other run of any machine has. So a restart is a number
 * that differs from the one that a program has kept, and needs no note of it in the space: what a
 * snapshot holds is always older than the run that goes on from it, however often that is killed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "prim/console_priv.h"
#include "prim/prims_priv.h"

#include "base/memory.h"
#include "plat/memory.h"
#include "plat/thread.h"
#include "vm/thread.h"
#include "vm/vm.h"

/* ---- restarts ---- */

/* Without the two bits that mark what a primitive keeps of it. */
static int64_t
number_of_run(void)
{
    return (int64_t)(console.run >> 2);
}

enum prim_answer
prim_machine_run(struct prim_call *call)
{
    return prim_return_long(call, number_of_run());
}

/* The argument is the run that the caller knows of. */
enum prim_answer
prim_machine_await_restart(struct prim_call *call)
{
    if (prim_long(call, 0) != number_of_run())
        return prim_return_long(call, number_of_run());
    if (thread_is_interrupted(call->thread))
        return thread_throw_interrupt(call);
    return thread_await_restart(call);
}

/* ---- what it is ---- */

static enum prim_answer
return_name(struct prim_call *call, const char *name)
{
    if (name == NULL)
        name = "unknown";
    return prim_return_text(call, name, text_length(name));
}

enum prim_answer
prim_machine_kind(struct prim_call *call)
{
    return return_name(call, vm_options_get()->machine.kind);
}

enum prim_answer
prim_machine_version(struct prim_call *call)
{
    return return_name(call, vm_options_get()->machine.version);
}

enum prim_answer
prim_machine_processors(struct prim_call *call)
{
    return prim_return_int(call, (int32_t)plat_processor_count());
}

enum prim_answer
prim_machine_memory(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)plat_memory_bytes());
}

static struct vm_volume
volume(void)
{
    const struct vm_machine *machine = &vm_options_get()->machine;

    return machine->volume != NULL ? machine->volume(machine->context) : (struct vm_volume){ 0 };
}

enum prim_answer
prim_machine_volume(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)volume().bytes);
}

enum prim_answer
prim_machine_volume_free(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)volume().free_bytes);
}

enum prim_answer
prim_machine_uptime(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)vm_uptime_ns());
}
