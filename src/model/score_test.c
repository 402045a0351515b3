/* Oracle: the engine on one journey at a time, its rows worked out here; attention sums to 1; a journey cut down by hand. */
#include "model/score.h"

#include <math.h>
#include <string.h>

#include "model/engine.h"
#include "support/features.h"

typedef struct {
  test_journeys *made;
  da_model model;
  da_pool *pool;
} fixture;

static fixture open_fixture(size_t n_users, size_t max_length) {
  da_error err = {0};
  fixture f = {.made = journeys_random(11, n_users, 6, max_length)};
  da_inputs inputs;
  assert_ok(da_inputs_choose(6, true, &inputs, &err), err);
  assert_ok(da_model_init(&inputs, 4, 8, &f.made->set.campaigns, "{}", &f.model, &err), err);
  da_network_init(&f.model.shape, 3, f.model.params);
  for (size_t i = 0; i < da_model_n_params(&f.model); i++) f.model.params[i] *= 3; /* away from the flat start */
  assert_ok(da_pool_open(2, &f.pool, &err), err);
  return f;
}

static void close_fixture(fixture *f) {
  da_pool_close(f->pool);
  da_model_close(&f->model);
  journeys_free(f->made);
}

/* One journey given as campaigns and times, through the engine alone. */
static float score_alone(const da_model *model, const uint32_t *campaign, const int64_t *time_us, uint32_t n, float *attention) {
  da_error err = {0};
  da_time_bins bins;
  da_time_bins_init(&bins);
  uint32_t rows[64][4], first[] = {0, n};
  for (uint32_t t = 0; t < n; t++) {
    rows[t][0] = campaign[t];
    rows[t][1] = 7 + (t ? da_time_bin(&bins, time_us[t] - time_us[t - 1]) : 0);
    rows[t][2] = 7 + 44 + (t ? da_time_bin(&bins, time_us[t] - time_us[0]) : 0);
    rows[t][3] = 7 + 88 + (t + 1 < n ? da_time_bin(&bins, time_us[n - 1] - time_us[t]) : 0);
  }
  da_engine *engine;
  assert_ok(da_engine_open(&model->shape, &(da_engine_options){0}, NULL, &engine, &err), err);
  const da_batch batch = {.n_journeys = 1, .first = first, .rows = &rows[0][0]};
  float logit;
  assert_ok(da_engine_score(engine, model->params, &batch, attention, &logit, &err), err);
  da_engine_close(engine);
  return logit;
}

static void assert_close(float found, float wanted) { assert_true(fabsf(found - wanted) <= 1e-5f * (1 + fabsf(wanted))); }

static void every_journey_scores_as_it_does_alone(void **state) {
  (void)state;
  da_error err = {0};
  fixture f = open_fixture(60, 20);
  const da_journeys *set = &f.made->set;
  da_scorer *scorer;
  assert_ok(da_scorer_open(&f.model, set, f.pool, NULL, &scorer, &err), err);
  assert_int_equal(da_scorer_n_unknown_touches(scorer), 0);
  float *attention = journeys_zeroed(set->n_touches, sizeof *attention), *logit = journeys_zeroed(set->n_journeys, sizeof *logit),
        alone[64];
  const uint64_t begin = 5, end = set->n_journeys - 2;
  assert_ok(da_scorer_score(scorer, begin, end, attention, logit, &err), err);
  for (uint64_t j = begin; j < end; j++) {
    uint64_t first = set->first_touch[j];
    uint32_t n = (uint32_t)da_journey_length(set, j);
    assert_close(logit[j - begin], score_alone(&f.model, set->campaign + first, set->time_us + first, n, alone));
    float sum = 0;
    for (uint32_t t = 0; t < n; t++) {
      assert_close(attention[first - set->first_touch[begin] + t], alone[t]);
      sum += alone[t];
    }
    assert_close(sum, 1);
  }
  const uint64_t some[] = {7, 2, 7};
  float some_attention[60], some_logit[3];
  assert_ok(da_scorer_score_some(scorer, some, 3, some_attention, some_logit, &err), err);
  const float *at = some_attention;
  for (int i = 0; i < 3; i++) {
    uint64_t first = set->first_touch[some[i]];
    uint32_t n = (uint32_t)da_journey_length(set, some[i]);
    assert_close(some_logit[i], score_alone(&f.model, set->campaign + first, set->time_us + first, n, alone));
    for (uint32_t t = 0; t < n; t++) assert_close(*at++, alone[t]);
  }
  assert_ok(da_scorer_score(scorer, 3, 3, attention, logit, &err), err);
  assert_ok(da_scorer_score(scorer, 3, 4, NULL, NULL, &err), err);
  free(attention), free(logit);
  da_scorer_close(scorer);
  close_fixture(&f);
}

static void parts_score_as_journeys_without_the_other_touches(void **state) {
  (void)state;
  da_error err = {0};
  fixture f = open_fixture(20, 9);
  const da_journeys *set = &f.made->set;
  da_scorer *scorer;
  assert_ok(da_scorer_open(&f.model, set, NULL, NULL, &scorer, &err), err);
  enum { N = 50 };
  uint32_t first[N + 1] = {0}, campaign[N][9];
  int64_t time_us[N][9];
  uint64_t kept[N * 9];
  da_random random;
  da_random_init(&random, 1, 0);
  for (uint32_t i = 0; i < N; i++) {
    uint64_t j = da_random_below(&random, set->n_journeys);
    first[i + 1] = first[i];
    for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) {
      bool last_chance = t + 1 == set->first_touch[j + 1] && first[i + 1] == first[i];
      if (!last_chance && da_random_below(&random, 2)) continue;
      campaign[i][first[i + 1] - first[i]] = set->campaign[t];
      time_us[i][first[i + 1] - first[i]] = set->time_us[t];
      kept[first[i + 1]++] = t;
    }
  }
  float logit[N];
  assert_ok(da_scorer_score_parts(scorer, N, first, kept, logit, &err), err);
  for (uint32_t i = 0; i < N; i++) assert_close(logit[i], score_alone(&f.model, campaign[i], time_us[i], first[i + 1] - first[i], NULL));
  da_scorer_close(scorer);
  close_fixture(&f);
}

static void scores_do_not_depend_on_threads_nor_on_where_a_batch_ends(void **state) {
  (void)state;
  da_error err = {0};
  fixture f = open_fixture(8000, 12); /* more touches than one batch takes */
  const da_journeys *set = &f.made->set;
  float *attention[2], *logit[2];
  for (int i = 0; i < 2; i++) {
    attention[i] = journeys_zeroed(set->n_touches, sizeof(float));
    logit[i] = journeys_zeroed(set->n_journeys, sizeof(float));
    da_scorer *scorer;
    assert_ok(da_scorer_open(&f.model, set, i ? f.pool : NULL, NULL, &scorer, &err), err);
    uint64_t step = i ? set->n_journeys : 1111;
    for (uint64_t j = 0; j < set->n_journeys; j += step) {
      uint64_t end = j + step < set->n_journeys ? j + step : set->n_journeys;
      assert_ok(da_scorer_score(scorer, j, end, attention[i] + set->first_touch[j], logit[i] + j, &err), err);
    }
    da_scorer_close(scorer);
  }
  assert_true(set->n_touches > 65536);
  assert_memory_equal(attention[0], attention[1], set->n_touches * sizeof(float));
  assert_memory_equal(logit[0], logit[1], set->n_journeys * sizeof(float));
  for (int i = 0; i < 2; i++) free(attention[i]), free(logit[i]);
  close_fixture(&f);
}

static void take_note(void *context, da_note_level level, const char *sentence) {
  assert_int_equal(level, DA_NOTE_WARNING);
  strncpy(context, sentence, 255);
}

static void unknown_campaigns_are_scored_alike_and_told(void **state) {
  (void)state;
  da_error err = {0};
  fixture f = open_fixture(1, 3);
  test_journeys *other = journeys_from_text("c00001@0 new@1 | c00001@0 newer@1 | c00001@0 c00002@1");
  char note[256] = "";
  const da_monitor monitor = {.note = take_note, .context = note};
  da_scorer *scorer;
  assert_ok(da_scorer_open(&f.model, &other->set, f.pool, &monitor, &scorer, &err), err);
  assert_non_null(strstr(note, "2 of 4 campaigns (2 of 6 touches)"));
  assert_int_equal(da_scorer_n_unknown_touches(scorer), 2);
  float logit[3];
  assert_ok(da_scorer_score(scorer, 0, 3, NULL, logit, &err), err);
  const uint32_t unknown[] = {1, 6}, known[] = {1, 2};
  const int64_t time_us[] = {0, DAY_US};
  assert_close(logit[0], score_alone(&f.model, unknown, time_us, 2, NULL));
  assert_true(logit[0] == logit[1]);
  assert_close(logit[2], score_alone(&f.model, known, time_us, 2, NULL));
  da_scorer_close(scorer);
  journeys_free(other);
  close_fixture(&f);
}

/* A model whose user inputs alone speak: its logits are theirs, of whole journeys, of parts and without touches. */
static void users_are_scored_by_their_journey(void **state) {
  (void)state;
  da_error err = {0};
  test_journeys *made = journeys_random(3, 20, 4, 5);
  test_features *features = features_draw(made, 2);
  const da_journeys *set = &made->set;
  da_inputs inputs;
  da_arena arena = {0};
  da_model model;
  assert_ok(da_inputs_choose(4, true, &inputs, &err), err);
  assert_ok(da_inputs_learn_features(set, &inputs, &arena, &err), err);
  assert_ok(da_model_init(&inputs, 4, 8, &set->campaigns, "{}", &model, &err), err);
  da_arena_free(&arena); /* the model has its own */
  da_tensor tensors[DA_N_TENSORS];
  da_network_layout(&model.shape, tensors);
  float *user = model.params + tensors[DA_TENSOR_USER].offset;
  for (uint32_t r = 0; r < inputs.n_user_rows; r++) user[r] = r < 3 ? (float)r : 0; /* the region alone */
  model.params[tensors[DA_TENSOR_OUT_B].offset] = 0.5f;
  da_scorer *scorer;
  assert_ok(da_scorer_open(&model, set, NULL, NULL, &scorer, &err), err);
  float *logit = journeys_zeroed(set->n_journeys, sizeof *logit);
  assert_ok(da_scorer_score(scorer, 0, set->n_journeys, NULL, logit, &err), err);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    const float wanted = 0.5f + (float)features->code[REGION][j];
    assert_close(logit[j], wanted);
    assert_close(da_scorer_empty_logit(scorer, j), wanted);
    const uint32_t first[] = {0, 1};
    const uint64_t kept[] = {set->first_touch[j + 1] - 1};
    float part;
    assert_ok(da_scorer_score_parts(scorer, 1, first, kept, &part, &err), err);
    assert_close(part, wanted);
  }
  da_scorer_close(scorer);
  /* A log with a region and a device that the model does not know: told once, and scored as missing. */
  const da_slice others[] = {{"", 0}, {"east", 4}, {"north", 5}};
  features->items[REGION].values = (da_names){others, 3};
  char note[256] = "";
  const da_monitor monitor = {.note = take_note, .context = note};
  assert_ok(da_scorer_open(&model, set, NULL, &monitor, &scorer, &err), err);
  assert_non_null(strstr(note, "1 of 2 values of feature 'region' ("));
  assert_ok(da_scorer_score(scorer, 0, set->n_journeys, NULL, logit, &err), err);
  for (uint64_t j = 0; j < set->n_journeys; j++) assert_close(logit[j], 0.5f + (features->code[REGION][j] == 2 ? 1 : 0));
  da_scorer_close(scorer);
  da_model_close(&model);
  free(logit);
  features_free(features);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_journey_scores_as_it_does_alone),
      cmocka_unit_test(parts_score_as_journeys_without_the_other_touches),
      cmocka_unit_test(scores_do_not_depend_on_threads_nor_on_where_a_batch_ends),
      cmocka_unit_test(unknown_campaigns_are_scored_alike_and_told),
      cmocka_unit_test(users_are_scored_by_their_journey),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
