#include "journey/describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define DAY_US INT64_C(86400000000)
#define YEAR_2000_US INT64_C(946684800000000)

/* A log is taken as cut at its conversions when fewer than this share of them are followed by a touch of the same user ... */
static const double followed_share = .02;
/* ... of at least so many: with fewer it may be chance. */
enum { ENOUGH_CONVERSIONS = 50 };
/* Shared timestamps below this share of the touches are what whole seconds bring about. */
static const double same_time_share = .001;

/* ---- tally ---- */

static void end_user(da_description *description) {
  if (description->user_touches > DA_DESCRIBE_CROWDED_TOUCHES) {
    description->n_crowded++;
    description->n_crowded_touches += description->user_touches;
  }
  description->user_touches = 0;
  description->after_conversion = false;
}

static da_status take_user(void *context, const da_uid *uid, da_error *err) {
  (void)uid;
  (void)err;
  end_user(context);
  return DA_OK;
}

/* Cells of touches, and one of the user a journey. */
static da_status take_features(da_description *description, const da_cut_journey *journey, da_error *err) {
  for (uint32_t f = 0; f < description->n_features; f++) {
    const uint64_t n = description->columns[f].of_user ? 1 : journey->n;
    DA_TRY(da_feature_tally_add(&description->features[f], journey->features[f], n, err));
  }
  return DA_OK;
}

void da_description_read_features(da_description *description, const da_feature_column *columns, uint32_t n) {
  description->n_features = n;
  description->columns = columns;
  for (uint32_t f = 0; f < n; f++) description->features[f] = (da_feature_tally){.is_number = columns[f].is_number};
}

static da_status take_journey(void *context, const da_cut_journey *journey, da_error *err) {
  da_description *description = context;
  int64_t latest_us = description->facts.now_us + DAY_US;
  for (uint64_t i = 0; i < journey->n; i++) {
    description->n_future += journey->time_us[i] > latest_us;
    description->n_past += journey->time_us[i] < YEAR_2000_US;
  }
  description->user_touches += journey->n_before_max_len;
  description->n_followed += description->after_conversion;
  description->after_conversion = journey->converted;
  if (journey->converted) {
    bool first = description->value_low > description->value_high;
    if (first || journey->value < description->value_low) description->value_low = journey->value;
    if (first || journey->value > description->value_high) description->value_high = journey->value;
  }
  DA_TRY(take_features(description, journey, err));
  return da_lengths_add(&description->lengths, journey->n_before_max_len, err);
}

da_cut_sink da_description_sink(da_description *description) {
  description->value_low = 1;
  description->value_high = 0; /* none yet */
  return (da_cut_sink){.context = description, .user = take_user, .journey = take_journey};
}

void da_description_free(da_description *description) {
  da_lengths_free(&description->lengths);
  for (uint32_t f = 0; f < description->n_features; f++) da_feature_tally_free(&description->features[f]);
  *description = (da_description){0};
}

/* ---- problems ---- */

static void add_problem(da_description *description, const char *key, uint64_t n, const char *format, ...) DA_PRINTF(4, 5);
static void add_problem(da_description *description, const char *key, uint64_t n, const char *format, ...) {
  if (description->n_problems == DA_DESCRIBE_MAX_PROBLEMS) return;
  da_problem *problem = &description->problems[description->n_problems++];
  problem->key = key;
  problem->n = n;
  va_list args;
  va_start(args, format);
  vsnprintf(problem->sentence, sizeof problem->sentence, format, args);
  va_end(args);
}

static double percent(uint64_t part, uint64_t whole) { return whole == 0 ? 0 : 100 * (double)part / (double)whole; }

/* Rows that are not there, or there twice. */
static void check_rows(da_description *description) {
  const da_describe_facts *facts = &description->facts;
  const da_cut_counts *counts = &description->counts;
  uint64_t n_missing = facts->n_missing_uid + facts->n_missing_timestamp + facts->n_missing_campaign;
  if (n_missing > 0) {
    add_problem(description, "missing", n_missing,
                "values are missing: uid in %" PRIu64 " rows, timestamp in %" PRIu64 ", campaign in %" PRIu64 "; such rows are left out",
                facts->n_missing_uid, facts->n_missing_timestamp, facts->n_missing_campaign);
  }
  if (facts->n_missing_conversion > 0) {
    add_problem(description, "missing_conversion", facts->n_missing_conversion,
                "conversion is missing in %" PRIu64 " rows; they are taken as not converted", facts->n_missing_conversion);
  }
  if (counts->n_duplicates > 0) {
    add_problem(description, "duplicates", counts->n_duplicates, "%" PRIu64 " rows (%.2g %%) are exact copies of another row; they %s",
                counts->n_duplicates, percent(counts->n_duplicates, counts->n_rows),
                facts->duplicates_dropped ? "are left out" : "count as touches, unless journey.drop_duplicates is true");
  }
  if (counts->n_without_value > 0) {
    add_problem(description, "missing_value", counts->n_without_value, "%" PRIu64 " conversions have no value; they count 0 in money",
                counts->n_without_value);
  }
  if (counts->n_unattributed > 0) {
    add_problem(description, "unattributed", counts->n_unattributed,
                "%" PRIu64 " conversions have no touch before them that they could be credited to", counts->n_unattributed);
  }
}

static void check_times(da_description *description) {
  const da_cut_counts *counts = &description->counts;
  uint64_t n_copies = counts->n_duplicates - counts->n_dropped; /* at the same time too, but their order does not matter */
  uint64_t n_same_time = counts->n_same_time > n_copies ? counts->n_same_time - n_copies : 0;
  if (counts->n_rows > 1 && counts->log_start_us == counts->log_end_us) {
    add_problem(description, "one_timestamp", counts->n_rows, "timestamp is the same in every row; the order of touches is unknown");
  } else if ((double)n_same_time > same_time_share * (double)counts->n_touches) {
    add_problem(description, "same_time", n_same_time,
                "%" PRIu64
                " touches (%.2g %%) have the very timestamp of the user's touch before; their order is taken from the campaigns' "
                "names",
                n_same_time, percent(n_same_time, counts->n_touches));
  }
  if (description->n_future > 0) {
    add_problem(description, "future", description->n_future,
                "%" PRIu64 " touches lie in the future; is the timestamp's unit or column the right one?", description->n_future);
  }
  if (description->n_past > 0) {
    add_problem(description, "before_2000", description->n_past,
                "%" PRIu64 " touches lie before the year 2000; is the timestamp's unit or column the right one?", description->n_past);
  }
}

static void check_users(da_description *description) {
  const da_cut_counts *counts = &description->counts;
  if (counts->n_users == 1 && counts->n_rows > 1) {
    add_problem(description, "one_user", counts->n_rows, "uid is the same in every row; a set of users apart needs at least three");
  }
  if (description->n_crowded > 0) {
    add_problem(description, "crowded_users", description->n_crowded,
                "%" PRIu64 " users have more than %d touches, together %" PRIu64 " (%.2g %%), one of them %" PRIu64
                "; programs, shared or default ids look like this",
                description->n_crowded, DA_DESCRIBE_CROWDED_TOUCHES, description->n_crowded_touches,
                percent(description->n_crowded_touches, counts->n_touches), counts->most_rows);
  }
  if (counts->n_journeys > 1 && description->lengths.longest == 1) {
    add_problem(description, "one_touch", counts->n_journeys, "every journey has a single touch; all methods will say the same");
  }
}

static void check_campaigns(da_description *description) {
  if (description->facts.n_campaigns == 1) {
    add_problem(description, "one_campaign", description->counts.n_rows, "campaign is the same in every row; it gets all the credit");
  }
}

static void check_conversions(da_description *description) {
  const da_describe_facts *facts = &description->facts;
  const da_cut_counts *counts = &description->counts;
  uint64_t n = counts->n_conversions;
  if (n == 0) {
    add_problem(description, "no_conversion", 0, "there is no conversion; nothing can be credited");
    return;
  }
  if (n == counts->n_touches && !facts->conversions_are_events) {
    add_problem(description, "all_converted", n,
                "conversion is true in every row; nothing can be learned about what converts; is the column the right one?");
  } else if (n >= ENOUGH_CONVERSIONS && (double)description->n_followed < followed_share * (double)n) {
    add_problem(description, "cut_at_conversion", n - description->n_followed,
                "only %" PRIu64 " of %" PRIu64 " conversions are followed by a touch of the same user; the log seems to be cut at "
                "conversions, which makes true credit harder to find; export what comes after them too",
                description->n_followed, n);
  }
  if (facts->has_value && n > 1 && description->value_low == description->value_high) {
    add_problem(description, "one_value", n, "every conversion has the same value, %.15g", description->value_low);
  }
}

/* A feature that says nothing: there is something wrong with the column, or it need not be named. */
static void check_features(da_description *description) {
  for (uint32_t f = 0; f < description->n_features; f++) {
    const da_feature_tally *tally = &description->features[f];
    const char *name = description->columns[f].name;
    const bool one_value = tally->is_number ? tally->low == tally->high : tally->n_values == 1;
    if (tally->n_cells == 0) continue;
    if (tally->n_missing == tally->n_cells)
      add_problem(description, "empty_feature", tally->n_cells, "the feature '%.100s' is missing everywhere", name);
    else if (one_value && tally->n_missing == 0)
      add_problem(description, "one_feature_value", tally->n_cells, "the feature '%.100s' is the same everywhere; it tells nothing", name);
  }
}

void da_description_conclude(da_description *description, const da_describe_facts *facts, const da_cut_counts *counts) {
  end_user(description);
  if (counts->n_conversions == 0) description->value_low = description->value_high = 0;
  description->facts = *facts;
  description->counts = *counts;
  description->max_len_80 = da_lengths_covering(&description->lengths, .80);
  description->max_len_95 = da_lengths_covering(&description->lengths, .95);
  check_rows(description);
  check_times(description);
  check_users(description);
  check_campaigns(description);
  check_conversions(description);
  check_features(description);
}
