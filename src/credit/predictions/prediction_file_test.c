/* Oracle: files with one planted fault each, whose row and kind are known. */
#include "credit/predictions/prediction_file.h"

#include "support/credit.h"
#include "support/store.h"

typedef struct {
  char *folder;
  char path[256];
  test_journeys *made;
} fixture;

static void open_fixture(fixture *f, const char *journeys, const char *file) {
  *f = (fixture){.folder = folder_make(), .made = journeys_from_text(journeys)};
  store_write_text(f->folder, "own.csv", file);
  snprintf(f->path, sizeof f->path, "%s", folder_path(f->folder, "own.csv"));
}

static void close_fixture(fixture *f) {
  journeys_free(f->made);
  folder_remove(f->folder);
}

static void faults_name_their_row(void **state) {
  (void)state;
  static const struct {
    const char *file, *sentence;
  } cases[] = {
      {"campaigns,p\na,.1\nb,\n", "expected a p of at least 0 in row 2"},
      {"campaigns,p\na,.1\na > a,.2\n", "expected a set of campaigns that was not there before in row 2"},
      {"journey_id,p\n0,.1\n0,.2\n", "expected a journey_id that was not there before in row 2"},
      {"journey_id,p\n7,.1\n", "expected the journey_id of a journey of this log in row 1"},
      {"journey_id,p\n1,.1\n", "found none for journey_id 0"},
      {"path,p\na,.1\n", "expected the column p and one of campaigns and journey_id"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture f;
    open_fixture(&f, "a@0 b@1! | b@0", cases[i].file);
    da_predictions predictions;
    expect_fail(da_predictions_read(f.path, &f.made->set, &predictions, err), DA_ERR_DATA, cases[i].sentence);
    close_fixture(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(faults_name_their_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
