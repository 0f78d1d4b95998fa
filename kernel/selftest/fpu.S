/*
 * fpu.S - fill registers and look at them again (fpu_priv.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

    .text

/* Everything that a trap must keep, from the pattern in rdi. */
    .macro fill
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    leaq \number(%rdi), %rax
    movq %rax, %xmm\number
    .endr
    fninit
    movq %rdi, %rax
    shrq $1, %rax /* x87 has 63 bits and a sign */
    movq %rax, -8(%rsp)
    fildq -8(%rsp)
    fildq -8(%rsp)
    .irp offset, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128
    movq %rdi, -\offset(%rsp)
    .endr
    movq %rdi, %r8
    movq %rdi, %r9
    movq %rdi, %r10
    movq %rdi, %r11
    .endm

/* rax = 1 if all is as it was filled, else 0; the x87 stack is empty again. */
    .macro look
    xorl %ecx, %ecx
    .irp offset, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128
    movq -\offset(%rsp), %rax
    xorq %rdi, %rax
    orq %rax, %rcx
    .endr
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movq %xmm\number, %rax
    leaq \number(%rdi), %rdx
    xorq %rdx, %rax
    orq %rax, %rcx
    .endr
    .irp register, r8, r9, r10, r11
    xorq %rdi, %\register
    orq %\register, %rcx
    .endr
    movq %rdi, %rdx
    shrq $1, %rdx
    .rept 2
    fistpq -8(%rsp)
    movq -8(%rsp), %rax
    xorq %rdx, %rax
    orq %rax, %rcx
    .endr
    xorl %eax, %eax
    testq %rcx, %rcx
    setz %al
    .endm

    .balign 16
    .global fpu_keeps
    .type fpu_keeps, @function
fpu_keeps:
    fill
1:  decq %rsi
    jnz 1b
    look
    ret
    .size fpu_keeps, . - fpu_keeps

    .balign 16
    .global fpu_keeps_over_read
    .type fpu_keeps_over_read, @function
fpu_keeps_over_read:
    fill
    movb (%rsi), %al
    look
    ret
    .size fpu_keeps_over_read, . - fpu_keeps_over_read

    .balign 16
    .global fpu_spoil
    .type fpu_spoil, @function
fpu_spoil:
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    pcmpeqd %xmm\number, %xmm\number
    .endr
    fninit
    .rept 8
    fldpi
    .endr
    fninit
    ret
    .size fpu_spoil, . - fpu_spoil

    .section .note.GNU-stack, "", @progbits
