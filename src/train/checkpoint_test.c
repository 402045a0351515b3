/* Oracle: what was written reads back; damage is refused and never leads outside (AddressSanitizer watches). */
#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>

#include "support/training.h"

enum { N = 7, MAX_EPOCHS = 4 };

static da_train_state some_state(void) {
  da_error err = {0};
  da_train_state state;
  assert_ok(da_train_state_init(N, MAX_EPOCHS, &state, &err), err);
  for (int i = 0; i < N; i++) {
    state.params[i] = (float)i / 3;
    state.best[i] = (float)-i;
    state.adam.m[i] = 0.1f * (float)i;
    state.adam.v[i] = 1e-30f * (float)i;
  }
  state.adam.step = 123456789012;
  state.n_retries = 2;
  state.n_epochs = 3;
  state.best_epoch = 2;
  state.n_batches = 77;
  state.loss = 0.1 + 0.2;
  for (uint32_t e = 0; e < 3; e++)
    state.epochs[e] = (da_train_epoch){.learning_rate = 1.0 / (e + 3), .train_loss = 0.5, .val_loss = e == 1 ? 0.25 : NAN, .val_auc = NAN};
  return state;
}

static bool same_number(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static void assert_same(const da_train_state *a, const da_train_state *b) {
  assert_memory_equal(a->params, b->params, N * sizeof(float));
  assert_memory_equal(a->best, b->best, N * sizeof(float));
  assert_memory_equal(a->adam.m, b->adam.m, N * sizeof(float));
  assert_memory_equal(a->adam.v, b->adam.v, N * sizeof(float));
  assert_true(a->adam.step == b->adam.step && a->n_retries == b->n_retries && a->n_epochs == b->n_epochs && a->best_epoch == b->best_epoch);
  assert_true(a->n_batches == b->n_batches && a->loss == b->loss);
  for (uint32_t e = 0; e < a->n_epochs; e++) {
    const da_train_epoch *x = &a->epochs[e], *y = &b->epochs[e];
    assert_true(x->learning_rate == y->learning_rate && x->train_loss == y->train_loss);
    assert_true(same_number(x->val_loss, y->val_loss) && same_number(x->val_auc, y->val_auc));
  }
}

static void a_state_reads_back_to_the_last_bit(void **state) {
  (void)state;
  da_error err = {0};
  da_train_state written = some_state(), read;
  da_text bytes = {0};
  assert_ok(da_checkpoint_print(&written, "{\"a\":1}", 99, &bytes, &err), err);
  assert_ok(da_train_state_init(N, MAX_EPOCHS, &read, &err), err);
  assert_ok(da_checkpoint_parse(bytes.data, bytes.length, "{\"a\":1}", 99, &read, &err), err);
  assert_same(&written, &read);
  da_train_state_free(&written);
  da_train_state_free(&read);
  da_train_state_free(&read);
  da_text_free(&bytes);
}

static void what_does_not_fit_is_refused_and_changes_nothing(void **state) {
  (void)state;
  da_error err = {0};
  da_train_state written = some_state(), kept = some_state(), smaller;
  written.params[0] = 42;
  da_text bytes = {0};
  assert_ok(da_checkpoint_print(&written, "{}", 99, &bytes, &err), err);
  assert_fails_with(da_checkpoint_parse(bytes.data, bytes.length, "{\"a\":1}", 99, &kept, &err), DA_ERR_DATA, err, "settings");
  assert_fails_with(da_checkpoint_parse(bytes.data, bytes.length, "{}", 98, &kept, &err), DA_ERR_DATA, err, "journeys");
  assert_fails_with(da_checkpoint_parse(bytes.data, bytes.length - 1, "{}", 99, &kept, &err), DA_ERR_DATA, err, "bytes");
  assert_true(kept.params[0] == 0);
  assert_ok(da_train_state_init(N - 1, MAX_EPOCHS, &smaller, &err), err);
  assert_fails_with(da_checkpoint_parse(bytes.data, bytes.length, "{}", 99, &smaller, &err), DA_ERR_DATA, err, "expected 6 values");
  da_train_state_free(&smaller);
  assert_ok(da_train_state_init(N, 2, &smaller, &err), err); /* fewer epochs than were done */
  assert_fails_with(da_checkpoint_parse(bytes.data, bytes.length, "{}", 99, &smaller, &err), DA_ERR_DATA, err, "progress");
  da_train_state_free(&smaller);
  da_train_state_free(&written);
  da_train_state_free(&kept);
  da_text_free(&bytes);
}

static void random_damage_never_leads_outside(void **state) {
  (void)state;
  da_error err = {0};
  da_train_state written = some_state(), read;
  da_text bytes = {0};
  assert_ok(da_checkpoint_print(&written, "{}", 99, &bytes, &err), err);
  assert_ok(da_train_state_init(N, MAX_EPOCHS, &read, &err), err);
  char *damaged = malloc(bytes.length);
  da_random random;
  da_random_init(&random, 6, 0);
  for (int round = 0; round < 5000; round++) {
    memcpy(damaged, bytes.data, bytes.length);
    for (uint64_t n = 1 + da_random_below(&random, 3); n; n--)
      damaged[da_random_below(&random, bytes.length)] = da_random_below(&random, 2) ? (char)da_random_next(&random) : '9';
    if (da_checkpoint_parse(damaged, bytes.length, "{}", 99, &read, &err) != DA_OK) continue;
    assert_true(read.n_epochs <= MAX_EPOCHS && read.best_epoch <= read.n_epochs && read.n == N);
  }
  free(damaged);
  da_train_state_free(&written);
  da_train_state_free(&read);
  da_text_free(&bytes);
}

static void a_bucket_keeps_one(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  da_bucket *bucket;
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  training_listener listener = {0};
  const da_monitor monitor = listener_monitor(&listener);
  da_train_state written = some_state(), read;
  assert_ok(da_train_state_init(N, MAX_EPOCHS, &read, &err), err);
  bool found = true;
  assert_ok(da_checkpoint_load(bucket, "{}", 99, &monitor, &read, &found, &err), err);
  assert_false(found);
  assert_ok(da_train_forget(bucket, &err), err);
  assert_ok(da_checkpoint_save(bucket, &written, "{}", 98, &err), err);
  assert_ok(da_checkpoint_load(bucket, "{}", 99, &monitor, &read, &found, &err), err);
  assert_false(found);
  assert_non_null(strstr(listener.notes, "begins anew"));
  assert_ok(da_checkpoint_save(bucket, &written, "{}", 99, &err), err);
  assert_ok(da_checkpoint_load(bucket, "{}", 99, &monitor, &read, &found, &err), err);
  assert_true(found);
  assert_same(&written, &read);
  assert_ok(da_train_forget(bucket, &err), err);
  assert_ok(da_checkpoint_load(bucket, "{}", 99, &monitor, &read, &found, &err), err);
  assert_false(found);
  da_bucket_close(bucket);
  folder_remove(folder);
  da_train_state_free(&written);
  da_train_state_free(&read);
}

static void failed_allocations_leave_nothing_behind(void **state) {
  (void)state;
  da_error err = {0};
  da_train_state written = some_state(), read = {0};
  da_text bytes = {0};
  assert_ok(da_checkpoint_print(&written, "{}", 99, &bytes, &err), err);
  for (uint64_t nth = 1;; nth++) {
    da_mem_fail_at(nth);
    da_status status = da_train_state_init(N, MAX_EPOCHS, &read, &err);
    if (status == DA_OK) status = da_checkpoint_parse(bytes.data, bytes.length, "{}", 99, &read, &err);
    bool failed = da_mem_count() >= nth;
    da_mem_fail_at(0);
    da_train_state_free(&read);
    assert_int_equal(status, failed ? DA_ERR_MEM : DA_OK);
    if (!failed) break;
  }
  da_train_state_free(&written);
  da_text_free(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_state_reads_back_to_the_last_bit),      cmocka_unit_test(what_does_not_fit_is_refused_and_changes_nothing),
      cmocka_unit_test(random_damage_never_leads_outside),       cmocka_unit_test(a_bucket_keeps_one),
      cmocka_unit_test(failed_allocations_leave_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
