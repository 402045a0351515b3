#include "report/explain_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/format.h"
#include "report/summary.h"
#include "report/utf8.h"

enum {
  NAME_WIDTH = 24,
  METHOD_WIDTH = 9,
  TOUCHES_AT_ENDS = 20, /* shown of a long journey: that many first and last */
};

/* At most width characters of a name, control characters replaced, then spaces up to the width. */
static void print_name(da_text *out, da_slice name, size_t width) {
  const unsigned char *at = (const unsigned char *)name.data, *end = at + name.length;
  size_t shown = 0;
  for (; at < end && shown < width; shown++) {
    size_t length = da_utf8_length(at, (size_t)(end - at));
    bool is_control = length == 1 ? *at < 0x20 || *at == 0x7f : length == 2 && at[0] == 0xc2 && at[1] < 0xa0;
    bool is_cut = shown + 1 == width && at + (length ? length : 1) < end;
    if (is_cut) {
      da_text_append(out, "…");
    } else if (length == 0 || is_control) {
      da_text_append(out, da_utf8_replacement);
    } else {
      da_text_append_n(out, (const char *)at, length);
    }
    at += length ? length : 1;
  }
  da_text_printf(out, "%*s", (int)(width - shown), "");
}

static void print_uid(const da_explanation *x, da_text *out) {
  const da_journeys *set = x->set;
  if (set->uid_int) {
    da_text_printf(out, "%lld", (long long)set->uid_int[x->user]);
    return;
  }
  uint64_t begin = set->uid_end[x->user], length = set->uid_end[x->user + 1] - begin;
  da_text shown = {0};
  print_name(&shown, (da_slice){set->uid_text + begin, length}, length < 64 ? length : 64);
  while (shown.length && shown.data[shown.length - 1] == ' ') shown.data[--shown.length] = 0;
  da_text_append(out, da_text_cstr(&shown));
  da_text_free(&shown);
}

/* "2018-07-01 12:30:05" */
static void print_moment(da_text *out, int64_t time_us) {
  int64_t seconds = time_us / 1000000 - (time_us % 1000000 < 0);
  int64_t of_day = (seconds % 86400 + 86400) % 86400;
  da_format_day(out, time_us);
  da_text_printf(out, " %02d:%02d:%02d", (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

static void print_percent(da_text *out, double probability) {
  if (isnan(probability)) {
    da_text_append(out, "       -");
  } else {
    da_text_printf(out, "%6.2f %%", 100 * probability);
  }
}

static void print_head(const da_explanation *x, da_text *out) {
  da_text_printf(out, "Journey %llu of user ", (unsigned long long)x->journey);
  print_uid(x, out);
  da_text_printf(out, ": %llu touch%s, ", (unsigned long long)x->n, x->n == 1 ? "" : "es");
  da_text_append(out, da_journey_converted(x->set, x->journey) ? "converted" : "did not convert");
  if (!isnan(x->value)) da_text_printf(out, ", value %.2f", x->value);
  da_text_printf(out, " (%s set)\n", da_set_name(da_journey_set(x->set, x->journey)));
  if (!x->has_network) return;
  da_text_append(out, "The network's probability of a conversion:");
  print_percent(out, x->probability_after[x->n - 1]);
  da_text_append(out, "; of a journey without any touch:");
  print_percent(out, x->probability_of_none);
  da_text_append(out, "\n");
}

/* Nobody credits a journey that did not convert: columns of zeros would only hide the rest. */
static size_t n_credited(const da_explanation *x) { return da_journey_converted(x->set, x->journey) ? x->fitted->n : 0; }

static void print_titles(const da_explanation *x, da_text *out) {
  da_text_printf(out, "\n%6s  %-19s  %-*s", "touch", "moment (UTC)", NAME_WIDTH, "campaign");
  if (x->has_network) da_text_printf(out, "  %8s  %8s", "p after", "looked");
  for (size_t m = 0; m < n_credited(x); m++) da_text_printf(out, " %*zu", METHOD_WIDTH, m + 1);
  da_text_append(out, "\n");
}

static void print_touch(const da_explanation *x, uint64_t i, da_text *out) {
  da_text_printf(out, "%6llu  ", (unsigned long long)(i + 1));
  print_moment(out, x->set->time_us[x->first + i]);
  da_text_append(out, "  ");
  print_name(out, x->set->campaigns.items[x->set->campaign[x->first + i]], NAME_WIDTH);
  if (x->has_network) {
    da_text_append(out, "  ");
    print_percent(out, x->probability_after[i]);
    da_text_append(out, "  ");
    print_percent(out, (double)x->attention[i]);
  }
  for (size_t m = 0; m < n_credited(x); m++) da_text_printf(out, " %*.3f", METHOD_WIDTH, x->credit[m][i]);
  da_text_append(out, "\n");
}

static void print_baseline(const da_explanation *x, da_text *out) {
  bool any = false;
  for (size_t m = 0; m < n_credited(x); m++) any |= x->baseline[m] != 0;
  if (!any) return;
  da_text_printf(out, "%6s  %-19s  %-*s", "", "", NAME_WIDTH, "baseline");
  if (x->has_network) da_text_printf(out, "  %8s  %8s", "", "");
  for (size_t m = 0; m < x->fitted->n; m++) da_text_printf(out, " %*.3f", METHOD_WIDTH, x->baseline[m]);
  da_text_append(out, "\n");
}

static void print_what_ifs(const da_explanation *x, da_text *out) {
  if (!x->has_network) return;
  da_text_append(out, "\nThe network's probability without a campaign (what the network thinks, not what would have happened):\n");
  for (size_t c = 0; c < x->n_campaigns; c++) {
    const da_what_if *what_if = &x->without[c];
    da_text_append(out, "  ");
    print_name(out, x->set->campaigns.items[what_if->campaign], NAME_WIDTH);
    print_percent(out, what_if->probability);
    da_text_printf(out, "  (%llu touch%s left out)\n", (unsigned long long)what_if->n_touches, what_if->n_touches == 1 ? "" : "es");
  }
}

void da_explanation_print_text(const da_explanation *x, da_text *out) {
  print_head(x, out);
  print_titles(x, out);
  for (uint64_t i = 0; i < x->n; i++) {
    if (x->n > 2 * TOUCHES_AT_ENDS && i == TOUCHES_AT_ENDS) {
      i = x->n - TOUCHES_AT_ENDS;
      da_text_printf(out, "%6s  (%llu touches are not shown)\n", "...", (unsigned long long)(x->n - 2 * TOUCHES_AT_ENDS));
    }
    print_touch(x, i, out);
  }
  print_baseline(x, out);
  if (n_credited(x) > 0) da_text_append(out, "\nCredit in conversions, by\n");
  for (size_t m = 0; m < n_credited(x); m++) da_text_printf(out, "  %2zu %s\n", m + 1, x->fitted->methods[m]->title);
  print_what_ifs(x, out);
}
