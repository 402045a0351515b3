/* truth [--users N] [--draws N] [--seed N] [--threads N] [--intervals] [--methods A,B] CASE...: how far every method is from worlds whose
 * truth is known.
 *
 * CASE = WORLD[,cut][,lift=CAMPAIGN[+CAMPAIGN...]]: a world of `deepattribution simulate`, its log cut at conversions, campaigns pinned to
 * their true removal effect as by --lift; lift=bursts: all that bursts of intent bring. Each case is drawn --draws times with seeds --seed,
 * --seed + 1, ...; the methods (all that need no network, unless some are named) credit each draw. For those that need one a network is trained
 * on each draw by the default settings, on eight users of ten. Prints markdown: means over the draws of the share errors against the removal truth
 * and the Shapley truth (mean over campaigns; in worlds of more than MANY campaigns half the sum), of the baseline error, and what the
 * incremental method chose. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "credit/incremental.h"
#include "credit/pass.h"
#include "simulate/journeys.h"
#include "simulate/world.h"
#include "train/train.h"

enum { MOST_METHODS = 64, MOST_CASES = 64, MOST_PINS = 16, MANY = 20 };

/* Means over the draws of one case, by method. */
typedef struct {
  double removal[MOST_METHODS], shapley[MOST_METHODS], baseline[MOST_METHODS];
} scores;

typedef struct {
  char *text, *world;
  bool cut;
  const char *pinned[MOST_PINS];
  size_t n_pinned;
  scores mean, squares;
  double null_share; /* the largest share of a campaign that does nothing, of all draws; -1: none does nothing */
  int n_draws, n_covered, n_intervals;
  char chosen[1024];
} bench_case;

typedef struct {
  uint64_t n_users, seed;
  int n_draws, n_threads;
  bool intervals;
  const da_method *methods[MOST_METHODS];
  size_t n_methods;
  da_pool *pool;
} bench;

/* --- One draw ------------------------------------------------------------------------------------------------------------ */

static bool is_pinned(const bench_case *c, const da_world_campaign *campaign) {
  for (size_t p = 0; p < c->n_pinned; p++) {
    if (strcmp(c->pinned[p], campaign->name) == 0) return true;
    if (strcmp(c->pinned[p], "bursts") == 0 && campaign->burst_touches > 0) return true;
  }
  return false;
}

/* The truth lists campaigns in the world's order. */
static da_status pin(const bench_case *c, const da_truth *truth, da_arena *arena, da_config *config, da_error *err) {
  if (c->n_pinned == 0) return DA_OK;
  const da_world *world;
  DA_TRY(da_world_find(c->world, arena, &world, err));
  const char **items = da_arena_alloc(arena, truth->n_campaigns, sizeof *items);
  if (!items) return da_mem_fail(err, truth->n_campaigns, sizeof *items, "the experiments");
  size_t n = 0;
  for (size_t k = 0; k < truth->n_campaigns; k++) {
    if (!is_pinned(c, &world->campaigns[k])) continue;
    char text[200];
    int length = snprintf(text, sizeof text, "%s=%.1f", truth->campaigns[k].name, fmax(0, truth->campaigns[k].removal));
    items[n] = da_arena_strndup(arena, text, (size_t)length);
    if (!items[n++]) return da_mem_fail(err, 1, sizeof text, "the experiments");
  }
  config->credit.lift = (da_text_list){items, n};
  return DA_OK;
}

static void tell_choice(bench_case *c, const da_incremental_result *result) {
  static const char *const structures[DA_N_STRUCTURES] = {"plain", "user term", "modulated", "modulated + user term"};
  int number = result->structure.user_term + 2 * result->structure.modulated;
  size_t used = strlen(c->chosen);
  snprintf(c->chosen + used, sizeof c->chosen - used, "%s%s (%+.1f)", used ? "; " : "",
           result->form == DA_FORM_JOURNEY ? "journey" : structures[number], result->hazard_over_journey.z);
}

static void check_campaign(bench_case *c, const da_incremental_campaign *found, double truth, bool with_intervals) {
  if (fabs(truth) < 1e-6) c->null_share = fmax(c->null_share, found->removal_share.value);
  if (!with_intervals) return;
  c->n_intervals++;
  c->n_covered += found->removal.low <= truth && truth <= found->removal.high;
}

/* How many true effects lie in their intervals, and what campaigns get that do nothing. */
static void check_campaigns(bench_case *c, const da_incremental_result *result, const da_truth *truth, const da_names *names) {
  for (uint32_t k = 0; k < result->n_campaigns; k++) {
    for (size_t t = 0; t < truth->n_campaigns; t++) {
      const da_slice name = {truth->campaigns[t].name, strlen(truth->campaigns[t].name)};
      if (da_slice_compare(name, names->items[k]) != 0) continue;
      check_campaign(c, &result->campaigns[k], truth->campaigns[t].removal, result->coverage > 0);
    }
  }
}

static da_status score_method(bench_case *c, size_t m, const da_simulated_journeys *made, const da_method_totals *totals, da_error *err) {
  const da_names *names = &made->set.campaigns;
  da_truth_score removal, shapley;
  DA_TRY(da_truth_compare(&made->truth, DA_TRUTH_REMOVAL, names->items, totals->conversions, names->n, &removal, err));
  DA_TRY(da_truth_compare(&made->truth, DA_TRUTH_SHAPLEY, names->items, totals->conversions, names->n, &shapley, err));
  double times = made->truth.n_campaigns > MANY ? (double)made->truth.n_campaigns / 2 : 1;
  c->mean.removal[m] += times * removal.share_mae;
  c->squares.removal[m] += times * removal.share_mae * times * removal.share_mae;
  c->mean.shapley[m] += times * shapley.share_mae;
  c->mean.baseline[m] += (totals->baseline - made->truth.baseline) / made->truth.expected;
  return DA_OK;
}

static bool needs_network(const bench *b) {
  for (size_t m = 0; m < b->n_methods; m++) {
    if (b->methods[m]->needs_network) return true;
  }
  return false;
}

/* A tenth of the users each for when to stop and for the last look, as a bucket's journeys would be split. */
static da_status train_network(const bench *b, da_simulated_journeys *made, const da_config *config, da_model *model, da_error *err) {
  for (uint64_t user = 0; user < made->set.n_users; user++) {
    unsigned set = user % 10 == 8 ? DA_SET_VAL : user % 10 == 9 ? DA_SET_TEST : DA_SET_TRAIN;
    for (uint64_t j = made->first_journey[user]; j < made->first_journey[user + 1]; j++) made->flags[j] |= (uint8_t)(set << 1);
  }
  const da_train_job job = {.set = &made->set, .config = config, .pool = b->pool};
  da_train_report report = {0};
  da_status status = da_train(&job, model, &report, err);
  da_train_report_free(&report);
  return status;
}

/* model: NULL where no method needs it. */
static da_status credit_draw(const bench *b, bench_case *c, const da_simulated_journeys *made, const da_config *config,
                             const da_model *model, da_error *err) {
  da_credit_input input = {.set = &made->set, .config = config, .pool = b->pool, .model = model};
  da_pass_options options = {0};
  da_pass_network network = {0};
  da_fitted fitted;
  da_pass *pass = NULL;
  DA_TRY(da_fitted_open(&input, b->methods, b->n_methods, &fitted, err));
  da_status status = DA_OK;
  if (model) {
    options = (da_pass_options){.score = da_pass_score_by_network, .score_context = &network};
    status = da_pass_network_open(model, &made->set, b->pool, NULL, &network, err);
  }
  if (status == DA_OK) status = da_pass_open(&input, &fitted, &options, &pass, err);
  if (status == DA_OK) status = da_pass_finish(pass, err);
  for (size_t m = 0; m < b->n_methods && status == DA_OK; m++) {
    status = score_method(c, m, made, &da_pass_totals(pass)->methods[m], err);
    if (b->methods[m] != &da_method_incremental || status != DA_OK) continue;
    tell_choice(c, da_incremental_result_of(fitted.states[m]));
    check_campaigns(c, da_incremental_result_of(fitted.states[m]), &made->truth, &made->set.campaigns);
  }
  da_pass_close(pass);
  da_pass_network_close(&network);
  da_fitted_close(&fitted);
  return status;
}

static da_status run_draw(const bench *b, bench_case *c, uint64_t seed, da_error *err) {
  da_simulation_options options = {.world = c->world, .n_users = b->n_users, .seed = seed, .cut = c->cut, .truth = true};
  da_simulated_journeys made = {0};
  da_model model = {0};
  da_arena arena = {0};
  da_config config;
  da_config_init(&config);
  if (!b->intervals) config.credit.intervals = 0;
  da_status status = da_simulated_journeys_make(&options, b->pool, &made, err);
  if (status == DA_OK) status = pin(c, &made.truth, &arena, &config, err);
  if (status == DA_OK && needs_network(b)) status = train_network(b, &made, &config, &model, err);
  if (status == DA_OK) status = credit_draw(b, c, &made, &config, needs_network(b) ? &model : NULL, err);
  da_model_close(&model);
  c->n_draws++;
  config.credit.lift = (da_text_list){0}; /* the arena's */
  da_config_free(&config);
  da_simulated_journeys_free(&made);
  da_arena_free(&arena);
  return status;
}

/* --- Markdown ------------------------------------------------------------------------------------------------------------ */

static void print_head(const char *first, const bench_case *cases, size_t n_cases) {
  printf("| %s |", first);
  for (size_t i = 0; i < n_cases; i++) printf(" %s |", cases[i].text);
  printf("\n| --- |");
  for (size_t i = 0; i < n_cases; i++) printf(" --- |");
  printf("\n");
}

typedef const double *(*scores_of)(const scores *mean);
static const double *removal_of(const scores *mean) { return mean->removal; }
static const double *shapley_of(const scores *mean) { return mean->shapley; }
static const double *baseline_of(const scores *mean) { return mean->baseline; }

static void print_table(const bench *b, const char *title, const bench_case *cases, size_t n_cases, scores_of of) {
  printf("\n%s\n\n", title);
  print_head("method", cases, n_cases);
  for (size_t m = 0; m < b->n_methods; m++) {
    printf("| `%s` |", b->methods[m]->name);
    for (size_t i = 0; i < n_cases; i++) printf(of == baseline_of ? " %+.3f |" : " %.4f |", of(&cases[i].mean)[m] / cases[i].n_draws);
    printf("\n");
  }
}

static double scatter(const bench_case *c, size_t m) {
  double n = c->n_draws, mean = c->mean.removal[m] / n;
  return n > 1 ? sqrt(fmax(0, c->squares.removal[m] / n - mean * mean) * n / (n - 1)) : NAN;
}

static bool has_method(const bench *b, const da_method *method) {
  size_t m = 0;
  while (m < b->n_methods && b->methods[m] != method) m++;
  return m < b->n_methods;
}

static void print_choices(const bench *b, const bench_case *cases, size_t n_cases) {
  if (!has_method(b, &da_method_incremental)) return;
  printf("\nWhat `incremental` chose (in brackets z of the hazard over the journey form), draw by draw:\n\n");
  printf("| world | sd of the share error over draws | most of a campaign that does nothing | %schosen |\n| --- | --- | --- | %s--- |\n",
         b->intervals ? "true effects inside their intervals | " : "", b->intervals ? "--- | " : "");
  for (size_t i = 0; i < n_cases; i++) {
    const bench_case *c = &cases[i];
    size_t m = 0;
    while (m < b->n_methods && b->methods[m] != &da_method_removal) m++;
    printf("| %s | %.4f | ", c->text, m < b->n_methods ? scatter(c, m) : NAN);
    printf(c->null_share < 0 ? "| " : "%.4f | ", c->null_share);
    if (b->intervals) printf("%.3f of %d | ", (double)c->n_covered / c->n_intervals, c->n_intervals);
    printf("%s |\n", c->chosen);
  }
}

static void print_all(const bench *b, const bench_case *cases, size_t n_cases) {
  printf("%llu users a draw, %d draws from seed %llu.\n", (unsigned long long)b->n_users, b->n_draws, (unsigned long long)b->seed);
  print_table(b, "Share error against the removal truth:", cases, n_cases, removal_of);
  print_table(b, "Share error against the Shapley truth:", cases, n_cases, shapley_of);
  print_table(b, "Baseline less the true baseline, as a part of all expected conversions:", cases, n_cases, baseline_of);
  print_choices(b, cases, n_cases);
}

/* --- The call ------------------------------------------------------------------------------------------------------------ */

/* Takes the case's text apart, in place in c->world. */
static bool parse_case(char *text, bench_case *c) {
  *c = (bench_case){.text = text, .world = strdup(text), .null_share = -1};
  char *rest = c->world ? strchr(c->world, ',') : NULL;
  while (rest) {
    *rest++ = '\0';
    char *next = strchr(rest, ',');
    if (strncmp(rest, "cut", 3) == 0 && (rest[3] == '\0' || rest[3] == ',')) {
      c->cut = true;
    } else if (strncmp(rest, "lift=", 5) == 0) {
      if (next) *next = '\0';
      for (char *name = strtok(rest + 5, "+"); name && c->n_pinned < MOST_PINS; name = strtok(NULL, "+")) c->pinned[c->n_pinned++] = name;
      if (next) *next = ',';
    } else {
      return false;
    }
    rest = next;
  }
  return c->world != NULL;
}

static bool parse_options(int argc, char **argv, bench *b) {
  static const struct option known[] = {{"users", required_argument, NULL, 'u'},
                                        {"draws", required_argument, NULL, 'd'},
                                        {"seed", required_argument, NULL, 's'},
                                        {"threads", required_argument, NULL, 't'},
                                        {"intervals", no_argument, NULL, 'i'},
                                        {"methods", required_argument, NULL, 'm'},
                                        {NULL, 0, NULL, 0}};
  for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    if (o == 'u') b->n_users = strtoull(optarg, NULL, 10);
    if (o == 'd') b->n_draws = atoi(optarg);
    if (o == 's') b->seed = strtoull(optarg, NULL, 10);
    if (o == 't') b->n_threads = atoi(optarg);
    if (o == 'i') b->intervals = true;
    if (o == 'm') {
      for (char *name = strtok(optarg, ","); name && b->n_methods < MOST_METHODS; name = strtok(NULL, ",")) {
        if (!(b->methods[b->n_methods++] = da_method_find(name))) return false;
      }
    }
    if (o == '?') return false;
  }
  if (b->n_methods > 0) return optind < argc;
  size_t n;
  const da_method *const *all = da_methods(&n);
  for (size_t i = 0; i < n && b->n_methods < MOST_METHODS; i++) {
    if (!all[i]->needs_network) b->methods[b->n_methods++] = all[i];
  }
  return optind < argc;
}

static da_status run_all(bench *b, char **texts, int n_texts, bench_case *cases, size_t *n_cases, da_error *err) {
  for (int i = 0; i < n_texts && *n_cases < MOST_CASES; i++) {
    bench_case *c = &cases[(*n_cases)++];
    if (!parse_case(texts[i], c)) return da_fail(err, DA_ERR_ARG, "expected WORLD[,cut][,lift=...] but found %s", texts[i]);
    for (int draw = 0; draw < b->n_draws; draw++) DA_TRY(run_draw(b, c, b->seed + (uint64_t)draw, err));
  }
  print_all(b, cases, *n_cases);
  return DA_OK;
}

int main(int argc, char **argv) {
  static bench_case cases[MOST_CASES];
  bench b = {.n_users = 80000, .n_draws = 5, .seed = 1, .n_threads = 2};
  size_t n_cases = 0;
  da_error err = {0};
  if (!parse_options(argc, argv, &b)) {
    fprintf(stderr, "usage: %s [--users N] [--draws N] [--seed N] [--threads N] [--intervals] [--methods A,B] CASE...\n", argv[0]);
    return 2;
  }
  da_status status = da_pool_open(b.n_threads, &b.pool, &err);
  if (status == DA_OK) status = run_all(&b, argv + optind, argc - optind, cases, &n_cases, &err);
  if (status != DA_OK) fprintf(stderr, "%s\n", err.msg);
  for (size_t i = 0; i < n_cases; i++) free(cases[i].world);
  da_pool_close(b.pool);
  return status == DA_OK ? 0 : 1;
}
