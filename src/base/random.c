#include "base/random.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t da_random_hash(uint64_t seed, uint64_t a) {
  uint64_t state = seed;
  state = splitmix64(&state) ^ a;
  return splitmix64(&state);
}

void da_random_init(da_random *random, uint64_t seed, uint64_t stream) {
  uint64_t state = da_random_hash(seed, stream);
  for (int i = 0; i < 4; i++) random->state[i] = splitmix64(&state);
}

static uint64_t rotate_left(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

/* xoshiro256**, Blackman and Vigna 2018. */
uint64_t da_random_next(da_random *random) {
  uint64_t *s = random->state;
  uint64_t result = rotate_left(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

double da_random_uniform(da_random *random) { return (double)(da_random_next(random) >> 11) * 0x1p-53; }

uint64_t da_random_below(da_random *random, uint64_t n) {
  uint64_t threshold = -n % n; /* values below it would favour small results */
  for (;;) {
    uint64_t x = da_random_next(random);
    if (x >= threshold) return x % n;
  }
}

double da_random_normal(da_random *random) {
  for (;;) { /* Marsaglia's polar method; the second value is dropped so that a stream has no hidden state */
    double u = 2 * da_random_uniform(random) - 1, v = 2 * da_random_uniform(random) - 1;
    double s = u * u + v * v;
    if (s > 0 && s < 1) return u * sqrt(-2 * log(s) / s);
  }
}

double da_random_exponential(da_random *random) { return -log1p(-da_random_uniform(random)); }

double da_random_gamma(da_random *random, double shape) {
  if (shape < 1) { /* Gamma(a) = Gamma(a + 1) U^(1/a) */
    double u = 1 - da_random_uniform(random);
    return da_random_gamma(random, shape + 1) * pow(u, 1 / shape);
  }
  double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    double x = da_random_normal(random), v = 1 + c * x;
    if (v <= 0) continue;
    v = v * v * v;
    double u = 1 - da_random_uniform(random);
    if (log(u) < 0.5 * x * x + d * (1 - v + log(v))) return d * v;
  }
}

uint64_t da_random_poisson(da_random *random, double mean) {
  uint64_t n = 0;
  /* A large mean is a sum of independent parts, each small enough for exp(-part) not to vanish. */
  for (; mean > 16; mean -= 16) n += da_random_poisson(random, 16);
  double limit = exp(-mean), product = 1;
  for (;; n++) {
    product *= 1 - da_random_uniform(random);
    if (product < limit) return n;
  }
}

void da_random_shuffle_u32(da_random *random, uint32_t *items, uint64_t n) {
  for (uint64_t i = n; i > 1; i--) {
    uint64_t j = da_random_below(random, i);
    uint32_t kept = items[i - 1];
    items[i - 1] = items[j];
    items[j] = kept;
  }
}
