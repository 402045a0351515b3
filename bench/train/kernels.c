/* kernels PACK: gradients and scores by each family of kernels that this processor has, on one thread.
 *
 * Prints a list of JSON objects: kernels, touches differentiated and scored a second. Used by run.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "model/engine.h"
#include "model/gather.h"
#include "model/inputs.h"

enum { BATCH = 2048, N_BATCHES = 60 };

typedef struct {
  da_journeys set;
  da_inputs inputs;
  da_input_reader reader;
  da_shape shape;
  float *params, *gradient, *attention;
  uint8_t *label;
  size_t attention_capacity;
} bench;

static da_status open_bench(bench *b, const char *path, da_error *err) {
  DA_TRY(da_journeys_open(path, &b->set, err));
  DA_TRY(da_inputs_choose(b->set.campaigns.n, false, &b->inputs, err));
  DA_TRY(da_input_reader_open(&b->inputs, &b->set.campaigns, &b->set, &b->reader, err));
  b->shape = (da_shape){.n_rows = b->inputs.n_rows, .n_inputs = b->inputs.n, .n_embedding = 20, .n_hidden = 64};
  da_tensor tensors[DA_N_TENSORS];
  const size_t length = da_network_layout(&b->shape, tensors);
  b->params = da_mem_alloc(length, sizeof *b->params);
  b->gradient = da_mem_alloc(length, sizeof *b->gradient);
  b->label = da_mem_alloc(BATCH, sizeof *b->label);
  if (!b->params || !b->gradient || !b->label) return da_mem_fail(err, length, sizeof *b->params, "the network");
  da_network_init(&b->shape, 1, b->params);
  return DA_OK;
}

static void close_bench(bench *b) {
  da_mem_free(b->params);
  da_mem_free(b->gradient);
  da_mem_free(b->label);
  da_mem_free(b->attention);
  da_input_reader_close(&b->reader);
  da_journeys_close(&b->set);
}

/* A batch of journeys drawn from the whole set. */
static da_status draw(bench *b, da_random *random, da_gather *gather, da_batch *batch, da_error *err) {
  static da_touches touches[BATCH];
  for (uint32_t i = 0; i < BATCH; i++) {
    const uint64_t j = da_random_below(random, b->set.n_journeys);
    touches[i] = (da_touches){.first = b->set.first_touch[j], .n = (uint32_t)da_journey_length(&b->set, j)};
    b->label[i] = da_journey_converted(&b->set, j);
  }
  DA_TRY(da_gather_batch(gather, &b->reader, touches, BATCH, NULL, batch, err));
  batch->label = b->label;
  return da_mem_reserve((void **)&b->attention, &b->attention_capacity, batch->first[BATCH], sizeof *b->attention, "attention", err);
}

/* Seconds of gradients and of scores over N_BATCHES. */
static da_status run(bench *b, da_engine *engine, uint64_t *n_touches, double *gradient_seconds, double *score_seconds, da_error *err) {
  da_random random;
  da_random_init(&random, 1, 0);
  da_gather gather = {0};
  da_status status = DA_OK;
  *n_touches = 0, *gradient_seconds = *score_seconds = 0;
  for (int i = 0; i < N_BATCHES && status == DA_OK; i++) {
    da_batch batch;
    double loss;
    status = draw(b, &random, &gather, &batch, err);
    const double start = da_clock_seconds();
    if (status == DA_OK) status = da_engine_gradient(engine, b->params, &batch, 0, b->gradient, &loss, err);
    const double middle = da_clock_seconds();
    if (status == DA_OK) status = da_engine_score(engine, b->params, &batch, b->attention, NULL, err);
    if (i == 0 || status != DA_OK) continue; /* warms up */
    *gradient_seconds += middle - start;
    *score_seconds += da_clock_seconds() - middle;
    *n_touches += batch.first[BATCH];
  }
  da_gather_free(&gather);
  return status;
}

static da_status measure(bench *b, da_kernels kernels, bool first, da_error *err) {
  da_engine *engine = NULL;
  const da_engine_options options = {.kernels = kernels};
  DA_TRY(da_engine_open(&b->shape, &options, NULL, &engine, err));
  uint64_t n_touches;
  double gradient_seconds, score_seconds;
  const da_status status = run(b, engine, &n_touches, &gradient_seconds, &score_seconds, err);
  if (status == DA_OK)
    printf("%s{\"kernels\": \"%s\", \"differentiated_per_second\": %.0f, \"scored_per_second\": %.0f}", first ? "[" : ", ",
           da_engine_kernels(engine), (double)n_touches / gradient_seconds, (double)n_touches / score_seconds);
  da_engine_close(engine);
  return status;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: kernels PACK\n");
    return 2;
  }
  bench b = {0};
  da_error err = {0};
  da_status status = open_bench(&b, argv[1], &err);
  for (int kernels = DA_KERNELS_PLAIN; kernels <= DA_KERNELS_AVX512 && status == DA_OK; kernels++) {
    da_error missing = {0};
    status = measure(&b, (da_kernels)kernels, kernels == DA_KERNELS_PLAIN, &missing);
    if (status == DA_ERR_ARG)
      status = DA_OK; /* not on this processor */
    else if (status != DA_OK)
      err = missing;
  }
  if (status == DA_OK)
    puts("]");
  else
    fprintf(stderr, "kernels: %s\n", err.msg);
  close_bench(&b);
  return status == DA_OK ? 0 : 1;
}
