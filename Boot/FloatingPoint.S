// Floating-point and SIMD registers of user threads: the only code of the kernel that touches them.
//
// A core lends them to a thread at its first such instruction, and takes them back when the thread
// leaves the core; meanwhile CPACR_EL1.FPEN makes such instructions trap, at EL1 too (ARM ARM
// D17.2.30). Which thread has them is Kernel/Core/Dispatch/FloatingPoint.swift.

#if defined(__aarch64__) && !defined(__linux__)

#include "include/Layout.h"

    .arch_extension fp
    .arch_extension simd

    .set    FPEN_NO_TRAPS, 3 << 20

    .section .text.floating_point, "ax"

// LDP or STP of V0…V31 and a context.
    .macro  vectors operation, context
    \operation q0, q1, [\context, #FLOATING_POINT_VECTORS]
    \operation q2, q3, [\context, #FLOATING_POINT_VECTORS + 32]
    \operation q4, q5, [\context, #FLOATING_POINT_VECTORS + 64]
    \operation q6, q7, [\context, #FLOATING_POINT_VECTORS + 96]
    \operation q8, q9, [\context, #FLOATING_POINT_VECTORS + 128]
    \operation q10, q11, [\context, #FLOATING_POINT_VECTORS + 160]
    \operation q12, q13, [\context, #FLOATING_POINT_VECTORS + 192]
    \operation q14, q15, [\context, #FLOATING_POINT_VECTORS + 224]
    \operation q16, q17, [\context, #FLOATING_POINT_VECTORS + 256]
    \operation q18, q19, [\context, #FLOATING_POINT_VECTORS + 288]
    \operation q20, q21, [\context, #FLOATING_POINT_VECTORS + 320]
    \operation q22, q23, [\context, #FLOATING_POINT_VECTORS + 352]
    \operation q24, q25, [\context, #FLOATING_POINT_VECTORS + 384]
    \operation q26, q27, [\context, #FLOATING_POINT_VECTORS + 416]
    \operation q28, q29, [\context, #FLOATING_POINT_VECTORS + 448]
    \operation q30, q31, [\context, #FLOATING_POINT_VECTORS + 480]
    .endm

// void floating_point_load(const struct FloatingPointContext *context)
//
// Ends the traps and gives the registers what is saved in `context`. Clobbers x9, x10.
    .global floating_point_load
    .type   floating_point_load, %function
floating_point_load:
    mov     x9, #FPEN_NO_TRAPS
    msr     cpacr_el1, x9
    isb
    ldp     x9, x10, [x0, #FLOATING_POINT_CONTROL]
    msr     fpcr, x9
    msr     fpsr, x10
    vectors ldp, x0
    ret
    .size   floating_point_load, . - floating_point_load

// void floating_point_clear(void)
//
// Ends the traps and gives the registers zeros: what another thread left there is nobody's to read
// (R13). Clobbers x9.
    .global floating_point_clear
    .type   floating_point_clear, %function
floating_point_clear:
    mov     x9, #FPEN_NO_TRAPS
    msr     cpacr_el1, x9
    isb
    msr     fpcr, xzr
    msr     fpsr, xzr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    movi    v\n\().2d, #0
    .endr
    ret
    .size   floating_point_clear, . - floating_point_clear

// x11: struct FloatingPointContext *. Saves the registers, which do not trap; then as
// floating_point_trap. Clobbers x9, x10, and nothing else: floating_point_save (Boot.h) says so.
    .global floating_point_save_registers
    .type   floating_point_save_registers, %function
floating_point_save_registers:
    mrs     x9, fpcr
    mrs     x10, fpsr
    stp     x9, x10, [x11, #FLOATING_POINT_CONTROL]
    vectors stp, x11
    msr     cpacr_el1, xzr
    ret
    .size   floating_point_save_registers, . - floating_point_save_registers

// void floating_point_trap(void)
//
// From the next return to EL0 on, such instructions trap: that return synchronises (ARM ARM
// D1.10.1, ERET). Clobbers nothing.
    .global floating_point_trap
    .type   floating_point_trap, %function
floating_point_trap:
    msr     cpacr_el1, xzr
    ret
    .size   floating_point_trap, . - floating_point_trap

#endif
