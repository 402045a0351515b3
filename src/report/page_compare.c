/* The methods side by side: a strip of dots for the leading campaigns, and the shares of all that are shown. */
#include <math.h>
#include <stdbool.h>

#include "report/page_parts.h"

enum { N_STRIPS = 12, N_COLOURS = 10, MOST_SHARED = 2 };

static double share_of(const da_page *page, size_t method, uint32_t campaign) {
  return da_row_of_campaign(page->report, method, campaign).share;
}

static double true_share_of(const da_page *page, uint32_t campaign) {
  return da_share_of_all(page->report, page->report->facts->truth[campaign]);
}

/* A method that gives and takes more than MOST_SHARED times what there was, as a regression may whose effects cancel each other. */
static bool is_wild(const da_page *page, size_t method) {
  const da_method_totals *credit = &page->report->totals->methods[method];
  double sum = 0;
  for (uint32_t c = 0; c < page->report->totals->n_campaigns; c++) sum += fabs(credit->conversions[c]);
  return da_share_of_all(page->report, sum) > MOST_SHARED;
}

/* The shares of the campaigns order[0 .. n-1] over all methods lie within, but for those of wild ones, which would squeeze all others. */
static void find_range(const da_page *page, const uint32_t *order, size_t n, double *low, double *high) {
  *low = *high = 0;
  for (size_t m = 0; m < page->report->totals->n_methods; m++) {
    if (is_wild(page, m)) continue;
    for (size_t i = 0; i < n; i++) {
      *low = fmin(*low, share_of(page, m, order[i]));
      *high = fmax(*high, share_of(page, m, order[i]));
    }
  }
  for (size_t i = 0; page->report->facts->truth && i < n; i++) *high = fmax(*high, true_share_of(page, order[i]));
  if (*high <= *low) *high = *low + 1;
}

static bool is_beyond(double share, double low, double high) { return share < low || share > high; }

static bool some_beyond(const da_page *page, const uint32_t *order, size_t n, double low, double high) {
  for (size_t m = 0; m < page->report->totals->n_methods; m++) {
    for (size_t i = 0; i < n; i++) {
      if (is_beyond(share_of(page, m, order[i]), low, high)) return true;
    }
  }
  return false;
}

/* Where the colours begin again. */
static const char *shape_of(size_t method) { return method / N_COLOURS % 2 ? " square" : ""; }

/* Where a share stands on the track, in per cent; beyond its ends: at the end. */
static double position_of(double share, double low, double high) { return 100 * (fmin(fmax(share, low), high) - low) / (high - low); }

static void print_dot(da_page *page, size_t method, double share, double low, double high) {
  const da_method *what = page->report->totals->methods[method].method;
  da_text_printf(page->out, "<i class=\"dot c%zu%s%s%s\" style=\"left:%.2f%%\" title=\"%s: ", method % N_COLOURS, shape_of(method),
                 method == 0 ? " first" : "", is_beyond(share, low, high) ? " beyond" : "", position_of(share, low, high), what->title);
  da_page_percent(page->out, share);
  da_text_append(page->out, "\"></i>");
}

static void print_truth(da_page *page, uint32_t campaign, double low, double high) {
  if (!page->report->facts->truth) return;
  double share = true_share_of(page, campaign);
  da_text_printf(page->out, "<i class=\"true\" style=\"left:%.2f%%\" title=\"True: ", position_of(share, low, high));
  da_page_percent(page->out, share);
  da_text_append(page->out, "\"></i>");
}

/* One campaign: a line from the least to the largest share, a dot a method, the first method's on top. */
static void print_strip(da_page *page, uint32_t campaign, double low, double high) {
  size_t n_methods = page->report->totals->n_methods;
  double least = INFINITY, most = -INFINITY;
  for (size_t m = 0; m < n_methods; m++) {
    least = fmin(least, share_of(page, m, campaign));
    most = fmax(most, share_of(page, m, campaign));
  }
  da_text_append(page->out, "<div class=\"strip\"><span class=\"name\">");
  da_html_name(page->out, page->report->set->campaigns.items[campaign]);
  double left = position_of(least, low, high);
  da_text_printf(page->out, "</span><span class=\"track\"><i class=\"span\" style=\"left:%.2f%%;width:%.2f%%\"></i>", left,
                 position_of(most, low, high) - left);
  print_truth(page, campaign, low, high);
  for (size_t m = n_methods; m-- > 0;) print_dot(page, m, share_of(page, m, campaign), low, high);
  da_text_append(page->out, "</span><span class=\"ends\">");
  da_page_percent(page->out, least);
  da_text_append(page->out, " – ");
  da_page_percent(page->out, most);
  da_text_append(page->out, "</span></div>\n");
}

static void print_strips(da_page *page, const uint32_t *order, size_t n) {
  const da_credit_totals *totals = page->report->totals;
  double low, high;
  find_range(page, order, n, &low, &high);
  da_text_append(page->out, "<div class=\"legend\">");
  for (size_t m = 0; m < totals->n_methods; m++) {
    da_text_printf(page->out, "<span><i class=\"dot c%zu%s\"></i>%s</span> ", m % N_COLOURS, shape_of(m), totals->methods[m].method->title);
  }
  if (page->report->facts->truth) da_text_append(page->out, "<span><i class=\"true\"></i>True, in the simulated world</span>");
  if (some_beyond(page, order, n, low, high))
    da_text_append(page->out,
                   "<span><i class=\"dot beyond\"></i>A ring: beyond the end, where the other dots could not be told apart</span>");
  da_text_append(page->out, "</div>\n<div class=\"strips\">\n");
  for (size_t i = 0; i < n; i++) print_strip(page, order[i], low, high);
  da_text_append(page->out, "</div>\n");
}

static void print_share_row(da_page *page, uint32_t campaign, double high) {
  da_text_append(page->out, "<tr><th scope=\"row\">");
  da_html_name(page->out, page->report->set->campaigns.items[campaign]);
  da_text_append(page->out, "</th>");
  for (size_t m = 0; m < page->report->totals->n_methods; m++) {
    double share = share_of(page, m, campaign);
    if (isnan(share)) {
      da_text_append(page->out, "<td class=\"none\">–</td>");
      continue;
    }
    da_text_printf(page->out, "<td data-sort=\"%.9g\" style=\"--heat:%.0f%%\">", share, fmin(fmax(0, 60 * share / high), 60));
    da_page_percent(page->out, share);
    da_text_append(page->out, "</td>");
  }
  da_text_append(page->out, "</tr>\n");
}

static void print_shares(da_page *page, const uint32_t *order, size_t n) {
  const da_credit_totals *totals = page->report->totals;
  double low, high;
  find_range(page, order, n, &low, &high);
  da_text_append(page->out, "<div class=\"scroll\"><table class=\"sortable heat\">\n<thead><tr><th scope=\"col\">Campaign</th>");
  for (size_t m = 0; m < totals->n_methods; m++) da_text_printf(page->out, "<th scope=\"col\">%s</th>", totals->methods[m].method->title);
  da_text_append(page->out, "</tr></thead>\n<tbody>\n");
  for (size_t i = 0; i < n; i++) print_share_row(page, order[i], high);
  da_text_append(page->out, "</tbody>\n</table></div>\n");
}

void da_page_compare(da_page *page) {
  const da_credit_totals *totals = page->report->totals;
  if (totals->n_methods < 2 || totals->n_campaigns == 0) {
    da_text_append(page->out, "<p>There is nothing to compare: this run had one method, or no campaign.</p>\n");
    return;
  }
  const uint32_t *order = page->order[0];
  size_t n_strips = totals->n_campaigns < N_STRIPS ? totals->n_campaigns : N_STRIPS;
  size_t n_rows = totals->n_campaigns < DA_PAGE_CAMPAIGNS ? totals->n_campaigns : DA_PAGE_CAMPAIGNS;
  da_text_printf(page->out,
                 "<p>Each dot is one method's share of all conversions. Where the dots lie together, the answer does not depend "
                 "on the method; where they lie far apart, it does, and only evidence from outside can decide.%s</p>\n",
                 totals->n_campaigns > n_strips ? " The leading campaigns are shown." : "");
  print_strips(page, order, n_strips);
  da_text_append(page->out, "<h3>Share of conversions</h3>\n");
  print_shares(page, order, n_rows);
}
