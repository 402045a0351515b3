#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "train/evaluate.h"
#include "train/rows.h"

enum { MAX_RETRIES = 4, SECONDS_BETWEEN_CHECKPOINTS = 60 };

/* What the seed is used for; each use has numbers of its own. */
enum { STREAM_INIT, STREAM_ORDER, STREAM_MASKS, STREAM_ROWS };

/* ---- life ---- */

da_status da_trainer_make_model(const da_train_job *job, const da_train_plan *plan, da_model *model, da_error *err) {
  da_inputs inputs;
  DA_TRY(da_inputs_choose(job->set->campaigns.n, plan->time, &inputs, err));
  inputs.time_decay = plan->time_decay;
  da_arena edges = {0};
  da_status status = da_inputs_learn_features(job->set, &inputs, &edges, err);
  da_text settings = {0};
  da_train_plan_print_json(plan, &settings);
  if (status == DA_OK) status = da_text_check(&settings, err);
  if (status == DA_OK) status = da_model_init(&inputs, plan->n_embedding, plan->n_hidden, &job->set->campaigns, settings.data, model, err);
  da_text_free(&settings);
  da_arena_free(&edges);
  model->set_checksum = job->set->checksum;
  return status;
}

/* The sampled journeys' log-odds: the loss then begins where a model without any input would end. */
static float prior_logit(const da_batches_info *info) {
  double n_converting = (double)info->n_converting * info->sampling_ratio, n_others = (double)(info->n_journeys - info->n_converting);
  return (float)log(n_converting / n_others);
}

/* Begins from nothing, with n_retries kept. */
static void begin(da_trainer *trainer) {
  da_train_state *state = &trainer->state;
  da_network_init(&trainer->model->shape, da_random_hash(trainer->plan.seed, STREAM_INIT), state->params);
  da_tensor tensors[DA_N_TENSORS];
  da_network_layout(&trainer->model->shape, tensors);
  const da_inputs *inputs = &trainer->model->inputs;
  da_rows_begin(inputs->items, inputs->n, trainer->model->shape.n_embedding, da_random_hash(trainer->plan.seed, STREAM_ROWS),
                state->params + tensors[DA_TENSOR_EMBEDDING].offset);
  state->params[tensors[DA_TENSOR_OUT_B].offset] = prior_logit(da_batches_describe(trainer->batches));
  memset(state->adam.m, 0, state->n * sizeof(float));
  memset(state->adam.v, 0, state->n * sizeof(float));
  memset(state->best, 0, state->n * sizeof(float));
  state->adam.step = state->n_batches = 0;
  state->n_epochs = state->best_epoch = 0;
  state->loss = 0;
}

static da_status make_room(da_trainer *trainer, da_error *err) {
  const uint32_t batch_size = da_batches_describe(trainer->batches)->batch_size;
  const da_shape *shape = &trainer->model->shape;
  trainer->row_count = da_mem_alloc((size_t)shape->n_rows + shape->n_user_rows, sizeof *trainer->row_count);
  bool complete = true;
  for (int i = 0; i < DA_N_READY; i++) {
    trainer->ready[i].converted = da_mem_alloc(batch_size, sizeof(uint8_t));
    complete = complete && trainer->ready[i].converted;
  }
  trainer->gradient = da_mem_alloc(da_model_n_params(trainer->model), sizeof *trainer->gradient);
  if (!trainer->row_count || !complete || !trainer->gradient)
    return da_mem_fail(err, da_model_n_params(trainer->model), sizeof(float), "training");
  return da_train_state_init(da_model_n_params(trainer->model), trainer->plan.epochs, &trainer->state, err);
}

/* Rank 0 has read the checkpoint, the others take it from there. */
static da_status share_state(da_trainer *trainer, da_error *err) {
  const da_team *team = trainer->job->team;
  const char *settings = trainer->model->settings;
  const uint64_t checksum = trainer->job->set->checksum;
  if (da_team_size(team) == 1) return DA_OK;
  da_text bytes = {0};
  da_piece pieces[DA_TEAM_MAX_RANKS];
  da_status status = DA_OK;
  if (trainer->resumed) status = da_checkpoint_print(&trainer->state, settings, checksum, &bytes, err);
  if (status == DA_OK) status = team->gather(team->context, bytes.data, bytes.length, pieces, err);
  if (status == DA_OK && team->rank > 0 && pieces[0].n_bytes > 0) {
    status = da_checkpoint_parse(pieces[0].data, pieces[0].n_bytes, settings, checksum, &trainer->state, err);
    trainer->resumed = status == DA_OK;
  }
  da_text_free(&bytes);
  return status;
}

static da_status open_parts(da_trainer *trainer, da_error *err) {
  const da_train_job *job = trainer->job;
  const da_train_plan *plan = &trainer->plan;
  da_model *model = trainer->model;
  const da_engine_options options = {.dropout_kind = plan->dropout_per == DA_DROPOUT_PER_JOURNEY ? DA_DROPOUT_JOURNEY : DA_DROPOUT_STEP,
                                     .dropout = (float)plan->dropout,
                                     .recurrent_dropout = (float)plan->recurrent_dropout,
                                     .team = job->team};
  DA_TRY(da_engine_open(&model->shape, &options, job->pool, &trainer->engine, err));
  DA_TRY(da_scorer_open(model, job->set, job->pool, NULL, &trainer->scorer, err));
  DA_TRY(da_input_reader_open(&model->inputs, &model->campaigns, job->set, &trainer->reader, err));
  DA_TRY(da_batches_open(job->set, da_random_hash(plan->seed, STREAM_ORDER), plan->oversample, plan->batch_size, &trainer->batches, err));
  model->logit_shift = (float)-log(da_batches_describe(trainer->batches)->sampling_ratio);
  DA_TRY(make_room(trainer, err));
  DA_TRY(da_rows_count(&trainer->reader, job->team, trainer->row_count, err));
  if (job->bucket)
    DA_TRY(da_checkpoint_load(job->bucket, model->settings, job->set->checksum, job->monitor, &trainer->state, &trainer->resumed, err));
  DA_TRY(share_state(trainer, err));
  if (!trainer->resumed) begin(trainer);
  return DA_OK;
}

da_status da_trainer_open(const da_train_job *job, const da_train_plan *plan, da_model *model, da_trainer *trainer, da_error *err) {
  *trainer = (da_trainer){.job = job, .plan = *plan, .model = model, .saved_at = da_clock_seconds()};
  da_status status = open_parts(trainer, err);
  if (status != DA_OK) da_trainer_close(trainer);
  return status;
}

void da_trainer_close(da_trainer *trainer) {
  da_train_state_free(&trainer->state);
  da_mem_free(trainer->row_count);
  da_mem_free(trainer->gradient);
  for (int i = 0; i < DA_N_READY; i++) {
    da_mem_free(trainer->ready[i].converted);
    da_assembly_free(&trainer->ready[i].assembly);
  }
  da_input_reader_close(&trainer->reader);
  da_batches_close(trainer->batches);
  da_scorer_close(trainer->scorer);
  da_engine_close(trainer->engine);
  *trainer = (da_trainer){0};
}

double da_trainer_peak_rate(const da_trainer *trainer) { return trainer->plan.learning_rate * pow(0.25, trainer->state.n_retries); }

static da_status save(da_trainer *trainer, da_error *err) {
  const da_train_job *job = trainer->job;
  trainer->saved_at = da_clock_seconds();
  return job->bucket ? da_checkpoint_save(job->bucket, &trainer->state, trainer->model->settings, job->set->checksum, err) : DA_OK;
}

/* ---- steps ---- */

static double rate_now(const da_trainer *trainer) {
  const uint64_t n_steps = trainer->plan.epochs * da_batches_describe(trainer->batches)->n_batches;
  da_train_plan plan = trainer->plan;
  plan.learning_rate = da_trainer_peak_rate(trainer);
  return da_train_plan_rate(&plan, trainer->state.adam.step, n_steps);
}

static da_ready_batch *place_of(da_trainer *trainer, uint64_t number) { return &trainer->ready[number % DA_N_READY]; }

/* Reads the batch of that number, which is the next of the epoch. */
static da_status read_batch(da_trainer *trainer, uint64_t number, da_pool *pool, da_error *err) {
  const da_train_job *job = trainer->job;
  da_ready_batch *ready = place_of(trainer, number);
  const uint64_t *journeys;
  uint32_t n;
  DA_TRY(da_batches_next(trainer->batches, &journeys, &n, err));
  for (uint32_t i = 0; i < n; i++) ready->converted[i] = da_journey_converted(job->set, journeys[i]);
  DA_TRY(da_assembly_batch(&ready->assembly, &trainer->reader, journeys, n, pool, job->team, &ready->batch, err));
  ready->batch.label = ready->converted;
  ready->status = DA_OK;
  return DA_OK;
}

/* Beside the computation of a batch: 0 plans the next, 1 reads the one after. */
static void prepare(void *context, size_t errand) {
  da_trainer *trainer = context;
  const uint64_t number = trainer->state.n_batches + 1 + errand;
  da_ready_batch *ready = place_of(trainer, number);
  if (errand == 1)
    ready->status = read_batch(trainer, number, NULL, &ready->err);
  else if (ready->status == DA_OK)
    ready->status = da_engine_plan(trainer->engine, &ready->batch, false, &ready->err);
}

/* One update. *loss: the sum over the batch before it. DA_ERR_NUM when it is no number. */
static da_status update(da_trainer *trainer, const da_batch *batch, double *loss, da_error *err) {
  da_train_state *state = &trainer->state;
  const uint32_t n = batch->n_journeys;
  const uint64_t mask_seed = da_random_hash(da_random_hash(trainer->plan.seed, STREAM_MASKS), state->adam.step);
  DA_TRY(da_engine_gradient(trainer->engine, state->params, batch, mask_seed, trainer->gradient, loss, err));
  const da_adam_options options = {.learning_rate = rate_now(trainer),
                                   .weight_decay = trainer->plan.weight_decay,
                                   .clip_norm = trainer->plan.clip_norm,
                                   .scale = 1.0 / n};
  const double norm = da_adam_update(&state->adam, &options, trainer->job->pool, trainer->gradient, state->params);
  trainer->n_touches += batch->first[n];
  if (!isfinite(*loss) || !isfinite(norm)) return da_fail(err, DA_ERR_NUM, "the loss is %g and its gradient's norm %g", *loss / n, norm);
  return DA_OK;
}

/* One batch; before it that batch and the next are read, the first time here (is_first). Alone, the one after is read beside the
 * computation. Ranks exchange what each of them has read, so all read at the same time: when the computation is done. */
static da_status step(da_trainer *trainer, bool is_first, da_error *err) {
  const da_train_job *job = trainer->job;
  da_train_state *state = &trainer->state;
  const uint64_t number = state->n_batches, n_after = da_batches_describe(trainer->batches)->n_batches - number - 1;
  const size_t n_errands = da_team_size(job->team) == 1 ? 2 : 1;
  for (uint64_t ahead = 0; is_first && ahead <= n_after && ahead < 2; ahead++) DA_TRY(read_batch(trainer, number + ahead, job->pool, err));
  const da_ready_batch *ready = place_of(trainer, number);
  if (ready->status != DA_OK) return da_fail(err, ready->status, "%s", ready->err.msg);
  da_engine_take_along(trainer->engine, prepare, n_after < n_errands ? n_after : n_errands, trainer);
  double loss;
  DA_TRY(update(trainer, &ready->batch, &loss, err));
  if (n_errands < 2 && n_after > 1) DA_TRY(read_batch(trainer, number + 2, job->pool, err));
  state->loss += loss;
  state->n_batches++;
  return DA_OK;
}

/* ---- epochs ---- */

/* Far above what a model without any input loses: log-odds have run away. */
static da_status check_loss(const da_trainer *trainer, double loss, da_error *err) {
  const double p = 1 / (1 + exp(-(double)prior_logit(da_batches_describe(trainer->batches))));
  const double entropy = -p * log(p) - (1 - p) * log(1 - p);
  if (loss <= 2 * entropy + 0.5) return DA_OK;
  return da_fail(err, DA_ERR_NUM, "the mean loss is %.3g where the conversion rate alone gives %.3g", loss, entropy);
}

/* The network as it stands, ready for scoring. */
static void settle(da_trainer *trainer) {
  da_model *model = trainer->model;
  memcpy(model->params, trainer->state.params, trainer->state.n * sizeof(float));
  da_tensor tensors[DA_N_TENSORS];
  da_network_layout(&model->shape, tensors);
  const da_inputs *inputs = &model->inputs;
  const uint64_t *count = trainer->row_count;
  da_rows_settle(inputs->items, inputs->n, count, model->shape.n_embedding, model->params + tensors[DA_TENSOR_EMBEDDING].offset);
  da_rows_settle(inputs->user, inputs->n_user, count + inputs->n_rows, 1, model->params + tensors[DA_TENSOR_USER].offset);
}

/* All batches of the epoch are done: measures it, keeps it if it is the best, saves. */
static da_status end_epoch(da_trainer *trainer, da_error *err) {
  const da_train_job *job = trainer->job;
  da_train_state *state = &trainer->state;
  da_train_epoch epoch = {.learning_rate = rate_now(trainer),
                          .train_loss = state->loss / (double)da_batches_describe(trainer->batches)->n_samples};
  DA_TRY(check_loss(trainer, epoch.train_loss, err));
  settle(trainer);
  da_metrics val;
  DA_TRY(da_evaluate(trainer->scorer, job->set, DA_SET_VAL, (double)trainer->model->logit_shift, job->team, job->monitor, "validation",
                     &val, err));
  epoch.val_loss = val.loss;
  epoch.val_auc = val.auc;
  /* Without a val split nothing says that an epoch is worse than the one before. */
  const bool better = state->best_epoch == 0 || !(epoch.val_loss >= state->epochs[state->best_epoch - 1].val_loss);
  state->epochs[state->n_epochs++] = epoch;
  state->n_batches = 0;
  state->loss = 0;
  if (better) {
    state->best_epoch = state->n_epochs;
    memcpy(state->best, trainer->model->params, state->n * sizeof(float));
  }
  return save(trainer, err);
}

/* Before each batch. What one of several ranks has heard travels as a mark with the gradients of the next batch, and stops all after it. */
static da_status check_stop(da_trainer *trainer, bool is_first, const char *stage, da_error *err) {
  const da_train_job *job = trainer->job;
  if (is_first || da_team_size(job->team) == 1) return da_team_check(job->team, job->monitor, stage, err);
  if (da_engine_has_mark(trainer->engine)) return da_monitor_stop(stage, err);
  da_engine_set_mark(trainer->engine, da_monitor_interrupted(job->monitor));
  return DA_OK;
}

/* What is left of an epoch. */
static da_status run_epoch(da_trainer *trainer, da_error *err) {
  const da_train_job *job = trainer->job;
  da_train_state *state = &trainer->state;
  const da_batches_info *info = da_batches_describe(trainer->batches);
  char stage[64];
  snprintf(stage, sizeof stage, "training epoch %u of %u", state->n_epochs + 1, trainer->plan.epochs);
  DA_TRY(da_batches_start(trainer->batches, state->n_epochs, state->n_batches, err));
  for (bool is_first = true; state->n_batches < info->n_batches; is_first = false) {
    DA_TRY(check_stop(trainer, is_first, stage, err));
    const double started = da_clock_seconds();
    DA_TRY(step(trainer, is_first, err));
    const double now = da_clock_seconds();
    trainer->seconds += now - started;
    if (now - trainer->saved_at > SECONDS_BETWEEN_CHECKPOINTS) DA_TRY(save(trainer, err));
    da_monitor_progress(job->monitor, stage, "touches", info->n_sample_touches * state->n_batches / info->n_batches,
                        info->n_sample_touches);
  }
  return end_epoch(trainer, err);
}

static bool is_over(const da_trainer *trainer) {
  const da_train_state *state = &trainer->state;
  if (state->n_epochs == trainer->plan.epochs) return true;
  return trainer->plan.patience > 0 && state->n_epochs - state->best_epoch >= trainer->plan.patience;
}

/* why holds what went wrong. */
static da_status begin_again(da_trainer *trainer, const da_error *why, da_error *err) {
  const double rate = da_trainer_peak_rate(trainer);
  const uint32_t epoch = trainer->state.n_epochs + 1;
  if (trainer->state.n_retries == MAX_RETRIES)
    return da_fail(err, DA_ERR_NUM,
                   "training diverged in epoch %u (%s), the last time at learning rate %g: set training.learning_rate lower, or "
                   "training.clip_norm to 1",
                   epoch, why->msg, rate);
  trainer->state.n_retries++;
  da_monitor_note(trainer->job->monitor, DA_NOTE_WARNING,
                  "training diverged in epoch %u at learning rate %g (%s): it begins again at a quarter of the rate, %g", epoch, rate,
                  why->msg, da_trainer_peak_rate(trainer));
  begin(trainer);
  return DA_OK;
}

da_status da_trainer_run_to(da_trainer *trainer, uint32_t n_epochs, da_error *err) {
  while (!is_over(trainer) && trainer->state.n_epochs < n_epochs) DA_TRY(run_epoch(trainer, err));
  return DA_OK;
}

da_status da_trainer_run(da_trainer *trainer, da_error *err) {
  while (!is_over(trainer)) {
    da_error why = {0};
    da_status status = run_epoch(trainer, &why);
    if (status == DA_ERR_NUM) {
      DA_TRY(begin_again(trainer, &why, err));
    } else if (status != DA_OK) {
      if (status == DA_ERR_INTERRUPTED) DA_TRY(save(trainer, err));
      return da_fail(err, status, "%s", why.msg);
    }
  }
  memcpy(trainer->model->params, trainer->state.best, trainer->state.n * sizeof(float));
  return DA_OK;
}
