/* Oracle: the spread of a rule that learns nothing, in closed form (credit/totals.h), for a method that pretends to learn it. */
#include "credit/resample.h"

#include "support/credit.h"

static da_status pretend_to_fit(const da_credit_input *input, void **state, da_error *err) {
  (void)err;
  *state = (void *)(uintptr_t)input->set->campaigns.n;
  return DA_OK;
}

static da_status share_equally(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                               double *baseline, da_error *err) {
  assert_int_equal((uintptr_t)state, input->set->campaigns.n);
  return da_method_find("linear")->credit(NULL, input, range, credit, baseline, err);
}

static void forget(void *state) { (void)state; }

static const da_method pretender = {.name = "linear", .fit = pretend_to_fit, .credit = share_equally, .close = forget};

/* The root of the sum over users of their squared credit. */
static void closed_form(const da_journeys *set, double *spread) {
  for (size_t k = 0; k < set->campaigns.n; k++) spread[k] = 0;
  for (uint64_t user = 0; user < set->n_users; user++) {
    double credit[16] = {0};
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      for (uint64_t i = set->first_touch[j]; da_journey_converted(set, j) && i < set->first_touch[j + 1]; i++) {
        credit[set->campaign[i]] += 1 / (double)da_journey_length(set, j);
      }
    }
    for (size_t k = 0; k < set->campaigns.n; k++) spread[k] += credit[k] * credit[k];
  }
  for (size_t k = 0; k < set->campaigns.n; k++) spread[k] = sqrt(spread[k]);
}

static void refits_spread_as_the_closed_form_says(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  test_journeys *made = journeys_random(7, 400, 4, 6);
  da_credit_input input = {.set = &made->set, .config = &config};
  double wanted[4], all[4], part[4];
  closed_form(&made->set, wanted);
  assert_ok(da_resample_spread(&input, &pretender, UINT64_MAX, 3000, all, &err), err);
  assert_ok(da_resample_spread(&input, &pretender, made->set.n_touches / 4, 3000, part, &err), err);
  for (int k = 0; k < 4; k++) {
    assert_near(all[k] / wanted[k], 1, .06);
    assert_near(part[k] / wanted[k], 1, .06); /* a quarter of the users speaks for all */
  }
  journeys_free(made);
}

static void threads_do_not_show(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  test_journeys *made = journeys_random(8, 200, 4, 6);
  double spread[2][4];
  for (int run = 0; run < 2; run++) {
    da_pool *pool;
    assert_ok(da_pool_open(1 + 2 * run, &pool, &err), err);
    da_credit_input input = {.set = &made->set, .config = &config, .pool = pool};
    assert_ok(da_resample_spread(&input, da_method_find("markov"), UINT64_MAX, 7, spread[run], &err), err);
    da_pool_close(pool);
  }
  assert_memory_equal(spread[0], spread[1], sizeof spread[0]);
  assert_true(spread[0][0] > 0);
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  da_config config = credit_config();
  test_journeys *made = journeys_random(2, 40, 3, 4);
  da_credit_input input = {.set = &made->set, .config = &config};
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_error err = {0};
    double spread[3];
    da_mem_fail_at(nth);
    status = da_resample_spread(&input, &pretender, UINT64_MAX, 2, spread, &err);
    da_mem_fail_at(0);
    if (status != DA_OK) assert_int_equal(status, DA_ERR_MEM);
  }
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refits_spread_as_the_closed_form_says),
      cmocka_unit_test(threads_do_not_show),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
