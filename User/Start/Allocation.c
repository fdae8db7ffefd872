/*
 * User programs have no heap. Whoever asks for memory is told so, loudly.
 *
 * Embedded Swift calls these two for classes, arrays, strings and escaping
 * closures. The linker drops them from a program that does none of that, so
 * their presence in an image (`llvm-nm`) already says that something
 * allocates.
 */

/* On the host the C library has these. */
#if defined(__aarch64__) && !defined(__linux__)

#include <stddef.h>
#include "UserStart.h"
#include "UserSystemCalls.h"

#define EXIT_ALLOCATED 70  /* ExitStatus.allocated */

int posix_memalign(void **result, size_t alignment, size_t count);
void free(void *allocation);

static _Noreturn void refuse(const char *text, size_t count)
{
    user_system_call(USER_SYSTEM_CALL_LOG, (uintptr_t)text, count, 0);
    user_system_call(USER_SYSTEM_CALL_EXIT, EXIT_ALLOCATED, 0, 0);
    __builtin_trap();
}

int posix_memalign(void **result, size_t alignment, size_t count)
{
    static const char text[] =
        "the program asked for heap memory, and user programs have none";

    (void)result;
    (void)alignment;
    (void)count;
    refuse(text, sizeof(text) - 1);
}

void free(void *allocation)
{
    static const char text[] =
        "the program freed heap memory, and user programs have none";

    (void)allocation;
    refuse(text, sizeof(text) - 1);
}

#endif /* __aarch64__ && !__linux__ */
