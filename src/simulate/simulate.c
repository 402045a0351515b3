#include "simulate/simulate.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/counterfactual.h"
#include "simulate/user.h"

/* Users are simulated in blocks, a task each; blocks of a batch run at once, and are taken in order. The size of a block decides in
 * which order sums are rounded, so it is fixed; that of a batch decides nothing. */
enum { USERS_IN_BLOCK = 1024, BLOCKS_IN_BATCH = 16 };

/* Sums over users. */
typedef struct {
  uint64_t n_touches, n_conversions;
  double expected, baseline, unlogged;
  uint64_t *touches;                            /* [n_campaigns] */
  double *removal, *shapley, *shapley_variance; /* [n_campaigns] */
  double *coalitions;                           /* [2^n_campaigns], NULL when too many */
} totals;

typedef struct {
  uint64_t first_user, end_user;
  size_t n, capacity; /* rows */
  int64_t *uid, *timestamp_s;
  uint32_t *campaign;
  uint8_t *conversion;
  totals sums;
  da_status status;
  da_error error;
} block;

/* What one thread works with. */
typedef struct {
  da_user user;
  da_game game;
  uint8_t *all_kept;  /* [n_campaigns], all 1 */
  uint8_t *converted; /* [converted_capacity] of the user at hand */
  size_t converted_capacity;
  uint32_t *local; /* [2^n_campaigns] a coalition of campaigns as a coalition of the user's players */
} workspace;

struct da_simulation {
  da_simulation_options options;
  const da_world *world;
  da_pool *pool;
  const da_monitor *monitor;
  workspace *workspaces; /* [n_workspaces], one a thread */
  size_t n_workspaces;
  block *blocks;               /* [BLOCKS_IN_BATCH] */
  size_t n_blocks, next_block; /* of the batch at hand */
  uint64_t next_user;
  totals sums;    /* of the blocks that were taken */
  da_arena arena; /* the world, and every array of fixed size */
};

static size_t n_coalitions(const da_world *world) {
  return world->n_campaigns <= DA_TRUTH_COALITION_CAMPAIGNS ? (size_t)1 << world->n_campaigns : 0;
}

/* ---- sums ---- */

static bool make_totals(da_arena *arena, const da_world *world, totals *sums) {
  size_t n = world->n_campaigns;
  sums->touches = da_arena_alloc(arena, n, sizeof *sums->touches);
  sums->removal = da_arena_alloc(arena, n, sizeof *sums->removal);
  sums->shapley = da_arena_alloc(arena, n, sizeof *sums->shapley);
  sums->shapley_variance = da_arena_alloc(arena, n, sizeof *sums->shapley_variance);
  sums->coalitions = n_coalitions(world) ? da_arena_alloc(arena, n_coalitions(world), sizeof *sums->coalitions) : NULL;
  return sums->touches && sums->removal && sums->shapley && sums->shapley_variance && (sums->coalitions || !n_coalitions(world));
}

static void clear_totals(totals *sums, const da_world *world) {
  size_t n = world->n_campaigns;
  sums->n_touches = sums->n_conversions = 0;
  sums->expected = sums->baseline = sums->unlogged = 0;
  memset(sums->touches, 0, n * sizeof *sums->touches);
  memset(sums->removal, 0, n * sizeof *sums->removal);
  memset(sums->shapley, 0, n * sizeof *sums->shapley);
  memset(sums->shapley_variance, 0, n * sizeof *sums->shapley_variance);
  if (sums->coalitions) memset(sums->coalitions, 0, n_coalitions(world) * sizeof *sums->coalitions);
}

static void add_totals(totals *sums, const totals *more, const da_world *world) {
  sums->n_touches += more->n_touches;
  sums->n_conversions += more->n_conversions;
  sums->expected += more->expected;
  sums->baseline += more->baseline;
  sums->unlogged += more->unlogged;
  for (size_t k = 0; k < world->n_campaigns; k++) {
    sums->touches[k] += more->touches[k];
    sums->removal[k] += more->removal[k];
    sums->shapley[k] += more->shapley[k];
    sums->shapley_variance[k] += more->shapley_variance[k];
  }
  for (size_t c = 0; c < n_coalitions(world); c++) sums->coalitions[c] += more->coalitions[c];
}

/* ---- one user ---- */

static double value_of_user(void *context, const uint8_t *kept) { return da_user_value(context, kept, NULL); }

/* Adds the user's value under every coalition of the world's campaigns; those it did not see make no difference. */
static void add_coalitions(workspace *work, const da_world *world, double *coalitions) {
  uint32_t bit_of[DA_TRUTH_COALITION_CAMPAIGNS] = {0};
  for (size_t p = 0; p < work->user.n_players; p++) bit_of[work->user.players[p]] = (uint32_t)1 << p;
  work->local[0] = 0;
  coalitions[0] += work->game.values[0];
  for (uint32_t c = 1; c < n_coalitions(world); c++) {
    work->local[c] = work->local[c & (c - 1)] | bit_of[__builtin_ctz(c)];
    coalitions[c] += work->game.values[work->local[c]];
  }
}

static da_status add_truth(workspace *work, da_random *random, totals *sums, da_error *err) {
  da_user *user = &work->user;
  sums->unlogged += da_user_unlogged(user);
  if (user->n_touches == 0) return DA_OK;
  da_game *game = &work->game;
  DA_TRY(da_game_reserve(game, user->n_players, err));
  da_game_play(game, user->n_players, value_of_user, user, random);
  sums->expected += game->value_of_all;
  sums->baseline += game->value_of_none;
  for (size_t p = 0; p < user->n_players; p++) {
    uint32_t k = user->players[p];
    sums->removal[k] += game->removal[p];
    sums->shapley[k] += game->shapley[p];
    sums->shapley_variance[k] += game->shapley_variance[p];
  }
  if (sums->coalitions) add_coalitions(work, user->world, sums->coalitions);
  return DA_OK;
}

static da_status reserve_rows(block *rows, size_t n, da_error *err) {
  if (n <= rows->capacity) return DA_OK;
  size_t uid = rows->capacity, timestamp = rows->capacity, campaign = rows->capacity, conversion = rows->capacity;
  const char *what = "the rows of a simulated log";
  DA_TRY(da_mem_reserve((void **)&rows->uid, &uid, n, sizeof *rows->uid, what, err));
  DA_TRY(da_mem_reserve((void **)&rows->timestamp_s, &timestamp, n, sizeof *rows->timestamp_s, what, err));
  DA_TRY(da_mem_reserve((void **)&rows->campaign, &campaign, n, sizeof *rows->campaign, what, err));
  DA_TRY(da_mem_reserve((void **)&rows->conversion, &conversion, n, sizeof *rows->conversion, what, err));
  rows->capacity = conversion;
  return DA_OK;
}

static da_status log_user(workspace *work, uint64_t number, bool cut, block *rows, da_error *err) {
  da_user *user = &work->user;
  DA_TRY(da_mem_reserve((void **)&work->converted, &work->converted_capacity, user->n_touches, sizeof *work->converted,
                        "the conversions of a simulated user", err));
  da_user_value(user, work->all_kept, work->converted);
  DA_TRY(reserve_rows(rows, rows->n + user->n_touches, err));
  for (size_t i = 0; i < user->n_touches; i++) {
    const da_shown *shown = &user->touches[i];
    rows->uid[rows->n] = (int64_t)number;
    rows->timestamp_s[rows->n] = DA_WORLD_START_S + shown->time_s;
    rows->campaign[rows->n] = shown->campaign;
    rows->conversion[rows->n] = work->converted[i];
    rows->n++;
    rows->sums.n_touches++;
    rows->sums.touches[shown->campaign]++;
    rows->sums.n_conversions += work->converted[i];
    if (cut && work->converted[i]) break;
  }
  return DA_OK;
}

/* ---- blocks ---- */

static da_status simulate_block(const da_simulation *simulation, workspace *work, block *rows, da_error *err) {
  const da_simulation_options *options = &simulation->options;
  rows->n = 0;
  clear_totals(&rows->sums, simulation->world);
  for (uint64_t number = rows->first_user; number < rows->end_user; number++) {
    da_random random;
    DA_TRY(da_user_draw(&work->user, options->seed, number, &random, err));
    DA_TRY(log_user(work, number, options->cut, rows, err));
    if (options->truth) DA_TRY(add_truth(work, &random, &rows->sums, err));
  }
  return DA_OK;
}

static void block_task(void *context, size_t task, int thread) {
  da_simulation *simulation = context;
  block *rows = &simulation->blocks[task];
  rows->status = simulate_block(simulation, &simulation->workspaces[thread], rows, &rows->error);
}

static da_status run_batch(da_simulation *simulation, da_error *err) {
  uint64_t n_users = simulation->options.n_users;
  DA_TRY(da_monitor_check(simulation->monitor, "simulate", err));
  simulation->n_blocks = simulation->next_block = 0;
  while (simulation->n_blocks < BLOCKS_IN_BATCH && simulation->next_user < n_users) {
    block *rows = &simulation->blocks[simulation->n_blocks++];
    rows->first_user = simulation->next_user;
    rows->end_user = n_users - rows->first_user > USERS_IN_BLOCK ? rows->first_user + USERS_IN_BLOCK : n_users;
    simulation->next_user = rows->end_user;
  }
  da_pool_run(simulation->pool, simulation->n_blocks, block_task, simulation);
  for (size_t b = 0; b < simulation->n_blocks; b++) {
    const block *rows = &simulation->blocks[b];
    if (rows->status != DA_OK) return da_fail(err, rows->status, "%s", rows->error.msg);
  }
  da_monitor_progress(simulation->monitor, "simulate", "users", simulation->next_user, n_users);
  return DA_OK;
}

da_status da_simulation_next(da_simulation *simulation, da_simulated_rows *rows, da_error *err) {
  *rows = (da_simulated_rows){0};
  while (rows->n == 0) {
    if (simulation->next_block == simulation->n_blocks) {
      if (simulation->next_user == simulation->options.n_users) return DA_OK;
      DA_TRY(run_batch(simulation, err));
    }
    const block *taken = &simulation->blocks[simulation->next_block++];
    add_totals(&simulation->sums, &taken->sums, simulation->world);
    *rows = (da_simulated_rows){taken->n, taken->uid, taken->timestamp_s, taken->campaign, taken->conversion};
  }
  return DA_OK;
}

/* ---- its life ---- */

static da_status make_workspaces(da_simulation *simulation, da_error *err) {
  const da_world *world = simulation->world;
  size_t n = (size_t)da_pool_n_threads(simulation->pool);
  simulation->workspaces = da_mem_calloc(n, sizeof *simulation->workspaces);
  if (!simulation->workspaces) return da_mem_fail(err, n, sizeof *simulation->workspaces, "a simulation");
  simulation->n_workspaces = n;
  for (size_t i = 0; i < n; i++) {
    workspace *work = &simulation->workspaces[i];
    DA_TRY(da_user_init(&work->user, world, simulation->options.cut, err));
    work->all_kept = da_arena_alloc(&simulation->arena, world->n_campaigns, sizeof *work->all_kept);
    work->local = n_coalitions(world) ? da_arena_alloc(&simulation->arena, n_coalitions(world), sizeof *work->local) : NULL;
    if (!work->all_kept || (n_coalitions(world) && !work->local)) {
      return da_mem_fail(err, n_coalitions(world), sizeof *work->local, "a simulation");
    }
    memset(work->all_kept, 1, world->n_campaigns);
  }
  return DA_OK;
}

static da_status make_blocks(da_simulation *simulation, da_error *err) {
  simulation->blocks = da_mem_calloc(BLOCKS_IN_BATCH, sizeof *simulation->blocks);
  if (!simulation->blocks) return da_mem_fail(err, BLOCKS_IN_BATCH, sizeof *simulation->blocks, "a simulation");
  bool made = make_totals(&simulation->arena, simulation->world, &simulation->sums);
  for (int b = 0; b < BLOCKS_IN_BATCH; b++) made = made && make_totals(&simulation->arena, simulation->world, &simulation->blocks[b].sums);
  if (!made) return da_mem_fail(err, n_coalitions(simulation->world), sizeof(double), "a simulation");
  clear_totals(&simulation->sums, simulation->world);
  return DA_OK;
}

da_status da_simulation_open(const da_simulation_options *options, da_pool *pool, const da_monitor *monitor, da_simulation **out,
                             da_error *err) {
  *out = NULL;
  if (options->n_users == 0) return da_fail(err, DA_ERR_ARG, "expected at least one user to simulate but found 0; use --users N");
  da_simulation *simulation = da_mem_calloc(1, sizeof *simulation);
  if (!simulation) return da_mem_fail(err, 1, sizeof *simulation, "a simulation");
  simulation->options = *options;
  simulation->pool = pool;
  simulation->monitor = monitor;
  da_status status = da_world_find(options->world, &simulation->arena, &simulation->world, err);
  if (status == DA_OK) status = make_workspaces(simulation, err);
  if (status == DA_OK) status = make_blocks(simulation, err);
  if (status != DA_OK) {
    da_simulation_close(simulation);
    return status;
  }
  *out = simulation;
  return DA_OK;
}

void da_simulation_close(da_simulation *simulation) {
  if (!simulation) return;
  for (size_t i = 0; i < simulation->n_workspaces; i++) {
    workspace *work = &simulation->workspaces[i];
    da_user_free(&work->user);
    da_game_free(&work->game);
    da_mem_free(work->converted);
  }
  for (int b = 0; simulation->blocks && b < BLOCKS_IN_BATCH; b++) {
    block *rows = &simulation->blocks[b];
    da_mem_free(rows->uid);
    da_mem_free(rows->timestamp_s);
    da_mem_free(rows->campaign);
    da_mem_free(rows->conversion);
  }
  da_mem_free(simulation->workspaces);
  da_mem_free(simulation->blocks);
  da_arena_free(&simulation->arena);
  da_mem_free(simulation);
}

const da_world *da_simulation_world(const da_simulation *simulation) { return simulation->world; }

da_status da_simulation_truth(const da_simulation *simulation, da_truth *truth, da_error *err) {
  const da_world *world = simulation->world;
  const totals *sums = &simulation->sums;
  *truth = (da_truth){.n_users = simulation->options.n_users,
                      .seed = simulation->options.seed,
                      .cut = simulation->options.cut,
                      .n_touches = sums->n_touches,
                      .n_conversions = sums->n_conversions,
                      .expected = sums->expected,
                      .baseline = sums->baseline,
                      .unlogged = sums->unlogged};
  size_t n_kept = simulation->options.truth ? n_coalitions(world) : 0;
  truth->world = da_mem_strdup(world->name);
  truth->campaigns = da_mem_calloc(world->n_campaigns, sizeof *truth->campaigns);
  if (n_kept) truth->coalitions = da_mem_alloc(n_kept, sizeof *truth->coalitions);
  if (!truth->world || !truth->campaigns || (n_kept && !truth->coalitions)) goto no_memory;
  if (n_kept) memcpy(truth->coalitions, sums->coalitions, n_kept * sizeof *truth->coalitions);
  for (size_t k = 0; k < world->n_campaigns; k++) {
    truth->campaigns[k] = (da_truth_campaign){.name = da_mem_strdup(world->campaigns[k].name),
                                              .touches = sums->touches[k],
                                              .removal = sums->removal[k],
                                              .shapley = sums->shapley[k],
                                              .shapley_se = sqrt(sums->shapley_variance[k])};
    truth->n_campaigns = k + 1;
    if (!truth->campaigns[k].name) goto no_memory;
  }
  return DA_OK;
no_memory:
  da_truth_free(truth);
  return da_mem_fail(err, world->n_campaigns, sizeof *truth->campaigns, "the truth of a simulated log");
}
