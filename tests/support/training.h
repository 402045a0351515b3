/* What tests of training share: journeys whose conversions follow a rule that is known, settings, and a monitor that listens. */
#ifndef DA_TESTS_TRAINING_H
#define DA_TESTS_TRAINING_H

#include <math.h>
#include <stdlib.h>

#include "support/folder.h"
#include "support/journeys.h"
#include "train/train.h"

static inline double planted_sigmoid(double z) { return 1 / (1 + exp(-z)); }

/* n one-user journeys of 1 to 6 touches over 5 campaigns. P(conversion) = sigmoid(bias + sum over distinct campaigns of effect), so that
 * the best loss possible is known: *best_loss is that of the true probabilities over the test split. A tenth is val, a tenth test. */
static inline test_journeys *planted_journeys(uint64_t seed, size_t n, double bias, double *best_loss) {
  enum { N_CAMPAIGNS = 5, MAX_LENGTH = 6 };
  static const double effect[N_CAMPAIGNS] = {2, -1.5, 0, 1, -0.5};
  test_journeys *made = journeys_room(n * MAX_LENGTH, N_CAMPAIGNS);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, seed, 0);
  for (uint32_t c = 0; c < N_CAMPAIGNS; c++) snprintf(made->name_text[c], sizeof made->name_text[c], "c%u", c);
  double loss = 0;
  uint64_t n_test = 0;
  for (size_t j = 0; j < n; j++) {
    int64_t now = INT64_C(1700000000000000);
    double z = bias;
    bool seen[N_CAMPAIGNS] = {false};
    for (uint64_t left = 1 + da_random_below(&random, MAX_LENGTH); left; left--) {
      uint32_t c = (uint32_t)da_random_below(&random, N_CAMPAIGNS);
      now += (int64_t)(da_random_exponential(&random) * (double)DAY_US);
      if (!seen[c]) z += effect[c];
      seen[c] = true;
      made->time_us[set->n_touches] = now;
      made->campaign[set->n_touches++] = c;
    }
    bool converted = da_random_uniform(&random) < planted_sigmoid(z);
    uint64_t split = da_random_below(&random, 10);
    int which = split == 0 ? DA_SET_VAL : split == 1 ? DA_SET_TEST : DA_SET_TRAIN;
    if (which == DA_SET_TEST) {
      loss -= log(planted_sigmoid(converted ? z : -z));
      n_test++;
    }
    made->flags[j] = (uint8_t)(which << 1 | converted);
    set->n_conversions += converted;
    made->first_touch[j + 1] = set->n_touches;
    made->first_journey[j + 1] = j + 1;
  }
  set->n_journeys = set->n_users = n;
  set->checksum = seed;
  journeys_finish(made, N_CAMPAIGNS, false);
  if (best_loss) *best_loss = loss / (double)n_test;
  return made;
}

/* A small network, so that tests are quick. */
static inline da_config training_config(void) {
  return (da_config){.model = {.n_embedding = 4, .n_hidden = 8, .dropout = 0.1, .recurrent_dropout = 0.1, .time = DA_SWITCH_OFF},
                     .training = {.epochs = 6, .learning_rate = 0.01, .patience = 3, .batch_size = 64},
                     .seed = 1};
}

/* Hears notes; asks to stop from the stop_at-th look on (0: never). */
typedef struct {
  char notes[8192];
  uint64_t n_looks, stop_at;
} training_listener;

static inline void listener_note(void *context, da_note_level level, const char *sentence) {
  (void)level;
  training_listener *listener = context;
  strncat(listener->notes, sentence, sizeof listener->notes - strlen(listener->notes) - 1);
  strncat(listener->notes, "\n", sizeof listener->notes - strlen(listener->notes) - 1);
}

static inline bool listener_interrupted(void *context) {
  training_listener *listener = context;
  return ++listener->n_looks >= listener->stop_at && listener->stop_at > 0;
}

static inline da_monitor listener_monitor(training_listener *listener) {
  return (da_monitor){.note = listener_note, .interrupted = listener_interrupted, .context = listener};
}

/* model.safetensors and score.json of a finished training, as one text. The caller frees it. */
static inline da_text training_bytes(const da_model *model, const da_train_report *report) {
  da_error err = {0};
  da_text bytes = {0};
  assert_ok(da_model_print(model, &bytes, &err), err);
  da_train_report_print_json(report, &bytes);
  return bytes;
}

#endif
