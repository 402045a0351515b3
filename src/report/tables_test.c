/* Oracles: rows written out by hand, the methods' own credit touch by touch, sums by SQL; DuckDB reads the files back. */
#include "report/tables.h"

#include "support/folder.h"
#include "support/report.h"
#include "support/store.h"

/* A folder, a session and a run over made, whose touches are written to "touches.parquet" in the folder. */
typedef struct {
  char *folder;
  da_db *db;
  report_run run;
} desk;

static void desk_open(desk *d, test_journeys *made, bool has_network, int n_threads) {
  d->folder = folder_make();
  d->db = store_db();
  report_open(&d->run, made, has_network, n_threads);
  expect_ok(da_tables_write_touches(d->db, folder_path(d->folder, "touches.parquet"), &made->set, &d->run.fitted, d->run.pass, NULL, err));
  d->run.report.totals = da_pass_totals(d->run.pass);
  assert_non_null(d->run.report.totals);
}

static void desk_close(desk *d) {
  report_close(&d->run);
  da_db_close(d->db);
  folder_remove(d->folder);
}

/* The answer of a query in which %s stands for the file, as a quoted path. */
static const char *ask(desk *d, const char *file, const char *format) {
  char path[600], sql[4096];
  snprintf(path, sizeof path, "'%s'", folder_path(d->folder, file));
  snprintf(sql, sizeof sql, format, path);
  return store_query(d->db, sql);
}

static void write_campaigns(desk *d) {
  expect_ok(da_tables_write_attention(d->db, folder_path(d->folder, "attention.parquet"), &d->run.report, NULL, err));
  expect_ok(da_tables_write_credit(d->db, folder_path(d->folder, "credit.parquet"), &d->run.report, NULL, err));
}

static void touches_are_rows_in_the_order_of_journeys(void **state) {
  (void)state;
  desk d;
  desk_open(&d, journeys_from_text("b@0 a@1.5! ; a@2 | b@3!"), false, 1);
  assert_string_equal(ask(&d, "touches.parquet", "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM %s)"),
                      "journey_id BIGINT, uid BIGINT, touch_index INTEGER, timestamp TIMESTAMP WITH TIME ZONE, campaign_nm VARCHAR, "
                      "conversion_status BOOLEAN, attention FLOAT, first_touch_attribution DOUBLE, last_touch_attribution DOUBLE, "
                      "linear_attribution DOUBLE, time_decay_attribution DOUBLE, position_based_attribution DOUBLE");
  assert_string_equal(ask(&d, "touches.parquet",
                          "SELECT string_agg(concat_ws(' ', journey_id, uid, touch_index, epoch_us(timestamp), campaign_nm, "
                          "conversion_status, attention, linear_attribution, last_touch_attribution), ', ') FROM %s"),
                      "0 100 1 0 b true 0.5 0.0, 0 100 2 129600000000 a true 0.5 1.0, 1 100 1 172800000000 a false 0.0 0.0, "
                      "2 101 1 259200000000 b true 1.0 1.0");
  assert_string_equal(ask(&d, "touches.parquet", "SELECT count(attention) FROM %s"), "0"); /* NULL without a network */
  desk_close(&d);
}

static void users_may_be_texts(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0! ; b@1 | a@2");
  const uint64_t ends[] = {0, 0, 9}; /* the first user's name is empty */
  made->set.uid_int = NULL;
  made->set.uid_end = ends;
  made->set.uid_text = "j\xc3\xb6rg, \"2";
  desk d;
  desk_open(&d, made, false, 1);
  assert_string_equal(ask(&d, "touches.parquet", "SELECT string_agg('<' || uid || '>', '') FROM %s"), "<><><j\xc3\xb6rg, \"2>");
  desk_close(&d);
}

static void every_touch_has_what_its_methods_gave(void **state) {
  (void)state;
  desk d;
  desk_open(&d, journeys_random(2, 3000, 7, 12), true, 2);
  const da_journeys *set = &d.run.made->set;
  double *linear = credit_of(da_method_find("linear"), set, &d.run.config, NULL);
  double *attention = credit_of(da_method_find("attention"), set, &d.run.config, d.run.attention);
  char sql[800];
  snprintf(sql, sizeof sql,
           "SELECT journey_id, uid, touch_index, epoch_us(timestamp), campaign_nm, conversion_status, attention, attention_attribution, "
           "linear_attribution FROM '%s'",
           folder_path(d.folder, "touches.parquet"));
  da_rows *rows;
  da_chunk chunk;
  uint64_t touch = 0, journey = 0, user = 0;
  expect_ok(da_db_query(d.db, sql, &rows, err));
  for (;;) {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    if (chunk.n_rows == 0) break;
    for (size_t row = 0; row < chunk.n_rows; row++, touch++) {
      while (set->first_touch[journey + 1] <= touch) journey++;
      while (set->first_journey[user + 1] <= journey) user++;
      assert_int_equal(((const int64_t *)chunk.columns[0].values)[row], journey);
      assert_int_equal(((const int64_t *)chunk.columns[1].values)[row], set->uid_int[user]);
      assert_int_equal(((const int64_t *)chunk.columns[2].values)[row], touch - set->first_touch[journey] + 1);
      assert_int_equal(((const int64_t *)chunk.columns[3].values)[row], set->time_us[touch]);
      const da_slice name = ((const da_slice *)chunk.columns[4].values)[row], wanted = set->campaigns.items[set->campaign[touch]];
      assert_int_equal(name.length, wanted.length);
      assert_memory_equal(name.data, wanted.data, wanted.length);
      assert_int_equal(((const uint8_t *)chunk.columns[5].values)[row], da_journey_converted(set, journey));
      assert_true(((const double *)chunk.columns[6].values)[row] == (double)d.run.attention[touch]);
      assert_true(((const double *)chunk.columns[7].values)[row] == attention[touch]);
      assert_true(((const double *)chunk.columns[8].values)[row] == linear[touch]);
    }
  }
  assert_int_equal(touch, set->n_touches);
  da_rows_close(rows);
  free(linear), free(attention);
  desk_close(&d);
}

static void threads_do_not_show_in_the_bytes(void **state) {
  (void)state;
  unsigned char *bytes[2];
  size_t length[2];
  for (int i = 0; i < 2; i++) {
    desk d;
    desk_open(&d, journeys_random(4, 2000, 5, 10), true, 1 + 3 * i);
    bytes[i] = folder_read(folder_path(d.folder, "touches.parquet"), &length[i]);
    desk_close(&d);
  }
  assert_int_equal(length[0], length[1]);
  assert_memory_equal(bytes[0], bytes[1], length[0]);
  free(bytes[0]), free(bytes[1]);
}

static da_status credit_too_much(const void *state, const da_credit_input *input, const da_credit_range *range, double *credit,
                                 double *baseline, da_error *err) {
  (void)state, (void)input, (void)range, (void)baseline, (void)err;
  credit[0] += 2;
  return DA_OK;
}

static void credit_that_does_not_add_up_stops_the_table(void **state) {
  (void)state;
  static const da_method greedy = {.name = "greedy", .credit = credit_too_much};
  char *folder = folder_make();
  da_db *db = store_db();
  report_run run;
  report_open(&run, journeys_from_text("a@0 b@1!"), false, 1);
  da_pass_close(run.pass);
  run.fitted.methods[0] = &greedy;
  expect_ok(da_pass_open(&run.input, &run.fitted, &(da_pass_options){0}, &run.pass, err));
  expect_fail(da_tables_write_touches(db, folder_path(folder, "touches.parquet"), &run.made->set, &run.fitted, run.pass, NULL, err),
              DA_ERR_NUM, "greedy: expected the credit and baseline of the conversion of journey 0 to sum to 1 but found 2");
  assert_null(da_pass_totals(run.pass));
  report_close(&run);
  da_db_close(db);
  folder_remove(folder);
}

static void attention_of_campaigns_adds_up_to_the_conversions(void **state) {
  (void)state;
  desk d;
  test_journeys *made = journeys_random(5, 500, 9, 8);
  for (uint64_t t = 0; t < made->set.n_touches; t++) made->campaign[t] %= 8; /* the ninth has no touch */
  desk_open(&d, made, true, 2);
  write_campaigns(&d);
  assert_string_equal(ask(&d, "attention.parquet", "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM %s)"),
                      "campaign_nm VARCHAR, total_attention DOUBLE, average_attention DOUBLE");
  double sum = strtod(ask(&d, "attention.parquet", "SELECT sum(total_attention) FROM %s"), NULL);
  assert_near(sum, (double)made->set.n_conversions, 1e-9 * sum);
  uint64_t n_touches = 0;
  double total = 0;
  double *attention = credit_of(da_method_find("attention"), &made->set, &d.run.config, d.run.attention);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) {
    for (uint64_t t = made->set.first_touch[j]; t < made->set.first_touch[j + 1]; t++) {
      if (made->campaign[t] != 3) continue;
      total += attention[t];
      n_touches += da_journey_converted(&made->set, j);
    }
  }
  free(attention);
  assert_near(strtod(ask(&d, "attention.parquet", "SELECT total_attention FROM %s WHERE campaign_nm = 'c00003'"), NULL), total, 1e-9);
  assert_near(strtod(ask(&d, "attention.parquet", "SELECT average_attention FROM %s WHERE campaign_nm = 'c00003'"), NULL),
              total / (double)n_touches, 1e-12);
  assert_string_equal(ask(&d, "attention.parquet", "SELECT average_attention FROM %s WHERE campaign_nm = 'c00008'"), "NULL");
  desk_close(&d);
}

static void without_a_network_there_is_no_attention(void **state) {
  (void)state;
  desk d;
  desk_open(&d, journeys_from_text("a@0! | b@1"), false, 1);
  write_campaigns(&d);
  assert_string_equal(ask(&d, "attention.parquet", "SELECT count(*) FROM %s"), "0");
  desk_close(&d);
}

static void every_method_adds_up_to_the_input(void **state) {
  (void)state;
  desk d;
  test_journeys *made = journeys_random(6, 400, 12, 9);
  made->set.n_unattributed = 3;
  made->set.unattributed_value = 10.25;
  made->names[2] = (da_slice){"(baseline)", 10}; /* a campaign may be called anything */
  made->names[3] = (da_slice){"it's, \"quoted\"\n", 15};
  desk_open(&d, made, true, 2);
  write_campaigns(&d);
  assert_string_equal(ask(&d, "credit.parquet", "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM %s)"),
                      "method VARCHAR, campaign_nm VARCHAR, touches BIGINT, conversions DOUBLE, value DOUBLE, share DOUBLE, low DOUBLE, "
                      "high DOUBLE, spend DOUBLE, cpa DOUBLE, roas DOUBLE, cpa_low DOUBLE, cpa_high DOUBLE, roas_low DOUBLE, "
                      "roas_high DOUBLE");
  double value = 10.25;
  for (uint64_t i = 0; i < made->set.n_conversions; i++) value += made->value[i];
  char sql[300];
  snprintf(sql, sizeof sql,
           "SELECT count(*) FROM (SELECT method FROM %%s GROUP BY method HAVING count(*) = 14 AND abs(sum(conversions) - %llu) < 1e-6 AND "
           "abs(sum(value) - %.17g) < 1e-6 AND abs(sum(share) - 1) < 1e-9 AND sum(touches) = %llu)",
           (unsigned long long)(made->set.n_conversions + 3), value, (unsigned long long)made->set.n_touches);
  char n_methods[8];
  snprintf(n_methods, sizeof n_methods, "%zu", d.run.fitted.n);
  assert_string_equal(ask(&d, "credit.parquet", sql), n_methods);
  assert_string_equal(ask(&d, "credit.parquet", "SELECT count(*) FROM %s WHERE campaign_nm = '(baseline)' AND method = 'linear'"), "2");
  assert_string_equal(ask(&d, "credit.parquet", "SELECT count(low) + count(spend) + count(cpa) + count(roas) FROM %s"), "0");
  desk_close(&d);
}

static void money_and_intervals_have_their_columns(void **state) {
  (void)state;
  desk d;
  desk_open(&d, journeys_from_text("a@0 b@1!30 ; b@3 | a@1! | b@2!10"), false, 1);
  const double spend[] = {6, NAN}, low[] = {1, 2}, high[] = {3, 4};
  da_interval_facts intervals[64] = {{0}};
  intervals[report_method(&d.run, "linear")] = (da_interval_facts){low, high};
  d.run.facts.spend = spend;
  d.run.facts.intervals = intervals;
  write_campaigns(&d);
  assert_string_equal(ask(&d, "credit.parquet",
                          "SELECT string_agg(concat_ws(' ', campaign_nm, touches, conversions, value, round(share, 4),"
                          "low, high, spend, cpa, roas, cpa_low, cpa_high, roas_low, roas_high), ', ') FROM %s WHERE method = 'linear'"),
                      "a 2 1.5 15.0 0.5 1.0 3.0 6.0 4.0 2.5 2.0 6.0 1.6666666666666667 5.0, b 3 1.5 25.0 0.5 2.0 4.0, (baseline) 0 0.0 0.0 "
                      "0.0, (unattributed) 0 0.0 0.0 0.0");
  assert_string_equal(ask(&d, "credit.parquet", "SELECT count(low) FROM %s WHERE method <> 'linear'"), "0");
  desk_close(&d);
}

static void assert_same_totals(const da_credit_totals *found, const da_credit_totals *wanted) {
  assert_int_equal(found->n_methods, wanted->n_methods);
  assert_int_equal(found->n_conversions, wanted->n_conversions);
  assert_true(found->has_value == wanted->has_value && found->value == wanted->value);
  assert_memory_equal(found->touches, wanted->touches, wanted->n_campaigns * sizeof *wanted->touches);
  for (size_t m = 0; m < wanted->n_methods; m++) {
    assert_ptr_equal(found->methods[m].method, wanted->methods[m].method);
    assert_memory_equal(found->methods[m].conversions, wanted->methods[m].conversions, wanted->n_campaigns * sizeof(double));
    if (wanted->has_value) assert_memory_equal(found->methods[m].value, wanted->methods[m].value, wanted->n_campaigns * sizeof(double));
    assert_true(found->methods[m].baseline == wanted->methods[m].baseline);
    assert_true(found->methods[m].baseline_value == wanted->methods[m].baseline_value);
  }
}

static void stored_credit_comes_back_bit_for_bit(void **state) {
  (void)state;
  for (int has_value = 0; has_value < 2; has_value++) {
    desk d;
    test_journeys *made = journeys_random(8, 2000, 1500, 9); /* more rows than one chunk has */
    if (!has_value) made->set.value = NULL;
    desk_open(&d, made, true, 2);
    double *numbers = journeys_zeroed(1500, sizeof *numbers);
    da_interval_facts intervals[64] = {{0}};
    intervals[1] = (da_interval_facts){numbers, numbers};
    numbers[7] = 7.25;
    d.run.facts.spend = numbers;
    d.run.facts.intervals = intervals;
    write_campaigns(&d);
    da_arena arena = {0};
    da_stored_credit stored;
    expect_ok(da_tables_read_credit(d.db, folder_path(d.folder, "credit.parquet"), &made->set, &arena, &stored, err));
    assert_same_totals(&stored.totals, d.run.report.totals);
    assert_memory_equal(stored.spend, numbers, 1500 * sizeof *numbers);
    assert_memory_equal(stored.intervals[1].high, numbers, 1500 * sizeof *numbers);
    assert_null(stored.intervals[0].low);
    da_arena_free(&arena);
    free(numbers);
    desk_close(&d);
  }
}

static void credit_of_other_journeys_is_refused(void **state) {
  (void)state;
  desk d;
  desk_open(&d, journeys_from_text("a@0 b@1! | b@2!"), false, 1);
  write_campaigns(&d);
  const char *const others[] = {"a@0 c@1! | c@2!", "a@0! | a@1!", "a@0 b@1! c@1 | b@2!", "a@0 b@1! | b@2! | a@1!"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    test_journeys *other = journeys_from_text(others[i]);
    da_arena arena = {0};
    da_stored_credit stored;
    da_error err = {0};
    da_status status = da_tables_read_credit(d.db, folder_path(d.folder, "credit.parquet"), &other->set, &arena, &stored, &err);
    assert_int_equal(status, i < 3 ? DA_ERR_DATA : DA_ERR_NUM); /* the last has these campaigns and one conversion more */
    da_arena_free(&arena);
    journeys_free(other);
  }
  desk_close(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(touches_are_rows_in_the_order_of_journeys),   cmocka_unit_test(users_may_be_texts),
      cmocka_unit_test(every_touch_has_what_its_methods_gave),       cmocka_unit_test(threads_do_not_show_in_the_bytes),
      cmocka_unit_test(credit_that_does_not_add_up_stops_the_table), cmocka_unit_test(attention_of_campaigns_adds_up_to_the_conversions),
      cmocka_unit_test(without_a_network_there_is_no_attention),     cmocka_unit_test(every_method_adds_up_to_the_input),
      cmocka_unit_test(money_and_intervals_have_their_columns),      cmocka_unit_test(stored_credit_comes_back_bit_for_bit),
      cmocka_unit_test(credit_of_other_journeys_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
