/*
 * trampoline.S - where a further processor begins: in real mode, at the start
 * of a page below 1 MiB, to which smp.c has copied this. It enters long mode
 * with the boot page tables, and calls cpu_enter() on the stack that smp.c has
 * made for it.
 *
 * Source: Intel SDM volume 3, 8.4 "Multiple-Processor (MP) Initialization".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "boot/trampoline.h"

#define CR0_PE 0x1
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900 /* long mode; the page tables forbid some pages to be run */

/* Where a label is once the code was copied. */
#define COPIED(label) (label - boot_trampoline + BOOT_TRAMPOLINE)

    .section .rodata
    .balign 16
    .global boot_trampoline
    .global boot_trampoline_end
boot_trampoline:
    .code16
    cli
    cld
    xorl %eax, %eax
    movw %ax, %ds
    lgdtl COPIED(trampoline_gdt_pointer)
    movl %cr0, %eax
    orl $CR0_PE, %eax
    movl %eax, %cr0
    ljmpl $8, $COPIED(trampoline_32)

    .code32
trampoline_32:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $boot_root, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME_NXE, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG | CR0_WP | CR0_PE, %eax
    movl %eax, %cr0
    ljmp $24, $COPIED(trampoline_64)

    .code64
trampoline_64:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movq cpu_starting_stack, %rsp
    xorl %ebp, %ebp
    movq $cpu_enter, %rax
    call *%rax
1:  cli
    hlt
    jmp 1b

    .balign 8
trampoline_gdt:
    .quad 0
    .quad 0x00cf9a000000ffff /* 32-bit code */
    .quad 0x00cf92000000ffff /* data */
    .quad 0x00209a0000000000 /* 64-bit code */
trampoline_gdt_end:
trampoline_gdt_pointer:
    .short trampoline_gdt_end - trampoline_gdt - 1
    .long COPIED(trampoline_gdt)
boot_trampoline_end:

    .section .note.GNU-stack, "", @progbits
