/* Oracle: tests/oracles/paths_12.csv: removal effects from dense systems in numpy, and the Shapley values on which mta and
 * shapley-attribution agree, of the 10,000 paths over 12 channels that the field tests with. */
#include "credit/markov/markov.h"

#include "support/credit.h"
#include "support/store.h"

enum { N_CHANNELS = 12 };

static uint32_t find_channel(test_journeys *made, const char *name, size_t length) {
  for (uint32_t c = 0; c < N_CHANNELS; c++) {
    if (strlen(made->name_text[c]) == length && memcmp(made->name_text[c], name, length) == 0) return c;
  }
  fail_msg("expected one of the channels but found %.*s", (int)length, name);
  return 0;
}

/* One user with one journey. */
static void add_journey(test_journeys *made, const uint32_t *campaign, size_t n, bool converted) {
  da_journeys *set = &made->set;
  for (size_t i = 0; i < n; i++) {
    made->time_us[set->n_touches] = (int64_t)i * DAY_US;
    made->campaign[set->n_touches++] = campaign[i];
  }
  journeys_end_one(made, DA_SET_TRAIN, converted);
  made->uid[set->n_users++] = (int64_t)set->n_journeys;
  made->first_journey[set->n_users] = set->n_journeys;
}

/* "eta > iota > eta" as often as it stands there. */
static void add_path(test_journeys *made, const da_slice *path, int64_t converted, int64_t other) {
  uint32_t campaign[256];
  size_t n = 0;
  for (const char *at = path->data, *end = at + path->length; at < end;) {
    const char *space = memchr(at, ' ', (size_t)(end - at));
    size_t length = (size_t)((space ? space : end) - at);
    assert_true(n < 256);
    campaign[n++] = find_channel(made, at, length);
    at += length + strlen(" > ");
  }
  for (int64_t i = 0; i < converted + other; i++) add_journey(made, campaign, n, i < converted);
}

static test_journeys *read_paths(da_db *db, const char *file) {
  char sql[4500];
  da_rows *rows;
  da_chunk chunk;
  snprintf(sql, sizeof sql, "SELECT sum(len(string_split(path, ' > ')) * (total_conversions + total_null)) FROM read_csv('%s')", file);
  test_journeys *made = journeys_room((size_t)atoll(store_query(db, sql)), N_CHANNELS);
  static const char *const names[N_CHANNELS] = {"alpha", "beta",  "delta",  "epsilon", "eta",   "gamma",
                                                "iota",  "kappa", "lambda", "mi",      "theta", "zeta"};
  for (int c = 0; c < N_CHANNELS; c++) strcpy(made->name_text[c], names[c]);
  snprintf(sql, sizeof sql, "SELECT path, total_conversions::BIGINT, total_null::BIGINT FROM read_csv('%s')", file);
  expect_ok(da_db_query(db, sql, &rows, err));
  for (;;) {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    if (chunk.n_rows == 0) break;
    for (size_t row = 0; row < chunk.n_rows; row++) {
      add_path(made, &((const da_slice *)chunk.columns[0].values)[row], ((const int64_t *)chunk.columns[1].values)[row],
               ((const int64_t *)chunk.columns[2].values)[row]);
    }
  }
  da_rows_close(rows);
  journeys_finish(made, N_CHANNELS, false);
  return made;
}

static double oracle_of(da_db *db, const char *column, const char *channel) {
  char sql[256];
  snprintf(sql, sizeof sql, "SELECT %s FROM read_csv('tests/oracles/paths_12.csv') WHERE channel = '%s'", column, channel);
  return strtod(store_query(db, sql), NULL);
}

static void assert_removal(da_db *db, const test_journeys *made, uint32_t order) {
  da_config config = credit_config();
  config.credit.markov_order = order;
  da_credit_input input = {.set = &made->set, .config = &config};
  void *state;
  expect_ok(da_method_markov.fit(&input, &state, err));
  char column[32];
  snprintf(column, sizeof column, "removal_%u", order);
  for (uint32_t c = 0; c < N_CHANNELS; c++) {
    assert_near(da_markov_of(state)->removal_effect[c], oracle_of(db, column, made->name_text[c]), 2e-12);
  }
  da_method_markov.close(state);
}

/* Of v = conversions of journeys inside a set of channels; docs/credit.md says why participation gives these. */
static void assert_shapley(da_db *db, const test_journeys *made) {
  da_config config = credit_config();
  double *credit = credit_of(da_method_find("participation"), &made->set, &config, NULL), sum[N_CHANNELS] = {0};
  for (uint64_t t = 0; t < made->set.n_touches; t++) sum[made->set.campaign[t]] += credit[t];
  for (uint32_t c = 0; c < N_CHANNELS; c++) assert_near(sum[c], oracle_of(db, "shapley", made->name_text[c]), 1e-6);
  free(credit);
}

static void what_others_make_of_the_paths(void **state) {
  (void)state;
  char file[4096];
  if (!folder_find_shared("paths_12_channels.csv.gz", file, sizeof file)) skip();
  da_db *db = store_db();
  test_journeys *made = read_paths(db, file);
  assert_int_equal(made->set.n_journeys, 88387);
  assert_int_equal(made->set.n_conversions, 19785);
  for (uint32_t order = 1; order <= 2; order++) assert_removal(db, made, order);
  assert_shapley(db, made);
  journeys_free(made);
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_others_make_of_the_paths)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
