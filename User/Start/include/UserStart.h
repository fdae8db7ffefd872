/*
 * The few instructions that Swift cannot express, for user programs.
 *
 * Every helper is always_inline: a call would cost more than what it does, and
 * the loop's instructions are counted (User/README.md). All assembly here
 * clobbers "memory". That is what keeps ordinary accesses to lines right:
 * lines are Normal cacheable memory, so handlers may read and write them with
 * plain loads and stores, but the load of a head gives a line new contents.
 * The clobber says so: no value of a line lives in a register across it, and
 * no store to a line sinks below it or is dropped.
 */

#ifndef USER_START_H
#define USER_START_H

#include <stdint.h>

#include "UserSystemCalls.h"

/*
 * The control line that brought a call, as handlers get it. A struct and not a
 * bare address, so that Swift tells it from a number; safe, as only the loop
 * makes one without saying "unsafe".
 */
typedef struct __attribute__((swift_attr("@safe"))) UserLine {
    void *_Nonnull address;
} UserLine;

/*
 * The host's tests use Call and Response on ordinary memory and need no more
 * than the above; the rest exists for user programs only.
 */
#if defined(__aarch64__) && !defined(__linux__)

/* Words 0...3 of a control line. */
typedef struct UserLineHead {
    uint64_t code;
    uint64_t data;
    uint64_t argument0;
    uint64_t argument1;
} UserLineHead;

/*
 * Loads the head of the control line at `line`. The first LDP is the load that
 * the NIC may hold (R2); an exception there restarts the whole instruction,
 * which R3 makes harmless. It is one asm statement so that nothing is
 * scheduled between the two.
 */
static inline __attribute__((always_inline)) UserLineHead
user_load_head(uintptr_t line)
{
    UserLineHead head;
    __asm__ volatile("ldp %0, %1, [%4]\n\t"
                     "ldp %2, %3, [%4, #16]"
                     : "=&r"(head.code), "=&r"(head.data),
                       "=&r"(head.argument0), "=&r"(head.argument1)
                     : "r"(line)
                     : "memory");
    return head;
}

/* Only its address is used, here. */
void user_stub_again(void);

/*
 * Leaves in an answered line where a load that still finds it shall jump: to
 * user_stub_again, which loads it again (R17).
 */
static inline __attribute__((always_inline)) void
user_mark_answered(uintptr_t line)
{
    __asm__ volatile("str %1, [%0]"
                     :
                     : "r"(line), "r"((uintptr_t)user_stub_again)
                     : "memory");
}

/*
 * Orders the response's stores before the load that acknowledges them (R5). It
 * must order stores before loads, so neither DMB ST nor DMB LD nor a store-
 * release does. SY and not ISH: who must observe that order is the home of the
 * lines, the FPGA behind the coherent link. It is no PE of our Inner Shareable
 * domain, and DMB ISH promises nothing to observers outside of that domain
 * (ARM ARM B2.3, "Data Memory Barrier", and its table of shareability
 * domains). The authors' prototype executes DMB SY here too.
 */
static inline __attribute__((always_inline)) void
user_order_response_before_next_load(void)
{
    __asm__ volatile("dmb sy" ::: "memory");
}

typedef struct UserSystemCallResult {
    uint64_t error;
    uint64_t value;
} UserSystemCallResult;

/*
 * Kernel/SystemInterface/SystemCall.swift: number in x8, arguments from x0,
 * results in x0 and x1; the kernel does not preserve x9...x18.
 */
static inline __attribute__((always_inline)) UserSystemCallResult
user_system_call(uint64_t number, uint64_t argument0, uint64_t argument1,
                 uint64_t argument2)
{
    register uint64_t x0 __asm__("x0") = argument0;
    register uint64_t x1 __asm__("x1") = argument1;
    register uint64_t x2 __asm__("x2") = argument2;
    register uint64_t x8 __asm__("x8") = number;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x8)
                     :
                     : "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11",
                       "x12", "x13", "x14", "x15", "x16", "x17", "x18", "cc",
                       "memory");
    UserSystemCallResult result = {x0, x1};
    return result;
}

/*
 * A worker's yield: the thread goes on at user_loop, with `line`, when the NIC
 * has named it to a core.
 */
static inline __attribute__((always_inline, noreturn)) void
user_yield(uintptr_t line)
{
    register uint64_t x0 __asm__("x0") = line;
    __asm__ volatile("svc #1" : : "r"(x0) : "memory");
    __builtin_unreachable();
}

/* The process's argument; written once, before `main`. */
extern uint64_t user_argument;

static inline __attribute__((always_inline)) uint64_t
user_process_argument(void)
{
    return user_argument;
}

/* Where threads other than the first begin. Only its address is used. */
void user_thread_start(void);

/*
 * Where TRYAGAIN and YIELDNOW jump to. Only their addresses are used: the loop
 * calls them as it calls handlers.
 */
void user_stub_try_again(void);
void user_stub_yield_now(void);
/* UserLoop.swift's loop: Linker/user.ld gives it this name, since Swift cannot
 * take the address of a function that does not return. */
void user_loop_entry(void);

#endif /* __aarch64__ && !__linux__ */

#endif
