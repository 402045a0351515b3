#include "credit/incremental/exposure.h"

#include <math.h>

#include "base/mem.h"

/* Where the campaigns of the journey or user at hand were put: stamp says whether slot is of this one. */
typedef struct {
  uint64_t stamp;
  uint64_t slot;
} mark;

typedef struct {
  da_exposure *exposure;
  const da_expected_gap *gaps;
  mark *marks; /* [threads * n_campaigns] */
} pass;

static mark *marks_of(const pass *all, int thread) { return all->marks + (size_t)thread * all->exposure->n_campaigns; }

/* watched_m: 1 - e^(-(watch end - last touch)/tau_m); the mass of an earlier touch follows from its distance to the last. */
static void set_masses(const da_exposure *e, uint64_t journey, const double *watched) {
  const da_timeline *timeline = e->timeline;
  uint64_t first = timeline->set->first_touch[journey], end = timeline->set->first_touch[journey + 1];
  for (uint64_t i = first; i < end; i++) {
    double age = timeline->days[end - 1] - timeline->days[i];
    float *mass = e->mass + i * (uint64_t)e->n_taus;
    for (int m = 0; m < e->n_taus; m++) mass[m] = (float)(-expm1(-age / e->tau[m]) + exp(-age / e->tau[m]) * watched[m]);
  }
}

static void set_kernels(const da_exposure *e, uint64_t row, const double *watched) {
  const da_timeline *timeline = e->timeline;
  uint64_t journey = e->row_journey[row], first = timeline->set->first_touch[journey], end = timeline->set->first_touch[journey + 1];
  float *kernel = e->kernel + e->row_touch[row] * (uint64_t)e->n_taus;
  for (uint64_t i = first; i < end; i++, kernel += e->n_taus) {
    double age = timeline->days[end - 1] - timeline->days[i];
    for (int m = 0; m < e->n_taus; m++) kernel[m] = (float)(exp(-age / e->tau[m]) * watched[m]);
  }
}

static void set_row(const da_exposure *e, uint64_t row, double days, const double *watched) {
  e->row_days[row] = days;
  set_masses(e, e->row_journey[row], watched);
  set_kernels(e, row, watched);
}

static void measure_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const pass *all = context;
  const da_exposure *e = all->exposure;
  const da_timeline *timeline = e->timeline;
  const da_journeys *set = timeline->set;
  uint64_t row = e->chunk_row[chunk];
  for (uint64_t user = timeline->chunk_user[chunk]; user < timeline->chunk_user[chunk + 1]; user++) {
    e->watch_days[user] = timeline->end - timeline->days[da_timeline_user_touch(set, user)];
    for (uint64_t j = set->first_journey[user]; j < set->first_journey[user + 1]; j++) {
      double days = da_timeline_watch_end(timeline, j, user) - timeline->days[set->first_touch[j + 1] - 1];
      double watched[DA_MAX_SCALES];
      for (int m = 0; m < e->n_taus; m++) watched[m] = -expm1(-days / e->tau[m]);
      if (da_journey_converted(set, j)) {
        e->row_user[row] = user;
        set_row(e, row++, days, watched);
      } else {
        set_masses(e, j, watched);
      }
    }
  }
}

/* Cells of each converted row: one a distinct campaign, in order of first appearance. Fills row_cell[row + 1] with their number. */
static void number_cells(void *context, size_t chunk, int thread) {
  const pass *all = context;
  const da_exposure *e = all->exposure;
  const da_journeys *set = e->timeline->set;
  mark *marks = marks_of(all, thread);
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    uint64_t first = set->first_touch[e->row_journey[row]], n = 0;
    for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++) {
      mark *at = &marks[set->campaign[first + i - e->row_touch[row]]];
      if (at->stamp != row + 1) *at = (mark){.stamp = row + 1, .slot = n++};
      e->touch_cell[i] = at->slot;
    }
    e->row_cell[row + 1] = n;
  }
}

static void place_cells(da_exposure *e) {
  for (uint64_t row = 0; row < e->n_rows; row++) {
    uint64_t first = da_exposure_first_touch(e, row);
    for (uint64_t i = e->row_touch[row]; i < e->row_touch[row + 1]; i++) {
      e->touch_cell[i] += e->row_cell[row];
      e->cell_campaign[e->touch_cell[i]] = e->timeline->set->campaign[first + i - e->row_touch[row]];
    }
  }
}

/* Counts the user's touches by campaign; first pass (no user_campaign yet): only how many campaigns. */
static void count_users(void *context, size_t chunk, int thread) {
  const pass *all = context;
  const da_exposure *e = all->exposure;
  const da_journeys *set = e->timeline->set;
  mark *marks = marks_of(all, thread);
  for (uint64_t user = e->timeline->chunk_user[chunk]; user < e->timeline->chunk_user[chunk + 1]; user++) {
    /* The two passes, and the rows before them, must not share stamps. */
    uint64_t stamp = e->n_rows + 1 + user + (e->user_campaign ? set->n_users : 0), n = 0;
    uint64_t begin = e->user_campaign ? e->user_begin[user] : 0;
    for (uint64_t i = da_timeline_user_touch(set, user); i < da_timeline_user_touch(set, user + 1); i++) {
      mark *at = &marks[set->campaign[i]];
      if (at->stamp != stamp) {
        *at = (mark){.stamp = stamp, .slot = n++};
        if (e->user_campaign) {
          e->user_campaign[begin + at->slot] = set->campaign[i];
          e->user_log_count[begin + at->slot] = 0;
        }
      }
      if (e->user_campaign) e->user_log_count[begin + at->slot] += 1;
    }
    if (!e->user_campaign) {
      e->user_begin[user + 1] = n;
    } else {
      for (uint64_t at = begin; at < e->user_begin[user + 1]; at++) e->user_log_count[at] = (float)log1p(e->user_log_count[at]);
    }
  }
}

static void add_up(uint64_t *counts, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) counts[i + 1] += counts[i];
}

static void find_rows(da_exposure *e) {
  const da_timeline *timeline = e->timeline;
  const da_journeys *set = timeline->set;
  uint64_t row = 0;
  for (size_t chunk = 0; chunk < timeline->n_chunks; chunk++) {
    e->chunk_row[chunk] = row;
    uint64_t end = set->first_journey[timeline->chunk_user[chunk + 1]];
    for (uint64_t j = set->first_journey[timeline->chunk_user[chunk]]; j < end; j++) {
      if (!da_journey_converted(set, j)) continue;
      e->row_journey[row] = j;
      e->row_touch[row + 1] = e->row_touch[row] + da_journey_length(set, j);
      row++;
    }
  }
  e->chunk_row[timeline->n_chunks] = row;
}

static da_status allocate_rows(da_exposure *e, da_error *err) {
  const da_journeys *set = e->timeline->set;
  e->n_rows = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) e->n_rows += da_journey_converted(set, j);
  e->mass = da_mem_alloc(set->n_touches * (uint64_t)e->n_taus, sizeof *e->mass);
  e->watch_days = da_mem_alloc(set->n_users, sizeof *e->watch_days);
  e->row_journey = da_mem_alloc(e->n_rows, sizeof *e->row_journey);
  e->row_user = da_mem_alloc(e->n_rows, sizeof *e->row_user);
  e->row_days = da_mem_alloc(e->n_rows, sizeof *e->row_days);
  e->row_touch = da_mem_calloc(e->n_rows + 1, sizeof *e->row_touch);
  e->row_cell = da_mem_calloc(e->n_rows + 1, sizeof *e->row_cell);
  e->user_begin = da_mem_calloc(set->n_users + 1, sizeof *e->user_begin);
  if (!e->mass || !e->watch_days || !e->row_journey || !e->row_user || !e->row_days || !e->row_touch || !e->row_cell || !e->user_begin) {
    return da_mem_fail(err, set->n_touches * (uint64_t)e->n_taus, sizeof *e->mass, "the time at risk of every touch");
  }
  return DA_OK;
}

static da_status allocate_touches(da_exposure *e, da_error *err) {
  uint64_t n = e->row_touch[e->n_rows];
  e->kernel = da_mem_alloc(n * (uint64_t)e->n_taus, sizeof *e->kernel);
  e->touch_cell = da_mem_alloc(n, sizeof *e->touch_cell);
  if (!e->kernel || !e->touch_cell) return da_mem_fail(err, n, sizeof *e->touch_cell, "the touches of conversions");
  return DA_OK;
}

static da_status fill(da_exposure *e, pass *all, da_pool *pool, da_error *err) {
  const da_timeline *timeline = e->timeline;
  uint64_t n_users = timeline->set->n_users;
  DA_TRY(allocate_rows(e, err));
  find_rows(e);
  DA_TRY(allocate_touches(e, err));
  da_pool_run(pool, timeline->n_chunks, measure_chunk, all);
  da_pool_run(pool, timeline->n_chunks, number_cells, all);
  add_up(e->row_cell, e->n_rows);
  e->cell_campaign = da_mem_alloc(e->row_cell[e->n_rows], sizeof *e->cell_campaign);
  if (!e->cell_campaign) return da_mem_fail(err, e->row_cell[e->n_rows], sizeof *e->cell_campaign, "the campaigns of conversions");
  place_cells(e);
  da_pool_run(pool, timeline->n_chunks, count_users, all);
  add_up(e->user_begin, n_users);
  uint64_t n = e->user_begin[n_users];
  e->user_log_count = da_mem_alloc(n, sizeof *e->user_log_count);
  e->user_campaign = da_mem_alloc(n, sizeof *e->user_campaign);
  if (!e->user_campaign || !e->user_log_count) return da_mem_fail(err, n, sizeof *e->user_campaign, "the campaigns of every user");
  da_pool_run(pool, timeline->n_chunks, count_users, all);
  return DA_OK;
}

da_status da_exposure_init(const da_timeline *timeline, const double *tau, int n_taus, da_pool *pool, da_exposure *exposure,
                           da_error *err) {
  *exposure = (da_exposure){.timeline = timeline, .n_campaigns = (uint32_t)timeline->set->campaigns.n, .n_taus = n_taus};
  for (int m = 0; m < n_taus; m++) exposure->tau[m] = tau[m];
  size_t n_marks = (size_t)da_pool_n_threads(pool) * exposure->n_campaigns;
  pass all = {.exposure = exposure, .marks = da_mem_calloc(n_marks, sizeof(mark))};
  if (!all.marks) return da_mem_fail(err, n_marks, sizeof(mark), "the campaigns of a journey");
  da_status status = fill(exposure, &all, pool, err);
  da_mem_free(all.marks);
  if (status != DA_OK) da_exposure_free(exposure);
  return status;
}

static void set_gaps_chunk(void *context, size_t chunk, int thread) {
  (void)thread;
  const pass *all = context;
  const da_exposure *e = all->exposure;
  for (uint64_t row = e->chunk_row[chunk]; row < e->chunk_row[chunk + 1]; row++) {
    double in_log = e->row_days[row], expected = all->gaps->days[row];
    set_row(e, row, expected, all->gaps->decay + row * (uint64_t)e->n_taus);
    e->watch_days[e->row_user[row]] += expected - in_log;
  }
}

void da_exposure_set_gaps(da_exposure *exposure, const da_expected_gap *gaps, da_pool *pool) {
  pass all = {.exposure = exposure, .gaps = gaps};
  da_pool_run(pool, exposure->timeline->n_chunks, set_gaps_chunk, &all);
}

void da_exposure_free(da_exposure *exposure) {
  da_mem_free(exposure->mass);
  da_mem_free(exposure->watch_days);
  da_mem_free(exposure->row_journey);
  da_mem_free(exposure->row_user);
  da_mem_free(exposure->row_days);
  da_mem_free(exposure->row_touch);
  da_mem_free(exposure->kernel);
  da_mem_free(exposure->touch_cell);
  da_mem_free(exposure->row_cell);
  da_mem_free(exposure->cell_campaign);
  da_mem_free(exposure->user_begin);
  da_mem_free(exposure->user_campaign);
  da_mem_free(exposure->user_log_count);
  *exposure = (da_exposure){0};
}
