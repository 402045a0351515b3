/* Oracles: the journeys in memory that were written (tests/support/journeys.h); the invariants of set.h, each broken by hand; and, for
 * packs changed at random and sealed again with the right checksums, the rule that what is opened keeps every invariant. */
#include "journey/set.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "journey/pack.h"
#include "support/features.h"
#include "support/folder.h"
#include "support/packed.h"

/* ---- What was written comes back ---- */

static void assert_same(const da_journeys *found, const da_journeys *wanted) {
  assert_int_equal(found->n_touches, wanted->n_touches);
  assert_int_equal(found->n_journeys, wanted->n_journeys);
  assert_int_equal(found->n_users, wanted->n_users);
  assert_int_equal(found->n_conversions, wanted->n_conversions);
  assert_memory_equal(found->campaign, wanted->campaign, wanted->n_touches * sizeof *wanted->campaign);
  assert_memory_equal(found->time_us, wanted->time_us, wanted->n_touches * sizeof *wanted->time_us);
  assert_memory_equal(found->first_touch, wanted->first_touch, (wanted->n_journeys + 1) * sizeof *wanted->first_touch);
  assert_memory_equal(found->first_journey, wanted->first_journey, (wanted->n_users + 1) * sizeof *wanted->first_journey);
  assert_int_equal(found->campaigns.n, wanted->campaigns.n);
  for (size_t i = 0; i < wanted->campaigns.n; i++)
    assert_int_equal(da_slice_compare(found->campaigns.items[i], wanted->campaigns.items[i]), 0);
  assert_int_equal(found->log_start_us, wanted->log_start_us - 5);
  assert_int_equal(found->log_end_us, wanted->log_end_us + 5);
  assert_int_equal(found->n_unattributed, 3);
  assert_true(found->unattributed_value == 1.5);
}

static void a_set_comes_back(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  test_journeys *made = journeys_random(3, 20000, 9, 12);
  write_set(path, &made->set, &plain_shape);
  da_journeys found;
  assert_ok(da_journeys_open(path, &found, &err), err);
  assert_same(&found, &made->set);
  assert_memory_equal(found.flags, made->set.flags, made->set.n_journeys);
  assert_memory_equal(found.value, made->set.value, made->set.n_conversions * sizeof *made->set.value);
  assert_memory_equal(found.uid_int, made->set.uid_int, made->set.n_users * sizeof *made->set.uid_int);
  assert_null(found.uid_end);
  assert_null(found.conversion_us);
  uint64_t checksum = found.checksum;
  da_journeys own;
  assert_ok(da_journeys_open_own(path, &own, &err), err);
  assert_same(&own, &made->set);
  assert_int_equal(own.checksum, checksum);
  da_journeys_release(&own, 0, own.n_journeys / 2);
  assert_same(&own, &made->set); /* it is there again when asked for */
  da_journeys_release(&made->set, 0, made->set.n_journeys);
  assert_same(&own, &made->set);
  da_journeys_close(&own);
  da_journeys_close(&found);
  da_journeys_close(&found);
  write_set(folder_path(folder, "again.pack"), &made->set, &plain_shape);
  assert_ok(da_journeys_open(folder_path(folder, "again.pack"), &found, &err), err);
  assert_int_equal(found.checksum, checksum); /* the same content has the same name */
  da_journeys_close(&found);
  made->campaign[0] ^= 1;
  write_set(folder_path(folder, "other.pack"), &made->set, &plain_shape);
  assert_ok(da_journeys_open(folder_path(folder, "other.pack"), &found, &err), err);
  assert_int_not_equal(found.checksum, checksum);
  da_journeys_close(&found);
  journeys_free(made);
  folder_remove(folder);
}

static void text_uids_and_moments_of_conversion_come_back(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  test_journeys *made = journeys_random(4, 200, 3, 5);
  da_set_shape shape = plain_shape;
  shape.uid_is_text = shape.has_conversion_us = true;
  shape.has_value = false;
  write_set(path, &made->set, &shape);
  da_journeys found;
  assert_ok(da_journeys_open(path, &found, &err), err);
  assert_same(&found, &made->set);
  assert_null(found.uid_int);
  assert_null(found.value);
  for (uint64_t u = 0; u < found.n_users; u++) {
    char text[24];
    packed_uid_text(made->uid[u], text);
    assert_int_equal(da_slice_compare(da_user_text(&found, u), (da_slice){text, strlen(text)}), 0);
  }
  uint64_t conversion = 0;
  for (uint64_t j = 0; j < found.n_journeys; j++) {
    uint64_t last = found.first_touch[j + 1] - 1;
    if (da_journey_converted(&found, j)) assert_int_equal(found.conversion_us[conversion++], found.time_us[last] + (int64_t)(last % 3));
  }
  da_journeys_close(&found);
  journeys_free(made);
  folder_remove(folder);
}

static void the_writer_splits_by_user_and_by_time(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  test_journeys *made = journeys_random(5, 3000, 4, 3);
  da_set_shape shape = plain_shape;
  shape.seed = 7;
  shape.split = DA_SPLIT_USER;
  write_set(folder_path(folder, "user.pack"), &made->set, &shape);
  da_journeys found;
  assert_ok(da_journeys_open(folder_path(folder, "user.pack"), &found, &err), err);
  for (uint64_t u = 0; u < found.n_users; u++) {
    uint8_t wanted = da_split_pick(shape.fractions, da_split_uniform_int(da_split_seed(7), found.uid_int[u]));
    for (uint64_t j = found.first_journey[u]; j < found.first_journey[u + 1]; j++) assert_int_equal(da_journey_set(&found, j), wanted);
  }
  da_journeys_close(&found);
  shape.split = DA_SPLIT_TIME;
  write_set(folder_path(folder, "time.pack"), &made->set, &shape);
  assert_ok(da_journeys_open(folder_path(folder, "time.pack"), &found, &err), err);
  int64_t last[3] = {INT64_MIN, INT64_MIN, INT64_MIN}, first[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
  uint64_t n[3] = {0};
  for (uint64_t j = 0; j < found.n_journeys; j++) {
    int set = da_journey_set(&found, j);
    int64_t time_us = found.time_us[found.first_touch[j + 1] - 1];
    if (time_us > last[set]) last[set] = time_us;
    if (time_us < first[set]) first[set] = time_us;
    n[set]++;
  }
  assert_true(last[0] <= first[1] && last[1] <= first[2]);
  assert_true(n[0] + n[1] + n[2] == found.n_journeys && n[0] >= found.n_journeys * 8 / 10 && n[0] <= found.n_journeys * 8 / 10 + 1);
  da_journeys_close(&found);
  journeys_free(made);
  folder_remove(folder);
}

static void codes_become_ranks(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  test_journeys *made = journeys_from_text("b@0 a@1 c@2!5");
  da_set_writer writer;
  assert_ok(da_set_writer_open(path, &plain_shape, &writer, &err), err);
  packed_write_users(&writer, &made->set, &err);
  const uint32_t rank[] = {2, 0, 1};
  assert_ok(da_set_writer_finish(&writer,
                                 &(da_set_ending){.campaigns = made->set.campaigns, .campaign_rank = rank, .log_end_us = 9 * DAY_US}, &err),
            err);
  da_set_writer_close(&writer);
  da_journeys found;
  assert_ok(da_journeys_open(path, &found, &err), err);
  assert_true(found.campaign[0] == rank[1] && found.campaign[1] == rank[0] && found.campaign[2] == rank[2]);
  da_journeys_close(&found);
  journeys_free(made);
  folder_remove(folder);
}

/* ---- What breaks an invariant is refused ---- */

static void each_invariant_is_checked(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_from_text("b@0 a@1 c@2!5 ; a@3 | b@4!1");
  da_journeys *set = &made->set;
  assert_ok(da_journeys_check(set, &err), err);
#define BROKEN(change, undo, words)                                           \
  do {                                                                        \
    change;                                                                   \
    assert_fails_with(da_journeys_check(set, &err), DA_ERR_DATA, err, words); \
    undo;                                                                     \
    assert_ok(da_journeys_check(set, &err), err);                             \
  } while (0)
  BROKEN(made->first_touch[0] = 1, made->first_touch[0] = 0, "bounds of journeys");
  BROKEN(made->first_touch[1] = 0, made->first_touch[1] = 3, "bounds of journeys to ascend");
  BROKEN(made->first_touch[3] = 4, made->first_touch[3] = 5, "bounds of journeys");
  BROKEN(made->first_journey[1] = 3, made->first_journey[1] = 2, "bounds of users to ascend");
  BROKEN(made->campaign[2] = 3, made->campaign[2] = 2, "campaigns below 3 but found 3");
  BROKEN(made->flags[1] = 6, made->flags[1] = 0, "1 are in none");
  BROKEN(made->flags[1] = 8, made->flags[1] = 0, "1 are in none");
  BROKEN(made->flags[1] = 1, made->flags[1] = 0, "expected 2 converted journeys but found 3");
  BROKEN(made->time_us[2] = 0, made->time_us[2] = 2 * DAY_US, "those of user 0 do not");
  BROKEN(set->log_end_us = 3 * DAY_US, set->log_end_us = 4 * DAY_US, "those of user 1 do not");
  BROKEN(set->log_start_us = 1, set->log_start_us = 0, "those of user 0 do not");
  BROKEN(made->value[1] = (double)NAN, made->value[1] = 1, "finite value of conversion 1");
  BROKEN(made->uid[1] = made->uid[0], made->uid[1] = made->uid[0] + 1, "user 1 is not above");
  const da_slice b = made->names[1];
  BROKEN(made->names[1] = made->names[0], made->names[1] = b, "name 1 is not above");
  int64_t moments[] = {2 * DAY_US, 4 * DAY_US};
  BROKEN(set->conversion_us = (const int64_t[2]){0}, set->conversion_us = moments, "conversion of journey 0");
  BROKEN(moments[1]++, moments[1]--, "conversion of journey 2");
  const uint64_t ends[] = {0, 1, 2}, late_ends[] = {1, 1, 2}, wild_ends[] = {0, 3, 2};
  BROKEN(set->uid_end = ends, set->uid_end = NULL, "found both");
  BROKEN(set->uid_int = NULL, set->uid_int = made->uid, "found neither");
  set->uid_int = NULL;
  set->uid_end = ends;
  set->uid_text = "ab";
  BROKEN(set->uid_text = "ba", set->uid_text = "ab", "user 1 is not above");
  BROKEN(set->uid_text = "a\xff", set->uid_text = "ab", "user 1 in UTF-8");
  BROKEN(set->uid_end = late_ends, set->uid_end = ends, "user 0 to begin at 0");
  BROKEN(set->uid_end = wild_ends, set->uid_end = ends, "user 1 to end after");
  journeys_free(made);
}

/* Puts the right checksums over whatever a pack now holds; false when its table points outside. */
static bool seal(unsigned char *bytes, size_t n_bytes) {
  da_pack_header *header = (da_pack_header *)bytes;
  da_pack_entry *table = (da_pack_entry *)(header + 1);
  if (header->n_sections > DA_PACK_MAX_SECTIONS) return false;
  for (uint32_t i = 0; i < header->n_sections; i++) {
    size_t item_bytes = da_pack_item_bytes(table[i].type);
    if (!item_bytes || table[i].offset > n_bytes || table[i].n_items > (n_bytes - table[i].offset) / item_bytes) return false;
    table[i].checksum = XXH64(bytes + table[i].offset, table[i].n_items * item_bytes, 0);
  }
  header->table_checksum = da_pack_table_checksum(header, table);
  return true;
}

/* Reads every item through the set's own bounds: an address outside the mapping would stop the test. */
static uint64_t walk(const da_journeys *set) {
  uint64_t sum = 0, conversion = 0;
  for (uint64_t u = 0; u < set->n_users; u++) {
    sum += set->uid_int ? (uint64_t)set->uid_int[u] : XXH64(da_user_text(set, u).data, da_user_text(set, u).length, 0);
    for (uint64_t j = set->first_journey[u]; j < set->first_journey[u + 1]; j++) {
      for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) {
        da_slice name = set->campaigns.items[set->campaign[t]];
        sum += (uint64_t)set->time_us[t] + XXH64(name.data, name.length, 0);
      }
      if (!da_journey_converted(set, j)) continue;
      if (set->value) sum += (uint64_t)(set->value[conversion] > 0);
      if (set->conversion_us) sum += (uint64_t)set->conversion_us[conversion];
      conversion++;
    }
  }
  return sum;
}

/* A wild number in a random place of the table or of a section. */
static void change(unsigned char *bytes, size_t n_bytes, da_random *random) {
  static const uint64_t numbers[] = {0, 1, 2, 5, 255, 1u << 16, UINT32_MAX, INT64_MAX, UINT64_MAX};
  uint64_t number =
      da_random_below(random, 2) ? numbers[da_random_below(random, sizeof numbers / sizeof numbers[0])] : da_random_next(random);
  size_t widths[] = {1, 4, 8}, width = widths[da_random_below(random, 3)];
  size_t begin = da_random_below(random, 4) ? DA_PACK_DATA_OFFSET : 0, end = begin ? n_bytes : sizeof(da_pack_header) * 15;
  size_t place = begin + da_random_below(random, (end - begin) / width) * width;
  memcpy(bytes + place, &number, width);
}

static void packs_changed_and_sealed_again_never_do_harm(void **state) {
  (void)state;
  char *folder = folder_make();
  uint64_t n_opened = 0, n_refused = 0, sum = 0;
  for (int variant = 0; variant < 2; variant++) {
    const char *path = folder_path(folder, "journeys.pack");
    test_journeys *made = journeys_random(8, 12, 3, 4);
    da_set_shape shape = plain_shape;
    shape.uid_is_text = shape.has_conversion_us = variant;
    write_set(path, &made->set, &shape);
    journeys_free(made);
    size_t n_bytes;
    unsigned char *good = folder_read(path, &n_bytes), *bad = malloc(n_bytes);
    da_random random;
    da_random_init(&random, 10, (uint64_t)variant);
    for (int i = 0; i < 4000; i++) {
      memcpy(bad, good, n_bytes);
      for (uint64_t changes = 1 + da_random_below(&random, 3); changes; changes--) change(bad, n_bytes, &random);
      seal(bad, n_bytes); /* what cannot be sealed is tried as it is */
      folder_write(path, bad, n_bytes);
      da_error err = {0};
      da_journeys set;
      da_status status = da_journeys_open(path, &set, &err);
      if (status == DA_OK) {
        sum += walk(&set);
        n_opened++;
        da_journeys_close(&set);
      } else {
        assert_int_equal(status, DA_ERR_DATA);
        n_refused++;
      }
    }
    free(good), free(bad);
  }
  /* Some changes are of numbers that may be anything: values, log times, names. */
  assert_true(n_opened > 100 && n_refused > 4000 && sum != 0);
  folder_remove(folder);
}

static void other_files_are_sentences(void **state) {
  (void)state;
  da_error err = {0};
  da_journeys set;
  assert_fails_with(da_journeys_open("/nowhere/journeys.pack", &set, &err), DA_ERR_IO, err, "/nowhere/journeys.pack");
  assert_fails_with(da_journeys_open("docs/journey.md", &set, &err), DA_ERR_DATA, err, "docs/journey.md");
  /* A pack, but of other things. */
  char *folder = folder_make();
  const char *path = folder_path(folder, "a.pack");
  da_pack_writer writer;
  da_pack_stream *stream;
  assert_ok(da_pack_create(path, &writer, &err), err);
  assert_ok(da_pack_add(&writer, "campaign", DA_PACK_U32, &stream, &err), err);
  assert_ok(da_pack_finish(&writer, &err), err);
  da_pack_writer_close(&writer);
  assert_fails_with(da_journeys_open(path, &set, &err), DA_ERR_DATA, err, "a section is missing");
  folder_remove(folder);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  test_journeys *made = journeys_from_text("b@0 a@1 c@2!5");
  write_set(path, &made->set, &plain_shape);
  da_journeys found;
  da_mem_fail_at(1);
  assert_int_equal(da_journeys_open(path, &found, &err), DA_ERR_MEM);
  da_mem_fail_at(0);
  for (uint64_t nth = 1;; nth++) {
    da_set_writer writer;
    da_mem_fail_at(nth);
    da_status status = da_set_writer_open(path, &plain_shape, &writer, &err);
    da_mem_fail_at(0);
    da_set_writer_close(&writer);
    if (status == DA_OK) break;
    assert_int_equal(status, DA_ERR_MEM);
    assert_true(nth < 20);
  }
  journeys_free(made);
  folder_remove(folder);
}

static void features_come_back_and_are_checked(void **state) {
  (void)state;
  da_error err = {0};
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  test_journeys *made = journeys_random(8, 500, 6, 5);
  test_features *features = features_draw(made, 3);
  da_set_shape shape = plain_shape;
  shape.n_features = N_TEST_FEATURES, shape.features = test_feature_columns;
  write_set(path, &made->set, &shape);
  da_journeys found;
  assert_ok(da_journeys_open(path, &found, &err), err);
  assert_same(&found, &made->set);
  assert_int_equal(found.n_features, N_TEST_FEATURES);
  da_journeys_release(&found, 0, found.n_journeys); /* they are there again when asked for */
  for (int f = 0; f < N_TEST_FEATURES; f++) {
    const da_feature *a = &found.features[f], *b = &made->set.features[f];
    const uint64_t n = b->of_user ? made->set.n_journeys : made->set.n_touches;
    assert_int_equal(da_slice_compare(a->name, b->name), 0);
    assert_int_equal(a->of_user, b->of_user);
    if (b->code) assert_memory_equal(a->code, b->code, n * sizeof *b->code);
    if (b->number) assert_memory_equal(a->number, b->number, n * sizeof *b->number);
    assert_int_equal(a->values.n, b->values.n);
    for (size_t i = 0; i < b->values.n; i++) assert_int_equal(da_slice_compare(a->values.items[i], b->values.items[i]), 0);
  }
  da_journeys_close(&found);
  features->code[DEVICE][7] = 4;
  assert_fails_with(da_journeys_check(&made->set, &err), DA_ERR_DATA, err, "cells of feature 'device' below 4 but found 4");
  features->code[DEVICE][7] = 3;
  assert_ok(da_journeys_check(&made->set, &err), err);
  features->items[REGION].values = (da_names){test_regions + 1, 2};
  assert_fails_with(da_journeys_check(&made->set, &err), DA_ERR_DATA, err, "empty value first among those of feature 'region'");
  features_free(features);
  journeys_free(made);
  folder_remove(folder);
}

/* Packs with features, changed at random and sealed again: what opens keeps the invariants. */
static void packs_with_features_that_were_changed(void **state) {
  (void)state;
  char *folder = folder_make();
  const char *path = folder_path(folder, "journeys.pack");
  test_journeys *made = journeys_random(8, 30, 4, 5);
  test_features *features = features_draw(made, 3);
  da_set_shape shape = plain_shape;
  shape.n_features = N_TEST_FEATURES, shape.features = test_feature_columns;
  write_set(path, &made->set, &shape);
  size_t n_bytes;
  unsigned char *bytes = folder_read(path, &n_bytes);
  unsigned char *changed = malloc(n_bytes);
  da_random random;
  da_random_init(&random, 6, 0);
  for (int round = 0; round < 2000; round++) {
    da_error err = {0};
    da_journeys found;
    memcpy(changed, bytes, n_bytes);
    for (uint64_t n = 1 + da_random_below(&random, 3); n; n--)
      changed[da_random_below(&random, n_bytes)] = (unsigned char)da_random_next(&random);
    if (!seal(changed, n_bytes)) continue;
    folder_write(path, changed, n_bytes);
    if (da_journeys_open(path, &found, &err) != DA_OK) continue;
    assert_ok(da_journeys_check(&found, &err), err);
    da_journeys_close(&found);
  }
  free(bytes), free(changed);
  features_free(features);
  journeys_free(made);
  folder_remove(folder);
}

static void lengths_and_touches_are_counted(void **state) {
  (void)state;
  const uint32_t campaign[] = {2, 0, 2, 2};
  const uint64_t first_touch[] = {0, 1, 4};
  const da_slice names[] = {{"a", 1}, {"b", 1}, {"c", 1}};
  const da_journeys set = {.n_touches = 4, .n_journeys = 2, .campaign = campaign, .first_touch = first_touch, .campaigns = {names, 3}};
  uint64_t n[] = {9, 9, 9};
  assert_int_equal(da_journeys_longest(&set), 3);
  assert_int_equal(da_journeys_longest(&(da_journeys){0}), 0);
  da_journeys_count_touches(&set, n);
  assert_true(n[0] == 1 && n[1] == 0 && n[2] == 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_set_comes_back),
      cmocka_unit_test(text_uids_and_moments_of_conversion_come_back),
      cmocka_unit_test(the_writer_splits_by_user_and_by_time),
      cmocka_unit_test(codes_become_ranks),
      cmocka_unit_test(each_invariant_is_checked),
      cmocka_unit_test(packs_changed_and_sealed_again_never_do_harm),
      cmocka_unit_test(other_files_are_sentences),
      cmocka_unit_test(without_memory_there_is_a_sentence),
      cmocka_unit_test(features_come_back_and_are_checked),
      cmocka_unit_test(packs_with_features_that_were_changed),
      cmocka_unit_test(lengths_and_touches_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
