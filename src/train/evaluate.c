#include "train/evaluate.h"

#include <string.h>

#include "base/mem.h"
#include "train/assembly.h"

enum { PIECE = 16 * 1024 }; /* journeys between two looks at the monitor */

/* The journeys of a split, and those of them that lie in this rank's part of the set, which it scores. */
typedef struct {
  const da_journeys *set;
  const da_team *team;
  int which;
  uint64_t begin, end;         /* own part of the set */
  uint64_t n, n_before, n_own; /* of the split: in all, before the own part, in it */
} split;

static split split_of(const da_journeys *set, int which, const da_team *team) {
  const int rank = da_team_rank(team);
  split s = {.set = set, .team = team, .which = which};
  s.begin = da_team_begin(team, set->n_journeys, rank);
  s.end = da_team_begin(team, set->n_journeys, rank + 1);
  for (uint64_t j = 0; j < set->n_journeys; j++) {
    if (da_journey_set(set, j) != which) continue;
    s.n_before += j < s.begin;
    s.n_own += j >= s.begin && j < s.end;
    s.n++;
  }
  return s;
}

static void collect_labels(const split *s, uint8_t *converted) {
  for (uint64_t j = 0, n = 0; j < s->set->n_journeys; j++)
    if (da_journey_set(s->set, j) == s->which) converted[n++] = da_journey_converted(s->set, j);
}

/* Numbers of the own journeys from *next on, at most PIECE. */
static uint32_t collect(const split *s, uint64_t *next, uint64_t *journeys) {
  uint32_t n = 0;
  for (; *next < s->end && n < PIECE; ++*next)
    if (da_journey_set(s->set, *next) == s->which) journeys[n++] = *next;
  return n;
}

/* logit: [n_own] */
static da_status score_own(da_scorer *scorer, const split *s, const da_monitor *monitor, const char *stage, float *logit, da_error *err) {
  uint64_t *journeys = da_mem_alloc(PIECE, sizeof *journeys);
  if (!journeys) return da_mem_fail(err, PIECE, sizeof *journeys, "journeys to score");
  da_status status = DA_OK;
  for (uint64_t done = 0, next = s->begin; status == DA_OK && done < s->n_own;) {
    if (da_team_size(s->team) == 1) status = da_monitor_check(monitor, stage, err);
    if (status != DA_OK) break;
    const uint32_t n = collect(s, &next, journeys);
    status = da_scorer_score_some(scorer, journeys, n, NULL, logit + done, err);
    done += n;
    da_monitor_progress(monitor, stage, "journeys", done, s->n_own);
  }
  da_mem_free(journeys);
  return status;
}

/* Every rank gets the logits that others scored: their parts follow one another. */
static da_status exchange(const split *s, float *logit, da_error *err) {
  if (da_team_size(s->team) == 1) return DA_OK;
  da_piece pieces[DA_TEAM_MAX_RANKS];
  DA_TRY(s->team->gather(s->team->context, logit + s->n_before, s->n_own * sizeof *logit, pieces, err));
  const size_t n_bytes = s->n * sizeof *logit;
  size_t at = 0;
  for (int rank = 0; rank < s->team->n; rank++) {
    if (pieces[rank].n_bytes > n_bytes - at) break;
    memcpy((unsigned char *)logit + at, pieces[rank].data, pieces[rank].n_bytes);
    at += pieces[rank].n_bytes;
  }
  return at == n_bytes ? DA_OK : da_fail(err, DA_ERR_MPI, "expected %zu bytes of scores from all ranks but found %zu", n_bytes, at);
}

da_status da_evaluate(da_scorer *scorer, const da_journeys *set, int which, double logit_shift, const da_team *team,
                      const da_monitor *monitor, const char *stage, da_metrics *metrics, da_error *err) {
  const split s = split_of(set, which, team);
  float *logit = da_mem_alloc(s.n, sizeof *logit);
  uint8_t *converted = da_mem_alloc(s.n, sizeof *converted);
  da_status status = logit && converted ? DA_OK : da_mem_fail(err, s.n, sizeof *logit + sizeof *converted, "scores");
  if (status == DA_OK) collect_labels(&s, converted);
  if (status == DA_OK && da_team_size(team) > 1) status = da_team_check(team, monitor, stage, err);
  if (status == DA_OK) status = score_own(scorer, &s, monitor, stage, logit + s.n_before, err);
  if (status == DA_OK) status = exchange(&s, logit, err);
  if (status == DA_OK) status = da_metrics_compute(logit, converted, s.n, logit_shift, metrics, err);
  da_mem_free(logit);
  da_mem_free(converted);
  return status;
}
