/*
 * trap_entry.S - from a vector to C and back, and from one thread to another.
 *
 * trap.h draws the road, and struct trap_frame is what trap_common pushes. Before
 * each call into C a pair of frame pointer and return address is made of the
 * interrupted registers, so that a backtrace goes on through the trap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define FX_BYTES 512

/* Offsets in struct trap_frame. */
#define FRAME_RBP (10 * 8)
#define FRAME_RIP (19 * 8)

    .text

/* One entry for each vector, 16 bytes apart. */
    .balign 16
    .global trap_entries
    .type trap_entries, @function
trap_entries:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector != 8 && (vector < 10 || vector > 14) && vector != 17 && vector != 21 && vector != 29 && vector != 30
    pushq $0 /* the processor pushes no error code here */
    .endif
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr
    .size trap_entries, . - trap_entries

    .balign 16
    .type trap_common, @function
trap_common:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $16, %rsp
    cld
    movq %rsp, %rdi
    pushq FRAME_RIP(%rdi)
    pushq FRAME_RBP(%rdi)
    movq %rsp, %rbp
    call trap_dispatch
    addq $16, %rsp
    testq %rax, %rax
    jz 1f

    /* On the thread's own stack, at the copy of the frame: as if it had called. */
    movq %rax, %rsp
    movq %rax, %rdi
    subq $FX_BYTES, %rsp
    fxsave64 (%rsp)
    fninit /* whoever runs next may have no x87 register in use */
    pushq FRAME_RIP(%rdi)
    pushq FRAME_RBP(%rdi)
    movq %rsp, %rbp
    call trap_on_thread
    addq $16, %rsp
    fxrstor64 (%rsp)
    addq $FX_BYTES, %rsp

1:  addq $16, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    addq $16, %rsp
    iretq
    .size trap_common, . - trap_common

/*
 * thread_switch(uint64_t *from_rsp, uint64_t to_rsp): keep what a function must
 * keep on this stack, go to the other one, and return from there.
 */
    .balign 16
    .global thread_switch
    .type thread_switch, @function
thread_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size thread_switch, . - thread_switch

    .section .note.GNU-stack, "", @progbits
