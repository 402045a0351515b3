#include "train/evaluate.h"

#include <string.h>

#include "base/mem.h"
#include "train/assembly.h"

enum { PIECE = 16 * 1024 }; /* journeys between two looks at the monitor, and scored by one rank */

/* Journey numbers of the split from *next on, at most PIECE. */
static uint32_t collect(const da_journeys *set, int which, uint64_t *next, uint64_t *journeys, uint8_t *converted) {
  uint32_t n = 0;
  for (; *next < set->n_journeys && n < PIECE; ++*next) {
    if (da_journey_set(set, *next) != which) continue;
    converted[n] = da_journey_converted(set, *next);
    journeys[n++] = *next;
  }
  return n;
}

/* Pieces go round the ranks. */
static int scorer_of(const da_team *team, int piece) { return piece % da_team_size(team); }

static da_status score_split(da_scorer *scorer, const da_journeys *set, int which, uint64_t n_journeys, const da_team *team,
                             const da_monitor *monitor, const char *stage, float *logit, uint8_t *converted, da_error *err) {
  uint64_t *journeys = da_mem_alloc(PIECE, sizeof *journeys);
  if (!journeys) return da_mem_fail(err, PIECE, sizeof *journeys, "journeys to score");
  da_status status = DA_OK;
  uint64_t done = 0, next = 0;
  for (int piece = 0; status == DA_OK && done < n_journeys; piece++) {
    if (da_team_size(team) == 1) status = da_monitor_check(monitor, stage, err);
    if (status != DA_OK) break;
    uint32_t n = collect(set, which, &next, journeys, converted + done);
    if (scorer_of(team, piece) == da_team_rank(team)) status = da_scorer_score_some(scorer, journeys, n, NULL, logit + done, err);
    done += n;
    da_monitor_progress(monitor, stage, "journeys", done, n_journeys);
  }
  da_mem_free(journeys);
  return status;
}

/* Every rank gets the logits of the pieces that others scored. */
static da_status exchange(const da_team *team, float *logit, uint64_t n, da_error *err) {
  if (da_team_size(team) == 1) return DA_OK;
  float *own = da_mem_alloc(n, sizeof *own);
  if (!own) return da_mem_fail(err, n, sizeof *own, "scores");
  uint64_t n_own = 0;
  for (uint64_t at = 0, piece = 0; at < n; at += PIECE, piece++) {
    const uint64_t length = n - at < PIECE ? n - at : PIECE;
    if (scorer_of(team, (int)piece) != team->rank) continue;
    memcpy(own + n_own, logit + at, length * sizeof *own);
    n_own += length;
  }
  da_piece pieces[DA_TEAM_MAX_RANKS];
  da_status status = team->gather(team->context, own, n_own * sizeof *own, pieces, err);
  size_t taken[DA_TEAM_MAX_RANKS] = {0};
  for (uint64_t at = 0, piece = 0; at < n && status == DA_OK; at += PIECE, piece++) {
    const int rank = scorer_of(team, (int)piece);
    const size_t n_bytes = (size_t)(n - at < PIECE ? n - at : PIECE) * sizeof *logit;
    if (pieces[rank].n_bytes - taken[rank] < n_bytes) {
      status = da_fail(err, DA_ERR_MPI, "expected scores from rank %d but found none", rank);
      break;
    }
    memcpy(logit + at, pieces[rank].data + taken[rank], n_bytes);
    taken[rank] += n_bytes;
  }
  da_mem_free(own);
  return status;
}

da_status da_evaluate(da_scorer *scorer, const da_journeys *set, int which, double logit_shift, const da_team *team,
                      const da_monitor *monitor, const char *stage, da_metrics *metrics, da_error *err) {
  uint64_t n = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) n += da_journey_set(set, j) == which;
  float *logit = da_mem_alloc(n, sizeof *logit);
  uint8_t *converted = da_mem_alloc(n, sizeof *converted);
  da_status status = logit && converted ? DA_OK : da_mem_fail(err, n, sizeof *logit + sizeof *converted, "scores");
  if (status == DA_OK && da_team_size(team) > 1) status = da_team_check(team, monitor, stage, err);
  if (status == DA_OK) status = score_split(scorer, set, which, n, team, monitor, stage, logit, converted, err);
  if (status == DA_OK) status = exchange(team, logit, n, err);
  if (status == DA_OK) status = da_metrics_compute(logit, converted, n, logit_shift, metrics, err);
  da_mem_free(logit);
  da_mem_free(converted);
  return status;
}
