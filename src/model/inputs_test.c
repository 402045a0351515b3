/* Oracle: bins by the logarithm itself; rows of a journey worked out by hand; names looked up one by one. */
#include "model/inputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static uint32_t bin_by_logarithm(int64_t us) {
  if (us < 1000000) return 1;
  double k = floor(2 * log((double)us / 1e6));
  uint32_t bin = 2 + (uint32_t)k;
  return bin < DA_N_TIME_BINS ? bin : DA_N_TIME_BINS - 1;
}

static void bins_are_two_an_e_fold(void **state) {
  (void)state;
  da_time_bins bins;
  da_time_bins_init(&bins);
  assert_int_equal(da_time_bin(&bins, INT64_MIN), 1);
  assert_int_equal(da_time_bin(&bins, 0), 1);
  assert_int_equal(da_time_bin(&bins, 999999), 1);
  assert_int_equal(da_time_bin(&bins, 1000000), 2);
  assert_int_equal(da_time_bin(&bins, 1648721), 3); /* e^0.5 s = 1.6487213 s */
  assert_int_equal(da_time_bin(&bins, 1648720), 2);
  assert_int_equal(da_time_bin(&bins, 86400 * INT64_C(1000000)), 24); /* 2 ln 86400 = 22.73 */
  assert_int_equal(da_time_bin(&bins, INT64_MAX), DA_N_TIME_BINS - 1);
  da_random random;
  da_random_init(&random, 1, 0);
  for (int i = 0; i < 100000; i++) {
    int64_t us = (int64_t)exp(43 * da_random_uniform(&random));
    assert_int_equal(da_time_bin(&bins, us), bin_by_logarithm(us));
  }
}

/* Touches of two journeys: campaigns b a b at 0 s, 2 s, 100 s; and c at 5 s. */
static const uint32_t campaign[] = {1, 0, 1, 2};
static const int64_t time_us[] = {0, 2000000, 100000000, 5000000};
static const uint64_t first_touch[] = {0, 3, 4};
static const uint8_t flags[] = {0, 0};
static const uint64_t first_journey[] = {0, 1, 2};
static const int64_t uid[] = {1, 2};
static const da_slice abc[] = {{"a", 1}, {"b", 1}, {"c", 1}};

static da_journeys small_set(void) {
  return (da_journeys){.n_touches = 4,
                       .n_journeys = 2,
                       .n_users = 2,
                       .campaign = campaign,
                       .time_us = time_us,
                       .first_touch = first_touch,
                       .flags = flags,
                       .first_journey = first_journey,
                       .uid_int = uid,
                       .campaigns = {abc, 3}};
}

static void rows_of_a_journey_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  da_journeys set = small_set();
  da_inputs inputs;
  assert_ok(da_inputs_choose(3, true, &inputs, &err), err);
  assert_int_equal(inputs.n, 4);
  assert_int_equal(inputs.n_rows, 4 + 3 * DA_N_TIME_BINS);
  da_input_reader reader;
  assert_ok(da_input_reader_open(&inputs, &set.campaigns, &set, &reader, &err), err);
  uint32_t rows[12];
  da_input_reader_rows(&reader, &(da_touches){.first = 0, .n = 3}, rows);
  /* 2 s is bin 3 (2 ln 2 = 1.39), 98 s bin 11 (9.17), 100 s bin 11 (9.21). */
  uint32_t before = 4, since = before + DA_N_TIME_BINS, to_last = since + DA_N_TIME_BINS;
  const uint32_t wanted[12] = {1, before + 0,  since + 0,  to_last + 11, /* */
                               0, before + 3,  since + 3,  to_last + 11, /* */
                               1, before + 11, since + 11, to_last + 0};
  assert_memory_equal(rows, wanted, sizeof wanted);
  /* Without its middle touch: the gap is measured anew. */
  const uint64_t kept[] = {0, 2};
  da_input_reader_rows(&reader, &(da_touches){.kept = kept, .n = 2}, rows);
  const uint32_t wanted_parts[8] = {1, before + 0, since + 0, to_last + 11, 1, before + 11, since + 11, to_last + 0};
  assert_memory_equal(rows, wanted_parts, sizeof wanted_parts);
  da_input_reader_rows(&reader, &(da_touches){.first = 3, .n = 1}, rows);
  const uint32_t wanted_single[4] = {2, before, since, to_last};
  assert_memory_equal(rows, wanted_single, sizeof wanted_single);
  da_input_reader_close(&reader);
}

static void unknown_campaigns_share_a_row_and_are_counted(void **state) {
  (void)state;
  da_error err = {0};
  da_journeys set = small_set();
  const da_slice others[] = {{"", 0}, {"aa", 2}, {"b", 1}, {"bb", 2}};
  const da_names vocabulary = {others, 4};
  da_inputs inputs;
  assert_ok(da_inputs_choose(4, false, &inputs, &err), err);
  assert_int_equal(inputs.n_rows, 5);
  da_input_reader reader;
  assert_ok(da_input_reader_open(&inputs, &vocabulary, &set, &reader, &err), err);
  uint32_t rows[4];
  da_input_reader_rows(&reader, &(da_touches){.first = 0, .n = 3}, rows);
  const uint32_t wanted[3] = {2, 4, 2};
  assert_memory_equal(rows, wanted, sizeof wanted);
  assert_int_equal(reader.n_unknown_campaigns, 2);
  assert_int_equal(reader.n_unknown_touches, 2);
  da_input_reader_close(&reader);
}

static void names_are_matched_as_a_plain_search_does(void **state) {
  (void)state;
  da_error err = {0};
  da_random random;
  da_random_init(&random, 2, 0);
  enum { N = 64 };
  /* 64 names, each in either list by chance. */
  for (int round = 0; round < 50; round++) {
    char texts[N][6];
    da_slice model[N], present[N];
    size_t n_model = 0, n_present = 0;
    for (uint32_t i = 0; i < N; i++) snprintf(texts[i], sizeof texts[i], "%02u", i);
    for (uint32_t i = 0; i < N; i++) {
      da_slice slice = {texts[i], strlen(texts[i])};
      if (da_random_below(&random, 2)) model[n_model++] = slice;
      if (da_random_below(&random, 2)) present[n_present++] = slice;
    }
    da_journeys set = {.campaigns = {present, n_present}};
    const da_names vocabulary = {model, n_model};
    da_inputs inputs;
    assert_ok(da_inputs_choose(n_model, false, &inputs, &err), err);
    da_input_reader reader;
    assert_ok(da_input_reader_open(&inputs, &vocabulary, &set, &reader, &err), err);
    for (size_t i = 0; i < n_present; i++) {
      size_t wanted = n_model;
      for (size_t m = 0; m < n_model; m++)
        if (model[m].data == present[i].data) wanted = m;
      assert_int_equal(reader.campaign_row[i], wanted);
    }
    da_input_reader_close(&reader);
  }
}

static void time_matters_only_where_it_differs_inside_a_journey(void **state) {
  (void)state;
  da_journeys set = small_set();
  assert_true(da_time_varies(&set));
  const int64_t same[] = {7, 7, 7, 8};
  set.time_us = same;
  assert_false(da_time_varies(&set));
}

static void impossible_inputs_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_inputs inputs = {0};
  assert_fails_with(da_inputs_add(&inputs, "time_before", DA_N_TIME_BINS, &err), DA_ERR_DATA, err, "campaign as first");
  assert_ok(da_inputs_add(&inputs, "campaign", 3, &err), err);
  assert_fails_with(da_inputs_add(&inputs, "campaign", 3, &err), DA_ERR_DATA, err, "only there");
  assert_fails_with(da_inputs_add(&inputs, "weather", 3, &err), DA_ERR_DATA, err, "weather");
  assert_fails_with(da_inputs_add(&inputs, "time_before", 3, &err), DA_ERR_DATA, err, "44 rows");
  assert_fails_with(da_inputs_choose(UINT64_C(1) << 40, false, &inputs, &err), DA_ERR_DATA, err, "2^31");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bins_are_two_an_e_fold),
      cmocka_unit_test(rows_of_a_journey_by_hand),
      cmocka_unit_test(unknown_campaigns_share_a_row_and_are_counted),
      cmocka_unit_test(names_are_matched_as_a_plain_search_does),
      cmocka_unit_test(time_matters_only_where_it_differs_inside_a_journey),
      cmocka_unit_test(impossible_inputs_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
