/* AVX2 with FMA: 16 registers of 8 floats. A product keeps 3 x 4 sums in them, beside one number of A and three vectors of B. */
#include <immintrin.h>

#include "model/kernels/families.h"

enum { LANES = 8, ROWS = 3 };
typedef __m256 vec;
typedef int ivec __attribute__((vector_size(32)));

static inline vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec vec_min(vec a, vec b) { return _mm256_min_ps(a, b); }
static inline vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }

static inline vec vec_minus_n_ln2(vec x, vec n) { return vec_fma(n, _mm256_set1_ps(-0x1.62e43p-1f), x); }
static inline float vec_sum(vec v) {
  const __m128 halves = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  const __m128 quarters = _mm_add_ps(halves, _mm_movehl_ps(halves, halves));
  return _mm_cvtss_f32(_mm_add_ss(quarters, _mm_movehdup_ps(quarters)));
}

#include "model/kernels/kernels_body.h"

const da_kernel_set da_kernels_avx2 = DA_KERNEL_SET("avx2");
