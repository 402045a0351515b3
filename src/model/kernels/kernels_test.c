/* Oracle: naive twins in double precision, one a kernel, straight from the comments of kernels.h. Every family that this processor runs is
 * tested; the layout of AVX-512 (16 lanes, tiles of 6 rows) is tested everywhere, on vectors that the compiler cuts into smaller ones. */
#include "model/kernels/kernels.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

/* ---- a family of 16 lanes for any processor ---- */

#pragma GCC diagnostic ignored "-Wpsabi" /* such vectors never cross a call between two files */
enum { LANES = 16, ROWS = 6 };
typedef float vec __attribute__((vector_size(64), may_alias));
typedef int ivec __attribute__((vector_size(64)));
static inline vec vec_fma(vec a, vec b, vec c) { return a * b + c; }
static inline vec vec_pick(ivec where, vec a, vec b) { return (vec)(((ivec)a & where) | ((ivec)b & ~where)); }
static inline vec vec_min(vec a, vec b) { return vec_pick(a < b, a, b); }
static inline vec vec_max(vec a, vec b) { return vec_pick(a > b, a, b); }
static inline vec vec_minus_n_ln2(vec x, vec n) { return x - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f; }
static inline float vec_sum(vec v) {
  float sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += v[lane];
  return sum;
}
#include "model/kernels/kernels_body.h"
static const da_kernel_set sixteen_lanes = DA_KERNEL_SET("16 lanes");

/* ---- random inputs ---- */

static float *random_floats(da_random *random, size_t n) {
  float *values = da_mem_alloc(n, sizeof *values);
  for (size_t i = 0; i < n; i++) values[i] = (float)(2 * da_random_uniform(random) - 1);
  return values;
}

static void assert_near(const char *what, double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance)) fail_msg("%s: expected %.9g but found %.9g", what, expected, found);
}

/* ---- product ---- */

static void product_naive(const da_product *p, size_t panel, double *C) {
  for (size_t m = 0; m < p->M; m++) {
    for (size_t n = 0; n < p->N; n++) {
      double sum = p->init[m * p->init_row + n];
      for (size_t k = 0; k < p->K; k++)
        sum += (double)p->A[m * p->a_row + k * p->a_k] * p->B[n / panel * p->b_panel + k * p->b_k + n % panel];
      C[m * p->N + n] = sum;
    }
  }
}

/* Plain and transposed A; each row's own init, one for all, and C itself. */
static void check_product(const da_kernel_set *set, da_random *random, size_t M, size_t N, size_t K, bool transposed, int init) {
  const size_t panel = DA_PANEL_VECTORS * set->lanes, c_row = N + set->lanes;
  float *A = random_floats(random, M * K + 1), *B = random_floats(random, N * K + 1), *C = random_floats(random, M * c_row + 1),
        *bias = random_floats(random, N);
  double *expected = da_mem_alloc(M * N + 1, sizeof *expected);
  const da_product p = {.M = M,
                        .N = N,
                        .K = K,
                        .A = A,
                        .a_row = transposed ? 1 : K,
                        .a_k = transposed ? M : 1,
                        .B = B,
                        .b_k = panel,
                        .b_panel = K * panel,
                        .init = init ? C : bias,
                        .init_row = init ? c_row : 0,
                        .C = C,
                        .c_row = c_row};
  product_naive(&p, panel, expected);
  set->product(&p);
  for (size_t m = 0; m < M; m++) {
    for (size_t n = 0; n < N; n++) assert_near(set->name, C[m * c_row + n], expected[m * N + n], 2e-7 * (2 + (double)K));
  }
  da_mem_free(A);
  da_mem_free(B);
  da_mem_free(C);
  da_mem_free(bias);
  da_mem_free(expected);
}

static void products_are_those_of_the_twin(const da_kernel_set *set) {
  da_random random;
  da_random_init(&random, 1, set->lanes);
  const size_t M[] = {0, 1, 2, 3, 5, 6, 7, 13, 64}, K[] = {0, 1, 20, 64, 65, 200};
  for (size_t m = 0; m < sizeof M / sizeof M[0]; m++) {
    for (size_t k = 0; k < sizeof K / sizeof K[0]; k++) {
      for (int variant = 0; variant < 4; variant++)
        check_product(set, &random, M[m], (size_t)(1 + variant) * DA_PANEL_VECTORS * set->lanes, K[k], variant & 1, variant >> 1);
    }
  }
}

/* ---- tanh, exp, sigmoid ---- */

/* Distance in units in the last place of the expected value. */
static double ulps(float found, double expected) {
  const float near = (float)expected;
  return fabs(found - expected) / (double)(nextafterf(fabsf(near), INFINITY) - fabsf(near));
}

static void attention_is_exact_to_a_few_ulps(const da_kernel_set *set) {
  enum { N = 16 * 20000 };
  float *u = da_mem_alloc(N, sizeof *u), *tanh_u = da_mem_alloc(N, sizeof *u), *e = da_mem_alloc(N, sizeof *u);
  for (int i = 0; i < N; i++) { /* half of them evenly in -12 .. 12, half over all magnitudes */
    const double at = (double)i / N;
    u[i] = (float)(i % 2 ? 24 * at - 12 : (i % 4 ? 1 : -1) * exp2(-40 + 42 * at));
  }
  set->attention_forward(N, u, 0.25f, tanh_u, e);
  for (int i = 0; i < N; i++) {
    const float biased = u[i] + 0.25f;
    const double most = fabsf(biased) < 0.25f ? 4 : 7;
    if (ulps(tanh_u[i], tanh((double)biased)) > most) fail_msg("%s: tanh(%.9g) is %.9g", set->name, biased, tanh_u[i]);
    if (ulps(e[i], exp((double)tanh_u[i])) > 3) fail_msg("%s: exp(%.9g) is %.9g", set->name, tanh_u[i], e[i]);
    if (fabsf(tanh_u[i]) > 1) fail_msg("%s: tanh(%.9g) is beyond 1: %.9g", set->name, biased, tanh_u[i]);
  }
  da_mem_free(u);
  da_mem_free(tanh_u);
  da_mem_free(e);
}

static void extremes_saturate_and_nan_comes_through(const da_kernel_set *set) {
  _Alignas(64) float u[16] = {0}, tanh_u[16], e[16];
  u[0] = INFINITY, u[1] = -INFINITY, u[2] = 3e38f, u[3] = NAN;
  set->attention_forward(16, u, 0, tanh_u, e);
  assert_near("tanh", tanh_u[0], 1, 4e-7);
  assert_near("tanh", tanh_u[1], -1, 4e-7);
  assert_true(tanh_u[2] == tanh_u[0] && isnan(tanh_u[3]) && isnan(e[3]));
}

/* One node whose preactivations are what its row of the table says; oracle: the functions of the C library in double precision. */
static void gates_are_exact_and_bounded(const da_kernel_set *set) {
  enum { P = 16, Z = 4 * P + 16, N = 20000 };
  _Alignas(64) static const float zeros[Z];
  _Alignas(64) float table[Z] = {0}, gates[4 * P], tanh_c[P], z[Z] = {0}, h[2 * P], c[P] = {0}, u[P], s[P];
  const uint32_t number = 0;
  const da_cells cells = {.n_inputs = 1,
                          .P = P,
                          .z_stride = Z,
                          .h_stride = 2 * P,
                          .zeros = zeros,
                          .table = table,
                          .w_a = zeros,
                          .w_o = zeros,
                          .parent = &number,
                          .inner = &number,
                          .active = &number,
                          .keep = true,
                          .gates = gates,
                          .tanh_c = tanh_c,
                          .z = z,
                          .h = h,
                          .c = c,
                          .u = u,
                          .s = s};
  for (int i = 0; i < N; i++) {
    const float at = 48 * ((float)i / N) - 24;
    for (int k = 0; k < 4 * P; k++) table[k] = at;
    set->cells_forward(&cells, 0, 1);
    for (int k = 0; k < 4 * P; k++) {
      const bool is_tanh = k / P == 2;
      assert_near("gate", gates[k], is_tanh ? tanh((double)at) : 1 / (1 + exp(-(double)at)), is_tanh ? 4e-7 : 2.2e-7);
      assert_true(gates[k] >= (is_tanh ? -1 : 0) && gates[k] <= 1);
    }
  }
}

/* ---- cells ---- */

/* Random nodes: a level whose parents have one to four children each; about half are inner. */
typedef struct {
  da_cells cells;
  uint32_t n_nodes, n_parents, n_inner, n_rows;
  uint32_t *parent, *inner, *active, *slot;
  da_arena arena;
} level;

static float *level_floats(level *l, da_random *random, size_t n) {
  char *block = da_arena_alloc(&l->arena, n * sizeof(float) + 64, 1);
  float *values = (float *)(((uintptr_t)block + 63) / 64 * 64);
  for (size_t i = 0; i < n; i++) values[i] = (float)(2 * da_random_uniform(random) - 1);
  return values;
}

static level make_level(const da_kernel_set *set, uint32_t P, uint32_t n_inputs, uint64_t seed) {
  da_random random;
  da_random_init(&random, seed, P);
  level l = {.n_nodes = 37, .n_rows = 11};
  const size_t N = l.n_nodes, I = n_inputs;
  l.parent = da_arena_alloc(&l.arena, N, 4), l.inner = da_arena_alloc(&l.arena, N, 4);
  l.active = da_arena_alloc(&l.arena, N * I, 4), l.slot = da_arena_alloc(&l.arena, N * I, 4);
  for (uint32_t n = 0, left = 0; n < N; n++) {
    if (left == 0) l.n_parents++, left = 1 + (uint32_t)da_random_below(&random, 4);
    left--;
    l.parent[n] = l.n_parents - 1;
  }
  l.n_inner = l.n_parents;
  for (uint32_t n = 0; n < N; n++) l.inner[n] = da_random_below(&random, 2) ? l.n_inner++ : 0;
  bool met[11] = {false};
  for (size_t i = 0; i < N * I; i++) {
    const uint32_t row = l.active[i] = (uint32_t)da_random_below(&random, l.n_rows);
    l.slot[i] = met[row] || row % 2 ? row : row | DA_NEW_SLOT; /* odd rows hold something already */
    met[row] = true;
  }
  da_cells *c = &l.cells;
  const size_t z_stride = 4 * P + 16, h_stride = P + set->lanes, dh_stride = P;
  *c = (da_cells){.n_inputs = n_inputs, .P = P, .z_stride = z_stride, .h_stride = h_stride, .dh_stride = dh_stride, .keep = true};
  c->parent = l.parent, c->inner = l.inner, c->active = l.active, c->slot = l.slot;
  float *zeros = level_floats(&l, &random, 4 * P);
  memset(zeros, 0, 4 * P * sizeof *zeros);
  c->zeros = zeros;
  c->table = level_floats(&l, &random, l.n_rows * z_stride);
  c->w_a = level_floats(&l, &random, P), c->w_o = level_floats(&l, &random, P);
  c->gates = level_floats(&l, &random, N * 4 * P), c->tanh_c = level_floats(&l, &random, N * P);
  c->z = level_floats(&l, &random, l.n_inner * z_stride), c->h = level_floats(&l, &random, l.n_inner * h_stride);
  c->c = level_floats(&l, &random, l.n_inner * P), c->dc = level_floats(&l, &random, l.n_inner * P);
  c->dh = level_floats(&l, &random, l.n_inner * dh_stride);
  c->u = level_floats(&l, &random, N), c->s = level_floats(&l, &random, N);
  c->du = level_floats(&l, &random, N), c->ds = level_floats(&l, &random, N);
  c->d_table = level_floats(&l, &random, l.n_rows * z_stride);
  c->dw_a = level_floats(&l, &random, P), c->dw_o = level_floats(&l, &random, P);
  return l;
}

static double sigmoid_naive(double z) { return 1 / (1 + exp(-z)); }

static double z_naive(const level *l, uint32_t node, size_t q, size_t k) {
  const da_cells *c = &l->cells;
  const size_t P = c->P;
  double z = c->z[l->parent[node] * c->z_stride + q * P + k];
  for (uint32_t i = 0; i < c->n_inputs; i++) z += c->table[l->active[node * c->n_inputs + i] * c->z_stride + q * P + k];
  return z;
}

static void check_cells_forward(const da_kernel_set *set, uint32_t P, uint32_t n_inputs) {
  level l = make_level(set, P, n_inputs, 1);
  const da_cells *c = &l.cells;
  set->cells_forward(c, 0, l.n_nodes);
  for (uint32_t node = 0; node < l.n_nodes; node++) {
    double u = 0, s = 0;
    for (size_t k = 0; k < P; k++) {
      const double i = sigmoid_naive(z_naive(&l, node, 0, k)), f = sigmoid_naive(z_naive(&l, node, 1, k));
      const double g = tanh(z_naive(&l, node, 2, k)), o = sigmoid_naive(z_naive(&l, node, 3, k));
      const double now = f * c->c[l.parent[node] * P + k] + i * g, h_now = o * tanh(now);
      const double gate[4] = {i, f, g, o};
      for (size_t q = 0; q < 4; q++) assert_near("gate", c->gates[node * 4 * P + q * P + k], gate[q], 4e-7);
      assert_near("tanh c", c->tanh_c[node * P + k], tanh(now), 6e-7);
      if (l.inner[node]) {
        assert_near("c", c->c[l.inner[node] * P + k], now, 8e-7);
        assert_near("h", c->h[l.inner[node] * c->h_stride + k], h_now, 6e-7);
      }
      u += c->w_a[k] * h_now;
      s += c->w_o[k] * h_now;
    }
    assert_near("u", c->u[node], u, 3e-7 * (1 + sqrt(P)));
    assert_near("s", c->s[node], s, 3e-7 * (1 + sqrt(P)));
  }
  da_arena_free(&l.arena);
}

/* What the backward pass adds to, in double precision. */
typedef struct {
  double *dz, *dc, *d_table, *dw_a, *dw_o;
} sums;

static void cells_backward_naive(const level *l, const da_cells *before, sums *out) {
  const size_t P = before->P, I = before->n_inputs;
  for (uint32_t node = 0; node < l->n_nodes; node++) {
    const uint32_t parent = l->parent[node], inner = l->inner[node];
    for (size_t k = 0; k < P; k++) {
      const float *gates = before->gates + node * 4 * P;
      const double i = gates[k], f = gates[P + k], g = gates[2 * P + k], o = gates[3 * P + k];
      const double tanh_c = before->tanh_c[node * P + k], ds = before->ds[node], du = before->du[node];
      const double dh = ds * before->w_o[k] + du * before->w_a[k] + (inner ? before->dh[inner * before->dh_stride + k] : 0);
      const double dc = dh * o * (1 - tanh_c * tanh_c) + (inner ? before->dc[inner * P + k] : 0);
      const double dz[4] = {dc * g * i * (1 - i), dc * before->c[parent * P + k] * f * (1 - f), dc * i * (1 - g * g),
                            dh * tanh_c * o * (1 - o)};
      for (size_t q = 0; q < 4; q++) {
        out->dz[parent * 4 * P + q * P + k] += dz[q];
        for (size_t n = 0; n < I; n++) out->d_table[l->active[node * I + n] * 4 * P + q * P + k] += dz[q];
      }
      out->dc[parent * P + k] += dc * f;
      out->dw_a[k] += du * o * tanh_c;
      out->dw_o[k] += ds * o * tanh_c;
    }
  }
}

static void check_cells_backward(const da_kernel_set *set, uint32_t P, uint32_t n_inputs) {
  level l = make_level(set, P, n_inputs, 2), given = make_level(set, P, n_inputs, 2);
  const da_cells *c = &l.cells;
  sums out = {
      .dz = da_mem_calloc(l.n_parents * 4 * P, 8), .dc = da_mem_calloc(l.n_parents * P, 8), .d_table = da_mem_calloc(l.n_rows * 4 * P, 8)};
  out.dw_a = da_mem_calloc(P, 8), out.dw_o = da_mem_calloc(P, 8);
  cells_backward_naive(&given, &given.cells, &out);
  set->cells_backward(c, 0, l.n_nodes);
  for (uint32_t p = 0; p < l.n_parents; p++) {
    for (size_t j = 0; j < 4 * P; j++) assert_near("dz", c->z[p * c->z_stride + j], out.dz[p * 4 * P + j], 2e-6);
    for (size_t k = 0; k < P; k++) assert_near("dc", c->dc[p * P + k], out.dc[p * P + k], 2e-6);
  }
  for (uint32_t r = 0; r < l.n_rows; r++) {
    bool met = r % 2;
    for (size_t i = 0; i < l.n_nodes * n_inputs; i++) met |= l.active[i] == r;
    for (size_t j = 0; j < 4 * P; j++) {
      const size_t at = r * c->z_stride + j;
      const double held = r % 2 || !met ? given.cells.d_table[at] : 0;
      assert_near("d_table", c->d_table[at], held + out.d_table[r * 4 * P + j], 1e-5);
    }
  }
  for (size_t k = 0; k < P; k++) {
    assert_near("dw_a", c->dw_a[k], given.cells.dw_a[k] + out.dw_a[k], 1e-5);
    assert_near("dw_o", c->dw_o[k], given.cells.dw_o[k] + out.dw_o[k], 1e-5);
  }
  double *blocks[] = {out.dz, out.dc, out.d_table, out.dw_a, out.dw_o};
  for (int b = 0; b < 5; b++) da_mem_free(blocks[b]);
  da_arena_free(&l.arena);
  da_arena_free(&given.arena);
}

static void cells_are_those_of_the_twin(const da_kernel_set *set) {
  for (uint32_t n_inputs = 1; n_inputs <= 3; n_inputs++) {
    for (uint32_t P = set->lanes; P <= 4 * set->lanes; P += set->lanes) {
      check_cells_forward(set, P, n_inputs);
      check_cells_backward(set, P, n_inputs);
    }
  }
}

/* Level by level: pairs, then pairs of those. */
static float tree_naive(float *const *parts, size_t n_parts, size_t k) {
  float part[DA_MAX_PARTS];
  for (size_t p = 0; p < n_parts; p++) part[p] = parts[p][k];
  for (size_t stride = 1; stride < n_parts; stride *= 2) {
    for (size_t p = 0; p + stride < n_parts; p += 2 * stride) part[p] += part[p + stride];
  }
  return part[0];
}

/* To the bit. */
static void sums_are_binary_trees(const da_kernel_set *set) {
  enum { N = 48 };
  da_random random;
  da_random_init(&random, 1, 1);
  float *parts[DA_MAX_PARTS];
  for (size_t p = 0; p < DA_MAX_PARTS; p++) parts[p] = random_floats(&random, N);
  _Alignas(64) float sum[N];
  for (size_t n_parts = 1; n_parts <= DA_MAX_PARTS; n_parts++) {
    set->add_up(N, (const float *const *)parts, n_parts, sum);
    for (size_t k = 0; k < N; k++) assert_true(sum[k] == tree_naive(parts, n_parts, k));
  }
  for (size_t p = 0; p < DA_MAX_PARTS; p++) da_mem_free(parts[p]);
}

static void check_family(const da_kernel_set *set) {
  sums_are_binary_trees(set);
  products_are_those_of_the_twin(set);
  attention_is_exact_to_a_few_ulps(set);
  extremes_saturate_and_nan_comes_through(set);
  gates_are_exact_and_bounded(set);
  cells_are_those_of_the_twin(set);
}

static void check_named_family(da_kernels kernels, const char *name) {
  const da_kernel_set *set = da_kernels_find(kernels);
  if (!set) {
    print_message("skipped: this processor or build has no %s\n", name);
    skip();
  }
  assert_string_equal(set->name, name);
  check_family(set);
}

static void plain_kernels(void **state) {
  (void)state;
  check_named_family(DA_KERNELS_PLAIN, "plain");
}

static void avx2_kernels(void **state) {
  (void)state;
  check_named_family(DA_KERNELS_AVX2, "avx2");
}

static void avx512_kernels(void **state) {
  (void)state;
  check_named_family(DA_KERNELS_AVX512, "avx512");
}

static void kernels_of_sixteen_lanes(void **state) {
  (void)state;
  check_family(&sixteen_lanes);
}

static void the_best_kernels_are_there(void **state) {
  (void)state;
  assert_non_null(da_kernels_find(DA_KERNELS_BEST));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_kernels),
      cmocka_unit_test(avx2_kernels),
      cmocka_unit_test(avx512_kernels),
      cmocka_unit_test(kernels_of_sixteen_lanes),
      cmocka_unit_test(the_best_kernels_are_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
