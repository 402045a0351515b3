/* Oracle: the published table of share errors of the worlds W1 to W5 (removal truth / Shapley truth), made with another program: equal
 * shares, which know no data and so test the truth alone to its last digit, and three heuristics, which test the log as well, within
 * the scatter of one draw. And the numbers that the worlds were described with: touches and conversions a user. */
#include <math.h>

#include "simulate/simulate.h"
#include "support/testing.h"

enum { DRAWS = 5, USERS = 80000, CAMPAIGNS = 8 };
enum { EQUAL, FIRST, LAST, LINEAR, N_RULES };

typedef struct {
  const char *world;
  double removal[N_RULES], shapley[N_RULES];
} published;

static const published table[] = {
    {"W1", {.059, .080, .045, .071}, {.059, .080, .045, .071}}, {"W2", {.078, .093, .064, .085}, {.078, .093, .064, .085}},
    {"W3", {.069, .093, .049, .081}, {.065, NAN, NAN, NAN}},    {"W4", {.079, .108, .059, .094}, {.065, NAN, NAN, NAN}},
    {"W5", {.076, .101, .090, .098}, {.076, .101, .090, .098}},
};

/* Equal shares do not scatter: three digits are published. The rest scatters by .005 a draw. */
static const double tolerance[N_RULES] = {.0006, .005, .005, .005};

static void clip_to_shares(double *credit) {
  double sum = 0;
  for (int k = 0; k < CAMPAIGNS; k++) sum += credit[k] = fmax(credit[k], 0);
  for (int k = 0; k < CAMPAIGNS; k++) credit[k] /= sum;
}

static double mean_error(const double *shares, const double *truth) {
  double sum = 0;
  for (int k = 0; k < CAMPAIGNS; k++) sum += fabs(shares[k] - truth[k]);
  return sum / CAMPAIGNS;
}

/* Credit of the rules, journey by journey, straight from the rows. */
typedef struct {
  double credit[N_RULES][CAMPAIGNS];
  uint32_t path[100000];
  size_t length;
  int64_t uid;
  uint64_t n_users;
} rules;

static void follow(rules *all, const da_simulated_rows *rows) {
  for (size_t i = 0; i < rows->n; i++) {
    if (rows->uid[i] != all->uid) {
      all->length = 0;
      all->n_users++;
    }
    all->uid = rows->uid[i];
    all->path[all->length++] = rows->campaign[i];
    if (!rows->conversion[i]) continue;
    all->credit[FIRST][all->path[0]]++;
    all->credit[LAST][all->path[all->length - 1]]++;
    for (size_t j = 0; j < all->length; j++) all->credit[LINEAR][all->path[j]] += 1 / (double)all->length;
    all->length = 0;
  }
}

static void add_draw(const char *world, uint64_t seed, da_pool *pool, double *removal_error, double *shapley_error) {
  da_error err = {0};
  da_simulation *simulation = NULL;
  const da_simulation_options options = {.world = world, .n_users = USERS, .seed = seed, .truth = true};
  assert_ok(da_simulation_open(&options, pool, NULL, &simulation, &err), err);
  static rules all;
  all = (rules){.uid = -1, .credit[EQUAL] = {1, 1, 1, 1, 1, 1, 1, 1}};
  for (da_simulated_rows rows = {.n = 1}; rows.n > 0;) {
    assert_ok(da_simulation_next(simulation, &rows, &err), err);
    follow(&all, &rows);
  }
  da_truth truth;
  assert_ok(da_simulation_truth(simulation, &truth, &err), err);
  da_simulation_close(simulation);
  double touches = (double)truth.n_touches / (double)all.n_users, conversions = (double)truth.n_conversions / USERS;
  assert_true(touches > 6.3 && touches < 6.9);
  assert_true(conversions > .027 && conversions < .041);
  double removal[CAMPAIGNS], shapley[CAMPAIGNS];
  for (int k = 0; k < CAMPAIGNS; k++) {
    removal[k] = truth.campaigns[k].removal;
    shapley[k] = truth.campaigns[k].shapley;
  }
  clip_to_shares(removal);
  clip_to_shares(shapley);
  for (int rule = 0; rule < N_RULES; rule++) {
    clip_to_shares(all.credit[rule]);
    removal_error[rule] += mean_error(all.credit[rule], removal) / DRAWS;
    shapley_error[rule] += mean_error(all.credit[rule], shapley) / DRAWS;
  }
  da_truth_free(&truth);
}

static void share_errors_are_those_published(void **state) {
  (void)state;
  da_error err = {0};
  da_pool *pool = NULL;
  assert_ok(da_pool_open(0, &pool, &err), err);
  for (size_t w = 0; w < sizeof table / sizeof *table; w++) {
    double removal[N_RULES] = {0}, shapley[N_RULES] = {0};
    for (uint64_t seed = 1; seed <= DRAWS; seed++) add_draw(table[w].world, seed, pool, removal, shapley);
    for (int rule = 0; rule < N_RULES; rule++) {
      print_message("%s rule %d: published %.3f / %.3f, found %.4f / %.4f\n", table[w].world, rule, table[w].removal[rule],
                    table[w].shapley[rule], removal[rule], shapley[rule]);
      assert_true(fabs(removal[rule] - table[w].removal[rule]) < tolerance[rule]);
      if (!isnan(table[w].shapley[rule])) assert_true(fabs(shapley[rule] - table[w].shapley[rule]) < tolerance[rule]);
    }
  }
  da_pool_close(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(share_errors_are_those_published)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
