/* Does it add up? Credit + baseline + unattributed against the input, for every method. The pass over the journeys has refused the run
 * already if it does not; here the reader sees it. */
#include "report/page_parts.h"

static void print_method(da_page *page, size_t m) {
  const da_credit_totals *totals = page->report->totals;
  const da_credit_row credited = da_row_of_all_campaigns(page->report, m);
  const da_credit_row baseline = da_row_of_baseline(page->report, m), unattributed = da_row_of_unattributed(page->report);
  da_text_printf(page->out, "<tr><th scope=\"row\">%s</th>", totals->methods[m].method->title);
  const double conversions[] = {credited.conversions, baseline.conversions, unattributed.conversions,
                                credited.conversions + baseline.conversions + unattributed.conversions};
  for (size_t i = 0; i < 4; i++) da_page_cell(page->out, conversions[i], da_format_conversions, conversions[i]);
  if (totals->has_value) {
    double value = credited.value + baseline.value + unattributed.value;
    da_page_cell(page->out, value, page->format_value, value);
  }
  da_text_append(page->out, "<td class=\"ok\">adds up</td></tr>\n");
}

static void print_input(da_page *page) {
  const da_credit_totals *totals = page->report->totals;
  const da_data_facts *data = &page->report->facts->data;
  if (!data->has_input_totals) return;
  da_text_append(page->out, "<p>The input itself holds ");
  da_format_count(page->out, data->n_input_conversions);
  da_text_append(page->out, " conversions");
  if (totals->has_value) {
    da_text_append(page->out, " worth ");
    page->format_value(page->out, data->input_value);
  }
  da_text_append(page->out, data->n_input_conversions == totals->n_conversions + totals->n_unattributed
                                ? ": all of them are credited above.</p>\n"
                                : "; the difference are conversions on rows that were left out.</p>\n");
}

void da_page_check(da_page *page) {
  const da_credit_totals *totals = page->report->totals;
  da_text_append(page->out,
                 "<p>For every method, the credit of all campaigns, the baseline and the unattributed conversions together are the "
                 "conversions that went in. It was checked for each conversion and in total, to nine digits; a run in which it "
                 "does not hold fails.</p>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Method</th>"
                 "<th scope=\"col\">Credited</th><th scope=\"col\">Baseline</th><th scope=\"col\">Unattributed</th>"
                 "<th scope=\"col\">Together</th>");
  if (totals->has_value) da_text_append(page->out, "<th scope=\"col\">Value together</th>");
  da_text_append(page->out, "<th scope=\"col\">Check</th></tr></thead>\n<tbody>\n");
  for (size_t m = 0; m < totals->n_methods; m++) print_method(page, m);
  da_text_append(page->out, "</tbody>\n<tfoot><tr><th scope=\"row\"><b>What went in</b></th>");
  double n_all = (double)(totals->n_conversions + totals->n_unattributed), n_unattributed = (double)totals->n_unattributed;
  da_text_append(page->out, "<td></td><td></td>");
  da_page_cell(page->out, n_unattributed, da_format_conversions, n_unattributed);
  da_page_cell(page->out, n_all, da_format_conversions, n_all);
  double value = totals->value + totals->unattributed_value;
  if (totals->has_value) da_page_cell(page->out, value, page->format_value, value);
  da_text_append(page->out, "<td></td></tr></tfoot>\n</table></div>\n");
  print_input(page);
}
