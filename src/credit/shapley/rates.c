#include "credit/shapley/rates.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "credit/shapley/shapley_value.h"

enum { SAMPLED_PAIRS = 256, PATHS_A_TASK = 16, TASKS_A_ROUND = 256 };
enum { MOST_EXACT_ALONE = 12 };       /* campaigns of a path that is asked for by itself */
static const double MOST_WORK = 3e10; /* additions of exact games: half a minute or so */

/* Working memory of one thread; grows. Valid as {0}. */
typedef struct {
  uint32_t *place;               /* [n_campaigns]: 1 + position in the path at hand */
  double *worth, *all;           /* exact: [2^n] */
  uint32_t *inside;              /* sampled: the paths whose campaigns are all in the path at hand */
  double *converted_at, *all_at; /* sampled: [n] by when the last of a path's campaigns joins */
  uint32_t *order, *rank;        /* sampled: [n] */
  double *sum, *squares, *once;  /* sampled: [n] */
  size_t worth_capacity, all_capacity, inside_capacity, player_capacity;
} space;

typedef struct {
  const da_paths *paths;
  da_path_kind kind;
  uint64_t seed;
  da_rates *rates;
  uint32_t first_path, end_path; /* of the round at hand */
  space *spaces;                 /* [threads] */
  double *variance;              /* [path items]: of the parts, 0 where exact */
  da_error *errors;              /* [tasks of a round] */
} games;

/* ---- Coalitions of a path ---- */

/* The coalition (bits by position in the path at hand) that path p is; false when it is none: not all inside, or in another order. n <= 64. */
static bool coalition_of(const games *g, const uint32_t *place, uint32_t p, uint64_t *coalition) {
  size_t n;
  const uint32_t *campaign = da_sequence(&g->paths->path, p, &n);
  uint32_t last = 0;
  *coalition = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t at = place[campaign[i]];
    if (at == 0 || (g->kind == DA_PATH_ORDER && at < last)) return false;
    *coalition |= UINT64_C(1) << (at - 1);
    last = at;
  }
  return true;
}

static void fill_by_reading_paths(const games *g, const uint32_t *place, double *converted, double *all) {
  uint64_t coalition;
  for (uint32_t p = 0; p < g->paths->path.n; p++) {
    if (!coalition_of(g, place, p, &coalition)) continue;
    converted[coalition] = g->paths->converted[p];
    all[coalition] = g->paths->converted[p] + g->paths->other[p];
  }
}

static void fill_by_looking_up(const games *g, const uint32_t *campaign, uint32_t n, double *converted, double *all) {
  uint32_t member[DA_SHAPLEY_MOST_PLAYERS], p;
  for (size_t coalition = 1; coalition < (size_t)1 << n; coalition++) {
    size_t n_members = 0;
    for (uint32_t k = 0; k < n; k++) {
      if (coalition >> k & 1) member[n_members++] = campaign[k];
    }
    if (!da_sequences_find(&g->paths->path, member, n_members, &p)) continue;
    converted[coalition] = g->paths->converted[p];
    all[coalition] = g->paths->converted[p] + g->paths->other[p];
  }
}

/* table[S] <- sum of table over the subsets of S. */
static void sum_subsets(double *table, uint32_t n) {
  for (uint32_t k = 0; k < n; k++) {
    size_t bit = (size_t)1 << k;
    for (size_t block = 0; block < (size_t)1 << n; block += 2 * bit) {
      for (size_t s = block; s < block + bit; s++) table[s + bit] += table[s];
    }
  }
}

static da_status reserve(double **array, size_t *capacity, size_t needed, da_error *err) {
  void *items = *array;
  DA_TRY(da_mem_reserve(&items, capacity, needed, sizeof **array, "the coalitions of a journey", err));
  *array = items;
  return DA_OK;
}

static da_status share_exactly(const games *g, space *w, const uint32_t *campaign, uint32_t n, double *part, da_error *err) {
  size_t n_coalitions = (size_t)1 << n;
  DA_TRY(reserve(&w->worth, &w->worth_capacity, n_coalitions, err));
  DA_TRY(reserve(&w->all, &w->all_capacity, n_coalitions, err));
  memset(w->worth, 0, n_coalitions * sizeof *w->worth);
  memset(w->all, 0, n_coalitions * sizeof *w->all);
  if (n_coalitions * n > 4 * (size_t)g->paths->path.n)
    fill_by_reading_paths(g, w->place, w->worth, w->all);
  else
    fill_by_looking_up(g, campaign, n, w->worth, w->all);
  sum_subsets(w->worth, n);
  sum_subsets(w->all, n);
  for (size_t s = 0; s < n_coalitions; s++) w->worth[s] = w->all[s] > 0 ? w->worth[s] / w->all[s] : 0;
  da_shapley_value(w->worth, n, part);
  double worth = 0; /* of all of them: v(P), with the rounding of the parts */
  for (uint32_t k = 0; k < n; k++) worth += part[k];
  for (uint32_t k = 0; k < n; k++) part[k] = worth > 0 ? part[k] / worth : 1 / (double)n;
  return DA_OK;
}

/* ---- Sampled ---- */

static da_status reserve_players(space *w, uint32_t n, da_error *err) {
  if (n <= w->player_capacity) return DA_OK;
  double **doubles[] = {&w->converted_at, &w->all_at, &w->sum, &w->squares, &w->once};
  uint32_t **numbers[] = {&w->order, &w->rank};
  w->player_capacity = 0;
  bool complete = true;
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
    da_mem_free(*doubles[i]);
    complete &= (*doubles[i] = da_mem_alloc(n, sizeof(double))) != NULL;
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    da_mem_free(*numbers[i]);
    complete &= (*numbers[i] = da_mem_alloc(n, sizeof(uint32_t))) != NULL;
  }
  if (!complete) return da_mem_fail(err, n, sizeof(double), "the campaigns of a journey");
  w->player_capacity = n;
  return DA_OK;
}

/* Lists the paths whose campaigns are all in the path at hand, in its order where order counts. */
static da_status list_inside(const games *g, space *w, size_t *n_inside, da_error *err) {
  *n_inside = 0;
  for (uint32_t p = 0; p < g->paths->path.n; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&g->paths->path, p, &n);
    uint32_t last = 0;
    bool fits = true;
    for (size_t i = 0; i < n && fits; i++) {
      uint32_t at = w->place[campaign[i]];
      fits = at > 0 && (g->kind != DA_PATH_ORDER || at > last);
      last = at;
    }
    if (!fits) continue;
    void *inside = w->inside;
    DA_TRY(da_mem_reserve(&inside, &w->inside_capacity, *n_inside + 1, sizeof *w->inside, "the paths inside a path", err));
    w->inside = inside;
    w->inside[(*n_inside)++] = p;
  }
  return DA_OK;
}

/* Adds what each campaign gains by joining in this order to once[]. */
static void add_order(const games *g, space *w, size_t n_inside, uint32_t n) {
  memset(w->converted_at, 0, n * sizeof(double));
  memset(w->all_at, 0, n * sizeof(double));
  for (uint32_t r = 0; r < n; r++) w->rank[w->order[r]] = r;
  for (size_t i = 0; i < n_inside; i++) {
    size_t length;
    const uint32_t *campaign = da_sequence(&g->paths->path, w->inside[i], &length);
    uint32_t latest = 0;
    for (size_t j = 0; j < length; j++) {
      uint32_t rank = w->rank[w->place[campaign[j]] - 1];
      if (rank > latest) latest = rank;
    }
    w->converted_at[latest] += g->paths->converted[w->inside[i]];
    w->all_at[latest] += g->paths->converted[w->inside[i]] + g->paths->other[w->inside[i]];
  }
  double converted = 0, all = 0, before = 0;
  for (uint32_t r = 0; r < n; r++) {
    converted += w->converted_at[r];
    all += w->all_at[r];
    double worth = all > 0 ? converted / all : 0;
    w->once[w->order[r]] += worth - before;
    before = worth;
  }
}

static da_status share_sampled(const games *g, space *w, uint32_t stream, uint32_t n, double *part, double *variance, da_error *err) {
  size_t n_inside;
  DA_TRY(reserve_players(w, n, err));
  DA_TRY(list_inside(g, w, &n_inside, err));
  da_random random;
  da_random_init(&random, g->seed, stream);
  memset(w->sum, 0, n * sizeof(double));
  memset(w->squares, 0, n * sizeof(double));
  for (uint32_t k = 0; k < n; k++) w->order[k] = k;
  for (int pair = 0; pair < SAMPLED_PAIRS; pair++) {
    memset(w->once, 0, n * sizeof(double));
    da_random_shuffle_u32(&random, w->order, n);
    add_order(g, w, n_inside, n);
    for (uint32_t i = 0; i < n / 2; i++) {
      uint32_t swap = w->order[i];
      w->order[i] = w->order[n - 1 - i], w->order[n - 1 - i] = swap;
    }
    add_order(g, w, n_inside, n);
    for (uint32_t k = 0; k < n; k++) {
      w->sum[k] += w->once[k] / 2;
      w->squares[k] += w->once[k] * w->once[k] / 4;
    }
  }
  double worth = 0, pairs = SAMPLED_PAIRS;
  for (uint32_t k = 0; k < n; k++) worth += w->sum[k] / pairs;
  for (uint32_t k = 0; k < n; k++) {
    part[k] = worth > 0 ? w->sum[k] / pairs / worth : 1 / (double)n;
    variance[k] = worth <= 0 ? 0 : fmax(w->squares[k] / pairs - w->sum[k] / pairs * (w->sum[k] / pairs), 0) / (pairs - 1) / (worth * worth);
  }
  return DA_OK;
}

/* ---- All paths ---- */

/* stream: of the random orders. */
static da_status share_campaigns(const games *g, space *w, uint32_t stream, const uint32_t *campaign, uint32_t n, double *part,
                                 double *variance, da_error *err) {
  for (uint32_t k = 0; k < n; k++) w->place[campaign[k]] = k + 1;
  da_status status =
      n <= g->rates->most_exact ? share_exactly(g, w, campaign, n, part, err) : share_sampled(g, w, stream, n, part, variance, err);
  for (uint32_t k = 0; k < n; k++) w->place[campaign[k]] = 0;
  return status;
}

static da_status share_path(const games *g, space *w, uint32_t path, da_error *err) {
  if (g->paths->converted[path] == 0) return DA_OK;
  size_t n;
  const uint32_t *campaign = da_sequence(&g->paths->path, path, &n);
  uint64_t first = g->paths->path.end[path];
  return share_campaigns(g, w, path, campaign, (uint32_t)n, g->rates->part + first, g->variance + first, err);
}

static void share_task(void *context, size_t task, int thread) {
  const games *g = context;
  da_error *err = &g->errors[task];
  err->code = DA_OK;
  uint32_t path = g->first_path + (uint32_t)task * PATHS_A_TASK, end = path + PATHS_A_TASK;
  for (; path < end && path < g->end_path && err->code == DA_OK; path++) err->code = share_path(g, &g->spaces[thread], path, err);
}

static da_status share_all(games *g, da_pool *pool, const char *name, const da_monitor *monitor, da_error *err) {
  uint32_t n = g->paths->path.n;
  for (g->first_path = 0; g->first_path < n; g->first_path = g->end_path) {
    DA_TRY(da_monitor_check(monitor, name, err));
    da_monitor_progress(monitor, name, "paths", g->first_path, n);
    g->end_path = n - g->first_path > PATHS_A_TASK * TASKS_A_ROUND ? g->first_path + PATHS_A_TASK * TASKS_A_ROUND : n;
    size_t n_tasks = (g->end_path - g->first_path + PATHS_A_TASK - 1) / PATHS_A_TASK;
    da_pool_run(pool, n_tasks, share_task, g);
    for (size_t task = 0; task < n_tasks; task++) {
      if (g->errors[task].code == DA_OK) continue;
      if (err) *err = g->errors[task];
      return g->errors[task].code;
    }
  }
  da_monitor_progress(monitor, name, "paths", n, n);
  return DA_OK;
}

/* The most campaigns for which exact games of all paths stay within MOST_WORK. */
static uint32_t most_exact(const da_paths *paths) {
  double work[DA_SHAPLEY_MOST_PLAYERS + 1] = {0}, sum = 0;
  for (uint32_t p = 0; p < paths->path.n; p++) {
    uint64_t n = paths->path.end[p + 1] - paths->path.end[p];
    if (n <= DA_SHAPLEY_MOST_PLAYERS && paths->converted[p] > 0) work[n] += 3 * (double)n * (double)((uint64_t)1 << n);
  }
  uint32_t n = 0;
  while (n < DA_SHAPLEY_MOST_PLAYERS && sum + work[n + 1] <= MOST_WORK) sum += work[++n];
  return n;
}

static void add_errors(const games *g) {
  da_rates *rates = g->rates;
  for (uint32_t p = 0; p < g->paths->path.n; p++) {
    size_t n;
    const uint32_t *campaign = da_sequence(&g->paths->path, p, &n);
    double converted = g->paths->converted[p];
    if (n <= rates->most_exact || converted == 0) continue;
    rates->n_sampled += converted;
    for (size_t k = 0; k < n; k++) rates->error[campaign[k]] += converted * converted * g->variance[g->paths->path.end[p] + k];
  }
  for (uint32_t c = 0; c < g->paths->n_campaigns; c++) rates->error[c] = sqrt(rates->error[c]);
}

static void space_free(space *w) {
  void *blocks[] = {w->place, w->worth, w->all, w->inside, w->converted_at, w->all_at, w->order, w->rank, w->sum, w->squares, w->once};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) da_mem_free(blocks[i]);
}

static da_status make_room(games *g, int n_threads, da_error *err) {
  uint32_t n_campaigns = g->paths->n_campaigns;
  size_t n_items = g->paths->path.n ? (size_t)g->paths->path.end[g->paths->path.n] : 0;
  g->rates->part = da_mem_calloc(n_items, sizeof(double));
  g->rates->error = da_mem_calloc(n_campaigns, sizeof(double));
  g->variance = da_mem_calloc(n_items, sizeof(double));
  g->spaces = da_mem_calloc((size_t)n_threads, sizeof *g->spaces);
  g->errors = da_mem_calloc(TASKS_A_ROUND, sizeof *g->errors);
  bool complete = g->rates->part && g->rates->error && g->variance && g->spaces && g->errors;
  for (int t = 0; complete && t < n_threads; t++) complete = (g->spaces[t].place = da_mem_calloc(n_campaigns, sizeof(uint32_t))) != NULL;
  return complete ? DA_OK : da_mem_fail(err, n_items, sizeof(double), "the parts of each path");
}

da_status da_rates_init(const da_paths *paths, da_path_kind kind, uint64_t seed, da_pool *pool, const char *name, const da_monitor *monitor,
                        da_rates *rates, da_error *err) {
  *rates = (da_rates){.most_exact = most_exact(paths)};
  games g = {.paths = paths, .kind = kind, .seed = seed, .rates = rates};
  int n_threads = da_pool_n_threads(pool);
  da_status status = make_room(&g, n_threads, err);
  if (status == DA_OK) status = share_all(&g, pool, name, monitor, err);
  if (status == DA_OK) add_errors(&g);
  for (int t = 0; g.spaces && t < n_threads; t++) space_free(&g.spaces[t]);
  da_mem_free(g.spaces);
  da_mem_free(g.variance);
  da_mem_free(g.errors);
  if (status != DA_OK) da_rates_free(rates);
  return status;
}

da_status da_rates_share(const da_paths *paths, da_path_kind kind, uint64_t seed, const uint32_t *campaign, uint32_t n, double *part,
                         da_error *err) {
  da_rates rates = {.most_exact = MOST_EXACT_ALONE};
  games g = {.paths = paths, .kind = kind, .seed = seed, .rates = &rates};
  space w = {.place = da_mem_calloc(paths->n_campaigns, sizeof *w.place)};
  double *variance = da_mem_alloc(n, sizeof *variance);
  da_status status = w.place && variance ? share_campaigns(&g, &w, UINT32_MAX, campaign, n, part, variance, err)
                                         : da_mem_fail(err, paths->n_campaigns, sizeof *w.place, "the campaigns of a path");
  da_mem_free(variance);
  space_free(&w);
  return status;
}

void da_rates_free(da_rates *rates) {
  da_mem_free(rates->part);
  da_mem_free(rates->error);
  *rates = (da_rates){0};
}
