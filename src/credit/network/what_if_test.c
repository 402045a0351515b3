/* Oracle: the network's probabilities of journeys that are written out with the kept touches alone. */
#include "credit/network/what_if.h"

#include "support/credit.h"
#include "support/small_network.h"

static void answers_come_in_the_order_of_the_questions(void **state) {
  (void)state;
  da_error err = {0};
  da_model model;
  small_network_init(&model);
  test_journeys *made = journeys_from_text("c@0! | a@2 b@2.5 a@4 c@9!");
  da_what_ifs asked;
  assert_ok(da_what_ifs_open(&model, &made->set, &asked, &err), err);
  const uint32_t player[] = {0, 1, 0, 2}, lone[] = {0};
  const bool no_a[] = {false, true, true}, no_b[] = {true, false, true}, all[] = {true, true, true};
  assert_ok(da_what_ifs_ask(&asked, 1, 4, player, no_a, &err), err);
  assert_ok(da_what_ifs_ask(&asked, 0, 1, lone, all, &err), err);
  assert_ok(da_what_ifs_finish(&asked, &err), err);
  assert_ok(da_what_ifs_ask(&asked, 1, 4, player, no_b, &err), err);
  assert_ok(da_what_ifs_finish(&asked, &err), err);
  assert_int_equal(asked.n_answers, 3);
  assert_near(asked.answer[0], small_network_probability(&model, "b@2.5 c@9"), 1e-6);
  assert_near(asked.answer[1], small_network_probability(&model, "c@0"), 1e-6);
  assert_near(asked.answer[2], small_network_probability(&model, "a@2 a@4 c@9"), 1e-6);
  da_what_ifs_clear(&asked);
  assert_int_equal(asked.n_answers, 0);
  da_what_ifs_close(&asked);
  journeys_free(made);
  da_model_close(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(answers_come_in_the_order_of_the_questions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
