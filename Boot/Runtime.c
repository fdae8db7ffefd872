// The few C functions that compilers take for granted.
//
// Byte and word loops, no vector registers. `no_builtin` keeps the compiler from turning a
// loop into a call of itself.

#include "include/Boot.h"

#define FREESTANDING __attribute__((no_builtin, used))

typedef uint64_t __attribute__((may_alias)) word;

static inline int words_line_up(uint64_t a, uint64_t b) { return ((a | b) & 7) == 0; }

FREESTANDING void *memset(void *destination, int value, size_t count) {
  unsigned char *to = destination;
  uint64_t pattern = 0x0101010101010101u * (unsigned char)value;
  while (count > 0 && ((uintptr_t)to & 7) != 0) {
    *to++ = (unsigned char)value;
    count--;
  }
  for (; count >= 8; count -= 8, to += 8) {
    *(word *)to = pattern;
  }
  while (count-- > 0) {
    *to++ = (unsigned char)value;
  }
  return destination;
}

FREESTANDING void *memmove(void *destination, const void *source, size_t count) {
  unsigned char *to = destination;
  const unsigned char *from = source;
  if (to == from) {
    return destination;
  }
  if (to < from || to >= from + count) {
    if (words_line_up((uintptr_t)to, (uintptr_t)from)) {
      for (; count >= 8; count -= 8, to += 8, from += 8) {
        *(word *)to = *(const word *)from;
      }
    }
    while (count-- > 0) {
      *to++ = *from++;
    }
  } else {
    while (count-- > 0) {
      to[count] = from[count];
    }
  }
  return destination;
}

FREESTANDING void *memcpy(void *restrict destination, const void *restrict source, size_t count) {
  return memmove(destination, source, count);
}

FREESTANDING int memcmp(const void *left, const void *right, size_t count) {
  const unsigned char *a = left;
  const unsigned char *b = right;
  for (; count > 0; count--, a++, b++) {
    if (*a != *b) {
      return *a < *b ? -1 : 1;
    }
  }
  return 0;
}

struct ActiveErrata active_errata;

// The kernel has no heap: whoever allocates is a bug, found by its address in the panic.
void kernel_allocation_attempted(uint64_t caller) __attribute__((noreturn));

__attribute__((used)) int posix_memalign(void **pointer, size_t alignment, size_t size) {
  (void)pointer;
  (void)alignment;
  (void)size;
  kernel_allocation_attempted(return_address());
}

__attribute__((used)) void free(void *pointer) {
  (void)pointer;
  kernel_allocation_attempted(return_address());
}
