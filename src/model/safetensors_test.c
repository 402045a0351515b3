/* Oracle: a file written byte by byte as the format's description says; what was written must read back; a reader that
 * only looks (an own walk over the tensors) must stay inside the bytes whatever is done to them (AddressSanitizer watches). */
#include "model/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static const float pair[] = {1.5f, -2};
static const float grid[] = {0, 1, 2, 3, 4, 5};
static const da_safetensor tensors[] = {
    {.name = "grid", .n_dims = 2, .dims = {2, 3}, .values = grid, .n_values = 6},
    {.name = "pair", .n_dims = 1, .dims = {2}, .values = pair, .n_values = 2},
    {.name = "none", .n_dims = 1, .dims = {0}, .values = pair, .n_values = 0},
};
static const da_safetensors_entry metadata[] = {{"format", "test"}, {"names", "[\"a \\\"b\\\"\", \"\xC3\xA9\"]"}};

static da_text sample(void) {
  da_text bytes = {0};
  da_error err = {0};
  assert_ok(da_safetensors_print(tensors, 3, metadata, 2, &bytes, &err), err);
  return bytes;
}

static void bytes_are_those_of_the_description(void **state) {
  (void)state;
  da_error err = {0};
  da_text bytes = {0};
  assert_ok(da_safetensors_print(&tensors[1], 1, metadata, 1, &bytes, &err), err);
  const char json[] = "{\"__metadata__\":{\"format\":\"test\"},\"pair\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}      ";
  assert_int_equal(strlen(json) % 8, 0);
  const unsigned char length[8] = {sizeof json - 1};
  const unsigned char values[] = {0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0};
  assert_int_equal(bytes.length, 8 + sizeof json - 1 + 8);
  assert_memory_equal(bytes.data, length, 8);
  assert_memory_equal(bytes.data + 8, json, sizeof json - 1);
  assert_memory_equal(bytes.data + bytes.length - 8, values, 8);
  da_text_free(&bytes);
}

static void what_was_written_reads_back(void **state) {
  (void)state;
  da_error err = {0};
  da_text bytes = sample();
  da_safetensors file;
  assert_ok(da_safetensors_parse("x", bytes.data, bytes.length, &file, &err), err);
  assert_int_equal(file.n_tensors, 3);
  float values[6];
  assert_ok(da_safetensors_read(&file, "grid", values, 6, &err), err);
  assert_memory_equal(values, grid, sizeof grid);
  assert_int_equal(da_safetensors_find(&file, "grid")->dims[1], 3);
  assert_ok(da_safetensors_read(&file, "pair", values, 2, &err), err);
  assert_memory_equal(values, pair, sizeof pair);
  assert_ok(da_safetensors_read(&file, "none", values, 0, &err), err);
  assert_string_equal(da_safetensors_metadata(&file, "names"), metadata[1].value);
  assert_null(da_safetensors_metadata(&file, "other"));
  assert_fails_with(da_safetensors_read(&file, "trio", values, 3, &err), DA_ERR_DATA, err, "\"trio\" but found none");
  assert_fails_with(da_safetensors_read(&file, "pair", values, 3, &err), DA_ERR_DATA, err, "expected 3 values");
  da_safetensors_close(&file);
  da_safetensors_close(&file);
  da_text_free(&bytes);
}

/* A file with that header and 16 bytes of values. */
static void assert_refused(const char *json, const char *words) {
  da_error err = {0};
  da_text bytes = {0};
  char length[8] = {(char)strlen(json)};
  da_text_append_n(&bytes, length, 8);
  da_text_append(&bytes, json);
  da_text_append_n(&bytes, (const char *)grid, 16);
  da_safetensors file;
  assert_fails_with(da_safetensors_parse("model/x", bytes.data, bytes.length, &file, &err), DA_ERR_DATA, err, words);
  assert_non_null(strstr(err.msg, "model/x"));
  da_text_free(&bytes);
}

static void every_lie_of_a_header_is_found(void **state) {
  (void)state;
#define T(dtype, shape, offsets) "{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}"
  assert_refused("", "JSON");
  assert_refused("[]", "JSON");
  assert_refused("{} x", "spaces");
  assert_refused("{\"__metadata__\":3}", "__metadata__");
  assert_refused("{\"__metadata__\":{\"a\":3}}", "__metadata__");
  assert_refused("{\"a\":3}", "dtype");
  assert_refused("{\"a\":" T("\"F16\"", "[4]", "[0,16]") "}", "dtype F32");
  assert_refused("{\"a\":" T("\"F32\"", "4", "[0,16]") "}", "shape");
  assert_refused("{\"a\":" T("\"F32\"", "[1,1,1,1,4]", "[0,16]") "}", "4 dimensions");
  assert_refused("{\"a\":" T("\"F32\"", "[-4]", "[0,16]") "}", "whole numbers");
  assert_refused("{\"a\":" T("\"F32\"", "[1.5]", "[0,16]") "}", "whole numbers");
  assert_refused("{\"a\":" T("\"F32\"", "[1e300]", "[0,16]") "}", "whole numbers");
  assert_refused("{\"a\":" T("\"F32\"", "[4294967296,4294967296,4294967296]", "[0,16]") "}", "product");
  assert_refused("{\"a\":" T("\"F32\"", "[4]", "[0,16,32]") "}", "two whole numbers");
  assert_refused("{\"a\":" T("\"F32\"", "[4]", "\"0-16\"") "}", "two whole numbers");
  assert_refused("{\"a\":" T("\"F32\"", "[4]", "[16,0]") "}", "16 bytes apart");
  assert_refused("{\"a\":" T("\"F32\"", "[3]", "[0,16]") "}", "12 bytes apart");
  assert_refused("{\"a\":" T("\"F32\"", "[5]", "[0,20]") "}", "up to byte 20");
  assert_refused("{\"a\":" T("\"F32\"", "[3]", "[0,12]") "}", "expected 12 bytes");
  assert_refused("{\"a\":" T("\"F32\"", "[3]", "[4,16]") "}", "hole or an overlap");
  assert_refused("{\"a\":" T("\"F32\"", "[3]", "[0,12]") ",\"b\":" T("\"F32\"", "[3]", "[4,16]") "}", "hole or an overlap");
  assert_refused("{\"a\":" T("\"F32\"", "[2]", "[0,8]") ",\"a\":" T("\"F32\"", "[2]", "[8,16]") "}", "found two");
  assert_refused("{}", "expected 0 bytes");
#undef T
}

static void short_files_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_text bytes = sample();
  da_safetensors file;
  for (size_t n = 0; n < bytes.length; n++) {
    char *cut = malloc(n ? n : 1); /* a block of its own, so that a read past its end is seen */
    memcpy(cut, bytes.data, n);
    assert_int_equal(da_safetensors_parse("x", cut, n, &file, &err), DA_ERR_DATA);
    free(cut);
  }
  bytes.data[7] = (char)0xFF;
  assert_fails_with(da_safetensors_parse("x", bytes.data, bytes.length, &file, &err), DA_ERR_DATA, err, "length of its header");
  da_text_free(&bytes);
}

static void random_damage_never_leads_outside(void **state) {
  (void)state;
  da_error err = {0};
  da_text bytes = sample();
  char *damaged = malloc(bytes.length);
  da_random random;
  da_random_init(&random, 3, 0);
  int n_read = 0;
  for (int round = 0; round < 20000; round++) {
    memcpy(damaged, bytes.data, bytes.length);
    for (uint64_t n = 1 + da_random_below(&random, 4); n; n--) {
      size_t at = da_random_below(&random, bytes.length);
      uint64_t how = da_random_below(&random, 3);
      if (how == 0) damaged[at] = (char)da_random_next(&random);
      if (how == 1) damaged[at] ^= (char)(1 << da_random_below(&random, 8));
      if (how == 2) damaged[at] = "0123456789[]{}\",:-e"[da_random_below(&random, 19)];
    }
    da_safetensors file;
    if (da_safetensors_parse("x", damaged, bytes.length, &file, &err) != DA_OK) continue;
    n_read++;
    double sum = 0;
    for (size_t i = 0; i < file.n_tensors; i++) {
      for (uint64_t k = 0; k < file.tensors[i].n_values * sizeof(float); k++) sum += ((const unsigned char *)file.tensors[i].values)[k];
    }
    assert_true(sum >= 0);
    da_safetensors_close(&file);
  }
  assert_in_range(n_read, 1, 19000); /* damage to values alone leaves a file that reads */
  free(damaged);
  da_text_free(&bytes);
}

static void a_failed_allocation_is_told(void **state) {
  (void)state;
  da_error err = {0};
  da_text bytes = sample();
  da_safetensors file;
  da_mem_fail_at(1);
  assert_int_equal(da_safetensors_parse("x", bytes.data, bytes.length, &file, &err), DA_ERR_MEM);
  da_mem_fail_at(0);
  for (uint64_t nth = 1;; nth++) {
    da_text again = {0};
    da_mem_fail_at(nth);
    da_status status = da_safetensors_print(tensors, 3, metadata, 2, &again, &err);
    bool failed = da_mem_count() >= nth;
    da_mem_fail_at(0);
    da_text_free(&again);
    if (!failed) break;
    assert_int_equal(status, DA_ERR_MEM);
  }
  da_text_free(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_are_those_of_the_description), cmocka_unit_test(what_was_written_reads_back),
      cmocka_unit_test(every_lie_of_a_header_is_found),     cmocka_unit_test(short_files_are_refused),
      cmocka_unit_test(random_damage_never_leads_outside),  cmocka_unit_test(a_failed_allocation_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
