/* A trained network with all that is needed to use it: what its rows mean, how it was made, how its output is read.
 *
 * In a file: safetensors (one tensor a line of da_network_layout), with the rest as JSON in the header's metadata, so that the one
 * file is enough to score journeys anywhere. The same model gives the same bytes. */
#ifndef DA_MODEL_MODEL_H
#define DA_MODEL_MODEL_H

#include <stdint.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/inputs.h"
#include "model/network.h"

/* Valid as {0}. */
typedef struct {
  da_shape shape;
  float *params; /* laid out by da_network_layout; owned */
  da_inputs inputs;
  da_names campaigns;    /* the vocabulary: campaign i has row i; owned (texts) */
  float logit_shift;     /* added to the network's logit: undoes what oversampling did to the prior */
  const char *settings;  /* how it was trained, a JSON object; owned (texts) */
  uint64_t set_checksum; /* of the journeys it was trained on */
  da_arena texts;
} da_model;

/* A model of that shape with everything but the parameters' values: campaigns, what inputs point to, and settings are copied.
 * inputs' numbers of rows and inputs set the shape's. */
da_status da_model_init(const da_inputs *inputs, uint32_t n_embedding, uint32_t n_hidden, const da_names *campaigns, const char *settings,
                        da_model *model, da_error *err) DA_MUST_CHECK;
void da_model_close(da_model *model); /* {0} and a second call allowed */

size_t da_model_n_params(const da_model *model);
/* For callers that know journeys by campaigns and times alone (who: "a served network"): DA_ERR_DATA when the model reads features. */
da_status da_model_refuse_features(const da_model *model, const char *who, da_error *err) DA_MUST_CHECK;
/* P(conversion) of a logit as the engine and da_scorer give it: sigmoid(logit + shift). */
double da_model_probability(const da_model *model, double logit);
/* The logit of a journey without any touch: nothing to sum, the output's bias and what the rows of the user's inputs add. */
float da_model_empty_logit(const da_model *model, const uint32_t *user_rows);

/* The bytes of model.safetensors. */
da_status da_model_print(const da_model *model, da_text *bytes, da_error *err) DA_MUST_CHECK;
/* Hostile until checked; DA_ERR_DATA, with name (a path or key) in the sentence. */
da_status da_model_parse(const char *name, const void *bytes, size_t n_bytes, da_model *model, da_error *err) DA_MUST_CHECK;
/* The same from a local file (da_bucket_local gives a bucket's). */
da_status da_model_open(const char *path, da_model *model, da_error *err) DA_MUST_CHECK;

#endif
