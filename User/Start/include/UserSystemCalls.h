/*
 * The system call numbers that assembly and C need.
 *
 * Kernel/SystemInterface/SystemCall.swift defines them all; a test on the host
 * compares (Tests/UserRuntimeTests/SystemCallNumberTests.swift). Macros only,
 * since assembly includes this file.
 */

#ifndef USER_SYSTEM_CALLS_H
#define USER_SYSTEM_CALLS_H

/* SVC's immediate for a worker's yield; system calls have 0. */
#define USER_YIELD 1

#define USER_SYSTEM_CALL_EXIT 1
#define USER_SYSTEM_CALL_LOG 2

/* EndpointLayout.pairFlip: from a control line to the other. */
#define USER_PAIR_FLIP 0x80

#endif
