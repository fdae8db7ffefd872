// Exception vectors: from any exception to the Swift that handles it.
//
// The kernel runs with interrupts masked, except while a dispatch thread's load may be held or
// the core sleeps; so an exception from EL1 is an interrupt at one of these two places, or a bug.
// An exception from EL0 ends `thread_resume` or `thread_enter` (Threads.S), by which the core got there.
// ARM ARM D1.13.1: sixteen slots of 128 bytes, aligned to 2 KiB.

#if defined(__aarch64__) && !defined(__linux__)

#include "include/Layout.h"

    .macro  vector label
    .balign 128
    b       \label
    .endm

    .section .text.vectors, "ax"
    .balign 2048
    .global exception_vectors
exception_vectors:
    vector  unexpected_el1t_synchronous     // EL1 with SP_EL0: never used
    vector  unexpected_el1t_interrupt
    vector  unexpected_el1t_fast_interrupt
    vector  unexpected_el1t_system_error
    vector  el1_synchronous                 // EL1 with SP_EL1: the kernel
    vector  el1_interrupt
    vector  el1_fast_interrupt
    vector  el1_system_error
    vector  el0_synchronous                 // EL0, AArch64: user programs
    vector  el0_interrupt
    vector  el0_fast_interrupt
    vector  el0_system_error
    vector  el0_aarch32                     // EL0, AArch32: never entered
    vector  el0_aarch32
    vector  el0_aarch32
    vector  el0_aarch32

// Saves all registers of the kernel into a ThreadContext on the stack and calls
// kernel_exception(context, kind), which does not return.
    .macro  kernel_bug label, kind
\label:
    sub     sp, sp, #288
    stp     x0, x1, [sp, #CONTEXT_X]
    mov     x0, #\kind
    add     x1, sp, #288
    b       save_and_panic
    .endm

    kernel_bug unexpected_el1t_synchronous, 0
    kernel_bug unexpected_el1t_interrupt, 1
    kernel_bug unexpected_el1t_fast_interrupt, 2
    kernel_bug unexpected_el1t_system_error, 3
    kernel_bug el1_fast_interrupt, 6
    kernel_bug el0_fast_interrupt, 10
    kernel_bug el0_aarch32, 12

// A bug, unless it happened in guarded_load64 (GuardedLoad.S), which then returns the syndrome.
// Its caller expects x0 and x1 to change; flags are in SPSR_EL1.
//
// First of all, without a register to spare: a core whose stack is full would fault here for ever, and
// for as long hold what locks it has. Bit CORE_STACK_BIT of an address tells a core's stack from the
// hole below it, and CORE_STACKS_BIT the cores' stacks from the boot stack, which is not looked at.
    .macro  kernel_abort label, kind
\label:
    sub     sp, sp, #288
    add     sp, sp, x0                  // their sum,
    sub     x0, sp, x0                  // SP
    tbz     x0, #CORE_STACKS_BIT, 2f
    tbz     x0, #CORE_STACK_BIT, stack_overflow
2:  sub     x0, sp, x0                  // x0 again,
    sub     sp, sp, x0                  // SP again
    stp     x0, x1, [sp, #CONTEXT_X]
    mrs     x0, elr_el1
    adr     x1, guarded_load_start
    cmp     x0, x1
    b.lo    1f
    adr     x1, guarded_load_end
    cmp     x0, x1
    b.hs    1f
    adr     x1, guarded_load_aborted
    msr     elr_el1, x1
    mrs     x0, esr_el1
    add     sp, sp, #288
    eret
1:  mov     x0, #\kind
    add     x1, sp, #288
    b       save_and_panic
    .endm

    kernel_abort el1_synchronous, 4
    kernel_abort el1_system_error, 7

// x0: SP, below the stack; SP: their sum. The report is made on the boot stack, which nobody has any
// more; a second core that comes here meanwhile spoils it. User mode's registers are not needed again.
stack_overflow:
    msr     tpidrro_el0, x0
    sub     x0, sp, x0
    msr     tpidr_el0, x0
    adrp    x0, boot_stack_top
    mov     sp, x0
    sub     sp, sp, #288
    mrs     x0, tpidr_el0
    stp     x0, x1, [sp, #CONTEXT_X]
    mrs     x1, tpidrro_el0
    add     x1, x1, #288
    mov     x0, #VECTOR_STACK_OVERFLOW
    // Falls through.

// x0: which vector; x1: SP before it. x0 and x1 are saved.
save_and_panic:
    stp     x2, x3, [sp, #CONTEXT_X + 16]
    stp     x4, x5, [sp, #CONTEXT_X + 32]
    stp     x6, x7, [sp, #CONTEXT_X + 48]
    stp     x8, x9, [sp, #CONTEXT_X + 64]
    stp     x10, x11, [sp, #CONTEXT_X + 80]
    stp     x12, x13, [sp, #CONTEXT_X + 96]
    stp     x14, x15, [sp, #CONTEXT_X + 112]
    stp     x16, x17, [sp, #CONTEXT_X + 128]
    stp     x18, x19, [sp, #CONTEXT_X + 144]
    stp     x20, x21, [sp, #CONTEXT_X + 160]
    stp     x22, x23, [sp, #CONTEXT_X + 176]
    stp     x24, x25, [sp, #CONTEXT_X + 192]
    stp     x26, x27, [sp, #CONTEXT_X + 208]
    stp     x28, x29, [sp, #CONTEXT_X + 224]
    stp     x30, x1, [sp, #CONTEXT_X + 240]
    mrs     x9, elr_el1
    mrs     x10, spsr_el1
    stp     x9, x10, [sp, #CONTEXT_PC]
    mov     x1, x0
    mov     x0, sp
    bl      kernel_exception
    b       hang

// An interrupt while the kernel waits: kernel_interrupt() handles it. When it returns 0 the wait
// goes on: a held load is executed again (R10). Otherwise there is work for this core: a held load
// is left out, which the NIC takes as "executed again later, or never" (interface §10). The load is
// told from the other places by its instruction: interrupts are unmasked at no other LDP. Only
// registers that a call may clobber are saved.
//
// What follows the load in line_load_head (include/Boot.h) is left out, too: it loads more of the same
// line, so it would be held in turn, and with interrupts masked, until the stall limit ends.
    .type   el1_interrupt, %function
el1_interrupt:
    sub     sp, sp, #192
    stp     x0, x1, [sp]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
    mrs     x9, elr_el1
    mrs     x10, spsr_el1
    stp     x9, x10, [sp, #160]
    bl      kernel_interrupt
    ldp     x9, x10, [sp, #160]
    cbz     x0, 0f
    ldr     w11, [x9]
    lsr     w11, w11, #22
    cmp     w11, #(0xa9400000 >> 22)    // LDP of two 64-bit registers, signed offset (C4.1.94)
    b.ne    0f
    str     xzr, [sp, #32]              // x4: no code
    add     x9, x9, #LINE_LOAD_HEAD_REST
    orr     x10, x10, #0x80             // SPSR_EL1.I, for the DAIFSET that is left out (C5.2.18)
0:
    msr     elr_el1, x9
    msr     spsr_el1, x10
    ldp     x18, x30, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp]
    add     sp, sp, #192
    eret
    .size   el1_interrupt, . - el1_interrupt

#endif
