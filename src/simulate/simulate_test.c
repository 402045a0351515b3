/* Oracles: the naive twin over all 2^8 coalitions of the world's campaigns, user by user; the Shapley value from its formula with
 * factorials; one thread for any number of threads. */
#include "simulate/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulate/user_naive.h"
#include "support/testing.h"

/* A whole log in memory. */
typedef struct {
  size_t n, capacity;
  int64_t *uid, *timestamp_s;
  uint32_t *campaign;
  uint8_t *conversion;
  da_truth truth;
} log_rows;

static void take(log_rows *log, const da_simulated_rows *rows) {
  if (log->n + rows->n > log->capacity) {
    log->capacity = 2 * (log->n + rows->n);
    log->uid = realloc(log->uid, log->capacity * sizeof *log->uid);
    log->timestamp_s = realloc(log->timestamp_s, log->capacity * sizeof *log->timestamp_s);
    log->campaign = realloc(log->campaign, log->capacity * sizeof *log->campaign);
    log->conversion = realloc(log->conversion, log->capacity * sizeof *log->conversion);
  }
  memcpy(log->uid + log->n, rows->uid, rows->n * sizeof *rows->uid);
  memcpy(log->timestamp_s + log->n, rows->timestamp_s, rows->n * sizeof *rows->timestamp_s);
  memcpy(log->campaign + log->n, rows->campaign, rows->n * sizeof *rows->campaign);
  memcpy(log->conversion + log->n, rows->conversion, rows->n * sizeof *rows->conversion);
  log->n += rows->n;
}

static void free_log(log_rows *log) {
  free(log->uid), free(log->timestamp_s), free(log->campaign), free(log->conversion);
  da_truth_free(&log->truth);
  *log = (log_rows){0};
}

static da_status run(const da_simulation_options *options, int n_threads, const da_monitor *monitor, log_rows *log, da_error *err) {
  da_pool *pool = NULL;
  da_simulation *simulation = NULL;
  *log = (log_rows){0};
  da_status status = n_threads > 0 ? da_pool_open(n_threads, &pool, err) : DA_OK;
  if (status == DA_OK) status = da_simulation_open(options, pool, monitor, &simulation, err);
  for (da_simulated_rows rows = {.n = 1}; status == DA_OK && rows.n > 0;) {
    status = da_simulation_next(simulation, &rows, err);
    if (status == DA_OK && rows.n > 0) take(log, &rows);
  }
  if (status == DA_OK) status = da_simulation_truth(simulation, &log->truth, err);
  da_simulation_close(simulation);
  da_pool_close(pool);
  if (status != DA_OK) free_log(log);
  return status;
}

static log_rows must_run(const da_simulation_options *options, int n_threads) {
  da_error err = {0};
  log_rows log;
  assert_ok(run(options, n_threads, NULL, &log, &err), err);
  return log;
}

static void assert_same(const log_rows *a, const log_rows *b) {
  assert_int_equal(a->n, b->n);
  assert_memory_equal(a->uid, b->uid, a->n * sizeof *a->uid);
  assert_memory_equal(a->timestamp_s, b->timestamp_s, a->n * sizeof *a->timestamp_s);
  assert_memory_equal(a->campaign, b->campaign, a->n * sizeof *a->campaign);
  assert_memory_equal(a->conversion, b->conversion, a->n);
  da_text one = {0}, two = {0};
  da_truth_print(&a->truth, &one);
  da_truth_print(&b->truth, &two);
  assert_string_equal(da_text_cstr(&one), da_text_cstr(&two));
  da_text_free(&one);
  da_text_free(&two);
}

static void the_same_bytes_at_any_number_of_threads(void **state) {
  (void)state;
  const char *const worlds[] = {"W3", "W5", "S1", "W200"};
  for (int w = 0; w < 4; w++) {
    da_simulation_options options = {.world = worlds[w], .n_users = w == 3 ? 2100 : 5000, .seed = 3, .truth = true};
    log_rows one = must_run(&options, 0);
    for (int n_threads = 2; n_threads <= 3; n_threads++) {
      log_rows more = must_run(&options, n_threads);
      assert_same(&one, &more);
      free_log(&more);
    }
    options.truth = false;
    log_rows without = must_run(&options, 2);
    assert_int_equal(without.n, one.n);
    assert_memory_equal(without.conversion, one.conversion, one.n);
    assert_null(without.truth.coalitions);
    options.seed = 4;
    log_rows other = must_run(&options, 2);
    assert_true(other.n != one.n || memcmp(other.timestamp_s, one.timestamp_s, one.n * sizeof *one.timestamp_s) != 0);
    free_log(&one), free_log(&without), free_log(&other);
  }
}

/* The first users of a log do not depend on how many follow. */
static void a_longer_log_begins_with_the_shorter(void **state) {
  (void)state;
  da_simulation_options options = {.world = "W2", .n_users = 1500, .seed = 9};
  log_rows brief = must_run(&options, 1);
  options.n_users = 30000;
  log_rows full = must_run(&options, 2);
  assert_true(full.n > brief.n && full.uid[brief.n] >= 1500);
  assert_memory_equal(full.uid, brief.uid, brief.n * sizeof *brief.uid);
  assert_memory_equal(full.conversion, brief.conversion, brief.n);
  free_log(&brief), free_log(&full);
}

static void rows_are_in_order_and_counted(void **state) {
  (void)state;
  const char *const worlds[] = {"W1", "W4", "S1"};
  for (int w = 0; w < 3; w++) {
    da_simulation_options options = {.world = worlds[w], .n_users = 20000, .seed = 2};
    log_rows log = must_run(&options, 2);
    uint64_t touches[8] = {0}, n_conversions = 0;
    for (size_t i = 0; i < log.n; i++) {
      touches[log.campaign[i]]++;
      n_conversions += log.conversion[i];
      assert_true(log.timestamp_s[i] >= DA_WORLD_START_S);
      if (w < 2) assert_true(log.timestamp_s[i] < DA_WORLD_START_S + DA_WORLD_DAYS * DA_WORLD_DAY_S);
      if (i == 0) continue;
      assert_true(log.uid[i] >= log.uid[i - 1]);
      if (log.uid[i] == log.uid[i - 1]) assert_true(log.timestamp_s[i] >= log.timestamp_s[i - 1]);
    }
    assert_int_equal(log.truth.n_touches, log.n);
    assert_int_equal(log.truth.n_conversions, n_conversions);
    assert_true(n_conversions > 400 && n_conversions < 1800);
    for (size_t k = 0; k < log.truth.n_campaigns; k++) assert_int_equal(log.truth.campaigns[k].touches, touches[k]);
    free_log(&log);
  }
}

static void a_cut_log_ends_with_the_first_conversion(void **state) {
  (void)state;
  da_simulation_options options = {.world = "W1", .n_users = 20000, .seed = 2};
  log_rows whole = must_run(&options, 2);
  options.cut = true;
  log_rows cut = must_run(&options, 2);
  size_t n = 0;
  for (size_t i = 0; i < whole.n; i++) {
    bool ended = false;
    for (size_t j = i; j > 0 && whole.uid[j - 1] == whole.uid[i]; j--) ended = ended || whole.conversion[j - 1];
    if (ended) continue;
    assert_true(n < cut.n);
    assert_true(cut.uid[n] == whole.uid[i] && cut.timestamp_s[n] == whole.timestamp_s[i]);
    assert_true(cut.campaign[n] == whole.campaign[i] && cut.conversion[n] == whole.conversion[i]);
    n++;
  }
  assert_int_equal(n, cut.n);
  assert_true(cut.n < whole.n);
  free_log(&whole), free_log(&cut);
}

static double factorial(size_t n) { return n == 0 ? 1 : (double)n * factorial(n - 1); }

/* Every coalition of the world's campaigns, user by user, by the twin; then removal and Shapley from these totals. */
static void check_truth(const char *name, bool cut) {
  enum { USERS = 120, MOST = 8 };
  da_error err = {0};
  da_simulation_options options = {.world = name, .n_users = USERS, .seed = 12, .cut = cut, .truth = true};
  log_rows log = must_run(&options, 2);
  da_arena arena = {0};
  const da_world *world;
  da_user user;
  assert_ok(da_world_find(name, &arena, &world, &err), err);
  assert_ok(da_user_init(&user, world, cut, &err), err);
  size_t n = world->n_campaigns, all = ((size_t)1 << n) - 1;
  double values[1 << MOST] = {0}, unlogged = 0;
  for (uint64_t number = 0; number < USERS; number++) {
    da_random random;
    assert_ok(da_user_draw(&user, 12, number, &random, &err), err);
    unlogged += da_user_unlogged(&user);
    for (size_t coalition = 0; user.n_touches > 0 && coalition <= all; coalition++) {
      uint8_t kept[MOST];
      for (size_t p = 0; p < user.n_players; p++) kept[p] = (coalition >> user.players[p]) & 1;
      values[coalition] += naive_value(&user, kept);
    }
  }
  const da_truth *truth = &log.truth;
  double tolerance = 1e-9;
  assert_int_equal(truth->n_campaigns, n);
  for (size_t c = 0; c <= all; c++) assert_true(fabs(truth->coalitions[c] - values[c]) < tolerance);
  assert_true(fabs(truth->expected - values[all]) < tolerance && fabs(truth->baseline - values[0]) < tolerance);
  assert_true(fabs(truth->unlogged - unlogged) < tolerance);
  for (size_t k = 0; k < n; k++) {
    size_t self = (size_t)1 << k;
    double shapley = 0;
    for (size_t c = 0; c <= all; c++) {
      if (c & self) continue;
      size_t s = (size_t)__builtin_popcountll(c);
      shapley += factorial(s) * factorial(n - 1 - s) / factorial(n) * (values[c | self] - values[c]);
    }
    assert_true(fabs(truth->campaigns[k].removal - (values[all] - values[all ^ self])) < tolerance);
    assert_true(fabs(truth->campaigns[k].shapley - shapley) < tolerance);
    assert_true(truth->campaigns[k].shapley_se == 0);
    assert_string_equal(truth->campaigns[k].name, world->campaigns[k].name);
  }
  da_user_free(&user);
  da_arena_free(&arena);
  free_log(&log);
}

static void truth_is_what_the_twin_finds_in_all_coalitions(void **state) {
  (void)state;
  const char *const worlds[] = {"W1", "W2", "W3", "W4", "W5", "S1"};
  for (int w = 0; w < 6; w++) {
    check_truth(worlds[w], false);
    check_truth(worlds[w], true);
  }
}

/* The drawn conversions scatter around those expected, a campaign without effect is worth nothing where effects add, and the parts sum. */
static void truth_adds_up(void **state) {
  (void)state;
  const char *const worlds[] = {"W1", "W2", "W3", "W4", "W5", "S1", "W200"};
  for (int w = 0; w < 7; w++) {
    da_simulation_options options = {.world = worlds[w], .n_users = w == 6 ? 2000 : 6000, .seed = 1, .truth = true};
    log_rows log = must_run(&options, 2);
    const da_truth *truth = &log.truth;
    double sum = 0, sampled = 0;
    for (size_t k = 0; k < truth->n_campaigns; k++) {
      sum += truth->campaigns[k].shapley;
      sampled += truth->campaigns[k].shapley_se;
      bool idle = strcmp(truth->campaigns[k].name, "retarget") == 0 && w != 3;
      if (idle) assert_true(fabs(truth->campaigns[k].removal) < 1e-9 && fabs(truth->campaigns[k].shapley) < 1e-9);
    }
    assert_true(fabs(sum - (truth->expected - truth->baseline)) < 1e-9);
    assert_true(fabs((double)truth->n_conversions - truth->expected) < 5 * sqrt(truth->expected));
    assert_true(w == 6 ? sampled > 0 && sampled < .01 * sum : sampled == 0);
    free_log(&log);
  }
}

static void absurd_options_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  log_rows log;
  da_simulation_options options = {.world = "W1"};
  assert_fails_with(run(&options, 1, NULL, &log, &err), DA_ERR_ARG, err, "--users");
  options = (da_simulation_options){.world = "W9", .n_users = 1};
  assert_fails_with(run(&options, 1, NULL, &log, &err), DA_ERR_ARG, err, "W9");
  options = (da_simulation_options){.world = "W1", .n_users = 1, .seed = UINT64_MAX, .truth = true};
  for (; options.n_users < 5; options.n_users++) { /* also where nobody has a touch */
    assert_ok(run(&options, 1, NULL, &log, &err), err);
    free_log(&log);
  }
}

static bool at_once(void *context) {
  int *calls = context;
  return ++*calls > 1;
}

static void a_simulation_can_be_interrupted(void **state) {
  (void)state;
  da_error err = {0};
  log_rows log;
  int calls = 0;
  da_monitor monitor = {.interrupted = at_once, .context = &calls};
  da_simulation_options options = {.world = "W1", .n_users = 100000000};
  assert_fails_with(run(&options, 2, &monitor, &log, &err), DA_ERR_INTERRUPTED, err, "simulate");
}

static void missing_memory_is_said_wherever_it_runs_out(void **state) {
  (void)state;
  da_simulation_options options = {.world = "W200", .n_users = 300, .truth = true};
  log_rows log;
  da_error err = {0};
  da_mem_fail_at(0);
  assert_ok(run(&options, 0, NULL, &log, &err), err);
  free_log(&log);
  uint64_t n_allocations = da_mem_count();
  assert_true(n_allocations > 20);
  for (uint64_t nth = 1; nth <= n_allocations; nth += nth < 120 ? 1 : 11) {
    da_mem_fail_at(nth);
    da_status status = run(&options, 0, NULL, &log, &err);
    if (status == DA_OK) fail_msg("expected the failure of allocation %d to be noticed", (int)nth);
    assert_int_equal(status, DA_ERR_MEM);
  }
  da_mem_fail_at(0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_bytes_at_any_number_of_threads),
      cmocka_unit_test(a_longer_log_begins_with_the_shorter),
      cmocka_unit_test(rows_are_in_order_and_counted),
      cmocka_unit_test(a_cut_log_ends_with_the_first_conversion),
      cmocka_unit_test(truth_is_what_the_twin_finds_in_all_coalitions),
      cmocka_unit_test(truth_adds_up),
      cmocka_unit_test(absurd_options_are_refused),
      cmocka_unit_test(a_simulation_can_be_interrupted),
      cmocka_unit_test(missing_memory_is_said_wherever_it_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
