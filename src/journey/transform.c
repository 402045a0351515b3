#include "journey/transform.h"

#include <string.h>

#include "base/mem.h"

static const struct {
  const char *name;
  bool takes_campaign;
} kinds[DA_N_TRANSFORMS] = {
    [DA_TRANSFORM_UNIQUE] = {"unique", false},
    [DA_TRANSFORM_EXPOSURE] = {"exposure", false},
    [DA_TRANSFORM_FIRST] = {"first", false},
    [DA_TRANSFORM_FREQUENCY] = {"frequency", false},
    [DA_TRANSFORM_REMOVE_IF_NOT_ALL] = {"remove_if_not_all", true},
    [DA_TRANSFORM_REMOVE_IF_LAST_AND_NOT_ALL] = {"remove_if_last_and_not_all", true},
};

/* ---- Reading them ---- */

static da_status unknown_transform(const char *text, size_t name_length, da_error *err) {
  char name[64];
  size_t length = name_length < sizeof name - 1 ? name_length : sizeof name - 1;
  memcpy(name, text, length);
  name[length] = 0;
  int nearest = 0;
  for (int kind = 1; kind < DA_N_TRANSFORMS; kind++) {
    if (da_text_distance(name, kinds[kind].name) < da_text_distance(name, kinds[nearest].name)) nearest = kind;
  }
  return da_fail(err, DA_ERR_CONFIG,
                 "expected a transform (unique, exposure, first, frequency, remove_if_not_all(c), remove_if_last_and_not_all(c)) "
                 "but found '%s'; did you mean %s%s?",
                 text, kinds[nearest].name, kinds[nearest].takes_campaign ? "(campaign)" : "");
}

/* The nearest campaign helps where a name was mistyped. */
static void warn_of_campaign(const char *text, da_slice wanted, const da_names *campaigns, const da_monitor *monitor) {
  const da_slice *nearest = NULL;
  size_t least = SIZE_MAX;
  for (size_t i = 0; i < campaigns->n; i++) {
    char a[64] = {0}, b[64] = {0};
    memcpy(a, wanted.data, wanted.length < sizeof a - 1 ? wanted.length : sizeof a - 1);
    memcpy(b, campaigns->items[i].data, campaigns->items[i].length < sizeof b - 1 ? campaigns->items[i].length : sizeof b - 1);
    size_t distance = da_text_distance(a, b);
    if (distance >= least) continue;
    least = distance;
    nearest = &campaigns->items[i];
  }
  if (!nearest) return;
  int length = nearest->length < 64 ? (int)nearest->length : 64;
  da_monitor_note(monitor, DA_NOTE_WARNING, "the transform %s changes nothing: the log has no such campaign; the nearest is '%.*s'", text,
                  length, nearest->data);
}

static da_status read_transform(const char *text, const da_names *campaigns, const da_monitor *monitor, da_transform *transform,
                                da_error *err) {
  size_t name_length = strcspn(text, "("), length = strlen(text);
  int kind = 0;
  while (kind < DA_N_TRANSFORMS && !(strlen(kinds[kind].name) == name_length && memcmp(kinds[kind].name, text, name_length) == 0)) kind++;
  if (kind == DA_N_TRANSFORMS) return unknown_transform(text, name_length, err);
  *transform = (da_transform){.kind = (da_transform_kind)kind, .campaign = UINT32_MAX};
  if (!kinds[kind].takes_campaign) {
    if (name_length == length) return DA_OK;
    return da_fail(err, DA_ERR_CONFIG, "expected the transform %s without a campaign but found '%s'", kinds[kind].name, text);
  }
  if (length < name_length + 2 || text[length - 1] != ')') {
    return da_fail(err, DA_ERR_CONFIG, "expected the transform %s(campaign) but found '%s'", kinds[kind].name, text);
  }
  da_slice campaign = {text + name_length + 1, length - name_length - 2};
  transform->campaign = da_names_find(campaigns, campaign);
  if (transform->campaign == UINT32_MAX) warn_of_campaign(text, campaign, campaigns, monitor);
  return DA_OK;
}

static da_status make_room_for_seen(da_transforms *transforms, da_error *err) {
  size_t n = transforms->n_campaigns;
  if (!transforms->last_seen) transforms->last_seen = da_mem_calloc(n, sizeof *transforms->last_seen);
  if (!transforms->count) transforms->count = da_mem_calloc(n, sizeof *transforms->count);
  return transforms->last_seen && transforms->count ? DA_OK
                                                    : da_mem_fail(err, 2 * n, sizeof *transforms->count, "the campaigns of a journey");
}

static da_status open_all(const da_text_list *texts, const da_names *campaigns, const da_monitor *monitor, da_transforms *transforms,
                          da_error *err) {
  transforms->items = da_mem_calloc(texts->n, sizeof *transforms->items);
  if (!transforms->items) return da_mem_fail(err, texts->n, sizeof *transforms->items, "the transforms");
  for (size_t i = 0; i < texts->n; i++) {
    da_transform *transform = &transforms->items[transforms->n++];
    DA_TRY(read_transform(texts->items[i], campaigns, monitor, transform, err));
    if (transform->kind == DA_TRANSFORM_FREQUENCY && i + 1 < texts->n) {
      return da_fail(err, DA_ERR_CONFIG, "expected frequency as the last transform, since it renames the campaigns, but found %s after it",
                     texts->items[i + 1]);
    }
    if (transform->kind == DA_TRANSFORM_FREQUENCY) DA_TRY(da_frequency_open(&transforms->frequency, err));
    if (transform->kind == DA_TRANSFORM_FREQUENCY || transform->kind == DA_TRANSFORM_FIRST) DA_TRY(make_room_for_seen(transforms, err));
  }
  return DA_OK;
}

da_status da_transforms_open(const da_text_list *texts, const da_names *campaigns, const da_monitor *monitor, da_transforms *transforms,
                             da_error *err) {
  *transforms = (da_transforms){.n_campaigns = campaigns->n};
  da_status status = open_all(texts, campaigns, monitor, transforms, err);
  if (status != DA_OK) da_transforms_close(transforms);
  return status;
}

void da_transforms_close(da_transforms *transforms) {
  da_mem_free(transforms->items);
  da_mem_free(transforms->last_seen);
  da_mem_free(transforms->count);
  da_frequency_close(transforms->frequency);
  *transforms = (da_transforms){0};
}

bool da_transforms_move_end(const da_transforms *transforms) {
  for (size_t i = 0; i < transforms->n; i++) {
    if (transforms->items[i].kind != DA_TRANSFORM_UNIQUE) return true;
  }
  return false;
}

/* ---- Applying them ---- */

/* Touch `from` takes the place of an earlier one. */
static void move_touch(da_path *path, uint64_t from, uint64_t to) {
  path->campaign[to] = path->campaign[from];
  path->time_us[to] = path->time_us[from];
  for (uint32_t f = 0; f < path->n_features; f++) path->features[f][to] = path->features[f][from];
}

static void keep_exposure(da_path *path) {
  uint64_t kept = 1;
  for (uint64_t i = 1; i < path->n; i++)
    if (path->campaign[i] != path->campaign[kept - 1]) move_touch(path, i, kept++);
  path->n = kept;
}

/* Keeps the first touch of each campaign and counts all of them. */
static void keep_first(da_transforms *transforms, da_path *path) {
  uint64_t kept = 0, pass = ++transforms->pass;
  for (uint64_t i = 0; i < path->n; i++) {
    uint32_t c = path->campaign[i];
    if (transforms->last_seen[c] == pass) {
      transforms->count[c]++;
      continue;
    }
    transforms->last_seen[c] = pass;
    transforms->count[c] = 1;
    move_touch(path, i, kept++);
  }
  path->n = kept;
}

static da_status name_with_number(da_transforms *transforms, da_path *path, da_error *err) {
  for (uint64_t i = 0; i < path->n; i++) {
    uint32_t *campaign = &path->campaign[i];
    DA_TRY(da_frequency_code(transforms->frequency, *campaign, transforms->count[*campaign], campaign, err));
  }
  return DA_OK;
}

static void remove_everywhere(uint32_t removed, da_path *path) {
  uint64_t n_others = 0;
  for (uint64_t i = 0; i < path->n; i++) n_others += path->campaign[i] != removed;
  if (n_others == 0) return;
  uint64_t kept = 0;
  for (uint64_t i = 0; i < path->n; i++)
    if (path->campaign[i] != removed) move_touch(path, i, kept++);
  path->n = kept;
}

static void remove_at_end(uint32_t removed, da_path *path) {
  uint64_t kept = path->n;
  while (kept && path->campaign[kept - 1] == removed) kept--;
  if (kept) path->n = kept;
}

da_status da_transforms_apply(da_transforms *transforms, da_path *path, da_error *err) {
  for (size_t i = 0; i < transforms->n; i++) {
    const da_transform *transform = &transforms->items[i];
    switch (transform->kind) {
    case DA_TRANSFORM_EXPOSURE:
      keep_exposure(path);
      break;
    case DA_TRANSFORM_FIRST:
      keep_first(transforms, path);
      break;
    case DA_TRANSFORM_FREQUENCY:
      keep_first(transforms, path);
      DA_TRY(name_with_number(transforms, path, err));
      break;
    case DA_TRANSFORM_REMOVE_IF_NOT_ALL:
      remove_everywhere(transform->campaign, path);
      break;
    case DA_TRANSFORM_REMOVE_IF_LAST_AND_NOT_ALL:
      remove_at_end(transform->campaign, path);
      break;
    case DA_TRANSFORM_UNIQUE:
    case DA_N_TRANSFORMS:
      break;
    }
  }
  return DA_OK;
}
