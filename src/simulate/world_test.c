/* Oracle: the text of the worlds, its numbers repeated here by the rule that made each table from the first; probabilities that sum to 1. */
#include "simulate/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/testing.h"

static const da_world *find_world(const char *name, da_arena *arena) {
  da_error err = {0};
  const da_world *world = NULL;
  assert_ok(da_world_find(name, arena, &world, &err), err);
  assert_string_equal(world->name, name);
  return world;
}

static void assert_distribution(const double *p, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    assert_true(p[i] >= 0);
    sum += p[i];
  }
  assert_true(fabs(sum - 1) < 1e-12);
}

static void check_world(const da_world *world) {
  assert_true(world->n_campaigns > 0);
  for (size_t k = 0; k < world->n_campaigns; k++) {
    const da_world_campaign *campaign = &world->campaigns[k];
    assert_true(campaign->tau_days >= DA_WORLD_MIN_TAU_DAYS && isfinite(campaign->tau_days));
    assert_true(campaign->effect >= 0 && isfinite(campaign->effect));
    assert_true(world->n_segments > 0 || campaign->rate > 0);
    for (size_t other = 0; other < k; other++) assert_string_not_equal(campaign->name, world->campaigns[other].name);
  }
  double shares[16];
  for (size_t s = 0; s < world->n_segments; s++) {
    const da_world_segment *segment = &world->segments[s];
    shares[s] = segment->share;
    assert_true(segment->stop > 0 && segment->stop < 1 && segment->mean_gap_days > 0);
    assert_distribution(segment->entry, world->n_campaigns);
    for (size_t k = 0; k < world->n_campaigns; k++) assert_distribution(segment->next + k * world->n_campaigns, world->n_campaigns);
  }
  if (world->n_segments > 0) assert_distribution(shares, world->n_segments);
}

static void every_world_makes_sense(void **state) {
  (void)state;
  da_arena arena = {0};
  size_t n;
  const da_world *tables = da_world_tables(&n);
  assert_int_equal(n, 6);
  for (size_t i = 0; i < n; i++) check_world(find_world(tables[i].name, &arena));
  check_world(find_world("W200", &arena));
  for (int number = 0; number < 300; number++) {
    char name[32];
    snprintf(name, sizeof name, "hazard:%d", number);
    check_world(find_world(name, &arena));
    snprintf(name, sizeof name, "machine:%d", number);
    check_world(find_world(name, &arena));
    snprintf(name, sizeof name, "burst:%d", number);
    check_world(find_world(name, &arena));
  }
  da_arena_free(&arena);
}

static void tables_follow_their_rules(void **state) {
  (void)state;
  da_arena arena = {0};
  const double rate[8] = {1.2, 1.0, .9, .6, .6, .4, .4, .8}, effect[8] = {2, 1, 4, 8, 5, 12, 10, 0}, tau[8] = {5, 2, 4, 7, 1, .5, .25, 1};
  for (int w = 1; w <= 5; w++) {
    char name[4] = {'W', (char)('0' + w), 0};
    const da_world *world = find_world(name, &arena);
    assert_int_equal(world->n_campaigns, 8);
    for (size_t k = 0; k < 8; k++) {
      const da_world_campaign *campaign = &world->campaigns[k];
      bool brand = strcmp(campaign->name, "brand_search") == 0, captured = brand && (w == 2 || w == 5);
      double wanted = (captured ? 1 : effect[k]) * (w == 4 ? 1.3 : 1) / 1000;
      assert_true(fabs(campaign->effect - wanted) < 1e-15);
      assert_true(campaign->rate == rate[k] && campaign->tau_days == tau[k]);
      bool demanded = brand || strcmp(campaign->name, "retarget") == 0, email = strcmp(campaign->name, "email") == 0;
      assert_true(campaign->demand == (w != 2 ? 0 : demanded ? .9 : email ? .3 : 0));
      assert_true(campaign->burst_touches == (w != 5 || !demanded ? 0 : brand ? 1.2 : .8));
    }
    assert_string_equal(world->campaigns[3].name, "video");
    assert_true(world->hazard.base == (w == 2 ? .018 : .010));
  }
  da_arena_free(&arena);
}

static void many_campaigns_are_zipf_and_some_do_nothing(void **state) {
  (void)state;
  da_arena arena = {0};
  const da_world *world = find_world("W200", &arena);
  assert_int_equal(world->n_campaigns, 200);
  double touches = 0;
  int n_zero = 0;
  for (size_t k = 0; k < 200; k++) {
    touches += world->campaigns[k].rate;
    n_zero += world->campaigns[k].effect == 0;
    assert_true(fabs(world->campaigns[k].rate * (double)(k + 1) / world->campaigns[0].rate - 1) < 1e-12);
  }
  assert_true(fabs(touches - 5.9) < 1e-12);
  assert_true(n_zero > 15 && n_zero < 45);
  da_arena_free(&arena);
}

static void a_number_gives_the_same_world_every_time(void **state) {
  (void)state;
  da_arena arena = {0};
  const char *const names[] = {"hazard:7", "machine:7", "burst:7"};
  for (int i = 0; i < 3; i++) {
    const da_world *one = find_world(names[i], &arena), *two = find_world(names[i], &arena);
    assert_int_equal(one->n_campaigns, two->n_campaigns);
    assert_int_equal(one->n_segments, two->n_segments);
    for (size_t k = 0; k < one->n_campaigns; k++) {
      assert_true(one->campaigns[k].effect == two->campaigns[k].effect && one->campaigns[k].tau_days == two->campaigns[k].tau_days);
    }
  }
  assert_true(find_world("hazard:7", &arena)->campaigns[0].tau_days != find_world("hazard:8", &arena)->campaigns[0].tau_days);
  da_arena_free(&arena);
}

static void unknown_worlds_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  da_arena arena = {0};
  const char *const names[] = {"", "W6", "w1", "W1 ", "hazard:", "hazard:-1", "hazard:x", "hazard:1x", "machine:99999999999999999999999"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const da_world *world = NULL;
    assert_fails_with(da_world_find(names[i], &arena, &world, &err), DA_ERR_ARG, err, "W1, W2");
    assert_null(world);
  }
  da_arena_free(&arena);
}

static void missing_memory_is_said(void **state) {
  (void)state;
  const char *const names[] = {"W200", "hazard:3", "machine:3"};
  for (int i = 0; i < 3; i++) {
    da_error err = {0};
    da_arena arena = {0};
    const da_world *world = NULL;
    da_mem_fail_at(1);
    assert_fails_with(da_world_find(names[i], &arena, &world, &err), DA_ERR_MEM, err, "world");
    da_arena_free(&arena);
  }
  da_mem_fail_at(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_world_makes_sense),
      cmocka_unit_test(tables_follow_their_rules),
      cmocka_unit_test(many_campaigns_are_zipf_and_some_do_nothing),
      cmocka_unit_test(a_number_gives_the_same_world_every_time),
      cmocka_unit_test(unknown_worlds_are_refused),
      cmocka_unit_test(missing_memory_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
