/*
 * deaths.c - the ways in which the kernel must die, and say of what.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>
#include <stddef.h>

#include "arch/amd64/cpu.h"
#include "arch/amd64/panic.h"
#include "base/assert.h"
#include "sched/spin.h"
#include "sched/thread.h"
#include "selftest/selftest_priv.h"

#define NOWHERE 0x0000700000000000ull

static void
die_assert(void)
{
    unsigned two = 2;

    __asm__ volatile("" : "+r"(two));
    assert(two == 3);
}

static void
die_null(void)
{
    volatile char *nothing = NULL;

    __asm__ volatile("" : "+r"(nothing));
    *nothing = 1;
}

static void
die_wild(void)
{
    *(volatile char *)NOWHERE = 1;
}

static void
die_opcode(void)
{
    __asm__ volatile("ud2");
}

static void
die_protection(void)
{
    *(volatile char *)0x8000000000000000ull = 1;
}

__attribute__((noinline)) static uint64_t
recurse(uint64_t depth)
{
    volatile char room[512];

    room[depth % sizeof room] = (char)depth;
    return depth == UINT64_MAX ? 0 : recurse(depth + 1) + (uint64_t)room[depth % sizeof room];
}

static void
die_stack(void)
{
    recurse(0);
}

static void
die_text(void)
{
    *(volatile char *)(uintptr_t)die_assert = 1;
}

static void
die_data(void)
{
    static char data[16] = { (char)0xc3 };

    ((void (*)(void))(uintptr_t)data)();
}

/* A page fault where nothing may sleep. */
static void
die_locked(void)
{
    static struct spin lock = SPIN_INIT;
    uint64_t flags = spin_lock(&lock);

    *(volatile char *)NOWHERE = 1;
    spin_unlock(&lock, flags);
}

static _Atomic uint32_t deaf;

static void
be_deaf(void *unused)
{
    (void)unused;
    interrupts_off();
    atomic_store(&deaf, 1);
    for (;;)
        cpu_pause();
}

/* Another processor, which no longer listens to interrupts, must stop as well. Needs two. */
static void
die_deaf(void)
{
    struct kthread *thread;
    err_t err = kthread_create(&thread, "deaf", be_deaf, NULL);

    assert(err == OK);
    while (atomic_load(&deaf) == 0)
        cpu_pause();
    kernel_panic("the other processor is deaf");
}

static void
die_two_thread(void *unused)
{
    (void)unused;
    panic("two at once");
}

static void
die_two(void)
{
    selftest_run_threads(cpu_count(), die_two_thread);
}

/* Only the checked kernel sees this one. */
static void
die_undefined(void)
{
    uint64_t one = 1;

    __asm__ volatile("" : "+r"(one));
    one <<= one + 69;
    __asm__ volatile("" : : "r"(one));
}

static void
die_halt(void)
{
    kernel_halt("an ordered end");
}

static const struct {
    const char *name;
    void (*die)(void);
} deaths[] = {
    { "assert", die_assert },
    { "null", die_null },
    { "wild", die_wild },
    { "opcode", die_opcode },
    { "stack", die_stack },
    { "text", die_text },
    { "protection", die_protection },
    { "data", die_data },
    { "locked", die_locked },
    { "deaf", die_deaf },
    { "two", die_two },
    { "halt", die_halt },
    { "undefined", die_undefined },
};

void
selftest_die(const char *name)
{
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        if (selftest_is_named(name, deaths[i].name))
            deaths[i].die();
}
