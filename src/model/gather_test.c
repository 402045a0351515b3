/* Oracle: the rows of each journey taken one by one. */
#include "model/gather.h"

#include <math.h>
#include <string.h>

#include "support/journeys.h"

static void a_batch_is_its_journeys_end_to_end(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(5, 400, 17, 12);
  const da_journeys *set = &made->set;
  da_inputs inputs;
  da_input_reader reader;
  assert_ok(da_inputs_choose(17, true, &inputs, &err), err);
  inputs.time_decay = true;
  assert_ok(da_input_reader_open(&inputs, &set->campaigns, set, &reader, &err), err);
  da_pool *pool;
  assert_ok(da_pool_open(2, &pool, &err), err);
  da_gather gather = {0};
  da_touches *journeys = journeys_zeroed(set->n_journeys, sizeof *journeys);
  da_random random;
  da_random_init(&random, 1, 0);
  const uint32_t sizes[] = {1, 500, 3, 0};
  for (int round = 0; round < 4; round++) {
    for (uint32_t i = 0; i < sizes[round]; i++) {
      uint64_t j = da_random_below(&random, set->n_journeys);
      journeys[i] = (da_touches){.first = set->first_touch[j], .n = (uint32_t)da_journey_length(set, j)};
    }
    da_batch batch;
    assert_ok(da_gather_batch(&gather, &reader, journeys, sizes[round], round % 2 ? pool : NULL, &batch, &err), err);
    assert_int_equal(batch.n_journeys, sizes[round]);
    uint32_t end = 0;
    for (uint32_t i = 0; i < sizes[round]; i++) {
      uint32_t alone[12 * 4];
      da_input_reader_rows(&reader, &journeys[i], alone);
      assert_int_equal(batch.first[i], end);
      for (uint32_t t = 0; t < journeys[i].n; t++) {
        const int64_t *time_us = set->time_us + journeys[i].first;
        const double days = (double)(time_us[journeys[i].n - 1] - time_us[t]) / (24 * 3600 * 1e6);
        assert_true(fabs((double)batch.days_to_last[end + t] - days) <= 1e-6 * days);
      }
      assert_memory_equal(batch.rows + (size_t)end * 4, alone, journeys[i].n * 4 * sizeof *alone);
      end += journeys[i].n;
    }
    assert_int_equal(batch.first[sizes[round]], end);
  }
  free(journeys);
  da_gather_free(&gather);
  da_gather_free(&gather);
  da_pool_close(pool);
  da_input_reader_close(&reader);
  journeys_free(made);
}

static void a_batch_too_large_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_inputs inputs;
  assert_ok(da_inputs_choose(1, true, &inputs, &err), err);
  da_input_reader reader = {.inputs = &inputs};
  const da_touches journeys[] = {{.n = UINT32_C(1) << 30}, {.n = 1}};
  da_gather gather = {0};
  da_batch batch;
  assert_fails_with(da_gather_batch(&gather, &reader, journeys, 2, NULL, &batch, &err), DA_ERR_DATA, err, "journey_max_len");
  da_gather_free(&gather);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_batch_is_its_journeys_end_to_end),
      cmocka_unit_test(a_batch_too_large_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
