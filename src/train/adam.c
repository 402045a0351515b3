#include "train/adam.h"

#include <math.h>

#include "base/mem.h"

enum { TASK_PARAMS = 16 * 1024 }; /* a multiple of LANES */
enum { LANES = 8 };               /* sums that run side by side, so that their order does not depend on the processor */

da_status da_adam_init(size_t n, da_adam *adam, da_error *err) {
  *adam = (da_adam){.n = n, .m = da_mem_calloc(n, sizeof(float)), .v = da_mem_calloc(n, sizeof(float))};
  if (adam->m && adam->v) return DA_OK;
  da_adam_free(adam);
  return da_mem_fail(err, n, 2 * sizeof(float), "the optimiser's moments");
}

void da_adam_free(da_adam *adam) {
  da_mem_free(adam->m);
  da_mem_free(adam->v);
  *adam = (da_adam){0};
}

static double sum_of_squares(const float *values, size_t n) {
  double sums[LANES] = {0}, sum = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) sums[k] += (double)values[i + k] * (double)values[i + k];
  for (; i < n; i++) sum += (double)values[i] * (double)values[i];
  for (size_t k = 0; k < LANES; k++) sum += sums[k];
  return sum;
}

typedef struct {
  da_adam *adam;
  const float *gradient;
  float *params;
  float scale, keep, rate; /* keep: what weight decay leaves of a parameter; rate: with the bias correction */
} update_work;

static void update_task(void *context, size_t task, int thread) {
  (void)thread;
  const update_work *work = context;
  const size_t begin = task * TASK_PARAMS, rest = work->adam->n - begin, n = rest < TASK_PARAMS ? rest : TASK_PARAMS;
  const float *restrict gradient = work->gradient + begin;
  float *restrict params = work->params + begin, *restrict m = work->adam->m + begin, *restrict v = work->adam->v + begin;
  const float scale = work->scale, keep = work->keep, rate = work->rate;
  for (size_t i = 0; i < n; i++) {
    float g = scale * gradient[i];
    m[i] += 0.1f * (g - m[i]);
    v[i] += 0.001f * (g * g - v[i]);
    params[i] = keep * params[i] - rate * m[i] / (sqrtf(v[i]) + 1e-7f);
  }
}

double da_adam_update(da_adam *adam, const da_adam_options *options, da_pool *pool, const float *gradient, float *params) {
  const double norm = options->scale * sqrt(sum_of_squares(gradient, adam->n));
  if (!isfinite(norm)) return norm;
  adam->step++;
  const double t = (double)adam->step, correction = sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
  const double clip = options->clip_norm > 0 && norm > options->clip_norm ? options->clip_norm / norm : 1;
  update_work work = {
      .adam = adam,
      .gradient = gradient,
      .params = params,
      .scale = (float)(options->scale * clip),
      .keep = (float)(1 - options->learning_rate * options->weight_decay),
      .rate = (float)(options->learning_rate * correction),
  };
  da_pool_run(pool, (adam->n + TASK_PARAMS - 1) / TASK_PARAMS, update_task, &work);
  return norm;
}
