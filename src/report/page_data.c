/* The data: what was read, what was left out and why, how long journeys are, what each set is for. */
#include <math.h>

#include "report/page_parts.h"

static void print_reading(da_page *page) {
  const da_data_facts *data = &page->report->facts->data;
  const da_set_summary *all = &page->summary.all;
  da_text *out = page->out;
  da_text_append(out, "<div class=\"scroll\"><table class=\"facts\">\n<caption>From the log to journeys</caption>\n<tbody>\n");
  da_page_count_row(out, "Rows read", data->n_rows, true);
  da_page_count_row(out, "Left out: no user", data->n_missing_uid, true);
  da_page_count_row(out, "Left out: no timestamp", data->n_missing_timestamp, true);
  da_page_count_row(out, "Left out: no campaign", data->n_missing_campaign, true);
  da_page_count_row(out, "Without a conversion flag, taken as not converted", data->n_missing_conversion, true);
  da_page_count_row(out, data->duplicates_dropped ? "Exact duplicates, dropped" : "Exact duplicates, kept", data->n_duplicates, true);
  da_page_count_row(out, "Left out: older than the lookback window", data->n_beyond_lookback, true);
  da_page_count_row(out, "Left out: before the last touches that a journey keeps", data->n_beyond_max_len, true);
  da_page_count_row(out, "Left out by transforms", data->n_transformed_away, true);
  da_page_count_row(out, "<b>Touches in journeys</b>", all->n_touches, false);
  da_page_count_row(out, "Users", all->n_users, false);
  da_page_count_row(out, "Journeys", all->n_journeys, false);
  da_page_count_row(out, "<span class=\"sub\">of them shortened</span>", data->n_journeys_shortened, true);
  da_page_count_row(out, "<span class=\"sub\">of them converted</span>", all->n_conversions, false);
  da_page_count_row(out, "Conversions without a touch before them", page->report->totals->n_unattributed, true);
  da_text_append(out, "</tbody>\n</table></div>\n");
}

static void print_set_row(da_page *page, const char *title, const da_set_summary *set) {
  if (set->n_journeys == 0) return;
  da_text_printf(page->out, "<tr><th scope=\"row\">%s</th>", title);
  da_page_count_cell(page->out, set->n_users);
  da_page_count_cell(page->out, set->n_journeys);
  da_page_count_cell(page->out, set->n_conversions);
  double rate = (double)set->n_conversions / (double)set->n_journeys;
  da_page_cell(page->out, rate, da_format_percent, rate);
  da_text_append(page->out, "</tr>\n");
}

static void print_sets(da_page *page) {
  da_text_append(page->out, "<div class=\"scroll\"><table>\n<caption>Sets</caption>\n<thead><tr><th scope=\"col\">Set</th>"
                            "<th scope=\"col\">Users</th><th scope=\"col\">Journeys</th>"
                            "<th scope=\"col\">Conversions</th><th scope=\"col\">Rate</th></tr></thead>\n<tbody>\n");
  print_set_row(page, "Train", &page->summary.sets[DA_SET_TRAIN]);
  print_set_row(page, "Validation", &page->summary.sets[DA_SET_VAL]);
  print_set_row(page, "Test", &page->summary.sets[DA_SET_TEST]);
  da_text_append(page->out, "</tbody>\n</table></div>\n");
}

static void print_length_row(da_page *page, size_t slot, double most) {
  uint64_t n = page->summary.n_of_length[slot], n_converting = page->summary.n_converting_of_length[slot];
  bool open_ended = slot == DA_SUMMARY_LENGTHS - 1;
  da_text_printf(page->out, "<tr><th scope=\"row\">%zu%s touch%s</th><td class=\"long\" data-sort=\"%llu\"><span class=\"amount\">",
                 slot + 1, open_ended ? "+" : "", slot == 0 ? "" : "es", (unsigned long long)n);
  da_format_count(page->out, n);
  da_text_append(page->out, "</span>");
  da_page_bar(page->out, (da_page_scale){0, most}, (double)n, NAN, NAN);
  da_text_append(page->out, "</td>");
  double rate = n ? (double)n_converting / (double)n : 0;
  da_page_cell(page->out, rate, da_format_percent, rate);
  da_text_append(page->out, "</tr>\n");
}

static void print_lengths(da_page *page) {
  uint64_t most = 0;
  for (size_t slot = 0; slot < DA_SUMMARY_LENGTHS; slot++) {
    if (page->summary.n_of_length[slot] > most) most = page->summary.n_of_length[slot];
  }
  da_text_append(page->out, "<div class=\"scroll\"><table>\n<caption>Length of journeys</caption>\n<thead><tr><th scope=\"col\">Length</th>"
                            "<th scope=\"col\" class=\"long\">Journeys</th><th scope=\"col\">Converted</th></tr></thead>\n<tbody>\n");
  for (size_t slot = 0; slot < DA_SUMMARY_LENGTHS; slot++) {
    if (page->summary.n_of_length[slot]) print_length_row(page, slot, (double)most);
  }
  da_text_append(page->out, "</tbody>\n</table></div>\n");
}

void da_page_data(da_page *page) {
  da_text_append(page->out, "<p>A journey is the touches of one user up to a conversion, or up to the end of the log. The network learns "
                            "from the train set, stops by the validation set and is judged by the test set; credit counts all "
                            "three.</p>\n<div class=\"columns\">\n<div>\n");
  print_reading(page);
  print_sets(page);
  da_text_append(page->out, "</div>\n<div>\n");
  print_lengths(page);
  da_text_append(page->out, "</div>\n</div>\n");
}
