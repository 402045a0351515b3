#include "model/dropout.h"

#include "base/random.h"

uint64_t da_mask_seed(uint64_t step_seed, da_mask_use use) { return da_random_hash(step_seed, (uint64_t)use); }

void da_mask_fill(uint64_t seed, uint64_t number, float rate, uint32_t n_units, float *scale) {
  const uint64_t mask_seed = da_random_hash(seed, number);
  const uint32_t n_off = (uint32_t)(rate * 65536.0f + 0.5f); /* of 65536 equally likely values */
  const float on = 65536.0f / (float)(65536 - n_off);
  uint64_t bits = 0;
  for (uint32_t k = 0; k < n_units; k++) {
    bits = k % 4 == 0 ? da_random_hash(mask_seed, k / 4) : bits >> 16; /* four units a draw */
    scale[k] = (bits & 0xffff) < n_off ? 0 : on;
  }
}
