/* Oracle: journeys whose true probabilities are known: nothing can lose less on average, and a network that has learned loses hardly
 * more; the base rate, which calibrated probabilities must meet; the bytes of another run. */
#include "train/train.h"

#include "model/score.h"
#include "support/features.h"
#include "support/training.h"

typedef struct {
  da_model model;
  da_train_report report;
  training_listener listener;
} result;

static result train(const da_journeys *set, const da_config *config, int n_threads) {
  da_error err = {0};
  result out = {0};
  da_pool *pool;
  assert_ok(da_pool_open(n_threads, &pool, &err), err);
  const da_monitor monitor = listener_monitor(&out.listener);
  const da_train_job job = {.set = set, .config = config, .pool = pool, .monitor = &monitor};
  assert_ok(da_train(&job, &out.model, &out.report, &err), err);
  da_pool_close(pool);
  return out;
}

static void free_result(result *out) {
  da_model_close(&out->model);
  da_train_report_free(&out->report);
}

static void what_can_be_learned_is_learned(void **state) {
  (void)state;
  double best_loss;
  test_journeys *made = planted_journeys(3, 6000, -1, &best_loss);
  da_config config = training_config();
  for (int round = 0; round < 2; round++) { /* with a batch size that was asked for, and one that is chosen */
    if (round == 1) config.training.batch_size = 0;
    result out = train(&made->set, &config, 2);
    const da_metrics *test = &out.report.metrics[DA_SET_TEST];
    assert_int_equal(test->n_journeys + out.report.metrics[DA_SET_VAL].n_journeys + out.report.metrics[DA_SET_TRAIN].n_journeys, 6000);
    if (test->loss > 1.04 * best_loss) fail_msg("expected a loss near %g but found %g", best_loss, test->loss);
    assert_true(test->auc > 0.7);
    assert_true(fabs(test->mean_probability - test->conversion_rate) < 0.03);
    /* The weights that were kept are those of the best epoch. */
    assert_true(out.report.metrics[DA_SET_VAL].loss == out.report.epochs[out.report.best_epoch - 1].val_loss);
    for (uint32_t e = 0; e < out.report.n_epochs; e++)
      assert_true(out.report.epochs[e].val_loss >= out.report.epochs[out.report.best_epoch - 1].val_loss);
    assert_int_equal(out.report.n_retries, 0);
    assert_non_null(strstr(out.listener.notes, "without time inputs"));
    free_result(&out);
  }
  journeys_free(made);
}

static void oversampling_leaves_probabilities_calibrated(void **state) {
  (void)state;
  double best_loss;
  test_journeys *made = planted_journeys(5, 8000, -4, &best_loss);
  da_config config = training_config();
  config.training.oversample = true;
  result out = train(&made->set, &config, 2);
  const da_metrics *all = &out.report.metrics[DA_SET_TRAIN];
  assert_in_range(100 * all->conversion_rate, 4, 9);
  const double ratio = (double)(all->n_journeys - all->n_conversions) / (double)all->n_conversions;
  assert_true(fabs((double)out.model.logit_shift + log(ratio)) < 1e-6);
  if (fabs(all->mean_probability / all->conversion_rate - 1) > 0.15)
    fail_msg("expected a mean probability near %g but found %g", all->conversion_rate, all->mean_probability);
  const da_metrics *test = &out.report.metrics[DA_SET_TEST];
  assert_true(test->calibration_error < 0.03);
  if (test->loss > 1.06 * best_loss) fail_msg("expected a loss near %g but found %g", best_loss, test->loss);
  free_result(&out);
  journeys_free(made);
}

static void threads_and_repetition_change_no_byte(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(7, 1500, -1, NULL);
  da_config config = training_config();
  config.model.time = DA_SWITCH_AUTO;
  config.training.epochs = 2;
  da_text bytes[3];
  for (int i = 0; i < 3; i++) {
    if (i == 2) config.seed = 2;
    result out = train(&made->set, &config, i == 1 ? 3 : 1);
    assert_true(out.report.uses_time);
    bytes[i] = training_bytes(&out.model, &out.report);
    free_result(&out);
  }
  assert_int_equal(bytes[0].length, bytes[1].length);
  assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].length);
  assert_true(bytes[0].length != bytes[2].length || memcmp(bytes[0].data, bytes[2].data, bytes[0].length));
  for (int i = 0; i < 3; i++) da_text_free(&bytes[i]);
  journeys_free(made);
}

static bool trains_alike(const test_journeys *made, da_config config) {
  config.training.epochs = 2;
  result step = train(&made->set, &config, 1);
  config.model.dropout_per = DA_DROPOUT_PER_JOURNEY;
  result journey = train(&made->set, &config, 1);
  const bool same = memcmp(step.model.params, journey.model.params, da_model_n_params(&step.model) * sizeof(float)) == 0;
  free_result(&step), free_result(&journey);
  return same;
}

static void dropout_per_tells_how_masks_are_drawn(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(8, 500, -1, NULL);
  da_config config = training_config();
  assert_false(trains_alike(made, config));
  config.model.recurrent_dropout = 0;
  assert_false(trains_alike(made, config));
  config.model.dropout = 0;
  assert_true(trains_alike(made, config));
  journeys_free(made);
}

static void learning_what_is_not_there_stops_early(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(9, 1000, -1, NULL);
  da_random random;
  da_random_init(&random, 1, 0);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) /* conversions by chance alone */
    made->flags[j] = (uint8_t)((made->flags[j] & ~DA_JOURNEY_CONVERTED) | (da_random_below(&random, 4) == 0));
  da_config config = training_config();
  config.training.epochs = 60;
  config.training.learning_rate = 0.02;
  config.training.patience = 4;
  result out = train(&made->set, &config, 2);
  assert_true(out.report.n_epochs < 60);
  assert_int_equal(out.report.n_epochs, out.report.best_epoch + 4);
  free_result(&out);
  journeys_free(made);
}

static void splits_without_journeys_are_told(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(11, 400, -1, NULL);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) made->flags[j] &= DA_JOURNEY_CONVERTED; /* all in train */
  da_config config = training_config();
  config.training.epochs = 3;
  config.training.patience = 1;
  result out = train(&made->set, &config, 1);
  assert_non_null(strstr(out.listener.notes, "no journey is in the val split"));
  assert_int_equal(out.report.n_epochs, 3);
  assert_int_equal(out.report.best_epoch, 3);
  assert_true(isnan(out.report.epochs[0].val_loss) && isnan(out.report.metrics[DA_SET_TEST].loss));
  assert_true(out.report.metrics[DA_SET_TRAIN].auc > 0.5);
  free_result(&out);
  journeys_free(made);
}

static void one_outcome_alone_gives_its_rate_and_even_attention(void **state) {
  (void)state;
  da_error err = {0};
  const struct {
    const char *journeys, *note;
    double probability;
  } cases[] = {{"a@0 b@1 | a@0! | b@1! | c@0", "no conversion", 0.5 / 3},
               {"a@0 b@1! | a@0 | b@1 | c@0!", "conversions only", 2.5 / 3},
               {"a@0 b@1 ; a@5", "no conversion", 0.5 / 3}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    test_journeys *made = journeys_from_text(cases[i].journeys);
    da_config config = training_config();
    result out = train(&made->set, &config, 1);
    assert_non_null(strstr(out.listener.notes, cases[i].note));
    assert_int_equal(out.report.n_epochs, 0);
    da_scorer *scorer;
    assert_ok(da_scorer_open(&out.model, &made->set, NULL, NULL, &scorer, &err), err);
    float attention[2], logit;
    assert_ok(da_scorer_score(scorer, 0, 1, attention, &logit, &err), err);
    assert_true(fabs(da_model_probability(&out.model, logit) - cases[i].probability) < 1e-6);
    assert_true(attention[0] == 0.5f && attention[1] == 0.5f);
    da_scorer_close(scorer);
    free_result(&out);
    journeys_free(made);
  }
}

static void an_empty_train_split_is_told(void **state) {
  (void)state;
  test_journeys *made = journeys_from_text("a@0! | b@1");
  made->flags[0] = made->flags[1] = DA_SET_TEST << 1 | DA_JOURNEY_CONVERTED;
  da_config config = training_config();
  result out = train(&made->set, &config, 1);
  assert_non_null(strstr(out.listener.notes, "no journey at all"));
  assert_true(fabs(out.report.metrics[DA_SET_TEST].mean_probability - 0.5) < 1e-9);
  free_result(&out);
  journeys_free(made);
}

static void campaigns_that_training_never_saw_score_like_the_unknown(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(13, 600, -1, NULL);
  for (uint64_t j = 0; j < made->set.n_journeys; j++) { /* campaign 2 only outside train */
    if (da_journey_set(&made->set, j) != DA_SET_TRAIN) continue;
    for (uint64_t t = made->first_touch[j]; t < made->first_touch[j + 1]; t++)
      if (made->campaign[t] == 2) made->campaign[t] = 3;
  }
  da_config config = training_config();
  config.training.epochs = 2;
  result out = train(&made->set, &config, 1);
  const float *embedding = out.model.params;
  assert_memory_equal(embedding + 2 * 4, embedding + 5 * 4, 4 * sizeof *embedding);
  assert_memory_not_equal(embedding + 2 * 4, embedding + 3 * 4, 4 * sizeof *embedding);
  free_result(&out);
  journeys_free(made);
}

/* Conversions that follow the users' region and whether a touch was on a phone, and nothing else; interacting: a phone helps in the one
 * region and harms elsewhere, and neither says anything by itself. best: of the true probabilities over the test split. */
static void plant_features(test_journeys *made, const test_features *features, bool interacting, da_metrics *best) {
  da_error err = {0};
  da_journeys *set = &made->set;
  da_random random;
  da_random_init(&random, 8, 0);
  float *logit = journeys_zeroed(set->n_journeys, sizeof *logit);
  uint8_t *converted = journeys_zeroed(set->n_journeys, sizeof *converted);
  uint64_t n_test = 0;
  set->n_conversions = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    bool phone = false;
    for (uint64_t t = set->first_touch[j]; t < set->first_touch[j + 1]; t++) phone |= features->code[DEVICE][t] == 2;
    const double of_region = features->code[REGION][j] == 1 ? 1.5 : -1.5, of_phone = phone ? 1.5 : -1.5;
    const double z = interacting ? of_region * of_phone : of_region + of_phone;
    const bool is_converted = da_random_uniform(&random) < planted_sigmoid(z);
    made->flags[j] = (uint8_t)((made->flags[j] & ~DA_JOURNEY_CONVERTED) | is_converted);
    set->n_conversions += is_converted;
    if (da_journey_set(set, j) != DA_SET_TEST) continue;
    logit[n_test] = (float)z;
    converted[n_test++] = is_converted;
  }
  assert_ok(da_metrics_compute(logit, converted, n_test, 0, best, &err), err);
  free(logit), free(converted);
}

static void features_that_decide_are_learned(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(13, 6000, -1, NULL);
  test_features *features = features_draw(made, 4);
  da_journeys *set = &made->set;
  da_metrics best, found[3];
  plant_features(made, features, false, &best);
  for (int round = 0; round < 3; round++) { /* without features, with those of touches, with all */
    const da_config config = training_config();
    set->n_features = round == 0 ? 0 : round == 1 ? REGION : N_TEST_FEATURES;
    result out = train(set, &config, 2);
    found[round] = out.report.metrics[DA_SET_TEST];
    assert_int_equal(out.model.inputs.n, 1 + (round == 0 ? 0 : round == 1 ? 2 : 4));
    assert_int_equal(out.model.inputs.n_user, round == 2 ? 2 : 0);
    if (round == 2) assert_non_null(strstr(out.listener.notes, "features device of touches (3 values), bid of touches (numbers)"));
    free_result(&out);
  }
  if (found[1].auc < found[0].auc + 0.05 || found[2].auc < found[1].auc + 0.05 || found[2].auc < best.auc - 0.02)
    fail_msg("expected AUC to rise to %.3f but found %.3f, %.3f and %.3f", best.auc, found[0].auc, found[1].auc, found[2].auc);
  if (found[2].loss > 1.06 * best.loss) fail_msg("expected a loss near %g but found %g", best.loss, found[2].loss);
  features_free(features);
  journeys_free(made);
}

/* What a touch is worth may depend on who sees it: a user's features stand beside the attention and at each touch. */
static void users_to_whom_touches_mean_something_else_are_learned(void **state) {
  (void)state;
  test_journeys *made = planted_journeys(17, 6000, -1, NULL);
  test_features *features = features_draw(made, 6);
  da_metrics best;
  plant_features(made, features, true, &best);
  da_config config = training_config();
  config.training.epochs = 20;
  config.training.patience = 20;
  result out = train(&made->set, &config, 2);
  const da_metrics *test = &out.report.metrics[DA_SET_TEST];
  if (test->auc < best.auc - 0.03) fail_msg("expected an AUC near %.3f but found %.3f", best.auc, test->auc);
  free_result(&out);
  features_free(features);
  journeys_free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_can_be_learned_is_learned),
      cmocka_unit_test(oversampling_leaves_probabilities_calibrated),
      cmocka_unit_test(threads_and_repetition_change_no_byte),
      cmocka_unit_test(dropout_per_tells_how_masks_are_drawn),
      cmocka_unit_test(learning_what_is_not_there_stops_early),
      cmocka_unit_test(splits_without_journeys_are_told),
      cmocka_unit_test(one_outcome_alone_gives_its_rate_and_even_attention),
      cmocka_unit_test(an_empty_train_split_is_told),
      cmocka_unit_test(campaigns_that_training_never_saw_score_like_the_unknown),
      cmocka_unit_test(features_that_decide_are_learned),
      cmocka_unit_test(users_to_whom_touches_mean_something_else_are_learned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
