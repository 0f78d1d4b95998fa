/*
 * panic.c - how the machine dies.
 *
 * Nothing is written to any disk from here: the drivers' interrupts are off,
 * and the other processors stand still, before anything is said. Requests that
 * a disk has already taken are writes to free blocks or a superblock that was
 * complete when it was handed over; either is what a power cut would leave.
 *
 * The first processor that panics tells the story; another one that panics at
 * the same time stops, and a panic inside a panic ends at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "arch/amd64/panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "arch/amd64/cpu_priv.h"
#include "arch/amd64/port.h"
#include "arch/amd64/trap.h"
#include "base/format.h"
#include "base/memory.h"
#include "boot/boot.h"
#include "dev/serial.h"
#include "irq/apic.h"
#include "sched/sched.h"
#include "sched/thread.h"

#define DEBUG_EXIT_PORT 0xf4
#define DEPTH_MAX       48u
#define LINE_BYTES      256

/* Where functions are; kernel/phantom.ld. */
extern const char boot_text_end[];

/*
 * The first of the two links of a kernel has no table yet. Not defined here as
 * empty: a compiler believes what it sees of a constant, weak or not.
 */
extern const struct symbol kernel_symbols[] __attribute__((weak));
extern const size_t kernel_symbol_count __attribute__((weak));

static _Atomic uint32_t dying; /* 0, or the number of the processor that died first, plus 1 */

static void __attribute__((format(printf, 1, 2))) say(const char *text, ...)
{
    char line[LINE_BYTES];
    va_list values;
    size_t bytes;

    va_start(values, text);
    bytes = format_list(line, sizeof line - 1, text, values);
    va_end(values);
    if (bytes > sizeof line - 2)
        bytes = sizeof line - 2;
    line[bytes] = '\n';
    serial_write_polled(&serial_console, line, bytes + 1);
}

bool
kernel_is_dying(void)
{
    return atomic_load_explicit(&dying, memory_order_acquire) != 0;
}

void
kernel_exit(enum kernel_exit status)
{
    const char *value;

    if (boot_word("exit", &value) && memcmp(value, "debug", 5) == 0)
        port_out32(DEBUG_EXIT_PORT, status);
}

/* Take the machine for the calling processor; returns only for the first one. */
static void
die(enum kernel_exit status)
{
    uint32_t none = 0;
    bool known;

    interrupts_off();
    known = cpu_areas[0].cpu.self != NULL; /* else nobody else runs, and %gs means nothing */
    if (!atomic_compare_exchange_strong(&dying, &none, known ? cpu_index() + 1 : 1)) {
        if (!known || none == cpu_index() + 1) {
            say("panic: again, while the first one was told");
            kernel_exit(status);
        }
        cpu_stop();
    }
    if (cpu_count() > 1)
        apic_send_nmi_to_others();
}

static bool
is_text(uint64_t address)
{
    return address >= (uintptr_t)boot_image_begin && address < (uintptr_t)boot_text_end;
}

static void
say_address(unsigned depth, uint64_t address)
{
    size_t low = 0;
    size_t high = &kernel_symbol_count != NULL ? kernel_symbol_count : 0;

    /* The last symbol that is not behind the address. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (kernel_symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || !is_text(address))
        say("  #%-2u 0x%016lx", depth, address);
    else
        say("  #%-2u 0x%016lx %s+0x%lx", depth, address, kernel_symbols[low - 1].name,
            address - kernel_symbols[low - 1].address);
}

struct range {
    uint64_t begin;
    uint64_t end;
};

/* The stack that an address lies on: the thread's, or this processor's trap stacks. */
static struct range
stack_of(uint64_t address)
{
    const struct kthread *thread = kthread_current();
    uint64_t traps = (uintptr_t)cpu_area_self()->trap_stacks;
    struct range range = { thread->stack, thread->stack + thread->stack_bytes };

    if (address >= traps && address < traps + CPU_TRAP_STACKS * CPU_TRAP_STACK_BYTES)
        range = (struct range){ traps, traps + CPU_TRAP_STACKS * CPU_TRAP_STACK_BYTES };
    if (address < range.begin || address >= range.end)
        range = (struct range){ 0, 0 };
    return range;
}

/*
 * Follow frame pointers: each points to the one before it, and the return
 * address lies behind. A function that keeps something else there (the
 * interpreter) ends the walk, because nothing outside a stack is believed.
 */
static void
backtrace(uint64_t rip, uint64_t rbp, uint64_t rsp)
{
    struct range top = stack_of(rsp);
    unsigned depth = 0;

    say("backtrace:");
    say_address(depth++, rip);
    /* Called where no function is, so nobody has made a pair of this yet. */
    if (!is_text(rip) && rsp % 8 == 0 && rsp + 8 <= top.end && is_text(*(const uint64_t *)rsp))
        say_address(depth++, *(const uint64_t *)rsp - 1);
    while (depth < DEPTH_MAX && rbp % 8 == 0) {
        struct range range = stack_of(rbp);
        const uint64_t *pair = (const uint64_t *)rbp;

        if (rbp < range.begin || rbp + 16 > range.end || !is_text(pair[1]))
            break;
        /* A call that does not return may be the last instruction of its function. */
        say_address(depth++, pair[1] - 1);
        if (pair[0] <= rbp && stack_of(pair[0]).begin == range.begin)
            break; /* it must go up, unless it leaves a trap stack */
        rbp = pair[0];
    }
}

static void
say_registers(const struct trap_frame *f)
{
    say("rip %016lx  rsp %016lx  rflags %08lx  error %lx  vector %lu", f->rip, f->rsp, f->rflags,
        f->error, f->vector);
    say("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
    say("rsi %016lx  rdi %016lx  rbp %016lx  cr2 %016lx", f->rsi, f->rdi, f->rbp, f->cr2);
    say("r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx", f->r8, f->r9, f->r10, f->r11);
    say("r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx", f->r12, f->r13, f->r14, f->r15);
}

__attribute__((noreturn)) static void
tell(const char *text, const struct trap_frame *frame, uint64_t rip, uint64_t rbp, uint64_t rsp)
{
    die(KERNEL_EXIT_PANIC);
    say("\npanic: %s", text);
    if (cpu_areas[0].cpu.self != NULL) {
        say("on processor %u of %u, in thread %s", cpu_index(), cpu_count(),
            kthread_current()->name);
        if (frame != NULL)
            say_registers(frame);
        backtrace(rip, rbp, rsp);
    }
    say("The machine stands still. Nothing more is written; the last snapshot is the truth.");
    kernel_exit(KERNEL_EXIT_PANIC);
    cpu_stop();
}

void
kernel_panic(const char *text)
{
    tell(text, NULL, (uintptr_t)__builtin_return_address(0) - 1,
         *(const uint64_t *)__builtin_frame_address(0), 0);
}

void
kernel_panic_at(const char *text, const struct trap_frame *frame)
{
    tell(text, frame, frame->rip, frame->rbp, frame->rsp);
}

void
kernel_halt(const char *text)
{
    die(KERNEL_EXIT_TROUBLE);
    say("%s", text);
    kernel_exit(KERNEL_EXIT_TROUBLE);
    cpu_stop();
}
