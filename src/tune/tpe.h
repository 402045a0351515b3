/* The tree-structured Parzen estimator (Bergstra et al. 2011) over the unit cube, all dimensions together as in BOHB (Falkner et al.
 * 2018): the tried points are cut into the best and the rest, each a mixture of Gaussians; of points drawn from the mixture of the
 * best, the one with the highest ratio of the two densities is tried next. */
#ifndef DA_TUNE_TPE_H
#define DA_TUNE_TPE_H

#include <stddef.h>
#include <stdint.h>

enum { DA_TPE_MAX_DIMENSIONS = 16 };

/* point number `draw` (0, 1, ...) of a search, a function of its arguments alone.
 * points: [n][n_dimensions] in [0, 1], the best first (those whose result is not known yet at the end: they keep the search from
 * trying the same again). The first n_random draws do not look at them and spread evenly (a Halton sequence, shifted by the seed).
 * out: [n_dimensions]. */
typedef struct {
  uint64_t seed;
  int n_dimensions;
  uint64_t n_random;
} da_tpe;
void da_tpe_draw(const da_tpe *tpe, uint64_t draw, const double *points, size_t n, double *out);

#endif
