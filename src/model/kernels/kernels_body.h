/* The kernels, written once on vectors of LANES floats. A family's file defines, then includes this:
 *
 *   LANES                    floats a vector
 *   ROWS                     rows of a product's tile; ROWS x 4 accumulators, 4 vectors of B and one of A must fit the registers
 *   vec, ivec                LANES floats; LANES int32
 *   vec_fma(a, b, c)         a b + c
 *   vec_minus_n_ln2(x, n)    x - n ln 2, exact to an ulp of x for whole n up to 126
 *   vec_sum(v)               the sum of the lanes
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

/* ---- exp, sigmoid, tanh ---- */

typedef uint32_t uvec __attribute__((vector_size(sizeof(vec))));

/* expm1(r) = r (1 + r q(r)), |r| <= ln(2) / 2: q has the minimax coefficients of expm1_coefficients.py, which leave 1.4e-8 of expm1. */
INLINE vec expm1_of(vec r) {
  vec q = splat(0x1.6bec08p-10f);
  q = vec_fma(q, r, splat(0x1.122768p-7f));
  q = vec_fma(q, r, splat(0x1.555674p-5f));
  q = vec_fma(q, r, splat(0x1.5554bp-3f));
  q = vec_fma(q, r, splat(0x1.fffffep-2f));
  return vec_fma(q, r, splat(1)) * r;
}

/* The integer nearest to x / ln 2, as the float n and as the power of two 2^n: x / ln 2 + SHIFT has no room for digits behind the point,
 * and n + 127, the exponent's bits, stands in its lowest bits. */
#define SHIFT (0x1.8p23f + 127)

/* exp(x) = 2^n exp(r) = 2^n + 2^n expm1(r), r = x - n ln(2); |x| <= 87 */
INLINE vec exp_of(vec x) {
  const vec shifted = vec_fma(x, splat(0x1.715476p+0f), splat(SHIFT));
  const vec scale = (vec)((uvec)shifted << 23); /* unsigned: NaN and lanes that nobody reads may wrap around */
  return vec_fma(scale, expm1_of(vec_minus_n_ln2(x, shifted - SHIFT)), scale);
}

/* Beyond it tanh is taken to be constant: 1 - 2.4e-7. */
#define TANH_BOUND 8.0f

/* y tanh(x z) for powers of two x and y, which move into the coefficients: tanh(z) = z p(z^2) / q(z^2), p and q of degree 4 with the minimax
 * coefficients of tanh_coefficients.py, and do not wait for each other. To 7 ulp (4e-7), 4 of them below 1/4, and never beyond 1. */
INLINE vec scaled_tanh(float y, float x, vec z) {
  const float xx = x * x, xy = x * y;
  z = vec_max(splat(-TANH_BOUND / x), vec_min(splat(TANH_BOUND / x), z));
  const vec u = z * z;
  vec p = vec_fma(u, splat(0x1.05b36p-26f * xx * xx * xx * xx * xy), splat(0x1.6f5c0cp-16f * xx * xx * xx * xy));
  vec q = vec_fma(u, splat(0x1.c99944p-21f * xx * xx * xx * xx), splat(0x1.65b78p-12f * xx * xx * xx));
  p = vec_fma(p, u, splat(0x1.d4262ep-9f * xx * xx * xy));
  q = vec_fma(q, u, splat(0x1.acaf26p-6f * xx * xx));
  p = vec_fma(p, u, splat(0x1.13584ep-3f * xx * xy));
  q = vec_fma(q, u, splat(0x1.df0178p-2f * xx));
  p = vec_fma(p, u, splat(xy));
  q = vec_fma(q, u, splat(1));
  return z * p / q;
}

INLINE vec tanh_of(vec z) { return scaled_tanh(1, 1, z); }
/* 1 / (1 + exp(-z)) to 2.1e-7 */
INLINE vec sigmoid(vec z) { return scaled_tanh(0.5f, 0.5f, z) + 0.5f; }

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

/* One panel of columns, one pass of k. The rows that are left over are computed two at a time: eight sums still keep the processor busy. */
static void product_panel(const da_product *p, size_t K, const float *A, const float *B, const float *init, size_t init_row, float *C) {
  const size_t a_row = p->a_row, a_k = p->a_k, b_k = p->b_k, c_row = p->c_row;
  size_t m = 0;
  for (; m + ROWS <= p->M; m += ROWS)
    product_tile(ROWS, K, A + m * a_row, a_row, a_k, B, b_k, init + m * init_row, init_row, C + m * c_row, c_row);
  for (; m + 2 <= p->M; m += 2) product_tile(2, K, A + m * a_row, a_row, a_k, B, b_k, init + m * init_row, init_row, C + m * c_row, c_row);
  if (m < p->M) product_tile(1, K, A + m * a_row, a_row, a_k, B, b_k, init + m * init_row, init_row, C + m * c_row, c_row);
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

/* The functions of one node are inlined with n_inputs a constant in the usual cases, so that loops over inputs disappear. */

/* z of a node in columns k ..: its parent's b + h W_h, and the table's row of each input. */
INLINE vec preactivation(const float *z, const float *const *inputs, uint32_t n_inputs, size_t k) {
  vec sum = load(z + k);
  for (uint32_t n = 0; n < n_inputs; n++) sum += load(inputs[n] + k);
  return sum;
}

/* sigmoid or tanh of the preactivations in columns begin .. end-1; each loop of its own finds its coefficients in registers. */
#define ACTIVATE(activation, begin, end) \
  for (size_t k = begin; k < end; k += LANES) store(gates + k, activation(preactivation(z, inputs, n_inputs, k)))

/* [LSTM] In two passes: in the first nothing waits, so that the processor overlaps several vectors of units; the tanh of c, at the end of
 * a long chain, comes after all of them. */
INLINE void cell_forward(const da_cells *cells, uint32_t node, uint32_t n_inputs) {
  const size_t P = cells->P, parent = cells->parent[node], inner = cells->inner[node], row = cells->keep ? node : 0;
  const float *z = cells->z + parent * cells->z_stride, *c_before = cells->c + parent * P;
  const float *inputs[DA_NETWORK_MAX_INPUTS];
  for (uint32_t n = 0; n < n_inputs; n++) inputs[n] = cells->table + cells->active[(size_t)node * n_inputs + n] * cells->z_stride;
  float *gates = cells->gates + row * 4 * P, *tanh_c = cells->tanh_c + row * P;
  ACTIVATE(sigmoid, 0, 2 * P);
  ACTIVATE(tanh_of, 2 * P, 3 * P);
  ACTIVATE(sigmoid, 3 * P, 4 * P);
  const float *i = gates, *f = i + P, *g = f + P, *o = g + P;
  float *h = cells->h + inner * cells->h_stride, *c = cells->c + inner * P;
  vec u = {0}, s = {0};
  for (size_t k = 0; k < P; k += LANES) {
    const vec c_now = vec_fma(load(f + k), load(c_before + k), load(i + k) * load(g + k));
    const vec tanh_now = tanh_of(c_now), h_now = load(o + k) * tanh_now;
    store(tanh_c + k, tanh_now);
    if (inner) {
      store(h + k, h_now);
      store(c + k, c_now);
    }
    u = vec_fma(h_now, load(cells->w_a + k), u);
    s = vec_fma(h_now, load(cells->w_o + k), s);
  }
  cells->u[node] = vec_sum(u);
  cells->s[node] = vec_sum(s);
}

static void cells_forward(const da_cells *cells, uint32_t begin, uint32_t end) {
  for (uint32_t node = begin; node < end; node++) {
    switch (cells->n_inputs) {
    case 1:
      cell_forward(cells, node, 1);
      break;
    case 4:
      cell_forward(cells, node, 4);
      break;
    default:
      cell_forward(cells, node, cells->n_inputs);
    }
  }
}

/* Where a gradient is summed, and what it is added to: nothing (zeros) at first, then itself. */
typedef struct {
  float *sum;
  const float *so_far;
} target;

INLINE void add_to(target to, size_t k, vec value) { store(to.sum + k, value + load(to.so_far + k)); }

INLINE target target_of(float *sum, bool first, const float *zeros) { return (target){.sum = sum, .so_far = first ? zeros : sum}; }

/* [LSTM] backward */
INLINE void cell_backward(const da_cells *cells, uint32_t node, bool first_child, uint32_t n_inputs) {
  const size_t P = cells->P, parent = cells->parent[node], inner = cells->inner[node];
  const float *gate_i = cells->gates + node * 4 * P, *gate_f = gate_i + P, *gate_g = gate_f + P, *gate_o = gate_g + P;
  const float *tanh_c = cells->tanh_c + node * P, *c_before = cells->c + parent * P;
  const float *dh_node = inner ? cells->dh + inner * cells->dh_stride : cells->zeros;
  const float *dc_node = inner ? cells->dc + inner * P : cells->zeros;
  const target dc_parent = target_of(cells->dc + parent * P, first_child, cells->zeros);
  target dz_of[1 + DA_NETWORK_MAX_INPUTS] = {target_of(cells->z + parent * cells->z_stride, first_child, cells->zeros)};
  for (uint32_t n = 0; n < n_inputs; n++) {
    const uint32_t slot = cells->slot[(size_t)node * n_inputs + n];
    dz_of[1 + n] = target_of(cells->d_table + (slot & ~DA_NEW_SLOT) * cells->z_stride, slot & DA_NEW_SLOT, cells->zeros);
  }
  const vec du = splat(cells->du[node]), ds = splat(cells->ds[node]);
  for (size_t k = 0; k < P; k += LANES) {
    const vec i = load(gate_i + k), f = load(gate_f + k), g = load(gate_g + k), o = load(gate_o + k);
    const vec tanh_now = load(tanh_c + k), h = o * tanh_now, ig = i * g;
    store(cells->dw_a + k, vec_fma(du, h, load(cells->dw_a + k)));
    store(cells->dw_o + k, vec_fma(ds, h, load(cells->dw_o + k)));
    const vec dh = vec_fma(du, load(cells->w_a + k), vec_fma(ds, load(cells->w_o + k), load(dh_node + k)));
    const vec dc = vec_fma(dh, o - h * tanh_now, load(dc_node + k)); /* dh o (1 - tanh^2 c) */
    add_to(dc_parent, k, dc * f);
    const vec dz_i = dc * vec_fma(-i, ig, ig);                    /* dc g i (1 - i) */
    const vec dz_f = dc * load(c_before + k) * vec_fma(-f, f, f); /* dc c_before f (1 - f) */
    const vec dz_g = dc * vec_fma(-g, ig, i);                     /* dc i (1 - g^2) */
    const vec dz_o = dh * vec_fma(-o, h, h);                      /* dh tanh c o (1 - o) */
    for (uint32_t n = 0; n <= n_inputs; n++) {
      add_to(dz_of[n], k, dz_i);
      add_to(dz_of[n], P + k, dz_f);
      add_to(dz_of[n], 2 * P + k, dz_g);
      add_to(dz_of[n], 3 * P + k, dz_o);
    }
  }
}

static void cells_backward(const da_cells *cells, uint32_t begin, uint32_t end) {
  for (uint32_t node = begin; node < end; node++) {
    const bool first_child = node == begin || cells->parent[node] != cells->parent[node - 1];
    switch (cells->n_inputs) {
    case 1:
      cell_backward(cells, node, first_child, 1);
      break;
    case 4:
      cell_backward(cells, node, first_child, 4);
      break;
    default:
      cell_backward(cells, node, first_child, cells->n_inputs);
    }
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

/* The sum of n_parts vectors in a binary tree: neighbours, then neighbours of those. From the first part to the last, waiting[level] holds
 * the sum of 2^level parts until its neighbour is complete, as the digits of a counter do: few registers are enough. */
INLINE vec tree_sum(const float *const *parts, size_t n_parts, size_t k) {
  enum { LEVELS = 5 }; /* of DA_MAX_PARTS parts */
  vec waiting[LEVELS];
  UNROLL for (size_t p = 0; p < n_parts; p++) {
    vec sum = load(parts[p] + k);
    size_t level = 0;
    for (; level < LEVELS - 1 && (p >> level & 1); level++) sum = waiting[level] + sum;
    waiting[level] = sum;
  }
  vec sum = {0};
  bool is_first = true;
  UNROLL for (size_t level = 0; level < LEVELS; level++) {
    if (!(n_parts >> level & 1)) continue;
    if (is_first)
      sum = waiting[level];
    else
      sum = waiting[level] + sum;
    is_first = false;
  }
  return sum;
}

INLINE void add_parts(size_t n, const float *const *parts, size_t n_parts, float *sum) {
  for (size_t k = 0; k < n; k += LANES) store(sum + k, tree_sum(parts, n_parts, k));
}

/* n_parts is a constant once inlined in the usual cases. */
static void add_up(size_t n, const float *const *parts, size_t n_parts, float *sum) {
  switch (n_parts) {
  case 2:
    add_parts(n, parts, 2, sum);
    break;
  case 4:
    add_parts(n, parts, 4, sum);
    break;
  case 8:
    add_parts(n, parts, 8, sum);
    break;
  case 12:
    add_parts(n, parts, 12, sum);
    break;
  case 16:
    add_parts(n, parts, 16, sum);
    break;
  default:
    add_parts(n, parts, n_parts, sum);
  }
}

#define DA_KERNEL_SET(family)                                                                                             \
  {                                                                                                                       \
    .name = family, .lanes = LANES, .product = product, .cells_forward = cells_forward, .cells_backward = cells_backward, \
    .attention_forward = attention_forward, .add_up = add_up                                                              \
  }
