/* Oracles: cut_naive.h, the slow twin in C; an independent formulation in SQL with window functions; numbers known of the real files in
 * ../shared/data; and for everything strange that a log may hold, what was put into it. */
#include "journey/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/random.h"
#include "journey/set.h"
#include "support/cut_naive.h"
#include "support/store.h"

typedef struct {
  char *folder;
  da_db *db;
  da_bucket *bucket;
  da_config config;
  da_journeys_report report;
  da_journeys set; /* after build */
} world;

static void set_up(world *w) {
  *w = (world){.folder = folder_make(), .db = store_db()};
  expect_ok(da_bucket_open(w->folder, &w->bucket, err));
  da_config_init(&w->config);
  mkdir(folder_path(w->folder, "raw"), 0777);
}

static void tear_down(world *w) {
  da_journeys_close(&w->set);
  da_config_free(&w->config);
  da_bucket_close(w->bucket);
  da_db_close(w->db);
  folder_remove(w->folder);
}

static void set(world *w, const char *assignment) { expect_ok(da_config_set(&w->config, assignment, err)); }

static void run_sql(world *w, const char *format, const char *name) {
  da_text sql = {0};
  da_text_printf(&sql, format, folder_path(w->folder, name));
  expect_ok(da_db_run(w->db, da_text_cstr(&sql), err));
  da_text_free(&sql);
}

static void write_raw(world *w, const char *name, const char *text) { folder_write(folder_path(w->folder, name), text, strlen(text)); }

static da_status try_to_build(world *w, const da_monitor *monitor, da_error *err) {
  da_impressions impressions;
  da_publication *publication = NULL;
  da_status status = da_impressions_open(w->db, w->bucket, NULL, &w->config, &impressions, err);
  if (status == DA_OK) status = da_impressions_audit(w->db, &impressions, NULL, err);
  if (status == DA_OK) status = da_publication_begin(w->bucket, &publication, err);
  if (status == DA_OK) status = da_journeys_build(w->db, publication, &w->config, &impressions, monitor, &w->report, err);
  if (status == DA_OK) status = da_publication_commit(publication, err);
  da_publication_close(publication);
  da_impressions_free(&impressions);
  return status;
}

static void build(world *w) {
  expect_ok(try_to_build(w, NULL, err));
  da_journeys_close(&w->set);
  expect_ok(da_journeys_open(folder_path(w->folder, DA_JOURNEYS_KEY), &w->set, err));
  assert_int_equal(w->set.checksum, w->report.checksum);
  assert_int_equal(w->set.n_journeys, w->report.counts.n_journeys);
  assert_int_equal(w->set.n_touches, w->report.counts.n_touches);
  assert_int_equal(w->set.n_users, w->report.counts.n_users);
}

/* The answer to a question about the feature store, as text. */
static const char *ask(world *w, const char *select) {
  da_text sql = {0};
  da_text_printf(&sql, "%s FROM read_parquet('%s')", select, folder_path(w->folder, "feature_store/*.parquet"));
  const char *answer = store_query(w->db, da_text_cstr(&sql));
  da_text_free(&sql);
  return answer;
}

/* ---- Against the twin in C ---- */

static size_t draw_rows(naive_row *rows, size_t n, da_random *random, bool events) {
  for (size_t i = 0; i < n; i++) {
    rows[i] = (naive_row){.uid = (int64_t)da_random_below(random, n / 4 + 1) - 3,
                          .time_us = 1700000000000000 + (int64_t)da_random_below(random, 30) * 1000000};
    rows[i].conversion = da_random_below(random, 4) == 0;
    rows[i].campaign = events && rows[i].conversion ? 0 : (uint32_t)da_random_below(random, 3);
    rows[i].has_value = rows[i].conversion && da_random_below(random, 4) > 0;
    if (rows[i].has_value) rows[i].value = (double)da_random_below(random, 40) / 4;
  }
  rows[0] = (naive_row){.uid = 0, .time_us = 1700000000000000}; /* at least one impression; all three campaigns */
  rows[1] = (naive_row){.uid = 0, .time_us = 1700000000000000, .campaign = 1};
  rows[2] = (naive_row){.uid = 0, .time_us = 1700000000000000, .campaign = 2};
  return n;
}

static void write_rows(world *w, const naive_row *rows, size_t n, bool events) {
  da_text touches = {0}, conversions = {0};
  da_text_append(&touches, "uid,timestamp,campaign,conversion,value\n");
  da_text_append(&conversions, "uid,timestamp,value\n");
  for (size_t i = 0; i < n; i++) {
    char value[32] = "";
    if (rows[i].has_value) snprintf(value, sizeof value, "%.17g", rows[i].value);
    long long uid = rows[i].uid, second = rows[i].time_us / 1000000;
    if (events && rows[i].conversion)
      da_text_printf(&conversions, "%lld,%lld,%s\n", uid, second, value);
    else
      da_text_printf(&touches, "%lld,%lld,campaign %c,%d,%s\n", uid, second, (char)('A' + rows[i].campaign), rows[i].conversion, value);
  }
  write_raw(w, "raw/impressions.csv", da_text_cstr(&touches));
  if (events) write_raw(w, "raw/conversions.csv", da_text_cstr(&conversions));
  da_text_free(&touches);
  da_text_free(&conversions);
}

static void compare_with_twin(const world *w, const naive_result *wanted) {
  const da_journeys *found = &w->set;
  assert_int_equal(found->n_journeys, wanted->n_journeys);
  assert_int_equal(found->n_unattributed, wanted->n_unattributed);
  assert_true(found->unattributed_value == wanted->unattributed_value);
  uint64_t user = 0, conversion = 0;
  for (uint64_t j = 0; j < found->n_journeys; j++) {
    const naive_journey *journey = &wanted->journeys[j];
    while (found->first_journey[user + 1] <= j) user++;
    assert_int_equal(found->uid_int[user], journey->uid);
    assert_int_equal(j - found->first_journey[user], journey->index);
    assert_int_equal(da_journey_length(found, j), journey->n);
    assert_memory_equal(found->campaign + found->first_touch[j], journey->campaign, journey->n * sizeof *journey->campaign);
    assert_memory_equal(found->time_us + found->first_touch[j], journey->time_us, journey->n * sizeof *journey->time_us);
    assert_int_equal(da_journey_converted(found, j), journey->converted);
    if (!journey->converted) continue;
    assert_true(found->value[conversion] == journey->value);
    if (found->conversion_us) assert_int_equal(found->conversion_us[conversion], journey->conversion_us);
    conversion++;
  }
}

static void random_logs_agree_with_the_twin(void **state) {
  (void)state;
  static naive_row rows[400];
  da_random random;
  da_random_init(&random, 31, 0);
  for (int round = 0; round < 24; round++) {
    world w;
    set_up(&w);
    bool events = round & 1;
    naive_options options = {.has_value = true, .conversions_are_events = events, .drop_duplicates = round & 2};
    size_t n = draw_rows(rows, 3 + da_random_below(&random, 390), &random, events);
    write_rows(&w, rows, n, events);
    set(&w, round & 2 ? "journey.drop_duplicates=true" : "journey.drop_duplicates=false");
    set(&w, "columns.value=value");
    if (round & 4) set(&w, "journey.gap_days=0.00005"), options.gap_us = 4320000;
    if (round & 8) set(&w, "journey.lookback_days=0.0001"), options.lookback_us = 8640000;
    set(&w, round & 16 ? "journey_max_len=2" : "journey_max_len=0");
    options.max_len = round & 16 ? 2 : 0;
    build(&w);
    naive_result wanted = naive_cut(rows, n, &options);
    compare_with_twin(&w, &wanted);
    naive_free(&wanted);
    tear_down(&w);
  }
}

/* ---- Against SQL ---- */

/* 30,000 rows: ties, duplicates, users of one touch and of hundreds. */
static const char make_log[] = "CREATE OR REPLACE TABLE log AS SELECT uid, timestamp, campaign, conversion, value FROM (SELECT "
                               "  CASE WHEN i %% 3 = 0 THEN i ELSE hash(i, 1) %% 40 * (hash(i, 2) %% 50) END::BIGINT AS uid,"
                               "  1700000000 + (hash(i, 3) %% 5000)::BIGINT * 60 AS timestamp, 'campaign ' || hash(i, 4) %% 20 AS campaign,"
                               "  hash(i, 5) %% 12 = 0 AS conversion, CASE WHEN hash(i, 6) %% 3 > 0 THEN (hash(i, 7) %% 1000) / 100 END AS "
                               "value FROM range(30000) r(i));"
                               "INSERT INTO log SELECT * FROM log WHERE hash(uid, timestamp) %% 20 = 0;" /* duplicates */
                               "COPY log TO '%s' (FORMAT parquet)";

/* The journeys by window functions: gap of 0.5 days, lookback of 1 day, the last 5 touches. */
static const char journeys_in_sql[] =
    "WITH numbered AS (SELECT *, row_number() OVER w AS i, lag(conversion) OVER w AS after_conversion, timestamp - lag(timestamp) OVER w "
    "AS away "
    "    FROM log WINDOW w AS (PARTITION BY uid ORDER BY timestamp, conversion, campaign, value NULLS FIRST)), "
    "  placed AS (SELECT *, sum((after_conversion OR away > 43200)::INT) OVER (PARTITION BY uid ORDER BY i) AS n FROM numbered), "
    "  indexed AS (SELECT *, coalesce(n, 0)::BIGINT AS journey_index FROM placed), "
    "  seen AS (SELECT * FROM indexed QUALIFY timestamp >= max(timestamp) OVER (PARTITION BY uid, journey_index) - 86400), "
    "  kept AS (SELECT * FROM seen QUALIFY row_number() OVER (PARTITION BY uid, journey_index ORDER BY i DESC) <= 5) "
    "SELECT row_number() OVER (ORDER BY uid, journey_index) - 1 AS journey_id, uid, journey_index, bool_or(conversion) AS "
    "conversion_status, "
    "  sum(CASE WHEN conversion THEN coalesce(value, 0) ELSE 0 END) AS conversion_value, list(campaign ORDER BY i) AS campaigns, "
    "  list(timestamp * 1000000 ORDER BY i) AS timestamps FROM kept GROUP BY uid, journey_index";

static void a_large_log_agrees_with_sql(void **state) {
  (void)state;
  world w;
  set_up(&w);
  run_sql(&w, make_log, "raw/impressions.parquet");
  set(&w, "journey.gap_days=0.5");
  set(&w, "journey.lookback_days=1");
  set(&w, "journey_max_len=5");
  build(&w);
  da_text sql = {0};
  const char *tables = folder_path(w.folder, "feature_store/*.parquet");
  da_text_printf(&sql, "CREATE TABLE wanted AS %s; CREATE TABLE found AS FROM read_parquet('%s')", journeys_in_sql, tables);
  expect_ok(da_db_run(w.db, da_text_cstr(&sql), err));
  da_text_free(&sql);
  assert_string_equal(store_query(w.db, "SELECT count(*) FROM (FROM wanted EXCEPT FROM found)"), "0");
  assert_string_equal(store_query(w.db, "SELECT count(*) FROM (FROM found EXCEPT FROM wanted)"), "0");
  assert_string_equal(store_query(w.db, "SELECT (SELECT count(*) FROM found) - (SELECT count(*) FROM wanted)"), "0");
  char n[32];
  snprintf(n, sizeof n, "%llu", (unsigned long long)w.report.counts.n_journeys);
  assert_string_equal(store_query(w.db, "SELECT count(*) FROM found"), n);
  snprintf(n, sizeof n, "%llu", (unsigned long long)w.report.counts.n_duplicates);
  assert_string_equal(store_query(w.db, "SELECT (SELECT count(*) FROM log) - (SELECT count(*) FROM (SELECT DISTINCT * FROM log))"), n);
  /* No user in two sets. */
  assert_string_equal(ask(&w, "SELECT (SELECT count(*) FROM (SELECT uid FROM found GROUP BY uid)) - count(DISTINCT uid)"), "0");
  assert_int_equal(w.report.sets[0].n_users + w.report.sets[1].n_users + w.report.sets[2].n_users, w.report.counts.n_users);
  assert_int_equal(w.report.sets[0].n_touches + w.report.sets[1].n_touches + w.report.sets[2].n_touches, w.report.counts.n_touches);
  tear_down(&w);
}

/* ---- The same bytes ---- */

static void assert_same_files(const char *a, const char *b, const char *key) {
  size_t n_a, n_b;
  unsigned char *bytes_a = folder_read(folder_path(a, key), &n_a), *bytes_b = folder_read(folder_path(b, key), &n_b);
  assert_int_equal(n_a, n_b);
  assert_memory_equal(bytes_a, bytes_b, n_a);
  free(bytes_a), free(bytes_b);
}

static void the_bytes_do_not_depend_on_threads_or_memory(void **state) {
  (void)state;
  world one, two;
  set_up(&one);
  set_up(&two);
  set(&one, "threads=1");
  set(&two, "threads=2");
  da_db_close(one.db);
  da_text spill = {0};
  da_text_printf(&spill, "%s/spill", one.folder);
  const da_db_options options = {.threads = 1, .memory_bytes = 120000000, .spill_folder = da_text_cstr(&spill)};
  expect_ok(da_db_open(&options, &one.db, err));
  run_sql(&one, make_log, "raw/impressions.parquet");
  run_sql(&two, make_log, "raw/impressions.parquet");
  set(&one, "split.by=time");
  set(&two, "split.by=time");
  build(&one);
  build(&two);
  const char *const keys[] = {DA_JOURNEYS_KEY, DA_CAMPAIGN_INDEX_KEY, "feature_store/train.parquet", "feature_store/val.parquet",
                              "feature_store/test.parquet"};
  for (int i = 0; i < 5; i++) assert_same_files(one.folder, two.folder, keys[i]);
  tear_down(&one);
  tear_down(&two);
  da_text_free(&spill);
}

/* ---- Strange logs ---- */

static void strange_names_come_through(void **state) {
  (void)state;
  world w;
  set_up(&w);
  run_sql(&w,
          "COPY (SELECT i AS uid, 1700000000 + i AS timestamp, ['a,b', 'say \"hi\"', 'it''s', concat('two', chr(10), 'lines'), "
          "'\xf0\x9f\x98\x80 caf\xc3\xa9', "
          "repeat('x', 10000), ' ', '{}'][i] AS campaign, true AS conversion FROM range(1, 9) r(i)) TO '%s' (FORMAT parquet)",
          "raw/impressions.parquet");
  build(&w);
  assert_int_equal(w.set.campaigns.n, 8);
  assert_string_equal(ask(&w, "SELECT count(DISTINCT campaigns[1])"), "8");
  assert_string_equal(ask(&w, "SELECT max(len(campaigns[1]))"), "10000");
  da_text sql = {0};
  da_text_printf(&sql, "SELECT count(*) FROM (SELECT unnest(json_keys(content::JSON)) FROM read_text('%s'))",
                 folder_path(w.folder, DA_CAMPAIGN_INDEX_KEY));
  assert_string_equal(store_query(w.db, da_text_cstr(&sql)), "8");
  da_text_free(&sql);
  tear_down(&w);
}

static void one_campaign_no_conversion_only_conversions(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(&w, "raw/impressions.csv",
            "uid,timestamp,campaign,conversion\n1,1700000000,only,0\n1,1700000001,only,0\n2,1700000000,only,0\n");
  build(&w);
  assert_true(w.set.n_journeys == 2 && w.set.n_conversions == 0 && w.set.campaigns.n == 1);
  write_raw(&w, "raw/impressions.csv",
            "uid,timestamp,campaign,conversion\n1,1700000000,only,1\n1,1700000001,only,1\n2,1700000000,only,1\n");
  build(&w);
  assert_true(w.set.n_journeys == 3 && w.set.n_conversions == 3 && w.set.n_touches == 3 && w.set.value == NULL);
  assert_true(w.report.counts.value == 3);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion\n,1700000000,only,1\n");
  da_error fault = {0};
  assert_int_equal(try_to_build(&w, NULL, &fault), DA_ERR_DATA);
  assert_non_null(strstr(fault.msg, "found none"));
  da_journeys_close(&w.set);
  expect_ok(da_journeys_open(folder_path(w.folder, DA_JOURNEYS_KEY), &w.set, err)); /* the earlier output is whole */
  assert_int_equal(w.set.n_journeys, 3);
  tear_down(&w);
}

static void large_and_text_uids(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(
      &w, "raw/impressions.csv",
      "uid,timestamp,campaign,conversion\n9007199254740993,1700000000,a,0\n9007199254740992,1700000000,a,0\n-9223372036854775807,1,a,1\n");
  build(&w);
  assert_int_equal(w.set.n_users, 3);
  assert_int_equal(w.set.uid_int[0], -INT64_MAX);
  assert_int_equal(w.set.uid_int[1], INT64_C(9007199254740992));
  assert_int_equal(w.set.uid_int[2], INT64_C(9007199254740993));
  write_raw(&w, "raw/impressions.csv",
            "uid,timestamp,campaign,conversion\nzoe,1700000000,a,0\n\xc3\x89mile,1700000000,a,0\nann,1700000000,a,1\n007,1700000000,a,"
            "1\nann,1700000001,b,0\n");
  build(&w);
  assert_int_equal(w.set.n_users, 4);
  static const char *const wanted[] = {"007", "ann", "zoe", "\xc3\x89mile"};
  for (uint64_t u = 0; u < 4; u++) assert_int_equal(da_slice_compare(da_user_text(&w.set, u), (da_slice){wanted[u], strlen(wanted[u])}), 0);
  assert_string_equal(ask(&w, "SELECT string_agg(uid, ' ' ORDER BY journey_id)"), "007 ann ann zoe \xc3\x89mile");
  tear_down(&w);
}

static void a_user_with_a_million_touches(void **state) {
  (void)state;
  world w;
  set_up(&w);
  run_sql(&w,
          "COPY (SELECT 7 AS uid, 1700000000 + i AS timestamp, 'c' || i %% 3 AS campaign, i = 999999 AS conversion FROM range(1000000) "
          "r(i)) TO '%s' "
          "(FORMAT parquet)",
          "raw/impressions.parquet");
  set(&w, "journey_max_len=0");
  build(&w);
  assert_true(w.set.n_journeys == 1 && w.set.n_touches == 1000000);
  assert_string_equal(ask(&w, "SELECT concat(len(campaigns), ' ', campaigns[999999], ' ', timestamps[1000000])"),
                      "1000000 c2 1700999999000000");
  tear_down(&w);
}

/* ---- Settings ---- */

static void splits_by_time_and_by_column(void **state) {
  (void)state;
  world w;
  set_up(&w);
  run_sql(&w, make_log, "raw/impressions.parquet");
  set(&w, "split.by=time");
  build(&w);
  da_text sql = {0};
  da_text_printf(&sql,
                 "SELECT (SELECT max(timestamps[-1]) FROM read_parquet('%s')) <= (SELECT min(timestamps[-1]) FROM read_parquet('%s'))",
                 folder_path(w.folder, "feature_store/train.parquet"), folder_path(w.folder, "feature_store/test.parquet"));
  assert_string_equal(store_query(w.db, da_text_cstr(&sql)), "true");
  da_text_free(&sql);
  uint64_t n = w.set.n_journeys;
  assert_true(w.report.sets[0].n_journeys * 10 / n == 8 || w.report.sets[0].n_journeys * 10 / n == 7);
  tear_down(&w);

  set_up(&w);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion,part\n1,1,a,1,val\n1,2,a,0,train\n2,1,a,0,test\n2,2,a,0,test\n");
  set(&w, "split.by=column");
  set(&w, "split.column=part");
  build(&w);
  assert_true(w.report.sets[0].n_journeys == 1 && w.report.sets[1].n_journeys == 1 && w.report.sets[2].n_touches == 2);
  assert_true(w.report.sets[0].n_users == 1 && w.report.sets[1].n_users == 1);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion,part\n1,1,a,0,val\n1,2,a,0,train\n");
  da_error fault = {0};
  assert_int_equal(try_to_build(&w, NULL, &fault), DA_ERR_DATA);
  assert_non_null(strstr(fault.msg, "user 1 has a journey with rows in val and in train"));
  tear_down(&w);
}

static void frequency_makes_the_vocabulary(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion\n1,1,email,0\n1,2,search,0\n1,3,email,1\n2,1,email,0\n");
  set(&w, "journey.transforms=[frequency]");
  build(&w);
  size_t n;
  unsigned char *json = folder_read(folder_path(w.folder, DA_CAMPAIGN_INDEX_KEY), &n);
  assert_string_equal(json, "{\"email(1)\": 0, \"email(2)\": 1, \"search(1)\": 2}\n");
  free(json);
  assert_string_equal(ask(&w, "SELECT string_agg(array_to_string(campaigns, ' '), '; ' ORDER BY journey_id)"),
                      "email(2) search(1); email(1)");
  assert_true(w.set.conversion_us[0] == 3000000 && w.set.time_us[1] == 2000000);
  assert_int_equal(w.report.n_campaigns, 3);
  tear_down(&w);
}

typedef struct {
  char notes[1000];
  bool stop;
} listener;

static void keep_note(void *context, da_note_level level, const char *sentence) {
  listener *heard = context;
  (void)level;
  size_t used = strlen(heard->notes);
  snprintf(heard->notes + used, sizeof heard->notes - used, "%s\n", sentence);
}

static bool is_stopped(void *context) { return ((listener *)context)->stop; }

static void two_kinds_of_conversions_are_worth_a_note(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion\n1,1,a,1\n1,2,b,0\n");
  write_raw(&w, "raw/conversions.csv", "uid,timestamp\n1,3\n5,1\n");
  listener heard = {0};
  const da_monitor monitor = {.note = keep_note, .context = &heard};
  expect_ok(try_to_build(&w, &monitor, err));
  assert_non_null(strstr(heard.notes, "the conversion column of the impressions is not used"));
  assert_true(w.report.counts.n_journeys == 1 && w.report.counts.n_conversions == 1 && w.report.counts.n_unattributed == 1);
  assert_int_equal(w.report.counts.n_users, 1); /* user 5 has no journey */
  tear_down(&w);
}

static void an_interrupted_build_leaves_nothing(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion\n1,1,a,1\n");
  listener heard = {.stop = true};
  const da_monitor monitor = {.interrupted = is_stopped, .context = &heard};
  da_error fault = {0};
  assert_int_equal(try_to_build(&w, &monitor, &fault), DA_ERR_INTERRUPTED);
  bool exists;
  expect_ok(da_bucket_exists(w.bucket, DA_JOURNEYS_KEY, &exists, err));
  assert_false(exists);
  tear_down(&w);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(&w, "raw/impressions.csv", "uid,timestamp,campaign,conversion\n1,1,a,1\n1,2,b,0\n");
  set(&w, "journey.transforms=[frequency]");
  set(&w, "split.by=time");
  da_impressions impressions;
  expect_ok(da_impressions_open(w.db, w.bucket, NULL, &w.config, &impressions, err));
  expect_ok(da_impressions_audit(w.db, &impressions, NULL, err));
  for (uint64_t nth = 1;; nth += 1 + nth / 40) {
    da_error fault = {0};
    da_publication *publication;
    expect_ok(da_publication_begin(w.bucket, &publication, err));
    da_mem_fail_at(nth);
    da_status status = da_journeys_build(w.db, publication, &w.config, &impressions, NULL, &w.report, &fault);
    bool reached = da_mem_count() >= nth;
    da_mem_fail_at(0);
    da_publication_close(publication);
    if (!reached) break;
    if (status != DA_OK && status != DA_ERR_MEM) fail_msg("allocation %d: %s", (int)nth, fault.msg);
  }
  da_impressions_free(&impressions);
  tear_down(&w);
}

static da_status count_user(void *context, const da_uid *uid, da_error *err) {
  (void)uid, (void)err;
  ++*(uint64_t *)context;
  return DA_OK;
}

static da_status ignore_journey(void *context, const da_cut_journey *journey, da_error *err) {
  (void)context, (void)journey, (void)err;
  return DA_OK;
}

static void another_sink_sees_the_same_journeys(void **state) {
  (void)state;
  world w;
  set_up(&w);
  run_sql(&w, make_log, "raw/impressions.parquet");
  build(&w);
  da_impressions impressions;
  da_cut_counts counts;
  uint64_t n_users = 0, n_campaigns;
  expect_ok(da_impressions_open(w.db, w.bucket, NULL, &w.config, &impressions, err));
  expect_ok(da_impressions_audit(w.db, &impressions, NULL, err));
  const da_cut_sink sink = {.context = &n_users, .user = count_user, .journey = ignore_journey};
  expect_ok(da_journeys_cut(w.db, &w.config, &impressions, &sink, NULL, &counts, &n_campaigns, err));
  da_impressions_free(&impressions);
  assert_int_equal(n_users, w.report.counts.n_users);
  assert_int_equal(n_campaigns, 20);
  assert_memory_equal(&counts, &w.report.counts, sizeof counts);
  tear_down(&w);
}

/* ---- Real files ---- */

static void ecommerce_touchpoints(void **state) {
  (void)state;
  char path[4096], source[4500];
  if (!folder_find_shared("ecommerce_touchpoints.csv.gz", path, sizeof path)) skip();
  world w;
  set_up(&w);
  snprintf(source, sizeof source, "source=\"SELECT * FROM read_csv('%s')\"", path);
  set(&w, source);
  const char *const columns[] = {"columns.uid=customer_id", "columns.timestamp=time", "columns.campaign=channel",
                                 "columns.value=conversion_value"};
  for (int i = 0; i < 4; i++) set(&w, columns[i]);
  build(&w);
  assert_int_equal(w.report.counts.n_rows, 62483); /* the last line has no newline, so that `wc -l` sees one less */
  assert_int_equal(w.report.counts.n_conversions, 1838);
  assert_true(w.report.counts.value > 11423.49 && w.report.counts.value < 11423.51);
  assert_int_equal(w.report.n_campaigns, 5);
  tear_down(&w);
}

static void the_originals_sample_needs_no_mapping(void **state) {
  (void)state;
  char path[4096];
  if (!folder_find_shared("reference_impressions_sample.parquet", path, sizeof path)) skip();
  world w;
  set_up(&w);
  size_t n;
  unsigned char *bytes = folder_read(path, &n);
  folder_write(folder_path(w.folder, "raw/impressions.parquet"), bytes, n);
  free(bytes);
  build(&w);
  assert_int_equal(w.report.counts.n_rows, 50);
  tear_down(&w);
}

/* From the columns of the log to the pack and to the tables. */
static void features_come_with_their_journeys(void **state) {
  (void)state;
  world w;
  set_up(&w);
  write_raw(&w, "raw/log.csv",
            "uid,timestamp,campaign,conversion,device,bid,region,age\n"
            "1,1700000000,a,0,phone,0.5,north,\n"
            "1,1700000010,b,1,,,,30\n"
            "1,1700000020,a,0,desktop,2,south,31\n"
            "2,1700000000,c,0,tablet,-1,,\n");
  set(&w, "columns.touch_features=[device, bid]");
  set(&w, "columns.user_features=[region, age]");
  set(&w, "split.fractions=[1, 0, 0]");
  build(&w);
  const da_journeys *found = &w.set;
  assert_int_equal(found->n_features, 4);
  const da_feature *device = &found->features[0], *bid = &found->features[1], *region = &found->features[2], *age = &found->features[3];
  assert_true(!device->of_user && device->code && !device->number && bid->number && region->of_user && region->code && age->of_user);
  assert_int_equal(device->values.n, 4); /* "", desktop, phone, tablet */
  assert_memory_equal(device->code, ((const uint32_t[]){2, 0, 1, 3}), 4 * sizeof(uint32_t));
  assert_true(bid->number[0] == 0.5f && isnan(bid->number[1]) && bid->number[2] == 2 && bid->number[3] == -1);
  assert_memory_equal(region->code, ((const uint32_t[]){1, 2, 0}), 3 * sizeof(uint32_t));
  assert_true(age->number[0] == 30 && age->number[1] == 31 && isnan(age->number[2]));
  assert_string_equal(ask(&w,
                          "SELECT string_agg(concat_ws(' ', touch_device, touch_bid, if(user_region = '', 'none', user_region), user_age), "
                          "'; ' ORDER BY journey_id)"),
                      "[phone, ''] [0.5, nan] north 30.0; [desktop] [2.0] south 31.0; [tablet] [-1.0] none nan");
  tear_down(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_logs_agree_with_the_twin),
      cmocka_unit_test(a_large_log_agrees_with_sql),
      cmocka_unit_test(the_bytes_do_not_depend_on_threads_or_memory),
      cmocka_unit_test(strange_names_come_through),
      cmocka_unit_test(one_campaign_no_conversion_only_conversions),
      cmocka_unit_test(large_and_text_uids),
      cmocka_unit_test(a_user_with_a_million_touches),
      cmocka_unit_test(splits_by_time_and_by_column),
      cmocka_unit_test(frequency_makes_the_vocabulary),
      cmocka_unit_test(two_kinds_of_conversions_are_worth_a_note),
      cmocka_unit_test(an_interrupted_build_leaves_nothing),
      cmocka_unit_test(without_memory_there_is_a_sentence),
      cmocka_unit_test(another_sink_sees_the_same_journeys),
      cmocka_unit_test(ecommerce_touchpoints),
      cmocka_unit_test(the_originals_sample_needs_no_mapping),
      cmocka_unit_test(features_come_with_their_journeys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
