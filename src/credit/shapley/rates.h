/* The game of conversion rates: what a set of campaigns is worth is the conversion rate of the journeys that met no others.
 *
 *   v(S) = converted journeys with all campaigns in S / all journeys with all campaigns in S        (0 where there are none)
 *
 * A conversion is shared by the Shapley values of this game among the campaigns P of its own journey: part_k = value_k / v(P). The parts sum
 * to 1; one is negative where journeys with the campaign convert less than those without. With paths of kind DA_PATH_ORDER the order of
 * first touches counts too: v(a, b) is the rate of journeys a, b and a b, not of b a, and coalitions keep the order of P.
 *
 * Exact up to 20 campaigns in a journey (less where that many long journeys would take minutes: MOST_WORK), sampled beyond: random orders
 * in which campaigns join, each with its reverse, 512 in all; parts still sum to 1, and their standard error is known. */
#ifndef DA_CREDIT_RATES_H
#define DA_CREDIT_RATES_H

#include "base/monitor.h"
#include "credit/paths/paths.h"

/* Valid as {0}. */
typedef struct {
  double *part;        /* as paths->path.item: the parts of one conversion of each path; 0 where none converted */
  double *error;       /* [n_campaigns] standard error of the sum over all conversions; 0 where nothing was sampled */
  uint32_t most_exact; /* campaigns up to which paths were exact */
  double n_sampled;    /* conversions whose parts were sampled */
} da_rates;

/* paths: of kind DA_PATH_SET or DA_PATH_ORDER. name: of the method, for progress. */
da_status da_rates_init(const da_paths *paths, da_path_kind kind, uint64_t seed, da_pool *pool, const char *name, const da_monitor *monitor,
                        da_rates *rates, da_error *err) DA_MUST_CHECK;
/* The parts of one conversion by the same game for a path of which it may never have seen a conversion: part [n]. Equal parts where nothing
 * inside the path converted either. */
da_status da_rates_share(const da_paths *paths, da_path_kind kind, uint64_t seed, const uint32_t *campaign, uint32_t n, double *part,
                         da_error *err) DA_MUST_CHECK;
void da_rates_free(da_rates *rates); /* {0} and a second call allowed */

#endif
