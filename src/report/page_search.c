/* The search over the network's settings: its trials, the best first. */
#include <math.h>

#include "report/page_parts.h"

enum { MAX_TRIALS = 30 }; /* shown */

static void format_four(da_text *out, double number) { da_format_number(out, number, 4); }

/* Three digits that mean something: "0.00162", "0.119". */
static void format_setting(da_text *out, double number) { da_text_printf(out, "%.3g", number); }

static double loss_of(const da_trial_facts *trial) { return trial->diverged || isnan(trial->val_loss) ? INFINITY : trial->val_loss; }

/* The kept trial first, then by rising loss; the earlier one where both are equal. */
static bool is_before(const da_search_facts *search, size_t a, size_t b) {
  if ((a == search->best) != (b == search->best)) return a == search->best;
  const double loss_a = loss_of(&search->trials[a]), loss_b = loss_of(&search->trials[b]);
  return loss_a != loss_b ? loss_a < loss_b : a < b;
}

/* Numbers of the first trials in that order into shown; returns how many. */
static size_t choose(const da_search_facts *search, size_t shown[MAX_TRIALS]) {
  size_t n = 0;
  for (size_t i = 0; i < search->n_trials; i++) {
    size_t at = n < MAX_TRIALS ? n++ : MAX_TRIALS;
    for (; at > 0 && is_before(search, i, shown[at - 1]); at--)
      if (at < MAX_TRIALS) shown[at] = shown[at - 1];
    if (at < MAX_TRIALS) shown[at] = i;
  }
  return n;
}

static const char *status_of(const da_search_facts *search, size_t i) {
  const da_trial_facts *trial = &search->trials[i];
  if (i == search->best) return "taken";
  return trial->diverged ? "diverged" : trial->complete ? "complete" : "stopped";
}

static void print_trial(da_page *page, size_t i) {
  const da_search_facts *search = &page->report->facts->search;
  const da_trial_facts *trial = &search->trials[i];
  da_text_printf(page->out, "<tr><th scope=\"row\">%s</th>", status_of(search, i));
  da_page_count_cell(page->out, i);
  da_page_cell(page->out, trial->val_loss, format_four, trial->val_loss);
  da_page_cell(page->out, trial->val_auc, format_four, trial->val_auc);
  da_page_count_cell(page->out, trial->n_epochs);
  da_page_count_cell(page->out, trial->epochs);
  da_page_cell(page->out, trial->learning_rate, format_setting, trial->learning_rate);
  da_page_count_cell(page->out, trial->n_embedding);
  da_page_count_cell(page->out, trial->n_hidden);
  da_page_cell(page->out, trial->dropout, format_setting, trial->dropout);
  da_page_cell(page->out, trial->recurrent_dropout, format_setting, trial->recurrent_dropout);
  da_text_append(page->out, "</tr>\n");
}

static void print_sentence(da_page *page) {
  const da_search_facts *search = &page->report->facts->search;
  size_t n_complete = 0, n_diverged = 0;
  for (size_t i = 0; i < search->n_trials; i++) {
    n_complete += search->trials[i].complete;
    n_diverged += search->trials[i].diverged;
  }
  da_text_append(page->out, "<p>");
  da_format_count(page->out, search->n_trials);
  da_text_printf(page->out, " settings were tried, judged by the log loss on the validation set; %zu %s trained to the end, ", n_complete,
                 n_complete == 1 ? "was" : "were");
  if (n_diverged) da_text_printf(page->out, "%zu diverged, ", n_diverged);
  da_text_append(page->out, "the others were stopped where others did better. Trial 0 is what the settings said before.");
  if (search->n_trials > MAX_TRIALS) da_text_printf(page->out, " The best %d are shown.", MAX_TRIALS);
  da_text_append(page->out, " All are in tune/trials.parquet.</p>\n");
}

void da_page_search(da_page *page) {
  const da_search_facts *search = &page->report->facts->search;
  if (search->n_trials == 0) return;
  size_t shown[MAX_TRIALS];
  const size_t n = choose(search, shown);
  da_text_append(page->out, "<h3>The search for its settings</h3>\n");
  print_sentence(page);
  da_text_append(page->out,
                 "<div class=\"scroll\"><table class=\"sortable\">\n<thead><tr><th scope=\"col\">Trial</th><th scope=\"col\">No.</th>"
                 "<th scope=\"col\" title=\"on the validation set, lower is better\">Log loss</th><th scope=\"col\">AUC</th>"
                 "<th scope=\"col\" title=\"how many it was trained for\">Trained</th><th scope=\"col\">Epochs</th>"
                 "<th scope=\"col\">Learning rate</th><th scope=\"col\">Embedding</th><th scope=\"col\">LSTM</th>"
                 "<th scope=\"col\">Dropout</th><th scope=\"col\">Recurrent dropout</th></tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < n; i++) print_trial(page, shown[i]);
  da_text_append(page->out, "</tbody>\n</table></div>\n");
}
