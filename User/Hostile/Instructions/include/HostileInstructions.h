/*
 * What a program must not do, in the instructions that do it. For User/Hostile
 * only: Swift has no words for these, and should not.
 */

#ifndef HOSTILE_INSTRUCTIONS_H
#define HOSTILE_INSTRUCTIONS_H

#include <stdint.h>

#if defined(__aarch64__) && !defined(__linux__)

#define HOSTILE static inline __attribute__((always_inline))

HOSTILE uint64_t hostile_load(uint64_t address)
{
    uint64_t value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

HOSTILE void hostile_store(uint64_t address, uint64_t value)
{
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

HOSTILE void hostile_jump(uint64_t address)
{
    __asm__ volatile("blr %0" : : "r"(address) : "x30", "memory");
}

HOSTILE void hostile_mask_interrupts(void)
{
    __asm__ volatile("msr daifset, #2" ::: "memory");
}

HOSTILE uint64_t hostile_read_table(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, ttbr0_el1" : "=r"(value));
    return value;
}

HOSTILE void hostile_stop_timer(void)
{
    __asm__ volatile("msr cntv_ctl_el0, xzr" ::: "memory");
}

HOSTILE void hostile_call_firmware(void)
{
    /* PSCI SYSTEM_OFF. */
    __asm__ volatile("movz x0, #0x8400, lsl #16\n\t"
                     "movk x0, #8\n\t"
                     "hvc #0" ::: "x0", "x1", "x2", "x3", "memory");
}

HOSTILE void hostile_forget_translations(void)
{
    __asm__ volatile("tlbi vmalle1is" ::: "memory");
}

/* Stores below the stack pointer, further and further. */
HOSTILE void hostile_overflow_stack(void)
{
    __asm__ volatile("1: stp xzr, xzr, [sp, #-16]!\n\t"
                     "b 1b" ::: "memory");
}

/* Every bit that is set in any vector register, in FPCR or in FPSR. */
HOSTILE uint64_t hostile_read_vectors(void)
{
    uint64_t bits, half;
    __asm__ volatile("mrs %0, fpcr\n\t"
                     "mrs %1, fpsr\n\t"
                     "orr %0, %0, %1\n\t"
                     ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
                     "14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, "
                     "28, 29, 30, 31\n\t"
                     "umov %1, v\\n\\().d[0]\n\t"
                     "orr %0, %0, %1\n\t"
                     "umov %1, v\\n\\().d[1]\n\t"
                     "orr %0, %0, %1\n\t"
                     ".endr" : "=&r"(bits), "=&r"(half));
    return bits;
}

/* Sets all bits of all vector registers, and all sticky bits of FPSR. */
HOSTILE void hostile_fill_vectors(void)
{
    __asm__ volatile(".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
                     "14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, "
                     "28, 29, 30, 31\n\t"
                     "movi v\\n\\().2d, #0xffffffffffffffff\n\t"
                     ".endr\n\t"
                     "mov x9, #0x9f\n\t"
                     "msr fpsr, x9"
                     ::: "x9", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7",
                     "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
                     "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23",
                     "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

/* The thread pointer, and another in its place. */
HOSTILE uint64_t hostile_exchange_thread_pointer(uint64_t pointer)
{
    uint64_t before;
    __asm__ volatile("mrs %0, tpidr_el0\n\t"
                     "msr tpidr_el0, %1" : "=&r"(before) : "r"(pointer));
    return before;
}

HOSTILE void hostile_spin(void)
{
    __asm__ volatile("1: b 1b" ::: "memory");
}

/* A loop that pretends to wait at its line. */
HOSTILE void hostile_spin_at_line(uint64_t line)
{
    __asm__ volatile("1: ldr x0, [%0]\n\t"
                     "add x1, x1, #1\n\t"
                     "add x1, x1, #1\n\t"
                     "b 1b" : : "r"(line) : "x0", "x1", "memory");
}

struct HostileResult {
    uint64_t error;
    uint64_t value;
};

/* Any system call with any arguments. */
HOSTILE struct HostileResult hostile_system_call(uint64_t number, uint64_t a,
                                                 uint64_t b)
{
    register uint64_t x0 __asm__("x0") = a;
    register uint64_t x1 __asm__("x1") = b;
    register uint64_t x8 __asm__("x8") = number;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x8)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11",
                       "x12", "x13", "x14", "x15", "x16", "x17", "x18", "cc",
                       "memory");
    struct HostileResult result = {x0, x1};
    return result;
}

#endif /* __aarch64__ && !__linux__ */

#endif
