/* Oracle: the contract of credit/method.h, and choices worked by hand. */
#include <ctype.h>

#include "support/credit.h"

static void every_method_says_what_page_and_help_need(void **state) {
  (void)state;
  size_t n;
  const da_method *const *all = da_methods(&n);
  assert_true(n >= 6);
  for (size_t i = 0; i < n; i++) {
    const char *name = all[i]->name;
    for (const char *c = name; *c; c++) assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    assert_ptr_equal(da_method_find(name), all[i]); /* so names differ */
    assert_true(strlen(all[i]->title) > 0);
    assert_int_equal(all[i]->explanation[strlen(all[i]->explanation) - 1], '.');
    assert_non_null(all[i]->credit);
    if (all[i]->fit) assert_non_null(all[i]->close);
  }
  assert_null(da_method_find("lust_touch"));
}

static size_t choose(const char **wishes, size_t n_wishes, bool has_network, const da_method **chosen) {
  da_error err = {0};
  da_config config = credit_config();
  config.credit.methods = (da_text_list){wishes, n_wishes};
  size_t n;
  assert_ok(da_methods_choose(&config, has_network, chosen, &n, &err), err);
  return n;
}

static void the_default_is_what_applies(void **state) {
  (void)state;
  const da_method *chosen[64];
  size_t n_with = choose(NULL, 0, true, chosen);
  bool has_attention = false;
  for (size_t i = 0; i < n_with; i++) has_attention |= chosen[i] == da_method_find("attention");
  assert_true(has_attention);
  size_t n_without = choose(NULL, 0, false, chosen);
  assert_true(n_without < n_with);
  for (size_t i = 0; i < n_without; i++) assert_false(chosen[i]->needs_network);
}

static void wishes_come_in_the_order_of_the_table(void **state) {
  (void)state;
  const da_method *chosen[64];
  const char *wishes[] = {"linear", "first_touch", "participation", "linear"};
  assert_int_equal(choose(wishes, 4, false, chosen), 3);
  assert_ptr_equal(chosen[0], da_method_find("first_touch"));
  assert_ptr_equal(chosen[1], da_method_find("linear"));
  assert_ptr_equal(chosen[2], da_method_find("participation"));
}

static void attention_is_there_whenever_there_is_a_network(void **state) {
  (void)state;
  const da_method *chosen[64];
  const char *wish = "linear";
  assert_int_equal(choose(&wish, 1, true, chosen), 2);
  assert_ptr_equal(chosen[0], da_method_find("attention"));
  assert_int_equal(choose(&wish, 1, false, chosen), 1);
}

static void impossible_wishes_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_config config = credit_config();
  const da_method *chosen[64];
  size_t n;
  const char *unknown = "lust_touch";
  config.credit.methods = (da_text_list){&unknown, 1};
  assert_fails_with(da_methods_choose(&config, true, chosen, &n, &err), DA_ERR_CONFIG, err, "did you mean \"last_touch\"?");
  const char *attention = "attention";
  config.credit.methods = (da_text_list){&attention, 1};
  assert_fails_with(da_methods_choose(&config, false, chosen, &n, &err), DA_ERR_CONFIG, err, "run the train stage first");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_method_says_what_page_and_help_need),
      cmocka_unit_test(the_default_is_what_applies),
      cmocka_unit_test(wishes_come_in_the_order_of_the_table),
      cmocka_unit_test(attention_is_there_whenever_there_is_a_network),
      cmocka_unit_test(impossible_wishes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
