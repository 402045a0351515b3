/* The settings that a search varies, and their ranges (those of the original project), each as a number from 0 to 1:
 *
 *   learning_rate       0.001 .. 0.2   log      the rate of Adam itself, at its highest
 *   epochs              10 .. 50
 *   embedding           20 .. 100
 *   lstm                64 .. 256
 *   dropout             0.001 .. 0.3   log
 *   recurrent_dropout   0.001 .. 0.3   log */
#ifndef DA_TUNE_SPACE_H
#define DA_TUNE_SPACE_H

#include <stdbool.h>

#include "journey/set.h"
#include "store/config.h"

enum {
  DA_TUNE_LEARNING_RATE,
  DA_TUNE_EPOCHS,
  DA_TUNE_EMBEDDING,
  DA_TUNE_LSTM,
  DA_TUNE_DROPOUT,
  DA_TUNE_RECURRENT_DROPOUT,
  DA_TUNE_N_DIMENSIONS
};

typedef struct {
  const char *name; /* as in the table of trials */
  const char *key;  /* as in config.yaml */
  double low, high;
  bool log, whole; /* spread evenly in the logarithm; whole numbers */
} da_tune_dimension;

/* [DA_TUNE_N_DIMENSIONS] */
const da_tune_dimension *da_tune_space(void);

/* value[d] within the dimension's range; unit[d] in [0, 1]. Whole numbers have equal shares of [0, 1] and come back as the middle. */
typedef struct {
  double value[DA_TUNE_N_DIMENSIONS];
} da_tune_point;
void da_tune_point_from_unit(const double *unit, da_tune_point *point);
void da_tune_point_to_unit(const da_tune_point *point, double *unit);

/* What config says, moved into the ranges where it is outside. set: for the rate that config's learning_rate amounts to (train/plan.h). */
void da_tune_point_from_config(const da_journeys *set, const da_config *config, da_tune_point *point);
/* Writes the point into config. */
void da_tune_point_apply(const da_journeys *set, const da_tune_point *point, da_config *config);

#endif
