#include "model/onnx.h"

#include <math.h>

#include "base/mem.h"
#include "model/model_metadata.h"
#include "model/protobuf.h"

/* Field numbers of onnx.proto (IR version 8). */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_METADATA = 14 };
enum { OPSET_VERSION = 2 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_OP = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_INT = 3, ATTRIBUTE_INTS = 8, ATTRIBUTE_TYPE = 20 };
enum { ATTRIBUTE_IS_INT = 2, ATTRIBUTE_IS_INTS = 7 };
enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_BYTES = 9 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_TYPE_ELEMENT = 1, TENSOR_TYPE_SHAPE = 2, SHAPE_DIM = 1 };
enum { DIM_VALUE = 1, DIM_NAME = 2 };
enum { FLOAT = 1, INT32 = 6, INT64 = 7 }; /* TensorProto.DataType */

/* ---- pieces of a graph ---- */

static void add_tensor(da_text *graph, const char *name, int type, const void *values, size_t n_bytes, int n_dims, const int64_t *dims) {
  da_text tensor = {0};
  for (int d = 0; d < n_dims; d++) da_proto_int(&tensor, TENSOR_DIM, dims[d]);
  da_proto_int(&tensor, TENSOR_TYPE, type);
  da_proto_string(&tensor, TENSOR_NAME, name);
  da_proto_bytes(&tensor, TENSOR_BYTES, values, n_bytes);
  da_proto_message(graph, GRAPH_INITIALIZER, &tensor);
}

static void add_scalar(da_text *graph, const char *name, float value) { add_tensor(graph, name, FLOAT, &value, sizeof value, 0, NULL); }

static void add_axis(da_text *graph, const char *name, int64_t axis) {
  add_tensor(graph, name, INT64, &axis, sizeof axis, 1, &(int64_t){1});
}

/* Begins a node: inputs, separated by spaces ("-" for one left out), and its only output. */
static da_text node(const char *op, const char *inputs, const char *output) {
  da_text out = {0};
  for (const char *at = inputs; *at;) {
    const char *end = at;
    while (*end && *end != ' ') end++;
    const size_t length = *at == '-' ? 0 : (size_t)(end - at);
    da_proto_bytes(&out, NODE_INPUT, at, length);
    at = *end ? end + 1 : end;
  }
  da_proto_string(&out, NODE_OUTPUT, output);
  da_proto_string(&out, NODE_OP, op);
  return out;
}

static void add_node(da_text *graph, const char *op, const char *inputs, const char *output) {
  da_text plain = node(op, inputs, output);
  da_proto_message(graph, GRAPH_NODE, &plain);
}

static void add_node_with_int(da_text *graph, const char *op, const char *inputs, const char *output, const char *name, int64_t value) {
  da_text with = node(op, inputs, output), attribute = {0};
  da_proto_string(&attribute, ATTRIBUTE_NAME, name);
  da_proto_int(&attribute, ATTRIBUTE_INT, value);
  da_proto_int(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_IS_INT);
  da_proto_message(&with, NODE_ATTRIBUTE, &attribute);
  da_proto_message(graph, GRAPH_NODE, &with);
}

/* (a, b, c) -> (b, a, c) */
static void add_swap(da_text *graph, const char *input, const char *output) {
  da_text swap = node("Transpose", input, output), attribute = {0};
  da_proto_string(&attribute, ATTRIBUTE_NAME, "perm");
  const int64_t order[] = {1, 0, 2};
  for (int i = 0; i < 3; i++) da_proto_int(&attribute, ATTRIBUTE_INTS, order[i]);
  da_proto_int(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_IS_INTS);
  da_proto_message(&swap, NODE_ATTRIBUTE, &attribute);
  da_proto_message(graph, GRAPH_NODE, &swap);
}

/* An input or output of the graph; a dimension without a name has last_dim values. */
static void add_value(da_text *graph, uint32_t field, const char *name, int type, int n_dims, const char *const *dim_names,
                      int64_t last_dim) {
  da_text shape = {0}, tensor = {0}, value_type = {0}, value = {0};
  for (int d = 0; d < n_dims; d++) {
    da_text dim = {0};
    if (dim_names[d]) da_proto_string(&dim, DIM_NAME, dim_names[d]);
    if (!dim_names[d]) da_proto_int(&dim, DIM_VALUE, last_dim);
    da_proto_message(&shape, SHAPE_DIM, &dim);
  }
  da_proto_int(&tensor, TENSOR_TYPE_ELEMENT, type);
  da_proto_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
  da_proto_message(&value_type, TYPE_TENSOR, &tensor);
  da_proto_string(&value, VALUE_NAME, name);
  da_proto_message(&value, VALUE_TYPE, &value_type);
  da_proto_message(graph, field, &value);
}

/* ---- parameters ---- */

/* in (n_rows, 4H), gates i, f, g, o -> out (4H, n_rows), gates i, o, f, g: how ONNX lays out its LSTM. */
static void turn_gates(const float *in, uint32_t n_rows, uint32_t n_hidden, float *out) {
  static const uint32_t ours[4] = {0, 3, 1, 2};
  for (uint32_t gate = 0; gate < 4; gate++)
    for (uint32_t unit = 0; unit < n_hidden; unit++)
      for (uint32_t r = 0; r < n_rows; r++)
        out[((size_t)gate * n_hidden + unit) * n_rows + r] = in[(size_t)r * 4 * n_hidden + ours[gate] * n_hidden + unit];
}

static da_status add_lstm_parameters(const da_model *model, const da_tensor *layout, da_text *graph, da_error *err) {
  const uint32_t E = model->shape.n_embedding, H = model->shape.n_hidden;
  const size_t n_most = (size_t)4 * H * (E > H ? E : H) + (size_t)8 * H;
  float *turned = da_mem_calloc(n_most, sizeof *turned);
  if (!turned) return da_mem_fail(err, n_most, sizeof *turned, "a layer as ONNX wants it");
  turn_gates(model->params + layout[DA_TENSOR_W_X].offset, E, H, turned);
  add_tensor(graph, "lstm_w", FLOAT, turned, (size_t)4 * H * E * sizeof *turned, 3, (int64_t[]){1, 4 * (int64_t)H, E});
  turn_gates(model->params + layout[DA_TENSOR_W_H].offset, H, H, turned);
  add_tensor(graph, "lstm_r", FLOAT, turned, (size_t)4 * H * H * sizeof *turned, 3, (int64_t[]){1, 4 * (int64_t)H, H});
  turn_gates(model->params + layout[DA_TENSOR_BIAS].offset, 1, H, turned);
  for (uint32_t k = 0; k < 4 * H; k++) turned[4 * H + k] = 0; /* its second bias, of the recurrent product */
  add_tensor(graph, "lstm_b", FLOAT, turned, (size_t)8 * H * sizeof *turned, 2, (int64_t[]){1, 8 * (int64_t)H});
  da_mem_free(turned);
  return DA_OK;
}

static da_status add_parameters(const da_model *model, da_text *graph, da_error *err) {
  const da_shape *shape = &model->shape;
  da_tensor layout[DA_N_TENSORS];
  da_network_layout(shape, layout);
  const float *params = model->params;
  const size_t column_bytes = shape->n_hidden * sizeof *params;
  add_tensor(graph, "embedding", FLOAT, params, (size_t)shape->n_rows * shape->n_embedding * sizeof *params, 2,
             (int64_t[]){shape->n_rows, shape->n_embedding});
  DA_TRY(add_lstm_parameters(model, layout, graph, err));
  add_tensor(graph, "attention_w", FLOAT, params + layout[DA_TENSOR_ATTENTION_W].offset, column_bytes, 2, (int64_t[]){shape->n_hidden, 1});
  add_scalar(graph, "attention_b", params[layout[DA_TENSOR_ATTENTION_B].offset]);
  add_tensor(graph, "output_w", FLOAT, params + layout[DA_TENSOR_OUT_W].offset, column_bytes, 2, (int64_t[]){shape->n_hidden, 1});
  add_scalar(graph, "output_b", params[layout[DA_TENSOR_OUT_B].offset] + model->logit_shift);
  if (shape->n_user_rows)
    add_tensor(graph, "user_w", FLOAT, params + layout[DA_TENSOR_USER].offset, shape->n_user_rows * sizeof *params, 1,
               (int64_t[]){shape->n_user_rows});
  if (shape->time_decay) add_scalar(graph, "decay", expf(params[layout[DA_TENSOR_LOG_DECAY].offset]));
  return DA_OK;
}

/* ---- the graph ---- */

static void add_nodes(const da_shape *shape, da_text *graph) {
  const bool time_decay = shape->time_decay;
  add_axis(graph, "axis_1", 1);
  add_axis(graph, "axis_2", 2);
  add_scalar(graph, "nothing", -1e9f); /* e to it is 0 */
  add_tensor(graph, "zero", INT64, &(int64_t){0}, sizeof(int64_t), 0, NULL);
  add_tensor(graph, "one", INT64, &(int64_t){1}, sizeof(int64_t), 0, NULL);
  /* x = sum over inputs of emb[row] */
  add_node(graph, "Gather", "embedding rows", "looked_up");
  add_node_with_int(graph, "ReduceSum", "looked_up axis_2", "x_by_journey", "keepdims", 0);
  /* h = LSTM(x); ONNX wants time first. */
  add_swap(graph, "x_by_journey", "x");
  add_node_with_int(graph, "LSTM", "x lstm_w lstm_r lstm_b length", "h_by_direction", "hidden_size", shape->n_hidden);
  add_node(graph, "Squeeze", "h_by_direction axis_1", "h_by_time");
  add_swap(graph, "h_by_time", "h");
  /* a = softmax(tanh(w_a . h + b_a) - lambda d) over the journey's own touches */
  add_node(graph, "MatMul", "h attention_w", "energy_product");
  add_node(graph, "Add", "energy_product attention_b", "energy_column");
  add_node(graph, "Squeeze", "energy_column axis_2", "energy_sum");
  add_node(graph, "Tanh", "energy_sum", "energy");
  add_node(graph, "Shape", "rows", "rows_shape");
  add_node(graph, "Gather", "rows_shape one", "n_touches");
  add_node(graph, "Range", "zero n_touches one", "touch");
  add_node_with_int(graph, "Cast", "length", "length_64", "to", INT64);
  add_node(graph, "Unsqueeze", "length_64 axis_1", "length_column");
  add_node(graph, "Less", "touch length_column", "is_own");
  if (time_decay) { /* less lambda d */
    add_node(graph, "Mul", "days_to_last decay", "aging");
    add_node(graph, "Sub", "energy aging", "aged_energy");
  }
  add_node(graph, "Where", time_decay ? "is_own aged_energy nothing" : "is_own energy nothing", "own_energy");
  add_node_with_int(graph, "Softmax", "own_energy", "attention", "axis", 1);
  /* p = sigmoid(w_o . sum a h + b_o + shift + sum of w_u over the user's rows) */
  add_node(graph, "Unsqueeze", "attention axis_1", "attention_row");
  add_node(graph, "MatMul", "attention_row h", "v_row");
  add_node(graph, "Squeeze", "v_row axis_1", "v");
  add_node(graph, "MatMul", "v output_w", "logit_product");
  add_node(graph, "Add", "logit_product output_b", "logit_column");
  add_node(graph, "Squeeze", "logit_column axis_1", "logit");
  if (shape->n_user_inputs) {
    add_node(graph, "Gather", "user_w user_rows", "user_parts");
    add_node_with_int(graph, "ReduceSum", "user_parts axis_1", "user_part", "keepdims", 0);
    add_node(graph, "Add", "logit user_part", "fused_logit");
  }
  add_node(graph, "Sigmoid", shape->n_user_inputs ? "fused_logit" : "logit", "probability");
}

static da_status print_graph(const da_model *model, da_text *graph, da_error *err) {
  da_proto_string(graph, GRAPH_NAME, DA_MODEL_FORMAT);
  add_nodes(&model->shape, graph);
  DA_TRY(add_parameters(model, graph, err));
  static const char *const dims[] = {"batch", "touches", NULL};
  add_value(graph, GRAPH_INPUT, "rows", INT64, 3, dims, model->shape.n_inputs);
  add_value(graph, GRAPH_INPUT, "length", INT32, 1, dims, 0);
  if (model->shape.time_decay) add_value(graph, GRAPH_INPUT, "days_to_last", FLOAT, 2, dims, 0);
  static const char *const user_dims[] = {"batch", NULL};
  if (model->shape.n_user_inputs) add_value(graph, GRAPH_INPUT, "user_rows", INT64, 2, user_dims, model->shape.n_user_inputs);
  add_value(graph, GRAPH_OUTPUT, "attention", FLOAT, 2, dims, 0);
  add_value(graph, GRAPH_OUTPUT, "probability", FLOAT, 1, dims, 0);
  return da_text_check(graph, err);
}

static void add_metadata(da_text *bytes, const da_model_metadata *metadata) {
  for (int i = 0; i < DA_MODEL_N_METADATA; i++) {
    da_text entry = {0};
    da_proto_string(&entry, ENTRY_KEY, metadata->entries[i].key);
    da_proto_string(&entry, ENTRY_VALUE, metadata->entries[i].value);
    da_proto_message(bytes, MODEL_METADATA, &entry);
  }
}

da_status da_model_print_onnx(const da_model *model, da_text *bytes, da_error *err) {
  if (da_model_n_params(model) > DA_ONNX_MAX_PARAMS)
    return da_fail(err, DA_ERR_DATA, "expected at most %zu parameters for an ONNX file but found %zu", DA_ONNX_MAX_PARAMS,
                   da_model_n_params(model));
  da_text graph = {0}, opset = {0};
  da_model_metadata metadata;
  da_status status = da_model_metadata_make(model, &metadata, err);
  if (status == DA_OK) status = print_graph(model, &graph, err);
  if (status == DA_OK) {
    da_proto_int(bytes, MODEL_IR_VERSION, 8);
    da_proto_string(bytes, MODEL_PRODUCER, DA_MODEL_FORMAT);
    da_proto_int(&opset, OPSET_VERSION, 17);
    da_proto_message(bytes, MODEL_OPSET, &opset);
    da_proto_message(bytes, MODEL_GRAPH, &graph);
    add_metadata(bytes, &metadata);
    status = da_text_check(bytes, err);
  }
  da_text_free(&graph);
  da_model_metadata_free(&metadata);
  return status;
}
