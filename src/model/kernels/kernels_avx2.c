/* AVX2 with FMA: 16 registers of 8 floats. A product keeps 3 x 4 sums in them, beside one number of A and three vectors of B. */
#include <immintrin.h>

#include "model/kernels/families.h"

enum { LANES = 8, ROWS = 3 };
typedef __m256 vec;
typedef int ivec __attribute__((vector_size(32)));

static inline vec vec_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec vec_min(vec a, vec b) { return _mm256_min_ps(a, b); }
static inline vec vec_max(vec a, vec b) { return _mm256_max_ps(a, b); }

#include "model/kernels/kernels_body.h"

const da_kernel_set da_kernels_avx2 = DA_KERNEL_SET("avx2");
