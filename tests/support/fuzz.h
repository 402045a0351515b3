/* A fuzz target, src/ROOM/x_fuzz.c, hands hostile bytes to a parser: it must answer with a da_status, and neither crash nor hang.
 *
 * In every build the target is the ctest ROOM.x_fuzz: fuzz_main.c changes its seeds in a fixed number of ways, the same each time. In
 * the preset fuzz (clang) libFuzzer drives it instead, for as long as one likes: build/fuzz/tests/unit/test_ROOM_x_fuzz. */
#ifndef DA_TESTS_FUZZ_H
#define DA_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* The target. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* Appends the target's seed number i, an input that is accepted; false when there are no more. At least one. */
bool da_fuzz_seed(size_t i, da_text *bytes);

#endif
