/*
 * The system call numbers that assembly and C need.
 *
 * Kernel/SystemInterface/SystemCall.swift defines them all; a test on the host
 * compares (Tests/UserRuntimeTests/SystemCallNumberTests.swift). Macros only,
 * since assembly includes this file.
 */

#ifndef USER_SYSTEM_CALLS_H
#define USER_SYSTEM_CALLS_H

#define USER_SYSTEM_CALL_YIELD 0
#define USER_SYSTEM_CALL_EXIT 1
#define USER_SYSTEM_CALL_LOG 2

#endif
