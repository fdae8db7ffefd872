// From the boot loader's hand-over to Swift: exception level, stack, zeroed memory, MMU.
//
// Entry contract of every core (Linux, Documentation/arch/arm64/booting.rst; PSCI CPU_ON):
// MMU off, data cache clean for the image, interrupts masked, EL2 or EL1. The primary core has
// the device tree's physical address in x0; a secondary has its `CoreStart` in x0.
//
// Everything here runs at the physical address, reached relative to the program counter.

#if defined(__aarch64__) && !defined(__linux__)

#include "CacheRange.h"
#include "include/Layout.h"

    // SCTLR_EL1 with MMU and caches off: the bits that are RES1 in ARMv8.0 (ARM ARM D17.2.118).
    .set    SCTLR_EL1_MMU_OFF, 0x30d00800

    // SPSR: EL1 with its own stack pointer, all interrupts masked.
    .set    SPSR_EL1H_MASKED, 0x3c5

// ID_AA64DFR0_EL1.PMUVer: 0 is no PMU, and 15 none of the architecture's kind (D17.2.59). Clobbers x10.
    .macro  branch_without_pmu label
    mrs     x10, id_aa64dfr0_el1
    ubfx    x10, x10, #8, #4
    sub     x10, x10, #1
    cmp     x10, #14
    b.hs    \label
    .endm

// Leaves the core at EL1 and returns to the caller's physical address. Clobbers x9, x10.
// ARMv8.0 without VHE: at EL2 nothing of the kernel could use TTBR1, so EL1 is where it lives.
    .macro  enter_el1
    msr     daifset, #0xf
    mrs     x9, CurrentEL
    cmp     x9, #(2 << 2)
    b.ne    .Lat_el1\@

    mov     x9, #(1 << 31)              // HCR_EL2.RW: EL1 is AArch64; nothing is trapped
    msr     hcr_el2, x9
    mov     x9, #3                      // CNTHCTL_EL2: EL1 may read counter and timer
    msr     cnthctl_el2, x9
    msr     cntvoff_el2, xzr
    mov     x9, xzr
    branch_without_pmu .Lno_pmu\@
    mrs     x9, pmcr_el0                // then all its counters (HPMN) are EL1's
    ubfx    x9, x9, #11, #5
.Lno_pmu\@:
    msr     mdcr_el2, x9                // and debug is not trapped
    mov     x9, #0x33ff                 // CPTR_EL2: RES1 bits, floating point not trapped
    msr     cptr_el2, x9
    msr     hstr_el2, xzr
    msr     vttbr_el2, xzr
    mrs     x9, midr_el1
    msr     vpidr_el2, x9
    mrs     x9, mpidr_el1
    msr     vmpidr_el2, x9

    mrs     x9, id_aa64pfr0_el1         // GIC system registers present? (bits 27:24)
    ubfx    x9, x9, #24, #4
    cbz     x9, .Lno_gic\@
    mov     x9, #0xf                    // ICC_SRE_EL2: system registers, also for EL1
    msr     S3_4_C12_C9_5, x9
    isb
    msr     S3_4_C12_C11_0, xzr         // ICH_HCR_EL2
.Lno_gic\@:
    ldr     x9, =SCTLR_EL1_MMU_OFF
    msr     sctlr_el1, x9
    mov     x9, #SPSR_EL1H_MASKED
    msr     spsr_el2, x9
    adr     x9, .Lat_el1\@
    msr     elr_el2, x9
    eret
.Lat_el1\@:
    ldr     x9, =SCTLR_EL1_MMU_OFF
    msr     sctlr_el1, x9
    msr     cpacr_el1, xzr              // floating point traps at EL0 and EL1
    msr     mdscr_el1, xzr
    msr     tpidr_el1, xzr              // no CoreLocal yet
    msr     tpidrro_el0, xzr            // which user programs can read
    branch_without_pmu .Lno_counters\@
    msr     pmuserenr_el0, xzr          // the counters are not theirs
.Lno_counters\@:
    isb
    .endm

    .section .text.boot, "ax"

// x0: device tree, physical. Never returns. Image loaders jump here through the image's header,
// UEFI comes through leave_firmware (EFI/HandOver.S).
    .global image_entry
    .type   image_entry, %function
image_entry:
    mov     x20, x0
    mrs     x21, CurrentEL
    enter_el1

    // Until the MMU is on, stores go around the caches. The loader has cleaned the image, but
    // may have left copies of its lines there, which would hide these stores afterwards.
    adrp    x9, rodata_end
    adrp    x10, image_end
    data_cache_range ivac, x9, x10, x11, x12

    // The zeroed part of the image, 16 bytes at a time (it is page aligned on both sides).
    adrp    x9, bss_start
    adrp    x10, bss_end
0:  cmp     x9, x10
    b.hs    1f
    stp     xzr, xzr, [x9], #16
    b       0b
1:
    adrp    x9, boot_stack_top
    mov     sp, x9
    mov     x29, xzr
    mov     x30, xzr

    // early_main(device tree, image, exception level at entry) -> TranslationSetup *
    mov     x0, x20
    adrp    x1, image_header
    lsr     x2, x21, #2
    bl      early_main

    bl      enable_translation
    ldr     x9, =boot_stack_top         // the same stack at its virtual address
    mov     sp, x9
    mov     x29, xzr
    mov     x0, x20
    ldr     x9, =kernel_main
    blr     x9
    b       hang
    .size   image_entry, . - image_entry

// x0: struct CoreStart, physical. Never returns.
    .global secondary_entry
    .type   secondary_entry, %function
secondary_entry:
    mov     x20, x0
    enter_el1
    ldr     x21, [x20, #CORE_START_STACK]
    ldr     x22, [x20, #CORE_START_ARGUMENT]
    add     x0, x20, #CORE_START_TRANSLATION
    bl      enable_translation
    mov     sp, x21
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x22
    ldr     x9, =secondary_main
    blr     x9
    b       hang
    .size   secondary_entry, . - secondary_entry

// Turns the MMU on. x0: struct TranslationSetup, physical; its TTBR0 maps this code to itself.
// Returns at the physical address. Clobbers x9…x12.
    .type   enable_translation, %function
enable_translation:
    ldp     x9, x10, [x0, #TRANSLATION_MAIR]        // MAIR, TCR
    ldp     x11, x12, [x0, #TRANSLATION_TTBR0]      // TTBR0, TTBR1
    ldr     x13, [x0, #TRANSLATION_SCTLR]
    msr     mair_el1, x9
    msr     tcr_el1, x10
    msr     ttbr0_el1, x11
    msr     ttbr1_el1, x12
    isb
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    msr     sctlr_el1, x13
    isb
    ret
    .size   enable_translation, . - enable_translation

    .global hang
    .type   hang, %function
hang:
    wfi
    b       hang
    .size   hang, . - hang

// For EarlyMain's last words: an exception goes on behind the instruction that caused it, which an
// emulator's call is on a machine that is none. Clobbers TPIDR_EL1.
    .global skip_exceptions
    .type   skip_exceptions, %function
skip_exceptions:
    adrp    x0, skipping_vectors
    add     x0, x0, :lo12:skipping_vectors
    msr     vbar_el1, x0
    isb
    ret
    .size   skip_exceptions, . - skip_exceptions

    .balign 2048
skipping_vectors:
    .rept   16
    .balign 128
    msr     tpidr_el1, x0
    mrs     x0, elr_el1
    add     x0, x0, #4
    msr     elr_el1, x0
    mrs     x0, tpidr_el1
    eret
    .endr

    .ltorg

    .section .bss.boot_stack, "aw", %nobits
    .balign 4096
    .global boot_stack_guard
    .global boot_stack_top
boot_stack_guard:                   // stays zero; not mapped once the MMU is on
    .skip   4096
boot_stack:
    .skip   BOOT_STACK_BYTES
boot_stack_top:

#endif
