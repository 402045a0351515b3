/* Oracle: tests/oracles/ecommerce.csv: what ChannelAttribution, mta and shapley-attribution make of the e-commerce log, and removal effects from
 * dense systems in numpy. */
#include "credit/markov/markov.h"
#include "support/credit.h"
#include "support/store.h"

enum { N_CHANNELS = 5, N_ROWS = 62483 };
static const char *const channels[N_CHANNELS] = {"Facebook", "Instagram", "Online Display", "Online Video", "Paid Search"};

/* The rows in order, those left out that repeat the one before; a journey ends with its conversion. */
static void add_rows(test_journeys *made, const da_chunk *chunk) {
  const int64_t *customer = chunk->columns[0].values, *time_us = chunk->columns[1].values;
  const int64_t *conversion = chunk->columns[2].values, *channel = chunk->columns[3].values;
  da_journeys *set = &made->set;
  for (size_t row = 0; row < chunk->n_rows; row++) {
    bool is_new = set->n_users == 0 || made->uid[set->n_users - 1] != customer[row];
    bool is_open = set->n_touches > made->first_touch[set->n_journeys];
    if (is_new && is_open) journeys_end_one(made, DA_SET_TRAIN, false);
    if (is_new) {
      made->first_journey[set->n_users] = set->n_journeys;
      made->uid[set->n_users++] = customer[row];
    }
    made->campaign[set->n_touches] = (uint32_t)channel[row];
    made->time_us[set->n_touches++] = time_us[row];
    if (conversion[row]) journeys_end_one(made, DA_SET_TRAIN, true);
  }
}

static test_journeys *read_log(da_db *db, const char *file) {
  char sql[4800], list[200] = "";
  da_rows *rows;
  da_chunk chunk;
  test_journeys *made = journeys_room(N_ROWS, N_CHANNELS);
  for (int c = 0; c < N_CHANNELS; c++) {
    strcpy(made->name_text[c], channels[c]);
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s'%s'", c ? ", " : "", channels[c]);
  }
  snprintf(
      sql, sizeof sql,
      "SELECT dense_rank() OVER (ORDER BY customer_id) AS customer, epoch_us(time::TIMESTAMPTZ) AS moment, conversion::BIGINT AS converts,"
      " list_position([%s], channel)::BIGINT - 1 AS number FROM (SELECT DISTINCT customer_id, time, conversion, channel FROM"
      " read_csv('%s', types = {'time': 'VARCHAR'})) ORDER BY customer, moment, converts, number",
      list, file);
  expect_ok(da_db_query(db, sql, &rows, err));
  for (;;) {
    expect_ok(da_rows_next(rows, NULL, "test", &chunk, err));
    if (chunk.n_rows == 0) break;
    add_rows(made, &chunk);
  }
  da_rows_close(rows);
  da_journeys *set = &made->set;
  if (set->n_touches > made->first_touch[set->n_journeys]) journeys_end_one(made, DA_SET_TRAIN, false);
  made->first_journey[set->n_users] = set->n_journeys;
  journeys_finish(made, N_CHANNELS, false);
  return made;
}

static double oracle_of(da_db *db, const char *column, int channel) {
  char sql[256];
  snprintf(sql, sizeof sql, "SELECT \"%s\" FROM read_csv('tests/oracles/ecommerce.csv') WHERE channel = '%s'", column, channels[channel]);
  return strtod(store_query(db, sql), NULL);
}

static void assert_credit(da_db *db, const test_journeys *made, const char *method, const char *column) {
  da_config config = credit_config();
  double *credit = credit_of(da_method_find(method), &made->set, &config, NULL), sum[N_CHANNELS] = {0};
  for (uint64_t t = 0; t < made->set.n_touches; t++) sum[made->set.campaign[t]] += credit[t];
  for (int c = 0; c < N_CHANNELS; c++) assert_near(sum[c], oracle_of(db, column, c), 1e-6);
  free(credit);
}

static void assert_removal(da_db *db, const test_journeys *made, uint32_t order) {
  da_config config = credit_config();
  config.credit.markov_order = order;
  da_credit_input input = {.set = &made->set, .config = &config};
  void *state;
  char column[32];
  snprintf(column, sizeof column, "removal_%u", order);
  expect_ok(da_method_markov.fit(&input, &state, err));
  for (int c = 0; c < N_CHANNELS; c++) assert_near(da_markov_of(state)->removal_effect[c], oracle_of(db, column, c), 2e-11);
  da_method_markov.close(state);
}

static void what_others_make_of_the_log(void **state) {
  (void)state;
  char file[4096];
  if (!folder_find_shared("ecommerce_touchpoints.csv.gz", file, sizeof file)) skip();
  da_db *db = store_db();
  test_journeys *made = read_log(db, file);
  assert_int_equal(made->set.n_conversions, 1838);
  assert_credit(db, made, "first_touch", "first");
  assert_credit(db, made, "last_touch", "last");
  assert_credit(db, made, "linear", "linear");
  assert_credit(db, made, "participation", "shapley"); /* of v = conversions: docs/credit.md */
  for (uint32_t order = 1; order <= 3; order++) assert_removal(db, made, order);
  journeys_free(made);
  da_db_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_others_make_of_the_log)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
