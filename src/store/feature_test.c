/* Oracle: the two lists of a config, worked by hand. */
#include "store/feature.h"

#include <math.h>
#include <stdio.h>

#include "support/testing.h"

static da_config read_config(const char *touch, const char *user) {
  da_error err = {0};
  da_config config;
  char line[2048];
  da_config_init(&config);
  snprintf(line, sizeof line, "columns.touch_features=%s", touch);
  assert_ok(da_config_set(&config, line, &err), err);
  snprintf(line, sizeof line, "columns.user_features=%s", user);
  assert_ok(da_config_set(&config, line, &err), err);
  return config;
}

static void both_lists_are_read(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = read_config("[device, \"price (eur)\"]", "[\"region(category)\", \"age (number)\"]");
  da_feature_wish wishes[DA_MAX_FEATURES];
  uint32_t n;
  assert_ok(da_feature_wishes(&config.columns, wishes, &n, &err), err);
  assert_int_equal(n, 4);
  const struct {
    const char *name;
    bool of_user;
    da_feature_kind kind;
  } wanted[] = {{"device", false, DA_FEATURE_OPEN},
                {"price (eur)", false, DA_FEATURE_OPEN},
                {"region", true, DA_FEATURE_CATEGORY},
                {"age", true, DA_FEATURE_NUMBER}};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(wishes[i].name.length, strlen(wanted[i].name));
    assert_memory_equal(wishes[i].name.data, wanted[i].name, wishes[i].name.length);
    assert_int_equal(wishes[i].of_user, wanted[i].of_user);
    assert_int_equal(wishes[i].kind, wanted[i].kind);
  }
  da_config_free(&config);
}

static void a_column_named_twice_and_too_many_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_feature_wish wishes[DA_MAX_FEATURES];
  uint32_t n;
  da_config config = read_config("[device]", "[\"Device(category)\"]");
  assert_fails_with(da_feature_wishes(&config.columns, wishes, &n, &err), DA_ERR_CONFIG, err, "'Device(category)' twice");
  assert_fails_with(da_config_check(&config, &err), DA_ERR_CONFIG, err, "twice");
  da_config_free(&config);
  char many[1024] = "[";
  for (int i = 0; i < DA_MAX_FEATURES + 1; i++) snprintf(many + strlen(many), sizeof many - strlen(many), "%sf%d", i ? "," : "", i);
  strcat(many, "]");
  config = read_config(many, "[]");
  assert_fails_with(da_feature_wishes(&config.columns, wishes, &n, &err), DA_ERR_CONFIG, err, "at most 32 columns");
  da_config_free(&config);
}

static void cells_hold_numbers(void **state) {
  (void)state;
  assert_true(da_feature_number(da_feature_cell(-1.5f)) == -1.5f);
  assert_true(isnan(da_feature_number(da_feature_missing(true))));
  assert_int_equal(da_feature_missing(false), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_lists_are_read),
      cmocka_unit_test(a_column_named_twice_and_too_many_are_refused),
      cmocka_unit_test(cells_hold_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
