/* Oracle: the results that were put in. */
#include "tune/journal.h"

#include <math.h>

#include "support/folder.h"
#include "support/training.h"

static da_journal_entry entry(uint32_t trial, uint32_t rung, double loss) {
  da_journal_entry made = {
      .trial = trial, .rung = rung, .result = {.n_epochs = 3, .best_epoch = 2, .val_loss = loss, .val_auc = 0.7, .n_touches = 12345}};
  for (int d = 0; d < DA_TUNE_N_DIMENSIONS; d++) made.point.value[d] = 0.1 * (d + 1) / 3 + trial;
  return made;
}

static da_journal open_journal(da_bucket *bucket, const char *settings, uint64_t checksum, training_listener *listener) {
  da_error err = {0};
  da_journal journal;
  const da_monitor monitor = listener_monitor(listener);
  assert_ok(da_journal_open(bucket, settings, checksum, &monitor, &journal, &err), err);
  return journal;
}

static void results_come_back_for_the_same_point_alone(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  da_bucket *bucket;
  training_listener listener = {0};
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  da_journal journal = open_journal(bucket, "{\"seed\":1}", 7, &listener);
  const da_journal_entry entries[] = {entry(0, 0, 0.5), entry(2, 1, NAN), entry(1, 2, 0.1 + 0.2)};
  for (int i = 0; i < 3; i++) assert_ok(da_journal_add(&journal, &entries[i], &err), err);
  da_journal_close(&journal);
  journal = open_journal(bucket, "{\"seed\":1}", 7, &listener);
  assert_int_equal(journal.n, 3);
  for (int i = 0; i < 3; i++) {
    const da_trial_result *found = da_journal_find(&journal, entries[i].trial, entries[i].rung, &entries[i].point);
    assert_non_null(found);
    assert_true(found->val_loss == entries[i].result.val_loss || i == 1);
    assert_int_equal(found->n_touches, 12345);
  }
  assert_true(isnan(da_journal_find(&journal, 2, 1, &entries[1].point)->val_loss));
  assert_null(da_journal_find(&journal, 2, 1, &entries[0].point));
  assert_null(da_journal_find(&journal, 0, 1, &entries[0].point));
  da_journal_close(&journal);
  da_bucket_close(bucket);
  folder_remove(folder);
}

static void what_does_not_fit_is_passed_over(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  da_bucket *bucket;
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  training_listener listener = {0};
  da_journal journal = open_journal(bucket, "{\"seed\":1}", 7, &listener);
  const da_journal_entry one = entry(0, 0, 0.5);
  assert_ok(da_journal_add(&journal, &one, &err), err);
  da_journal_close(&journal);
  const struct {
    const char *settings, *note;
    uint64_t checksum;
  } cases[] = {{"{\"seed\":2}", "its settings were others", 7}, {"{\"seed\":1}", "of other journeys", 8}};
  for (int i = 0; i < 2; i++) {
    training_listener heard = {0};
    journal = open_journal(bucket, cases[i].settings, cases[i].checksum, &heard);
    assert_int_equal(journal.n, 0);
    assert_non_null(strstr(heard.notes, cases[i].note));
    da_journal_close(&journal);
  }
  const char *const damaged[] = {
      "", "[", "{\"format\":1}",
      "{\"format\":\"deepattribution search 1\",\"set_checksum\":\"0000000000000007\",\"settings\":{\"seed\":1},\"results\":[[1,2]]}",
      "{\"format\":\"deepattribution search "
      "1\",\"set_checksum\":\"0000000000000007\",\"settings\":{\"seed\":1},\"results\":[[-1,0,0,1,1,1,1,1,1,1,1,1,1,1]]}"};
  for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
    da_publication *publication;
    assert_ok(da_publication_begin(bucket, &publication, &err), err);
    assert_ok(da_publication_put(publication, "tune/journal.json", damaged[i], strlen(damaged[i]), &err), err);
    assert_ok(da_publication_commit(publication, &err), err);
    da_publication_close(publication);
    training_listener heard = {0};
    journal = open_journal(bucket, "{\"seed\":1}", 7, &heard);
    assert_int_equal(journal.n, 0);
    assert_non_null(strstr(heard.notes, "damaged"));
    da_journal_close(&journal);
  }
  assert_ok(da_journal_forget(bucket, &err), err);
  da_bucket_close(bucket);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_come_back_for_the_same_point_alone),
      cmocka_unit_test(what_does_not_fit_is_passed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
