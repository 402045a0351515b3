/* One line of a credit table: what a method says of one campaign, of what no campaign earned, or of everything together. */
#ifndef DA_REPORT_ROWS_H
#define DA_REPORT_ROWS_H

#include "report/facts.h"

/* NaN: unknown. */
typedef struct {
  uint64_t touches, journeys; /* in all journeys; converting journeys with at least one touch of it */
  double conversions, value;
  double share;               /* of all conversions of the input, unattributed ones too */
  double low, high;           /* the interval of conversions */
  double truth;               /* true incremental conversions of a simulated world */
  double spend, cpa, roas;    /* cost; spend / conversions; value / spend */
  double cpa_low, cpa_high;   /* at the ends of the interval; high is unknown where the credit may be nothing */
  double roas_low, roas_high; /* the same: value per unit of spend, the value of a conversion held as it is */
} da_credit_row;

/* A part of all conversions of the input; NaN where there are none. */
double da_share_of_all(const da_report *report, double conversions);

/* method: its number in report->totals. */
da_credit_row da_row_of_campaign(const da_report *report, size_t method, uint32_t campaign);
/* What would have happened anyway, as far as the method knows. */
da_credit_row da_row_of_baseline(const da_report *report, size_t method);
/* Conversions without a touch in their window: the same for every method. */
da_credit_row da_row_of_unattributed(const da_report *report);
/* The rows order[0 .. n-1] together; without an interval, and journeys 0 since one journey may count for several of them. */
da_credit_row da_row_of_campaigns(const da_report *report, size_t method, const uint32_t *order, size_t n);
da_credit_row da_row_of_all_campaigns(const da_report *report, size_t method);

#endif
