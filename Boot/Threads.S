// Entering a user thread and coming back: the only way between EL1 and EL0.
//
// The dispatch thread *calls* thread_resume, which returns when the user thread traps, or goes to
// thread_enter, after which the core is back at its loop. So a core has one kernel stack, user threads
// have none, and a parked thread costs its ThreadContext.

#if defined(__aarch64__) && !defined(__linux__)

#include "include/Layout.h"

    .section .text.threads, "ax"

// thread_resume's frame, 16-byte aligned: x29, x30; the three arguments; words for the way back.
    .set    FRAME_BYTES, 64
    .set    FRAME_CONTEXT, 16
    .set    FRAME_IS_ENTERED, 24
    .set    FRAME_SCRATCH, 32
    .set    FRAME_THREAD, 48
    .set    FRAME_CAUSE, 56

// void thread_enter(struct ThreadContext *context, uint64_t is_entered, uint64_t thread)
//
// As thread_resume with the same arguments, but at a yield the core goes on with
// kernel_worker_yielded(thread, CoreLocal) and behind line_jump; after another trap that does not take
// it there it comes to kernel_worker_trapped. So nothing of the caller is saved.
    .global thread_enter
    .type   thread_enter, %function
thread_enter:
    adr     x30, .Ltrapped
    // Falls through.
    .size   thread_enter, . - thread_enter

// x0: struct ThreadContext *; x1: whether this is thread_enter, 1 or 0; x2: the argument of
// kernel_worker_interrupted, or 0 (el0_interrupt). Returns TRAP_… in x0. Preserves x29 and sp, and no
// other register: `thread_run` (Boot.h) tells the compiler, which then saves what it needs.
//
// Restores every register of the context and goes to EL0; comes back when the thread traps.
// Interrupts are masked on call and on return. The translation table is the caller's business.
    .global thread_resume
    .type   thread_resume, %function
thread_resume:
    stp     x29, x30, [sp, #-FRAME_BYTES]!
    mov     x29, sp
    stp     x0, x1, [sp, #FRAME_CONTEXT]
    str     x2, [sp, #FRAME_THREAD]
    ldr     x9, [x0, #CONTEXT_THREAD_POINTER]
    ldp     x10, x11, [x0, #CONTEXT_PC]
    msr     tpidr_el0, x9
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

// x0…x27 into the context; x9 and x10 are in the frame. Leaves the context in x9; clobbers x0, x1.
    .macro  save_lower
    ldr     x9, [sp, #FRAME_CONTEXT]
    stp     x0, x1, [x9, #CONTEXT_X]
    stp     x2, x3, [x9, #CONTEXT_X + 16]
    stp     x4, x5, [x9, #CONTEXT_X + 32]
    stp     x6, x7, [x9, #CONTEXT_X + 48]
    ldp     x0, x1, [sp, #FRAME_SCRATCH]
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
    .endm

// The rest into the context in x9; clobbers x10, x11.
    .macro  save_upper
    stp     x28, x29, [x9, #CONTEXT_X + 224]
    mrs     x10, sp_el0
    stp     x30, x10, [x9, #CONTEXT_X + 240]
    mrs     x10, elr_el1
    mrs     x11, spsr_el1
    stp     x10, x11, [x9, #CONTEXT_PC]
    mrs     x10, tpidr_el0
    str     x10, [x9, #CONTEXT_THREAD_POINTER]
    .endm

// Off the stack of the message's handler; what follows goes to line_jump_end (Boot.h), as the handler
// would. Leaves CoreLocal in x1; clobbers x11.
    .macro  leave_handler
    mrs     x1, tpidr_el1
    ldp     x11, x29, [x1, #CORE_DISPATCH_STACK]
    mov     sp, x11
    .endm

// thread_enter: the thread has trapped, the cause is in x0. kernel_worker_trapped (Kernel/Core/
// Dispatch/UserDispatch.swift) comes back when the thread has left the core.
    .type   .Ltrapped, %function
.Ltrapped:
    mrs     x1, tpidr_el1
    bl      kernel_worker_trapped
    leave_handler
    b       line_jump_end
    .size   .Ltrapped, . - .Ltrapped

// Synchronous exception from EL0, told by ESR_EL1. SVC #1 is a worker's yield, which leaves nothing
// behind but x0, the line that it will load next, and its thread pointer; from there it is as short as it
// can be (R9). SVC #0 is a system call: it saves what a C call preserves, since the caller expects no more
// (Kernel/SystemInterface/README.md); what the context holds of the other registers is the thread's own,
// so resuming leaks nothing of the kernel.
    .global el0_synchronous
    .type   el0_synchronous, %function
el0_synchronous:
    stp     x9, x10, [sp, #FRAME_SCRATCH]
    mrs     x9, esr_el1
    lsr     x10, x9, #26
    cmp     x10, #0x15                  // ESR_EL1.EC: SVC from AArch64
    b.ne    .Lfault
    tbz     x9, #0, .Lsystem_call       // ESR_EL1.ISS: the immediate
    mrs     x11, tpidr_el0
    ldp     x9, x10, [sp, #FRAME_CONTEXT]
    stp     x11, x0, [x9, #CONTEXT_THREAD_POINTER]
    cbz     x10, .Lyield
    ldr     x0, [sp, #FRAME_THREAD]
    leave_handler
    adr     x30, line_jump_end
    b       kernel_worker_yielded
.Lyield:
    mov     x0, #TRAP_YIELD
    ldp     x29, x30, [sp], #FRAME_BYTES
    ret

.Lsystem_call:
    ldr     x9, [sp, #FRAME_CONTEXT]
    stp     x0, x1, [x9, #CONTEXT_X]
    stp     x2, x3, [x9, #CONTEXT_X + 16]
    stp     x4, x5, [x9, #CONTEXT_X + 32]
    str     x8, [x9, #CONTEXT_X + 64]
    stp     x18, x19, [x9, #CONTEXT_X + 144]
    stp     x20, x21, [x9, #CONTEXT_X + 160]
    stp     x22, x23, [x9, #CONTEXT_X + 176]
    stp     x24, x25, [x9, #CONTEXT_X + 192]
    stp     x26, x27, [x9, #CONTEXT_X + 208]
    mov     x0, #TRAP_SYSTEM_CALL
    b       save_rest

.Lfault:
    mov     x9, #TRAP_FAULT
    b       save_all
    .size   el0_synchronous, . - el0_synchronous

// An interrupt takes a worker off its core in the shortest way when that is all it is for (R9): where
// a yield would leave the message's handler, so does this, once kernel_worker_interrupted (Kernel/
// Core/Dispatch/UserDispatch.swift) has parked the thread. Otherwise it returns TRAP_INTERRUPT.
    .global el0_interrupt
    .type   el0_interrupt, %function
el0_interrupt:
    stp     x9, x10, [sp, #FRAME_SCRATCH]
    save_lower
    save_upper
    ldr     x0, [sp, #FRAME_THREAD]
    cbz     x0, .Linterrupt
    mrs     x1, tpidr_el1
    ldr     x2, [sp, #FRAME_IS_ENTERED]
    mov     x29, sp
    bl      kernel_worker_interrupted
    cbz     x0, .Linterrupt
    leave_handler
    b       line_jump_end
.Linterrupt:
    mov     x0, #TRAP_INTERRUPT
    ldp     x29, x30, [sp], #FRAME_BYTES
    ret
    .size   el0_interrupt, . - el0_interrupt

    .global el0_system_error
    .type   el0_system_error, %function
el0_system_error:
    stp     x9, x10, [sp, #FRAME_SCRATCH]
    mov     x9, #TRAP_SYSTEM_ERROR
    // Falls through.

// x9: TRAP_…; x9 and x10 of the thread are in the frame. Saves the whole thread.
    .type   save_all, %function
save_all:
    str     x9, [sp, #FRAME_CAUSE]
    save_lower
    ldr     x0, [sp, #FRAME_CAUSE]
    .size   save_all, . - save_all

// x0: the value that thread_resume returns; x9: the context. SP_EL1 is where thread_resume left it.
    .type   save_rest, %function
save_rest:
    save_upper
    ldp     x29, x30, [sp], #FRAME_BYTES
    ret
    .size   save_rest, . - save_rest

#endif
