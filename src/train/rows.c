#include "train/rows.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "model/network.h"

enum { N_WAVES = 2 };

static void begin_bins(const da_input *input, uint32_t width, da_random *random, float *table) {
  const uint32_t first = input->first_row + 1, n_bins = input->n_rows - 1;
  for (uint32_t e = 0; e < width; e++) {
    double height[N_WAVES];
    for (int k = 0; k < N_WAVES; k++) height[k] = da_random_normal(random) / (k + 1);
    for (uint32_t b = 0; b < n_bins; b++) {
      const double place = (double)b / (n_bins - 1);
      double curve = 0;
      for (int k = 0; k < N_WAVES; k++) curve += height[k] * cos(acos(-1) * (k + 1) * place);
      table[(size_t)(first + b) * width + e] = (float)curve;
    }
  }
}

void da_rows_begin(const da_input *inputs, uint32_t n, uint32_t width, uint64_t seed, float *table) {
  da_random random;
  da_random_init(&random, seed, 0);
  for (uint32_t i = 0; i < n; i++) {
    if (da_input_is_ordered(&inputs[i]) && inputs[i].n_rows > 2) begin_bins(&inputs[i], width, &random, table);
  }
}

/* Over the journeys begin .. end-1. */
static da_status count_part(const da_input_reader *reader, uint64_t begin, uint64_t end, uint64_t *count, da_error *err) {
  const da_journeys *set = reader->set;
  const uint32_t n_inputs = reader->inputs->n, n_user = reader->inputs->n_user;
  uint64_t *user_count = count + reader->inputs->n_rows;
  uint32_t user_rows[DA_MAX_FEATURES];
  uint32_t *rows = NULL;
  size_t capacity = 0;
  da_status status = DA_OK;
  for (uint64_t j = begin; j < end; j++) {
    if (da_journey_set(set, j) != DA_SET_TRAIN) continue;
    const da_touches touches = da_touches_of_journey(set, j);
    const size_t n = (size_t)touches.n * n_inputs;
    status = da_mem_reserve((void **)&rows, &capacity, n, sizeof *rows, "the rows of a journey", err);
    if (status != DA_OK) break;
    da_input_reader_rows(reader, &touches, rows);
    for (size_t i = 0; i < n; i++) count[rows[i]]++;
    da_input_reader_user_rows(reader, &touches, user_rows);
    for (uint32_t i = 0; i < n_user; i++) user_count[user_rows[i]]++;
  }
  da_mem_free(rows);
  return status;
}

da_status da_rows_count(const da_input_reader *reader, const da_team *team, uint64_t *count, da_error *err) {
  const size_t n_rows = (size_t)reader->inputs->n_rows + reader->inputs->n_user_rows, n_journeys = reader->set->n_journeys;
  const int rank = da_team_rank(team);
  memset(count, 0, n_rows * sizeof *count);
  DA_TRY(count_part(reader, da_team_begin(team, n_journeys, rank), da_team_begin(team, n_journeys, rank + 1), count, err));
  if (da_team_size(team) == 1) return DA_OK;
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(team->gather(team->context, count, n_rows * sizeof *count, pieces, err));
  for (int r = 0; r < team->n; r++) {
    if (pieces[r].n_bytes != n_rows * sizeof *count)
      return da_fail(err, DA_ERR_MPI, "expected counts of %zu rows from rank %d but found %zu bytes", n_rows, r, pieces[r].n_bytes);
    if (r == rank) continue;
    const uint64_t *others = (const uint64_t *)(const void *)pieces[r].data;
    for (size_t i = 0; i < n_rows; i++) count[i] += others[i];
  }
  return DA_OK;
}

/* mean: [E] over the rows of an input, each as often as touches read it. False when none was read. */
static bool mean_row(const da_input *input, const uint64_t *count, uint32_t width, const float *table, double *mean) {
  double n_touches = 0;
  memset(mean, 0, width * sizeof *mean);
  for (uint32_t r = input->first_row; r < input->first_row + input->n_rows; r++) {
    if (count[r] == 0) continue;
    n_touches += (double)count[r];
    for (uint32_t e = 0; e < width; e++) mean[e] += (double)count[r] * (double)table[(size_t)r * width + e];
  }
  for (uint32_t e = 0; e < width && n_touches > 0; e++) mean[e] /= n_touches;
  return n_touches > 0;
}

/* Rows first .. first + n - 1 of an input without a count get its mean. */
static void settle_on_mean(const da_input *input, uint32_t n, const uint64_t *count, uint32_t width, float *table) {
  double mean[DA_NETWORK_MAX_UNITS];
  if (!mean_row(input, count, width, table, mean)) return;
  for (uint32_t r = input->first_row; r < input->first_row + n; r++) {
    if (count[r]) continue;
    for (uint32_t k = 0; k < width; k++) table[(size_t)r * width + k] = (float)mean[k];
  }
}

static void settle_on_neighbours(const da_input *input, const uint64_t *count, uint32_t width, float *table) {
  const uint32_t first = input->first_row + 1, end = input->first_row + input->n_rows;
  for (uint32_t r = first; r < end; r++) {
    if (count[r]) continue;
    for (uint32_t d = 1; d < input->n_rows; d++) {
      const uint32_t below = r - d, above = r + d;
      const bool has_below = r >= first + d && count[below], has_above = above < end && count[above];
      if (!has_below && !has_above) continue;
      memcpy(table + (size_t)r * width, table + (size_t)(has_below ? below : above) * width, width * sizeof *table);
      break;
    }
  }
}

void da_rows_settle(const da_input *inputs, uint32_t n, const uint64_t *count, uint32_t width, float *table) {
  for (uint32_t i = 0; i < n; i++) {
    const bool ordered = da_input_is_ordered(&inputs[i]);
    settle_on_mean(&inputs[i], ordered ? 1 : inputs[i].n_rows, count, width, table);
    if (ordered) settle_on_neighbours(&inputs[i], count, width, table);
  }
}
