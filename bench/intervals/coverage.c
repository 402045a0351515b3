/* coverage [--users N] [--draws N] [--many N] [--seed N] [--threads N] WORLD METHOD...: do the intervals of methods hold what they promise?
 *
 * What the interval of a method is of: not the truth, but what the method would say of as many users if it had seen all there are. That is its
 * credit a user in one draw of --many users, times the users. Each of --draws logs of --users users gives every campaign an interval (90 %);
 * how often that number lies inside is the coverage. Prints markdown: by method the coverage, its own standard error (of --draws logs whose
 * campaigns are not independent of each other), how far the mean of the draws is from that number, in conversions a campaign, and the mean half
 * of an interval. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "credit/pass.h"
#include "pipeline/intervals.h"
#include "simulate/journeys.h"

enum { MOST_METHODS = 32, MOST_CAMPAIGNS = 64 };

typedef struct {
  double expected[MOST_CAMPAIGNS]; /* conversions a user */
  double sum[MOST_CAMPAIGNS];      /* of the draws */
  double half;                     /* of all intervals */
  double share, square;            /* of campaigns held, by draw */
} method_score;

typedef struct {
  const char *world;
  uint64_t n_users, n_many, seed;
  int n_draws, n_threads;
  const da_method *methods[MOST_METHODS];
  size_t n_methods, n_campaigns;
  method_score score[MOST_METHODS];
  da_pool *pool;
} bench;

/* One log's credit; intervals too where facts is given. */
static da_status credit_log(bench *b, uint64_t n_users, uint64_t seed, da_arena *arena, da_run_facts *facts,
                            double credit[MOST_METHODS][MOST_CAMPAIGNS], da_error *err) {
  da_simulation_options options = {.world = b->world, .n_users = n_users, .seed = seed};
  da_simulated_journeys made = {0};
  da_config config;
  da_config_init(&config);
  da_fitted fitted = {0};
  da_pass *pass = NULL;
  da_pass_options no_network = {0};
  da_credit_input input = {.config = &config, .pool = b->pool, .set = &made.set};
  da_status status = da_simulated_journeys_make(&options, b->pool, &made, err);
  b->n_campaigns = made.set.campaigns.n;
  if (status == DA_OK && b->n_campaigns > MOST_CAMPAIGNS) status = da_fail(err, DA_ERR_ARG, "expected a world of few campaigns");
  if (status == DA_OK) status = da_fitted_open(&input, b->methods, b->n_methods, &fitted, err);
  if (status == DA_OK) status = da_pass_open(&input, &fitted, &no_network, &pass, err);
  if (status == DA_OK) status = da_pass_finish(pass, err);
  if (status == DA_OK && facts) status = da_intervals_gather(&input, &fitted, da_pass_totals(pass), arena, facts, err);
  for (size_t m = 0; m < b->n_methods && status == DA_OK; m++) {
    for (size_t k = 0; k < b->n_campaigns; k++) credit[m][k] = da_pass_totals(pass)->methods[m].conversions[k];
  }
  da_pass_close(pass);
  da_fitted_close(&fitted);
  da_simulated_journeys_free(&made);
  da_config_free(&config);
  return status;
}

static da_status expect(bench *b, da_error *err) {
  static double credit[MOST_METHODS][MOST_CAMPAIGNS];
  DA_TRY(credit_log(b, b->n_many, b->seed, NULL, NULL, credit, err));
  for (size_t m = 0; m < b->n_methods; m++) {
    for (size_t k = 0; k < b->n_campaigns; k++) b->score[m].expected[k] = credit[m][k] / (double)b->n_many;
  }
  return DA_OK;
}

static da_status draw(bench *b, int number, da_error *err) {
  static double credit[MOST_METHODS][MOST_CAMPAIGNS];
  da_arena arena = {0};
  da_run_facts facts = {0};
  da_status status = credit_log(b, b->n_users, b->seed + 1 + (uint64_t)number, &arena, &facts, credit, err);
  for (size_t m = 0; m < b->n_methods && status == DA_OK && facts.intervals && facts.intervals[m].low; m++) {
    method_score *score = &b->score[m];
    double held = 0;
    for (size_t k = 0; k < b->n_campaigns; k++) {
      double low = facts.intervals[m].low[k], high = facts.intervals[m].high[k], wanted = score->expected[k] * (double)b->n_users;
      held += low <= wanted && wanted <= high;
      score->half += (high - low) / 2;
      score->sum[k] += credit[m][k];
    }
    held /= (double)b->n_campaigns;
    score->share += held;
    score->square += held * held;
  }
  da_arena_free(&arena);
  return status;
}

static void print(const bench *b) {
  double n = b->n_draws, campaigns = (double)b->n_campaigns;
  printf("| method | held | error of that | mean difference of the draws | mean half of an interval |\n| --- | --- | --- | --- | --- |\n");
  for (size_t m = 0; m < b->n_methods; m++) {
    const method_score *score = &b->score[m];
    double held = score->share / n, apart = 0;
    for (size_t k = 0; k < b->n_campaigns; k++) apart += fabs(score->sum[k] / n - score->expected[k] * (double)b->n_users);
    printf("| `%s` | %.3f | %.3f | %.1f | %.1f |\n", b->methods[m]->name, held, sqrt(fmax(score->square / n - held * held, 0) / (n - 1)),
           apart / campaigns, score->half / n / campaigns);
  }
}

static bool parse(int argc, char **argv, bench *b) {
  static const struct option known[] = {{"users", required_argument, NULL, 'u'},   {"draws", required_argument, NULL, 'd'},
                                        {"many", required_argument, NULL, 'm'},    {"seed", required_argument, NULL, 's'},
                                        {"threads", required_argument, NULL, 't'}, {NULL, 0, NULL, 0}};
  for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    if (o == 'u') b->n_users = strtoull(optarg, NULL, 10);
    if (o == 'd') b->n_draws = atoi(optarg);
    if (o == 'm') b->n_many = strtoull(optarg, NULL, 10);
    if (o == 's') b->seed = strtoull(optarg, NULL, 10);
    if (o == 't') b->n_threads = atoi(optarg);
    if (o == '?') return false;
  }
  if (optind + 1 >= argc) return false;
  b->world = argv[optind++];
  for (; optind < argc && b->n_methods < MOST_METHODS; optind++) {
    if (!(b->methods[b->n_methods++] = da_method_find(argv[optind]))) return false;
  }
  return b->n_draws > 1;
}

int main(int argc, char **argv) {
  static bench b = {.n_users = 20000, .n_many = 1000000, .seed = 1, .n_draws = 20, .n_threads = 2};
  da_error err = {0};
  if (!parse(argc, argv, &b)) {
    fprintf(stderr, "usage: %s [--users N] [--draws N] [--many N] [--seed N] [--threads N] WORLD METHOD...\n", argv[0]);
    return 2;
  }
  da_status status = da_pool_open(b.n_threads, &b.pool, &err);
  if (status == DA_OK) status = expect(&b, &err);
  for (int number = 0; number < b.n_draws && status == DA_OK; number++) status = draw(&b, number, &err);
  if (status == DA_OK) print(&b);
  if (status != DA_OK) fprintf(stderr, "%s\n", err.msg);
  da_pool_close(b.pool);
  return status == DA_OK ? 0 : 1;
}
