/*
 * machine.h - the whole machine in a test: compiler, class library, loader,
 * interpreter, collector and space, over a store in memory that survives restarts.
 *
 * Programs say by exit(n) how it went.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdio.h>

#include "embed/embedded.h"
#include "lang/lang.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "support/assemble.h"
#include "unit/pmem/fake_store.h"
#include "unit/pmem/start.h"
#include "vm/vm.h"

/* How much a program does: less where each of its polls moves the nursery. */
#if defined(CHECKED) && CHECKED
#define MACHINE_WORK(usual, moving) moving
#else
#define MACHINE_WORK(usual, moving) usual
#endif

static bool machine_library(const char *path, struct lang_source *source);

static struct vm_options machine_options = { .workers = 2, .find_library = machine_library };
static struct pmem_options machine_pmem = { .interval_ms = 20 };
static char machine_said[4096]; /* by compiler and loader */

static inline void
machine_message(void *context, const struct lang_message *message)
{
    size_t used = strlen(machine_said);

    (void)context;
    if (message->severity == LANG_ERROR)
        snprintf(machine_said + used, sizeof machine_said - used, "%u:%u: %s\n",
                 (unsigned)message->line, (unsigned)message->column, message->text);
}

static inline void
machine_report(void *context, const char *line)
{
    size_t used = strlen(machine_said);

    (void)context;
    snprintf(machine_said + used, sizeof machine_said - used, "%s\n", line);
}

static bool
machine_library(const char *path, struct lang_source *source)
{
    for (size_t i = 0; i < embedded_class_count; i++) {
        const struct embedded_source *embedded = &embedded_classes[i];

        if (strcmp(embedded->path, path) != 0)
            continue;
        *source = (struct lang_source){ embedded->path, embedded->text, embedded->bytes, NULL };
        return true;
    }
    return false;
}

/* "internal/string.ph" for ".internal.string". */
static inline bool
machine_find(void *context, const char *class_name, const char *importing_path,
             struct lang_source *source, bool *library)
{
    char path[256];
    size_t count = (size_t)snprintf(path, sizeof path, "%s.ph", class_name + 1);

    (void)context;
    (void)importing_path;
    for (size_t i = 0; i + 3 < count && count < sizeof path; i++)
        path[i] = path[i] == '.' ? '/' : path[i];
    *library = true;
    return count < sizeof path && machine_library(path, source);
}

static inline struct buffer
machine_compile(const char *text)
{
    struct lang_host host = { .find = machine_find, .message = machine_message };
    struct lang_source source = { "test.ph", text, strlen(text), NULL };
    struct buffer module = { 0 };

    machine_said[0] = 0;
    ck_assert_msg(lang_compile(&host, &source, &module) == OK, "not compiled: %s", machine_said);
    return module;
}

static inline void
machine_format(void)
{
    machine_said[0] = 0;
    ck_assert_msg(vm_format(embedded_library, embedded_library_bytes, machine_report, NULL) == OK,
                  "the class library: %s", machine_said);
}

static inline void
machine_commit(void)
{
    ck_assert_int_eq(pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_DEMAND)), OK);
}

/*
 * A volume with the class library, for all tests of a program: Check runs each in a copy of the
 * process that has called this. To make it takes longer than many of them do.
 */
static inline void
machine_prepare(void)
{
    start(&fake_store, machine_pmem);
    machine_format();
    machine_commit();
    pmem_stop();
    fake_restart();
}

/* Bring the machine up: anew, or as the store has it. */
static inline void
machine_start(void)
{
    start(&fake_store, machine_pmem);
    if (fake.generation == 1) {
        machine_format();
        machine_commit();
    }
    ck_assert_int_eq(vm_start(&machine_options), OK);
}

/* Take it down. Without a last snapshot it is as if it had been killed. */
static inline void
machine_stop(bool commit)
{
    vm_stop();
    if (commit)
        machine_commit();
    vm_close();
    pmem_stop();
    fake_restart();
}

static inline void
machine_stop_clean(void)
{
    machine_stop(true);
}

static inline uint32_t
machine_install_module(const void *bytes, size_t count)
{
    struct vm_program program = { .name = "test.ph", .module = bytes, .module_bytes = count };
    uint32_t application = 0;

    machine_said[0] = 0;
    ck_assert_msg(vm_install(&program, &application, machine_report, NULL) == OK, "refused: %s",
                  machine_said);
    return application;
}

static inline uint32_t
machine_install(const char *text)
{
    struct buffer module = machine_compile(text);
    uint32_t application = machine_install_module(module.bytes, module.count);

    buffer_free(&module);
    return application;
}

static inline struct vm_application_info
machine_application(uint32_t id)
{
    static struct vm_application_info rows[64];
    size_t count = 0;

    ck_assert_int_eq(vm_list_applications(rows, 64, &count), OK);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].id == id)
            return rows[i];
    }
    ck_abort_msg("there is no application %u", (unsigned)id);
}

/* Wait for all programs; how this one ended. */
static inline struct vm_application_info
machine_finish(uint32_t application)
{
    uint64_t deadline = plat_monotonic_ns() + 60000000000ull;

    ck_assert_int_eq(vm_wait(deadline), VM_ALL_ENDED);
    return machine_application(application);
}

static inline int
machine_status(const char *text)
{
    return machine_finish(machine_install(text)).status;
}

/* The module's entry is method <entry> of class .main; `body` is the rest of the text. */
static inline int
machine_assembled_status(const char *text)
{
    struct assembled module = assemble(text);
    uint32_t application = machine_install_module(module.bytes, module.count);

    assemble_free(&module);
    return machine_finish(application).status;
}

/* Kill the machine again and again, after longer and longer lives, until the program ends; how. */
static inline struct vm_application_info
machine_finish_by_restarts(uint32_t application)
{
    machine_commit();
    for (unsigned i = 0; i < MACHINE_WORK(20, 6); i++) {
        if (vm_wait(plat_monotonic_ns() + (1 + 2 * i) * 1000000ull) == VM_ALL_ENDED)
            break;
        machine_commit();
        machine_stop(false);
        machine_start();
    }
    return machine_finish(application);
}

/* Sleep until the thread table says so; `count` threads in `state`. */
static inline void
machine_await_threads(unsigned count, enum thread_state state)
{
    static struct vm_thread_info rows[256];
    uint64_t deadline = plat_monotonic_ns() + 30000000000ull;
    unsigned found;

    do {
        size_t total = 0;

        found = 0;
        ck_assert_int_eq(vm_list_threads(rows, 256, &total), OK);
        for (size_t i = 0; i < total && i < 256; i++)
            found += rows[i].state == state;
        if (found >= count)
            return;
        usleep(2000);
    } while (plat_monotonic_ns() < deadline);
    ck_abort_msg("%u threads are in state %d, not %u", found, (int)state, count);
}

#define ck_assert_program(text) ck_assert_int_eq(machine_status(text), 0)

static inline int
machine_tests(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, 120);
    tcase_add_unchecked_fixture(tcase, machine_prepare, NULL);
    tcase_add_checked_fixture(tcase, machine_start, machine_stop_clean);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
