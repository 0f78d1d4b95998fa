/*
 * thread.c - native threads of a Linux process, and waiting by futex.
 *
 * A thread started here takes no asynchronous signal: those belong to the
 * thread that started the process. Faults stay open, because the space is
 * served by them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plat/thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES_MIN (1u << 20)

struct plat_thread {
    pthread_t native;
    const char *name;
    void (*entry)(void *);
    void *argument;
};

static __thread void *self_pointer;
static __thread uint64_t lock_ranks;

static void *
thread_main(void *argument)
{
    struct plat_thread *thread = argument;

    pthread_setname_np(pthread_self(), thread->name);
    thread->entry(thread->argument);
    return NULL;
}

static void
signals_of_a_thread(sigset_t *set)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };

    sigfillset(set);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(set, faults[i]);
}

/* With room on its stack for what the core does, however little the shell's limit gives. */
static int
create_with_stack(struct plat_thread *thread)
{
    pthread_attr_t attributes;
    size_t bytes = 0;
    int result = pthread_attr_init(&attributes);

    if (result != 0)
        return result;
    result = pthread_attr_getstacksize(&attributes, &bytes);
    if (result == 0 && bytes < STACK_BYTES_MIN)
        result = pthread_attr_setstacksize(&attributes, STACK_BYTES_MIN);
    if (result == 0)
        result = pthread_create(&thread->native, &attributes, thread_main, thread);
    pthread_attr_destroy(&attributes);
    return result;
}

err_t
plat_thread_create(struct plat_thread **thread, const char *name, void (*entry)(void *),
                   void *argument)
{
    struct plat_thread *made = malloc(sizeof(*made));
    sigset_t blocked, before;
    int result;

    if (!made)
        return ERR_NOMEM;
    *made = (struct plat_thread){ .name = name, .entry = entry, .argument = argument };
    signals_of_a_thread(&blocked);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    result = create_with_stack(made);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0) {
        free(made);
        return ERR_NOMEM;
    }
    *thread = made;
    return OK;
}

void
plat_thread_join(struct plat_thread *thread)
{
    if (!thread)
        return;
    pthread_join(thread->native, NULL);
    free(thread);
}

void *
plat_self(void)
{
    return self_pointer;
}

void
plat_self_set(void *self)
{
    self_pointer = self;
}

void
plat_wait(const _Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / 1000000000u),
        .tv_nsec = (long)(deadline_ns % 1000000000u),
    };

    /* The bitset form takes an absolute time on CLOCK_MONOTONIC; see futex(2). */
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected,
            deadline_ns == PLAT_NO_DEADLINE ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY);
}

void
plat_wake(const _Atomic uint32_t *word, unsigned count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count > INT_MAX ? INT_MAX : (int)count, NULL, NULL,
            0);
}

void
plat_yield(void)
{
    sched_yield();
}

void
plat_switch_point(void)
{
    /* The kernel switches when it likes. */
}

uint64_t *
plat_lock_ranks(void)
{
    return &lock_ranks;
}

unsigned
plat_processor_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return 1;
}
