// What assembly and C give to Swift: structs that both touch, linker symbols, and the
// instructions that Swift has no words for.
//
// Every inline function is one instruction or one short sequence and says which; each is
// `always_inline`, since a call would cost more than it does.
#ifndef WENGEN_BOOT_H
#define WENGEN_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "Errata.h"
#include "Layout.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// --- Structs that assembly reads ------------------------------------------------------------

/// Values for the translation registers, in the order in which Start.S loads them.
struct TranslationSetup {
  uint64_t memory_attributes;   // MAIR_EL1
  uint64_t translation_control; // TCR_EL1
  uint64_t user_table;          // TTBR0_EL1: maps the image to itself while the MMU comes on
  uint64_t kernel_table;        // TTBR1_EL1
  uint64_t system_control;      // SCTLR_EL1
};

/// What a secondary core starts with; PSCI CPU_ON passes its physical address.
struct CoreStart {
  struct TranslationSetup translation;
  uint64_t stack_top;
  uint64_t argument; // passed to secondary_main
};

/// What the EFI application hands over to the kernel in a device tree. Addresses are physical; a
/// part that has no bytes is not there.
struct BootTreeRequest {
  uint64_t tree, tree_bytes;  // as firmware installed it
  uint64_t command_line, command_line_bytes;
  uint64_t archive, archive_bytes;
  uint64_t memory_map, memory_map_bytes, descriptor_bytes;
  uint64_t output, output_bytes;  // room for the new tree
};

/// A user thread's registers while it does not run.
struct ThreadContext {
  uint64_t thread_pointer; // TPIDR_EL0
  uint64_t x[31];
  uint64_t stack_pointer;
  uint64_t program_counter;
  uint64_t processor_state; // SPSR format
};

/// A user thread's floating-point and SIMD registers while another thread has the core's.
struct FloatingPointContext {
  uint64_t control;                  // FPCR
  uint64_t status;                   // FPSR
  _Alignas(16) uint64_t vectors[64]; // V0…V31, low half first
};

/// What TPIDR_EL1 points to. Assembly uses the first two: stack and frame pointer of the dispatch
/// thread's loop (`line_jumps_begin`).
struct CoreLocal {
  uint64_t dispatch_stack;
  uint64_t dispatch_frame;
  uint64_t held_locks;           // a bit for each rank, when the lock order is checked
};

_Static_assert(offsetof(struct TranslationSetup, memory_attributes) == TRANSLATION_MAIR, "");
_Static_assert(offsetof(struct TranslationSetup, translation_control) == TRANSLATION_TCR, "");
_Static_assert(offsetof(struct TranslationSetup, user_table) == TRANSLATION_TTBR0, "");
_Static_assert(offsetof(struct TranslationSetup, kernel_table) == TRANSLATION_TTBR1, "");
_Static_assert(offsetof(struct TranslationSetup, system_control) == TRANSLATION_SCTLR, "");
_Static_assert(offsetof(struct CoreStart, stack_top) == CORE_START_STACK, "");
_Static_assert(offsetof(struct CoreStart, argument) == CORE_START_ARGUMENT, "");
_Static_assert(offsetof(struct ThreadContext, thread_pointer) == CONTEXT_THREAD_POINTER, "");
_Static_assert(offsetof(struct ThreadContext, x) == CONTEXT_X, "");
_Static_assert(offsetof(struct ThreadContext, stack_pointer) == CONTEXT_SP, "");
_Static_assert(offsetof(struct ThreadContext, program_counter) == CONTEXT_PC, "");
_Static_assert(offsetof(struct ThreadContext, processor_state) == CONTEXT_PSTATE, "");
_Static_assert(offsetof(struct FloatingPointContext, control) == FLOATING_POINT_CONTROL, "");
_Static_assert(offsetof(struct FloatingPointContext, status) == FLOATING_POINT_CONTROL + 8, "");
_Static_assert(offsetof(struct FloatingPointContext, vectors) == FLOATING_POINT_VECTORS, "");

_Static_assert(offsetof(struct CoreLocal, dispatch_stack) == CORE_DISPATCH_STACK, "");
_Static_assert(offsetof(struct CoreLocal, dispatch_frame) == CORE_DISPATCH_FRAME, "");

ALWAYS_INLINE uint64_t context_register(const struct ThreadContext *context, unsigned number) {
  return context->x[number % 31];
}
ALWAYS_INLINE void context_set_register(struct ThreadContext *context, unsigned number,
                                        uint64_t value) {
  context->x[number % 31] = value;
}

// Hidden, so that their addresses are computed from the program counter: an address from a table
// (the global offset table) would be the linked one, which is wrong until the MMU is on.
#pragma GCC visibility push(hidden)

// --- Assembly routines ----------------------------------------------------------------------

/// Threads.S: runs the thread in user mode until it traps; returns TRAP_…. Not a C call, for which
/// the thread's way would save registers that the caller has no use for.
///
/// `thread` not 0: at an interrupt the core may leave the message's handler instead of returning, if
/// `kernel_worker_interrupted` wants it.
ALWAYS_INLINE uint64_t thread_run(struct ThreadContext *context, uint64_t thread) {
  register uint64_t x0 __asm__("x0") = (uint64_t)(uintptr_t)context;
  register uint64_t x1 __asm__("x1") = 0;
  register uint64_t x2 __asm__("x2") = thread;
  __asm__ volatile("bl thread_resume"
                   : "+r"(x0), "+r"(x1), "+r"(x2)
                   :
                   : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                     "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25",
                     "x26", "x27", "x28", "x30", "cc", "memory");
  return x0;
}

/// Threads.S: runs the thread in user mode, and never returns: at a yield and at most interrupts the
/// core leaves the message's handler, and before it does so at another trap, `kernel_worker_trapped`
/// handles that. Declared as if it returned: so it may be the handler's tail, and the handler needs
/// no frame. `is_entered`: 1.
void thread_enter(struct ThreadContext *context, uint64_t is_entered, uint64_t thread);

/// FloatingPoint.S: ends the traps; the registers get what is saved, or zeros.
void floating_point_load(const struct FloatingPointContext *context);
void floating_point_clear(void);
/// FloatingPoint.S: saves the registers, which must not trap; from now on they do, in user mode.
/// Not a C call, which would take all registers from a caller that has no frame otherwise.
ALWAYS_INLINE void floating_point_save(struct FloatingPointContext *context) {
  register uint64_t x11 __asm__("x11") = (uint64_t)(uintptr_t)context;
  __asm__ volatile("bl floating_point_save_registers"
                   :
                   : "r"(x11)
                   : "x9", "x10", "x30", "memory");
}
/// FloatingPoint.S: in user mode such instructions trap from now on.
void floating_point_trap(void);

/// Threads.S: goes on with `code` on another stack; nobody comes back.
void run_on_stack(uint64_t stack_top, void (*code)(void)) __attribute__((noreturn));
/// Main.swift: the boot core on a stack with guard pages.
void boot_core_main(void);
ALWAYS_INLINE void run_boot_core(uint64_t stack_top) __attribute__((noreturn));
ALWAYS_INLINE void run_boot_core(uint64_t stack_top) { run_on_stack(stack_top, boot_core_main); }

/// Start.S: stops this core for good.
void hang(void) __attribute__((noreturn));

/// Start.S: where PSCI starts a secondary core (its physical address is what counts).
void secondary_entry(void);

/// GuardedLoad.S: loads from a device that may not be there. Returns 0, or the abort's ESR_EL1.
uint64_t guarded_load64(uint64_t address, uint64_t *value);

/// EFI/HandOver.S: from firmware's translation to none, then to the kernel.
void leave_firmware(uint64_t device_tree, uint64_t device_tree_bytes) __attribute__((noreturn));

/// EFI/Console.c: one byte of ASCII to firmware's console; nothing without one.
void efi_print_byte(uint8_t byte);

/// Kernel/Core/Start/BootTree.swift: writes the tree that the kernel starts with. Returns its
/// bytes, or 0 after having said on firmware's console why there is none.
uint64_t write_boot_tree(const struct BootTreeRequest *request);

/// Kernel/Core/Console/Panic.swift: a core has had a lock (LockRank) for too long; `holder` is its
/// CoreLocal, 0 before it had one.
void kernel_lock_stuck(uint64_t rank, uint64_t holder) __attribute__((noreturn));

extern char exception_vectors[];

// --- Linker symbols -------------------------------------------------------------------------

extern char image_start[], text_end[], rodata_end[], data_end[], image_end[];
extern char boot_stack_guard[];

/// The run-time address of a symbol, relative to the program counter: physical before the MMU is
/// on, virtual after.
#define IMAGE_SYMBOL(name)                          \
  ALWAYS_INLINE uint64_t address_of_##name(void) {  \
    return (uint64_t)(uintptr_t)name;               \
  }
IMAGE_SYMBOL(image_start)
IMAGE_SYMBOL(text_end)
IMAGE_SYMBOL(rodata_end)
IMAGE_SYMBOL(data_end)
IMAGE_SYMBOL(image_end)
IMAGE_SYMBOL(boot_stack_guard)
IMAGE_SYMBOL(exception_vectors)
IMAGE_SYMBOL(secondary_entry)

// Handlers of kernel messages (Kernel/Core/Dispatch/KernelMessages.swift), whose addresses the
// NIC is told.
void kernel_message_call(void);
void kernel_message_resume(void);
void kernel_message_try_again(void);
void kernel_message_reschedule(void);
void kernel_message_retire(void);
void kernel_message_frame(void);
IMAGE_SYMBOL(kernel_message_call)
IMAGE_SYMBOL(kernel_message_resume)
IMAGE_SYMBOL(kernel_message_try_again)
IMAGE_SYMBOL(kernel_message_reschedule)
IMAGE_SYMBOL(kernel_message_retire)
IMAGE_SYMBOL(kernel_message_frame)

#pragma GCC visibility pop

// --- System registers -----------------------------------------------------------------------

#define SYSTEM_REGISTER_READ(function, name)                  \
  ALWAYS_INLINE uint64_t read_##function(void) {              \
    uint64_t value;                                           \
    __asm__ volatile("mrs %0, " name : "=r"(value));          \
    return value;                                             \
  }
#define SYSTEM_REGISTER_WRITE(function, name)                           \
  ALWAYS_INLINE void write_##function(uint64_t value) {                 \
    __asm__ volatile("msr " name ", %0" : : "r"(value) : "memory");     \
  }

SYSTEM_REGISTER_READ(core_affinity, "mpidr_el1")
SYSTEM_REGISTER_READ(main_identification, "midr_el1")
SYSTEM_REGISTER_READ(memory_features, "id_aa64mmfr0_el1")
SYSTEM_REGISTER_READ(instruction_features, "id_aa64isar0_el1")
SYSTEM_REGISTER_READ(cache_type, "ctr_el0")
SYSTEM_REGISTER_READ(zeroing_block, "dczid_el0")
SYSTEM_REGISTER_READ(cache_levels, "clidr_el1")
SYSTEM_REGISTER_READ(cache_size, "ccsidr_el1")
SYSTEM_REGISTER_WRITE(cache_selection, "csselr_el1")
SYSTEM_REGISTER_READ(exception_link, "elr_el1")
SYSTEM_REGISTER_READ(exception_syndrome, "esr_el1")
SYSTEM_REGISTER_READ(fault_address, "far_el1")
SYSTEM_REGISTER_READ(counter, "cntvct_el0")
SYSTEM_REGISTER_READ(counter_frequency, "cntfrq_el0")
SYSTEM_REGISTER_READ(core_local, "tpidr_el1")
SYSTEM_REGISTER_WRITE(core_local, "tpidr_el1")
SYSTEM_REGISTER_WRITE(vector_base, "vbar_el1")
SYSTEM_REGISTER_WRITE(user_table, "ttbr0_el1")
// GICv3 CPU interface, named by encoding: assemblers without GIC names take them.
SYSTEM_REGISTER_WRITE(interrupt_end, "S3_0_C12_C12_1")             // ICC_EOIR1_EL1
SYSTEM_REGISTER_READ(interrupt_pending, "S3_0_C12_C12_2")          // ICC_HPPIR1_EL1
SYSTEM_REGISTER_WRITE(interrupt_priority_mask, "S3_0_C4_C6_0")     // ICC_PMR_EL1
SYSTEM_REGISTER_WRITE(interrupt_binary_point, "S3_0_C12_C12_3")    // ICC_BPR1_EL1
SYSTEM_REGISTER_READ(interrupt_control, "S3_0_C12_C12_4")          // ICC_CTLR_EL1
SYSTEM_REGISTER_WRITE(interrupt_control, "S3_0_C12_C12_4")         // ICC_CTLR_EL1
SYSTEM_REGISTER_READ(interrupt_system_registers, "S3_0_C12_C12_5") // ICC_SRE_EL1
SYSTEM_REGISTER_WRITE(interrupt_system_registers, "S3_0_C12_C12_5")
SYSTEM_REGISTER_WRITE(interrupt_group_enable, "S3_0_C12_C12_7")    // ICC_IGRPEN1_EL1
SYSTEM_REGISTER_WRITE(interrupt_generate, "S3_0_C12_C11_5")        // ICC_SGI1R_EL1
// The generic timer's virtual timer, one a core.
SYSTEM_REGISTER_WRITE(timer_control, "cntv_ctl_el0")
SYSTEM_REGISTER_WRITE(timer_compare, "cntv_cval_el0")
SYSTEM_REGISTER_WRITE(timer_kernel_control, "cntkctl_el1")

/// The locks that this core holds (CoreLocal), for checks of their order.
ALWAYS_INLINE uint64_t core_held_locks(void) {
  struct CoreLocal *local = (struct CoreLocal *)(uintptr_t)read_core_local();
  return local ? local->held_locks : 0;
}
ALWAYS_INLINE void core_set_held_locks(uint64_t locks) {
  struct CoreLocal *local = (struct CoreLocal *)(uintptr_t)read_core_local();
  if (local) {
    local->held_locks = locks;
  }
}

// --- Barriers, caches, waiting --------------------------------------------------------------

/// Orders everything before against everything after, for every observer (DMB SY).
ALWAYS_INLINE void barrier_full(void) { __asm__ volatile("dmb sy" ::: "memory"); }
/// Orders loads before against everything after (DMB ISHLD).
ALWAYS_INLINE void barrier_loads(void) { __asm__ volatile("dmb ishld" ::: "memory"); }
/// Orders stores before against stores after, for the other cores (DMB ISHST).
ALWAYS_INLINE void barrier_stores(void) { __asm__ volatile("dmb ishst" ::: "memory"); }
/// Waits until everything before has completed (DSB SY).
ALWAYS_INLINE void barrier_complete(void) { __asm__ volatile("dsb sy" ::: "memory"); }
/// Later instructions see earlier changes of context (ISB).
ALWAYS_INLINE void barrier_context(void) { __asm__ volatile("isb" ::: "memory"); }

/// Forgets all translations on all cores (TLBI VMALLE1IS).
ALWAYS_INLINE void translations_forget_all(void) {
  __asm__ volatile("tlbi vmalle1is" ::: "memory");
}
/// Forgets all translations on this core (TLBI VMALLE1).
ALWAYS_INLINE void translations_forget_here(void) {
  __asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}
/// Forgets all instructions in caches, on all cores (IC IALLUIS).
ALWAYS_INLINE void instructions_forget(void) { __asm__ volatile("ic ialluis" ::: "memory"); }
/// Cleans and invalidates one data cache line (DC CIVAC).
ALWAYS_INLINE void cache_clean_invalidate(uint64_t address) {
  __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
}
/// Forgets one data cache line without writing it back (DC IVAC).
ALWAYS_INLINE void cache_invalidate(uint64_t address) {
  __asm__ volatile("dc ivac, %0" : : "r"(address) : "memory");
}
/// Cleans one data cache line to where instructions are fetched from (DC CVAU).
ALWAYS_INLINE void cache_clean_for_instructions(uint64_t address) {
  __asm__ volatile("dc cvau, %0" : : "r"(address) : "memory");
}

ALWAYS_INLINE void wait_for_interrupt(void) { __asm__ volatile("wfi" ::: "memory"); }
ALWAYS_INLINE void wait_for_event(void) { __asm__ volatile("wfe" ::: "memory"); }
ALWAYS_INLINE void send_event(void) { __asm__ volatile("sev" ::: "memory"); }
ALWAYS_INLINE void interrupts_unmask(void) { __asm__ volatile("msr daifclr, #2" ::: "memory"); }
ALWAYS_INLINE void interrupts_mask(void) { __asm__ volatile("msr daifset, #2" ::: "memory"); }

// --- Lines ----------------------------------------------------------------------------------

/// Words 0…3 of a control line.
struct LineWords {
  uint64_t code, data, argument0, argument1;
};

/// Loads the head of a control line on a kernel endpoint. The first load may be held for the
/// stall limit; an interrupt may be taken there, and then it is executed again (R3, R10) or, when
/// its handler found work for this core, left out with all that follows it here (Vectors.S): then
/// `code` is 0, and the arguments mean nothing.
ALWAYS_INLINE struct LineWords line_load_head(uint64_t address) {
  register uint64_t code __asm__("x4"); // Vectors.S knows it by this name.
  struct LineWords words;
  __asm__ volatile("msr daifclr, #2\n\t"
                   "ldp %0, %1, [%4]\n\t"
                   "msr daifset, #2\n\t"
                   "ldp %2, %3, [%4, #16]"
                   : "=&r"(code), "=&r"(words.data), "=&r"(words.argument0), "=&r"(words.argument1)
                   : "r"(address)
                   : "memory");
  words.code = code;
  return words;
}

/// Loads one word of a line whose message was loaded before.
ALWAYS_INLINE uint64_t line_load(uint64_t address) {
  uint64_t value;
  __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}

/// Stores one word of a line.
ALWAYS_INLINE void line_store(uint64_t address, uint64_t value) {
  __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/// Comes before the `line_jump` of a loop, in the same function: the stack and frame pointers that the
/// function has for good are those with which a handler is left (Threads.S).
ALWAYS_INLINE void line_jumps_begin(void) {
  __asm__ volatile("mov x6, sp\n\t"
                   "stp x6, x29, [%0, %1]"
                   :
                   : "r"(read_core_local()), "i"(CORE_DISPATCH_STACK)
                   : "x6", "memory");
}

/// Calls the code that a message names, with R8's registers: data and first two arguments, and the
/// line. It may come back from what a thread did (`thread_enter`), which restores no register but the
/// stack and frame pointers; so what is live here is saved around it. There is one such place in the
/// kernel; a second one would define its end twice, and not be linked.
ALWAYS_INLINE void line_jump(uint64_t code, uint64_t data, uint64_t argument0, uint64_t argument1,
                             uint64_t line) {
  register uint64_t x0 __asm__("x0") = data;
  register uint64_t x1 __asm__("x1") = argument0;
  register uint64_t x2 __asm__("x2") = argument1;
  register uint64_t x3 __asm__("x3") = line;
  register uint64_t x4 __asm__("x4") = code;
  __asm__ volatile("blr x4\n\t"
                   ".global line_jump_end\n\t"
                   ".hidden line_jump_end\n"
                   "line_jump_end:"
                   : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4)
                   :
                   : "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
                     "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
                     "x28", "x30", "cc", "memory");
}

// --- Hardware probe -------------------------------------------------------------------------

/// A load that the compiler cannot leave out.
ALWAYS_INLINE uint64_t load_for_probe(uint64_t address) {
  uint64_t value;
  __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}
/// One LDXR and STXR of the same value; 1 if the store succeeded.
ALWAYS_INLINE uint64_t exclusive_store_back(uint64_t address) {
  uint64_t value;
  uint32_t failed;
  __asm__ volatile("ldxr %0, [%2]\n\tstxr %w1, %0, [%2]"
                   : "=&r"(value), "=&r"(failed)
                   : "r"(address)
                   : "memory");
  return failed == 0;
}
/// The instruction at an address of the kernel's text; 0 outside.
ALWAYS_INLINE uint32_t interrupted_instruction(uint64_t address) {
  if (address < address_of_image_start() || address >= address_of_text_end()) {
    return 0;
  }
  return *(const volatile uint32_t *)(uintptr_t)address;
}

// --- Firmware and emulator ------------------------------------------------------------------

/// A PSCI call by SMC (ARM DEN 0022, SMC calling convention DEN 0028).
ALWAYS_INLINE int64_t psci_call_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c) {
  register uint64_t x0 __asm__("x0") = function;
  register uint64_t x1 __asm__("x1") = a;
  register uint64_t x2 __asm__("x2") = b;
  register uint64_t x3 __asm__("x3") = c;
  __asm__ volatile("smc #0"
                   : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                   :
                   : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                     "x16", "x17", "memory");
  return (int64_t)x0;
}
/// The same by HVC.
ALWAYS_INLINE int64_t psci_call_hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c) {
  register uint64_t x0 __asm__("x0") = function;
  register uint64_t x1 __asm__("x1") = a;
  register uint64_t x2 __asm__("x2") = b;
  register uint64_t x3 __asm__("x3") = c;
  __asm__ volatile("hvc #0"
                   : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                   :
                   : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                     "x16", "x17", "memory");
  return (int64_t)x0;
}

/// Ends the emulator with an exit status (Arm semihosting, SYS_EXIT_EXTENDED 0x20).
ALWAYS_INLINE void semihosting_exit(uint64_t status) {
  uint64_t block[2] = {0x20026 /* ADP_Stopped_ApplicationExit */, status};
  register uint64_t x0 __asm__("x0") = 0x20;
  register uint64_t *x1 __asm__("x1") = block;
  __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

/// A byte for the emulator's debug console (Arm semihosting, SYS_WRITEC 0x03).
ALWAYS_INLINE void semihosting_write(uint8_t byte) {
  register uint64_t x0 __asm__("x0") = 0x03;
  register const uint8_t *x1 __asm__("x1") = &byte;
  __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}
/// Start.S: from here on exceptions are skipped; until the vectors are set.
void skip_exceptions(void);

/// The caller's frame pointer, where a backtrace starts.
ALWAYS_INLINE uint64_t frame_pointer(void) {
  return (uint64_t)(uintptr_t)__builtin_frame_address(0);
}
/// The address the function that this is inlined into returns to.
ALWAYS_INLINE uint64_t return_address(void) {
  return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

#endif
