/* The network: its metrics on each set, and in plain words what they mean for the attention column. */
#include <math.h>

#include "report/page_parts.h"

static void format_three(da_text *out, double number) { da_format_number(out, number, 3); }

static void print_metric_row(da_page *page, const char *title, const da_metric_facts *metrics) {
  if (metrics->n_journeys == 0) return;
  da_text_printf(page->out, "<tr><th scope=\"row\">%s</th>", title);
  da_page_count_cell(page->out, metrics->n_journeys);
  da_page_count_cell(page->out, metrics->n_conversions);
  const double numbers[] = {metrics->auc,       metrics->loss,   metrics->accuracy,
                            metrics->precision, metrics->recall, metrics->calibration_error};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) da_page_cell(page->out, numbers[i], format_three, numbers[i]);
  da_text_append(page->out, "</tr>\n");
}

static void print_metrics(da_page *page) {
  const da_metric_facts *metrics = page->report->facts->model.metrics;
  da_text_append(page->out, "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Set</th><th scope=\"col\">Journeys</th>"
                            "<th scope=\"col\">Conversions</th>"
                            "<th scope=\"col\" title=\"chance that a converting journey is ranked above one that did not convert\">AUC</th>"
                            "<th scope=\"col\" title=\"binary cross-entropy, lower is better\">Log loss</th>"
                            "<th scope=\"col\" title=\"right at a threshold of one half\">Accuracy</th>"
                            "<th scope=\"col\" title=\"of those called converting, how many did\">Precision</th>"
                            "<th scope=\"col\" title=\"of those that converted, how many were called so\">Recall</th>"
                            "<th scope=\"col\" title=\"mean distance between predicted and observed rate\">Calibration error</th>"
                            "</tr></thead>\n<tbody>\n");
  print_metric_row(page, "Train", &metrics[DA_SET_TRAIN]);
  print_metric_row(page, "Validation", &metrics[DA_SET_VAL]);
  print_metric_row(page, "Test", &metrics[DA_SET_TEST]);
  da_text_append(page->out, "</tbody>\n</table></div>\n");
}

/* The strictest set that there is. */
static const da_metric_facts *judging_set(const da_model_facts *model, const char **name) {
  static const char *const names[DA_N_SETS] = {"train", "validation", "test"};
  for (int set = DA_N_SETS - 1; set >= 0; set--) {
    *name = names[set];
    if (model->metrics[set].n_journeys) return &model->metrics[set];
  }
  return NULL;
}

static const char *judgement_of(double auc) {
  if (auc < 0.6) return "That is hardly better than chance: what it looked at means little here.";
  if (auc < 0.75) return "It has learned something, and much of what makes people convert is not in the log.";
  return "It tells the two kinds of journey apart well.";
}

static void print_meaning(da_page *page) {
  const da_model_facts *model = &page->report->facts->model;
  const char *name;
  const da_metric_facts *judge = judging_set(model, &name);
  if (!judge || isnan(judge->auc)) return;
  da_text *out = page->out;
  da_text_printf(out,
                 "<p>Of a converting journey and one that did not convert, both from the %s set, the network gives the converting one "
                 "the higher probability in %.0f of 100 pairs (50 would be chance). %s",
                 name, 100 * judge->auc, judgement_of(judge->auc));
  if (!isnan(judge->calibration_error)) {
    da_text_printf(out, " Its probabilities are off by %.1f percentage points on average.", 100 * judge->calibration_error);
  }
  const da_metric_facts *train = &model->metrics[DA_SET_TRAIN];
  if (judge != train && train->n_journeys && train->auc - judge->auc > 0.05) {
    da_text_append(out, " It does clearly better on the journeys it learned from: part of what it learned does not carry over.");
  }
  if (judge->n_conversions < 30) {
    da_text_printf(out, " Only %llu of these journeys converted, so that all of this is uncertain.",
                   (unsigned long long)judge->n_conversions);
  }
  da_text_append(out, "</p>\n");
}

void da_page_model(da_page *page) {
  const da_model_facts *model = &page->report->facts->model;
  da_text *out = page->out;
  if (!model->present) {
    da_text_append(out, "<p>No network was trained in this run: there is no attention, and the methods above need none.</p>\n");
    return;
  }
  da_text_printf(out, "<p>An LSTM of %u units over campaign embeddings of size %u%s, with attention over the touches of each journey: ",
                 model->n_hidden, model->n_embedding, model->uses_time ? " and the time between touches" : "");
  da_format_count(out, model->n_parameters);
  da_text_printf(out, " parameters, trained for %u epoch%s; the weights of epoch %u were kept, the best on the validation set.</p>\n",
                 model->n_epochs, model->n_epochs == 1 ? "" : "s", model->best_epoch);
  print_meaning(page);
  print_metrics(page);
  da_page_features(page);
  da_page_search(page);
}
