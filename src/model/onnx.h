/* The network as an ONNX graph (opset 17), so that any runtime can score journeys:
 *
 *   rows    int64 [batch, touches, inputs]   rows of the embedding table; anything within the table behind a journey's end
 *   length  int32 [batch]                    touches of each journey, at least 1
 *   days_to_last  float [batch, touches]     days from each touch to the journey's last; only with time decay
 *   user_rows  int64 [batch, user inputs]    rows of the user's inputs; only where there are any
 *   -> attention   float [batch, touches]    0 behind a journey's end
 *   -> probability float [batch]             calibrated: the logit's shift is inside
 *
 * What the rows mean (inputs, campaigns, edges of the time bins) stands in the file's metadata, under the keys of model.safetensors. */
#ifndef DA_MODEL_ONNX_H
#define DA_MODEL_ONNX_H

#include "model/model.h"

/* A protocol buffer holds 2 GB at most. */
#define DA_ONNX_MAX_PARAMS ((size_t)500 * 1000 * 1000)

/* Appends the bytes of model.onnx. DA_ERR_DATA for more than DA_ONNX_MAX_PARAMS parameters. */
da_status da_model_print_onnx(const da_model *model, da_text *bytes, da_error *err) DA_MUST_CHECK;

#endif
