/* What the network reads of a touch: for each input, one row of the embedding table. One table of inputs, in inputs.c:
 *
 *   input         rows   a touch's row says
 *   campaign      K + 1  its campaign; the last row stands for campaigns that the model does not know
 *   time_before     44   time since the touch before it
 *   time_since      44   time since the journey's first touch
 *   time_to_last    44   time to the journey's last touch
 *
 * The rows of all inputs stand one below the other in the table: input i has rows first_row .. first_row + n_rows - 1. A new input
 * (a column that describes touches or users) is one more line. */
#ifndef DA_MODEL_INPUTS_H
#define DA_MODEL_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "journey/set.h"

/* A journey as the network reads it: touches of one journey of a set, in time order; all of them, or those that a what-if keeps. */
typedef struct {
  uint64_t first;       /* touch t is first + t ... */
  const uint64_t *kept; /* ... or kept[t] if not NULL: positions in the set's touch arrays, ascending */
  uint32_t n;           /* at least one */
} da_touches;

typedef struct da_input_kind da_input_kind; /* a line of the table */

typedef struct {
  const da_input_kind *kind;
  uint32_t first_row, n_rows;
} da_input;

enum { DA_MAX_INPUTS = 16 };

typedef struct {
  uint32_t n;      /* I */
  uint32_t n_rows; /* R, of all inputs */
  da_input items[DA_MAX_INPUTS];
  bool time_decay; /* the attention reads the days to the journey's last touch */
} da_inputs;

/* The inputs for a vocabulary of n_campaigns, with or without the three of time. DA_ERR_DATA beyond 2^31 rows. */
da_status da_inputs_choose(uint64_t n_campaigns, bool time, da_inputs *inputs, da_error *err) DA_MUST_CHECK;
/* Adds the input of that name (from a model file): DA_ERR_DATA when the table has none. */
da_status da_inputs_add(da_inputs *inputs, const char *name, uint64_t n_rows, da_error *err) DA_MUST_CHECK;
const char *da_input_name(const da_input *input);
/* Its rows have an order (bins of time): a row that training never saw is like its neighbour, not like the mean. */
bool da_input_is_ordered(const da_input *input);

/* Whether two touches of any one journey differ in time: otherwise time says nothing. */
bool da_time_varies(const da_journeys *set);

/* Bins of time, two an e-fold: 0 nothing to measure (the first touch has none before it), 1 under a second,
 * 2 + k for e^(k/2) <= seconds < e^((k+1)/2), the last bin open. */
enum { DA_N_TIME_BINS = 44 };
typedef struct {
  uint64_t upper_us[DA_N_TIME_BINS]; /* bin b holds times below upper_us[b] (b >= 1), in microseconds */
  uint8_t start[64];                 /* lowest bin that a time with its highest bit at position i can be in */
} da_time_bins;
void da_time_bins_init(da_time_bins *bins);
uint32_t da_time_bin(const da_time_bins *bins, int64_t us); /* negative counts as 0 */

/* Turns journeys of one set into rows of one model's table. */
typedef struct {
  const da_inputs *inputs;
  const da_journeys *set;
  uint32_t *campaign_row;                          /* [campaigns of the set]: row in the model's table; owned */
  uint64_t n_unknown_campaigns, n_unknown_touches; /* of the set, not in the model's vocabulary */
  da_time_bins bins;
} da_input_reader;

/* campaigns: the model's vocabulary, in byte order of the names. inputs and set must outlive the reader.
 * DA_ERR_DATA when a journey has more touches than the network can take (2^31). */
da_status da_input_reader_open(const da_inputs *inputs, const da_names *campaigns, const da_journeys *set, da_input_reader *reader,
                               da_error *err) DA_MUST_CHECK;
void da_input_reader_close(da_input_reader *reader); /* {0} allowed */
/* Asks the processor to load what the next two functions will read of the journey, some journeys ahead of them. */
void da_input_reader_prefetch(const da_input_reader *reader, const da_touches *touches);
/* rows: [touches->n][I]. Any thread. */
void da_input_reader_rows(const da_input_reader *reader, const da_touches *touches, uint32_t *rows);
/* days: [touches->n], from each touch to the last. Any thread. */
void da_input_reader_days(const da_input_reader *reader, const da_touches *touches, float *days);

#endif
