/* Oracle: documents written out by hand. */
#include "report/json.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/testing.h"

static void a_document_grows_part_by_part(void **state) {
  (void)state;
  da_error err = {0};
  da_json json;
  da_text text = {0};
  da_json_begin(&json);
  da_json_count(&json, json.root, "n", UINT64_MAX);
  da_json_int(&json, json.root, "i", INT64_MIN);
  da_json_number(&json, json.root, "half", 0.5);
  da_json_number(&json, json.root, "unknown", NAN);
  da_json_number(&json, json.root, "endless", -INFINITY);
  cJSON *inner = da_json_object(&json, json.root, "inner");
  da_json_bool(&json, inner, "yes", true);
  da_json_text(&json, inner, "text", "a\"b\n\xff");
  da_json_text(&json, inner, "none", NULL);
  da_json_null(&json, inner, "null");
  cJSON *list = da_json_array(&json, json.root, "list");
  da_json_slice(&json, da_json_append_object(&json, list), "part", (da_slice){"abc", 2});
  assert_ok(da_json_end(&json, "a test", &text, &err), err);
  char *flat = text.data; /* cJSON's layout: without what it puts between the parts */
  size_t length = 0;
  for (const char *c = flat; *c; c++) {
    if (*c != '\n' && *c != '\t') flat[length++] = *c;
  }
  flat[length] = 0;
  assert_string_equal(flat, "{\"n\":18446744073709551615,\"i\":-9223372036854775808,\"half\":0.5,\"unknown\":null,\"endless\":null,"
                            "\"inner\":{\"yes\":true,\"text\":\"a\\\"b\\n\xef\xbf\xbd\",\"none\":null,\"null\":null},"
                            "\"list\":[{\"part\":\"ab\"}]}");
  da_text_free(&text);
}

static void a_part_that_is_missing_fails_the_whole(void **state) {
  (void)state;
  da_error err = {0};
  da_json json;
  da_text text = {0};
  da_json_begin(&json);
  da_json_count(&json, da_json_object(&json, NULL, "orphan"), "n", 1);
  da_json_append_object(&json, NULL);
  assert_fails_with(da_json_end(&json, "a test", &text, &err), DA_ERR_MEM, err, "while a test was written");
  assert_int_equal(text.length, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_document_grows_part_by_part),
      cmocka_unit_test(a_part_that_is_missing_fails_the_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
