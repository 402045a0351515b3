#include "pipeline/explain.h"

#include "pipeline/experiments.h"
#include "pipeline/pipeline_run.h"
#include "report/explain_print.h"

typedef struct {
  da_credit_input input;
  da_fitted fitted;
  da_arena arena; /* the explanations */
} material;

static da_status find_journeys(const da_journeys *set, const da_explain_wish *wish, uint64_t *first, uint64_t *end, da_error *err) {
  if (!wish->uid) {
    *first = wish->journey;
    *end = wish->journey + 1; /* one that does not exist is refused by da_explain */
    return DA_OK;
  }
  uint64_t user = 0;
  DA_TRY(da_explain_find_user(set, wish->uid, &user, err));
  *first = set->first_journey[user];
  *end = set->first_journey[user + 1];
  return DA_OK;
}

static da_status fit(da_run *run, const da_config *config, material *m, da_error *err) {
  const da_method *methods[64];
  size_t n_methods = 0;
  DA_TRY(da_methods_choose(config, run->model_is_open, methods, &n_methods, err));
  m->input = (da_credit_input){
      .set = &run->set, .config = config, .pool = run->pool, .monitor = &run->monitor, .model = run->model_is_open ? &run->model : NULL};
  DA_TRY(da_run_need_db(run, err));
  DA_TRY(da_experiments_read(run->db, run->job->bucket, config->credit.lift_file, &m->arena, &m->input.experiments, err));
  return da_fitted_open(&m->input, methods, n_methods, &m->fitted, err);
}

static da_status print(const da_explanation *explanations, size_t n, bool as_json, da_text *out, da_error *err) {
  if (as_json) return da_explanations_print_json(explanations, n, out, err);
  for (size_t i = 0; i < n; i++) {
    if (i) da_text_append(out, "\n");
    da_explanation_print_text(&explanations[i], out);
  }
  return da_text_check(out, err);
}

static da_status explain(da_run *run, const da_config *config, const da_explain_wish *wish, material *m, da_text *out, da_error *err) {
  uint64_t first = 0, end = 0;
  bool has_model = false;
  DA_TRY(da_run_need_set(run, err));
  DA_TRY(find_journeys(&run->set, wish, &first, &end, err));
  DA_TRY(da_run_need_model(run, &has_model, err));
  DA_TRY(fit(run, config, m, err));
  size_t n = (size_t)(end - first);
  da_explanation *explanations = da_arena_alloc(&m->arena, n, sizeof *explanations);
  if (!explanations) return da_mem_fail(err, n, sizeof *explanations, "explanations");
  for (size_t i = 0; i < n; i++) {
    explanations[i] = (da_explanation){0};
    DA_TRY(da_explain(&m->input, &m->fitted, has_model ? &run->model : NULL, first + i, &m->arena, &explanations[i], err));
  }
  return print(explanations, n, wish->as_json, out, err);
}

da_status da_explain_bucket(const da_run_job *job, const da_explain_wish *wish, da_text *out, da_error *err) {
  da_config config = *job->config; /* its texts stay the job's */
  config.credit.intervals = 0;     /* of campaigns, and what takes longest */
  da_run run;
  material m = {0};
  da_status status = da_run_open(job, &run, err);
  if (status == DA_OK) status = explain(&run, &config, wish, &m, out, err);
  da_fitted_close(&m.fitted);
  da_arena_free(&m.arena);
  da_run_close(&run);
  return status;
}
