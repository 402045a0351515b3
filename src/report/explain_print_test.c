/* Oracles: a text written out by hand; the JSON read back by its keys. */
#include "report/explain_print.h"

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "support/credit.h"

/* A journey taken apart by hand, by two methods. */
typedef struct {
  test_journeys *made;
  da_fitted fitted;
  const da_method *methods[2];
  double credit[2][64], baseline[2], *credit_of_method[2], probability_after[64];
  float attention[64];
  da_what_if without[2];
  da_explanation x;
} fixture;

static void open_fixture(fixture *f, const char *text, bool has_network) {
  *f = (fixture){.made = journeys_from_text(text)};
  const da_journeys *set = &f->made->set;
  f->methods[0] = da_method_find("linear");
  f->methods[1] = da_method_find("last_touch");
  f->fitted = (da_fitted){.methods = f->methods, .n = 2};
  f->credit_of_method[0] = f->credit[0];
  f->credit_of_method[1] = f->credit[1];
  uint64_t n = da_journey_length(set, 0);
  for (uint64_t i = 0; i < n; i++) {
    f->credit[0][i] = 1 / (double)n;
    f->credit[1][i] = i + 1 == n;
    f->probability_after[i] = i == 0 ? NAN : 0.25;
    f->attention[i] = 0.5f;
  }
  f->without[0] = (da_what_if){0, 1, 0.125};
  f->without[1] = (da_what_if){1, 2, NAN};
  f->x = (da_explanation){.set = set,
                          .n = n,
                          .value = set->value ? set->value[0] : NAN,
                          .fitted = &f->fitted,
                          .credit = f->credit_of_method,
                          .baseline = f->baseline};
  if (!has_network) return;
  f->x.has_network = true;
  f->x.attention = f->attention;
  f->x.probability_after = f->probability_after;
  f->x.probability_of_none = 0.01;
  f->x.without = f->without;
  f->x.n_campaigns = 2;
}

static void a_journey_is_a_table(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "b@0 a@1.5!12.5", true);
  f.baseline[0] = .25;
  da_text out = {0};
  da_explanation_print_text(&f.x, &out);
  assert_string_equal(out.data, "Journey 0 of user 100: 2 touches, converted, value 12.50 (train set)\n"
                                "The network's probability of a conversion: 25.00 %; of a journey without any touch:  1.00 %\n"
                                "\n"
                                " touch  moment (UTC)         campaign                   p after    looked         1         2\n"
                                "     1  1970-01-01 00:00:00  b                                -   50.00 %     0.500     0.000\n"
                                "     2  1970-01-02 12:00:00  a                          25.00 %   50.00 %     0.500     1.000\n"
                                "                             baseline                                         0.250     0.000\n"
                                "\n"
                                "Credit in conversions, by\n"
                                "   1 Linear\n"
                                "   2 Last touch\n"
                                "\n"
                                "The network's probability without a campaign (what the network thinks, not what would have happened):\n"
                                "  a                        12.50 %  (1 touch left out)\n"
                                "  b                              -  (2 touches left out)\n");
  da_text_free(&out);
  journeys_free(f.made);
}

static void a_journey_that_did_not_convert_has_no_credit(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "b@0", false);
  da_text out = {0};
  da_explanation_print_text(&f.x, &out);
  assert_string_equal(out.data, "Journey 0 of user 100: 1 touch, did not convert (train set)\n"
                                "\n"
                                " touch  moment (UTC)         campaign                \n"
                                "     1  1970-01-01 00:00:00  b                       \n");
  da_text_free(&out);
  journeys_free(f.made);
}

static void names_cannot_move_the_terminal(void **state) {
  (void)state;
  fixture f;
  open_fixture(&f, "a@0 b@1!", false);
  static const char evil[] = "\x1b[2J\xc2\x9b\xff", wide[] = "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 a name of more than twenty-four letters";
  f.made->names[0] = (da_slice){evil, sizeof evil - 1};
  f.made->names[1] = (da_slice){wide, sizeof wide - 1};
  const uint64_t ends[] = {0, 3};
  f.made->set.uid_int = NULL;
  f.made->set.uid_end = ends;
  f.made->set.uid_text = "\x1b]x";
  da_text out = {0};
  da_explanation_print_text(&f.x, &out);
  assert_null(strchr(out.data, '\x1b'));
  assert_non_null(strstr(out.data, "of user \xef\xbf\xbd]x:"));
  assert_non_null(strstr(out.data, "  \xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd                       0.500"));
  assert_non_null(strstr(out.data, "  \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 a name of more tha…     0.500"));
  da_text_free(&out);
  journeys_free(f.made);
}

static void of_a_long_journey_the_ends_are_shown(void **state) {
  (void)state;
  fixture f;
  char text[64 * 8] = "", *at = text;
  for (int i = 0; i < 50; i++) at += snprintf(at, 8, "a@%d ", i);
  open_fixture(&f, text, false);
  da_text out = {0};
  da_explanation_print_text(&f.x, &out);
  assert_non_null(strstr(out.data, "\n    20  "));
  assert_null(strstr(out.data, "\n    21  "));
  assert_non_null(strstr(out.data, "\n   ...  (10 touches are not shown)\n    31  "));
  assert_non_null(strstr(out.data, "\n    50  "));
  da_text_free(&out);
  journeys_free(f.made);
}

static const cJSON *at_key(const cJSON *object, const char *key) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!item) fail_msg("expected %s in the JSON", key);
  return item;
}

static void json_has_every_number(void **state) {
  (void)state;
  da_error err = {0};
  fixture f;
  open_fixture(&f, "b@0 a@1.5!12.5", true);
  f.made->uid[0] = INT64_C(9007199254740993); /* more than a double holds */
  const da_explanation two[] = {f.x, f.x};
  da_text out = {0};
  assert_ok(da_explanations_print_json(two, 2, &out, &err), err);
  assert_non_null(strstr(out.data, "9007199254740993"));
  cJSON *root = cJSON_Parse(out.data);
  const cJSON *journeys = at_key(root, "journeys"), *journey = cJSON_GetArrayItem(journeys, 1);
  assert_int_equal(cJSON_GetArraySize(journeys), 2);
  assert_string_equal(at_key(journey, "set")->valuestring, "train");
  assert_true(cJSON_IsTrue(at_key(journey, "converted")) && at_key(journey, "value")->valuedouble == 12.5);
  assert_true(at_key(journey, "probability")->valuedouble == .25 && at_key(journey, "probability_without_touches")->valuedouble == .01);
  const cJSON *first = cJSON_GetArrayItem(at_key(journey, "touches"), 0), *second = cJSON_GetArrayItem(at_key(journey, "touches"), 1);
  assert_true(cJSON_IsNull(at_key(first, "probability_after")));
  assert_true(at_key(second, "timestamp_us")->valuedouble == 129600e6 && at_key(second, "touch_index")->valueint == 2);
  assert_string_equal(at_key(second, "campaign_nm")->valuestring, "a");
  assert_true(at_key(at_key(second, "credit"), "last_touch")->valuedouble == 1);
  assert_true(at_key(cJSON_GetArrayItem(at_key(journey, "without"), 0), "probability")->valuedouble == .125);
  assert_true(at_key(at_key(journey, "baseline"), "linear")->valuedouble == 0);
  cJSON_Delete(root);
  da_text_free(&out);
  journeys_free(f.made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_journey_is_a_table),           cmocka_unit_test(a_journey_that_did_not_convert_has_no_credit),
      cmocka_unit_test(names_cannot_move_the_terminal), cmocka_unit_test(of_a_long_journey_the_ends_are_shown),
      cmocka_unit_test(json_has_every_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
