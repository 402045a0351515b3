/* Oracles: the worked cases of docs/journey.md, read from that page; and cut_naive.h, a slow twin that shares no code, on random logs full
 * of ties, duplicates and users of one touch. */
#include "journey/cut.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/random.h"
#include "journey/vocabulary.h"
#include "support/cut_naive.h"
#include "support/folder.h"

#define DAY_US INT64_C(86400000000)

/* ---- The worked cases of the page ---- */

enum { MAX_ROWS = 32, MAX_NAME = 32 };

typedef struct {
  char uid[MAX_NAME], campaign[MAX_NAME];
  double day;
  bool conversion, has_value;
  double value;
} case_row;

typedef struct {
  da_cut_options options;
  case_row rows[MAX_ROWS];
  size_t n_rows;
  const char *transform_texts[4];
  char transform_space[4][MAX_NAME * 2];
  size_t n_transforms;
  da_vocabulary vocabulary;
  const char *wanted; /* the lines after "-" */
} worked_case;

static int compare_rows(const void *a, const void *b) {
  const case_row *x = a, *y = b;
  int by_uid = strcmp(x->uid, y->uid), by_campaign = strcmp(x->campaign, y->campaign);
  if (by_uid) return by_uid;
  if (x->day != y->day) return x->day < y->day ? -1 : 1;
  if (x->conversion != y->conversion) return x->conversion ? 1 : -1;
  return by_campaign ? by_campaign : (x->value > y->value) - (x->value < y->value);
}

static void read_setting(worked_case *one, const char *line) {
  double number;
  if (sscanf(line, "& gap_days %lf", &number) == 1) {
    one->options.gap_us = (int64_t)(number * (double)DAY_US);
  } else if (sscanf(line, "& lookback_days %lf", &number) == 1) {
    one->options.lookback_us = (int64_t)(number * (double)DAY_US);
  } else if (sscanf(line, "& max_len %lf", &number) == 1) {
    one->options.max_len = (uint64_t)number;
  } else if (strcmp(line, "& drop_duplicates") == 0) {
    one->options.drop_duplicates = true;
  } else if (sscanf(line, "& transform %63s", one->transform_space[one->n_transforms]) == 1) {
    one->transform_texts[one->n_transforms] = one->transform_space[one->n_transforms];
    one->n_transforms++;
  } else {
    fail_msg("docs/journey.md: unknown setting: %s", line);
  }
}

static void read_row(worked_case *one, const char *line) {
  case_row *row = &one->rows[one->n_rows++];
  char mark[MAX_NAME] = "";
  if (sscanf(line, "%31s %lf %31s %31s", row->uid, &row->day, row->campaign, mark) < 3) fail_msg("docs/journey.md: not a row: %s", line);
  row->conversion = mark[0] == '!';
  row->has_value = mark[0] == '!' && mark[1];
  if (row->has_value) row->value = strtod(mark + 1, NULL);
  one->options.has_value |= row->has_value;
  one->options.conversions_are_events |= strcmp(row->campaign, "*") == 0;
}

/* Reads the text between the marks of a block, which it cuts into lines. */
static worked_case *read_case(char *text) {
  worked_case *one = calloc(1, sizeof *one);
  one->options.uid_is_text = true;
  for (char *line = text; line;) {
    char *next = strchr(line, '\n');
    if (next) *next++ = 0;
    if (strcmp(line, "-") == 0) {
      one->wanted = next;
      break;
    }
    if (*line == '&')
      read_setting(one, line);
    else
      read_row(one, line);
    line = next;
  }
  assert_non_null(one->wanted);
  qsort(one->rows, one->n_rows, sizeof *one->rows, compare_rows);
  return one;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static void read_names(worked_case *one) {
  da_error err = {0};
  const char *names[MAX_ROWS];
  size_t n = 0;
  for (size_t i = 0; i < one->n_rows; i++) {
    if (strcmp(one->rows[i].campaign, "*") != 0) names[n++] = one->rows[i].campaign;
  }
  qsort(names, n, sizeof *names, compare_names);
  for (size_t i = 0; i < n; i++) {
    if (i && strcmp(names[i], names[i - 1]) == 0) continue;
    assert_ok(da_vocabulary_add(&one->vocabulary, (da_slice){names[i], strlen(names[i])}, &err), err);
  }
}

/* Journeys as the page writes them; touches as codes, which become names at the end: "#7@1". */
typedef struct {
  da_text text;
  char uid[MAX_NAME];
} page_sink;

static da_status page_user(void *context, const da_uid *uid, da_error *err) {
  page_sink *sink = context;
  (void)err;
  snprintf(sink->uid, sizeof sink->uid, "%.*s", (int)uid->text.length, uid->text.data);
  return DA_OK;
}

static da_status page_journey(void *context, const da_cut_journey *journey, da_error *err) {
  page_sink *sink = context;
  (void)err;
  da_text_printf(&sink->text, "%s %" PRIu64 " ", sink->uid, journey->index);
  for (uint64_t i = 0; i < journey->n; i++)
    da_text_printf(&sink->text, " #%" PRIu32 "@%g", journey->campaign[i], (double)journey->time_us[i] / (double)DAY_US);
  if (journey->converted) da_text_printf(&sink->text, " !%g", journey->value);
  da_text_append(&sink->text, "\n");
  return DA_OK;
}

static void put_names(const char *coded, const da_names *names, const uint32_t *rank, da_text *text) {
  for (const char *at = coded; *at; at++) {
    if (*at != '#') {
      da_text_append_n(text, at, 1);
      continue;
    }
    uint32_t code = (uint32_t)strtoul(at + 1, NULL, 10);
    da_slice name = names->items[rank ? rank[code] : code];
    da_text_append_n(text, name.data, name.length);
    at += strspn(at + 1, "0123456789");
  }
}

static void cut_case(worked_case *one, da_text *found) {
  da_error err = {0};
  read_names(one);
  da_names names = da_vocabulary_names(&one->vocabulary);
  da_transforms transforms;
  assert_ok(da_transforms_open(&(da_text_list){one->transform_texts, one->n_transforms}, &names, NULL, &transforms, &err), err);
  one->options.transforms = &transforms;
  page_sink sink = {0};
  da_cut *cut;
  assert_ok(da_cut_open(&one->options, &(da_cut_sink){&sink, page_user, page_journey}, &cut, &err), err);
  for (size_t i = 0; i < one->n_rows; i++) {
    const case_row *row = &one->rows[i];
    da_slice uid = {row->uid, strlen(row->uid)};
    uint32_t campaign = strcmp(row->campaign, "*") == 0 ? 0 : da_names_find(&names, (da_slice){row->campaign, strlen(row->campaign)});
    int64_t time_us = (int64_t)(row->day * (double)DAY_US);
    const da_cut_rows rows = {
        .n = 1,
        .uid_text = &uid,
        .time_us = &time_us,
        .conversion = &(uint8_t){row->conversion},
        .campaign = &campaign,
        .value = one->options.has_value ? &row->value : NULL,
        .value_valid = &(uint8_t){row->has_value},
    };
    assert_ok(da_cut_add(cut, &rows, &err), err);
  }
  assert_ok(da_cut_finish(cut, &err), err);
  const da_cut_counts *counts = da_cut_result(cut);
  if (counts->n_unattributed)
    da_text_printf(&sink.text, "unattributed %" PRIu64 " %g\n", counts->n_unattributed, counts->unattributed_value);
  da_vocabulary renamed = {0};
  uint32_t *rank = NULL;
  if (transforms.frequency) assert_ok(da_frequency_names(transforms.frequency, &names, &renamed, &rank, &err), err);
  da_names final = transforms.frequency ? da_vocabulary_names(&renamed) : names;
  put_names(da_text_cstr(&sink.text), &final, rank, found);
  da_mem_free(rank);
  da_vocabulary_free(&renamed);
  da_text_free(&sink.text);
  da_cut_close(cut);
  da_transforms_close(&transforms);
}

static void the_page_tells_the_truth(void **state) {
  (void)state;
  size_t n_bytes, n_cases = 0;
  char *page = (char *)folder_read("docs/journey.md", &n_bytes);
  static const char begin[] = "```journeys\n", end[] = "```";
  for (char *at = strstr(page, begin); at; at = strstr(at, begin)) {
    char *text = at + strlen(begin), *stop = strstr(text, end);
    assert_non_null(stop);
    *stop = 0;
    at = stop + 1;
    worked_case *one = read_case(text);
    da_text found = {0};
    cut_case(one, &found);
    if (strcmp(da_text_cstr(&found), one->wanted) != 0)
      fail_msg("docs/journey.md, case %zu: expected\n%sbut found\n%s", n_cases + 1, one->wanted, da_text_cstr(&found));
    da_text_free(&found);
    da_vocabulary_free(&one->vocabulary);
    free(one);
    n_cases++;
  }
  assert_true(n_cases >= 15);
  free(page);
}

/* ---- Against the twin ---- */

/* Compares each journey with the twin's next one. */
typedef struct {
  const naive_result *wanted;
  uint64_t next;
  int64_t uid;
  bool uid_is_text;
} twin_sink;

static da_status twin_user(void *context, const da_uid *uid, da_error *err) {
  twin_sink *sink = context;
  (void)err;
  sink->uid = sink->uid_is_text ? strtoll(uid->text.data, NULL, 10) : uid->number;
  assert_int_equal(sink->wanted->journeys[sink->next].index, 0);
  return DA_OK;
}

static da_status twin_journey(void *context, const da_cut_journey *journey, da_error *err) {
  twin_sink *sink = context;
  (void)err;
  assert_true(sink->next < sink->wanted->n_journeys);
  const naive_journey *wanted = &sink->wanted->journeys[sink->next++];
  assert_int_equal(sink->uid, wanted->uid);
  assert_int_equal(journey->index, wanted->index);
  assert_int_equal(journey->n, wanted->n);
  assert_memory_equal(journey->campaign, wanted->campaign, wanted->n * sizeof *wanted->campaign);
  assert_memory_equal(journey->time_us, wanted->time_us, wanted->n * sizeof *wanted->time_us);
  assert_int_equal(journey->converted, wanted->converted);
  assert_true(journey->value == wanted->value);
  assert_int_equal(journey->conversion_us, wanted->conversion_us);
  return DA_OK;
}

/* Rows as the arrays that the cutter takes, in pieces of random length. */
typedef struct {
  int64_t *uid, *time_us;
  char (*text)[24];
  da_slice *uid_text;
  uint8_t *conversion, *value_valid;
  uint32_t *campaign;
  double *value;
} columns;

static columns columns_of(const naive_row *rows, size_t n) {
  columns all = {calloc(n + 1, 8), calloc(n + 1, 8), calloc(n + 1, 24), calloc(n + 1, sizeof(da_slice)),
                 calloc(n + 1, 1), calloc(n + 1, 1), calloc(n + 1, 4),  calloc(n + 1, 8)};
  for (size_t i = 0; i < n; i++) {
    all.uid[i] = rows[i].uid;
    snprintf(all.text[i], sizeof all.text[i], "%08d", (int)rows[i].uid);
    all.uid_text[i] = (da_slice){all.text[i], 8};
    all.time_us[i] = rows[i].time_us;
    all.conversion[i] = rows[i].conversion;
    all.value_valid[i] = rows[i].has_value;
    all.campaign[i] = rows[i].campaign;
    all.value[i] = rows[i].value;
  }
  return all;
}

static void columns_free(columns *all) {
  free(all->uid), free(all->time_us), free(all->text), free(all->uid_text), free(all->conversion), free(all->value_valid),
      free(all->campaign), free(all->value);
}

static void add_in_pieces(da_cut *cut, const columns *all, size_t n, const da_cut_options *options, da_random *random) {
  da_error err = {0};
  for (size_t first = 0, piece; first < n; first += piece) {
    piece = 1 + da_random_below(random, 50);
    if (piece > n - first) piece = n - first;
    const da_cut_rows rows = {
        .n = piece,
        .uid_number = options->uid_is_text ? NULL : all->uid + first,
        .uid_text = options->uid_is_text ? all->uid_text + first : NULL,
        .time_us = all->time_us + first,
        .conversion = all->conversion + first,
        .campaign = all->campaign + first,
        .value = options->has_value ? all->value + first : NULL,
        .value_valid = options->has_value ? all->value_valid + first : NULL,
    };
    assert_ok(da_cut_add(cut, &rows, &err), err);
  }
  assert_ok(da_cut_finish(cut, &err), err);
}

static uint64_t exposure_naive(uint32_t *campaign, int64_t *time_us, uint64_t n) {
  for (uint64_t i = n; i-- > 1;) {
    if (campaign[i] != campaign[i - 1]) continue;
    n--;
    memmove(campaign + i, campaign + i + 1, (n - i) * sizeof *campaign);
    memmove(time_us + i, time_us + i + 1, (n - i) * sizeof *time_us);
  }
  return n;
}

static void compare_with_twin(naive_row *rows, size_t n, const da_cut_options *options, da_random *random) {
  da_error err = {0};
  const naive_options slow = {.has_value = options->has_value,
                              .conversions_are_events = options->conversions_are_events,
                              .drop_duplicates = options->drop_duplicates,
                              .gap_us = options->gap_us,
                              .lookback_us = options->lookback_us,
                              .max_len = options->max_len,
                              .transform = options->transforms ? exposure_naive : NULL};
  qsort(rows, n, sizeof *rows, naive_compare);
  columns all = columns_of(rows, n);
  naive_result wanted = naive_cut(rows, n, &slow);
  twin_sink sink = {.wanted = &wanted, .uid_is_text = options->uid_is_text};
  da_cut *cut;
  assert_ok(da_cut_open(options, &(da_cut_sink){&sink, twin_user, twin_journey}, &cut, &err), err);
  add_in_pieces(cut, &all, n, options, random);
  const da_cut_counts *counts = da_cut_result(cut);
  assert_int_equal(sink.next, wanted.n_journeys);
  assert_int_equal(counts->n_journeys, wanted.n_journeys);
  assert_int_equal(counts->n_rows, n);
  assert_int_equal(counts->n_duplicates, wanted.n_duplicates);
  assert_int_equal(counts->n_dropped, options->drop_duplicates ? wanted.n_duplicates : 0);
  assert_int_equal(counts->n_unattributed, wanted.n_unattributed);
  assert_true(counts->unattributed_value == wanted.unattributed_value);
  /* Every touch is somewhere. */
  uint64_t n_conversion_rows = 0;
  for (size_t i = 0; i < n; i++) n_conversion_rows += all.conversion[i];
  if (!options->conversions_are_events) {
    assert_int_equal(counts->n_touches + counts->n_cut_lookback + counts->n_cut_transforms + counts->n_cut_max_len + counts->n_dropped, n);
    if (!options->drop_duplicates) assert_int_equal(counts->n_conversions, n_conversion_rows);
  } else if (!options->drop_duplicates) {
    assert_int_equal(counts->n_conversions + counts->n_unattributed, n_conversion_rows);
  }
  da_cut_close(cut);
  naive_free(&wanted);
  columns_free(&all);
}

/* Few moments and few campaigns, so that ties and duplicates are common; some users with one row only. */
static size_t draw_rows(naive_row *rows, size_t most, da_random *random, bool events) {
  size_t n = 0, n_users = 1 + da_random_below(random, 12);
  for (size_t user = 0; user < n_users; user++) {
    size_t n_rows = da_random_below(random, 3) ? 1 + da_random_below(random, 12) : 1;
    uint64_t n_moments = 1 + da_random_below(random, 40);
    for (size_t i = 0; i < n_rows && n < most; i++) {
      naive_row *row = &rows[n++];
      *row = (naive_row){.uid = (int64_t)user, .time_us = (int64_t)da_random_below(random, n_moments) * 1000 - 5000};
      row->conversion = da_random_below(random, 4) == 0;
      row->campaign = events && row->conversion ? 0 : (uint32_t)da_random_below(random, 3);
      row->has_value = row->conversion && da_random_below(random, 3) > 0;
      if (row->has_value) row->value = (double)da_random_below(random, 4);
    }
  }
  return n;
}

static void random_logs_agree_with_the_twin(void **state) {
  (void)state;
  da_error err = {0};
  static const da_slice letters[] = {{"A", 1}, {"B", 1}, {"C", 1}};
  static const da_names campaigns = {letters, 3};
  const char *exposure = "exposure";
  da_transforms transforms;
  assert_ok(da_transforms_open(&(da_text_list){&exposure, 1}, &campaigns, NULL, &transforms, &err), err);
  static naive_row rows[200];
  da_random random;
  da_random_init(&random, 12, 0);
  for (int round = 0; round < 20000; round++) {
    da_cut_options options = {
        .uid_is_text = da_random_below(&random, 2),
        .has_value = da_random_below(&random, 2),
        .conversions_are_events = da_random_below(&random, 2),
        .drop_duplicates = da_random_below(&random, 2),
        .gap_us = (int64_t)(da_random_below(&random, 2) * (1 + da_random_below(&random, 20) * 500)),
        .lookback_us = (int64_t)(da_random_below(&random, 2) * (1 + da_random_below(&random, 20) * 500)),
        .max_len = da_random_below(&random, 4),
        .transforms = da_random_below(&random, 2) ? &transforms : NULL,
    };
    size_t n = draw_rows(rows, 200, &random, options.conversions_are_events);
    if (!options.has_value) {
      for (size_t i = 0; i < n; i++) rows[i].has_value = false;
    }
    compare_with_twin(rows, n, &options, &random);
  }
  da_transforms_close(&transforms);
}

/* ---- What else must hold ---- */

typedef struct {
  uint64_t n_journeys, n_touches;
} tally;

static da_status tally_user(void *context, const da_uid *uid, da_error *err) {
  (void)context, (void)uid, (void)err;
  return DA_OK;
}

static da_status tally_journey(void *context, const da_cut_journey *journey, da_error *err) {
  tally *sink = context;
  (void)err;
  sink->n_journeys++;
  sink->n_touches += journey->n;
  return DA_OK;
}

static void a_user_with_a_million_touches(void **state) {
  (void)state;
  da_error err = {0};
  enum { N = 1000000, PIECE = 2000 };
  const da_cut_options options = {.lookback_us = 500000, .max_len = 10};
  tally sink = {0};
  da_cut *cut;
  assert_ok(da_cut_open(&options, &(da_cut_sink){&sink, tally_user, tally_journey}, &cut, &err), err);
  static int64_t uid[PIECE], time_us[PIECE];
  static uint8_t conversion[PIECE];
  static uint32_t campaign[PIECE];
  for (int64_t first = 0; first < N; first += PIECE) {
    for (int64_t i = 0; i < PIECE; i++) time_us[i] = first + i;
    assert_ok(da_cut_add(cut,
                         &(da_cut_rows){.n = PIECE, .uid_number = uid, .time_us = time_us, .conversion = conversion, .campaign = campaign},
                         &err),
              err);
  }
  assert_ok(da_cut_finish(cut, &err), err);
  const da_cut_counts *counts = da_cut_result(cut);
  assert_true(sink.n_journeys == 1 && sink.n_touches == 10);
  assert_int_equal(counts->most_rows, N);
  assert_int_equal(counts->n_cut_lookback, N - 500001);
  assert_int_equal(counts->longest, 500001);
  da_cut_close(cut);
}

/* Four rows of user 1, at these times, in these sets. */
static da_status cut_four(const int64_t times[4], const uint8_t sets[4], const da_cut_options *options, da_error *err) {
  tally sink = {0};
  da_cut *cut;
  assert_ok(da_cut_open(options, &(da_cut_sink){&sink, tally_user, tally_journey}, &cut, err), *err);
  const da_cut_rows rows = {.n = 4,
                            .uid_number = (const int64_t[]){1, 1, 1, 1},
                            .time_us = times,
                            .conversion = (const uint8_t[]){0, 1, 0, 0},
                            .campaign = (const uint32_t[]){0, 1, 2, 0},
                            .set = sets};
  da_status status = da_cut_add(cut, &rows, err);
  if (status == DA_OK) status = da_cut_finish(cut, err);
  da_cut_close(cut);
  return status;
}

static void rows_out_of_order_are_refused(void **state) {
  (void)state;
  da_error err = {0};
  assert_fails_with(cut_four((const int64_t[]){1, 2, 4, 3}, NULL, &(da_cut_options){0}, &err), DA_ERR_INTERNAL, err, "time went backward");
  tally sink = {0};
  da_cut *cut;
  assert_ok(da_cut_open(&(da_cut_options){0}, &(da_cut_sink){&sink, tally_user, tally_journey}, &cut, &err), err);
  const da_cut_rows rows = {.n = 2,
                            .uid_number = (const int64_t[]){2, 1},
                            .time_us = (const int64_t[]){1, 2},
                            .conversion = (const uint8_t[]){0, 0},
                            .campaign = (const uint32_t[]){0, 0}};
  assert_fails_with(da_cut_add(cut, &rows, &err), DA_ERR_INTERNAL, err, "users in ascending order");
  da_cut_close(cut);
}

static void a_journey_in_two_sets_is_refused(void **state) {
  (void)state;
  da_error err = {0};
  const int64_t times[] = {1, 2, 3, 4};
  assert_ok(cut_four(times, (const uint8_t[]){2, 2, 0, 0}, &(da_cut_options){0}, &err), err);
  assert_fails_with(cut_four(times, (const uint8_t[]){2, 2, 0, 1}, &(da_cut_options){0}, &err), DA_ERR_DATA, err,
                    "user 1 has a journey with rows in train and in val");
}

static void times_at_the_ends_of_the_range_do_not_overflow(void **state) {
  (void)state;
  da_error err = {0};
  const int64_t times[] = {INT64_MIN, INT64_MIN + 1, 0, INT64_MAX};
  assert_ok(cut_four(times, NULL, &(da_cut_options){.gap_us = INT64_MAX, .lookback_us = INT64_MAX}, &err), err);
  assert_ok(cut_four(times, NULL, &(da_cut_options){.gap_us = 1, .lookback_us = 1}, &err), err);
}

static da_status failing_journey(void *context, const da_cut_journey *journey, da_error *err) {
  (void)context, (void)journey;
  return da_fail(err, DA_ERR_IO, "the sink is full");
}

static void a_fault_of_the_sink_is_passed_on(void **state) {
  (void)state;
  da_error err = {0};
  da_cut *cut;
  assert_ok(da_cut_open(&(da_cut_options){0}, &(da_cut_sink){NULL, tally_user, failing_journey}, &cut, &err), err);
  const da_cut_rows rows = {.n = 1,
                            .uid_number = (const int64_t[]){1},
                            .time_us = (const int64_t[]){1},
                            .conversion = (const uint8_t[]){0},
                            .campaign = (const uint32_t[]){0}};
  assert_ok(da_cut_add(cut, &rows, &err), err);
  assert_fails_with(da_cut_finish(cut, &err), DA_ERR_IO, err, "the sink is full");
  da_cut_close(cut);
  da_cut_close(NULL);
}

static void without_memory_there_is_a_sentence(void **state) {
  (void)state;
  da_error err = {0};
  for (uint64_t nth = 1; nth <= 3; nth++) {
    da_cut *cut;
    tally sink = {0};
    da_mem_fail_at(nth);
    da_status status = da_cut_open(&(da_cut_options){0}, &(da_cut_sink){&sink, tally_user, tally_journey}, &cut, &err);
    const da_cut_rows rows = {.n = 1,
                              .uid_number = (const int64_t[]){1},
                              .time_us = (const int64_t[]){1},
                              .conversion = (const uint8_t[]){0},
                              .campaign = (const uint32_t[]){0}};
    if (status == DA_OK) status = da_cut_add(cut, &rows, &err);
    da_mem_fail_at(0);
    assert_int_equal(status, DA_ERR_MEM);
    da_cut_close(cut);
  }
}

/* Per journey: the cells of its touches, then the user's. */
static da_status print_features(void *context, const da_cut_journey *journey, da_error *err) {
  (void)err;
  char *out = context;
  for (uint64_t t = 0; t < journey->n; t++) sprintf(out + strlen(out), "%u", journey->features[0][t]);
  sprintf(out + strlen(out), "/%u ", journey->features[1][0]);
  return DA_OK;
}

/* What a touch says goes with it; what it says of the user holds until the user says something else. */
static void features_go_with_their_touches(void **state) {
  (void)state;
  da_error err = {0};
  char found[64] = "";
  const da_feature_column features[] = {{"device", false, false}, {"region", true, false}};
  const char *text = "exposure";
  const da_slice names[] = {{"a", 1}, {"b", 1}, {"c", 1}};
  da_transforms transforms;
  assert_ok(da_transforms_open(&(da_text_list){&text, 1}, &(da_names){names, 3}, NULL, &transforms, &err), err);
  const da_cut_options options = {
      .drop_duplicates = true, .lookback_us = 10, .max_len = 2, .transforms = &transforms, .n_features = 2, .features = features};
  da_cut *cut;
  assert_ok(da_cut_open(&options, &(da_cut_sink){found, tally_user, print_features}, &cut, &err), err);
  enum { N = 9 };
  /* User 1: too old, then a journey of c b (b) (b is a copy but for its device, exposure takes it), then one more; user 2: nothing known. */
  const int64_t uid[N] = {1, 1, 1, 1, 1, 1, 1, 1, 2}, time_us[N] = {0, 20, 21, 22, 22, 22, 23, 24, 5};
  const uint8_t conversion[N] = {0, 0, 0, 0, 0, 0, 1, 0, 0};
  const uint32_t campaign[N] = {0, 0, 2, 1, 1, 1, 1, 0, 1}, device[N] = {1, 2, 3, 4, 4, 5, 6, 7, 8},
                 region[N] = {3, 0, 0, 0, 0, 5, 0, 0, 0};
  const uint32_t *const cells[] = {device, region};
  const da_cut_rows rows = {
      .n = N, .uid_number = uid, .time_us = time_us, .conversion = conversion, .campaign = campaign, .features = cells};
  assert_ok(da_cut_add(cut, &rows, &err), err);
  assert_ok(da_cut_finish(cut, &err), err);
  assert_string_equal(found, "34/5 7/5 8/0 ");
  assert_int_equal(da_cut_result(cut)->n_dropped, 1);
  da_cut_close(cut);
  da_transforms_close(&transforms);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_page_tells_the_truth),         cmocka_unit_test(random_logs_agree_with_the_twin),
      cmocka_unit_test(a_user_with_a_million_touches),    cmocka_unit_test(rows_out_of_order_are_refused),
      cmocka_unit_test(a_journey_in_two_sets_is_refused), cmocka_unit_test(times_at_the_ends_of_the_range_do_not_overflow),
      cmocka_unit_test(a_fault_of_the_sink_is_passed_on), cmocka_unit_test(without_memory_there_is_a_sentence),
      cmocka_unit_test(features_go_with_their_touches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
