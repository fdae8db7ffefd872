/*
 * A bare-metal guest that serves RPCs with the least code there can be.
 *
 * Every core installs a kernel endpoint (2c) and a worker endpoint (2c + 1) of
 * process 1, waits in a held load of the first, and with its first call goes
 * to EL0 and stays in the worker's loop. The loop and its handlers are the
 * paper's: load, jump, store, barrier, flip. check.py knows how many
 * instructions each takes.
 *
 *   procedure 0   nothing                       7 instructions
 *   procedure 1   one system call              10, one kernel entry
 *   procedure 2   returns the virtual counter  10, as an unsigned hyper
 *   procedure 3   returns how many TRYAGAINs this core got, in the same way
 *   procedure 4   a violation: loads C[1-p] of the kernel endpoint, not its own
 *   procedure 5   a violation of R5: goes on without a barrier
 *   procedure 6   another: orders its stores among each other only
 *   procedure 7   none: completes its store by DSB ISH
 *
 * Prints on the serial port: one digit for each core that is ready, then
 * "!" and a letter when something is wrong.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define LINES           0x10000000000
#define CORE_STATES     0x10008000000
#define REGISTERS       0x10010000000
#define SERIAL          0x09000000

#define BLOCK_SHIFT     14
#define RESPONSE        112     /* word 14 of a control line */
#define PAIR_FLIP       0x80

#define MODE_DISPATCH   2
#define MODE_USER       3

#define COMMAND         0x040
#define COMMAND_RESULT  0x048
#define ARGUMENTS       0x400

#define INSTALL_PROCESS  1
#define INSTALL_ENDPOINT 3
#define INSTALL_SERVICE  5

#define PORT            2049
#define PROGRAM         0x20000001
#define UNSIGNED_HYPER  0x06

#define PSCI_CPU_ON     0xc4000003

    /* x19 core, x20 current control line, x21 registers, x22 serial port,
       x23 cores, x27 the command's arguments, x28 TRYAGAINs */

    .global _start
_start:
    mov     x19, #0
    bl      set_up_core

    /* The NIC is there, and was built for this machine's cores. */
    ldr     x0, [x21]
    ldr     x1, =0x4c424552484f524e
    mov     w9, #'M'
    cmp     x0, x1
    b.ne    failed
    ldr     x0, [x21, #0x18]
    and     x23, x0, #0xffff

    /* Process 1: on all cores, with a queue of 8 calls. */
    mov     x0, #1
    mov     x1, x23
    mov     x2, #8
    stp     x0, x1, [x27]
    str     x2, [x27, #16]
    mov     x0, #INSTALL_PROCESS
    bl      command

    mov     x0, #0
    adr     x1, handler_null
    mov     x2, #0
    bl      install_service
    mov     x0, #1
    adr     x1, handler_system_call
    mov     x2, #0
    bl      install_service
    mov     x0, #2
    adr     x1, handler_counter
    mov     x2, #1
    bl      install_service
    mov     x0, #3
    adr     x1, handler_try_agains
    mov     x2, #1
    bl      install_service
    mov     x0, #4
    adr     x1, handler_violation
    mov     x2, #0
    bl      install_service

    mov     x0, #5
    adr     x1, handler_no_barrier
    mov     x2, #0
    bl      install_service
    mov     x0, #6
    adr     x1, handler_weak_barrier
    mov     x2, #0
    bl      install_service
    mov     x0, #7
    adr     x1, handler_completion
    mov     x2, #0
    bl      install_service

    /* The other cores, one after the other: they share the command registers. */
    mov     x24, #1
start_next:
    cmp     x24, x23
    b.hs    ready
    ldr     x0, =PSCI_CPU_ON
    and     x1, x24, #0xf               /* MPIDR: 16 cores to a cluster */
    lsr     x2, x24, #4
    orr     x1, x1, x2, lsl #8
    adr     x2, _start_other
    mov     x3, x24
    hvc     #0
    mov     w9, #'P'
    cbnz    x0, failed
    ldr     x25, =cores_ready
wait_for_core:
    ldr     x26, [x25]
    cmp     x26, x24
    b.ne    wait_for_core
    add     x24, x24, #1
    b       start_next

_start_other:
    mov     x19, x0
    bl      set_up_core
    /* Falls through, into what core 0 does when all others are ready. */

ready:
    /* Kernel endpoint 2c: CALL, TRYAGAIN, YIELDNOW, RETIRE, RESUME, FRAME. */
    lsl     x0, x19, #1
    mov     x1, #0
    stp     x0, x1, [x27]
    adr     x1, kernel_call
    stp     x19, x1, [x27, #16]
    adr     x0, try_again
    adr     x1, unexpected
    stp     x0, x1, [x27, #32]
    stp     x1, x1, [x27, #48]
    stp     x1, xzr, [x27, #64]
    mov     x0, #INSTALL_ENDPOINT
    bl      command

    /* Worker endpoint 2c + 1 of process 1. */
    lsl     x0, x19, #1
    add     x0, x0, #1
    mov     x1, #1
    stp     x0, x1, [x27]
    stp     xzr, xzr, [x27, #16]
    adr     x0, try_again
    adr     x1, unexpected
    stp     x0, x1, [x27, #32]
    stp     x1, x1, [x27, #48]
    stp     xzr, xzr, [x27, #64]
    mov     x0, #INSTALL_ENDPOINT
    bl      command

    mov     x0, #MODE_DISPATCH
    bl      publish
    add     w0, w19, #'0'
    strb    w0, [x22]
    ldr     x25, =cores_ready
    str     x19, [x25]

    ldr     x20, =LINES
    add     x20, x20, x19, lsl #BLOCK_SHIFT + 1
    b       loop

/* A worker's core: the state names the endpoint, then EL0 loads its line. */
kernel_call:
    lsl     x1, x19, #1
    add     x1, x1, #1
    ldr     x0, =MODE_USER | 1 << 16    /* process 1 */
    orr     x0, x0, x1, lsl #32
    bl      publish
    ldr     x20, =LINES
    add     x20, x20, x1, lsl #BLOCK_SHIFT
    adr     x0, loop
    msr     elr_el1, x0
    mov     x0, #0x3c0                  /* EL0t, interrupts masked */
    msr     spsr_el1, x0
    eret

/* The loop of both endpoints. */
try_again:
    add     x28, x28, #1
    dmb     sy
    eor     x20, x20, #PAIR_FLIP
    .global loop
loop:
    ldr     x0, [x20]                   /* held, until there is a message */
    ldr     x1, [x20, #8]
    br      x0

handler_null:
    str     xzr, [x20, #RESPONSE]
    dmb     sy
    eor     x20, x20, #PAIR_FLIP
    b       loop

handler_system_call:
    svc     #0
    b       handler_null

handler_counter:
    mrs     x0, cntvct_el0
    str     x0, [x20, #16]
    b       handler_null

handler_try_agains:
    str     x28, [x20, #16]
    b       handler_null

handler_violation:
    ldr     x1, =LINES
    ldr     x0, [x1]
    b       handler_null

handler_no_barrier:
    str     xzr, [x20, #RESPONSE]
    eor     x20, x20, #PAIR_FLIP
    .global unordered_load
unordered_load:
    ldr     x0, [x20]
    ldr     x1, [x20, #8]
    br      x0

handler_weak_barrier:
    str     xzr, [x20, #RESPONSE]
    dmb     ishst
    dmb     ishld
    dmb     nsh
    eor     x20, x20, #PAIR_FLIP
    b       loop

handler_completion:
    str     xzr, [x20, #RESPONSE]
    dsb     ish
    eor     x20, x20, #PAIR_FLIP
    b       loop

/* Subroutines. */

set_up_core:
    mov     x28, #0
    ldr     x21, =REGISTERS
    add     x27, x21, #ARGUMENTS
    ldr     x22, =SERIAL
    ldr     x0, =vectors
    msr     vbar_el1, x0
    mov     x0, #3                      /* EL0 may read the counters */
    msr     cntkctl_el1, x0
    isb
    ret

command:                                /* x0 */
    str     x0, [x21, #COMMAND]
    ldr     x0, [x21, #COMMAND_RESULT]
    mov     w9, #'C'
    cbnz    x0, failed
    ret

publish:                                /* x0 the state; keeps x1 */
    ldr     x2, =CORE_STATES
    add     x2, x2, x19, lsl #15
    str     x0, [x2]
    ret

install_service:                        /* x0 procedure, x1 code, x2 result slots */
    mov     x3, #1
    mov     x4, #PORT
    stp     x3, x4, [x27]
    ldr     x3, =PROGRAM
    mov     x4, #1
    stp     x3, x4, [x27, #16]
    stp     x0, x1, [x27, #32]
    stp     xzr, xzr, [x27, #48]
    mov     x3, #UNSIGNED_HYPER
    stp     x2, x3, [x27, #64]
    mov     x0, #INSTALL_SERVICE
    b       command

unexpected:
    mov     w9, #'U'
failed:
    ldr     x22, =SERIAL
    mov     w8, #'!'
    strb    w8, [x22]
    strb    w9, [x22]
    wfi
    b       .

    .balign 2048
vectors:
    .rept   8                           /* from EL1: none is expected */
    mov     w9, #'V'
    b       failed
    .balign 128
    .endr
    eret                                /* system call from EL0 */
    .balign 128
    .rept   7
    mov     w9, #'W'
    b       failed
    .balign 128
    .endr

    .ltorg
    .data
    .balign 8
cores_ready:
    .quad   0
