/*
 * thread.c - the core's threads are the kernel's: a struct plat_thread is a
 * struct kthread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/thread.h"

#include "arch/amd64/cpu.h"
#include "base/assert.h"
#include "sched/thread.h"

static_assert(PLAT_NO_DEADLINE == KTHREAD_NO_DEADLINE, "deadlines are passed on");

err_t
plat_thread_create(struct plat_thread **thread, const char *name, void (*entry)(void *),
                   void *argument)
{
    struct kthread *made;

    TRY(kthread_create(&made, name, entry, argument));
    *thread = (struct plat_thread *)made;
    return OK;
}

void
plat_thread_join(struct plat_thread *thread)
{
    kthread_join((struct kthread *)thread);
}

void *
plat_self(void)
{
    return kthread_current()->self;
}

void
plat_self_set(void *self)
{
    kthread_current()->self = self;
}

void
plat_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    kthread_wait(word, expected, deadline_ns);
}

void
plat_wake(const _Atomic uint32_t *word, unsigned count)
{
    kthread_wake(word, count);
}

void
plat_yield(void)
{
    kthread_yield();
}

void
plat_switch_point(void)
{
    /* The scheduler switches when it likes. */
}

uint64_t *
plat_lock_ranks(void)
{
    return &kthread_current()->lock_ranks;
}

unsigned
plat_processor_count(void)
{
    return cpu_count();
}
