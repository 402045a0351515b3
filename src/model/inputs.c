#include "model/inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- kinds ---- */

typedef enum { CELLS_OF_TIME, CELLS_OF_CATEGORY, CELLS_OF_NUMBER } cells;

/* Where a kind's rows go and come from. rows: [touches][stride], this input's column; of an input of the fusion one row. */
typedef void (*find_rows)(const da_input_reader *reader, const da_input *input, const da_input_source *source, const da_touches *touches,
                          uint32_t *rows, uint32_t stride);
struct da_input_kind {
  const char *name;
  bool of_user;   /* a feature of the user */
  bool in_fusion; /* a row a journey, of the fusion's table */
  cells cells;
  find_rows rows;
};

static inline uint64_t position(const da_touches *touches, uint32_t t) { return touches->kept ? touches->kept[t] : touches->first + t; }

static void category_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source, const da_touches *touches,
                          uint32_t *rows, uint32_t stride) {
  (void)reader;
  for (uint32_t t = 0; t < touches->n; t++)
    rows[(size_t)t * stride] = input->first_row + source->row_of[source->code[position(touches, t)]];
}

/* Row 0 without a number, else 1 + the edges that are not above it. */
static uint32_t number_row(const da_input *input, float number) {
  if (isnan(number)) return 0;
  uint32_t low = 0, high = input->n_rows - 2;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (input->edges[middle] <= number)
      low = middle + 1;
    else
      high = middle;
  }
  return 1 + low;
}

static void number_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source, const da_touches *touches,
                        uint32_t *rows, uint32_t stride) {
  (void)reader;
  for (uint32_t t = 0; t < touches->n; t++)
    rows[(size_t)t * stride] = input->first_row + number_row(input, source->number[position(touches, t)]);
}

static void user_category_row(const da_input_reader *reader, const da_input *input, const da_input_source *source,
                              const da_touches *touches, uint32_t *rows, uint32_t stride) {
  (void)reader, (void)stride;
  *rows = input->first_row + source->row_of[source->code[touches->journey]];
}

static void repeat(uint32_t row, uint32_t n, uint32_t *rows, uint32_t stride) {
  for (uint32_t t = 0; t < n; t++) rows[(size_t)t * stride] = row;
}

static void context_category_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source,
                                  const da_touches *touches, uint32_t *rows, uint32_t stride) {
  (void)reader;
  repeat(input->first_row + source->row_of[source->code[touches->journey]], touches->n, rows, stride);
}

static void user_number_row(const da_input_reader *reader, const da_input *input, const da_input_source *source, const da_touches *touches,
                            uint32_t *rows, uint32_t stride) {
  (void)reader, (void)stride;
  *rows = input->first_row + number_row(input, source->number[touches->journey]);
}

static void context_number_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source,
                                const da_touches *touches, uint32_t *rows, uint32_t stride) {
  (void)reader;
  repeat(input->first_row + number_row(input, source->number[touches->journey]), touches->n, rows, stride);
}

static void time_before_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source, const da_touches *touches,
                             uint32_t *rows, uint32_t stride) {
  const int64_t *time_us = reader->set->time_us;
  int64_t before = 0;
  (void)source;
  for (uint32_t t = 0; t < touches->n; t++) {
    int64_t now = time_us[position(touches, t)];
    rows[(size_t)t * stride] = input->first_row + (t ? da_time_bin(&reader->bins, now - before) : 0);
    before = now;
  }
}

static void time_since_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source, const da_touches *touches,
                            uint32_t *rows, uint32_t stride) {
  const int64_t *time_us = reader->set->time_us;
  int64_t start = time_us[position(touches, 0)];
  (void)source;
  rows[0] = input->first_row;
  for (uint32_t t = 1; t < touches->n; t++)
    rows[(size_t)t * stride] = input->first_row + da_time_bin(&reader->bins, time_us[position(touches, t)] - start);
}

static void time_to_last_rows(const da_input_reader *reader, const da_input *input, const da_input_source *source,
                              const da_touches *touches, uint32_t *rows, uint32_t stride) {
  const int64_t *time_us = reader->set->time_us;
  int64_t end = time_us[position(touches, touches->n - 1)];
  (void)source;
  for (uint32_t t = 0; t + 1 < touches->n; t++)
    rows[(size_t)t * stride] = input->first_row + da_time_bin(&reader->bins, end - time_us[position(touches, t)]);
  rows[(size_t)(touches->n - 1) * stride] = input->first_row;
}

enum {
  CAMPAIGN,
  TIME_BEFORE,
  TIME_SINCE,
  TIME_TO_LAST,
  TOUCH_CATEGORY,
  TOUCH_NUMBER,
  CONTEXT_CATEGORY,
  CONTEXT_NUMBER,
  USER_CATEGORY,
  USER_NUMBER,
  N_KINDS
};
static const da_input_kind kinds[N_KINDS] = {
    [CAMPAIGN] = {"campaign", false, false, CELLS_OF_CATEGORY, category_rows},
    [TIME_BEFORE] = {"time_before", false, false, CELLS_OF_TIME, time_before_rows},
    [TIME_SINCE] = {"time_since", false, false, CELLS_OF_TIME, time_since_rows},
    [TIME_TO_LAST] = {"time_to_last", false, false, CELLS_OF_TIME, time_to_last_rows},
    [TOUCH_CATEGORY] = {"touch_category", false, false, CELLS_OF_CATEGORY, category_rows},
    [TOUCH_NUMBER] = {"touch_number", false, false, CELLS_OF_NUMBER, number_rows},
    [CONTEXT_CATEGORY] = {"context_category", true, false, CELLS_OF_CATEGORY, context_category_rows},
    [CONTEXT_NUMBER] = {"context_number", true, false, CELLS_OF_NUMBER, context_number_rows},
    [USER_CATEGORY] = {"user_category", true, true, CELLS_OF_CATEGORY, user_category_row},
    [USER_NUMBER] = {"user_number", true, true, CELLS_OF_NUMBER, user_number_row},
};

/* ---- the list of inputs ---- */

static bool is_feature(const da_input_kind *kind) { return kind >= &kinds[TOUCH_CATEGORY]; }

static da_status find_kind(const char *name, const da_input_kind **kind, da_error *err) {
  for (int i = 0; i < N_KINDS; i++) {
    *kind = &kinds[i];
    if (!strcmp(kinds[i].name, name)) return DA_OK;
  }
  return da_fail(err, DA_ERR_DATA, "expected an input that this version knows but found \"%s\"", name);
}

/* input: its kind and what it points to; n_rows of it. */
static da_status append(da_inputs *inputs, da_input input, uint64_t n_rows, da_error *err) {
  const char *name = input.kind->name;
  const bool in_fusion = input.kind->in_fusion;
  uint32_t *n = in_fusion ? &inputs->n_user : &inputs->n, *all_rows = in_fusion ? &inputs->n_user_rows : &inputs->n_rows;
  const uint32_t most = in_fusion ? DA_MAX_FEATURES : DA_MAX_INPUTS;
  if (*n == most) return da_fail(err, DA_ERR_DATA, "expected at most %u inputs but found more", most);
  if (!in_fusion && (*n == 0) != (input.kind == &kinds[CAMPAIGN]))
    return da_fail(err, DA_ERR_DATA, "expected the campaign as first input and only there but found \"%s\" as number %u", name, *n);
  if (input.kind->cells == CELLS_OF_TIME && n_rows != DA_N_TIME_BINS)
    return da_fail(err, DA_ERR_DATA, "expected %d rows for input \"%s\" but found %llu", DA_N_TIME_BINS, name, (unsigned long long)n_rows);
  if (n_rows == 0 || n_rows > INT32_MAX - (uint64_t)*all_rows)
    return da_fail(err, DA_ERR_DATA, "expected 1 to 2^31 rows in all but found %llu for input \"%s\"", (unsigned long long)n_rows, name);
  input.first_row = *all_rows;
  input.n_rows = (uint32_t)n_rows;
  (in_fusion ? inputs->user : inputs->items)[(*n)++] = input;
  *all_rows += (uint32_t)n_rows;
  return DA_OK;
}

da_status da_inputs_add(da_inputs *inputs, const char *name, uint64_t n_rows, da_error *err) {
  da_input input = {0};
  DA_TRY(find_kind(name, &input.kind, err));
  if (is_feature(input.kind)) return da_fail(err, DA_ERR_DATA, "expected the column of input \"%s\" but found none", name);
  return append(inputs, input, n_rows, err);
}

static da_status check_values(const char *name, const da_names *values, da_error *err) {
  if (values->n == 0 || values->items[0].length != 0)
    return da_fail(err, DA_ERR_DATA, "expected the empty value, for missing, first among those of input \"%s\"", name);
  for (size_t i = 1; i < values->n; i++)
    if (da_slice_compare(values->items[i - 1], values->items[i]) >= 0)
      return da_fail(err, DA_ERR_DATA, "expected the values of input \"%s\" in byte order but number %zu is not above the one before", name,
                     i);
  return DA_OK;
}

static da_status check_edges(const char *name, const float *edges, uint64_t n, da_error *err) {
  if (n >= DA_N_NUMBER_BINS)
    return da_fail(err, DA_ERR_DATA, "expected fewer than %d edges of bins for input \"%s\" but found %llu", DA_N_NUMBER_BINS, name,
                   (unsigned long long)n);
  for (uint64_t i = 0; i < n; i++)
    if (!isfinite(edges[i]) || (i && edges[i - 1] >= edges[i]))
      return da_fail(err, DA_ERR_DATA, "expected ascending edges of bins for input \"%s\" but number %llu is not above the one before",
                     name, (unsigned long long)i);
  return DA_OK;
}

static bool is_column(da_slice a, da_slice b) {
  return a.length == b.length && (a.length == 0 || strncasecmp(a.data, b.data, a.length) == 0);
}

/* A feature of the user stands once in either table, another once in all. */
static bool takes_column(const da_input *input, const da_input_kind *kind, da_slice column) {
  const bool in_both = kind->of_user && input->kind->of_user && kind->in_fusion != input->kind->in_fusion;
  return !in_both && is_column(input->column, column);
}

static da_status check_column(const da_inputs *inputs, const da_input_kind *kind, da_slice column, da_error *err) {
  bool twice = false;
  for (uint32_t i = 0; i < inputs->n; i++) twice |= takes_column(&inputs->items[i], kind, column);
  for (uint32_t i = 0; i < inputs->n_user; i++) twice |= takes_column(&inputs->user[i], kind, column);
  if (column.length > 0 && !twice) return DA_OK;
  return da_fail(err, DA_ERR_DATA, "expected each feature to have a column of its own but found '%.*s'", (int)column.length, column.data);
}

da_status da_inputs_add_feature(da_inputs *inputs, const char *name, da_slice column, da_names values, const float *edges, uint64_t n_edges,
                                da_error *err) {
  da_input input = {.column = column};
  DA_TRY(find_kind(name, &input.kind, err));
  if (!is_feature(input.kind)) return da_fail(err, DA_ERR_DATA, "expected no column of input \"%s\" but found one", name);
  DA_TRY(check_column(inputs, input.kind, column, err));
  if (input.kind->cells == CELLS_OF_CATEGORY) {
    DA_TRY(check_values(name, &values, err));
    input.values = values;
    return append(inputs, input, values.n, err);
  }
  DA_TRY(check_edges(name, edges, n_edges, err));
  input.edges = edges;
  return append(inputs, input, n_edges + 2, err);
}

da_status da_inputs_choose(uint64_t n_campaigns, bool time, da_inputs *inputs, da_error *err) {
  *inputs = (da_inputs){0};
  DA_TRY(da_inputs_add(inputs, kinds[CAMPAIGN].name, n_campaigns + 1, err));
  for (int i = TIME_BEFORE; time && i <= TIME_TO_LAST; i++) DA_TRY(da_inputs_add(inputs, kinds[i].name, DA_N_TIME_BINS, err));
  return DA_OK;
}

const char *da_input_name(const da_input *input) { return input->kind->name; }

bool da_input_is_of_user(const da_input *input) { return input->kind->of_user; }

bool da_inputs_read_user(const da_inputs *inputs) {
  bool found = inputs->n_user > 0;
  for (uint32_t i = 0; i < inputs->n; i++) found |= inputs->items[i].kind->of_user;
  return found;
}

bool da_input_is_ordered(const da_input *input) { return input->kind->cells != CELLS_OF_CATEGORY; }

/* ---- edges of numbers ---- */

enum { MAX_SAMPLE = 1 << 20 }; /* of a larger train split, every so manyth number */

static int compare_numbers(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* The numbers of the train split's cells that are there: every `stride`th, into sample if not NULL. Returns how many. */
static uint64_t sample_numbers(const da_journeys *set, const da_feature *feature, uint64_t stride, float *sample) {
  uint64_t n_met = 0, n = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (da_journey_set(set, j) != DA_SET_TRAIN) continue;
    const uint64_t begin = feature->of_user ? j : set->first_touch[j], end = feature->of_user ? j + 1 : set->first_touch[j + 1];
    for (uint64_t i = begin; i < end; i++) {
      if (isnan(feature->number[i]) || n_met++ % stride != 0) continue;
      if (sample) sample[n] = feature->number[i];
      n++;
    }
  }
  return n;
}

/* Of n sorted numbers: each value but the lowest is an edge where they are few, else quantiles. Returns how many edges. */
static uint32_t choose_edges(const float *sorted, uint64_t n, float edges[DA_N_NUMBER_BINS]) {
  uint32_t n_edges = 0;
  for (uint64_t i = 1; i < n && n_edges < DA_N_NUMBER_BINS; i++)
    if (sorted[i] > sorted[i - 1]) edges[n_edges++] = sorted[i];
  if (n_edges < DA_N_NUMBER_BINS) return n_edges;
  n_edges = 0;
  for (uint64_t q = 1; q < DA_N_NUMBER_BINS; q++) {
    const float edge = sorted[n * q / DA_N_NUMBER_BINS];
    if (edge > (n_edges ? edges[n_edges - 1] : sorted[0])) edges[n_edges++] = edge;
  }
  return n_edges;
}

static da_status learn_edges(const da_journeys *set, const da_feature *feature, da_arena *arena, const float **edges, uint32_t *n_edges,
                             da_error *err) {
  const uint64_t n_all = sample_numbers(set, feature, 1, NULL), stride = n_all / MAX_SAMPLE + 1;
  float *sample = da_mem_alloc(n_all / stride + 1, sizeof *sample);
  float *found = da_arena_alloc(arena, DA_N_NUMBER_BINS, sizeof *found);
  da_status status = sample && found ? DA_OK : da_mem_fail(err, n_all / stride + 1, sizeof *sample, "the numbers of a feature");
  if (status == DA_OK) {
    const uint64_t n = sample_numbers(set, feature, stride, sample);
    qsort(sample, n, sizeof *sample, compare_numbers);
    *n_edges = choose_edges(sample, n, found);
    *edges = found;
  }
  da_mem_free(sample);
  return status;
}

da_status da_inputs_learn_features(const da_journeys *set, da_inputs *inputs, da_arena *arena, da_error *err) {
  for (uint32_t f = 0; f < set->n_features; f++) {
    const da_feature *feature = &set->features[f];
    const float *edges = NULL;
    uint32_t n_edges = 0;
    if (feature->number) DA_TRY(learn_edges(set, feature, arena, &edges, &n_edges, err));
    const bool is_number = feature->number != NULL;
    const int at_touches = feature->of_user ? (is_number ? CONTEXT_NUMBER : CONTEXT_CATEGORY) : is_number ? TOUCH_NUMBER : TOUCH_CATEGORY;
    DA_TRY(da_inputs_add_feature(inputs, kinds[at_touches].name, feature->name, feature->values, edges, n_edges, err));
    if (!feature->of_user) continue;
    const int in_fusion = is_number ? USER_NUMBER : USER_CATEGORY;
    DA_TRY(da_inputs_add_feature(inputs, kinds[in_fusion].name, feature->name, feature->values, edges, n_edges, err));
  }
  return DA_OK;
}

/* ---- time ---- */

bool da_time_varies(const da_journeys *set, uint64_t begin, uint64_t end) {
  for (uint64_t j = begin; j < end; j++)
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

/* ---- from a set to rows ---- */

/* Both lists are sorted: one merge. unknown: the row for names that the model lacks. Returns how many these are. */
static uint64_t map_names(const da_names *model, const da_names *set, uint32_t unknown, uint32_t *row) {
  size_t m = 0;
  uint64_t n_unknown = 0;
  for (size_t i = 0; i < set->n; i++) {
    while (m < model->n && da_slice_compare(model->items[m], set->items[i]) < 0) m++;
    bool known = m < model->n && da_slice_compare(model->items[m], set->items[i]) == 0;
    row[i] = known ? (uint32_t)m : unknown;
    n_unknown += !known;
  }
  return n_unknown;
}

/* code: [n_cells] of the set; model and set: what its codes and the input's rows mean. */
static da_status open_category(const da_names *model, const da_names *set, uint32_t unknown, const uint32_t *code, uint64_t n_cells,
                               da_input_source *source, da_error *err) {
  source->code = code;
  source->n_values = set->n;
  source->row_of = da_mem_alloc(set->n, sizeof *source->row_of);
  if (!source->row_of) return da_mem_fail(err, set->n, sizeof *source->row_of, "the rows of names");
  source->n_unknown = map_names(model, set, unknown, source->row_of);
  if (source->n_unknown == 0) return DA_OK;
  /* A value without a row of its own, unless it is the one whose row that is. */
  for (uint64_t i = 0; i < n_cells; i++)
    source->n_unknown_cells +=
        source->row_of[code[i]] == unknown && (unknown >= model->n || da_slice_compare(model->items[unknown], set->items[code[i]]) != 0);
  return DA_OK;
}

static da_status open_feature(const da_input *input, const da_journeys *set, da_input_source *source, da_error *err) {
  const bool of_user = input->kind->of_user, is_number = da_input_is_number(input);
  const char *key = of_user ? "columns.user_features" : "columns.touch_features";
  const int length = (int)(input->column.length < 80 ? input->column.length : 80);
  const da_feature *feature = NULL;
  for (uint32_t f = 0; f < set->n_features; f++)
    if (set->features[f].of_user == of_user && is_column(set->features[f].name, input->column)) feature = &set->features[f];
  if (!feature)
    return da_fail(err, DA_ERR_DATA,
                   "expected the feature '%.*s', which the model reads, but the journeys have none of that name; name its column in %s",
                   length, input->column.data, key);
  if (!feature->number == is_number)
    return da_fail(err, DA_ERR_DATA, "expected the feature '%.*s' as the model read it in training, but now it is %s; write %.*s(%s) in %s",
                   length, input->column.data, is_number ? "a category" : "a number", length, input->column.data,
                   is_number ? "number" : "category", key);
  source->number = feature->number;
  return is_number
             ? DA_OK
             : open_category(&input->values, &feature->values, 0, feature->code, of_user ? set->n_journeys : set->n_touches, source, err);
}

static da_status open_sources(const da_names *campaigns, da_input_reader *reader, da_error *err) {
  const da_inputs *inputs = reader->inputs;
  const da_journeys *set = reader->set;
  DA_TRY(open_category(campaigns, &set->campaigns, inputs->items[0].n_rows - 1, set->campaign, set->n_touches, &reader->sources[0], err));
  for (uint32_t i = 0; i < inputs->n; i++)
    if (is_feature(inputs->items[i].kind)) DA_TRY(open_feature(&inputs->items[i], set, &reader->sources[i], err));
  for (uint32_t i = 0; i < inputs->n_user; i++) DA_TRY(open_feature(&inputs->user[i], set, &reader->user_sources[i], err));
  return DA_OK;
}

da_status da_input_reader_open(const da_inputs *inputs, const da_names *campaigns, const da_journeys *set, da_input_reader *reader,
                               da_error *err) {
  *reader = (da_input_reader){.inputs = inputs, .set = set};
  for (uint64_t j = 0; j < set->n_journeys; j++)
    if (da_journey_length(set, j) > INT32_MAX)
      return da_fail(err, DA_ERR_DATA, "expected at most 2^31 touches in a journey but found %llu in journey %llu; set journey_max_len",
                     (unsigned long long)da_journey_length(set, j), (unsigned long long)j);
  da_time_bins_init(&reader->bins);
  da_status status = open_sources(campaigns, reader, err);
  if (status != DA_OK) da_input_reader_close(reader);
  return status;
}

void da_input_reader_close(da_input_reader *reader) {
  for (int i = 0; i < DA_MAX_INPUTS; i++) da_mem_free(reader->sources[i].row_of);
  for (int i = 0; i < DA_MAX_FEATURES; i++) da_mem_free(reader->user_sources[i].row_of);
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
    input->kind->rows(reader, input, &reader->sources[i], touches, rows + i, reader->inputs->n);
  }
}

void da_input_reader_user_rows(const da_input_reader *reader, const da_touches *touches, uint32_t *rows) {
  for (uint32_t i = 0; i < reader->inputs->n_user; i++) {
    const da_input *input = &reader->inputs->user[i];
    input->kind->rows(reader, input, &reader->user_sources[i], touches, rows + i, 1);
  }
}

void da_input_reader_days(const da_input_reader *reader, const da_touches *touches, float *days) {
  const int64_t *time_us = reader->set->time_us, end = time_us[position(touches, touches->n - 1)];
  for (uint32_t t = 0; t < touches->n; t++) days[t] = (float)((double)(end - time_us[position(touches, t)]) / 86400e6);
}
