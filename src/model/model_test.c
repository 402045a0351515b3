/* Oracle: what was written reads back; a file with one thing wrong is refused in words that name it; damaged files never
 * lead outside their bytes (AddressSanitizer watches). */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "model/safetensors.h"
#include "support/testing.h"

static const da_slice names[] = {{"", 0}, {"a \"quoted\", one\n", 16}, {"z\xC3\xA9", 3}};
static const da_names campaigns = {names, 3};

/* variant 1: with time decay; 2: with features. */
static void add_features(da_inputs *inputs) {
  static const da_slice devices[] = {{"", 0}, {"phone \"x\"", 9}, {"tv", 2}}, regions[] = {{"", 0}};
  static const float bids[] = {-0.1f, 0, 1e9f};
  da_error err = {0};
  assert_ok(da_inputs_add_feature(inputs, "touch_category", (da_slice){"device", 6}, (da_names){devices, 3}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "touch_number", (da_slice){"bid", 3}, (da_names){0}, bids, 3, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "context_category", (da_slice){"region", 6}, (da_names){regions, 1}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "user_category", (da_slice){"region", 6}, (da_names){regions, 1}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "user_number", (da_slice){"age", 3}, (da_names){0}, bids, 1, &err), err);
}

static da_model sample_model(int variant) {
  da_error err = {0};
  da_inputs inputs;
  da_model model;
  assert_ok(da_inputs_choose(3, true, &inputs, &err), err);
  inputs.time_decay = variant == 1;
  if (variant == 2) add_features(&inputs);
  assert_ok(da_model_init(&inputs, 5, 4, &campaigns, "{\"batch_size\":32}", &model, &err), err);
  da_network_init(&model.shape, 7, model.params);
  model.logit_shift = -1.2345678f;
  model.set_checksum = 0xFEDCBA9876543210;
  return model;
}

static da_text print(const da_model *model) {
  da_error err = {0};
  da_text bytes = {0};
  assert_ok(da_model_print(model, &bytes, &err), err);
  return bytes;
}

static void assert_same_names(const da_names *a, const da_names *b) {
  assert_int_equal(a->n, b->n);
  for (size_t i = 0; i < a->n; i++) {
    assert_int_equal(a->items[i].length, b->items[i].length);
    assert_memory_equal(a->items[i].data, b->items[i].data, a->items[i].length);
  }
}

static void assert_same_input(const da_input *a, const da_input *b) {
  assert_ptr_equal(a->kind, b->kind);
  assert_true(a->first_row == b->first_row && a->n_rows == b->n_rows);
  assert_same_names(&(da_names){&a->column, 1}, &(da_names){&b->column, 1});
  assert_same_names(&a->values, &b->values);
  for (uint32_t i = 0; da_input_is_number(a) && i + 2 < a->n_rows; i++) assert_true(a->edges[i] == b->edges[i]);
}

static void assert_same(const da_model *a, const da_model *b) {
  assert_memory_equal(&a->shape, &b->shape, sizeof a->shape);
  assert_memory_equal(a->params, b->params, da_model_n_params(a) * sizeof(float));
  assert_true(a->inputs.n == b->inputs.n && a->inputs.n_user == b->inputs.n_user && a->inputs.time_decay == b->inputs.time_decay);
  for (uint32_t i = 0; i < a->inputs.n; i++) assert_same_input(&a->inputs.items[i], &b->inputs.items[i]);
  for (uint32_t i = 0; i < a->inputs.n_user; i++) assert_same_input(&a->inputs.user[i], &b->inputs.user[i]);
  assert_same_names(&a->campaigns, &b->campaigns);
  assert_true(a->logit_shift == b->logit_shift);
  assert_string_equal(a->settings, b->settings);
  assert_int_equal(a->set_checksum, b->set_checksum);
}

/* With and without tensors that only some networks have. */
static void a_model_reads_back_as_it_was(void **state) {
  (void)state;
  for (int variant = 0; variant < 3; variant++) {
    da_error err = {0};
    da_model model = sample_model(variant), read;
    da_text bytes = print(&model);
    assert_ok(da_model_parse("x", bytes.data, bytes.length, &read, &err), err);
    assert_same(&model, &read);
    da_text again = print(&read);
    assert_int_equal(bytes.length, again.length);
    assert_memory_equal(bytes.data, again.data, bytes.length);
    da_model_close(&read);
    da_model_close(&read);
    da_model_close(&model);
    da_text_free(&bytes);
    da_text_free(&again);
  }
}

static void a_model_is_read_from_a_file(void **state) {
  (void)state;
  da_error err = {0};
  da_model model = sample_model(false), read;
  da_text bytes = print(&model);
  char path[] = "/tmp/da_model_XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  assert_int_equal(write(descriptor, bytes.data, bytes.length), (ssize_t)bytes.length);
  close(descriptor);
  assert_ok(da_model_open(path, &read, &err), err);
  assert_same(&model, &read);
  da_model_close(&read);
  unlink(path);
  assert_fails_with(da_model_open(path, &read, &err), DA_ERR_IO, err, "No such file");
  assert_fails_with(da_model_open("/tmp", &read, &err), DA_ERR_IO, err, "/tmp");
  da_model_close(&model);
  da_text_free(&bytes);
}

static void probability_is_the_shifted_sigmoid(void **state) {
  (void)state;
  da_model model = sample_model(false);
  assert_true(fabs(da_model_probability(&model, 1.2345678f) - 0.5) < 1e-12);
  assert_true(fabs(da_model_probability(&model, 1.2345678f + 2.0) - 1 / (1 + exp(-2))) < 1e-12);
  model.params[da_model_n_params(&model) - 1] = 3;
  assert_true(da_model_empty_logit(&model, NULL) == 3);
  da_model_close(&model);
}

/* The sample's file with one entry of its metadata replaced (value NULL: left out) and one tensor changed by `change`. */
static void assert_refused(const char *key, const char *value, void (*change)(da_safetensor *tensors), const char *words) {
  da_error err = {0};
  da_model model = sample_model(false), read;
  da_text bytes = print(&model), changed = {0};
  da_safetensors file;
  assert_ok(da_safetensors_parse("x", bytes.data, bytes.length, &file, &err), err);
  const char *const keys[] = {"format", "format_version", "inputs", "campaigns", "settings", "logit_shift", "set_checksum"};
  da_safetensors_entry metadata[7];
  size_t n = 0;
  for (size_t i = 0; i < 7; i++) {
    bool this_one = key && !strcmp(keys[i], key);
    if (this_one && !value) continue;
    metadata[n++] = (da_safetensors_entry){keys[i], this_one ? value : da_safetensors_metadata(&file, keys[i])};
  }
  if (change) change(file.tensors);
  assert_ok(da_safetensors_print(file.tensors, file.n_tensors, metadata, n, &changed, &err), err);
  assert_fails_with(da_model_parse("model/y", changed.data, changed.length, &read, &err), DA_ERR_DATA, err, words);
  assert_non_null(strstr(err.msg, "model/y"));
  assert_null(read.params);
  da_safetensors_close(&file);
  da_text_free(&bytes);
  da_text_free(&changed);
  da_model_close(&model);
}

static void with_a_row_less(da_safetensor *tensors) {
  tensors[DA_TENSOR_EMBEDDING].dims[0]--;
  tensors[DA_TENSOR_EMBEDDING].n_values -= 5;
}
static void with_a_kernel_transposed(da_safetensor *tensors) {
  tensors[DA_TENSOR_W_X].dims[0] = 16;
  tensors[DA_TENSOR_W_X].dims[1] = 5;
}
static void without_hidden_units(da_safetensor *tensors) {
  tensors[DA_TENSOR_W_H].dims[0] = 0;
  tensors[DA_TENSOR_W_H].n_values = 0;
}
static void with_a_name_misspelt(da_safetensor *tensors) { tensors[DA_TENSOR_OUT_W].name = "output.kernal"; }
static void with_a_nan(da_safetensor *tensors) {
  static const float nan_values[4] = {0, NAN};
  tensors[DA_TENSOR_OUT_W].values = nan_values;
}

static void a_file_with_one_thing_wrong_is_refused(void **state) {
  (void)state;
  assert_refused("format", NULL, NULL, "\"format\"");
  assert_refused("format", "pt", NULL, "found pt 1");
  assert_refused("format_version", "2", NULL, "deepattribution 2");
  assert_refused("inputs", "{", NULL, "JSON lists");
  assert_refused("inputs", "[]", NULL, "at least one input");
  assert_refused("inputs", "[{\"name\":\"campaign\"}]", NULL, "name and rows");
  assert_refused("inputs", "[{\"name\":\"campaign\",\"rows\":1e99}]", NULL, "name and rows");
  assert_refused("inputs", "[{\"name\":\"mood\",\"rows\":4}]", NULL, "mood");
  assert_refused("inputs", "[{\"name\":\"campaign\",\"rows\":4}]", NULL, "expected 4 rows");
#define WITH(input) "[{\"name\":\"campaign\",\"rows\":4}," input "]"
  assert_refused("inputs", WITH("{\"name\":\"touch_category\",\"rows\":2}"), NULL, "column of input");
  assert_refused("inputs", WITH("{\"name\":\"touch_category\",\"rows\":2,\"column\":\"d\"}"), NULL, "either values or edges");
  assert_refused("inputs", WITH("{\"name\":\"touch_category\",\"rows\":2,\"column\":\"d\",\"values\":[\"\"]}"), NULL, "a row for each");
  assert_refused("inputs", WITH("{\"name\":\"touch_category\",\"rows\":2,\"column\":\"d\",\"values\":[\"\",3]}"), NULL, "as texts");
  assert_refused("inputs", WITH("{\"name\":\"touch_category\",\"rows\":2,\"column\":\"d\",\"values\":[\"a\",\"b\"]}"), NULL, "empty value");
  assert_refused("inputs", WITH("{\"name\":\"touch_number\",\"rows\":4,\"column\":\"d\",\"edges\":[1,1]}"), NULL, "ascending edges");
  assert_refused("inputs", WITH("{\"name\":\"touch_number\",\"rows\":3,\"column\":\"d\",\"edges\":[null]}"), NULL, "ascending edges");
  assert_refused("inputs", WITH("{\"name\":\"touch_number\",\"rows\":2,\"column\":\"\",\"edges\":[]}"), NULL, "column of its own");
  assert_refused("campaigns", "3", NULL, "JSON lists");
  assert_refused("campaigns", "[\"a\",\"b\"]", NULL, "expected 3 names");
  assert_refused("campaigns", "[\"a\",\"b\",\"c\",\"d\"]", NULL, "expected 3 names");
  assert_refused("campaigns", "[\"a\",\"b\",3]", NULL, "expected 3 names");
  assert_refused("campaigns", "[\"a\",\"c\",\"b\"]", NULL, "byte order");
  assert_refused("campaigns", "[\"a\",\"b\",\"b\"]", NULL, "byte order");
  assert_refused("settings", NULL, NULL, "settings");
  assert_refused("logit_shift", "nan", NULL, "logit_shift");
  assert_refused("logit_shift", "", NULL, "logit_shift");
  assert_refused("logit_shift", "1x", NULL, "logit_shift");
  assert_refused("set_checksum", "12", NULL, "16 hex digits");
  assert_refused("set_checksum", "12345678901234zz", NULL, "16 hex digits");
  assert_refused(NULL, NULL, with_a_row_less, "embedding");
  assert_refused(NULL, NULL, with_a_kernel_transposed, "lstm.kernel");
  assert_refused(NULL, NULL, without_hidden_units, "LSTM units");
  assert_refused(NULL, NULL, with_a_name_misspelt, "output.kernel");
  assert_refused(NULL, NULL, with_a_nan, "NaN");
}

static void names_that_no_text_can_hold_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_inputs inputs;
  da_model model;
  const da_slice broken[] = {{"a\0b", 3}};
  assert_ok(da_inputs_choose(1, false, &inputs, &err), err);
  assert_fails_with(da_model_init(&inputs, 5, 4, &(da_names){broken, 1}, "{}", &model, &err), DA_ERR_DATA, err, "zero bytes");
}

static void who_has_no_features_refuses_models_that_read_some(void **state) {
  (void)state;
  for (int variant = 0; variant < 3; variant++) {
    da_error err = {0};
    da_model model = sample_model(variant);
    if (variant == 2)
      assert_fails_with(da_model_refuse_features(&model, "requests", &err), DA_ERR_DATA, err, "one that reads the feature 'device'");
    else
      assert_ok(da_model_refuse_features(&model, "requests", &err), err);
    da_model_close(&model);
  }
}

static void random_damage_never_leads_outside(void **state) {
  (void)state;
  da_error err = {0};
  da_model model = sample_model(2), read;
  da_text bytes = print(&model);
  char *damaged = malloc(bytes.length);
  da_random random;
  da_random_init(&random, 4, 0);
  size_t header = 8 + (size_t)(unsigned char)bytes.data[0] + ((size_t)(unsigned char)bytes.data[1] << 8);
  for (int round = 0; round < 5000; round++) {
    memcpy(damaged, bytes.data, bytes.length);
    for (uint64_t n = 1 + da_random_below(&random, 3); n; n--) {
      size_t at = da_random_below(&random, round % 2 ? header : bytes.length);
      damaged[at] = da_random_below(&random, 2) ? (char)da_random_next(&random) : "0123456789[]{}\",:\\"[da_random_below(&random, 18)];
    }
    if (da_model_parse("x", damaged, bytes.length, &read, &err) != DA_OK) continue;
    assert_true(isfinite(da_model_empty_logit(&read, (const uint32_t[DA_MAX_FEATURES]){0})));
    assert_int_equal(read.campaigns.n, 3);
    da_model_close(&read);
  }
  free(damaged);
  da_text_free(&bytes);
  da_model_close(&model);
}

static void failed_allocations_leave_nothing_behind(void **state) {
  (void)state;
  da_error err = {0};
  da_model model = sample_model(2), read;
  da_text bytes = print(&model);
  for (uint64_t nth = 1;; nth++) {
    da_mem_fail_at(nth);
    da_status status = da_model_parse("x", bytes.data, bytes.length, &read, &err);
    bool failed = da_mem_count() >= nth;
    da_mem_fail_at(0);
    if (!failed) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_null(read.params);
  }
  da_model_close(&read);
  da_text_free(&bytes);
  da_model_close(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_model_reads_back_as_it_was),
      cmocka_unit_test(a_model_is_read_from_a_file),
      cmocka_unit_test(probability_is_the_shifted_sigmoid),
      cmocka_unit_test(a_file_with_one_thing_wrong_is_refused),
      cmocka_unit_test(names_that_no_text_can_hold_are_refused),
      cmocka_unit_test(who_has_no_features_refuses_models_that_read_some),
      cmocka_unit_test(random_damage_never_leads_outside),
      cmocka_unit_test(failed_allocations_leave_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
