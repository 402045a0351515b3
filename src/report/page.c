#include "report/page.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "report/html.h"
#include "report/page_parts.h"

/* The page from top to bottom. */
static const struct {
  const char *id, *title;
  void (*print)(da_page *page);
} sections[] = {
    {"credit", "Credit by campaign", da_page_credit},
    {"compare", "Methods side by side", da_page_compare},
    {"data", "The data", da_page_data},
    {"model", "The network", da_page_model},
    {"methods", "What each method does", da_page_methods},
    {"check", "Does it add up?", da_page_check},
    {"settings", "Settings and versions", da_page_settings},
};
enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

/* A number's words may hold a mark of HTML: "<0.1 %". */
static void print_escaped(da_text *out, void (*format)(da_text *, double), double number) {
  da_text words = {0};
  format(&words, number);
  if (words.failed) out->failed = true;
  da_html_escape_cstr(out, da_text_cstr(&words));
  da_text_free(&words);
}

void da_page_cell(da_text *out, double sort, void (*format)(da_text *, double), double number) {
  if (isnan(number)) {
    da_text_append(out, "<td class=\"none\">–</td>");
    return;
  }
  da_text_printf(out, "<td data-sort=\"%.9g\">", sort);
  print_escaped(out, format, number);
  da_text_append(out, "</td>");
}

void da_page_percent(da_text *out, double share) { print_escaped(out, da_format_percent, share); }

void da_page_count_cell(da_text *out, uint64_t n) {
  da_text_printf(out, "<td data-sort=\"%llu\">", (unsigned long long)n);
  da_format_count(out, n);
  da_text_append(out, "</td>");
}

void da_page_count_row(da_text *out, const char *label, uint64_t n, bool hide_zero) {
  if (n == 0 && hide_zero) return;
  da_text_printf(out, "<tr><th scope=\"row\">%s</th>", label);
  da_page_count_cell(out, n);
  da_text_append(out, "</tr>\n");
}

static void print_rect(da_text *out, const char *class, da_page_scale scale, double from, double to, int y, int height) {
  double per_cent = 100 / (scale.high - scale.low);
  da_text_printf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>", class, (from - scale.low) * per_cent, y,
                 (to - from) * per_cent, height);
}

void da_page_bar(da_text *out, da_page_scale scale, double number, double low, double high) {
  if (!(scale.high > scale.low) || isnan(number)) return;
  da_text_append(out, "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
  print_rect(out, number < 0 ? "under" : "fill", scale, fmin(number, 0), fmax(number, 0), 0, 10);
  if (!isnan(low) && !isnan(high)) print_rect(out, "interval", scale, low, high, 4, 2);
  da_text_append(out, "</svg>");
}

static void print_tile(da_page *page, const char *label, void (*format)(da_text *, double), double number) {
  da_text_append(page->out, "<div class=\"tile\"><b>");
  format(page->out, number);
  da_text_printf(page->out, "</b><span>%s</span></div>\n", label);
}

static void print_headline(da_page *page) {
  const da_credit_totals *totals = page->report->totals;
  const da_run_facts *facts = page->report->facts;
  const da_set_summary *all = &page->summary.all;
  double n_conversions = (double)(totals->n_conversions + totals->n_unattributed);
  da_text_append(page->out, "<div class=\"tiles\">\n");
  print_tile(page, "conversions", da_format_whole, n_conversions);
  if (totals->has_value) {
    da_text label = {0};
    da_text_append(&label, facts->currency ? "value, " : "value");
    if (facts->currency) da_html_escape(&label, (da_slice){facts->currency, strlen(facts->currency)}, 8);
    print_tile(page, da_text_cstr(&label), page->format_value, totals->value + totals->unattributed_value);
    da_text_free(&label);
  }
  print_tile(page, "campaigns", da_format_whole, (double)totals->n_campaigns);
  print_tile(page, "touches", da_format_whole, (double)all->n_touches);
  print_tile(page, "journeys", da_format_whole, (double)all->n_journeys);
  print_tile(page, "users", da_format_whole, (double)all->n_users);
  if (all->n_journeys) print_tile(page, "of journeys converted", da_format_percent, (double)all->n_conversions / (double)all->n_journeys);
  da_text_append(page->out, "</div>\n");
}

static void print_warnings(da_page *page) {
  const da_run_facts *facts = page->report->facts;
  size_t n = 0;
  for (size_t i = 0; i < facts->n_notes; i++) {
    if (facts->notes[i].level != DA_NOTE_WARNING) continue;
    if (n++ == 0) da_text_append(page->out, "<aside class=\"warn\"><b>Please look at this</b>\n<ul>\n");
    da_text_append(page->out, "<li>");
    da_html_escape_cstr(page->out, facts->notes[i].sentence);
    da_text_append(page->out, "</li>\n");
  }
  if (n) da_text_append(page->out, "</ul></aside>\n");
}

static void print_head(da_page *page) {
  da_text *out = page->out;
  da_text_append(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                      "script-src 'unsafe-inline'\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<title>What each campaign earned</title>\n<style>\n");
  da_text_append(out, da_page_style);
  /* The tab that is chosen shows its panel: a rule for each method. */
  for (size_t m = 0; m < page->report->totals->n_methods; m++) {
    da_text_printf(out, "%s#tab%zu:checked~#panel%zu", m ? "," : "", m, m);
  }
  da_text_append(out, "{display:block}\n</style>\n</head>\n");
}

static void print_banner(da_page *page) {
  const da_journeys *set = page->report->set;
  da_text *out = page->out;
  da_text_append(out, "<header>\n<h1>What each campaign earned</h1>\n<p>");
  da_html_escape_cstr(out, page->report->facts->bucket);
  if (set->n_touches) {
    da_text_append(out, page->report->facts->bucket ? " · " : "");
    da_format_day(out, set->log_start_us);
    da_text_append(out, " to ");
    da_format_day(out, set->log_end_us);
  }
  da_text_append(out, "</p>\n<nav>");
  for (size_t i = 0; i < N_SECTIONS; i++) da_text_printf(out, "<a href=\"#%s\">%s</a> ", sections[i].id, sections[i].title);
  da_text_append(out, "</nav>\n</header>\n");
}

static void print_body(da_page *page) {
  da_text *out = page->out;
  da_text_append(out, "<body>\n");
  print_banner(page);
  da_text_append(out, "<main>\n");
  print_headline(page);
  print_warnings(page);
  for (size_t i = 0; i < N_SECTIONS; i++) {
    da_text_printf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", sections[i].id, sections[i].title);
    sections[i].print(page);
    da_text_append(out, "</section>\n");
  }
  da_text_append(out, "</main>\n<footer>Made by deepattribution ");
  da_html_escape_cstr(out, page->report->facts->versions.program);
  da_text_append(out, ". The whole tables are beside this page: campaign_credit.parquet (every method and campaign), "
                      "attention_score.parquet (every touch), campaign_attention.parquet, manifest.json.</footer>\n<script>\n");
  da_text_append(out, da_page_script);
  da_text_append(out, "</script>\n</body>\n</html>\n");
}

/* Ranks the campaigns for each method. */
static da_status rank(da_page *page, da_arena *arena, da_error *err) {
  const da_credit_totals *totals = page->report->totals;
  page->order = da_arena_alloc(arena, totals->n_methods, sizeof *page->order);
  if (!page->order) return da_mem_fail(err, totals->n_methods, sizeof *page->order, "the page");
  for (size_t m = 0; m < totals->n_methods; m++) {
    page->order[m] = da_arena_alloc(arena, totals->n_campaigns, sizeof **page->order);
    if (!page->order[m]) return da_mem_fail(err, totals->n_campaigns, sizeof **page->order, "the page");
    DA_TRY(da_rank_by_amount(totals->methods[m].conversions, totals->n_campaigns, page->order[m], err));
  }
  return DA_OK;
}

da_status da_page_print(const da_report *report, da_text *html, da_error *err) {
  const double many = 100000;
  da_page page = {.report = report, .out = html, .format_value = report->totals->value < many ? da_format_cents : da_format_whole};
  da_arena arena = {0};
  da_summarise(report->set, &page.summary);
  da_status status = rank(&page, &arena, err);
  if (status == DA_OK) {
    print_head(&page);
    print_body(&page);
    status = da_text_check(html, err);
  }
  da_arena_free(&arena);
  return status;
}
