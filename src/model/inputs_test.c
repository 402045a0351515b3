/* Oracle: bins by the logarithm itself; rows of a journey worked out by hand; names looked up one by one. */
#include "model/inputs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/features.h"
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
  assert_int_equal(reader.sources[0].n_unknown, 2);
  assert_int_equal(reader.sources[0].n_unknown_cells, 2);
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
      assert_int_equal(reader.sources[0].row_of[i], wanted);
    }
    da_input_reader_close(&reader);
  }
}

static void time_matters_only_where_it_differs_inside_a_journey(void **state) {
  (void)state;
  da_journeys set = small_set();
  assert_true(da_time_varies(&set, 0, set.n_journeys));
  const int64_t same[] = {7, 7, 7, 8};
  set.time_us = same;
  assert_false(da_time_varies(&set, 0, set.n_journeys));
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

static const da_slice no_name = {"", 0};

static void rows_of_features_by_hand(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 a@1 ; a@2");
  test_features *features = features_draw(made, 1);
  memcpy(features->code[DEVICE], (const uint32_t[]){1, 3, 0}, 3 * sizeof(uint32_t));
  memcpy(features->number[BID], (const float[]){0.5f, NAN, 2}, 3 * sizeof(float));
  memcpy(features->code[REGION], (const uint32_t[]){2, 1}, 2 * sizeof(uint32_t));
  memcpy(features->number[AGE], (const float[]){30, NAN}, 2 * sizeof(float));
  /* The model has devices "", phone, tv; edges of bids 0.5 and 2; regions "", south; edges of ages 20, 30. */
  const da_slice devices[] = {no_name, {"phone", 5}, {"tv", 2}}, regions[] = {no_name, {"south", 5}};
  const float bids[] = {0.5f, 2}, ages[] = {20, 30};
  da_inputs inputs;
  assert_ok(da_inputs_choose(1, false, &inputs, &err), err);
  assert_ok(da_inputs_add_feature(&inputs, "touch_category", (da_slice){"Device", 6}, (da_names){devices, 3}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(&inputs, "touch_number", (da_slice){"bid", 3}, (da_names){0}, bids, 2, &err), err);
  assert_false(da_inputs_read_user(&inputs));
  assert_ok(da_inputs_add_feature(&inputs, "context_category", (da_slice){"region", 6}, (da_names){regions, 2}, NULL, 0, &err), err);
  assert_true(da_inputs_read_user(&inputs));
  assert_ok(da_inputs_add_feature(&inputs, "user_category", (da_slice){"region", 6}, (da_names){regions, 2}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(&inputs, "context_number", (da_slice){"age", 3}, (da_names){0}, ages, 2, &err), err);
  assert_ok(da_inputs_add_feature(&inputs, "user_number", (da_slice){"age", 3}, (da_names){0}, ages, 2, &err), err);
  assert_true(inputs.n == 5 && inputs.n_rows == 2 + 3 + 4 + 2 + 4 && inputs.n_user == 2 && inputs.n_user_rows == 2 + 4);
  da_input_reader reader;
  assert_ok(da_input_reader_open(&inputs, &made->set.campaigns, &made->set, &reader, &err), err);
  uint32_t rows[10], user_rows[2];
  const da_touches first = da_touches_of_journey(&made->set, 0), second = da_touches_of_journey(&made->set, 1);
  da_input_reader_rows(&reader, &first, rows);
  /* desktop is not known; 0.5 is not below the edge; none. South and 30 at either touch. */
  const uint32_t wanted[] = {0, 2 + 0, 5 + 2, 9 + 1, 11 + 3, /* */ 0, 2 + 2, 5 + 0, 9 + 1, 11 + 3};
  assert_memory_equal(rows, wanted, sizeof wanted);
  da_input_reader_rows(&reader, &second, rows);
  assert_memory_equal(rows, ((const uint32_t[]){0, 2 + 0, 5 + 3, 9 + 0, 11 + 0}), 5 * sizeof(uint32_t));
  da_input_reader_user_rows(&reader, &first, user_rows);
  assert_memory_equal(user_rows, ((const uint32_t[]){1, 2 + 3}), sizeof user_rows);
  da_input_reader_user_rows(&reader, &second, user_rows);
  assert_memory_equal(user_rows, ((const uint32_t[]){0, 2 + 0}), sizeof user_rows);
  /* Of the set's values, desktop and north are not the model's; missing is no unknown value. */
  assert_true(reader.sources[1].n_unknown == 1 && reader.sources[1].n_unknown_cells == 1);
  assert_true(reader.user_sources[0].n_unknown == 1 && reader.user_sources[0].n_unknown_cells == 1);
  da_input_reader_close(&reader);
  /* A set that lacks a feature, or has it as something else. */
  made->set.n_features = 3;
  assert_fails_with(da_input_reader_open(&inputs, &made->set.campaigns, &made->set, &reader, &err), DA_ERR_DATA, err,
                    "the feature 'age', which the model reads");
  made->set.n_features = 4;
  features->items[AGE].number = NULL, features->items[AGE].code = features->code[REGION];
  assert_fails_with(da_input_reader_open(&inputs, &made->set.campaigns, &made->set, &reader, &err), DA_ERR_DATA, err,
                    "now it is a category; write age(number) in columns.user_features");
  features_free(features);
  journeys_free(made);
}

static int by_size(const void *a, const void *b) {
  return (*(const float *)a > *(const float *)b) - (*(const float *)a < *(const float *)b);
}

/* Each bin of the train split holds about as many numbers; what val and test hold changes nothing. */
static void edges_are_quantiles_of_the_train_split(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(9, 3000, 3, 4);
  test_features *features = features_draw(made, 5);
  const da_journeys *set = &made->set;
  for (uint64_t j = 0; j < set->n_journeys; j++) features->number[AGE][j] = (float)(j % 7); /* few values: each has its bin */
  for (int round = 0; round < 2; round++) {
    da_inputs inputs;
    da_arena arena = {0};
    assert_ok(da_inputs_choose(3, true, &inputs, &err), err);
    assert_ok(da_inputs_learn_features(set, &inputs, &arena, &err), err);
    const da_input *bid = &inputs.items[5], *age = &inputs.user[1];
    assert_true(inputs.n == 8 && inputs.items[7].edges == age->edges);
    assert_int_equal(bid->n_rows, DA_N_NUMBER_BINS + 1);
    assert_int_equal(age->n_rows, 8);
    for (uint32_t i = 0; i < 6; i++) assert_true(age->edges[i] == (float)(i + 1));
    uint64_t count[DA_N_NUMBER_BINS + 1] = {0}, n = 0;
    float *sorted = journeys_zeroed(set->n_touches, sizeof *sorted);
    for (uint64_t j = 0; j < set->n_journeys; j++)
      for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++)
        if (da_journey_set(set, j) == DA_SET_TRAIN && !isnan(features->number[BID][t])) sorted[n++] = features->number[BID][t];
    qsort(sorted, n, sizeof *sorted, by_size);
    for (uint64_t q = 1; q < DA_N_NUMBER_BINS; q++) assert_true(bid->edges[q - 1] == sorted[n * q / DA_N_NUMBER_BINS]);
    da_input_reader reader;
    assert_ok(da_input_reader_open(&inputs, &set->campaigns, set, &reader, &err), err);
    for (uint64_t j = 0; j < set->n_journeys; j++) {
      uint32_t rows[64 * 8];
      const da_touches touches = da_touches_of_journey(set, j);
      da_input_reader_rows(&reader, &touches, rows);
      for (uint32_t t = 0; t < touches.n && da_journey_set(set, j) == DA_SET_TRAIN; t++) count[rows[t * 8 + 5] - bid->first_row]++;
    }
    for (uint32_t b = 1; b <= DA_N_NUMBER_BINS; b++) assert_in_range(count[b], n / DA_N_NUMBER_BINS - 1, n / DA_N_NUMBER_BINS + 1);
    da_input_reader_close(&reader);
    da_arena_free(&arena);
    free(sorted);
    for (uint64_t j = 0; j < set->n_journeys; j++)
      for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1] && da_journey_set(set, j) != DA_SET_TRAIN; t++)
        features->number[BID][t] = 1e9f;
  }
  features_free(features);
  journeys_free(made);
}

static void impossible_features_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_inputs inputs;
  const da_slice x = {"x", 1}, values[] = {no_name, {"b", 1}, {"a", 1}};
  const float edges[] = {2, 1}, none[] = {NAN};
  assert_ok(da_inputs_choose(1, false, &inputs, &err), err);
  assert_fails_with(da_inputs_add(&inputs, "touch_category", 3, &err), DA_ERR_DATA, err, "column");
  assert_fails_with(da_inputs_add_feature(&inputs, "campaign", x, (da_names){values, 2}, NULL, 0, &err), DA_ERR_DATA, err, "no column");
  assert_fails_with(da_inputs_add_feature(&inputs, "touch_category", x, (da_names){values, 3}, NULL, 0, &err), DA_ERR_DATA, err,
                    "byte order");
  assert_fails_with(da_inputs_add_feature(&inputs, "touch_category", x, (da_names){values + 1, 1}, NULL, 0, &err), DA_ERR_DATA, err,
                    "empty value");
  assert_fails_with(da_inputs_add_feature(&inputs, "user_number", x, (da_names){0}, edges, 2, &err), DA_ERR_DATA, err, "ascending edges");
  assert_fails_with(da_inputs_add_feature(&inputs, "user_number", x, (da_names){0}, none, 1, &err), DA_ERR_DATA, err, "ascending edges");
  assert_fails_with(da_inputs_add_feature(&inputs, "user_number", x, (da_names){0}, edges, 32, &err), DA_ERR_DATA, err,
                    "fewer than 32 edges");
  assert_fails_with(da_inputs_add_feature(&inputs, "user_number", no_name, (da_names){0}, edges, 1, &err), DA_ERR_DATA, err,
                    "column of its own");
  assert_ok(da_inputs_add_feature(&inputs, "user_number", x, (da_names){0}, edges, 1, &err), err);
  assert_fails_with(da_inputs_add_feature(&inputs, "touch_category", x, (da_names){values, 2}, NULL, 0, &err), DA_ERR_DATA, err, "'x'");
  assert_fails_with(da_inputs_add_feature(&inputs, "user_category", x, (da_names){values, 2}, NULL, 0, &err), DA_ERR_DATA, err, "'x'");
  assert_ok(da_inputs_add_feature(&inputs, "context_number", x, (da_names){0}, edges, 1, &err), err); /* at touches as well */
  assert_fails_with(da_inputs_add_feature(&inputs, "context_number", x, (da_names){0}, edges, 1, &err), DA_ERR_DATA, err, "'x'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bins_are_two_an_e_fold),
      cmocka_unit_test(rows_of_a_journey_by_hand),
      cmocka_unit_test(unknown_campaigns_share_a_row_and_are_counted),
      cmocka_unit_test(names_are_matched_as_a_plain_search_does),
      cmocka_unit_test(time_matters_only_where_it_differs_inside_a_journey),
      cmocka_unit_test(impossible_inputs_are_refused),
      cmocka_unit_test(rows_of_features_by_hand),
      cmocka_unit_test(edges_are_quantiles_of_the_train_split),
      cmocka_unit_test(impossible_features_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
