/*
 * system.c - clocks, entropy, the application's arguments and end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/machine.h"
#include "prim/prims_priv.h"
#include "vm/thread.h"
#include "vm/vm.h"

enum prim_answer
prim_system_wall_ms(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)(plat_wall_ns() / NS_PER_MS));
}

enum prim_answer
prim_system_personal_ns(struct prim_call *call)
{
    return prim_return_long(call, (int64_t)vm_personal_ns());
}

enum prim_answer
prim_system_entropy(struct prim_call *call)
{
    int64_t number;

    plat_entropy(&number, sizeof number);
    return prim_return_long(call, number);
}

enum prim_answer
prim_system_exit(struct prim_call *call)
{
    return thread_exit(call, prim_int(call, 0));
}

enum prim_answer
prim_system_arguments(struct prim_call *call)
{
    word_t application = GET_WORD(thread_object, call->thread, application);

    if (application == WORD_NULL)
        return prim_return_word(call, WORD_NULL);
    return prim_return_word(call, GET_WORD(application_object, application, arguments));
}

/* The machine collects when a call asks for it, and notes in the call's progress that it has. */
enum prim_answer
prim_system_collect(struct prim_call *call)
{
    if (prim_progress(call) == 0)
        return prim_collect(call, PRIM_COLLECT_ALL);
    return prim_return_void(call);
}
