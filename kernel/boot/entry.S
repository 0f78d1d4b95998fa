/*
 * entry.S - the first instructions. PVH and Multiboot2 both come here in
 * 32-bit protected mode, without paging, eax and ebx as each has it; what they
 * are is found out in C. Builds page tables that map the first 4 GiB where they
 * lie, enters long mode, and calls boot_enter(eax, ebx) on the boot stack,
 * which later is the idle stack of the first processor.
 *
 * Source: Multiboot2 Specification 2.0, 3.1 "OS image format" and 3.3
 * "I386 machine state"; Xen's PVH boot protocol; Intel SDM volume 3, 9.8.5
 * "Initializing IA-32e Mode".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define MULTIBOOT2_HEADER 0xe85250d6
#define NOTE_PVH_ENTRY    18

#define CR0_PE 0x1
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

#define PRESENT_WRITE 0x3
#define PRESENT_WRITE_LARGE 0x83

    .section .multiboot2, "a"
    .balign 8
multiboot2_header:
    .long MULTIBOOT2_HEADER
    .long 0 /* for i386: entered in protected mode */
    .long multiboot2_end - multiboot2_header
    .long -(MULTIBOOT2_HEADER + (multiboot2_end - multiboot2_header))
    .short 0, 0 /* the last tag */
    .long 8
multiboot2_end:

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, NOTE_PVH_ENTRY
    .asciz "Xen"
    .quad boot_start

    .section .boot.text, "ax"
    .code32
    .global boot_start
    .type boot_start, @function
boot_start:
    cli
    cld
    movl $boot_stack_end, %esp
    movl %eax, %ebp /* ebx stays where it is */

    /* The root, its first entry, and four tables of 512 pages of 2 MiB. */
    movl $boot_root, %edi
    movl $boot_table_3 + PRESENT_WRITE, (%edi)
    movl $boot_table_3, %edi
    movl $boot_tables_2 + PRESENT_WRITE, %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $4096, %eax
    decl %ecx
    jnz 1b
    movl $boot_tables_2, %edi
    movl $PRESENT_WRITE_LARGE, %eax
    movl $2048, %ecx
2:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    decl %ecx
    jnz 2b

    movl %cr4, %eax
    orl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $boot_root, %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG | CR0_WP | CR0_PE, %eax
    movl %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $8, $boot_long

    .code64
boot_long:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movl %ebp, %edi
    movl %ebx, %esi
    movl $boot_stack_end, %esp
    xorl %ebp, %ebp /* where a backtrace ends */
    call boot_enter
3:  cli
    hlt
    jmp 3b
    .size boot_start, . - boot_start

    .section .rodata
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00209a0000000000 /* 64-bit code */
boot_gdt_end:
boot_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .long boot_gdt

    .bss
    .balign 4096
    .global boot_root
boot_root:
    .skip 4096
boot_table_3:
    .skip 4096
boot_tables_2:
    .skip 4 * 4096
    .global boot_stack
    .global boot_stack_end
boot_stack:
    .skip 32768
boot_stack_end:

    .section .note.GNU-stack, "", @progbits
