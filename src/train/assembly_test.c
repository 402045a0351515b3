/* Oracle: the batch that one rank gathers alone. */
#include "train/assembly.h"

#include "support/features.h"
#include "support/team.h"

enum { N_JOURNEYS = 200, N_BATCH = 60, MAX_ROWS = N_BATCH * 8 * 6 };

typedef struct {
  const da_input_reader *reader;
  uint64_t journeys[N_BATCH];
  uint32_t n;
  da_status status[DA_TEAM_MAX_RANKS];
  uint32_t first[DA_TEAM_MAX_RANKS][N_BATCH + 1], rows[DA_TEAM_MAX_RANKS][MAX_ROWS], user_rows[DA_TEAM_MAX_RANKS][2 * N_BATCH];
  float days[DA_TEAM_MAX_RANKS][MAX_ROWS];
} attempt;

static void assemble(void *context, const da_team *team) {
  attempt *a = context;
  const int rank = da_team_rank(team);
  da_assembly assembly = {0};
  da_batch batch;
  da_error err = {0};
  /* Twice: the room of the first batch is used again. */
  for (int i = 0; i < 2; i++) a->status[rank] = da_assembly_batch(&assembly, a->reader, a->journeys, a->n, NULL, team, &batch, &err);
  if (a->status[rank] == DA_OK) {
    memcpy(a->first[rank], batch.first, (a->n + 1) * sizeof *batch.first);
    memcpy(a->days[rank], batch.days_to_last, batch.first[a->n] * sizeof *batch.days_to_last);
    memcpy(a->user_rows[rank], batch.user_rows, 2 * a->n * sizeof *batch.user_rows);
    memcpy(a->rows[rank], batch.rows, batch.first[a->n] * a->reader->inputs->n * sizeof *batch.rows);
  }
  da_assembly_free(&assembly);
}

static void ranks_put_together_what_one_would_read(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(4, N_JOURNEYS, 5, 6);
  test_features *features = features_draw(made, 6);
  da_arena arena = {0};
  da_inputs inputs;
  da_input_reader reader;
  assert_ok(da_inputs_choose(5, true, &inputs, &err), err);
  inputs.time_decay = true;
  assert_ok(da_inputs_learn_features(&made->set, &inputs, &arena, &err), err);
  assert_ok(da_input_reader_open(&inputs, &made->set.campaigns, &made->set, &reader, &err), err);
  da_random random;
  da_random_init(&random, 5, 0);
  attempt *alone = calloc(1, sizeof *alone), *shared = calloc(1, sizeof *shared);
  assert_true(alone && shared);
  const uint32_t sizes[] = {N_BATCH, 1};
  for (int i = 0; i < 2; i++) {
    alone->n = shared->n = sizes[i];
    alone->reader = shared->reader = &reader;
    for (uint32_t j = 0; j < sizes[i]; j++) shared->journeys[j] = alone->journeys[j] = da_random_below(&random, made->set.n_journeys);
    assemble(alone, NULL);
    assert_int_equal(alone->status[0], DA_OK);
    for (int n = 1; n <= 4; n++) {
      team_run(n, assemble, shared);
      for (int r = 0; r < n; r++) {
        assert_int_equal(shared->status[r], DA_OK);
        assert_memory_equal(shared->first[r], alone->first[0], (sizes[i] + 1) * sizeof(uint32_t));
        assert_memory_equal(shared->days[r], alone->days[0], alone->first[0][sizes[i]] * sizeof(float));
        assert_memory_equal(shared->user_rows[r], alone->user_rows[0], 2 * sizes[i] * sizeof(uint32_t));
        assert_memory_equal(shared->rows[r], alone->rows[0], alone->first[0][sizes[i]] * inputs.n * sizeof(uint32_t));
      }
    }
  }
  free(alone), free(shared);
  da_input_reader_close(&reader);
  features_free(features);
  da_arena_free(&arena);
  journeys_free(made);
}

static bool stops(void *context) { return *(const bool *)context; }

typedef struct {
  da_status status[4];
} stop_attempt;

static void check(void *context, const da_team *team) {
  stop_attempt *a = context;
  bool stop = team->rank == 2;
  da_error err = {0};
  const da_monitor monitor = {.interrupted = stops, .context = &stop};
  a->status[team->rank] = da_team_check(team, &monitor, "training", &err);
}

static void one_rank_that_is_to_stop_stops_all(void **state) {
  (void)state;
  stop_attempt four = {0}, two = {0};
  team_run(4, check, &four);
  team_run(2, check, &two);
  for (int r = 0; r < 4; r++) assert_int_equal(four.status[r], DA_ERR_INTERRUPTED);
  for (int r = 0; r < 2; r++) assert_int_equal(two.status[r], DA_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranks_put_together_what_one_would_read),
      cmocka_unit_test(one_rank_that_is_to_stop_stops_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
