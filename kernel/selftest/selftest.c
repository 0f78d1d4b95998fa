/*
 * selftest.c - which tests there are, and what is said of each.
 *
 * A failed test is a failed assert: the panic names the line. A test that does
 * not end is ended by whoever runs the machine.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "selftest/selftest.h"

#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "base/assert.h"
#include "dev/acpi.h"
#include "irq/clock.h"
#include "sched/thread.h"
#include "selftest/selftest_priv.h"

#define LOG_MODULE "selftest"
#include "base/log.h"

#define THREADS_MAX 160u

static const struct {
    const char *promise;
    void (*run)(void);
} tests[] = {
    { "memory is copied, moved, set and compared", selftest_memory },
    { "2000 threads begin, end, and leave nothing behind", selftest_many_threads },
    { "no wake is lost in a ring of threads", selftest_token_ring },
    { "waits, wakes and deadlines at once lose nobody", selftest_wait_storm },
    { "a lock lets one in at a time", selftest_locks },
    { "threads that never wait share the processors, registers and red zone intact",
      selftest_preemption },
    { "time never goes back, from thread to thread", selftest_clock },
    { "a sleeper is never woken early, and soon enough", selftest_timer },
    { "a sleeper does not wait for those that compute, and they share alike", selftest_fairness },
    { "calls reach all other processors, also with a lock held", selftest_calls },
    { "page faults sleep, nest, and keep all registers", selftest_faults },
    { "a page fault can be left by a jump, any number of times", selftest_fault_jumps },
    { "memory that was taken comes back, tables of 64 GiB too", selftest_allocation },
    { "what was closed or taken away no processor remembers", selftest_pages },
    { "what was touched is told once", selftest_touched },
};

uint64_t
selftest_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void
selftest_run_threads(unsigned count, void (*entry)(void *))
{
    struct kthread *threads[THREADS_MAX];

    assert(count <= THREADS_MAX);
    for (unsigned i = 0; i < count; i++) {
        err_t err = kthread_create(&threads[i], "selftest", entry, (void *)(uintptr_t)i);

        assert(err == OK);
    }
    for (unsigned i = 0; i < count; i++)
        kthread_join(threads[i]);
}

bool
selftest_is_named(const char *text, const char *name)
{
    while (*name != '\0' && *text == *name) {
        text++;
        name++;
    }
    return *name == '\0' && (*text == '\0' || *text == ' ');
}

bool
selftest_run(const char *what)
{
    if (selftest_is_named(what, "disks"))
        return selftest_disks();
    if (selftest_is_named(what, "reset"))
        acpi_reset();
    if (*what != '\0') {
        selftest_die(what);
        log_error("there is no death of that name: %s", what);
        return false;
    }
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        uint64_t began_ns = clock_ns();

        tests[i].run();
        log_info("ok: %s (%lu ms)", tests[i].promise, (clock_ns() - began_ns) / 1000000);
    }
    log_info("all %zu tests passed on %u processors", sizeof tests / sizeof tests[0], cpu_count());
    return true;
}
