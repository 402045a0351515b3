/* Oracle: the bits of the gradient that one rank computes alone. */
#include "model/engine_share.h"

#include <stdlib.h>

#include "base/random.h"
#include "model/engine.h"
#include "support/team.h"

enum { N_JOURNEYS = 900, N_ROWS = 60, N_INPUTS = 2, MAX_LENGTH = 9 };
static const da_shape SHAPE = {.n_rows = N_ROWS, .n_inputs = N_INPUTS, .n_embedding = 5, .n_hidden = 12};

typedef struct {
  uint32_t first[N_JOURNEYS + 1], rows[N_JOURNEYS * MAX_LENGTH * N_INPUTS];
  uint8_t label[N_JOURNEYS];
  da_batch batch;
  size_t n_params;
  float *params;
} sample;

/* Rows that few journeys have, so that most chunks have not met them. */
static sample *make_sample(uint32_t n_journeys) {
  sample *s = calloc(1, sizeof *s);
  assert_non_null(s);
  da_random random;
  da_random_init(&random, n_journeys, 0);
  for (uint32_t j = 0; j < n_journeys; j++) {
    s->first[j + 1] = s->first[j] + 1 + (uint32_t)da_random_below(&random, MAX_LENGTH);
    s->label[j] = da_random_below(&random, 3) == 0;
  }
  for (uint32_t i = 0; i < s->first[n_journeys] * N_INPUTS; i++) {
    const bool rare = da_random_below(&random, 40) == 0;
    s->rows[i] = (uint32_t)da_random_below(&random, rare ? N_ROWS : 6);
  }
  da_tensor tensors[DA_N_TENSORS];
  s->n_params = da_network_layout(&SHAPE, tensors);
  s->params = calloc(s->n_params, sizeof *s->params);
  da_network_init(&SHAPE, 3, s->params);
  s->batch = (da_batch){.n_journeys = n_journeys, .first = s->first, .rows = s->rows, .label = s->label};
  return s;
}

static void free_sample(sample *s) {
  free(s->params);
  free(s);
}

/* What a rank found: its gradient and the loss. */
typedef struct {
  const sample *sample;
  da_engine_options options;
  da_status status[DA_TEAM_MAX_RANKS];
  double loss[DA_TEAM_MAX_RANKS];
  float *gradient[DA_TEAM_MAX_RANKS];
} attempt;

static void differentiate(void *context, const da_team *team) {
  attempt *a = context;
  const int rank = da_team_rank(team);
  da_engine_options options = a->options;
  options.team = team;
  da_error err = {0};
  da_engine *engine = NULL;
  a->status[rank] = da_engine_open(&SHAPE, &options, NULL, &engine, &err);
  a->gradient[rank] = calloc(a->sample->n_params, sizeof(float));
  /* Twice, with a smaller batch between: what a rank keeps from call to call must not show. */
  const uint32_t sizes[] = {a->sample->batch.n_journeys, 20, a->sample->batch.n_journeys};
  for (int i = 0; i < 3 && a->status[rank] == DA_OK; i++) {
    da_batch batch = a->sample->batch;
    batch.n_journeys = sizes[i];
    a->status[rank] = da_engine_gradient(engine, a->sample->params, &batch, 7, a->gradient[rank], &a->loss[rank], &err);
  }
  da_engine_close(engine);
}

static void any_number_of_ranks_finds_the_same_bits(void **state) {
  (void)state;
  const da_engine_options options[] = {
      {0}, {.dropout = 0.2f, .recurrent_dropout = 0.2f}, {.dropout_kind = DA_DROPOUT_JOURNEY, .dropout = 0.2f, .recurrent_dropout = 0.2f}};
  const uint32_t sizes[] = {N_JOURNEYS, 300, 150, 20};
  for (int o = 0; o < 3; o++) {
    for (int i = 0; i < 4; i++) {
      sample *s = make_sample(sizes[i]);
      attempt alone = {.sample = s, .options = options[o]};
      differentiate(&alone, NULL);
      assert_int_equal(alone.status[0], DA_OK);
      for (int n = 1; n <= 5; n++) {
        attempt shared = {.sample = s, .options = options[o]};
        team_run(n, differentiate, &shared);
        for (int r = 0; r < n; r++) {
          assert_int_equal(shared.status[r], DA_OK);
          assert_memory_equal(shared.gradient[r], alone.gradient[0], s->n_params * sizeof(float));
          assert_true(shared.loss[r] == alone.loss[0]);
          free(shared.gradient[r]);
        }
      }
      free(alone.gradient[0]);
      free_sample(s);
    }
  }
}

typedef struct {
  const sample *sample;
  int marked; /* the rank that sets a mark, -1: none */
  bool seen[DA_TEAM_MAX_RANKS];
} mark_attempt;

static void differentiate_marked(void *context, const da_team *team) {
  mark_attempt *a = context;
  const int rank = da_team_rank(team);
  const da_engine_options options = {.team = team};
  da_error err = {0};
  da_engine *engine = NULL;
  double loss;
  float *gradient = calloc(a->sample->n_params, sizeof(float));
  assert_ok(da_engine_open(&SHAPE, &options, NULL, &engine, &err), err);
  da_engine_set_mark(engine, rank == a->marked);
  assert_ok(da_engine_gradient(engine, a->sample->params, &a->sample->batch, 7, gradient, &loss, &err), err);
  a->seen[rank] = da_engine_has_mark(engine);
  da_engine_close(engine);
  free(gradient);
}

/* Also where a batch has fewer chunks than there are ranks. */
static void a_mark_of_one_rank_reaches_all(void **state) {
  (void)state;
  sample *s = make_sample(20);
  for (int marked = -1; marked < 3; marked++) {
    mark_attempt a = {.sample = s, .marked = marked};
    team_run(3, differentiate_marked, &a);
    for (int r = 0; r < 3; r++) assert_int_equal(a.seen[r], marked >= 0);
  }
  free_sample(s);
}

static da_status send_nonsense(void *context, const void *bytes, size_t n_bytes, da_piece *pieces, da_error *err) {
  (void)context, (void)bytes, (void)n_bytes, (void)err;
  static unsigned char noise[128];
  memset(noise, 0xab, sizeof noise);
  pieces[0] = (da_piece){NULL, 0};
  pieces[1] = (da_piece){noise, sizeof noise};
  return DA_OK;
}

static void nonsense_from_another_rank_is_refused(void **state) {
  (void)state;
  sample *s = make_sample(300);
  const da_team team = {.rank = 0, .n = 2, .gather = send_nonsense};
  attempt a = {.sample = s};
  differentiate(&a, &team);
  assert_int_equal(a.status[0], DA_ERR_MPI);
  free(a.gradient[0]);
  free_sample(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_number_of_ranks_finds_the_same_bits),
      cmocka_unit_test(a_mark_of_one_rank_reaches_all),
      cmocka_unit_test(nonsense_from_another_rank_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
