/* report.html: what each campaign earned, on one self-contained page that needs no network and no program but a browser.
 *
 * da_report -> HTML text, the same bytes for the same report. A Content-Security-Policy forbids the page to load anything; every
 * text of the user is escaped; without its few lines of script (sorting) everything is still there to read. */
#ifndef DA_REPORT_PAGE_H
#define DA_REPORT_PAGE_H

#include "report/facts.h"

da_status da_page_print(const da_report *report, da_text *html, da_error *err) DA_MUST_CHECK;

#endif
