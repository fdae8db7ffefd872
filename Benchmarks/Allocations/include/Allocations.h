/* How often this program has asked for heap memory. */

#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stddef.h>
#include <stdint.h>

uint64_t allocation_count(void);

#endif
