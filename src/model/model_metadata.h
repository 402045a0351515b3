/* What a model file says about the network, as texts: the same in safetensors and ONNX. Private to the files of a model. */
#ifndef DA_MODEL_MODEL_METADATA_H
#define DA_MODEL_MODEL_METADATA_H

#include "model/model.h"
#include "model/safetensors.h"

enum { DA_MODEL_N_METADATA = 8 };
#define DA_MODEL_FORMAT "deepattribution"
#define DA_MODEL_FORMAT_VERSION "1"

/* Valid as {0}. */
typedef struct {
  da_text inputs;       /* JSON list of {"name", "rows"} */
  da_text campaigns;    /* JSON list of names; a campaign's row is its place; the row behind them stands for unknown ones */
  da_text time_bins_us; /* JSON list: upper edges of time bins 1 to n-2, for whoever feeds the network elsewhere */
  da_text logit_shift, set_checksum;
  da_safetensors_entry entries[DA_MODEL_N_METADATA]; /* all of it by key; settings and format too */
} da_model_metadata;

da_status da_model_metadata_make(const da_model *model, da_model_metadata *metadata, da_error *err) DA_MUST_CHECK;
void da_model_metadata_free(da_model_metadata *metadata); /* after a failed make too */

#endif
