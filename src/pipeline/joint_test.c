/* Oracle: the names of every touch, which must stay what they were. */
#include "pipeline/joint.h"

#include "support/journeys.h"

static void check_touches(const da_journeys *view, const da_journeys *set) {
  for (uint64_t i = 0; i < set->n_touches; i++) {
    da_slice found = view->campaigns.items[view->campaign[i]], wanted = set->campaigns.items[set->campaign[i]];
    assert_int_equal(da_slice_compare(found, wanted), 0);
  }
}

static void touches_keep_their_campaigns(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *then = journeys_from_text("c@0 a@1 b@2! | a@0"), *now = journeys_from_text("d@0 b@1! | b@3 d@4");
  da_joint joint;
  assert_ok(da_joint_init(&then->set, &now->set, &joint, &err), err);
  assert_int_equal(joint.then.campaigns.n, 4);
  assert_int_equal(joint.now.campaigns.n, 4);
  for (size_t c = 1; c < 4; c++) assert_true(da_slice_compare(joint.now.campaigns.items[c - 1], joint.now.campaigns.items[c]) < 0);
  check_touches(&joint.then, &then->set);
  check_touches(&joint.now, &now->set);
  da_joint_free(&joint);
  assert_ok(da_joint_init(&(da_journeys){0}, &now->set, &joint, &err), err); /* nothing came before */
  assert_ptr_equal(joint.now.campaign, now->set.campaign);
  check_touches(&joint.now, &now->set);
  da_joint_free(&joint);
  journeys_free(then);
  journeys_free(now);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(touches_keep_their_campaigns)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
