/* What every test of an attribution method asks: literal journeys, shares that sum to 1, a naive twin on random journeys. */
#ifndef DA_TESTS_CREDIT_H
#define DA_TESTS_CREDIT_H

#include <math.h>

#include "credit/fitted.h"
#include "credit/method.h"
#include "support/journeys.h"

#define assert_near(found, wanted, tolerance)                                                                   \
  do {                                                                                                          \
    double near_found = (found), near_wanted = (wanted);                                                        \
    if (!(fabs(near_found - near_wanted) <= (tolerance))) {                                                     \
      fail_msg("expected %s to be %.17g but found %.17g (line %d)", #found, near_wanted, near_found, __LINE__); \
    }                                                                                                           \
  } while (0)

/* Methods whose credit is known by heart, whatever others there are: for tests of what is done with credit. chosen: room for all. */
static inline size_t credit_plain_methods(bool has_network, const da_method **chosen) {
  static const char *const names[] = {"attention", "first_touch", "last_touch", "linear", "time_decay", "position_based"};
  size_t n = 0;
  for (size_t i = has_network ? 0 : 1; i < sizeof names / sizeof names[0]; i++) assert_non_null(chosen[n++] = da_method_find(names[i]));
  return n;
}

static inline da_config credit_config(void) { return (da_config){.credit = {.half_life_days = 7, .position_weights = {0.4, 0.4}}}; }

/* A softmax as a network would give it: uneven, single precision, by journey. Caller frees. */
static inline float *credit_attention(const da_journeys *set, uint64_t seed) {
  float *attention = journeys_zeroed(set->n_touches, sizeof *attention);
  da_random random;
  da_random_init(&random, seed, 1);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    float sum = 0;
    for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) sum += attention[t] = (float)da_random_exponential(&random);
    for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) attention[t] /= sum;
  }
  return attention;
}

/* The method's credit for every touch of the set; the caller frees it. */
static inline double *credit_of(const da_method *method, const da_journeys *set, const da_config *config, const float *attention) {
  da_error err = {0};
  double *credit = journeys_zeroed(set->n_touches, sizeof *credit), *baseline = journeys_zeroed(set->n_journeys, sizeof *baseline);
  const da_credit_input input = {.set = set, .config = config};
  const da_credit_range range = {.end = set->n_journeys, .attention = attention};
  da_fitted fitted;
  assert_ok(da_fitted_open(&input, &method, 1, &fitted, &err), err);
  assert_ok(da_fitted_credit(&fitted, 0, &input, &range, credit, baseline, &err), err);
  da_fitted_close(&fitted);
  free(baseline);
  return credit;
}

/* The journeys of text (see journeys_from_text) get these credits, touch by touch. */
static inline void assert_credits(const da_method *method, const da_config *config, const char *text, const double *wanted, size_t n) {
  test_journeys *made = journeys_from_text(text);
  assert_int_equal(made->set.n_touches, n);
  double *credit = credit_of(method, &made->set, config, NULL);
  for (size_t t = 0; t < n; t++) {
    if (!(fabs(credit[t] - wanted[t]) <= 1e-12)) {
      fail_msg("%s, touch %zu: expected %s to give %.17g but found %.17g", text, t, method->name, wanted[t], credit[t]);
    }
  }
  free(credit);
  journeys_free(made);
}
#define ASSERT_CREDITS(method, config, text, ...) \
  assert_credits(method, config, text, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* A slow twin: the share of touch i of the n touches of one converting journey, from its definition alone. */
typedef double (*credit_twin)(const da_journeys *set, const float *attention, uint64_t first, uint64_t n, uint64_t i);

/* On random journeys of all lengths the method gives what its twin gives, nothing where there was no conversion, and sums of 1; and a
 * range that begins anywhere gives the same as the whole. */
static inline void assert_agrees_with_twin(const da_method *method, const da_config *config, credit_twin twin) {
  da_error err = {0};
  test_journeys *made = journeys_random(7, 300, 6, 30);
  const da_journeys *set = &made->set;
  float *attention = credit_attention(set, 7);
  double *credit = credit_of(method, set, config, attention);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    uint64_t first = set->first_touch[j], n = da_journey_length(set, j);
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
      assert_near(credit[first + i], da_journey_converted(set, j) ? twin(set, attention, first, n, i) : 0, 1e-12);
      sum += credit[first + i];
    }
    assert_near(sum, da_journey_converted(set, j), 1e-12);
  }
  uint64_t begin = set->n_journeys / 3, first = set->first_touch[begin];
  double *part = journeys_zeroed(set->n_touches, sizeof *part), *baseline = journeys_zeroed(set->n_journeys, sizeof *baseline);
  const da_credit_input input = {.set = set, .config = config};
  const da_credit_range range = {.begin = begin, .end = set->n_journeys, .attention = attention + first};
  assert_ok(method->credit(NULL, &input, &range, part, baseline, &err), err);
  assert_memory_equal(part, credit + first, (set->n_touches - first) * sizeof *part);
  free(attention), free(credit), free(part), free(baseline);
  journeys_free(made);
}

#endif
