/* Oracles: small logs in which each problem was planted alone, and one that has none; plain loops over random logs. */
#include "journey/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

#define DAY_US INT64_C(86400000000)
static const int64_t now_us = 20000 * DAY_US; /* in 2024 */

enum { MAX_ROWS = 6000 };

/* Rows in the order of (uid, time). */
typedef struct {
  size_t n;
  int64_t uid[MAX_ROWS], time_us[MAX_ROWS];
  uint8_t conversion[MAX_ROWS];
  uint32_t campaign[MAX_ROWS];
  double value[MAX_ROWS];
  da_describe_facts facts;
  bool drop_duplicates;
} test_log;

static void add_row(test_log *log, int64_t uid, int64_t time_us, uint32_t campaign, bool conversion) {
  size_t i = log->n++;
  assert_true(i < MAX_ROWS);
  log->uid[i] = uid;
  log->time_us[i] = time_us;
  log->campaign[i] = campaign;
  log->conversion[i] = conversion;
  log->value[i] = 1 + (double)(i % 3);
}

static void describe(const test_log *log, da_description *description) {
  da_error err = {0};
  *description = (da_description){.facts.now_us = log->facts.now_us};
  da_cut *cut = NULL;
  const da_cut_options options = {.has_value = log->facts.has_value,
                                  .drop_duplicates = log->facts.duplicates_dropped,
                                  .conversions_are_events = log->facts.conversions_are_events};
  const da_cut_sink sink = da_description_sink(description);
  assert_ok(da_cut_open(&options, &sink, &cut, &err), err);
  const da_cut_rows rows = {.n = log->n,
                            .uid_number = log->uid,
                            .time_us = log->time_us,
                            .conversion = log->conversion,
                            .campaign = log->campaign,
                            .value = log->facts.has_value ? log->value : NULL};
  assert_ok(da_cut_add(cut, &rows, &err), err);
  assert_ok(da_cut_finish(cut, &err), err);
  da_description_conclude(description, &log->facts, da_cut_result(cut));
  da_cut_close(cut);
}

/* 200 users of 4 touches on days of their own; every second one converts at the second touch. */
static test_log *clean_log(void) {
  static test_log log;
  log = (test_log){.facts = {.n_campaigns = 3, .now_us = now_us, .has_value = true}};
  for (int64_t uid = 0; uid < 200; uid++) {
    for (int i = 0; i < 4; i++) add_row(&log, uid, now_us - (10 + uid - i) * DAY_US, (uint32_t)i % 3, uid % 2 == 0 && i == 1);
  }
  log.facts.n_rows = log.n;
  return &log;
}

static void assert_only_problem(const test_log *log, const char *key, uint64_t n, const char *words) {
  static da_description description;
  describe(log, &description);
  for (size_t i = 0; i < description.n_problems; i++) {
    if (!key || strcmp(description.problems[i].key, key) != 0)
      fail_msg("expected no problem but found: %s", description.problems[i].sentence);
  }
  if (key) {
    assert_int_equal(description.n_problems, 1);
    assert_int_equal(description.problems[0].n, n);
    if (!strstr(description.problems[0].sentence, words)) fail_msg("expected \"%s\" in: %s", words, description.problems[0].sentence);
  }
  da_description_free(&description);
  da_description_free(&description);
}

static void a_clean_log_has_no_problem(void **state) {
  (void)state;
  const test_log *log = clean_log();
  assert_only_problem(log, NULL, 0, NULL);
  static da_description description;
  describe(log, &description);
  assert_int_equal(description.counts.n_journeys, 300);
  assert_int_equal(description.counts.n_conversions, 100);
  assert_int_equal(description.n_followed, 100);
  assert_int_equal(description.lengths.dense[2], 200); /* two halves of the users who convert */
  assert_int_equal(description.lengths.dense[4], 100);
  assert_int_equal(description.max_len_80, 4);
  assert_int_equal(description.max_len_95, 4);
  assert_true(description.value_low == 1 && description.value_high == 3);
  da_description_free(&description);
}

static void rows_that_are_missing_or_double_are_named(void **state) {
  (void)state;
  test_log *log = clean_log();
  log->facts.n_missing_uid = 2, log->facts.n_missing_campaign = 5;
  assert_only_problem(log, "missing", 7, "campaign in 5");
  log = clean_log();
  log->facts.n_missing_conversion = 4;
  assert_only_problem(log, "missing_conversion", 4, "not converted");
  for (int dropped = 0; dropped < 2; dropped++) {
    log = clean_log();
    log->facts.has_value = false;
    log->facts.duplicates_dropped = dropped;
    add_row(log, 500, now_us - DAY_US, 1, false);
    add_row(log, 500, now_us - DAY_US, 1, false);
    assert_only_problem(log, "duplicates", 1, dropped ? "are left out" : "journey.drop_duplicates");
  }
}

static void doubtful_times_are_named(void **state) {
  (void)state;
  test_log *log = clean_log();
  add_row(log, 500, now_us - DAY_US, 1, false);
  add_row(log, 500, now_us - DAY_US, 2, false);
  assert_only_problem(log, "same_time", 1, "order");
  log = clean_log();
  add_row(log, 500, now_us + DAY_US, 1, false);
  assert_only_problem(log, NULL, 0, NULL); /* clocks differ, time zones too */
  add_row(log, 501, now_us + 2 * DAY_US, 1, false);
  assert_only_problem(log, "future", 1, "future");
  log = clean_log();
  add_row(log, 500, 0, 1, false);
  assert_only_problem(log, "before_2000", 1, "2000");
  log = clean_log();
  for (size_t i = 0; i < log->n; i++) log->time_us[i] = now_us;
  for (size_t i = 0; i < log->n; i++) log->conversion[i] = i % 8 == 3; /* ties: unconverted first */
  static da_description description;
  describe(log, &description);
  assert_string_equal(description.problems[0].key, "one_timestamp");
  da_description_free(&description);
}

static void doubtful_users_and_campaigns_are_named(void **state) {
  (void)state;
  test_log *log = clean_log();
  for (int i = 0; i < 1001; i++) add_row(log, 500, now_us - (2000 - i) * 3600 * INT64_C(1000000), (uint32_t)i % 3, i % 10 == 0);
  assert_only_problem(log, "crowded_users", 1, "together 1001");
  log = clean_log();
  log->facts.n_campaigns = 1;
  assert_only_problem(log, "one_campaign", log->n, "campaign");
  log = clean_log();
  for (size_t i = 0; i < log->n; i++) {
    log->uid[i] = 7;
    log->time_us[i] = now_us - (1000 - (int64_t)i) * DAY_US;
  }
  assert_only_problem(log, "one_user", log->n, "uid");
  log = clean_log();
  log->n = 0;
  log->facts.has_value = false;
  for (int64_t uid = 0; uid < 60; uid++) add_row(log, uid, now_us - (uid + 1) * DAY_US, (uint32_t)uid % 3, uid % 3 == 0);
  assert_only_problem(log, "one_touch", 60, "single touch");
}

static void doubtful_conversions_are_named(void **state) {
  (void)state;
  test_log *log = clean_log();
  memset(log->conversion, 0, log->n);
  assert_only_problem(log, "no_conversion", 0, "no conversion");
  static da_description description;
  log = clean_log();
  memset(log->conversion, 1, log->n);
  describe(log, &description);
  assert_string_equal(description.problems[description.n_problems - 1].key, "all_converted");
  da_description_free(&description);
  log = clean_log();
  for (size_t i = 0; i < log->n; i++) log->value[i] = 9.5;
  assert_only_problem(log, "one_value", 100, "9.5");
  log->facts.has_value = false;
  assert_only_problem(log, NULL, 0, NULL);
  for (int followed = 1; followed <= 2; followed++) { /* of 100 conversions: below 2 %, and 2 % */
    log = clean_log();
    for (size_t i = 0; i < log->n; i++) log->conversion[i] = i % 8 == (i / 8 < (size_t)followed ? 1 : 3);
    assert_only_problem(log, followed < 2 ? "cut_at_conversion" : NULL, 99, "only 1 of 100");
  }
  log->n = 48 * 4; /* 24 conversions: too few to say */
  for (size_t i = 0; i < log->n; i++) log->conversion[i] = i % 8 == 3;
  assert_only_problem(log, NULL, 0, NULL);
}

static void conversion_events_without_touches_are_named(void **state) {
  (void)state;
  test_log *log = clean_log();
  log->facts.conversions_are_events = true;
  for (size_t i = 0; i < log->n; i++) log->conversion[i] = i % 8 == 2; /* after two touches, before one */
  add_row(log, 500, now_us - DAY_US, 0, true);
  assert_only_problem(log, "unattributed", 1, "no touch before");
}

static void random_logs_are_tallied(void **state) {
  (void)state;
  da_random random;
  da_random_init(&random, 6, 0);
  static test_log log;
  static da_description description;
  for (int round = 0; round < 40; round++) {
    log = (test_log){.facts.now_us = now_us};
    uint64_t n_followed = 0, n_future = 0, n_past = 0, n_users = 1 + da_random_below(&random, 50);
    for (uint64_t uid = 0; uid < n_users; uid++) {
      uint64_t n = 1 + da_random_below(&random, round % 2 ? 8 : 60);
      int64_t time_us = (int64_t)da_random_below(&random, 2 * (uint64_t)now_us);
      for (uint64_t i = 0; i < n; i++) {
        time_us += 1 + (int64_t)da_random_below(&random, 9 * (uint64_t)DAY_US);
        bool conversion = da_random_below(&random, 4) == 0;
        n_followed += conversion && i + 1 < n;
        n_future += time_us > now_us + DAY_US;
        n_past += time_us < INT64_C(946684800) * 1000000;
        add_row(&log, (int64_t)uid, time_us, (uint32_t)da_random_below(&random, 3), conversion);
      }
    }
    describe(&log, &description);
    assert_int_equal(description.n_followed, n_followed);
    assert_int_equal(description.n_future, n_future);
    assert_int_equal(description.n_past, n_past);
    assert_int_equal(description.lengths.n_journeys, description.counts.n_journeys);
    da_description_free(&description);
  }
}

static void an_empty_log_is_described(void **state) {
  (void)state;
  test_log *log = clean_log();
  log->n = 0;
  assert_only_problem(log, "no_conversion", 0, "no conversion");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_clean_log_has_no_problem),     cmocka_unit_test(rows_that_are_missing_or_double_are_named),
      cmocka_unit_test(doubtful_times_are_named),       cmocka_unit_test(doubtful_users_and_campaigns_are_named),
      cmocka_unit_test(doubtful_conversions_are_named), cmocka_unit_test(conversion_events_without_touches_are_named),
      cmocka_unit_test(random_logs_are_tallied),        cmocka_unit_test(an_empty_log_is_described),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
