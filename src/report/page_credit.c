/* Credit by campaign: one tab a method, each a table of the campaigns by falling credit. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "report/page_parts.h"

/* What a column cannot do without. */
enum { NEEDS_VALUE = 1, NEEDS_SPEND = 2, NEEDS_INTERVAL = 4, NEEDS_TRUTH = 8 };

typedef struct {
  const char *title, *hint;
  int needs;
  size_t number;                               /* offset in da_credit_row of the number that it shows and sorts by */
  void (*format)(da_text *out, double number); /* NULL: the page's own of sums of money */
  void (*cell)(da_text *out, const da_credit_row *row, da_page_scale scale); /* instead of number and format; or NULL */
} column;

static void conversions_cell(da_text *out, const da_credit_row *row, da_page_scale scale) {
  da_text_printf(out, "<td class=\"long\" data-sort=\"%.9g\"><span class=\"amount\">", row->conversions);
  da_format_conversions(out, row->conversions);
  da_text_append(out, "</span>");
  da_page_bar(out, scale, row->conversions, row->low, row->high);
  da_text_append(out, "</td>");
}

static void interval_cell(da_text *out, const da_credit_row *row, da_page_scale scale) {
  (void)scale;
  if (isnan(row->low)) {
    da_text_append(out, "<td class=\"none\">–</td>");
    return;
  }
  da_text_printf(out, "<td data-sort=\"%.9g\">", row->low);
  da_format_conversions(out, row->low);
  da_text_append(out, " to ");
  da_format_conversions(out, row->high);
  da_text_append(out, "</td>");
}

/* A campaign's value for each unit of spend, at both ends of its credit's interval. */
static void roas_interval_cell(da_text *out, const da_credit_row *row, da_page_scale scale) {
  (void)scale;
  double low = row->roas_low, high = row->roas_high;
  if (!isfinite(low) || !isfinite(high)) {
    da_text_append(out, "<td class=\"none\">–</td>");
    return;
  }
  da_text_printf(out, "<td data-sort=\"%.9g\">", low);
  da_format_cents(out, low);
  da_text_append(out, " to ");
  da_format_cents(out, high);
  da_text_append(out, "</td>");
}

static void touches_cell(da_text *out, const da_credit_row *row, da_page_scale scale) {
  (void)scale;
  da_page_count_cell(out, row->touches);
}

#define SHOWS(field) offsetof(da_credit_row, field)
static const column columns[] = {
    {"Conversions", "the credit that this method gives", 0, SHOWS(conversions), NULL, conversions_cell},
    {"Interval", "where the credit would lie with other users of the same kind", NEEDS_INTERVAL, SHOWS(low), NULL, interval_cell},
    {"True", "what the simulated world really owed to the campaign", NEEDS_TRUTH, SHOWS(truth), da_format_conversions, NULL},
    {"Share", "of all conversions", 0, SHOWS(share), da_format_percent, NULL},
    {"Value", "the credit times the value of each conversion", NEEDS_VALUE, SHOWS(value), NULL, NULL},
    {"Spend", "what the campaign cost", NEEDS_SPEND, SHOWS(spend), NULL, NULL},
    {"CPA", "spend per conversion", NEEDS_SPEND, SHOWS(cpa), da_format_cents, NULL},
    {"ROAS", "value per unit of spend", NEEDS_VALUE | NEEDS_SPEND, SHOWS(roas), da_format_cents, NULL},
    {"ROAS interval", "that of the credit, as value per unit of spend", NEEDS_VALUE | NEEDS_SPEND | NEEDS_INTERVAL, SHOWS(roas), NULL,
     roas_interval_cell},
    {"Touches", "impressions or clicks in all journeys", 0, SHOWS(touches), NULL, touches_cell},
};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

static bool applies(const column *shown, const da_report *report, size_t method) {
  const da_run_facts *facts = report->facts;
  int has = (report->totals->has_value ? NEEDS_VALUE : 0) | (facts->spend ? NEEDS_SPEND : 0) | (facts->truth ? NEEDS_TRUTH : 0) |
            (facts->intervals && facts->intervals[method].low ? NEEDS_INTERVAL : 0);
  return (shown->needs & ~has) == 0;
}

static double number_of(const column *shown, const da_credit_row *row) {
  return *(const double *)(const void *)((const char *)row + shown->number);
}

static void print_cells(da_page *page, size_t method, const da_credit_row *row, da_page_scale scale) {
  for (size_t i = 0; i < N_COLUMNS; i++) {
    if (!applies(&columns[i], page->report, method)) continue;
    if (columns[i].cell) {
      columns[i].cell(page->out, row, scale);
    } else {
      double number = number_of(&columns[i], row);
      da_page_cell(page->out, number, columns[i].format ? columns[i].format : page->format_value, number);
    }
  }
  da_text_append(page->out, "</tr>\n");
}

static void print_titles(da_page *page, size_t method) {
  da_text_append(page->out, "<thead><tr><th scope=\"col\">Campaign</th>");
  for (size_t i = 0; i < N_COLUMNS; i++) {
    if (applies(&columns[i], page->report, method)) {
      da_text_printf(page->out, "<th scope=\"col\"%s title=\"%s\">%s</th>", columns[i].cell == conversions_cell ? " class=\"long\"" : "",
                     columns[i].hint, columns[i].title);
    }
  }
  da_text_append(page->out, "</tr></thead>\n");
}

/* Without a bar: a sum of campaigns would dwarf theirs. */
static void print_sum(da_page *page, size_t method, const char *label, const da_credit_row *row) {
  da_text_printf(page->out, "<tr><th scope=\"row\">%s</th>", label);
  print_cells(page, method, row, (da_page_scale){0});
}

/* What stands below the campaigns: those not shown one by one, what no campaign earned, and everything together. */
static void print_sums(da_page *page, size_t method, size_t n_shown) {
  const da_credit_totals *totals = page->report->totals;
  const uint32_t *order = page->order[method];
  const size_t n = totals->n_campaigns;
  da_text_append(page->out, "<tfoot>\n");
  if (n > n_shown) {
    char label[64];
    snprintf(label, sizeof label, "%zu more campaigns", n - n_shown);
    da_credit_row rest = da_row_of_campaigns(page->report, method, order + n_shown, n - n_shown);
    print_sum(page, method, label, &rest);
  }
  da_credit_row baseline = da_row_of_baseline(page->report, method), unattributed = da_row_of_unattributed(page->report);
  if (baseline.conversions != 0) print_sum(page, method, "<i>Baseline: would have converted anyway</i>", &baseline);
  if (totals->n_unattributed) print_sum(page, method, "<i>Unattributed: no touch before it</i>", &unattributed);
  da_credit_row all = da_row_of_all_campaigns(page->report, method);
  all.conversions += baseline.conversions + unattributed.conversions;
  all.value += baseline.value + unattributed.value;
  all.share += baseline.share + unattributed.share;
  all.cpa = all.roas = NAN; /* of conversions that nobody paid for */
  print_sum(page, method, "<b>All conversions</b>", &all);
  da_text_append(page->out, "</tfoot>\n");
}

static da_page_scale scale_of(const da_page *page, size_t method, size_t n_shown) {
  da_page_scale scale = {0};
  for (size_t i = 0; i < n_shown; i++) {
    da_credit_row row = da_row_of_campaign(page->report, method, page->order[method][i]);
    scale.low = fmin(fmin(scale.low, row.conversions), row.low); /* fmin and fmax pass over NaN */
    scale.high = fmax(fmax(scale.high, row.conversions), row.high);
  }
  return scale;
}

static void print_panel(da_page *page, size_t method) {
  const da_credit_totals *totals = page->report->totals;
  size_t n_shown = totals->n_campaigns < DA_PAGE_CAMPAIGNS ? totals->n_campaigns : DA_PAGE_CAMPAIGNS;
  const da_page_scale scale = scale_of(page, method, n_shown);
  da_text_printf(page->out, "<div class=\"panel\" id=\"panel%zu\">\n<p>%s</p>\n<div class=\"scroll\"><table class=\"sortable\">\n", method,
                 totals->methods[method].method->explanation);
  print_titles(page, method);
  da_text_append(page->out, "<tbody>\n");
  for (size_t i = 0; i < n_shown; i++) {
    uint32_t campaign = page->order[method][i];
    da_text_append(page->out, "<tr><th scope=\"row\">");
    da_html_name(page->out, page->report->set->campaigns.items[campaign]);
    da_text_append(page->out, "</th>");
    da_credit_row row = da_row_of_campaign(page->report, method, campaign);
    print_cells(page, method, &row, scale);
  }
  da_text_append(page->out, "</tbody>\n");
  print_sums(page, method, n_shown);
  da_text_append(page->out, "</table></div>\n</div>\n");
}

void da_page_credit(da_page *page) {
  const da_credit_totals *totals = page->report->totals;
  da_text *out = page->out;
  if (totals->n_methods == 0) {
    da_text_append(out, "<p>No method was chosen in this run.</p>\n");
    return;
  }
  da_text_append(out, "<div class=\"tabs\">\n");
  for (size_t m = 0; m < totals->n_methods; m++) {
    da_text_printf(out, "<input type=\"radio\" name=\"method\" id=\"tab%zu\"%s><label for=\"tab%zu\">%s</label>\n", m,
                   m == 0 ? " checked" : "", m, totals->methods[m].method->title);
  }
  for (size_t m = 0; m < totals->n_methods; m++) print_panel(page, m);
  da_text_append(out, "</div>\n");
}
