// A load that may abort: for the first touch of a device that may not be there.
//
// On Enzian an FPGA whose link is not trained answers no load; the core takes a synchronous
// external abort or an SError (arm64 makes no promise which). Both end here instead of in a panic.

#if defined(__aarch64__) && !defined(__linux__)

    .section .text.guarded, "ax"

// uint64_t guarded_load64(uint64_t address, uint64_t *value)
//
// Returns 0 and stores what was loaded, or returns the ESR_EL1 of the abort. SErrors are masked in
// the kernel otherwise; the barriers keep one that this load caused inside.
    .global guarded_load64
    .type   guarded_load64, %function
guarded_load64:
    dsb     sy
    msr     daifclr, #4
    isb
    .global guarded_load_start
guarded_load_start:
    ldr     x2, [x0]
    dsb     sy
    isb
    .global guarded_load_end
guarded_load_end:
    msr     daifset, #4
    str     x2, [x1]
    mov     x0, xzr
    ret
    .size   guarded_load64, . - guarded_load64

// Vectors.S returns here from an abort in between; x0 is ESR_EL1.
    .global guarded_load_aborted
    .type   guarded_load_aborted, %function
guarded_load_aborted:
    msr     daifset, #4
    ret
    .size   guarded_load_aborted, . - guarded_load_aborted

#endif
