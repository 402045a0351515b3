/* Oracles: the original project's own config file, literal values, and literal sentences for what is refused. */
#include "store/config.h"

#include <string.h>

#include "base/random.h"
#include "support/testing.h"

static da_status read_text(da_config *config, const char *yaml, da_error *err) {
  da_config_init(config);
  da_status status = da_config_read(config, "config.yaml", yaml, strlen(yaml), err);
  return status == DA_OK ? da_config_check(config, err) : status;
}

static void an_empty_file_runs(void **state) {
  (void)state;
  da_error err = {0};
  da_config config;
  static const char *const empty[] = {"", "# nothing\n", "---\n", "~\n", "model:\n", "seed:\n"};
  for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
    assert_ok(read_text(&config, empty[i], &err), err);
    assert_int_equal(config.model.n_embedding, 20);
    assert_int_equal(config.model.n_hidden, 64);
    assert_true(config.model.dropout == 0.1 && config.training.learning_rate == 0.001);
    assert_true(config.split.fractions[0] == 0.8 && config.credit.position_weights[1] == 0.4);
    assert_int_equal(config.training.epochs, 10);
    assert_int_equal(config.seed, 1);
    da_config_free(&config);
  }
}

static void the_originals_file_is_accepted(void **state) {
  (void)state;
  da_error err = {0};
  da_config config;
  const char *yaml = "bucket_nm: \"deep-attribution\"\n"
                     "journey_max_len: 10\n"
                     "feature_engineering:\n  instance_type: \"ml.c5.xlarge\"\n  instance_count: 2\n"
                     "preprocessing:\n  instance_type: \"ml.c5.xlarge\"\n  instance_count: 2\n"
                     "training:\n  instance_type: \"ml.m5.2xlarge\"\n  instance_count: 2\n"
                     "prediction:\n  instance_type: \"ml.c5.xlarge\"\n  instance_count: 1\n"
                     "attention_report_generation:\n  instance_type: \"ml.c5.xlarge\"\n  instance_count: 2\n"
                     "hp_tuning_nb_iterations: 10\n";
  assert_ok(read_text(&config, yaml, &err), err);
  assert_string_equal(config.bucket_nm, "deep-attribution");
  assert_int_equal(config.journey.max_len, 10);
  assert_string_equal(config.jobs[DA_JOB_TRAINING].instance_type, "ml.m5.2xlarge");
  assert_int_equal(config.jobs[DA_JOB_REPORT].instance_count, 2);
  da_config_free(&config);
}

static void every_kind_of_value_is_read(void **state) {
  (void)state;
  da_error err = {0};
  da_config config;
  const char *yaml = "columns: {uid: customer_id, touch_features: [device, 'a, b']}\n"
                     "journey: {lookback_days: 30, gap_days: .5, transforms: [unique, remove_if_not_all(Direct)], drop_duplicates: yes}\n"
                     "split: {by: column, column: part, fractions: {val: 0.2, train: 0.7, test: 0.1}}\n"
                     "model: {time: off, dropout_per: journey}\nmemory: 300MB\ntraining: {epochs: 3, oversample: true}\n"
                     "credit: {position_weights: [0.3, 0.3], lift: ['video=12+-3']}\nsource: |\n  SELECT 1\n";
  assert_ok(read_text(&config, yaml, &err), err);
  assert_string_equal(config.columns.uid, "customer_id");
  assert_int_equal(config.columns.touch_features.n, 2);
  assert_string_equal(config.columns.touch_features.items[1], "a, b");
  assert_true(config.journey.gap_days == 0.5 && config.journey.drop_duplicates);
  assert_string_equal(config.journey.transforms.items[1], "remove_if_not_all(Direct)");
  assert_int_equal(config.split.by, DA_SPLIT_COLUMN);
  assert_true(config.split.fractions[0] == 0.7 && config.split.fractions[1] == 0.2);
  assert_int_equal(config.model.time, DA_SWITCH_OFF);
  assert_int_equal(config.model.dropout_per, DA_DROPOUT_PER_JOURNEY);
  assert_int_equal(config.memory_bytes, 300000000);
  assert_true(config.training.oversample && config.credit.position_weights[0] == 0.3);
  assert_string_equal(config.source, "SELECT 1\n");
  da_config_free(&config);
}

static void faults_are_named_with_their_line(void **state) {
  (void)state;
  static const struct {
    const char *yaml, *words;
  } cases[] = {
      {"seed: 1\njourney:\n  gap_dayz: 3\n",
       "config.yaml line 3: expected a known key but found 'journey.gap_dayz'; did you mean 'journey.gap_days'"},
      {"gap_days: 3\n", "did you mean 'journey.gap_days'"},
      {"seed: 1\ntraining: {epochs: many}\n",
       "config.yaml line 2: expected a whole number from 1 to 100000 for training.epochs but found 'many'"},
      {"training: {epochs: 0}\n", "training.epochs but found '0'"},
      {"training: {epochs: -1}\n", "training.epochs but found '-1'"},
      {"training: {epochs: 99999999999999999999}\n", "training.epochs"},
      {"training: {epochs: [1, 2]}\n", "but found '[1, 2]'"},
      {"training: {epochs: {a: 1}}\n", "but found 'a mapping'"},
      {"training: {learning_rate: nan}\n", "expected a number from 1e-09 to 10 for training.learning_rate but found 'nan'"},
      {"training: {learning_rate: 1e400}\n", "but found '1e400'"},
      {"training: 7\n", "expected keys of the section 'training'"},
      {"training: {oversample: perhaps}\n", "expected true or false"},
      {"model: {time: maybe}\n", "expected auto, on or off"},
      {"model: {dropout_per: touch}\n", "expected step or journey for model.dropout_per but found 'touch'"},
      {"split: {fractions: [0.8, 0.1, 0.2]}\n", "expected split.fractions to sum to 1"},
      {"split: {fractions: [0.8, 0.2]}\n", "expected three numbers"},
      {"split: {by: column}\n", "expected split.column"},
      {"split: {column: part}\n", "set split.by: column"},
      {"memory: lots\n", "expected a size such as 300MB"},
      {"seed: 1\nseed: 2\n", "config.yaml line 2: expected each key once but found 'seed' again"},
      {"- a\n- b\n", "expected keys with values"},
      {"a: [1\n", "expected YAML"},
      {"seed: 1\n\tx: 1\n", "line 2: expected YAML"},
      {"seed: \xff\xfe\n", "expected YAML"},
      {"seed: 1\n---\nseed: 2\n", "a second"},
      {"journey: {transforms: [[unique]]}\n", "expected single values"},
      {"? [a]\n: 1\n", "expected a key but found a list"},
      {"source: \"a\\0b\"\n", "zero byte"},
      {"bucket_nm: ''\n", "expected text for bucket_nm"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    da_error err = {0};
    da_config config;
    assert_fails_with(read_text(&config, cases[i].yaml, &err), DA_ERR_CONFIG, err, cases[i].words);
    da_config_free(&config);
  }
}

static void set_overrides_and_takes_text_as_it_stands(void **state) {
  (void)state;
  da_error err = {0};
  da_config config;
  da_config_init(&config);
  assert_ok(da_config_set(&config, "source=SELECT a AS \"x: y\" FROM t WHERE b = 'c' -- [no list]", &err), err);
  assert_string_equal(config.source, "SELECT a AS \"x: y\" FROM t WHERE b = 'c' -- [no list]");
  assert_ok(da_config_set(&config, "credit.methods=[last_touch, 'first_touch']", &err), err);
  assert_int_equal(config.credit.methods.n, 2);
  assert_string_equal(config.credit.methods.items[1], "first_touch");
  assert_ok(da_config_set(&config, "credit.methods=linear", &err), err);
  assert_int_equal(config.credit.methods.n, 1);
  assert_fails_with(da_config_set(&config, "columns.uid=\"; --", &err), DA_ERR_CONFIG, err, "expected YAML"); /* an open quote */
  assert_ok(da_config_set(&config, "columns.uid=a'; --", &err), err);
  assert_string_equal(config.columns.uid, "a'; --");
  assert_fails_with(da_config_set(&config, "seed", &err), DA_ERR_CONFIG, err, "expected key=value");
  assert_fails_with(da_config_set(&config, "sed=1", &err), DA_ERR_CONFIG, err, "did you mean 'seed'");
  assert_fails_with(da_config_set(&config, "seed=-1", &err), DA_ERR_CONFIG, err, "--set seed=-1: expected a whole number");
  assert_fails_with(da_config_set(&config, "seed=", &err), DA_ERR_CONFIG, err, "expected a whole number");
  da_config_free(&config);
}

static void json_names_the_settings_of_a_section(void **state) {
  (void)state;
  da_config config;
  da_config_init(&config);
  da_text json = {0};
  da_config_print_json(&config, "split seed", &json);
  assert_string_equal(
      da_text_cstr(&json),
      "{\"seed\": 1, \"split.by\": \"user\", \"split.fractions\": [0.80000000000000004, 0.10000000000000001, 0.10000000000000001], "
      "\"split.column\": null}");
  da_text_clear(&json);
  da_config_print_json(&config, "training", &json);
  assert_null(strstr(da_text_cstr(&json), "instance_count")); /* where a job runs does not change what it makes */
  da_text_clear(&json);
  da_config_print_json(&config, "journey", &json);
  assert_non_null(strstr(da_text_cstr(&json), "\"journey_max_len\": 256"));
  da_text_free(&json);
  da_config_free(&config);
}

/* No oracle but the sanitizers: whatever the bytes, an answer and no crash. */
static void mutated_files_never_crash(void **state) {
  (void)state;
  const char yaml[] =
      "columns: {uid: a, touch_features: [b, *x]}\ntraining: &x {epochs: 3}\nsplit:\n  fractions: [.8, .1, .1]\nsource: |\n  x\n";
  da_random random;
  da_random_init(&random, 1, 2);
  for (int i = 0; i < 3000; i++) {
    char mutated[sizeof yaml];
    memcpy(mutated, yaml, sizeof yaml);
    for (uint64_t n = 1 + da_random_below(&random, 4); n > 0; n--) {
      mutated[da_random_below(&random, sizeof yaml - 1)] = (char)da_random_below(&random, 256);
    }
    da_error err = {0};
    da_config config;
    da_config_init(&config);
    da_status status = da_config_read(&config, "config.yaml", mutated, sizeof yaml - 1, &err);
    assert_true(status == DA_OK || (status == DA_ERR_CONFIG && err.msg[0]));
    da_config_free(&config);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_file_runs),
      cmocka_unit_test(the_originals_file_is_accepted),
      cmocka_unit_test(every_kind_of_value_is_read),
      cmocka_unit_test(faults_are_named_with_their_line),
      cmocka_unit_test(set_overrides_and_takes_text_as_it_stands),
      cmocka_unit_test(json_names_the_settings_of_a_section),
      cmocka_unit_test(mutated_files_never_crash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
