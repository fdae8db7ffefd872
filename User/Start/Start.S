// Where a thread of a user program begins, and where messages without a call jump to.

#if defined(__aarch64__) && !defined(__linux__) // nothing of this is for the host

#include "UserSystemCalls.h"

// Thread 0 starts here with x0 = address of its endpoint's block, x1 = 0, x2 = the process's
// argument, sp = the top of its stack and all other registers zero, so the frame chain ends here
// (x29 = 0). It calls `main`, which registers the program's services and returns; then it serves.
    .section .text.start, "ax", %progbits
    .global _start
    .type _start, %function
_start:
    mov     x19, x0
    adrp    x9, user_argument
    str     x2, [x9, #:lo12:user_argument]
    bl      main
    mov     x0, x19
    bl      user_serve
    brk     #0                          // user_serve does not return
    .size _start, . - _start

// The other threads start here, x1 = their index, x2 = the code to call, or 0. A thread whose code
// returns serves.
    .section .text.user_thread_start, "ax", %progbits
    .global user_thread_start
    .type user_thread_start, %function
    .balign 16
user_thread_start:
    mov     x19, x0
    cbz     x2, 1f
    blr     x2
1:  mov     x0, x19
    bl      user_serve
    brk     #0                          // user_serve does not return
    .size user_thread_start, . - user_thread_start

// TRYAGAIN: nothing came before the stall limit (R2). The loop's next load is all it takes.
    .section .text.user_stub_try_again, "ax", %progbits
    .global user_stub_try_again
    .type user_stub_try_again, %function
    .balign 16
user_stub_try_again:
    ret
    .size user_stub_try_again, . - user_stub_try_again

// The mark of an answered line (R17): the load came while the core still had it. Loads it again, and
// does what the loop does with what it then is; the handler returns to the loop. x3: the line.
    .section .text.user_stub_again, "ax", %progbits
    .global user_stub_again
    .type user_stub_again, %function
    .balign 16
user_stub_again:
    ldp     x9, x0, [x3]
    ldp     x1, x2, [x3, #16]
    br      x9
    .size user_stub_again, . - user_stub_again

// YIELDNOW: give up the core (R9). x3: the line that brought the message. The thread goes on at
// user_loop, on the core that it gets next, with the other line, whose load acknowledges (R4).
    .section .text.user_stub_yield_now, "ax", %progbits
    .global user_stub_yield_now
    .type user_stub_yield_now, %function
    .balign 16
user_stub_yield_now:
    eor     x0, x3, #USER_PAIR_FLIP
    svc     #USER_YIELD
    .size user_stub_yield_now, . - user_stub_yield_now

    .section .bss.user_argument, "aw", %nobits
    .global user_argument
    .type user_argument, %object
    .balign 8
user_argument:
    .skip   8
    .size user_argument, 8

#endif

#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
