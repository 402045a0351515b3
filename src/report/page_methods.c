/* What each method does, in a sentence each, and what attention is not. */
#include "report/page_parts.h"

void da_page_methods(da_page *page) {
  const da_credit_totals *totals = page->report->totals;
  da_text_append(page->out, "<dl>\n");
  for (size_t m = 0; m < totals->n_methods; m++) {
    const da_method *method = totals->methods[m].method;
    da_text_printf(page->out, "<dt>%s</dt><dd>%s</dd>\n", method->title, method->explanation);
  }
  da_text_append(page->out,
                 "</dl>\n<aside><b>Attention is not incrementality.</b> Neither attention nor any rule of position, time or order "
                 "says what would have happened without a campaign. A campaign that meets people who buy anyway is looked at, and "
                 "is often the last touch, and may have earned nothing. Before moving a budget, trust a method made for that "
                 "question, or better an experiment.</aside>\n");
}
