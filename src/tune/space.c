#include "tune/space.h"

#include <math.h>

#include "train/plan.h"

static const da_tune_dimension space[DA_TUNE_N_DIMENSIONS] = {
    [DA_TUNE_LEARNING_RATE] = {"learning_rate", "training.learning_rate", 0.001, 0.2, true, false},
    [DA_TUNE_EPOCHS] = {"epochs", "training.epochs", 10, 50, false, true},
    [DA_TUNE_EMBEDDING] = {"embedding", "model.embedding", 20, 100, false, true},
    [DA_TUNE_LSTM] = {"lstm", "model.lstm", 64, 256, false, true},
    [DA_TUNE_DROPOUT] = {"dropout", "model.dropout", 0.001, 0.3, true, false},
    [DA_TUNE_RECURRENT_DROPOUT] = {"recurrent_dropout", "model.recurrent_dropout", 0.001, 0.3, true, false},
};

const da_tune_dimension *da_tune_space(void) { return space; }

static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

void da_tune_point_from_unit(const double *unit, da_tune_point *point) {
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) {
    const da_tune_dimension *dimension = &space[d];
    const double u = clamp(unit[d], 0, 1), n = dimension->high - dimension->low + 1;
    double value;
    if (dimension->whole)
      value = dimension->low + fmin(floor(u * n), n - 1);
    else if (dimension->log)
      value = dimension->low * pow(dimension->high / dimension->low, u);
    else
      value = dimension->low + u * (dimension->high - dimension->low);
    point->value[d] = clamp(value, dimension->low, dimension->high);
  }
}

void da_tune_point_to_unit(const da_tune_point *point, double *unit) {
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) {
    const da_tune_dimension *dimension = &space[d];
    const double value = point->value[d];
    if (dimension->whole)
      unit[d] = (value - dimension->low + 0.5) / (dimension->high - dimension->low + 1);
    else if (dimension->log)
      unit[d] = log(value / dimension->low) / log(dimension->high / dimension->low);
    else
      unit[d] = (value - dimension->low) / (dimension->high - dimension->low);
  }
}

void da_tune_point_from_config(const da_journeys *set, const da_config *config, da_tune_point *point) {
  *point = (da_tune_point){{
      [DA_TUNE_LEARNING_RATE] = config->training.learning_rate * da_train_plan_rate_factor(set, config),
      [DA_TUNE_EPOCHS] = config->training.epochs,
      [DA_TUNE_EMBEDDING] = config->model.n_embedding,
      [DA_TUNE_LSTM] = config->model.n_hidden,
      [DA_TUNE_DROPOUT] = config->model.dropout,
      [DA_TUNE_RECURRENT_DROPOUT] = config->model.recurrent_dropout,
  }};
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) point->value[d] = clamp(point->value[d], space[d].low, space[d].high);
}

void da_tune_point_apply(const da_journeys *set, const da_tune_point *point, da_config *config) {
  config->training.learning_rate = point->value[DA_TUNE_LEARNING_RATE] / da_train_plan_rate_factor(set, config);
  config->training.epochs = (uint32_t)point->value[DA_TUNE_EPOCHS];
  config->model.n_embedding = (uint32_t)point->value[DA_TUNE_EMBEDDING];
  config->model.n_hidden = (uint32_t)point->value[DA_TUNE_LSTM];
  config->model.dropout = point->value[DA_TUNE_DROPOUT];
  config->model.recurrent_dropout = point->value[DA_TUNE_RECURRENT_DROPOUT];
}
