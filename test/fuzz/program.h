/*
 * program.h - a module that nobody trusts, in a machine of its own: loaded, verified, and, if it
 * was accepted, run for a while.
 *
 * After each module that was accepted the machine is thrown away and begins anew from the
 * snapshot that has nothing but the class library, so what is found follows from one input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "fuzz/fuzzer.h"
#include "unit/vm/machine.h"

#define PROGRAM_MS           10 /* what an accepted module may run */
#define PROGRAMS_LOADED_MAX  64
#define PROGRAMS_RUN_MAX     16
#define PROGRAM_PAGES_MAX    16384
#define PROGRAM_RESIDENT_MAX (64ull << 20)

/* The snapshot that has nothing but the class library. */
static uint64_t program_generation;

/*
 * While the machine is up, what it has is named by tables that LeakSanitizer does not look into.
 * The name is AddressSanitizer's.
 */
const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier) */

const char *
__asan_default_options(void) /* NOLINT(bugprone-reserved-identifier) */
{
    return "detect_leaks=0";
}

/* The machine comes up. */
static inline void
program_machine_start(struct heap_options heap)
{
    machine_options.workers = 2;
    machine_options.heap = heap;
    machine_pmem =
        (struct pmem_options){ .on_demand_only = true, .resident_bytes_max = PROGRAM_RESIDENT_MAX };
    fake.credit = PROGRAM_PAGES_MAX;
    machine_start();
    program_generation = fake.generation;
}

#ifndef PROGRAM_STARTS_ITSELF
/* The machine is up before the first input. (The header is for the one file of a fuzzer.) */
int
LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    program_machine_start((struct heap_options){ 0 });
    return 0;
}
#endif

/*
 * Throw the machine away. A program that wanted much memory has made a snapshot: then the store
 * begins anew, too, or what programs left there would fill it in the end.
 */
static inline void
program_machine_renew(void)
{
    machine_stop(false);
    if (fake.generation != program_generation) {
        fake_clear(&fake.committed);
        fake.generation = 1;
        fake.begun = 0;
        fake.credit = PROGRAM_PAGES_MAX;
    }
    machine_start();
    program_generation = fake.generation;
}

static inline err_t
program_install(const void *bytes, size_t byte_count, uint32_t *application)
{
    struct vm_program program = { .name = "fuzz", .module = bytes, .module_bytes = byte_count };

    machine_said[0] = 0;
    return vm_install(&program, application, machine_report, NULL);
}

/*
 * Load a module, and take it away again. The machine stays for PROGRAMS_LOADED_MAX of them, which
 * saves most of the time. As program_try.
 */
static inline err_t
program_load(const void *bytes, size_t byte_count)
{
    static unsigned loaded;
    uint32_t application = 0;
    err_t err;

    err = program_install(bytes, byte_count, &application);
    if (err != OK)
        return err;
    IGNORE(vm_application_stop(application), "it may have ended");
    IGNORE(vm_application_remove(application), "it may not have stopped yet");
    if (++loaded % PROGRAMS_LOADED_MAX != 0)
        return OK;
    program_machine_renew();
    return OK;
}

/*
 * Load a module and run it. OK if it was accepted, else what vm_install says; then
 * machine_said has the reasons.
 */
static inline err_t
program_try(const void *bytes, size_t byte_count)
{
    uint32_t application = 0;
    err_t err;

    err = program_install(bytes, byte_count, &application);
    if (err != OK)
        return err;
    vm_wait(plat_monotonic_ns() + PROGRAM_MS * 1000000ull);
    IGNORE(vm_application_stop(application), "it may have ended, or be out of room");
    program_machine_renew();
    return OK;
}

/*
 * As program_try, but a program that came to its end within its time is taken away, and the
 * machine stays for PROGRAMS_RUN_MAX of them.
 */
static inline err_t
program_run(const void *bytes, size_t byte_count)
{
    static unsigned run;
    uint32_t application = 0;
    bool ended;
    err_t err;

    err = program_install(bytes, byte_count, &application);
    if (err != OK)
        return err;
    ended = vm_wait(plat_monotonic_ns() + PROGRAM_MS * 1000000ull) == VM_ALL_ENDED;
    IGNORE(vm_application_stop(application), "it may have ended, or be out of room");
    if (ended && vm_application_remove(application) == OK && ++run % PROGRAMS_RUN_MAX != 0)
        return OK;
    program_machine_renew();
    return OK;
}
