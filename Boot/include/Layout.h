// Offsets that assembly and Swift share; Boot.h checks them against its structs.
#ifndef WENGEN_LAYOUT_H
#define WENGEN_LAYOUT_H

// The boot core's stack, until it gets one with a guard page.
#define BOOT_STACK_BYTES 0x10000

// Stacks of the cores (Core/Start/AddressMap.swift): this address bit is set in a stack and clear in the
// hole below it, and this one is set in all of them and clear in the image, wherever that runs.
#define CORE_STACK_BIT 15
#define CORE_STACKS_BIT 45

// What kernel_exception gets in place of a vector's number (0 to 15).
#define VECTOR_STACK_OVERFLOW 16

// struct TranslationSetup
#define TRANSLATION_MAIR 0
#define TRANSLATION_TCR 8
#define TRANSLATION_TTBR0 16
#define TRANSLATION_TTBR1 24
#define TRANSLATION_SCTLR 32

// struct CoreStart
#define CORE_START_TRANSLATION 0
#define CORE_START_STACK 40
#define CORE_START_ARGUMENT 48

// struct ThreadContext
#define CONTEXT_THREAD_POINTER 0
#define CONTEXT_X 8
#define CONTEXT_SP 256
#define CONTEXT_PC 264
#define CONTEXT_PSTATE 272

// struct FloatingPointContext
#define FLOATING_POINT_CONTROL 0
#define FLOATING_POINT_VECTORS 16

// struct CoreLocal
#define CORE_DISPATCH_STACK 0
#define CORE_DISPATCH_FRAME 8

// From the held load of line_load_head to its end: LDP, DAIFSET, LDP.
#define LINE_LOAD_HEAD_REST 12

// Why `thread_resume` returned.
#define TRAP_YIELD 0
#define TRAP_SYSTEM_CALL 1
#define TRAP_FAULT 2
#define TRAP_INTERRUPT 3
#define TRAP_SYSTEM_ERROR 4

#endif
