/* Oracle: counts and rows worked out by hand. */
#include "train/rows.h"

#include <math.h>

#include "support/features.h"

static void rows_are_counted_over_the_train_split(void **state) {
  (void)state;
  da_error err = {0};
  /* Users go round train, val, test, train. */
  test_journeys *made = journeys_from_text("a@0 b@1 a@2 ; a@5 | c@0 a@1 | b@0 | a@0 b@0");
  da_inputs inputs;
  da_input_reader reader;
  assert_ok(da_inputs_choose(3, true, &inputs, &err), err);
  assert_ok(da_input_reader_open(&inputs, &made->set.campaigns, &made->set, &reader, &err), err);
  uint64_t count[4 + 3 * DA_N_TIME_BINS];
  assert_ok(da_rows_count(&reader, NULL, count, &err), err);
  const uint64_t wanted[4] = {4, 2, 0, 0};
  assert_memory_equal(count, wanted, sizeof wanted);
  const uint64_t *before = count + 4, *since = before + DA_N_TIME_BINS, *to_last = since + DA_N_TIME_BINS;
  /* A day is bin 24, two days 2 + floor(2 ln 172800) = 26, no time bin 1; three journeys begin and end. */
  assert_int_equal(before[0], 3);
  assert_int_equal(before[24], 2);
  assert_int_equal(before[1], 1);
  assert_int_equal(since[24], 1);
  assert_int_equal(since[26], 1);
  assert_int_equal(to_last[26], 1);
  assert_int_equal(to_last[0], 3);
  da_input_reader_close(&reader);
  journeys_free(made);
}

/* The definition: heights of standard deviation sqrt(1 + 1/4) at both ends; between neighbours of 43 bins a curve changes by at most
 * (pi / 42) (|a| + 2 |b|), less than .6 with heights a below 4 and b below 2; all else stays. */
static void bins_begin_smoothly(void **state) {
  (void)state;
  da_error err = {0};
  da_inputs inputs;
  assert_ok(da_inputs_choose(2, true, &inputs, &err), err);
  enum { R = 3 + 3 * DA_N_TIME_BINS, E = 400 };
  static float table[R][E], again[R][E];
  for (int r = 0; r < R; r++)
    for (int e = 0; e < E; e++) table[r][e] = again[r][e] = 99;
  da_rows_begin(inputs.items, inputs.n, E, 5, &table[0][0]);
  da_rows_begin(inputs.items, inputs.n, E, 5, &again[0][0]);
  assert_memory_equal(table, again, sizeof table);
  double square = 0;
  for (uint32_t i = 0; i < inputs.n; i++) {
    const uint32_t first = inputs.items[i].first_row, n_same = i == 0 ? inputs.items[0].n_rows : 1;
    for (uint32_t r = 0; r < n_same; r++) assert_true(table[first + r][7] == 99);
    if (i == 0) continue;
    for (uint32_t e = 0; e < E; e++) {
      square += (double)table[first + 1][e] * (double)table[first + 1][e] / (3 * E);
      for (uint32_t r = 1; r + 1 < DA_N_TIME_BINS; r++) assert_true(fabsf(table[first + r + 1][e] - table[first + r][e]) < 0.6f);
    }
  }
  assert_true(fabs(square / 1.25 - 1) < 0.2);
  assert_true(fabsf(table[4][0] - table[4][1]) > 1e-3f); /* each column a curve of its own */
}

static void rows_without_touches_settle(void **state) {
  (void)state;
  da_error err = {0};
  da_inputs inputs;
  assert_ok(da_inputs_choose(2, true, &inputs, &err), err);
  enum { R = 3 + 3 * DA_N_TIME_BINS, E = 2 };
  uint64_t count[R] = {3, 1, 0};
  float table[R][E];
  for (int r = 0; r < R; r++) table[r][0] = (float)r, table[r][1] = (float)-r;
  uint64_t *before = count + 3;
  before[0] = 5, before[10] = 1, before[13] = 2;
  da_rows_settle(inputs.items, inputs.n, count, E, &table[0][0]);
  assert_true(table[0][0] == 0 && table[1][0] == 1);
  assert_true(fabsf(table[2][0] - 0.25f) < 1e-7f && fabsf(table[2][1] + 0.25f) < 1e-7f); /* (3 x 0 + 1 x 1) / 4 */
  float(*rows)[E] = table + 3;
  assert_true(rows[0][0] == 3 && rows[10][0] == 13 && rows[13][0] == 16); /* those with touches stay */
  assert_true(rows[1][0] == 13 && rows[9][0] == 13 && rows[11][0] == 13);
  assert_true(rows[12][0] == 16 && rows[43][0] == 16 && rows[43][1] == -16);
  /* An input without any touch keeps what it has. */
  assert_true(table[3 + DA_N_TIME_BINS + 7][0] == 3 + DA_N_TIME_BINS + 7);
}

/* Rows of the user are counted a journey, and a number's row for missing that nobody has is the mean. */
static void features_are_counted_and_settle(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("a@0 a@1 ; a@5 | a@0 | a@0 | a@0"); /* train, val, test, train */
  test_features *features = features_draw(made, 1);
  memcpy(features->code[REGION], (const uint32_t[]){1, 1, 2, 2, 0}, 5 * sizeof(uint32_t));
  memcpy(features->number[AGE], (const float[]){1, 2, 9, 9, 4}, 5 * sizeof(float));
  da_inputs inputs;
  da_arena arena = {0};
  da_input_reader reader;
  assert_ok(da_inputs_choose(1, false, &inputs, &err), err);
  assert_ok(da_inputs_learn_features(&made->set, &inputs, &arena, &err), err);
  assert_ok(da_input_reader_open(&inputs, &made->set.campaigns, &made->set, &reader, &err), err);
  assert_int_equal(inputs.n_user_rows, 3 + 4); /* "", north, south; missing, 1, 2, 4 */
  uint64_t count[256];
  assert_ok(da_rows_count(&reader, NULL, count, &err), err);
  assert_int_equal(count[0], 4);
  assert_int_equal(inputs.n, 5); /* the user's region and age also at touches, and counted there */
  assert_memory_equal(count + inputs.items[3].first_row, ((const uint64_t[]){1, 3, 0}), 3 * sizeof(uint64_t));
  const uint64_t wanted[7] = {1, 2, 0, 0, 1, 1, 1};
  assert_memory_equal(count + inputs.n_rows, wanted, sizeof wanted);
  float kernel[7] = {3, 6, 100, 100, 1, 2, 6};
  da_rows_settle(inputs.user, inputs.n_user, count + inputs.n_rows, 1, kernel);
  assert_true(kernel[2] == 5 && kernel[3] == 3); /* (1 x 3 + 2 x 6) / 3; (1 + 2 + 6) / 3 */
  assert_true(kernel[0] == 3 && kernel[1] == 6 && kernel[4] == 1 && kernel[5] == 2 && kernel[6] == 6);
  da_input_reader_close(&reader);
  da_arena_free(&arena);
  features_free(features);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_counted_over_the_train_split),
      cmocka_unit_test(bins_begin_smoothly),
      cmocka_unit_test(rows_without_touches_settle),
      cmocka_unit_test(features_are_counted_and_settle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
