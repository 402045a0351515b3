#include "model/model.h"

#include <math.h>
#include <string.h>

static da_status copy_campaigns(const da_names *campaigns, da_model *model, da_error *err) {
  da_slice *items = da_arena_alloc(&model->texts, campaigns->n + 1, sizeof *items);
  if (!items) return da_mem_fail(err, campaigns->n, sizeof *items, "the names of campaigns");
  for (size_t i = 0; i < campaigns->n; i++) {
    const da_slice *name = &campaigns->items[i];
    if (!da_slice_is_utf8(*name) || memchr(name->data, 0, name->length))
      return da_fail(err, DA_ERR_DATA, "expected campaign names in UTF-8 without zero bytes but found another: \"%.*s\"",
                     (int)(name->length < 100 ? name->length : 100), name->data);
    items[i] = (da_slice){da_arena_strndup(&model->texts, name->data, name->length), name->length};
    if (!items[i].data) return da_mem_fail(err, name->length, 1, "the name of a campaign");
  }
  model->campaigns = (da_names){items, campaigns->n};
  return DA_OK;
}

static da_status fill(const da_inputs *inputs, uint32_t n_embedding, uint32_t n_hidden, const da_names *campaigns, const char *settings,
                      da_model *model, da_error *err) {
  model->inputs = *inputs;
  model->shape = (da_shape){
      .n_rows = inputs->n_rows, .n_inputs = inputs->n, .n_embedding = n_embedding, .n_hidden = n_hidden, .time_decay = inputs->time_decay};
  DA_TRY(da_network_check(&model->shape, err));
  DA_TRY(copy_campaigns(campaigns, model, err));
  model->settings = da_arena_strndup(&model->texts, settings, strlen(settings));
  if (!model->settings) return da_mem_fail(err, strlen(settings), 1, "a model's settings");
  model->params = da_mem_calloc(da_model_n_params(model), sizeof *model->params);
  if (!model->params) return da_mem_fail(err, da_model_n_params(model), sizeof *model->params, "a model's parameters");
  return DA_OK;
}

da_status da_model_init(const da_inputs *inputs, uint32_t n_embedding, uint32_t n_hidden, const da_names *campaigns, const char *settings,
                        da_model *model, da_error *err) {
  *model = (da_model){0};
  da_status status = fill(inputs, n_embedding, n_hidden, campaigns, settings, model, err);
  if (status != DA_OK) da_model_close(model);
  return status;
}

void da_model_close(da_model *model) {
  da_mem_free(model->params);
  da_arena_free(&model->texts);
  *model = (da_model){0};
}

size_t da_model_n_params(const da_model *model) {
  da_tensor tensors[DA_N_TENSORS];
  return da_network_layout(&model->shape, tensors);
}

double da_model_probability(const da_model *model, double logit) { return 1 / (1 + exp(-(logit + (double)model->logit_shift))); }

float da_model_empty_logit(const da_model *model) {
  da_tensor tensors[DA_N_TENSORS];
  da_network_layout(&model->shape, tensors);
  return model->params[tensors[DA_TENSOR_OUT_B].offset];
}
