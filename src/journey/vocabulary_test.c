/* Oracles: a search from the beginning of the list, and JSON written out by hand and read back with cJSON. */
#include "journey/vocabulary.h"

#include <cJSON.h>
#include <string.h>

#include "support/testing.h"

static const char *const words[] = {"", "\"quoted\"", "a", "a\nb", "ab", "b", "caf\xc3\xa9", "\xf0\x9f\x98\x80"};
enum { N_WORDS = sizeof words / sizeof words[0] };

static void fill(da_vocabulary *vocabulary) {
  da_error err = {0};
  for (int i = 0; i < N_WORDS; i++) assert_ok(da_vocabulary_add(vocabulary, (da_slice){words[i], strlen(words[i])}, &err), err);
}

static void names_are_found_by_their_rank(void **state) {
  (void)state;
  da_vocabulary vocabulary = {0};
  fill(&vocabulary);
  da_names names = da_vocabulary_names(&vocabulary);
  for (uint32_t i = 0; i < N_WORDS; i++) assert_int_equal(da_names_find(&names, (da_slice){words[i], strlen(words[i])}), i);
  assert_int_equal(da_names_find(&names, (da_slice){"aa", 2}), UINT32_MAX);
  assert_int_equal(da_names_find(&names, (da_slice){"zz", 2}), UINT32_MAX);
  assert_int_equal(da_names_find(&(da_names){NULL, 0}, (da_slice){"a", 1}), UINT32_MAX);
  da_vocabulary_free(&vocabulary);
  da_vocabulary_free(&vocabulary);
}

static void json_names_every_rank(void **state) {
  (void)state;
  da_error err = {0};
  da_vocabulary vocabulary = {0};
  fill(&vocabulary);
  da_names names = da_vocabulary_names(&vocabulary);
  da_text json = {0};
  assert_ok(da_names_json(&names, &json, &err), err);
  cJSON *read = cJSON_Parse(json.data);
  assert_int_equal(cJSON_GetArraySize(read), N_WORDS);
  for (int i = 0; i < N_WORDS; i++) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(read, words[i]);
    assert_non_null(item);
    assert_int_equal(item->valueint, i);
  }
  cJSON_Delete(read);
  da_text_clear(&json);
  assert_ok(da_names_json(&(da_names){names.items, 3}, &json, &err), err);
  assert_string_equal(json.data, "{\"\": 0, \"\\\"quoted\\\"\": 1, \"a\": 2}\n");
  da_text_free(&json);
  da_vocabulary_free(&vocabulary);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_found_by_their_rank),
      cmocka_unit_test(json_names_every_rank),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
