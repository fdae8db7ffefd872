// The instructions that work around errata; which apply, and why, is in
// Kernel/Processor/Errata.swift.
//
// Flags are read where an action may be needed: one load and one branch on processors without the
// erratum.
#ifndef WENGEN_ERRATA_H
#define WENGEN_ERRATA_H

#include <stdint.h>

#pragma GCC visibility push(hidden)

/// Set once by the boot core before another core runs.
struct ActiveErrata {
  uint8_t careful_acknowledge;            // 23154, 38545
  uint8_t instruction_cache_invalidation; // 27456
};
extern struct ActiveErrata active_errata;

#pragma GCC visibility pop

static inline __attribute__((always_inline)) void errata_activate(int careful_acknowledge,
                                                                  int cache_invalidation) {
  active_errata.careful_acknowledge = careful_acknowledge != 0;
  active_errata.instruction_cache_invalidation = cache_invalidation != 0;
}

/// Acknowledges the interrupt of highest priority: ICC_IAR1_EL1, or 1023 when there is none. It is
/// active before anything that follows (DSB SY).
///
/// 23154 and 38545: acknowledging makes an active priority appear in ICC_AP1R0_EL1 (ThunderX-1 has
/// 5 priority bits, so there is only this one). If none did, what was read is old.
static inline __attribute__((always_inline)) uint64_t interrupt_acknowledge(void) {
  uint64_t number;
  if (__builtin_expect(active_errata.careful_acknowledge, 0)) {
    uint64_t before, after;
    __asm__ volatile("mrs %1, S3_0_C12_C9_0\n\t"  // ICC_AP1R0_EL1
                     ".rept 8\n\tnop\n\t.endr\n\t"
                     "mrs %0, S3_0_C12_C12_0\n\t"  // ICC_IAR1_EL1
                     ".rept 4\n\tnop\n\t.endr\n\t"
                     "dsb sy\n\t"
                     "mrs %2, S3_0_C12_C9_0"
                     : "=&r"(number), "=&r"(before), "=&r"(after)
                     :
                     : "memory");
    return before == after ? 1023 : number;
  }
  __asm__ volatile("mrs %0, S3_0_C12_C12_0\n\tdsb sy" : "=r"(number) : : "memory");
  return number;
}

/// After a change of TTBR0_EL1 and its ISB. 27456: no instruction that was fetched for another
/// address space may stay.
static inline __attribute__((always_inline)) void errata_after_user_table_change(void) {
  if (__builtin_expect(active_errata.instruction_cache_invalidation, 0)) {
    __asm__ volatile("ic iallu\n\tdsb nsh\n\tisb" ::: "memory");
  }
}

#endif
