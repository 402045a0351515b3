#include "model/engine.h"

#include "base/mem.h"
#include "model/engine_naive.h"

struct da_engine {
  da_shape shape;
  da_engine_options options;
  da_pool *pool;
  size_t length; /* of the parameters */
};

da_status da_engine_open(const da_shape *shape, const da_engine_options *options, da_pool *pool, da_engine **out, da_error *err) {
  *out = NULL;
  DA_TRY(da_network_check(shape, err));
  da_engine *engine = da_mem_calloc(1, sizeof *engine);
  if (!engine) return da_mem_fail(err, 1, sizeof *engine, "the network's engine");
  da_tensor tensors[DA_N_TENSORS];
  *engine = (da_engine){.shape = *shape, .options = *options, .pool = pool, .length = da_network_layout(shape, tensors)};
  *out = engine;
  return DA_OK;
}

void da_engine_close(da_engine *engine) { da_mem_free(engine); }

const char *da_engine_kernels(const da_engine *engine) {
  (void)engine;
  return "plain";
}

static double *widen(const float *params, size_t n) {
  double *wide = da_mem_alloc(n, sizeof *wide);
  for (size_t i = 0; wide && i < n; i++) wide[i] = params[i];
  return wide;
}

da_status da_engine_gradient(da_engine *engine, const float *params, const da_batch *batch, uint64_t mask_seed, float *dparams,
                             double *loss, da_error *err) {
  double *wide = widen(params, engine->length), *dwide = da_mem_alloc(engine->length, sizeof *dwide);
  da_status status = DA_OK;
  if (wide && dwide) {
    *loss = naive_engine(&engine->shape, &engine->options, wide, batch, mask_seed, dwide, NULL, NULL);
    for (size_t i = 0; i < engine->length; i++) dparams[i] = (float)dwide[i];
  } else {
    status = da_mem_fail(err, engine->length, sizeof *wide, "the network's gradients");
  }
  da_mem_free(wide);
  da_mem_free(dwide);
  return status;
}

da_status da_engine_score(da_engine *engine, const float *params, const da_batch *batch, float *attention, float *logit, da_error *err) {
  const uint32_t n_touches = batch->first[batch->n_journeys], B = batch->n_journeys;
  double *wide = widen(params, engine->length), *a = da_mem_alloc(n_touches, sizeof *a), *z = da_mem_alloc(B, sizeof *z);
  da_status status = DA_OK;
  if (wide && a && z) {
    naive_engine(&engine->shape, NULL, wide, batch, 0, NULL, a, z);
    for (uint32_t t = 0; attention && t < n_touches; t++) attention[t] = (float)a[t];
    for (uint32_t j = 0; logit && j < B; j++) logit[j] = (float)z[j];
  } else {
    status = da_mem_fail(err, n_touches, sizeof *a, "the scores");
  }
  da_mem_free(wide);
  da_mem_free(a);
  da_mem_free(z);
  return status;
}
