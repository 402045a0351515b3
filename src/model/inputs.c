#include "model/inputs.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

/* rows: [n][stride], this input's column; the row within the input, 0 .. n_rows-1. */
struct da_input_kind {
  const char *name;
  bool ordered;
  void (*rows)(const da_input_reader *reader, const da_touches *touches, uint32_t first_row, uint32_t *rows, uint32_t stride);
};

static inline uint64_t position(const da_touches *touches, uint32_t t) { return touches->kept ? touches->kept[t] : touches->first + t; }

static void campaign_rows(const da_input_reader *reader, const da_touches *touches, uint32_t first_row, uint32_t *rows, uint32_t stride) {
  const uint32_t *campaign = reader->set->campaign;
  for (uint32_t t = 0; t < touches->n; t++) rows[(size_t)t * stride] = first_row + reader->campaign_row[campaign[position(touches, t)]];
}

static void time_before_rows(const da_input_reader *reader, const da_touches *touches, uint32_t first_row, uint32_t *rows,
                             uint32_t stride) {
  const int64_t *time_us = reader->set->time_us;
  int64_t before = 0;
  for (uint32_t t = 0; t < touches->n; t++) {
    int64_t now = time_us[position(touches, t)];
    rows[(size_t)t * stride] = first_row + (t ? da_time_bin(&reader->bins, now - before) : 0);
    before = now;
  }
}

static void time_since_rows(const da_input_reader *reader, const da_touches *touches, uint32_t first_row, uint32_t *rows, uint32_t stride) {
  const int64_t *time_us = reader->set->time_us;
  int64_t start = time_us[position(touches, 0)];
  rows[0] = first_row;
  for (uint32_t t = 1; t < touches->n; t++)
    rows[(size_t)t * stride] = first_row + da_time_bin(&reader->bins, time_us[position(touches, t)] - start);
}

static void time_to_last_rows(const da_input_reader *reader, const da_touches *touches, uint32_t first_row, uint32_t *rows,
                              uint32_t stride) {
  const int64_t *time_us = reader->set->time_us;
  int64_t end = time_us[position(touches, touches->n - 1)];
  for (uint32_t t = 0; t + 1 < touches->n; t++)
    rows[(size_t)t * stride] = first_row + da_time_bin(&reader->bins, end - time_us[position(touches, t)]);
  rows[(size_t)(touches->n - 1) * stride] = first_row;
}

enum { CAMPAIGN, TIME_BEFORE, TIME_SINCE, TIME_TO_LAST, N_KINDS };
static const da_input_kind kinds[N_KINDS] = {
    [CAMPAIGN] = {"campaign", false, campaign_rows},
    [TIME_BEFORE] = {"time_before", true, time_before_rows},
    [TIME_SINCE] = {"time_since", true, time_since_rows},
    [TIME_TO_LAST] = {"time_to_last", true, time_to_last_rows},
};

da_status da_inputs_add(da_inputs *inputs, const char *name, uint64_t n_rows, da_error *err) {
  const da_input_kind *kind = NULL;
  for (int i = 0; i < N_KINDS; i++)
    if (!strcmp(kinds[i].name, name)) kind = &kinds[i];
  if (!kind) return da_fail(err, DA_ERR_DATA, "expected an input that this version knows but found \"%s\"", name);
  if (inputs->n == DA_MAX_INPUTS) return da_fail(err, DA_ERR_DATA, "expected at most %d inputs but found more", DA_MAX_INPUTS);
  if ((inputs->n == 0) != (kind == &kinds[CAMPAIGN]))
    return da_fail(err, DA_ERR_DATA, "expected the campaign as first input and only there but found \"%s\" as number %u", name, inputs->n);
  if (kind->ordered && n_rows != DA_N_TIME_BINS)
    return da_fail(err, DA_ERR_DATA, "expected %d rows for input \"%s\" but found %llu", DA_N_TIME_BINS, name, (unsigned long long)n_rows);
  if (n_rows == 0 || n_rows > INT32_MAX - (uint64_t)inputs->n_rows)
    return da_fail(err, DA_ERR_DATA, "expected 1 to 2^31 rows in all but found %llu for input \"%s\"", (unsigned long long)n_rows, name);
  inputs->items[inputs->n++] = (da_input){kind, inputs->n_rows, (uint32_t)n_rows};
  inputs->n_rows += (uint32_t)n_rows;
  return DA_OK;
}

da_status da_inputs_choose(uint64_t n_campaigns, bool time, da_inputs *inputs, da_error *err) {
  *inputs = (da_inputs){0};
  DA_TRY(da_inputs_add(inputs, kinds[CAMPAIGN].name, n_campaigns + 1, err));
  for (int i = TIME_BEFORE; time && i <= TIME_TO_LAST; i++) DA_TRY(da_inputs_add(inputs, kinds[i].name, DA_N_TIME_BINS, err));
  return DA_OK;
}

const char *da_input_name(const da_input *input) { return input->kind->name; }

bool da_input_is_ordered(const da_input *input) { return input->kind->ordered; }

bool da_time_varies(const da_journeys *set) {
  for (uint64_t j = 0; j < set->n_journeys; j++)
    if (set->time_us[set->first_touch[j + 1] - 1] != set->time_us[set->first_touch[j]]) return true;
  return false;
}

void da_time_bins_init(da_time_bins *bins) {
  bins->upper_us[0] = 0;
  for (int b = 1; b < DA_N_TIME_BINS - 1; b++) bins->upper_us[b] = (uint64_t)llround(exp((b - 1) / 2.0) * 1e6);
  bins->upper_us[DA_N_TIME_BINS - 1] = UINT64_MAX;
  for (int i = 0; i < 64; i++) {
    uint8_t b = 1;
    while (bins->upper_us[b] <= UINT64_C(1) << i) b++;
    bins->start[i] = b;
  }
}

uint32_t da_time_bin(const da_time_bins *bins, int64_t us) {
  uint64_t time = us > 0 ? (uint64_t)us : 1; /* 0 and 1 share a bin */
  uint32_t b = bins->start[63 - __builtin_clzll(time)];
  while (time >= bins->upper_us[b]) b++; /* at most twice: a doubling is 1.4 bins */
  return b;
}

/* Both lists are sorted: one merge. unknown: the row for names that the model lacks. */
static void map_campaigns(const da_names *model, const da_names *set, uint32_t unknown, uint32_t *row, uint64_t *n_unknown) {
  size_t m = 0;
  *n_unknown = 0;
  for (size_t i = 0; i < set->n; i++) {
    while (m < model->n && da_slice_compare(model->items[m], set->items[i]) < 0) m++;
    bool known = m < model->n && da_slice_compare(model->items[m], set->items[i]) == 0;
    row[i] = known ? (uint32_t)m : unknown;
    *n_unknown += !known;
  }
}

da_status da_input_reader_open(const da_inputs *inputs, const da_names *campaigns, const da_journeys *set, da_input_reader *reader,
                               da_error *err) {
  *reader = (da_input_reader){.inputs = inputs, .set = set};
  for (uint64_t j = 0; j < set->n_journeys; j++)
    if (da_journey_length(set, j) > INT32_MAX)
      return da_fail(err, DA_ERR_DATA, "expected at most 2^31 touches in a journey but found %llu in journey %llu; set journey_max_len",
                     (unsigned long long)da_journey_length(set, j), (unsigned long long)j);
  reader->campaign_row = da_mem_alloc(set->campaigns.n, sizeof *reader->campaign_row);
  if (!reader->campaign_row) return da_mem_fail(err, set->campaigns.n, sizeof *reader->campaign_row, "the rows of campaigns");
  uint32_t unknown = inputs->items[CAMPAIGN].n_rows - 1;
  map_campaigns(campaigns, &set->campaigns, unknown, reader->campaign_row, &reader->n_unknown_campaigns);
  if (reader->n_unknown_campaigns)
    for (uint64_t i = 0; i < set->n_touches; i++) reader->n_unknown_touches += reader->campaign_row[set->campaign[i]] == unknown;
  da_time_bins_init(&reader->bins);
  return DA_OK;
}

void da_input_reader_close(da_input_reader *reader) {
  da_mem_free(reader->campaign_row);
  *reader = (da_input_reader){0};
}

/* Few journeys are longer than what a line of the cache holds, and neighbouring lines follow by themselves. */
void da_input_reader_prefetch(const da_input_reader *reader, const da_touches *touches) {
  const uint64_t first = touches->kept ? *touches->kept : touches->first;
  __builtin_prefetch(reader->set->campaign + first);
  if (reader->inputs->n > 1 || reader->inputs->time_decay) __builtin_prefetch(reader->set->time_us + first);
}

void da_input_reader_rows(const da_input_reader *reader, const da_touches *touches, uint32_t *rows) {
  for (uint32_t i = 0; i < reader->inputs->n; i++) {
    const da_input *input = &reader->inputs->items[i];
    input->kind->rows(reader, touches, input->first_row, rows + i, reader->inputs->n);
  }
}

void da_input_reader_days(const da_input_reader *reader, const da_touches *touches, float *days) {
  const int64_t *time_us = reader->set->time_us, end = time_us[position(touches, touches->n - 1)];
  for (uint32_t t = 0; t < touches->n; t++) days[t] = (float)((double)(end - time_us[position(touches, t)]) / 86400e6);
}
