/* Oracle: onnxruntime and the safetensors package where DA_ORACLE_PYTHON names a Python that has them (onnx_check.py); without it, a
 * walk over the file that must meet every byte, and parameters found again in it. */
#include "model/onnx.h"

#include "base/random.h"
#include "model/engine.h"
#include "support/folder.h"

enum { N_CAMPAIGNS = 3, E = 5, H = 6 };

static void add_features(da_inputs *inputs) {
  static const da_slice values[] = {{"", 0}, {"x", 1}};
  static const float edges[] = {0, 1, 2};
  da_error err = {0};
  assert_ok(da_inputs_add_feature(inputs, "touch_category", (da_slice){"device", 6}, (da_names){values, 2}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "context_category", (da_slice){"region", 6}, (da_names){values, 2}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "user_category", (da_slice){"region", 6}, (da_names){values, 2}, NULL, 0, &err), err);
  assert_ok(da_inputs_add_feature(inputs, "user_number", (da_slice){"age", 3}, (da_names){0}, edges, 3, &err), err);
}

static da_model sample_model(bool time, bool time_decay, bool features) {
  da_error err = {0};
  static const da_slice names[N_CAMPAIGNS] = {{"a", 1}, {"b \"c\"", 5}, {"z\xC3\xA9", 3}};
  da_inputs inputs;
  da_model model;
  assert_ok(da_inputs_choose(N_CAMPAIGNS, time, &inputs, &err), err);
  inputs.time_decay = time_decay;
  if (features) add_features(&inputs);
  assert_ok(da_model_init(&inputs, E, H, &(da_names){names, N_CAMPAIGNS}, "{\"seed\":1}", &model, &err), err);
  da_network_init(&model.shape, 7, model.params);
  for (size_t i = 0; i < da_model_n_params(&model); i++) model.params[i] = 3 * model.params[i] + 0.01f; /* away from the flat start */
  model.logit_shift = -0.75f;
  return model;
}

/* ---- a walk ---- */

typedef struct {
  uint32_t number, wire_type;
  uint64_t value; /* of a varint, or the length of data */
  const char *data;
} field;

static uint64_t read_varint(const char **at, const char *end) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    assert_true(*at < end && shift < 64);
    unsigned char byte = (unsigned char)*(*at)++;
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (!(byte & 0x80)) return value;
  }
}

static bool next_field(const char **at, const char *end, field *out) {
  if (*at == end) return false;
  uint64_t tag = read_varint(at, end);
  *out = (field){.number = (uint32_t)(tag >> 3), .wire_type = (uint32_t)(tag & 7)};
  out->value = read_varint(at, end);
  if (out->wire_type == 2) {
    assert_true(out->value <= (uint64_t)(end - *at));
    out->data = *at;
    *at += out->value;
  } else {
    assert_int_equal(out->wire_type, 0);
  }
  return true;
}

/* The raw bytes of an initializer of the graph; *length in floats. */
static const char *find_initializer(const field *graph, const char *name, size_t *length) {
  const char *at = graph->data, *end = at + graph->value;
  for (field in_graph; next_field(&at, end, &in_graph);) {
    if (in_graph.number != 5) continue;
    const char *inner = in_graph.data, *inner_end = inner + in_graph.value, *bytes = NULL;
    bool is_it = false;
    for (field in_tensor; next_field(&inner, inner_end, &in_tensor);) {
      if (in_tensor.number == 8) is_it = in_tensor.value == strlen(name) && !memcmp(in_tensor.data, name, strlen(name));
      if (in_tensor.number == 9) bytes = in_tensor.data, *length = in_tensor.value / sizeof(float);
    }
    if (is_it) return bytes;
  }
  fail_msg("expected an initializer %s but found none", name);
  return NULL;
}

static void parameters_stand_in_the_file_as_onnx_orders_them(void **state) {
  (void)state;
  da_error err = {0};
  da_model model = sample_model(true, true, false);
  da_text bytes = {0};
  assert_ok(da_model_print_onnx(&model, &bytes, &err), err);
  field graph = {0};
  int n_metadata = 0;
  const char *at = bytes.data, *end = at + bytes.length;
  for (field top; next_field(&at, end, &top);) {
    if (top.number == 7) graph = top;
    n_metadata += top.number == 14;
  }
  assert_int_equal(n_metadata, 8);
  da_tensor layout[DA_N_TENSORS];
  da_network_layout(&model.shape, layout);
  size_t n;
  const char *embedding = find_initializer(&graph, "embedding", &n);
  assert_int_equal(n, model.shape.n_rows * E);
  assert_memory_equal(embedding, model.params, n * sizeof(float));
  /* Row 2 H + 1 of ONNX is unit 1 of its third gate, the forget gate: our second. */
  const char *recurrent = find_initializer(&graph, "lstm_r", &n);
  assert_int_equal(n, 4 * H * H);
  float found, wanted = model.params[layout[DA_TENSOR_W_H].offset + 3 * 4 * H + H + 1]; /* from unit 3 */
  memcpy(&found, recurrent + ((2 * H + 1) * H + 3) * sizeof found, sizeof found);
  assert_true(found == wanted);
  da_text_free(&bytes);
  da_model_close(&model);
}

/* ---- the oracle ---- */

static void print_floats(FILE *out, const char *key, const float *values, uint32_t n_rows, uint32_t n_columns) {
  fprintf(out, "\"%s\":[", key);
  for (uint32_t r = 0; r < n_rows; r++) {
    fprintf(out, r ? ",[" : "[");
    for (uint32_t c = 0; c < n_columns; c++) fprintf(out, c ? ",%.9g" : "%.9g", (double)values[r * n_columns + c]);
    fprintf(out, "]");
  }
  fprintf(out, "]");
}

/* A batch of random journeys of up to `longest` touches, with what the engine says of them. */
static void write_case(FILE *out, const da_model *model, da_random *random, uint32_t n_journeys, uint32_t longest) {
  da_error err = {0};
  const uint32_t I = model->shape.n_inputs;
  uint32_t *first = calloc(n_journeys + 1, sizeof *first), *rows = calloc((size_t)n_journeys * longest * I, sizeof *rows);
  for (uint32_t j = 0; j < n_journeys; j++) {
    first[j + 1] = first[j] + 1 + (uint32_t)da_random_below(random, longest);
    if (j == 0) first[1] = longest;
    for (uint32_t t = first[j]; t < first[j + 1]; t++)
      for (uint32_t i = 0; i < I; i++)
        rows[t * I + i] = model->inputs.items[i].first_row + (uint32_t)da_random_below(random, model->inputs.items[i].n_rows);
  }
  float *days = calloc(first[n_journeys], sizeof *days), *padded_days = calloc((size_t)n_journeys * longest, sizeof *days);
  for (uint32_t j = 0; j < n_journeys; j++)
    for (uint32_t t = first[j + 1] - 1; t-- > first[j];) days[t] = days[t + 1] + (float)da_random_exponential(random);
  da_engine *engine;
  assert_ok(da_engine_open(&model->shape, &(da_engine_options){0}, NULL, &engine, &err), err);
  float *attention = calloc(first[n_journeys], sizeof *attention), *logit = calloc(n_journeys, sizeof *logit);
  float *padded = calloc((size_t)n_journeys * longest, sizeof *padded);
  const uint32_t n_user = model->inputs.n_user;
  uint32_t *user_rows = calloc((size_t)n_journeys * n_user + 1, sizeof *user_rows);
  for (uint32_t k = 0; k < n_journeys * n_user; k++) {
    const da_input *input = &model->inputs.user[k % n_user];
    user_rows[k] = input->first_row + (uint32_t)da_random_below(random, input->n_rows);
  }
  const da_batch batch = {.n_journeys = n_journeys, .first = first, .rows = rows, .days_to_last = days, .user_rows = user_rows};
  assert_ok(da_engine_score(engine, model->params, &batch, attention, logit, &err), err);
  fprintf(out, "{\"rows\":[");
  for (uint32_t j = 0; j < n_journeys; j++) {
    fprintf(out, j ? ",[" : "[");
    for (uint32_t t = 0; t < longest; t++) {
      const bool own = t < first[j + 1] - first[j];
      fprintf(out, t ? ",[" : "[");
      for (uint32_t i = 0; i < I; i++) fprintf(out, i ? ",%u" : "%u", own ? rows[(first[j] + t) * I + i] : model->shape.n_rows - 1);
      fprintf(out, "]");
      if (!own) continue;
      padded[j * longest + t] = attention[first[j] + t];
      padded_days[j * longest + t] = days[first[j] + t];
    }
    fprintf(out, "]");
  }
  fprintf(out, "],\"length\":[");
  for (uint32_t j = 0; j < n_journeys; j++) fprintf(out, j ? ",%u" : "%u", first[j + 1] - first[j]);
  fprintf(out, "],");
  print_floats(out, "attention", padded, n_journeys, longest);
  fprintf(out, ",");
  if (model->shape.time_decay) {
    print_floats(out, "days_to_last", padded_days, n_journeys, longest);
    fprintf(out, ",");
  }
  if (n_user) {
    fprintf(out, "\"user_rows\":[");
    for (uint32_t k = 0; k < n_journeys * n_user; k++)
      fprintf(out, k % n_user ? ",%u%s" : k ? ",[%u%s" : "[%u%s", user_rows[k], (k + 1) % n_user ? "" : "]");
    fprintf(out, "],");
  }
  fprintf(out, "\"probability\":[");
  for (uint32_t j = 0; j < n_journeys; j++) fprintf(out, j ? ",%.9g" : "%.9g", da_model_probability(model, (double)logit[j]));
  fprintf(out, "]}");
  da_engine_close(engine);
  free(first), free(rows), free(attention), free(logit), free(padded), free(days), free(padded_days), free(user_rows);
}

/* A Python with what onnx_check.py imports: the caller's, or that of scripts/bootstrap --distributed; NULL where there is none. */
static const char *oracle_python(void) {
  const char *given = getenv("DA_ORACLE_PYTHON"), *own = ".deps/python/bin/python";
  if (given) return given;
  char command[256];
  snprintf(command, sizeof command, "%s -c 'import onnx, onnxruntime, safetensors' >/dev/null 2>&1", own);
  return system(command) == 0 ? own : NULL;
}

static void onnxruntime_and_safetensors_agree(void **state) {
  (void)state;
  const char *python = oracle_python();
  if (!python) {
    print_message("skipped: no Python with onnxruntime; scripts/bootstrap --distributed makes one\n");
    skip();
  }
  da_error err = {0};
  da_random random;
  da_random_init(&random, 1, 0);
  for (int variant = 0; variant < 5; variant++) {
    da_model model = sample_model(variant & 1, variant & 2, variant & 4);
    char *folder = folder_make(), command[8192];
    da_text onnx = {0}, safetensors = {0};
    assert_ok(da_model_print_onnx(&model, &onnx, &err), err);
    assert_ok(da_model_print(&model, &safetensors, &err), err);
    folder_write(folder_path(folder, "model.onnx"), onnx.data, onnx.length);
    folder_write(folder_path(folder, "model.safetensors"), safetensors.data, safetensors.length);
    FILE *out = fopen(folder_path(folder, "cases.json"), "w");
    assert_non_null(out);
    fprintf(out, "[");
    write_case(out, &model, &random, 1, 1);
    fprintf(out, ",");
    write_case(out, &model, &random, 1, 50);
    fprintf(out, ",");
    write_case(out, &model, &random, 40, 9);
    fprintf(out, "]");
    fclose(out);
    snprintf(command, sizeof command, "%s src/model/onnx_check.py %s", python, folder);
    assert_int_equal(system(command), 0);
    folder_remove(folder);
    da_text_free(&onnx), da_text_free(&safetensors);
    da_model_close(&model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parameters_stand_in_the_file_as_onnx_orders_them),
      cmocka_unit_test(onnxruntime_and_safetensors_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
