/* A small network over the campaigns a, b, c, d, and what it says of journeys that are written out. */
#ifndef DA_TESTS_SMALL_NETWORK_H
#define DA_TESTS_SMALL_NETWORK_H

#include "model/score.h"
#include "support/journeys.h"

static inline void small_network_init(da_model *model) {
  da_error err = {0};
  const da_slice items[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}};
  const da_names names = {items, 4};
  da_inputs inputs;
  assert_ok(da_inputs_choose(4, true, &inputs, &err), err);
  assert_ok(da_model_init(&inputs, 4, 8, &names, "{}", model, &err), err);
  da_network_init(&model->shape, 3, model->params);
  for (size_t i = 0; i < da_model_n_params(model); i++) model->params[i] *= 3; /* away from the flat start */
}

/* Its probability for the one journey of text. */
static inline double small_network_probability(const da_model *model, const char *text) {
  da_error err = {0};
  test_journeys *made = journeys_from_text(text);
  da_scorer *scorer;
  float logit;
  assert_int_equal(made->set.n_journeys, 1);
  assert_ok(da_scorer_open(model, &made->set, NULL, NULL, &scorer, &err), err);
  assert_ok(da_scorer_score(scorer, 0, 1, NULL, &logit, &err), err);
  da_scorer_close(scorer);
  journeys_free(made);
  return da_model_probability(model, (double)logit);
}

#endif
