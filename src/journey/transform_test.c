/* Oracles: the examples in the comments of google/fractribution's path_transforms.sql, and slow twins written from their sentences, on
 * random paths. */
#include "journey/transform.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "support/testing.h"

static const da_slice letters[] = {{"A", 1}, {"B", 1}, {"C", 1}, {"D", 1}};
static const da_names alphabet = {letters, 4};

/* Applies the transforms to a path like "DABB" and gives what is left, with each touch's place in the path as its time. */
static void apply(const char *texts[], size_t n_texts, const char *path, char *result, int64_t *times) {
  da_error err = {0};
  da_transforms transforms;
  const da_text_list list = {texts, n_texts};
  assert_ok(da_transforms_open(&list, &alphabet, NULL, &transforms, &err), err);
  uint32_t campaign[64];
  uint64_t n = strlen(path);
  for (uint64_t i = 0; i < n; i++) {
    campaign[i] = (uint32_t)(path[i] - 'A');
    times[i] = (int64_t)i;
  }
  da_path left = {.n = n, .campaign = campaign, .time_us = times};
  assert_ok(da_transforms_apply(&transforms, &left, &err), err);
  for (uint64_t i = 0; i < left.n; i++) result[i] = (char)('A' + campaign[i]);
  result[left.n] = 0;
  da_transforms_close(&transforms);
  da_transforms_close(&transforms);
}

static void assert_path(const char *transform, const char *path, const char *wanted) {
  char result[64];
  int64_t times[64];
  apply(&transform, 1, path, result, times);
  if (strcmp(result, wanted) != 0) fail_msg("%s of %s: expected %s but found %s", transform, path, wanted, result);
  for (size_t i = 0; result[i]; i++) assert_int_equal(path[times[i]], result[i]); /* a touch keeps its time */
}

static void the_examples_of_fractribution(void **state) {
  (void)state;
  assert_path("unique", "DABBCDCC", "DABBCDCC");
  assert_path("exposure", "DABBCDCC", "DABCDC");
  assert_path("first", "DABBCDCC", "DABC");
  assert_path("remove_if_not_all(A)", "ABAA", "B");
  assert_path("remove_if_not_all(A)", "AAA", "AAA");
  assert_path("remove_if_last_and_not_all(A)", "ABAA", "AB");
  assert_path("remove_if_last_and_not_all(A)", "AAA", "AAA");
  assert_path("remove_if_last_and_not_all(A)", "AAB", "AAB");
}

static void the_first_touch_of_a_run_stays(void **state) {
  (void)state;
  const char *exposure = "exposure";
  char result[64];
  int64_t times[64];
  apply(&exposure, 1, "AABBA", result, times);
  assert_string_equal(result, "ABA");
  assert_true(times[0] == 0 && times[1] == 2 && times[2] == 4);
}

static void frequency_names_touches_with_their_number(void **state) {
  (void)state;
  da_error err = {0};
  const char *text = "frequency";
  const da_text_list list = {&text, 1};
  da_transforms transforms;
  assert_ok(da_transforms_open(&list, &alphabet, NULL, &transforms, &err), err);
  uint32_t campaign[] = {3, 0, 1, 1, 2, 3, 2, 2}; /* D A B B C D C C -> D(2) A(1) B(2) C(3) */
  int64_t times[] = {0, 1, 2, 3, 4, 5, 6, 7};
  uint32_t device[] = {10, 11, 12, 13, 14, 15, 16, 17}, *const features[] = {device}; /* goes where its touch goes */
  da_path path = {.n = 8, .campaign = campaign, .time_us = times, .features = features, .n_features = 1};
  assert_ok(da_transforms_apply(&transforms, &path, &err), err);
  assert_int_equal(path.n, 4);
  da_vocabulary vocabulary = {0};
  uint32_t *rank;
  assert_ok(da_frequency_names(transforms.frequency, &alphabet, &vocabulary, &rank, &err), err);
  static const char *const wanted[] = {"D(2)", "A(1)", "B(2)", "C(3)"};
  static const int64_t wanted_times[] = {0, 1, 2, 4};
  for (int i = 0; i < 4; i++) {
    da_slice name = vocabulary.items[rank[campaign[i]]];
    assert_int_equal(name.length, 4);
    assert_memory_equal(name.data, wanted[i], 4);
    assert_int_equal(times[i], wanted_times[i]);
    assert_int_equal(device[i], 10 + wanted_times[i]);
  }
  da_mem_free(rank);
  da_vocabulary_free(&vocabulary);
  da_transforms_close(&transforms);
}

/* Whether touch i of the path stays, from the sentence in fractribution's comments. */
typedef bool (*stay_rule)(const char *path, size_t i, char campaign);
static bool stays_exposure(const char *path, size_t i, char campaign) {
  (void)campaign;
  return i == 0 || path[i] != path[i - 1];
}
static bool stays_first(const char *path, size_t i, char campaign) {
  (void)campaign;
  return strchr(path, path[i]) == path + i;
}
static bool only_of(const char *path, char campaign) { return strspn(path, (char[]){campaign, 0}) == strlen(path); }
static bool stays_not_all(const char *path, size_t i, char campaign) { return only_of(path, campaign) || path[i] != campaign; }
static bool stays_not_last(const char *path, size_t i, char campaign) { return only_of(path, campaign) || !only_of(path + i, campaign); }

static void apply_naive(stay_rule stays, char campaign, char *path) {
  char kept[64];
  size_t n = 0;
  for (size_t i = 0; path[i]; i++) {
    if (stays(path, i, campaign)) kept[n++] = path[i];
  }
  kept[n] = 0;
  memcpy(path, kept, n + 1);
}

static void chains_agree_with_their_twins(void **state) {
  (void)state;
  static const struct {
    const char *text;
    stay_rule stays;
    char campaign;
  } all[] = {{"exposure", stays_exposure, 0},
             {"first", stays_first, 0},
             {"remove_if_not_all(B)", stays_not_all, 'B'},
             {"remove_if_not_all(nobody)", stays_not_all, 'Z'},
             {"remove_if_last_and_not_all(A)", stays_not_last, 'A'}};
  da_random random;
  da_random_init(&random, 4, 0);
  for (int round = 0; round < 20000; round++) {
    char path[64], result[64];
    int64_t times[64];
    size_t n = 1 + da_random_below(&random, 12), n_texts = da_random_below(&random, 4);
    for (size_t i = 0; i < n; i++) path[i] = (char)('A' + da_random_below(&random, 2 + (uint64_t)round % 3));
    path[n] = 0;
    const char *texts[4];
    char wanted[64];
    memcpy(wanted, path, n + 1);
    for (size_t i = 0; i < n_texts; i++) {
      size_t which = da_random_below(&random, 5);
      texts[i] = all[which].text;
      apply_naive(all[which].stays, all[which].campaign, wanted);
    }
    apply(texts, n_texts, path, result, times);
    assert_string_equal(result, wanted);
    assert_true(result[0]); /* never empty */
    for (size_t i = 0; result[i]; i++) assert_true(path[times[i]] == result[i] && (i == 0 || times[i] > times[i - 1]));
  }
}

static void refuses(const char *first, const char *second, const char *words) {
  da_error err = {0};
  const char *texts[] = {first, second};
  const da_text_list list = {texts, second ? 2 : 1};
  da_transforms transforms;
  assert_fails_with(da_transforms_open(&list, &alphabet, NULL, &transforms, &err), DA_ERR_CONFIG, err, words);
  assert_null(transforms.items);
}

static void wrong_ones_are_refused(void **state) {
  (void)state;
  refuses("exposur", NULL, "did you mean exposure?");
  refuses("removeIfNotAll(A)", NULL, "did you mean remove_if_not_all(campaign)?");
  refuses("", NULL, "found ''");
  refuses("exposure(A)", NULL, "without a campaign");
  refuses("remove_if_not_all", NULL, "remove_if_not_all(campaign)");
  refuses("remove_if_not_all(A", NULL, "remove_if_not_all(campaign)");
  refuses("remove_if_not_all(", NULL, "remove_if_not_all(campaign)");
  refuses("frequency", "first", "frequency as the last");
  refuses("frequency", "frequency", "frequency as the last");
}

static void keep_note(void *context, da_note_level level, const char *sentence) {
  assert_int_equal(level, DA_NOTE_WARNING);
  snprintf(context, 200, "%s", sentence);
}

static void a_campaign_that_is_not_in_the_log_is_worth_a_warning(void **state) {
  (void)state;
  da_error err = {0};
  static const da_slice names[] = {{"Direct (site)", 13}, {"Search", 6}};
  const da_names campaigns = {names, 2};
  char note[200] = "";
  const da_monitor monitor = {.note = keep_note, .context = note};
  const char *texts[] = {"remove_if_not_all(Direct (site))", "remove_if_not_all(search)"};
  da_transforms transforms;
  assert_ok(da_transforms_open(&(da_text_list){texts, 1}, &campaigns, &monitor, &transforms, &err), err);
  assert_string_equal(note, ""); /* parentheses inside the name are part of it */
  assert_int_equal(transforms.items[0].campaign, 0);
  da_transforms_close(&transforms);
  assert_ok(da_transforms_open(&(da_text_list){texts, 2}, &campaigns, &monitor, &transforms, &err), err);
  assert_non_null(strstr(note, "'Search'"));
  da_transforms_close(&transforms);
}

static void only_a_transform_that_changes_moves_the_end(void **state) {
  (void)state;
  da_error err = {0};
  const char *texts[] = {"unique", "exposure"};
  da_transforms transforms;
  assert_ok(da_transforms_open(&(da_text_list){texts, 1}, &alphabet, NULL, &transforms, &err), err);
  assert_false(da_transforms_move_end(&transforms));
  da_transforms_close(&transforms);
  assert_ok(da_transforms_open(&(da_text_list){texts, 2}, &alphabet, NULL, &transforms, &err), err);
  assert_true(da_transforms_move_end(&transforms));
  da_transforms_close(&transforms);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  const char *texts[] = {"first", "frequency"};
  da_error err = {0};
  for (uint64_t nth = 1;; nth++) {
    da_transforms transforms;
    da_mem_fail_at(nth);
    da_status status = da_transforms_open(&(da_text_list){texts, 2}, &alphabet, NULL, &transforms, &err);
    da_mem_fail_at(0);
    da_transforms_close(&transforms);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_examples_of_fractribution),
      cmocka_unit_test(the_first_touch_of_a_run_stays),
      cmocka_unit_test(frequency_names_touches_with_their_number),
      cmocka_unit_test(chains_agree_with_their_twins),
      cmocka_unit_test(wrong_ones_are_refused),
      cmocka_unit_test(a_campaign_that_is_not_in_the_log_is_worth_a_warning),
      cmocka_unit_test(only_a_transform_that_changes_moves_the_end),
      cmocka_unit_test(without_memory_there_is_a_sentence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
