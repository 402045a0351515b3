#include "model/engine.h"

#include <string.h>

#include "base/mem.h"
#include "model/engine_share.h"
#include "model/engine_tile.h"

struct da_engine {
  da_engine_options options;
  da_pool *pool;
  int n_threads;
  da_weights weights;
  da_plan plans[2]; /* of the batch at hand, and of the next */
  const da_plan *plan;
  da_batch ahead; /* whose plan is the other; without rows: nobody's */
  bool ahead_is_scoring;
  void (*errand)(void *context, size_t number);
  size_t n_errands;
  void *errand_context;
  da_tile_space *spaces; /* [n_threads] */
  da_partial *partials;  /* [DA_MAX_CHUNKS] */
  da_share share;        /* this rank's chunks */
  float *x, *table, *d_rows, *dW_x_groups;
  size_t x_capacity, table_capacity, d_rows_capacity, groups_capacity;
};

/* ---- life ---- */

static da_status check_options(const da_engine_options *options, da_error *err) {
  const float rates[] = {options->dropout, options->recurrent_dropout};
  for (int i = 0; i < 2; i++) {
    if (!(rates[i] >= 0 && rates[i] <= 0.99f))
      return da_fail(err, DA_ERR_ARG, "expected a dropout rate of 0 to 0.99 but found %g", (double)rates[i]);
  }
  return DA_OK;
}

static da_status choose_kernels(da_kernels wanted, const da_kernel_set **kernels, da_error *err) {
  *kernels = da_kernels_find(wanted);
  if (*kernels) return DA_OK;
  return da_fail(err, DA_ERR_ARG, "expected a processor and a build with %s but found neither or one: use the best kernels there are",
                 wanted == DA_KERNELS_AVX512 ? "AVX-512" : "AVX2");
}

da_status da_engine_open(const da_shape *shape, const da_engine_options *options, da_pool *pool, da_engine **out, da_error *err) {
  *out = NULL;
  const da_kernel_set *kernels = NULL;
  DA_TRY(da_network_check(shape, err));
  DA_TRY(check_options(options, err));
  DA_TRY(choose_kernels(options->kernels, &kernels, err));
  da_engine *engine = da_mem_calloc(1, sizeof *engine);
  if (!engine) return da_mem_fail(err, 1, sizeof *engine, "the network's engine");
  engine->options = *options;
  engine->pool = pool;
  engine->n_threads = da_pool_n_threads(pool);
  engine->plan = engine->plans;
  da_status status = da_weights_open(&engine->weights, shape, kernels, err);
  if (status != DA_OK) goto failed;
  engine->spaces = da_mem_calloc((size_t)engine->n_threads, sizeof *engine->spaces);
  engine->partials = da_mem_calloc(DA_MAX_CHUNKS, sizeof *engine->partials);
  if (!engine->spaces || !engine->partials) {
    status = da_mem_fail(err, (size_t)engine->n_threads, sizeof *engine->spaces, "the network's engine");
    goto failed;
  }
  *out = engine;
  return DA_OK;
failed:
  da_engine_close(engine);
  return status;
}

void da_engine_close(da_engine *engine) {
  if (!engine) return;
  for (int i = 0; engine->spaces && i < engine->n_threads; i++) da_tile_space_free(&engine->spaces[i]);
  for (int i = 0; engine->partials && i < DA_MAX_CHUNKS; i++) da_partial_free(&engine->partials[i]);
  da_mem_free(engine->spaces);
  da_mem_free(engine->partials);
  da_share_free(&engine->share);
  da_mem_free(engine->x);
  da_mem_free(engine->table);
  da_mem_free(engine->d_rows);
  da_mem_free(engine->dW_x_groups);
  for (int i = 0; i < 2; i++) da_plan_free(&engine->plans[i]);
  da_weights_close(&engine->weights);
  da_mem_free(engine);
}

const char *da_engine_kernels(const da_engine *engine) { return engine->weights.kernels->name; }

/* ---- planning ahead ---- */

static da_plan *other_plan(da_engine *engine) { return engine->plan == engine->plans ? engine->plans + 1 : engine->plans; }

/* Journeys that begin alike do not share where each has masks of its own, or touches of its own age. */
static da_plan_options plan_options(const da_engine *engine, bool scoring) {
  const da_engine_options *options = &engine->options;
  const bool masked = options->dropout > 0 || options->recurrent_dropout > 0;
  const bool own_masks = !scoring && masked && options->dropout_kind == DA_DROPOUT_JOURNEY;
  return (da_plan_options){.share = !own_masks && !engine->weights.shape.time_decay, .max_chunks = scoring ? UINT32_MAX : DA_MAX_CHUNKS};
}

da_status da_engine_plan(da_engine *engine, const da_batch *batch, bool scoring, da_error *err) {
  const da_plan_options options = plan_options(engine, scoring);
  engine->ahead = (da_batch){0};
  DA_TRY(da_plan_make(other_plan(engine), &engine->weights.shape, batch, &options, err));
  engine->ahead = *batch;
  engine->ahead_is_scoring = scoring;
  return DA_OK;
}

/* Makes the plan of that batch the engine's. */
static da_status take_plan(da_engine *engine, const da_batch *batch, bool scoring, da_error *err) {
  const da_batch *ahead = &engine->ahead;
  const bool is_ready = ahead->rows && ahead->rows == batch->rows && ahead->first == batch->first &&
                        ahead->n_journeys == batch->n_journeys && engine->ahead_is_scoring == scoring;
  if (!is_ready) DA_TRY(da_engine_plan(engine, batch, scoring, err));
  engine->plan = other_plan(engine);
  engine->ahead = (da_batch){0};
  return DA_OK;
}

void da_engine_take_along(da_engine *engine, void (*errand)(void *context, size_t number), size_t n_errands, void *context) {
  engine->errand = errand;
  engine->n_errands = n_errands;
  engine->errand_context = context;
}

void da_engine_set_mark(da_engine *engine, bool mark) { engine->share.mark = mark; }
bool da_engine_has_mark(const da_engine *engine) { return engine->share.any_mark; }

/* ---- a step, in four rounds of tasks ---- */

/* What the tasks of one call share. */
typedef struct {
  da_engine *engine;
  const float *params;
  const da_batch *batch;
  da_weight_masks weight_masks;
  bool scoring;
  da_tile_context context;
  float *attention, *logit; /* scoring */
  da_sum sum;               /* training */
} step;

/* Round 1: the weights. */
static void pack_weights(void *context, size_t task, int thread) {
  (void)thread;
  const step *s = context;
  da_weights_pack(&s->engine->weights, s->params, &s->weight_masks, task);
}

/* Round 2: the table's rows. */
static void fill_table(void *context, size_t task, int thread) {
  (void)thread;
  const step *s = context;
  const da_engine *engine = s->engine;
  const uint64_t n = engine->plan->n_active;
  const size_t begin = n * task / DA_ROW_GROUPS, end = n * (task + 1) / DA_ROW_GROUPS;
  da_weights_table(&engine->weights, s->params, &s->weight_masks, engine->plan->active_row + begin, end - begin,
                   engine->x + begin * engine->weights.pad.x_stride, engine->table + begin * engine->weights.pad.z_stride);
}

/* Round 3: the chunks, and the errands. The shorter come last, for at the end of a round threads wait for the last task: errands when
 * training; when scoring, where a piece is read about as fast as a few threads score it, the chunks. */
static void run_errand(const step *s, size_t number) { s->engine->errand(s->engine->errand_context, number); }

static void differentiate_chunk(void *context, size_t task, int thread) {
  const step *s = context;
  const da_engine *engine = s->engine;
  const size_t number = engine->share.begin + task;
  if (number >= engine->share.end) {
    run_errand(s, number - engine->share.end);
    return;
  }
  const da_chunk *chunk = &engine->plan->chunks[number];
  da_partial *partial = &engine->partials[number];
  da_partial_begin(partial, &engine->weights, engine->plan->n_active, s->context.masks.on);
  for (uint32_t t = chunk->begin; t < chunk->end; t++)
    da_tile_gradient(&engine->spaces[thread], &s->context, &engine->plan->tiles[t], partial);
}

static void score_chunk(void *context, size_t task, int thread) {
  const step *s = context;
  const da_engine *engine = s->engine;
  if (task < engine->n_errands) {
    run_errand(s, task);
    return;
  }
  const da_chunk *chunk = &engine->plan->chunks[task - engine->n_errands];
  for (uint32_t t = chunk->begin; t < chunk->end; t++)
    da_tile_score(&engine->spaces[thread], &s->context, &engine->plan->tiles[t], s->attention, s->logit);
}

/* Round 4: the sum of their gradients. */
static void sum_chunks(void *context, size_t task, int thread) {
  (void)thread;
  const step *s = context;
  da_partial_sum(&s->sum, task);
}

static da_status reserve_floats(float **items, size_t *capacity, size_t n, da_error *err) {
  return da_mem_reserve((void **)items, capacity, n, sizeof **items, "the network's step", err);
}

/* Rounds 1 and 2, and memory for the tiles. */
static da_status begin_step(step *s, da_error *err) {
  da_engine *engine = s->engine;
  const da_padding *pad = &engine->weights.pad;
  DA_TRY(take_plan(engine, s->batch, s->scoring, err));
  da_pool_run(engine->pool, DA_PACK_TASKS, pack_weights, s);
  const size_t n_active = engine->plan->n_active;
  DA_TRY(reserve_floats(&engine->x, &engine->x_capacity, n_active * pad->x_stride, err));
  DA_TRY(reserve_floats(&engine->table, &engine->table_capacity, n_active * pad->z_stride, err));
  s->context.weights = &engine->weights;
  s->context.plan = engine->plan;
  s->context.batch = s->batch;
  s->context.params = s->params;
  s->context.table = engine->table;
  for (int i = 0; i < engine->n_threads; i++) DA_TRY(da_tile_space_reserve(&engine->spaces[i], &s->context, !s->scoring, err));
  da_pool_run(engine->pool, DA_ROW_GROUPS, fill_table, s);
  return DA_OK;
}

static size_t row_stride(const step *s) { return s->context.masks.on ? s->engine->weights.pad.x_stride : s->engine->weights.pad.z_stride; }

static da_status reserve_gradients(step *s, da_error *err) {
  da_engine *engine = s->engine;
  const da_plan *plan = engine->plan;
  const da_padding *pad = &engine->weights.pad;
  const da_shape *shape = &engine->weights.shape;
  for (uint32_t c = engine->share.begin; c < engine->share.end; c++) {
    size_t n_rows = (size_t)plan->chunks[c].n_nodes * shape->n_inputs;
    if (n_rows > plan->n_active) n_rows = plan->n_active;
    DA_TRY(da_partial_reserve(&engine->partials[c], &engine->weights, row_stride(s), n_rows, plan->n_active, err));
  }
  DA_TRY(reserve_floats(&engine->d_rows, &engine->d_rows_capacity, plan->n_active * pad->z_stride, err));
  return reserve_floats(&engine->dW_x_groups, &engine->groups_capacity, DA_ROW_GROUPS * shape->n_embedding * pad->z_stride, err);
}

static void set_masks(step *s, uint64_t seed) {
  const da_engine_options *options = &s->engine->options;
  const bool any = options->dropout > 0 || options->recurrent_dropout > 0;
  if (options->dropout_kind == DA_DROPOUT_STEP)
    s->weight_masks = (da_weight_masks){.dropout = options->dropout, .recurrent_dropout = options->recurrent_dropout, .seed = seed};
  else
    s->context.masks =
        (da_journey_masks){.on = any, .dropout = options->dropout, .recurrent_dropout = options->recurrent_dropout, .seed = seed};
}

da_status da_engine_gradient(da_engine *engine, const float *params, const da_batch *batch, uint64_t mask_seed, float *dparams,
                             double *loss, da_error *err) {
  if (!batch->label) return da_fail(err, DA_ERR_ARG, "expected a batch with labels but found none");
  step s = {.engine = engine, .params = params, .batch = batch};
  set_masks(&s, mask_seed);
  DA_TRY(begin_step(&s, err));
  da_share_take(&engine->share, engine->options.team, engine->plan->n_chunks);
  DA_TRY(reserve_gradients(&s, err));
  da_pool_run(engine->pool, engine->share.end - engine->share.begin + engine->n_errands, differentiate_chunk, &s);
  engine->n_errands = 0;
  DA_TRY(da_share_exchange(&engine->share, &engine->weights, engine->plan, engine->partials, row_stride(&s), s.context.masks.on, err));
  memset(dparams, 0,
         (size_t)engine->weights.shape.n_rows * engine->weights.shape.n_embedding * sizeof *dparams); /* the embedding's: rows not met */
  s.sum = (da_sum){.weights = &engine->weights,
                   .plan = engine->plan,
                   .masks = &s.weight_masks,
                   .journey_masks = s.context.masks.on,
                   .partials = engine->partials,
                   .x = engine->x,
                   .d_rows = engine->d_rows,
                   .dW_x_groups = engine->dW_x_groups,
                   .dparams = dparams};
  da_pool_run(engine->pool, DA_SUM_TASKS + DA_ROW_GROUPS, sum_chunks, &s);
  da_partial_finish(&s.sum, loss);
  return DA_OK;
}

da_status da_engine_score(da_engine *engine, const float *params, const da_batch *batch, float *attention, float *logit, da_error *err) {
  step s = {.engine = engine, .params = params, .batch = batch, .scoring = true, .attention = attention, .logit = logit};
  DA_TRY(begin_step(&s, err));
  da_pool_run(engine->pool, engine->n_errands + engine->plan->n_chunks, score_chunk, &s);
  engine->n_errands = 0;
  return DA_OK;
}
