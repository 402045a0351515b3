/* The sections of report.html, private to page*.c. A new section: its file, and its line in page.c. */
#ifndef DA_REPORT_PAGE_PARTS_H
#define DA_REPORT_PAGE_PARTS_H

#include "report/format.h"
#include "report/html.h"
#include "report/rows.h"
#include "report/summary.h"

typedef struct {
  const da_report *report;
  da_summary summary;
  uint32_t **order;                                 /* [methods][campaigns]: by falling credit */
  void (*format_value)(da_text *out, double value); /* sums of money: to the cent unless they are large */
  da_text *out;
} da_page;

enum { DA_PAGE_CAMPAIGNS = 30 }; /* shown one by one; the rest is one line */

/* Each appends the inside of its <section>. */
void da_page_credit(da_page *page);
void da_page_compare(da_page *page);
void da_page_data(da_page *page);
void da_page_model(da_page *page);
void da_page_features(da_page *page); /* within the network's section; nothing where it reads none */
void da_page_search(da_page *page);   /* within the network's section; nothing where no search was made */
void da_page_methods(da_page *page);
void da_page_check(da_page *page);
void da_page_settings(da_page *page);

extern const char da_page_style[], da_page_script[];

/* <td> with a number; sort: what the column sorts by, the number itself. */
void da_page_cell(da_text *out, double sort, void (*format)(da_text *, double), double number);
/* A percentage as text of the page: "<0.1 %" escaped. */
void da_page_percent(da_text *out, double share);
/* <td> with a count. */
void da_page_count_cell(da_text *out, uint64_t n);
/* <tr><th scope="row">label</th><td>count</td></tr>; nothing when n is 0 and hide_zero. */
void da_page_count_row(da_text *out, const char *label, uint64_t n, bool hide_zero);

/* An axis of bars; contains 0. */
typedef struct {
  double low, high;
} da_page_scale;
/* A horizontal bar from 0 to number; over it a thin line from low to high, the number's interval, unless they are NaN. */
void da_page_bar(da_text *out, da_page_scale scale, double number, double low, double high);

#endif
