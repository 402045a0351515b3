/* Oracles: values computed by Spark 3.5 (tests/oracles/spark_split.py prints the table); journeys sorted with qsort and picked one by
 * one; and the frequencies that the fractions promise. */
#include "journey/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "journey/set.h"
#include "support/folder.h"

static const double usual[3] = {0.8, 0.1, 0.1};

static const struct {
  int64_t seed;
  const char *uid;
  double u;
} by_spark[] = {
    {0, "0", 0x1.3e5d2d2154e03p-1},
    {0, "-7", 0x1.c39f2e4c4de0cp-2},
    {0, "10", 0x1.2858e1f3bccf8p-3},
    {0, "9007199254740993", 0x1.dc4deac2c5a58p-4},
    {0, "-9223372036854775808", 0x1.e8c3ab273039ep-2},
    {0, "", 0x1.5c1b3e910d326p-1},
    {0, "ann", 0x1.675d86ff6e0c8p-1},
    {0, "user-0123456789", 0x1.e330d8500caeep-1},
    {0, "caf\xc3\xa9", 0x1.1c561b14aace8p-2},
    {0, "a uid of more than thirty-two bytes, so that all lanes work", 0x1.78c941ade1d60p-3},
    {42, "0", 0x1.77059bd4eb9c4p-1},
    {42, "-7", 0x1.0d0530d0e62c4p-3},
    {42, "10", 0x1.32542b98e50e7p-1},
    {42, "9007199254740993", 0x1.c32030dac95c2p-1},
    {42, "-9223372036854775808", 0x1.42813bfcdad3cp-2},
    {42, "", 0x1.ec82dd6cbad30p-3},
    {42, "ann", 0x1.7cc46b75190b0p-4},
    {42, "user-0123456789", 0x1.ab85352ccbfe8p-1},
    {42, "caf\xc3\xa9", 0x1.a2a77036c8014p-1},
    {42, "a uid of more than thirty-two bytes, so that all lanes work", 0x1.c2d2c34071ddcp-3},
    {-1, "0", 0x1.d9582b0e2a283p-1},
    {-1, "-7", 0x1.a1b8e7d8efd6dp-1},
    {-1, "10", 0x1.6cda6069389b2p-1},
    {-1, "9007199254740993", 0x1.67e335cf59804p-3},
    {-1, "-9223372036854775808", 0x1.c43107a68c22ep-2},
    {-1, "", 0x1.8c6b713ba68adp-1},
    {-1, "ann", 0x1.46a6a4b86aeccp-2},
    {-1, "user-0123456789", 0x1.de75f45ea6b82p-1},
    {-1, "caf\xc3\xa9", 0x1.f0fdd436ce440p-2},
    {-1, "a uid of more than thirty-two bytes, so that all lanes work", 0x1.642c082199ca8p-1},
};

static void the_hash_is_that_of_spark(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof by_spark / sizeof by_spark[0]; i++) {
    da_slice uid = {by_spark[i].uid, strlen(by_spark[i].uid)};
    assert_true(da_split_uniform_text(da_split_seed((uint64_t)by_spark[i].seed), uid) == by_spark[i].u);
  }
}

static void a_hash_has_the_fractions_asked_for(void **state) {
  (void)state;
  enum { N = 200000 };
  uint64_t seed = da_split_seed(1);
  double counts[3] = {0};
  for (int64_t uid = 0; uid < N; uid++) {
    double u = da_split_uniform_int(seed, uid);
    assert_true(u >= 0 && u < 1);
    counts[da_split_pick(usual, u)]++;
  }
  for (int set = 0; set < 3; set++) {
    double p = usual[set];
    assert_true(fabs(counts[set] / N - p) < 5 * sqrt(p * (1 - p) / N));
  }
}

static void numbers_are_hashed_as_their_text(void **state) {
  (void)state;
  uint64_t seed = da_split_seed(42);
  const struct {
    int64_t number;
    const char *text;
  } uids[] = {{0, "0"},
              {-7, "-7"},
              {10, "10"},
              {INT64_C(9007199254740993), "9007199254740993"},
              {INT64_MAX, "9223372036854775807"},
              {INT64_MIN, "-9223372036854775808"}};
  for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
    double by_text = da_split_uniform_text(seed, (da_slice){uids[i].text, strlen(uids[i].text)});
    assert_true(da_split_uniform_int(seed, uids[i].number) == by_text);
  }
}

static void the_last_set_with_a_fraction_takes_what_is_left(void **state) {
  (void)state;
  const double u = 1 - 0x1p-53;
  assert_int_equal(da_split_pick((const double[]){0.7, 0.2, 0.1}, 0.7), DA_SET_VAL);
  assert_int_equal(da_split_pick((const double[]){0.8, 0.1, 0.1}, u), DA_SET_TEST);
  assert_int_equal(da_split_pick((const double[]){0.9, 0.1 - 0x1p-53, 0}, u), DA_SET_VAL);
  assert_int_equal(da_split_pick((const double[]){1 - 0x1p-53, 0, 0}, u), DA_SET_TRAIN);
  assert_int_equal(da_split_pick((const double[]){0, 0, 1}, 0), DA_SET_TEST);
}

/* ---- By time ---- */

typedef struct {
  int64_t time_us;
  uint64_t journey;
} ending;

static int compare_endings(const void *a, const void *b) {
  const ending *x = a, *y = b;
  if (x->time_us != y->time_us) return x->time_us < y->time_us ? -1 : 1;
  return (x->journey > y->journey) - (x->journey < y->journey);
}

static void check_by_time(const char *folder, const ending *endings, uint64_t n, const double fractions[3]) {
  da_error err = {0};
  ending *sorted = malloc((n + 1) * sizeof *sorted);
  uint8_t *wanted = malloc(n + 1);
  memcpy(sorted, endings, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare_endings);
  for (uint64_t i = 0; i < n; i++) wanted[sorted[i].journey] = da_split_pick(fractions, ((double)i + 0.5) / (double)n);
  da_spool spool;
  assert_ok(da_spool_open(&spool, folder, &err), err);
  for (uint64_t i = 0; i < n; i++) assert_ok(da_spool_append(&spool, &endings[i].time_us, sizeof endings[i].time_us, &err), err);
  da_time_split split;
  assert_ok(da_time_split_find(&spool, n, fractions, &split, &err), err);
  for (uint64_t i = 0; i < n; i++) assert_int_equal(da_split_by_time(&split, endings[i].time_us), wanted[i]);
  da_spool_close(&spool);
  free(sorted), free(wanted);
}

static void by_time_agrees_with_sorting(void **state) {
  (void)state;
  char *folder = folder_make();
  static ending endings[250000];
  static const double fractions[][3] = {
      {0.8, 0.1, 0.1}, {0.5, 0, 0.5}, {0, 0.5, 0.5}, {1, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1.0 / 3, 1.0 / 3, 1.0 / 3}};
  da_random random;
  da_random_init(&random, 6, 0);
  for (int round = 0; round < 300; round++) {
    uint64_t n = round < 290 ? da_random_below(&random, 40) : da_random_below(&random, 250000);
    uint64_t n_moments = 1 + da_random_below(&random, round % 2 ? 5 : 1000000); /* many ties, or few */
    for (uint64_t i = 0; i < n; i++)
      endings[i] = (ending){(int64_t)da_random_below(&random, n_moments) * INT64_C(3600000000) - INT64_C(7200000000), i};
    if (n > 1 && round % 5 == 0) endings[0].time_us = INT64_MIN, endings[n - 1].time_us = INT64_MAX;
    check_by_time(folder, endings, n, fractions[round % 7]);
  }
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_hash_is_that_of_spark),        cmocka_unit_test(a_hash_has_the_fractions_asked_for),
      cmocka_unit_test(numbers_are_hashed_as_their_text), cmocka_unit_test(the_last_set_with_a_fraction_takes_what_is_left),
      cmocka_unit_test(by_time_agrees_with_sorting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
