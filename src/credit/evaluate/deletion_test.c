/* Oracle: probabilities of what is left of journeys, written out. */
#include "credit/evaluate/deletion.h"

#include "support/credit.h"
#include "support/small_network.h"

static void open_fixture(da_model *model, test_journeys **made, const char *text) {
  small_network_init(model);
  *made = journeys_from_text(text);
}

static void the_most_credited_go_first(void **state) {
  (void)state;
  da_error err = {0};
  da_model model;
  test_journeys *made;
  open_fixture(&model, &made, "d@0! | a@2 b@2.5 a@4 c@9!");
  const uint64_t journey[] = {0, 1};
  const float credit[] = {1, .3f, .1f, .4f, .2f}; /* of journey 1 the second a goes first, then the first a, c, b */
  da_deletion_curve curve;
  assert_ok(da_deletion_measure(&model, &made->set, &(da_deletion_journeys){journey, 2}, credit, 1, &curve, &err), err);
  double whole = small_network_probability(&model, "a@2 b@2.5 a@4 c@9"), area = 0;
  double left[DA_DELETION_PARTS];
  for (int part = 0; part < DA_DELETION_PARTS; part++) {
    int gone = 4 * (part + 1) / DA_DELETION_PARTS;
    double p = gone == 0   ? whole
               : gone == 1 ? small_network_probability(&model, "a@2 b@2.5 c@9")
               : gone == 2 ? small_network_probability(&model, "b@2.5 c@9")
               : gone == 3 ? small_network_probability(&model, "b@2.5")
                           : da_model_probability(&model, (double)da_model_empty_logit(&model, NULL));
    left[part] = p / whole;
    area += left[part] / DA_DELETION_PARTS;
    assert_near(curve.left[part], left[part], 1e-5);
  }
  assert_int_equal(curve.n_journeys, 1);
  assert_near(curve.area, area, 1e-5);
  journeys_free(made);
  da_model_close(&model);
}

/* More journeys than are asked about at once: each as if it were alone. */
static void many_journeys_are_the_mean_of_each(void **state) {
  (void)state;
  enum { N = 200 };
  da_error err = {0};
  da_model model;
  small_network_init(&model);
  test_journeys *made = journeys_random(5, N, 4, 6);
  const da_journeys *set = &made->set;
  float *credit = credit_attention(set, 3);
  uint64_t *journey = journeys_zeroed(set->n_journeys, sizeof *journey);
  da_deletion_curve all, one;
  double sum[DA_DELETION_PARTS] = {0}, n = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    journey[j] = j;
    assert_ok(da_deletion_measure(&model, set, &(da_deletion_journeys){journey + j, 1}, credit + set->first_touch[j], 1, &one, &err), err);
    for (int part = 0; part < DA_DELETION_PARTS && one.n_journeys; part++) sum[part] += one.left[part];
    n += (double)one.n_journeys;
  }
  assert_ok(da_deletion_measure(&model, set, &(da_deletion_journeys){journey, set->n_journeys}, credit, 1, &all, &err), err);
  assert_int_equal(all.n_journeys, n);
  assert_true(n > 256);
  for (int part = 0; part < DA_DELETION_PARTS; part++) assert_near(all.left[part], sum[part] / n, 1e-5);
  free(journey);
  free(credit);
  journeys_free(made);
  da_model_close(&model);
}

static void without_journeys_nothing_is_known(void **state) {
  (void)state;
  da_error err = {0};
  da_model model;
  test_journeys *made;
  open_fixture(&model, &made, "d@0!");
  const uint64_t journey[] = {0};
  da_deletion_curve curve;
  assert_ok(da_deletion_measure(&model, &made->set, &(da_deletion_journeys){journey, 1}, NULL, 1, &curve, &err), err);
  assert_true(isnan(curve.area) && isnan(curve.left[0]) && curve.n_journeys == 0);
  journeys_free(made);
  da_model_close(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_most_credited_go_first),
      cmocka_unit_test(many_journeys_are_the_mean_of_each),
      cmocka_unit_test(without_journeys_nothing_is_known),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
