#include "credit/markov/eliminate.h"

#include <string.h>

#include "base/mem.h"

/* A chain as a matrix of what flows from row to column: rows START, then states; columns CONVERSION, END, then states. */
enum { CONVERSION, END, FIRST_STATE };

typedef struct {
  uint32_t n;         /* states */
  double *flow;       /* [n + 1][n + 2] */
  uint32_t *campaign; /* [n] */
} matrix;

static double *row_of(const matrix *m, uint32_t row) { return m->flow + (size_t)row * (m->n + FIRST_STATE); }

static void matrix_free(matrix *m) {
  da_mem_free(m->flow);
  da_mem_free(m->campaign);
}

static da_status matrix_init(uint32_t n, matrix *m, da_error *err) {
  size_t cells = ((size_t)n + 1) * (n + FIRST_STATE);
  *m = (matrix){.n = n, .flow = da_mem_calloc(cells, sizeof *m->flow), .campaign = da_mem_alloc(n, sizeof *m->campaign)};
  return m->flow && m->campaign ? DA_OK : da_mem_fail(err, cells, sizeof *m->flow, "the matrix of a Markov chain");
}

static void fill(const da_chain *chain, matrix *m) {
  for (uint32_t s = 0; s <= m->n; s++) {
    double *row = row_of(m, s);
    row[CONVERSION] = chain->converted[s];
    row[END] = chain->other[s];
    if (s > 0) m->campaign[s - 1] = da_chain_campaign(chain, s);
    for (uint64_t i = chain->first_out[s]; i < chain->first_out[s + 1]; i++) {
      row[FIRST_STATE + da_chain_target(chain, chain->out[i]) - 1] = chain->edge_count[chain->out[i]];
    }
  }
}

/* The same with the states from `first` on in front of the others. */
static void copy_turned(const matrix *from, uint32_t first, matrix *to) {
  uint32_t n_front = from->n - first;
  for (uint32_t r = 0; r <= from->n; r++) {
    const double *old = row_of(from, r);
    double *row = row_of(to, r == 0 ? 0 : r > first ? r - first : r + n_front);
    memcpy(row, old, FIRST_STATE * sizeof *row);
    memcpy(row + FIRST_STATE, old + FIRST_STATE + first, n_front * sizeof *row);
    memcpy(row + FIRST_STATE + n_front, old + FIRST_STATE, first * sizeof *row);
  }
  memcpy(to->campaign, from->campaign + first, n_front * sizeof *to->campaign);
  memcpy(to->campaign + n_front, from->campaign, first * sizeof *to->campaign);
}

/* Takes out the states from n_kept on, the last first: then the columns that are left lie in front. */
static void take_out(matrix *m, uint32_t n_kept) {
  for (uint32_t e = m->n - 1; e >= n_kept; e--) {
    const double *restrict out = row_of(m, e + 1);
    uint32_t n_columns = FIRST_STATE + e;
    double leaves = 0;
    for (uint32_t j = 0; j < n_columns; j++) leaves += out[j];
    for (uint32_t i = 0; i <= e && leaves > 0; i++) {
      double *restrict row = row_of(m, i), part = row[FIRST_STATE + e] / leaves;
      if (part == 0) continue;
      for (uint32_t j = 0; j < n_columns; j++) row[j] += part * out[j];
    }
  }
}

/* The first n states of a matrix whose others were taken out, as one of their own. */
static void cut(const matrix *from, matrix *to) {
  for (uint32_t r = 0; r <= to->n; r++) memcpy(row_of(to, r), row_of(from, r), (to->n + FIRST_STATE) * sizeof(double));
  memcpy(to->campaign, from->campaign, to->n * sizeof *to->campaign);
}

static da_status solve(const matrix *m, double *through, da_error *err);

/* Keeps one half, which begins at state `first`, and goes on with it. */
static da_status solve_half(const matrix *m, uint32_t first, uint32_t n_kept, double *through, da_error *err) {
  matrix whole, half = {0};
  da_status status = matrix_init(m->n, &whole, err);
  if (status == DA_OK) {
    copy_turned(m, first, &whole);
    take_out(&whole, n_kept);
    status = matrix_init(n_kept, &half, err);
  }
  if (status == DA_OK) cut(&whole, &half);
  matrix_free(&whole);
  if (status == DA_OK) status = solve(&half, through, err);
  matrix_free(&half);
  return status;
}

static da_status solve(const matrix *m, double *through, da_error *err) {
  if (m->n > 1) {
    DA_TRY(solve_half(m, 0, m->n / 2, through, err));
    return solve_half(m, m->n / 2, m->n - m->n / 2, through, err);
  }
  const double *start = row_of(m, 0), *state = row_of(m, 1);
  double ends = state[CONVERSION] + state[END];
  through[m->campaign[0]] = ends > 0 ? start[FIRST_STATE] * state[CONVERSION] / ends : 0;
  return DA_OK;
}

typedef struct {
  const matrix *m;
  double *through;
  da_error errors[2];
} halves;

static void half_task(void *context, size_t task, int thread) {
  (void)thread;
  halves *h = context;
  uint32_t first = task == 0 ? 0 : h->m->n / 2, n_kept = task == 0 ? h->m->n / 2 : h->m->n - h->m->n / 2;
  h->errors[task].code = solve_half(h->m, first, n_kept, h->through, &h->errors[task]);
}

da_status da_chain_eliminate(const da_chain *chain, da_pool *pool, double *through, da_error *err) {
  matrix m;
  memset(through, 0, chain->n_campaigns * sizeof *through);
  if (chain->state.n == 1) return DA_OK; /* no touches at all */
  da_status status = matrix_init(chain->state.n - 1, &m, err);
  if (status == DA_OK) {
    fill(chain, &m);
    halves h = {.m = &m, .through = through};
    if (m.n == 1) {
      status = solve(&m, through, err);
    } else {
      da_pool_run(pool, 2, half_task, &h);
    }
    for (int task = 0; task < 2 && status == DA_OK; task++) {
      status = h.errors[task].code;
      if (status != DA_OK && err) *err = h.errors[task];
    }
  }
  matrix_free(&m);
  return status;
}
