/* Oracle: games worked by hand, and the method `shapley`, whose game predictions that say what happened make again. */
#include "support/credit.h"
#include "support/store.h"

typedef struct {
  char *folder;
  char path[256];
  test_journeys *made;
  da_config config;
} fixture;

static void open_fixture(fixture *f, const char *journeys, const char *file) {
  *f = (fixture){.folder = folder_make(), .made = journeys_from_text(journeys), .config = credit_config()};
  store_write_text(f->folder, "own.csv", file);
  snprintf(f->path, sizeof f->path, "%s", folder_path(f->folder, "own.csv"));
  f->config.credit.predictions = f->path;
}

static void close_fixture(fixture *f) {
  journeys_free(f->made);
  folder_remove(f->folder);
}

/* v() = .1, v(a) = .2, v(b) = .3, v(a b) = .8: a is worth (.1 + .5) / 2 = .3, b (.2 + .6) / 2 = .4, of .8; baseline 1/8. */
static void sets_by_hand(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "a@0 b@1 a@2! | b@0 | c@0!", "campaigns,p\n,.1\na,.2\nb,.3\nb > a > b,.8\nx>a,.9\n");
  double *credit = credit_of(da_method_find("shapley_predictions"), &f.made->set, &f.config, NULL);
  assert_near(credit[0], .3 / .8 / 2, 1e-12);
  assert_near(credit[1], .4 / .8, 1e-12);
  assert_near(credit[2], credit[0], 0);
  assert_near(credit[3], 0, 0);
  assert_near(credit[4], 1, 0); /* the file has no c */
  free(credit);
  close_fixture(&f);
}

static void journeys_that_did_what_was_predicted_give_the_method_shapley(void **state) {
  (void)state;
  test_journeys *made = journeys_random(61, 60, 5, 5);
  da_text csv = {0};
  da_text_append(&csv, "journey_id,p\n");
  for (uint64_t j = made->set.n_journeys; j-- > 0;)
    da_text_printf(&csv, "%llu,%d\n", (unsigned long long)j, (int)da_journey_converted(&made->set, j));
  fixture f;
  open_fixture(&f, "a@0", da_text_cstr(&csv));
  double *found = credit_of(da_method_find("shapley_predictions"), &made->set, &f.config, NULL);
  double *wanted = credit_of(da_method_find("shapley"), &made->set, &f.config, NULL);
  for (uint64_t t = 0; t < made->set.n_touches; t++) assert_near(found[t], wanted[t], 1e-9);
  free(found), free(wanted);
  da_text_free(&csv);
  close_fixture(&f);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sets_by_hand),
      cmocka_unit_test(journeys_that_did_what_was_predicted_give_the_method_shapley),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
