/* The kernels, written once on vectors of LANES floats. A family's file defines, then includes this:
 *
 *   LANES                    floats a vector
 *   ROWS                     rows of a product's tile; ROWS x 4 accumulators, 4 vectors of B and one of A must fit the registers
 *   vec, ivec                LANES floats; LANES int32
 *   vec_fma(a, b, c)             a b + c
 *   vec_min(a, b), vec_max(a, b)   b where one of them is NaN, so that NaN in b comes through
 *
 * Only vector operators and these are used, so the order of each sum is the order written here. */
#include <stdbool.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE vec load(const float *from) { return *(const vec *)(const void *)from; }
INLINE void store(float *to, vec value) { *(vec *)(void *)to = value; }
INLINE vec splat(float value) { return value - (vec){0}; }

INLINE float sum_of_lanes(vec v) {
  float lane[LANES];
  memcpy(lane, &v, sizeof v);
  for (int width = LANES / 2; width >= 1; width /= 2) {
    UNROLL for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  }
  return lane[0];
}

/* ---- exp, sigmoid, tanh ---- */

typedef uint32_t uvec __attribute__((vector_size(sizeof(vec))));

/* exp(x) = scale (1 + p), scale a power of two, |p| < 0.42; |x| <= 87. p is exact to about an ulp also near 0. */
INLINE void split_exp(vec x, vec *scale, vec *p) {
  const float shift = 0x1.8p23f; /* adding it rounds to an integer, which then stands in the low bits */
  const vec shifted = vec_fma(x, splat(0x1.715476p+0f), splat(shift));
  const vec n = shifted - shift;
  /* r = x - n ln 2, ln 2 in two parts: the first has few enough bits for n ln2_high to be exact */
  const vec r = vec_fma(n, splat(-0x1.7f7d1cp-20f), vec_fma(n, splat(-0x1.62e4p-1f), x));
  /* expm1(r) = r + r^2 q(r) within 1.4e-8 of expm1(r): minimax coefficients, made by expm1_coefficients.py */
  vec q = splat(0x1.6bec06p-10f);
  q = vec_fma(q, r, splat(0x1.122776p-7f));
  q = vec_fma(q, r, splat(0x1.555674p-5f));
  q = vec_fma(q, r, splat(0x1.5554bp-3f));
  q = vec_fma(q, r, splat(0x1.fffffep-2f));
  *p = vec_fma(r * r, q, r);
  *scale = (vec)(((uvec)shifted << 23) + 0x3f800000u); /* unsigned: NaN and lanes that nobody reads may wrap around */
}

/* 1 / (1 + exp(-z)) */
INLINE vec sigmoid(vec z) {
  vec scale, p;
  split_exp(vec_max(splat(-87), vec_min(splat(87), -z)), &scale, &p);
  return 1.0f / (vec_fma(scale, p, scale) + 1.0f);
}

/* (y - 1) / (y + 1) with y = exp(2 z), where y - 1 keeps its digits near z = 0. Beyond |z| = 10, tanh is 1 in single precision. */
INLINE vec tanh_of(vec z) {
  vec scale, p;
  split_exp(2.0f * vec_max(splat(-10), vec_min(splat(10), z)), &scale, &p);
  const vec y_minus_1 = vec_fma(scale, p, scale - 1.0f);
  return y_minus_1 / (y_minus_1 + 2.0f);
}

/* |x| <= 87 */
INLINE vec exp_of(vec x) {
  vec scale, p;
  split_exp(x, &scale, &p);
  return vec_fma(scale, p, scale);
}

/* ---- products ---- */

enum { PANEL = DA_PANEL_VECTORS * LANES };
/* The k of one pass: a panel of B of this height and the matching piece of A stay in the first-level cache. */
enum { DEPTH = 64 };

/* rows (a constant once inlined) x 4 vectors of C, which stay in registers over all k. */
INLINE void product_tile(int rows, size_t K, const float *A, size_t a_row, size_t a_k, const float *B, size_t b_k, const float *init,
                         size_t init_row, float *C, size_t c_row) {
  vec sum[ROWS][DA_PANEL_VECTORS];
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < DA_PANEL_VECTORS; v++) sum[r][v] = load(init + (size_t)r * init_row + v * LANES);
  }
  for (size_t k = 0; k < K; k++) {
    vec b[DA_PANEL_VECTORS];
    UNROLL for (int v = 0; v < DA_PANEL_VECTORS; v++) b[v] = load(B + k * b_k + v * LANES);
    UNROLL for (int r = 0; r < rows; r++) {
      const vec a = splat(A[(size_t)r * a_row + k * a_k]);
      UNROLL for (int v = 0; v < DA_PANEL_VECTORS; v++) sum[r][v] = vec_fma(a, b[v], sum[r][v]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < DA_PANEL_VECTORS; v++) store(C + (size_t)r * c_row + v * LANES, sum[r][v]);
  }
}

/* One panel of columns, one pass of k. */
static void product_panel(const da_product *p, size_t K, const float *A, const float *B, const float *init, size_t init_row, float *C) {
  size_t m = 0;
  for (; m + ROWS <= p->M; m += ROWS)
    product_tile(ROWS, K, A + m * p->a_row, p->a_row, p->a_k, B, p->b_k, init + m * init_row, init_row, C + m * p->c_row, p->c_row);
  for (; m < p->M; m++)
    product_tile(1, K, A + m * p->a_row, p->a_row, p->a_k, B, p->b_k, init + m * init_row, init_row, C + m * p->c_row, p->c_row);
}

static void product(const da_product *p) {
  for (size_t n = 0; n < p->N; n += PANEL) {
    const float *init = p->init + n, *B = p->B + n / PANEL * p->b_panel;
    size_t init_row = p->init_row, k = 0;
    do {
      const size_t depth = p->K - k < DEPTH ? p->K - k : DEPTH;
      product_panel(p, depth, p->A + k * p->a_k, B + k * p->b_k, init, init_row, p->C + n);
      init = p->C + n, init_row = p->c_row;
      k += depth;
    } while (k < p->K);
  }
}

/* ---- the LSTM cell ---- */

/* A node's forward pass, in two loops: the gates of one block of units wait for nothing, so that the processor overlaps blocks; the
 * tanh of c, at the end of a long chain, comes after all of them. n_inputs is a constant once inlined in the usual case. */
INLINE void cell_forward(const da_cells *cells, uint32_t node, uint32_t n_inputs) {
  const size_t P = cells->P, parent = cells->parent[node], inner = cells->inner[node], row = cells->keep ? node : 0;
  const float *z = cells->z + parent * cells->z_stride, *c_before = cells->c + parent * P;
  const uint32_t *active = cells->active + (size_t)node * n_inputs;
  float *gates = cells->gates + row * 4 * P, *tanh_c = cells->tanh_c + row * P;
  for (size_t k = 0; k < P; k += LANES) {
    vec gate[4];
    UNROLL for (int q = 0; q < 4; q++) gate[q] = load(z + 4 * k + q * LANES);
    for (uint32_t n = 0; n < n_inputs; n++) {
      const float *input = cells->table + active[n] * cells->z_stride + 4 * k;
      UNROLL for (int q = 0; q < 4; q++) gate[q] += load(input + q * LANES);
    }
    const vec i = sigmoid(gate[0]), f = sigmoid(gate[1]), g = tanh_of(gate[2]), o = sigmoid(gate[3]);
    store(gates + 4 * k, i);
    store(gates + 4 * k + LANES, f);
    store(gates + 4 * k + 2 * LANES, g);
    store(gates + 4 * k + 3 * LANES, o);
    store(tanh_c + k, vec_fma(f, load(c_before + k), i * g)); /* c, until the second loop */
  }
  float *h = cells->h + inner * cells->h_stride, *c = cells->c + inner * P;
  vec u = {0}, s = {0};
  for (size_t k = 0; k < P; k += LANES) {
    const vec c_now = load(tanh_c + k), tanh_now = tanh_of(c_now), h_now = load(gates + 4 * k + 3 * LANES) * tanh_now;
    store(tanh_c + k, tanh_now);
    if (inner) {
      store(h + k, h_now);
      store(c + k, c_now);
    }
    u = vec_fma(h_now, load(cells->w_a + k), u);
    s = vec_fma(h_now, load(cells->w_o + k), s);
  }
  cells->u[node] = sum_of_lanes(u);
  cells->s[node] = sum_of_lanes(s);
}

static void cells_forward(const da_cells *cells, uint32_t begin, uint32_t end) {
  if (cells->n_inputs == 1) {
    for (uint32_t node = begin; node < end; node++) cell_forward(cells, node, 1);
  } else {
    for (uint32_t node = begin; node < end; node++) cell_forward(cells, node, cells->n_inputs);
  }
}

INLINE void cell_backward(const da_cells *cells, uint32_t node, bool first_child, uint32_t n_inputs) {
  const size_t P = cells->P, parent = cells->parent[node], inner = cells->inner[node];
  const float *gates = cells->gates + node * 4 * P, *tanh_c = cells->tanh_c + node * P, *c_before = cells->c + parent * P;
  const float *dh_node = inner ? cells->dh + inner * cells->dh_stride : cells->zeros,
              *dc_node = inner ? cells->dc + inner * P : cells->zeros;
  float *dz_parent = cells->z + parent * cells->z_stride, *dc_parent = cells->dc + parent * P;
  const float *dz_so_far = first_child ? cells->zeros : dz_parent, *dc_so_far = first_child ? cells->zeros : dc_parent;
  const uint32_t *slot = cells->slot + (size_t)node * n_inputs;
  const vec du = splat(cells->du[node]), ds = splat(cells->ds[node]);
  for (size_t k = 0; k < P; k += LANES) {
    const vec i = load(gates + 4 * k), f = load(gates + 4 * k + LANES), g = load(gates + 4 * k + 2 * LANES),
              o = load(gates + 4 * k + 3 * LANES);
    const vec tanh_now = load(tanh_c + k), h = o * tanh_now;
    store(cells->dw_a + k, vec_fma(du, h, load(cells->dw_a + k)));
    store(cells->dw_o + k, vec_fma(ds, h, load(cells->dw_o + k)));
    const vec dh = vec_fma(du, load(cells->w_a + k), vec_fma(ds, load(cells->w_o + k), load(dh_node + k)));
    const vec dc = vec_fma(dh, o - h * tanh_now, load(dc_node + k)); /* h = o tanh c: dc += dh o (1 - tanh^2 c) */
    const vec ig = i * g;
    const vec dz[4] = {dc * vec_fma(-i, ig, ig), dc * load(c_before + k) * vec_fma(-f, f, f), dc * vec_fma(-g, ig, i),
                       dh * vec_fma(-o, h, h)};
    store(dc_parent + k, vec_fma(dc, f, load(dc_so_far + k)));
    UNROLL for (int q = 0; q < 4; q++) {
      const size_t column = 4 * k + (size_t)q * LANES;
      store(dz_parent + column, dz[q] + load(dz_so_far + column));
      for (uint32_t n = 0; n < n_inputs; n++) {
        float *d_row = cells->d_table + slot[n] * cells->z_stride + column;
        store(d_row, load(d_row) + dz[q]);
      }
    }
  }
}

static void cells_backward(const da_cells *cells, uint32_t begin, uint32_t end) {
  for (uint32_t node = begin; node < end; node++) {
    const bool first_child = node == begin || cells->parent[node] != cells->parent[node - 1];
    if (cells->n_inputs == 1)
      cell_backward(cells, node, first_child, 1);
    else
      cell_backward(cells, node, first_child, cells->n_inputs);
  }
}

/* ---- what is left ---- */

static void attention_forward(size_t n, const float *u, float b_a, float *tanh_u, float *e) {
  for (size_t k = 0; k < n; k += LANES) {
    const vec t = tanh_of(load(u + k) + b_a);
    store(tanh_u + k, t);
    store(e + k, exp_of(t));
  }
}

static void add(size_t n, float *sum, const float *part) {
  for (size_t k = 0; k < n; k += LANES) store(sum + k, load(sum + k) + load(part + k));
}

#define DA_KERNEL_SET(family)                                                                                             \
  {                                                                                                                       \
    .name = family, .lanes = LANES, .product = product, .cells_forward = cells_forward, .cells_backward = cells_backward, \
    .attention_forward = attention_forward, .add = add                                                                    \
  }
