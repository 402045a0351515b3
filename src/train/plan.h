/* What a training run will do: the configuration with everything left open there chosen from the data. */
#ifndef DA_TRAIN_PLAN_H
#define DA_TRAIN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "journey/set.h"
#include "store/config.h"

typedef struct {
  uint32_t n_embedding, n_hidden;
  double dropout, recurrent_dropout;
  da_dropout_per dropout_per;
  bool time;            /* the three inputs of time */
  bool time_decay;      /* the attention forgets with time */
  uint32_t epochs;      /* at most */
  uint32_t batch_size;  /* journeys */
  double learning_rate; /* at its highest */
  uint32_t patience;    /* epochs without a better loss on val; 0: no early stopping */
  bool oversample;
  double weight_decay, clip_norm;
  uint64_t seed;
} da_train_plan;

/* batch_size 0: the largest power of two from 32 to 16,384 that leaves an epoch 100 batches or more, from 8,192 on 75. Gradients of large batches
 * are less noisy and bear a higher rate: for a batch chosen here learning_rate is that of 16 journeys and grows with the batch's square root
 * (Malladi et al. 2022 for Adam): .001 becomes .0014 at 32, .008 at 1,024, .032 at 16,384. A batch_size that was asked for is used with
 * learning_rate as it stands. */
void da_train_plan_make(const da_journeys *set, const da_config *config, da_train_plan *plan);
/* What the configured learning_rate is multiplied by. */
double da_train_plan_rate_factor(const da_journeys *set, const da_config *config);
/* A JSON object: the model's settings, and what a checkpoint must agree with. */
void da_train_plan_print_json(const da_train_plan *plan, da_text *json);

/* The rate of step 0 .. n_steps-1: up from near 0 over the first twentieth, then down to 0 as a half cosine (Loshchilov and Hutter 2017). */
double da_train_plan_rate(const da_train_plan *plan, uint64_t step, uint64_t n_steps);

#endif
