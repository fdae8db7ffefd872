/*
 * A bare-metal guest of three cores that sees how QEMU takes turns under
 * `-icount`: two compute, core 0 looks. Prints "a" when a timer that
 * interrupts core 0 every 200 us leaves it time to go on, and "b" when no
 * turns of the others take longer than 25 us together; "!" and the letter of
 * the first that is not so. Then it powers off.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define SERIAL          0x09000000
#define DISTRIBUTOR     0x08000000
#define REDISTRIBUTOR   0x080a0000
#define SGI_FRAME       0x080b0000

#define VIRTUAL_TIMER   27      /* PPI */
#define PERIOD          12500   /* ticks of 16 ns: 200 us */
#define LONGEST_GAP     1562    /* 25 us */
#define SHORTEST_GAP    16      /* less is no turn of others, but this loop */
#define GAPS            200
#define ROUNDS          1000
#define INTERRUPTS      2       /* ROUNDS take a part of one period */

#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_CPU_ON     0xc4000003

#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7

    /* x20 interrupts, x21 the period, x22 serial port */

    .global _start
_start:
    mov     x20, #0
    mov     x21, #PERIOD
    ldr     x22, =SERIAL
    ldr     x0, =vectors
    msr     vbar_el1, x0
    mov     x0, #7
    msr     ICC_SRE_EL1, x0
    isb
    ldr     x1, =DISTRIBUTOR
    mov     w0, #2                      /* group 1 */
    str     w0, [x1]
    ldr     x1, =REDISTRIBUTOR
    str     wzr, [x1, #0x14]            /* awake */
    ldr     x1, =SGI_FRAME
    mov     w0, #-1
    str     w0, [x1, #0x80]             /* all in group 1 */
    mov     w0, #(1 << VIRTUAL_TIMER)
    str     w0, [x1, #0x100]            /* enabled */
    mov     x0, #0xff
    msr     ICC_PMR_EL1, x0
    mov     x0, #1
    msr     ICC_IGRPEN1_EL1, x0
    isb

    mov     x19, #1
start_next:
    ldr     x0, =PSCI_CPU_ON
    mov     x1, x19
    adr     x2, compute
    hvc     #0
    mov     w9, #'P'
    cbnz    x0, failed
    add     x19, x19, #1
    cmp     x19, #3
    b.ne    start_next

    /* The handler ends with a store to the timer that ends the turn. */
    msr     cntv_tval_el0, x21
    mov     x0, #1
    msr     cntv_ctl_el0, x0
    msr     daifclr, #2
    mov     x1, #ROUNDS
1:  subs    x1, x1, #1
    b.ne    1b
    msr     daifset, #2
    msr     cntv_ctl_el0, xzr
    mov     w9, #'a'
    bl      print

    mov     w9, #'b'
    mov     x3, #GAPS
    mrs     x1, cntvct_el0
2:  mov     x0, x1
    mrs     x1, cntvct_el0
    sub     x2, x1, x0
    cmp     x2, #LONGEST_GAP
    b.hi    failed
    cmp     x2, #SHORTEST_GAP
    b.lo    2b
    subs    x3, x3, #1
    b.ne    2b
    bl      print
    b       finished

compute:
    b       .

failed:
    mov     w8, #'!'
    strb    w8, [x22]
    bl      print
finished:
    ldr     x0, =PSCI_SYSTEM_OFF
    hvc     #0
    b       .

print:                                  /* w9 */
    strb    w9, [x22]
    ret

unexpected:
    mov     w9, #'V'
    b       failed

    .balign 2048
vectors:
    .rept   5
    b       unexpected
    .balign 128
    .endr
    mrs     x10, ICC_IAR1_EL1           /* interrupt from EL1 */
    msr     cntv_tval_el0, x21
    isb
    msr     ICC_EOIR1_EL1, x10
    add     x20, x20, #1
    mov     w9, #'a'
    cmp     x20, #INTERRUPTS
    b.hi    failed
    eret
    .balign 128
    .rept   10
    b       unexpected
    .balign 128
    .endr
