/* The public header's functions: thin, so that a program linked to the library runs the very code of the command. */
#include "deepattribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "credit/method.h"
#include "model/score.h"
#include "pipeline/exit_code.h"
#include "pipeline/pipeline.h"
#include "pipeline/settings.h"

const char *da_version(void) { return DA_VERSION; }

void da_free(char *text) { cJSON_free(text); }

static int end_call(da_status status, const da_error *err, char *message, size_t message_bytes) {
  if (status != DA_OK && message && message_bytes > 0) snprintf(message, message_bytes, "%s", err->msg);
  return da_exit_code(status);
}

/* ---- running the stages ---- */

static void on_note(void *context, da_note_level level, const char *sentence) {
  const da_run_callbacks *callbacks = context;
  if (callbacks->note) callbacks->note(callbacks->context, level == DA_NOTE_WARNING, sentence);
}

static void on_progress(void *context, const char *stage, const char *unit, uint64_t done, uint64_t total) {
  const da_run_callbacks *callbacks = context;
  if (callbacks->progress) callbacks->progress(callbacks->context, stage, unit, done, total);
}

static bool on_interrupted(void *context) {
  const da_run_callbacks *callbacks = context;
  return callbacks->interrupted && callbacks->interrupted(callbacks->context) != 0;
}

int da_run(const char *location, const char *const *settings, size_t n_settings, const char *first, const char *last, int force,
           const da_run_callbacks *callbacks, char **json, char *message, size_t message_bytes) {
  if (json) *json = NULL;
  da_run_callbacks none = {0}, heard = callbacks ? *callbacks : none;
  da_monitor monitor = {.progress = on_progress, .note = on_note, .interrupted = on_interrupted, .context = &heard};
  da_error err = {0};
  da_bucket *bucket = NULL;
  cJSON *result = NULL;
  da_config config;
  da_config_init(&config);
  da_run_job job = {.config = &config, .monitor = &monitor, .first = DA_STAGE_JOURNEYS, .last = DA_STAGE_REPORT, .force = force != 0};
  da_status status = da_settings_open_bucket(location, false, NULL, settings, n_settings, &bucket, &err);
  job.bucket = bucket;
  if (status == DA_OK) status = da_settings_read(bucket, NULL, settings, n_settings, &config, &err);
  if (status == DA_OK && first) status = da_stage_find(first, &job.first, &err);
  if (status == DA_OK && last) status = da_stage_find(last, &job.last, &err);
  if (status == DA_OK) status = da_run_stages(&job, &result, &err);
  if (status == DA_OK && json) {
    *json = cJSON_Print(result);
    if (!*json) status = da_mem_fail(&err, 1, 4096, "the JSON result");
  }
  cJSON_Delete(result);
  da_config_free(&config);
  da_bucket_close(bucket);
  return end_call(status, &err, message, message_bytes);
}

/* The text is the C library's allocation, as that of cJSON_Print is: da_free gives back both. */
static da_status copy_text(const da_text *text, char **copy, da_error *err) {
  DA_TRY(da_text_check(text, err));
  *copy = cJSON_malloc(text->length + 1);
  if (!*copy) return da_mem_fail(err, text->length + 1, 1, "the settings as JSON");
  memcpy(*copy, da_text_cstr(text), text->length + 1);
  return DA_OK;
}

int da_settings_json(const char *name, const char *yaml, size_t n_bytes, const char *const *settings, size_t n_settings, char **json,
                     char *message, size_t message_bytes) {
  *json = NULL;
  da_error err = {0};
  da_config config;
  da_config_init(&config);
  da_text text = {0};
  da_status status = da_config_read(&config, name, yaml, n_bytes, &err);
  if (status == DA_OK) status = da_settings_read(NULL, NULL, settings, n_settings, &config, &err);
  if (status == DA_OK) {
    da_config_print_json(&config, NULL, &text);
    status = copy_text(&text, json, &err);
  }
  da_text_free(&text);
  da_config_free(&config);
  return end_call(status, &err, message, message_bytes);
}

/* ---- scoring ---- */

struct da_network {
  da_model model;
  da_pool *pool;
  da_slice *names; /* the vocabulary, and behind it one that no model knows */
};

/* Sorts behind every UTF-8 name, as the vocabulary's order wants, and is none. */
static const da_slice unknown_name = {.data = "\xff\xff", .length = 2};

int da_network_open(const char *path, int n_threads, da_network **out, char *message, size_t message_bytes) {
  *out = NULL;
  da_error err = {0};
  da_network *network = da_mem_calloc(1, sizeof *network);
  da_status status = network ? DA_OK : da_mem_fail(&err, 1, sizeof *network, "a model");
  if (status == DA_OK) status = da_pool_open(n_threads, &network->pool, &err);
  if (status == DA_OK) status = da_model_open(path, &network->model, &err);
  if (status == DA_OK) status = da_model_refuse_features(&network->model, "scoring from arrays", &err);
  if (status == DA_OK) {
    size_t n = network->model.campaigns.n;
    network->names = da_mem_alloc(n + 1, sizeof *network->names);
    if (!network->names) {
      status = da_mem_fail(&err, n + 1, sizeof *network->names, "the campaigns of a model");
    } else {
      if (n) memcpy(network->names, network->model.campaigns.items, n * sizeof *network->names);
      network->names[n] = unknown_name;
    }
  }
  if (status == DA_OK) {
    *out = network;
  } else {
    da_network_close(network);
  }
  return end_call(status, &err, message, message_bytes);
}

void da_network_close(da_network *network) {
  if (!network) return;
  da_mem_free(network->names);
  da_model_close(&network->model);
  da_pool_close(network->pool);
  da_mem_free(network);
}

uint32_t da_network_campaign(const da_network *network, const char *name, size_t n_bytes) {
  const da_names *names = &network->model.campaigns;
  size_t low = 0, high = names->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = da_slice_compare(names->items[middle], (da_slice){name, n_bytes});
    if (order == 0) return (uint32_t)middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return DA_UNKNOWN_CAMPAIGN;
}

/* What the scorer reads of journeys, checked: lengths that fit, campaigns that exist. Only `campaigns` is the caller's to free. */
static da_status wrap(const da_network *network, uint64_t n_journeys, const uint64_t *first_touch, const uint32_t *campaign,
                      const int64_t *time_us, da_journeys *set, uint32_t **campaigns, da_error *err) {
  for (uint64_t j = 0; j < n_journeys; j++) {
    if (first_touch[j + 1] <= first_touch[j] || first_touch[0] != 0) {
      return da_fail(err, DA_ERR_ARG,
                     "expected first_touch to begin with 0 and every journey to have a touch but found otherwise at journey %llu",
                     (unsigned long long)j);
    }
  }
  uint64_t n_touches = n_journeys ? first_touch[n_journeys] : 0;
  uint32_t n_known = (uint32_t)network->model.campaigns.n;
  *campaigns = da_mem_alloc(n_touches, sizeof **campaigns);
  if (!*campaigns) return da_mem_fail(err, n_touches, sizeof **campaigns, "the campaigns of touches");
  for (uint64_t t = 0; t < n_touches; t++) {
    if (campaign[t] >= n_known && campaign[t] != DA_UNKNOWN_CAMPAIGN) {
      return da_fail(err, DA_ERR_ARG, "expected a campaign below %u or DA_UNKNOWN_CAMPAIGN but found %u at touch %llu", n_known,
                     campaign[t], (unsigned long long)t);
    }
    (*campaigns)[t] = campaign[t] < n_known ? campaign[t] : n_known;
  }
  *set = (da_journeys){.n_touches = n_touches,
                       .n_journeys = n_journeys,
                       .campaign = *campaigns,
                       .time_us = time_us,
                       .first_touch = first_touch,
                       .campaigns = {network->names, network->model.campaigns.n + 1}};
  return DA_OK;
}

int da_network_score(da_network *network, uint64_t n_journeys, const uint64_t *first_touch, const uint32_t *campaign,
                     const int64_t *time_us, float *attention, float *probability, char *message, size_t message_bytes) {
  da_error err = {0};
  da_journeys set = {0};
  uint32_t *campaigns = NULL;
  da_scorer *scorer = NULL;
  da_status status = wrap(network, n_journeys, first_touch, campaign, time_us, &set, &campaigns, &err);
  if (status == DA_OK) status = da_scorer_open(&network->model, &set, network->pool, NULL, &scorer, &err);
  if (status == DA_OK) status = da_scorer_score(scorer, 0, n_journeys, attention, probability, &err);
  if (status == DA_OK && probability) {
    for (uint64_t j = 0; j < n_journeys; j++) probability[j] = (float)da_model_probability(&network->model, probability[j]);
  }
  da_scorer_close(scorer);
  da_mem_free(campaigns);
  return end_call(status, &err, message, message_bytes);
}

/* Converted or not is all that a method of single journeys reads of the flags. */
static da_status credit_journeys(const da_network *network, const da_method *method, const da_config *config, const da_journeys *set,
                                 const float *attention, double *credit, da_error *err) {
  double *baseline = da_mem_calloc(set->n_journeys, sizeof *baseline);
  if (!baseline) return da_mem_fail(err, set->n_journeys, sizeof *baseline, "the baselines of journeys");
  da_credit_input input = {.set = set, .config = config, .model = &network->model};
  da_credit_range range = {.begin = 0, .end = set->n_journeys, .attention = attention};
  if (set->n_touches) memset(credit, 0, set->n_touches * sizeof *credit);
  da_status status = method->credit(NULL, &input, &range, credit, baseline, err);
  da_mem_free(baseline);
  return status;
}

static da_status find_single_method(const char *name, const da_method **method, da_error *err) {
  *method = da_method_find(name);
  if (*method && !(*method)->fit && !(*method)->state_of) return DA_OK;
  return da_fail(err, DA_ERR_ARG, "expected a method that judges every journey by itself, such as last_touch, but found \"%s\"", name);
}

int da_network_credit(da_network *network, const char *name, const char *const *settings, size_t n_settings, uint64_t n_journeys,
                      const uint64_t *first_touch, const uint32_t *campaign, const int64_t *time_us, const uint8_t *converted,
                      const float *attention, double *credit, char *message, size_t message_bytes) {
  da_error err = {0};
  da_journeys set = {0};
  uint32_t *campaigns = NULL;
  const da_method *method = NULL;
  da_config config;
  da_config_init(&config);
  da_status status = find_single_method(name, &method, &err);
  if (status == DA_OK) status = da_settings_read(NULL, NULL, settings, n_settings, &config, &err);
  if (status == DA_OK) status = wrap(network, n_journeys, first_touch, campaign, time_us, &set, &campaigns, &err);
  if (status == DA_OK) {
    set.flags = converted;
    status = credit_journeys(network, method, &config, &set, attention, credit, &err);
  }
  da_mem_free(campaigns);
  da_config_free(&config);
  return end_call(status, &err, message, message_bytes);
}
