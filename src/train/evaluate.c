#include "train/evaluate.h"

#include "base/mem.h"

enum { PIECE = 16 * 1024 }; /* journeys between two looks at the monitor */

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

static da_status score_split(da_scorer *scorer, const da_journeys *set, int which, uint64_t n_journeys, const da_monitor *monitor,
                             const char *stage, float *logit, uint8_t *converted, da_error *err) {
  uint64_t *journeys = da_mem_alloc(PIECE, sizeof *journeys);
  if (!journeys) return da_mem_fail(err, PIECE, sizeof *journeys, "journeys to score");
  da_status status = DA_OK;
  uint64_t done = 0, next = 0;
  while (status == DA_OK && done < n_journeys) {
    status = da_monitor_check(monitor, stage, err);
    if (status != DA_OK) break;
    uint32_t n = collect(set, which, &next, journeys, converted + done);
    status = da_scorer_score_some(scorer, journeys, n, NULL, logit + done, err);
    done += n;
    da_monitor_progress(monitor, stage, "journeys", done, n_journeys);
  }
  da_mem_free(journeys);
  return status;
}

da_status da_evaluate(da_scorer *scorer, const da_journeys *set, int which, double logit_shift, const da_monitor *monitor,
                      const char *stage, da_metrics *metrics, da_error *err) {
  uint64_t n = 0;
  for (uint64_t j = 0; j < set->n_journeys; j++) n += da_journey_set(set, j) == which;
  float *logit = da_mem_alloc(n, sizeof *logit);
  uint8_t *converted = da_mem_alloc(n, sizeof *converted);
  da_status status = logit && converted ? DA_OK : da_mem_fail(err, n, sizeof *logit + sizeof *converted, "scores");
  if (status == DA_OK) status = score_split(scorer, set, which, n, monitor, stage, logit, converted, err);
  if (status == DA_OK) status = da_metrics_compute(logit, converted, n, logit_shift, metrics, err);
  da_mem_free(logit);
  da_mem_free(converted);
  return status;
}
