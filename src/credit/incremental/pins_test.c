/* Oracle: the sums of the credit, campaign by campaign and conversion by conversion; the formula of the inverse variances by hand. */
#include "credit/incremental/pins.h"

#include "support/incremental.h"

typedef struct {
  prepared *p;
  da_answer answer;
  da_held held[4];
} fitted;

/* A fitted log of four campaigns; modulated: touches strengthen each other. */
static fitted *fit_log(int modulated) {
  da_error err = {0};
  fitted *f = calloc(1, sizeof *f);
  f->p = prepare_set(journeys_random(9, 400, 4, 6), 2);
  f->answer = (da_answer){.form = DA_FORM_HAZARD, .data = f->p->data, .hazard = hazard_random(f->p, 0, modulated, 4)};
  da_hazard_options options = {0};
  if (!modulated) assert_ok(da_hazard_fit(&f->p->data, &options, &f->answer.hazard, &err), err);
  return f;
}

static void fitted_free(fitted *f) {
  da_hazard_free(&f->answer.hazard);
  prepared_free(f->p);
  free(f);
}

typedef struct {
  double shapley[4], removal[4], room[4], baseline;
} credit;

static credit credited(const fitted *f, bool held, const float *weight) {
  da_error err = {0};
  credit found;
  da_answer answer = f->answer;
  answer.held = held ? f->held : NULL;
  da_answer_totals totals = {.shapley = found.shapley, .removal = found.removal, .room = found.room};
  assert_ok(da_answer_total(&answer, weight, f->p->pool, &totals, &err), err);
  found.baseline = totals.baseline;
  return found;
}

static void hold(fitted *f, const da_pin *pin, uint32_t n, const float *weight, da_pin_outcome *outcome) {
  da_error err = {0};
  assert_ok(da_pins_hold(&f->answer, &(da_pins){pin, n}, weight, f->p->pool, f->held, outcome, &err), err);
}

static double sum_of(const credit *all) { return all->shapley[0] + all->shapley[1] + all->shapley[2] + all->shapley[3] + all->baseline; }

static void exact_experiments_are_credited_to_the_conversion(void **state) {
  (void)state;
  for (int modulated = 0; modulated < 2; modulated++) {
    fitted *f = fit_log(modulated);
    credit before = credited(f, false, NULL);
    /* Less than the log says, more than it says, and harm; two at a time, whose touches meet. */
    const double asked[][2] = {{.3 * before.removal[1], .5 * before.removal[2]},
                               {before.removal[1] + .2 * before.room[1], .1 * before.removal[2]},
                               {before.removal[1] + .1 * before.room[1], before.removal[2] + .3 * before.room[2]},
                               {-3, 0}};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
      const da_pin pins[] = {{1, asked[i][0], 0}, {2, asked[i][1], 0}};
      da_pin_outcome outcome[2];
      hold(f, pins, 2, NULL, outcome);
      credit after = credited(f, true, NULL);
      for (int p = 0; p < 2; p++) {
        assert_near(after.shapley[p + 1], asked[i][p], 1e-6);
        assert_near(after.removal[p + 1], asked[i][p], 1e-6);
        assert_near(outcome[p].credited, asked[i][p], 1e-6);
        assert_near(outcome[p].alone, before.removal[p + 1], 1e-9);
      }
      assert_near(sum_of(&after), sum_of(&before), 1e-9 * sum_of(&before));
      if (!modulated) assert_near(after.shapley[0], before.shapley[0], 1e-9); /* nobody else is touched */
    }
    fitted_free(f);
  }
}

static void the_journey_form_is_held_too(void **state) {
  (void)state;
  da_error err = {0};
  fitted *f = fit_log(0);
  da_journey_counts counts;
  const double tau[] = {1, 4};
  assert_ok(da_journey_counts_init(&f->p->timeline, tau, 2, NULL, &counts, &err), err);
  assert_ok(da_journey_form_fit(&counts, false, NULL, NULL, NULL, &f->answer.journey, &err), err);
  f->answer.form = DA_FORM_JOURNEY;
  f->answer.counts = &counts;
  const da_pin pin = {3, 7, 0};
  hold(f, &pin, 1, NULL, NULL);
  credit after = credited(f, true, NULL);
  assert_near(after.shapley[3], 7, 1e-6);
  assert_near(after.removal[3], 7, 1e-6);
  da_journey_form_free(&f->answer.journey);
  da_journey_counts_free(&counts);
  fitted_free(f);
}

static void more_than_the_log_holds_is_credited_as_far_as_it_goes(void **state) {
  (void)state;
  fitted *f = fit_log(0);
  credit before = credited(f, false, NULL);
  const da_pin pin = {1, 1e6, 0};
  da_pin_outcome outcome;
  hold(f, &pin, 1, NULL, &outcome);
  credit after = credited(f, true, NULL);
  assert_near(after.shapley[1], before.shapley[1] + before.room[1], 1e-6);
  assert_true(outcome.credited < outcome.held && after.baseline > -1e-9);
  fitted_free(f);
}

static void weights_count_users(void **state) {
  (void)state;
  fitted *f = fit_log(1);
  float weight[400];
  for (int user = 0; user < 400; user++) weight[user] = (float)(user % 3);
  const da_pin pin = {2, 3.5, 0};
  hold(f, &pin, 1, weight, NULL);
  credit after = credited(f, true, weight);
  assert_near(after.shapley[2], 3.5, 1e-6);
  fitted_free(f);
}

static void experiments_and_log_count_by_what_they_know(void **state) {
  (void)state;
  const da_pin exact = {0, 100, 0}, unsure = {0, 100, 30};
  assert_near(da_pins_combine(&exact, 500, 10), 100, 0);
  assert_near(da_pins_combine(&unsure, 500, INFINITY), 100, 0);
  assert_near(da_pins_combine(&unsure, 130, 30), 115, 1e-12);                                              /* they agree */
  assert_near(da_pins_combine(&unsure, 130, 10), (100 / 900. + 130 / 100.) / (1 / 900. + 1 / 100.), 1e-9); /* as far as they can */
  /* 400 apart: the log has a bias whose square is 160000 - 900 - 1600. */
  assert_near(da_pins_combine(&unsure, 500, 40), (100 / 900. + 500 / 159100.) / (1 / 900. + 1 / 159100.), 1e-9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_experiments_are_credited_to_the_conversion),      cmocka_unit_test(the_journey_form_is_held_too),
      cmocka_unit_test(more_than_the_log_holds_is_credited_as_far_as_it_goes), cmocka_unit_test(weights_count_users),
      cmocka_unit_test(experiments_and_log_count_by_what_they_know),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
