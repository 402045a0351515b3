/* Oracle: the same file opened whole by da_journeys_open. Ranks are threads here (support/team.h), the bucket is a folder; what a rank fetches
 * of an object on S3 is counted by tests/s3/ranks_test.py. */
#include "journey/set_part.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "journey/build.h"
#include "support/features.h"
#include "support/folder.h"
#include "support/packed.h"
#include "support/team.h"

typedef struct {
  const da_bucket *bucket;
  const da_journeys *whole;
  da_status status[DA_TEAM_MAX_RANKS];
  da_error err[DA_TEAM_MAX_RANKS];
} reading;

static void assert_same_cells(const da_journeys *part, const da_journeys *whole, uint64_t begin, uint64_t end) {
  assert_int_equal(part->n_features, whole->n_features);
  for (uint32_t f = 0; f < whole->n_features; f++) {
    const da_feature *a = &part->features[f], *b = &whole->features[f];
    const uint64_t first = b->of_user ? begin : whole->first_touch[begin], last = b->of_user ? end : whole->first_touch[end];
    assert_true(a->of_user == b->of_user && !a->code == !b->code && a->values.n == b->values.n);
    if (b->code)
      assert_memory_equal(a->code + first, b->code + first, (last - first) * sizeof *b->code);
    else /* all of them */
      assert_memory_equal(a->number, b->number, (b->of_user ? whole->n_journeys : whole->n_touches) * sizeof *b->number);
  }
}

static void assert_same_part(const da_journeys *part, const da_journeys *whole, uint64_t begin, uint64_t end) {
  const uint64_t first = whole->first_touch[begin], n = whole->first_touch[end] - first;
  assert_true(part->n_journeys == whole->n_journeys && part->n_touches == whole->n_touches);
  assert_true(part->n_conversions == whole->n_conversions && part->checksum == whole->checksum);
  assert_true(part->log_start_us == whole->log_start_us && part->log_end_us == whole->log_end_us);
  assert_int_equal(part->campaigns.n, whole->campaigns.n);
  assert_memory_equal(part->flags, whole->flags, whole->n_journeys);
  assert_memory_equal(part->first_touch, whole->first_touch, (whole->n_journeys + 1) * sizeof *whole->first_touch);
  assert_memory_equal(part->campaign + first, whole->campaign + first, n * sizeof *whole->campaign);
  assert_memory_equal(part->time_us + first, whole->time_us + first, n * sizeof *whole->time_us);
  assert_same_cells(part, whole, begin, end);
  assert_true(part->n_users == 0 && !part->first_journey && !part->uid_int && !part->uid_end && !part->value);
}

static void read_part(void *context, const da_team *team) {
  reading *r = context;
  da_journeys part;
  r->status[team->rank] = da_journeys_open_part(r->bucket, DA_JOURNEYS_KEY, team, &part, &r->err[team->rank]);
  if (r->status[team->rank] != DA_OK) return;
  const size_t n = r->whole->n_journeys;
  assert_same_part(&part, r->whole, da_team_begin(team, n, team->rank), da_team_begin(team, n, team->rank + 1));
  da_journeys_close(&part);
}

/* A bucket with a pack of these journeys; path: of its file. */
static da_bucket *bucket_of(const char *folder, const da_journeys *set, const da_set_shape *shape, char path[512]) {
  da_bucket *bucket;
  da_error err = {0};
  snprintf(path, 512, "%s/feature_store_preprocessed", folder);
  assert_int_equal(mkdir(path, 0777), 0);
  snprintf(path, 512, "%s/%s", folder, DA_JOURNEYS_KEY);
  write_set(path, set, shape);
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  return bucket;
}

static void each_rank_has_its_part(void **state) {
  (void)state;
  for (int with_features = 0; with_features < 2; with_features++) {
    char *folder = folder_make(), path[512];
    test_journeys *made = journeys_random(5, 3000, 7, 9);
    test_features *features = features_draw(made, 4);
    if (!with_features) made->set.n_features = 0;
    da_set_shape shape = plain_shape;
    shape.uid_is_text = with_features;
    shape.n_features = made->set.n_features, shape.features = test_feature_columns;
    da_bucket *bucket = bucket_of(folder, &made->set, &shape, path);
    da_journeys whole;
    da_error err = {0};
    assert_ok(da_journeys_open(path, &whole, &err), err);
    for (int n = 1; n <= 5; n++) {
      reading r = {.bucket = bucket, .whole = &whole};
      team_run(n, read_part, &r);
      for (int rank = 0; rank < n; rank++) assert_ok(r.status[rank], r.err[rank]);
    }
    da_journeys_close(&whole);
    da_bucket_close(bucket);
    features_free(features);
    journeys_free(made);
    folder_remove(folder);
  }
}

static void more_ranks_than_journeys(void **state) {
  (void)state;
  char *folder = folder_make(), path[512];
  test_journeys *made = journeys_random(6, 2, 3, 4);
  da_bucket *bucket = bucket_of(folder, &made->set, &plain_shape, path);
  da_journeys whole;
  da_error err = {0};
  assert_ok(da_journeys_open(path, &whole, &err), err);
  reading r = {.bucket = bucket, .whole = &whole};
  team_run(7, read_part, &r);
  for (int rank = 0; rank < 7; rank++) assert_ok(r.status[rank], r.err[rank]);
  da_journeys_close(&whole);
  da_bucket_close(bucket);
  journeys_free(made);
  folder_remove(folder);
}

/* Changes one bit in the middle of the section. */
static void damage(const char *path, const char *name, da_pack_type type) {
  da_pack pack;
  da_error err = {0};
  uint64_t n;
  assert_ok(da_pack_open_own(path, &pack, &err), err);
  const unsigned char *items = da_pack_find(&pack, name, type, &n);
  const off_t at = items + n * da_pack_item_bytes(type) / 2 - pack.bytes;
  const unsigned char changed = pack.bytes[at] ^ 1;
  da_pack_close(&pack);
  const int file = open(path, O_WRONLY);
  assert_int_equal(pwrite(file, &changed, 1, at), 1);
  close(file);
}

static void damage_in_one_part_is_seen_by_all(void **state) {
  (void)state;
  const struct {
    const char *name;
    da_pack_type type;
  } sections[] = {{"campaign", DA_PACK_U32}, {"time_us", DA_PACK_I64}, {"flags", DA_PACK_U8}, {"name_text", DA_PACK_U8}};
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
    char *folder = folder_make(), path[512];
    test_journeys *made = journeys_random(7, 500, 7, 9);
    da_bucket *bucket = bucket_of(folder, &made->set, &plain_shape, path);
    damage(path, sections[i].name, sections[i].type);
    reading r = {.bucket = bucket};
    team_run(3, read_part, &r);
    for (int rank = 0; rank < 3; rank++)
      assert_fails_with(r.status[rank], DA_ERR_DATA, r.err[rank], "feature_store_preprocessed/journeys.pack but found a changed section");
    da_bucket_close(bucket);
    journeys_free(made);
    folder_remove(folder);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_rank_has_its_part),
      cmocka_unit_test(more_ranks_than_journeys),
      cmocka_unit_test(damage_in_one_part_is_seen_by_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
