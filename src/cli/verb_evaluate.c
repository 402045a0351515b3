/* evaluate BUCKET: what speaks for and against each method here. */
#include <math.h>
#include <stdio.h>

#include "cli/session.h"
#include "cli/verbs.h"
#include "pipeline/evaluate.h"
#include "report/format.h"

static const cJSON *get(const cJSON *object, const char *name) { return cJSON_GetObjectItemCaseSensitive(object, name); }

static double number_of(const cJSON *object, const char *name) {
  const cJSON *item = get(object, name);
  return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static void add_cell(da_text *out, int width, int decimals, double number) {
  if (isnan(number))
    da_text_printf(out, " %*s", width, "-");
  else
    da_text_printf(out, " %*.*f", width, decimals, number);
}

static void add_methods(const cJSON *result, da_text *out) {
  const cJSON *methods = get(result, "methods"), *method;
  bool has_truth = !isnan(number_of(cJSON_GetArrayItem(methods, 0), "share_error"));
  da_text_printf(out, "%-18s", "method");
  if (has_truth) da_text_printf(out, " %9s %9s", "error", "rank");
  da_text_printf(out, " %9s %6s %9s", "log loss", "AUC", "deletion");
  da_text_printf(out, " %9s %9s   conversions kept at 1/2   1/4   1/8  1/16 of the budget\n", "halves", "agreement");
  cJSON_ArrayForEach(method, methods) {
    const char *name = cJSON_GetStringValue(get(method, "method"));
    da_text_printf(out, "%-18s", name ? name : "");
    if (has_truth) {
      add_cell(out, 9, 3, number_of(method, "share_error"));
      add_cell(out, 9, 2, number_of(method, "rank_correlation"));
    }
    add_cell(out, 9, 4, number_of(method, "log_loss"));
    add_cell(out, 6, 3, number_of(method, "auc"));
    add_cell(out, 9, 2, number_of(method, "deletion"));
    add_cell(out, 9, 4, number_of(method, "halves"));
    add_cell(out, 9, 2, number_of(method, "agreement"));
    da_text_printf(out, "%19s", "");
    const cJSON *budget;
    cJSON_ArrayForEach(budget, get(method, "replay")) add_cell(out, 5, 0, number_of(budget, "conversions"));
    da_text_append(out, "\n");
  }
  if (has_truth)
    da_text_append(out, "\nerror: mean error of the campaigns' shares against the true ones; rank: rank correlation with them");
}

static void add_words(const cJSON *result, da_text *out) {
  const cJSON *log = get(result, "replay_of"), *network = get(result, "network"), *trust = get(result, "trust");
  const char *method = cJSON_GetStringValue(get(trust, "method")), *why = cJSON_GetStringValue(get(trust, "why"));
  da_text_append(out, "\nlog loss, AUC: of the test journeys, by the method's own model, fitted without them"
                      "\ndeletion: what is left of the network's probability without the half of the touches that the method credits most"
                      "\nhalves: mean difference of a campaign's share between two halves of the users"
                      "\nagreement: how much of its shares it has in common with the other methods, on average"
                      "\nreplay: the held-out test journeys again, with budgets by each method's credit;");
  da_text_printf(out, " they hold %.0f conversions%s\n", number_of(log, "conversions"),
                 cJSON_IsTrue(get(log, "money")) ? "; touches cost what raw/spend says" : "; each touch costs the same");
  if (!isnan(number_of(network, "loss"))) {
    da_text_printf(out, "network: log loss %.4f, AUC %.3f on the test journeys\n", number_of(network, "loss"), number_of(network, "auc"));
  }
  da_text_printf(out, "\nTrust %s: %s.\n", method ? method : "", why ? why : "");
}

static da_status show(da_session *session, const cJSON *result) {
  if (session->options->json) return da_session_print_json(session, result);
  da_text out = {0};
  add_methods(result, &out);
  add_words(result, &out);
  da_status status = da_session_print(session, &out);
  da_text_free(&out);
  return status;
}

static da_status evaluate(da_session *session, cJSON **result) {
  DA_TRY(da_session_bucket(session));
  da_run_job job = {.bucket = session->bucket, .config = &session->config, .monitor = &session->monitor};
  return da_evaluate_bucket(&job, result, &session->err);
}

static int run(const da_options *options) {
  da_session session;
  da_session_open(options, &session);
  cJSON *result = NULL;
  da_status status = evaluate(&session, &result);
  if (status == DA_OK) status = show(&session, result);
  cJSON_Delete(result);
  return da_session_close(&session, status);
}

const da_verb da_verb_evaluate = {
    .name = "evaluate",
    .arguments = "[BUCKET]",
    .summary = "Which method to trust here, and why",
    .help =
        "Compares the methods whose credit is in attention_report/: with the truth where the log was simulated, with each other, between "
        "halves of the users, and by replaying held-out journeys with less money. Nothing is written.\n\n"
        "Example: deepattribution evaluate shop",
    .groups = DA_OPTIONS_COMMON,
    .n_positional_max = 1,
    .run = run,
};
