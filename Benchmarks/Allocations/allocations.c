/*
 * malloc and its kin, counted. A program's own definitions take the place of
 * the C library's everywhere (glibc manual, "Replacing malloc"); glibc keeps
 * the originals under these names.
 */

#include "Allocations.h"

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static uint64_t count;

uint64_t allocation_count(void)
{
    return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

static void note(void)
{
    __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t bytes)
{
    note();
    return __libc_malloc(bytes);
}

void *calloc(size_t elements, size_t bytes)
{
    note();
    return __libc_calloc(elements, bytes);
}

void *realloc(void *block, size_t bytes)
{
    note();
    return __libc_realloc(block, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    note();
    return __libc_memalign(alignment, bytes);
}
