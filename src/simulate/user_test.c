/* Oracles: the naive twin of user_naive.h on every coalition; the hazard of world.h integrated numerically; the closed form of additive
 * worlds with small effects; conversions counted over many re-rolls of the same users; the means and variances that the rates imply. */
#include "simulate/user.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/user_naive.h"
#include "support/testing.h"

static const char *const table_names[] = {"W1", "W2", "W3", "W4", "W5", "S1"};
enum { N_TABLES = 6, MAX_CAMPAIGNS = 200 };

static const da_world *find_world(const char *name, da_arena *arena) {
  da_error err = {0};
  const da_world *world = NULL;
  assert_ok(da_world_find(name, arena, &world, &err), err);
  return world;
}

static void draw(da_user *user, uint64_t seed, uint64_t number) {
  da_error err = {0};
  da_random random;
  assert_ok(da_user_draw(user, seed, number, &random, &err), err);
}

static void keep(uint8_t *kept, size_t n, uint64_t coalition) {
  for (size_t p = 0; p < n; p++) kept[p] = (coalition >> p) & 1;
}

static void check_all_coalitions(const da_world *world, bool cut, uint64_t n_users) {
  da_error err = {0};
  da_user user;
  uint8_t kept[MAX_CAMPAIGNS];
  assert_ok(da_user_init(&user, world, cut, &err), err);
  for (uint64_t number = 0; number < n_users; number++) {
    draw(&user, 5, number);
    for (uint64_t coalition = 0; user.n_touches > 0 && coalition < UINT64_C(1) << user.n_players; coalition++) {
      keep(kept, user.n_players, coalition);
      double found = da_user_value(&user, kept, NULL), wanted = naive_value(&user, kept);
      if (fabs(found - wanted) > 1e-11) {
        fail_msg("%s, user %d, coalition %x: expected %.17g but found %.17g", world->name, (int)number, (unsigned)coalition, wanted, found);
      }
    }
  }
  da_user_free(&user);
}

static void every_coalition_is_worth_what_the_twin_says(void **state) {
  (void)state;
  da_arena arena = {0};
  for (int w = 0; w < N_TABLES; w++) {
    check_all_coalitions(find_world(table_names[w], &arena), false, 150);
    check_all_coalitions(find_world(table_names[w], &arena), true, 150);
  }
  for (int number = 0; number < 12; number++) {
    char name[32];
    snprintf(name, sizeof name, number % 3 ? "hazard:%d" : "machine:%d", number);
    check_all_coalitions(find_world(name, &arena), false, 15);
  }
  da_arena_free(&arena);
}

/* Everything that brings conversions times thirty, so that journeys with several conversions are common. */
static void users_who_convert_often_agree_with_the_twin(void **state) {
  (void)state;
  da_arena arena = {0};
  for (int w = 0; w < 5; w++) {
    da_world world = *find_world(table_names[w], &arena);
    da_world_campaign campaigns[8];
    memcpy(campaigns, world.campaigns, sizeof campaigns);
    for (int k = 0; k < 8; k++) campaigns[k].effect *= 30;
    world.campaigns = campaigns;
    world.hazard.base *= 30;
    check_all_coalitions(&world, false, 60);
    check_all_coalitions(&world, true, 60);
  }
  da_arena_free(&arena);
}

static void intervals_integrate_the_hazard(void **state) {
  (void)state;
  enum { STEPS = 4000 };
  da_error err = {0};
  da_arena arena = {0};
  uint8_t kept[MAX_CAMPAIGNS];
  for (int w = 0; w < 5; w++) {
    da_user user;
    assert_ok(da_user_init(&user, find_world(table_names[w], &arena), false, &err), err);
    for (uint64_t number = 0; number < 12; number++) {
      draw(&user, 9, number);
      if (user.n_touches == 0) continue;
      for (size_t i = 0; i < user.n_touches; i++) user.touches[i].patience = INFINITY; /* one journey */
      keep(kept, user.n_players, ~(number % 3));
      double sum = 0;
      for (size_t i = 0; i < user.n_touches; i++) {
        double from = naive_days(&user, i), step = (naive_days(&user, i + 1) - from) / STEPS, integral = 0;
        for (int s = 0; s < STEPS; s++) integral += step * naive_hazard(&user, kept, 0, i, from + (s + .5) * step);
        sum += 1 - exp(-integral);
      }
      double at_edges = user.world->hazard.burst_hazard_per_day * DA_WORLD_DAYS / STEPS; /* where a burst begins and ends */
      assert_true(fabs(sum - da_user_value(&user, kept, NULL)) < 1e-5 + at_edges);
    }
    da_user_free(&user);
  }
  da_arena_free(&arena);
}

static void small_additive_effects_have_a_closed_form(void **state) {
  (void)state;
  da_error err = {0};
  da_arena arena = {0};
  da_world world = *find_world("W1", &arena);
  da_world_campaign campaigns[8];
  memcpy(campaigns, world.campaigns, sizeof campaigns);
  for (int k = 0; k < 8; k++) campaigns[k].effect *= 1e-5;
  world.campaigns = campaigns;
  world.hazard.base = 0;
  da_user user;
  assert_ok(da_user_init(&user, &world, false, &err), err);
  for (uint64_t number = 0; number < 500; number++) {
    draw(&user, 2, number);
    double wanted[8] = {0};
    for (size_t i = 0; i < user.n_touches; i++) {
      const da_world_campaign *campaign = &campaigns[user.touches[i].campaign];
      wanted[user.touches[i].campaign] += campaign->effect * (1 - exp(-(DA_WORLD_DAYS - naive_days(&user, i)) / campaign->tau_days));
    }
    for (size_t p = 0; p < user.n_players; p++) {
      uint8_t kept[8];
      keep(kept, 8, 0xff);
      double all = da_user_value(&user, kept, NULL);
      kept[p] = 0;
      double removal = all - da_user_value(&user, kept, NULL);
      assert_true(fabs(removal - wanted[user.players[p]]) <= 1e-4 * wanted[user.players[p]] + 1e-15);
    }
  }
  da_user_free(&user);
  da_arena_free(&arena);
}

/* The summed probabilities of a coalition are the conversions that it would get: each user drawn over and over. */
static void values_are_the_mean_of_rerolled_conversions(void **state) {
  (void)state;
  enum { USERS = 25, ROLLS = 4000 };
  da_error err = {0};
  da_arena arena = {0};
  da_random random;
  da_random_init(&random, 77, 0);
  for (int w = 0; w < 5; w++) {
    da_world world = *find_world(table_names[w], &arena);
    world.hazard.base *= 20;
    da_user user;
    assert_ok(da_user_init(&user, &world, w == 0, &err), err);
    double difference = 0, squares = 0, n = 0, total = 0;
    for (uint64_t number = 0; number < USERS; number++) {
      draw(&user, 4, number);
      uint8_t kept[8];
      keep(kept, 8, da_random_below(&random, 256));
      for (int roll = 0; user.n_touches > 0 && roll < ROLLS; roll++) {
        for (size_t i = 0; i < user.n_touches; i++) user.touches[i].patience = da_random_exponential(&random);
        int n_conversions;
        naive_hazard_value(&user, kept, &n_conversions);
        double x = n_conversions - da_user_value(&user, kept, NULL);
        difference += x;
        squares += x * x;
        total += n_conversions;
        n++;
      }
    }
    assert_true(total > 1000);
    assert_true(fabs(difference) < 5 * sqrt(squares));
    da_user_free(&user);
  }
  da_arena_free(&arena);
}

static void the_log_is_the_coalition_of_all(void **state) {
  (void)state;
  da_error err = {0};
  da_arena arena = {0};
  uint8_t kept[MAX_CAMPAIGNS], converted[2000];
  memset(kept, 1, sizeof kept);
  for (int w = 0; w < N_TABLES; w++) {
    da_user user;
    assert_ok(da_user_init(&user, find_world(table_names[w], &arena), false, &err), err);
    int n_found = 0, n_wanted = 0;
    for (uint64_t number = 0; number < 3000; number++) {
      draw(&user, 8, number);
      da_user_value(&user, kept, converted);
      for (size_t i = 0; i < user.n_touches; i++) {
        n_found += converted[i];
        if (i > 0) assert_true(user.touches[i].time_s >= user.touches[i - 1].time_s);
        if (user.world->n_segments > 0) assert_true(i + 1 == user.n_touches || !converted[i]);
      }
      int n = 0;
      if (user.world->n_segments > 0) {
        n = user.touches[user.n_touches - 1].patience < -log1p(-naive_machine_value(&user, kept));
      } else {
        naive_hazard_value(&user, kept, &n);
      }
      n_wanted += n;
    }
    assert_int_equal(n_found, n_wanted);
    assert_true(n_found > 50);
    da_user_free(&user);
  }
  da_arena_free(&arena);
}

/* Touches of campaign k a user: mean rate (bursts added), variance by the law of total variance where demand plays no part. */
static void touches_follow_the_rates(void **state) {
  (void)state;
  enum { USERS = 40000 };
  da_error err = {0};
  da_arena arena = {0};
  for (int w = 0; w < 5; w++) {
    const da_world *world = find_world(table_names[w], &arena);
    da_user user;
    assert_ok(da_user_init(&user, world, false, &err), err);
    double sum[8] = {0}, squares[8] = {0}, time = 0, n_touches = 0;
    for (uint64_t number = 0; number < USERS; number++) {
      draw(&user, 3, number);
      double n[8] = {0};
      for (size_t i = 0; i < user.n_touches; i++) {
        n[user.touches[i].campaign]++;
        assert_true(user.touches[i].time_s >= 0 && user.touches[i].time_s < DA_WORLD_DAYS * DA_WORLD_DAY_S);
        time += naive_days(&user, i);
      }
      n_touches += (double)user.n_touches;
      for (int k = 0; k < 8; k++) {
        sum[k] += n[k];
        squares[k] += n[k] * n[k];
      }
    }
    assert_true(fabs(time / n_touches - DA_WORLD_DAYS / 2.0) < .1);
    for (int k = 0; k < 8; k++) {
      const da_world_campaign *campaign = &world->campaigns[k];
      double mean = campaign->rate + world->hazard.burst_share * campaign->burst_touches;
      double variance = squares[k] / USERS - sum[k] / USERS * (sum[k] / USERS);
      assert_true(fabs(sum[k] / USERS - mean) < 5 * sqrt(variance / USERS));
      if (campaign->demand == 0 && campaign->burst_touches == 0) {
        assert_true(fabs(variance / (mean + mean * mean / DA_WORLD_ACTIVITY_SHAPE) - 1) < .06);
      }
    }
    da_user_free(&user);
  }
  da_arena_free(&arena);
}

/* S1: entries and lengths by segment, told apart by the intercept. */
static void walks_follow_their_segment(void **state) {
  (void)state;
  enum { USERS = 40000 };
  da_error err = {0};
  da_arena arena = {0};
  const da_world *world = find_world("S1", &arena);
  da_user user;
  assert_ok(da_user_init(&user, world, false, &err), err);
  double n[3] = {0}, touches[3] = {0}, entries[3][6] = {{0}}, steps[6] = {0}, from_display = 0;
  for (uint64_t number = 0; number < USERS; number++) {
    draw(&user, 6, number);
    size_t s = 0;
    while (world->segments[s].intercept != user.intercept) s++;
    n[s]++;
    touches[s] += (double)user.n_touches;
    entries[s][user.touches[0].campaign]++;
    for (size_t i = 1; s == 0 && i < user.n_touches; i++) {
      if (user.touches[i - 1].campaign != 0) continue;
      steps[user.touches[i].campaign]++;
      from_display++;
    }
  }
  for (size_t s = 0; s < 3; s++) {
    const da_world_segment *segment = &world->segments[s];
    double p = segment->share;
    assert_true(fabs(n[s] / USERS - p) < 5 * sqrt(p * (1 - p) / USERS));
    assert_true(fabs(touches[s] / n[s] * segment->stop - 1) < 5 / sqrt(n[s])); /* geometric: mean 1/stop, sd below it */
    for (size_t k = 0; k < 6; k++) assert_true(fabs(entries[s][k] / n[s] - segment->entry[k]) < 2.5 / sqrt(n[s]));
  }
  for (size_t k = 0; k < 6; k++) assert_true(fabs(steps[k] / from_display - world->segments[0].next[k]) < 2.5 / sqrt(from_display));
  da_user_free(&user);
  da_arena_free(&arena);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* No two users share their random numbers, nor do two seeds. */
static void every_user_has_a_stream_of_its_own(void **state) {
  (void)state;
  enum { USERS = 20000, SEEDS = 2 };
  da_error err = {0};
  da_arena arena = {0};
  da_user user;
  assert_ok(da_user_init(&user, find_world("S1", &arena), false, &err), err);
  static double patience[SEEDS * USERS];
  for (uint64_t i = 0; i < SEEDS * USERS; i++) {
    draw(&user, i / USERS, i % USERS);
    patience[i] = user.touches[0].patience;
  }
  qsort(patience, SEEDS * USERS, sizeof *patience, compare_doubles);
  for (int i = 1; i < SEEDS * USERS; i++) assert_true(patience[i] != patience[i - 1]);
  da_user_free(&user);
  da_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_coalition_is_worth_what_the_twin_says),
      cmocka_unit_test(users_who_convert_often_agree_with_the_twin),
      cmocka_unit_test(intervals_integrate_the_hazard),
      cmocka_unit_test(small_additive_effects_have_a_closed_form),
      cmocka_unit_test(values_are_the_mean_of_rerolled_conversions),
      cmocka_unit_test(the_log_is_the_coalition_of_all),
      cmocka_unit_test(touches_follow_the_rates),
      cmocka_unit_test(walks_follow_their_segment),
      cmocka_unit_test(every_user_has_a_stream_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
