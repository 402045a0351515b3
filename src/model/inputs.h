/* What the network reads of a journey: for each input of a touch, one row of the embedding table; for each input of the user, one row of
 * the fusion's. One table of kinds, in inputs.c:
 *
 *   input           rows   the row says
 *   campaign        K + 1  the touch's campaign; the last row stands for campaigns that the model does not know
 *   time_before       44   time since the touch before it
 *   time_since        44   time since the journey's first touch
 *   time_to_last      44   time to the journey's last touch
 *   touch_category     V   a feature of the touch, one of V values; row 0: missing, or a value that the model does not know
 *   touch_number    to 33  a feature of the touch, in bins of about as many touches each; row 0: missing
 *   context_category,      a feature of the user, the same at each touch: what a touch is worth may depend on who sees it
 *   context_number
 *   user_category,         it once more, beside the attention; these rows stand in the fusion's table
 *   user_number
 *
 * The rows of all inputs stand one below the other in their table: input i has rows first_row .. first_row + n_rows - 1. A new input
 * is one more kind. */
#ifndef DA_MODEL_INPUTS_H
#define DA_MODEL_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/status.h"
#include "journey/set.h"
#include "store/feature.h"

/* A journey as the network reads it: touches of one journey of a set, in time order; all of them, or those that a what-if keeps. */
typedef struct {
  uint64_t journey;     /* of the set; read where there are features of the user */
  uint64_t first;       /* touch t is first + t ... */
  const uint64_t *kept; /* ... or kept[t] if not NULL: positions in the set's touch arrays, ascending */
  uint32_t n;           /* at least one */
} da_touches;

/* All touches of a journey. */
static inline da_touches da_touches_of_journey(const da_journeys *set, uint64_t journey) {
  return (da_touches){.journey = journey, .first = set->first_touch[journey], .n = (uint32_t)da_journey_length(set, journey)};
}

typedef struct da_input_kind da_input_kind; /* a line of the table */

typedef struct {
  const da_input_kind *kind;
  uint32_t first_row, n_rows;
  /* Of a feature; what is pointed to is the model's, or whoever's learned it. */
  da_slice column;    /* its name; length 0: no feature */
  da_names values;    /* of a category: [n_rows] in byte order, the empty one first */
  const float *edges; /* of a number: [n_rows - 2], ascending; a number is in row 1 + how many edges are not above it */
} da_input;

enum { DA_MAX_INPUTS = 4 + DA_MAX_FEATURES };

typedef struct {
  uint32_t n;      /* I */
  uint32_t n_rows; /* R, of all inputs */
  da_input items[DA_MAX_INPUTS];
  uint32_t n_user, n_user_rows; /* inputs of the fusion, and U */
  da_input user[DA_MAX_FEATURES];
  bool time_decay; /* the attention reads the days to the journey's last touch */
} da_inputs;

/* The inputs for a vocabulary of n_campaigns, with or without the three of time. DA_ERR_DATA beyond 2^31 rows. */
da_status da_inputs_choose(uint64_t n_campaigns, bool time, da_inputs *inputs, da_error *err) DA_MUST_CHECK;
/* Adds the input of that name (from a model file): DA_ERR_DATA when the table has none. */
da_status da_inputs_add(da_inputs *inputs, const char *name, uint64_t n_rows, da_error *err) DA_MUST_CHECK;
/* Adds a feature (from a model file): its kind's name, its column, and values or n_edges edges, which are checked. */
da_status da_inputs_add_feature(da_inputs *inputs, const char *name, da_slice column, da_names values, const float *edges, uint64_t n_edges,
                                da_error *err) DA_MUST_CHECK;
/* Adds the features of a set. The edges of numbers are quantiles of the train split alone, or each of its values where these are few;
 * they are the arena's, all else that the inputs point to is the set's. */
da_status da_inputs_learn_features(const da_journeys *set, da_inputs *inputs, da_arena *arena, da_error *err) DA_MUST_CHECK;
enum { DA_N_NUMBER_BINS = 32 };

const char *da_input_name(const da_input *input);
bool da_input_is_of_user(const da_input *input);
bool da_inputs_read_user(const da_inputs *inputs); /* whether any is: then rows ask which journey it is */
/* Its rows have an order (bins): a row that training never saw is like its neighbour, not like the mean. */
bool da_input_is_ordered(const da_input *input);
static inline bool da_input_is_number(const da_input *input) { return input->column.length > 0 && input->values.n == 0; }

/* Whether two touches of any one of the journeys begin .. end - 1 differ in time: otherwise time says nothing. */
bool da_time_varies(const da_journeys *set, uint64_t begin, uint64_t end);

/* Bins of time, two an e-fold: 0 nothing to measure (the first touch has none before it), 1 under a second,
 * 2 + k for e^(k/2) <= seconds < e^((k+1)/2), the last bin open. */
enum { DA_N_TIME_BINS = 44 };
typedef struct {
  uint64_t upper_us[DA_N_TIME_BINS]; /* bin b holds times below upper_us[b] (b >= 1), in microseconds */
  uint8_t start[64];                 /* lowest bin that a time with its highest bit at position i can be in */
} da_time_bins;
void da_time_bins_init(da_time_bins *bins);
uint32_t da_time_bin(const da_time_bins *bins, int64_t us); /* negative counts as 0 */

/* Where an input's rows come from in a set. */
typedef struct {
  const uint32_t *code; /* of a category: [touches] or [journeys] index into the set's values ... */
  uint32_t *row_of;     /* ... [values of the set]: and their rows within the input; owned */
  const float *number;
  uint64_t n_values;                   /* of the set */
  uint64_t n_unknown, n_unknown_cells; /* of them not in the model's vocabulary, and touches or journeys that have them */
} da_input_source;

/* Turns journeys of one set into rows of one model's tables. */
typedef struct {
  const da_inputs *inputs;
  const da_journeys *set;
  da_input_source sources[DA_MAX_INPUTS]; /* the first is the campaign's */
  da_input_source user_sources[DA_MAX_FEATURES];
  da_time_bins bins;
} da_input_reader;

/* campaigns: the model's vocabulary, in byte order of the names. inputs and set must outlive the reader.
 * DA_ERR_DATA when a journey has more touches than the network can take (2^31), and when the set lacks a feature that the model reads. */
da_status da_input_reader_open(const da_inputs *inputs, const da_names *campaigns, const da_journeys *set, da_input_reader *reader,
                               da_error *err) DA_MUST_CHECK;
void da_input_reader_close(da_input_reader *reader); /* {0} allowed */
/* Asks the processor to load what the next two functions will read of the journey, some journeys ahead of them. */
void da_input_reader_prefetch(const da_input_reader *reader, const da_touches *touches);
/* rows: [touches->n][I]. Any thread. */
void da_input_reader_rows(const da_input_reader *reader, const da_touches *touches, uint32_t *rows);
/* rows: [inputs of the user]. Any thread. */
void da_input_reader_user_rows(const da_input_reader *reader, const da_touches *touches, uint32_t *rows);
/* days: [touches->n], from each touch to the last. Any thread. */
void da_input_reader_days(const da_input_reader *reader, const da_touches *touches, float *days);

#endif
