#include "journey/cut.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

struct da_cut {
  da_cut_options options;
  da_cut_sink sink;
  da_cut_counts counts;

  /* The user whose rows are being read. */
  bool has_user;
  bool user_was_given; /* to the sink */
  da_uid uid;
  da_text uid_text; /* the bytes of uid.text */
  uint64_t n_user_rows;
  uint64_t n_user_journeys;

  /* The row before, for duplicates. */
  int64_t last_us;
  uint32_t last_campaign;
  uint8_t last_conversion, last_set;
  bool last_has_value;
  double last_value;
  bool last_was_touch;
  int64_t last_touch_us;

  /* The journey that is open: its touches so far. */
  uint64_t n;
  uint8_t set;
  uint32_t *campaign;
  int64_t *time_us;
  size_t campaign_capacity, time_capacity;

  /* Features: cells of the open journey's touches, or of the user; and those of the row before. */
  uint32_t *features[DA_MAX_FEATURES];
  size_t feature_capacity[DA_MAX_FEATURES];
  uint32_t last_features[DA_MAX_FEATURES];
};

/* One row, taken out of the arrays. */
typedef struct {
  da_uid uid;
  int64_t time_us;
  uint32_t campaign;
  bool conversion;
  bool has_value;
  double value;
  uint8_t set;
  const da_cut_rows *rows; /* it is row `at` of them */
  size_t at;
} log_row;

static uint32_t feature_of(const log_row *row, uint32_t f) { return row->rows->features[f][row->at]; }

static da_status reserve_feature(da_cut *cut, uint32_t f, size_t n, da_error *err) {
  void *cells = cut->features[f];
  da_status status = da_mem_reserve(&cells, &cut->feature_capacity[f], n, sizeof *cut->features[f], "the touches of a journey", err);
  cut->features[f] = cells;
  return status;
}

da_status da_cut_open(const da_cut_options *options, const da_cut_sink *sink, da_cut **out, da_error *err) {
  *out = NULL;
  da_cut *cut = da_mem_calloc(1, sizeof *cut);
  if (!cut) return da_mem_fail(err, 1, sizeof *cut, "the cutter of journeys");
  cut->options = *options;
  cut->sink = *sink;
  for (uint32_t f = 0; f < options->n_features; f++) {
    da_status status = reserve_feature(cut, f, 1, err);
    if (status == DA_OK) continue;
    da_cut_close(cut);
    return status;
  }
  cut->counts.log_start_us = INT64_MAX;
  cut->counts.log_end_us = INT64_MIN;
  *out = cut;
  return DA_OK;
}

void da_cut_close(da_cut *cut) {
  if (!cut) return;
  da_mem_free(cut->campaign);
  da_mem_free(cut->time_us);
  for (int f = 0; f < DA_MAX_FEATURES; f++) da_mem_free(cut->features[f]);
  da_text_free(&cut->uid_text);
  da_mem_free(cut);
}

const da_cut_counts *da_cut_result(const da_cut *cut) { return &cut->counts; }

/* ---- A journey's end ---- */

static int64_t subtract_or_lowest(int64_t a, int64_t b) {
  int64_t difference;
  return __builtin_sub_overflow(a, b, &difference) ? INT64_MIN : difference;
}

/* How many of the open touches are more than lookback_us before the moment. */
static uint64_t count_too_old(const da_cut *cut, int64_t moment_us) {
  if (!cut->options.lookback_us) return 0;
  int64_t oldest_us = subtract_or_lowest(moment_us, cut->options.lookback_us);
  uint64_t n_old = 0;
  while (n_old < cut->n && cut->time_us[n_old] < oldest_us) n_old++;
  return n_old;
}

static da_status give_user(da_cut *cut, da_error *err) {
  if (cut->user_was_given) return DA_OK;
  cut->user_was_given = true;
  cut->counts.n_users++;
  return cut->sink.user(cut->sink.context, &cut->uid, err);
}

static da_status give_journey(da_cut *cut, const da_cut_journey *journey, da_error *err) {
  da_cut_counts *counts = &cut->counts;
  counts->n_journeys++;
  counts->n_touches += journey->n;
  counts->n_conversions += journey->converted;
  counts->value += journey->value;
  if (journey->n_before_max_len > counts->longest) counts->longest = journey->n_before_max_len;
  DA_TRY(give_user(cut, err));
  return cut->sink.journey(cut->sink.context, journey, err);
}

/* Ends the open journey, which has a touch that is not too old at moment_us: its last touch or its conversion. */
static da_status close_journey(da_cut *cut, bool converted, int64_t moment_us, double value, da_error *err) {
  uint64_t n_old = count_too_old(cut, moment_us), n = cut->n - n_old;
  uint32_t *touch_features[DA_MAX_FEATURES];
  const uint32_t *features[DA_MAX_FEATURES];
  da_path path = {.n = n, .campaign = cut->campaign + n_old, .time_us = cut->time_us + n_old, .features = touch_features};
  for (uint32_t f = 0; f < cut->options.n_features; f++)
    if (!cut->options.features[f].of_user) touch_features[path.n_features++] = cut->features[f] + n_old;
  cut->counts.n_cut_lookback += n_old;
  if (cut->options.transforms) DA_TRY(da_transforms_apply(cut->options.transforms, &path, err));
  const uint64_t kept = path.n;
  cut->counts.n_cut_transforms += n - kept;
  uint64_t n_long = cut->options.max_len && kept > cut->options.max_len ? kept - cut->options.max_len : 0;
  cut->counts.n_cut_max_len += n_long;
  cut->counts.n_shortened += n_long > 0;
  for (uint32_t f = 0; f < cut->options.n_features; f++)
    features[f] = cut->options.features[f].of_user ? cut->features[f] : cut->features[f] + n_old + n_long;
  const da_cut_journey journey = {
      .index = cut->n_user_journeys++,
      .n = kept - n_long,
      .campaign = path.campaign + n_long,
      .time_us = path.time_us + n_long,
      .n_before_max_len = kept,
      .converted = converted,
      .value = converted ? value : 0,
      .conversion_us = moment_us,
      .set = cut->set,
      .features = features,
  };
  cut->n = 0;
  return give_journey(cut, &journey, err);
}

static da_status close_unconverted(da_cut *cut, da_error *err) {
  return cut->n ? close_journey(cut, false, cut->time_us[cut->n - 1], 0, err) : DA_OK;
}

/* What a conversion counts. */
static double conversion_value(da_cut *cut, const log_row *row) {
  if (!cut->options.has_value) return 1;
  cut->counts.n_without_value += !row->has_value;
  return row->has_value ? row->value : 0;
}

/* ---- Rows ---- */

static da_status begin_user(da_cut *cut, const da_uid *uid, da_error *err) {
  if (cut->has_user) {
    int order = cut->options.uid_is_text ? da_slice_compare(cut->uid.text, uid->text)
                                         : (cut->uid.number > uid->number) - (cut->uid.number < uid->number);
    if (order > 0) return da_fail(err, DA_ERR_INTERNAL, "expected users in ascending order but found one after a higher one");
  }
  DA_TRY(close_unconverted(cut, err));
  cut->uid = *uid;
  if (cut->options.uid_is_text) {
    da_text_clear(&cut->uid_text);
    da_text_append_n(&cut->uid_text, uid->text.data, uid->text.length);
    DA_TRY(da_text_check(&cut->uid_text, err));
    cut->uid.text = (da_slice){cut->uid_text.data, cut->uid_text.length};
  }
  cut->has_user = true;
  cut->user_was_given = false;
  cut->n_user_rows = 0;
  cut->n_user_journeys = 0;
  for (uint32_t f = 0; f < cut->options.n_features; f++)
    if (cut->options.features[f].of_user) *cut->features[f] = da_feature_missing(cut->options.features[f].is_number);
  cut->last_was_touch = false;
  return DA_OK;
}

static bool is_same_user(const da_cut *cut, const da_uid *uid) {
  if (!cut->has_user) return false;
  if (!cut->options.uid_is_text) return cut->uid.number == uid->number;
  return cut->uid.text.length == uid->text.length && memcmp(cut->uid.text.data, uid->text.data, uid->text.length) == 0;
}

/* Equal in every column that journeys are made of, to the row before of the same user. */
static bool has_last_features(const da_cut *cut, const log_row *row) {
  for (uint32_t f = 0; f < cut->options.n_features; f++)
    if (feature_of(row, f) != cut->last_features[f]) return false;
  return true;
}

static bool is_duplicate(const da_cut *cut, const log_row *row) {
  return cut->n_user_rows && row->time_us == cut->last_us && row->conversion == cut->last_conversion &&
         row->campaign == cut->last_campaign && row->has_value == cut->last_has_value &&
         (!row->has_value || row->value == cut->last_value) && row->set == cut->last_set && has_last_features(cut, row);
}

static void remember(da_cut *cut, const log_row *row) {
  cut->last_us = row->time_us;
  cut->last_campaign = row->campaign;
  cut->last_conversion = row->conversion;
  cut->last_has_value = row->has_value;
  cut->last_value = row->value;
  cut->last_set = row->set;
  for (uint32_t f = 0; f < cut->options.n_features; f++) cut->last_features[f] = feature_of(row, f);
  if (++cut->n_user_rows > cut->counts.most_rows) cut->counts.most_rows = cut->n_user_rows;
}

/* True when the user was away longer than gap_us between the open journey's last touch and this moment. */
static bool comes_after_gap(const da_cut *cut, int64_t time_us) {
  return cut->options.gap_us && cut->n && subtract_or_lowest(time_us, cut->options.gap_us) > cut->time_us[cut->n - 1];
}

static da_status close_at_gap(da_cut *cut, int64_t time_us, da_error *err) {
  if (!comes_after_gap(cut, time_us)) return DA_OK;
  cut->counts.n_cut_gap++;
  return close_unconverted(cut, err);
}

static da_status refuse_sets(const da_cut *cut, da_error *err) {
  static const char *const names[] = {"train", "val", "test"};
  const char *wanted = "journeys whose rows are all in one set (train, val or test)";
  const char *open = names[cut->set], *found = names[cut->last_set];
  if (!cut->options.uid_is_text)
    return da_fail(err, DA_ERR_DATA, "expected %s but user %" PRId64 " has a journey with rows in %s and in %s", wanted, cut->uid.number,
                   open, found);
  int length = cut->uid.text.length < 100 ? (int)cut->uid.text.length : 100;
  return da_fail(err, DA_ERR_DATA, "expected %s but user '%.*s' has a journey with rows in %s and in %s", wanted, length,
                 cut->uid.text.data, open, found);
}

/* A touch's features go with it; what it says of the user holds from now on. */
static da_status take_features(da_cut *cut, const log_row *row, da_error *err) {
  for (uint32_t f = 0; f < cut->options.n_features; f++) {
    const da_feature_column *feature = &cut->options.features[f];
    const uint32_t cell = feature_of(row, f);
    if (feature->of_user) {
      if (cell != da_feature_missing(feature->is_number)) *cut->features[f] = cell;
      continue;
    }
    if (cut->n == cut->feature_capacity[f]) DA_TRY(reserve_feature(cut, f, cut->n + 1, err));
    cut->features[f][cut->n] = cell;
  }
  return DA_OK;
}

static da_status add_touch(da_cut *cut, const log_row *row, da_error *err) {
  DA_TRY(close_at_gap(cut, row->time_us, err));
  if (cut->n == cut->campaign_capacity || cut->n == cut->time_capacity) {
    void *campaign = cut->campaign, *time_us = cut->time_us;
    da_status status =
        da_mem_reserve(&campaign, &cut->campaign_capacity, cut->n + 1, sizeof *cut->campaign, "the touches of a journey", err);
    if (status == DA_OK)
      status = da_mem_reserve(&time_us, &cut->time_capacity, cut->n + 1, sizeof *cut->time_us, "the touches of a journey", err);
    cut->campaign = campaign;
    cut->time_us = time_us;
    if (status != DA_OK) return status;
  }
  if (cut->n == 0) cut->set = row->set;
  if (row->set != cut->set) return refuse_sets(cut, err);
  cut->counts.n_same_time += cut->last_was_touch && row->time_us == cut->last_touch_us;
  cut->last_was_touch = true;
  cut->last_touch_us = row->time_us;
  DA_TRY(take_features(cut, row, err));
  cut->campaign[cut->n] = row->campaign;
  cut->time_us[cut->n++] = row->time_us;
  if (!row->conversion) return DA_OK;
  return close_journey(cut, true, row->time_us, conversion_value(cut, row), err);
}

static da_status add_conversion_event(da_cut *cut, const log_row *row, da_error *err) {
  DA_TRY(close_at_gap(cut, row->time_us, err));
  double value = conversion_value(cut, row);
  if (cut->n && count_too_old(cut, row->time_us) < cut->n) return close_journey(cut, true, row->time_us, value, err);
  cut->counts.n_unattributed++;
  cut->counts.unattributed_value += value;
  return close_unconverted(cut, err);
}

static da_status add_row(da_cut *cut, const log_row *row, da_error *err) {
  if (!is_same_user(cut, &row->uid)) DA_TRY(begin_user(cut, &row->uid, err));
  if (cut->n_user_rows && row->time_us < cut->last_us)
    return da_fail(err, DA_ERR_INTERNAL, "expected the rows of a user in time order but time went backward");
  da_cut_counts *counts = &cut->counts;
  counts->n_rows++;
  if (row->time_us < counts->log_start_us) counts->log_start_us = row->time_us;
  if (row->time_us > counts->log_end_us) counts->log_end_us = row->time_us;
  bool duplicate = is_duplicate(cut, row);
  remember(cut, row);
  counts->n_duplicates += duplicate;
  if (duplicate && cut->options.drop_duplicates) {
    counts->n_dropped++;
    return DA_OK;
  }
  return cut->options.conversions_are_events && row->conversion ? add_conversion_event(cut, row, err) : add_touch(cut, row, err);
}

da_status da_cut_add(da_cut *cut, const da_cut_rows *rows, da_error *err) {
  for (size_t i = 0; i < rows->n; i++) {
    log_row row = {
        .time_us = rows->time_us[i],
        .campaign = rows->campaign[i],
        .conversion = rows->conversion[i],
        .has_value = rows->value && (!rows->value_valid || rows->value_valid[i]),
        .set = rows->set ? rows->set[i] : 0,
        .rows = rows,
        .at = i,
    };
    if (row.has_value) row.value = rows->value[i];
    if (cut->options.uid_is_text)
      row.uid.text = rows->uid_text[i];
    else
      row.uid.number = rows->uid_number[i];
    DA_TRY(add_row(cut, &row, err));
  }
  return DA_OK;
}

da_status da_cut_finish(da_cut *cut, da_error *err) { return close_unconverted(cut, err); }
