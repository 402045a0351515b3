#include "model/model.h"

#include <math.h>
#include <string.h>

static da_status copy_text(da_slice text, const char *what, da_model *model, da_slice *copy, da_error *err) {
  if (!da_slice_is_utf8(text) || memchr(text.data, 0, text.length))
    return da_fail(err, DA_ERR_DATA, "expected %s in UTF-8 without zero bytes but found another: \"%.*s\"", what,
                   (int)(text.length < 100 ? text.length : 100), text.data);
  *copy = (da_slice){da_arena_strndup(&model->texts, text.data, text.length), text.length};
  return copy->data ? DA_OK : da_mem_fail(err, text.length, 1, what);
}

static da_status copy_names(const da_names *names, const char *what, da_model *model, da_names *copy, da_error *err) {
  da_slice *items = da_arena_alloc(&model->texts, names->n + 1, sizeof *items);
  if (!items) return da_mem_fail(err, names->n, sizeof *items, what);
  for (size_t i = 0; i < names->n; i++) DA_TRY(copy_text(names->items[i], what, model, &items[i], err));
  *copy = (da_names){items, names->n};
  return DA_OK;
}

/* What an input of a feature points to becomes the model's. */
static da_status copy_feature(da_input *input, da_model *model, da_error *err) {
  if (input->column.length == 0) return DA_OK;
  DA_TRY(copy_text(input->column, "names of features", model, &input->column, err));
  if (!da_input_is_number(input)) return copy_names(&input->values, "values of features", model, &input->values, err);
  float *edges = da_arena_alloc(&model->texts, input->n_rows, sizeof *edges);
  if (!edges) return da_mem_fail(err, input->n_rows, sizeof *edges, "the bins of a feature");
  for (uint32_t i = 0; i + 2 < input->n_rows; i++) edges[i] = input->edges[i];
  input->edges = edges;
  return DA_OK;
}

static da_status fill(const da_inputs *inputs, uint32_t n_embedding, uint32_t n_hidden, const da_names *campaigns, const char *settings,
                      da_model *model, da_error *err) {
  model->inputs = *inputs;
  model->shape = (da_shape){.n_rows = inputs->n_rows,
                            .n_inputs = inputs->n,
                            .n_embedding = n_embedding,
                            .n_hidden = n_hidden,
                            .time_decay = inputs->time_decay,
                            .n_user_rows = inputs->n_user_rows,
                            .n_user_inputs = inputs->n_user};
  DA_TRY(da_network_check(&model->shape, err));
  DA_TRY(copy_names(campaigns, "campaign names", model, &model->campaigns, err));
  for (uint32_t i = 0; i < inputs->n; i++) DA_TRY(copy_feature(&model->inputs.items[i], model, err));
  for (uint32_t i = 0; i < inputs->n_user; i++) DA_TRY(copy_feature(&model->inputs.user[i], model, err));
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

da_status da_model_refuse_features(const da_model *model, const char *who, da_error *err) {
  const da_inputs *inputs = &model->inputs;
  da_slice column = {0};
  for (uint32_t i = 0; i < inputs->n && column.length == 0; i++) column = inputs->items[i].column;
  if (column.length == 0 && inputs->n_user) column = inputs->user[0].column;
  if (column.length == 0) return DA_OK;
  return da_fail(err, DA_ERR_DATA,
                 "expected a model that reads campaigns and times alone for %s but found one that reads the feature '%.*s'; score by "
                 "`deepattribution attribute --model`, or train without features",
                 who, (int)(column.length < 100 ? column.length : 100), column.data);
}

double da_model_probability(const da_model *model, double logit) { return 1 / (1 + exp(-(logit + (double)model->logit_shift))); }

float da_model_empty_logit(const da_model *model, const uint32_t *user_rows) {
  da_tensor tensors[DA_N_TENSORS];
  da_network_layout(&model->shape, tensors);
  double logit = model->params[tensors[DA_TENSOR_OUT_B].offset];
  for (uint32_t i = 0; i < model->inputs.n_user; i++) logit += model->params[tensors[DA_TENSOR_USER].offset + user_rows[i]];
  return (float)logit;
}
