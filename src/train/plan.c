#include "train/plan.h"

#include <math.h>

#include "model/inputs.h"

enum { SMALLEST_BATCH = 32, LARGE_BATCH = 8192, LARGEST_BATCH = 16384 };
/* Of an epoch. Small sets are short of steps: 80,000 journeys in batches of 1,024, 78 an epoch, end up with worse probabilities than in
 * batches of 512 (train_calibration_slow_test.c). Large sets are not (docs/training.md). */
enum { FEWEST_BATCHES = 100, FEWEST_LARGE_BATCHES = 75 };
enum { UNSCALED_BATCH = 16 }; /* for which learning_rate holds as it stands */

static uint64_t count_train(const da_journeys *set) {
  uint64_t n = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) n += da_journey_set(set, j) == DA_SET_TRAIN;
  return n;
}

static uint32_t choose_batch(uint64_t n_journeys) {
  uint32_t size = SMALLEST_BATCH;
  for (uint32_t next = 2 * size; next <= LARGEST_BATCH; next *= 2) {
    const uint64_t fewest = next < LARGE_BATCH ? FEWEST_BATCHES : FEWEST_LARGE_BATCHES;
    if (next * fewest <= n_journeys) size = next;
  }
  return size;
}

double da_train_plan_rate_factor(const da_journeys *set, const da_config *config) {
  return config->training.batch_size > 0 ? 1 : sqrt((double)choose_batch(count_train(set)) / UNSCALED_BATCH);
}

void da_train_plan_make(const da_journeys *set, const da_config *config, da_train_plan *plan) {
  const da_config_training *training = &config->training;
  *plan = (da_train_plan){
      .n_embedding = config->model.n_embedding,
      .n_hidden = config->model.n_hidden,
      .dropout = config->model.dropout,
      .recurrent_dropout = config->model.recurrent_dropout,
      .dropout_per = config->model.dropout_per,
      .time = config->model.time == DA_SWITCH_ON || (config->model.time == DA_SWITCH_AUTO && da_time_varies(set, 0, set->n_journeys)),
      .time_decay = config->model.time_decay,
      .epochs = training->epochs,
      .batch_size = training->batch_size,
      .learning_rate = training->learning_rate,
      .patience = training->patience,
      .oversample = training->oversample,
      .weight_decay = training->weight_decay,
      .clip_norm = training->clip_norm,
      .seed = config->seed,
  };
  if (plan->batch_size == 0) {
    plan->batch_size = choose_batch(count_train(set));
    plan->learning_rate *= da_train_plan_rate_factor(set, config);
  }
}

void da_train_plan_print_json(const da_train_plan *plan, da_text *json) {
  const struct {
    const char *key;
    double value;
  } numbers[] = {
      {"embedding", plan->n_embedding},
      {"lstm", plan->n_hidden},
      {"dropout", plan->dropout},
      {"recurrent_dropout", plan->recurrent_dropout},
      {"epochs", plan->epochs},
      {"batch_size", plan->batch_size},
      {"learning_rate", plan->learning_rate},
      {"patience", plan->patience},
      {"weight_decay", plan->weight_decay},
      {"clip_norm", plan->clip_norm},
  };
  da_text_append(json, "{");
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    da_text_printf(json, "\"%s\":", numbers[i].key);
    da_text_append_json_number(json, numbers[i].value);
    da_text_append(json, ",");
  }
  da_text_printf(json, "\"dropout_per\":\"%s\",", plan->dropout_per == DA_DROPOUT_PER_JOURNEY ? "journey" : "step");
  da_text_printf(json, "\"time\":%s,\"time_decay\":%s,\"oversample\":%s,\"seed\":%llu}", plan->time ? "true" : "false",
                 plan->time_decay ? "true" : "false", plan->oversample ? "true" : "false", (unsigned long long)plan->seed);
}

double da_train_plan_rate(const da_train_plan *plan, uint64_t step, uint64_t n_steps) {
  const double warm_up = ceil((double)n_steps / 20), at = (double)step;
  if (at < warm_up) return plan->learning_rate * (at + 1) / (warm_up + 1);
  return plan->learning_rate * 0.5 * (1 + cos(acos(-1) * (at - warm_up) / ((double)n_steps - warm_up)));
}
