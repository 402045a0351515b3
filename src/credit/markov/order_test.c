/* Oracle: probabilities by hand; journeys drawn from a chain of known order. */
#include "credit/markov/order.h"

#include "support/credit.h"

/* Users whose next touch is mostly the one that the last `order` touches call for, and whose journeys end after any touch alike. */
static test_journeys *journeys_of_order(int order, size_t n_users) {
  enum { MAX_LENGTH = 40 };
  test_journeys *made = journeys_room(n_users * MAX_LENGTH, 3);
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, 77, (uint64_t)order);
  for (uint32_t c = 0; c < 3; c++) made->name_text[c][0] = (char)('a' + c);
  for (size_t user = 0; user < n_users; user++) {
    uint64_t length = 1;
    while (length < MAX_LENGTH && da_random_below(&random, 8) > 0) length++;
    for (uint64_t i = 0; i < length; i++) {
      uint32_t code = 0;
      for (int back = 1; back <= order; back++)
        code = code * 3 + (i >= (uint64_t)back ? made->campaign[set->n_touches - (uint64_t)back] : 0);
      uint32_t likely = (uint32_t)(da_random_hash(5, code) % 3);
      made->campaign[set->n_touches++] = da_random_uniform(&random) < .8 ? likely : (uint32_t)da_random_below(&random, 3);
    }
    bool converted = da_random_below(&random, 4) == 0;
    journeys_end_one(made, user % 3 == 1 ? DA_SET_VAL : DA_SET_TRAIN, converted);
    made->first_journey[++set->n_users] = set->n_journeys;
  }
  journeys_finish(made, 3, false);
  return made;
}

static da_order_evidence evidence_of(const test_journeys *made) {
  da_error err = {0};
  da_paths train, held_out;
  da_order_evidence evidence;
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, 1 << DA_SET_TRAIN, NULL, &train, &err), err);
  assert_ok(da_paths_init(&made->set, DA_PATH_WHOLE, 1 << DA_SET_VAL, NULL, &held_out, &err), err);
  assert_ok(da_order_choose(&train, &held_out, &evidence, &err), err);
  da_paths_free(&train);
  da_paths_free(&held_out);
  return evidence;
}

static void the_order_of_a_known_chain_is_found(void **state) {
  (void)state;
  for (int order = 1; order <= DA_CHAIN_MAX_ORDER; order++) {
    test_journeys *made = journeys_of_order(order, 3000);
    assert_int_equal(evidence_of(made).best, order);
    journeys_free(made);
  }
}

static void likelihoods_by_hand(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0 b@1! | a@0!");
  da_order_evidence evidence = evidence_of(made);
  assert_true(evidence.n == 2); /* a, then the conversion */
  /* p_0: a, b and the conversion came once each, the end never: 2/7 each. p_1(a | start) = (1 + 2/7) / 2; p_1(conversion | a) = (2/7) / 2. */
  assert_near(evidence.log_likelihood[0], 2 * log(2 / 7.), 1e-14);
  assert_near(evidence.log_likelihood[1], log(9 / 14.) + log(1 / 7.), 1e-14);
  assert_near(evidence.log_likelihood[4], evidence.log_likelihood[1], 0);
  assert_int_equal(evidence.best, 1);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_order_of_a_known_chain_is_found),
      cmocka_unit_test(likelihoods_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
