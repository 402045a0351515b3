/* A model as safetensors: out, and in again after every check. */
#include <cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_metadata.h"

/* A tensor of the table as safetensors has it: one row is a vector. */
static da_safetensor as_safetensor(const da_tensor *tensor, const float *params) {
  da_safetensor out = {.name = tensor->name, .n_dims = 2, .dims = {tensor->n_rows, tensor->n_columns}};
  if (tensor->n_rows == 1) out = (da_safetensor){.name = tensor->name, .n_dims = 1, .dims = {tensor->n_columns}};
  out.n_values = (uint64_t)tensor->n_rows * tensor->n_columns;
  out.values = params ? params + tensor->offset : NULL;
  return out;
}

da_status da_model_print(const da_model *model, da_text *bytes, da_error *err) {
  da_tensor layout[DA_N_TENSORS];
  da_network_layout(&model->shape, layout);
  da_safetensor tensors[DA_N_TENSORS];
  size_t n_tensors = 0;
  for (int i = 0; i < DA_N_TENSORS; i++)
    if (layout[i].n_rows) tensors[n_tensors++] = as_safetensor(&layout[i], model->params);
  da_model_metadata metadata;
  da_status status = da_model_metadata_make(model, &metadata, err);
  if (status == DA_OK) status = da_safetensors_print(tensors, n_tensors, metadata.entries, DA_MODEL_N_METADATA, bytes, err);
  da_model_metadata_free(&metadata);
  return status;
}

static da_status metadata_text(const da_safetensors *file, const char *key, const char **text, da_error *err) {
  *text = da_safetensors_metadata(file, key);
  return *text ? DA_OK : da_fail(err, DA_ERR_DATA, "expected a model of deepattribution but found no \"%s\" in its metadata", key);
}

static da_status check_format(const da_safetensors *file, da_error *err) {
  const char *format, *version;
  DA_TRY(metadata_text(file, "format", &format, err));
  DA_TRY(metadata_text(file, "format_version", &version, err));
  if (strcmp(format, DA_MODEL_FORMAT) || strcmp(version, DA_MODEL_FORMAT_VERSION))
    return da_fail(err, DA_ERR_DATA,
                   "expected format " DA_MODEL_FORMAT " " DA_MODEL_FORMAT_VERSION
                   " but found %.40s %.40s: use the version that wrote it, or train again",
                   format, version);
  return DA_OK;
}

/* The texts of a list, as slices of the JSON's own. */
static da_status parse_values(const cJSON *list, da_arena *arena, da_names *values, da_error *err) {
  const size_t n = (size_t)cJSON_GetArraySize(list);
  da_slice *items = da_arena_alloc(arena, n + 1, sizeof *items);
  if (!items) return da_mem_fail(err, n, sizeof *items, "the values of a feature");
  size_t i = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsString(item)) return da_fail(err, DA_ERR_DATA, "expected values of a feature as texts but found something else");
    items[i++] = (da_slice){item->valuestring, strlen(item->valuestring)};
  }
  *values = (da_names){items, n};
  return DA_OK;
}

static da_status parse_edges(const cJSON *list, da_arena *arena, const float **edges, uint64_t *n, da_error *err) {
  *n = (uint64_t)cJSON_GetArraySize(list);
  float *numbers = da_arena_alloc(arena, *n + 1, sizeof *numbers);
  if (!numbers) return da_mem_fail(err, *n, sizeof *numbers, "the bins of a feature");
  size_t i = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) numbers[i++] = cJSON_IsNumber(item) ? (float)item->valuedouble : NAN; /* which no edge may be */
  *edges = numbers;
  return DA_OK;
}

static da_status parse_feature(const cJSON *item, const char *name, const char *column, uint64_t n_rows, da_arena *arena, da_inputs *inputs,
                               da_error *err) {
  const cJSON *value_list = cJSON_GetObjectItemCaseSensitive(item, "values"), *edge_list = cJSON_GetObjectItemCaseSensitive(item, "edges");
  da_names values = {0};
  const float *edges = NULL;
  uint64_t n_edges = 0;
  if (!cJSON_IsArray(value_list) == !cJSON_IsArray(edge_list))
    return da_fail(err, DA_ERR_DATA, "expected either values or edges of feature \"%.100s\"", column);
  if (value_list) DA_TRY(parse_values(value_list, arena, &values, err));
  if (edge_list) DA_TRY(parse_edges(edge_list, arena, &edges, &n_edges, err));
  if (n_rows != (value_list ? values.n : n_edges + 2))
    return da_fail(err, DA_ERR_DATA, "expected a row for each value or bin of feature \"%.100s\" but found %llu", column,
                   (unsigned long long)n_rows);
  return da_inputs_add_feature(inputs, name, (da_slice){column, strlen(column)}, values, edges, n_edges, err);
}

static da_status parse_inputs(const cJSON *list, da_arena *arena, da_inputs *inputs, da_error *err) {
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name"));
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(item, "rows");
    if (!name || !cJSON_IsNumber(rows) || !(rows->valuedouble >= 1 && rows->valuedouble <= INT32_MAX))
      return da_fail(err, DA_ERR_DATA, "expected inputs with name and rows but found others");
    const char *column = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "column"));
    if (column)
      DA_TRY(parse_feature(item, name, column, (uint64_t)rows->valuedouble, arena, inputs, err));
    else
      DA_TRY(da_inputs_add(inputs, name, (uint64_t)rows->valuedouble, err));
  }
  return inputs->n ? DA_OK : da_fail(err, DA_ERR_DATA, "expected at least one input but found none");
}

/* names: slices of the JSON's own texts. */
static da_status parse_campaigns(const cJSON *list, da_slice *items, size_t n, da_error *err) {
  size_t i = 0;
  const cJSON *item;
  cJSON_ArrayForEach(item, list) {
    if (!cJSON_IsString(item) || i == n) break;
    items[i] = (da_slice){item->valuestring, strlen(item->valuestring)};
    if (i && strcmp(items[i - 1].data, items[i].data) >= 0)
      return da_fail(err, DA_ERR_DATA, "expected campaigns in byte order but found \"%.100s\" before \"%.100s\"", items[i - 1].data,
                     items[i].data);
    i++;
  }
  if (item || i != n) return da_fail(err, DA_ERR_DATA, "expected %zu names of campaigns, as the rows say, but found others", n);
  return DA_OK;
}

static da_status parse_numbers(const da_safetensors *file, da_model *model, da_error *err) {
  const char *shift, *checksum;
  DA_TRY(metadata_text(file, "logit_shift", &shift, err));
  DA_TRY(metadata_text(file, "set_checksum", &checksum, err));
  char *end;
  model->logit_shift = strtof(shift, &end);
  if (end == shift || *end || !isfinite(model->logit_shift))
    return da_fail(err, DA_ERR_DATA, "expected a number as logit_shift but found %.40s", shift);
  errno = 0;
  model->set_checksum = strtoull(checksum, &end, 16);
  if (strlen(checksum) != 16 || *end || errno)
    return da_fail(err, DA_ERR_DATA, "expected 16 hex digits as set_checksum but found %.40s", checksum);
  return DA_OK;
}

/* Embedding and hidden size stand in the shapes; every shape must then follow from them. */
static da_status read_sizes(const da_safetensors *file, uint32_t *n_embedding, uint32_t *n_hidden, da_error *err) {
  const da_safetensor *embedding = da_safetensors_find(file, "embedding"), *recurrent = da_safetensors_find(file, "lstm.recurrent_kernel");
  if (!embedding || !recurrent || embedding->n_dims != 2 || recurrent->n_dims != 2 || embedding->dims[1] > UINT32_MAX ||
      recurrent->dims[0] > UINT32_MAX)
    return da_fail(err, DA_ERR_DATA, "expected matrices \"embedding\" and \"lstm.recurrent_kernel\" but found others");
  *n_embedding = (uint32_t)embedding->dims[1];
  *n_hidden = (uint32_t)recurrent->dims[0];
  return DA_OK;
}

static da_status read_params(const da_safetensors *file, da_model *model, da_error *err) {
  da_tensor layout[DA_N_TENSORS];
  da_network_layout(&model->shape, layout);
  for (int i = 0; i < DA_N_TENSORS; i++) {
    if (!layout[i].n_rows) continue;
    da_safetensor wanted = as_safetensor(&layout[i], NULL);
    const da_safetensor *found = da_safetensors_find(file, wanted.name);
    if (!found || found->n_dims != wanted.n_dims || memcmp(found->dims, wanted.dims, sizeof wanted.dims))
      return da_fail(err, DA_ERR_DATA, "expected tensor \"%s\" with %u x %u values but found another shape", wanted.name, layout[i].n_rows,
                     layout[i].n_columns);
    float *values = model->params + layout[i].offset;
    DA_TRY(da_safetensors_read(file, wanted.name, values, wanted.n_values, err));
    for (uint64_t k = 0; k < wanted.n_values; k++)
      if (!isfinite(values[k]))
        return da_fail(err, DA_ERR_DATA, "expected finite values in tensor \"%s\" but found NaN or infinity", wanted.name);
  }
  return DA_OK;
}

/* The JSON texts inside the metadata, while their model is made. */
typedef struct {
  cJSON *inputs, *campaigns;
  da_slice *names;
  da_arena features; /* what their inputs point to */
} model_json;

static da_status build(const da_safetensors *file, model_json *json, da_model *model, da_error *err) {
  const char *inputs_text, *campaigns_text, *settings;
  DA_TRY(check_format(file, err));
  DA_TRY(metadata_text(file, "inputs", &inputs_text, err));
  DA_TRY(metadata_text(file, "campaigns", &campaigns_text, err));
  DA_TRY(metadata_text(file, "settings", &settings, err));
  json->inputs = cJSON_Parse(inputs_text);
  json->campaigns = cJSON_Parse(campaigns_text);
  if (!cJSON_IsArray(json->inputs) || !cJSON_IsArray(json->campaigns))
    return da_fail(err, DA_ERR_DATA, "expected inputs and campaigns as JSON lists in the metadata but found something else");
  da_inputs inputs = {.time_decay = da_safetensors_find(file, "attention.log_decay") != NULL};
  DA_TRY(parse_inputs(json->inputs, &json->features, &inputs, err));
  size_t n_campaigns = inputs.items[0].n_rows - 1;
  json->names = da_mem_alloc(n_campaigns, sizeof *json->names);
  if (!json->names) return da_mem_fail(err, n_campaigns, sizeof *json->names, "the names of campaigns");
  DA_TRY(parse_campaigns(json->campaigns, json->names, n_campaigns, err));
  uint32_t n_embedding = 0, n_hidden = 0;
  DA_TRY(read_sizes(file, &n_embedding, &n_hidden, err));
  const da_safetensor *embedding = da_safetensors_find(file, "embedding");
  if (embedding->dims[0] != inputs.n_rows) /* before memory is asked for by a number that the file's size does not vouch for */
    return da_fail(err, DA_ERR_DATA, "expected %u rows in tensor \"embedding\" but found %llu", inputs.n_rows,
                   (unsigned long long)embedding->dims[0]);
  DA_TRY(da_model_init(&inputs, n_embedding, n_hidden, &(da_names){json->names, n_campaigns}, settings, model, err));
  DA_TRY(parse_numbers(file, model, err));
  return read_params(file, model, err);
}

da_status da_model_parse(const char *name, const void *bytes, size_t n_bytes, da_model *model, da_error *err) {
  *model = (da_model){0};
  da_safetensors file;
  DA_TRY(da_safetensors_parse(name, bytes, n_bytes, &file, err));
  model_json json = {0};
  da_status status = build(&file, &json, model, err);
  if (status != DA_OK) {
    da_model_close(model);
    status = da_fail_context(err, status == DA_ERR_ARG ? DA_ERR_DATA : status, "%s", name);
  }
  cJSON_Delete(json.inputs);
  cJSON_Delete(json.campaigns);
  da_mem_free(json.names);
  da_arena_free(&json.features);
  da_safetensors_close(&file);
  return status;
}

static da_status read_all(FILE *file, const char *path, da_text *bytes, da_error *err) {
  char piece[64 * 1024];
  for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) da_text_append_n(bytes, piece, n);
  if (ferror(file)) return da_fail(err, DA_ERR_IO, "%s: expected to read the model but found: %s", path, strerror(errno));
  return da_text_check(bytes, err);
}

da_status da_model_open(const char *path, da_model *model, da_error *err) {
  *model = (da_model){0};
  FILE *file = fopen(path, "rb");
  if (!file) return da_fail(err, DA_ERR_IO, "%s: expected a model file but found: %s", path, strerror(errno));
  da_text bytes = {0};
  da_status status = read_all(file, path, &bytes, err);
  fclose(file);
  if (status == DA_OK) status = da_model_parse(path, da_text_cstr(&bytes), bytes.length, model, err);
  da_text_free(&bytes);
  return status;
}
