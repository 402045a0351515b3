/* Oracles: credit as the methods give it for the whole set; the network's what-ifs scored as journeys of sets that are written out with
 * those touches alone. */
#include "credit/explain.h"

#include "model/score.h"
#include "support/credit.h"
#include "support/small_network.h"

typedef struct {
  test_journeys *made;
  da_config config;
  da_pool *pool;
  da_credit_input input;
  da_fitted fitted;
  da_model model; /* over campaigns a, b, c, d */
  da_arena arena;
} fixture;

static void open_fixture(fixture *f, const char *text, bool has_network) {
  da_error err = {0};
  const da_method *methods[64];
  size_t n = credit_plain_methods(has_network, methods);
  *f = (fixture){.made = journeys_from_text(text), .config = credit_config()};
  assert_ok(da_pool_open(1, &f->pool, &err), err);
  f->input = (da_credit_input){.set = &f->made->set, .config = &f->config, .pool = f->pool};
  assert_ok(da_fitted_open(&f->input, methods, n, &f->fitted, &err), err);
  small_network_init(&f->model);
}

static void close_fixture(fixture *f) {
  da_arena_free(&f->arena);
  da_model_close(&f->model);
  da_fitted_close(&f->fitted);
  da_pool_close(f->pool);
  journeys_free(f->made);
}

static void a_journey_is_taken_apart(void **state) {
  (void)state;
  da_error err = {0};
  fixture f;
  open_fixture(&f, "c@0! ; a@0.5 b@1 | a@2 b@2.5 a@4 c@9!12.5 ; d@11", true);
  da_explanation x;
  assert_ok(da_explain(&f.input, &f.fitted, &f.model, 2, &f.arena, &x, &err), err);
  assert_true(x.user == 1 && x.first == 3 && x.n == 4 && x.value == 12.5);
  for (size_t m = 0; m < f.fitted.n; m++) {
    if (f.fitted.methods[m]->needs_network) continue;
    double *credit = credit_of(f.fitted.methods[m], &f.made->set, &f.config, NULL);
    assert_memory_equal(x.credit[m], credit + 3, 4 * sizeof *credit);
    assert_true(x.baseline[m] == 0);
    free(credit);
  }
  assert_near(x.credit[0][0] + x.credit[0][1] + x.credit[0][2] + x.credit[0][3], 1, 1e-12); /* attention's own credit */
  const char *const prefixes[] = {"a@2", "a@2 b@2.5", "a@2 b@2.5 a@4", "a@2 b@2.5 a@4 c@9"};
  for (size_t i = 0; i < 4; i++) assert_near(x.probability_after[i], small_network_probability(&f.model, prefixes[i]), 1e-6);
  const char *const without[] = {"b@2.5 c@9", "a@2 a@4 c@9", "a@2 b@2.5 a@4"};
  const uint64_t n_touches[] = {2, 1, 1};
  assert_int_equal(x.n_campaigns, 3);
  for (size_t c = 0; c < 3; c++) {
    assert_int_equal(x.without[c].campaign, c);
    assert_int_equal(x.without[c].n_touches, n_touches[c]);
    assert_near(x.without[c].probability, small_network_probability(&f.model, without[c]), 1e-6);
  }
  close_fixture(&f);
}

static void one_campaign_leaves_nothing_behind(void **state) {
  (void)state;
  da_error err = {0};
  fixture f;
  open_fixture(&f, "b@0 b@1 ; a@2!", true);
  da_explanation x;
  assert_ok(da_explain(&f.input, &f.fitted, &f.model, 0, &f.arena, &x, &err), err);
  assert_int_equal(x.n_campaigns, 1);
  assert_true(x.without[0].n_touches == 2 && x.without[0].probability == x.probability_of_none);
  assert_near(x.probability_of_none, 1 / (1 + exp(-(double)f.model.params[da_model_n_params(&f.model) - 1])), 1e-6);
  assert_true(isnan(x.value) && x.credit[0][0] == 0); /* it did not convert */
  close_fixture(&f);
}

static void without_a_network_there_is_the_methods_credit(void **state) {
  (void)state;
  da_error err = {0};
  fixture f;
  open_fixture(&f, "a@0 b@1! ; c@2!", false);
  da_explanation x;
  assert_ok(da_explain(&f.input, &f.fitted, NULL, 1, &f.arena, &x, &err), err);
  assert_false(x.has_network);
  assert_null(x.attention);
  assert_true(isnan(x.value) && x.credit[0][0] == 1);
  assert_fails_with(da_explain(&f.input, &f.fitted, NULL, 2, &f.arena, &x, &err), DA_ERR_ARG, err,
                    "expected a journey_id below 2 but found 2");
  close_fixture(&f);
}

static void a_very_long_journey_answers_for_its_end(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 3000 };
  char *text = journeys_zeroed(N + 1, 12), *at = text;
  for (int i = 0; i < N; i++) at += sprintf(at, "%c@%d ", 'a' + i % 4, i);
  fixture f;
  open_fixture(&f, text, true);
  da_explanation x;
  assert_ok(da_explain(&f.input, &f.fitted, &f.model, 0, &f.arena, &x, &err), err);
  size_t n_asked = DA_EXPLAIN_TOUCHES / N;
  assert_true(isnan(x.probability_after[N - n_asked - 1]) && !isnan(x.probability_after[N - n_asked]));
  assert_near(x.probability_after[N - 1], small_network_probability(&f.model, text), 1e-5);
  assert_true(x.n_campaigns == 4 && !isnan(x.without[3].probability));
  close_fixture(&f);
  free(text);
}

static void users_are_found_by_number_and_by_text(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 | b@1 | a@2"); /* uids 100, 101, 102 */
  uint64_t user;
  assert_ok(da_explain_find_user(&made->set, "101", &user, &err), err);
  assert_int_equal(user, 1);
  assert_fails_with(da_explain_find_user(&made->set, "7", &user, &err), DA_ERR_ARG, err, "\"7\", which has no journey");
  assert_fails_with(da_explain_find_user(&made->set, "1o1", &user, &err), DA_ERR_ARG, err, "a whole number");
  assert_fails_with(da_explain_find_user(&made->set, "99999999999999999999", &user, &err), DA_ERR_ARG, err, "a whole number");
  const uint64_t ends[] = {0, 2, 2, 5};
  made->set.uid_int = NULL;
  made->set.uid_end = ends;
  made->set.uid_text = "abx y";
  assert_ok(da_explain_find_user(&made->set, "x y", &user, &err), err);
  assert_int_equal(user, 2);
  assert_ok(da_explain_find_user(&made->set, "", &user, &err), err);
  assert_int_equal(user, 1);
  assert_fails_with(da_explain_find_user(&made->set, "abx", &user, &err), DA_ERR_ARG, err, "no journey");
  journeys_free(made);
}

static void memory_that_runs_out_is_an_error_at_every_allocation(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "a@0 b@1 a@2! ; c@2", true);
  da_error err = {0};
  da_status status = DA_ERR_MEM;
  for (uint64_t nth = 1; status != DA_OK; nth++) {
    da_explanation x;
    da_arena_free(&f.arena);
    da_mem_fail_at(nth);
    status = da_explain(&f.input, &f.fitted, &f.model, 0, &f.arena, &x, &err);
    if (status != DA_OK) assert_int_equal(status, DA_ERR_MEM);
  }
  da_mem_fail_at(0);
  close_fixture(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_journey_is_taken_apart),
      cmocka_unit_test(one_campaign_leaves_nothing_behind),
      cmocka_unit_test(without_a_network_there_is_the_methods_credit),
      cmocka_unit_test(a_very_long_journey_answers_for_its_end),
      cmocka_unit_test(users_are_found_by_number_and_by_text),
      cmocka_unit_test(memory_that_runs_out_is_an_error_at_every_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
