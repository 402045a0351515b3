/* Oracle: the fit that was written; names that come in another place, or not at all; text that is no fit. */
#include "credit/incremental/known.h"

#include "support/incremental.h"

static da_text write(const prepared *p, const da_answer *answer) {
  da_error err = {0};
  da_text json = {0};
  assert_ok(da_known_write(answer, false, &p->made->set.campaigns, &json, &err), err);
  return json;
}

static da_known read(const da_text *json) {
  da_error err = {0};
  da_known known;
  assert_ok(da_known_read("fit.json", json->data, json->length, &known, &err), err);
  return known;
}

static void a_hazard_comes_back_to_the_bit(void **state) {
  (void)state;
  for (int s = 0; s < 4; s++) {
    da_error err = {0};
    prepared *p = prepare_set(journeys_random(5, 80, 5, 7), 1);
    da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data, .hazard = hazard_random(p, s & 1, s >> 1, 2)};
    da_text json = write(p, &answer);
    da_known known = read(&json);
    da_hazard again;
    size_t n_unknown;
    assert_int_equal(known.structure.user_term, s & 1);
    assert_memory_equal(known.tau, p->exposure.tau, (size_t)known.n_taus * sizeof(double));
    assert_ok(da_hazard_init(&p->data, known.structure, &again, &err), err);
    assert_ok(da_known_hazard(&known, &p->made->set.campaigns, &again, &n_unknown, &err), err);
    size_t n = again.n_campaigns * (size_t)(again.n_taus + 1) + again.n_modulators; /* theta, user, gamma lie in one block */
    assert_int_equal(n_unknown, 0);
    assert_memory_equal(again.theta, answer.hazard.theta, n * sizeof(double));
    assert_true(again.rate == answer.hazard.rate);
    da_hazard_free(&again);
    da_hazard_free(&answer.hazard);
    da_known_free(&known);
    da_text_free(&json);
    prepared_free(p);
  }
}

static void what_experiments_hold_comes_back_by_name(void **state) {
  (void)state;
  prepared *p = prepare_set(journeys_random(5, 80, 5, 7), 1);
  da_held held[5], again[3];
  for (int k = 0; k < 5; k++) held[k] = (da_held){{1, 0}, {1, 0}};
  held[1] = (da_held){{.25, 0}, {1. / 3, 0}};
  held[4] = (da_held){{1, .125}, {1, -.5}};
  da_answer answer = {.form = DA_FORM_HAZARD, .data = p->data, .hazard = hazard_random(p, 0, 0, 2), .held = held};
  da_text json = write(p, &answer);
  da_known known = read(&json);
  const da_slice names[] = {p->made->set.campaigns.items[0], p->made->set.campaigns.items[4], {"z", 1}};
  assert_int_equal(da_known_held(&known, &(da_names){names, 3}, again), 1);
  assert_memory_equal(&again[1], &held[4], sizeof held[4]);
  assert_memory_equal(&again[0], &held[0], sizeof held[0]);
  assert_memory_equal(&again[2], &held[0], sizeof held[0]);
  da_hazard_free(&answer.hazard);
  da_known_free(&known);
  da_text_free(&json);
  prepared_free(p);
}

static void campaigns_are_known_by_name(void **state) {
  (void)state;
  da_error err = {0};
  const char *text = "{\"form\": \"journey\", \"with_first\": true, \"decay_days\": [1, 4], \"base\": -3, \"shared\": [], \"campaigns\": ["
                     "{\"name\": \"b\", \"effect\": [0.5, 0.25], \"user\": 0, \"recency\": 0, \"first\": 2},"
                     "{\"name\": \"gone\", \"effect\": [9, 9], \"user\": 0, \"recency\": 0, \"first\": 9}]}";
  const da_slice names[] = {{"a", 1}, {"b", 1}};
  const da_names campaigns = {names, 2};
  da_known known;
  da_journey_form form;
  size_t n_unknown;
  assert_ok(da_known_read("fit.json", text, strlen(text), &known, &err), err);
  assert_ok(da_known_journey(&known, &campaigns, &form, &n_unknown, &err), err);
  const double wanted[] = {0, 0, .5, .25, 0, 2};
  assert_int_equal(n_unknown, 1);
  assert_int_equal(form.n, 6);
  assert_memory_equal(form.beta, wanted, sizeof wanted);
  da_journey_form_free(&form);
  da_known_free(&known);
}

static void other_text_is_refused(void **state) {
  (void)state;
  const char *bad[] = {
      "",
      "{",
      "[]",
      "{\"form\": \"hazard\"}",
      "{\"form\": \"hazard\", \"decay_days\": [0], \"base\": 1, \"shared\": [], \"campaigns\": []}",
      "{\"form\": \"hazard\", \"decay_days\": [1,2,3,4,5,6,7,8,9], \"base\": 1, \"shared\": [], \"campaigns\": []}",
      "{\"form\": \"hazard\", \"modulated\": true, \"decay_days\": [1], \"base\": 1, \"shared\": [], \"campaigns\": []}",
      "{\"form\": \"hazard\", \"decay_days\": [1], \"base\": 1, \"shared\": [], \"campaigns\": [{\"name\": \"a\", \"effect\": [-1], "
      "\"user\": 0, "
      "\"recency\": 0, \"first\": 0}]}",
      "{\"form\": \"journey\", \"decay_days\": [1, 2], \"base\": 1, \"shared\": [], \"campaigns\": [{\"name\": \"a\", \"effect\": [1]}]}",
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    da_error err = {0};
    da_known known;
    assert_int_equal(da_known_read("fit.json", bad[i], strlen(bad[i]), &known, &err), DA_ERR_DATA);
    assert_non_null(strstr(err.msg, "fit.json"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hazard_comes_back_to_the_bit),
      cmocka_unit_test(what_experiments_hold_comes_back_by_name),
      cmocka_unit_test(campaigns_are_known_by_name),
      cmocka_unit_test(other_text_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
