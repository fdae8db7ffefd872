// From UEFI's world to that of the Image protocol: caches clean, MMU off, x0 = device tree.

#if defined(__aarch64__) && !defined(__linux__)

#include "../CacheRange.h"

    .set    SCTLR_MMU, 1 << 0
    .set    SCTLR_DATA_CACHE, 1 << 2
    .set    SCTLR_INSTRUCTION_CACHE, 1 << 12

    .macro  translation_off level
    mrs     x9, sctlr_\level
    mov     x10, #SCTLR_MMU | SCTLR_DATA_CACHE
    orr     x10, x10, #SCTLR_INSTRUCTION_CACHE
    bic     x9, x9, x10
    msr     sctlr_\level, x9
    isb
    .endm

    .section .text.boot, "ax"

// void leave_firmware(uint64_t device_tree, uint64_t device_tree_bytes)
//
// Boot services have ended; memory is mapped to itself. What the kernel reads or writes while the
// MMU is off is the image and the device tree: they go to memory here. All else the kernel first
// touches through caches, or invalidates before (MachineMemory). Never returns.
    .global leave_firmware
    .type   leave_firmware, %function
leave_firmware:
    msr     daifset, #0xf
    mov     x20, x0
    add     x1, x0, x1
    data_cache_range civac, x0, x1, x11, x12
    adrp    x0, image_header
    adrp    x1, image_end
    data_cache_range civac, x0, x1, x11, x12

    mrs     x9, CurrentEL
    cmp     x9, #(2 << 2)
    b.ne    1f
    translation_off el2
    tlbi    alle2
    b       2f
1:  translation_off el1
    tlbi    vmalle1
2:  ic      iallu
    dsb     sy
    isb
    mov     x0, x20
    b       image_entry
    .size   leave_firmware, . - leave_firmware

#endif
