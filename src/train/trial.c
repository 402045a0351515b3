#include "train/trial.h"

#include "train/trainer.h"

static void exchange(da_train_state *a, da_train_state *b) {
  da_train_state kept = *a;
  *a = *b;
  *b = kept;
}

static da_trial_result describe(const da_trainer *trainer) {
  const da_train_state *state = &trainer->state;
  da_trial_result result = {.n_epochs = state->n_epochs,
                            .best_epoch = state->best_epoch,
                            .n_touches = state->n_epochs * da_batches_describe(trainer->batches)->n_sample_touches};
  if (state->best_epoch) {
    result.val_loss = state->epochs[state->best_epoch - 1].val_loss;
    result.val_auc = state->epochs[state->best_epoch - 1].val_auc;
  }
  return result;
}

da_status da_trial_run(const da_train_job *job, uint32_t n_epochs, da_train_state *state, da_trial_result *result, da_error *err) {
  da_train_plan plan;
  da_train_plan_make(job->set, job->config, &plan);
  da_model model = {0};
  da_trainer trainer = {0};
  da_train_job alone = *job;
  alone.bucket = NULL;
  da_status status = da_trainer_make_model(&alone, &plan, &model, err);
  if (status == DA_OK) status = da_trainer_open(&alone, &plan, &model, &trainer, err);
  if (status == DA_OK) {
    if (state->n > 0) exchange(state, &trainer.state);
    status = da_trainer_run_to(&trainer, n_epochs, err);
    *result = describe(&trainer);
    if (status == DA_ERR_NUM) {
      result->diverged = true;
      status = DA_OK;
    }
    da_train_state_free(state);
    exchange(state, &trainer.state);
  }
  da_trainer_close(&trainer);
  da_model_close(&model);
  return status;
}
