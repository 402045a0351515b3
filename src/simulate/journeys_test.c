/* Oracle: the rows of the same simulation, cut into journeys by a plain loop. */
#include "simulate/journeys.h"

#include <string.h>

#include "base/mem.h"
#include "support/testing.h"

/* Row by row: the same touch, where a user begins and where a journey ends. */
static void check(const char *world, bool cut) {
  da_error err = {0};
  const da_simulation_options options = {.world = world, .n_users = 3000, .seed = 5, .cut = cut};
  da_simulated_journeys made;
  da_simulation *simulation = NULL;
  assert_ok(da_simulated_journeys_make(&options, NULL, &made, &err), err);
  assert_ok(da_simulation_open(&options, NULL, NULL, &simulation, &err), err);
  const da_world_campaign *campaigns = da_simulation_world(simulation)->campaigns;
  const da_journeys *set = &made.set;
  uint64_t touch = 0, journey = 0, user = 0, n_conversions = 0;
  int64_t uid = -1, first_us = INT64_MAX, last_us = 0;
  bool converted = false;
  for (da_simulated_rows rows = {.n = 1}; rows.n > 0;) {
    assert_ok(da_simulation_next(simulation, &rows, &err), err);
    for (size_t i = 0; i < rows.n; i++, touch++) {
      if (touch > 0 && (converted || rows.uid[i] != uid)) {
        assert_int_equal(da_journey_converted(set, journey), converted);
        assert_int_equal(set->first_touch[++journey], touch);
      }
      if (rows.uid[i] != uid) {
        assert_int_equal(set->first_journey[user], journey);
        assert_int_equal(set->uid_int[user++], rows.uid[i]);
      }
      uid = rows.uid[i];
      converted = rows.conversion[i];
      n_conversions += converted;
      assert_int_equal(set->time_us[touch], rows.timestamp_s[i] * 1000000);
      da_slice name = set->campaigns.items[set->campaign[touch]];
      assert_int_equal(name.length, strlen(campaigns[rows.campaign[i]].name));
      assert_memory_equal(name.data, campaigns[rows.campaign[i]].name, name.length);
      if (set->time_us[touch] < first_us) first_us = set->time_us[touch];
      if (set->time_us[touch] > last_us) last_us = set->time_us[touch];
    }
  }
  assert_int_equal(set->n_touches, touch);
  assert_int_equal(set->n_journeys, journey + 1);
  assert_int_equal(set->n_users, user);
  assert_int_equal(set->n_conversions, n_conversions);
  assert_int_equal(set->first_touch[journey + 1], touch);
  assert_int_equal(set->first_journey[user], journey + 1);
  assert_int_equal(made.truth.n_touches, touch);
  assert_true(set->log_start_us == first_us && set->log_end_us == last_us);
  for (size_t k = 1; k < set->campaigns.n; k++) assert_true(da_slice_compare(set->campaigns.items[k - 1], set->campaigns.items[k]) < 0);
  da_simulation_close(simulation);
  da_simulated_journeys_free(&made);
  da_simulated_journeys_free(&made);
}

static void journeys_are_the_rows_cut_at_conversions(void **state) {
  (void)state;
  check("W1", false);
  check("W1", true);
  check("S1", false);
  check("W200", false);
}

static void faults_are_passed_on(void **state) {
  (void)state;
  da_error err = {0};
  da_simulated_journeys made;
  da_simulation_options options = {.world = "W0", .n_users = 100, .truth = true};
  assert_fails_with(da_simulated_journeys_make(&options, NULL, &made, &err), DA_ERR_ARG, err, "W0");
  options.world = "W1";
  da_mem_fail_at(0);
  assert_ok(da_simulated_journeys_make(&options, NULL, &made, &err), err);
  da_simulated_journeys_free(&made);
  uint64_t n = da_mem_count();
  for (uint64_t nth = 1; nth <= n; nth++) {
    da_mem_fail_at(nth);
    assert_int_equal(da_simulated_journeys_make(&options, NULL, &made, &err), DA_ERR_MEM);
    assert_null(made.campaign);
  }
  da_mem_fail_at(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(journeys_are_the_rows_cut_at_conversions),
      cmocka_unit_test(faults_are_passed_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
