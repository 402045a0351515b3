#include "train/train.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "train/evaluate.h"
#include "train/plan.h"
#include "train/trainer.h"

typedef struct {
  uint64_t n_journeys, n_converting;
} split_size;

static void count_splits(const da_journeys *set, split_size splits[DA_N_SETS]) {
  memset(splits, 0, DA_N_SETS * sizeof *splits);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    splits[da_journey_set(set, j)].n_journeys++;
    splits[da_journey_set(set, j)].n_converting += da_journey_converted(set, j);
  }
}

/* The model of a split that has nothing to learn from: each journey gets the rate (n + 1/2) / (N + 1), each of its touches the same. */
static void make_constant(const split_size *train, uint64_t seed, da_model *model) {
  da_network_init(&model->shape, seed, model->params);
  da_tensor tensors[DA_N_TENSORS];
  da_network_layout(&model->shape, tensors);
  const int zeroed[] = {DA_TENSOR_ATTENTION_W, DA_TENSOR_ATTENTION_B, DA_TENSOR_OUT_W};
  for (int i = 0; i < 3; i++)
    memset(model->params + tensors[zeroed[i]].offset, 0, (size_t)tensors[zeroed[i]].n_rows * tensors[zeroed[i]].n_columns * sizeof(float));
  if (model->shape.time_decay) model->params[tensors[DA_TENSOR_LOG_DECAY].offset] = -80; /* as good as none */
  const double n_converting = (double)train->n_converting, n_others = (double)(train->n_journeys - train->n_converting);
  model->params[tensors[DA_TENSOR_OUT_B].offset] = (float)log((n_converting + 0.5) / (n_others + 0.5));
}

static void note_constant(const split_size *train, const da_monitor *monitor) {
  const char *found = train->n_journeys == 0 ? "no journey at all" : train->n_converting == 0 ? "no conversion" : "conversions only";
  da_monitor_note(
      monitor, DA_NOTE_WARNING,
      "expected journeys with and without a conversion in the train split but found %s: nothing can be learned, every journey gets "
      "the same probability and every touch of it the same attention",
      found);
}

static void note_features(const da_journeys *set, const da_monitor *monitor) {
  da_text list = {0};
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    da_text_printf(&list, "%s%.*s of %s (", f ? ", " : "", (int)feature->name.length, feature->name.data,
                   feature->of_user ? "users" : "touches");
    if (feature->number)
      da_text_append(&list, "numbers)");
    else
      da_text_printf(&list, "%zu values)", feature->values.n - 1);
  }
  if (set->n_features) da_monitor_note(monitor, DA_NOTE_INFO, "the network reads the features %s", da_text_cstr(&list));
  da_text_free(&list);
}

static void note_plan(const da_train_job *job, const da_train_plan *plan, const split_size splits[DA_N_SETS]) {
  const split_size *train = &splits[DA_SET_TRAIN], *val = &splits[DA_SET_VAL];
  da_monitor_note(job->monitor, DA_NOTE_INFO,
                  "training on %llu journeys (%llu converting), batches of %u, learning rate %g, at most %u epochs, %s time inputs%s",
                  (unsigned long long)train->n_journeys, (unsigned long long)train->n_converting, plan->batch_size, plan->learning_rate,
                  plan->epochs, plan->time ? "with" : "without", plan->oversample ? ", conversions oversampled" : "");
  note_features(job->set, job->monitor);
  if (val->n_journeys == 0)
    da_monitor_note(job->monitor, DA_NOTE_WARNING,
                    "no journey is in the val split: training cannot stop early, all %u epochs are trained and the last weights kept",
                    plan->epochs);
  else if (val->n_converting == 0 || val->n_converting == val->n_journeys)
    da_monitor_note(job->monitor, DA_NOTE_WARNING, "the val split has %s: early stopping has little to go by",
                    val->n_converting ? "conversions only" : "no conversion");
}

/* Metrics of the three splits; the only place that reads test. */
static da_status measure(const da_train_job *job, const da_model *model, da_train_report *report, da_error *err) {
  static const char *const stages[DA_N_SETS] = {"scoring train", "scoring val", "scoring test"};
  da_scorer *scorer;
  DA_TRY(da_scorer_open(model, job->set, job->pool, NULL, &scorer, err));
  da_status status = DA_OK;
  for (int s = 0; s < DA_N_SETS && status == DA_OK; s++)
    status = da_evaluate(scorer, job->set, s, (double)model->logit_shift, job->team, job->monitor, stages[s], &report->metrics[s], err);
  da_scorer_close(scorer);
  return status;
}

static void describe_training(da_trainer *trainer, da_train_report *report) {
  report->n_epochs = trainer->state.n_epochs;
  report->best_epoch = trainer->state.best_epoch;
  report->epochs = trainer->state.epochs;
  trainer->state.epochs = NULL; /* the report's now */
  report->batch_size = da_batches_describe(trainer->batches)->batch_size;
  report->learning_rate = da_trainer_peak_rate(trainer);
  report->n_retries = trainer->state.n_retries;
  report->resumed = trainer->resumed;
  report->n_touches = trainer->n_touches;
  report->seconds = trainer->seconds;
}

static da_status learn(const da_train_job *job, const da_train_plan *plan, da_model *model, da_train_report *report, da_error *err) {
  da_trainer trainer;
  DA_TRY(da_trainer_open(job, plan, model, &trainer, err));
  da_status status = da_trainer_run(&trainer, err);
  if (status == DA_OK) describe_training(&trainer, report);
  da_trainer_close(&trainer);
  return status;
}

/* Whether there is anything to learn from time: a rank may hold the times of its own part of the set alone. */
static da_status agree_on_time(const da_train_job *job, da_train_plan *plan, da_error *err) {
  const da_team *team = job->team;
  if (da_team_size(team) == 1 || job->config->model.time != DA_SWITCH_AUTO) return DA_OK;
  const uint64_t n = job->set->n_journeys;
  const unsigned char varies = da_time_varies(job->set, da_team_begin(team, n, team->rank), da_team_begin(team, n, team->rank + 1));
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(team->gather(team->context, &varies, 1, pieces, err));
  plan->time = false;
  for (int rank = 0; rank < team->n; rank++) plan->time |= pieces[rank].n_bytes == 1 && pieces[rank].data[0];
  return DA_OK;
}

da_status da_train(const da_train_job *job, da_model *model, da_train_report *report, da_error *err) {
  *report = (da_train_report){0};
  *model = (da_model){0};
  da_train_plan plan;
  da_train_plan_make(job->set, job->config, &plan);
  DA_TRY(agree_on_time(job, &plan, err));
  split_size splits[DA_N_SETS];
  count_splits(job->set, splits);
  const split_size *train = &splits[DA_SET_TRAIN];
  DA_TRY(da_trainer_make_model(job, &plan, model, err));
  report->uses_time = plan.time;
  da_status status = DA_OK;
  if (train->n_converting == 0 || train->n_converting == train->n_journeys) {
    note_constant(train, job->monitor);
    make_constant(train, plan.seed, model);
  } else {
    note_plan(job, &plan, splits);
    status = learn(job, &plan, model, report, err);
  }
  if (status == DA_OK) status = measure(job, model, report, err);
  if (status != DA_OK) {
    da_model_close(model);
    da_train_report_free(report);
  }
  return status;
}
