// Entering a user thread and coming back: the only way between EL1 and EL0.
//
// The dispatch thread *calls* thread_resume, which returns when the user thread traps; so a core
// has one kernel stack, user threads have none, and a parked thread costs its ThreadContext.
// TPIDR_EL1 points to the core's CoreLocal.

#if defined(__aarch64__) && !defined(__linux__)

#include "include/Layout.h"

    .section .text.threads, "ax"

// uint64_t thread_resume(struct ThreadContext *context)
//
// Restores every register of the context and goes to EL0; returns TRAP_… when it comes back.
// Interrupts are masked on call and on return. The translation table is the caller's business.
    .global thread_resume
    .type   thread_resume, %function
thread_resume:
    stp     x29, x30, [sp, #-96]!
    mov     x29, sp
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    mrs     x9, tpidr_el1
    str     x0, [x9, #CORE_CONTEXT]
    ldp     x10, x11, [x0, #CONTEXT_PC]
    msr     elr_el1, x10
    msr     spsr_el1, x11
    ldp     x30, x12, [x0, #CONTEXT_X + 240]
    msr     sp_el0, x12
    ldp     x28, x29, [x0, #CONTEXT_X + 224]
    ldp     x26, x27, [x0, #CONTEXT_X + 208]
    ldp     x24, x25, [x0, #CONTEXT_X + 192]
    ldp     x22, x23, [x0, #CONTEXT_X + 176]
    ldp     x20, x21, [x0, #CONTEXT_X + 160]
    ldp     x18, x19, [x0, #CONTEXT_X + 144]
    ldp     x16, x17, [x0, #CONTEXT_X + 128]
    ldp     x14, x15, [x0, #CONTEXT_X + 112]
    ldp     x12, x13, [x0, #CONTEXT_X + 96]
    ldp     x10, x11, [x0, #CONTEXT_X + 80]
    ldp     x8, x9, [x0, #CONTEXT_X + 64]
    ldp     x6, x7, [x0, #CONTEXT_X + 48]
    ldp     x4, x5, [x0, #CONTEXT_X + 32]
    ldp     x2, x3, [x0, #CONTEXT_X + 16]
    ldp     x0, x1, [x0, #CONTEXT_X]
    eret
    .size   thread_resume, . - thread_resume

// void run_on_stack(uint64_t stack_top, void (*code)(void))
//
// Leaves the caller's stack for good. The frame chain ends here.
    .global run_on_stack
    .type   run_on_stack, %function
run_on_stack:
    mov     sp, x0
    mov     x29, xzr
    mov     x30, xzr
    br      x1
    .size   run_on_stack, . - run_on_stack

// Synchronous exception from EL0. A system call saves only what a C call preserves, since the
// caller expects no more (Kernel/SystemInterface/SystemCall.swift); x2…x7 and x9…x18 of the
// context are left zero from the thread's start, so resuming leaks nothing of the kernel.
    .global el0_synchronous
    .type   el0_synchronous, %function
el0_synchronous:
    stp     x9, x10, [sp, #-16]!
    mrs     x9, esr_el1
    lsr     x9, x9, #26
    cmp     x9, #0x15                   // ESR_EL1.EC: SVC from AArch64
    b.ne    .Lfault
    mrs     x9, tpidr_el1
    ldr     x9, [x9, #CORE_CONTEXT]
    stp     x18, x19, [x9, #CONTEXT_X + 144]
    stp     x20, x21, [x9, #CONTEXT_X + 160]
    stp     x22, x23, [x9, #CONTEXT_X + 176]
    stp     x24, x25, [x9, #CONTEXT_X + 192]
    stp     x26, x27, [x9, #CONTEXT_X + 208]
    stp     x28, x29, [x9, #CONTEXT_X + 224]
    mrs     x10, sp_el0
    stp     x30, x10, [x9, #CONTEXT_X + 240]
    mrs     x10, elr_el1
    mrs     x11, spsr_el1
    stp     x10, x11, [x9, #CONTEXT_PC]
    stp     xzr, xzr, [x9, #CONTEXT_X]  // the result, unless the kernel stores another
    add     sp, sp, #16
    cbz     x8, .Lyield
    stp     x0, x1, [x9, #CONTEXT_X]
    stp     x2, x3, [x9, #CONTEXT_X + 16]
    stp     x4, x5, [x9, #CONTEXT_X + 32]
    str     x8, [x9, #CONTEXT_X + 64]
    mov     x0, #TRAP_SYSTEM_CALL
    b       return_to_kernel
.Lyield:
    mov     x0, #TRAP_YIELD
    b       return_to_kernel

.Lfault:
    mov     x9, #TRAP_FAULT
    b       save_all
    .size   el0_synchronous, . - el0_synchronous

    .global el0_interrupt
    .type   el0_interrupt, %function
el0_interrupt:
    stp     x9, x10, [sp, #-16]!
    mov     x9, #TRAP_INTERRUPT
    b       save_all
    .size   el0_interrupt, . - el0_interrupt

    .global el0_system_error
    .type   el0_system_error, %function
el0_system_error:
    stp     x9, x10, [sp, #-16]!
    mov     x9, #TRAP_SYSTEM_ERROR
    // Falls through.

// x9: TRAP_…; x9 and x10 of the thread are on the stack. Saves the whole thread.
    .type   save_all, %function
save_all:
    str     x9, [sp, #-16]!
    mrs     x9, tpidr_el1
    ldr     x9, [x9, #CORE_CONTEXT]
    stp     x0, x1, [x9, #CONTEXT_X]
    stp     x2, x3, [x9, #CONTEXT_X + 16]
    stp     x4, x5, [x9, #CONTEXT_X + 32]
    stp     x6, x7, [x9, #CONTEXT_X + 48]
    ldp     x0, x1, [sp, #16]
    stp     x8, x0, [x9, #CONTEXT_X + 64]
    stp     x1, x11, [x9, #CONTEXT_X + 80]
    stp     x12, x13, [x9, #CONTEXT_X + 96]
    stp     x14, x15, [x9, #CONTEXT_X + 112]
    stp     x16, x17, [x9, #CONTEXT_X + 128]
    stp     x18, x19, [x9, #CONTEXT_X + 144]
    stp     x20, x21, [x9, #CONTEXT_X + 160]
    stp     x22, x23, [x9, #CONTEXT_X + 176]
    stp     x24, x25, [x9, #CONTEXT_X + 192]
    stp     x26, x27, [x9, #CONTEXT_X + 208]
    stp     x28, x29, [x9, #CONTEXT_X + 224]
    mrs     x10, sp_el0
    stp     x30, x10, [x9, #CONTEXT_X + 240]
    mrs     x10, elr_el1
    mrs     x11, spsr_el1
    stp     x10, x11, [x9, #CONTEXT_PC]
    ldr     x0, [sp], #32
    .size   save_all, . - save_all

// x0: the value that thread_resume returns. SP_EL1 is where thread_resume left it.
    .type   return_to_kernel, %function
return_to_kernel:
    ldp     x27, x28, [sp, #80]
    ldp     x25, x26, [sp, #64]
    ldp     x23, x24, [sp, #48]
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #96
    ret
    .size   return_to_kernel, . - return_to_kernel

#endif
