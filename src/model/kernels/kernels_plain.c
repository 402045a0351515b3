/* For every processor: vectors of 4 floats as GCC and Clang have them, which become SSE, NEON, or four scalars. */
#include "model/kernels/families.h"

enum { LANES = 4, ROWS = 2 };
typedef float vec __attribute__((vector_size(16), may_alias));
typedef int ivec __attribute__((vector_size(16)));

static inline vec vec_fma(vec a, vec b, vec c) { return a * b + c; }
/* A comparison gives all ones or all zeros a lane. */
static inline vec vec_pick(ivec where, vec a, vec b) { return (vec)(((ivec)a & where) | ((ivec)b & ~where)); }
static inline vec vec_min(vec a, vec b) { return vec_pick(a < b, a, b); }
static inline vec vec_max(vec a, vec b) { return vec_pick(a > b, a, b); }

/* Without a fused product n ln 2 must not be rounded: ln 2 in two parts, the first with few enough bits. */
static inline vec vec_minus_n_ln2(vec x, vec n) { return x - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f; }
static inline float vec_sum(vec v) { return (v[0] + v[2]) + (v[1] + v[3]); }

#include "model/kernels/kernels_body.h"

const da_kernel_set da_kernels_plain = DA_KERNEL_SET("plain");
