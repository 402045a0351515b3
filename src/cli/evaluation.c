#include "cli/evaluation.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static const cJSON *get(const cJSON *object, const char *name) { return cJSON_GetObjectItemCaseSensitive(object, name); }

static double number_of(const cJSON *object, const char *name) {
  const cJSON *item = get(object, name);
  return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static const char *text_of(const cJSON *object, const char *name) {
  const char *text = cJSON_GetStringValue(get(object, name));
  return text ? text : "";
}

static void add_cell(da_text *out, int width, int decimals, double number) {
  if (isnan(number))
    da_text_printf(out, " %*s", width, "-");
  else
    da_text_printf(out, " %*.*f", width, decimals, number);
}

static void add_name(da_text *out, const char *name) { da_text_printf(out, "%-19s", name); }

static const cJSON *of_rank(const cJSON *methods, int rank) {
  const cJSON *method;
  cJSON_ArrayForEach(method, methods) {
    if (number_of(method, "rank") == rank) return method;
  }
  return NULL;
}

static void add_trust(const cJSON *result, da_text *out) {
  const cJSON *methods = get(result, "methods"), *trust = get(result, "trust");
  da_text_append(out, "method             trust      why\n");
  for (int rank = 1; rank <= cJSON_GetArraySize(methods); rank++) {
    const cJSON *method = of_rank(methods, rank);
    add_name(out, text_of(method, "method"));
    da_text_printf(out, "%-10s %s\n", text_of(method, "trust"), text_of(method, "why"));
  }
  da_text_printf(out, "\nTrust %s: %s.\n", text_of(trust, "method"), text_of(trust, "why"));
}

static void add_measurements(const cJSON *result, da_text *out) {
  const cJSON *methods = get(result, "methods"), *method;
  bool has_truth = !isnan(number_of(cJSON_GetArrayItem(methods, 0), "share_error"));
  da_text_append(out, "\nmeasured           ");
  if (has_truth) da_text_printf(out, " %9s %9s", "error", "rank");
  da_text_append(out, "  log loss    AUC     +-  touches     +-    halves  negative  agreement  deletion\n");
  cJSON_ArrayForEach(method, methods) {
    add_name(out, text_of(method, "method"));
    if (has_truth) {
      add_cell(out, 9, 4, number_of(method, "share_error"));
      add_cell(out, 9, 2, number_of(method, "rank_correlation"));
    }
    add_cell(out, 9, 4, number_of(method, "log_loss"));
    add_cell(out, 6, 3, number_of(method, "auc"));
    add_cell(out, 6, 3, number_of(method, "auc_error"));
    add_cell(out, 8, 3, number_of(method, "touch_auc"));
    add_cell(out, 6, 3, number_of(method, "touch_auc_error"));
    add_cell(out, 9, 4, number_of(method, "halves"));
    add_cell(out, 9, 3, number_of(method, "negative"));
    add_cell(out, 10, 2, number_of(method, "agreement"));
    add_cell(out, 9, 2, number_of(method, "deletion"));
    da_text_append(out, "\n");
  }
  if (has_truth)
    da_text_append(out, "error: mean error of the campaigns' shares against the true ones; rank: rank correlation with them\n");
  da_text_append(
      out, "log loss, AUC: of the test journeys, by the method's own model, fitted without them and calibrated on the others; +- is the"
           " AUC's standard error\n"
           "touches: AUC of test touches: does a conversion follow? Journeys are cut at conversions, so that who takes length for bad luck"
           " predicts journeys well and touches badly\n"
           "halves: mean difference of a campaign's part of all conversions between two halves of the users, by a fit to each\n"
           "negative: part of all conversions that campaigns get with a minus sign\n"
           "agreement: how much of its shares it has in common with the other methods, on average\n"
           "deletion: area under its curve below\n");
  da_text_printf(out, "who knows only the rate of conversions has a log loss of %.4f\n", number_of(get(result, "rate"), "log_loss"));
  if (!isnan(number_of(get(result, "network"), "loss"))) {
    da_text_printf(out, "network: log loss %.4f, AUC %.3f on the test journeys\n", number_of(get(result, "network"), "loss"),
                   number_of(get(result, "network"), "auc"));
  }
}

static void add_replay(const cJSON *result, da_text *out) {
  const cJSON *log = get(result, "replay_of"), *method, *budget;
  bool has_money = cJSON_IsTrue(get(log, "money"));
  da_text_append(out, "\nreplay                      1/2 of the budget           1/4                     1/8                    1/16\n");
  add_name(out, "");
  for (int b = 0; b < 4; b++) da_text_printf(out, " %6s %8s %6s ", "conv", "CPA", "CVR");
  da_text_append(out, "\n");
  cJSON_ArrayForEach(method, get(result, "methods")) {
    add_name(out, text_of(method, "method"));
    cJSON_ArrayForEach(budget, get(method, "replay")) {
      add_cell(out, 6, 0, number_of(budget, "conversions"));
      add_cell(out, 8, 2, number_of(budget, "cpa"));
      add_cell(out, 6, 3, number_of(budget, "cvr"));
      da_text_append(out, " ");
    }
    da_text_append(out, cJSON_GetArraySize(get(method, "replay")) ? "\n" : " no campaign has credit above 0\n");
  }
  da_text_printf(out,
                 "conv: conversions kept of the %.0f of the held-out test journeys, played again in the order of time with budgets by each"
                 " method's credit; CPA: %s for one of them; CVR: of the journeys reached\n",
                 number_of(log, "conversions"), has_money ? "money by raw/spend" : "touches, all of one cost,");
}

/* Methods by number across, so that the table of many methods fits. */
static void add_agreement(const cJSON *result, da_text *out) {
  const cJSON *methods = get(result, "methods"), *method, *other;
  int number = 0;
  da_text_append(out, "\nagreement            ");
  cJSON_ArrayForEach(method, methods) da_text_printf(out, " %3d", ++number);
  da_text_append(out, "\n");
  number = 0;
  cJSON_ArrayForEach(method, methods) {
    da_text_printf(out, "%2d %-18s", ++number, text_of(method, "method"));
    cJSON_ArrayForEach(other, methods) {
      double part = number_of(get(method, "agreement_with"), text_of(other, "method"));
      if (isnan(part))
        da_text_append(out, "   .");
      else
        da_text_printf(out, " %3.0f", 100 * part);
    }
    da_text_append(out, "\n");
  }
  da_text_append(out, "per cent of their shares that two methods have in common\n");
}

static void add_curve(const char *name, const cJSON *of, da_text *out) {
  const cJSON *left;
  add_name(out, name);
  cJSON_ArrayForEach(left, get(of, "deletion_curve")) da_text_printf(out, " %5.2f", left->valuedouble);
  da_text_append(out, "\n");
}

static void add_deletion(const cJSON *result, da_text *out) {
  const cJSON *random = get(result, "random"), *method;
  if (cJSON_GetArraySize(get(random, "deletion_curve")) == 0) return;
  da_text_append(out, "\ndeletion            10 %  20 %  30 %  40 %  50 %  60 %  70 %  80 %  90 % 100 % of the touches\n");
  cJSON_ArrayForEach(method, get(result, "methods")) add_curve(text_of(method, "method"), method, out);
  add_curve("(at random)", random, out);
  da_text_append(
      out, "what is left of the network's probability of a converting test journey without the touches that the method credits most\n");
}

void da_evaluation_print(const cJSON *result, da_text *out) {
  add_trust(result, out);
  add_measurements(result, out);
  add_replay(result, out);
  add_agreement(result, out);
  add_deletion(result, out);
}
