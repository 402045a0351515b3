#include "serve/service.h"

#include <string.h>

#include "base/mem.h"
#include "credit/fitted.h"
#include "credit/incremental.h"
#include "model/score.h"

/* --- Opening ------------------------------------------------------------------------------------------------------------ */

/* Sorts behind every UTF-8 name, as the vocabulary's order wants, and is none. */
static const da_slice unknown_name = {.data = "\xff\xff", .length = 2};

static da_status name_campaigns(da_service *service, da_error *err) {
  const da_names *known = &service->model.campaigns;
  service->names = da_mem_alloc(known->n + 1, sizeof *service->names);
  if (!service->names) return da_mem_fail(err, known->n + 1, sizeof *service->names, "the campaigns of a model");
  if (known->n) memcpy(service->names, known->items, known->n * sizeof *service->names);
  service->names[known->n] = unknown_name;
  service->campaigns = (da_names){service->names, known->n + 1};
  return DA_OK;
}

/* Either it learns nothing, or what it learnt is here. */
static bool is_served(const da_service *service, const da_method *method) {
  if (!method->fit && !method->state_of) return true;
  return service->fit.length > 0 && (method == &da_method_incremental || method == &da_method_removal);
}

static da_status choose_methods(da_service *service, const da_monitor *monitor, da_error *err) {
  const da_method *chosen[DA_SERVICE_MOST_METHODS];
  size_t n_chosen = 0;
  DA_TRY(da_methods_choose(service->config, true, chosen, &n_chosen, err));
  for (size_t m = 0; m < n_chosen; m++) {
    if (is_served(service, chosen[m])) {
      service->methods[service->n_methods++] = chosen[m];
    } else if (service->config->credit.methods.n > 0) {
      return da_fail(err, DA_ERR_CONFIG,
                     "expected methods in credit.methods that need no other journeys but found %s, which learns from all of them first%s",
                     chosen[m]->name,
                     chosen[m] == &da_method_incremental ? "; 'deepattribution attribute' leaves its fit beside the model" : "");
    } else {
      da_monitor_note(monitor, DA_NOTE_INFO, "%s is not served: it learns from all journeys first", chosen[m]->name);
    }
  }
  return DA_OK;
}

da_status da_service_open(const char *model_path, da_text *fit, const da_config *config, const da_monitor *monitor, da_service *service,
                          da_error *err) {
  *service = (da_service){.fit = *fit, .config = config};
  *fit = (da_text){0};
  da_status status = da_model_open(model_path, &service->model, err);
  if (status == DA_OK) status = da_model_refuse_features(&service->model, "requests", err);
  if (status == DA_OK) status = name_campaigns(service, err);
  if (status == DA_OK) status = choose_methods(service, monitor, err);
  if (status != DA_OK) da_service_close(service);
  return status;
}

void da_service_close(da_service *service) {
  da_model_close(&service->model);
  da_mem_free(service->names);
  da_text_free(&service->fit);
  *service = (da_service){0};
}

/* --- Answering ---------------------------------------------------------------------------------------------------------- */

/* What is known of a request's journeys. */
typedef struct {
  const da_service *service;
  const da_request *request;
  float *attention, *probability;
  double *credit; /* [methods][touches] */
} judgement;

static da_status score(const judgement *j, da_error *err) {
  const da_journeys *set = &j->request->set;
  da_scorer *scorer = NULL;
  DA_TRY(da_scorer_open(&j->service->model, set, NULL, NULL, &scorer, err));
  da_status status = da_scorer_score(scorer, 0, set->n_journeys, j->attention, j->probability, err);
  da_scorer_close(scorer);
  for (uint64_t i = 0; i < set->n_journeys; i++) {
    j->probability[i] = (float)da_model_probability(&j->service->model, j->probability[i]);
  }
  return status;
}

static da_status credit(const judgement *j, da_error *err) {
  const da_service *service = j->service;
  const da_journeys *set = &j->request->set;
  const da_credit_input input = {
      .set = set, .config = service->config, .model = &service->model, .known_incremental = {service->fit.data, service->fit.length}};
  const da_credit_range range = {.end = set->n_journeys, .attention = j->attention};
  da_fitted fitted = {0};
  double *baseline = da_mem_calloc(set->n_journeys, sizeof *baseline);
  da_status status = baseline ? DA_OK : da_mem_fail(err, set->n_journeys, sizeof *baseline, "the baselines of journeys");
  if (status == DA_OK) status = da_fitted_open(&input, service->methods, service->n_methods, &fitted, err);
  for (size_t m = 0; m < service->n_methods && status == DA_OK; m++) {
    status = da_fitted_credit(&fitted, m, &input, &range, j->credit + m * set->n_touches, baseline, err);
  }
  da_fitted_close(&fitted);
  da_mem_free(baseline);
  return status;
}

static void write_floats(da_text *answer, const float *values, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    da_text_append(answer, i ? "," : "[");
    da_text_append_json_number(answer, (double)values[i]);
  }
  da_text_append(answer, "]");
}

static void write_doubles(da_text *answer, const double *values, uint64_t n) {
  for (uint64_t i = 0; i < n; i++) {
    da_text_append(answer, i ? "," : "[");
    da_text_append_json_number(answer, values[i]);
  }
  da_text_append(answer, "]");
}

static void write_journey(const judgement *j, uint64_t journey, da_text *answer) {
  const da_journeys *set = &j->request->set;
  const uint64_t first = set->first_touch[journey], n = da_journey_length(set, journey);
  const da_slice echo = da_request_echo(j->request, journey);
  da_text_append(answer, "{");
  da_text_append_n(answer, echo.data, echo.length);
  da_text_append(answer, "\"conversion_probability\":");
  da_text_append_json_number(answer, (double)j->probability[journey]);
  da_text_append(answer, ",\"attention\":");
  write_floats(answer, j->attention + first, n);
  for (size_t m = 0; m < j->service->n_methods; m++) {
    da_text_printf(answer, ",\"%s_attribution\":", j->service->methods[m]->name);
    write_doubles(answer, j->credit + m * set->n_touches + first, n);
  }
  da_text_append(answer, "}\n");
}

static da_status judge(const da_service *service, const da_request *request, da_text *answer, da_error *err) {
  const da_journeys *set = &request->set;
  judgement j = {.service = service,
                 .request = request,
                 .attention = da_mem_alloc(set->n_touches, sizeof *j.attention),
                 .probability = da_mem_alloc(set->n_journeys, sizeof *j.probability),
                 .credit = da_mem_alloc(service->n_methods * set->n_touches, sizeof *j.credit)};
  da_status status = DA_OK;
  if (!j.attention || !j.probability || !j.credit) {
    status = da_mem_fail(err, service->n_methods * set->n_touches, sizeof *j.credit, "the credit of a request");
  }
  if (status == DA_OK) status = score(&j, err);
  if (status == DA_OK) status = credit(&j, err);
  for (uint64_t journey = 0; journey < set->n_journeys && status == DA_OK; journey++) write_journey(&j, journey, answer);
  if (status == DA_OK) status = da_text_check(answer, err);
  da_mem_free(j.attention);
  da_mem_free(j.probability);
  da_mem_free(j.credit);
  return status;
}

da_status da_service_answer(const da_service *service, da_db *db, da_body_type type, da_slice body, da_body_type wanted, da_text *answer,
                            da_error *err) {
  da_request request = {0};
  da_text lines = {0};
  da_status status = type == DA_BODY_PARQUET ? da_request_read_parquet(db, body, &service->campaigns, &request, err)
                                             : da_request_read_json(body, &service->campaigns, &request, err);
  if (status == DA_OK) status = judge(service, &request, wanted == DA_BODY_PARQUET ? &lines : answer, err);
  da_request_free(&request);
  if (status == DA_OK && wanted == DA_BODY_PARQUET) {
    status = da_service_to_parquet(service, db, (da_slice){lines.data, lines.length}, answer, err);
  }
  da_text_free(&lines);
  return status;
}
