/* AVX-512: 32 registers of 16 floats. A product keeps 6 x 4 sums in them, beside four vectors of B. */
#include <immintrin.h>

#include "model/kernels/families.h"

enum { LANES = 16, ROWS = 6 };
typedef __m512 vec;
typedef int ivec __attribute__((vector_size(64)));

static inline vec vec_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
static inline vec vec_min(vec a, vec b) { return _mm512_min_ps(a, b); }
static inline vec vec_max(vec a, vec b) { return _mm512_max_ps(a, b); }

static inline vec vec_minus_n_ln2(vec x, vec n) { return vec_fma(n, _mm512_set1_ps(-0x1.62e43p-1f), x); }
static inline float vec_sum(vec v) { return _mm512_reduce_add_ps(v); }

#include "model/kernels/kernels_body.h"

const da_kernel_set da_kernels_avx512 = DA_KERNEL_SET("avx512");
