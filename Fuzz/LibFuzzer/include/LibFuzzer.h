/*
 * What libFuzzer, which comes with the compiler without a header, offers to a
 * program with a main of its own (https://llvm.org/docs/LibFuzzer.html, "Using
 * libFuzzer as a library").
 */

#ifndef LIB_FUZZER_H
#define LIB_FUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*test)(const uint8_t *bytes, size_t count));

#endif
