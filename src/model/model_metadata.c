#include "model/model_metadata.h"

#include <string.h>

static void print_names(const da_names *names, da_text *json) {
  da_text_append(json, "[");
  for (size_t i = 0; i < names->n; i++) {
    if (i) da_text_append(json, ",");
    da_text_append_json(json, names->items[i]);
  }
  da_text_append(json, "]");
}

static void print_edges(const da_input *input, da_text *json) {
  da_text_append(json, "[");
  for (uint32_t i = 0; i + 2 < input->n_rows; i++) da_text_printf(json, i ? ",%.9g" : "%.9g", (double)input->edges[i]);
  da_text_append(json, "]");
}

static void print_input(const da_input *input, da_text *json) {
  const char *name = da_input_name(input);
  da_text_append(json, "{\"name\":");
  da_text_append_json(json, (da_slice){name, strlen(name)});
  da_text_printf(json, ",\"rows\":%u", input->n_rows);
  if (input->column.length > 0) {
    da_text_append(json, ",\"column\":");
    da_text_append_json(json, input->column);
    da_text_append(json, da_input_is_number(input) ? ",\"edges\":" : ",\"values\":");
    if (da_input_is_number(input))
      print_edges(input, json);
    else
      print_names(&input->values, json);
  }
  da_text_append(json, "}");
}

/* Those of touches, then those of the user, whose rows are of user.kernel. */
static void print_inputs(const da_inputs *inputs, da_text *json) {
  for (uint32_t i = 0; i < inputs->n + inputs->n_user; i++) {
    da_text_append(json, i ? "," : "[");
    print_input(i < inputs->n ? &inputs->items[i] : &inputs->user[i - inputs->n], json);
  }
  da_text_append(json, "]");
}

static void print_time_bins(da_text *json) {
  da_time_bins bins;
  da_time_bins_init(&bins);
  for (int b = 1; b < DA_N_TIME_BINS - 1; b++) da_text_printf(json, b > 1 ? ",%llu" : "[%llu", (unsigned long long)bins.upper_us[b]);
  da_text_append(json, "]");
}

da_status da_model_metadata_make(const da_model *model, da_model_metadata *metadata, da_error *err) {
  *metadata = (da_model_metadata){0};
  print_inputs(&model->inputs, &metadata->inputs);
  print_names(&model->campaigns, &metadata->campaigns);
  print_time_bins(&metadata->time_bins_us);
  da_text_printf(&metadata->logit_shift, "%.9g", (double)model->logit_shift);
  da_text_printf(&metadata->set_checksum, "%016llx", (unsigned long long)model->set_checksum);
  const da_text *const texts[] = {&metadata->inputs, &metadata->campaigns, &metadata->time_bins_us, &metadata->logit_shift,
                                  &metadata->set_checksum};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) DA_TRY(da_text_check(texts[i], err));
  const da_safetensors_entry entries[DA_MODEL_N_METADATA] = {
      {"format", DA_MODEL_FORMAT},
      {"format_version", DA_MODEL_FORMAT_VERSION},
      {"inputs", metadata->inputs.data},
      {"campaigns", metadata->campaigns.data},
      {"time_bins_us", metadata->time_bins_us.data},
      {"settings", model->settings},
      {"logit_shift", metadata->logit_shift.data},
      {"set_checksum", metadata->set_checksum.data},
  };
  memcpy(metadata->entries, entries, sizeof entries);
  return DA_OK;
}

void da_model_metadata_free(da_model_metadata *metadata) {
  da_text_free(&metadata->inputs);
  da_text_free(&metadata->campaigns);
  da_text_free(&metadata->time_bins_us);
  da_text_free(&metadata->logit_shift);
  da_text_free(&metadata->set_checksum);
}
