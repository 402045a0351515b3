/* Numbers and dates as people read them: "1,838", "412.3", "4.9 %", "2018-07-31". All append to out. */
#ifndef DA_REPORT_FORMAT_H
#define DA_REPORT_FORMAT_H

#include <stdint.h>

#include "base/text.h"

void da_format_count(da_text *out, uint64_t n);
/* Thousands separated; decimals after the point; no sign before a zero; "–" for NaN and infinities. */
void da_format_number(da_text *out, double number, int decimals);
/* Credit in conversions: one decimal, two below 1 ("0.04"), none where the number is whole ("12"). */
void da_format_conversions(da_text *out, double conversions);
/* Two decimals: money, ratios. */
void da_format_cents(da_text *out, double number);
/* None. */
void da_format_whole(da_text *out, double number);
/* A share of 1 as percent, one decimal; "<0.1 %" for what is little but not nothing. */
void da_format_percent(da_text *out, double share);
/* The day of a moment in UTC, for every int64_t. */
void da_format_day(da_text *out, int64_t time_us);

#endif
