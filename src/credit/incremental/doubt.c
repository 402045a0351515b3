#include "credit/incremental/doubt.h"

#include <math.h>

#include "base/mem.h"

void da_doubt_weights(const da_hazard fits[DA_N_STRUCTURES], const da_evidence over_plain[DA_N_STRUCTURES],
                      double weight[DA_N_STRUCTURES]) {
  double best = -INFINITY, sum = 0;
  for (int s = 0; s < DA_N_STRUCTURES; s++) {
    if (fits[s].theta) best = fmax(best, over_plain[s].gain);
  }
  for (int s = 0; s < DA_N_STRUCTURES; s++) sum += weight[s] = fits[s].theta ? exp(over_plain[s].gain - best) : 0;
  for (int s = 0; s < DA_N_STRUCTURES; s++) weight[s] /= sum > 0 ? sum : 1;
}

/* What the structures are compared by. */
typedef struct {
  const da_answer *answer;
  const da_pins *pins;
  da_held *held; /* [n_campaigns] */
  da_pool *pool;
} comparison;

/* Credit by one structure: [4 n + 1] shapley, removal, their shares, baseline. */
static da_status total(const comparison *all, const da_hazard *hazard, double *to, da_error *err) {
  size_t n = hazard->n_campaigns;
  da_answer other = *all->answer;
  other.hazard = *hazard;
  DA_TRY(da_pins_hold(&other, all->pins, NULL, all->pool, all->held, NULL, err));
  other.held = all->held;
  da_answer_totals totals = {.shapley = to, .removal = to + n};
  DA_TRY(da_answer_total(&other, NULL, all->pool, &totals, err));
  da_bootstrap_shares(totals.shapley, n, to + 2 * n);
  da_bootstrap_shares(totals.removal, n, to + 3 * n);
  to[4 * n] = totals.baseline;
  return DA_OK;
}

static da_status add_up(const comparison *all, const da_hazard fits[DA_N_STRUCTURES], const double weight[DA_N_STRUCTURES], double *room,
                        da_error *err) {
  const da_hazard *answering = &all->answer->hazard;
  size_t n_numbers = 4 * (size_t)answering->n_campaigns + 1;
  double *squares = room, *chosen = room + n_numbers, *other = room + 2 * n_numbers;
  DA_TRY(total(all, answering, chosen, err));
  for (int s = 0; s < DA_N_STRUCTURES; s++) {
    if (weight[s] == 0 || fits[s].theta == answering->theta) continue;
    DA_TRY(total(all, &fits[s], other, err));
    for (size_t i = 0; i < n_numbers; i++) squares[i] += weight[s] * (other[i] - chosen[i]) * (other[i] - chosen[i]);
  }
  return DA_OK;
}

da_status da_doubt_measure(const da_answer *answer, const da_hazard fits[DA_N_STRUCTURES], const da_evidence over_plain[DA_N_STRUCTURES],
                           const da_pins *pins, da_pool *pool, da_bootstrap *doubt, da_error *err) {
  size_t n = answer->hazard.n_campaigns, n_room = 3 * (4 * n + 1);
  double weight[DA_N_STRUCTURES], *room = da_mem_calloc(n_room, sizeof *room);
  comparison all = {.answer = answer, .pins = pins, .held = da_mem_alloc(n, sizeof *all.held), .pool = pool};
  da_status status = DA_OK;
  if (!room || !all.held) {
    status = da_mem_fail(err, n_room, sizeof *room, "the credit by other structures");
  } else {
    da_doubt_weights(fits, over_plain, weight);
    status = add_up(&all, fits, weight, room, err);
    for (size_t k = 0; k < n; k++) {
      doubt->shapley[k] = sqrt(room[k]);
      doubt->removal[k] = sqrt(room[n + k]);
      doubt->shapley_share[k] = sqrt(room[2 * n + k]);
      doubt->removal_share[k] = sqrt(room[3 * n + k]);
    }
    doubt->baseline = sqrt(room[4 * n]);
  }
  da_mem_free(all.held);
  da_mem_free(room);
  return status;
}
