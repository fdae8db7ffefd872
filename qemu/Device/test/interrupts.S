/*
 * A bare-metal guest whose held loads are interrupted; scripted_model.c says
 * by what. Prints a letter for each part that went well, "!" and a letter for
 * the first that did not, and powers off.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define LINES           0x10000000000
#define SERIAL          0x09000000
#define DISTRIBUTOR     0x08000000
#define REDISTRIBUTOR   0x080a0000
#define SGI_FRAME       0x080b0000

#define ANSWER          0x100
#define WOKEN_LINE      0x080
#define INSTRUCTIONS    0x200

#define PSCI_SYSTEM_OFF 0x84000008

#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7

    /* x20 lines, x22 serial port, x28 the interrupt taken last */

    .global _start
_start:
    ldr     x20, =LINES
    ldr     x22, =SERIAL
    mov     x28, #1023
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
    mov     w0, #(1 << 8 | 1 << 15)
    str     w0, [x1, #0x100]            /* enabled */
    mov     x0, #0xff
    msr     ICC_PMR_EL1, x0
    mov     x0, #1
    msr     ICC_IGRPEN1_EL1, x0
    isb

    /* The interrupt is taken at the held load, which starts again after it. */
    msr     daifclr, #2
    ldr     x1, [x20, #INSTRUCTIONS]
    ldr     x0, [x20]
    ldr     x2, [x20, #INSTRUCTIONS]
    mov     w9, #'a'
    cmp     x0, #2
    b.ne    failed
    cmp     x28, #8
    b.ne    failed
    bl      print
    /* The two loads, and the handler's six instructions. */
    mov     w9, #'b'
    sub     x2, x2, x1
    cmp     x2, #2 + 6
    b.ne    failed
    bl      print

    /*
     * With interrupts masked the load is executed when it is held, when the
     * interrupt comes, and when it is answered; not over and over.
     */
    msr     daifset, #2
    ldr     x0, [x20, #WOKEN_LINE]
    mov     w9, #'c'
    cmp     x0, #3
    b.hi    failed
    cmp     x28, #8
    b.ne    failed
    bl      print
    /* The interrupt is still pending. */
    msr     daifclr, #2
    isb
    mov     w9, #'d'
    cmp     x28, #15
    b.ne    failed
    bl      print
    b       finished

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
    mrs     x28, ICC_IAR1_EL1           /* interrupt from EL1 */
    str     xzr, [x20, #ANSWER]
    msr     ICC_EOIR1_EL1, x28
    isb
    nop
    eret
    .balign 128
    .rept   10
    b       unexpected
    .balign 128
    .endr
