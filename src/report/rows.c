#include "report/rows.h"

#include <math.h>

#include "base/sum.h"

double da_share_of_all(const da_report *report, double conversions) {
  double all = (double)(report->totals->n_conversions + report->totals->n_unattributed);
  return all > 0 ? conversions / all : NAN;
}

/* The quotients, once the amounts stand. */
static void finish(const da_report *report, da_credit_row *row) {
  row->share = da_share_of_all(report, row->conversions);
  row->cpa = row->conversions > 0 ? row->spend / row->conversions : NAN;
  row->roas = row->spend > 0 ? row->value / row->spend : NAN;
  row->cpa_low = row->high > 0 ? row->spend / row->high : NAN;
  row->cpa_high = row->low > 0 ? row->spend / row->low : NAN;
  row->roas_low = row->conversions != 0 ? row->roas * row->low / row->conversions : NAN;
  row->roas_high = row->conversions != 0 ? row->roas * row->high / row->conversions : NAN;
}

da_credit_row da_row_of_campaign(const da_report *report, size_t method, uint32_t campaign) {
  const da_credit_totals *totals = report->totals;
  const da_method_totals *credit = &totals->methods[method];
  const da_run_facts *facts = report->facts;
  const da_interval_facts *interval = facts->intervals ? &facts->intervals[method] : NULL;
  da_credit_row row = {
      .touches = totals->touches[campaign],
      .journeys = totals->converting_journeys[campaign],
      .conversions = credit->conversions[campaign],
      .value = credit->value ? credit->value[campaign] : NAN,
      .low = interval && interval->low ? interval->low[campaign] : NAN,
      .high = interval && interval->high ? interval->high[campaign] : NAN,
      .truth = facts->truth ? facts->truth[campaign] : NAN,
      .spend = facts->spend ? facts->spend[campaign] : NAN,
  };
  finish(report, &row);
  return row;
}

static da_credit_row row_without_campaign(const da_report *report, double conversions, double value) {
  da_credit_row row = {
      .conversions = conversions,
      .value = report->totals->has_value ? value : NAN,
      .low = NAN,
      .high = NAN,
      .truth = NAN,
      .spend = NAN,
  };
  finish(report, &row);
  return row;
}

da_credit_row da_row_of_baseline(const da_report *report, size_t method) {
  const da_method_totals *credit = &report->totals->methods[method];
  return row_without_campaign(report, credit->baseline, credit->baseline_value);
}

da_credit_row da_row_of_unattributed(const da_report *report) {
  return row_without_campaign(report, (double)report->totals->n_unattributed, report->totals->unattributed_value);
}

/* The sums behind a row of several campaigns. */
typedef struct {
  da_sum conversions, value, truth, spend;
  uint64_t touches;
  bool any_spend;
} row_sums;

static void add_row(row_sums *sums, const da_credit_row *row) {
  sums->touches += row->touches;
  da_sum_add(&sums->conversions, row->conversions);
  da_sum_add(&sums->value, row->value);
  da_sum_add(&sums->truth, row->truth);
  if (isnan(row->spend)) return; /* a campaign without a known cost, such as email, does not hide the others' */
  da_sum_add(&sums->spend, row->spend);
  sums->any_spend = true;
}

static da_credit_row row_of_sums(const da_report *report, const row_sums *sums) {
  da_credit_row row = {
      .touches = sums->touches,
      .conversions = da_sum_value(&sums->conversions),
      .value = da_sum_value(&sums->value),
      .truth = da_sum_value(&sums->truth),
      .spend = sums->any_spend ? da_sum_value(&sums->spend) : NAN,
      .low = NAN,
      .high = NAN,
  };
  finish(report, &row);
  return row;
}

da_credit_row da_row_of_campaigns(const da_report *report, size_t method, const uint32_t *order, size_t n) {
  row_sums sums = {0};
  for (size_t i = 0; i < n; i++) {
    const da_credit_row row = da_row_of_campaign(report, method, order[i]);
    add_row(&sums, &row);
  }
  return row_of_sums(report, &sums);
}

da_credit_row da_row_of_all_campaigns(const da_report *report, size_t method) {
  row_sums sums = {0};
  for (uint32_t campaign = 0; campaign < report->totals->n_campaigns; campaign++) {
    const da_credit_row row = da_row_of_campaign(report, method, campaign);
    add_row(&sums, &row);
  }
  return row_of_sums(report, &sums);
}
