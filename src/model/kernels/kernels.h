/* The arithmetic of the network in single precision, once for each kind of processor.
 *
 *   H hidden units, padded with zeros to P = a multiple of the family's lanes L; N nodes of a tile; I inputs a touch
 *
 * Node: one touch of one journey, or of all journeys of a tile that are equal up to it. Nodes stand level by level (a level: all
 * touches of one position), children of one node side by side. Inner node: one with children; inner nodes are numbered apart, in
 * node order, from 1. Number 0 is the root: the state before the first touch, parent of the first level.
 *
 *   gate rows (4P, stride Z): P columns each of i, f, g, o
 *   W_h packed for the forward product:  [panel of 4L gate columns][P units][4L]: a panel lies in one piece
 *   W_h packed for the backward product: [panel of 4L units][4P gate columns][4L]
 *
 * The same family gives the same bits each time; families differ by rounding. No kernel allocates, none can fail. */
#ifndef DA_MODEL_KERNELS_H
#define DA_MODEL_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/engine.h"

enum { DA_PANEL_VECTORS = 4, DA_MAX_LANES = 16 }; /* a product's panel: 4 vectors wide */
enum { DA_MAX_PARTS = 16 };                       /* of a sum */
#define DA_NEW_SLOT UINT32_C(0x80000000)

/* C (M, N) = init + A (M, K) B (K, N), N a multiple of 4L. Strides in floats; element (m, k) of A stands at m a_row + k a_k, so
 * that a transposed A needs no copy. */
typedef struct {
  size_t M, N, K;
  const float *A;
  size_t a_row, a_k;
  const float *B;
  size_t b_k, b_panel; /* from one k to the next; from one panel of 4L columns to the next */
  const float *init;   /* row m at m init_row: init_row 0 gives each row the same (a bias); init = C accumulates */
  size_t init_row;
  float *C;
  size_t c_row;
} da_product;

/* The nodes of a tile. Rows of P floats unless said otherwise. */
typedef struct {
  uint32_t n_inputs, P;
  size_t z_stride, h_stride, dh_stride;
  const float *zeros; /* [4P] */
  /* weights */
  const float *table; /* (rows, z_stride): emb W_x, a row for each embedding row in use */
  const float *w_a, *w_o;
  /* structure */
  const uint32_t *parent; /* [N] number of the parent among inner nodes */
  const uint32_t *inner;  /* [N] own number among inner nodes, 0 for a leaf */
  const uint32_t *active; /* [N][I] rows of table */
  const uint32_t *slot;   /* [N][I] rows of d_table, with DA_NEW_SLOT where the row has nothing yet: what it holds is overwritten */
  /* states */
  bool keep;             /* gates and tanh_c are wanted by the backward pass; otherwise they have one row, used over and over */
  float *gates, *tanh_c; /* [N] rows of 4P and P */
  float *z;              /* [n_inner] (z_stride): forward b + h W_h; backward the sum of dz over the children */
  float *h;              /* [n_inner] (h_stride): h, then a 1 in column P, whose weight is the bias */
  float *c, *dc;         /* [n_inner] */
  float *dh;             /* [n_inner] (dh_stride) */
  float *u, *s;          /* [N] w_a . h and w_o . h */
  /* gradients */
  const float *du, *ds; /* [N] */
  float *d_table;       /* (slots, z_stride), added to */
  float *dw_a, *dw_o;   /* added to */
} da_cells;

typedef struct {
  const char *name;
  uint32_t lanes; /* L */
  void (*product)(const da_product *product);
  /* Nodes begin .. end-1, of one level. The parents' z is ready: [LSTM] gates, c and h; u and s. */
  void (*cells_forward)(const da_cells *cells, uint32_t begin, uint32_t end);
  /* The nodes' dh and dc are ready where they are inner: dz goes to the parents' z and dc and to d_table. A parent's first child
   * overwrites, the others add. */
  void (*cells_backward)(const da_cells *cells, uint32_t begin, uint32_t end);
  /* [ATTENTION] tanh_u = tanh(u + b_a), e = exp(tanh_u); n rounded up to whole vectors is read and written. */
  void (*attention_forward)(size_t n, const float *u, float b_a, float *tanh_u, float *e);
  /* sum[i] = the sum of parts[p][i] over 1 .. DA_MAX_PARTS parts, in a fixed binary tree; n a multiple of L; sum may be a part. */
  void (*add_up)(size_t n, const float *const *parts, size_t n_parts, float *sum);
} da_kernel_set;

/* NULL when this processor lacks it, or this build does. BEST never fails. */
const da_kernel_set *da_kernels_find(da_kernels kernels);

#endif
