/* Oracle: every coalition of campaigns, its touches kept and the others deleted, weights computed from what is left; the Shapley
 * value by its formula over all subsets. Held campaigns: the mean over which of them are causes. */
#include "credit/incremental/coalition.h"
#include "support/incremental.h"

typedef struct {
  uint64_t n;
  uint32_t campaign[16];
  double days[16], hazard[16];
  double gamma[DA_MAX_MODULATORS];
  da_modulator_scheme scheme;
  double base;
} case_of;

static double weight_in(const case_of *c, const uint8_t *kept, uint64_t touch) {
  const da_modulator_scheme *s = &c->scheme;
  double sum = 0, last = -1, last_of[64];
  int same = 0, n_before = 0;
  for (uint32_t k = 0; k < s->n_campaigns; k++) last_of[k] = -1;
  for (uint64_t i = 0; i < touch; i++) {
    if (!kept[i]) continue;
    n_before++;
    same += c->campaign[i] == c->campaign[touch];
    last = last_of[c->campaign[i]] = c->days[i];
  }
  if (n_before == 0) return exp(c->gamma[da_modulator_first(s, c->campaign[touch])]);
  sum = -log(1 + same) * c->gamma[DA_MODULATOR_REPEAT] + exp(-(c->days[touch] - last) / s->gap_days) * c->gamma[DA_MODULATOR_GAP];
  double newest_other = -1;
  for (uint32_t k = 0; k < s->n_campaigns; k++) {
    if (k == c->campaign[touch] || last_of[k] < 0) continue;
    if (s->by_campaign) sum += c->gamma[da_modulator_recency(s, k)] * exp(-(c->days[touch] - last_of[k]) / s->recency_days);
    newest_other = fmax(newest_other, last_of[k]);
  }
  if (!s->by_campaign && newest_other >= 0) sum += c->gamma[DA_MODULATOR_OTHER] * exp(-(c->days[touch] - newest_other) / s->recency_days);
  return exp(sum);
}

/* Hazard with the players of the bit set. */
static double value_of(const case_of *c, const uint32_t *player, uint32_t coalition) {
  uint8_t kept[16];
  double sum = c->base;
  for (uint64_t i = 0; i < c->n; i++) kept[i] = (coalition >> player[i]) & 1;
  for (uint64_t i = 0; i < c->n; i++) {
    if (kept[i]) sum += c->hazard[i] * weight_in(c, kept, i);
  }
  return sum;
}

static double shapley_of(const double *value, uint32_t n, uint32_t k) {
  double sum = 0;
  for (uint32_t s = 0; s < 1u << n; s++) {
    if ((s >> k) & 1) continue;
    int size = __builtin_popcount(s);
    sum += exp(lgamma(size + 1) + lgamma((int)n - size) - lgamma(n + 1)) * (value[s | 1u << k] - value[s]);
  }
  return sum;
}

/* What every coalition is worth when its campaigns are causes with probability kept: the mean over which of them are. kept: by player. */
static void expect_causes(const double *value, const double *kept, uint32_t n, double *expected) {
  memcpy(expected, value, (1u << n) * sizeof *expected);
  for (uint32_t k = 0; k < n; k++) {
    for (uint32_t s = 0; s < 1u << n; s++) {
      if ((s >> k) & 1) expected[s] = kept[k] * expected[s] + (1 - kept[k]) * expected[s ^ 1u << k];
    }
  }
}

/* The shares of the held game from the worth of all coalitions, against those that were found. */
static void check_held(const double *value, const da_held *held, const da_shares *shares, double tolerance) {
  uint32_t n = shares->n, all = (1u << n) - 1;
  double kept[2][16], *expected[2], room = 1, asked = 0, sum = shares->baseline;
  for (uint32_t k = 0; k < n; k++) {
    const da_held *own = &held[shares->campaign[k]];
    kept[0][k] = own->shapley.kept, kept[1][k] = own->removal.kept;
    asked += fmax(own->shapley.gained, 0);
  }
  for (int m = 0; m < 2; m++) expect_causes(value, kept[m], n, expected[m] = calloc(all + 1, sizeof(double)));
  for (uint32_t k = 0; k < n; k++) room -= shapley_of(expected[0], n, k) / value[all];
  assert_near(shares->room, room, tolerance);
  for (uint32_t k = 0; k < n; k++) {
    const da_held *own = &held[shares->campaign[k]];
    double gained = room * own->shapley.gained / (asked > 1 ? asked : 1), lost = expected[1][all] - expected[1][all ^ 1u << k];
    assert_near(shares->shapley[k], shapley_of(expected[0], n, k) / value[all] + gained, tolerance);
    assert_near(shares->removal[k], lost / value[all] + room * own->removal.gained, tolerance);
    sum += shares->shapley[k];
  }
  assert_near(sum, 1, 1e-12);
  free(expected[0]), free(expected[1]);
}

/* Some campaigns are held, some gain more than there is, some lose. */
static void draw_held(da_random *random, uint32_t n_campaigns, da_held *held) {
  for (uint32_t k = 0; k < n_campaigns; k++) {
    held[k] = (da_held){{1, 0}, {1, 0}};
    if (da_random_uniform(random) < .5) held[k] = (da_held){{da_random_uniform(random), 0}, {da_random_uniform(random), 0}};
    if (da_random_uniform(random) < .3) held[k].shapley.gained = .8 - 1.2 * da_random_uniform(random);
    if (da_random_uniform(random) < .3) held[k].removal.gained = .8 - 1.2 * da_random_uniform(random);
  }
}

static case_of draw_case(da_random *random, uint32_t n_campaigns) {
  case_of c = {.n = 1 + da_random_below(random, 16), .scheme = da_modulator_scheme_for(n_campaigns, 9), .base = .01};
  double now = 0;
  for (uint64_t i = 0; i < c.n; i++) {
    now += da_random_exponential(random);
    c.days[i] = now;
    c.hazard[i] = da_random_uniform(random);
    c.campaign[i] = (uint32_t)da_random_below(random, n_campaigns < 8 ? n_campaigns : 8) + (n_campaigns > 20 ? 5 : 0);
  }
  for (uint32_t k = 0; k < c.scheme.n; k++) c.gamma[k] = .7 * da_random_normal(random);
  return c;
}

static void hazard_games_agree_with_all_coalitions(void **state) {
  (void)state;
  da_error err = {0};
  da_random random;
  da_random_init(&random, 4, 4);
  const uint32_t n_campaigns[] = {1, 3, 8, 30}; /* the last: shared modulators */
  for (int trial = 0; trial < 120; trial++) {
    case_of c = draw_case(&random, n_campaigns[trial % 4]);
    da_coalition_space space;
    const da_shares *shares;
    assert_ok(da_coalition_space_init(n_campaigns[trial % 4], &space, &err), err);
    da_held held[30];
    da_hazard_game game = {c.n, c.campaign, c.days, c.hazard, c.base, &c.scheme, c.gamma, NULL};
    assert_ok(da_coalition_hazard(&game, &space, &shares, &err), err);
    double *value = calloc(1u << shares->n, sizeof *value), sum = shares->baseline;
    uint32_t all = (1u << shares->n) - 1;
    for (uint32_t s = 0; s <= all; s++) value[s] = value_of(&c, shares->player, s);
    for (uint32_t k = 0; k < shares->n; k++) {
      assert_near(shares->shapley[k], shapley_of(value, shares->n, k) / value[all], 1e-11);
      assert_near(shares->removal[k], (value[all] - value[all ^ 1u << k]) / value[all], 1e-11);
      sum += shares->shapley[k];
    }
    assert_near(sum, 1, 1e-12);
    assert_near(shares->baseline, c.base / value[all], 1e-11);
    draw_held(&random, n_campaigns[trial % 4], held);
    game.held = held;
    assert_ok(da_coalition_hazard(&game, &space, &shares, &err), err);
    check_held(value, held, shares, 1e-11);
    free(value);
    da_coalition_space_free(&space);
  }
}

static void product_games_agree_with_all_coalitions(void **state) {
  (void)state;
  da_error err = {0};
  da_random random;
  da_random_init(&random, 5, 5);
  da_coalition_space space;
  assert_ok(da_coalition_space_init(10, &space, &err), err);
  for (int trial = 0; trial < 60; trial++) {
    uint32_t campaign[16];
    double factor[16], part = 0;
    uint64_t n = 1 + da_random_below(&random, 16);
    for (uint64_t i = 0; i < n; i++) campaign[i] = (uint32_t)da_random_below(&random, 10), factor[i] = da_random_normal(&random);
    const da_shares *shares;
    assert_ok(da_coalition_product(n, campaign, factor, NULL, &space, &shares, &err), err);
    double value[1 << 10];
    for (uint32_t s = 0; s < 1u << shares->n; s++) {
      double absent = 0;
      for (uint64_t i = 0; i < n; i++) absent += (s >> shares->player[i]) & 1 ? 0 : factor[i];
      value[s] = exp(-absent);
    }
    for (uint32_t k = 0; k < shares->n; k++) assert_near(shares->shapley[k], shapley_of(value, shares->n, k), 1e-9 * (1 + value[0]));
    assert_near(shares->baseline, value[0], 1e-9 * (1 + value[0]));
    for (uint64_t i = 0; i < n; i++) part += shares->touch_part[i];
    assert_near(part, shares->n, 1e-12);
    da_held held[10];
    draw_held(&random, 10, held);
    assert_ok(da_coalition_product(n, campaign, factor, held, &space, &shares, &err), err);
    check_held(value, held, shares, 1e-9 * (1 + value[0]));
  }
  da_coalition_space_free(&space);
}

/* 60 campaigns: more than 16 nodes are exact for. The parts must still add up to what the campaigns did together. */
static void many_campaigns_add_up(void **state) {
  (void)state;
  da_error err = {0};
  da_random random;
  da_random_init(&random, 6, 6);
  uint32_t campaign[60];
  double days[60], hazard[60], total = .5;
  da_modulator_scheme scheme = da_modulator_scheme_for(60, 9);
  double gamma[4] = {.5, -1, 1.2, .8};
  for (uint32_t i = 0; i < 60; i++) campaign[i] = i, days[i] = i * .3, hazard[i] = da_random_uniform(&random);
  da_hazard_game game = {60, campaign, days, hazard, .5, &scheme, gamma, NULL};
  da_coalition_space space;
  const da_shares *shares;
  assert_ok(da_coalition_space_init(60, &space, &err), err);
  assert_ok(da_coalition_hazard(&game, &space, &shares, &err), err);
  for (uint32_t i = 0; i < 60; i++) {
    double fade_gap = i ? exp(-.3 / scheme.gap_days) : 0, fade = i ? exp(-.3 / scheme.recency_days) : 0;
    total += hazard[i] * exp(gamma[1] * fade_gap + gamma[2] * fade + (i ? 0 : gamma[3]));
  }
  assert_near(shares->baseline, .5 / total, 1e-6 * .5 / total); /* 1 - sum of the Shapley values */
  da_coalition_space_free(&space);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hazard_games_agree_with_all_coalitions),
      cmocka_unit_test(product_games_agree_with_all_coalitions),
      cmocka_unit_test(many_campaigns_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
