/* steps PACK [time]: steps of training, and scores, by each family of kernels that this processor has, on one thread.
 *
 * A step gathers a batch, finds its gradient and moves the weights. Prints a list of JSON objects: kernels, touches trained and scored
 * a second in the fastest of many steps, which is what the machine can do while others use it too. time: with the inputs of time, and
 * dropout. Used by run.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "model/engine.h"
#include "model/gather.h"
#include "model/inputs.h"
#include "train/adam.h"

enum { BATCH = 8192, N_BATCHES = 40 };

typedef struct {
  da_journeys set;
  da_inputs inputs;
  da_input_reader reader;
  da_shape shape;
  float *params, *gradient, *attention;
  da_adam adam;
  bool time;
  uint8_t *label;
  size_t attention_capacity;
} bench;

static da_status open_bench(bench *b, const char *path, da_error *err) {
  DA_TRY(da_journeys_open(path, &b->set, err));
  DA_TRY(da_inputs_choose(b->set.campaigns.n, b->time, &b->inputs, err));
  DA_TRY(da_input_reader_open(&b->inputs, &b->set.campaigns, &b->set, &b->reader, err));
  b->shape = (da_shape){.n_rows = b->inputs.n_rows, .n_inputs = b->inputs.n, .n_embedding = 20, .n_hidden = 64};
  da_tensor tensors[DA_N_TENSORS];
  const size_t length = da_network_layout(&b->shape, tensors);
  b->params = da_mem_alloc(length, sizeof *b->params);
  b->gradient = da_mem_alloc(length, sizeof *b->gradient);
  b->label = da_mem_alloc(BATCH, sizeof *b->label);
  if (!b->params || !b->gradient || !b->label) return da_mem_fail(err, length, sizeof *b->params, "the network");
  da_network_init(&b->shape, 1, b->params);
  return da_adam_init(length, &b->adam, err);
}

static void close_bench(bench *b) {
  da_mem_free(b->params);
  da_mem_free(b->gradient);
  da_mem_free(b->label);
  da_mem_free(b->attention);
  da_adam_free(&b->adam);
  da_input_reader_close(&b->reader);
  da_journeys_close(&b->set);
}

/* A batch of journeys drawn from the whole set. */
static void draw(bench *b, da_random *random, da_touches *touches) {
  for (uint32_t i = 0; i < BATCH; i++) {
    const uint64_t j = da_random_below(random, b->set.n_journeys);
    touches[i] = (da_touches){.first = b->set.first_touch[j], .n = (uint32_t)da_journey_length(&b->set, j)};
    b->label[i] = da_journey_converted(&b->set, j);
  }
}

static da_status train(bench *b, da_engine *engine, const da_touches *touches, da_gather *gather, da_batch *batch, da_error *err) {
  double loss;
  DA_TRY(da_gather_batch(gather, &b->reader, touches, BATCH, NULL, batch, err));
  batch->label = b->label;
  DA_TRY(da_engine_gradient(engine, b->params, batch, b->adam.step, b->gradient, &loss, err));
  (void)da_adam_update(&b->adam, &(da_adam_options){.learning_rate = 0.001, .scale = 1.0 / BATCH}, NULL, b->gradient, b->params);
  return da_mem_reserve((void **)&b->attention, &b->attention_capacity, batch->first[BATCH], sizeof *b->attention, "attention", err);
}

/* Touches a second in the fastest step and the fastest scoring of a batch. */
typedef struct {
  double trained, scored;
} rates;

static da_status run(bench *b, da_engine *engine, rates *fastest, da_error *err) {
  static da_touches touches[BATCH];
  da_random random;
  da_random_init(&random, 1, 0);
  da_gather gather = {0};
  da_status status = DA_OK;
  *fastest = (rates){0};
  for (int i = 0; i < N_BATCHES && status == DA_OK; i++) {
    da_batch batch = {0};
    draw(b, &random, touches);
    const double start = da_clock_seconds();
    status = train(b, engine, touches, &gather, &batch, err);
    const double middle = da_clock_seconds();
    if (status == DA_OK) status = da_engine_score(engine, b->params, &batch, b->attention, NULL, err);
    const double end = da_clock_seconds();
    if (status != DA_OK) break;
    const double n = batch.first[BATCH];
    if (n / (middle - start) > fastest->trained) fastest->trained = n / (middle - start);
    if (n / (end - middle) > fastest->scored) fastest->scored = n / (end - middle);
  }
  da_gather_free(&gather);
  return status;
}

static da_status measure(bench *b, da_kernels kernels, bool first, da_error *err) {
  da_engine *engine = NULL;
  const float rate = b->time ? 0.1f : 0;
  const da_engine_options options = {.kernels = kernels, .dropout = rate, .recurrent_dropout = rate};
  DA_TRY(da_engine_open(&b->shape, &options, NULL, &engine, err));
  rates fastest;
  const da_status status = run(b, engine, &fastest, err);
  if (status == DA_OK)
    printf("%s{\"kernels\": \"%s\", \"trained_per_second\": %.0f, \"scored_per_second\": %.0f}", first ? "[" : ", ",
           da_engine_kernels(engine), fastest.trained, fastest.scored);
  da_engine_close(engine);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: steps PACK [time]\n");
    return 2;
  }
  bench b = {.time = argc == 3};
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
    fprintf(stderr, "steps: %s\n", err.msg);
  close_bench(&b);
  return status == DA_OK ? 0 : 1;
}
