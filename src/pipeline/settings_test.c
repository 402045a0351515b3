/* Oracle: the order of precedence, tried with one key that every source sets. */
#include "pipeline/settings.h"

#include "support/folder.h"
#include "support/store.h"

static void later_sources_win(void **state) {
  (void)state;
  char *folder = folder_make();
  store_write_text(folder, "config.yaml", "seed: 2\njourney_max_len: 20\n");
  store_write_text(folder, "other.yaml", "seed: 3\n");
  da_bucket *bucket;
  expect_ok(da_bucket_open(folder, &bucket, err));
  const char *assignment = "seed=4";
  const struct {
    const char *path;
    size_t n;
    uint64_t seed, max_len;
  } cases[] = {{NULL, 0, 2, 20}, {folder_path(folder, "other.yaml"), 0, 3, 256}, {NULL, 1, 4, 20}};
  for (size_t i = 0; i < 3; i++) {
    da_config config;
    da_config_init(&config);
    expect_ok(da_settings_read(bucket, cases[i].path, &assignment, cases[i].n, &config, err));
    assert_int_equal(config.seed, cases[i].seed);
    assert_int_equal(config.journey.max_len, cases[i].max_len);
    da_config_free(&config);
  }
  da_config config;
  da_config_init(&config);
  expect_fail(da_settings_read(bucket, folder_path(folder, "none.yaml"), NULL, 0, &config, err), DA_ERR_CONFIG, "none.yaml");
  da_config_free(&config);
  da_bucket_close(bucket);
  folder_remove(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(later_sources_win)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
