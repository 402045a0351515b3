/* Oracle: a chain that was worked by hand (credit/markov/markov_test.c); DuckDB reads the files back. */
#include "report/tables_markov.h"

#include "support/credit.h"
#include "support/store.h"

/* start -> a 2/3, b 1/3; a -> b 1/2, conversion 1/2; b -> conversion 1/2, end 1/2. */
static void a_chain_by_hand(void **state) {
  (void)state;
  da_config config = credit_config();
  config.credit.markov_order = 1;
  test_journeys *made = journeys_from_text("a@0 b@1! | a@0! | b@0");
  da_credit_input input = {.set = &made->set, .config = &config};
  char *folder = folder_make(), sql[600], path[256];
  da_db *db = store_db();
  void *fitted;
  expect_ok(da_method_markov.fit(&input, &fitted, err));
  snprintf(path, sizeof path, "%s", folder_path(folder, "transitions.parquet"));
  expect_ok(da_tables_write_transitions(db, path, &made->set.campaigns, da_markov_of(fitted), NULL, err));
  snprintf(
      sql, sizeof sql,
      "SELECT string_agg(concat_ws(' ', array_to_string(after, '>'), next, journeys, round(probability, 3)), ', ' ORDER BY after, next)"
      " FROM '%s'",
      path);
  assert_string_equal(store_query(db, sql), " a 2.0 0.667,  b 1.0 0.333, a (conversion) 1.0 0.5, a b 1.0 0.5, b (conversion) 1.0 0.5, "
                                            "b (end) 1.0 0.5");
  snprintf(path, sizeof path, "%s", folder_path(folder, "removal.parquet"));
  expect_ok(da_tables_write_removal(db, path, &made->set.campaigns, da_markov_of(fitted), NULL, err));
  snprintf(sql, sizeof sql,
           "SELECT string_agg(concat_ws(' ', campaign_nm, round(removal_effect, 9), round(conversions, 9)), ', ') FROM '%s'", path);
  assert_string_equal(store_query(db, sql), "a 0.75 1.2, b 0.5 0.8");
  da_method_markov.close(fitted);
  da_db_close(db);
  journeys_free(made);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_chain_by_hand)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
