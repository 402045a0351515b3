#include "report/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* digits with a comma before each group of three that ends at n_whole. */
static void append_grouped(da_text *out, const char *digits, size_t n_whole) {
  for (size_t i = 0; i < n_whole; i++) {
    if (i > 0 && (n_whole - i) % 3 == 0) da_text_append(out, ",");
    da_text_append_n(out, digits + i, 1);
  }
  da_text_append(out, digits + n_whole);
}

void da_format_count(da_text *out, uint64_t n) {
  char digits[32];
  snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
  append_grouped(out, digits, strlen(digits));
}

void da_format_number(da_text *out, double number, int decimals) {
  if (!isfinite(number)) {
    da_text_append(out, "–");
    return;
  }
  char digits[400]; /* the largest double has 309 digits before its point */
  snprintf(digits, sizeof digits, "%.*f", decimals, fabs(number));
  bool is_zero = strspn(digits, "0.") == strlen(digits);
  if (number < 0 && !is_zero) da_text_append(out, "−");
  append_grouped(out, digits, strcspn(digits, "."));
}

void da_format_conversions(da_text *out, double conversions) {
  double size = fabs(conversions);
  int decimals = size < 1 ? 2 : 1;
  if (fabs(size - round(size)) < 5e-4) decimals = 0;
  da_format_number(out, conversions, decimals);
}

void da_format_cents(da_text *out, double number) { da_format_number(out, number, 2); }

void da_format_whole(da_text *out, double number) { da_format_number(out, number, 0); }

void da_format_percent(da_text *out, double share) {
  double size = fabs(share);
  if (size > 0 && size < 0.0005) {
    da_text_append(out, share < 0 ? ">−0.1 %" : "<0.1 %");
    return;
  }
  da_format_number(out, 100 * share, 1);
  da_text_append(out, " %");
}

/* Days since 1970-01-01 as a date of the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms"):
 * years begin in March, so that the leap day is the last, and repeat every 400 years = 146,097 days. */
void da_format_day(da_text *out, int64_t time_us) {
  const int64_t us_per_day = INT64_C(86400000000), days_per_era = 146097;
  int64_t days = time_us / us_per_day - (time_us % us_per_day < 0) + 719468; /* since 0000-03-01 */
  int64_t era = days / days_per_era - (days % days_per_era < 0);
  int64_t day_of_era = days - era * days_per_era;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  int64_t year = year_of_era + 400 * era + (month <= 2);
  da_text_printf(out, "%04lld-%02lld-%02lld", (long long)year, (long long)month, (long long)day);
}
