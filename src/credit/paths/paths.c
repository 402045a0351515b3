#include "credit/paths/paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- The form of one journey ---- */

da_status da_path_form_init(uint32_t n_campaigns, da_path_form *form, da_error *err) {
  *form = (da_path_form){.n_campaigns = n_campaigns, .place = da_mem_calloc(n_campaigns, sizeof *form->place)};
  return form->place ? DA_OK : da_mem_fail(err, n_campaigns, sizeof *form->place, "the campaigns of a path");
}

void da_path_form_free(da_path_form *form) {
  da_mem_free(form->item);
  da_mem_free(form->n_touches);
  da_mem_free(form->place);
  *form = (da_path_form){0};
}

static da_status form_reserve(da_path_form *form, uint64_t n, da_error *err) {
  void *item = form->item, *n_touches = form->n_touches;
  if (n > UINT32_MAX)
    return da_fail(err, DA_ERR_DATA, "expected a journey of fewer than 2^32 touches but found %llu", (unsigned long long)n);
  DA_TRY(da_mem_reserve(&item, &form->capacity, n, sizeof *form->item, "a path", err));
  form->item = item;
  DA_TRY(da_mem_reserve(&n_touches, &form->touches_capacity, n, sizeof *form->n_touches, "a path", err));
  form->n_touches = n_touches;
  return DA_OK;
}

static int compare_u32(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

da_status da_path_form_set(da_path_form *form, da_path_kind kind, const uint32_t *campaign, uint64_t n, da_error *err) {
  DA_TRY(form_reserve(form, n, err));
  form->length = 0;
  if (kind == DA_PATH_WHOLE) {
    memcpy(form->item, campaign, n * sizeof *campaign);
    form->length = (uint32_t)n;
    return DA_OK;
  }
  for (uint64_t i = 0; i < n; i++) {
    if (form->place[campaign[i]]++ == 0) form->item[form->length++] = campaign[i];
  }
  if (kind == DA_PATH_SET) qsort(form->item, form->length, sizeof *form->item, compare_u32);
  for (uint32_t i = 0; i < form->length; i++) {
    form->n_touches[i] = form->place[form->item[i]];
    form->place[form->item[i]] = 0;
  }
  return DA_OK;
}

/* ---- Adding up ---- */

static da_status grow(void **array, size_t capacity, da_error *err) {
  void *grown = da_mem_realloc(*array, capacity, sizeof(double));
  if (!grown) return da_mem_fail(err, capacity, sizeof(double), "the counts of paths");
  *array = grown;
  return DA_OK;
}

static da_status counts_reserve(da_paths *paths, size_t needed, bool has_value, da_error *err) {
  if (needed <= paths->capacity) return DA_OK;
  size_t capacity = 2 * needed + 64;
  void *converted = paths->converted, *other = paths->other, *value = paths->value;
  da_status status = grow(&converted, capacity, err);
  paths->converted = converted;
  if (status == DA_OK) status = grow(&other, capacity, err);
  paths->other = other;
  if (status == DA_OK && has_value) status = grow(&value, capacity, err);
  paths->value = value;
  if (status == DA_OK) paths->capacity = capacity;
  return status;
}

static da_status add(da_paths *paths, const uint32_t *item, size_t length, double converted, double other, const double *value,
                     da_error *err) {
  uint32_t number, n_before = paths->path.n;
  DA_TRY(counts_reserve(paths, (size_t)n_before + 1, value != NULL, err));
  DA_TRY(da_sequences_add(&paths->path, item, length, &number, err));
  if (number == n_before) {
    paths->converted[number] = paths->other[number] = 0;
    if (value) paths->value[number] = 0;
  }
  paths->converted[number] += converted;
  paths->other[number] += other;
  if (value) paths->value[number] += *value;
  return DA_OK;
}

enum { CHUNK_JOURNEYS = 1 << 16 };

typedef struct {
  const da_journeys *set;
  da_path_kind kind;
  unsigned sets;
  uint64_t *first_conversion; /* [n_chunks] */
  da_paths *parts;            /* [n_chunks] */
  da_error *errors;           /* [n_chunks] */
  size_t n_chunks;
} aggregation;

static da_status add_chunk(const aggregation *all, size_t chunk, da_path_form *form, da_error *err) {
  const da_journeys *set = all->set;
  uint64_t begin = chunk * (uint64_t)CHUNK_JOURNEYS, end = begin + CHUNK_JOURNEYS, conversion = all->first_conversion[chunk];
  if (end > set->n_journeys) end = set->n_journeys;
  for (uint64_t j = begin; j < end; j++) {
    bool converted = da_journey_converted(set, j);
    double value = set->value && converted ? set->value[conversion] : 0;
    conversion += converted;
    if (!(all->sets >> da_journey_set(set, j) & 1)) continue;
    DA_TRY(da_path_form_set(form, all->kind, set->campaign + set->first_touch[j], da_journey_length(set, j), err));
    DA_TRY(add(&all->parts[chunk], form->item, form->length, converted, !converted, set->value ? &value : NULL, err));
  }
  return DA_OK;
}

static void chunk_task(void *context, size_t chunk, int thread) {
  (void)thread;
  aggregation *all = context;
  da_path_form form;
  da_error *err = &all->errors[chunk];
  err->code = da_path_form_init((uint32_t)all->set->campaigns.n, &form, err);
  if (err->code == DA_OK) err->code = add_chunk(all, chunk, &form, err);
  da_path_form_free(&form);
}

/* Chunk after chunk: paths get the numbers that one pass over all journeys would give. */
static da_status merge(const aggregation *all, da_paths *paths, da_error *err) {
  for (size_t chunk = 0; chunk < all->n_chunks; chunk++) {
    da_paths *part = &all->parts[chunk];
    for (uint32_t p = 0; p < part->path.n; p++) {
      size_t length;
      const uint32_t *item = da_sequence(&part->path, p, &length);
      DA_TRY(add(paths, item, length, part->converted[p], part->other[p], part->value ? &part->value[p] : NULL, err));
      paths->n_converted += part->converted[p];
      paths->n_other += part->other[p];
    }
    da_paths_free(part);
  }
  return DA_OK;
}

static da_status aggregate(aggregation *all, da_pool *pool, da_paths *paths, da_error *err) {
  uint64_t conversions = 0;
  for (uint64_t j = 0; j < all->set->n_journeys; j++) {
    if (j % CHUNK_JOURNEYS == 0) all->first_conversion[j / CHUNK_JOURNEYS] = conversions;
    conversions += da_journey_converted(all->set, j);
  }
  da_pool_run(pool, all->n_chunks, chunk_task, all);
  for (size_t chunk = 0; chunk < all->n_chunks; chunk++) {
    if (all->errors[chunk].code == DA_OK) continue;
    if (err) *err = all->errors[chunk];
    return all->errors[chunk].code;
  }
  return merge(all, paths, err);
}

da_status da_paths_init(const da_journeys *set, da_path_kind kind, unsigned sets, da_pool *pool, da_paths *paths, da_error *err) {
  *paths = (da_paths){.n_campaigns = (uint32_t)set->campaigns.n};
  size_t n_chunks = (size_t)((set->n_journeys + CHUNK_JOURNEYS - 1) / CHUNK_JOURNEYS);
  aggregation all = {.set = set,
                     .kind = kind,
                     .sets = sets,
                     .first_conversion = da_mem_alloc(n_chunks, sizeof *all.first_conversion),
                     .parts = da_mem_calloc(n_chunks, sizeof *all.parts),
                     .errors = da_mem_calloc(n_chunks, sizeof *all.errors),
                     .n_chunks = n_chunks};
  da_status status;
  if (!all.first_conversion || !all.parts || !all.errors)
    status = da_mem_fail(err, n_chunks, sizeof *all.errors, "the parts of a table of paths");
  else
    status = aggregate(&all, pool, paths, err);
  for (size_t chunk = 0; all.parts && chunk < n_chunks; chunk++) da_paths_free(&all.parts[chunk]);
  da_mem_free(all.first_conversion);
  da_mem_free(all.parts);
  da_mem_free(all.errors);
  if (status != DA_OK) da_paths_free(paths);
  return status;
}

void da_paths_free(da_paths *paths) {
  da_sequences_free(&paths->path);
  da_mem_free(paths->converted);
  da_mem_free(paths->other);
  da_mem_free(paths->value);
  *paths = (da_paths){0};
}
