#include "journey/set.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "journey/pack.h"
#include "store/feature.h"

/* ---- The invariants ---- */

/* 0 = bounds[0] < bounds[1] < ... < bounds[n] = end. */
static da_status check_bounds(const uint64_t *bounds, uint64_t n, uint64_t end, const char *what, da_error *err) {
  if (bounds[0] != 0 || bounds[n] != end) {
    return da_fail(err, DA_ERR_DATA, "expected %s to go from 0 to %" PRIu64 " but found %" PRIu64 " to %" PRIu64, what, end, bounds[0],
                   bounds[n]);
  }
  for (uint64_t i = 0; i < n; i++) {
    if (bounds[i] >= bounds[i + 1]) return da_fail(err, DA_ERR_DATA, "expected %s to ascend but item %" PRIu64 " does not", what, i);
  }
  return DA_OK;
}

static uint32_t highest_of(const uint32_t *items, uint64_t begin, uint64_t end) {
  uint32_t highest = 0;
  for (uint64_t i = begin; i < end; i++) highest = items[i] > highest ? items[i] : highest;
  return highest;
}

/* Of journeys begin .. end - 1, like all that follow with these two. */
static da_status check_campaigns(const da_journeys *set, uint64_t begin, uint64_t end, da_error *err) {
  for (size_t i = 1; i < set->campaigns.n; i++) {
    if (da_slice_compare(set->campaigns.items[i - 1], set->campaigns.items[i]) >= 0) {
      return da_fail(err, DA_ERR_DATA, "expected the campaigns' names in byte order but name %zu is not above the one before", i);
    }
  }
  const uint32_t highest = highest_of(set->campaign, set->first_touch[begin], set->first_touch[end]);
  if (begin < end && highest >= set->campaigns.n) {
    return da_fail(err, DA_ERR_DATA, "expected campaigns below %zu but found %" PRIu32, set->campaigns.n, highest);
  }
  return DA_OK;
}

static da_status check_flags(const da_journeys *set, da_error *err) {
  uint64_t n_conversions = 0, n_strange = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    n_conversions += set->flags[j] & DA_JOURNEY_CONVERTED;
    n_strange += set->flags[j] >= DA_N_SETS << 1;
  }
  if (n_strange) return da_fail(err, DA_ERR_DATA, "expected each journey in train, val or test but %" PRIu64 " are in none", n_strange);
  if (n_conversions != set->n_conversions) {
    return da_fail(err, DA_ERR_DATA, "expected %" PRIu64 " converted journeys but found %" PRIu64, set->n_conversions, n_conversions);
  }
  return DA_OK;
}

static da_status check_times(const da_journeys *set, da_error *err) {
  for (uint64_t u = 0; u < set->n_users; u++) {
    uint64_t begin = set->first_touch[set->first_journey[u]], end = set->first_touch[set->first_journey[u + 1]];
    bool ordered = set->time_us[begin] >= set->log_start_us && set->time_us[end - 1] <= set->log_end_us;
    for (uint64_t t = begin + 1; t < end; t++) ordered &= set->time_us[t - 1] <= set->time_us[t];
    if (!ordered)
      return da_fail(err, DA_ERR_DATA, "expected times that ascend and lie within the log but those of user %" PRIu64 " do not", u);
  }
  return DA_OK;
}

/* The same where users are not known. */
static da_status check_times_of_journeys(const da_journeys *set, uint64_t first, uint64_t last, da_error *err) {
  for (uint64_t j = first; j < last; j++) {
    const uint64_t begin = set->first_touch[j], end = set->first_touch[j + 1];
    bool ordered = set->time_us[begin] >= set->log_start_us && set->time_us[end - 1] <= set->log_end_us;
    for (uint64_t t = begin + 1; t < end; t++) ordered &= set->time_us[t - 1] <= set->time_us[t];
    if (!ordered)
      return da_fail(err, DA_ERR_DATA, "expected times that ascend and lie within the log but those of journey %" PRIu64 " do not", j);
  }
  return DA_OK;
}

static da_status check_conversions(const da_journeys *set, da_error *err) {
  for (uint64_t i = 0; set->value && i < set->n_conversions; i++) {
    if (!isfinite(set->value[i]))
      return da_fail(err, DA_ERR_DATA, "expected a finite value of conversion %" PRIu64 " but found %g", i, set->value[i]);
  }
  uint64_t conversion = 0;
  for (uint64_t j = 0; set->conversion_us && j < set->n_journeys; j++) {
    if (!da_journey_converted(set, j)) continue;
    int64_t moment = set->conversion_us[conversion++];
    if (moment < set->time_us[set->first_touch[j + 1] - 1] || moment > set->log_end_us) {
      return da_fail(err, DA_ERR_DATA, "expected the conversion of journey %" PRIu64 " between its last touch and the end of the log", j);
    }
  }
  return DA_OK;
}

/* Text i goes from ends[i] to ends[i + 1]. */
static da_status check_texts(const uint64_t *ends, const char *text, uint64_t n, const char *what, da_error *err) {
  if (ends[0] != 0) return da_fail(err, DA_ERR_DATA, "expected the text of %s 0 to begin at 0 but found %" PRIu64, what, ends[0]);
  for (uint64_t i = 0; i < n; i++) {
    if (ends[i] > ends[i + 1]) return da_fail(err, DA_ERR_DATA, "expected the text of %s %" PRIu64 " to end after it begins", what, i);
  }
  for (uint64_t i = 0; i < n; i++) {
    da_slice one = {text + ends[i], ends[i + 1] - ends[i]};
    if (!da_slice_is_utf8(one))
      return da_fail(err, DA_ERR_DATA, "expected the text of %s %" PRIu64 " in UTF-8 but found other bytes", what, i);
  }
  return DA_OK;
}

static da_status check_users(const da_journeys *set, da_error *err) {
  if (!set->uid_int == !set->uid_end)
    return da_fail(err, DA_ERR_DATA, "expected users with integers or with text but found %s", set->uid_int ? "both" : "neither");
  if (set->uid_end) DA_TRY(check_texts(set->uid_end, set->uid_text, set->n_users, "user", err));
  for (uint64_t u = 1; u < set->n_users; u++) {
    bool ascends =
        set->uid_int ? set->uid_int[u - 1] < set->uid_int[u] : da_slice_compare(da_user_text(set, u - 1), da_user_text(set, u)) < 0;
    if (!ascends) return da_fail(err, DA_ERR_DATA, "expected users in ascending order but user %" PRIu64 " is not above the one before", u);
  }
  return DA_OK;
}

static da_status check_values(const da_feature *feature, da_error *err) {
  const da_names *values = &feature->values;
  if (values->n == 0 || values->items[0].length != 0)
    return da_fail(err, DA_ERR_DATA, "expected the empty value first among those of feature '%.*s' but found another",
                   (int)feature->name.length, feature->name.data);
  for (size_t i = 1; i < values->n; i++) {
    if (da_slice_compare(values->items[i - 1], values->items[i]) >= 0)
      return da_fail(err, DA_ERR_DATA, "expected the values of feature '%.*s' in byte order but value %zu is not above the one before",
                     (int)feature->name.length, feature->name.data, i);
  }
  return DA_OK;
}

static da_status check_features(const da_journeys *set, uint64_t begin, uint64_t end, da_error *err) {
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    if (!feature->code) continue;
    DA_TRY(check_values(feature, err));
    const bool of_user = feature->of_user;
    const uint32_t highest = highest_of(feature->code, of_user ? begin : set->first_touch[begin], of_user ? end : set->first_touch[end]);
    if (highest >= feature->values.n)
      return da_fail(err, DA_ERR_DATA, "expected cells of feature '%.*s' below %zu but found %" PRIu32, (int)feature->name.length,
                     feature->name.data, feature->values.n, highest);
  }
  return DA_OK;
}

da_status da_journeys_check(const da_journeys *set, da_error *err) {
  DA_TRY(check_bounds(set->first_touch, set->n_journeys, set->n_touches, "the bounds of journeys", err));
  DA_TRY(check_bounds(set->first_journey, set->n_users, set->n_journeys, "the bounds of users", err));
  DA_TRY(check_campaigns(set, 0, set->n_journeys, err));
  DA_TRY(check_flags(set, err));
  DA_TRY(check_times(set, err));
  DA_TRY(check_conversions(set, err));
  DA_TRY(check_features(set, 0, set->n_journeys, err));
  return check_users(set, err);
}

da_status da_journeys_check_part(const da_journeys *set, uint64_t begin, uint64_t end, da_error *err) {
  DA_TRY(check_bounds(set->first_touch, set->n_journeys, set->n_touches, "the bounds of journeys", err));
  DA_TRY(check_campaigns(set, begin, end, err));
  DA_TRY(check_flags(set, err));
  DA_TRY(check_times_of_journeys(set, begin, end, err));
  return check_features(set, begin, end, err);
}

/* ---- From the file ---- */

/* A section that must have n items. */
static da_status take(const da_pack *pack, const char *name, da_pack_type type, uint64_t n, const void **items, da_error *err) {
  uint64_t found;
  *items = da_pack_find(pack, name, type, &found);
  if (*items && found == n) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected %" PRIu64 " items of section %s but found %" PRIu64, n, name, found);
}

/* A section that may be missing, but must have n items if it is there. */
static da_status take_if_there(const da_pack *pack, const char *name, da_pack_type type, uint64_t n, const void **items, da_error *err) {
  uint64_t found;
  *items = da_pack_find(pack, name, type, &found);
  if (!*items || found == n) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected %" PRIu64 " items of section %s but found %" PRIu64, n, name, found);
}

static da_status take_numbers(const da_pack *pack, da_journeys *set, da_error *err) {
  const void *items;
  DA_TRY(take(pack, "log_us", DA_PACK_I64, 2, &items, err));
  set->log_start_us = ((const int64_t *)items)[0];
  set->log_end_us = ((const int64_t *)items)[1];
  DA_TRY(take(pack, "n_unattributed", DA_PACK_U64, 1, &items, err));
  set->n_unattributed = *(const uint64_t *)items;
  DA_TRY(take(pack, "unattributed_value", DA_PACK_F64, 1, &items, err));
  set->unattributed_value = *(const double *)items;
  return DA_OK;
}

/* n + 1 offsets and the text into which they point, which ends at the last of them. */
static da_status take_texts(const da_pack *pack, const char *end_name, const char *text_name, uint64_t n, const uint64_t **ends,
                            const char **text, da_error *err) {
  const void *items;
  DA_TRY(take(pack, end_name, DA_PACK_U64, n + 1, &items, err));
  *ends = items;
  DA_TRY(take(pack, text_name, DA_PACK_U8, (*ends)[n], &items, err));
  *text = items;
  return DA_OK;
}

/* The texts as slices; the caller owns *slices even when it fails. */
static da_status slice_texts(const uint64_t *ends, const char *text, size_t n, const char *what, da_slice **slices, da_error *err) {
  DA_TRY(check_texts(ends, text, n, what, err));
  *slices = da_mem_alloc(n, sizeof **slices);
  if (!*slices) return da_mem_fail(err, n, sizeof **slices, what);
  for (size_t i = 0; i < n; i++) (*slices)[i] = (da_slice){text + ends[i], ends[i + 1] - ends[i]};
  return DA_OK;
}

static da_status take_names(const da_pack *pack, da_journeys *set, da_error *err) {
  uint64_t n_ends;
  if (!da_pack_find(pack, "name_end", DA_PACK_U64, &n_ends) || n_ends == 0 || n_ends > UINT32_MAX) {
    return da_fail(err, DA_ERR_DATA, "expected the campaigns' names in section name_end but found %" PRIu64 " items", n_ends);
  }
  size_t n = n_ends - 1;
  const uint64_t *ends;
  const char *text;
  DA_TRY(take_texts(pack, "name_end", "name_text", n, &ends, &text, err));
  DA_TRY(slice_texts(ends, text, n, "campaign", &set->name_slices, err));
  set->campaigns = (da_names){.items = set->name_slices, .n = n};
  return DA_OK;
}

static da_status take_users(const da_pack *pack, da_journeys *set, da_error *err) {
  const void *items;
  DA_TRY(take_if_there(pack, "uid_int", DA_PACK_I64, set->n_users, &items, err));
  set->uid_int = items;
  if (set->uid_int) return DA_OK;
  return take_texts(pack, "uid_end", "uid_text", set->n_users, &set->uid_end, &set->uid_text, err);
}

/* The values of all features, of which feature f has n_values[f]; their slices are the set's. */
static da_status take_values(const da_pack *pack, const uint64_t *n_values, da_journeys *set, da_error *err) {
  uint64_t n_ends;
  if (!da_pack_find(pack, "feature_value_end", DA_PACK_U64, &n_ends) || n_ends == 0)
    return da_fail(err, DA_ERR_DATA, "expected the values of features in section feature_value_end but found none");
  const uint64_t n = n_ends - 1, *ends;
  uint64_t first = 0;
  const char *text;
  DA_TRY(take_texts(pack, "feature_value_end", "feature_value_text", n, &ends, &text, err));
  DA_TRY(slice_texts(ends, text, n, "a feature's value", &set->feature_slices, err));
  for (uint32_t f = 0; f < set->n_features; f++) {
    if (n_values[f] > n - first) return da_fail(err, DA_ERR_DATA, "expected %" PRIu64 " values of features but found more", n);
    set->feature_items[f].values = (da_names){set->feature_slices + first, n_values[f]};
    first += n_values[f];
  }
  return DA_OK;
}

static da_status take_feature_cells(const da_pack *pack, uint32_t f, da_journeys *set, da_error *err) {
  da_feature *feature = &set->feature_items[f];
  const uint64_t n = feature->of_user ? set->n_journeys : set->n_touches;
  char name[DA_PACK_NAME_BYTES];
  const void *items;
  snprintf(name, sizeof name, "feature_%u", f);
  DA_TRY(take_if_there(pack, name, DA_PACK_F32, n, &items, err));
  feature->number = items;
  if (items) return DA_OK;
  DA_TRY(take(pack, name, DA_PACK_U32, n, &items, err));
  feature->code = items;
  return DA_OK;
}

static da_status take_features(const da_pack *pack, da_journeys *set, da_error *err) {
  uint64_t n, n_ends;
  const uint8_t *flags = da_pack_find(pack, "feature_flags", DA_PACK_U8, &n);
  if (!flags) return DA_OK;
  if (n > DA_MAX_FEATURES) return da_fail(err, DA_ERR_DATA, "expected at most %d features but found %" PRIu64, DA_MAX_FEATURES, n);
  const uint64_t *ends = da_pack_find(pack, "feature_name_end", DA_PACK_U64, &n_ends);
  if (!ends || n_ends != n + 1) return da_fail(err, DA_ERR_DATA, "expected %" PRIu64 " names of features but found another number", n);
  const char *text;
  const void *n_values;
  DA_TRY(take_texts(pack, "feature_name_end", "feature_name_text", n, &ends, &text, err));
  DA_TRY(check_texts(ends, text, n, "feature", err));
  DA_TRY(take(pack, "feature_n_values", DA_PACK_U64, n, &n_values, err));
  set->features = set->feature_items = da_mem_calloc(n, sizeof *set->feature_items);
  if (!set->features) return da_mem_fail(err, n, sizeof *set->features, "the features");
  set->n_features = (uint32_t)n;
  for (uint32_t f = 0; f < n; f++) {
    set->feature_items[f] = (da_feature){.name = {text + ends[f], ends[f + 1] - ends[f]}, .of_user = flags[f] & 1};
    DA_TRY(take_feature_cells(pack, f, set, err));
  }
  return take_values(pack, n_values, set, err);
}

/* Points the set at the sections of journeys, touches and their cells; after this each of these arrays has the length that the set's
 * counts say. */
static da_status take_journeys(const da_pack *pack, da_journeys *set, da_error *err) {
  const void *items;
  set->campaign = da_pack_find(pack, "campaign", DA_PACK_U32, &set->n_touches);
  set->flags = da_pack_find(pack, "flags", DA_PACK_U8, &set->n_journeys);
  if (!set->campaign || !set->flags) return da_fail(err, DA_ERR_DATA, "expected campaigns and flags but a section is missing");
  DA_TRY(take(pack, "time_us", DA_PACK_I64, set->n_touches, &items, err));
  set->time_us = items;
  DA_TRY(take(pack, "first_touch", DA_PACK_U64, set->n_journeys + 1, &items, err));
  set->first_touch = items;
  for (uint64_t j = 0; j < set->n_journeys; j++) set->n_conversions += set->flags[j] & DA_JOURNEY_CONVERTED;
  DA_TRY(take_numbers(pack, set, err));
  DA_TRY(take_names(pack, set, err));
  return take_features(pack, set, err);
}

/* All sections. */
static da_status take_sections(const da_pack *pack, da_journeys *set, da_error *err) {
  const void *items;
  uint64_t n_bounds;
  DA_TRY(take_journeys(pack, set, err));
  set->first_journey = da_pack_find(pack, "first_journey", DA_PACK_U64, &n_bounds);
  if (n_bounds == 0) return da_fail(err, DA_ERR_DATA, "expected users but section first_journey is missing");
  set->n_users = n_bounds - 1;
  DA_TRY(take_if_there(pack, "value", DA_PACK_F64, set->n_conversions, &items, err));
  set->value = items;
  DA_TRY(take_if_there(pack, "conversion_us", DA_PACK_I64, set->n_conversions, &items, err));
  set->conversion_us = items;
  return take_users(pack, set, err);
}

static void take_mapping(const da_pack *pack, da_journeys *set) {
  *set = (da_journeys){.mapping = (void *)(uintptr_t)pack->bytes, .mapping_bytes = pack->n_bytes, .checksum = pack->header->table_checksum};
}

static da_status open_pack(const da_pack *pack, da_journeys *set, da_error *err) {
  take_mapping(pack, set);
  return take_sections(pack, set, err);
}

da_status da_journeys_take_part(const da_pack *pack, da_journeys *set, da_error *err) {
  take_mapping(pack, set);
  return take_journeys(pack, set, err);
}

da_status da_journeys_open_own(const char *path, da_journeys *set, da_error *err) {
  *set = (da_journeys){0};
  da_pack pack;
  DA_TRY(da_pack_open_own(path, &pack, err));
  da_status status = open_pack(&pack, set, err);
  if (status != DA_OK) da_journeys_close(set);
  return status;
}

da_status da_journeys_open(const char *path, da_journeys *set, da_error *err) {
  *set = (da_journeys){0};
  da_pack pack;
  DA_TRY(da_pack_open(path, &pack, err));
  da_status status = open_pack(&pack, set, err);
  if (status == DA_OK) status = da_journeys_check(set, err);
  if (status == DA_OK) return DA_OK;
  da_journeys_close(set);
  if (status != DA_ERR_DATA) return status;
  return da_fail_context(err, status, "%s cannot be used, run `deepattribution journeys` again", path);
}

/* Whole pages only: what lies on their edges may be in use. */
static void release(const void *items, uint64_t begin, uint64_t end, size_t item_bytes) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)items + begin * item_bytes,
            last = (uintptr_t)items + end * item_bytes;
  first = (first + page - 1) / page * page;
  last = last / page * page;
  if (first < last) madvise((void *)first, last - first, MADV_DONTNEED);
}

/* The interval of first[0 .. n] that holds a position. */
static uint64_t bisect(const uint64_t *first, uint64_t n, uint64_t position) {
  uint64_t low = 0, high = n;
  while (high - low > 1) {
    uint64_t middle = low + (high - low) / 2;
    if (first[middle] <= position)
      low = middle;
    else
      high = middle;
  }
  return low;
}

uint64_t da_journey_user(const da_journeys *set, uint64_t journey) { return bisect(set->first_journey, set->n_users, journey); }

uint64_t da_journey_of_touch(const da_journeys *set, uint64_t touch) { return bisect(set->first_touch, set->n_journeys, touch); }

static void release_users(const da_journeys *set, uint64_t begin, uint64_t end) {
  release(set->first_journey, begin, end, sizeof *set->first_journey);
  if (set->uid_int) {
    release(set->uid_int, begin, end, sizeof *set->uid_int);
  } else {
    release(set->uid_text, set->uid_end[begin], set->uid_end[end], 1);
    release(set->uid_end, begin, end, sizeof *set->uid_end);
  }
}

void da_journeys_release(const da_journeys *set, uint64_t begin, uint64_t end) {
  if (!set->mapping) return; /* memory of the caller's would be lost */
  if (begin < end) release_users(set, da_journey_user(set, begin), da_journey_user(set, end - 1) + 1);
  release(set->campaign, set->first_touch[begin], set->first_touch[end], sizeof *set->campaign);
  release(set->time_us, set->first_touch[begin], set->first_touch[end], sizeof *set->time_us);
  release(set->first_touch, begin, end, sizeof *set->first_touch);
  release(set->flags, begin, end, sizeof *set->flags);
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    const void *cells = feature->code ? (const void *)feature->code : feature->number;
    const bool of_user = feature->of_user;
    release(cells, of_user ? begin : set->first_touch[begin], of_user ? end : set->first_touch[end], sizeof(uint32_t));
  }
}

uint64_t da_journeys_longest(const da_journeys *set) {
  uint64_t longest = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (da_journey_length(set, j) > longest) longest = da_journey_length(set, j);
  }
  return longest;
}

void da_journeys_count_touches(const da_journeys *set, uint64_t *n) {
  memset(n, 0, set->campaigns.n * sizeof *n);
  for (uint64_t i = 0; i < set->n_touches; i++) n[set->campaign[i]]++;
}

void da_journeys_close(da_journeys *set) {
  if (set->mapping) munmap(set->mapping, set->mapping_bytes);
  da_mem_free(set->name_slices);
  da_mem_free(set->feature_items);
  da_mem_free(set->feature_slices);
  *set = (da_journeys){0};
}
