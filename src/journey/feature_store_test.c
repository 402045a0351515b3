/* Oracles: the journeys in memory (tests/support/journeys.h), against what DuckDB reads from the tables. */
#include "journey/feature_store.h"

#include <stdio.h>

#include "base/mem.h"
#include "support/credit.h"
#include "support/journeys.h"
#include "support/store.h"

static const char select_all[] =
    "SELECT journey_id, uid::VARCHAR, journey_index, conversion_status::BIGINT, conversion_value, "
    "array_to_string(list_transform(range(len(campaigns)), i -> concat(campaigns[i + 1], '@', timestamps[i + 1])), ' ')";

typedef struct {
  uint64_t journey, user, conversion;
} position;

/* Checks a row against the next journey of the set. */
static void check_row(const da_chunk *chunk, size_t row, const da_journeys *set, int which, position *at) {
  for (; da_journey_set(set, at->journey) != which; at->journey++) at->conversion += da_journey_converted(set, at->journey);
  while (set->first_journey[at->user + 1] <= at->journey) at->user++;
  char uid[32];
  if (set->uid_int)
    snprintf(uid, sizeof uid, "%lld", (long long)set->uid_int[at->user]);
  else
    snprintf(uid, sizeof uid, "%.*s", (int)da_user_text(set, at->user).length, da_user_text(set, at->user).data);
  bool converted = da_journey_converted(set, at->journey);
  double value = !converted ? 0 : set->value ? set->value[at->conversion] : 1;
  da_text touches = {0};
  for (uint64_t t = set->first_touch[at->journey]; t < set->first_touch[at->journey + 1]; t++) {
    da_slice name = set->campaigns.items[set->campaign[t]];
    da_text_printf(&touches, "%s%.*s@%lld", touches.length ? " " : "", (int)name.length, name.data, (long long)set->time_us[t]);
  }
  const da_column *columns = chunk->columns;
  assert_int_equal(((const int64_t *)columns[0].values)[row], at->journey);
  assert_int_equal(da_slice_compare(((const da_slice *)columns[1].values)[row], (da_slice){uid, strlen(uid)}), 0);
  assert_int_equal(((const int64_t *)columns[2].values)[row], at->journey - set->first_journey[at->user]);
  assert_int_equal(((const int64_t *)columns[3].values)[row], converted);
  assert_true(((const double *)columns[4].values)[row] == value);
  assert_int_equal(da_slice_compare(((const da_slice *)columns[5].values)[row], (da_slice){touches.data, touches.length}), 0);
  da_text_free(&touches);
  at->conversion += converted;
  at->journey++;
}

static void check_table(da_db *db, const char *path, const da_journeys *set, int which, uint64_t n_journeys) {
  da_text sql = {0};
  da_text_printf(&sql, "%s FROM read_parquet('%s')", select_all, path);
  da_rows *rows;
  da_chunk chunk;
  expect_ok(da_db_query(db, da_text_cstr(&sql), &rows, err));
  da_text_free(&sql);
  position at = {0};
  uint64_t n = 0;
  do {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    for (size_t row = 0; row < chunk.n_rows; row++) check_row(&chunk, row, set, which, &at);
    n += chunk.n_rows;
  } while (chunk.n_rows);
  assert_int_equal(n, n_journeys);
  da_rows_close(rows);
}

static da_set_totals count_naive(const da_journeys *set, int which) {
  da_set_totals totals = {0};
  uint64_t conversion = 0;
  for (uint64_t u = 0; u < set->n_users; u++) {
    bool has_journey = false;
    for (uint64_t j = set->first_journey[u]; j < set->first_journey[u + 1]; j++) {
      bool converted = da_journey_converted(set, j);
      double value = !converted ? 0 : set->value ? set->value[conversion] : 1;
      conversion += converted;
      if (da_journey_set(set, j) != which) continue;
      has_journey = true;
      totals.n_journeys++;
      totals.n_touches += da_journey_length(set, j);
      totals.n_conversions += converted;
      totals.value += value;
    }
    totals.n_users += has_journey;
  }
  return totals;
}

static void check_set(const da_journeys *set, da_db *db, const char *folder) {
  da_pool *pools[3] = {NULL};
  expect_ok(da_pool_open(1, &pools[1], err));
  expect_ok(da_pool_open(3, &pools[2], err));
  for (int which = 0; which < DA_N_SETS; which++) {
    unsigned char *first = NULL;
    size_t n_first = 0, n_bytes;
    for (int p = 0; p < 3; p++) {
      const char *path = folder_path(folder, "set.parquet");
      da_set_totals totals, wanted = count_naive(set, which);
      expect_ok(da_feature_store_write(set, which, path, pools[p], NULL, &totals, err));
      assert_true(totals.n_users == wanted.n_users && totals.n_journeys == wanted.n_journeys && totals.n_touches == wanted.n_touches);
      assert_int_equal(totals.n_conversions, wanted.n_conversions);
      assert_near(totals.value, wanted.value, 1e-6);
      unsigned char *bytes = folder_read(path, &n_bytes);
      if (p == 0) {
        check_table(db, path, set, which, wanted.n_journeys);
        first = bytes;
        n_first = n_bytes;
        continue;
      }
      assert_int_equal(n_bytes, n_first); /* whatever the threads */
      assert_memory_equal(bytes, first, n_first);
      free(bytes);
    }
    free(first);
  }
  da_pool_close(pools[1]);
  da_pool_close(pools[2]);
}

static void tables_hold_the_journeys(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  test_journeys *made = journeys_from_text("display@0 search@3!12.5 ; email@5 | social@1! | a@1");
  check_set(&made->set, db, folder);
  journeys_free(made);
  made = journeys_random(2, 5000, 40, 9);
  check_set(&made->set, db, folder);
  made->set.value = NULL; /* every conversion counts 1 */
  check_set(&made->set, db, folder);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) made->flags[j] &= 1; /* val and test are empty */
  check_set(&made->set, db, folder);
  journeys_free(made);
  da_db_close(db);
  folder_remove(folder);
}

static void text_uids_and_sets_that_share_users(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  test_journeys *made = journeys_random(3, 2000, 3, 3);
  uint64_t *ends = calloc(made->set.n_users + 1, sizeof *ends);
  char *text = calloc(made->set.n_users, 10);
  for (uint64_t u = 0; u < made->set.n_users; u++) {
    ends[u + 1] = ends[u] + (uint64_t)sprintf(text + ends[u], "u%05d", (int)u);
  }
  made->set.uid_int = NULL;
  made->set.uid_end = ends;
  made->set.uid_text = text;
  for (uint64_t j = 0; j < made->set.n_journeys; j++) made->flags[j] = (uint8_t)((made->flags[j] & 1) | (j * 7 % 3) << 1);
  check_set(&made->set, db, folder);
  journeys_free(made);
  free(ends), free(text);
  da_db_close(db);
  folder_remove(folder);
}

/* More than one row group, with users on both sides of their bounds. */
static void many_journeys_make_many_groups(void **state) {
  (void)state;
  char *folder = folder_make();
  da_db *db = store_db();
  test_journeys *made = journeys_random(4, 110000, 700, 2);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) made->flags[j] &= 1;
  check_set(&made->set, db, folder);
  char sql[4200];
  expect_ok(da_feature_store_write(&made->set, DA_SET_TRAIN, folder_path(folder, "set.parquet"), NULL, NULL, &(da_set_totals){0}, err));
  snprintf(sql, sizeof sql, "SELECT count(DISTINCT row_group_id) FROM parquet_metadata('%s')", folder_path(folder, "set.parquet"));
  assert_string_equal(store_query(db, sql), "3");
  journeys_free(made);
  da_db_close(db);
  folder_remove(folder);
}

static bool stop_now(void *context) {
  (void)context;
  return true;
}

static void faults_are_sentences(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("display@0 search@3!12.5");
  da_set_totals totals;
  expect_fail(da_feature_store_write(&made->set, 0, "/nowhere/train.parquet", NULL, NULL, &totals, err), DA_ERR_IO,
              "/nowhere/train.parquet");
  const da_monitor monitor = {.interrupted = stop_now};
  expect_fail(da_feature_store_write(&made->set, 0, "/dev/null", NULL, &monitor, &totals, err), DA_ERR_INTERRUPTED, "feature store");
  for (uint64_t nth = 1;; nth++) {
    da_error fault = {0};
    da_mem_fail_at(nth);
    da_status status = da_feature_store_write(&made->set, 0, "/dev/null", NULL, NULL, &totals, &fault);
    da_mem_fail_at(0);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 300);
  }
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_hold_the_journeys),
      cmocka_unit_test(text_uids_and_sets_that_share_users),
      cmocka_unit_test(many_journeys_make_many_groups),
      cmocka_unit_test(faults_are_sentences),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
