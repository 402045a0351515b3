/* The features that the network reads: what each holds, and how much of it is missing. */
#include "journey/feature_tally.h"
#include "report/page_parts.h"

static void print_range(da_text *out, const da_feature_tally *tally) {
  if (tally->n_missing == tally->n_cells)
    da_text_append(out, "none");
  else if (tally->is_number)
    da_text_printf(out, "%g to %g", (double)tally->low, (double)tally->high);
  else
    da_format_count(out, tally->n_values);
}

static void print_feature(da_page *page, const da_feature *feature) {
  const da_journeys *set = page->report->set;
  da_feature_tally tally;
  da_error err;
  if (da_feature_tally_set(feature, feature->of_user ? set->n_journeys : set->n_touches, &tally, &err) != DA_OK) {
    page->out->failed = true;
  } else {
    const double missing = tally.n_cells ? (double)tally.n_missing / (double)tally.n_cells : 0;
    da_text_append(page->out, "<tr><th scope=\"row\">");
    da_html_name(page->out, feature->name);
    da_text_printf(page->out, "</th><td>%s</td><td>%s</td><td>", feature->of_user ? "users" : "touches",
                   tally.is_number ? "number" : "category");
    print_range(page->out, &tally);
    da_text_append(page->out, "</td><td>");
    da_page_percent(page->out, missing);
    da_text_append(page->out, "</td></tr>\n");
  }
  da_feature_tally_free(&tally);
}

void da_page_features(da_page *page) {
  const da_journeys *set = page->report->set;
  if (set->n_features == 0) return;
  da_text_append(
      page->out,
      "<h3>What else it reads</h3>\n<p>Columns of the log beside campaigns and times. A touch on which one says that a journey "
      "will convert gains attention, and with it the campaign seen there; what that means for totals is in docs/model.md. A value "
      "that the network does not know is scored as missing; how many there were stands at the top of this page.</p>\n"
      "<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Describes</th>"
      "<th scope=\"col\">Kind</th><th scope=\"col\" title=\"different values, or the range of a number\">Values</th>"
      "<th scope=\"col\" title=\"of all touches, or of all journeys\">Missing</th></tr></thead>\n<tbody>\n");
  for (uint32_t f = 0; f < set->n_features; f++) print_feature(page, &set->features[f]);
  da_text_append(page->out, "</tbody>\n</table></div>\n");
}
