/* Random numbers that depend on (seed, stream) alone, never on threads: xoshiro256** seeded by splitmix64.
 * Give every unit of work (a user, an epoch, a chunk) a stream of its own. */
#ifndef DA_BASE_RANDOM_H
#define DA_BASE_RANDOM_H

#include <stdint.h>

typedef struct {
  uint64_t state[4];
} da_random;

void da_random_init(da_random *random, uint64_t seed, uint64_t stream);
uint64_t da_random_next(da_random *random);
/* [0, 1), 53 bits. */
double da_random_uniform(da_random *random);
/* 0 .. n-1 without bias; n > 0. */
uint64_t da_random_below(da_random *random, uint64_t n);
double da_random_normal(da_random *random);
/* Rate 1. */
double da_random_exponential(da_random *random);
/* Gamma(shape, scale 1), Marsaglia and Tsang 2000. */
double da_random_gamma(da_random *random, double shape);
uint64_t da_random_poisson(da_random *random, double mean);
/* Fisher-Yates. */
void da_random_shuffle_u32(da_random *random, uint32_t *items, uint64_t n);
/* One well-mixed 64-bit value of (seed, a): a counter-based draw. */
uint64_t da_random_hash(uint64_t seed, uint64_t a);

#endif
