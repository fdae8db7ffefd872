/*
 * The four functions that compilers call for copies, fills and comparisons.
 *
 * They go by words where both sides are aligned, since their main customer is
 * variable data in lines, which begins at a multiple of 8 (ArgumentArea), and
 * since under QEMU every access to a line is a call of the device model.
 * Compiled with -ffreestanding, so that the compiler does not turn these loops
 * into calls of themselves.
 */

/* On the host, whose tests use UserStart.h, the C library has these. */
#if defined(__aarch64__) && !defined(__linux__)

#include <stddef.h>
#include <stdint.h>

/* May alias whatever it copies. */
typedef uint64_t __attribute__((may_alias)) word;

void *memcpy(void *restrict destination, const void *restrict source,
             size_t count);
void *memmove(void *destination, const void *source, size_t count);
void *memset(void *destination, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);

static int aligned_alike(const void *one, const void *other)
{
    return (((uintptr_t)one | (uintptr_t)other) % sizeof(word)) == 0;
}

static void copy_upwards(unsigned char *to, const unsigned char *from,
                         size_t count)
{
    if (aligned_alike(to, from)) {
        for (; count >= sizeof(word); count -= sizeof(word)) {
            *(word *)to = *(const word *)from;
            to += sizeof(word);
            from += sizeof(word);
        }
    }
    while (count-- > 0) {
        *to++ = *from++;
    }
}

void *memcpy(void *restrict destination, const void *restrict source,
             size_t count)
{
    copy_upwards(destination, source, count);
    return destination;
}

void *memmove(void *destination, const void *source, size_t count)
{
    unsigned char *to = destination;
    const unsigned char *from = source;

    if ((uintptr_t)to - (uintptr_t)from >= count) {
        copy_upwards(to, from, count);
    } else {
        /* `to` is inside of the source: read first what it overwrites. */
        while (count-- > 0) {
            to[count] = from[count];
        }
    }
    return destination;
}

void *memset(void *destination, int value, size_t count)
{
    unsigned char *to = destination;
    const unsigned char byte = (unsigned char)value;

    if ((uintptr_t)to % sizeof(word) == 0) {
        const word filled = byte * UINT64_C(0x0101010101010101);
        for (; count >= sizeof(word); count -= sizeof(word)) {
            *(word *)to = filled;
            to += sizeof(word);
        }
    }
    while (count-- > 0) {
        *to++ = byte;
    }
    return destination;
}

int memcmp(const void *left, const void *right, size_t count)
{
    const unsigned char *one = left;
    const unsigned char *other = right;

    for (; count > 0; count--, one++, other++) {
        if (*one != *other) {
            return *one < *other ? -1 : 1;
        }
    }
    return 0;
}

#endif /* __aarch64__ && !__linux__ */
