/*
 * main.c - the bare machine from its first instruction in C to its last.
 *
 *     kernel_main     first processor, interrupts off, on the boot stack: memory,
 *          |          tables of the firmware, interrupts, clock, processors
 *          v
 *     main_thread     the first thread: drivers, console, power button, and the
 *          |          volume until it ends
 *          v
 *     machine_end     off, or with exit=debug a status for QEMU
 *
 * A machine in trouble has said why, and waits for its power button. The first
 * press takes a last snapshot; the second does not wait for it, which a volume
 * survives like any power cut.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdatomic.h>

#include "arch/amd64/cpu.h"
#include "arch/amd64/panic.h"
#include "boot/boot.h"
#include "console/console.h"
#include "dev/acpi.h"
#include "dev/driver.h"
#include "dev/serial.h"
#include "irq/clock.h"
#include "irq/irq.h"
#include "main.h"
#include "mm/mm.h"
#include "plat/machine_log.h"
#include "plat/thread.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "selftest/selftest.h"
#include "system.h"
#include "vm/vm.h"

#define LOG_MODULE "machine"
#include "base/log.h"

static _Atomic uint32_t presses; /* of the power button, and of Ctrl-C where no program wants it */
static _Atomic uint32_t breaks;  /* Ctrl-C */

/* ---- the power button ---- */

/* In an interrupt. */
static void
power_pressed(void *unused)
{
    (void)unused;
    atomic_fetch_add(&presses, 1);
    kthread_wake(&presses, UINT32_MAX);
}

static void
power_wait(uint32_t count)
{
    uint32_t seen;

    while ((seen = atomic_load(&presses)) < count)
        kthread_wait(&presses, seen, KTHREAD_NO_DEADLINE);
}

__attribute__((noreturn)) static void
machine_end(enum kernel_exit status)
{
    serial_drain(&serial_console); /* the last line leaves before the machine does */
    serial_drain(&serial_control); /* and so does the last answer */
    kernel_exit(status);
    acpi_power_off();
    log_info("it is now safe to switch this machine off");
    for (;;)
        power_wait(UINT32_MAX);
}

static void
power_thread(void *unused)
{
    (void)unused;
    power_wait(1);
    system_interrupt();
    power_wait(2);
    log_warn("switched off without a last snapshot; nothing that was committed is lost");
    machine_end(KERNEL_EXIT_TROUBLE);
}

/* ---- Ctrl-C ---- */

/* In an interrupt, where the core must not run. */
static void
break_pressed(void *unused)
{
    (void)unused;
    atomic_fetch_add(&breaks, 1);
    kthread_wake(&breaks, UINT32_MAX);
}

/* A program's, or else a press of the power button. */
static void
break_thread(void *unused)
{
    uint32_t seen = 0;

    (void)unused;
    for (;;) {
        while (atomic_load(&breaks) == seen)
            kthread_wait(&breaks, seen, KTHREAD_NO_DEADLINE);
        seen++;
        if (!vm_break())
            power_pressed(NULL);
    }
}

/* ---- up ---- */

static void
console_up(void)
{
    struct console_options options = {
        .plain = boot_word_is("console", "plain"),
        .columns = (unsigned)boot_number("columns", 0),
    };

    IGNORE(serial_init(&serial_console), "it has said so; output is polled then");
    if (console_start(&options, break_pressed, NULL) != OK)
        log_error("there is no memory for the console");
}

static void
power_up(void)
{
    struct kthread *thread;

    if (acpi_power_button_attach(power_pressed, NULL) != OK)
        log_info("this machine has no power button; Ctrl-C on the console does the same");
    if (kthread_create(&thread, "power", power_thread, NULL) != OK ||
        kthread_create(&thread, "break", break_thread, NULL) != OK)
        kernel_halt("no memory for the first threads");
}

static void
main_thread(void *unused)
{
    const char *what = "";
    bool done;

    (void)unused;
    console_up();
    power_up();
    /* The first words: whoever started us may press the button and type from now on. */
    log_info("%u processor%s, %" PRIu64 " MiB of memory", cpu_count(), cpu_count() == 1 ? "" : "s",
             mm_memory_bytes() >> 20);
    if (boot_word("selftest", &what))
        machine_end(selftest_run(what) ? KERNEL_EXIT_DONE : KERNEL_EXIT_TROUBLE);
    drivers_start();
    done = system_run();
    if (!done && !boot_word("exit", NULL)) {
        log_info("the machine has stopped; press the power button (or Ctrl-C) to switch it off");
        power_wait(1);
    }
    machine_end(done ? KERNEL_EXIT_DONE : KERNEL_EXIT_TROUBLE);
}

void
kernel_main(void)
{
    struct kthread *thread;

    serial_init_early(&serial_console);
    cpu_init_first();
    if (boot_word("debug", NULL))
        machine_log_level = LOG_DEBUG;
    mm_init();
    acpi_init(boot_info.rsdp);
    irq_init();
    clock_init();
    cpu_start_others();
    if (kthread_create(&thread, "main", main_thread, NULL) != OK)
        kernel_halt("no memory for the first thread");
    kthread_idle();
}
