/* Oracle: campaigns that are always shown at the same moments, beside one that is shown on its own. */
#include "credit/incremental/confusion.h"

#include <math.h>

#include "support/incremental.h"

/* Users who are shown "c00000" and "c00001" within a second whenever they see one of them, and "c00002" at moments of its own. */
static test_journeys *draw_twins(uint64_t seed, bool always_together) {
  enum { N = 2000 };
  test_journeys *made = journeys_room(N * 9, 3);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, seed, 0);
  for (uint32_t c = 0; c < 3; c++) snprintf(made->name_text[c], sizeof made->name_text[c], "c%05u", c);
  for (int user = 0; user < N; user++) {
    double now = 0;
    for (int i = 0; i < 4; i++) {
      now += 5 * da_random_exponential(&random) + .01;
      bool twins = da_random_below(&random, 2) == 0, alone = !always_together;
      uint32_t first = alone && twins ? (uint32_t)da_random_below(&random, 2) : twins ? 0 : 2;
      made->campaign[set->n_touches] = first;
      made->time_us[set->n_touches++] = (int64_t)(now * (double)DAY_US);
      if (twins && !alone) {
        made->campaign[set->n_touches] = 1;
        made->time_us[set->n_touches] = made->time_us[set->n_touches - 1] + 1000000;
        set->n_touches++;
      }
      bool converted = da_random_uniform(&random) < (first == 2 ? .02 : .12);
      if (!converted && i < 3) continue;
      journeys_end_one(made, DA_SET_TRAIN, converted);
    }
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, 3, false);
  return made;
}

static void twins_are_named_and_others_are_not(void **state) {
  (void)state;
  for (int together = 0; together < 2; together++) {
    da_error err = {0};
    prepared *p = prepare_set(draw_twins(1, together), 1);
    da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data};
    da_hazard_options options = {0};
    da_confused_pair pairs[4];
    size_t n;
    assert_ok(da_hazard_init(&p->data, (da_hazard_structure){0}, &answer.hazard, &err), err);
    assert_ok(da_hazard_fit(&p->data, &options, &answer.hazard, &err), err);
    assert_ok(da_confusion_find(&answer, 4, pairs, &n, &err), err);
    assert_int_equal(n, together);
    if (together) assert_true(pairs[0].first == 0 && pairs[0].second == 1);
    da_hazard_free(&answer.hazard);
    prepared_free(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(twins_are_named_and_others_are_not)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
