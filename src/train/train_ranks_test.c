/* Oracle: the bytes of a run by one rank that was never interrupted. Ranks are threads here (support/team.h). */
#include "support/features.h"
#include "support/team.h"
#include "support/training.h"
#include "train/train.h"

typedef struct {
  const da_journeys *set;
  const da_config *config;
  da_bucket *bucket; /* rank 0's */
  int n_threads;
  uint64_t stop_at; /* rank `stopper` asks to stop at its stop_at-th look; 0: never */
  int stopper;
  da_status status[DA_TEAM_MAX_RANKS];
  bool resumed[DA_TEAM_MAX_RANKS];
  da_text bytes[DA_TEAM_MAX_RANKS];
} attempt;

static void train(void *context, const da_team *team) {
  attempt *a = context;
  const int rank = da_team_rank(team);
  da_error err = {0};
  training_listener listener = {.stop_at = rank == a->stopper ? a->stop_at : 0};
  const da_monitor monitor = listener_monitor(&listener);
  da_pool *pool = NULL;
  da_model model;
  da_train_report report;
  a->status[rank] = da_pool_open(a->n_threads, &pool, &err);
  const da_train_job job = {
      .set = a->set, .config = a->config, .bucket = rank == 0 ? a->bucket : NULL, .pool = pool, .team = team, .monitor = &monitor};
  if (a->status[rank] == DA_OK) a->status[rank] = da_train(&job, &model, &report, &err);
  if (a->status[rank] == DA_OK) {
    a->resumed[rank] = report.resumed;
    a->bytes[rank] = training_bytes(&model, &report);
    da_model_close(&model);
    da_train_report_free(&report);
  }
  da_pool_close(pool);
}

static void assert_same_bytes(const attempt *shared, int n_ranks, const attempt *alone) {
  for (int r = 0; r < n_ranks; r++) {
    assert_int_equal(shared->status[r], DA_OK);
    assert_int_equal(shared->bytes[r].length, alone->bytes[0].length);
    assert_memory_equal(shared->bytes[r].data, alone->bytes[0].data, alone->bytes[0].length);
  }
}

static void free_bytes(attempt *a) {
  for (int r = 0; r < DA_TEAM_MAX_RANKS; r++) da_text_free(&a->bytes[r]);
}

static da_config config_with_everything(void) {
  da_config config = training_config();
  config.model.time = DA_SWITCH_ON;
  config.model.time_decay = true;
  config.training.oversample = true;
  config.training.epochs = 2;
  config.training.batch_size = 800; /* several chunks */
  config.training.clip_norm = 1;
  return config;
}

static void any_ranks_and_threads_agree(const da_journeys *set, const da_config *config) {
  attempt alone = {.set = set, .config = config, .n_threads = 1};
  train(&alone, NULL);
  assert_int_equal(alone.status[0], DA_OK);
  for (int n = 1; n <= 4; n++) {
    for (int n_threads = 1; n_threads <= 2; n_threads++) {
      attempt shared = {.set = set, .config = config, .n_threads = n_threads};
      team_run(n, train, &shared);
      assert_same_bytes(&shared, n, &alone);
      free_bytes(&shared);
    }
  }
  free_bytes(&alone);
}

static void ranks_and_threads_change_no_byte(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(31, 3000, -1, NULL);
  test_features *features = features_draw(made, 2);
  da_config config = config_with_everything();
  any_ranks_and_threads_agree(&made->set, &config);
  config.model.dropout_per = DA_DROPOUT_PER_JOURNEY;
  any_ranks_and_threads_agree(&made->set, &config);
  features_free(features);
  journeys_free(made);
}

/* A copy of the set in which what other ranks' journeys hold is not there: any use of it gives other bytes, or ends the program. */
static void hide_other_parts(const da_journeys *set, const da_team *team, test_journeys *copy) {
  const uint64_t begin = set->first_touch[da_team_begin(team, set->n_journeys, team->rank)],
                 end = set->first_touch[da_team_begin(team, set->n_journeys, team->rank + 1)];
  copy->campaign = journeys_zeroed(set->n_touches, sizeof *copy->campaign);
  copy->time_us = journeys_zeroed(set->n_touches, sizeof *copy->time_us);
  memset(copy->campaign, 255, set->n_touches * sizeof *copy->campaign);
  memcpy(copy->campaign + begin, set->campaign + begin, (end - begin) * sizeof *copy->campaign);
  memcpy(copy->time_us + begin, set->time_us + begin, (end - begin) * sizeof *copy->time_us);
  copy->set = *set;
  copy->set.campaign = copy->campaign;
  copy->set.time_us = copy->time_us;
  copy->set.first_journey = NULL;
  copy->set.n_users = 0;
}

static void train_on_own_part(void *context, const da_team *team) {
  attempt *a = context;
  test_journeys copy = {0};
  hide_other_parts(a->set, team, &copy);
  attempt own = *a;
  own.set = &copy.set;
  train(&own, team);
  a->status[team->rank] = own.status[team->rank];
  a->bytes[team->rank] = own.bytes[team->rank];
  free(copy.campaign), free(copy.time_us);
}

static void ranks_read_only_their_own_part(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(35, 2000, -1, NULL);
  da_config config = config_with_everything();
  config.model.time = DA_SWITCH_AUTO; /* all must find that time varies */
  attempt alone = {.set = &made->set, .config = &config, .n_threads = 1};
  train(&alone, NULL);
  assert_int_equal(alone.status[0], DA_OK);
  for (int n = 2; n <= 3; n++) {
    attempt shared = {.set = &made->set, .config = &config, .n_threads = 1};
    team_run(n, train_on_own_part, &shared);
    assert_same_bytes(&shared, n, &alone);
    free_bytes(&shared);
  }
  free_bytes(&alone);
  journeys_free(made);
}

static void ranks_go_on_where_others_were_stopped(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = planted_journeys(33, 1500, -1, NULL);
  const da_config config = config_with_everything();
  attempt alone = {.set = &made->set, .config = &config, .n_threads = 1};
  train(&alone, NULL);
  char *folder = folder_make();
  da_bucket *bucket;
  assert_ok(da_bucket_open(folder, &bucket, &err), err);
  /* Three ranks are stopped because one of them was asked to; two go on, and are stopped; one ends. */
  attempt three = {.set = &made->set, .config = &config, .bucket = bucket, .n_threads = 1, .stop_at = 2, .stopper = 1};
  team_run(3, train, &three);
  for (int r = 0; r < 3; r++) assert_int_equal(three.status[r], DA_ERR_INTERRUPTED);
  attempt two = {.set = &made->set, .config = &config, .bucket = bucket, .n_threads = 1, .stop_at = 3, .stopper = 0};
  team_run(2, train, &two);
  for (int r = 0; r < 2; r++) assert_int_equal(two.status[r], DA_ERR_INTERRUPTED);
  attempt last = {.set = &made->set, .config = &config, .bucket = bucket, .n_threads = 1};
  team_run(2, train, &last);
  assert_true(last.resumed[0] && last.resumed[1]);
  assert_same_bytes(&last, 2, &alone);
  free_bytes(&last), free_bytes(&alone);
  da_bucket_close(bucket);
  folder_remove(folder);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranks_and_threads_change_no_byte),
      cmocka_unit_test(ranks_read_only_their_own_part),
      cmocka_unit_test(ranks_go_on_where_others_were_stopped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
